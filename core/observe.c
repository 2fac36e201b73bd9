/* SPDX-License-Identifier: MIT
 *
 * See observe.h.
 */
#include "core/observe.h"

#include "castanet/error.h"

void casp_tell_call(const cas_thread *thread, const char *name, SOCKET handle, int error, int64_t result,
                    const void *bytes, int64_t asked)
{
    thread->observer->on_step(thread->observer, &(cas_observation){.step = CAS_STEP_CALL,
                                                                   .thread = thread,
                                                                   .handle = handle,
                                                                   .name = name,
                                                                   .result = result,
                                                                   .error = error,
                                                                   .bytes = bytes,
                                                                   .asked = asked});
}

void casp_tell_leave(const cas_thread *thread, const char *name, SOCKET handle)
{
    thread->observer->on_step(
        thread->observer,
        &(cas_observation){.step = CAS_STEP_LEAVE, .thread = thread, .handle = handle, .name = name});
}

void casp_tell_message(const cas_thread *thread, cas_step step, const casp_message *message)
{
    thread->observer->on_step(thread->observer,
                              &(cas_observation){.step = step,
                                                 .thread = thread,
                                                 .handle = message->handle,
                                                 .event = message->event,
                                                 .error = message->error,
                                                 .name = cas_event_callback_name(message->event)});
}
