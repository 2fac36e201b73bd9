/* SPDX-License-Identifier: MIT
 *
 * The check of the invariants finds what breaks them: each is broken by hand, found, and mended again.
 */
#include <string.h>

#include "simnet/transport/tcp_sack.h"
#include "tests/expect.h"
#include "tests/tcp_case.h"
#include "tests/test_list.h"

enum { MSS = 1460 };

static void expect_sound(const tcp_case *c)
{
    char what[256] = "";
    EXPECT_EQ_INT(simp_world_check(c->pair.world, what, sizeof what), 0);
    EXPECT_EQ_STR(what, "");
}

/* The number is changed for the check, which has to name the invariant. */
static void expect_broken(const tcp_case *c, uint32_t *number, uint32_t by, const char *invariant)
{
    char what[256] = "";
    *number += by;
    EXPECT_EQ_INT(simp_world_check(c->pair.world, what, sizeof what), 1);
    what[strlen(invariant) < sizeof what ? strlen(invariant) : 0] = '\0';
    EXPECT_EQ_STR(what, invariant);
    *number -= by;
    expect_sound(c);
}

static void broken_order_of_sequence_numbers_is_found(void)
{
    tcp_case c;
    drop_mask all;
    tcp_case_begin(&c);
    tcp_case_drop(&c, true, UINT64_MAX, &all);
    tcp_case_send(&c, true, 0, 3 * MSS);
    expect_sound(&c);
    simp_tcp *t = tcp_case_connection(&c, true);
    expect_broken(&c, &t->una, 4 * MSS, "1: una <= nxt <= max");
    expect_broken(&c, &t->max, 1, "1: max lies behind all there is to send");
    expect_broken(&c, &t->active->send.last->used, (uint32_t)-1, "1: the send buffer does not reach its end");
    expect_broken(&c, &t->rcv_nxt, (uint32_t)-1, "2: read <= rcv_nxt");
    expect_broken(&c, &t->rcv_nxt, 1, "2: the packets in order do not reach rcv_nxt");
}

static void timer_that_is_missing_is_found(void)
{
    tcp_case c;
    drop_mask all;
    char what[256] = "";
    tcp_case_begin(&c);
    tcp_case_drop(&c, true, UINT64_MAX, &all);
    tcp_case_send(&c, true, 0, MSS);
    simp_tcp_timer_stop(tcp_case_connection(&c, true), SIMP_TIMER_RETRANSMIT);
    EXPECT_EQ_INT(simp_world_check(c.pair.world, what, sizeof what), 1);
    EXPECT_TRUE(strncmp(what, "RFC 6298 5.1", 12) == 0);
}

/* The 2nd and 4th of ten are missing: both sides have something to keep. */
static void broken_scoreboard_is_found(void)
{
    tcp_case c;
    drop_mask mask;
    tcp_case_begin(&c);
    tcp_case_drop(&c, true, ~UINT64_C(0x3F5), &mask);
    tcp_case_send(&c, true, 0, 10 * MSS);
    sim_world_run(c.pair.world, sim_world_now(c.pair.world) + 3 * MS);
    expect_sound(&c);
    struct simp_recovery *r = tcp_case_connection(&c, true)->recovery;
    struct simp_gaps *g = tcp_case_connection(&c, false)->gaps;
    EXPECT_TRUE_FATAL(r != NULL && g != NULL && r->sacked.count == 2 && g->held.count == 2);
    expect_broken(&c, &r->retransmitted, 1, "sack 4: retransmitted is counted wrongly");
    expect_broken(&c, &r->sacked.bytes, 1, "sack 3: the scoreboard is not sound");
    expect_broken(&c, &r->sacked.at[1].right, MSS, "sack 3: the scoreboard is not sound");
    expect_broken(&c, &g->held.at[0].right, 1, "sack 1: held is not sound");
    expect_broken(&c, &g->recent[0], 20 * MSS, "sack 1: what is told is not held");
}

const test_case test_tcp_check[] = {TEST(broken_order_of_sequence_numbers_is_found),
                                    TEST(timer_that_is_missing_is_found), TEST(broken_scoreboard_is_found),
                                    TEST_END};
