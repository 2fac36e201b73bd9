/* SPDX-License-Identifier: MIT
 *
 * What the linter says of a socket at its end: that of the run, or its own.
 */
#include "simnet/lint/lint.h"

/* Is the event one that came, and cannot come again? */
static bool is_over(const simp_lint_memo *memo, const casp_sink *sink, long event)
{
    return (simp_lint_waiting(memo, sink) & event) != 0 && memo->occurrence[simp_event_number(event)] > 0;
}

void simp_lint_judge_end(sim_lint *lint, simp_lint_thread *t, SOCKET handle, simp_lint_memo *memo,
                         const casp_sink *sink)
{
    if (memo->several && !memo->met_empty)
        simp_lint_tell(lint, t, handle, memo, SIM_LINT_SEVERAL_RECEIVES);
    if (is_over(memo, sink, FD_OOB))
        simp_lint_tell(lint, t, handle, memo, SIM_LINT_URGENT_LOST);
}

/* The program still holds bytes that a Send did not take, and nothing will call it for them. */
static void judge_tail(sim_lint *lint, simp_lint_thread *t, SOCKET handle, simp_lint_memo *memo,
                       const casp_sink *sink)
{
    bool is_called = !is_over(memo, sink, FD_WRITE);
    if (memo->tail.count == 0 || memo->ended || memo->occurrence[simp_event_number(FD_CLOSE)] > 0)
        return;
    if (!memo->tail.refused)
        simp_lint_tell(lint, t, handle, memo, is_called ? SIM_LINT_PARTIAL_SEND : SIM_LINT_UNARMED_SEND);
    else if (!is_called)
        simp_lint_tell(lint, t, handle, memo, SIM_LINT_WOULD_BLOCK_FATAL);
}

/* Did the program fail at once when its Connect said WSAEWOULDBLOCK, as Connect does? */
static bool has_despaired(const sim_lint *lint, const simp_lint_thread *t, const simp_lint_memo *memo)
{
    return memo->last_error == WSAEWOULDBLOCK && memo->refused_step == lint->step && memo->callback == 0 &&
           memo->occurrence[simp_event_number(FD_CONNECT)] == 0 && simp_lint_has_failed(t->thread);
}

void simp_lint_judge(sim_lint *lint, simp_lint_thread *t, SOCKET handle, simp_lint_memo *memo)
{
    const casp_sink *sink = memo->generation == 0 ? NULL : simp_lint_sink(t->thread, handle);
    if (sink == NULL || sink->generation != memo->generation)
        return;
    if (is_over(memo, sink, FD_READ))
        simp_lint_tell(lint, t, handle, memo, SIM_LINT_DEAF);
    if (is_over(memo, sink, FD_ACCEPT))
        simp_lint_tell(lint, t, handle, memo, SIM_LINT_ACCEPT_SKIPPED);
    if (memo->idle_error)
        simp_lint_tell(lint, t, handle, memo, SIM_LINT_ERROR_IGNORED);
    if (has_despaired(lint, t, memo))
        simp_lint_tell(lint, t, handle, memo, SIM_LINT_WOULD_BLOCK_FATAL);
    if (memo->idle_close)
        simp_lint_tell(lint, t, handle, memo, SIM_LINT_CLOSE_IDLE);
    judge_tail(lint, t, handle, memo, sink);
    simp_lint_judge_end(lint, t, handle, memo, sink);
}
