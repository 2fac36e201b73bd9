/* SPDX-License-Identifier: MIT
 *
 * A TCP connection, RFC 9293 with its companions: 6298 (timers), 5681 and 9438 (congestion control), 6582,
 * 6675 and 3042 (recovery), 2018 and 2883 (SACK), 7323 (window scale, timestamps), 3168 (ECN), 1191 and 8201
 * (path MTU), 6528 (initial sequence numbers), 5961 (challenge ACKs).
 *
 * Files: tcp_conn.c states, opening and closing; tcp_listen.c the passive side; tcp_validate.c which segments
 * are let in; tcp_in.c what they do; tcp_report.c what only observers learn;
 * tcp_out.c what is sent when; tcp_timer.c timers; tcp_option.c what SYNs agree on, timestamps; tcp_ecn.c
 * ECN; tcp_cc.c and cc_cubic.c the congestion window; tcp_recovery.c what follows a loss, with tcp_sack.c's
 * scoreboard; tcp_gaps.c what is received behind a gap; tcp_pmtu.c the path MTU; tcp_send_buffer.c and
 * tcp_receive_buffer.c the bytes; tcp_parts.c what exists on demand; tcp_check.c verifies the invariants.
 *
 * Invariants, in sequence space:
 *  1. una <= nxt <= max; everything from una to buffer end is in the send buffer, then the FIN if queued.
 *  2. read <= rcv_nxt <= rcv_edge; in-order bytes from read to rcv_nxt are in the receive buffer, without
 *     gaps.
 *  3. The advertised right edge rcv_edge never moves left.
 *  4. The connection is in the world's hash under its key, and holds its local port, while it is listed.
 */
#ifndef SIMNET_TCP_H
#define SIMNET_TCP_H

#include "core/cold.h"
#include "simnet/packet/sequence.h"
#include "simnet/socket/sim_socket.h"
#include "simnet/transport/tcp_key.h"
#include "castanet/sim_observer.h"

typedef enum simp_tcp_state {
    SIMP_TCP_CLOSED,
    SIMP_TCP_SYN_SENT,
    SIMP_TCP_SYN_RECEIVED,
    SIMP_TCP_ESTABLISHED,
    SIMP_TCP_FIN_WAIT_1,
    SIMP_TCP_FIN_WAIT_2,
    SIMP_TCP_CLOSE_WAIT,
    SIMP_TCP_CLOSING,
    SIMP_TCP_LAST_ACK,
    SIMP_TCP_TIME_WAIT
} simp_tcp_state;

typedef enum simp_timer {
    SIMP_TIMER_RETRANSMIT,
    SIMP_TIMER_PERSIST,
    SIMP_TIMER_DELAYED_ACK,
    SIMP_TIMER_KEEPALIVE,
    SIMP_TIMER_WAIT, /* TIME-WAIT, and FIN-WAIT-2 of an orphan */
    SIMP_TIMER_COUNT
} simp_timer;

#define SIMP_TIMER_OFF UINT64_MAX
#define SIMP_MS_NS UINT64_C(1000000)
#define SIMP_S_NS UINT64_C(1000000000)

/* Bytes from the program, in blocks that segments refer to; they end at send_end. */
typedef struct simp_send_buffer {
    simp_block *first, *last;
    simp_block *cursor; /* where the last look-up ended */
} simp_send_buffer;

typedef struct simp_receive_buffer {
    sim_packet *first, *last; /* in order */
    sim_packet *early;        /* behind a gap, sorted, without overlap */
} simp_receive_buffer;

enum { SIMP_MARKS_MAX = 16 };

/* An urgent byte of the peer. */
typedef struct simp_mark {
    uint32_t seq;
    uint8_t byte;
    bool arrived;        /* byte is valid */
    bool arrived_inline; /* SO_OOBINLINE was on when it arrived */
    bool taken;          /* by a receive with MSG_OOB */
    bool passed;         /* the stream was read beyond it */
} simp_mark;

/* What a connection needs while something goes on: a handshake, bytes in a buffer or on their way, a place
 * in a listener's queue, a timer.  tcp_parts.c makes it and gives it back. */
typedef struct simp_activity {
    simp_event event; /* first; queued at or before the earliest deadline */
    struct simp_tcp *tcp;
    uint64_t deadline[SIMP_TIMER_COUNT];
    simp_send_buffer send;
    simp_receive_buffer receive;
    cas_port_socket *listener; /* while it is in SYN-RECEIVED or waits for acceptance; its queue's next */
    struct simp_tcp *accept_next;
    uint64_t opened_ns; /* SYN: when the attempt began */
    uint64_t timed_at_ns;
    uint32_t timed_seq;   /* valid, as timed_at_ns, with timing */
    uint32_t small_end;   /* behind the last segment that was not full: Minshall */
    uint32_t ecn_recover; /* max when ECE was obeyed */
    unsigned duplicate_acks;
    unsigned retries;    /* retransmissions since the last progress */
    unsigned probes;     /* of keep-alive or a closed window, since something was heard */
    uint16_t soft_error; /* the last one since the last progress that an ICMP error told; 0: none */
} simp_activity;

/* What most connections never need; it stays once it was made. */
typedef struct simp_extras {
    simp_mark marks[SIMP_MARKS_MAX];
    struct simp_pmtu *pmtu; /* NULL: the path takes what the first link does */
    uint64_t stamp_recent_ns, stamp_begin_ns;
    uint32_t stamp_recent, stamp_offset; /* TS.Recent; what our clock began with.  Valid with stamps, ... */
    uint32_t last_ack_sent;              /* ... as is this */
    uint32_t urgent_end;                 /* SND.UP: behind the last urgent byte; valid with urgent */
    uint32_t rcv_urgent;                 /* RCV.UP; valid with rcv_has_urgent */
    uint32_t challenged_ms;              /* when the period of challenge ACKs began, modulo 2^32 ... */
    uint16_t challenges;                 /* ... and how many there were in it */
} simp_extras;

typedef struct simp_tcp {
    simp_hash_node node; /* in world->connections; first */
    simp_tcp_key key;
    sim_host *host;
    const sim_stack *stack;     /* the host's, when the connection was made */
    const struct simp_way *way; /* where the one to the peer was found last; NULL: nowhere */
    cas_port_socket *socket;    /* NULL: not accepted yet, or closed by its program */
    simp_activity *active;      /* NULL: nothing goes on */
    simp_extras *extras;
    struct simp_gaps *gaps;         /* NULL: nothing is missing */
    struct simp_recovery *recovery; /* NULL: nothing is SACKed */
    struct simp_cubic *cubic;       /* NULL: Reno */

    uint8_t state; /* simp_tcp_state */
    uint8_t snd_scale, rcv_scale;
    uint8_t quick_acks;       /* full segments that will still be acknowledged at once */
    uint8_t segments_unacked; /* full segments since the last ACK */
    uint8_t mark_count;       /* of extras->marks */
    uint8_t backoff;          /* doublings of the time-out; kept until a round trip was measured */
    bool orphan : 1;          /* closed by its program */
    bool nodelay : 1, keepalive : 1;
    bool inline_urgent : 1; /* while it has no socket: SO_OOBINLINE, as its listener had it at the SYN */
    bool fin_queued : 1;    /* the program has no more to send */
    bool fin_known : 1;     /* the peer's FIN was seen, at fin_at; it may lie behind a gap */
    bool fin_received : 1;  /* it was reached */
    bool receive_shut : 1;  /* arriving bytes are dropped */
    bool dropped_some : 1;  /* so close resets */
    bool listed : 1;        /* segments find it */
    bool scales : 1, sacks : 1, stamps : 1, ecn : 1; /* offered, then agreed; without scales shifts are 0 */
    bool ecn_echo : 1;                               /* congestion is told to the peer until it has reduced */
    bool ecn_reduced : 1;                            /* we have, and tell it with the next text */
    bool urgent : 1;                                 /* we are in urgent mode, up to urgent_end */
    bool rcv_has_urgent : 1;                         /* the peer has been, up to rcv_urgent */
    bool ack_now : 1;
    bool timing : 1; /* one segment is timed (Karn: never a retransmitted one) */
    bool recovering : 1;
    bool syn_repeated : 1; /* and nothing was measured since */
    uint16_t mss;          /* of what we send, without options */

    uint32_t iss, una, nxt, max;
    uint32_t wnd, wl1, wnd_max; /* SND.WL2 is una: it is told by the segment that moves that */
    uint32_t wnd_edge;          /* the furthest right edge that the peer ever offered, and has to honour */
    uint32_t send_end;          /* behind the last byte of the program */
    uint32_t send_limit;        /* SO_SNDBUF */

    uint32_t irs, rcv_nxt, read, rcv_edge;
    uint32_t fin_at;
    uint32_t receive_limit; /* SO_RCVBUF */

    uint32_t cwnd, ssthresh;
    uint32_t recover; /* max when a loss was found: recovery ends there */
    uint64_t srtt_ns, rttvar_ns;
    uint64_t sent_ns; /* when text was sent last */
} simp_tcp;

static inline bool simp_tcp_is_synchronised(const simp_tcp *t) { return t->state >= SIMP_TCP_ESTABLISHED; }

/* ---- tcp_parts.c ---- */
bool simp_tcp_activate(simp_tcp *);
/* Something begins.  False: no memory. */
static inline bool simp_tcp_wake(simp_tcp *t) { return t->active != NULL || simp_tcp_activate(t); }
/* Gives activity back if nothing goes on. */
void simp_tcp_rest(simp_tcp *);
/* Gives back both parts, whose buffers are empty. */
void simp_tcp_free_parts(simp_tcp *);
/* Made at the first call; NULL: no memory. */
simp_extras *simp_tcp_extras(simp_tcp *);
static inline cas_port_socket *simp_tcp_listener(const simp_tcp *t)
{
    return t->active != NULL ? t->active->listener : NULL;
}

/* ---- tcp_conn.c ---- */
/* NULL: there is none. */
static inline simp_tcp *simp_tcp_find(const sim_world *world, const simp_tcp_key *key)
{
    simp_hash_node *at = simp_hash_first(&world->connections, simp_tcp_key_hash(key));
    while (at != NULL && !simp_tcp_key_equal(&((simp_tcp *)at)->key, key))
        at = at->next;
    return (simp_tcp *)at;
}
/* SO_RCVBUF; the advertised edge does not move back. */
void simp_tcp_set_receive_limit(simp_tcp *, int bytes);
/* 0, WSAENOBUFS, or WSAEADDRINUSE (the same four-tuple exists). */
int simp_tcp_create(sim_host *, const simp_tcp_key *, const simp_options *, simp_tcp **out);
/* Active open; 0 means that the SYN is on its way. */
int simp_tcp_connect(cas_port_socket *, const simp_tcp_key *);
/* The program has no more to send: FIN behind what is queued. */
void simp_tcp_shutdown(simp_tcp *);
/* The program closes: gracefully, or with RST when data is unread. */
void simp_tcp_close(simp_tcp *);
/* RST, if the peer has to know, and gone. */
void simp_tcp_abort(simp_tcp *);
/* The same while its program still holds the socket, which only learns of it from its calls. */
void simp_tcp_abandon(simp_tcp *);
/* The connection ends with an error: the socket learns of it. */
void simp_tcp_fail(simp_tcp *, int error);
void simp_tcp_destroy(simp_tcp *);
/* All connections of the host are gone, without a word to anybody. */
void simp_tcp_vanish(sim_host *);
/* The switches that hold for the connection. */
const cas_profile *simp_tcp_profile(const simp_tcp *);
/* Both directions are done: destroyed, or kept until the program has read what is left and closes. */
void simp_tcp_finish(simp_tcp *);
void simp_tcp_set_state(simp_tcp *, simp_tcp_state);
void simp_tcp_enter_time_wait(simp_tcp *);
/* The handshake is done. */
void simp_tcp_established(simp_tcp *);
bool simp_tcp_has_unsent(const simp_tcp *);

/* The peer's SYN: its sequence number, window and options. */
void simp_tcp_take_syn(simp_tcp *, const sim_packet *syn);

/* ---- tcp_check.c ---- */
/* 0 when the invariants hold; else 1, and which one does not in what. */
int simp_tcp_check(const simp_tcp *, char *what, size_t size);

/* The initial sequence number lies beyond that of the last octet of the connection before under the same
 * four-tuple.  Before anything was sent. */
void simp_tcp_begin_beyond(simp_tcp *, uint32_t last);
/* A number of the four-tuple, keyed by the seed. */
uint64_t simp_tcp_hash(const sim_world *, const simp_tcp_key *);

/* ---- tcp_listen.c ---- */
/* Takes the packet over.  previous: the connection in TIME-WAIT whose place the SYN may take; NULL: none. */
void simp_tcp_listen_input(cas_port_socket *listener, simp_tcp *previous, sim_packet *);
/* Does the queue of the listener have no room for a handshake that completes? */
bool simp_listen_refuses_ack(const cas_port_socket *listener, const sim_stack *);

/* ---- tcp_in.c ---- */
/* The peer's first SYN: answers it, and keeps its text.  Takes the packet over. */
void simp_tcp_open_passively(simp_tcp *, sim_packet *syn);

/* What the peer may send.  A FIN may lie behind the edge: then RCV.NXT does too. */
static inline uint32_t simp_tcp_receive_window(const simp_tcp *t)
{
    return simp_seq_before(t->rcv_edge, t->rcv_nxt) ? 0 : t->rcv_edge - t->rcv_nxt;
}

/* ---- tcp_validate.c ---- */
/* The length in sequence space: SYN and FIN count. */
uint32_t simp_tcp_sequence_len(const sim_packet *);
/* Steps 1 to 4 of 3.10.7.4.  False: the segment is done with, and the connection may be.  True: it was cut to
 * what is new and lies in the window. */
bool simp_tcp_validate(simp_tcp *, sim_packet *);
/* False: it acknowledges what it cannot, and was answered. */
bool simp_tcp_validate_ack(simp_tcp *, uint32_t ack);
/* Cuts off what was received before, and what lies beyond the window. */
void simp_tcp_trim(simp_tcp *, sim_packet *);
/* An ACK that lets an honest peer find out; not more than the stack's limit allows. */
void simp_tcp_challenge(simp_tcp *);

/* ---- tcp_report.c ---- */
/* Tells observers; value as sim_report has it. */
void simp_tcp_report(const simp_tcp *, sim_report_kind, int value);
/* Tells observers which state it has entered. */
void simp_tcp_tell_state(const simp_tcp *);
const char *simp_tcp_state_name(simp_tcp_state); /* "SYN-SENT" */

/* ---- tcp_out.c ---- */
/* Sends what may be sent now, and an ACK if one is due. */
void simp_tcp_output(simp_tcp *);
/* False: no memory; as if the SYN was lost, it will be sent again. */
bool simp_tcp_send_syn(simp_tcp *);
APART void simp_tcp_send_ack(simp_tcp *);
/* One segment from una, whatever the windows say. */
void simp_tcp_retransmit(simp_tcp *);
/* One segment of what was sent already, from seq on and not beyond limit; returns where it ends: seq when
 * there was nothing. */
uint32_t simp_tcp_resend(simp_tcp *, uint32_t seq, uint32_t limit);
/* Segments from nxt, as the windows and Nagle let them go, but not more than so many.  False: none went. */
APART bool simp_tcp_send_new(simp_tcp *, uint32_t most);
/* One byte into a closed window. */
void simp_tcp_send_probe(simp_tcp *);
void simp_tcp_send_keepalive(simp_tcp *);
/* A reset for a segment that belongs to no connection. */
void simp_tcp_reply_reset(sim_host *, const sim_packet *);
void simp_tcp_send_reset(simp_tcp *);
/* Moves the advertised edge if it is worth an ACK (RFC 9293 3.8.6.2.2); called after a receive. */
void simp_tcp_window_opened(simp_tcp *);
uint32_t simp_tcp_usable_receive_window(const simp_tcp *);
/* The largest TCP payload on the way to a destination. */
uint16_t simp_tcp_path_mss(sim_host *, simp_ip destination);

/* ---- tcp_timer.c ---- */
/* Idle time begins, or is not measured (any more). */
void simp_tcp_restart_keepalive(simp_tcp *);
/* Of a connection that is active. */
void simp_tcp_timer_set(simp_tcp *, simp_timer, uint64_t delay_ns);
void simp_tcp_on_timer(sim_world *, simp_event *);
static inline void simp_tcp_timer_stop(simp_tcp *t, simp_timer timer)
{
    if (t->active != NULL)
        t->active->deadline[timer] = SIMP_TIMER_OFF;
}
static inline bool simp_tcp_timer_is_on(const simp_tcp *t, simp_timer timer)
{
    return t->active != NULL && t->active->deadline[timer] != SIMP_TIMER_OFF;
}
/* samples: how many are expected in a round trip, which share the weight of one; 0 counts as 1. */
void simp_tcp_rtt_sample(simp_tcp *, uint64_t rtt_ns, unsigned samples);
/* RTO with its backoff. */
uint64_t simp_tcp_timeout(const simp_tcp *);

/* ---- tcp_cc.c ---- */
void simp_tcp_cc_init(simp_tcp *);
/* bytes were acknowledged outside of recovery; flight was what was on its way before. */
void simp_tcp_cc_acked(simp_tcp *, uint32_t bytes, uint32_t flight);
/* Congestion: ssthresh comes down. */
void simp_tcp_cc_reduce(simp_tcp *);
void simp_tcp_cc_timeout(simp_tcp *);
/* Nothing was sent for a time-out. */
void simp_tcp_cc_idle(simp_tcp *);

/* ---- cc_cubic.c: the same for CUBIC ---- */
bool simp_cubic_create(simp_tcp *); /* false: no memory */
void simp_cubic_destroy(simp_tcp *);
void simp_cubic_acked(simp_tcp *, uint32_t bytes);
uint32_t simp_cubic_reduce(simp_tcp *, uint32_t flight); /* the window to go on with */
void simp_cubic_restart(simp_tcp *);

/* ---- tcp_recovery.c ---- */
/* A duplicate ACK, or with SACK one that says that more has arrived; may retransmit. */
void simp_recovery_duplicate(simp_tcp *);
/* New data was acknowledged during recovery; may retransmit. */
void simp_recovery_advanced(simp_tcp *, uint32_t bytes);
void simp_recovery_timeout(simp_tcp *);
/* Where the congestion window ends. */
uint32_t simp_recovery_congestion_end(const simp_tcp *);
/* Sends what SACK recovery wants sent. */
APART void simp_recovery_output(simp_tcp *);

/* ---- tcp_gaps.c ---- */
/* [left, right) was received behind a gap.  False: no memory, and the run is void. */
bool simp_gaps_add(simp_tcp *, uint32_t left, uint32_t right);
/* These three only while something is kept.  rcv_nxt has moved. */
void simp_gaps_advance(simp_tcp *);
/* [left, right) was received before: to be told once, RFC 2883. */
void simp_gaps_duplicate(simp_tcp *, uint32_t left, uint32_t right);
/* How many ranges the next ACK tells, and telling them. */
unsigned simp_gaps_told_len(const simp_tcp *);
void simp_gaps_tell(simp_tcp *, simp_tcp_header *);
void simp_gaps_clear(simp_tcp *);

/* ---- tcp_option.c ---- */
/* What this end wants; actively: it sends the first SYN.  False: no memory. */
bool simp_option_offer(simp_tcp *, bool actively);
/* What the peer's SYN makes of it. */
void simp_option_agree(simp_tcp *, const sim_packet *syn);
void simp_option_fill_syn(const simp_tcp *, sim_packet *);
void simp_option_fill(simp_tcp *, sim_packet *);
uint32_t simp_option_room(const simp_tcp *);
/* Bytes of text that fit a segment now. */
static inline uint32_t simp_option_text_max(const simp_tcp *t)
{
    return t->gaps == NULL ? t->mss : simp_option_room(t);
}
/* PAWS: is the segment acceptable?  If not it is to be dropped; it was answered if that is called for. */
bool simp_option_accept(simp_tcp *, const sim_packet *);
/* The timestamp of an acceptable segment, where they were agreed on; seq: before anything was cut off. */
void simp_option_record(simp_tcp *, const sim_packet *, uint32_t seq);
/* The round trip that an ACK of something new tells. */
void simp_option_measure(simp_tcp *, const sim_packet *, uint32_t flight);

/* ---- tcp_ecn.c ---- */
void simp_ecn_agree(simp_tcp *, const sim_packet *syn);
uint8_t simp_ecn_syn_flags(simp_tcp *, bool answer);
/* These only where ECN was agreed on. */
/* What a segment says about congestion; new_text: it has text that was never sent before. */
void simp_ecn_mark(simp_tcp *, sim_packet *, bool new_text);
void simp_ecn_receive(simp_tcp *, const sim_packet *);
/* An acceptable ACK; it may reduce the congestion window. */
void simp_ecn_acked(simp_tcp *, const sim_packet *);

/* ---- tcp_pmtu.c ---- */
/* A packet of this connection was too big; mtu 0: it is not known for what.  May send. */
void simp_pmtu_too_big(simp_tcp *, uint32_t mtu);
/* Tries the old size again when its time has come. */
void simp_pmtu_try_raise(simp_tcp *);
void simp_pmtu_clear(simp_tcp *);

/* ---- tcp_send_buffer.c ---- */
/* Copies bytes, all of them or, when memory is refused, none. */
bool simp_send_buffer_append(simp_tcp *, const uint8_t *bytes, uint32_t len);
/* Releases everything before seq. */
void simp_send_buffer_release(simp_tcp *, uint32_t seq);
/* Lets packet refer to len bytes from seq.  False: no memory. */
bool simp_send_buffer_fill(simp_tcp *, sim_packet *, uint32_t seq, uint32_t len);

/* ---- tcp_receive_buffer.c ---- */
/* Takes over a segment that lies in the window; moves rcv_nxt over all that is now in order. */
void simp_receive_buffer_add(simp_tcp *, sim_packet *);
/* Bytes that one receive can give. */
uint32_t simp_receive_buffer_ready(const simp_tcp *);
/* Are there any?  Only urgent bytes can make that a question of which. */
static inline bool simp_receive_buffer_has_some(const simp_tcp *t)
{
    return t->active != NULL && t->active->receive.first != NULL &&
           (t->mark_count == 0 || simp_receive_buffer_ready(t) > 0);
}
uint32_t simp_receive_buffer_read(simp_tcp *, uint8_t *out, uint32_t len, bool peek);
void simp_receive_buffer_clear(simp_tcp *);
/* The peer's stream has ended: what it sent behind its end, which no honest one does, is dropped. */
void simp_receive_buffer_finish(simp_tcp *);
/* The segment's urgent pointer says that the byte at seq is urgent. */
void simp_receive_buffer_mark(simp_tcp *, uint32_t seq);
/* The oldest urgent byte that arrived and was not taken; NULL: none. */
simp_mark *simp_receive_buffer_urgent(simp_tcp *);
/* It was received with MSG_OOB. */
void simp_receive_buffer_take(simp_tcp *, simp_mark *);
bool simp_receive_buffer_is_at_mark(const simp_tcp *);

#endif
