/* SPDX-License-Identifier: MIT
 *
 * The receive buffer: packets in order, packets behind a gap, and the marks of urgent bytes.
 *
 * Invariants:
 *  1. first .. last hold the bytes [read, rcv_nxt) and nothing else; the first packet was cut to begin at
 *     read.
 *  2. early is sorted and without overlap, and begins behind rcv_nxt: octets that arrived first win.
 *  3. Urgent bytes stay in the stream; a mark tells where one is.  Reading skips a marked byte out of line,
 *     and stops before each mark; in line it returns a marked byte alone.
 *  4. marks are sorted by seq; a mark is dropped when it is both passed and taken, or was read in line, or
 *     when a newer one needs its place.
 *  5. Where the profile has one_urgent_byte, as BSD and Linux do, there is at most one mark: the next urgent
 *     byte takes its place, and it is dropped as soon as it is passed, taken or not.
 */
#include <string.h>

#include "core/cold.h"
#include "simnet/transport/tcp_sack.h"

/* ---- marks ---- */

static bool is_inline(const simp_tcp *t)
{
    return t->socket != NULL ? t->socket->options->inline_urgent : t->inline_urgent;
}

static void drop_mark(simp_tcp *t, unsigned index)
{
    simp_mark *mark = &t->extras->marks[index];
    t->mark_count--;
    memmove(mark, mark + 1, (t->mark_count - index) * sizeof *mark);
}

/* The oldest one that lies ahead of what was read; mark_count: none.  A byte that was passed over is nowhere
 * but in its mark. */
static unsigned oldest_ahead(const simp_tcp *t)
{
    unsigned i = 0;
    while (i < t->mark_count &&
           (t->extras->marks[i].taken || simp_seq_before(t->extras->marks[i].seq, t->read)))
        i++;
    return i;
}

/* ---- passing ---- */

static void cut_front(sim_packet *packet, uint32_t bytes)
{
    packet->tcp.seq += bytes;
    packet->offset += bytes;
    packet->length -= bytes;
}

static COLD void pass_marks(simp_tcp *t)
{
    for (unsigned i = t->mark_count; i-- > 0;) {
        simp_mark *mark = &t->extras->marks[i];
        if (!mark->arrived || !simp_seq_before(mark->seq, t->read))
            continue;
        mark->passed = true;
        if (mark->taken || is_inline(t))
            drop_mark(t, i);
    }
}

static void consume(simp_tcp *t, uint32_t len)
{
    simp_receive_buffer *b = &t->active->receive;
    t->read += len;
    while (len > 0) {
        sim_packet *packet = b->first;
        if (packet->length > len) {
            cut_front(packet, len);
            break;
        }
        len -= packet->length;
        b->first = packet->next;
        if (b->first == NULL)
            b->last = NULL;
        simp_packet_free(&t->host->world->arena, packet);
    }
    if (t->mark_count > 0)
        pass_marks(t);
}

/* ---- urgent bytes ---- */

/* As BSD does: the urgent byte before this one loses its mark, so it is read as any other; one that would be
 * read next is skipped for good. */
static void forget_marks(simp_tcp *t)
{
    while (t->mark_count > 0) {
        simp_mark mark = t->extras->marks[t->mark_count - 1];
        t->mark_count--;
        if (mark.arrived && mark.seq == t->read && !is_inline(t))
            consume(t, 1);
    }
}

/* More urgent bytes than there are marks: the oldest becomes an ordinary byte, unless its program has it, or
 * has read past it; if that holds for all, the newest does. */
void simp_receive_buffer_mark(simp_tcp *t, uint32_t seq)
{
    if (simp_tcp_profile(t)->one_urgent_byte)
        forget_marks(t);
    unsigned place = t->mark_count;
    while (place > 0 && !simp_seq_before(t->extras->marks[place - 1].seq, seq)) {
        if (t->extras->marks[--place].seq == seq)
            return;
    }
    if (t->mark_count == SIMP_MARKS_MAX) {
        unsigned victim = oldest_ahead(t);
        if (victim == t->mark_count)
            return;
        drop_mark(t, victim);
        place -= place > victim;
    }
    simp_mark *mark = &t->extras->marks[place];
    memmove(mark + 1, mark, (t->mark_count - place) * sizeof *mark);
    *mark = (simp_mark){.seq = seq};
    t->mark_count++;
}

/* The bytes of packet are in order now: those that are marked have arrived. */
static COLD bool arrive_marks(simp_tcp *t, const sim_packet *packet)
{
    bool any = false;
    for (unsigned i = 0; i < t->mark_count; i++) {
        simp_mark *mark = &t->extras->marks[i];
        uint32_t at = mark->seq - packet->tcp.seq;
        if (mark->arrived || at >= packet->length)
            continue;
        mark->arrived = true;
        mark->arrived_inline = is_inline(t);
        mark->byte = packet->block->bytes[packet->offset + at];
        any = any || !mark->arrived_inline;
    }
    return any;
}

simp_mark *simp_receive_buffer_urgent(simp_tcp *t)
{
    for (unsigned i = 0; i < t->mark_count; i++) {
        simp_mark *mark = &t->extras->marks[i];
        if (mark->arrived && !mark->taken)
            return mark;
    }
    return NULL;
}

bool simp_receive_buffer_is_at_mark(const simp_tcp *t)
{
    for (unsigned i = 0; i < t->mark_count; i++) {
        const simp_mark *mark = &t->extras->marks[i];
        if (mark->arrived && !mark->taken && !mark->arrived_inline)
            return false;
    }
    return true;
}

/* ---- adding ---- */

static void append(simp_tcp *t, sim_packet *packet)
{
    simp_receive_buffer *b = &t->active->receive;
    packet->next = NULL;
    t->rcv_nxt += packet->length;
    bool urgent = t->mark_count > 0 && arrive_marks(t, packet);
    if (b->last != NULL)
        b->last->next = packet;
    else
        b->first = packet;
    b->last = packet;
    if (urgent && t->socket != NULL && !t->receive_shut)
        simp_socket_report(t->socket, FD_OOB, 0);
}

/* Where a packet that begins at seq goes, or the first one that it meets: nearly always behind the last. */
static sim_packet **early_place(simp_tcp *t, uint32_t seq)
{
    sim_packet *last = t->gaps != NULL ? t->gaps->last : NULL;
    if (last != NULL && simp_seq_upto(last->tcp.seq + last->length, seq))
        return &last->next;
    sim_packet **place = &t->active->receive.early;
    while (*place != NULL && simp_seq_upto((*place)->tcp.seq + (*place)->length, seq))
        place = &(*place)->next;
    return place;
}

/* Sorted into early, cut where others came first; may be freed. */
static APART void keep_early(simp_tcp *t, sim_packet *packet)
{
    simp_arena *arena = &t->host->world->arena;
    sim_packet **place = early_place(t, packet->tcp.seq);
    uint32_t begin = packet->tcp.seq, end = begin + packet->length;
    while (*place != NULL && packet->length > 0) {
        sim_packet *other = *place;
        if (simp_seq_upto(other->tcp.seq, packet->tcp.seq)) {
            uint32_t covered = other->tcp.seq + other->length - packet->tcp.seq;
            cut_front(packet, covered < packet->length ? covered : packet->length);
            place = &other->next;
        } else if (simp_seq_before(other->tcp.seq, packet->tcp.seq + packet->length)) {
            packet->length = other->tcp.seq - packet->tcp.seq; /* what lies behind it comes again */
        } else {
            break;
        }
    }
    if (packet->length == 0 || !simp_gaps_add(t, packet->tcp.seq, packet->tcp.seq + packet->length)) {
        simp_gaps_duplicate(t, begin, end);
        simp_packet_free(arena, packet);
        return;
    }
    packet->next = *place;
    *place = packet;
    if (packet->next == NULL)
        t->gaps->last = packet;
}

/* The first gap may be closed: what lies behind it is in order now. */
static APART void pull_early(simp_tcp *t)
{
    simp_receive_buffer *b = &t->active->receive;
    while (b->early != NULL && simp_seq_upto(b->early->tcp.seq, t->rcv_nxt)) {
        sim_packet *packet = b->early;
        b->early = packet->next;
        uint32_t covered = t->rcv_nxt - packet->tcp.seq;
        if (covered >= packet->length) {
            simp_packet_free(&t->host->world->arena, packet);
        } else {
            cut_front(packet, covered);
            append(t, packet);
        }
    }
    simp_gaps_advance(t);
}

void simp_receive_buffer_add(simp_tcp *t, sim_packet *packet)
{
    if (packet->tcp.seq != t->rcv_nxt) {
        keep_early(t, packet);
        return;
    }
    append(t, packet);
    if (t->gaps != NULL)
        pull_early(t);
}

static void free_all(simp_tcp *t, sim_packet *first)
{
    while (first != NULL) {
        sim_packet *packet = first;
        first = packet->next;
        simp_packet_free(&t->host->world->arena, packet);
    }
}

void simp_receive_buffer_clear(simp_tcp *t)
{
    if (t->active != NULL) {
        free_all(t, t->active->receive.first);
        free_all(t, t->active->receive.early);
        t->active->receive = (simp_receive_buffer){0};
    }
    simp_gaps_clear(t);
    t->mark_count = 0;
    t->read = t->rcv_nxt;
}

void simp_receive_buffer_finish(simp_tcp *t)
{
    free_all(t, t->active->receive.early);
    t->active->receive.early = NULL;
    simp_gaps_clear(t);
}

/* ---- reading ---- */

/* What one receive can give: from (an offset behind read) on, len bytes. */
typedef struct span {
    uint32_t from, len;
} span;

static COLD span readable_with_marks(const simp_tcp *t, uint32_t queued)
{
    span result = {0, queued};
    for (unsigned i = 0; i < t->mark_count; i++) {
        const simp_mark *mark = &t->extras->marks[i];
        uint32_t at = mark->seq - t->read;
        if (mark->passed || !mark->arrived || at >= queued)
            continue;
        if (at == result.from && is_inline(t) && !mark->taken)
            return (span){at, 1};
        if (at != result.from)
            return (span){result.from, at - result.from};
        result.from = at + 1; /* an urgent byte that is not part of the stream */
        result.len = queued - result.from;
    }
    return result;
}

static inline span readable(const simp_tcp *t)
{
    const sim_packet *last = t->active != NULL ? t->active->receive.last : NULL;
    uint32_t queued = last != NULL ? last->tcp.seq + last->length - t->read : 0;
    return t->mark_count == 0 ? (span){0, queued} : readable_with_marks(t, queued);
}

uint32_t simp_receive_buffer_ready(const simp_tcp *t) { return readable(t).len; }

static void copy_out(const simp_tcp *t, uint32_t from, uint8_t *out, uint32_t len)
{
    const sim_packet *packet = t->active->receive.first;
    for (; len > 0; packet = packet->next) {
        if (from >= packet->length) {
            from -= packet->length;
            continue;
        }
        uint32_t part = packet->length - from < len ? packet->length - from : len;
        memcpy(out, packet->block->bytes + packet->offset + from, part);
        out += part;
        len -= part;
        from = 0;
    }
}

/* As BSD does: a receive that finds nothing before the urgent byte steps over it, and it is lost. */
static COLD void lose_passed_marks(simp_tcp *t, bool found_nothing)
{
    bool at_mark = t->mark_count > 0 && t->extras->marks[0].arrived && t->extras->marks[0].seq == t->read;
    if (found_nothing && at_mark)
        consume(t, 1);
    while (t->mark_count > 0 && t->extras->marks[0].passed)
        drop_mark(t, 0);
}

uint32_t simp_receive_buffer_read(simp_tcp *t, uint8_t *out, uint32_t len, bool peek)
{
    span ready = readable(t);
    uint32_t count = len < ready.len ? len : ready.len;
    if (count > 0) {
        copy_out(t, ready.from, out, count);
        if (!peek)
            consume(t, ready.from + count);
    }
    if (t->mark_count > 0 && len > 0 && !peek && !is_inline(t) && simp_tcp_profile(t)->one_urgent_byte)
        lose_passed_marks(t, count == 0);
    return count;
}

static bool is_head_taken(const simp_tcp *t)
{
    for (unsigned i = 0; i < t->mark_count; i++) {
        if (t->extras->marks[i].taken && t->extras->marks[i].seq == t->read)
            return true;
    }
    return false;
}

/* A byte that was taken, with nothing before it in the stream, has no reader left: it gives its room back. */
void simp_receive_buffer_take(simp_tcp *t, simp_mark *mark)
{
    mark->taken = true;
    if (mark->passed)
        drop_mark(t, (unsigned)(mark - t->extras->marks));
    if (simp_tcp_profile(t)->one_urgent_byte)
        return; /* as BSD does: it stays where it is until a receive steps over it */
    while (is_head_taken(t))
        consume(t, 1);
}
