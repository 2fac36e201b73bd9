/* SPDX-License-Identifier: MIT
 *
 * The slots that move bytes, or count them: cut short, or made to find nothing, where a correct program may
 * meet that.
 */
#include "simnet/socket/fault_backend.h"
#include "simnet/socket/fault_search.h"

/* Those of interest that are true at this moment below, as the engine would be told. */
static long truth(const sim_fault *fault, const cas_port_socket *s, long interest)
{
    int ignored = 0;
    return fault->inner->ops->conditions(fault->inner, s->inner, interest, &ignored);
}

static unsigned ask(const sim_fault *fault, const cas_port_socket *s, cas_query what)
{
    unsigned value = 0;
    return fault->inner->ops->query(fault->inner, s->inner, what, &value) == 0 ? value : 0;
}

/* At least one byte, at least what was promised, and fewer than there are; else all of them. */
static size_t shorter(sim_fault *fault, simp_fault_amount amount, size_t all, size_t promised)
{
    size_t least = promised > 0 ? promised : 1;
    return all - 1 - (size_t)simp_fault_amount_below(fault, amount, all - least);
}

/* ---- receive ---- */

/* After WSAEWOULDBLOCK an FD_READ must follow, and nobody may have been told that bytes are there, or that
 * no more will come. */
static bool receive_may_block(const sim_fault *fault, const cas_port_socket *s, size_t len, int flags)
{
    if (len == 0 || (flags & MSG_OOB) != 0 || s->promised > 0 || s->receive_shut)
        return false;
    if (s->datagram)
        return ask(fault, s, CAS_QUERY_READABLE) != 0;
    return !s->close_told && (truth(fault, s, FD_READ) & FD_READ) != 0;
}

static bool receive_blocks(sim_fault *fault, cas_port_socket *s, size_t len, int flags)
{
    int64_t ppm = fault->options.receive_would_block_ppm;
    if (!simp_fault_may_block(fault, ppm) || !receive_may_block(fault, s, len, flags) ||
        !simp_fault_blocks(fault, s, SIMP_CHANCE_RECEIVE_BLOCKS, ppm))
        return false;
    fault->counters.receive_would_blocks++;
    simp_fault_tell(s, "receive would block");
    return true;
}

static size_t receive_len(sim_fault *fault, const cas_port_socket *s, size_t len, int flags)
{
    int64_t ppm = fault->options.short_receive_ppm;
    bool is_searched = (fault->searched & SIM_MAY_SHORT_RECEIVE) != 0;
    if ((ppm == 0 && !is_searched) || s->datagram || (flags & MSG_OOB) != 0)
        return len;
    size_t there = ask(fault, s, CAS_QUERY_READ_COUNT);
    size_t all = len < there ? len : there;
    if (all < 2 || all <= s->promised)
        return len;
    size_t part = simp_fault_search_len(fault, s, SIM_MAY_SHORT_RECEIVE, all);
    if (part < all) {
        fault->counters.short_receives++;
        simp_fault_tell(s, "short receive");
        return part < s->promised ? s->promised : part;
    }
    if (!simp_fault_happens(fault, SIMP_CHANCE_RECEIVE_SHORT, ppm))
        return len;
    fault->counters.short_receives++;
    simp_fault_tell(s, "short receive");
    return shorter(fault, SIMP_AMOUNT_RECEIVE, all, s->promised);
}

/* ---- a slow reader ---- */

static uint64_t now_of(const sim_fault *fault) { return fault->inner->ops->now(fault->inner); }

/* Too early: an FD_READ follows when it is time. */
static bool must_wait(sim_fault *fault, cas_port_socket *s, size_t len, int flags)
{
    if (s->next_receive_ns == 0 || s->datagram || now_of(fault) >= s->next_receive_ns ||
        !receive_may_block(fault, s, len, flags))
        return false;
    fault->counters.slow_receives++;
    simp_fault_tell(s, "slow receive");
    simp_fault_hold(s, FD_READ, s->next_receive_ns - now_of(fault));
    return true;
}

static size_t slow_len(sim_fault *fault, const cas_port_socket *s, size_t len, int flags)
{
    size_t most = fault->options.slow_receive_bytes;
    if (most == 0 || s->datagram || (flags & MSG_OOB) != 0 || len <= most || s->promised > most)
        return len;
    fault->counters.slow_receives++;
    simp_fault_tell(s, "slow receive");
    return most;
}

/* What is left is told when it may be had. */
static void pace(const sim_fault *fault, cas_port_socket *s, int flags, size_t count)
{
    uint64_t rest_ns = (uint64_t)fault->options.slow_receive_ns;
    if (rest_ns == 0 || s->datagram || count == 0 || (flags & (MSG_PEEK | MSG_OOB)) != 0 || s->close_told)
        return;
    s->next_receive_ns = now_of(fault) + rest_ns;
    if ((truth(fault, s, FD_READ) & FD_READ) != 0)
        simp_fault_hold(s, FD_READ, rest_ns);
}

static void keep_promise(cas_port_socket *s, int flags, size_t count)
{
    if ((flags & MSG_OOB) != 0)
        return;
    if ((flags & MSG_PEEK) == 0)
        s->promised = s->promised > count ? s->promised - count : 0;
    else if (count > s->promised)
        s->promised = count;
}

/* As if an FD_READ had been queued before this receive took the last byte (BUG-01).  A pre-check would drop
 * it, with its latch shut. */
static void leave_surplus(sim_fault *fault, cas_port_socket *s, int flags)
{
    int64_t ppm = fault->options.surplus_read_ppm;
    if (ppm == 0 || (flags & (MSG_PEEK | MSG_OOB)) != 0 || s->close_told ||
        s->sink.profile->precheck != CAS_PRECHECK_NONE || ask(fault, s, CAS_QUERY_READABLE) != 0 ||
        !simp_fault_happens(fault, SIMP_CHANCE_SURPLUS, ppm))
        return;
    fault->counters.surplus_reads++;
    simp_fault_tell(s, "surplus read");
    simp_fault_hold(s, FD_READ, 0);
}

/* Whatever it answers, the engine asks for FD_READ or FD_OOB right afterwards (R4, R5): what the backend
 * below knows to be false may be held back here. */
int simp_fault_receive(cas_backend *backend, cas_port_socket *s, void *buf, size_t len, int flags,
                       SOCKADDR_STORAGE *from, cas_received *got)
{
    sim_fault *fault = (sim_fault *)backend;
    int error = simp_fault_rule_for(fault, SIM_FAULT_RECEIVE, NULL);
    s->receives++;
    simp_fault_forget(s, (flags & MSG_OOB) != 0 ? FD_OOB : FD_READ);
    if (error != 0)
        return error;
    if (must_wait(fault, s, len, flags) || receive_blocks(fault, s, len, flags))
        return WSAEWOULDBLOCK;
    len = receive_len(fault, s, slow_len(fault, s, len, flags), flags);
    error = fault->inner->ops->receive(fault->inner, s->inner, buf, len, flags, from, got);
    got->drained = false;
    if (error != 0)
        return error;
    keep_promise(s, flags, got->count);
    pace(fault, s, flags, got->count);
    if (s->datagram || got->count > 0)
        leave_surplus(fault, s, flags);
    return 0;
}

/* ---- send ---- */

/* The program now waits for FD_WRITE.  Without room the backend below owes it. */
static void owe_write(sim_fault *fault, cas_port_socket *s)
{
    if ((truth(fault, s, FD_WRITE) & FD_WRITE) != 0)
        simp_fault_hold(s, FD_WRITE, 0);
}

static bool send_blocks(sim_fault *fault, cas_port_socket *s, size_t len)
{
    int64_t ppm = fault->options.send_would_block_ppm;
    if (!simp_fault_may_block(fault, ppm) || len == 0 || (truth(fault, s, FD_WRITE) & FD_WRITE) == 0 ||
        !simp_fault_blocks(fault, s, SIMP_CHANCE_SEND_BLOCKS, ppm))
        return false;
    fault->counters.send_would_blocks++;
    simp_fault_tell(s, "send would block");
    return true;
}

static size_t send_len(sim_fault *fault, const cas_port_socket *s, size_t len)
{
    int64_t ppm = fault->options.short_send_ppm;
    if (s->datagram || len < 2 || s->sink.profile->sends_whole)
        return len;
    size_t part = simp_fault_search_len(fault, s, SIM_MAY_SHORT_SEND, len);
    if (part < len || ppm == 0 || !simp_fault_happens(fault, SIMP_CHANCE_SEND_SHORT, ppm))
        return part;
    return shorter(fault, SIMP_AMOUNT_SEND, len, 0);
}

/* Of urgent data the half goes as ordinary bytes: the urgent one is the last. */
static int send_half_and_reset(sim_fault *fault, cas_port_socket *s, const void *buf, size_t len, int flags,
                               size_t *count)
{
    cas_backend *inner = fault->inner;
    size_t half = len / 2;
    if (half < len)
        flags &= ~MSG_OOB;
    int error = inner->ops->send(inner, s->inner, buf, half, flags, NULL, 0, count);
    if (error != 0)
        return error;
    fault->counters.resets++;
    simp_fault_tell(s, "reset");
    simp_fault_reset(fault, s);
    return 0;
}

int simp_fault_send(cas_backend *backend, cas_port_socket *s, const void *buf, size_t len, int flags,
                    const SOCKADDR *to, int to_len, size_t *count)
{
    sim_fault *fault = (sim_fault *)backend;
    const sim_fault_rule *rule;
    int error = simp_fault_rule_for(fault, SIM_FAULT_SEND, &rule);
    s->sends++;
    bool resets = rule != NULL ? rule->reset : error == 0 && simp_fault_search_cuts(fault, s);
    if (resets && !s->datagram)
        return send_half_and_reset(fault, s, buf, len, flags, count);
    if (error == 0 && len > 0 && simp_fault_search(fault, s, SIM_MAY_NO_BUFFERS, SIMP_VERB_SEND, 2) != 0) {
        fault->counters.failed[SIM_FAULT_SEND]++;
        return WSAENOBUFS;
    }
    if (error == 0 && send_blocks(fault, s, len))
        error = WSAEWOULDBLOCK;
    if (error != 0) {
        if (error == WSAEWOULDBLOCK)
            owe_write(fault, s);
        return error;
    }
    size_t part = send_len(fault, s, len);
    if (part < len)
        flags &= ~MSG_OOB; /* the urgent byte is the last one, which is still to come */
    error = fault->inner->ops->send(fault->inner, s->inner, buf, part, flags, to, to_len, count);
    if (error == WSAEWOULDBLOCK)
        simp_fault_forget(s, FD_WRITE); /* the backend below owes it */
    if (error == 0 && part < len) {
        fault->counters.short_sends++;
        simp_fault_tell(s, "short send");
    }
    return error;
}

/* ---- counting ---- */

static void count_short(sim_fault *fault, cas_port_socket *s, unsigned *value)
{
    int64_t ppm = fault->options.short_receive_ppm;
    if (s->datagram || (ppm == 0 && fault->searched == 0))
        return;
    if (*value >= 2 && *value > s->promised && simp_fault_happens(fault, SIMP_CHANCE_RECEIVE_SHORT, ppm)) {
        fault->counters.short_counts++;
        simp_fault_tell(s, "short count");
        *value = (unsigned)shorter(fault, SIMP_AMOUNT_RECEIVE, *value, s->promised);
    }
    if (*value > s->promised)
        s->promised = *value;
}

int simp_fault_query(cas_backend *backend, cas_port_socket *s, cas_query what, unsigned *value)
{
    sim_fault *fault = (sim_fault *)backend;
    int error = simp_fault_rule_for(fault, SIM_FAULT_QUERY, NULL);
    if (error == 0)
        error = fault->inner->ops->query(fault->inner, s->inner, what, value);
    if (error == 0 && what == CAS_QUERY_READ_COUNT)
        count_short(fault, s, value);
    return error;
}
