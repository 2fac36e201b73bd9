/* SPDX-License-Identifier: MIT
 *
 * The bugs of the museum, by id: each is museum_<symbol> in a file that begins with it.
 */
#ifndef TESTS_MUSEUM_LIST_H
#define TESTS_MUSEUM_LIST_H

/* clang-format off */
#define MUSEUM_BUGS(BUG) \
    BUG(k01) \
    BUG(k15)
/* clang-format on */

#endif
