/* SPDX-License-Identifier: MIT
 *
 * A capture file in the classic format.
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

#ifdef __cplusplus
}
#endif

#endif
