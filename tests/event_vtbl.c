/* SPDX-License-Identifier: MIT
 *
 * See event_vtbl.h.
 */
#include "tests/event_vtbl.h"

static void hand_over(CAsyncSocket *self, long event, int error)
{
    ((const event_vtbl *)self->vtbl)->on_event(self, event, error);
}

void event_vtbl_on_accept(CAsyncSocket *self, int error) { hand_over(self, FD_ACCEPT, error); }
void event_vtbl_on_close(CAsyncSocket *self, int error) { hand_over(self, FD_CLOSE, error); }
void event_vtbl_on_connect(CAsyncSocket *self, int error) { hand_over(self, FD_CONNECT, error); }
void event_vtbl_on_oob(CAsyncSocket *self, int error) { hand_over(self, FD_OOB, error); }
void event_vtbl_on_receive(CAsyncSocket *self, int error) { hand_over(self, FD_READ, error); }
void event_vtbl_on_send(CAsyncSocket *self, int error) { hand_over(self, FD_WRITE, error); }

unsigned event_number(long event)
{
    unsigned number = 0;
    while (number < 5 && event != 1L << number)
        number++;
    return number;
}
