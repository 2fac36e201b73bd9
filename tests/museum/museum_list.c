/* SPDX-License-Identifier: MIT
 *
 * The bugs of the museum in one array; museum_list.h names them.
 */
#include "tests/museum/museum_list.h"

#include "tests/museum/museum.h"

#define DECLARE(symbol) extern const museum_bug museum_##symbol;
MUSEUM_BUGS(DECLARE)

#define ADDRESS(symbol) &museum_##symbol,
const museum_bug *const museum_bugs[] = {MUSEUM_BUGS(ADDRESS)};
const size_t museum_count = sizeof museum_bugs / sizeof *museum_bugs;

int museum_host(sim_world *world, const char *name, sim_host **out)
{
    *out = sim_world_host(world, name);
    return *out != NULL ? 0 : sim_host_create(world, name, out);
}
