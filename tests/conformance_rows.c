/* SPDX-License-Identifier: MIT
 *
 * The ids of the rows that the scenario files have to speak of: the tables of behaviour that this project
 * follows, family by family.  Numbers that a table leaves out are left out here.
 */
#include <stdio.h>

#include "tests/conformance_model.h"

static const struct {
    const char *family;
    int digits;
    unsigned first, last;
} ranges[] = {
    /* notifications */
    {"EV-ACC", 2, 1, 15},
    {"EV-CON", 2, 1, 8},
    {"EV-WRT", 2, 1, 7},
    {"EV-RD", 2, 1, 13},
    {"EV-OOB", 2, 1, 7},
    {"EV-CLS", 2, 1, 12},
    {"EV-IOC", 2, 1, 5},
    {"EV-ENUM", 2, 1, 3},
    {"EV-POLL", 2, 1, 1},
    {"EV-OLD", 2, 1, 10},
    /* readiness */
    {"SEL", 2, 1, 23},
    {"PLL", 2, 1, 12},
    {"RST", 2, 1, 4},
    /* calls */
    {"ACC", 2, 1, 6},
    {"INH", 2, 1, 1},
    {"BND", 2, 1, 5},
    {"LIS", 2, 1, 6},
    {"GSN", 2, 1, 4},
    {"GPN", 2, 1, 5},
    {"CNN", 2, 1, 4},
    {"CNG", 2, 1, 5},
    {"SHU", 2, 1, 14},
    {"SHU", 2, 20, 20},
    {"SHU", 2, 22, 28},
    {"FIO", 2, 1, 12},
    {"NBI", 2, 1, 4},
    {"RC0", 2, 1, 4},
    {"TMO", 2, 1, 3},
    {"NBR", 2, 1, 2},
    {"UDP", 2, 1, 8},
    {"TSR", 2, 1, 2},
    {"BRD", 2, 1, 2},
    {"SBF", 2, 1, 3},
    {"REU", 2, 1, 18},
    {"OPT", 1, 1, 8},
    {"SKT", 2, 1, 12},
    /* the class */
    {"MFC", 2, 1, 40},
};

const char *scenario_row_id(unsigned i, char id[32])
{
    for (size_t r = 0; r < sizeof ranges / sizeof ranges[0]; r++) {
        unsigned count = ranges[r].last - ranges[r].first + 1;
        if (i < count) {
            snprintf(id, 32, "%s-%0*u", ranges[r].family, ranges[r].digits, ranges[r].first + i);
            return id;
        }
        i -= count;
    }
    return NULL;
}
