/* SPDX-License-Identifier: MIT
 *
 * What the mains of the examples share: options, a small simulated network, the loop on real sockets.
 *
 * Program code does not include this header; it needs casyncsocket.h and thread.h only, and does not know in
 * which of the two worlds it runs.
 */
#ifndef EXAMPLES_TWO_WORLDS_H
#define EXAMPLES_TWO_WORLDS_H

#include <stdbool.h>
#include <stdint.h>

#include "castanet/trace.h"
#include "castanet/sim.h"

/* ---- options ---- */

typedef struct tw_options {
    const char *address; /* --address TEXT */
    const char *trace;   /* --trace FILE */
    int64_t port, seed, bytes, loss, reorder, count, clients, requests, seeds, first_seed; /* --name NUMBER */
    bool once, ladder, seed_given;
    unsigned ladder_rows; /* how many of the newest; 0: 200 */
} tw_options;

/* A command of an example: "echo client HOST PORT --bytes 5" is {"client", 2, "bytes"}. */
typedef struct tw_command_row {
    const char *name;
    int words;           /* how many it needs besides options */
    const char *options; /* names of those it takes, separated by spaces */
} tw_command_row;

/* Finds the command argv[1] in rows (the last row is all zero) and reads its options; values that are there
 * before are the defaults.  Returns the index of the row and sets *words, or -1: show the usage. */
int tw_command(tw_options *options, int argc, char **argv, const tw_command_row *rows, char ***words);

/* argv[1] is --help, -h or help. */
bool tw_asks_for_help(int argc, char **argv);

/* ---- the simulated world ---- */

#define TW_CLIENTS_MAX 8

/* A segment "lan" with the hosts "server" (10.0.0.1) and "client1" (10.0.0.2), "client2" ... */
typedef struct tw_world {
    sim_world *world;
    sim_link *lan;
    sim_host *server, *client[TW_CLIENTS_MAX];
    cap_trace *capture;
    cap_trace *ladder;
} tw_world;

/* Uses the options seed, loss and reorder (added to link's), trace, ladder.  False: explained on stderr;
 * do not close. */
bool tw_world_open(tw_world *, const tw_options *options, const sim_link_options *link, unsigned clients);

/* Runs until nothing is left to happen.  False: the run failed or stopped early. */
bool tw_world_run(tw_world *);

/* Prints how the run ended, what the network did and the fingerprint; the ladder too, if there is one. */
void tw_world_print(tw_world *);

/* Calls stop(argument) as code of the host, so that a program can close its sockets. */
void tw_host_call(sim_host *host, void (*stop)(void *argument), void *argument);

/* Finishes the capture and destroys the world.  False: the capture could not be written. */
bool tw_world_close(tw_world *);

/* ---- the real world ---- */

/* From now on SIGINT and SIGTERM only make tw_is_interrupted true. */
void tw_catch_signals(void);
bool tw_is_interrupted(void);

/* Between cas_os_init and cas_os_fini: pumps until *done, SIGINT or SIGTERM.  False: the pump failed. */
bool tw_real_run(const bool *done);

#endif
