/* SPDX-License-Identifier: MIT
 *
 * Stacks: the constants and policies in which TCP/IP implementations differ.
 *
 * "rfc", the default, has the numbers of the standards where they give one; the others those of an operating
 * system as it is shipped.  What programs see of Winsock is not decided here but by profiles (profile.h).
 * To change one number, copy a stack:
 *
 *     sim_stack mine = *sim_stack_named("linux");
 *     mine.congestion_control = SIM_RENO;
 *     sim_host_set_stack(host, &mine);                  // one host
 *     sim_world_options options = {.stack = &mine};     // or every host of a world
 */
#ifndef CASTANET_SIM_STACK_H
#define CASTANET_SIM_STACK_H

#include "castanet/sim_host.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An option that both ends must want. */
typedef enum sim_feature {
    SIM_FEATURE_OFF,
    SIM_FEATURE_ON,     /* offered when the connection is opened, and accepted */
    SIM_FEATURE_PASSIVE /* accepted when the peer offers it */
} sim_feature;

typedef enum sim_nagle {
    SIM_NAGLE_RFC,     /* RFC 9293 3.7.4: a short segment waits for every ACK that is due */
    SIM_NAGLE_MINSHALL /* it waits for the ACK of the last short segment only */
} sim_nagle;

typedef enum sim_congestion_control { SIM_RENO, SIM_CUBIC } sim_congestion_control;

typedef enum sim_zero_window_probe {
    SIM_PROBE_ONE_BYTE, /* RFC 9293 3.8.6.1: one octet of new data */
    SIM_PROBE_EMPTY     /* no data, one before the next octet: what captures call a keep-alive */
} sim_zero_window_probe;

typedef enum sim_isn {
    SIM_ISN_HASHED,  /* RFC 6528: a clock of 4 us and a hash keyed by the seed */
    SIM_ISN_READABLE /* 1000 for the first connection of the host, 2000 for the second, ... */
} sim_isn;

typedef enum sim_port_order { SIM_PORTS_SEQUENTIAL, SIM_PORTS_RANDOM } sim_port_order;

typedef enum sim_accept_overflow {
    SIM_OVERFLOW_RESET, /* the newcomer is refused */
    SIM_OVERFLOW_DROP   /* its SYN, or the ACK that would complete it, counts as lost */
} sim_accept_overflow;

/* Times are nanoseconds. */
struct sim_stack {
    const char *name; /* for messages; static storage */

    /* Retransmission: RFC 6298; counts and limits RFC 9293 3.8.3. */
    int64_t rto_initial_ns, rto_min_ns, rto_max_ns;
    unsigned retransmissions_soft; /* R1: from here on the path is doubted, and soft errors count */
    unsigned retransmissions_max;  /* R2: the connection is given up when this many went unanswered */
    unsigned syn_retries;          /* SYNs beyond the first ... */
    unsigned syn_linear;           /* ... of which so many come without doubling the time-out */
    int64_t syn_timeout_ns;        /* and the attempt ends after this time; 0: only by count */
    unsigned syn_ack_retries;

    /* Acknowledging. */
    int64_t delayed_ack_ns; /* below 0.5 s */
    unsigned quick_acks;    /* full segments that are acknowledged at once when a connection begins */

    /* Closing. */
    int64_t time_wait_ns;  /* 2 MSL */
    int64_t fin_wait_2_ns; /* a connection that its program has closed waits so long for the peer's FIN */

    /* Keep-alive of connections that asked for it: RFC 9293 3.8.4. */
    int64_t keepalive_idle_ns, keepalive_interval_ns;
    unsigned keepalive_probes; /* unanswered ones that end the connection */

    /* Sending. */
    sim_congestion_control congestion_control;
    unsigned initial_window; /* segments, RFC 6928 */
    unsigned slow_start_max; /* segments by which one ACK opens the window: L of RFC 3465, 1 in RFC 5681 */
    sim_nagle nagle;
    sim_zero_window_probe zero_window_probe;

    /* Options. */
    bool sack;              /* RFC 2018, 6675, 2883 */
    sim_feature timestamps; /* RFC 7323 */
    int64_t timestamp_tick_ns;
    sim_feature ecn;           /* RFC 3168 */
    unsigned window_scale_min; /* the shift is what SO_RCVBUF needs, but at least this */

    /* Numbers. */
    sim_isn isn;
    unsigned ttl;
    unsigned port_first, port_last; /* ephemeral */
    sim_port_order port_order;

    /* What arrives. */
    sim_accept_overflow accept_overflow;
    unsigned accept_extra; /* dropping only: how many may wait for acceptance beyond the backlog */
    bool soft_errors_abort_connect; /* an ICMP error that may pass ends an attempt at once; else it is only
                                       told when the attempt fails (RFC 9293 MUST-56) */
    bool hard_errors_end_connections; /* one that will not pass ends a connection that stands, too (RFC 9293
                                         SHLD-26); else it counts there as one that may pass (RFC 5927 6.2) */
    bool urgent_points_at_last;     /* the urgent pointer is that of the last urgent octet, as RFC 793 read;
                                       else of the octet behind it (MUST-62) */
    unsigned challenge_acks;        /* RFC 5961 7: at most so many ... */
    int64_t challenge_period_ns;    /* ... in such a time, a connection */
    int64_t reassembly_v4_ns, reassembly_v6_ns;
};

/* "rfc", "linux", "freebsd" or "windows"; NULL: there is no such stack. */
const sim_stack *sim_stack_named(const char *name);

/* 0, or WSAEINVAL for a stack that contradicts itself, with the reason in *error unless NULL. */
int sim_stack_check(const sim_stack *, sim_error *error);

/* The stack of what the host opens and sends from now on; copied.  NULL: the world's.  Connections and
 * datagrams under way keep theirs. */
int sim_host_set_stack(sim_host *, const sim_stack *);
const sim_stack *sim_host_stack(const sim_host *);

#ifdef __cplusplus
}
#endif

#endif
