/* SPDX-License-Identifier: MIT
 *
 * JSON lines: a head, a line for each event, arrival and loss, and an end.  docs/trace.md has the fields.
 */
#include "pcap/export.h"

#include <inttypes.h>

#include "castanet/error.h"
#include "pcap/json_text.h"
#include "simnet/host/host.h"

enum { FORMAT_VERSION = 1 };

static void print_text(capp_out *out, const char *name, const char *text)
{
    if (text == NULL || text[0] == '\0')
        return;
    capp_out_print(out, ",\"%s\":", name);
    capp_print_json_text(out, text);
}

static void print_number(capp_out *out, const char *name, uint64_t number)
{
    capp_out_print(out, ",\"%s\":%" PRIu64, name, number);
}

static void begin(capp_export *e)
{
    char profile[CAS_PROFILE_TEXT];
    capp_out_print(e->out, "{\"kind\":\"head\",\"format\":%d,\"castanet\":\"%s\"", FORMAT_VERSION,
                   CASTANET_VERSION);
    print_text(e->out, "program", e->about.program);
    print_text(e->out, "scenario", e->about.scenario);
    print_text(e->out, "schedule", e->about.schedule);
    print_text(e->out, "repeat", e->about.command);
    if (e->about.has_seed)
        capp_out_print(e->out, ",\"seed\":\"%" PRIu64 "\"", e->about.seed);
    print_text(e->out, "profile", cas_profile_text(sim_world_profile(e->world), profile, sizeof profile));
    capp_out_print(e->out, "}\n");
}

static void print_packet(capp_out *out, const capp_event *event)
{
    char described[256];
    print_text(out, "packet_is", sim_packet_describe(event->data, described, sizeof described));
    print_number(out, "bytes", sim_packet_frame(event->data, NULL, 0));
    print_text(out, "fate", sim_fate_word(event->fate));
    print_text(out, "fault", event->fault);
}

static void print_step(capp_out *out, const capp_event *event)
{
    if (event->kind == CAPP_CALL)
        capp_out_print(out, ",\"result\":%" PRId64, event->result);
    else
        print_number(out, "posted_ns", event->posted_ns);
    if (event->asked != 0)
        capp_out_print(out, ",\"asked\":%" PRId64, event->asked);
    print_text(out, "error", event->error == 0 ? NULL : cas_error_name(event->error));
    print_number(out, "depth", event->depth);
}

static void print_rest(capp_out *out, const capp_event *event)
{
    print_text(out, "about", event->about);
    if (event->kind == CAPP_FAULT && event->number_of != 0)
        print_number(out, "rule", event->number_of);
    if (event->kind == CAPP_CHOICE && event->number_of != 0)
        print_number(out, "count", event->number_of);
    if (event->kind == CAPP_CHOICE)
        print_number(out, "value", event->value);
    if (event->kind == CAPP_REPORT)
        capp_out_print(out, ",\"result\":%" PRId64, event->result);
    if (event->local_port != 0)
        print_number(out, "local_port", event->local_port);
    if (event->remote_port != 0)
        print_number(out, "remote_port", event->remote_port);
}

static void on_event(capp_export *e, const capp_event *event)
{
    capp_out_print(e->out, "{\"kind\":\"%s\",\"ev\":%" PRIu64 ",\"ns\":%" PRIu64, capp_kind_word(event->kind),
                   event->number, event->at_ns);
    print_text(e->out, "host", event->host == NULL ? NULL : sim_host_name(event->host));
    print_text(e->out, "socket", event->socket);
    print_text(e->out, "what", event->what);
    if (event->packet != 0)
        print_number(e->out, "packet", event->packet);
    if (event->kind == CAPP_PACKET)
        print_packet(e->out, event);
    else if (event->kind == CAPP_CALL || event->kind == CAPP_CALLBACK || event->kind == CAPP_DROP)
        print_step(e->out, event);
    else
        print_rest(e->out, event);
    capp_out_print(e->out, "}\n");
}

static void on_arrival(capp_export *e, const capp_arrival *arrival)
{
    capp_out_print(e->out, "{\"kind\":\"arrival\",\"ns\":%" PRIu64, arrival->at_ns);
    print_text(e->out, "host", sim_host_name(arrival->host));
    print_number(e->out, "packet", sim_packet_id(arrival->data));
    capp_out_print(e->out, "}\n");
}

static void on_lost(capp_export *e, uint64_t packet, sim_fate fate)
{
    capp_out_print(e->out, "{\"kind\":\"lost\",\"ns\":%" PRIu64, sim_world_now(e->world));
    print_number(e->out, "packet", packet);
    print_text(e->out, "fate", sim_fate_word(fate));
    capp_out_print(e->out, "}\n");
}

static void end(capp_export *e)
{
    char fingerprint[33];
    sim_world_fingerprint_text(e->world, fingerprint);
    capp_out_print(e->out, "{\"kind\":\"end\",\"ns\":%" PRIu64 ",\"fingerprint\":\"%s\"}\n",
                   sim_world_now(e->world), fingerprint);
}

const capp_export_kind capp_export_json = {
    .name = "json", .begin = begin, .event = on_event, .arrival = on_arrival, .lost = on_lost, .end = end};
