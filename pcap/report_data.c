/* SPDX-License-Identifier: MIT
 *
 * A run as the report's script reads it.  An event is an array:
 *
 *   number, ns, kind, host (-1: none), socket, text, depth, packet, is an error, more
 *
 * more is left out, or an object: of packets where and when they arrived and what touched them, of callbacks
 * when they were posted, of what is about a connection its ports.
 */
#include "pcap/report.h"

#include <inttypes.h>
#include <string.h>

#include "castanet/error.h"
#include "pcap/json_text.h"
#include "pcap/ladder.h"
#include "simnet/host/host.h"

enum { TEXT_BYTES = 700 };

static long long index_of(const sim_host *host) { return host == NULL ? -1 : (long long)host->index; }

static void print_word(capp_out *out, const char *name, const char *word)
{
    capp_out_print(out, ",\"%s\":", name);
    capp_print_json_text(out, word);
}

/* What is usual is left out. */
static void print_packet(capp_out *out, const capp_row *row)
{
    const capp_flight *flight = &row->flight;
    const struct sim_packet *head = &flight->head;
    char described[256];
    sim_fate fate = capp_fate_of(row);
    bool is_ack = simp_packet_has_tcp(head) && head->length == 0 && head->tcp.flags == SIMP_ACK &&
                  fate == SIM_FATE_SENT && row->event.fault[0] == '\0';
    capp_out_print(out, ",{\"to\":%lld,\"before\":%" PRIu64, index_of(flight->to), flight->arrived_before);
    if (flight->arrivals > 0)
        capp_out_print(out, ",\"arrived\":%" PRIu64, flight->arrived_ns);
    if (flight->arrivals > 1)
        capp_out_print(out, ",\"arrivals\":%u", flight->arrivals);
    capp_out_print(out, "%s%s", sim_fate_is_lost(fate) ? ",\"lost\":true" : "",
                   is_ack ? ",\"ack\":true" : "");
    if (fate != SIM_FATE_SENT)
        print_word(out, "fate", sim_fate_word(fate));
    if (row->event.fault[0] != '\0')
        print_word(out, "fault", row->event.fault);
    print_word(out, "is", sim_packet_describe(head, described, sizeof described));
    capp_out_print(out, "}");
}

static void print_more(capp_out *out, const capp_row *row)
{
    const capp_event *event = &row->event;
    if (event->kind == CAPP_PACKET)
        print_packet(out, row);
    else if (event->kind == CAPP_CALLBACK || event->kind == CAPP_DROP)
        capp_out_print(out, ",{\"posted\":%" PRIu64 ",\"local\":%u,\"remote\":%u}", event->posted_ns,
                       event->local_port, event->remote_port);
    else if (event->kind == CAPP_STATE || event->remote_port != 0)
        capp_out_print(out, ",{\"local\":%u,\"remote\":%u}", event->local_port, event->remote_port);
}

static char *text_of(const capp_row *row, char text[TEXT_BYTES])
{
    return row->event.kind == CAPP_PACKET ? capp_packet_label(row, text, TEXT_BYTES)
                                          : capp_say_what(&row->event, text, TEXT_BYTES);
}

static void print_event(capp_out *out, const capp_row *row)
{
    const capp_event *event = &row->event;
    bool is_error = event->error != 0 && event->error != WSAEWOULDBLOCK;
    char text[TEXT_BYTES];
    capp_out_print(out, "[%" PRIu64 ",%" PRIu64 ",%d,%lld,", event->number, event->at_ns, (int)event->kind,
                   index_of(event->host));
    capp_print_json_text(out, event->socket);
    capp_out_print(out, ",");
    capp_print_json_text(out, text_of(row, text));
    capp_out_print(out, ",%u,%" PRIu64 ",%d", event->depth, event->packet, is_error);
    print_more(out, row);
    capp_out_print(out, "]");
}

void capp_print_run(capp_out *out, const capp_store *store, const sim_world *world)
{
    capp_out_print(out, "{\"hosts\":[");
    for (uint32_t i = 0; i < world->host_count; i++) {
        capp_out_print(out, i == 0 ? "" : ",");
        capp_print_json_text(out, world->hosts[i]->name);
    }
    capp_out_print(out, "],\"skipped\":%" PRIu64 ",\"events\":[\n", capp_store_dropped(store));
    for (size_t i = 0; i < capp_store_len(store); i++) {
        print_event(out, capp_store_row(store, i));
        capp_out_print(out, i + 1 < capp_store_len(store) ? ",\n" : "\n");
    }
    capp_out_print(out, "]}");
}
