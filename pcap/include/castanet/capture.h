/* SPDX-License-Identifier: MIT
 *
 * Observers that write down a world: a capture file for Wireshark, and a ladder in text.
 */
#ifndef CASTANET_CAPTURE_H
#define CASTANET_CAPTURE_H

#include <stdio.h>

#include "castanet/trace.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct cap_file cap_file;

/* Starts a capture of world into a classic pcap file with nanoseconds, Ethernet frames, each packet once.
 * The file appears under its name only when cap_file_close succeeds (written beside, then renamed).
 * error, if not NULL, receives what, why and fix. */
int cap_file_open(sim_world *world, const char *path, cap_file **out, sim_error *error);
/* Finishes the file.  Call before the world is destroyed. */
int cap_file_close(cap_file *, sim_error *error);
/* Forgets it: nothing is left behind. */
void cap_file_discard(cap_file *);

typedef struct cap_ladder cap_ladder;

/* Keeps the newest rows_max rows of what happens (0: 200): packets as arrows between hosts, API calls,
 * callbacks. */
int cap_ladder_open(sim_world *world, unsigned rows_max, cap_ladder **out);
/* Prints hosts as columns and virtual time downwards, at most 100 columns wide. */
void cap_ladder_print(const cap_ladder *, FILE *stream);
void cap_ladder_close(cap_ladder *);

#ifdef __cplusplus
}
#endif

#endif
