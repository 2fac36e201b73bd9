/* SPDX-License-Identifier: MIT
 *
 * A packet in one line of text, for people.  Sequence numbers are those on the wire.
 *
 * The text is cut where the buffer ends; it is always terminated when there is room for that.
 */
#include <inttypes.h>
#include <netinet/in.h>
#include <stdarg.h>
#include <stdio.h>

#include "simnet/packet/packet.h"

typedef struct text {
    char *buf;
    size_t size, used;
} text;

#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
static void
append(text *t, const char *format, ...)
{
    if (t->used + 1 >= t->size)
        return;
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(t->buf + t->used, t->size - t->used, format, arguments);
    va_end(arguments);
    if (len > 0)
        t->used = (size_t)len < t->size - t->used ? t->used + (size_t)len : t->size - 1;
}

static void append_flags(text *t, uint8_t flags)
{
    static const struct {
        uint8_t bit;
        const char *name;
    } names[] = {{SIMP_SYN, " SYN"}, {SIMP_FIN, " FIN"}, {SIMP_RST, " RST"}, {SIMP_ACK, " ACK"},
                 {SIMP_PSH, " PSH"}, {SIMP_URG, " URG"}, {SIMP_ECE, " ECE"}, {SIMP_CWR, " CWR"}};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++)
        if (flags & names[i].bit)
            append(t, "%s", names[i].name);
}

static void append_tcp(text *t, const sim_packet *p)
{
    const simp_tcp_header *h = &p->tcp;
    append_flags(t, h->flags);
    append(t, " seq=%" PRIu32, h->seq);
    if (h->flags & SIMP_ACK)
        append(t, " ack=%" PRIu32, h->ack);
    if (p->length > 0)
        append(t, " len=%" PRIu32, p->length);
    append(t, " win=%u", h->window);
    if (h->flags & SIMP_URG)
        append(t, " urg=%u", h->urgent);
    if (h->mss != 0)
        append(t, " mss=%u", h->mss);
    if (h->scale != SIMP_NO_SCALE)
        append(t, " ws=%u", h->scale);
    if (h->sack_permitted)
        append(t, " sack-permitted");
    if (h->has_timestamps)
        append(t, " ts=%" PRIu32 "/%" PRIu32, h->ts_value, h->ts_echo);
    for (unsigned i = 0; i < h->sack_count; i++)
        append(t, "%s%" PRIu32 "-%" PRIu32, i == 0 ? " sack=" : ",", h->sack[i].left, h->sack[i].right);
}

static const char *icmp_name(simp_icmp_kind kind)
{
    switch (kind) {
    case SIMP_ICMP_ECHO: return "echo request";
    case SIMP_ICMP_ECHO_REPLY: return "echo reply";
    case SIMP_ICMP_NET_UNREACHABLE: return "net unreachable";
    case SIMP_ICMP_HOST_UNREACHABLE: return "host unreachable";
    case SIMP_ICMP_PROTOCOL_UNREACHABLE: return "protocol unreachable";
    case SIMP_ICMP_PORT_UNREACHABLE: return "port unreachable";
    case SIMP_ICMP_SOURCE_ROUTE_FAILED: return "source route failed";
    case SIMP_ICMP_NET_UNKNOWN: return "net unknown";
    case SIMP_ICMP_HOST_UNKNOWN: return "host unknown";
    case SIMP_ICMP_NET_PROHIBITED: return "net prohibited";
    case SIMP_ICMP_HOST_PROHIBITED: return "host prohibited";
    case SIMP_ICMP_PROHIBITED: return "prohibited";
    case SIMP_ICMP_PARAMETER_PROBLEM: return "parameter problem";
    case SIMP_ICMP_TOO_BIG: return "packet too big";
    case SIMP_ICMP_TIME_EXCEEDED: return "time exceeded";
    case SIMP_ICMP_REASSEMBLY_TIME: return "reassembly time exceeded";
    case SIMP_ICMP_KINDS: break;
    }
    return "?";
}

/* Bytes of payload of the whole datagram, of which a fragment is a part. */
static uint32_t payload_of_whole(const sim_packet *p)
{
    bool is_fragment = simp_packet_is_fragment(p);
    return is_fragment && p->ip_payload_len >= 8 ? p->ip_payload_len - 8 : p->length;
}

static void append_icmp(text *t, const sim_packet *p)
{
    const simp_icmp_header *h = &p->icmp;
    append(t, " %s", icmp_name(h->kind));
    if (h->kind == SIMP_ICMP_ECHO || h->kind == SIMP_ICMP_ECHO_REPLY) {
        append(t, " id=%u seq=%u len=%" PRIu32, h->identifier, h->sequence, payload_of_whole(p));
        return;
    }
    if (h->kind == SIMP_ICMP_TOO_BIG)
        append(t, " mtu=%" PRIu32, h->mtu);
    const sim_packet *quoted = h->quoted;
    if (quoted == NULL)
        return;
    if (quoted->protocol == IPPROTO_TCP || quoted->protocol == IPPROTO_UDP)
        append(t, " for %s %u>%u", quoted->protocol == IPPROTO_TCP ? "TCP" : "UDP", quoted->source_port,
               quoted->destination_port);
    else
        append(t, " for %s %s", quoted->protocol == IPPROTO_ICMP ? "ICMP" : "ICMPv6",
               icmp_name(quoted->icmp.kind));
}

static void append_fragment(text *t, const sim_packet *p)
{
    uint32_t header_len = p->fragment_offset == 0 && !p->from_bytes ? 8u : 0u;
    if (simp_packet_is_fragment(p))
        append(t, " (fragment %u+%" PRIu32 ")", p->fragment_offset, header_len + p->length);
}

char *sim_packet_describe(const sim_packet *p, char *buf, size_t size)
{
    text t = {buf, size, 0};
    if (size > 0)
        buf[0] = '\0';
    switch (p->protocol) {
    case IPPROTO_TCP:
        append(&t, "TCP %u>%u", p->source_port, p->destination_port);
        append_tcp(&t, p);
        break;
    case IPPROTO_UDP:
        append(&t, "UDP %u>%u len=%" PRIu32, p->source_port, p->destination_port, payload_of_whole(p));
        break;
    case IPPROTO_ICMP:
    case IPPROTO_ICMPV6:
        append(&t, "%s", p->protocol == IPPROTO_ICMP ? "ICMP" : "ICMPv6");
        append_icmp(&t, p);
        break;
    default: append(&t, "protocol %u len=%" PRIu32, p->protocol, p->length);
    }
    append_fragment(&t, p);
    return buf;
}
