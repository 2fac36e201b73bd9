/* SPDX-License-Identifier: MIT
 *
 * Assertions that say what was compared, both values, the place, the virtual time if a world is current, and
 * the command that repeats the test.  The _FATAL forms end the test.
 *
 *  - The value under test comes first, the expected one second.
 *  - EXPECT_ERROR is for BOOL functions, EXPECT_ERROR_COUNT for those that return a count or SOCKET_ERROR;
 *    both then compare CAsyncSocket_GetLastError.  EXPECT_CODE is for functions that return 0 or a WSAE code.
 */
#ifndef TESTS_EXPECT_H
#define TESTS_EXPECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "castanet/sim.h"

/* Where an assertion stands in the source. */
typedef struct expect_site {
    const char *file;
    int line;
    bool fatal;
} expect_site;

#define EXPECT_SITE(fatal) ((expect_site){__FILE__, __LINE__, fatal})

/* What failure messages quote; main and the fixture set them. */
void expect_set_command(const char *program, uint64_t seed);
void expect_set_world(const sim_world *world); /* NULL: no world is current */
void expect_set_place(const char *place);      /* "epoll", or NULL; static storage */

/* The test cannot be made here, for this reason (static storage); it returns without another word. */
void expect_skip(const char *reason);
/* The reason of the test that just ended, NULL if it was made; forgets it. */
const char *expect_take_skip(void);

/* Records one assertion; the printf-style message is used only when ok is false.  Returns ok. */
bool expect_report(expect_site site, bool ok, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

bool expect_true(expect_site site, bool value, bool wanted, const char *text);
bool expect_eq_int(expect_site site, intmax_t actual, intmax_t wanted, const char *left, const char *right);
bool expect_eq_str(expect_site site, const char *actual, const char *wanted, const char *left,
                   const char *right);
bool expect_eq_mem(expect_site site, const void *actual, const void *wanted, size_t size, const char *left,
                   const char *right);
bool expect_code(expect_site site, int actual, int wanted, const char *text);
/* failed, succeeded: what the call did; both ask GetLastError themselves. */
bool expect_error(expect_site site, bool failed, int wanted, const char *text);
bool expect_ok(expect_site site, bool succeeded, const char *text);

#define EXPECT_TRUE(a) expect_true(EXPECT_SITE(false), (a), true, #a)
#define EXPECT_FALSE(a) expect_true(EXPECT_SITE(false), (a), false, #a)
#define EXPECT_EQ_INT(a, b) expect_eq_int(EXPECT_SITE(false), (intmax_t)(a), (intmax_t)(b), #a, #b)
#define EXPECT_EQ_STR(a, b) expect_eq_str(EXPECT_SITE(false), (a), (b), #a, #b)
#define EXPECT_EQ_MEM(a, b, size) expect_eq_mem(EXPECT_SITE(false), (a), (b), (size), #a, #b)
#define EXPECT_CODE(call, code) expect_code(EXPECT_SITE(false), (call), (code), #call)
#define EXPECT_ERROR(call, code) expect_error(EXPECT_SITE(false), !(call), (code), #call)
#define EXPECT_ERROR_COUNT(call, code) expect_error(EXPECT_SITE(false), (call) == SOCKET_ERROR, (code), #call)
#define EXPECT_OK(call) expect_ok(EXPECT_SITE(false), (call) != 0, #call)

#define EXPECT_TRUE_FATAL(a) expect_true(EXPECT_SITE(true), (a), true, #a)
#define EXPECT_EQ_INT_FATAL(a, b) expect_eq_int(EXPECT_SITE(true), (intmax_t)(a), (intmax_t)(b), #a, #b)
#define EXPECT_CODE_FATAL(call, code) expect_code(EXPECT_SITE(true), (call), (code), #call)
#define EXPECT_OK_FATAL(call) expect_ok(EXPECT_SITE(true), (call) != 0, #call)

#endif
