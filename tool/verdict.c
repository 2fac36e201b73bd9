/* SPDX-License-Identifier: MIT
 *
 * See verdict.h.
 */
#include "tool/verdict.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "simnet/explore/printable.h"

const char *verdict_signal(int number)
{
    static char other[24];
    switch (number) {
    case SIGSEGV: return "SIGSEGV";
    case SIGABRT: return "SIGABRT";
    case SIGBUS: return "SIGBUS";
    case SIGFPE: return "SIGFPE";
    case SIGILL: return "SIGILL";
    case SIGTRAP: return "SIGTRAP";
    case SIGKILL: return "SIGKILL";
    case SIGPIPE: return "SIGPIPE";
    case SIGALRM: return "SIGALRM";
    case SIGTERM: return "SIGTERM";
    default: snprintf(other, sizeof other, "signal %d", number); return other;
    }
}

static bool is_report_of_sanitizer(const char *words)
{
    return strstr(words, "Sanitizer") != NULL || strstr(words, "runtime error:") != NULL;
}

static sim_outcome outcome_of(const worker_report *report)
{
    switch (report->end) {
    case WORKER_KILLED: return SIM_CRASHED;
    case WORKER_HUNG: return SIM_HUNG;
    default: return is_report_of_sanitizer(report->words) ? SIM_CRASHED : SIM_EXITED;
    }
}

/* FNV-1a. */
static uint64_t hash(uint64_t state, const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        state = (state ^ (uint8_t)text[i]) * 0x100000001B3u;
    return state;
}

/* Without the folders of its files, which are another machine's. */
static uint64_t hash_of_line(uint64_t state, const char *line)
{
    while (*line != '\0' && *line != '\n') {
        size_t len = strcspn(line, " \n"), begin = len;
        while (begin > 0 && line[begin - 1] != '/')
            begin--;
        state = hash(hash(state, line + begin, len - begin), " ", 1);
        line += len + (line[len] == ' ');
    }
    return state;
}

/* A sanitizer's last line says what happened where; addresses are not in it.  A hang was ended by us: how it
 * ended says nothing. */
static uint64_t identity_of(sim_outcome outcome, const worker_report *report)
{
    const char *summary = strstr(report->words, "SUMMARY: ");
    uint64_t status = outcome == SIM_HUNG ? 0 : (uint64_t)report->status;
    uint64_t state = 0xCBF29CE484222325u ^ (uint64_t)outcome << 32 ^
                     (uint64_t)report->is_out_of_memory << 40 ^ status;
    return (summary != NULL ? hash_of_line(state, summary) : state) | 1;
}

/* The last line that is not empty. */
static void last_words(const char *words, char *line, size_t size)
{
    size_t end = strlen(words);
    while (end > 0 && words[end - 1] == '\n')
        end--;
    size_t begin = end;
    while (begin > 0 && words[begin - 1] != '\n')
        begin--;
    simp_printable(words + begin, end - begin, line, size);
}

static void write_end(const worker_report *report, char *text, size_t size)
{
    if (report->end == WORKER_HUNG)
        snprintf(text, size, "a callback did not come back");
    else if (report->end == WORKER_KILLED)
        snprintf(text, size, "killed by %s", verdict_signal(report->status));
    else
        snprintf(text, size, "the program called exit(%d)", report->status);
}

static void write_message(sim_result *result, const worker_report *report)
{
    char words[256], end[64];
    const char *summary = strstr(report->words, "SUMMARY: ");
    size_t size = sizeof result->message;
    last_words(report->words, words, sizeof words);
    write_end(report, end, sizeof end);
    if (result->outcome == SIM_CRASHED && summary != NULL)
        snprintf(result->message, size, "%.*s", (int)strcspn(summary + 9, "\n"), summary + 9);
    else
        snprintf(result->message, size, "%s%s%s%s", report->is_out_of_memory ? "memory ran out; " : "", end,
                 words[0] != '\0' ? "; its last words: " : "", words);
}

void verdict_of(const worker_report *report, sim_result *result)
{
    *result = (sim_result){.outcome = outcome_of(report)};
    result->identity = identity_of(result->outcome, report);
    write_message(result, report);
}
