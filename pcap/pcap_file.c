/* SPDX-License-Identifier: MIT
 *
 * A capture in libpcap's classic format with nanoseconds: packets only, each once, when its sender puts it on
 * the wire, also when it is lost afterwards; of one host what its own system would see.
 *
 * A failed write is noticed when the capture is closed, not at the packet, because an observer cannot fail.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <pcap/pcap.h>

#include "castanet/alloc.h"
#include "pcap/out.h"
#include "pcap/recorder.h"
#include "simnet/host/host.h"

/* What readers accept for every link type, and more than a frame ever has. */
#define SNAPSHOT_LEN 262144
#define BUFFER_LEN ((size_t)1 << 20)
#define NS_PER_S 1000000000u

typedef struct classic {
    capp_sink sink; /* first */
    capp_out *out;  /* who gives the file its name */
    pcap_t *pcap;
    pcap_dumper_t *dumper;
    char host[128]; /* empty: all */
    size_t snap_len;
    uint8_t frame[SIM_FRAME_MAX];
    char buffer[BUFFER_LEN];
} classic;

static void write_frame(classic *file, const sim_packet *packet, uint64_t at_ns)
{
    struct pcap_pkthdr header;
    size_t len = sim_packet_frame(packet, file->frame, sizeof file->frame);
    size_t kept = len < sizeof file->frame ? len : sizeof file->frame;
    memset(&header, 0, sizeof header);
    header.ts.tv_sec = (time_t)(CAP_EPOCH_S + at_ns / NS_PER_S);
    header.ts.tv_usec = (suseconds_t)(at_ns % NS_PER_S); /* nanoseconds: the handle was opened so */
    header.len = (bpf_u_int32)len;
    header.caplen = (bpf_u_int32)(kept < file->snap_len ? kept : file->snap_len);
    pcap_dump((u_char *)file->dumper, &header, file->frame);
}

static bool is_told(const classic *file, const sim_host *host)
{
    return file->host[0] == '\0' || strcmp(file->host, sim_host_name(host)) == 0;
}

static void on_event(capp_sink *sink, const capp_event *event)
{
    classic *file = (classic *)sink;
    if (event->kind == CAPP_PACKET && is_told(file, event->host))
        write_frame(file, event->data, event->at_ns);
}

/* What comes in over the loopback has gone out over it. */
static void on_arrival(capp_sink *sink, const capp_arrival *arrival)
{
    classic *file = (classic *)sink;
    if (arrival->interface != SIMP_LOOPBACK_INDEX && is_told(file, arrival->host))
        write_frame(file, arrival->data, arrival->at_ns);
}

static void flush(capp_sink *sink) { pcap_dump_flush(((classic *)sink)->dumper); }

/* The stream takes its buffer along, so it goes first. */
static void close_handles(classic *file)
{
    if (file->dumper != NULL)
        pcap_dump_close(file->dumper);
    if (file->pcap != NULL)
        pcap_close(file->pcap);
}

static void release(classic *file) { cas_free(cas_allocator_system(), file, sizeof *file); }

static int finish(capp_sink *sink, const sim_world *world, sim_error *error)
{
    classic *file = (classic *)sink;
    (void)world;
    errno = 0;
    if (pcap_dump_flush(file->dumper) != 0 || ferror(pcap_dump_file(file->dumper)))
        capp_out_break(file->out, errno != 0 ? errno : EIO); /* an earlier error left no number behind */
    close_handles(file);
    int code = capp_out_close(file->out, error);
    release(file);
    return code;
}

static void discard(capp_sink *sink)
{
    classic *file = (classic *)sink;
    close_handles(file);
    capp_out_discard(file->out);
    release(file);
}

/* False: no memory, or no descriptor. */
static bool open_handles(classic *file)
{
    FILE *stream = capp_out_stream(file->out);
    if (stream == NULL)
        return false;
    setvbuf(stream, file->buffer, _IOFBF, sizeof file->buffer);
    file->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAPSHOT_LEN, PCAP_TSTAMP_PRECISION_NANO);
    file->dumper = file->pcap == NULL ? NULL : pcap_dump_fopen(file->pcap, stream);
    if (file->dumper == NULL)
        fclose(stream);
    return file->dumper != NULL;
}

int cap_trace_add_pcap(cap_trace *trace, const char *path, const cap_capture_options *options,
                       sim_error *error)
{
    static const cap_capture_options usual;
    capp_out *out;
    options = options == NULL ? &usual : options;
    int code = capp_out_open(path, &out, error);
    if (code != 0)
        return code;
    classic *file = cas_alloc(cas_allocator_system(), sizeof *file);
    if (file == NULL) {
        capp_out_discard(out);
        return capp_no_memory(error);
    }
    memset(file, 0, offsetof(classic, frame));
    file->sink = (capp_sink){.event = on_event,
                             .arrival = options->host == NULL ? NULL : on_arrival,
                             .flush = flush,
                             .finish = finish,
                             .discard = discard};
    file->out = out;
    file->snap_len = options->snap_len == 0 ? SNAPSHOT_LEN : options->snap_len;
    snprintf(file->host, sizeof file->host, "%s", options->host == NULL ? "" : options->host);
    if (!open_handles(file)) {
        discard(&file->sink);
        return capp_no_memory(error);
    }
    capp_trace_add(trace, &file->sink);
    return 0;
}
