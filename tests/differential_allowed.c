/* SPDX-License-Identifier: MIT
 *
 * The written list: what a simulated and a real run of one program may show differently, and why.
 *
 * A rule is as narrow as it can be said, and counts how often it was needed.  What is not here is a
 * disagreement.
 */
#include "tests/differential_allowed.h"

/* ---- results ---- */

static bool is_error(const diff_result *result, int error)
{
    return result->failed && result->error == error;
}
static bool is_value(const diff_result *result, long value)
{
    return !result->failed && result->value == value;
}

/* No program sets the simulated default, so who has it never set anything. */
static bool is_default_size(const diff_comparison *all, unsigned step, const diff_result *sim,
                            const diff_result *real)
{
    enum { SIMULATED_DEFAULT = 65536 };
    const diff_step *s = &all->program->steps[step];
    bool asks = s->verb == DIFF_GETOPT && (s->option == DIFF_RCVBUF || s->option == DIFF_SNDBUF);
    return asks && is_value(sim, SIMULATED_DEFAULT) && !real->failed;
}

/* Bytes, no room, nothing, or the end behind bytes that have not been pushed through yet. */
static bool is_transfer(diff_verb verb, const diff_result *result)
{
    bool sends = verb == DIFF_SEND || verb == DIFF_SENDTO;
    return result->failed ? result->error == WSAEWOULDBLOCK && verb != DIFF_AVAILABLE
                          : !sends || result->value > 0;
}

/* How much buffers hold is the system's affair. */
static bool is_full_buffer(const diff_comparison *all, unsigned step, const diff_result *sim,
                           const diff_result *real)
{
    diff_verb verb = all->program->steps[step].verb;
    bool transfers = verb == DIFF_AVAILABLE || verb == DIFF_RECV || verb == DIFF_RECVFROM ||
                     verb == DIFF_SEND || verb == DIFF_SENDTO || verb == DIFF_ATMARK;
    return transfers && differential_is_bulk(all->program) && is_transfer(verb, sim) &&
           is_transfer(verb, real);
}

static bool is_filled_behind_shutdown(const diff_comparison *all, unsigned step, const diff_result *sim,
                                      const diff_result *real)
{
    const diff_step *steps = all->program->steps;
    bool shuts = false;
    for (unsigned i = 0; i < step; i++)
        shuts = shuts || (steps[i].verb == DIFF_SHUTDOWN && steps[i].number != SD_SEND);
    return steps[step].verb == DIFF_FILL && shuts && !sim->failed && real->failed;
}

static bool has_sent_datagrams(const diff_comparison *all, unsigned end, int slot)
{
    diff_past past = differential_past(all, end, slot);
    return all->real->backend == ARENA_POLL && past.datagram && past.sent;
}

static bool is_hidden_error(const diff_comparison *all, unsigned step, const diff_result *sim,
                            const diff_result *real)
{
    const diff_step *s = &all->program->steps[step];
    bool receives = s->verb == DIFF_RECV || s->verb == DIFF_RECVFROM;
    (void)real;
    return receives && is_error(sim, WSAECONNRESET) && has_sent_datagrams(all, step, s->slot);
}

static bool is_reset_behind_end(const diff_comparison *all, unsigned step, const diff_result *sim,
                                const diff_result *real)
{
    diff_past past = differential_past(all, step, all->program->steps[step].slot);
    bool harsher = is_error(sim, WSAECONNRESET) && is_error(real, WSAECONNABORTED);
    bool milder = is_error(sim, WSAECONNABORTED) && is_error(real, WSAECONNRESET);
    return differential_is_bulk(all->program) && past.left_alone && (harsher || milder);
}

/* ---- notifications ---- */

static unsigned count_of(const diff_notes *notes, long event)
{
    unsigned count = 0;
    for (unsigned i = 0; i < notes->count; i++)
        count += notes->notes[i].event == event;
    return count;
}

/* Each event but the one is there as often, and as it stands among the others. */
static bool is_equal_but_for(const diff_notes *a, const diff_notes *b, long events)
{
    unsigned j = 0;
    for (unsigned i = 0; i < a->count; i++) {
        if ((a->notes[i].event & events) != 0)
            continue;
        while (j < b->count && (b->notes[j].event & events) != 0)
            j++;
        if (j == b->count || a->notes[i].event != b->notes[j].event || a->notes[i].error != b->notes[j].error)
            return false;
        j++;
    }
    while (j < b->count && (b->notes[j].event & events) != 0)
        j++;
    return j == b->count;
}

static unsigned count_steps(const diff_comparison *all, unsigned last, int slot, diff_verb verb)
{
    const unsigned *epochs = all->sim->epochs;
    unsigned count = 0;
    for (unsigned i = 0; i <= last; i++) {
        const diff_step *step = &all->program->steps[i];
        count += step->slot == slot && step->verb == verb && epochs[i] == epochs[last];
    }
    return count;
}

static bool is_listener_asked_late(const diff_comparison *all, unsigned step, int slot, const diff_notes *sim,
                                   const diff_notes *real)
{
    bool accepts = count_steps(all, step, slot, DIFF_ACCEPT) > 0;
    bool selects = count_steps(all, step, slot, DIFF_SELECT) > 1;
    return (accepts || selects) && is_equal_but_for(sim, real, FD_ACCEPT) && real->count < sim->count;
}

static bool is_datagram_asked_late(const diff_comparison *all, unsigned step, int slot, const diff_notes *sim,
                                   const diff_notes *real)
{
    bool receives = count_steps(all, step, slot, DIFF_RECV) + count_steps(all, step, slot, DIFF_RECVFROM) > 0;
    bool datagram = differential_past(all, step, slot).datagram;
    return receives && datagram && is_equal_but_for(sim, real, FD_READ) && real->count < sim->count;
}

static bool is_arrival_in_a_batch(const diff_comparison *all, unsigned step, int slot, const diff_notes *sim,
                                  const diff_notes *real)
{
    (void)all, (void)step, (void)slot;
    bool same = sim->count == real->count && count_of(sim, FD_OOB) == count_of(real, FD_OOB);
    return same && count_of(sim, FD_OOB) > 0 && is_equal_but_for(sim, real, FD_OOB);
}

static bool was_told(const diff_record *record, int slot, unsigned epoch, long event)
{
    for (unsigned i = 0; i < record->note_count; i++)
        if (record->notes[i].slot == slot && record->notes[i].epoch <= epoch &&
            record->notes[i].event == event)
            return true;
    return false;
}

/* When a socket was drained, room and the end must have come on both or on neither. */
static bool is_room_in_full_buffer(const diff_comparison *all, unsigned step, int slot, const diff_notes *sim,
                                   const diff_notes *real)
{
    unsigned drained = 0, epoch = all->sim->epochs[step];
    for (int any = 0; any < DIFF_SLOTS; any++)
        drained += count_steps(all, step, any, DIFF_DRAIN);
    bool same = was_told(all->sim, slot, epoch, FD_WRITE) == was_told(all->real, slot, epoch, FD_WRITE) &&
                was_told(all->sim, slot, epoch, FD_CLOSE) == was_told(all->real, slot, epoch, FD_CLOSE);
    return differential_is_bulk(all->program) && (drained == 0 || same) &&
           is_equal_but_for(sim, real, FD_WRITE | FD_READ | FD_CLOSE | FD_OOB);
}

static bool is_hidden_error_to_notes(const diff_comparison *all, unsigned step, int slot,
                                     const diff_notes *sim, const diff_notes *real)
{
    return has_sent_datagrams(all, step + 1, slot) && is_equal_but_for(sim, real, FD_READ) &&
           real->count <= sim->count;
}

static long bytes_sent_by_others(const diff_comparison *all, unsigned end, int slot)
{
    long sum = 0;
    for (unsigned i = 0; i < end; i++) {
        const diff_step *s = &all->program->steps[i];
        const diff_result *result = &all->sim->results[i];
        bool sends = s->verb == DIFF_SEND || s->verb == DIFF_SENDTO;
        sum += sends && s->slot != slot && !result->failed && result->value > 0 ? result->value : 0;
    }
    return sum;
}

/* The sizes are those of backends/stream_end.c. */
static bool is_end_hidden(const diff_comparison *all, unsigned step, int slot, const diff_notes *sim,
                          const diff_notes *real)
{
    enum { SURELY_TOLD = 5000 };
    diff_past past = differential_past(all, step + 1, slot);
    bool unknown = past.adopted || bytes_sent_by_others(all, step + 1, slot) > SURELY_TOLD;
    return all->real->backend == ARENA_POLL && unknown && past.left_alone &&
           is_equal_but_for(sim, real, FD_CLOSE) && real->count < sim->count;
}

/* ---- the list ---- */

typedef bool (*result_rule)(const diff_comparison *, unsigned step, const diff_result *, const diff_result *);
typedef bool (*notes_rule)(const diff_comparison *, unsigned step, int slot, const diff_notes *,
                           const diff_notes *);

static const struct {
    const char *name;
    const char *reason; /* what differs, where, why */
    result_rule result;
    notes_rule notes;
    diff_allowance allowance;
} rules[] = {
    {"default-buffer-size",
     "getopt SNDBUF or RCVBUF that was never set: the first sizes are the system's own", is_default_size,
     NULL, DIFF_ALLOWED},
    {"urgent-in-a-batch",
     "OnReceive and OnOutOfBandData of one arrival: a world posts in the order of packets; one epoll event "
     "tells both, and R1 puts the urgent byte first",
     NULL, is_arrival_in_a_batch, DIFF_ALLOWED},
    {"full-buffer",
     "results of FIONREAD, SIOCATMARK, Receive and Send in programs that make buffers small or fill them: "
     "how much goes "
     "at "
     "once, and when the rest and the end follow",
     is_full_buffer, NULL, DIFF_ALLOWED},
    {"room-in-full-buffer",
     "OnSend, OnReceive, OnOutOfBandData and OnClose in such programs: when they come depends on sizes; "
     "after a "
     "socket was drained, both have told of room and of the end, or neither",
     NULL, is_room_in_full_buffer, DIFF_ALLOWED},
    {"listener-told-late",
     "AsyncSelect on a listener leaves OnAccept to the next wait, when a call made meanwhile may have "
     "emptied "
     "the queue or changed the mask",
     NULL, is_listener_asked_late, DIFF_ALLOWED},
    {"datagram-told-late",
     "a receive leaves the next OnReceive of a datagram socket to the next wait, when a call made meanwhile "
     "may have taken the datagram or the mask",
     NULL, is_datagram_asked_late, DIFF_ALLOWED},
    {"error-without-peer",
     "poll only: an ICMP error of a datagram socket without a peer is not told, so that of a later send, "
     "when it "
     "has one, is the first; asking the kernel for it is a matter of Linux (IP_RECVERR)",
     is_hidden_error, is_hidden_error_to_notes, DIFF_ALLOWED_TO_THE_END},
    {"filled-behind-shutdown",
     "filling a peer that has shut down receives: a world drops the bytes (SHU-24), the kernel keeps them "
     "until "
     "its buffer is full",
     is_filled_behind_shutdown, NULL, DIFF_ALLOWED_TO_THE_END},
    {"reset-behind-end",
     "Send and Receive after FIN and then a reset, in such programs: whether the reset answered a send "
     "(SHU-20) shows in what is unacknowledged, which in full buffers is the system's affair",
     is_reset_behind_end, NULL, DIFF_ALLOWED},
    {"end-behind-bytes",
     "poll only: OnClose waits until some bytes are read, when more than 5000 came before the end, or they "
     "came "
     "while the handle was detached: then the end cannot be told from a tight buffer",
     NULL, is_end_hidden, DIFF_ALLOWED_TO_THE_END},
};
enum { RULES = sizeof rules / sizeof rules[0] };

unsigned differential_rule_count(void) { return RULES; }
const char *differential_rule_name(unsigned rule) { return rules[rule].name; }
const char *differential_rule_reason(unsigned rule) { return rules[rule].reason; }

static diff_allowance use(const diff_comparison *all, unsigned rule)
{
    if (all->used != NULL)
        all->used[rule]++;
    return rules[rule].allowance;
}

diff_allowance differential_allows_result(const diff_comparison *all, unsigned step, const diff_result *sim,
                                          const diff_result *real)
{
    for (unsigned i = 0; i < RULES; i++)
        if (rules[i].result != NULL && rules[i].result(all, step, sim, real))
            return use(all, i);
    return DIFF_REFUSED;
}

diff_allowance differential_allows_notes(const diff_comparison *all, unsigned step, int slot,
                                         const diff_notes *sim, const diff_notes *real)
{
    for (unsigned i = 0; i < RULES; i++)
        if (rules[i].notes != NULL && rules[i].notes(all, step, slot, sim, real))
            return use(all, i);
    return DIFF_REFUSED;
}
