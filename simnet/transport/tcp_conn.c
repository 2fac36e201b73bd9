/* SPDX-License-Identifier: MIT
 *
 * The states of a connection, RFC 9293 3.3.2, and what opens and closes it.
 *
 *   CLOSED       -> SYN-SENT      active open                          [simp_tcp_connect]
 *   CLOSED       -> SYN-RECEIVED  SYN at a listener                    [simp_tcp_open_passively]
 *   SYN-SENT     -> SYN-RECEIVED  SYN without ACK: both open           [simp_tcp_open_passively]
 *   SYN-SENT     -> ESTABLISHED   SYN with ACK                         [tcp_in.c on_syn_acknowledged]
 *   SYN-SENT     -> destroyed     refused                              [simp_tcp_fail]
 *   SYN-RECEIVED -> destroyed     back to LISTEN, nobody is told: RST, or a new SYN   [tcp_validate.c]
 *   SYN-RECEIVED -> ESTABLISHED   ACK of our SYN                       [tcp_in.c on_syn_received]
 *   SYN-RECEIVED -> FIN-WAIT-1    the same, closed meanwhile           [tcp_in.c on_syn_received]
 *   ESTABLISHED  -> FIN-WAIT-1    the program has no more to send      [simp_tcp_shutdown]
 *   CLOSE-WAIT   -> LAST-ACK      the same, after the peer's FIN       [simp_tcp_shutdown]
 *   ESTABLISHED  -> CLOSE-WAIT    FIN                                  [tcp_in.c on_fin]
 *   FIN-WAIT-1   -> CLOSING       FIN before the ACK of ours           [tcp_in.c on_fin]
 *   FIN-WAIT-1   -> FIN-WAIT-2    ACK of our FIN                       [tcp_in.c on_fin_acked]
 *   FIN-WAIT-2   -> TIME-WAIT     FIN                                  [tcp_in.c on_fin]
 *   CLOSING      -> TIME-WAIT     ACK of our FIN                       [tcp_in.c on_fin_acked]
 *   LAST-ACK     -> CLOSED        ACK of our FIN                       [simp_tcp_finish]
 *   CLOSING, LAST-ACK -> CLOSED   RST, when only our FIN is missing    [tcp_validate.c on_reset]
 *   TIME-WAIT    -> CLOSED        after 2 MSL, or a new SYN            [simp_tcp_finish]
 *   FIN-WAIT-2   -> destroyed     an orphan has waited long enough     [tcp_timer.c expire]
 *   CLOSED       -> destroyed     the program closes, or has closed    [simp_tcp_close]
 *   any          -> destroyed     reset, time-out, abort               [simp_tcp_fail, simp_tcp_abort]
 *   any          -> CLOSED        reset while it waits to be accepted, where the profile has
 *                                 reset_stays_queued; simp_call_accept destroys it then   [simp_tcp_fail]
 */
#include "simnet/ip/way.h"
#include "simnet/transport/port_table.h"
#include "simnet/transport/tcp_sack.h"
#include "simnet/world/news.h"

enum { RECEIVE_MIN = 64, SCALE_MAX = 14, WINDOW_UNITS_MIN = 16, ISN_STEP = 65536, WINDOW_MAX = 65535 };

void simp_tcp_set_state(simp_tcp *t, simp_tcp_state state)
{
    bool changes = t->state != (uint8_t)state;
    t->state = (uint8_t)state;
    if (changes && simp_is_heard(t->host->world))
        simp_tcp_tell_state(t);
}

uint64_t simp_tcp_hash(const sim_world *world, const simp_tcp_key *key)
{
    uint64_t words[] = {key->local.high, key->local.low, key->remote.high, key->remote.low,
                        (uint64_t)key->local_port << 16 | key->remote_port};
    uint64_t hash = world->options.seed;
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
        hash = simp_mix(hash ^ simp_mix(words[i] + i));
    return hash;
}

/* The clock of RFC 9293 3.4.1 ticks every 4 us, and does not wait while nothing ticks: else late copies of a
 * handshake would open a connection once more that came and went within a tick.  It jumps beyond what such a
 * connection may have sent. */
static uint32_t isn_clock(sim_host *host)
{
    uint32_t clock = (uint32_t)(host->world->now_ns / 4000);
    if (host->isn_next != 0 && simp_seq_before(clock, host->isn_next))
        clock = host->isn_next + ISN_STEP;
    host->isn_next = clock + 1;
    return clock;
}

/* RFC 6528: the clock plus a keyed hash of the four-tuple; the seed is the key. */
static uint32_t initial_sequence(sim_host *host, const simp_tcp_key *key)
{
    if (host->stack->isn == SIM_ISN_READABLE)
        return 1000 * ++host->isn_count;
    return (uint32_t)simp_tcp_hash(host->world, key) + isn_clock(host);
}

static void begin_at(simp_tcp *t, uint32_t iss)
{
    t->iss = t->una = t->nxt = t->max = iss;
    t->send_end = t->wnd_edge = iss + 1;
    t->active->small_end = t->active->ecn_recover = iss;
}

/* RFC 1122 4.2.2.13 (1): a fast connection is ahead of the clock. */
void simp_tcp_begin_beyond(simp_tcp *t, uint32_t last)
{
    if (simp_seq_upto(t->iss, last))
        begin_at(t, last + 1);
}

/* A window that never opens would be the end of a connection: SO_RCVBUF 0 takes a little all the same. */
void simp_tcp_set_receive_limit(simp_tcp *t, int bytes)
{
    t->receive_limit = bytes < RECEIVE_MIN ? (uint32_t)RECEIVE_MIN : (uint32_t)bytes;
}

/* Just enough for the buffer: what a scale rounds off is not used. */
static uint8_t scale_for(uint32_t buffer, unsigned least)
{
    uint8_t scale = (uint8_t)least;
    while (scale > 0 && buffer >> scale < WINDOW_UNITS_MIN) /* or a small window is rounded off to none */
        scale--;
    while (scale < SCALE_MAX && buffer >> scale > 65535)
        scale++;
    return scale;
}

void simp_tcp_take_syn(simp_tcp *t, const sim_packet *syn)
{
    t->irs = syn->tcp.seq;
    t->rcv_nxt = t->read = syn->tcp.seq + 1;
    simp_option_agree(t, syn);
    uint32_t units = t->receive_limit >> t->rcv_scale;
    units = units < WINDOW_MAX ? units : WINDOW_MAX;
    t->rcv_edge = t->rcv_nxt + (units << t->rcv_scale); /* what the first segment behind the SYN offers */
    t->wnd = t->wnd_max = syn->tcp.window;
    t->wl1 = syn->tcp.seq;
}

/* Of a connection that nobody has seen. */
static int discard(simp_tcp *t)
{
    sim_world *world = t->host->world;
    if (t->cubic != NULL)
        simp_cubic_destroy(t);
    simp_tcp_free_parts(t);
    simp_free(&world->arena, t, sizeof *t);
    return WSAENOBUFS;
}

int simp_tcp_create(sim_host *host, const simp_tcp_key *key, const simp_options *options, simp_tcp **out)
{
    sim_world *world = host->world;
    if (simp_tcp_find(world, key) != NULL)
        return WSAEADDRINUSE;
    simp_tcp *t = simp_alloc_zero(&world->arena, sizeof *t);
    if (t == NULL)
        return WSAENOBUFS;
    t->key = *key;
    t->host = host;
    t->stack = host->stack;
    bool ready = simp_tcp_wake(t) && (t->stack->congestion_control != SIM_CUBIC || simp_cubic_create(t));
    if (!ready || simp_port_hold(host, key->local_port, false) != 0)
        return discard(t);
    if (!simp_hash_add(&world->connections, &world->arena, &t->node, simp_tcp_key_hash(key))) {
        simp_port_drop(host, key->local_port, false);
        return discard(t);
    }
    t->listed = true;
    t->nodelay = options->nodelay;
    t->keepalive = options->keepalive;
    t->inline_urgent = options->inline_urgent;
    t->send_limit = (uint32_t)options->send_buffer;
    simp_tcp_set_receive_limit(t, options->receive_buffer);
    t->rcv_scale = scale_for(t->receive_limit, t->stack->window_scale_min);
    t->mss = simp_tcp_path_mss(host, key->remote);
    begin_at(t, initial_sequence(host, key));
    t->sent_ns = world->now_ns;
    t->quick_acks = (uint8_t)t->stack->quick_acks;
    simp_tcp_cc_init(t);
    *out = t;
    return 0;
}

static void unlist(simp_tcp *t)
{
    sim_world *world = t->host->world;
    if (!t->listed)
        return;
    t->listed = false;
    struct simp_outlets *outlets = t->host->outlets;
    if (outlets != NULL && outlets->recent == t)
        outlets->recent = NULL;
    simp_hash_remove(&world->connections, &t->node);
    simp_port_drop(t->host, t->key.local_port, false);
}

/* The network forgets the connection; its record stays with whoever has it. */
static void retire(simp_tcp *t)
{
    unlist(t);
    simp_tcp_set_state(t, SIMP_TCP_CLOSED);
    for (unsigned i = 0; i < SIMP_TIMER_COUNT; i++)
        simp_tcp_timer_stop(t, (simp_timer)i);
}

void simp_tcp_finish(simp_tcp *t)
{
    if (t->socket == NULL)
        simp_tcp_destroy(t);
    else
        retire(t);
}

void simp_tcp_destroy(simp_tcp *t)
{
    sim_world *world = t->host->world;
    if (t->socket != NULL)
        simp_socket_disconnect(t->socket, t->key.local);
    if (simp_tcp_listener(t) != NULL)
        simp_socket_dequeue(t->active->listener, t);
    simp_receive_buffer_clear(t);
    if (t->active != NULL)
        simp_send_buffer_release(t, t->send_end);
    simp_sack_forget(t);
    if (t->cubic != NULL)
        simp_cubic_destroy(t);
    if (t->extras != NULL)
        simp_pmtu_clear(t);
    simp_tcp_free_parts(t);
    unlist(t);
    simp_free(&world->arena, t, sizeof *t);
}

/* Nobody learns of it, so the order does not matter. */
void simp_tcp_vanish(sim_host *host)
{
    const simp_hash_table *all = &host->world->connections;
    for (simp_hash_node *at = simp_hash_after(all, NULL), *next; at != NULL; at = next) {
        next = simp_hash_after(all, at);
        if (((simp_tcp *)at)->host == host)
            simp_tcp_destroy((simp_tcp *)at);
    }
}

/* ---- opening ---- */

int simp_tcp_connect(cas_port_socket *socket, const simp_tcp_key *key)
{
    simp_tcp *t;
    int error = simp_tcp_create(socket->host, key, socket->options, &t);
    if (error != 0)
        return error;
    t->socket = socket;
    socket->tcp = t;
    simp_tcp_set_state(t, SIMP_TCP_SYN_SENT);
    if (!simp_option_offer(t, true) || !simp_tcp_send_syn(t)) {
        simp_tcp_destroy(t);
        return WSAENOBUFS;
    }
    return 0;
}

void simp_tcp_established(simp_tcp *t)
{
    /* Closed by its program in SYN-RECEIVED (3.10.4): the FIN was waiting for this. */
    simp_tcp_set_state(t, t->fin_queued ? SIMP_TCP_FIN_WAIT_1 : SIMP_TCP_ESTABLISHED);
    bool retried = t->active->retries > 0;
    t->active->retries = t->backoff = 0;
    simp_tcp_timer_stop(t, SIMP_TIMER_RETRANSMIT);
    t->syn_repeated = retried;
    simp_tcp_cc_init(t);
    simp_tcp_restart_keepalive(t);
    if (t->active->listener != NULL) {
        simp_socket_enqueue(t->active->listener, t);
    } else if (t->socket != NULL) {
        cas_port_socket *socket = t->socket;
        socket->connecting = false;
        socket->connected = true;
        socket->connected_ns = t->host->world->now_ns;
        socket->last_error = 0;
        simp_socket_report(socket, FD_CONNECT | FD_WRITE, 0);
    }
}

/* ---- closing ---- */

bool simp_tcp_has_unsent(const simp_tcp *t) { return simp_seq_before(t->una, t->send_end); }

void simp_tcp_shutdown(simp_tcp *t)
{
    if (t->fin_queued)
        return;
    if (!simp_tcp_wake(t)) {
        simp_out_of_memory(t->host->world);
        return;
    }
    t->fin_queued = true;
    if (t->state == SIMP_TCP_ESTABLISHED)
        simp_tcp_set_state(t, SIMP_TCP_FIN_WAIT_1);
    else if (t->state == SIMP_TCP_CLOSE_WAIT)
        simp_tcp_set_state(t, SIMP_TCP_LAST_ACK);
    simp_tcp_output(t);
}

void simp_tcp_abort(simp_tcp *t)
{
    if (t->listed && t->state != SIMP_TCP_SYN_SENT && t->state != SIMP_TCP_TIME_WAIT)
        simp_tcp_send_reset(t);
    simp_tcp_destroy(t);
}

void simp_tcp_abandon(simp_tcp *t)
{
    cas_port_socket *socket = t->socket;
    simp_tcp_abort(t);
    socket->dead = WSAECONNABORTED;
}

const cas_profile *simp_tcp_profile(const simp_tcp *t)
{
    const cas_port_socket *socket = t->socket != NULL ? t->socket : simp_tcp_listener(t);
    return socket != NULL ? simp_socket_profile(socket) : sim_world_profile(t->host->world);
}

void simp_tcp_close(simp_tcp *t)
{
    const simp_activity *a = t->active;
    bool queued = a != NULL && (a->receive.first != NULL || a->receive.early != NULL);
    bool unread = queued || simp_receive_buffer_urgent(t) != NULL || t->dropped_some;
    if (t->socket != NULL)
        t->socket->tcp = NULL;
    t->socket = NULL;
    t->orphan = true;
    if (t->state == SIMP_TCP_SYN_SENT || t->state == SIMP_TCP_CLOSED) {
        simp_tcp_destroy(t);
    } else if (unread && t->state != SIMP_TCP_TIME_WAIT) {
        simp_tcp_abort(t); /* RFC 9293 3.6.1, RFC 2525 2.17: the peer must learn that bytes were lost */
    } else if (!simp_tcp_wake(t)) {
        simp_out_of_memory(t->host->world);
    } else {
        simp_tcp_shutdown(t);
        if (t->state == SIMP_TCP_FIN_WAIT_2)
            simp_tcp_timer_set(t, SIMP_TIMER_WAIT, (uint64_t)t->stack->fin_wait_2_ns);
    }
}

void simp_tcp_enter_time_wait(simp_tcp *t)
{
    simp_tcp_set_state(t, SIMP_TCP_TIME_WAIT);
    for (unsigned i = 0; i < SIMP_TIMER_COUNT; i++)
        simp_tcp_timer_stop(t, (simp_timer)i);
    simp_tcp_timer_set(t, SIMP_TIMER_WAIT, (uint64_t)t->stack->time_wait_ns); /* MUST-13 */
}

void simp_tcp_fail(simp_tcp *t, int error)
{
    cas_port_socket *socket = t->socket;
    bool connecting = socket != NULL && socket->connecting;
    bool spoke = t->una != t->send_end; /* what the peer did not acknowledge may be why it resets */
    bool queued = simp_tcp_listener(t) != NULL && t->state != SIMP_TCP_SYN_RECEIVED;
    if (queued && simp_tcp_profile(t)->reset_stays_queued) {
        retire(t); /* as on Linux it keeps its place in the queue; who accepts it finds it closed */
        return;
    }
    simp_tcp_destroy(t);
    if (socket == NULL)
        return;
    if (connecting) {
        socket->connecting = false;
        socket->last_error = (uint16_t)(error == WSAECONNRESET ? WSAECONNREFUSED : error);
        simp_socket_report(socket, FD_CONNECT, socket->last_error);
        return;
    }
    /* SHU-20: after a graceful end the reset that answers a send is an abort; a time-out is one too. */
    bool abort = error != WSAECONNRESET || (socket->finished && spoke);
    socket->dead = error == WSAENETRESET ? WSAENETRESET : abort ? WSAECONNABORTED : WSAECONNRESET;
    if (!socket->finished) {
        simp_socket_report(socket, FD_CLOSE, socket->dead);
    } else if (socket->send_blocked) { /* FD_CLOSE is told once; who waits for room learns from its send */
        socket->send_blocked = false;
        simp_socket_report(socket, FD_WRITE, 0);
    }
}
