/* SPDX-License-Identifier: MIT
 *
 * What the mains of the examples share; see two_worlds.h.
 */
#include "two_worlds.h"

#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"

/* ---- options ---- */

typedef enum option_kind { OPTION_NUMBER, OPTION_TEXT, OPTION_FLAG } option_kind;

typedef struct option_row {
    const char *name;
    option_kind kind;
    size_t offset;
    int64_t highest;
} option_row;

#define ROW(name, kind, field, highest)                                                                      \
    {                                                                                                        \
        name, kind, offsetof(tw_options, field), highest                                                     \
    }
static const option_row option_rows[] = {
    ROW("address", OPTION_TEXT, address, 0),
    ROW("trace", OPTION_TEXT, trace, 0),
    ROW("once", OPTION_FLAG, once, 0),
    ROW("ladder", OPTION_FLAG, ladder, 0),
    ROW("port", OPTION_NUMBER, port, 65535),
    ROW("seed", OPTION_NUMBER, seed, INT64_MAX),
    ROW("bytes", OPTION_NUMBER, bytes, INT64_MAX / 4),
    ROW("loss", OPTION_NUMBER, loss, 1000000),
    ROW("reorder", OPTION_NUMBER, reorder, 1000000),
    ROW("count", OPTION_NUMBER, count, 1000000),
    ROW("clients", OPTION_NUMBER, clients, 10000),
    ROW("requests", OPTION_NUMBER, requests, 100000000),
    ROW("seeds", OPTION_NUMBER, seeds, 100000000),
    ROW("first-seed", OPTION_NUMBER, first_seed, INT64_MAX / 2),
};
enum { OPTION_ROWS = sizeof option_rows / sizeof option_rows[0] };

static bool is_accepted(const char *name, const char *accepted)
{
    size_t len = strlen(name);
    for (const char *at = strstr(accepted, name); at != NULL; at = strstr(at + 1, name)) {
        if ((at == accepted || at[-1] == ' ') && (at[len] == '\0' || at[len] == ' '))
            return true;
    }
    return false;
}

static bool parse_number(const option_row *row, const char *text, int64_t *out)
{
    char *end = NULL;
    errno = 0;
    long long value = strtoll(text, &end, 0);
    if (errno != 0 || end == text || *end != '\0' || value < 0 || value > row->highest) {
        fprintf(stderr, "--%s %s: expected a number from 0 to %" PRId64 "\n", row->name, text, row->highest);
        return false;
    }
    *out = value;
    return true;
}

static bool store(tw_options *options, const option_row *row, const char *text)
{
    char *field = (char *)options + row->offset;
    if (row->kind == OPTION_FLAG) {
        *(bool *)(void *)field = true;
        return true;
    }
    if (row->kind == OPTION_TEXT) {
        *(const char **)(void *)field = text;
        return true;
    }
    options->seed_given |= strcmp(row->name, "seed") == 0;
    return parse_number(row, text, (int64_t *)(void *)field);
}

bool tw_asks_for_help(int argc, char **argv)
{
    return argc > 1 &&
           (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 || strcmp(argv[1], "help") == 0);
}

static bool parse_options(tw_options *options, int argc, char **argv, const tw_command_row *row,
                          char ***words)
{
    struct option known[OPTION_ROWS + 1];
    memset(known, 0, sizeof known);
    int known_count = 0;
    for (int i = 0; i < OPTION_ROWS; i++) {
        const option_row *option = &option_rows[i];
        if (is_accepted(option->name, row->options))
            known[known_count++] = (struct option){option->name, option->kind != OPTION_FLAG, NULL, 'A' + i};
    }
    for (int letter = 0; (letter = getopt_long(argc, argv, "", known, NULL)) != -1;) {
        if (letter < 'A' || letter >= 'A' + OPTION_ROWS)
            return false; /* getopt_long has said why */
        if (!store(options, &option_rows[letter - 'A'], optarg))
            return false;
    }
    *words = argv + optind;
    return argc - optind == row->words;
}

int tw_command(tw_options *options, int argc, char **argv, const tw_command_row *rows, char ***words)
{
    for (int i = 0; argc > 1 && rows[i].name != NULL; i++) {
        if (strcmp(argv[1], rows[i].name) == 0)
            return parse_options(options, argc - 1, argv + 1, &rows[i], words) ? i : -1;
    }
    return -1;
}

/* ---- the simulated world ---- */

static bool explain(const sim_error *error)
{
    fprintf(stderr, "%s: %s (%s); %s\n", cas_error_name(error->code), error->what, error->why, error->fix);
    return false;
}

static bool build(tw_world *tw, const sim_link_options *link, unsigned client_count)
{
    if (sim_segment_create(tw->world, "lan", link, &tw->lan) != 0)
        return false;
    for (unsigned i = 0; i <= client_count && i <= TW_CLIENTS_MAX; i++) {
        char name[16] = "server", address[24];
        if (i > 0)
            snprintf(name, sizeof name, "client%u", i);
        snprintf(address, sizeof address, "10.0.0.%u/24", i + 1);
        sim_host **host = i == 0 ? &tw->server : &tw->client[i - 1];
        if (sim_host_create(tw->world, name, host) != 0 || sim_host_attach(*host, tw->lan, address) != 0)
            return false;
    }
    return true;
}

static bool observe(tw_world *tw, const tw_options *options)
{
    sim_error error = {0};
    if (options->trace != NULL && (cap_trace_open(tw->world, &tw->capture, &error) != 0 ||
                                   cap_trace_add_capture(tw->capture, options->trace, NULL, &error) != 0))
        return explain(&error);
    cap_ladder_options ladder = {.rows_max = options->ladder_rows};
    if (options->ladder && (cap_trace_open(tw->world, &tw->ladder, &error) != 0 ||
                            cap_trace_print_ladder(tw->ladder, stdout, &ladder, &error) != 0))
        return explain(&error);
    return true;
}

static void discard(tw_world *tw)
{
    cap_trace_discard(tw->ladder);
    cap_trace_discard(tw->capture);
    sim_world_destroy(tw->world);
}

bool tw_world_open(tw_world *tw, const tw_options *options, const sim_link_options *link, unsigned clients)
{
    *tw = (tw_world){0};
    sim_link_options lossy = *link;
    lossy.loss_ppm += options->loss;
    lossy.reorder_ppm += options->reorder;
    if (lossy.reorder_ppm != 0 && lossy.reorder_delay_ns == 0)
        lossy.reorder_delay_ns = lossy.latency_ns / 2 + 1;
    if (sim_world_create(&(sim_world_options){.seed = (uint64_t)options->seed}, &tw->world) != 0) {
        fprintf(stderr, "no memory for a world\n");
        return false;
    }
    bool built = build(tw, &lossy, clients);
    if (!built)
        explain(sim_world_error(tw->world));
    if (built && observe(tw, options))
        return true;
    discard(tw);
    return false;
}

bool tw_world_run(tw_world *tw)
{
    sim_stop stop = sim_world_run(tw->world, SIM_FOREVER);
    return stop == SIM_STOP_IDLE && sim_world_failure(tw->world) == NULL;
}

void tw_world_print(tw_world *tw)
{
    char fingerprint[33];
    sim_world_fingerprint_text(tw->world, fingerprint);
    sim_link_counters counters = {0};
    sim_link_counters_read(tw->lan, NULL, &counters);
    cap_trace_close(tw->ladder, NULL); /* prints the ladder */
    tw->ladder = NULL;
    printf("seed %" PRIu64 ": %" PRIu64 " events in %.6f s of virtual time\n", sim_world_seed(tw->world),
           sim_world_event_count(tw->world), (double)sim_world_now(tw->world) / 1e9);
    printf("lan: %" PRIu64 " packets, %" PRIu64 " bytes, %" PRIu64 " lost, %" PRIu64 " reordered\n",
           counters.packets, counters.bytes, counters.lost + counters.overflowed, counters.reordered);
    printf("fingerprint %s\n", fingerprint);
    if (sim_world_failure(tw->world) != NULL)
        printf("FAILED: %s\n", sim_world_failure(tw->world));
}

void tw_host_call(sim_host *host, void (*stop)(void *argument), void *argument)
{
    cas_thread *before = sim_host_enter(host);
    stop(argument);
    cas_thread_enter(before);
}

bool tw_world_close(tw_world *tw)
{
    sim_error error = {0};
    bool written = cap_trace_close(tw->capture, &error) == 0;
    if (!written)
        explain(&error);
    tw->capture = NULL;
    discard(tw);
    *tw = (tw_world){0};
    return written;
}

/* ---- the real world ---- */

static volatile sig_atomic_t interrupted;

static void on_signal(int number)
{
    (void)number;
    interrupted = 1;
}

void tw_catch_signals(void)
{
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_handler = on_signal;
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
}

bool tw_is_interrupted(void) { return interrupted != 0; }

bool tw_real_run(const bool *done)
{
    tw_catch_signals();
    while (!*done && !interrupted) {
        /* Not for ever: a signal may come between the look at interrupted and the wait. */
        if (cas_pump_run(200) == SOCKET_ERROR && CAsyncSocket_GetLastError() != WSAEINTR) {
            fprintf(stderr, "pump: %s\n", cas_error_text(CAsyncSocket_GetLastError()));
            return false;
        }
    }
    return true;
}
