/* SPDX-License-Identifier: MIT
 *
 * Asynchronous reports, RFC 9293 3.9.1.8: what happens to a connection that its program's interface has no
 * notification for.  Observers get them; without an observer that asks, they are nothing.
 */
#include "simnet/transport/tcp.h"

void simp_tcp_report(const simp_tcp *t, sim_report_kind kind, int value)
{
    const sim_world *world = t->host->world;
    const sim_report report = {.kind = kind,
                               .handle = t->socket != NULL ? t->socket->handle : INVALID_SOCKET,
                               .local_port = t->key.local_port,
                               .remote_port = t->key.remote_port,
                               .value = value};
    for (sim_observer *at = world->observers; at != NULL; at = at->next) {
        if (at->on_report != NULL)
            at->on_report(at, world, t->host, &report);
    }
}
