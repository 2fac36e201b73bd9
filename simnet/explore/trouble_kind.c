/* SPDX-License-Identifier: MIT
 *
 * The words of the kinds of trouble, as schedules have them.
 */
#include <string.h>

#include "simnet/explore/trouble.h"

static const char *const words[SIM_MAY_KINDS] = {
    "drop",          "duplicate",  "delay",       "corrupt",    "reset",     "clog",
    "split",         "one-way",    "bridge",      "crash",      "power-cut", "pause",
    "short-receive", "short-send", "would-block", "no-buffers", "cut"};

const char *simp_trouble_word(unsigned kind) { return words[kind]; }

const char *sim_may_word(sim_may kind)
{
    for (unsigned i = 0; i < SIM_MAY_KINDS; i++) {
        if ((unsigned)kind == 1u << i)
            return words[i];
    }
    return NULL;
}

bool simp_is_trouble_label(const char *label, size_t len)
{
    for (unsigned i = 0; i < SIM_MAY_KINDS; i++) {
        size_t word = strlen(words[i]);
        if (len > word && label[word] == ' ' && memcmp(label, words[i], word) == 0)
            return true;
    }
    size_t own = strlen(SIMP_BUGGIFY);
    return len > own && label[own] == ' ' && memcmp(label, SIMP_BUGGIFY, own) == 0;
}
