/* SPDX-License-Identifier: MIT
 *
 * The messages of the assertions.  CUnit keeps a copy of each; main prints them under the result line.
 */
#include "tests/expect.h"

#include <CUnit/CUnit.h>
#include <CUnit/TestRun.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "castanet/casyncsocket.h"
#include "castanet/error.h"

static const char *current_program = "castanet_tests";
static uint64_t current_seed;
static const sim_world *current_world;
static const char *current_place;
static const char *skip_reason;

void expect_set_command(const char *program, uint64_t seed)
{
    current_program = program;
    current_seed = seed;
}

void expect_set_world(const sim_world *world) { current_world = world; }
void expect_set_place(const char *place) { current_place = place; }
void expect_skip(const char *reason) { skip_reason = reason; }

const char *expect_take_skip(void)
{
    const char *reason = skip_reason;
    skip_reason = NULL;
    return reason;
}

/* Appends to a text of used bytes; returns how many are used then, at most size. */
static size_t append(char *text, size_t size, size_t used, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 4, 5)))
#endif
    ;

static size_t append(char *text, size_t size, size_t used, const char *format, ...)
{
    if (used >= size)
        return size;
    va_list list;
    va_start(list, format);
    int more = vsnprintf(text + used, size - used, format, list);
    va_end(list);
    return more < 0 || (size_t)more >= size - used ? size : used + (size_t)more;
}

/* Appends when, where and how to repeat it to a message of used bytes. */
static void append_context(char *text, size_t size, size_t used)
{
    CU_pSuite suite = CU_get_current_suite();
    CU_pTest test = CU_get_current_test();
    if (current_place != NULL)
        used = append(text, size, used, "\n    on %s", current_place);
    if (current_world != NULL) {
        uint64_t now = sim_world_now(current_world);
        used = append(text, size, used, "\n    at %" PRIu64 ".%06" PRIu64 " ms of virtual time",
                      now / 1000000, now % 1000000);
    }
    if (suite != NULL && test != NULL)
        append(text, size, used, "\n    reproduce: %s --run '%s/%s' --seed %" PRIu64, current_program,
               suite->pName, test->pName, current_seed);
}

bool expect_report(expect_site site, bool ok, const char *format, ...)
{
    char text[4096] = "";
    if (!ok) {
        va_list list;
        va_start(list, format);
        int used = vsnprintf(text, sizeof text, format, list);
        va_end(list);
        append_context(text, sizeof text, used > 0 ? (size_t)used : 0);
    }
    CU_assertImplementation(ok ? CU_TRUE : CU_FALSE, (unsigned)site.line, text, site.file, "",
                            site.fatal ? CU_TRUE : CU_FALSE);
    return ok;
}

bool expect_true(expect_site site, bool value, bool wanted, const char *text)
{
    return expect_report(site, value == wanted, "%s is %s", text, value ? "true" : "false");
}

bool expect_eq_int(expect_site site, intmax_t actual, intmax_t wanted, const char *left, const char *right)
{
    return expect_report(site, actual == wanted, "%s is %" PRIdMAX ", expected %s = %" PRIdMAX, left, actual,
                         right, wanted);
}

bool expect_eq_str(expect_site site, const char *actual, const char *wanted, const char *left,
                   const char *right)
{
    bool ok = actual == wanted || (actual != NULL && wanted != NULL && strcmp(actual, wanted) == 0);
    return expect_report(site, ok, "%s is \"%s\", expected %s = \"%s\"", left,
                         actual != NULL ? actual : "(NULL)", right, wanted != NULL ? wanted : "(NULL)");
}

/* The first 16 bytes from offset on, as hexadecimal digits.  Returns buf, which takes 49 bytes. */
static const char *hex_text(char *buf, const uint8_t *bytes, size_t offset, size_t size)
{
    char *end = buf;
    *end = '\0';
    for (size_t i = offset; i < size && i < offset + 16; i++)
        end += sprintf(end, "%02x ", bytes[i]);
    return buf;
}

bool expect_eq_mem(expect_site site, const void *actual, const void *wanted, size_t size, const char *left,
                   const char *right)
{
    const uint8_t *a = actual, *b = wanted;
    char a_text[64], b_text[64];
    size_t at = 0;
    while (at < size && a[at] == b[at])
        at++;
    return expect_report(site, at == size, "%s and %s differ from byte %zu of %zu on: %s, expected %s", left,
                         right, at, size, hex_text(a_text, a, at, size), hex_text(b_text, b, at, size));
}

bool expect_code(expect_site site, int actual, int wanted, const char *text)
{
    return expect_report(site, actual == wanted, "%s gives %s (%d), expected %s (%d)", text,
                         cas_error_name(actual), actual, cas_error_name(wanted), wanted);
}

bool expect_error(expect_site site, bool failed, int wanted, const char *text)
{
    int error = CAsyncSocket_GetLastError();
    if (!failed)
        return expect_report(site, false, "%s succeeds, expected %s (%d)", text, cas_error_name(wanted),
                             wanted);
    return expect_report(site, error == wanted, "%s fails with %s (%d), expected %s (%d)", text,
                         cas_error_name(error), error, cas_error_name(wanted), wanted);
}

bool expect_ok(expect_site site, bool succeeded, const char *text)
{
    int error = CAsyncSocket_GetLastError();
    return expect_report(site, succeeded, "%s fails with %s (%d)", text, cas_error_name(error), error);
}
