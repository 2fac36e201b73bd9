/* SPDX-License-Identifier: MIT
 *
 * Sockets whose six callbacks are one function, which is told the event.
 *
 *     static const event_vtbl vtbl = EVENT_VTBL(record);
 *     CAsyncSocket_Construct(&object, &vtbl.callbacks);
 */
#ifndef TESTS_EVENT_VTBL_H
#define TESTS_EVENT_VTBL_H

#include "castanet/casyncsocket.h"

typedef struct event_vtbl {
    CAsyncSocketVtbl callbacks;                                  /* first: it is what the object points to */
    void (*on_event)(CAsyncSocket *self, long event, int error); /* event: one FD_ bit */
} event_vtbl;

/* An initializer. */
#define EVENT_VTBL(function)                                                                                 \
    {                                                                                                        \
        {.OnAccept = event_vtbl_on_accept,                                                                   \
         .OnClose = event_vtbl_on_close,                                                                     \
         .OnConnect = event_vtbl_on_connect,                                                                 \
         .OnOutOfBandData = event_vtbl_on_oob,                                                               \
         .OnReceive = event_vtbl_on_receive,                                                                 \
         .OnSend = event_vtbl_on_send},                                                                      \
            function                                                                                         \
    }

/* What EVENT_VTBL fills in; they hand over to on_event of the object's vtbl. */
void event_vtbl_on_accept(CAsyncSocket *, int error);
void event_vtbl_on_close(CAsyncSocket *, int error);
void event_vtbl_on_connect(CAsyncSocket *, int error);
void event_vtbl_on_oob(CAsyncSocket *, int error);
void event_vtbl_on_receive(CAsyncSocket *, int error);
void event_vtbl_on_send(CAsyncSocket *, int error);

/* The number of an FD_ bit: READ 0, WRITE 1, OOB 2, ACCEPT 3, CONNECT 4, CLOSE 5. */
unsigned event_number(long event);

#endif
