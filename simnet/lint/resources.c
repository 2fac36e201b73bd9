/* SPDX-License-Identifier: MIT
 *
 * What a run leaves behind: sockets that are open, and bytes that nobody read or that did not arrive.
 *
 * Sockets are reported by host and handle; what closed sockets still had to send is one sum a host, so that
 * no order of connections shows.
 */
#include "castanet/sim_lint.h"
#include "simnet/lint/lint.h"
#include "simnet/transport/tcp.h"

typedef struct audit {
    sim_resource_report *report;
    void *context;
    size_t count;
} audit;

static void tell(audit *a, sim_resource_kind kind, const char *where, uint64_t bytes)
{
    sim_resource resource = {kind, where, bytes};
    a->report(a->context, &resource);
    a->count++;
}

static uint64_t unsent(const simp_tcp *t)
{
    return simp_tcp_is_synchronised(t) && simp_tcp_has_unsent(t) ? t->send_end - t->una : 0;
}

static void audit_socket(audit *a, const cas_port_socket *s)
{
    char where[SIM_LINT_WHERE_MAX];
    simp_lint_name(s, where, sizeof where);
    tell(a, SIM_RESOURCE_OPEN, where, 0);
    unsigned unread = simp_lint_unread_of(s);
    if (unread > 0)
        tell(a, SIM_RESOURCE_UNREAD, where, unread);
    if (!s->datagram && s->tcp != NULL && unsent(s->tcp) > 0)
        tell(a, SIM_RESOURCE_UNSENT, where, unsent(s->tcp));
}

static void audit_closed(audit *a, const sim_host *host)
{
    const simp_hash_table *all = &host->world->connections;
    uint64_t bytes = 0;
    for (simp_hash_node *at = simp_hash_after(all, NULL); at != NULL; at = simp_hash_after(all, at)) {
        const simp_tcp *t = (const simp_tcp *)at;
        if (t->host == host && t->orphan)
            bytes += unsent(t);
    }
    if (bytes > 0)
        tell(a, SIM_RESOURCE_UNSENT, host->name, bytes);
}

size_t sim_world_resources(const sim_world *world, sim_resource_report *report, void *context)
{
    audit a = {.report = report, .context = context};
    for (uint32_t i = 0; i < world->host_count; i++) {
        const sim_host *host = world->hosts[i];
        for (uint32_t handle = 0; handle < host->socket_capacity; handle++) {
            if (host->sockets[handle] != NULL)
                audit_socket(&a, host->sockets[handle]);
        }
        audit_closed(&a, host);
    }
    return a.count;
}

const char *sim_resource_word(sim_resource_kind kind)
{
    static const char *const words[] = {"open", "unread", "unsent"};
    return (unsigned)kind < sizeof words / sizeof *words ? words[kind] : "unknown";
}
