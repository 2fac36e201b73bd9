/* SPDX-License-Identifier: MIT
 *
 * What happens in a run, as every format tells it.
 *
 *   world  ->  recorder.c (an observer)  ->  events, numbered  ->  sinks, one a format
 *
 * Invariants:
 *  1. An event has a number, from 1 in the order of the trace.  A capture of the whole world has a frame for
 *     each, so that frame 31 of the file is event 31 of the ladder, the report and every other format.
 *  2. Time never decreases from one event to the next.
 *  3. A sink changes nothing, and keeps nothing that an event points to.
 */
#ifndef PCAP_EVENT_H
#define PCAP_EVENT_H

#include "castanet/sim_observer.h"

typedef enum capp_kind {
    CAPP_PACKET,   /* a host puts a packet on the wire: once a packet, also when it is lost */
    CAPP_CALL,     /* an API call returned */
    CAPP_CALLBACK, /* a callback begins */
    CAPP_DROP,     /* a notification was discarded: stale, or nothing to read */
    CAPP_FAULT,    /* something goes wrong by a fault, or is mended */
    CAPP_STATE,    /* a TCP connection enters a state */
    CAPP_CHOICE,   /* a decision that was not the boring one */
    CAPP_REPORT,   /* what happens to a connection that has no notification */
    CAPP_FAILURE,  /* the scenario fails */
    CAPP_KINDS
} capp_kind;

/* "packet", "call" ...: the words of every format. */
const char *capp_kind_word(capp_kind);

typedef struct capp_event {
    capp_kind kind;
    uint64_t number;
    uint64_t at_ns;
    const sim_host *host; /* NULL: none in particular */
    const char *socket;   /* "conn#2", "listen:80", as in labels; empty: none */
    SOCKET handle;
    const char *what;   /* "Send", "OnReceive", "drop", "ESTABLISHED", "hold" */
    const char *about;  /* the link of a fault, the label of a choice, the message of a failure; never NULL */
    int64_t result;     /* calls */
    int64_t asked;      /* Send and Receive: bytes that the program asked for */
    int error;          /* of a call, or of a notification */
    unsigned depth;     /* calls, callbacks: callbacks around it */
    uint64_t packet;    /* its id; of callbacks and drops the one whose arrival posted it; 0: none */
    uint64_t posted_ns; /* callbacks, drops */
    uint64_t number_of; /* faults: the rule; choices: the how manieth of the label; 0: none */
    uint32_t value, bound;
    uint16_t local_port, remote_port; /* of the connection; 0: none */
    sim_fate fate;                    /* packets */
    const char *fault;                /* packets: the words of the faults that touched it; empty: none */
    const sim_packet *data;           /* packets; else NULL */
    unsigned interface;               /* packets: on its host, from 1, the loopback */
    const void *bytes;                /* Send and Receive: what went through; NULL: nothing */
} capp_event;

/* A packet reaches the host that is its destination. */
typedef struct capp_arrival {
    uint64_t at_ns;
    const sim_packet *data;
    const sim_host *host;
    unsigned interface;
} capp_arrival;

typedef struct capp_sink capp_sink;
struct capp_sink {
    capp_sink *next;
    void (*event)(capp_sink *, const capp_event *);
    /* These three may be NULL. */
    void (*arrival)(capp_sink *, const capp_arrival *);
    void (*lost)(capp_sink *, uint64_t packet, sim_fate); /* on its way; an event tells of the fault */
    void (*flush)(capp_sink *);
    /* Completes and frees it; 0 or a WSAE code. */
    int (*finish)(capp_sink *, const sim_world *, sim_error *);
    void (*discard)(capp_sink *);
};

/* One line, in one of two stable forms: "server: OnReceive(0) conn#1" and "FAULT drop rule=2 link wire a>".
 * Returns buf. */
char *capp_say(const capp_event *, char *buf, size_t size);
/* The same without host and socket: "Send(12) = 12". */
char *capp_say_what(const capp_event *, char *buf, size_t size);

#endif
