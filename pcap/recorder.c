/* SPDX-License-Identifier: MIT
 *
 * See recorder.h.
 */
#include "pcap/recorder.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "castanet/alloc.h"
#include "pcap/out.h"
#include "simnet/socket/sim_socket.h"
#include "simnet/transport/tcp.h"

/* ---- sockets ---- */

/* Makes an array of so many elements at least; what is new is zero.  False: no memory. */
static bool grow(void **array, size_t *capacity, size_t size, size_t wanted)
{
    cas_allocator *memory = cas_allocator_system();
    size_t more = wanted < 8 ? 8 : wanted * 2;
    if (wanted <= *capacity)
        return true;
    void *larger = memory->resize(memory, *array, *capacity * size, more * size);
    if (larger == NULL)
        return false;
    memset((char *)larger + *capacity * size, 0, (more - *capacity) * size);
    *array = larger;
    *capacity = more;
    return true;
}

static capp_place *place_of(cap_trace *trace, const sim_host *host)
{
    void *places = trace->places;
    bool has_room = grow(&places, &trace->place_count, sizeof *trace->places, (size_t)host->index + 1);
    trace->places = places;
    return has_room ? &trace->places[host->index] : NULL;
}

/* NULL: no socket, or no memory. */
static capp_socket *socket_of(cap_trace *trace, const sim_host *host, SOCKET handle)
{
    if (host == NULL || handle >= SIMP_SOCKETS_MAX)
        return NULL;
    capp_place *place = place_of(trace, host);
    void *sockets = place == NULL ? NULL : place->sockets;
    bool has_room = place != NULL && grow(&sockets, &place->capacity, sizeof *place->sockets, handle + 1);
    if (place != NULL)
        place->sockets = sockets;
    trace->refused = trace->refused || !has_room;
    return has_room ? &place->sockets[handle] : NULL;
}

static uint32_t key_of(const cas_port_socket *s)
{
    uint32_t number = s->listening ? s->local_port : s->ordinal;
    return UINT32_C(1) << 31 | (uint32_t)s->listening << 30 | (uint32_t)s->accepted << 29 | number;
}

/* The socket may be closed by now: then the name that it had. */
static const char *name_of(const sim_host *host, SOCKET handle, capp_socket *socket)
{
    if (socket == NULL)
        return "";
    const cas_port_socket *s = handle < host->socket_capacity ? host->sockets[handle] : NULL;
    if (s == NULL || socket->key == key_of(s))
        return socket->name;
    char whole[320];
    simp_socket_name(s, whole, sizeof whole);
    snprintf(socket->name, sizeof socket->name, "%.*s", (int)sizeof socket->name - 1,
             whole + strlen(host->name) + 1);
    socket->key = key_of(s);
    return socket->name;
}

/* ---- telling ---- */

static uint64_t now_of(cap_trace *trace)
{
    uint64_t now = sim_world_now(trace->world); /* in causal mode it goes back between hosts */
    trace->at_ns = now > trace->at_ns ? now : trace->at_ns;
    return trace->at_ns;
}

static void tell(cap_trace *trace, capp_event *event)
{
    event->number = ++trace->count;
    event->at_ns = now_of(trace);
    for (capp_sink *at = trace->sinks; at != NULL; at = at->next)
        at->event(at, event);
}

static capp_event event_of(cap_trace *trace, capp_kind kind, const sim_host *host, SOCKET handle)
{
    capp_socket *socket = socket_of(trace, host, handle);
    capp_event event = {.kind = kind,
                        .host = host,
                        .handle = handle,
                        .socket = name_of(host, handle, socket),
                        .what = "",
                        .about = "",
                        .fault = ""};
    const cas_port_socket *s = socket != NULL && handle < host->socket_capacity ? host->sockets[handle]
                                                                                : NULL;
    if (s != NULL && s->tcp != NULL) {
        event.local_port = s->tcp->key.local_port;
        event.remote_port = s->tcp->key.remote_port;
    }
    return event;
}

/* ---- packets ---- */

static void on_sent(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                    const sim_host *from, sim_fate fate)
{
    cap_trace *trace = (cap_trace *)observer;
    capp_event event = event_of(trace, CAPP_PACKET, from, INVALID_SOCKET);
    event.packet = packet->id;
    event.data = packet;
    event.fate = fate;
    event.interface = world->told_of->index;
    event.fault = trace->fault;
    tell(trace, &event);
    trace->fault[0] = '\0';
}

static void on_arrived(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                       const sim_host *at)
{
    cap_trace *trace = (cap_trace *)observer;
    capp_arrival arrival = {now_of(trace), packet, at, packet->interface};
    trace->arrived_packet = packet->id;
    trace->arrived_event = sim_world_event_count(world);
    trace->arrived_at = at;
    for (capp_sink *sink = trace->sinks; sink != NULL; sink = sink->next) {
        if (sink->arrival != NULL)
            sink->arrival(sink, &arrival);
    }
}

static void on_lost(sim_observer *observer, const sim_world *world, const sim_packet *packet, sim_fate fate)
{
    cap_trace *trace = (cap_trace *)observer;
    capp_event event = event_of(trace, CAPP_FAULT, NULL, INVALID_SOCKET);
    (void)world;
    event.what = sim_fate_word(fate);
    event.about = "on its way";
    event.packet = packet->id;
    if (trace->fault_packet != packet->id)
        tell(trace, &event);
    for (capp_sink *sink = trace->sinks; sink != NULL; sink = sink->next) {
        if (sink->lost != NULL)
            sink->lost(sink, packet->id, fate);
    }
}

/* ---- the API ---- */

/* 0 to 5, for FD_READ to FD_CLOSE. */
static unsigned number_of_event(long event)
{
    unsigned number = 0;
    while (number + 1 < CAPP_EVENTS_OF_SOCKET && (event >> number & 1) == 0)
        number++;
    return number;
}

static void on_post(cap_trace *trace, const sim_host *host, const cas_observation *what)
{
    capp_socket *socket = socket_of(trace, host, what->handle);
    bool is_by_packet = trace->arrived_at == host &&
                        trace->arrived_event == sim_world_event_count(trace->world);
    if (socket != NULL)
        socket->posted[number_of_event(what->event)] = (capp_posted){is_by_packet ? trace->arrived_packet : 0,
                                                                     sim_world_now(trace->world)};
}

static void tell_step(cap_trace *trace, const sim_host *host, const cas_observation *what, capp_kind kind)
{
    capp_event event = event_of(trace, kind, host, what->handle);
    capp_socket *socket = what->event == 0 ? NULL : socket_of(trace, host, what->handle);
    event.what = what->name;
    event.result = what->result;
    event.asked = what->asked;
    event.error = what->error;
    event.depth = trace->depth;
    event.bytes = what->bytes;
    if (socket != NULL) {
        event.packet = socket->posted[number_of_event(what->event)].packet;
        event.posted_ns = socket->posted[number_of_event(what->event)].at_ns;
    }
    tell(trace, &event);
}

static void on_step(sim_observer *observer, const sim_world *world, const cas_observation *what)
{
    cap_trace *trace = (cap_trace *)observer;
    const sim_host *host = sim_host_of(what->thread);
    (void)world;
    if (host == NULL)
        return;
    switch (what->step) {
    case CAS_STEP_CALL: tell_step(trace, host, what, CAPP_CALL); break;
    case CAS_STEP_POST: on_post(trace, host, what); break;
    case CAS_STEP_DISPATCH:
        tell_step(trace, host, what, CAPP_CALLBACK);
        trace->depth++;
        break;
    case CAS_STEP_RETURN: trace->depth -= trace->depth > 0; break;
    case CAS_STEP_DROP: tell_step(trace, host, what, CAPP_DROP); break;
    case CAS_STEP_LEAVE: break;
    }
}

/* ---- reports and news ---- */

static void on_report(sim_observer *observer, const sim_world *world, const sim_host *at,
                      const sim_report *report)
{
    static const char *const words[] = {[SIM_REPORT_SOFT_ERROR] = "soft error",
                                        [SIM_REPORT_RETRANSMISSIONS] = "retransmissions",
                                        [SIM_REPORT_URGENT] = "urgent data"};
    cap_trace *trace = (cap_trace *)observer;
    capp_event event = event_of(trace, CAPP_REPORT, at, report->handle);
    (void)world;
    event.what = words[report->kind];
    event.result = report->value;
    event.error = report->kind == SIM_REPORT_SOFT_ERROR ? report->value : 0;
    event.local_port = report->local_port;
    event.remote_port = report->remote_port;
    tell(trace, &event);
}

/* The words of a fault, in their stable form. */
static int write_fault(char *text, size_t size, const char *what, uint64_t rule, const char *about)
{
    return rule != 0 ? snprintf(text, size, "FAULT %s rule=%" PRIu64 " %s", what, rule, about)
                     : snprintf(text, size, "FAULT %s %s", what, about);
}

/* A line about the packet that is being sent. */
static void note_fault(cap_trace *trace, const sim_news *news)
{
    size_t used = strlen(trace->fault);
    if (used > 0 && used + 1 < sizeof trace->fault)
        trace->fault[used++] = '\n';
    write_fault(trace->fault + used, sizeof trace->fault - used, news->what, news->number, news->about);
}

static void on_news(sim_observer *observer, const sim_world *world, const sim_news *news)
{
    static const capp_kind kinds[] = {[SIM_NEWS_FAULT] = CAPP_FAULT,
                                      [SIM_NEWS_STATE] = CAPP_STATE,
                                      [SIM_NEWS_CHOICE] = CAPP_CHOICE,
                                      [SIM_NEWS_FAILURE] = CAPP_FAILURE};
    cap_trace *trace = (cap_trace *)observer;
    (void)world;
    if (news->kind == SIM_NEWS_FAULT && news->packet != NULL && !news->under_way) {
        note_fault(trace, news);
        return;
    }
    capp_event event = event_of(trace, kinds[news->kind], news->host, news->handle);
    event.what = news->what;
    event.about = news->about;
    event.packet = news->packet == NULL ? 0 : news->packet->id;
    event.number_of = news->number;
    event.value = news->value;
    event.bound = news->bound;
    event.local_port = news->local_port;
    event.remote_port = news->remote_port;
    if (news->kind == SIM_NEWS_FAULT)
        trace->fault_packet = event.packet;
    tell(trace, &event);
    if (news->kind == SIM_NEWS_FAILURE)
        cap_trace_flush(trace);
}

/* ---- words ---- */

const char *capp_kind_word(capp_kind kind)
{
    static const char *const words[CAPP_KINDS] = {
        [CAPP_PACKET] = "packet", [CAPP_CALL] = "call",     [CAPP_CALLBACK] = "callback",
        [CAPP_DROP] = "dropped",  [CAPP_FAULT] = "fault",   [CAPP_STATE] = "state",
        [CAPP_CHOICE] = "choice", [CAPP_REPORT] = "report", [CAPP_FAILURE] = "failure"};
    return words[kind];
}

/* ---- opening and closing ---- */

int cap_trace_open(sim_world *world, cap_trace **out, sim_error *error)
{
    cap_trace *trace = cas_alloc(cas_allocator_system(), sizeof *trace);
    if (trace == NULL)
        return capp_no_memory(error);
    *trace = (cap_trace){.observer = {.on_sent = on_sent,
                                      .on_arrived = on_arrived,
                                      .on_step = on_step,
                                      .on_lost = on_lost,
                                      .on_report = on_report,
                                      .on_news = on_news},
                         .world = world};
    sim_world_add_observer(world, &trace->observer);
    *out = trace;
    return 0;
}

void capp_trace_add(cap_trace *trace, capp_sink *sink)
{
    capp_sink **place = &trace->sinks;
    while (*place != NULL)
        place = &(*place)->next;
    sink->next = NULL;
    *place = sink;
}

void cap_trace_flush(cap_trace *trace)
{
    for (capp_sink *at = trace->sinks; at != NULL; at = at->next) {
        if (at->flush != NULL)
            at->flush(at);
    }
}

static void release(cap_trace *trace)
{
    cas_allocator *memory = cas_allocator_system();
    sim_world_remove_observer(trace->world, &trace->observer);
    for (size_t i = 0; i < trace->place_count; i++)
        cas_free(memory, trace->places[i].sockets,
                 trace->places[i].capacity * sizeof *trace->places[i].sockets);
    cas_free(memory, trace->places, trace->place_count * sizeof *trace->places);
    cas_free(memory, trace, sizeof *trace);
}

int cap_trace_close(cap_trace *trace, sim_error *error)
{
    int code = 0;
    if (trace == NULL)
        return 0;
    while (trace->sinks != NULL) {
        capp_sink *first = trace->sinks;
        trace->sinks = first->next;
        int failed = first->finish(first, trace->world, code == 0 ? error : NULL);
        code = code == 0 ? failed : code;
    }
    release(trace);
    return code;
}

void cap_trace_discard(cap_trace *trace)
{
    if (trace == NULL)
        return;
    while (trace->sinks != NULL) {
        capp_sink *first = trace->sinks;
        trace->sinks = first->next;
        first->discard(first);
    }
    release(trace);
}

int cap_trace_add_capture(cap_trace *trace, const char *path, const cap_capture_options *options,
                          sim_error *error)
{
    const char *ending = path == NULL ? NULL : strrchr(path, '.');
    return ending != NULL && strcmp(ending, ".pcap") == 0 ? cap_trace_add_pcap(trace, path, options, error)
                                                          : cap_trace_add_pcapng(trace, path, options, error);
}
