/* SPDX-License-Identifier: MIT
 *
 * One run of a differential program on one backend.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/differential_private.h"
#include "tests/event_vtbl.h"

/* ---- notifications ---- */

static void record(CAsyncSocket *self, long event, int error)
{
    const diff_object *object = (diff_object *)self;
    diff_record *r = object->run->record;
    if (r->note_count == DIFF_NOTES_MAX) {
        snprintf(r->complaint, sizeof r->complaint, "more than %d notifications", DIFF_NOTES_MAX);
        return;
    }
    r->notes[r->note_count++] = (diff_note){object->slot, r->epoch_count, event, error};
}

static const event_vtbl recording = EVENT_VTBL(record);

/* ---- objects ---- */

CAsyncSocket *diff_object_of(diff_run *run, int slot)
{
    if (run->objects[slot] == NULL) {
        diff_object *object = cas_alloc(&run->memory.base, sizeof *object);
        if (object == NULL)
            abort();
        *object = (diff_object){.run = run, .slot = slot};
        CAsyncSocket_Construct(&object->base, &recording.callbacks);
        run->objects[slot] = object;
    }
    return &run->objects[slot]->base;
}

void diff_object_delete(diff_run *run, int slot)
{
    if (run->objects[slot] == NULL)
        return;
    CAsyncSocket_Destruct(&run->objects[slot]->base);
    cas_free(&run->memory.base, run->objects[slot], sizeof *run->objects[slot]);
    run->objects[slot] = NULL;
}

/* ---- settling ---- */

/* Not longer than needed where time is virtual: a whole program must fit into the shortest time that a
 * connection lives on without its program. */
static void settle_once(diff_run *run)
{
    sim_world *world = arena_world(run->arena);
    if (world != NULL)
        sim_world_run(world, sim_world_now(world) + (uint64_t)SIM_S(1));
    else
        arena_settle(run->arena);
}

static void settle_for(diff_run *run, int patience_ms)
{
    enum { ROUNDS_MAX = 50 };
    settle_once(run);
    for (int i = 0; i < ROUNDS_MAX && patience_ms > 0 && arena_wait(run->arena, patience_ms); i++)
        settle_once(run);
}

void diff_run_settle(diff_run *run) { settle_for(run, run->patience_ms); }

void diff_run_settle_acknowledged(diff_run *run)
{
    enum { HELD_BACK_MS = 60 };
    settle_for(run, HELD_BACK_MS);
}

/* ---- life ---- */

static void complain(void *context, const char *what)
{
    diff_record *record = context;
    snprintf(record->complaint, sizeof record->complaint, "%s", what);
}

static bool start(diff_run *run, arena_backend backend, uint64_t seed, diff_record *into)
{
    cas_counting_allocator_init(&run->memory, cas_allocator_system());
    run->record = into;
    run->buffer = malloc(DIFF_BUFFER_BYTES);
    for (int slot = 0; slot < DIFF_SLOTS; slot++)
        run->detached[slot] = INVALID_SOCKET;
    cas_profile profile = {0};
    cas_profile_add(&profile, "linux");
    run->arena = arena_create(&(arena_options){.backend = backend,
                                               .seed = seed,
                                               .memory = &run->memory.base,
                                               .profile = &profile,
                                               .complain = complain,
                                               .context = into});
    return run->arena != NULL && run->buffer != NULL;
}

/* A handle that nobody took back is closed, or a real one would stay open. */
static void close_detached(diff_run *run, int slot)
{
    if (run->detached[slot] == INVALID_SOCKET)
        return;
    CAsyncSocket last;
    CAsyncSocket_Construct(&last, NULL);
    CAsyncSocket_Attach(&last, run->detached[slot], 0);
    CAsyncSocket_Destruct(&last);
}

static void stop(diff_run *run)
{
    for (int slot = 0; run->arena != NULL && slot < DIFF_SLOTS; slot++) {
        arena_enter(run->arena, differential_thread_of(slot));
        diff_object_delete(run, slot);
        close_detached(run, slot);
    }
    if (run->arena != NULL)
        arena_destroy(run->arena);
    free(run->buffer);
    if (run->memory.blocks_live != 0)
        snprintf(run->record->complaint, sizeof run->record->complaint, "%lld blocks of memory are left",
                 (long long)run->memory.blocks_live);
}

void differential_run(const diff_program *program, arena_backend backend, uint64_t seed, int patience_ms,
                      diff_record *into)
{
    bool settles[DIFF_STEPS_MAX];
    diff_run run = {.patience_ms = patience_ms};
    into->backend = backend;
    into->note_count = into->epoch_count = 0;
    into->complaint[0] = '\0';
    differential_plan(program, settles);
    bool ok = start(&run, backend, seed, into);
    for (unsigned i = 0; ok && i < program->count; i++) {
        const diff_step *step = &program->steps[i];
        if (settles[i]) {
            diff_run_settle(&run);
            into->epoch_count++;
        }
        into->epochs[i] = into->epoch_count;
        arena_enter(run.arena, differential_thread_of(step->slot));
        into->results[i] = diff_act(&run, step);
    }
    if (ok)
        diff_run_settle(&run);
    stop(&run);
}
