/* SPDX-License-Identifier: MIT
 *
 * Refused memory where threads, backends and captures are made.  sweep.h says what then must hold.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/stat.h>

#include "castanet/trace.h"
#include "castanet/os.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/sweep.h"
#include "tests/system_memory.h"
#include "tests/test_list.h"

typedef struct part part;

/* How a part is made and used. */
typedef struct part_kind {
    const char *name;
    bool of_system; /* it takes the system's memory, not an allocator of the caller's */
    void (*prepare)(part *);
    int (*make)(part *);
    void (*use)(part *, sweep_text *seen); /* and ends it */
} part_kind;

struct part {
    const part_kind *kind;
    arena_backend backend; /* a real one */
    cas_backend *port;
    cas_thread *thread;
    cas_thread *thread_before;
    world_pair pair;
    cap_trace *trace;
    FILE *stream;
    char folder[40], path[64];
};

static void prepare_nothing(part *p) { (void)p; }

/* ---- threads and backends ---- */

static void prepare_port(part *p)
{
    EXPECT_CODE_FATAL(arena_backend_create(p->backend, &fixture_memory()->base, &p->port), 0);
}

/* A datagram to itself over the current thread. */
static void use_current_thread(sweep_text *seen)
{
    recorder one;
    char text[46];
    UINT port;
    recorder_construct(&one);
    EXPECT_OK(CAsyncSocket_Create(&one.socket, 0, SOCK_DGRAM, FD_WRITE, NULL));
    EXPECT_OK(CAsyncSocket_GetSockName(&one.socket, text, sizeof text, &port));
    sweep_say(seen, " callbacks %d", cas_pump_run(0));
    CAsyncSocket_Destruct(&one.socket);
}

static int make_thread(part *p) { return cas_thread_create(p->port, &fixture_memory()->base, &p->thread); }

static void use_thread(part *p, sweep_text *seen)
{
    cas_thread *before = cas_thread_enter(p->thread);
    use_current_thread(seen);
    cas_thread_enter(before);
    cas_thread_destroy(p->thread);
}

static int make_port(part *p) { return arena_backend_create(p->backend, &fixture_memory()->base, &p->port); }

static void use_port(part *p, sweep_text *seen)
{
    EXPECT_CODE_FATAL(make_thread(p), 0);
    use_thread(p, seen);
}

static int init_thread(part *p) { return cas_thread_init(p->port); }

static void use_and_fini_thread(part *p, sweep_text *seen)
{
    (void)p;
    use_current_thread(seen);
    cas_thread_fini();
}

static int init_os(part *p)
{
    (void)p;
    return cas_os_init();
}

static void use_and_fini_os(part *p, sweep_text *seen)
{
    (void)p;
    use_current_thread(seen);
    cas_os_fini();
}

/* ---- captures ---- */

static void prepare_world(part *p)
{
    p->pair = fixture_world_pair(NULL);
    strcpy(p->folder, "/tmp/castanet-test-XXXXXX");
    EXPECT_TRUE_FATAL(mkdtemp(p->folder) != NULL);
    snprintf(p->path, sizeof p->path, "%s/sweep.pcap", p->folder);
}

static int open_trace(part *p) { return cap_trace_open(p->pair.world, &p->trace, NULL); }

static void prepare_trace(part *p)
{
    prepare_world(p);
    p->stream = tmpfile();
    EXPECT_TRUE_FATAL(p->stream != NULL);
    EXPECT_CODE_FATAL(cap_trace_open(p->pair.world, &p->trace, NULL), 0);
}

static int add_ladder(part *p)
{
    return cap_trace_print_ladder(p->trace, p->stream, &(cap_ladder_options){.rows_max = 20}, NULL);
}

static void send_datagram(part *p)
{
    recorder one;
    cas_thread *before = sim_host_enter(p->pair.a);
    recorder_construct(&one);
    EXPECT_OK(CAsyncSocket_Create(&one.socket, 0, SOCK_DGRAM, 0, NULL));
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&one.socket, "hello", 5, 9, "b", 0), 5);
    world_pair_settle(&p->pair);
    CAsyncSocket_Destruct(&one.socket);
    cas_thread_enter(before);
}

static void use_trace(part *p, sweep_text *seen)
{
    send_datagram(p);
    sweep_say(seen, " closed %d", cap_trace_close(p->trace, NULL));
}

static void use_ladder(part *p, sweep_text *seen)
{
    send_datagram(p);
    EXPECT_CODE(cap_trace_close(p->trace, NULL), 0);
    sweep_say(seen, " %ld characters", ftell(p->stream));
    fclose(p->stream);
}

static void prepare_pcap(part *p)
{
    prepare_world(p);
    EXPECT_CODE_FATAL(cap_trace_open(p->pair.world, &p->trace, NULL), 0);
}

static void prepare_pcapng(part *p)
{
    prepare_pcap(p);
    strcat(p->path, "ng");
}

static int open_file(part *p)
{
    sim_error error = {.code = 0};
    int code = cap_trace_add_capture(p->trace, p->path, NULL, &error);
    EXPECT_EQ_INT(error.code, code);
    return code;
}

static void use_file(part *p, sweep_text *seen)
{
    send_datagram(p);
    EXPECT_CODE(cap_trace_close(p->trace, NULL), 0);
    FILE *stream = fopen(p->path, "rb");
    EXPECT_TRUE_FATAL(stream != NULL);
    EXPECT_EQ_INT(fseek(stream, 0, SEEK_END), 0);
    sweep_say(seen, " %ld bytes", ftell(stream));
    fclose(stream);
    remove(p->path);
}

/* ---- as sweep.h wants them ---- */

static void part_prepare(void *context)
{
    part *p = context;
    *p = (part){.kind = p->kind, .backend = p->backend};
    p->thread_before = cas_thread_enter(NULL);
    p->kind->prepare(p);
}

static int part_make(void *context)
{
    part *p = context;
    return p->kind->make(p);
}

static void part_observe(void *context, sweep_text *seen)
{
    const part *p = context;
    sweep_say(seen, cas_thread_current() == NULL ? "no thread" : "a thread is current");
    if (p->pair.world != NULL) /* a folder with a file in it stays */
        sweep_say(seen, rmdir(p->folder) == 0 && mkdir(p->folder, 0700) == 0 ? ", no file" : ", a file");
}

static bool part_finish(void *context, int result, sweep_text *seen)
{
    part *p = context;
    sweep_say(seen, "result %d", result);
    p->kind->use(p, seen);
    return true;
}

static void part_clean(void *context)
{
    part *p = context;
    if (p->port != NULL)
        arena_backend_destroy(p->backend, p->port);
    if (p->pair.world != NULL) {
        fixture_world_destroy(p->pair.world);
        EXPECT_EQ_INT(rmdir(p->folder), 0);
    }
    cas_thread_enter(p->thread_before);
}

static const part_kind kinds[] = {
    {"cas_thread_create", false, prepare_port, make_thread, use_thread},
    {"cas_thread_init", true, prepare_port, init_thread, use_and_fini_thread},
    {"constructor of a backend", false, prepare_nothing, make_port, use_port},
    {"cas_os_init", true, prepare_nothing, init_os, use_and_fini_os},
    {"cap_trace_open", true, prepare_world, open_trace, use_trace},
    {"cap_trace_print_ladder", true, prepare_trace, add_ladder, use_ladder},
    {"cap_trace_add_pcap", true, prepare_pcap, open_file, use_file},
    {"cap_trace_add_pcapng", true, prepare_pcapng, open_file, use_file},
};
enum { KIND_COUNT = sizeof kinds / sizeof kinds[0] };

static void every_part_survives_refused_memory(arena *a)
{
    sweep_count sum = {.refused = 0};
    if (!arena_backend_is_real(arena_backend_of(a)))
        return; /* in a world they are made with it: see test_sweep_build.c */
    for (unsigned i = 0; i < KIND_COUNT; i++) {
        part p = {.kind = &kinds[i], .backend = arena_backend_of(a)};
        unsigned before = sum.refused;
        sweep one = {.what = kinds[i].name,
                     .context = &p,
                     .prepare = part_prepare,
                     .act = part_make,
                     .observe = part_observe,
                     .finish = part_finish,
                     .clean = part_clean,
                     .memory = kinds[i].of_system ? system_memory() : fixture_memory()};
        sweep_run(&one, &sum);
        expect_report(EXPECT_SITE(false), sum.refused > before, "%s asks for no memory: nothing was tried",
                      kinds[i].name);
    }
    sweep_print(arena_backend_name(arena_backend_of(a)), KIND_COUNT, "constructors", &sum);
}

const test_case test_sweep_parts[] = {TEST_EVERYWHERE(every_part_survives_refused_memory), TEST_END};
