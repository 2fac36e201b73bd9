/* SPDX-License-Identifier: MIT
 *
 * castanet_traces: captures of transfers whose faults are known, for pytests/test_traces.py.
 *
 *   castanet_traces CASE FILE [RECEIVED]
 *
 * FILE is the default capture: each packet once, when it is sent.  RECEIVED is what the server's host would
 * capture: what reaches it, and what it sends.
 *
 *     clean         100 000 bytes there, 30 000 back, no fault
 *     losses        the same; 5 data segments of the client are lost
 *     closed        the server reads nothing for a minute
 *     keep-alive    an idle connection that is kept alive for a day
 *     same-port     a client that connects twice from one port
 */
#include <string.h>

#include "castanet/trace.h"
#include "tests/transfer.h"
#include "tests/world_pair.h"

enum { PORT = 40000, CLIENT_PORT = 50000, RECORD_MAX = SIM_FRAME_MAX };

typedef struct trace {
    world_pair pair;
    CAsyncSocket listener;
    transfer_socket sockets[2];
    transfer_end client, server;
    uint64_t data_segments;
    FILE *received;
    sim_observer observer; /* writes received */
} trace;

static const transfer_plan upload = {.bytes = 100000, .send_max = 65536, .receive_max = 65536};
static const transfer_plan download = {
    .bytes = 30000, .send_max = 65536, .receive_max = 65536, .ending = TRANSFER_PATIENT};

/* Longer than any case takes. */
#define END_NS ((uint64_t)SIM_S(200000))

static void at(trace *t, uint64_t ns) { sim_world_run(t->pair.world, ns); }

/* ---- what the server's host captures ---- */

static void write_frame(const trace *t, const sim_world *world, const sim_packet *packet)
{
    static uint8_t frame[RECORD_MAX];
    uint64_t now = sim_world_now(world);
    uint32_t len = (uint32_t)sim_packet_frame(packet, frame, sizeof frame);
    uint32_t head[] = {(uint32_t)(CAP_EPOCH_S + now / 1000000000), (uint32_t)(now % 1000000000), len, len};
    fwrite(head, sizeof head, 1, t->received);
    fwrite(frame, len, 1, t->received);
}

static trace *trace_of(sim_observer *observer)
{
    return (trace *)((char *)observer - offsetof(trace, observer));
}

static void on_sent(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                    const sim_host *from, sim_fate fate)
{
    const trace *t = trace_of(observer);
    (void)fate;
    if (from == t->pair.b)
        write_frame(t, world, packet);
}

static void on_arrived(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                       const sim_host *host)
{
    const trace *t = trace_of(observer);
    if (host == t->pair.b)
        write_frame(t, world, packet);
}

static bool capture_at_server(trace *t, const char *path)
{
    static const uint32_t head[] = {0xA1B23C4D, 4 << 16 | 2, 0, 0, 262144, 1}; /* pcap, ns, Ethernet */
    t->received = fopen(path, "wb");
    if (t->received == NULL)
        return false;
    fwrite(head, sizeof head, 1, t->received);
    t->observer = (sim_observer){.on_sent = on_sent, .on_arrived = on_arrived};
    sim_world_add_observer(t->pair.world, &t->observer);
    return true;
}

/* ---- programs ---- */

static void listen_at_server(trace *t)
{
    sim_host_enter(t->pair.b);
    CAsyncSocket_Construct(&t->listener, NULL);
    CAsyncSocket_Create(&t->listener, PORT, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Listen(&t->listener, 5);
}

static void connect_both(trace *t, const transfer_plan *up, const transfer_plan *down)
{
    transfer_init(&t->client, t->pair.world, "client", up, &t->server, 1);
    transfer_init(&t->server, t->pair.world, "server", down, &t->client, 1);
    transfer_socket_init(&t->sockets[0]);
    transfer_socket_init(&t->sockets[1]);
    listen_at_server(t);
    sim_host_enter(t->pair.a);
    transfer_connect(&t->client, &t->sockets[0], AF_INET, "10.0.0.2", PORT);
    at(t, (uint64_t)SIM_MS(3)); /* the handshake is done */
    sim_host_enter(t->pair.b);
    if (CAsyncSocket_Accept(&t->listener, &t->sockets[1].base, NULL, NULL))
        transfer_accepted(&t->server, &t->sockets[1]);
}

static bool finish(trace *t)
{
    at(t, END_NS);
    sim_host_enter(t->pair.a);
    transfer_fini(&t->client);
    sim_host_enter(t->pair.b);
    transfer_fini(&t->server);
    CAsyncSocket_Destruct(&t->listener);
    return sim_world_failure(t->pair.world) == NULL && t->client.state == TRANSFER_DONE &&
           t->server.state == TRANSFER_DONE;
}

/* ---- cases ---- */

static bool run_clean(trace *t)
{
    connect_both(t, &upload, &download);
    return finish(t);
}

/* Far enough from one another that each is a hole of its own. */
static sim_verdict lose_five(void *context, const sim_packet_view *packet)
{
    trace *t = context;
    if (packet->payload_len == 0)
        return SIM_PASS;
    uint64_t n = ++t->data_segments;
    return n == 6 || n == 14 || n == 23 || n == 36 || n == 50 ? SIM_DROP : SIM_PASS;
}

static bool run_losses(trace *t)
{
    sim_link_set_script(t->pair.link, t->pair.a, lose_five, t);
    return run_clean(t);
}

static bool run_closed(trace *t)
{
    transfer_plan later = download;
    later.receive_pause_ns = (uint64_t)SIM_S(60); /* before each receive; the first one empties the buffer */
    later.receive_max = 65536;
    connect_both(t, &upload, &later);
    return finish(t);
}

static bool run_keep_alive(trace *t)
{
    transfer_plan kept = {.send_max = 1, .receive_max = 1, .ending = TRANSFER_PATIENT, .keepalive = true};
    transfer_plan idle = {.send_max = 1, .receive_max = 1, .ending = TRANSFER_PATIENT};
    connect_both(t, &kept, &idle); /* each waits for the other to end */
    at(t, (uint64_t)SIM_S(86400));
    sim_host_enter(t->pair.a);
    CAsyncSocket_ShutDown(&t->sockets[0].base, CAsyncSocket_sends);
    t->client.shut = true;
    return finish(t);
}

static void connect_and_abort(trace *t, CAsyncSocket *client, uint64_t until)
{
    static const struct linger at_once = {1, 0};
    sim_host_enter(t->pair.a);
    CAsyncSocket_Construct(client, NULL);
    CAsyncSocket_Create(client, CLIENT_PORT, SOCK_STREAM, 0, NULL);
    CAsyncSocket_Connect(client, "10.0.0.2", PORT);
    at(t, until);
    sim_host_enter(t->pair.a);
    CAsyncSocket_SetSockOpt(client, SO_LINGER, &at_once, sizeof at_once, SOL_SOCKET);
    CAsyncSocket_Destruct(client);
}

static bool run_same_port(trace *t)
{
    CAsyncSocket client;
    listen_at_server(t);
    connect_and_abort(t, &client, (uint64_t)SIM_S(1));
    at(t, (uint64_t)SIM_S(2));
    connect_and_abort(t, &client, (uint64_t)SIM_S(3));
    at(t, END_NS);
    sim_host_enter(t->pair.b);
    CAsyncSocket_Destruct(&t->listener);
    return true;
}

static const struct {
    const char *name;
    bool (*run)(trace *);
} cases[] = {{"clean", run_clean},
             {"losses", run_losses},
             {"closed", run_closed},
             {"keep-alive", run_keep_alive},
             {"same-port", run_same_port}};

/* ---- a run ---- */

static bool run(bool (*run_case)(trace *), const char *path, const char *received)
{
    static trace t;
    sim_error error;
    cap_trace *capture = NULL;
    bool ok = world_pair_create(&t.pair, &(sim_world_options){.seed = 1}) == 0 &&
              cap_trace_open(t.pair.world, &capture, &error) == 0 &&
              cap_trace_add_capture(capture, path, NULL, &error) == 0 &&
              (received == NULL || capture_at_server(&t, received));
    ok = ok && run_case(&t);
    if (t.received != NULL)
        ok = fclose(t.received) == 0 && ok;
    ok = cap_trace_close(capture, &error) == 0 && ok;
    if (t.pair.world != NULL && sim_world_failure(t.pair.world) != NULL)
        fprintf(stderr, "%s\n", sim_world_failure(t.pair.world));
    sim_world_destroy(t.pair.world);
    return ok;
}

int main(int argc, char **argv)
{
    for (size_t i = 0; (argc == 3 || argc == 4) && i < sizeof cases / sizeof cases[0]; i++) {
        if (strcmp(argv[1], cases[i].name) == 0)
            return run(cases[i].run, argv[2], argc == 4 ? argv[3] : NULL) ? 0 : 1;
    }
    fprintf(stderr, "error: no such case\n  why: castanet_traces CASE FILE [RECEIVED]\n"
                    "  fix: see the head of tests/trace_cases.c\n");
    return 2;
}
