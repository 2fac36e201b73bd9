/* SPDX-License-Identifier: MIT
 *
 * Why nothing happens any more: each open socket, what it may wait for, and why that does not come.
 *
 * What is true of a socket is read from its latches, its mask and its connection; since when, from what the
 * linter remembers, if there is one.
 */
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "castanet/error.h"
#include "simnet/explore/order.h"
#include "simnet/lint/lint.h"
#include "simnet/transport/tcp.h"

typedef struct telling {
    sim_emit *emit;
    void *context;
    const casp_sink *sink;
    const cas_port_socket *socket;
    const simp_lint_memo *memo; /* NULL: nobody watched */
    char where[SIM_LINT_WHERE_MAX];
    simp_stall_rank rank; /* that is wanted; SIMP_STALL_ANY: all */
    unsigned lines;       /* about this socket, of any rank */
} telling;

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static void
tell(telling *t, simp_stall_rank rank, const char *format, ...)
{
    char reason[320], line[SIM_LINT_WHERE_MAX + sizeof reason + 2];
    va_list arguments;
    t->lines++;
    if (t->rank != SIMP_STALL_ANY && t->rank != rank)
        return;
    va_start(arguments, format);
    vsnprintf(reason, sizeof reason, format, arguments);
    va_end(arguments);
    snprintf(line, sizeof line, "%s: %s", t->where, reason);
    t->emit(t->context, line);
}

/* The last of this run with that label; NULL: none. */
static const simp_step *find_last_step(const sim_order *order, const char *label)
{
    for (size_t i = order == NULL ? 0 : order->step_count; i > 0; i--) {
        if (strcmp(order->labels.labels[order->steps[i - 1].label].text, label) == 0)
            return &order->steps[i - 1];
    }
    return NULL;
}

/* The linter knows each callback; an order at least those that were steps of their own.  False: nobody. */
static bool tell_last_step(const telling *t, const char *name, char text[80])
{
    char label[SIM_LINT_WHERE_MAX + 32];
    const sim_order *order = t->socket->host->world->order;
    snprintf(label, sizeof label, "%s %s", t->where, name);
    const simp_step *step = find_last_step(order, label);
    if (step != NULL)
        snprintf(text, 80, "%s#%" PRIu32 " at %" PRIu64 " ns", name, step->occurrence, step->at_ns);
    return step != NULL;
}

/* "OnReceive#3 at 120 ns", or the name alone.  Returns text. */
static const char *last_of(const telling *t, long event, char text[80])
{
    unsigned number = simp_event_number(event);
    const char *name = cas_event_callback_name(event);
    bool is_known = t->memo != NULL && t->memo->occurrence[number] != 0;
    if (!is_known && !tell_last_step(t, name, text))
        snprintf(text, 80, "the last %s", name);
    else if (is_known)
        snprintf(text, 80, "%s#%" PRIu32 " at %" PRIu64 " ns", name, t->memo->occurrence[number],
                 t->memo->called_ns[number]);
    return text;
}

static bool is_selected(const telling *t, long event) { return (t->sink->mask & event) != 0; }
static bool is_shut(const telling *t, long event) { return (t->sink->shut & event) != 0; }

/* ---- what does not come, event by event ---- */

static void explain_read(telling *t)
{
    char last[80];
    unsigned unread = simp_lint_unread_of(t->socket);
    if (is_selected(t, FD_READ) && is_shut(t, FD_READ))
        tell(t, unread > 0 ? SIMP_STALL_SURE : SIMP_STALL_MAYBE,
             "OnReceive cannot come: nothing re-armed it after %s, while %u bytes wait; Receive or "
             "AsyncSelect would have",
             last_of(t, FD_READ, last), unread);
    else if (!is_selected(t, FD_READ) && unread > 0)
        tell(t, SIMP_STALL_SURE,
             "OnReceive cannot come: FD_READ is not selected, while %u bytes wait; AsyncSelect with it "
             "posts it",
             unread);
}

static void explain_urgent(telling *t)
{
    char last[80];
    if (is_selected(t, FD_OOB) && is_shut(t, FD_OOB))
        tell(t, SIMP_STALL_MAYBE,
             "OnOutOfBandData cannot come: nothing re-armed it after %s; Receive with MSG_OOB or AsyncSelect "
             "would have",
             last_of(t, FD_OOB, last));
}

static void explain_write(telling *t)
{
    char last[80];
    if (is_selected(t, FD_WRITE) && is_shut(t, FD_WRITE))
        tell(t, t->memo != NULL && t->memo->tail.count > 0 ? SIMP_STALL_SURE : SIMP_STALL_MAYBE,
             "OnSend is not armed: no Send has failed with WSAEWOULDBLOCK since %s%s; only such a Send, or "
             "AsyncSelect, arms it",
             last_of(t, FD_WRITE, last),
             t->memo != NULL && t->memo->tail.count > 0 ? ", though the last one did not take all" : "");
    else if (is_selected(t, FD_WRITE) && t->socket->send_blocked)
        tell(t, SIMP_STALL_SURE, "OnSend comes when there is room: the peer does not read what was sent");
    else if (!is_selected(t, FD_WRITE) && t->socket->send_blocked)
        tell(t, SIMP_STALL_SURE,
             "OnSend cannot come: a Send failed with WSAEWOULDBLOCK, and FD_WRITE is not selected");
}

static void explain_close(telling *t)
{
    char last[80];
    bool is_over = t->socket->finished || t->socket->dead != 0;
    if (is_over && !is_selected(t, FD_CLOSE))
        tell(t, SIMP_STALL_SURE,
             "OnClose cannot come: the connection has ended, and FD_CLOSE is not selected");
    else if (is_over && is_shut(t, FD_CLOSE))
        tell(t, SIMP_STALL_IDLE, "the connection has ended, as %s said; Close is all that is left to do",
             last_of(t, FD_CLOSE, last));
}

static void explain_accept(telling *t)
{
    char last[80];
    unsigned waiting = t->socket->backlog->accept_count;
    if (is_selected(t, FD_ACCEPT) && is_shut(t, FD_ACCEPT))
        tell(t, waiting > 0 ? SIMP_STALL_SURE : SIMP_STALL_MAYBE,
             "OnAccept cannot come: nothing re-armed it after %s, while %u clients wait; Accept or "
             "AsyncSelect would have",
             last_of(t, FD_ACCEPT, last), waiting);
    else if (!is_selected(t, FD_ACCEPT))
        tell(t, waiting > 0 ? SIMP_STALL_SURE : SIMP_STALL_MAYBE,
             "OnAccept cannot come: FD_ACCEPT is not selected, while %u clients wait", waiting);
    else
        tell(t, SIMP_STALL_IDLE, "OnAccept may come, but no client calls");
}

static void explain_silence(telling *t)
{
    if (t->socket->datagram)
        tell(t, SIMP_STALL_SILENT, "OnReceive may come, but no datagram is on its way");
    else if (t->socket->connecting)
        tell(t, SIMP_STALL_SILENT, "OnConnect may come, but no answer is on its way");
    else if (t->socket->connected)
        tell(t, SIMP_STALL_SILENT,
             "OnReceive and OnClose may come, but the peer has nothing on its way and has not closed");
    else
        tell(t, SIMP_STALL_IDLE, "no call has begun a connection, so that no notification can come");
}

/* ---- sockets ---- */

static void explain(telling *t)
{
    if (t->socket->listening) {
        explain_accept(t);
        return;
    }
    explain_read(t);
    if (!t->socket->datagram) {
        explain_urgent(t);
        explain_close(t);
        if (t->socket->connected && t->socket->dead == 0 && !t->socket->finished)
            explain_write(t);
    }
    bool hears = !is_shut(t, FD_READ) && !t->socket->finished && t->socket->dead == 0;
    if (t->lines == 0 || (hears && simp_lint_unread_of(t->socket) == 0))
        explain_silence(t);
}

static bool explain_handle(telling t, const sim_lint *lint, const sim_host *host, uint32_t handle)
{
    t.socket = host->sockets[handle];
    t.sink = NULL;
    for (const simp_task *task = host->tasks; task != NULL && t.sink == NULL; task = task->next)
        t.sink = task->thread == NULL ? NULL : simp_lint_sink(task->thread, handle);
    if (t.socket == NULL || t.sink == NULL)
        return false;
    t.memo = lint == NULL ? NULL : simp_lint_memo_of(lint, t.sink->thread, handle);
    if (t.memo != NULL && t.memo->generation != t.sink->generation)
        t.memo = NULL;
    simp_lint_name(t.socket, t.where, sizeof t.where);
    explain(&t);
    return true;
}

size_t simp_explain_stall(const sim_world *world, const sim_lint *lint, simp_stall_rank rank, sim_emit *emit,
                          void *context)
{
    telling t = {.emit = emit, .context = context, .rank = rank};
    size_t sockets = 0;
    for (uint32_t i = 0; i < world->host_count; i++) {
        const sim_host *host = world->hosts[i];
        for (uint32_t handle = 0; handle < host->socket_capacity; handle++)
            sockets += explain_handle(t, lint, host, handle);
    }
    return sockets;
}

size_t sim_world_explain_stall(const sim_world *world, const sim_lint *lint, sim_emit *emit, void *context)
{
    return simp_explain_stall(world, lint, SIMP_STALL_ANY, emit, context);
}
