/* SPDX-License-Identifier: MIT
 *
 * See plot.h.
 */
#include "pcap/plot.h"

#include <inttypes.h>
#include <string.h>

#include "castanet/alloc.h"
#include "pcap/sample.h"
#include "simnet/host/host.h"
#include "simnet/packet/packet.h"

enum { WIDTH_FIRST_NS = 1000 };

typedef struct bin {
    bool is_used;
    uint32_t cwnd;                                 /* the last one, like srtt */
    uint32_t in_flight, send_queue, receive_queue; /* the most */
    uint64_t srtt_ns;
    uint64_t bytes; /* of payload that were sent, retransmissions too */
} bin;

typedef struct series {
    const sim_host *host;
    simp_ip remote;
    uint16_t local_port, remote_port;
    uint64_t from_ns, width_ns;
    bin bins[CAPP_BINS];
} series;

struct capp_plots {
    series *series[CAPP_SERIES_MAX];
    unsigned count;
    uint64_t passed_over; /* packets of connections that have no series */
    bool refused;
};

capp_plots *capp_plots_create(void)
{
    capp_plots *plots = cas_alloc(cas_allocator_system(), sizeof *plots);
    if (plots != NULL)
        memset(plots, 0, sizeof *plots);
    return plots;
}

void capp_plots_destroy(capp_plots *plots)
{
    if (plots == NULL)
        return;
    for (unsigned i = 0; i < plots->count; i++)
        cas_free(cas_allocator_system(), plots->series[i], sizeof *plots->series[i]);
    cas_free(cas_allocator_system(), plots, sizeof *plots);
}

bool capp_plots_is_torn(const capp_plots *plots) { return plots->refused; }

/* ---- bins ---- */

static uint32_t more_of(uint32_t a, uint32_t b) { return a > b ? a : b; }

static void merge(bin *into, const bin *later)
{
    if (!later->is_used)
        return;
    into->is_used = true;
    into->bytes += later->bytes;
    into->cwnd = later->cwnd;
    into->srtt_ns = later->srtt_ns;
    into->in_flight = more_of(into->in_flight, later->in_flight);
    into->send_queue = more_of(into->send_queue, later->send_queue);
    into->receive_queue = more_of(into->receive_queue, later->receive_queue);
}

static void widen(series *s)
{
    for (unsigned i = 0; i < CAPP_BINS; i++) {
        bin one = s->bins[i];
        s->bins[i] = (bin){.is_used = false};
        merge(&s->bins[i / 2], &one);
    }
    s->width_ns *= 2;
}

static void add(series *s, uint64_t at_ns, const capp_sample *sample, uint64_t bytes)
{
    while ((at_ns - s->from_ns) / s->width_ns >= CAPP_BINS)
        widen(s);
    bin one = {.is_used = true,
               .cwnd = sample->cwnd,
               .srtt_ns = sample->srtt_ns,
               .in_flight = sample->in_flight,
               .send_queue = sample->send_queue,
               .receive_queue = sample->receive_queue,
               .bytes = bytes};
    merge(&s->bins[(at_ns - s->from_ns) / s->width_ns], &one);
}

/* ---- series ---- */

static bool is_of(const series *s, const sim_host *host, simp_ip remote, const capp_sample *sample)
{
    return s->host == host && s->local_port == sample->local_port && s->remote_port == sample->remote_port &&
           simp_ip_equal(s->remote, remote);
}

/* NULL: it has none. */
static series *series_of(capp_plots *plots, const sim_host *host, simp_ip remote, const capp_sample *sample,
                         uint64_t at_ns)
{
    for (unsigned i = 0; i < plots->count; i++) {
        if (is_of(plots->series[i], host, remote, sample))
            return plots->series[i];
    }
    if (plots->count == CAPP_SERIES_MAX) {
        plots->passed_over++;
        return NULL;
    }
    series *s = cas_alloc(cas_allocator_system(), sizeof *s);
    if (s == NULL) {
        plots->refused = true;
        return NULL;
    }
    memset(s, 0, sizeof *s);
    s->host = host;
    s->remote = remote;
    s->local_port = sample->local_port;
    s->remote_port = sample->remote_port;
    s->from_ns = at_ns;
    s->width_ns = WIDTH_FIRST_NS;
    plots->series[plots->count++] = s;
    return s;
}

void capp_plots_sent(capp_plots *plots, const capp_event *event)
{
    capp_sample sample;
    if (event->kind != CAPP_PACKET || !capp_sample_sent(event, &sample))
        return;
    const struct sim_packet *packet = event->data;
    series *s = series_of(plots, event->host, packet->destination, &sample, event->at_ns);
    if (s != NULL)
        add(s, event->at_ns, &sample, packet->length);
}

void capp_plots_arrived(capp_plots *plots, const capp_arrival *arrival)
{
    capp_sample sample;
    if (!capp_sample_arrived(arrival, &sample))
        return;
    const struct sim_packet *packet = arrival->data;
    series *s = series_of(plots, arrival->host, packet->source, &sample, arrival->at_ns);
    if (s != NULL)
        add(s, arrival->at_ns, &sample, 0);
}

/* ---- as JSON ---- */

static void print_bins(capp_out *out, const series *s)
{
    const char *between = "";
    for (unsigned i = 0; i < CAPP_BINS; i++) {
        const bin *b = &s->bins[i];
        if (!b->is_used)
            continue;
        capp_out_print(out, "%s[%u,%" PRIu64 ",%" PRIu32 ",%" PRIu64 ",%" PRIu32 ",%" PRIu32 ",%" PRIu32 "]",
                       between, i, b->bytes, b->cwnd, b->srtt_ns, b->in_flight, b->send_queue,
                       b->receive_queue);
        between = ",";
    }
}

void capp_print_plots(capp_out *out, const capp_plots *plots)
{
    capp_out_print(out, "{\"more\":%" PRIu64 ",\"series\":[", plots->passed_over);
    for (unsigned i = 0; i < plots->count; i++) {
        const series *s = plots->series[i];
        capp_out_print(out,
                       "%s\n{\"host\":%" PRIu32 ",\"local\":%u,\"remote\":%u,\"from\":%" PRIu64
                       ",\"width\":%" PRIu64 ",\"bins\":[",
                       i == 0 ? "" : ",", s->host->index, s->local_port, s->remote_port, s->from_ns,
                       s->width_ns);
        print_bins(out, s);
        capp_out_print(out, "]}");
    }
    capp_out_print(out, "]}");
}
