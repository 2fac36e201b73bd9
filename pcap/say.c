/* SPDX-License-Identifier: MIT
 *
 * Events in a line of words.
 */
#include "pcap/event.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "castanet/error.h"

typedef struct text {
    char *buf;
    size_t size, used;
} text;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
add(text *t, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(t->buf + t->used, t->size - t->used, format, arguments);
    va_end(arguments);
    if (len > 0)
        t->used += (size_t)len < t->size - t->used ? (size_t)len : t->size - t->used - 1;
}

/* "Send(12) = 12", "Connect = WSAEWOULDBLOCK", "Close". */
static void add_call(text *t, const capp_event *event)
{
    add(t, "%s", event->what);
    if (event->asked != 0)
        add(t, "(%" PRId64 ")", event->asked);
    if (event->error != 0)
        add(t, " = %s", cas_error_name(event->error));
    else if (event->result != 0)
        add(t, " = %" PRId64, event->result);
}

static void add_packet(text *t, const capp_event *event)
{
    char described[256];
    add(t, "%s", sim_packet_describe(event->data, described, sizeof described));
    if (event->fate != SIM_FATE_SENT)
        add(t, " %s", sim_fate_word(event->fate));
}

static void add_fault(text *t, const capp_event *event)
{
    add(t, "FAULT %s", event->what);
    if (event->number_of != 0)
        add(t, " rule=%" PRIu64, event->number_of);
    if (event->host != NULL)
        add(t, " %s", sim_host_name(event->host));
    if (event->about[0] != '\0')
        add(t, " %s", event->about);
    if (event->packet != 0)
        add(t, " packet=%" PRIu64, event->packet);
}

static void add_what(text *t, const capp_event *event)
{
    const char *error = event->error == 0 ? "0" : cas_error_name(event->error);
    switch (event->kind) {
    case CAPP_PACKET: add_packet(t, event); break;
    case CAPP_CALL: add_call(t, event); break;
    case CAPP_CALLBACK: add(t, "%s(%s)", event->what, error); break;
    case CAPP_DROP: add(t, "%s(%s) dropped", event->what, error); break;
    case CAPP_STATE: add(t, "%s port %u", event->what, event->local_port); break;
    case CAPP_CHOICE:
        add(t, "%s %s", event->what, event->about);
        if (event->number_of != 0)
            add(t, "#%" PRIu64 " = %" PRIu32, event->number_of, event->value);
        break;
    case CAPP_REPORT: add(t, "%s %" PRId64, event->what, event->result); break;
    case CAPP_FAILURE: add(t, "FAILED %s", event->about); break;
    default: break;
    }
}

char *capp_say(const capp_event *event, char *buf, size_t size)
{
    text t = {buf, size, 0};
    buf[0] = '\0';
    if (event->kind == CAPP_FAULT) {
        add_fault(&t, event);
        return buf;
    }
    add(&t, "%s: ", event->host == NULL ? "world" : sim_host_name(event->host));
    add_what(&t, event);
    if (event->socket[0] != '\0')
        add(&t, " %s", event->socket);
    return buf;
}

char *capp_say_what(const capp_event *event, char *buf, size_t size)
{
    text t = {buf, size, 0};
    buf[0] = '\0';
    if (event->kind == CAPP_FAULT)
        add_fault(&t, event);
    else
        add_what(&t, event);
    return buf;
}
