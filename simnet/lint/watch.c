/* SPDX-License-Identifier: MIT
 *
 * What the linter takes from each observation.
 *
 *   dispatch -> calls on sockets -> return    a frame, and the memo of the socket that it is about
 *   leave                                     the socket is judged, while it still can be asked
 */
#include <string.h>

#include "simnet/lint/lint.h"

/* ---- threads, memos, frames ---- */

static simp_lint_thread *new_thread(sim_lint *lint, const cas_thread *thread)
{
    simp_lint_thread **grown = simp_lint_grow(lint->memory, lint->threads, &lint->thread_capacity,
                                              sizeof *grown, lint->thread_count + 1);
    if (grown == NULL)
        return NULL;
    lint->threads = grown;
    simp_lint_thread *t = cas_alloc(lint->memory, sizeof *t);
    if (t == NULL)
        return NULL;
    *t = (simp_lint_thread){.thread = thread};
    lint->threads[lint->thread_count++] = t;
    return t;
}

static simp_lint_thread *thread_of(sim_lint *lint, const cas_thread *thread)
{
    if (lint->recent != NULL && lint->recent->thread == thread)
        return lint->recent;
    size_t i = 0;
    while (i < lint->thread_count && lint->threads[i]->thread != thread)
        i++;
    lint->recent = i < lint->thread_count ? lint->threads[i] : new_thread(lint, thread);
    lint->incomplete |= lint->recent == NULL;
    return lint->recent;
}

/* Of the socket that has the handle now; NULL: none, or no memory. */
static simp_lint_memo *memo_for(sim_lint *lint, simp_lint_thread *t, SOCKET handle, const casp_sink *sink)
{
    if (sink == NULL)
        return NULL;
    if (handle >= t->capacity) {
        simp_lint_memo *grown =
            simp_lint_grow(lint->memory, t->memos, &t->capacity, sizeof *grown, (size_t)handle + 1);
        lint->incomplete |= grown == NULL;
        if (grown == NULL)
            return NULL;
        t->memos = grown;
    }
    simp_lint_memo *memo = &t->memos[handle];
    if (memo->generation != sink->generation)
        *memo = (simp_lint_memo){.generation = sink->generation};
    return memo;
}

/* The callback in progress; NULL: none that is followed. */
static simp_lint_frame *frame_of(simp_lint_thread *t)
{
    return t->depth == 0 || t->depth > SIMP_LINT_DEPTH ? NULL : &t->frames[t->depth - 1];
}

static uint64_t now(const simp_lint_thread *t) { return t->thread->backend->ops->now(t->thread->backend); }

/* ---- callbacks ---- */

static void tell_nesting(sim_lint *lint, simp_lint_thread *t)
{
    const simp_lint_frame *outer = frame_of(t);
    if (outer == NULL)
        return;
    simp_lint_memo *memo = &t->memos[outer->handle];
    simp_lint_tell(lint, t, outer->handle, memo->generation == outer->generation ? memo : NULL,
                   SIM_LINT_NESTED_PUMP);
}

static void take_dispatch(sim_lint *lint, simp_lint_thread *t, simp_lint_memo *memo,
                          const cas_observation *what)
{
    tell_nesting(lint, t);
    unsigned number = simp_event_number(what->event);
    memo->posted &= (uint8_t)~what->event;
    memo->occurrence[number]++;
    memo->called_ns[number] = now(t);
    memo->was_told |= what->event == FD_CLOSE && what->error == 0;
    lint->callbacks++;
    if (t->depth++ < SIMP_LINT_DEPTH)
        t->frames[t->depth - 1] = (simp_lint_frame){.generation = memo->generation,
                                                    .number = lint->callbacks,
                                                    .handle = what->handle,
                                                    .event = (int)what->event,
                                                    .error = what->error};
}

static void take_return(simp_lint_thread *t)
{
    const simp_lint_frame *frame = frame_of(t);
    if (t->depth > 0)
        t->depth--;
    if (frame == NULL || frame->left)
        return;
    simp_lint_memo *memo = &t->memos[frame->handle];
    if (memo->generation != frame->generation)
        return;
    memo->idle_close |= frame->event == FD_CLOSE && !frame->called;
    memo->idle_error |= frame->event != FD_CLOSE && frame->error != 0 && !frame->called;
    if (frame->event == FD_READ) {
        memo->met_empty |= frame->was_empty && !simp_lint_has_failed(t->thread);
        memo->several |= frame->filled > 1;
    }
}

/* ---- calls ---- */

/* Is this the next Receive of somebody who takes the one before for whole? */
static bool skips_rest(const simp_lint_frame *frame, const cas_observation *what)
{
    return frame->filled > 0 && frame->got < frame->asked && what->asked != frame->asked &&
           what->asked != frame->asked - frame->got && what->bytes != frame->into + frame->got;
}

/* frame NULL: not in a callback of the socket. */
static void take_receive(sim_lint *lint, simp_lint_thread *t, simp_lint_memo *memo, simp_lint_frame *frame,
                         const cas_observation *what)
{
    memo->ended |= what->error == 0 ? what->result == 0 && what->asked > 0 : what->error != WSAEWOULDBLOCK;
    memo->heard |= what->result > 0;
    memo->drained |= memo->was_told && (what->error == WSAEWOULDBLOCK || what->result < what->asked);
    if (frame == NULL)
        return;
    if (skips_rest(frame, what))
        simp_lint_tell(lint, t, what->handle, memo, SIM_LINT_SHORT_RECEIVE);
    frame->was_empty |= what->error == WSAEWOULDBLOCK;
    frame->got = what->result;
    frame->asked = what->asked;
    frame->into = what->bytes;
    if (what->result > 0)
        frame->filled++;
}

static void keep_tail(simp_lint_tail *tail, const cas_observation *what, int64_t taken)
{
    int64_t rest = what->asked - taken;
    tail->count = (uint8_t)(rest < SIMP_LINT_TAIL ? rest : SIMP_LINT_TAIL);
    tail->refused = taken == 0;
    memcpy(tail->bytes, (const uint8_t *)what->bytes + taken, tail->count);
}

static void take_send(sim_lint *lint, simp_lint_thread *t, simp_lint_memo *memo, const cas_observation *what)
{
    simp_lint_tail *tail = &memo->tail;
    bool counts = what->error == 0 || what->error == WSAEWOULDBLOCK;
    if (what->bytes == NULL || what->asked <= 0 || !counts) {
        tail->count = 0;
        return;
    }
    size_t same = what->asked < tail->count ? (size_t)what->asked : tail->count;
    if (memcmp(tail->bytes, what->bytes, same) != 0)
        simp_lint_tell(lint, t, what->handle, memo,
                       tail->refused ? SIM_LINT_WOULD_BLOCK_FATAL : SIM_LINT_PARTIAL_SEND);
    tail->count = 0;
    int64_t taken = what->error == 0 ? what->result : 0;
    if (taken < what->asked)
        keep_tail(tail, what, taken);
}

typedef enum call_kind { CALL_OTHER, CALL_RECEIVE, CALL_SEND, CALL_ACCEPT, CALL_SHUT_DOWN } call_kind;

/* By the letters that tell the names of calls apart. */
static call_kind kind_of(const char *name)
{
    if (name[0] == 'R')
        return CALL_RECEIVE;
    if (name[0] == 'S' && name[1] == 'h')
        return CALL_SHUT_DOWN;
    if (name[0] == 'S' && name[1] == 'e' && name[2] == 'n')
        return CALL_SEND;
    return name[0] == 'A' && name[1] == 'c' ? CALL_ACCEPT : CALL_OTHER;
}

/* A call on an object without a socket. */
static void take_stray(sim_lint *lint, simp_lint_thread *t, const simp_lint_frame *frame)
{
    if (frame != NULL && frame->accept_failed)
        simp_lint_tell(lint, t, frame->handle, &t->memos[frame->handle], SIM_LINT_ACCEPT_IGNORED);
    else
        simp_lint_tell(lint, t, INVALID_SOCKET, NULL, SIM_LINT_USE_AFTER_CLOSE);
}

static void note_call(sim_lint *lint, simp_lint_thread *t, simp_lint_memo *memo, simp_lint_frame *own,
                      const cas_observation *what, call_kind kind)
{
    const simp_lint_frame *frame = frame_of(t);
    memo->idle_close = memo->idle_error = false;
    memo->last_error = what->error;
    memo->callback = frame == NULL ? 0 : frame->number;
    if (what->error == WSAEWOULDBLOCK) {
        memo->refused_ns = now(t);
        memo->refused_step = lint->step;
    }
    if (own == NULL)
        return;
    own->called = true;
    own->accept_failed |= kind == CALL_ACCEPT && what->error != 0;
    if (own->error != 0 && own->event != FD_CLOSE && kind != CALL_OTHER)
        simp_lint_tell(lint, t, what->handle, memo, SIM_LINT_ERROR_IGNORED);
}

static void take_call(sim_lint *lint, simp_lint_thread *t, simp_lint_memo *memo, const casp_sink *sink,
                      const cas_observation *what)
{
    simp_lint_frame *frame = frame_of(t);
    if (what->handle == INVALID_SOCKET && what->error == WSAENOTSOCK)
        take_stray(lint, t, frame);
    if (memo == NULL)
        return;
    call_kind kind = kind_of(what->name);
    bool is_own = frame != NULL && frame->handle == what->handle && frame->generation == memo->generation;
    simp_lint_frame *own = is_own ? frame : NULL;
    note_call(lint, t, memo, own, what, kind);
    if (kind == CALL_RECEIVE && !sink->datagram)
        take_receive(lint, t, memo, own, what);
    else if (kind == CALL_SEND && !sink->datagram)
        take_send(lint, t, memo, what);
}

/* ---- leaving ---- */

/* Did it give up because of a WSAEWOULDBLOCK? */
static bool gives_up(const simp_lint_thread *t, const simp_lint_memo *memo, const simp_lint_frame *frame)
{
    if (memo->last_error != WSAEWOULDBLOCK)
        return false;
    if (frame == NULL)
        return memo->callback == 0 && memo->refused_ns == now(t);
    return memo->callback == frame->number && frame->event != FD_CLOSE && frame->filled == 0;
}

/* A connection on which nothing was ever heard has nothing to drain, in whatever order its end is told. */
static void judge_unread(sim_lint *lint, simp_lint_thread *t, SOCKET handle, simp_lint_memo *memo,
                         const simp_lint_frame *own)
{
    unsigned unread = simp_lint_unread(t->thread, handle);
    bool has_failed = own != NULL && own->event == FD_CLOSE && own->error != 0;
    if (memo->was_told && (unread > 0 || (memo->heard && !memo->drained)))
        simp_lint_tell(lint, t, handle, memo, SIM_LINT_CLOSE_WITHOUT_DRAIN);
    else if (!memo->was_told && !has_failed && unread > 0)
        simp_lint_tell(lint, t, handle, memo, SIM_LINT_CLOSE_UNREAD);
}

static void take_close(sim_lint *lint, simp_lint_thread *t, simp_lint_memo *memo, const casp_sink *sink,
                       SOCKET handle)
{
    simp_lint_frame *frame = frame_of(t);
    bool is_own = frame != NULL && frame->handle == handle && frame->generation == memo->generation;
    if (gives_up(t, memo, frame))
        simp_lint_tell(lint, t, handle, memo, SIM_LINT_WOULD_BLOCK_FATAL);
    if (!sink->datagram && !memo->ended) {
        judge_unread(lint, t, handle, memo, is_own ? frame : NULL);
        if (memo->tail.count > 0 && memo->occurrence[simp_event_number(FD_CLOSE)] == 0)
            simp_lint_tell(lint, t, handle, memo,
                           memo->tail.refused ? SIM_LINT_WOULD_BLOCK_FATAL : SIM_LINT_PARTIAL_SEND);
    }
    simp_lint_judge_end(lint, t, handle, memo, sink);
}

static void take_leave(sim_lint *lint, simp_lint_thread *t, simp_lint_memo *memo, const casp_sink *sink,
                       const cas_observation *what)
{
    simp_lint_frame *frame = frame_of(t);
    if (what->name[0] == 'C')
        take_close(lint, t, memo, sink, what->handle);
    if (frame != NULL && frame->handle == what->handle && frame->generation == memo->generation)
        frame->left = true;
    memo->generation = 0;
}

/* ---- all ---- */

void simp_lint_watch(sim_lint *lint, const cas_observation *what)
{
    lint->step++;
    simp_lint_thread *t = lint->incomplete ? NULL : thread_of(lint, what->thread);
    if (t == NULL)
        return;
    const casp_sink *sink = simp_lint_sink(what->thread, what->handle);
    simp_lint_memo *memo = memo_for(lint, t, what->handle, sink);
    if (what->step == CAS_STEP_RETURN)
        take_return(t);
    else if (what->step == CAS_STEP_CALL)
        take_call(lint, t, memo, sink, what);
    else if (memo == NULL)
        return;
    else if (what->step == CAS_STEP_POST)
        memo->posted |= (uint8_t)what->event;
    else if (what->step == CAS_STEP_DISPATCH)
        take_dispatch(lint, t, memo, what);
    else if (what->step == CAS_STEP_DROP)
        memo->posted &= (uint8_t)~what->event;
    else
        take_leave(lint, t, memo, sink, what);
}
