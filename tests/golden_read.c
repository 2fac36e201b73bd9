/* SPDX-License-Identifier: MIT
 *
 * Reads a file of recorded scenarios, one JSON object a line.  An unknown key is an error: it would be a part
 * of the recording that nobody compares.
 */
#define _GNU_SOURCE /* getline, whatever feature macros say */
#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/golden_complain.h"
#include "tests/golden_model.h"

typedef struct reader {
    const char *path;
    unsigned line;
    FILE *stream;
} reader;

/* ---- what is wrong ---- */

static bool refuse(const reader *r, unsigned column, const char *what, const char *why)
{
    return golden_complain(r->path, r->line, column, what, why,
                           "see tests/golden/README.md for the format, and mend this line");
}

static bool refuse_entry(const reader *r, size_t index, const char *why)
{
    char what[64];
    snprintf(what, sizeof what, "log entry %zu is none", index + 1);
    return refuse(r, 1, what, why);
}

static bool refuse_key(const reader *r, size_t index, const char *key, const char *trouble)
{
    char why[128];
    snprintf(why, sizeof why, "the key \"%s\" %s", key, trouble);
    return refuse_entry(r, index, why);
}

/* ---- entries ---- */

enum key_type { KEY_TEXT, KEY_NUMBER, KEY_TRUE, KEY_BOOL };

#define AT(member) offsetof(golden_entry, member)
#define EVERYWHERE 0x3Fu
#define OF(kind) (1u << (kind))

static const struct entry_key {
    const char *name;
    enum key_type type;
    size_t place;
    unsigned kinds; /* where the key may stand */
} keys[] = {
    {"call", KEY_TEXT, AT(name), OF(GOLDEN_CALL)},
    {"event", KEY_TEXT, AT(name), OF(GOLDEN_EVENT)},
    {"settle", KEY_TEXT, AT(name), OF(GOLDEN_SETTLE)},
    {"wait", KEY_TEXT, AT(name), OF(GOLDEN_WAIT)},
    {"check", KEY_TEXT, AT(name), OF(GOLDEN_CHECK)},
    {"note", KEY_TEXT, AT(name), OF(GOLDEN_NOTE)},
    {"s", KEY_TEXT, AT(socket), OF(GOLDEN_CALL) | OF(GOLDEN_EVENT)},
    {"args", KEY_TEXT, AT(args), OF(GOLDEN_CALL)},
    {"ret", KEY_NUMBER, AT(ret), OF(GOLDEN_CALL)},
    {"err", KEY_TEXT, AT(error), OF(GOLDEN_CALL) | OF(GOLDEN_EVENT)},
    {"val", KEY_TEXT, AT(val), OF(GOLDEN_CALL)},
    {"val", KEY_BOOL, AT(check), OF(GOLDEN_CHECK)},
    {"len", KEY_NUMBER, AT(len), OF(GOLDEN_CALL)},
    {"data", KEY_TEXT, AT(data), OF(GOLDEN_CALL)},
    {"from", KEY_TEXT, AT(from), OF(GOLDEN_CALL)},
    {"peer", KEY_TEXT, AT(peer), OF(GOLDEN_CALL)},
    {"new", KEY_TEXT, AT(created), OF(GOLDEN_CALL)},
    {"type", KEY_TEXT, AT(type), OF(GOLDEN_CALL)},
    {"sets", KEY_TEXT, AT(val), OF(GOLDEN_CALL)},
    {"got_some", KEY_TRUE, AT(check), OF(GOLDEN_CALL)},
    {"in_handler", KEY_TRUE, AT(in_handler), OF(GOLDEN_CALL)},
    {"win", KEY_TEXT, AT(window), OF(GOLDEN_EVENT)},
    {"msg", KEY_TEXT, AT(number), OF(GOLDEN_EVENT)},
    {"stale", KEY_TRUE, AT(stale), OF(GOLDEN_EVENT)},
};

enum { KEY_COUNT = sizeof keys / sizeof keys[0] };

static bool store(golden_entry *entry, const struct entry_key *key, const json_t *value)
{
    void *place = (char *)entry + key->place;
    switch (key->type) {
    case KEY_TEXT: *(const char **)place = json_string_value(value); return json_is_string(value);
    case KEY_NUMBER: *(long *)place = (long)json_integer_value(value); return json_is_integer(value);
    case KEY_TRUE: *(bool *)place = true; return json_is_true(value);
    default: *(bool *)place = json_is_true(value); return json_is_boolean(value);
    }
}

static const struct entry_key *find_key(const char *name, golden_kind kind)
{
    for (size_t i = 0; i < KEY_COUNT; i++)
        if (strcmp(keys[i].name, name) == 0 && (keys[i].kinds & OF(kind)) != 0)
            return &keys[i];
    return NULL;
}

/* The first six keys of the table are those that say what an entry is. */
static bool find_kind(const json_t *object, golden_kind *kind)
{
    unsigned found = 0;
    for (unsigned i = GOLDEN_CALL; i <= GOLDEN_NOTE; i++)
        if (json_object_get(object, keys[i].name) != NULL) {
            *kind = (golden_kind)i;
            found++;
        }
    return found == 1;
}

static const char *missing_key(const golden_entry *e, const json_t *object)
{
    bool about_socket = e->kind == GOLDEN_CALL || e->kind == GOLDEN_EVENT;
    if (about_socket && e->socket == NULL)
        return "s";
    if (e->kind == GOLDEN_CALL && e->args == NULL)
        return "args";
    if (e->kind == GOLDEN_CALL && json_object_get(object, "ret") == NULL)
        return "ret";
    if ((e->kind == GOLDEN_EVENT || (e->kind == GOLDEN_CALL && e->ret == -1)) && e->error == NULL)
        return "err";
    return e->kind == GOLDEN_CHECK && json_object_get(object, "val") == NULL ? "val" : NULL;
}

/* What a call gave back is text here, though some recorded values are numbers. */
static void make_text(json_t *object, const char *name)
{
    const json_t *value = json_object_get(object, name);
    if (json_is_integer(value))
        json_object_set_new(object, name, json_sprintf("%lld", (long long)json_integer_value(value)));
}

static bool read_entry(const reader *r, size_t index, json_t *object, golden_entry *entry)
{
    const char *name;
    json_t *value;
    *entry = (golden_entry){.len = -1};
    if (!json_is_object(object) || !find_kind(object, &entry->kind))
        return refuse_entry(r, index,
                            "it has not exactly one of the keys call, event, settle, wait, check, note");
    make_text(object, "val");
    json_object_foreach(object, name, value)
    {
        const struct entry_key *key = find_key(name, entry->kind);
        if (key == NULL)
            return refuse_key(r, index, name, "is not one of such an entry");
        if (!store(entry, key, value))
            return refuse_key(r, index, name, "has a value of the wrong type");
    }
    const char *missing = missing_key(entry, object);
    return missing == NULL || refuse_key(r, index, missing, "is missing");
}

/* ---- scenarios ---- */

/* Inside a window: between a settle and the next entry that is neither an event nor a handler's. */
static bool check_windows(const reader *r, const golden_scenario *s)
{
    bool in_window = false, after_event = false;
    for (size_t i = 0; i < s->count; i++) {
        const golden_entry *e = &s->log[i];
        bool of_handler = e->kind == GOLDEN_WAIT ? i > 0 && s->log[i - 1].in_handler : e->in_handler;
        if (e->kind == GOLDEN_EVENT && !in_window)
            return refuse_entry(r, i, "an event must follow a settle, with nothing but events between");
        if (e->in_handler && !after_event)
            return refuse_entry(r, i, "a call in a handler must follow the event that is handled");
        after_event = e->kind == GOLDEN_EVENT || of_handler;
        in_window = e->kind == GOLDEN_SETTLE || (in_window && after_event);
    }
    return true;
}

static bool read_log(const reader *r, const json_t *log, golden_scenario *s)
{
    s->count = json_array_size(log);
    s->log = calloc(s->count + 1, sizeof *s->log);
    if (s->log == NULL)
        return refuse(r, 1, "the scenario does not fit", "memory is exhausted");
    for (size_t i = 0; i < s->count; i++)
        if (!read_entry(r, i, json_array_get(log, i), &s->log[i]))
            return false;
    return check_windows(r, s);
}

static bool read_scenario(const reader *r, json_t *object, golden_scenario *s)
{
    const char *stable = NULL;
    json_t *log = NULL;
    json_error_t error;
    *s = (golden_scenario){.json = object};
    if (json_unpack_ex(object, &error, JSON_STRICT, "{s:s, s:s, s:s, s?s, s?s, s:o}", "id", &s->id, "title",
                       &s->title, "stable", &stable, "differs", &s->differs, "basis", &s->basis, "log",
                       &log) != 0)
        return refuse(r, 1, "the line is no scenario", error.text);
    if (strcmp(stable, "exact") != 0 && strcmp(stable, "per-socket") != 0)
        return refuse(r, 1, "the line is no scenario", "\"stable\" is neither exact nor per-socket");
    if (!json_is_array(log))
        return refuse(r, 1, "the line is no scenario", "\"log\" is no array");
    s->per_socket = strcmp(stable, "exact") != 0;
    return read_log(r, log, s);
}

static bool append(const reader *r, json_t *object, golden_file *out)
{
    golden_scenario *more = realloc(out->scenarios, (out->count + 1) * sizeof *more);
    if (more == NULL) {
        json_decref(object);
        return refuse(r, 1, "the scenario does not fit", "memory is exhausted");
    }
    out->scenarios = more;
    golden_scenario *s = &more[out->count++];
    if (!read_scenario(r, object, s))
        return false;
    for (size_t i = 0; i + 1 < out->count; i++)
        if (strcmp(out->scenarios[i].id, s->id) == 0)
            return refuse(r, 1, "the id is taken", "an earlier line has the same id");
    return true;
}

static bool read_line(const reader *r, const char *text, size_t len, golden_file *out)
{
    json_error_t error;
    if (strspn(text, " \t\r\n") == len)
        return true;
    json_t *object = json_loadb(text, len, JSON_REJECT_DUPLICATES, &error);
    if (object == NULL)
        return refuse(r, error.column > 0 ? (unsigned)error.column : 1, "the line is not JSON", error.text);
    return append(r, object, out);
}

bool golden_read(const char *path, golden_file *out)
{
    reader r = {.path = path, .stream = fopen(path, "r")};
    char *text = NULL;
    size_t size = 0;
    *out = (golden_file){0};
    if (r.stream == NULL)
        return golden_complain(
            path, 0, 0, "the file cannot be read", strerror(errno),
            "name a file of recorded scenarios, such as tests/golden/winsock-golden.jsonl");
    bool fine = true;
    for (ssize_t len; fine && (len = getline(&text, &size, r.stream)) >= 0;) {
        r.line++;
        fine = read_line(&r, text, (size_t)len, out);
    }
    if (fine && ferror(r.stream))
        fine = golden_complain(path, 0, 0, "the file cannot be read", strerror(errno), "name a regular file");
    free(text);
    fclose(r.stream);
    if (!fine)
        golden_release(out);
    return fine;
}

void golden_release(golden_file *file)
{
    for (size_t i = 0; i < file->count; i++) {
        free(file->scenarios[i].log);
        json_decref(file->scenarios[i].json);
    }
    free(file->scenarios);
    *file = (golden_file){0};
}

const char *golden_entry_text(const golden_entry *e, char *buf, size_t size)
{
    static const char *const words[] = {
        [GOLDEN_SETTLE] = "settle", [GOLDEN_WAIT] = "wait", [GOLDEN_CHECK] = "check", [GOLDEN_NOTE] = "note"};
    if (e->kind == GOLDEN_CALL)
        snprintf(buf, size, "%s.%s(%s)", e->socket, e->name, e->args);
    else if (e->kind == GOLDEN_EVENT)
        snprintf(buf, size, "%s %s %s%s%s%s%s%s", e->name, e->socket, e->error,
                 e->window != NULL ? " at " : "", e->window != NULL ? e->window : "",
                 e->number != NULL ? " as " : "", e->number != NULL ? e->number : "",
                 e->stale ? " stale" : "");
    else
        snprintf(buf, size, "%s %s", words[e->kind], e->name);
    return buf;
}
