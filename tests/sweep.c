/* SPDX-License-Identifier: MIT
 *
 * See sweep.h.
 */
#include "tests/sweep.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "castanet/error.h"
#include "simnet/world/world.h"
#include "tests/expect.h"
#include "tests/fixture.h"

enum { REQUESTS_MAX = 500, DESCRIPTORS_MAX = 256 };

void sweep_say(sweep_text *text, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    int more = vsnprintf(text->bytes + text->len, sizeof text->bytes - text->len, format, list);
    va_end(list);
    if (more > 0)
        text->len += (size_t)more;
    if (text->len >= sizeof text->bytes)
        text->len = sizeof text->bytes - 1;
}

static bool blocks_are_objects(sim_world *world)
{
    const cas_counting_allocator *memory = fixture_memory();
    int64_t before = memory->blocks_live;
    void *block = simp_alloc(&world->arena, 1);
    bool grew = memory->blocks_live == before + 1;
    simp_free(&world->arena, block, 1);
    return grew && memory->blocks_live == before;
}

void sweep_say_blocks(sweep_text *seen, sim_world *world)
{
    if (world == NULL || blocks_are_objects(world))
        sweep_say(seen, "\n%d blocks", (int)fixture_memory()->blocks_live);
}

unsigned sweep_count_descriptors(void)
{
    unsigned count = 0;
    for (int fd = 0; fd < DESCRIPTORS_MAX; fd++)
        count += fcntl(fd, F_GETFD) >= 0;
    return count;
}

/* One run: what went on, for the comparison with the run without refusal. */
typedef struct attempt {
    uint64_t request; /* the one refused; 0: none */
    bool was_refused, was_told;
    bool is_void;
    int result;
    sweep_text end;
} attempt;

static bool check(const sweep *s, const attempt *a, bool ok, const char *what, const char *actual,
                  const char *wanted)
{
    return expect_report(EXPECT_SITE(false), ok,
                         "%s, request %u for memory refused: %s\n    is:       %s\n    expected: %s", s->what,
                         (unsigned)a->request, what, actual, wanted);
}

static bool check_text(const sweep *s, const attempt *a, const char *what, const sweep_text *actual,
                       const sweep_text *wanted)
{
    return check(s, a, strcmp(actual->bytes, wanted->bytes) == 0, what, actual->bytes, wanted->bytes);
}

static int act_refusing(const sweep *s, attempt *a)
{
    uint64_t refused_before = s->memory->refused;
    s->memory->refuse_at = a->request == 0 ? 0 : s->memory->calls + a->request;
    int result = s->act(s->context);
    s->memory->refuse_at = 0;
    a->was_refused = s->memory->refused > refused_before;
    return result;
}

/* plain: the run without refusal; NULL: this is it. */
static void run_once(const sweep *s, attempt *a, const attempt *plain)
{
    sweep_text before = {.len = 0}, after = {.len = 0};
    int64_t blocks = s->memory->blocks_live, bytes = s->memory->bytes_live;
    s->prepare(s->context);
    s->observe(s->context, &before);
    a->result = act_refusing(s, a);
    a->was_told = a->was_refused && a->result == WSAENOBUFS;
    if (a->was_told) {
        s->observe(s->context, &after);
        check_text(s, a, "the call that failed changed the state", &after, &before);
        a->result = s->act(s->context);
    }
    if (plain != NULL && a->was_refused)
        check(s, a, a->result == plain->result, a->was_told ? "the repeated call" : "the call",
              cas_error_name(a->result), cas_error_name(plain->result));
    a->is_void = !s->finish(s->context, a->result, &a->end);
    if (a->is_void)
        check(s, a, s->may_void && a->was_refused && !a->was_told, "the run", "void", "not void");
    s->clean(s->context);
    expect_report(EXPECT_SITE(false), s->memory->blocks_live == blocks && s->memory->bytes_live == bytes,
                  "%s, request %u for memory refused: %d blocks leak, %d bytes", s->what,
                  (unsigned)a->request, (int)(s->memory->blocks_live - blocks),
                  (int)(s->memory->bytes_live - bytes));
}

void sweep_run(const sweep *s, sweep_count *sum)
{
    static attempt plain, refused; /* large */
    plain = (attempt){.request = 0};
    run_once(s, &plain, NULL);
    for (unsigned n = 1; n <= REQUESTS_MAX; n++) {
        refused = (attempt){.request = n};
        run_once(s, &refused, &plain);
        if (!refused.was_refused)
            return;
        if (!refused.is_void)
            check_text(s, &refused, "what came of it", &refused.end, &plain.end);
        sum->refused++;
        sum->told += refused.was_told ? 1 : 0;
        sum->voided += refused.is_void ? 1 : 0;
    }
    expect_report(EXPECT_SITE(false), false, "%s asks for memory more than %d times", s->what, REQUESTS_MAX);
}

void sweep_print(const char *place, unsigned number, const char *of_what, const sweep_count *sum)
{
    printf("# %s: %u %s; %u requests for memory refused, %u told, %u void\n", place, number, of_what,
           sum->refused, sum->told, sum->voided);
}
