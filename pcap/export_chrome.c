/* SPDX-License-Identifier: MIT
 *
 * Chrome trace events, for chrome://tracing and Perfetto: hosts as processes, sockets as threads, callbacks
 * and calls as marks, packets as arrows.
 */
#include "pcap/export.h"

#include <inttypes.h>

#include "pcap/json_text.h"
#include "simnet/host/host.h"

enum { NS_PER_US = 1000 };

/* Everything up to where the fields of its own begin. */
static void begin_record(capp_export *e, const char *phase, const char *name, const sim_host *host,
                         uint64_t at_ns)
{
    uint32_t process = host == NULL ? 0 : host->index + 1;
    capp_out_print(e->out, "%s{\"ph\":\"%s\",\"pid\":%" PRIu32 ",\"tid\":0,\"ts\":%" PRIu64 ".%03u,\"name\":",
                   e->records++ == 0 ? "" : ",\n", phase, process, at_ns / NS_PER_US,
                   (unsigned)(at_ns % NS_PER_US));
    capp_print_json_text(e->out, name);
}

static void name_process(capp_export *e, const sim_host *host, const char *name)
{
    begin_record(e, "M", "process_name", host, 0);
    capp_out_print(e->out, ",\"args\":{\"name\":");
    capp_print_json_text(e->out, name);
    capp_out_print(e->out, "}}");
}

static void begin(capp_export *e)
{
    capp_out_print(e->out, "{\"displayTimeUnit\":\"ns\",\"traceEvents\":[\n");
    name_process(e, NULL, "world");
    for (uint32_t i = 0; i < e->world->host_count; i++)
        name_process(e, e->world->hosts[i], e->world->hosts[i]->name);
}

static void on_event(capp_export *e, const capp_event *event)
{
    char said[640];
    bool is_packet = event->kind == CAPP_PACKET;
    begin_record(e, "X", capp_say(event, said, sizeof said), event->host, event->at_ns);
    capp_out_print(e->out, ",\"dur\":0.001,\"cat\":\"%s\",\"args\":{\"ev\":%" PRIu64 "}}",
                   capp_kind_word(event->kind), event->number);
    if (!is_packet)
        return;
    begin_record(e, "s", "packet", event->host, event->at_ns);
    capp_out_print(e->out, ",\"cat\":\"flight\",\"id\":%" PRIu64 "}", event->packet);
}

static void on_arrival(capp_export *e, const capp_arrival *arrival)
{
    begin_record(e, "X", "arrival", arrival->host, arrival->at_ns);
    capp_out_print(e->out, ",\"dur\":0.001,\"cat\":\"arrival\",\"args\":{\"packet\":%" PRIu64 "}}",
                   sim_packet_id(arrival->data));
    begin_record(e, "f", "packet", arrival->host, arrival->at_ns);
    capp_out_print(e->out, ",\"bp\":\"e\",\"cat\":\"flight\",\"id\":%" PRIu64 "}",
                   sim_packet_id(arrival->data));
}

static void end(capp_export *e) { capp_out_print(e->out, "\n]}\n"); }

const capp_export_kind capp_export_chrome = {
    .name = "chrome", .begin = begin, .event = on_event, .arrival = on_arrival, .end = end};
