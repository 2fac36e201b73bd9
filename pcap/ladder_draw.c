/* SPDX-License-Identifier: MIT
 *
 * The lines of a ladder as text.
 *
 *        time  client                       server
 *   0.000000s  | Connect=0 WSAEWOULDBLOCK   |
 *   0.000000s  |-SYN----------------------->|          nothing happened until it arrived
 *   0.010000s  |-data 100->                 |          sent, but other things happen first
 *   0.020000s  |                 -data 100->|   (1)    ... and now it arrives, by a decision
 *   0.030000s  |lost x------------------ACK-|
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
    FIRST_LIFELINE = 15, /* the time stands before it */
    COLUMN_WIDTH_MAX = 40,
    LAST_WIDTH_MIN = 26, /* room for text behind the last lifeline */
    MARK_WIDTH = 12,     /* of a decision */
    NS_PER_US = 1000,
    NS_PER_S = 1000000000
};

/* Cells that are drawn, each in either alphabet. */
typedef enum glyph { GLYPH_LIFELINE = 1, GLYPH_SHAFT, GLYPH_RIGHT, GLYPH_LEFT, GLYPH_LOST, GLYPHS } glyph;

typedef struct line {
    char cells[CAPP_LADDER_WIDTH];
} line;

/* A short text that is built piece by piece and cut where it ends. */
typedef struct phrase {
    char text[CAPP_LADDER_WIDTH + 1];
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

const sim_host *capp_destination(const capp_layout *l, const capp_row *row)
{
    const struct sim_packet *head = &row->flight.head;
    if (row->flight.to != NULL)
        return row->flight.to;
    for (uint32_t i = 0; i < l->world->host_count; i++) {
        if (l->world->hosts[i] != row->event.host && simp_host_owns(l->world->hosts[i], head->destination))
            return l->world->hosts[i];
    }
    return head->next_host < l->world->host_count ? l->world->hosts[head->next_host] : NULL;
}

static bool is_between(const sim_host *host, int64_t above, const sim_host *best)
{
    return host != NULL && sim_host_index(host) > above &&
           (best == NULL || sim_host_index(host) < sim_host_index(best));
}

/* The first host in the lines that was created after the one with this index; NULL: none. */
static const sim_host *next_host(const capp_layout *l, int64_t above)
{
    const sim_host *best = NULL;
    for (size_t i = 0; i < l->lines->count; i++) {
        const capp_row *row = l->lines->lines[i].row;
        const sim_host *to = row->event.kind == CAPP_PACKET ? row->flight.to : NULL;
        if (is_between(row->event.host, above, best))
            best = row->event.host;
        if (is_between(to, above, best))
            best = to;
    }
    return best;
}

static unsigned column_of(const capp_layout *l, const sim_host *host)
{
    unsigned column = 0;
    while (column + 1 < l->columns && l->hosts[column] != host)
        column++;
    return column;
}

static bool is_shared(const capp_layout *l, unsigned column)
{
    return l->has_others && column + 1 == l->columns;
}

static int lifeline(const capp_layout *l, unsigned column)
{
    return FIRST_LIFELINE + (int)(column * l->column_width);
}

static void find_sockets(capp_layout *l)
{
    const char *first[CAPP_LADDER_COLUMNS] = {NULL};
    for (size_t i = 0; i < capp_store_len(l->store); i++) {
        const capp_event *event = &capp_store_row(l->store, i)->event;
        if (!capp_is_step(capp_store_row(l->store, i)) || event->socket[0] == '\0')
            continue;
        unsigned column = column_of(l, event->host);
        if (first[column] != NULL && first[column] != event->socket)
            l->has_sockets[column] = true;
        first[column] = event->socket;
    }
}

void capp_layout_make(capp_layout *l, const capp_store *store, const capp_lines *lines,
                      const sim_world *world, bool utf8)
{
    *l = (capp_layout){.store = store, .lines = lines, .world = world, .utf8 = utf8};
    const sim_host *host = next_host(l, -1);
    for (; host != NULL && l->columns < CAPP_LADDER_COLUMNS; host = next_host(l, sim_host_index(host)))
        l->hosts[l->columns++] = host;
    l->has_others = host != NULL;
    l->column_width = COLUMN_WIDTH_MAX;
    unsigned room = CAPP_LADDER_WIDTH - FIRST_LIFELINE - LAST_WIDTH_MIN;
    if (l->columns > 1 && l->column_width > room / (l->columns - 1))
        l->column_width = room / (l->columns - 1);
    for (size_t i = 0; i < lines->count && !l->has_nanoseconds; i++)
        l->has_nanoseconds = lines->lines[i].at_ns % NS_PER_US != 0;
    if (l->columns > 0)
        find_sockets(l);
}

/* ---- the line ---- */

static bool is_plain(char c) { return c >= ' ' && c <= '~'; }

/* Negative and far columns are cut off; what is no plain letter is a question mark. */
static void put(line *out, int at, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (at + (int)i >= 0 && at + (int)i < CAPP_LADDER_WIDTH)
            out->cells[at + (int)i] = is_plain(text[i]) ? text[i] : '?';
}

static void put_text(line *out, int at, const char *text) { put(out, at, text, strlen(text)); }

static void put_glyph(line *out, int at, glyph which)
{
    if (at >= 0 && at < CAPP_LADDER_WIDTH)
        out->cells[at] = (char)which;
}

static void begin_line(line *out, const capp_layout *l)
{
    memset(out->cells, ' ', sizeof out->cells);
    for (unsigned i = 0; i < l->columns; i++)
        put_glyph(out, lifeline(l, i), GLYPH_LIFELINE);
}

static void end_line(const line *out, bool utf8, capp_out *file)
{
    static const char *const plain[GLYPHS] = {"", "|", "-", ">", "<", "x"};
    static const char *const drawn[GLYPHS] = {"", "\u2502", "\u2500", "\u25b6", "\u25c0", "\u2717"};
    size_t len = CAPP_LADDER_WIDTH;
    char text[3 * CAPP_LADDER_WIDTH + 1], *at = text; /* a glyph has up to 3 bytes */
    while (len > 0 && out->cells[len - 1] == ' ')
        len--;
    for (size_t i = 0; i < len; i++) {
        unsigned char cell = (unsigned char)out->cells[i];
        const char *shown = cell >= GLYPHS ? &out->cells[i] : utf8 ? drawn[cell] : plain[cell];
        size_t size = cell >= GLYPHS ? 1 : strlen(shown);
        memcpy(at, shown, size);
        at += size;
    }
    *at++ = '\n';
    capp_out_write(file, text, (size_t)(at - text));
}

static void put_time(line *out, const capp_layout *l, uint64_t at_ns)
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

static void label_tcp(phrase *label, const struct sim_packet *packet)
{
    uint8_t flags = packet->tcp.flags;
    if (flags & SIMP_RST)
        add(label, " RST");
    if (flags & SIMP_SYN)
        add(label, flags & SIMP_ACK ? " SYN ACK" : " SYN");
    if (packet->length > 0)
        add(label, " data %" PRIu32, packet->length);
    if (flags & SIMP_FIN)
        add(label, " FIN");
    if (flags & SIMP_URG)
        add(label, " URG");
    if (label->text[0] == '\0')
        add(label, " ACK");
    if (packet->tcp.window == 0 && !(flags & SIMP_RST))
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

static phrase label_of(const struct sim_packet *packet)
{
    phrase label = {""};
    uint32_t header_len = packet->fragment_offset == 0 ? 8 : 0; /* fragments only: UDP and echo */
    if (packet->more_fragments || packet->fragment_offset != 0)
        add(&label, "frag %u+%" PRIu32, packet->fragment_offset, header_len + packet->length);
    else if (simp_packet_has_tcp(packet))
        label_tcp(&label, packet);
    else if (packet->protocol == IPPROTO_UDP)
        add(&label, "UDP %" PRIu32, packet->length);
    else if (packet->protocol == IPPROTO_TCP)
        add(&label, "TCP");
    else
        add(&label, "%s", label_icmp(packet->icmp.kind));
    return label;
}

char *capp_packet_label(const capp_row *row, char *buf, size_t size)
{
    phrase label = label_of(&row->flight.head);
    snprintf(buf, size, "%s", label.text);
    return buf;
}

/* An arrow between two lifelines, or a part of it. */
typedef struct arrow {
    int from, to; /* lifelines */
    phrase label;
    const char *word; /* of its fate; NULL: nothing to say */
    capp_line_kind kind;
    bool is_lost;
} arrow;

sim_fate capp_fate_of(const capp_row *row)
{
    bool is_lost_later = row->flight.lost_before != 0 && row->flight.arrivals == 0;
    return is_lost_later ? row->flight.lost : row->event.fate;
}

/* Dashes over the cells from one to the other, both included; the label behind the first. */
static void draw_shaft(line *out, int from, int to, const phrase *label, glyph head)
{
    int step = to > from ? 1 : -1, room = abs(to - from) - 1, len = (int)strlen(label->text);
    len = len < room ? len : room > 0 ? room : 0;
    for (int at = from; at != to; at += step)
        put_glyph(out, at, GLYPH_SHAFT);
    put_glyph(out, to, head);
    put(out, step > 0 ? from + 1 : from - len, label->text, (size_t)len);
}

/* True if its word found room beside it. */
static bool draw_lost(line *out, const arrow *a, int shaft_len)
{
    int step = a->to > a->from ? 1 : -1, span = abs(a->to - a->from) - 1;
    int word_len = (int)strlen(a->word), room = span - 1 - word_len;
    bool has_room = room >= shaft_len;
    int end = a->from + step * (has_room ? room : shaft_len);
    draw_shaft(out, a->from + step, end, &a->label, GLYPH_LOST);
    if (has_room)
        put_text(out, step > 0 ? end + 2 : end - 1 - word_len, a->word);
    return has_room;
}

static bool draw_arrow(line *out, const arrow *a)
{
    int step = a->to > a->from ? 1 : -1, span = abs(a->to - a->from) - 1;
    int shaft_len = (int)strlen(a->label.text) + 3;
    glyph head = step > 0 ? GLYPH_RIGHT : GLYPH_LEFT;
    shaft_len = shaft_len < span ? shaft_len : span;
    if (a->is_lost)
        return draw_lost(out, a, shaft_len);
    if (a->kind == CAPP_LINE_ARRIVED)
        draw_shaft(out, a->to - step * shaft_len, a->to - step, &a->label, head);
    else if (a->kind == CAPP_LINE_WHOLE)
        draw_shaft(out, a->from + step, a->to - step, &a->label, head);
    else
        draw_shaft(out, a->from + step, a->from + step * shaft_len, &a->label, head);
    return false;
}

/* A departure among more than two hosts says where to. */
static void name_destination(line *out, const capp_layout *l, const arrow *a, const sim_host *host)
{
    int shaft_len = (int)strlen(a->label.text) + 3, span = abs(a->to - a->from) - 1;
    int name_len = (int)strlen(sim_host_name(host));
    if (a->kind != CAPP_LINE_SENT || a->is_lost || l->columns < 3 || shaft_len + 1 + name_len > span)
        return;
    put_text(out, a->to > a->from ? a->from + shaft_len + 1 : a->from - shaft_len - name_len,
             sim_host_name(host));
}

/* Within one column, or to somebody unknown, in words. */
static void put_in_words(line *out, int at, const sim_host *from, const sim_host *to, const arrow *a)
{
    phrase words = {""};
    add(&words, "%s>%s %s", sim_host_name(from), to != NULL ? sim_host_name(to) : "?", a->label.text);
    if (a->kind == CAPP_LINE_ARRIVED)
        add(&words, " arrives");
    else if (a->word != NULL)
        add(&words, " %s", a->word);
    put_text(out, at, words.text);
}

/* What found no place on the arrow stands behind the last lifeline. */
static void put_margin(line *out, const capp_layout *l, const sim_host *other, const char *word)
{
    phrase margin = {""};
    if (other != NULL)
        add(&margin, "%s", sim_host_name(other));
    if (word != NULL)
        add(&margin, "%s(%s)", other != NULL ? " " : "", word);
    put_text(out, lifeline(l, l->columns - 1) + 2, margin.text);
}

static void put_packet(line *out, const capp_layout *l, const capp_line *what)
{
    const capp_row *row = what->row;
    const sim_host *from = row->event.host, *to = capp_destination(l, row);
    unsigned from_column = column_of(l, from), to_column = to != NULL ? column_of(l, to) : from_column;
    sim_fate fate = capp_fate_of(row);
    arrow a = {lifeline(l, from_column),
               lifeline(l, to_column),
               label_of(&row->flight.head),
               fate == SIM_FATE_SENT || what->kind == CAPP_LINE_ARRIVED ? NULL : sim_fate_word(fate),
               what->kind,
               sim_fate_is_lost(fate)};
    if (from_column == to_column) {
        put_in_words(out, a.from + 2, from, to, &a);
        return;
    }
    const char *word = draw_arrow(out, &a) ? NULL : a.word;
    name_destination(out, l, &a, to);
    const sim_host *other = is_shared(l, from_column) ? from : is_shared(l, to_column) ? to : NULL;
    put_margin(out, l, other, word);
}

/* ---- calls and callbacks ---- */

static void add_step(phrase *words, const capp_event *event)
{
    if (event->kind == CAPP_CALL)
        add(words, "%s=%" PRId64, event->what, event->result);
    else
        add(words, "%s(%s)", event->what, cas_error_name(event->error));
    if (event->kind == CAPP_CALL && event->error != 0)
        add(words, " %s", cas_error_name(event->error));
    if (event->kind == CAPP_DROP)
        add(words, " dropped");
}

static bool is_same_call(const capp_event *a, const capp_event *b)
{
    return a->kind == CAPP_CALL && b->kind == CAPP_CALL && a->what == b->what && a->result == b->result &&
           a->error == b->error && a->socket == b->socket && a->depth == b->depth;
}

/* Equal calls in a row are one, with their number. */
static void add_steps(phrase *words, const capp_layout *l, const capp_line *what, bool names_sockets)
{
    const capp_event *last = NULL;
    unsigned times = 1;
    for (size_t i = what->first; i < what->first + what->count; i++) {
        const capp_row *row = capp_store_row(l->store, i);
        const capp_event *event = &row->event;
        if (!capp_is_step(row))
            continue;
        if (last != NULL && is_same_call(last, event)) {
            times++;
            continue;
        }
        if (times > 1)
            add(words, " (%u times)", times);
        times = 1;
        if (last != NULL)
            add(words, last->kind == CAPP_CALLBACK && event->depth > last->depth ? ": " : ", ");
        else
            add(words, "%*s", (int)(2 * (event->depth < 4 ? event->depth : 4)), "");
        if (names_sockets && event->socket[0] != '\0' && (last == NULL || last->socket != event->socket))
            add(words, "%s ", event->socket);
        add_step(words, event);
        last = event;
    }
    if (times > 1)
        add(words, " (%u times)", times);
}

char *capp_steps_text(const capp_layout *l, const capp_line *what, char *buf, size_t size)
{
    phrase words = {""};
    add_steps(&words, l, what, true);
    snprintf(buf, size, "%s", words.text + strspn(words.text, " "));
    return buf;
}

static void put_steps(line *out, const capp_layout *l, const capp_line *what)
{
    unsigned column = column_of(l, what->row->event.host);
    phrase words = {""};
    if (is_shared(l, column))
        add(&words, "%s: ", sim_host_name(what->row->event.host));
    add_steps(&words, l, what, l->has_sockets[column]);
    put_text(out, lifeline(l, column) + 2, words.text);
}

static void put_words(line *out, const capp_layout *l, const capp_line *what)
{
    const capp_event *event = &what->row->event;
    unsigned column = event->host == NULL ? 0 : column_of(l, event->host);
    char said[CAPP_LADDER_WIDTH + 1];
    put_text(out, lifeline(l, column) + 2, capp_say(event, said, sizeof said));
}

/* ---- the page ---- */

void capp_draw_heading(const capp_layout *l, capp_out *file)
{
    line out;
    begin_line(&out, l);
    put_text(&out, FIRST_LIFELINE - 6, "time");
    for (unsigned i = 0; i < l->columns; i++) {
        const char *name = is_shared(l, i) ? "others" : sim_host_name(l->hosts[i]);
        size_t len = strlen(name), room = i + 1 < l->columns ? l->column_width - 1 : CAPP_LADDER_WIDTH;
        put(&out, lifeline(l, i), name, len < room ? len : room);
    }
    end_line(&out, l->utf8, file);
}

/* "(3)", "(3-5)" at the right edge. */
static void put_decisions(line *out, const capp_line *what)
{
    phrase mark = {""};
    if (what->decisions == 0)
        return;
    add(&mark, what->decisions == 1 ? " (%u)" : " (%u-%u)", what->decision,
        what->decision + what->decisions - 1);
    put_text(out, CAPP_LADDER_WIDTH - (int)strlen(mark.text), mark.text);
}

void capp_draw_line(const capp_layout *l, const capp_line *what, capp_out *file)
{
    line out;
    begin_line(&out, l);
    put_time(&out, l, what->at_ns);
    if (what->kind == CAPP_LINE_STEPS)
        put_steps(&out, l, what);
    else if (what->kind == CAPP_LINE_WORDS)
        put_words(&out, l, what);
    else
        put_packet(&out, l, what);
    put_decisions(&out, what);
    end_line(&out, l->utf8, file);
}
