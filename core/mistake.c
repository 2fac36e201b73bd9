/* SPDX-License-Identifier: MIT
 *
 * The words for mistakes, and the line that the log gets.
 */
#include "core/mistake.h"

#include <stdio.h>

#include "castanet/error.h"

static const struct {
    const char *why, *fix;
} words[] = {
    [CASP_MISTAKE_NO_THREAD] = {"the calling thread has no notification queue",
                                "call cas_thread_init or cas_thread_enter on it first"},
    [CASP_MISTAKE_NO_OBJECT] = {"the object is NULL", "pass the address of a constructed object"},
    [CASP_MISTAKE_NO_HANDLE] = {"the object has no socket: it was not created yet, or is closed",
                                "call Create, Socket, Attach or Accept first"},
    [CASP_MISTAKE_OTHER_THREAD] = {"the socket is not one of the calling thread",
                                   "use it where it was created, or hand it over with Detach and Attach"},
    [CASP_MISTAKE_COPIED] = {"the object is a copy, was moved, or is left over from a closed socket",
                             "use the object that owns the socket; objects cannot be copied"},
    [CASP_MISTAKE_HAS_HANDLE] = {"the object has a socket already", "close or detach it first"},
    [CASP_MISTAKE_TARGET_HAS_HANDLE] = {"the target object has a socket already", "close or detach it first"},
    [CASP_MISTAKE_NO_TARGET] = {"the target object is NULL", "pass a constructed object without a socket"},
    [CASP_MISTAKE_INVALID_HANDLE] = {"INVALID_SOCKET is not a handle", "pass what Detach returned"},
    [CASP_MISTAKE_ATTACHED_TWICE] = {"another object of this thread has the handle already",
                                     "detach it there first"},
    [CASP_MISTAKE_STRANGER] = {"no object of the calling thread has this handle",
                               "ask on the thread that owns the socket, before it is closed"},
    [CASP_MISTAKE_ADDRESS_TEXT] = {"the text is no numeric address of the socket's family",
                                   "write it like 192.0.2.1, or like 2001:db8::1 on an IPv6 socket"},
    [CASP_MISTAKE_HOST_TEXT] = {"the host is neither a numeric address nor a name that is known",
                                "pass a host that resolves in the family of the socket"},
    [CASP_MISTAKE_ADDRESS_LENGTH] = {"the address is NULL, or its length is too short for the family",
                                     "pass the whole structure and its size"},
    [CASP_MISTAKE_ADDRESS_FAMILY] = {"the address is of another family than the socket",
                                     "use a socket of that family"},
    [CASP_MISTAKE_OPTION_LENGTH] = {"the value is NULL, or its length is not one that the option takes",
                                    "pass an int, or a struct linger for SO_LINGER, with its size"},
    [CASP_MISTAKE_OPTION_UNKNOWN] = {"there is no such option at this level for this type of socket",
                                     "check level, name, and whether the option can be set"},
    [CASP_MISTAKE_BLOCKING] = {"events are selected, so the socket cannot be made blocking",
                               "call AsyncSelect(0) first"},
    [CASP_MISTAKE_SHUTDOWN_HOW] = {"nHow is none of the three directions",
                                   "pass CAsyncSocket_receives, CAsyncSocket_sends or CAsyncSocket_both"},
    [CASP_MISTAKE_BUFFER] = {"the buffer is NULL, or its length is negative",
                             "pass a buffer and the number of its bytes"},
};

void cas_set_log(cas_log log, void *context)
{
    casp_log_state *state = casp_log_state_of_this_thread();
    state->log = log;
    state->context = context;
}

int casp_mistaken(casp_mistake mistake, int error)
{
    casp_log_state_of_this_thread()->mistake = mistake;
    return error;
}

void casp_mistake_tell(const char *call, SOCKET handle, int error)
{
    enum { LINE_BYTES_MAX = 400 };
    casp_log_state *state = casp_log_state_of_this_thread();
    casp_mistake mistake = state->mistake;
    char line[LINE_BYTES_MAX], subject[32] = "";
    state->mistake = CASP_MISTAKE_NONE;
    if (mistake == CASP_MISTAKE_NONE || state->log == NULL)
        return;
    if (handle != INVALID_SOCKET)
        snprintf(subject, sizeof subject, " on socket %llu", (unsigned long long)handle);
    snprintf(line, sizeof line, "CAsyncSocket_%s%s fails with %s; %s; %s", call, subject,
             cas_error_name(error), words[mistake].why, words[mistake].fix);
    state->log(state->context, line);
}
