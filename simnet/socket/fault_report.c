/* SPDX-License-Identifier: MIT
 *
 * Notifications that are held back, and their release by a timer of the thread.
 *
 * A timer of the thread runs when its queue is empty (in a world) or has been dispatched once (cas_pump_run),
 * so that even a delay of 0 lets go first what is queued already.
 */
#include "simnet/socket/fault_backend.h"

static void up(cas_port_socket *s, long events, int error)
{
    if (events == 0)
        return;
    if ((events & FD_CLOSE) != 0)
        s->close_told = true;
    cas_sink_report(s->upper, events, error);
}

/* FD_CONNECT goes with what came after it; the engine posts them in the right order. */
static void release(cas_port_socket *s)
{
    long held = s->held;
    int error = (held & FD_CONNECT) != 0 ? s->connect_error : 0;
    simp_fault_forget(s, held);
    up(s, held & ~(long)FD_CLOSE, error);
    up(s, held & FD_CLOSE, s->close_error);
}

static void on_timer(cas_timer *timer, void *context)
{
    (void)timer;
    release(context);
}

void simp_fault_hold(cas_port_socket *s, long events, uint64_t delay_ns)
{
    bool is_first = s->held == 0;
    s->held |= events;
    if (!is_first)
        return;
    /* In a world the report may come while another thread, or none, is current. */
    cas_thread *before = cas_thread_enter(s->fault->thread);
    cas_timer_start(&s->timer, delay_ns);
    cas_thread_enter(before);
}

void simp_fault_forget(cas_port_socket *s, long events)
{
    s->held &= ~events;
    if (s->held == 0)
        cas_timer_stop(&s->timer);
}

long simp_fault_sift(cas_port_socket *s, long events)
{
    sim_fault *fault = s->fault;
    if ((s->held & FD_CONNECT) != 0) {
        s->held |= events;
        return 0;
    }
    events &= ~s->held;
    if (events == 0 || !simp_fault_happens(fault, SIMP_CHANCE_LATE, fault->options.late_ppm))
        return events;
    fault->counters.late++;
    simp_fault_tell(s, "late notification");
    uint64_t below = (uint64_t)fault->options.late_ns_max + 1;
    simp_fault_hold(s, events, simp_fault_amount_below(fault, SIMP_AMOUNT_LATE, below));
    return 0;
}

/* What an FD_CLOSE overtakes is released before it. */
static void on_report(cas_sink *sink, long events, int error)
{
    cas_port_socket *s = (cas_port_socket *)sink;
    if ((events & FD_CONNECT) != 0)
        s->connect_error = error;
    if ((events & FD_CLOSE) != 0)
        s->close_error = error;
    long now = simp_fault_sift(s, events);
    if ((now & FD_CLOSE) != 0 && s->held != 0)
        release(s);
    up(s, now, error);
}

void simp_fault_socket_init(cas_port_socket *s, sim_fault *fault, cas_sink *upper)
{
    *s = (cas_port_socket){.sink = {on_report, upper->profile}, .upper = upper, .fault = fault};
    s->timer = (cas_timer){.on_timer = on_timer, .context = s};
}
