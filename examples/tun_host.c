/* SPDX-License-Identifier: MIT
 *
 * A virtual network behind a network interface of this machine.  The kernel is 10.9.0.1 and fd09::1:
 *
 *   kernel --- TUN interface --- "server" 10.9.0.2, fd09::2
 *                            --- "client" 10.9.0.3, fd09::3
 *                            --- "router" 10.9.0.4, fd09::4 --- "far" 10.8.0.2, fd08::2
 *
 * `tun_host serve` runs the programs of the other examples on "server"; `tun_host client` and `probe` run
 * one on "client" against the machine.  To try it, as root:
 *
 *     ip tuntap add dev cas0 mode tun && ip address add 10.9.0.1/24 dev cas0 && ip link set cas0 up
 *     tun_host serve cas0 /usr/share/doc &
 *     ping 10.9.0.2; curl http://10.9.0.2/; iperf3 -c 10.9.0.2
 */
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <castanet/error.h>
#include <castanet/tun.h>

#include "echo_client.h"
#include "echo_server.h"
#include "http_server.h"
#include "iperf_server.h"
#include "tun_services.h"
#include "two_worlds.h"

enum { ECHO_PORT = 7, ABORT_PORT = 13, SLOW_PORT = 19, HTTP_PORT = 80, IPERF_PORT = 5201 };

#define SLOW_PAUSE_NS SIM_S(5)
#define SLICE_NS SIM_MS(100) /* between two looks at signals */

/* ---- the network ---- */

typedef struct tun_world {
    cas_packet_port *port;
    sim_world *world;
    sim_bridge *bridge;
    sim_host *server, *client, *router, *far;
    sim_link *lan;
    cap_trace *capture;
} tun_world;

static int attach(sim_host *host, sim_link *link, const char *addresses, const char *route4,
                  const char *route6)
{
    int error = sim_host_attach(host, link, addresses);
    if (error == 0 && route4 != NULL)
        error = sim_host_add_route(host, "0.0.0.0/0", route4);
    if (error == 0 && route6 != NULL)
        error = sim_host_add_route(host, "::/0", route6);
    return error;
}

static int build_hosts(tun_world *t)
{
    int error = sim_host_create(t->world, "server", &t->server);
    if (error == 0)
        error = sim_host_create(t->world, "client", &t->client);
    if (error == 0)
        error = sim_host_create(t->world, "router", &t->router);
    if (error == 0)
        error = sim_host_create(t->world, "far", &t->far);
    if (error == 0)
        error = sim_bridge_create(t->world, "kernel", t->port, &t->bridge);
    return error;
}

static int build(tun_world *t, const sim_link_options *link)
{
    sim_link *behind = NULL;
    int error = build_hosts(t);
    if (error == 0)
        error = sim_segment_create(t->world, "lan", link, &t->lan);
    if (error == 0)
        error = sim_link_create(t->world, "behind", &(sim_link_options){.latency_ns = SIM_MS(1)}, &behind);
    if (error != 0)
        return error;
    sim_host *kernel = sim_bridge_host(t->bridge);
    sim_host_set_forwarding(t->router, true);
    error = attach(kernel, t->lan, "10.9.0.1/24 fd09::1/64", "10.9.0.4", "fd09::4");
    if (error == 0)
        error = attach(t->server, t->lan, "10.9.0.2/24 fd09::2/64", "10.9.0.4", "fd09::4");
    if (error == 0)
        error = attach(t->client, t->lan, "10.9.0.3/24 fd09::3/64", "10.9.0.4", "fd09::4");
    if (error == 0)
        error = attach(t->router, t->lan, "10.9.0.4/24 fd09::4/64", "10.9.0.1", "fd09::1");
    if (error == 0)
        error = attach(t->router, behind, "10.8.0.1/24 fd08::1/64", NULL, NULL);
    return error != 0 ? error : attach(t->far, behind, "10.8.0.2/24 fd08::2/64", "10.8.0.1", "fd08::1");
}

static void close_world(tun_world *t)
{
    sim_error error;
    if (cap_trace_close(t->capture, &error) != 0)
        fprintf(stderr, "%s\n", error.what);
    sim_world_destroy(t->world);
    cas_packet_port_close(t->port);
}

static bool explain(const tun_world *t)
{
    const sim_error *error = sim_world_error(t->world);
    fprintf(stderr, "%s: %s (%s); %s\n", cas_error_name(error->code), error->what, error->why, error->fix);
    return false;
}

static bool open_world(tun_world *t, const tw_options *options, const char *interface)
{
    sim_link_options link = {.latency_ns = SIM_US(100), .loss_ppm = options->loss};
    sim_error error;
    *t = (tun_world){0};
    int code = cas_tun_open(NULL, interface, &t->port);
    if (code != 0) {
        fprintf(stderr, "cannot open the interface %s: %s\n", interface, cas_error_text(code));
        return false;
    }
    if (sim_world_create(&(sim_world_options){.seed = (uint64_t)options->seed}, &t->world) != 0) {
        cas_packet_port_close(t->port);
        return false;
    }
    bool opened = build(t, &link) == 0 || explain(t);
    if (opened && options->trace != NULL &&
        (cap_trace_open(t->world, &t->capture, &error) != 0 ||
         cap_trace_add_capture(t->capture, options->trace, NULL, &error) != 0)) {
        fprintf(stderr, "%s: %s\n", error.what, error.fix);
        opened = false;
    }
    if (!opened)
        close_world(t);
    return opened;
}

/* Until *done or a signal. */
static bool run(const tun_world *t, const bool *done)
{
    tw_catch_signals();
    while (!*done && !tw_is_interrupted()) {
        sim_stop stop = sim_bridge_run(t->bridge, sim_world_now(t->world) + (uint64_t)SLICE_NS);
        if (stop == SIM_STOP_TIME)
            continue;
        const char *why = sim_world_failure(t->world);
        fprintf(stderr, "the world stopped: %s\n", why != NULL ? why : "too many events, or no memory");
        return false;
    }
    return true;
}

static void print_counters(const tun_world *t)
{
    sim_bridge_counters c;
    uint64_t count = 0;
    const char *reason;
    sim_bridge_counters_read(t->bridge, &c);
    printf("packets in %" PRIu64 ", refused %" PRIu64 ", lost %" PRIu64 "; out %" PRIu64
           ", not taken %" PRIu64 "\n",
           c.received, c.refused, c.lost, c.sent, c.unsent);
    for (unsigned i = 0; (reason = sim_bridge_refusal(t->bridge, i, &count)) != NULL; i++) {
        if (count != 0)
            printf("refused: %" PRIu64 " %s\n", count, reason);
    }
}

/* ---- serving ---- */

/* All that "server" has, once for each family. */
typedef struct services {
    echo_server echo;
    http_server http;
    iperf_server iperf;
    tun_service slow, aborting;
    tun_udp_echo udp;
} services;

static int start_services(services *s, sim_host *host, const char *address, int root)
{
    s->echo = (echo_server){.address = address, .port = ECHO_PORT};
    s->http = (http_server){.address = address, .port = HTTP_PORT, .root = root};
    s->iperf = (iperf_server){.address = address, .port = IPERF_PORT};
    s->slow = (tun_service){.address = address, .port = SLOW_PORT, .pause_ns = (uint64_t)SLOW_PAUSE_NS};
    s->aborting = (tun_service){.address = address, .port = ABORT_PORT};
    s->udp = (tun_udp_echo){.address = address, .port = ECHO_PORT};
    tw_host_call(host, echo_server_start, &s->echo);
    tw_host_call(host, http_server_start, &s->http);
    tw_host_call(host, iperf_server_start, &s->iperf);
    tw_host_call(host, tun_slow_start, &s->slow);
    tw_host_call(host, tun_abort_start, &s->aborting);
    tw_host_call(host, tun_udp_echo_start, &s->udp);
    return s->echo.error | s->http.error | s->iperf.error | s->slow.error | s->aborting.error | s->udp.error;
}

static void stop_services(services *s, sim_host *host)
{
    tw_host_call(host, echo_server_stop, &s->echo);
    tw_host_call(host, http_server_stop, &s->http);
    tw_host_call(host, iperf_server_stop, &s->iperf);
    tw_host_call(host, tun_service_stop, &s->slow);
    tw_host_call(host, tun_service_stop, &s->aborting);
    tw_host_call(host, tun_udp_echo_stop, &s->udp);
}

static int main_serve(const tw_options *options, const char *interface, const char *folder)
{
    static services v4, v6;
    tun_world t;
    bool done = false;
    int root = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (root < 0) {
        perror(folder);
        return 2;
    }
    if (!open_world(&t, options, interface)) {
        close(root);
        return 2;
    }
    int error = start_services(&v4, t.server, NULL, root) | start_services(&v6, t.server, "::", root);
    printf("listening on 10.9.0.2 port %d\n", ECHO_PORT);
    fflush(stdout);
    bool ran = error == 0 && run(&t, &done);
    stop_services(&v4, t.server);
    stop_services(&v6, t.server);
    printf("echo: %" PRIu64 " bytes, %" PRIu64 " resets; iperf: %" PRIu64 " tests\n",
           v4.echo.bytes + v6.echo.bytes, v4.echo.resets + v6.echo.resets, v4.iperf.tests + v6.iperf.tests);
    print_counters(&t);
    close_world(&t);
    close(root);
    return ran ? 0 : 1;
}

/* ---- asking ---- */

static int main_client(const tw_options *options, char **words)
{
    echo_client client = {
        .host = words[1], .port = (UINT)strtoul(words[2], NULL, 10), .bytes = options->bytes};
    tun_world t;
    if (!open_world(&t, options, words[0]))
        return 2;
    tw_host_call(t.client, echo_client_start, &client);
    bool ran = run(&t, &client.done);
    tw_host_call(t.client, echo_client_stop, &client);
    sim_bridge_run(t.bridge, sim_world_now(t.world) + (uint64_t)SLICE_NS); /* what it had to say at last */
    close_world(&t);
    return ran ? echo_client_print(&client) : 1;
}

static int main_probe(const tw_options *options, char **words)
{
    tun_udp_probe probe = {.host = words[1], .port = (UINT)strtoul(words[2], NULL, 10)};
    tun_world t;
    if (!open_world(&t, options, words[0]))
        return 2;
    tw_host_call(t.client, tun_udp_probe_start, &probe);
    bool ran = run(&t, &probe.done);
    tw_host_call(t.client, tun_udp_probe_stop, &probe);
    close_world(&t);
    printf("probe: %s\n", probe.error == 0 ? "answered" : cas_error_name(probe.error));
    return ran ? 0 : 1;
}

static int usage(FILE *stream, int status)
{
    fprintf(stream,
            "usage: tun_host serve INTERFACE ROOT [--loss PPM] [--seed N] [--trace FILE]\n"
            "       tun_host client INTERFACE HOST PORT [--bytes N] [--loss PPM] [--trace FILE]\n"
            "       tun_host probe INTERFACE HOST PORT\n"
            "INTERFACE is a TUN interface of this machine with the addresses 10.9.0.1/24 and fd09::1/64.\n");
    return status;
}

static const tw_command_row commands[] = {
    {"serve", 2, "loss seed trace"},
    {"client", 3, "bytes loss seed trace"},
    {"probe", 3, "loss seed trace"},
    {0},
};

int main(int argc, char **argv)
{
    tw_options options = {.bytes = 100000};
    if (tw_asks_for_help(argc, argv))
        return usage(stdout, 0);
    char **rest = NULL;
    switch (tw_command(&options, argc, argv, commands, &rest)) {
    case 0: return main_serve(&options, rest[0], rest[1]);
    case 1: return main_client(&options, rest);
    case 2: return main_probe(&options, rest);
    default: return usage(stderr, 2);
    }
}
