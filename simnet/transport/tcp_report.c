/* SPDX-License-Identifier: MIT
 *
 * Asynchronous reports, RFC 9293 3.9.1.8: what happens to a connection that its program's interface has no
 * notification for.  Observers get them; without an observer that asks, they are nothing.
 */
#include "simnet/transport/tcp.h"

#include "simnet/world/news.h"

static SOCKET handle_of(const simp_tcp *t) { return t->socket != NULL ? t->socket->handle : INVALID_SOCKET; }

const char *simp_tcp_state_name(simp_tcp_state state)
{
    static const char *const names[] = {[SIMP_TCP_CLOSED] = "CLOSED",
                                        [SIMP_TCP_SYN_SENT] = "SYN-SENT",
                                        [SIMP_TCP_SYN_RECEIVED] = "SYN-RECEIVED",
                                        [SIMP_TCP_ESTABLISHED] = "ESTABLISHED",
                                        [SIMP_TCP_FIN_WAIT_1] = "FIN-WAIT-1",
                                        [SIMP_TCP_FIN_WAIT_2] = "FIN-WAIT-2",
                                        [SIMP_TCP_CLOSE_WAIT] = "CLOSE-WAIT",
                                        [SIMP_TCP_CLOSING] = "CLOSING",
                                        [SIMP_TCP_LAST_ACK] = "LAST-ACK",
                                        [SIMP_TCP_TIME_WAIT] = "TIME-WAIT"};
    return names[state];
}

void simp_tcp_tell_state(const simp_tcp *t)
{
    simp_tell(t->host->world, &(sim_news){.kind = SIM_NEWS_STATE,
                                          .what = simp_tcp_state_name((simp_tcp_state)t->state),
                                          .about = "",
                                          .host = t->host,
                                          .handle = handle_of(t),
                                          .local_port = t->key.local_port,
                                          .remote_port = t->key.remote_port});
}

void simp_tcp_report(const simp_tcp *t, sim_report_kind kind, int value)
{
    const sim_world *world = t->host->world;
    const sim_report report = {.kind = kind,
                               .handle = handle_of(t),
                               .local_port = t->key.local_port,
                               .remote_port = t->key.remote_port,
                               .value = value};
    for (sim_observer *at = world->observers; at != NULL; at = at->next) {
        if (at->on_report != NULL)
            at->on_report(at, world, t->host, &report);
    }
}
