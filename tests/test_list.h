/* SPDX-License-Identifier: MIT
 *
 * The list of suites.  To add tests/test_NAME.c: one line here, one in CMakeLists.txt.  The file ends with
 *
 *     const test_case test_NAME[] = {TEST(subject_situation_outcome), ..., TEST_END};
 *
 * and its tests appear as "NAME/subject_situation_outcome".  A test that takes an arena is listed by
 * TEST_EVERYWHERE and runs on every backend, as "NAME/subject_situation_outcome-sim", "...-epoll" and so on;
 * one listed by TEST_REAL only where sockets are real.
 */
#ifndef TESTS_TEST_LIST_H
#define TESTS_TEST_LIST_H

struct arena;

typedef struct test_case {
    const char *name;
    void (*run)(void);              /* one of the two */
    void (*run_in)(struct arena *); /* a fresh arena, in which thread b is current */
    int real_only;                  /* not in a world */
} test_case;

/* clang-format off */
#define TEST(function) {#function, function, NULL, 0}
#define TEST_EVERYWHERE(function) {#function, NULL, function, 0}
#define TEST_REAL(function) {#function, NULL, function, 1}
#define TEST_END {NULL, NULL, NULL, 0}

/* From the inside out: core, network, profiles, faults, the API, refused memory, real sockets. */
#define TEST_SUITES(SUITE) \
    SUITE(core_alloc) \
    SUITE(core_error) \
    SUITE(core_thread) \
    SUITE(ip_address) \
    SUITE(wire) \
    SUITE(wire_parse) \
    SUITE(ip) \
    SUITE(ip_fragment) \
    SUITE(icmp) \
    SUITE(multicast) \
    SUITE(udp) \
    SUITE(interface) \
    SUITE(ip_dual) \
    SUITE(name) \
    SUITE(link) \
    SUITE(loss) \
    SUITE(impairment) \
    SUITE(impairment_flow) \
    SUITE(impairment_tcp) \
    SUITE(impairment_random) \
    SUITE(tcp) \
    SUITE(tcp_open) \
    SUITE(tcp_listen) \
    SUITE(tcp_first) \
    SUITE(tcp_arrival) \
    SUITE(tcp_close) \
    SUITE(sim_socket) \
    SUITE(tcp_interface) \
    SUITE(tcp_timers) \
    SUITE(tcp_urgent) \
    SUITE(tcp_bugs) \
    SUITE(tcp_check) \
    SUITE(tcp_scale) \
    SUITE(tcp_sack) \
    SUITE(tcp_timestamps) \
    SUITE(tcp_ecn) \
    SUITE(tcp_congestion) \
    SUITE(tcp_pmtud) \
    SUITE(tcp_stack) \
    SUITE(swarm_bugs) \
    SUITE(stuck) \
    SUITE(world) \
    SUITE(random) \
    SUITE(host_fault) \
    SUITE(partition) \
    SUITE(payload) \
    SUITE(fingerprint) \
    SUITE(bridge) \
    SUITE(fuzz_corpus) \
    SUITE(lint) \
    SUITE(lint_museum) \
    SUITE(lint_rules) \
    SUITE(lint_stall) \
    SUITE(order) \
    SUITE(verdict) \
    SUITE(dpor) \
    SUITE(explore) \
    SUITE(probe) \
    SUITE(trouble) \
    SUITE(trouble_all) \
    SUITE(trouble_search) \
    SUITE(strategy_live) \
    SUITE(strategy_pct) \
    SUITE(strategy_sampling) \
    SUITE(compare) \
    SUITE(pick) \
    SUITE(hunt) \
    SUITE(tool) \
    SUITE(museum) \
    SUITE(label) \
    SUITE(schedule) \
    SUITE(schedule_input) \
    SUITE(schedule_words) \
    SUITE(printable) \
    SUITE(shrink) \
    SUITE(capture) \
    SUITE(ladder) \
    SUITE(profile) \
    SUITE(log) \
    SUITE(fault) \
    SUITE(fault_install) \
    SUITE(fault_late) \
    SUITE(fault_random) \
    SUITE(fault_echo) \
    SUITE(fault_stream) \
    SUITE(socket_answers) \
    SUITE(socket_arguments) \
    SUITE(socket_callbacks) \
    SUITE(socket_misuse) \
    SUITE(documented_errors) \
    SUITE(sweep) \
    SUITE(sweep_build) \
    SUITE(sweep_parts) \
    SUITE(sweep_run) \
    SUITE(real_network) \
    SUITE(real_sockets) \
    SUITE(real_streams) \
    SUITE(many_sockets)
/* clang-format on */

#define TEST_DECLARE_SUITE(name) extern const test_case test_##name[];
TEST_SUITES(TEST_DECLARE_SUITE)
#undef TEST_DECLARE_SUITE

#endif
