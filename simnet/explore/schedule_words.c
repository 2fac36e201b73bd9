/* SPDX-License-Identifier: MIT
 *
 * See schedule_words.h.  All is read off the labels; candidate.c says how they are written.
 */
#include "simnet/explore/schedule_words.h"

#include <stdio.h>
#include <string.h>

enum { PART_MAX = 64, EVENT_MAX = 256 };

typedef enum form { FORM_HOST, FORM_FLOW, FORM_SOCKET } form;

/* "server/conn#2 OnReceive": server, conn#2, OnReceive; "client->server data": client, server, data. */
typedef struct parts {
    form form;
    char host[PART_MAX], other[PART_MAX]; /* other: the socket, or where a packet goes */
    char word[PART_MAX];
} parts;

static void copy(char out[PART_MAX], const char *from, const char *to)
{
    size_t len = (size_t)(to - from) < PART_MAX ? (size_t)(to - from) : PART_MAX - 1;
    memcpy(out, from, len);
    out[len] = '\0';
}

static parts split(const char *label)
{
    parts p = {.form = FORM_HOST};
    const char *end = label + strlen(label), *blank = strrchr(label, ' ');
    blank = blank == NULL ? end : blank;
    copy(p.word, *blank == ' ' ? blank + 1 : blank, end);
    const char *arrow = strstr(label, "->"), *slash = strchr(label, '/');
    const char *mark = arrow != NULL && arrow < blank   ? arrow
                       : slash != NULL && slash < blank ? slash
                                                        : blank;
    copy(p.host, label, mark);
    p.form = mark == blank ? FORM_HOST : mark == arrow ? FORM_FLOW : FORM_SOCKET;
    if (mark != blank)
        copy(p.other, mark + (p.form == FORM_FLOW ? 2 : 1), blank);
    return p;
}

static bool is(const parts *p, const char *word) { return strcmp(p->word, word) == 0; }

/* ---- what has happened ---- */

static void write_end(const char *label, uint64_t count, char *buf, size_t size)
{
    parts p = split(label);
    unsigned long long n = count;
    if (p.form == FORM_SOCKET)
        snprintf(buf, size, "%s#%llu of %s/%s was called", p.word, n, p.host, p.other);
    else if (p.form == FORM_FLOW)
        snprintf(buf, size, "%s#%llu from %s has arrived at %s", p.word, n, p.host, p.other);
    else if (is(&p, "wake"))
        snprintf(buf, size, "a timer of the program on %s has gone off (wake#%llu)", p.host, n);
    else if (is(&p, "timer"))
        snprintf(buf, size, "a timer of the stack of %s has gone off (timer#%llu)", p.host, n);
    else if (is(&p, "start"))
        snprintf(buf, size, "the program on %s has started", p.host);
    else
        snprintf(buf, size, "%s#%llu has happened", label, n);
}

/* ---- what waits ---- */

static void write_hold(const char *label, uint64_t count, const char *end, char *buf, size_t size)
{
    parts p = split(label);
    unsigned long long n = count;
    if (p.form == FORM_SOCKET)
        snprintf(buf, size, "the program on %s is busy: %s#%llu of %s is called only after %s", p.host,
                 p.word, n, p.other, end);
    else if (p.form == FORM_FLOW)
        snprintf(buf, size, "%s#%llu from %s to %s is late: it arrives only after %s", p.word, n, p.host,
                 p.other, end);
    else if (is(&p, "wake"))
        snprintf(buf, size, "a timer of the program on %s is late: wake#%llu comes only after %s", p.host, n,
                 end);
    else if (is(&p, "timer"))
        snprintf(buf, size, "a timer of the stack of %s is late: timer#%llu comes only after %s", p.host, n,
                 end);
    else if (is(&p, "start"))
        snprintf(buf, size, "the program on %s starts late: only after %s", p.host, end);
    else
        snprintf(buf, size, "%s#%llu comes only after %s", label, n, end);
}

char *simp_fact_sentence(const simp_fact *fact, char *buf, size_t size)
{
    char end[EVENT_MAX];
    if (fact->kind == SIMP_FACT_HOLD) {
        write_end(fact->until, fact->until_count, end, sizeof end);
        write_hold(fact->label, fact->count, end, buf, size);
    } else if (simp_is_trouble_label(fact->label, strlen(fact->label))) {
        snprintf(buf, size, "a fault: %s#%llu", fact->label, (unsigned long long)fact->count);
    } else {
        snprintf(buf, size, "what chance decides: %s#%llu is %lu", fact->label,
                 (unsigned long long)fact->count, (unsigned long)fact->value);
    }
    return buf;
}

/* ---- rules ---- */

#define QUEUE                                                                                                \
    "a message waits in the queue of its thread until the program is back in its pump, and the network "     \
    "does not wait meanwhile"
#define RULES(also) " (docs/notifications.md, R14" also ")"

static const char *rule_of_callback(const parts *held, const parts *end)
{
    if (is(end, "FIN") || is(end, "OnClose"))
        return QUEUE "; FD_CLOSE is posted once, when the stream ends, read or not" RULES(", R9");
    if (is(end, "RST"))
        return QUEUE "; a reset throws away what was not read" RULES(", R10");
    if (is(held, "OnAccept"))
        return QUEUE "; there is one FD_ACCEPT, and an Accept posts the next" RULES(", R7");
    if (is(held, "OnReceive"))
        return QUEUE "; there is one FD_READ for all that came, and a Receive posts the next" RULES(", R4");
    if (is(held, "OnOutOfBandData"))
        return QUEUE "; there is one FD_OOB, and a Receive with MSG_OOB posts the next" RULES(", R5");
    return QUEUE RULES("");
}

const char *simp_hold_rule(const simp_fact *fact)
{
    parts held = split(fact->label), end = split(fact->until);
    if (held.form == FORM_SOCKET)
        return rule_of_callback(&held, &end);
    if (held.form == FORM_FLOW && end.form == FORM_FLOW)
        return "packets that go one way between two interfaces keep their order, and no others do";
    if (held.form == FORM_FLOW)
        return "a packet may be under way for as long as it likes: nothing orders it and what a program does "
               "meanwhile";
    if (is(&held, "wake") || is(&held, "timer"))
        return "a timer goes off at its time or later, never at a promised moment";
    if (is(&held, "start"))
        return "nobody promises that the programs of different hosts start at the same time";
    return "the network promises no order here";
}
