/* SPDX-License-Identifier: MIT
 *
 * The words of the kinds of trouble, as schedules have them.
 */
#include <string.h>

#include "simnet/explore/trouble.h"

static const struct {
    const char *word;
    const char *reason; /* that it is legal */
} kinds[SIM_MAY_KINDS] = {
    {"drop", "a network may lose any packet"},
    {"duplicate", "a network may deliver a packet twice"},
    {"delay", "a packet may be on its way for any time, and others may pass it"},
    {"corrupt", "a packet with a wrong bit is thrown away by its receiver"},
    {"reset", "a peer, or something on the way, may reset a connection at any time"},
    {"clog", "nothing promises when a packet arrives"},
    {"split", "hosts may be cut off from one another for a while"},
    {"one-way", "one direction may be cut off while the other is not"},
    {"bridge", "of three hosts two may be cut off that the third hears"},
    {"crash", "a program may end at any time, and its system resets its connections"},
    {"power-cut", "a machine may lose its power at any time"},
    {"pause", "a system may let a program wait for any time"},
    {"short-receive",
     "Receive gives what is there, at least one byte, and knows nothing of the sender's pieces"},
    {"short-send", "Send of a stream may take a part, and says how much"},
    {"would-block", "a notification does not promise that the next call finds something"},
    {"no-buffers", "a system may be short of memory for a while"},
    {"cut", "a connection may be reset while a program sends"},
};

const char *simp_trouble_word(unsigned kind) { return kinds[kind].word; }

const char *sim_may_word(sim_may kind)
{
    for (unsigned i = 0; i < SIM_MAY_KINDS; i++) {
        if ((unsigned)kind == 1u << i)
            return kinds[i].word;
    }
    return NULL;
}

static bool begins_with(const char *label, size_t len, const char *word)
{
    size_t word_len = strlen(word);
    return len > word_len && label[word_len] == ' ' && memcmp(label, word, word_len) == 0;
}

const char *simp_trouble_reason(const char *label, size_t len)
{
    for (unsigned i = 0; i < SIM_MAY_KINDS; i++) {
        if (begins_with(label, len, kinds[i].word))
            return kinds[i].reason;
    }
    return begins_with(label, len, SIMP_BUGGIFY) ? "the program says so itself" : NULL;
}

bool simp_is_trouble_label(const char *label, size_t len) { return simp_trouble_reason(label, len) != NULL; }
