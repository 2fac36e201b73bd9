/* SPDX-License-Identifier: MIT
 *
 * A ladder in text: one lifeline a host, one row a thing that happened.
 *
 *        time  client                       server
 *   0.000000s  | Connect=0 WSAEWOULDBLOCK   |
 *   0.000000s  |-SYN----------------------->|          nothing happened until it arrived
 *   0.010000s  |-data 100->                 |          sent, but other things happen first
 *   0.020000s  |                 -data 100->|          ... and now it arrives
 *   0.030000s  |lost x------------------ACK-|
 *
 * Invariants:
 *  1. No line is longer than 100 columns; ASCII only.
 *  2. Only hosts that occur in the rows have a column, in the order of their creation; if they are too many,
 *     the last column is shared, and what stands there names its host.
 *  3. Nothing is allocated, and the ladder is not changed.
 */
#include "pcap/ladder.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"
#include "simnet/host/host.h"
#include "simnet/world/world.h"

enum {
    WIDTH = 100,
    FIRST_LIFELINE = 15, /* the time stands before it */
    COLUMNS_MAX = 5,
    COLUMN_WIDTH_MAX = 40,
    LAST_WIDTH_MIN = 26, /* room for text behind the last lifeline */
    NS_PER_US = 1000,
    NS_PER_S = 1000000000
};

typedef struct layout {
    const cap_ladder *ladder;
    const sim_host *hosts[COLUMNS_MAX]; /* of the shared column: its first one */
    unsigned columns, column_width;
    bool has_others; /* the last column is shared */
    bool has_nanoseconds;
    bool has_handles[COLUMNS_MAX]; /* more than one socket lives in the column: name it */
} layout;

typedef struct line {
    char text[WIDTH + 1];
} line;

/* A short text that is built piece by piece and cut where it ends. */
typedef struct phrase {
    char text[96];
} phrase;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
add(phrase *p, const char *format, ...)
{
    size_t used = strlen(p->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(p->text + used, sizeof p->text - used, format, arguments);
    va_end(arguments);
}

/* ---- who is where ---- */

/* Where a packet was going.  One that arrived says so; for the others, who sends from that address, or the
 * neighbour that was to pass it on.  NULL: somebody who is in no row. */
static const sim_host *destination_of(const cap_ladder *ladder, const capp_row *row)
{
    const sim_host *neighbour = NULL;
    if (row->peer != NULL)
        return row->peer;
    for (unsigned i = 0; i < capp_ladder_len(ladder); i++) {
        const capp_row *other = capp_ladder_row(ladder, i);
        if (other->kind == CAPP_ROW_SENT && simp_ip_equal(other->packet.source, row->packet.destination))
            return other->host;
        if (sim_host_index(other->host) == row->packet.next_host)
            neighbour = other->host;
    }
    return neighbour;
}

static bool is_between(const sim_host *host, int64_t above, const sim_host *best)
{
    return host != NULL && sim_host_index(host) > above &&
           (best == NULL || sim_host_index(host) < sim_host_index(best));
}

/* The first host in the rows that was created after the one with this index; NULL: none. */
static const sim_host *next_host(const cap_ladder *ladder, int64_t above)
{
    const sim_host *best = NULL;
    for (unsigned i = 0; i < capp_ladder_len(ladder); i++) {
        const capp_row *row = capp_ladder_row(ladder, i);
        if (is_between(row->host, above, best))
            best = row->host;
        if (is_between(row->peer, above, best))
            best = row->peer;
    }
    return best;
}

static unsigned column_of(const layout *l, const sim_host *host)
{
    unsigned column = 0;
    while (column + 1 < l->columns && l->hosts[column] != host)
        column++;
    return column;
}

static bool is_shared(const layout *l, unsigned column) { return l->has_others && column + 1 == l->columns; }

static int lifeline(const layout *l, unsigned column)
{
    return FIRST_LIFELINE + (int)(column * l->column_width);
}

static void find_handles(layout *l)
{
    SOCKET first[COLUMNS_MAX];
    bool has_first[COLUMNS_MAX] = {false};
    for (unsigned i = 0; i < capp_ladder_len(l->ladder); i++) {
        const capp_row *row = capp_ladder_row(l->ladder, i);
        bool is_step = row->kind == CAPP_ROW_CALL || row->kind == CAPP_ROW_CALLBACK;
        if (!is_step || row->step.handle == INVALID_SOCKET)
            continue;
        unsigned column = column_of(l, row->host);
        if (has_first[column] && first[column] != row->step.handle)
            l->has_handles[column] = true;
        first[column] = row->step.handle;
        has_first[column] = true;
    }
}

static void lay_out(layout *l, const cap_ladder *ladder)
{
    unsigned len = capp_ladder_len(ladder);
    *l = (layout){.ladder = ladder};
    const sim_host *host = next_host(ladder, -1);
    for (; host != NULL && l->columns < COLUMNS_MAX; host = next_host(ladder, sim_host_index(host)))
        l->hosts[l->columns++] = host;
    l->has_others = host != NULL;
    l->column_width = COLUMN_WIDTH_MAX;
    if (l->columns > 1 && l->column_width > (WIDTH - FIRST_LIFELINE - LAST_WIDTH_MIN) / (l->columns - 1))
        l->column_width = (WIDTH - FIRST_LIFELINE - LAST_WIDTH_MIN) / (l->columns - 1);
    for (unsigned i = 0; i < len && !l->has_nanoseconds; i++)
        l->has_nanoseconds = capp_ladder_row(ladder, i)->at_ns % NS_PER_US != 0;
    find_handles(l);
}

/* ---- the line ---- */

/* Negative and far columns are cut off. */
static void put(line *out, int at, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at + (int)i >= 0 && at + (int)i < WIDTH)
            out->text[at + (int)i] = text[i];
}

static void put_text(line *out, int at, const char *text) { put(out, at, text, strlen(text)); }

static void begin_line(line *out, const layout *l)
{
    memset(out->text, ' ', WIDTH);
    out->text[WIDTH] = '\0';
    for (unsigned i = 0; i < l->columns; i++)
        put(out, lifeline(l, i), "|", 1);
}

static void end_line(line *out, FILE *stream)
{
    size_t len = WIDTH;
    while (len > 0 && out->text[len - 1] == ' ')
        len--;
    out->text[len] = '\0';
    fprintf(stream, "%s\n", out->text);
}

static void put_time(line *out, const layout *l, uint64_t at_ns)
{
    char text[40];
    uint64_t fraction = at_ns % NS_PER_S;
    int len = l->has_nanoseconds
                  ? snprintf(text, sizeof text, "%" PRIu64 ".%09" PRIu64 "s", at_ns / NS_PER_S, fraction)
                  : snprintf(text, sizeof text, "%" PRIu64 ".%06" PRIu64 "s", at_ns / NS_PER_S,
                             fraction / NS_PER_US);
    int at = FIRST_LIFELINE - 2 - len;
    put(out, at > 0 ? at : 0, text, (size_t)len);
}

/* ---- packets ---- */

static void label_tcp(phrase *label, const capp_packet_row *packet)
{
    if (packet->flags & SIMP_RST)
        add(label, " RST");
    if (packet->flags & SIMP_SYN)
        add(label, packet->flags & SIMP_ACK ? " SYN ACK" : " SYN");
    if (packet->length > 0)
        add(label, " data %" PRIu32, packet->length);
    if (packet->flags & SIMP_FIN)
        add(label, " FIN");
    if (packet->flags & SIMP_URG)
        add(label, " URG");
    if (label->text[0] == '\0')
        add(label, " ACK");
    if (packet->window == 0 && !(packet->flags & SIMP_RST))
        add(label, " win 0");
    memmove(label->text, label->text + 1, strlen(label->text)); /* the blank before the first word */
}

static const char *label_icmp(simp_icmp_kind kind)
{
    switch (kind) {
    case SIMP_ICMP_ECHO: return "ping";
    case SIMP_ICMP_ECHO_REPLY: return "pong";
    case SIMP_ICMP_NET_UNREACHABLE: return "net unreach";
    case SIMP_ICMP_HOST_UNREACHABLE: return "host unreach";
    case SIMP_ICMP_PROTOCOL_UNREACHABLE: return "protocol unreach";
    case SIMP_ICMP_PORT_UNREACHABLE: return "port unreach";
    case SIMP_ICMP_SOURCE_ROUTE_FAILED: return "source route";
    case SIMP_ICMP_NET_UNKNOWN: return "net unknown";
    case SIMP_ICMP_HOST_UNKNOWN: return "host unknown";
    case SIMP_ICMP_NET_PROHIBITED:
    case SIMP_ICMP_HOST_PROHIBITED:
    case SIMP_ICMP_PROHIBITED: return "prohibited";
    case SIMP_ICMP_PARAMETER_PROBLEM: return "bad parameter";
    case SIMP_ICMP_TOO_BIG: return "too big";
    case SIMP_ICMP_TIME_EXCEEDED: return "ttl expired";
    case SIMP_ICMP_REASSEMBLY_TIME: return "reass. time";
    case SIMP_ICMP_KINDS: break;
    }
    return "ICMP";
}

static void label_of(phrase *label, const capp_packet_row *packet)
{
    uint32_t header_len = packet->fragment_offset == 0 ? 8 : 0; /* fragments only: UDP and echo */
    label->text[0] = '\0';
    if (packet->is_fragment)
        add(label, "frag %u+%" PRIu32, packet->fragment_offset, header_len + packet->length);
    else if (packet->protocol == IPPROTO_TCP)
        label_tcp(label, packet);
    else if (packet->protocol == IPPROTO_UDP)
        add(label, "UDP %" PRIu32, packet->length);
    else
        add(label, "%s", label_icmp(packet->icmp_kind));
}

/* NULL: nothing to say. */
static const char *word_of(sim_fate fate) { return fate == SIM_FATE_SENT ? NULL : sim_fate_word(fate); }

/* Dashes over the cells from one to the other, both included; the label behind the first. */
static void draw_shaft(line *out, int from, int to, const phrase *label, char head)
{
    int step = to > from ? 1 : -1, room = abs(to - from) - 1, len = (int)strlen(label->text);
    len = len < room ? len : room > 0 ? room : 0;
    for (int at = from; at != to; at += step)
        put(out, at, "-", 1);
    put(out, to, &head, 1);
    put(out, step > 0 ? from + 1 : from - len, label->text, (size_t)len);
}

/* The packet's arrow between two lifelines; true if its word found room beside it. */
static bool draw_arrow(line *out, int from, int to, const capp_row *row, const phrase *label)
{
    int step = to > from ? 1 : -1, span = abs(to - from) - 1;
    int shaft_len = (int)strlen(label->text) + 3;
    const char *word = word_of(row->packet.fate);
    char forward = step > 0 ? '>' : '<';
    shaft_len = shaft_len < span ? shaft_len : span;
    if (sim_fate_is_lost(row->packet.fate)) {
        int word_len = (int)strlen(word), room = span - 1 - word_len;
        bool has_room = room >= shaft_len;
        int end = from + step * (has_room ? room : shaft_len);
        draw_shaft(out, from + step, end, label, 'x');
        if (has_room)
            put_text(out, step > 0 ? end + 2 : end - 1 - word_len, word);
        return has_room;
    }
    if (row->kind == CAPP_ROW_ARRIVED)
        draw_shaft(out, to - step * shaft_len, to - step, label, forward);
    else if (row->packet.arrives_next)
        draw_shaft(out, from + step, to - step, label, forward);
    else
        draw_shaft(out, from + step, from + step * shaft_len, label, forward);
    return false;
}

/* A departure among more than two hosts says where to. */
static void name_destination(line *out, const layout *l, int from, int to, const capp_row *row,
                             const sim_host *host, const phrase *label)
{
    bool leaves = row->kind == CAPP_ROW_SENT && !row->packet.arrives_next &&
                  !sim_fate_is_lost(row->packet.fate);
    int shaft_len = (int)strlen(label->text) + 3, span = abs(to - from) - 1;
    int name_len = (int)strlen(sim_host_name(host));
    if (!leaves || l->columns < 3 || shaft_len + 1 + name_len > span)
        return;
    put_text(out, to > from ? from + shaft_len + 1 : from - shaft_len - name_len, sim_host_name(host));
}

/* Within one column, or to somebody unknown, in words. */
static void put_packet_in_words(line *out, int at, const sim_host *from, const sim_host *to,
                                const capp_row *row, const phrase *label)
{
    phrase words = {""};
    const char *word = word_of(row->packet.fate);
    add(&words, "%s>%s %s", sim_host_name(from), to != NULL ? sim_host_name(to) : "?", label->text);
    if (row->kind == CAPP_ROW_ARRIVED)
        add(&words, " arrives");
    else if (word != NULL)
        add(&words, " %s", word);
    put_text(out, at, words.text);
}

/* What found no place on the arrow stands behind the last lifeline. */
static void put_margin(line *out, const layout *l, const sim_host *other, const char *word)
{
    phrase margin = {""};
    if (other != NULL)
        add(&margin, "%s", sim_host_name(other));
    if (word != NULL)
        add(&margin, "%s(%s)", other != NULL ? " " : "", word);
    put_text(out, lifeline(l, l->columns - 1) + 2, margin.text);
}

static void put_packet(line *out, const layout *l, const capp_row *row)
{
    bool is_arrival = row->kind == CAPP_ROW_ARRIVED;
    const sim_host *from = is_arrival ? row->peer : row->host;
    const sim_host *to = is_arrival ? row->host : destination_of(l->ladder, row);
    unsigned from_column = column_of(l, from), to_column = to != NULL ? column_of(l, to) : from_column;
    const char *word = is_arrival ? NULL : word_of(row->packet.fate);
    phrase label;
    label_of(&label, &row->packet);
    if (from_column == to_column) {
        put_packet_in_words(out, lifeline(l, from_column) + 2, from, to, row, &label);
        return;
    }
    if (draw_arrow(out, lifeline(l, from_column), lifeline(l, to_column), row, &label))
        word = NULL;
    if (to != NULL)
        name_destination(out, l, lifeline(l, from_column), lifeline(l, to_column), row, to, &label);
    const sim_host *other = is_shared(l, from_column) ? from : is_shared(l, to_column) ? to : NULL;
    put_margin(out, l, other, word);
}

/* ---- calls and callbacks ---- */

static void put_step(line *out, const layout *l, const capp_row *row)
{
    const capp_step_row *step = &row->step;
    unsigned column = column_of(l, row->host);
    phrase words = {""};
    if (is_shared(l, column))
        add(&words, "%s: ", sim_host_name(row->host));
    if (l->has_handles[column] && step->handle != INVALID_SOCKET)
        add(&words, "#%" PRIuPTR " ", step->handle);
    add(&words, "%*s", (int)(2 * (step->depth < 4 ? step->depth : 4)), "");
    if (row->kind == CAPP_ROW_CALLBACK)
        add(&words, "%s(%s)", step->name, cas_error_name(step->error));
    else
        add(&words, "%s=%" PRId64, step->name, step->result);
    if (row->kind == CAPP_ROW_CALL && step->error != 0)
        add(&words, " %s", cas_error_name(step->error));
    if (step->times > 1)
        add(&words, " (%u times)", step->times);
    put_text(out, lifeline(l, column) + 2, words.text);
}

/* ---- the page ---- */

static void print_heading(const layout *l, FILE *stream)
{
    line out;
    begin_line(&out, l);
    put_text(&out, FIRST_LIFELINE - 6, "time");
    for (unsigned i = 0; i < l->columns; i++) {
        const char *name = is_shared(l, i) ? "others" : sim_host_name(l->hosts[i]);
        size_t len = strlen(name), room = i + 1 < l->columns ? l->column_width - 1 : WIDTH;
        put(&out, lifeline(l, i), name, len < room ? len : room);
    }
    end_line(&out, stream);
}

static void print_row(const layout *l, const capp_row *row, FILE *stream)
{
    line out;
    begin_line(&out, l);
    put_time(&out, l, row->at_ns);
    if (row->kind == CAPP_ROW_SENT || row->kind == CAPP_ROW_ARRIVED)
        put_packet(&out, l, row);
    else
        put_step(&out, l, row);
    end_line(&out, stream);
}

/* What the run depends on, besides the program; threads with another profile than the world's are named. */
static void print_circumstances(const sim_world *world, FILE *stream)
{
    char text[CAS_PROFILE_TEXT], other[CAS_PROFILE_TEXT];
    cas_profile_text(sim_world_profile(world), text, sizeof text);
    fprintf(stream, "(seed %" PRIu64 ", profile %s)\n", sim_world_seed(world), text);
    for (uint32_t i = 0; i < world->host_count; i++) {
        for (const simp_task *task = world->hosts[i]->tasks; task != NULL; task = task->next) {
            cas_profile_text(cas_thread_profile(task->thread), other, sizeof other);
            if (strcmp(text, other) != 0)
                fprintf(stream, "(a thread of %s: profile %s)\n", sim_host_name(world->hosts[i]), other);
        }
    }
}

void cap_ladder_print(const cap_ladder *ladder, FILE *stream)
{
    layout l;
    unsigned len = capp_ladder_len(ladder);
    if (len == 0) {
        fprintf(stream, "(nothing happened)\n");
        return;
    }
    lay_out(&l, ladder);
    print_circumstances(ladder->world, stream);
    if (ladder->row_count > len)
        fprintf(stream, "(%" PRIu64 " earlier rows were not kept)\n", ladder->row_count - len);
    print_heading(&l, stream);
    for (unsigned i = 0; i < len; i++)
        print_row(&l, capp_ladder_row(ladder, i), stream);
}
