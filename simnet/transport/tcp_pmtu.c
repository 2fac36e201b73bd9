/* SPDX-License-Identifier: MIT
 *
 * Path MTU discovery of a connection, RFC 1191 and RFC 8201: a packet that was too big lowers the segment
 * size, and after ten minutes a larger one is tried again.
 *
 * Only what the path was told to be smaller than it looked is kept, and only while it is.
 */
#include "simnet/transport/tcp.h"

#define RAISE_NS (UINT64_C(600) * SIMP_S_NS) /* RFC 1191 6.3, RFC 8201 4: not before 10 minutes */
enum { V4_HEADERS = 40, V6_HEADERS = 60, V4_MTU_MIN = 68, V6_MTU_MIN = 1280, STAMPS_LEN = 12 };

struct simp_pmtu {
    uint64_t raise_ns;
    uint16_t mss; /* before it was lowered */
};

/* RFC 1191 5 and 7.1: a router that gives no size means the next plateau below what it saw. */
static uint32_t plateau_below(uint32_t size)
{
    static const uint16_t plateaus[] = {32000, 17914, 8166, 4352, 2002, 1492, 1006, 508, 296, 68};
    for (unsigned i = 0; i < sizeof plateaus / sizeof plateaus[0]; i++) {
        if (plateaus[i] < size)
            return plateaus[i];
    }
    return V4_MTU_MIN;
}

static struct simp_pmtu *ensure(simp_tcp *t)
{
    simp_extras *x = simp_tcp_extras(t);
    if (x == NULL || x->pmtu != NULL)
        return x == NULL ? NULL : x->pmtu;
    x->pmtu = simp_alloc_zero(&t->host->world->arena, sizeof *x->pmtu);
    if (x->pmtu != NULL)
        x->pmtu->mss = t->mss;
    return x->pmtu;
}

void simp_pmtu_too_big(simp_tcp *t, uint32_t mtu)
{
    sim_world *world = t->host->world;
    bool v4 = simp_ip_is_v4(t->key.remote);
    uint32_t headers = (uint32_t)(v4 ? V4_HEADERS : V6_HEADERS) + (t->stamps ? (uint32_t)STAMPS_LEN : 0);
    if (v4 && mtu == 0)
        mtu = plateau_below(t->mss + headers);
    if (mtu < (v4 ? (uint32_t)V4_MTU_MIN : (uint32_t)V6_MTU_MIN) || mtu <= headers || mtu - headers >= t->mss)
        return; /* RFC 8201 4: below the minimum, or nothing new */
    struct simp_pmtu *pmtu = ensure(t);
    if (pmtu == NULL) {
        simp_out_of_memory(world);
        return;
    }
    pmtu->raise_ns = world->now_ns + RAISE_NS;
    t->mss = (uint16_t)(mtu - headers);
    if (!simp_tcp_is_synchronised(t))
        return;
    simp_recovery_timeout(t);
    t->timing = false;
    t->nxt = t->una; /* what was too big is sent again at once; no congestion is at fault (RFC 1191 6.4) */
    simp_tcp_output(t);
}

void simp_pmtu_clear(simp_tcp *t)
{
    simp_free(&t->host->world->arena, t->extras->pmtu, sizeof *t->extras->pmtu);
    t->extras->pmtu = NULL;
}

void simp_pmtu_try_raise(simp_tcp *t)
{
    if (t->host->world->now_ns < t->extras->pmtu->raise_ns)
        return;
    t->mss = t->extras->pmtu->mss;
    simp_pmtu_clear(t);
}
