/* SPDX-License-Identifier: MIT
 *
 * See pcapng.h: a packet becomes a frame, every other event a row of the journal.
 *
 * Journal rows are blocks of the type that systemd's journal has in pcapng.  They are the one carrier that
 * Wireshark shows as rows without a plugin, and that other tools pass over.
 */
#include "pcap/pcapng.h"

#include <inttypes.h>
#include <stdarg.h>
#include <string.h>

#include "castanet/alloc.h"
#include "castanet/error.h"
#include "simnet/host/host.h"
#include "simnet/packet/wire.h"

enum {
    FRAME_HEAD = 28, /* of a frame's block: all before its bytes */
    OPTIONS_MAX = 64,
    EPB_FLAGS = 2,
    EPB_PACKET_ID = 5,
    INBOUND = 1,
    OUTBOUND = 2,
    PRIORITY_ERROR = 3,
    PRIORITY_WARNING = 4,
    PRIORITY_INFO = 6
};

/* ---- frames ---- */

/* Each line is a comment of its own. */
static void put_comments(capp_block *block, const char *lines)
{
    while (*lines != '\0') {
        size_t len = strcspn(lines, "\n");
        capp_put_option(block, CAPP_OPT_COMMENT, lines, len);
        lines += len + (lines[len] == '\n');
    }
}

static void put_frame_options(capp_block *block, uint64_t packet, unsigned direction, const char *fault)
{
    uint8_t id[8], flags[4];
    capp_store32(flags, direction);
    capp_store32(capp_store32(id, (uint32_t)packet), (uint32_t)(packet >> 32));
    capp_put_option(block, EPB_FLAGS, flags, sizeof flags);
    capp_put_option(block, EPB_PACKET_ID, id, sizeof id);
    put_comments(block, fault);
    capp_put_option(block, CAPP_OPT_END, NULL, 0);
}

typedef struct frame {
    const sim_packet *packet;
    uint64_t at_ns;
    uint32_t interface;
    unsigned direction;
    const char *fault;
} frame;

static void write_frame(capp_pcapng *file, const frame *f)
{
    size_t len = SIMP_ETHERNET_LEN + simp_packet_size(f->packet), faults = strlen(f->fault);
    size_t kept = len < file->snap_len ? len : file->snap_len;
    capp_block block = capp_block_begin(file->out, CAPP_FRAME, FRAME_HEAD + len + OPTIONS_MAX + 4 * faults);
    capp_put32(&block, f->interface);
    capp_put_time(&block, capp_stamp(f->at_ns));
    capp_put32(&block, (uint32_t)kept);
    capp_put32(&block, (uint32_t)len);
    sim_packet_frame(f->packet, block.start + block.used, kept);
    capp_pad(&block, kept);
    put_frame_options(&block, f->packet->id, f->direction, f->fault);
    capp_block_end(&block);
    file->interfaces[f->interface].frames++;
}

static void on_packet(capp_pcapng *file, const capp_event *event)
{
    uint32_t interface = capp_pcapng_interface(file, event->host, event->interface);
    if (interface == CAPP_NO_INTERFACE)
        return;
    write_frame(file, &(frame){event->data, event->at_ns, interface, OUTBOUND, event->fault});
    file->interfaces[interface].lost += sim_fate_is_lost(event->fate);
}

/* What comes in over the loopback has gone out over it. */
static void on_arrival(capp_sink *sink, const capp_arrival *arrival)
{
    capp_pcapng *file = (capp_pcapng *)sink;
    if (arrival->host != file->only || arrival->interface == SIMP_LOOPBACK_INDEX)
        return;
    uint32_t interface = capp_pcapng_interface(file, arrival->host, arrival->interface);
    if (interface != CAPP_NO_INTERFACE)
        write_frame(file, &(frame){arrival->data, arrival->at_ns, interface, INBOUND, ""});
}

/* ---- rows of the journal ---- */

/* A field of the journal's export format; a value with more than one line stands with its length. */
static void put_field(capp_block *block, const char *key, const char *value)
{
    size_t len = strlen(value), key_len = strlen(key);
    if (block->capacity - block->used < key_len + len + 16)
        return;
    uint8_t *at = block->start + block->used;
    memcpy(at, key, key_len);
    at += key_len;
    if (strchr(value, '\n') == NULL) {
        *at++ = '=';
    } else {
        *at++ = '\n';
        at = capp_store32(capp_store32(at, (uint32_t)len), 0);
    }
    memcpy(at, value, len);
    at[len] = '\n';
    block->used = (size_t)(at + len + 1 - block->start);
}

#if defined(__GNUC__)
__attribute__((format(printf, 3, 4)))
#endif
static void
print_field(capp_block *block, const char *key, const char *format, ...)
{
    char text[64];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    put_field(block, key, text);
}

static int priority_of(const capp_event *event)
{
    if (event->kind == CAPP_FAILURE)
        return PRIORITY_ERROR;
    bool is_fault = event->kind == CAPP_FAULT || event->error != 0;
    return is_fault && event->error != WSAEWOULDBLOCK ? PRIORITY_WARNING : PRIORITY_INFO;
}

static void put_fields(capp_block *block, const capp_event *event)
{
    char said[640], message[704];
    capp_say(event, said, sizeof said);
    snprintf(message, sizeof message, "ev=%" PRIu64 " %s", event->number, said);
    print_field(block, "__REALTIME_TIMESTAMP", "%" PRIu64, capp_stamp(event->at_ns) / 1000);
    put_field(block, "MESSAGE", event->kind == CAPP_FAULT ? said : message);
    put_field(block, "_HOSTNAME", event->host == NULL ? "world" : sim_host_name(event->host));
    put_field(block, "SYSLOG_IDENTIFIER", "castanet");
    print_field(block, "PRIORITY", "%d", priority_of(event));
    print_field(block, "SIM_SEQ", "%" PRIu64, event->number);
    print_field(block, "SIM_TIME_NS", "%" PRIu64, event->at_ns);
    put_field(block, "SIM_KIND", capp_kind_word(event->kind));
    put_field(block, "SIM_EVENT", event->what);
    if (event->socket[0] != '\0')
        put_field(block, "SIM_SOCKET", event->socket);
    if (event->error != 0 || event->kind == CAPP_CALLBACK)
        put_field(block, "SIM_ERR", cas_error_name(event->error));
    if (event->kind == CAPP_CALL)
        print_field(block, "SIM_RESULT", "%" PRId64, event->result);
    if (event->packet != 0)
        print_field(block, "SIM_PACKET", "%" PRIu64, event->packet);
    if (event->kind == CAPP_CALLBACK)
        print_field(block, "SIM_POSTED_NS", "%" PRIu64, event->posted_ns);
    if (event->number_of != 0)
        print_field(block, event->kind == CAPP_FAULT ? "SIM_RULE" : "SIM_COUNT", "%" PRIu64,
                    event->number_of);
}

static void write_row(capp_pcapng *file, const capp_event *event)
{
    capp_block block = capp_block_begin(file->out, CAPP_JOURNAL, CAPP_BLOCK_MAX);
    size_t start = block.used;
    put_fields(&block, event);
    size_t len = block.used - start;
    block.used = start;
    capp_pad(&block, len);
    capp_block_end(&block);
}

/* ---- the sink ---- */

/* Hosts are known when the first thing happens, not before. */
static void begin(capp_pcapng *file)
{
    if (file->hosts_known != 0)
        return;
    file->only = file->only_name[0] == '\0' ? NULL : sim_world_host(file->world, file->only_name);
    capp_pcapng_meet(file);
}

static void on_event(capp_sink *sink, const capp_event *event)
{
    capp_pcapng *file = (capp_pcapng *)sink;
    begin(file);
    if (file->only_name[0] != '\0' && event->host != NULL && event->host != file->only)
        return;
    if (event->kind == CAPP_PACKET)
        on_packet(file, event);
    else
        write_row(file, event);
}

static void flush(capp_sink *sink) { capp_out_flush(((capp_pcapng *)sink)->out); }

static void release(capp_pcapng *file)
{
    cas_allocator *memory = cas_allocator_system();
    cas_free(memory, file->interfaces, file->interface_capacity * sizeof *file->interfaces);
    cas_free(memory, file->last, file->hosts_known * sizeof *file->last);
    cas_free(memory, file, sizeof *file);
}

static int judge_host(const capp_pcapng *file, sim_error *error)
{
    if (file->only != NULL || file->only_name[0] == '\0')
        return 0;
    if (error == NULL)
        return WSAEINVAL;
    *error = (sim_error){.code = WSAEINVAL};
    snprintf(error->what, sizeof error->what, "there is no host '%.100s' to capture at", file->only_name);
    snprintf(error->why, sizeof error->why, "hosts are named as they were created");
    snprintf(error->fix, sizeof error->fix, "mend the name");
    return WSAEINVAL;
}

static int finish(capp_sink *sink, const sim_world *world, sim_error *error)
{
    capp_pcapng *file = (capp_pcapng *)sink;
    begin(file);
    capp_pcapng_statistics(file, sim_world_now(world));
    int code = file->refused ? capp_no_memory(error) : judge_host(file, error);
    if (code != 0)
        capp_out_discard(file->out);
    else
        code = capp_out_close(file->out, error);
    release(file);
    return code;
}

static void discard(capp_sink *sink)
{
    capp_pcapng *file = (capp_pcapng *)sink;
    capp_out_discard(file->out);
    release(file);
}

int cap_trace_add_pcapng(cap_trace *trace, const char *path, const cap_capture_options *options,
                         sim_error *error)
{
    static const cap_capture_options usual;
    options = options == NULL ? &usual : options;
    capp_pcapng *file = cas_alloc(cas_allocator_system(), sizeof *file);
    if (file == NULL)
        return capp_no_memory(error);
    *file = (capp_pcapng){.sink = {.event = on_event,
                                   .arrival = options->host == NULL ? NULL : on_arrival,
                                   .flush = flush,
                                   .finish = finish,
                                   .discard = discard},
                          .world = trace->world,
                          .snap_len = options->snap_len == 0 ? UINT32_MAX : options->snap_len};
    snprintf(file->only_name, sizeof file->only_name, "%s", options->host == NULL ? "" : options->host);
    int code = capp_out_open(path, &file->out, error);
    if (code != 0) {
        cas_free(cas_allocator_system(), file, sizeof *file);
        return code;
    }
    capp_pcapng_section(file, &options->about);
    capp_trace_add(trace, &file->sink);
    return 0;
}
