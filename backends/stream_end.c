/* SPDX-License-Identifier: MIT
 *
 * See stream_end.h.
 *
 * A stream with n bytes unread gets a low-water mark of n + 1 (SO_RCVLOWAT).  POLLIN, which held and said
 * nothing new, then speaks again when more bytes come, which FIONREAD shows, or else at the end.  But a
 * kernel may ignore the mark when its receive buffer gets tight (Linux does, when memory runs out or the
 * window is smaller than the largest segment seen).  So that no FD_CLOSE is ever untrue, POLLIN is believed
 *
 *  - if it was silent earlier with the same bytes unread: none came, so nothing got tight;
 *  - if it speaks at once, as long as little is unread beside the buffer, and no segment can have been long
 *    beside the window: none was longer than all that ever came without a pause, nor than two times the
 *    maximum (of which Linux tells only that of the other direction).  With the usual buffers this is good
 *    for 5000 bytes that come with the end.
 *
 * Otherwise the end is HIDDEN until some of the bytes were read.
 *
 * An urgent byte is a byte as the low-water mark sees it, while FIONREAD stops counting at its mark; so then
 * all are counted the other way (casp_stream_count_otherwise).
 */
#include "backends/stream_end.h"

bool casp_end_set_low_water(cas_port_socket *s, int bytes)
{
    if (setsockopt(s->fd, SOL_SOCKET, SO_RCVLOWAT, &bytes, sizeof bytes) != 0)
        return false;
    s->low_water = bytes;
    return true;
}

/* The urgent byte that the stream stands at, and what is behind it; 0: more than need be watched. */
static unsigned count_from_mark(const cas_port_socket *s)
{
    char bytes[4096];
    ssize_t behind = recv(s->fd, bytes, sizeof bytes, MSG_PEEK);
    return behind == sizeof bytes ? 0 : behind > 0 ? 1 + (unsigned)behind : 1;
}

/* All bytes that are queued, urgent ones too. */
static int unread_bytes(const cas_port_socket *s)
{
    if (!s->urgent_seen || s->oob_inline)
        return (int)casp_stream_count(s);
    return (int)(sockatmark(s->fd) == 1 ? count_from_mark(s) : casp_stream_count_otherwise(s));
}

static int socket_int(const cas_port_socket *s, int level, int name)
{
    int value = 0;
    socklen_t len = sizeof value;
    return getsockopt(s->fd, level, name, &value, &len) == 0 ? value : 0;
}

/* No segment that came was longer. */
static size_t longest_segment(const cas_port_socket *s, size_t unread)
{
    enum { SEGMENT_DEFAULT = 536 };
    size_t burst = s->burst < SIZE_MAX - unread ? s->burst + unread : SIZE_MAX;
    size_t came = burst > s->burst_max ? burst : s->burst_max;
#ifdef TCP_MAXSEG
    size_t maximum = 2 * (size_t)socket_int(s, IPPROTO_TCP, TCP_MAXSEG);
    came = maximum >= SEGMENT_DEFAULT && maximum < came ? maximum : came;
#endif
    return came > SEGMENT_DEFAULT ? came : SEGMENT_DEFAULT;
}

/* The kernel has no reason to ignore the low-water mark.  A window is half of the buffer, or a quarter if its
 * bytes came in bad shape, and at first at most 64 KiB; it is rounded down to segments; and what was read is
 * not offered again before it makes half of it. */
static bool has_plenty_of_room(const cas_port_socket *s)
{
    enum { BUFFER_AT_FIRST = 131072 };
    size_t buffer = (size_t)socket_int(s, SOL_SOCKET, SO_RCVBUF), unread = (size_t)s->unread;
    size_t window = (buffer < BUFFER_AT_FIRST ? buffer : BUFFER_AT_FIRST) / 4;
    size_t longest = longest_segment(s, unread);
    return longest <= window && 4 * longest + 2 * unread <= window;
}

void casp_end_watch_begin(cas_port_socket *s, unsigned wait)
{
    s->end_watch = CASP_END_HIDDEN;
    int unread = unread_bytes(s);
    if (unread == 0 || unread > socket_int(s, SOL_SOCKET, SO_RCVBUF) / 8 * 3)
        return;
    if (s->low_water <= unread && !casp_end_set_low_water(s, unread + 1))
        return;
    s->end_watch = CASP_END_WATCHED;
    s->unread = unread;
    s->watched_since = wait;
}

bool casp_end_has_come(cas_port_socket *s, unsigned wait)
{
    bool more = unread_bytes(s) != s->unread;
    /* Of the first urgent byte wait() has not heard yet, so they were counted up to it. */
    if (more || (!s->urgent_seen && (casp_socket_poll(s, POLLPRI) & POLLPRI) != 0)) {
        s->end_watch = CASP_END_UNWATCHED; /* the next wait() watches anew */
        return false;
    }
    bool silent_before = s->watched_since != wait;
    if (silent_before || has_plenty_of_room(s))
        return true;
    s->end_watch = CASP_END_HIDDEN;
    return false;
}

bool casp_end_came_with_bytes(cas_port_socket *s, unsigned wait)
{
    casp_end_watch_begin(s, wait);
    if (s->end_watch != CASP_END_WATCHED)
        return false;
    if ((casp_socket_poll(s, POLLIN) & POLLIN) != 0)
        return casp_end_has_come(s, wait);
    s->watched_since = wait - 1;
    return false;
}
