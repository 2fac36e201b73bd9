/* SPDX-License-Identifier: MIT
 *
 * K10: a client pays with a datagram and sends it again when there is no receipt within 50 ms, up to three
 * times.
 *
 * Broken: the server books what it receives.  When the receipt is late, the payment comes a second time,
 * and is booked and acknowledged twice.
 * Mended: a payment has a number; one that was booked is acknowledged again, and that is all.
 */
#include "tests/museum/town.h"

enum { PORT = 7000, TRIES = 3, PATIENCE_MS = 50, NUMBER = 17 };

typedef struct payment {
    bool is_mended;
    CAsyncSocket server, client;
    cas_timer patience;
    unsigned tries;
    unsigned char booked_number;
    unsigned booked;
    bool has_receipt;
} payment;

/* ---- the server ---- */

static void on_payment(CAsyncSocket *socket, int error)
{
    payment *p = museum_state();
    SOCKADDR_IN from;
    int size = sizeof from;
    unsigned char number;
    (void)error;
    if (CAsyncSocket_ReceiveFromAddr(socket, &number, 1, (SOCKADDR *)&from, &size, 0) != 1)
        return;
    if (!p->is_mended || p->booked_number != number)
        p->booked++;
    p->booked_number = number;
    CAsyncSocket_SendToAddr(socket, &number, 1, (SOCKADDR *)&from, size, 0);
}

static void serve(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_payment};
    museum_datagrams(&((payment *)argument)->server, &vtbl, PORT);
}

/* ---- the client ---- */

static void pay(cas_timer *timer, void *context)
{
    payment *p = context;
    unsigned char number = NUMBER;
    if (p->tries == TRIES)
        return;
    p->tries++;
    museum_send_to_server(&p->client, 1, PORT, &number, 1);
    cas_timer_start(timer, (uint64_t)SIM_MS(PATIENCE_MS));
}

static void on_receipt(CAsyncSocket *socket, int error)
{
    payment *p = museum_state();
    unsigned char number;
    (void)error;
    if (CAsyncSocket_Receive(socket, &number, 1, 0) != 1)
        return;
    p->has_receipt = true;
    cas_timer_stop(&p->patience);
}

static void start_client(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = on_receipt};
    payment *p = argument;
    museum_datagrams(&p->client, &vtbl, 0);
    p->patience = (cas_timer){.on_timer = pay, .context = p};
    pay(&p->patience, p);
}

/* ---- the scenario ---- */

static void build(sim_world *world, void *state)
{
    museum_server(world, serve, state);
    museum_client(world, 1, (uint64_t)SIM_MS(1), start_client, state, state);
}

static bool is_done(sim_world *world, void *state)
{
    (void)world;
    return ((const payment *)state)->has_receipt;
}

static void check(sim_world *world, void *state)
{
    const payment *p = state;
    if (p->booked != 1)
        sim_world_fail(world, "one payment was booked %u times", p->booked);
}

MUSEUM_BUG(k10, "K10", "a repeated datagram is booked twice", payment, true);
