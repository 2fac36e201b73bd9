/* SPDX-License-Identifier: MIT
 *
 * Names of profiles, where they are chosen, and what the switches of the simulated stack do.
 */
#include <string.h>

#include "castanet/trace.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

/* ---- names ---- */

static void text_of_a_profile_gives_the_profile_again(void)
{
    static const char *const texts[] = {"windows",
                                        "documented",
                                        "linux",
                                        "windows,mfc4.1",
                                        "documented,mfc4.2",
                                        "linux,sends-whole",
                                        "windows,close-after-drain,shutdown-receive-resets",
                                        "documented,one-urgent-byte,mfc4.1"};
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        cas_profile profile;
        char text[CAS_PROFILE_TEXT];
        EXPECT_TRUE(cas_profile_parse(&profile, texts[i], NULL));
        EXPECT_EQ_STR(cas_profile_text(&profile, text, sizeof text), texts[i]);
    }
}

static void all_switches_together_fit_into_the_text(void)
{
    cas_profile profile = {CAS_PRECHECK_COUNT, true, true, true, true, true, true, true, 5}, again;
    char text[CAS_PROFILE_TEXT];
    cas_profile_text(&profile, text, sizeof text);
    EXPECT_EQ_STR(text, "documented,sends-whole,one-urgent-byte,reset-stays-queued,"
                        "unix-datagrams,mfc4.2");
    profile.backlog_max = 0;
    cas_profile_text(&profile, text, sizeof text);
    EXPECT_TRUE(cas_profile_parse(&again, text, NULL));
    EXPECT_EQ_INT(again.precheck, CAS_PRECHECK_COUNT);
    EXPECT_TRUE(again.close_after_drain && again.close_reports_reset && again.sends_whole);
    EXPECT_TRUE(again.one_urgent_byte && again.shutdown_receive_resets && again.reset_stays_queued);
    EXPECT_TRUE(again.unix_datagrams);
    EXPECT_EQ_INT(again.backlog_max, 0);
}

static void unknown_name_is_pointed_at_and_nothing_changes(void)
{
    cas_profile profile = {.sends_whole = true};
    const char *text = "linux,mfc5.0", *bad = NULL;
    EXPECT_FALSE(cas_profile_parse(&profile, text, &bad));
    EXPECT_EQ_STR(bad, "mfc5.0");
    EXPECT_TRUE(profile.sends_whole && !profile.one_urgent_byte);
    EXPECT_FALSE(cas_profile_parse(&profile, "", NULL));
    EXPECT_FALSE(cas_profile_add(&profile, "windows98"));
}

static void whole_profile_keeps_the_precheck(void)
{
    cas_profile profile = {.precheck = CAS_PRECHECK_NONE, .one_urgent_byte = true};
    EXPECT_TRUE(cas_profile_add(&profile, "documented"));
    EXPECT_EQ_INT(profile.precheck, CAS_PRECHECK_NONE);
    EXPECT_FALSE(profile.one_urgent_byte);
    EXPECT_EQ_INT(profile.backlog_max, 5);
}

/* ---- where they are chosen ---- */

static void every_trace_tells_the_profiles(void)
{
    sim_world_options options = {.seed = 77, .memory = &fixture_memory()->base};
    cas_profile_add(&options.profile, "documented");
    world_pair pair = fixture_world_pair(&options);
    cas_profile own = {.precheck = CAS_PRECHECK_NONE};
    cas_thread_set_profile(sim_host_thread(pair.b), &own);
    cap_trace *trace = NULL;
    char text[4096] = "";
    FILE *stream = fmemopen(text, sizeof text, "w");
    EXPECT_TRUE_FATAL(stream != NULL);
    EXPECT_CODE_FATAL(cap_trace_open(pair.world, &trace, NULL), 0);
    EXPECT_CODE_FATAL(cap_trace_print_ladder(trace, stream, NULL, NULL), 0);
    recorder client, server;
    world_pair_connect(&pair, &client, &server);
    EXPECT_CODE(cap_trace_close(trace, NULL), 0);
    fclose(stream);
    const char *wanted = "(seed 77, profile documented)\n(a thread of b: profile windows,mfc4.1)\n";
    expect_report(EXPECT_SITE(false), strncmp(text, wanted, strlen(wanted)) == 0, "%s begins not with %s",
                  text, wanted);
    sim_host_enter(pair.a);
    CAsyncSocket_Close(&client.socket);
    sim_host_enter(pair.b);
    CAsyncSocket_Close(&server.socket);
}

/* ---- the stack's switches ---- */

static cas_profile profile_of(const char *names)
{
    cas_profile profile = {0};
    EXPECT_TRUE(cas_profile_parse(&profile, names, NULL));
    return profile;
}

/* An established connection in an arena of this profile. */
static arena *connected(const char *names, recorder *client, recorder *server)
{
    cas_profile profile = profile_of(names);
    arena *a = arena_open(ARENA_SIM, &profile);
    arena_connect(a, client, server);
    return a;
}

static void close_both(arena *a, recorder *client, recorder *server)
{
    arena_enter(a, ARENA_A);
    CAsyncSocket_Close(&client->socket);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Close(&server->socket);
    arena_close(a);
}

static void urgent(arena *a, recorder *client, const char *byte)
{
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client->socket, byte, 1, MSG_OOB), 1);
    arena_settle(a);
    arena_enter(a, ARENA_B);
}

static void plain(arena *a, recorder *client, const char *text)
{
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client->socket, text, (int)strlen(text), 0), (int)strlen(text));
    arena_settle(a);
    arena_enter(a, ARENA_B);
}

static void expect_received(recorder *server, int flags, const char *wanted)
{
    char text[16] = "";
    int count = CAsyncSocket_Receive(&server->socket, text, sizeof text - 1, flags);
    EXPECT_EQ_INT(count, (int)strlen(wanted));
    EXPECT_EQ_STR(text, wanted);
}

static void older_urgent_byte_becomes_data_where_one_is_kept(void)
{
    recorder client, server;
    arena *a = connected("linux", &client, &server);
    plain(a, &client, "ab");
    urgent(a, &client, "X");
    plain(a, &client, "cd");
    urgent(a, &client, "Y");
    expect_received(&server, MSG_OOB, "Y");
    EXPECT_ERROR_COUNT(CAsyncSocket_Receive(&server.socket, (char[1]){0}, 1, MSG_OOB), WSAEWOULDBLOCK);
    expect_received(&server, 0, "abXcd");
    close_both(a, &client, &server);
}

static void older_urgent_byte_at_the_head_is_lost_where_one_is_kept(void)
{
    recorder client, server;
    arena *a = connected("one-urgent-byte", &client, &server);
    urgent(a, &client, "X");
    urgent(a, &client, "Y");
    plain(a, &client, "cd");
    expect_received(&server, MSG_OOB, "Y");
    expect_received(&server, 0, "cd");
    close_both(a, &client, &server);
}

static void urgent_bytes_queue_on_windows(void)
{
    recorder client, server;
    arena *a = connected("windows", &client, &server);
    plain(a, &client, "ab");
    urgent(a, &client, "X");
    plain(a, &client, "cd");
    urgent(a, &client, "Y");
    expect_received(&server, MSG_OOB, "X");
    expect_received(&server, MSG_OOB, "Y");
    expect_received(&server, 0, "ab"); /* a receive stops at a mark, also when its byte was taken */
    expect_received(&server, 0, "cd");
    close_both(a, &client, &server);
}

static void unread_bytes_reset_the_connection_at_shutdown_as_documented(void)
{
    recorder client, server;
    arena *a = connected("documented", &client, &server);
    plain(a, &client, "ab");
    EXPECT_OK(CAsyncSocket_ShutDown(&server.socket, CAsyncSocket_receives));
    arena_settle(a);
    arena_enter(a, ARENA_A);
    EXPECT_ERROR_COUNT(CAsyncSocket_Send(&client.socket, "c", 1, 0), WSAECONNRESET);
    close_both(a, &client, &server);
}

static void later_bytes_reset_the_connection_after_shutdown_as_documented(void)
{
    recorder client, server;
    arena *a = connected("documented", &client, &server);
    arena_enter(a, ARENA_A);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&client.socket, FD_CLOSE));
    arena_enter(a, ARENA_B);
    EXPECT_OK(CAsyncSocket_AsyncSelect(&server.socket, FD_CLOSE));
    EXPECT_OK(CAsyncSocket_ShutDown(&server.socket, CAsyncSocket_receives));
    plain(a, &client, "c");
    EXPECT_EQ_INT(recorder_count(&client, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&client, FD_CLOSE), WSAECONNRESET);
    EXPECT_EQ_INT(recorder_count(&server, FD_CLOSE), 1);
    EXPECT_EQ_INT(recorder_error(&server, FD_CLOSE), WSAECONNABORTED);
    close_both(a, &client, &server);
}

static void send_takes_all_or_nothing_on_windows(void)
{
    enum { SIZE = 1 << 20 };
    recorder client, server;
    arena *a = connected("sends-whole", &client, &server);
    cas_allocator *memory = cas_allocator_system();
    char *bytes = cas_alloc(memory, SIZE);
    EXPECT_TRUE_FATAL(bytes != NULL);
    memset(bytes, 'x', SIZE);
    arena_enter(a, ARENA_A);
    EXPECT_EQ_INT(CAsyncSocket_Send(&client.socket, bytes, SIZE, 0), SIZE);
    EXPECT_ERROR_COUNT(CAsyncSocket_Send(&client.socket, bytes, SIZE, 0), WSAEWOULDBLOCK);
    cas_free(memory, bytes, SIZE);
    close_both(a, &client, &server);
}

static void documented_listen_clamps_the_backlog_to_five(void)
{
    cas_profile profile = profile_of("documented");
    arena *a = arena_open(ARENA_SIM, &profile);
    recorder listener, clients[6];
    UINT port = 0;
    char address[46];
    recorder_construct(&listener);
    arena_enter(a, ARENA_B);
    EXPECT_OK(CAsyncSocket_Create(&listener.socket, 0, SOCK_STREAM, 0, NULL));
    EXPECT_OK(CAsyncSocket_Listen(&listener.socket, 100));
    EXPECT_OK(CAsyncSocket_GetSockName(&listener.socket, address, sizeof address, &port));
    arena_enter(a, ARENA_A);
    for (int i = 0; i < 6; i++) {
        recorder_construct(&clients[i]);
        EXPECT_OK(CAsyncSocket_Create(&clients[i].socket, 0, SOCK_STREAM, FD_CONNECT, NULL));
        EXPECT_ERROR(CAsyncSocket_Connect(&clients[i].socket, arena_address(a, ARENA_B), port),
                     WSAEWOULDBLOCK);
        arena_settle(a);
        arena_enter(a, ARENA_A);
        EXPECT_EQ_INT(recorder_error(&clients[i], FD_CONNECT), i < 5 ? 0 : WSAECONNREFUSED);
    }
    for (int i = 0; i < 6; i++)
        CAsyncSocket_Close(&clients[i].socket);
    arena_enter(a, ARENA_B);
    CAsyncSocket_Close(&listener.socket);
    arena_close(a);
}

const test_case test_profile[] = {TEST(text_of_a_profile_gives_the_profile_again),
                                  TEST(all_switches_together_fit_into_the_text),
                                  TEST(unknown_name_is_pointed_at_and_nothing_changes),
                                  TEST(whole_profile_keeps_the_precheck),
                                  TEST(every_trace_tells_the_profiles),
                                  TEST(older_urgent_byte_becomes_data_where_one_is_kept),
                                  TEST(older_urgent_byte_at_the_head_is_lost_where_one_is_kept),
                                  TEST(urgent_bytes_queue_on_windows),
                                  TEST(unread_bytes_reset_the_connection_at_shutdown_as_documented),
                                  TEST(later_bytes_reset_the_connection_after_shutdown_as_documented),
                                  TEST(send_takes_all_or_nothing_on_windows),
                                  TEST(documented_listen_clamps_the_backlog_to_five),
                                  TEST_END};
