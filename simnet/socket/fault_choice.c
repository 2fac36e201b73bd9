/* SPDX-License-Identifier: MIT
 *
 * What decides: rules, which count calls, and chances, which draw.
 */
#include <stdio.h>
#include <string.h>

#include "castanet/error.h"
#include "core/engine.h"
#include "simnet/socket/fault_backend.h"
#include "simnet/socket/fault_search.h"
#include "simnet/host/host.h"
#include "simnet/world/news.h"

int simp_fault_refuse(sim_error *why, int code, const char *what, const char *reason, const char *fix)
{
    if (why != NULL) {
        why->code = code;
        snprintf(why->what, sizeof why->what, "%s", what);
        snprintf(why->why, sizeof why->why, "%s", reason);
        snprintf(why->fix, sizeof why->fix, "%s", fix);
    }
    return code;
}

/* ---- rules ---- */

const char *sim_fault_call_name(sim_fault_call call)
{
    static const char *const names[SIM_FAULT_CALLS] = {
        "open",       "attach",     "select", "bind",     "connect",    "listen",
        "accept",     "receive",    "send",   "shutdown", "local-name", "peer-name",
        "get-option", "set-option", "query",  "resolve",  "close"};
    return call < SIM_FAULT_CALLS ? names[call] : "?";
}

static bool is_code(int code) { return code != 0 && strcmp(cas_error_name(code), cas_error_name(-1)) != 0; }

static int check_reset(const sim_fault *fault, const sim_fault_rule *rule, sim_error *why)
{
    if (rule->call != SIM_FAULT_SEND || rule->error != 0 || rule->later)
        return simp_fault_refuse(why, WSAEINVAL, "the rule resets in a call that is no send, or fails it too",
                                 "the send succeeds in part, and what follows tells of the reset",
                                 "choose SIM_FAULT_SEND, and leave error and later 0");
    if (sim_host_of(fault->thread) == NULL)
        return simp_fault_refuse(why, WSAEOPNOTSUPP, "the rule resets a real connection",
                                 "nothing stands between real sockets and their peers",
                                 "use it in a world, or let the peer close with SO_LINGER 0");
    return 0;
}

static int check_rule(const sim_fault *fault, const sim_fault_rule *rule, sim_error *why)
{
    if (rule == NULL || rule->call >= SIM_FAULT_CALLS)
        return simp_fault_refuse(why, WSAEINVAL, "the rule is about no call",
                                 "it is NULL, or its call is none of sim_fault_call",
                                 "name a call, as SIM_FAULT_RECEIVE");
    if (rule->nth == 0)
        return simp_fault_refuse(why, WSAEINVAL, "the rule has nth 0", "calls are counted from 1",
                                 "give 1 for the next call");
    if (rule->reset)
        return check_reset(fault, rule, why);
    if (!is_code(rule->error))
        return simp_fault_refuse(why, WSAEINVAL, "the rule has no error that a call could fail with",
                                 "the number is 0, or none of Winsock's", "give a code, as WSAENETDOWN");
    if (rule->later && rule->call != SIM_FAULT_CONNECT)
        return simp_fault_refuse(why, WSAEINVAL, "the rule fails a call later that ends at once",
                                 "only a connection attempt has an outcome of its own",
                                 "leave later false, or choose SIM_FAULT_CONNECT");
    if (rule->call == SIM_FAULT_CONNECT && rule->error == WSAEWOULDBLOCK)
        return simp_fault_refuse(why, WSAEINVAL, "the rule fails Connect with WSAEWOULDBLOCK",
                                 "that says that the attempt has begun, and its outcome would never come",
                                 "set later, and the error that the attempt ends with");
    return 0;
}

int sim_fault_add_rule(sim_fault *fault, const sim_fault_rule *rule, sim_error *why)
{
    int error = check_rule(fault, rule, why);
    if (error != 0)
        return error;
    simp_fault_rule *entry = cas_alloc(fault->memory, sizeof *entry);
    if (entry == NULL)
        return simp_fault_refuse(why, WSAENOBUFS, "the rule could not be added",
                                 "the allocator refused memory", "free memory");
    sim_host *host = sim_host_of(fault->thread);
    *entry = (simp_fault_rule){.next = fault->rules, .rule = *rule};
    entry->number = host != NULL ? ++host->world->rule_count : ++fault->rule_count;
    if (entry->rule.count == 0)
        entry->rule.count = 1;
    fault->rules = entry;
    return 0;
}

void sim_fault_clear_rules(sim_fault *fault)
{
    while (fault->rules != NULL) {
        simp_fault_rule *first = fault->rules;
        fault->rules = first->next;
        cas_free(fault->memory, first, sizeof *first);
    }
}

static void tell(const sim_fault *fault, SOCKET handle, const char *what, uint64_t rule)
{
    const sim_host *host = sim_host_of(fault->thread);
    if (host != NULL && simp_is_heard(host->world))
        simp_tell(host->world, &(sim_news){.kind = SIM_NEWS_FAULT,
                                           .what = what,
                                           .about = "call",
                                           .host = host,
                                           .handle = handle,
                                           .number = rule});
}

void simp_fault_tell(const cas_port_socket *s, const char *what)
{
    tell(s->fault, ((const casp_sink *)s->upper)->handle, what, 0);
}

int simp_fault_rule_for(sim_fault *fault, sim_fault_call call, const sim_fault_rule **hit)
{
    const sim_fault_rule *found = NULL;
    fault->counters.calls[call]++;
    for (simp_fault_rule *at = fault->rules; at != NULL; at = at->next) {
        if (at->rule.call != call)
            continue;
        at->seen++;
        bool hits = at->seen >= at->rule.nth && at->seen - at->rule.nth < at->rule.count;
        if (!hits || found != NULL)
            continue;
        found = &at->rule;
        tell(fault, INVALID_SOCKET, sim_fault_call_name(call), at->number);
    }
    if (hit != NULL)
        *hit = found;
    if (found == NULL)
        return 0;
    if (!found->reset)
        fault->counters.failed[call]++;
    return found->error;
}

/* ---- chances ---- */

bool simp_fault_happens(sim_fault *fault, simp_fault_chance chance, int64_t ppm)
{
    return ppm != 0 && simp_log_choose_chance(fault->log, &fault->chances[chance], ppm);
}

static simp_fault_verb verb_of(simp_fault_chance chance)
{
    return chance == SIMP_CHANCE_RECEIVE_BLOCKS ? SIMP_VERB_RECEIVE
           : chance == SIMP_CHANCE_SEND_BLOCKS  ? SIMP_VERB_SEND
                                                : SIMP_VERB_ACCEPT;
}

bool simp_fault_blocks(sim_fault *fault, cas_port_socket *s, simp_fault_chance chance, int64_t ppm)
{
    if (s->storms[chance] > 0) {
        s->storms[chance]--;
        fault->counters.storm_calls++;
        return true;
    }
    uint32_t searched = simp_fault_search(fault, s, SIM_MAY_WOULD_BLOCK, verb_of(chance), SIMP_STORMS + 1);
    if (searched != 0) {
        s->storms[chance] = (1u << (searched - 1)) - 1;
        return true;
    }
    if (!simp_fault_happens(fault, chance, ppm))
        return false;
    unsigned most = fault->options.storm_calls_max;
    if (most > 0)
        s->storms[chance] = (unsigned)simp_fault_amount_below(fault, SIMP_AMOUNT_STORM, (uint64_t)most + 1);
    return true;
}

/* A choice has 32 bits: what is larger is chosen in steps. */
uint64_t simp_fault_amount_below(sim_fault *fault, simp_fault_amount amount, uint64_t below)
{
    uint64_t step = below > UINT32_MAX ? below / UINT32_MAX + 1 : 1;
    return step * simp_log_choose(fault->log, &fault->amounts[amount], (uint32_t)(below / step));
}

/* ---- reading ---- */

void sim_fault_counters_read(const sim_fault *fault, sim_fault_counters *out)
{
    *out = fault->counters;
    out->unrecorded = fault->own_log.refused;
}

size_t sim_fault_choice_count(const sim_fault *fault) { return fault->log->count; }

sim_choice sim_fault_choice(const sim_fault *fault, size_t index)
{
    return simp_choice_log_read(fault->log, index);
}
