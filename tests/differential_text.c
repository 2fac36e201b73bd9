/* SPDX-License-Identifier: MIT
 *
 * Programs as scenarios (tests/scenarios/README.md), with the results and notifications that both runs
 * showed; where they differ, "sim:" and "linux:" stand before what each says.
 */
#include <string.h>

#include "castanet/error.h"
#include "tests/differential_allowed.h"

static const char *const slot_names[DIFF_SLOTS] = {"C", "K", "L", "S", "T", "U"};
static const char *const thread_names[ARENA_THREADS] = {"a", "b", "b2"};
static const char *const option_names[DIFF_OPTIONS] = {"OOBINLINE", "NODELAY", "REUSEADDR", "KEEPALIVE",
                                                       "BROADCAST", "RCVBUF",  "SNDBUF",    "ERROR"};
static const char *const verb_names[DIFF_VERBS] = {
    "settle",   "pump",   "socket", "create",    "bind",   "listen",   "connect",
    "accept",   "select", "close",  "abort",     "delete", "linger",   "detach",
    "attach",   "send",   "sendto", "send",      "recv",   "recvfrom", "drain",
    "shutdown", "setopt", "getopt", "available", "atmark", "peername", "sockname"};

static const struct {
    long event;
    const char *name;
} events[] = {{FD_READ, "READ"},     {FD_WRITE, "WRITE"},     {FD_OOB, "OOB"},
              {FD_ACCEPT, "ACCEPT"}, {FD_CONNECT, "CONNECT"}, {FD_CLOSE, "CLOSE"}};
enum { EVENTS = sizeof events / sizeof events[0], LINE_MAX = 256 };

/* ---- steps ---- */

static void append(char line[LINE_MAX], const char *text)
{
    size_t len = strlen(line);
    snprintf(line + len, LINE_MAX - len, "%s%s", len == 0 ? "" : " ", text);
}

static void append_number(char line[LINE_MAX], int number)
{
    char text[16];
    snprintf(text, sizeof text, "%d", number);
    append(line, text);
}

static void append_mask(char line[LINE_MAX], uint8_t mask)
{
    char text[64] = "";
    for (unsigned i = 0; i < EVENTS; i++)
        if ((mask & events[i].event) != 0) {
            strcat(text, text[0] == '\0' ? "" : "|");
            strcat(text, events[i].name);
        }
    append(line, mask == 0x3F ? "ALL" : mask == 0 ? "0" : text);
}

static void append_data(char line[LINE_MAX], const diff_step *step)
{
    append_number(line, step->number);
    if ((step->flags & MSG_OOB) != 0)
        append(line, "oob");
    if ((step->flags & MSG_PEEK) != 0)
        append(line, "peek");
}

static void append_arguments(char line[LINE_MAX], const diff_step *step)
{
    static const char *const hows[] = {"receives", "sends", "both"};
    switch (step->verb) {
    case DIFF_SOCKET: append(line, step->datagram ? "udp" : "tcp"); break;
    case DIFF_CREATE:
        append(line, step->datagram ? "udp" : "tcp");
        append_mask(line, step->mask);
        break;
    case DIFF_LISTEN:
    case DIFF_LINGER: append_number(line, step->number); break;
    case DIFF_CONNECT:
    case DIFF_ACCEPT:
    case DIFF_PEERNAME: append(line, slot_names[step->other]); break;
    case DIFF_SELECT: append_mask(line, step->mask); break;
    case DIFF_ATTACH:
        append(line, slot_names[step->other]);
        append_mask(line, step->mask);
        break;
    case DIFF_SENDTO:
        append(line, slot_names[step->other]);
        append_data(line, step);
        break;
    case DIFF_FILL:
        append_number(line, step->number);
        append(line, "until WSAEWOULDBLOCK");
        break;
    case DIFF_SEND:
    case DIFF_RECV:
    case DIFF_RECVFROM: append_data(line, step); break;
    case DIFF_SHUTDOWN: append(line, hows[step->number]); break;
    case DIFF_SETOPT:
        append(line, option_names[step->option]);
        append_number(line, step->number);
        break;
    case DIFF_GETOPT: append(line, option_names[step->option]); break;
    default: break;
    }
}

static bool returns_count(diff_verb verb)
{
    return verb == DIFF_SEND || verb == DIFF_SENDTO || verb == DIFF_RECV || verb == DIFF_RECVFROM ||
           verb == DIFF_AVAILABLE || verb == DIFF_ATMARK || verb == DIFF_GETOPT;
}

static void append_result(char line[LINE_MAX], const diff_step *step, const diff_result *result)
{
    if (step->verb == DIFF_FILL || step->verb == DIFF_DRAIN || step->verb == DIFF_PUMP)
        return;
    if (result->failed) {
        append(line, "=");
        append(line, cas_error_name(result->error));
    } else if (returns_count(step->verb)) {
        append(line, "=");
        append_number(line, (int)result->value);
    }
}

static void write_step(char line[LINE_MAX], const diff_step *step, const diff_result *result)
{
    line[0] = '\0';
    if (step->verb == DIFF_PUMP)
        snprintf(line, LINE_MAX, "%s:", thread_names[differential_thread_of(step->slot)]);
    else if (step->verb != DIFF_SETTLE)
        append(line, slot_names[step->slot]);
    append(line, verb_names[step->verb]);
    append_arguments(line, step);
    if (step->verb != DIFF_SETTLE)
        append_result(line, step, result);
}

static bool is_same_result(const diff_result *a, const diff_result *b)
{
    return a->failed == b->failed && a->hash == b->hash &&
           (a->failed ? a->error == b->error : a->value == b->value);
}

/* What the language does not show: bytes and names. */
static void print_step(FILE *stream, const diff_step *step, const diff_result *sim, const diff_result *real)
{
    char line[LINE_MAX], other[LINE_MAX];
    write_step(line, step, sim);
    write_step(other, step, real);
    if (is_same_result(sim, real))
        fprintf(stream, "    %s\n", line);
    else
        fprintf(stream, "    sim: %s    # value %ld, bytes %08x\n    linux: %s    # value %ld, bytes %08x\n",
                line, sim->value, (unsigned)sim->hash, other, real->value, (unsigned)real->hash);
}

/* ---- notifications ---- */

static unsigned write_notes(char line[4096], const diff_record *record, unsigned epoch)
{
    size_t len = 0;
    unsigned count = 0;
    for (unsigned i = 0; i < record->note_count && len < 4000; i++) {
        const diff_note *note = &record->notes[i];
        if (note->epoch != epoch)
            continue;
        unsigned e = 0;
        while (e + 1 < EVENTS && events[e].event != note->event)
            e++;
        len += (size_t)snprintf(line + len, 4096 - len, "%s%s %s", count == 0 ? "" : ", ",
                                slot_names[note->slot], events[e].name);
        if (note->error != 0)
            len += (size_t)snprintf(line + len, 4096 - len, " %s", cas_error_name(note->error));
        count++;
    }
    if (count == 0)
        snprintf(line, 4096, "none");
    return count;
}

static bool is_same_for_each(const diff_record *sim, const diff_record *real, unsigned epoch)
{
    for (int slot = 0; slot < DIFF_SLOTS; slot++) {
        diff_notes a, b;
        differential_notes_of(sim, slot, epoch, &a);
        differential_notes_of(real, slot, epoch, &b);
        bool same = a.count == b.count;
        for (unsigned i = 0; same && i < a.count; i++)
            same = a.notes[i].event == b.notes[i].event && a.notes[i].error == b.notes[i].error;
        if (!same)
            return false;
    }
    return true;
}

static void print_notes(FILE *stream, const diff_record *sim, const diff_record *real, unsigned epoch)
{
    char line[4096], other[4096];
    write_notes(line, sim, epoch);
    write_notes(other, real, epoch);
    if (is_same_for_each(sim, real, epoch))
        fprintf(stream, "    expect %s\n", line);
    else
        fprintf(stream, "    sim: expect %s\n    linux: expect %s\n", line, other);
}

void differential_print(FILE *stream, const diff_program *program, const diff_record *sim,
                        const diff_record *real)
{
    fprintf(stream, "scenario FOUND \"a differential program\"\n    place U b2\n");
    for (unsigned i = 0; i < program->count; i++) {
        if (i > 0 && sim->epochs[i] != sim->epochs[i - 1])
            print_notes(stream, sim, real, sim->epochs[i - 1]);
        if (program->steps[i].verb != DIFF_SETTLE)
            print_step(stream, &program->steps[i], &sim->results[i], &real->results[i]);
    }
    print_notes(stream, sim, real, sim->epoch_count);
    if (sim->complaint[0] != '\0' || real->complaint[0] != '\0')
        fprintf(stream, "    # sim: %s; real: %s\n", sim->complaint, real->complaint);
}
