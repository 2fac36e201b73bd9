/* SPDX-License-Identifier: MIT
 *
 * Time that no longer moves stops the world, with a reason and the sockets that keep it busy.
 */
#include <string.h>

#include "tests/event_vtbl.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum { PORT = 4000, EVENTS = 5000 };

static world_pair pair_without_latency(void)
{
    sim_world_options options = {
        .seed = fixture_seed(), .memory = &fixture_memory()->base, .events_per_instant_max = EVENTS};
    world_pair pair = fixture_world_pair(&options);
    EXPECT_CODE_FATAL(sim_link_set_options(pair.link, NULL, NULL), 0);
    return pair;
}

/* ---- two that answer each other ---- */

typedef struct echoer {
    CAsyncSocket socket; /* first */
    unsigned answers_left;
} echoer;

static void answer(CAsyncSocket *self, long event, int error)
{
    echoer *e = (echoer *)self;
    char bytes[16], address[46];
    UINT port;
    (void)error;
    if (event != FD_READ)
        return;
    int count = CAsyncSocket_ReceiveFrom(self, bytes, sizeof bytes, address, sizeof address, &port, 0);
    if (count > 0 && e->answers_left > 0) {
        e->answers_left--;
        CAsyncSocket_SendTo(self, bytes, count, port, address, 0);
    }
}

static void open_echoer(echoer *e, sim_host *host, unsigned answers)
{
    static const event_vtbl vtbl = EVENT_VTBL(answer);
    sim_host_enter(host);
    CAsyncSocket_Construct(&e->socket, &vtbl.callbacks);
    e->answers_left = answers;
    EXPECT_OK_FATAL(CAsyncSocket_Create(&e->socket, PORT, SOCK_DGRAM, FD_READ, NULL));
}

static sim_stop play(world_pair *pair, echoer *a, echoer *b, unsigned answers)
{
    open_echoer(a, pair->a, answers);
    open_echoer(b, pair->b, answers);
    EXPECT_EQ_INT(CAsyncSocket_SendTo(&b->socket, "ping", 4, PORT, "10.0.0.1", 0), 4);
    sim_stop stop = sim_world_run(pair->world, SIM_FOREVER);
    CAsyncSocket_Destruct(&b->socket);
    sim_host_enter(pair->a);
    CAsyncSocket_Destruct(&a->socket);
    return stop;
}

static void datagrams_that_answer_each_other_without_latency_stop_the_world(void)
{
    world_pair pair = pair_without_latency();
    echoer a, b;
    EXPECT_EQ_INT(play(&pair, &a, &b, UINT32_MAX), SIM_STOP_STUCK);
    EXPECT_EQ_INT(sim_world_now(pair.world), 0);
    const sim_error *error = sim_world_error(pair.world);
    EXPECT_EQ_STR(error->what, "virtual time stands still at 0 ns: more than 5000 events happen there");
    EXPECT_TRUE(strstr(error->why, "of socket 3 on a") != NULL);
    EXPECT_TRUE(strstr(error->why, "of socket 3 on b") != NULL);
    EXPECT_TRUE(strstr(error->fix, "latency_ns") != NULL);
}

/* One event less than the limit allows, at each of two instants. */
static void many_events_at_one_instant_that_end_are_no_standstill(void)
{
    world_pair pair = pair_without_latency();
    echoer a, b;
    EXPECT_EQ_INT(play(&pair, &a, &b, EVENTS / 8), SIM_STOP_IDLE);
    EXPECT_EQ_INT(a.answers_left, 0);
}

static void datagrams_that_answer_each_other_with_latency_do_not(void)
{
    world_pair pair = pair_without_latency();
    sim_link_options options = {.latency_ns = 1};
    echoer a, b;
    EXPECT_CODE_FATAL(sim_link_set_options(pair.link, NULL, &options), 0);
    EXPECT_EQ_INT(play(&pair, &a, &b, 10 * EVENTS), SIM_STOP_IDLE);
    EXPECT_EQ_INT(a.answers_left, 0);
}

/* ---- a timer without a delay ---- */

static void start_again(cas_timer *timer, void *context)
{
    unsigned *left = context;
    if ((*left)-- > 0)
        cas_timer_start(timer, 0);
}

static sim_stop tick(world_pair *pair, unsigned times)
{
    cas_timer timer = {.on_timer = start_again, .context = &times};
    sim_host_enter(pair->b);
    cas_timer_start(&timer, SIM_MS(7));
    sim_stop stop = sim_world_run(pair->world, SIM_FOREVER);
    cas_timer_stop(&timer);
    return stop;
}

static void timer_without_delay_that_starts_itself_stops_the_world(void)
{
    world_pair pair = pair_without_latency();
    EXPECT_EQ_INT(tick(&pair, UINT32_MAX), SIM_STOP_STUCK);
    EXPECT_EQ_INT(sim_world_now(pair.world), SIM_MS(7));
    EXPECT_EQ_STR(sim_world_error(pair.world)->why, "it goes on: events of host b");
}

static void standstill_is_found_step_by_step_too(void)
{
    world_pair pair = pair_without_latency();
    unsigned endless = UINT32_MAX, steps = 0;
    cas_timer timer = {.on_timer = start_again, .context = &endless};
    sim_stop stop = SIM_STOP_TIME;
    sim_host_enter(pair.a);
    cas_timer_start(&timer, 0);
    cas_thread_enter(NULL);
    while (stop == SIM_STOP_TIME && steps < 2 * EVENTS) {
        stop = sim_world_step(pair.world);
        steps++;
    }
    EXPECT_EQ_INT(stop, SIM_STOP_STUCK);
    EXPECT_EQ_INT(steps, EVENTS + 1);
    sim_host_enter(pair.a);
    cas_timer_stop(&timer);
}

const test_case test_stuck[] = {TEST(datagrams_that_answer_each_other_without_latency_stop_the_world),
                                TEST(many_events_at_one_instant_that_end_are_no_standstill),
                                TEST(datagrams_that_answer_each_other_with_latency_do_not),
                                TEST(timer_without_delay_that_starts_itself_stops_the_world),
                                TEST(standstill_is_found_step_by_step_too),
                                TEST_END};
