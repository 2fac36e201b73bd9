/* SPDX-License-Identifier: MIT
 *
 * What happens at the API, for somebody who looks on: calls with their results, messages posted, dispatched
 * and dropped.  An observer has no influence; it may not call the API.
 */
#ifndef CASTANET_OBSERVER_H
#define CASTANET_OBSERVER_H

#include "castanet/thread.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef enum cas_step {
    CAS_STEP_CALL,     /* an API call returned: name, result, error, size */
    CAS_STEP_POST,     /* a notification entered the queue: event, error */
    CAS_STEP_DISPATCH, /* its callback begins */
    CAS_STEP_RETURN,   /* its callback ended */
    CAS_STEP_DROP,     /* it was discarded: stale, or nothing to read */
    CAS_STEP_LEAVE     /* Close or Detach is about to take the socket away, whose state is still there */
} cas_step;

typedef struct cas_observation {
    cas_step step;
    const cas_thread *thread;
    SOCKET handle;     /* INVALID_SOCKET where the call has none */
    const char *name;  /* "Receive", "OnReceive"; static storage */
    long event;        /* FD_ bit, 0 for calls */
    int64_t result;    /* calls: the return value */
    int error;         /* of the event, or of the failed call */
    const void *bytes; /* Send and Receive: the data, valid during the observation; else NULL */
    int64_t asked;     /* Send and Receive: how many bytes the program asked for; else 0 */
} cas_observation;

struct cas_observer {
    /* Each may be NULL, and may change at any time. */
    void (*on_step)(cas_observer *self, const cas_observation *what);
    /* Calls, dispatches and drops in two words, which differ where the step, handle, event, error or result
     * do: for who wants to know whether two runs are the same.  what is below 2^52. */
    void (*on_brief)(cas_observer *self, uint64_t what, uint64_t value);
};

#ifdef __cplusplus
}
#endif

#endif
