/* SPDX-License-Identifier: MIT
 *
 * See crowd.h.
 */
#include "tests/museum/crowd.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

enum { PORT = 80 };

/* ---- the server ---- */

static void hear(crowd_session *s)
{
    char word[64];
    museum_lines_receive(&s->lines, &s->socket);
    while (museum_lines_take(&s->lines, word, sizeof word))
        s->plan->heard(museum_state(), s->number, word);
}

static void on_receive(CAsyncSocket *socket, int error)
{
    (void)error;
    hear((crowd_session *)(void *)socket);
}

static void on_urgent(CAsyncSocket *socket, int error)
{
    crowd_session *s = (crowd_session *)(void *)socket;
    char byte;
    (void)error;
    if (CAsyncSocket_Receive(socket, &byte, 1, MSG_OOB) == 1 && s->plan->urged != NULL)
        s->plan->urged(museum_state(), s->number, socket);
    if (socket->m_hSocket == INVALID_SOCKET)
        s->is_over = true;
}

static void on_close(CAsyncSocket *socket, int error)
{
    crowd_session *s = (crowd_session *)(void *)socket;
    (void)error;
    hear(s);
    s->is_over = true;
    CAsyncSocket_Close(socket);
}

static void on_accept(CAsyncSocket *listener, int error)
{
    static const CAsyncSocketVtbl vtbl = {
        .OnReceive = on_receive, .OnOutOfBandData = on_urgent, .OnClose = on_close};
    crowd *c = (crowd *)(void *)((char *)listener - offsetof(crowd, listener));
    crowd_session *s = &c->sessions[c->accepted];
    (void)error;
    s->plan = c->plan;
    s->number = museum_accept(listener, &s->socket, &vtbl);
    if (s->number == 0)
        return;
    c->accepted++;
    if (c->plan->accepted != NULL)
        c->plan->accepted(museum_state(), s->number);
}

void crowd_serve(crowd *c)
{
    static const CAsyncSocketVtbl vtbl = {.OnAccept = on_accept};
    museum_listen(&c->listener, &vtbl, PORT);
}

/* ---- a client ---- */

static void say_next(cas_timer *timer, void *context)
{
    crowd_client *c = context;
    size_t length = strcspn(c->rest, " ");
    if (length == 0) {
        CAsyncSocket_Close(&c->socket);
        return;
    }
    if (c->rest[0] == '!') {
        CAsyncSocket_Send(&c->socket, "!", 1, MSG_OOB);
    } else if (c->rest[0] != '.') {
        char line[64];
        snprintf(line, sizeof line, "%.*s\n", (int)length, c->rest);
        museum_say(&c->socket, line);
    }
    c->rest += length + (c->rest[length] == ' ');
    cas_timer_start(timer, (uint64_t)SIM_MS(c->plan->tick_ms));
}

static void on_connect(CAsyncSocket *socket, int error)
{
    crowd_client *c = (crowd_client *)(void *)socket;
    (void)error;
    c->tick = (cas_timer){.on_timer = say_next, .context = c};
    say_next(&c->tick, c);
}

static void on_end(CAsyncSocket *socket, int error)
{
    crowd_client *c = (crowd_client *)(void *)socket;
    (void)error;
    cas_timer_stop(&c->tick);
    CAsyncSocket_Close(socket);
}

static void join(void *argument)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = on_connect, .OnClose = on_end};
    crowd_client *c = argument;
    museum_connect(&c->socket, &vtbl, c->number, PORT);
}

/* ---- all of it ---- */

void crowd_build(crowd *c, const crowd_plan *plan, sim_world *world, void (*start)(void *), void *state)
{
    c->plan = plan;
    museum_server(world, start, state);
    for (unsigned i = 0; i < plan->clients; i++) {
        crowd_client *client = &c->clients[i];
        *client = (crowd_client){.plan = plan, .number = i + 1, .rest = plan->scripts[i]};
        museum_client(world, i + 1, (uint64_t)SIM_MS(1 + i * plan->stagger_ms), join, client, state);
    }
}

bool crowd_is_over(const crowd *c)
{
    if (c->accepted < c->plan->clients)
        return false;
    for (unsigned i = 0; i < c->accepted; i++) {
        if (!c->sessions[i].is_over)
            return false;
    }
    return true;
}
