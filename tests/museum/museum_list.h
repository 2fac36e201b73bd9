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
    BUG(k15) \
    BUG(s1) \
    BUG(s3) \
    BUG(s4) \
    BUG(s5) \
    BUG(s6) \
    BUG(s7) \
    BUG(s8) \
    BUG(s9) \
    BUG(s11) \
    BUG(s12) \
    BUG(s13) \
    BUG(s17) \
    BUG(s18) \
    BUG(s19) \
    BUG(s20) \
    BUG(s23) \
    BUG(s24) \
    BUG(s25) \
    BUG(s28) \
    BUG(s29) \
    BUG(s31) \
    BUG(s32) \
    BUG(s33) \
    BUG(s34) \
    BUG(s35) \
    BUG(s36) \
    BUG(s37) \
    BUG(s39) \
    BUG(s40) \
    BUG(s41) \
    BUG(s43) \
    BUG(s44) \
    BUG(s45) \
    BUG(s46) \
    BUG(s47) \
    BUG(s48) \
    BUG(s49) \
    BUG(s50) \
    BUG(s51) \
    BUG(s57) \
    BUG(s60) \
    BUG(s62) \
    BUG(s63) \
    BUG(s64) \
    BUG(s65) \
    BUG(s67)

/* What the linter says of mended forms, and they can answer for. */
#define MUSEUM_SILENCES(SILENT) \
    SILENT(k02) \
    SILENT(k05) \
    SILENT(k07) \
    SILENT(k13) \
    SILENT(s13) \
    SILENT(s17_pump) \
    SILENT(s17_drain) \
    SILENT(s23) \
    SILENT(s24) \
    SILENT(s25) \
    SILENT(s48) \
    SILENT(s65)
/* clang-format on */

#endif
