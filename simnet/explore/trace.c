/* SPDX-License-Identifier: MIT
 *
 * See trace.h.
 */
#include "simnet/explore/trace.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "castanet/error.h"
#include "simnet/lint/lint.h"
#include "simnet/world/random.h"

enum { BYTES_SHOWN = 24, FIRST_ROOM = 64 };
#define BYTES_MAX_DEFAULT (UINT64_C(64) << 20)

/* ---- keeping ---- */

static bool grow(simp_trace *t, void **array, size_t item, size_t *capacity, size_t wanted)
{
    if (wanted <= *capacity)
        return true;
    size_t larger = *capacity == 0 ? FIRST_ROOM : 2 * *capacity;
    void *grown = (uint64_t)larger * item > t->bytes_max
                      ? NULL
                      : t->memory->resize(t->memory, *array, *capacity * item, larger * item);
    if (grown == NULL)
        return false;
    *array = grown;
    *capacity = larger;
    return true;
}

static void keep(simp_trace *t, const sim_shown *shown)
{
    size_t size = strlen(shown->text) + 1;
    void *lines = t->lines, *text = t->text;
    bool has_room = grow(t, &lines, sizeof *t->lines, &t->capacity, t->count + 1);
    t->lines = lines;
    has_room = has_room && grow(t, &text, 1, &t->text_capacity, t->used + size);
    t->text = text;
    t->is_cut = !has_room;
    if (!has_room)
        return;
    memcpy(t->text + t->used, shown->text, size);
    t->lines[t->count++] = (simp_trace_line){shown->at_ns, t->used};
    t->used += size;
}

/* ---- comparing ---- */

static const char *text_of(const simp_trace *t, size_t line) { return t->text + t->lines[line].text; }

static void compare(simp_trace *t, const sim_shown *shown)
{
    const simp_trace *first = t->follows;
    if (t->differs)
        return;
    if (t->next == first->count && first->is_cut) {
        t->is_cut = true;
        return;
    }
    bool same = t->next < first->count && strcmp(text_of(first, t->next), shown->text) == 0 &&
                (!t->with_times || first->lines[t->next].at_ns == shown->at_ns);
    t->differs = !same;
    if (same)
        t->next++;
    else
        t->shown = *shown;
}

static void add(simp_trace *t, const sim_shown *shown)
{
    if (t->is_cut)
        return;
    if (t->follows != NULL)
        compare(t, shown);
    else
        keep(t, shown);
}

/* ---- lines ---- */

__attribute__((format(printf, 2, 3))) static void say(sim_shown *shown, const char *format, ...)
{
    size_t used = strlen(shown->text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(shown->text + used, sizeof shown->text - used, format, arguments);
    va_end(arguments);
}

/* The beginning as text, and a number that tells apart what is too long for that. */
static void say_bytes(sim_shown *shown, const uint8_t *bytes, size_t len)
{
    say(shown, " \"");
    for (size_t i = 0; i < len && i < BYTES_SHOWN; i++) {
        if (bytes[i] >= ' ' && bytes[i] < 0x7F && bytes[i] != '"' && bytes[i] != '\\')
            say(shown, "%c", bytes[i]);
        else
            say(shown, "\\x%02x", bytes[i]);
    }
    say(shown, "\"");
    if (len > BYTES_SHOWN)
        say(shown, "... %08" PRIx32, (uint32_t)simp_hash_bytes(0, bytes, len));
}

static void say_call(sim_shown *shown, const cas_observation *what)
{
    say(shown, " %s", what->name);
    if (what->bytes != NULL || what->asked != 0)
        say(shown, "(%" PRId64 ")", what->asked);
    say(shown, " = %" PRId64, what->result);
    if (what->error != 0)
        say(shown, " %s", cas_error_name(what->error));
    if (what->bytes != NULL && what->result > 0)
        say_bytes(shown, what->bytes, (size_t)what->result);
}

static void on_step(sim_observer *observer, const sim_world *world, const cas_observation *what)
{
    sim_shown shown = {.at_ns = sim_world_now(world)};
    if (what->step != CAS_STEP_CALL && what->step != CAS_STEP_DISPATCH)
        return;
    simp_lint_place(what->thread, 1, what->handle, shown.text, sizeof shown.text);
    if (what->step == CAS_STEP_CALL)
        say_call(&shown, what);
    else
        say(&shown, " %s%s%s", what->name, what->error != 0 ? " with " : "",
            what->error != 0 ? cas_error_name(what->error) : "");
    add((simp_trace *)(void *)observer, &shown);
}

static void add_packet(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                       const sim_host *at, const char *verb, const char *fate)
{
    char text[SIM_SHOWN_MAX / 2];
    sim_shown shown = {.at_ns = sim_world_now(world)};
    say(&shown, "%s %s %s%s%s", sim_host_name(at), verb, sim_packet_describe(packet, text, sizeof text),
        *fate != '\0' ? ": " : "", fate);
    add((simp_trace *)(void *)observer, &shown);
}

static void on_sent(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                    const sim_host *from, sim_fate fate)
{
    add_packet(observer, world, packet, from, "sends", fate == SIM_FATE_SENT ? "" : sim_fate_word(fate));
}

static void on_arrived(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                       const sim_host *at)
{
    add_packet(observer, world, packet, at, "gets", "");
}

/* ---- all of it ---- */

void simp_trace_init(simp_trace *t, cas_allocator *memory, uint64_t bytes_max)
{
    *t = (simp_trace){.observer = {.on_sent = on_sent, .on_arrived = on_arrived, .on_step = on_step},
                      .memory = memory != NULL ? memory : cas_allocator_system(),
                      .bytes_max = bytes_max != 0 ? bytes_max : BYTES_MAX_DEFAULT};
}

void simp_trace_follow(simp_trace *t, const simp_trace *first, bool with_times)
{
    simp_trace_init(t, first->memory, first->bytes_max);
    t->follows = first;
    t->with_times = with_times;
}

void simp_trace_fini(simp_trace *t)
{
    cas_free(t->memory, t->lines, t->capacity * sizeof *t->lines);
    cas_free(t->memory, t->text, t->text_capacity);
}

static void show(const simp_trace *t, size_t line, uint64_t end_ns, sim_shown *out)
{
    if (line < t->count) {
        out->at_ns = t->lines[line].at_ns;
        snprintf(out->text, sizeof out->text, "%s", text_of(t, line));
    } else {
        out->at_ns = end_ns;
        snprintf(out->text, sizeof out->text, "the run has ended");
    }
}

void simp_trace_compare(const simp_trace *first, const simp_trace *second, const sim_result results[2],
                        sim_difference *out)
{
    size_t at = second->next;
    bool differs = second->differs || (!second->is_cut && at < first->count);
    *out = (sim_difference){.results = {results[0], results[1]}, .is_cut = second->is_cut || first->is_cut};
    out->differs = differs || results[0].outcome != results[1].outcome ||
                   results[0].identity != results[1].identity ||
                   strcmp(results[0].message, results[1].message) != 0;
    if (!differs)
        return;
    out->number = at + 1;
    show(first, at, results[0].now_ns, &out->sides[0]);
    if (second->differs)
        out->sides[1] = second->shown;
    else
        show(second, 0, results[1].now_ns, &out->sides[1]);
    for (size_t i = at > SIM_SHOWN_BEFORE ? at - SIM_SHOWN_BEFORE : 0; i < at; i++)
        show(first, i, 0, &out->before[out->before_count++]);
}
