/* SPDX-License-Identifier: MIT
 *
 * castanet_reports: reports of runs of any length, and of one whose texts are hostile, for
 * pytests/test_report.py.
 *
 *   castanet_reports ROWS FILE       a transfer with losses, of which so many of the newest events are shown
 *   castanet_reports hostile FILE    a failure and options with mark-up, quotes, control characters, 64 KiB
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/trace.h"
#include "tests/transfer.h"
#include "tests/world_pair.h"

enum { PORT = 40000, BYTES_PER_ROW = 1000, BYTES_MIN = 100000, LONG_TEXT = 65536, DROP_EVERY = 400 };

#define HOSTILE "</script><script>document.title=1</script><!--\"'&amp;\\\n\x01\x1b[31m\xff"

typedef struct stage {
    sim_world *world;
    sim_host *hosts[2];
    sim_link *link;
    CAsyncSocket listener;
    transfer_socket sockets[2];
    transfer_end client, server;
    uint64_t segments;
} stage;

static void at(const stage *s, uint64_t ns) { sim_world_run(s->world, ns); }

static sim_verdict lose_some(void *context, const sim_packet_view *packet)
{
    stage *s = context;
    return packet->payload_len > 0 && ++s->segments % DROP_EVERY == 0 ? SIM_DROP : SIM_PASS;
}

static void listen_at_server(stage *s)
{
    sim_host_enter(s->hosts[1]);
    CAsyncSocket_Construct(&s->listener, NULL);
    CAsyncSocket_Create(&s->listener, PORT, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Listen(&s->listener, 5);
}

static bool transfer(stage *s, uint32_t bytes)
{
    const transfer_plan up = {.bytes = bytes, .send_max = 65536, .receive_max = 65536};
    const transfer_plan down = {.send_max = 1, .receive_max = 65536, .ending = TRANSFER_PATIENT};
    transfer_init(&s->client, s->world, "client", &up, &s->server, 1);
    transfer_init(&s->server, s->world, "server", &down, &s->client, 1);
    transfer_socket_init(&s->sockets[0]);
    transfer_socket_init(&s->sockets[1]);
    listen_at_server(s);
    sim_host_enter(s->hosts[0]);
    transfer_connect(&s->client, &s->sockets[0], AF_INET, "10.0.0.2", PORT);
    at(s, (uint64_t)SIM_MS(5)); /* the handshake is done */
    sim_host_enter(s->hosts[1]);
    if (CAsyncSocket_Accept(&s->listener, &s->sockets[1].base, NULL, NULL))
        transfer_accepted(&s->server, &s->sockets[1]);
    at(s, (uint64_t)SIM_S(200000));
    bool done = s->client.state == TRANSFER_DONE && s->server.state == TRANSFER_DONE;
    sim_host_enter(s->hosts[0]);
    transfer_fini(&s->client);
    sim_host_enter(s->hosts[1]);
    transfer_fini(&s->server);
    CAsyncSocket_Destruct(&s->listener);
    return done;
}

/* ---- worlds ---- */

static const sim_error no_transfer = {
    .what = "there was no transfer", .why = "it did not end", .fix = "look at tests/transfer.c"};

static bool build(stage *s)
{
    static const sim_link_options link = {
        .latency_ns = SIM_MS(1), .rate_bps = 100000000, .queue_bytes = 200000};
    return sim_world_create(&(sim_world_options){.seed = 1}, &s->world) == 0 &&
           sim_host_create(s->world, "client", &s->hosts[0]) == 0 &&
           sim_host_create(s->world, "server", &s->hosts[1]) == 0 &&
           sim_link_create(s->world, "wire", &link, &s->link) == 0 &&
           sim_host_attach(s->hosts[0], s->link, "10.0.0.1/24") == 0 &&
           sim_host_attach(s->hosts[1], s->link, "10.0.0.2/24") == 0;
}

static int complain(const sim_error *error)
{
    fprintf(stderr, "error: %s\n  why: %s\n  fix: %s\n", error->what, error->why, error->fix);
    return 1;
}

static int write_long(unsigned rows, const char *path)
{
    static stage s;
    static const cap_about about = {
        .scenario = "long", .seed = 1, .has_seed = true, .command = "replay long"};
    cap_report_options options = {.about = about, .rows_max = rows};
    uint32_t bytes = rows * BYTES_PER_ROW < BYTES_MIN ? BYTES_MIN : rows * BYTES_PER_ROW;
    sim_error error = no_transfer;
    cap_trace *trace = NULL;
    bool ok = build(&s) && cap_trace_open(s.world, &trace, &error) == 0 &&
              cap_trace_add_report(trace, path, &options, &error) == 0;
    if (ok) {
        sim_link_set_script(s.link, s.hosts[0], lose_some, &s);
        ok = transfer(&s, bytes);
    }
    char fingerprint[33];
    ok = cap_trace_close(trace, &error) == 0 && ok;
    if (ok) {
        sim_world_fingerprint_text(s.world, fingerprint);
        printf("%s\n", fingerprint);
    }
    sim_world_destroy(s.world);
    return ok ? 0 : complain(&error);
}

/* 64 KiB of mark-up. */
static char *make_long_text(void)
{
    static const char piece[] = "<b>&\"'</b>";
    char *text = malloc(LONG_TEXT + 1);
    if (text == NULL)
        return NULL;
    for (size_t i = 0; i < LONG_TEXT; i++)
        text[i] = piece[i % (sizeof piece - 1)];
    text[LONG_TEXT] = '\0';
    return text;
}

static int write_hostile(const char *path)
{
    static stage s;
    static const cap_about about = {
        .program = HOSTILE, .scenario = HOSTILE, .schedule = HOSTILE, .command = HOSTILE};
    cap_report_options options = {.about = about,
                                  .outcome = HOSTILE,
                                  .debug = HOSTILE,
                                  .capture = HOSTILE,
                                  .explanation = make_long_text(),
                                  .schedule = HOSTILE};
    sim_error error = no_transfer;
    cap_trace *trace = NULL;
    bool ok = options.explanation != NULL && build(&s) && cap_trace_open(s.world, &trace, &error) == 0 &&
              cap_trace_add_report(trace, path, &options, &error) == 0 && transfer(&s, BYTES_MIN);
    if (ok)
        sim_world_fail(s.world, "%s", HOSTILE);
    ok = cap_trace_close(trace, &error) == 0 && ok;
    sim_world_destroy(s.world);
    free((char *)options.explanation);
    return ok ? 0 : complain(&error);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "hostile") == 0)
        return write_hostile(argv[2]);
    if (argc == 3 && atoi(argv[1]) > 0)
        return write_long((unsigned)atoi(argv[1]), argv[2]);
    fprintf(stderr, "error: no such case\n  why: castanet_reports ROWS|hostile FILE\n"
                    "  fix: see the head of tests/report_cases.c\n");
    return 2;
}
