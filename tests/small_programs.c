/* SPDX-License-Identifier: MIT
 *
 * See small_programs.h.
 */
#include "tests/small_programs.h"

#include <stdio.h>

#include "simnet/world/random.h"

enum { PORT = 9, LIVES_MAX = 2 };

typedef struct note {
    uint8_t lives; /* how often it may be passed on */
    uint8_t word;
} note;

/* What the program of that number decides for this reason. */
static unsigned decide(const small_program *p, unsigned reason, unsigned bound)
{
    return (unsigned)(simp_mix(p->number * 1000 + reason) % bound);
}

static void send_note(small_host *h, note what)
{
    char address[24];
    unsigned to = (h->index + 1 + decide(h->program, 100u + what.word, SMALL_HOSTS - 1)) % SMALL_HOSTS;
    snprintf(address, sizeof address, "10.0.0.%u", to + 1);
    CAsyncSocket_SendTo(&h->socket, &what, sizeof what, PORT, address, 0);
}

static void on_receive(CAsyncSocket *socket, int error)
{
    small_host *h = (small_host *)(void *)socket;
    note what;
    (void)error;
    if (CAsyncSocket_Receive(socket, &what, sizeof what, 0) != sizeof what)
        return;
    h->remembers = simp_mix(h->remembers + what.word + 1);
    if (what.lives > 0)
        send_note(h, (note){(uint8_t)(what.lives - 1), (uint8_t)(h->remembers % 32)});
}

static void start(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receive};
    small_host *h = argument;
    CAsyncSocket_Construct(&h->socket, &vtbl);
    CAsyncSocket_Create(&h->socket, PORT, SOCK_DGRAM, FD_READ, NULL);
    for (unsigned i = 0; i < h->sends; i++) {
        unsigned reason = h->index * SMALL_SENDS + i;
        send_note(h, (note){(uint8_t)decide(h->program, reason, LIVES_MAX + 1), (uint8_t)reason});
    }
}

static void build(sim_world *world, void *state)
{
    small_program *p = state;
    sim_link *link;
    sim_segment_create(world, "lan", NULL, &link);
    for (unsigned i = 0; i < SMALL_HOSTS; i++) {
        small_host *h = &p->hosts[i];
        sim_host *host;
        char name[16], address[32];
        snprintf(name, sizeof name, "h%u", i);
        snprintf(address, sizeof address, "10.0.0.%u/24", i + 1);
        *h = (small_host){.program = p, .index = i, .sends = decide(p, 200 + i, SMALL_SENDS + 1)};
        if (sim_host_create(world, name, &host) != 0 || sim_host_attach(host, link, address) != 0 ||
            sim_host_run(host, 0, start, h) != 0)
            sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
    }
}

static void check(sim_world *world, void *state)
{
    small_program *p = state;
    uint64_t all = 0;
    (void)world;
    for (unsigned i = 0; i < SMALL_HOSTS; i++)
        all = simp_mix(all ^ p->hosts[i].remembers) + i;
    p->seen(p->context, all);
}

sim_scenario small_program_scenario(const small_program *initial)
{
    return (sim_scenario){.name = "small-program",
                          .state_size = sizeof(small_program),
                          .initial = initial,
                          .build = build,
                          .check = check};
}
