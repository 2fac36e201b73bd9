/* SPDX-License-Identifier: MIT
 *
 * The tokens of a line one by one: words, strings, numbers, events; and the complaint when one does not fit.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"
#include "tests/conformance_parser.h"

typedef scenario_parser parser; /* inside this file */

/* ---- complaints ---- */

bool scenario_complain_at(parser *p, unsigned column, const char *what, const char *why, const char *fix)
{
    snprintf(p->file->complaint, sizeof p->file->complaint, "%s:%u:%u: %s; %s; %s", p->file->path, p->line,
             column, what, why, fix);
    return false;
}

bool scenario_complain(parser *p, const char *wanted, const char *fix)
{
    char what[SCENARIO_TEXT_MAX + 32];
    char why[SCENARIO_TEXT_MAX];
    if (p->at->kind == '\0')
        snprintf(what, sizeof what, "the line ends here");
    else
        snprintf(what, sizeof what, "cannot read '%s'", p->at->text);
    snprintf(why, sizeof why, "%s was expected", wanted);
    return scenario_complain_at(p, p->at->column, what, why, fix);
}

/* ---- words ---- */

bool scenario_at_word(const parser *p, const char *text)
{
    return p->at->kind == 'w' && strcmp(p->at->text, text) == 0;
}

bool scenario_take_word(parser *p, const char *text)
{
    bool found = scenario_at_word(p, text);
    p->at += found;
    return found;
}

bool scenario_take_mark(parser *p, char mark)
{
    bool found = p->at->kind == mark;
    p->at += found;
    return found;
}

void scenario_copy_text(char *to, size_t size, const char *from) { snprintf(to, size, "%s", from); }

bool scenario_take_string(parser *p, char out[SCENARIO_TEXT_MAX])
{
    if (p->at->kind != 's')
        return scenario_complain(p, "a string", "write the text between quotation marks");
    scenario_copy_text(out, SCENARIO_TEXT_MAX, p->at->text);
    p->at++;
    return true;
}

bool scenario_take_name(parser *p, char *out, size_t size)
{
    if (p->at->kind != 'w' || strlen(p->at->text) >= size)
        return scenario_complain(p, "a name", "write a word of letters, digits, - _ and .");
    scenario_copy_text(out, size, p->at->text);
    p->at++;
    return true;
}

/* ---- numbers ---- */

/* Decimal, or hexadecimal behind 0x. */
bool scenario_read_number(const char *text, long *out)
{
    char *end;
    errno = 0;
    long value = strtol(text, &end, strncmp(text, "0x", 2) == 0 ? 16 : 10);
    if (errno != 0 || end == text || *end != '\0')
        return false;
    *out = value;
    return true;
}

bool scenario_at_number(const parser *p)
{
    long ignored;
    return p->at->kind == 'w' && scenario_read_number(p->at->text, &ignored);
}

bool scenario_take_number(parser *p, long *out)
{
    if (!scenario_at_number(p))
        return scenario_complain(p, "a number", "write a decimal number, or a hexadecimal one behind 0x");
    scenario_read_number(p->at->text, out);
    p->at++;
    return true;
}

bool scenario_take_int(parser *p, int *out)
{
    long value = 0;
    bool ok = scenario_take_number(p, &value);
    *out = (int)value;
    return ok;
}

bool scenario_read_code(const char *text, long *out)
{
    int code = cas_error_code(text);
    if (code != 0)
        *out = code;
    return code != 0;
}

bool scenario_take_value(parser *p, const scenario_word *names, const char *wanted, const char *fix,
                         long *out)
{
    for (; names->name != NULL; names++)
        if (scenario_take_word(p, names->name))
            return *out = names->value, true;
    return scenario_at_number(p) ? scenario_take_number(p, out) : scenario_complain(p, wanted, fix);
}

/* ---- events ---- */

static const char *const event_names[] = {"READ", "WRITE", "OOB", "ACCEPT", "CONNECT", "CLOSE"};

long scenario_event_of_name(const char *name)
{
    for (unsigned i = 0; i < 6; i++)
        if (strcmp(event_names[i], name) == 0)
            return 1L << i;
    return 0;
}

const char *scenario_event_name(long event)
{
    for (unsigned i = 0; i < 6; i++)
        if (event == 1L << i)
            return event_names[i];
    return "?";
}

bool scenario_take_mask(parser *p, long *mask)
{
    char words[SCENARIO_TEXT_MAX];
    char *rest = words;
    *mask = 0;
    if (scenario_take_word(p, "0"))
        return true;
    if (scenario_take_word(p, "ALL"))
        return *mask = CASYNCSOCKET_DEFAULT_EVENTS, true;
    scenario_copy_text(words, sizeof words, p->at->text);
    for (char *word; p->at->kind == 'w' && (word = strtok_r(rest, "|", &rest)) != NULL;) {
        long event = scenario_event_of_name(word);
        if (event == 0)
            return scenario_complain(p, "an event mask",
                                     "write ALL, 0, or READ WRITE OOB ACCEPT CONNECT CLOSE joined by |");
        *mask |= event;
    }
    if (*mask == 0)
        return scenario_complain(p, "an event mask", "write ALL, 0, or names of events joined by |");
    p->at++;
    return true;
}
