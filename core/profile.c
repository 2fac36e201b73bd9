/* SPDX-License-Identifier: MIT
 *
 * The names of profiles, in both directions.
 */
#include "castanet/profile.h"

#include <stdio.h>
#include <string.h>

/* ---- names ---- */

/* Whole profiles, without the pre-check, which is a matter of MFC. */
static const struct {
    const char *name;
    cas_profile profile;
} wholes[] = {
    {"windows", {0}},
    {"documented",
     {.close_after_drain = true,
      .close_reports_reset = true,
      .shutdown_receive_resets = true,
      .backlog_max = 5}},
    {"linux", {.one_urgent_byte = true, .reset_stays_queued = true}},
};

static const struct {
    const char *name;
    cas_precheck precheck;
} prechecks[] = {
    {"mfc7.0", CAS_PRECHECK_READABLE}, {"mfc4.2", CAS_PRECHECK_COUNT}, {"mfc4.1", CAS_PRECHECK_NONE}};

static const struct {
    const char *name;
    size_t offset;
} switches[] = {
    {"close-after-drain", offsetof(cas_profile, close_after_drain)},
    {"close-reports-reset", offsetof(cas_profile, close_reports_reset)},
    {"sends-whole", offsetof(cas_profile, sends_whole)},
    {"one-urgent-byte", offsetof(cas_profile, one_urgent_byte)},
    {"shutdown-receive-resets", offsetof(cas_profile, shutdown_receive_resets)},
    {"reset-stays-queued", offsetof(cas_profile, reset_stays_queued)},
    {"unix-datagrams", offsetof(cas_profile, unix_datagrams)},
};

enum {
    WHOLES = sizeof wholes / sizeof wholes[0],
    PRECHECKS = sizeof prechecks / sizeof prechecks[0],
    SWITCHES = sizeof switches / sizeof switches[0]
};

static bool *switch_of(cas_profile *profile, unsigned i)
{
    return (bool *)((char *)profile + switches[i].offset);
}
static bool is_on(const cas_profile *profile, unsigned i)
{
    return *(const bool *)((const char *)profile + switches[i].offset);
}

/* ---- from text ---- */

static bool is_name(const char *name, const char *text, size_t len)
{
    return strlen(name) == len && memcmp(name, text, len) == 0;
}

static bool add(cas_profile *profile, const char *text, size_t len)
{
    for (unsigned i = 0; i < WHOLES; i++)
        if (is_name(wholes[i].name, text, len)) {
            cas_precheck precheck = profile->precheck;
            *profile = wholes[i].profile;
            profile->precheck = precheck;
            return true;
        }
    for (unsigned i = 0; i < PRECHECKS; i++)
        if (is_name(prechecks[i].name, text, len)) {
            profile->precheck = prechecks[i].precheck;
            return true;
        }
    for (unsigned i = 0; i < SWITCHES; i++)
        if (is_name(switches[i].name, text, len)) {
            *switch_of(profile, i) = true;
            return true;
        }
    return false;
}

bool cas_profile_add(cas_profile *profile, const char *name) { return add(profile, name, strlen(name)); }

bool cas_profile_parse(cas_profile *profile, const char *text, const char **bad)
{
    cas_profile result = {0};
    for (const char *at = text;; at++) {
        size_t len = strcspn(at, ",");
        if (!add(&result, at, len)) {
            if (bad != NULL)
                *bad = at;
            return false;
        }
        at += len;
        if (*at == '\0')
            break;
    }
    *profile = result;
    return true;
}

/* ---- to text ---- */

static unsigned switches_on(const cas_profile *profile)
{
    unsigned count = 0;
    for (unsigned i = 0; i < SWITCHES; i++)
        count += is_on(profile, i);
    return count;
}

static bool is_within(const cas_profile *part, const cas_profile *profile)
{
    for (unsigned i = 0; i < SWITCHES; i++)
        if (is_on(part, i) && !is_on(profile, i))
            return false;
    return part->backlog_max == profile->backlog_max;
}

/* The largest whole profile that asks for nothing which is off. */
static unsigned base_of(const cas_profile *profile)
{
    unsigned best = 0;
    for (unsigned i = 1; i < WHOLES; i++)
        if (is_within(&wholes[i].profile, profile) &&
            switches_on(&wholes[i].profile) > switches_on(&wholes[best].profile))
            best = i;
    return best;
}

static void append(char *text, size_t size, const char *word)
{
    size_t len = strlen(text);
    if (len < size)
        snprintf(text + len, size - len, "%s%s", len == 0 ? "" : ",", word);
}

const char *cas_profile_text(const cas_profile *profile, char *text, size_t size)
{
    unsigned base = base_of(profile);
    if (size == 0)
        return text;
    text[0] = '\0';
    append(text, size, wholes[base].name);
    for (unsigned i = 0; i < SWITCHES; i++)
        if (is_on(profile, i) && !is_on(&wholes[base].profile, i))
            append(text, size, switches[i].name);
    for (unsigned i = 1; i < PRECHECKS; i++)
        if (prechecks[i].precheck == profile->precheck)
            append(text, size, prechecks[i].name);
    return text;
}
