/* SPDX-License-Identifier: MIT
 *
 * The options of a segment: what a SYN offers and both ends agree on, and timestamps with PAWS (RFC 7323).
 *
 * Invariants:
 *  1. sacks, stamps, scales and ecn mean "offered" in SYN-SENT, "agreed" from the peer's SYN on.
 *  2. mss is what one segment carries: the timestamps option is subtracted (RFC 6691), SACK ranges are when
 *     they are there.
 */
#include "simnet/transport/tcp.h"

enum { SCALE_MAX = 14, STAMPS_LEN = 12, MSS_V4 = 536, MSS_V6 = 1220 };
#define STAMP_LIFE_NS (UINT64_C(24) * 86400 * SIMP_S_NS) /* RFC 7323 5.5 */

static uint32_t clock_of(const simp_tcp *t)
{
    return t->extras->stamp_offset +
           (uint32_t)(t->host->world->now_ns / (uint64_t)t->stack->timestamp_tick_ns);
}

static bool begin_stamps(simp_tcp *t)
{
    simp_extras *x = simp_tcp_extras(t);
    if (x == NULL)
        return false;
    /* RFC 7323 7.1: not the time since the start; but that of the four-tuple goes on (RFC 6191). */
    x->stamp_offset = (uint32_t)(simp_mix(simp_tcp_hash(t->host->world, &t->key)) >> 32);
    x->stamp_begin_ns = t->active->opened_ns;
    return true;
}

bool simp_option_offer(simp_tcp *t, bool actively)
{
    const sim_stack *stack = t->stack;
    t->scales = true;
    t->sacks = stack->sack;
    t->stamps = stack->timestamps == SIM_FEATURE_ON || (!actively && stack->timestamps != SIM_FEATURE_OFF);
    t->ecn = stack->ecn == SIM_FEATURE_ON || (!actively && stack->ecn != SIM_FEATURE_OFF);
    return !t->stamps || !actively || begin_stamps(t);
}

/* RFC 7323 2.2: both sides scale, or neither. */
static void agree_scale(simp_tcp *t, const sim_packet *syn)
{
    t->scales = t->scales && syn->tcp.scale != SIMP_NO_SCALE;
    if (!t->scales)
        t->snd_scale = t->rcv_scale = 0;
    else
        t->snd_scale = syn->tcp.scale < SCALE_MAX ? syn->tcp.scale : (uint8_t)SCALE_MAX;
}

void simp_option_agree(simp_tcp *t, const sim_packet *syn)
{
    uint16_t none = simp_ip_is_v4(t->key.remote) ? (uint16_t)MSS_V4 : (uint16_t)MSS_V6;
    uint16_t mss = syn->tcp.mss != 0 ? syn->tcp.mss : none; /* MUST-15 */
    if (mss < t->mss)
        t->mss = mss;
    agree_scale(t, syn);
    t->sacks = t->sacks && syn->tcp.sack_permitted;
    t->stamps = t->stamps && syn->tcp.has_timestamps;
    if (t->stamps && !begin_stamps(t)) {
        t->stamps = false;
        simp_out_of_memory(t->host->world);
    }
    simp_ecn_agree(t, syn);
    if (t->stamps) {
        t->mss = t->mss > STAMPS_LEN ? (uint16_t)(t->mss - STAMPS_LEN) : 1;
        t->extras->stamp_recent = syn->tcp.ts_value;
        t->extras->stamp_recent_ns = t->host->world->now_ns;
    }
}

void simp_option_fill_syn(const simp_tcp *t, sim_packet *packet)
{
    packet->tcp.mss = simp_tcp_path_mss(t->host, t->key.remote);
    packet->tcp.sack_permitted = t->sacks;
    if (t->scales)
        packet->tcp.scale = t->rcv_scale;
    if ((packet->tcp.flags & SIMP_ACK) == 0)
        packet->tcp.window = (uint16_t)(t->receive_limit < UINT16_MAX ? t->receive_limit : UINT16_MAX);
}

/* RFC 7323 3.2: on every segment but a RST, once agreed. */
void simp_option_fill(simp_tcp *t, sim_packet *packet)
{
    if (t->gaps != NULL && (packet->tcp.flags & SIMP_ACK) != 0 && (packet->tcp.flags & SIMP_SYN) == 0)
        simp_gaps_tell(t, &packet->tcp);
    if (!t->stamps || (packet->tcp.flags & SIMP_RST) != 0)
        return;
    if ((packet->tcp.flags & SIMP_ACK) != 0)
        t->extras->last_ack_sent = t->rcv_nxt;
    packet->tcp.has_timestamps = true;
    packet->tcp.ts_value = clock_of(t);
    packet->tcp.ts_echo = (packet->tcp.flags & SIMP_ACK) != 0 ? t->extras->stamp_recent : 0;
}

uint32_t simp_option_room(const simp_tcp *t)
{
    unsigned ranges = simp_gaps_told_len(t);
    uint32_t len = ranges == 0 ? 0 : 4 + 8 * ranges;
    return t->mss > len ? t->mss - len : 1;
}

/* ---- PAWS, 5.3 ---- */

bool simp_option_accept(simp_tcp *t, const sim_packet *packet)
{
    if (!t->stamps || (packet->tcp.flags & SIMP_RST) != 0)
        return true; /* a RST is exempt: 5.2 */
    if (!packet->tcp.has_timestamps)
        return false;                                                                    /* 3.2: silently */
    bool is_valid = t->host->world->now_ns - t->extras->stamp_recent_ns < STAMP_LIFE_NS; /* 5.5 */
    if (!is_valid || !simp_seq_before(packet->tcp.ts_value, t->extras->stamp_recent))
        return true;
    simp_tcp_send_ack(t); /* R1: not acceptable */
    return false;
}

/* 4.3 (2): of what fills the left edge, the first since the last ACK counts, so that a delayed ACK echoes the
 * earliest. */
void simp_option_record(simp_tcp *t, const sim_packet *packet, uint32_t seq)
{
    if (!packet->tcp.has_timestamps || simp_seq_before(t->extras->last_ack_sent, seq))
        return;
    bool is_valid = t->host->world->now_ns - t->extras->stamp_recent_ns < STAMP_LIFE_NS;
    if (is_valid && simp_seq_before(packet->tcp.ts_value, t->extras->stamp_recent))
        return;
    t->extras->stamp_recent = packet->tcp.ts_value;
    t->extras->stamp_recent_ns = t->host->world->now_ns;
}

/* RTTM, 4.1: one sample from each ACK of something new; 0 is a round trip of less than a tick. */
void simp_option_measure(simp_tcp *t, const sim_packet *packet, uint32_t flight)
{
    if (!packet->tcp.has_timestamps)
        return;
    uint64_t tick_ns = (uint64_t)t->stack->timestamp_tick_ns;
    uint64_t rtt_ns = (clock_of(t) - packet->tcp.ts_echo) * tick_ns;
    if (rtt_ns > t->host->world->now_ns - t->extras->stamp_begin_ns + tick_ns)
        return; /* no segment of ours carried it */
    /* Appendix G: as many samples as are expected in a round trip share the weight of one. */
    simp_tcp_rtt_sample(t, rtt_ns, (flight + 2u * t->mss - 1) / (2u * t->mss));
}
