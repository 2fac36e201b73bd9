/* SPDX-License-Identifier: MIT
 *
 * The planted bug: two clients of the HTTP server, of which one loses the end of its file, under some seeds.
 */
#ifndef EXAMPLES_HTTP_HUNT_H
#define EXAMPLES_HTTP_HUNT_H

#include "two_worlds.h"

/* Lets both clients fetch file from a server of root in a world for each seed.  With the option seed: that
 * one run;
 * 0 it was good, 1 it failed.  Without: 0 when some seeds fail, others pass, and the replay of the first
 * that fails is the same run; else 1.  2: a file.  root_name is for the command that is printed. */
int http_hunt(const tw_options *options, int root, const char *root_name, const char *file);

#endif
