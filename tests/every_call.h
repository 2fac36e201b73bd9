/* SPDX-License-Identifier: MIT
 *
 * Every function of the class with valid arguments, to be called on any object: one that may not be used, one
 * whose backend fails.
 */
#ifndef TESTS_EVERY_CALL_H
#define TESTS_EVERY_CALL_H

#include "castanet/sim_fault.h"
#include "tests/fixture_stage.h"

/* Whatever a call may write to. */
typedef struct api_outputs {
    uint8_t bytes[16];
    char text[46];
    SOCKADDR_IN addr;
    int addr_len;
    UINT port;
    int value, value_len;
    DWORD word;
} api_outputs;

typedef struct api_call {
    const char *name;                                     /* "ReceiveFrom" */
    long (*make)(stage *, CAsyncSocket *, api_outputs *); /* what the function returned */
    long failure;                                         /* FALSE or SOCKET_ERROR */
    size_t subject;      /* offset in the stage of a recorder on which it passes the engine's checks */
    sim_fault_call slot; /* of the port, that it comes to */
} api_call;

/* Those that need a socket; the last one has no name. */
extern const api_call every_call[];
/* Those that make one: Create, Socket, Attach; likewise. */
extern const api_call every_making_call[];

/* NULL: none has this name. */
const api_call *api_call_find(const char *name);
CAsyncSocket *api_call_subject(stage *, const api_call *);

/* Makes the call, which must fail with wanted, and leave every output as it was. */
void expect_call_fails(stage *, const api_call *, CAsyncSocket *object, int wanted, const char *how);

#endif
