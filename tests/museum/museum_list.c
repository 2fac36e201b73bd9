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

#define DECLARE_SILENT(symbol) extern const museum_silence museum_silent_##symbol;
MUSEUM_SILENCES(DECLARE_SILENT)

#define ADDRESS_SILENT(symbol) &museum_silent_##symbol,
const museum_silence *const museum_silences[] = {MUSEUM_SILENCES(ADDRESS_SILENT)};
const size_t museum_silence_count = sizeof museum_silences / sizeof *museum_silences;

int museum_host(sim_world *world, const char *name, sim_host **out)
{
    *out = sim_world_host(world, name);
    return *out != NULL ? 0 : sim_host_create(world, name, out);
}
