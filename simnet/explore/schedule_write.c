/* SPDX-License-Identifier: MIT
 *
 * A schedule as text, line by line; schedule_parse.c reads what is written here.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "simnet/explore/schedule.h"

enum { LINE_MAX_BYTES = 512 };

__attribute__((format(printf, 2, 3))) static void put(sim_sink sink, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    va_list arguments;
    va_start(arguments, format);
    int len = vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (len > 0)
        sink.write(sink.context, line, (size_t)len < sizeof line ? (size_t)len : sizeof line - 1);
}

static const char *word_of_mode(sim_time_mode mode)
{
    return mode == SIM_TIMED ? "timed" : mode == SIM_WINDOWED ? "windowed" : "causal";
}

static void write_head(const sim_schedule *s, sim_sink sink)
{
    const sim_windows *w = &s->order.windows;
    put(sink, "castanet schedule 1\nscenario %s\nmode %s\n", s->scenario, word_of_mode(s->order.mode));
    if (w->arrival_ns != 0 || w->dispatch_ns != 0 || w->timer_ns != 0)
        put(sink, "windows %llu %llu %llu\n", (unsigned long long)w->arrival_ns,
            (unsigned long long)w->dispatch_ns, (unsigned long long)w->timer_ns);
    if (s->order.by_packet)
        put(sink, "by packet\n");
    if (s->order.by_object)
        put(sink, "by object\n");
    put(sink, "seed %llu\n", (unsigned long long)s->seed);
    put(sink, "outcome %s %016llx\n", sim_outcome_word(s->outcome), (unsigned long long)s->identity);
}

static void write_facts(const sim_schedule *s, sim_sink sink)
{
    char line[LINE_MAX_BYTES];
    for (size_t i = 0; i < s->fact_count; i++)
        put(sink, "%s\n", sim_schedule_fact(s, i, line, sizeof line));
}

static void write_exact(const sim_schedule *s, sim_sink sink)
{
    char digits[33];
    for (unsigned i = 0; i < sizeof s->fingerprint; i++)
        snprintf(digits + 2 * i, 3, "%02x", s->fingerprint[i]);
    put(sink, "exact %s %llu\n", digits, (unsigned long long)s->decision_count);
    for (size_t i = 0; i < s->decision_count; i++) {
        const simp_decision *d = &s->decisions[i];
        put(sink, "decision %lu %s %lu/%lu %s#%llu\n", (unsigned long)d->number,
            d->is_order ? "order" : "choice", (unsigned long)d->value, (unsigned long)d->bound, d->label,
            (unsigned long long)d->count);
    }
}

void sim_schedule_write(const sim_schedule *schedule, sim_sink sink)
{
    write_head(schedule, sink);
    write_facts(schedule, sink);
    if (schedule->has_exact)
        write_exact(schedule, sink);
}
