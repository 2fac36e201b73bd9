/* SPDX-License-Identifier: MIT
 *
 * CSV (RFC 4180): a line for each event and arrival, with what TCP knows at that moment about the connection
 * of a packet, for plots: congestion window, round trip, bytes in flight and in buffers.
 */
#include "pcap/export.h"

#include <inttypes.h>
#include <string.h>

#include "castanet/error.h"
#include "pcap/sample.h"

static void begin(capp_export *e)
{
    capp_out_print(e->out,
                   "ev,ns,kind,host,socket,what,result,error,packet,fate,bytes,connection,cwnd,ssthresh,"
                   "srtt_ns,in_flight,send_queue,receive_queue\r\n");
}

/* In quotes if need be. */
static void print_text(capp_out *out, const char *text)
{
    if (strpbrk(text, ",\"\r\n") == NULL) {
        capp_out_print(out, "%s", text);
        return;
    }
    capp_out_print(out, "\"");
    for (; *text != '\0'; text++)
        capp_out_print(out, *text == '"' ? "\"\"" : "%c", *text);
    capp_out_print(out, "\"");
}

static void print_sample(capp_out *out, const capp_sample *s)
{
    if (s == NULL)
        capp_out_print(out, ",,,,,,,\r\n");
    else
        capp_out_print(out,
                       ",%u-%u,%" PRIu32 ",%" PRIu32 ",%" PRIu64 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 "\r\n",
                       s->local_port, s->remote_port, s->cwnd, s->ssthresh, s->srtt_ns, s->in_flight,
                       s->send_queue, s->receive_queue);
}

static void print_what(capp_out *out, const capp_event *event)
{
    char described[256];
    bool has_about = event->kind == CAPP_FAILURE || event->kind == CAPP_CHOICE;
    if (event->kind == CAPP_PACKET)
        print_text(out, sim_packet_describe(event->data, described, sizeof described));
    else
        print_text(out, has_about ? event->about : event->what);
    capp_out_print(out, ",");
}

static void on_event(capp_export *e, const capp_event *event)
{
    capp_sample sample;
    bool has_sample = event->kind == CAPP_PACKET && capp_sample_sent(event, &sample);
    capp_out_print(e->out, "%" PRIu64 ",%" PRIu64 ",%s,", event->number, event->at_ns,
                   capp_kind_word(event->kind));
    print_text(e->out, event->host == NULL ? "" : sim_host_name(event->host));
    capp_out_print(e->out, ",%s,", event->socket);
    print_what(e->out, event);
    if (event->kind == CAPP_CALL || event->kind == CAPP_REPORT)
        capp_out_print(e->out, "%" PRId64, event->result);
    capp_out_print(e->out, ",%s,", event->error == 0 ? "" : cas_error_name(event->error));
    if (event->packet != 0)
        capp_out_print(e->out, "%" PRIu64, event->packet);
    capp_out_print(e->out, ",");
    if (event->kind == CAPP_PACKET)
        capp_out_print(e->out, "%s,%zu", sim_fate_word(event->fate), sim_packet_frame(event->data, NULL, 0));
    else
        capp_out_print(e->out, ",");
    print_sample(e->out, has_sample ? &sample : NULL);
}

static void on_arrival(capp_export *e, const capp_arrival *arrival)
{
    capp_sample sample;
    bool has_sample = capp_sample_arrived(arrival, &sample);
    capp_out_print(e->out, ",%" PRIu64 ",arrival,", arrival->at_ns);
    print_text(e->out, sim_host_name(arrival->host));
    capp_out_print(e->out, ",,,,,%" PRIu64 ",,%zu", sim_packet_id(arrival->data),
                   sim_packet_frame(arrival->data, NULL, 0));
    print_sample(e->out, has_sample ? &sample : NULL);
}

const capp_export_kind capp_export_csv = {
    .name = "csv", .begin = begin, .event = on_event, .arrival = on_arrival};
