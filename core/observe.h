/* SPDX-License-Identifier: MIT
 *
 * What an observer is told.  Inline is what every step pays; who wants all of it is served out of line.
 */
#ifndef CORE_OBSERVE_H
#define CORE_OBSERVE_H

#include "core/cold.h"
#include "core/engine.h"

/* For who is observed. */
COLD void casp_tell_call(const cas_thread *thread, const char *name, SOCKET handle, int error, int64_t result,
                         const void *bytes, int64_t asked);
/* The socket is about to leave its object. */
COLD void casp_tell_leave(const cas_thread *thread, const char *name, SOCKET handle);
COLD void casp_tell_message(const cas_thread *thread, cas_step step, const casp_message *message);

static inline bool casp_is_observed(const cas_thread *thread)
{
    return thread->observer != NULL && thread->observer->on_step != NULL;
}

static inline void casp_brief(const cas_thread *thread, cas_step step, SOCKET handle, int error,
                              uint64_t value)
{
    cas_observer *observer = thread->observer;
    if (observer != NULL && observer->on_brief != NULL)
        observer->on_brief(observer,
                           (uint64_t)step << 48 | (uint64_t)(uint16_t)error << 32 | (uint32_t)handle, value);
}

/* Posted, or back from its callback: nothing for a brief. */
static inline void casp_observe_aside(const cas_thread *thread, cas_step step, const casp_message *message)
{
    if (casp_is_observed(thread))
        casp_tell_message(thread, step, message);
}

/* To be dispatched, or dropped. */
static inline void casp_observe_message(const cas_thread *thread, cas_step step, const casp_message *message)
{
    casp_observe_aside(thread, step, message);
    casp_brief(thread, step, message->handle, message->error, message->event);
}

#endif
