/* SPDX-License-Identifier: MIT
 *
 * See record.h.
 */
#define _GNU_SOURCE
#include "tool/record.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "pcap/json_text.h"
#include "tool/program.h"

enum { DESCRIPTORS = 1024 };

static struct {
    FILE *stream;
    capp_out *out;
    bool is_first; /* of a list */
    bool is_broken;
} lines;

/* ---- where they go ---- */

static int complain(const char *descriptor, const char *why)
{
    return tool_complain(TOOL_USAGE, why, "name one that is open, as in --json=3 3>lines.json",
                         "--json=%.40s is not possible", descriptor);
}

/* A copy that no program which is started here inherits; negative: it was said why not. */
static int copy_of(const char *descriptor)
{
    char *end = NULL;
    errno = 0;
    long number = *descriptor == '\0' ? STDOUT_FILENO : strtol(descriptor, &end, 10);
    if ((end != NULL && *end != '\0') || number < 1 || number >= DESCRIPTORS) {
        complain(descriptor, "it is no descriptor that can be written");
        return -1;
    }
    int copy = fcntl((int)number, F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
    if (copy < 0) {
        complain(descriptor, strerror(errno));
        return -1;
    }
    if (number == STDOUT_FILENO) {
        fflush(stdout);
        (void)dup2(STDERR_FILENO, STDOUT_FILENO);
    }
    return copy;
}

bool record_open(const char *descriptor)
{
    sim_error error;
    if (lines.stream != NULL) {
        tool_complain(TOOL_USAGE, "its batch has said where", "leave it out of the batch's commands",
                      "--json is not possible here");
        return false;
    }
    int copy = copy_of(descriptor);
    if (copy < 0)
        return false;
    lines.stream = fdopen(copy, "w");
    if (lines.stream != NULL && capp_out_wrap(lines.stream, &lines.out, &error) == 0)
        return true;
    if (lines.stream != NULL)
        fclose(lines.stream);
    else
        close(copy);
    lines.stream = NULL;
    tool_no_memory();
    return false;
}

bool record_is_open(void) { return lines.stream != NULL; }

bool record_close(void)
{
    sim_error error;
    if (lines.stream == NULL)
        return true;
    bool done = capp_out_close(lines.out, &error) == 0 && !lines.is_broken;
    done = fclose(lines.stream) == 0 && done;
    lines.stream = NULL;
    return done;
}

/* ---- records ---- */

static void print_key(const char *key)
{
    capp_out_print(lines.out, ", ");
    capp_print_json_text(lines.out, key);
    capp_out_print(lines.out, ": ");
}

void record_begin(const char *type)
{
    if (lines.stream == NULL)
        return;
    capp_out_print(lines.out, "{\"type\": ");
    capp_print_json_text(lines.out, type);
}

void record_text(const char *key, const char *value)
{
    if (lines.stream == NULL || value == NULL)
        return;
    print_key(key);
    capp_print_json_text(lines.out, value);
}

void record_number(const char *key, uint64_t value)
{
    if (lines.stream == NULL)
        return;
    print_key(key);
    capp_out_print(lines.out, "%" PRIu64, value);
}

void record_seed(uint64_t seed)
{
    char text[24];
    snprintf(text, sizeof text, "0x%" PRIx64, seed);
    record_text("seed", text);
}

void record_flag(const char *key, bool value)
{
    if (lines.stream == NULL)
        return;
    print_key(key);
    capp_out_print(lines.out, value ? "true" : "false");
}

void record_result(const sim_result *result)
{
    char identity[24], fingerprint[2 * sizeof result->fingerprint + 1];
    snprintf(identity, sizeof identity, "%016" PRIx64, result->identity);
    for (size_t i = 0; i < sizeof result->fingerprint; i++)
        snprintf(fingerprint + 2 * i, 3, "%02x", result->fingerprint[i]);
    record_text("outcome", sim_outcome_word(result->outcome));
    record_text("message", result->message);
    record_text("identity", identity);
    record_text("fingerprint", fingerprint);
    record_number("steps", result->steps);
    record_number("notifications", result->notifications);
    record_number("faults", result->faults);
    record_number("events", result->events);
    record_number("time_ns", result->now_ns);
}

void record_list(const char *key)
{
    if (lines.stream == NULL)
        return;
    print_key(key);
    capp_out_print(lines.out, "[");
    lines.is_first = true;
}

void record_item(const char *value)
{
    if (lines.stream == NULL)
        return;
    if (!lines.is_first)
        capp_out_print(lines.out, ", ");
    lines.is_first = false;
    capp_print_json_text(lines.out, value);
}

void record_list_end(void)
{
    if (lines.stream != NULL)
        capp_out_print(lines.out, "]");
}

void record_end(void)
{
    if (lines.stream == NULL)
        return;
    capp_out_print(lines.out, "}\n");
    capp_out_flush(lines.out);
    lines.is_broken = fflush(lines.stream) != 0 || lines.is_broken;
}
