/* SPDX-License-Identifier: MIT
 *
 * castanet_museum: the bugs of the museum as a program of scenarios, "K1-broken" and "K1-mended" and so on.
 *
 *     castanet_museum list
 *     castanet_museum explore K1-broken
 */
#include <stdio.h>
#include <stdlib.h>

#include "castanet/main.h"
#include "tests/museum/museum.h"

int main(int argc, char **argv)
{
    const sim_scenario **scenarios = calloc(2 * museum_count + 1, sizeof *scenarios);
    if (scenarios == NULL)
        return 4;
    for (size_t i = 0; i < museum_count; i++) {
        scenarios[2 * i] = museum_bugs[i]->broken;
        scenarios[2 * i + 1] = museum_bugs[i]->mended;
    }
    int code = castanet_main(argc, argv, scenarios);
    free(scenarios);
    return code;
}
