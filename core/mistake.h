/* SPDX-License-Identifier: MIT
 *
 * Mistakes of the program: named where they are found, told to the log when the call ends.
 */
#ifndef CORE_MISTAKE_H
#define CORE_MISTAKE_H

#include "castanet/log.h"
#include "castanet/winsock.h"

typedef enum casp_mistake {
    CASP_MISTAKE_NONE,
    CASP_MISTAKE_NO_THREAD,
    CASP_MISTAKE_NO_OBJECT,
    CASP_MISTAKE_NO_HANDLE,
    CASP_MISTAKE_OTHER_THREAD,
    CASP_MISTAKE_COPIED,
    CASP_MISTAKE_HAS_HANDLE,
    CASP_MISTAKE_TARGET_HAS_HANDLE,
    CASP_MISTAKE_NO_TARGET,
    CASP_MISTAKE_INVALID_HANDLE,
    CASP_MISTAKE_ATTACHED_TWICE,
    CASP_MISTAKE_STRANGER,
    CASP_MISTAKE_ADDRESS_TEXT,
    CASP_MISTAKE_HOST_TEXT,
    CASP_MISTAKE_ADDRESS_LENGTH,
    CASP_MISTAKE_ADDRESS_FAMILY,
    CASP_MISTAKE_OPTION_LENGTH,
    CASP_MISTAKE_OPTION_UNKNOWN,
    CASP_MISTAKE_BLOCKING,
    CASP_MISTAKE_SHUTDOWN_HOW,
    CASP_MISTAKE_BUFFER
} casp_mistake;

/* What the calling thread of the system keeps of it. */
typedef struct casp_log_state {
    cas_log log;
    void *context;
    casp_mistake mistake; /* of the call in progress */
} casp_log_state;

/* thread.c, which has the one thread-local variable. */
casp_log_state *casp_log_state_of_this_thread(void);

/* Names the mistake; returns error. */
int casp_mistaken(casp_mistake mistake, int error);
/* The call (its name without prefix) failed: tells the log if a mistake was named. */
void casp_mistake_tell(const char *call, SOCKET handle, int error);

#endif
