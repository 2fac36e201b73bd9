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

static bool is_count_of_listener(const diff_comparison *all, unsigned step, const diff_result *sim,
                                 const diff_result *real)
{
    return all->program->steps[step].verb == DIFF_AVAILABLE && is_value(sim, 0) && is_error(real, WSAEINVAL);
}

/* Who connects to a port that it had itself. */
static bool has_called_itself(const diff_comparison *all, unsigned end, int slot)
{
    for (unsigned i = 0; i < end; i++) {
        const diff_step *s = &all->program->steps[i];
        if (s->verb == DIFF_CONNECT && s->slot == slot && s->other == slot)
            return true;
    }
    return false;
}

/* A listener whose OOBINLINE was changed after a client connected, and that accepted afterwards. */
static bool inherits_differently(const diff_comparison *all, unsigned end)
{
    bool changed[DIFF_SLOTS] = {false}, connected = false;
    for (unsigned i = 0; i < end; i++) {
        const diff_step *s = &all->program->steps[i];
        connected = connected || s->verb == DIFF_CONNECT;
        if (connected && s->verb == DIFF_SETOPT && s->option == DIFF_OOBINLINE)
            changed[s->slot] = true;
        if (s->verb == DIFF_ACCEPT && changed[s->slot])
            return true;
    }
    return false;
}

static bool is_other_inheritance(const diff_comparison *all, unsigned step, const diff_result *sim,
                                 const diff_result *real)
{
    diff_verb verb = all->program->steps[step].verb;
    bool urgent = verb == DIFF_RECV || verb == DIFF_RECVFROM || verb == DIFF_ATMARK || verb == DIFF_AVAILABLE;
    (void)sim, (void)real;
    return urgent && inherits_differently(all, step);
}

static bool is_forgotten_port(const diff_comparison *all, unsigned step, const diff_result *sim,
                              const diff_result *real)
{
    const diff_step *s = &all->program->steps[step];
    diff_past past = differential_past(all, step, s->slot);
    if (past.datagram || !past.connected)
        return false;
    bool binds = s->verb == DIFF_BIND && is_error(sim, WSAEINVAL) && !real->failed;
    bool needs = (s->verb == DIFF_LISTEN || s->verb == DIFF_SOCKNAME) && !sim->failed &&
                 is_error(real, WSAEINVAL);
    return binds || needs || has_called_itself(all, step, s->slot);
}

static bool is_mark_of_dead(const diff_comparison *all, unsigned step, const diff_result *sim,
                            const diff_result *real)
{
    const diff_step *s = &all->program->steps[step];
    diff_past past = differential_past(all, step, s->slot);
    bool ended = past.left_alone || past.shut;
    return s->verb == DIFF_ATMARK && ended && is_value(sim, 1) && is_value(real, 0);
}

static bool is_empty_urgent(const diff_comparison *all, unsigned step, const diff_result *sim,
                            const diff_result *real)
{
    const diff_step *s = &all->program->steps[step];
    bool receives = s->verb == DIFF_RECV || s->verb == DIFF_RECVFROM;
    (void)sim;
    return receives && s->number == 0 && (s->flags & MSG_OOB) != 0 &&
           (is_value(real, 0) || is_error(real, WSAEWOULDBLOCK));
}

/* In line, one receive ends at the mark. */
static bool is_count_across_mark(const diff_comparison *all, unsigned step, const diff_result *sim,
                                 const diff_result *real)
{
    bool inline_urgent = false;
    for (unsigned i = 0; i < step; i++)
        inline_urgent = inline_urgent || (all->program->steps[i].verb == DIFF_SETOPT &&
                                          all->program->steps[i].option == DIFF_OOBINLINE);
    return inline_urgent && all->program->steps[step].verb == DIFF_AVAILABLE && !sim->failed &&
           !real->failed && sim->value > 0 && real->value > sim->value;
}

static bool is_count_behind_shutdown(const diff_comparison *all, unsigned step, const diff_result *sim,
                                     const diff_result *real)
{
    const diff_step *s = &all->program->steps[step];
    bool shut = differential_past(all, step, s->slot).shut;
    return s->verb == DIFF_AVAILABLE && shut && is_value(sim, 0) && !real->failed;
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
                     verb == DIFF_SEND || verb == DIFF_SENDTO;
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
    /* What is unacknowledged in full buffers is the system's affair. */
    bool full = differential_is_bulk(all->program) && is_error(sim, WSAECONNABORTED) &&
                is_error(real, WSAECONNRESET);
    return past.left_alone && (harsher || full);
}

static bool is_bound_by_failed_send(const diff_comparison *all, unsigned step, const diff_result *sim,
                                    const diff_result *real)
{
    const diff_step *s = &all->program->steps[step];
    diff_past past = differential_past(all, step, s->slot);
    return s->verb == DIFF_BIND && past.datagram && past.sent && !sim->failed && is_error(real, WSAEINVAL);
}

static bool is_late_error(const diff_comparison *all, unsigned step, const diff_result *sim,
                          const diff_result *real)
{
    const diff_step *s = &all->program->steps[step];
    diff_past past = differential_past(all, step, s->slot);
    bool receives = s->verb == DIFF_RECV || s->verb == DIFF_RECVFROM;
    return receives && past.datagram && past.sent && is_error(sim, WSAECONNRESET) &&
           (!real->failed || real->error == WSAEMSGSIZE);
}

/* Sizes as they were set, and REUSEADDR of a listener as its program wants it. */
static bool is_shadow_lost(const diff_comparison *all, unsigned step, const diff_result *sim,
                           const diff_result *real)
{
    const diff_step *s = &all->program->steps[step];
    bool shadowed = s->option == DIFF_RCVBUF || s->option == DIFF_SNDBUF || s->option == DIFF_REUSEADDR;
    return s->verb == DIFF_GETOPT && shadowed && differential_past(all, step, s->slot).adopted &&
           !sim->failed && !real->failed;
}

static bool is_state_lost(const diff_comparison *all, unsigned step, const diff_result *sim,
                          const diff_result *real)
{
    (void)sim, (void)real;
    return differential_lost_state(all, step);
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

static bool is_connect_to_forgotten_port(const diff_comparison *all, unsigned step, int slot,
                                         const diff_notes *sim, const diff_notes *real)
{
    (void)sim, (void)real;
    return has_called_itself(all, step + 1, slot);
}

static bool is_other_inheritance_to_notes(const diff_comparison *all, unsigned step, int slot,
                                          const diff_notes *sim, const diff_notes *real)
{
    (void)slot;
    return inherits_differently(all, step + 1) && is_equal_but_for(sim, real, FD_READ | FD_OOB);
}

static bool is_hidden_error_to_notes(const diff_comparison *all, unsigned step, int slot,
                                     const diff_notes *sim, const diff_notes *real)
{
    return has_sent_datagrams(all, step + 1, slot) && is_equal_but_for(sim, real, FD_READ) &&
           real->count < sim->count;
}

static bool is_read_behind_shutdown(const diff_comparison *all, unsigned step, int slot,
                                    const diff_notes *sim, const diff_notes *real)
{
    bool shuts = count_steps(all, step, slot, DIFF_SHUTDOWN) > 0;
    return shuts && is_equal_but_for(sim, real, FD_READ) && sim->count < real->count;
}

static bool is_mark_lost(const diff_comparison *all, unsigned step, int slot, const diff_notes *sim,
                         const diff_notes *real)
{
    bool urgent = false;
    for (unsigned i = 0; i < step; i++)
        urgent = urgent ||
                 (all->program->steps[i].verb == DIFF_SEND && all->program->steps[i].flags == MSG_OOB);
    return urgent && differential_past(all, step + 1, slot).adopted && is_equal_but_for(sim, real, FD_READ) &&
           real->count < sim->count;
}

static bool is_state_lost_to_notes(const diff_comparison *all, unsigned step, int slot, const diff_notes *sim,
                                   const diff_notes *real)
{
    (void)slot, (void)sim, (void)real;
    return differential_lost_state(all, step + 1);
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
     "results of FIONREAD, Receive and Send in programs that make buffers small or fill them: how much goes "
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
     "poll only: an ICMP error of a datagram socket without a peer is not told; asking the kernel for it is "
     "a "
     "matter of Linux (IP_RECVERR)",
     is_hidden_error, is_hidden_error_to_notes, DIFF_ALLOWED_TO_THE_END},
    /* To be mended in the backend. */
    {"fionread-of-listener",
     "FIONREAD of a listener: the kernel says WSAEINVAL; any socket without a connection has 0 (FIO-02)",
     is_count_of_listener, NULL, DIFF_ALLOWED},
    {"urgent-of-0-bytes",
     "Receive of 0 bytes with MSG_OOB: the backend answers before it looks for the urgent byte or the option",
     is_empty_urgent, NULL, DIFF_ALLOWED},
    {"fionread-after-shutdown",
     "FIONREAD after ShutDown(receives): the kernel still has the bytes; no Receive can obtain one",
     is_count_behind_shutdown, NULL, DIFF_ALLOWED},
    {"filled-behind-shutdown",
     "filling a peer that has shut down receives: a world drops the bytes (SHU-24), the kernel keeps them "
     "until "
     "its buffer is full",
     is_filled_behind_shutdown, NULL, DIFF_ALLOWED_TO_THE_END},
    {"reset-behind-end",
     "Send and Receive after FIN and then a reset that answered no send: the kernel says EPIPE as of one "
     "that "
     "did (SHU-20), so WSAECONNABORTED",
     is_reset_behind_end, NULL, DIFF_ALLOWED},
    {"bound-by-failed-send",
     "a datagram that is too large binds the kernel's socket before it fails, so Bind fails; a failed call "
     "changes "
     "nothing",
     is_bound_by_failed_send, NULL, DIFF_ALLOWED_TO_THE_END},
    {"late-datagram-error",
     "a datagram that waits before an ICMP error is received first where the socket was silenced when the "
     "error "
     "came",
     is_late_error, NULL, DIFF_ALLOWED_TO_THE_END},
    {"fionread-across-mark",
     "FIONREAD with the urgent byte in line: the kernel counts past the mark, where one Receive ends",
     is_count_across_mark, NULL, DIFF_ALLOWED},
    {"read-behind-shutdown",
     "OnReceive that was queued when ShutDown(receives) came: the kernel still has the bytes, so it passes "
     "the "
     "pre-check, though no Receive can obtain one",
     NULL, is_read_behind_shutdown, DIFF_ALLOWED},
    {"port-of-failed-attempt",
     "after a failed attempt the kernel forgets the port that connect chose, so Bind succeeds again, Listen "
     "and "
     "GetSockName fail, and a socket does not find itself there",
     is_forgotten_port, is_connect_to_forgotten_port, DIFF_ALLOWED_TO_THE_END},
    {"mark-of-reset",
     "SIOCATMARK of a connection that was reset, or shut down for receives, with an urgent byte unread: the "
     "kernel keeps it, though nothing can obtain it",
     is_mark_of_dead, NULL, DIFF_ALLOWED},
    {"inherited-at-syn",
     "OOBINLINE changed on a listener while a connection waits: the kernel gave it the option when it came, "
     "the "
     "backend believes that it has what the listener has now (5.7)",
     is_other_inheritance, is_other_inheritance_to_notes, DIFF_ALLOWED_TO_THE_END},
    {"options-of-detached",
     "getopt RCVBUF, SNDBUF, REUSEADDR of a handle that was detached and attached: the kernel's values "
     "instead of "
     "those that were set",
     is_shadow_lost, NULL, DIFF_ALLOWED},
    {"mark-of-detached",
     "OnReceive for bytes behind an urgent mark is missing after Detach and Attach, because the backend does "
     "not "
     "know that there is a mark",
     NULL, is_mark_lost, DIFF_ALLOWED_TO_THE_END},
    {"state-of-detached",
     "a handle that was shut down, reset, or drew an ICMP error before Detach: the kernel does not tell, and "
     "the backend has forgotten",
     is_state_lost, is_state_lost_to_notes, DIFF_ALLOWED_TO_THE_END},
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
