/* SPDX-License-Identifier: MIT
 *
 * See journal_file.h.
 */
#include "tool/journal_file.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VALUE_BYTES = 11, HEAD_BYTES = 256, A_LINE = 20, VALUES_MAX = 1 << 18 };

/* ---- writing ---- */

static size_t write_head(char *text, size_t size, const journal_key *key, const sim_journal *journal)
{
    int len = snprintf(text, size,
                       "castanet journal 1\nscenario %s\nmode %s%s%s\nseed %" PRIu64 "\nvalues %" PRIu32 "\n",
                       key->scenario, key->order->mode == SIM_CAUSAL ? "causal" : "windowed",
                       key->order->by_packet ? " by-packet" : "", key->order->by_object ? " by-object" : "",
                       journal != NULL ? journal->seed : 0, journal != NULL ? journal->count : 0);
    return len < 0 ? 0 : (size_t)len;
}

char *journal_text(const journal_key *key, const sim_journal *journal, size_t *len)
{
    size_t size = HEAD_BYTES + (size_t)journal->count * VALUE_BYTES;
    char *text = malloc(size);
    if (text == NULL)
        return NULL;
    size_t used = write_head(text, size, key, journal);
    for (uint32_t i = 0; i < journal->count; i++) {
        bool ends_line = i + 1 == journal->count || (i + 1) % A_LINE == 0;
        used += (size_t)snprintf(text + used, size - used, "%" PRIu32 "%c", journal->values[i],
                                 ends_line ? '\n' : ' ');
    }
    used += (size_t)snprintf(text + used, size - used, "end\n");
    *len = used;
    return text;
}

/* ---- reading ---- */

typedef struct reader {
    const char *at, *end;
} reader;

static bool takes(reader *r, const char *word)
{
    size_t len = strlen(word);
    if ((size_t)(r->end - r->at) < len || memcmp(r->at, word, len) != 0)
        return false;
    r->at += len;
    return true;
}

static bool take_number(reader *r, uint64_t most, uint64_t *out)
{
    const char *begin = r->at;
    uint64_t value = 0;
    for (; r->at < r->end && *r->at >= '0' && *r->at <= '9'; r->at++) {
        unsigned digit = (unsigned)(*r->at - '0');
        if (value > (most - digit) / 10)
            return false;
        value = value * 10 + digit;
    }
    *out = value;
    return r->at > begin;
}

/* Those of another scenario or mode begin otherwise, but with the same words. */
static bool begins_as(reader *r, const char *expected, bool *is_ours)
{
    const char *line = expected;
    *is_ours = true;
    while (*line != '\0') {
        const char *line_end = strchr(line, '\n'), *blank = memchr(line, ' ', (size_t)(line_end - line));
        const char *newline = memchr(r->at, '\n', (size_t)(r->end - r->at));
        size_t word = (size_t)(blank - line) + 1, len = (size_t)(line_end - line);
        if (newline == NULL || (size_t)(newline - r->at) < word || memcmp(r->at, line, word) != 0)
            return false;
        *is_ours = *is_ours && (size_t)(newline - r->at) == len && memcmp(r->at, line, len) == 0;
        r->at = newline + 1;
        line = line_end + 1;
    }
    return true;
}

static bool read_values(reader *r, sim_journal *journal)
{
    for (uint32_t i = 0; i < journal->count; i++) {
        uint64_t value = 0;
        if (!take_number(r, UINT32_MAX, &value) || (!takes(r, " ") && !takes(r, "\n")))
            return false;
        journal->values[i] = (uint32_t)value;
    }
    return takes(r, "end\n") && r->at == r->end;
}

static journal_fit read_journal(reader *r, sim_journal **out, const char **why)
{
    uint64_t seed = 0, count = 0;
    *why = "a line of its head is not as it should be";
    if (!takes(r, "seed ") || !take_number(r, UINT64_MAX, &seed) || !takes(r, "\nvalues ") ||
        !take_number(r, VALUES_MAX, &count) || !takes(r, "\n"))
        return JOURNAL_BAD;
    sim_journal *journal = malloc(sizeof *journal + (size_t)count * sizeof *journal->values);
    if (journal == NULL)
        return JOURNAL_NO_MEMORY;
    *journal = (sim_journal){.seed = seed, .count = (uint32_t)count, .capacity = (uint32_t)count};
    journal->values = (uint32_t *)(journal + 1);
    if (read_values(r, journal)) {
        *out = journal;
        return JOURNAL_READ;
    }
    *why = "its values are not numbers, or not as many as it says, or it is cut off";
    free(journal);
    return JOURNAL_BAD;
}

journal_fit journal_parse(const journal_key *key, const char *text, size_t len, sim_journal **out,
                          const char **why)
{
    char expected[HEAD_BYTES];
    reader r = {text, text + len};
    bool is_ours = false;
    *why = "it does not begin as a journal does";
    write_head(expected, sizeof expected, key, NULL);
    *strstr(expected, "seed ") = '\0';
    if (!takes(&r, "castanet journal 1\n") || !begins_as(&r, strchr(expected, '\n') + 1, &is_ours))
        return JOURNAL_BAD;
    return is_ours ? read_journal(&r, out, why) : JOURNAL_OF_ANOTHER;
}
