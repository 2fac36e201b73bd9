/* SPDX-License-Identifier: MIT
 *
 * The bugs of the museum, by id: each is museum_<symbol> in a file that begins with it.
 */
#ifndef TESTS_MUSEUM_LIST_H
#define TESTS_MUSEUM_LIST_H

/* clang-format off */
#define MUSEUM_BUGS(BUG) \
    BUG(b01) \
    BUG(b02) \
    BUG(b03) \
    BUG(b04) \
    BUG(b05) \
    BUG(b06) \
    BUG(b07) \
    BUG(b08) \
    BUG(b09) \
    BUG(b10) \
    BUG(k01) \
    BUG(k02) \
    BUG(k03) \
    BUG(k04) \
    BUG(k05) \
    BUG(k06) \
    BUG(k07) \
    BUG(k08) \
    BUG(k09) \
    BUG(k10) \
    BUG(k11) \
    BUG(k12) \
    BUG(k13) \
    BUG(k14) \
    BUG(k15)
/* clang-format on */

#endif
