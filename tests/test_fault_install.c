/* SPDX-License-Identifier: MIT
 *
 * Putting the fault wrapper on a thread and taking it off; what it refuses, and what it does without memory.
 */
#include <string.h>

#include "castanet/sim_fault.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

static const sim_error nothing_said = {0, "", "", ""};

/* ---- options and rules ---- */

static const struct {
    sim_fault_options options;
    const char *what;
} bad_options[] = {
    {{.short_receive_ppm = -1}, "short_receive_ppm is no share"},
    {{.short_receive_ppm = 1000001}, "short_receive_ppm is no share"},
    {{.short_send_ppm = -1}, "short_send_ppm is no share"},
    {{.receive_would_block_ppm = -1}, "receive_would_block_ppm is no share"},
    {{.send_would_block_ppm = 1000001}, "send_would_block_ppm is no share"},
    {{.accept_would_block_ppm = -5}, "accept_would_block_ppm is no share"},
    {{.surplus_read_ppm = 1000001}, "surplus_read_ppm is no share"},
    {{.late_ppm = -1}, "late_ppm is no share"},
    {{.receive_would_block_ppm = 1000000}, "a would-block share is 1000000"},
    {{.send_would_block_ppm = 1000000}, "a would-block share is 1000000"},
    {{.accept_would_block_ppm = 1000000}, "a would-block share is 1000000"},
    {{.late_ppm = 1, .late_ns_max = -1}, "late_ns_max is negative"},
    {{.late_ns_max = 1}, "late_ns_max without late_ppm"},
};

static void expect_refusal(int error, const sim_error *why, const char *what)
{
    EXPECT_EQ_INT(error, WSAEINVAL);
    EXPECT_EQ_INT(why->code, WSAEINVAL);
    EXPECT_EQ_STR(why->what, what);
    EXPECT_TRUE(why->why[0] != '\0' && why->fix[0] != '\0');
}

static void bad_options_are_refused_with_reasons(arena *a)
{
    cas_thread *thread = arena_thread_of(a, ARENA_B);
    cas_backend *before = cas_thread_backend(thread);
    sim_fault *fault = NULL, *kept = NULL;
    EXPECT_CODE_FATAL(sim_fault_install(thread, NULL, &kept, NULL), 0);
    cas_backend *wrapper = cas_thread_backend(thread);
    for (size_t i = 0; i < sizeof bad_options / sizeof bad_options[0]; i++) {
        sim_error why = nothing_said;
        int error = sim_fault_install(thread, &bad_options[i].options, &fault, &why);
        expect_refusal(error, &why, bad_options[i].what);
        why = nothing_said;
        error = sim_fault_set_options(kept, &bad_options[i].options, &why);
        expect_refusal(error, &why, bad_options[i].what);
        EXPECT_CODE(sim_fault_set_options(kept, &bad_options[i].options, NULL), WSAEINVAL);
    }
    EXPECT_TRUE(fault == NULL && cas_thread_backend(thread) == wrapper);
    EXPECT_CODE(sim_fault_remove(kept), 0);
    EXPECT_TRUE(cas_thread_backend(thread) == before);
}

static const struct {
    sim_fault_rule rule;
    const char *what;
} bad_rules[] = {
    {{.call = SIM_FAULT_CALLS, .nth = 1, .error = WSAENETDOWN}, "the rule is about no call"},
    {{.call = SIM_FAULT_SEND, .error = WSAENETDOWN}, "the rule has nth 0"},
    {{.call = SIM_FAULT_SEND, .nth = 1}, "the rule has no error that a call could fail with"},
    {{.call = SIM_FAULT_SEND, .nth = 1, .error = 4711}, "the rule has no error that a call could fail with"},
    {{.call = SIM_FAULT_SEND, .nth = 1, .error = WSAENETDOWN, .later = true},
     "the rule fails a call later that ends at once"},
    {{.call = SIM_FAULT_CONNECT, .nth = 1, .error = WSAEWOULDBLOCK},
     "the rule fails Connect with WSAEWOULDBLOCK"},
};

static void bad_rules_are_refused_with_reasons(arena *a)
{
    sim_fault *fault = NULL;
    EXPECT_CODE_FATAL(sim_fault_install(arena_thread_of(a, ARENA_B), NULL, &fault, NULL), 0);
    for (size_t i = 0; i < sizeof bad_rules / sizeof bad_rules[0]; i++) {
        sim_error why = nothing_said;
        expect_refusal(sim_fault_add_rule(fault, &bad_rules[i].rule, &why), &why, bad_rules[i].what);
    }
    EXPECT_CODE(sim_fault_add_rule(fault, NULL, NULL), WSAEINVAL);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

static void names_of_calls_are_words_of_labels(void)
{
    EXPECT_EQ_STR(sim_fault_call_name(SIM_FAULT_OPEN), "open");
    EXPECT_EQ_STR(sim_fault_call_name(SIM_FAULT_GET_OPTION), "get-option");
    EXPECT_EQ_STR(sim_fault_call_name(SIM_FAULT_CLOSE), "close");
    EXPECT_EQ_STR(sim_fault_call_name(SIM_FAULT_CALLS), "?");
}

/* ---- life ---- */

static void thread_with_sockets_keeps_its_backend(arena *a)
{
    cas_thread *thread = arena_thread_of(a, ARENA_B);
    cas_backend *before = cas_thread_backend(thread);
    CAsyncSocket socket;
    sim_fault *fault = NULL;
    sim_error why = nothing_said;
    CAsyncSocket_Construct(&socket, NULL);
    EXPECT_OK(CAsyncSocket_Create(&socket, 0, SOCK_DGRAM, 0, NULL));
    int error = sim_fault_install(thread, NULL, &fault, &why);
    expect_refusal(error, &why, "the thread has sockets already");
    EXPECT_TRUE(fault == NULL && cas_thread_backend(thread) == before);
    EXPECT_CODE(cas_thread_set_backend(thread, before), WSAEINVAL);
    CAsyncSocket_Close(&socket);
    EXPECT_CODE(cas_thread_set_backend(thread, NULL), WSAEINVAL);
    EXPECT_CODE(cas_thread_set_backend(thread, before), 0);
    EXPECT_CODE(sim_fault_install(NULL, NULL, &fault, NULL), WSAEINVAL);
    EXPECT_CODE(sim_fault_install(thread, NULL, NULL, NULL), WSAEINVAL);
    EXPECT_CODE(sim_fault_remove(NULL), 0);
}

/* The outer one sees what the inner one does. */
static void wrappers_may_lie_on_one_another(arena *a)
{
    cas_thread *thread = arena_thread_of(a, ARENA_B);
    sim_host *host = sim_host_of(thread);
    sim_fault *inner = NULL, *outer = NULL;
    CAsyncSocket socket;
    CAsyncSocket_Construct(&socket, NULL);
    EXPECT_CODE_FATAL(sim_fault_install(thread, NULL, &inner, NULL), 0);
    EXPECT_CODE_FATAL(sim_fault_install(thread, NULL, &outer, NULL), 0);
    EXPECT_TRUE(sim_host_of(thread) == host);
    sim_fault_rule rule = {.call = SIM_FAULT_OPEN, .nth = 1, .error = WSAEMFILE};
    EXPECT_CODE(sim_fault_add_rule(inner, &rule, NULL), 0);
    EXPECT_ERROR(CAsyncSocket_Create(&socket, 0, SOCK_STREAM, 0, NULL), WSAEMFILE);
    EXPECT_OK(CAsyncSocket_Create(&socket, 0, SOCK_STREAM, 0, NULL));
    CAsyncSocket_Close(&socket);
    sim_fault_counters c;
    sim_fault_counters_read(outer, &c);
    EXPECT_EQ_INT(c.calls[SIM_FAULT_OPEN], 2);
    EXPECT_EQ_INT(c.failed[SIM_FAULT_OPEN], 0);
    EXPECT_CODE(sim_fault_remove(inner), WSAEINVAL); /* the outer one lies on top */
    EXPECT_CODE(sim_fault_remove(outer), 0);
    EXPECT_CODE(sim_fault_remove(inner), 0);
}

/* ---- memory ---- */

static void install_with_refused_memory_reports_it(arena *a)
{
    cas_counting_allocator *memory = fixture_memory();
    cas_thread *thread = arena_thread_of(a, ARENA_B);
    cas_backend *before = cas_thread_backend(thread);
    sim_fault_options options = {.memory = &memory->base};
    for (uint64_t n = 1; n < 10; n++) {
        sim_fault *fault = NULL;
        sim_error why = nothing_said;
        uint64_t refused_before = memory->refused;
        memory->refuse_at = memory->calls + n;
        int error = sim_fault_install(thread, &options, &fault, &why);
        memory->refuse_at = 0;
        if (error == 0)
            EXPECT_CODE(sim_fault_remove(fault), 0);
        if (memory->refused == refused_before)
            return;
        EXPECT_CODE(error, WSAENOBUFS);
        EXPECT_EQ_INT(why.code, WSAENOBUFS);
        EXPECT_TRUE(cas_thread_backend(thread) == before);
    }
    expect_report(EXPECT_SITE(false), false, "installing asks for memory ten times");
}

/* The wrapper's own part of a socket; the sockets of the backends below are swept in socket_memory. */
static void socket_with_refused_memory_reports_it(arena *a)
{
    cas_counting_allocator *memory = fixture_memory();
    sim_fault_options options = {.memory = &memory->base};
    sim_fault *fault = NULL;
    CAsyncSocket socket;
    CAsyncSocket_Construct(&socket, NULL);
    EXPECT_CODE_FATAL(sim_fault_install(arena_thread_of(a, ARENA_B), &options, &fault, NULL), 0);
    for (uint64_t n = 1, refused_before = 0; n < 50; n++, refused_before = memory->refused) {
        memory->refuse_at = memory->calls + n;
        BOOL ok = CAsyncSocket_Create(&socket, 0, SOCK_DGRAM, FD_WRITE, NULL);
        memory->refuse_at = 0;
        if (memory->refused == refused_before && ok)
            break;
        EXPECT_EQ_INT(CAsyncSocket_GetLastError(), WSAENOBUFS);
        EXPECT_TRUE(!ok && socket.m_hSocket == INVALID_SOCKET);
    }
    EXPECT_TRUE(socket.m_hSocket != INVALID_SOCKET);
    CAsyncSocket_Close(&socket);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

/* Faults do not depend on the memory for their list. */
static void choice_that_cannot_be_recorded_is_counted(void)
{
    cas_counting_allocator *memory = fixture_memory();
    sim_fault_options options = {.memory = &memory->base, .late_ppm = SIM_PERCENT(100)};
    sim_fault *fault = NULL;
    CAsyncSocket socket;
    sim_fault_counters c;
    arena *a = arena_open(ARENA_EPOLL, NULL);
    CAsyncSocket_Construct(&socket, NULL);
    EXPECT_CODE_FATAL(sim_fault_install(arena_thread_of(a, ARENA_B), &options, &fault, NULL), 0);
    arena_enter(a, ARENA_B);
    EXPECT_OK(CAsyncSocket_Create(&socket, 0, SOCK_DGRAM, FD_OOB, NULL)); /* room for a message */
    memory->refuse_at = memory->calls + 1;
    EXPECT_OK(CAsyncSocket_AsyncSelect(&socket, FD_WRITE));
    memory->refuse_at = 0;
    sim_fault_counters_read(fault, &c);
    EXPECT_EQ_INT(c.late, 1);
    EXPECT_EQ_INT(c.unrecorded, 1);
    EXPECT_EQ_INT(sim_fault_choice_count(fault), 0);
    CAsyncSocket_Close(&socket);
    EXPECT_CODE(sim_fault_remove(fault), 0);
}

const test_case test_fault_install[] = {TEST_EVERYWHERE(bad_options_are_refused_with_reasons),
                                        TEST_EVERYWHERE(bad_rules_are_refused_with_reasons),
                                        TEST(names_of_calls_are_words_of_labels),
                                        TEST_EVERYWHERE(thread_with_sockets_keeps_its_backend),
                                        TEST_EVERYWHERE(wrappers_may_lie_on_one_another),
                                        TEST_EVERYWHERE(install_with_refused_memory_reports_it),
                                        TEST_EVERYWHERE(socket_with_refused_memory_reports_it),
                                        TEST(choice_that_cannot_be_recorded_is_counted),
                                        TEST_END};
