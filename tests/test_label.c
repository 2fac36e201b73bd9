/* SPDX-License-Identifier: MIT
 *
 * Labels: the table that numbers and counts them, and the names of what happens in a world.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/sim_explore.h"
#include "simnet/explore/label.h"
#include "tests/expect.h"
#include "tests/museum/duo.h"
#include "tests/test_list.h"

/* ---- the table ---- */

static uint64_t hash_of(unsigned i) { return i * UINT64_C(0x9E3779B97F4A7C15); }

static void labels_are_numbered_by_first_use_and_found_by_hash(void)
{
    enum { LABELS = 1000 };
    simp_label_table table;
    char text[16];
    EXPECT_TRUE_FATAL(simp_labels_init(&table, cas_allocator_system()));
    for (unsigned i = 1; i <= LABELS; i++) {
        snprintf(text, sizeof text, "label %u", i);
        EXPECT_EQ_INT(simp_labels_find(&table, hash_of(i)), 0);
        EXPECT_EQ_INT(simp_labels_add(&table, hash_of(i), text), i);
    }
    for (unsigned i = 1; i <= LABELS; i++) {
        snprintf(text, sizeof text, "label %u", i);
        uint32_t number = simp_labels_find(&table, hash_of(i));
        EXPECT_EQ_INT_FATAL(number, i);
        EXPECT_EQ_STR(table.labels[number].text, text);
    }
    EXPECT_EQ_INT(simp_labels_find(&table, hash_of(LABELS + 1)), 0);
    simp_labels_fini(&table);
}

static void occurrences_begin_anew_with_each_run(void)
{
    simp_label_table table;
    EXPECT_TRUE_FATAL(simp_labels_init(&table, cas_allocator_system()));
    uint32_t a = simp_labels_add(&table, 7, "a"), b = simp_labels_add(&table, 8, "b");
    simp_labels_begin(&table);
    EXPECT_EQ_INT(simp_label_count(&table, a), 0);
    EXPECT_EQ_INT(simp_label_happens(&table, a), 1);
    EXPECT_EQ_INT(simp_label_happens(&table, a), 2);
    EXPECT_EQ_INT(simp_label_happens(&table, b), 1);
    EXPECT_EQ_INT(simp_label_count(&table, a), 2);
    simp_labels_begin(&table);
    EXPECT_EQ_INT(simp_label_count(&table, a), 0);
    EXPECT_EQ_INT(simp_label_happens(&table, a), 1);
    simp_labels_fini(&table);
}

/* ---- names ---- */

typedef struct list {
    char text[8192];
    size_t len;
} list;

/* "label#n" of each step, one a line, behind a newline. */
static void list_steps(const sim_scenario *scenario, const char *strategy, uint64_t seed, list *out)
{
    sim_order_options options = {.mode = SIM_WINDOWED, .strategy = strategy};
    sim_order *order;
    sim_result result;
    EXPECT_CODE_FATAL(sim_order_create(&options, &order), 0);
    EXPECT_CODE(sim_scenario_run(scenario, &(sim_run_options){.seed = seed, .order = order}, &result), 0);
    *out = (list){.text = "\n", .len = 1};
    for (size_t i = 0; i < sim_order_step_count(order) && out->len + 100 < sizeof out->text; i++) {
        sim_order_step step = sim_order_step_at(order, i);
        out->len += (size_t)snprintf(out->text + out->len, sizeof out->text - out->len, "%s#%lu\n",
                                     step.label, (unsigned long)step.occurrence);
    }
    sim_order_destroy(order);
}

static void expect_named(const list *steps, const char *label)
{
    char line[100];
    snprintf(line, sizeof line, "\n%s\n", label);
    if (strstr(steps->text, line) == NULL)
        EXPECT_EQ_STR(steps->text, label);
}

/* A client says a line and ends; the server's session closes itself in its first callback, and a datagram
 * socket gets its handle. */
typedef struct words {
    bool mended;
    duo_server server;
    CAsyncSocket session, later, client, news;
    unsigned heard;
} words;

static void hear(CAsyncSocket *socket, int error)
{
    words *w = duo_state();
    char block[64];
    (void)error;
    w->heard++;
    CAsyncSocket_Receive(socket, block, 1, 0);
    CAsyncSocket_Close(socket);
    duo_datagram(&w->later, NULL, 99);
}

static void serve_words(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnReceive = hear};
    words *w = state;
    duo_serve(&w->server, &w->session, &vtbl);
}

static void say_words(CAsyncSocket *socket, int error)
{
    (void)error;
    CAsyncSocket_Send(socket, "one\n", 4, 0);
    CAsyncSocket_ShutDown(socket, CAsyncSocket_sends);
}

static void call_words(void *state)
{
    static const CAsyncSocketVtbl vtbl = {.OnConnect = say_words};
    words *w = state;
    duo_connect(&w->client, &vtbl);
    duo_datagram(&w->news, NULL, 0);
    CAsyncSocket_SendTo(&w->news, "news", 4, 98, "10.0.0.1", 0);
}

static void build_words(sim_world *world, void *state) { duo_build(world, state, serve_words, call_words); }

static const sim_scenario words_scenario = {
    .name = "words", .state_size = sizeof(words), .build = build_words};

static void names_say_where_and_what(void)
{
    static const char *const expected[] = {"server start#1",
                                           "client start#1",
                                           "client->server SYN#1",
                                           "server->client SYN-ACK#1",
                                           "client->server ACK#1",
                                           "client->server data#1",
                                           "client->server datagram#1",
                                           "server->client ICMP#1",
                                           "client->server FIN#1",
                                           "server/listen:80 OnAccept#1",
                                           "server/conn#1 OnReceive#1",
                                           "client/socket#1 OnConnect#1"};
    list *steps = malloc(sizeof *steps);
    EXPECT_TRUE_FATAL(steps != NULL);
    list_steps(&words_scenario, "natural", 0, steps);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++)
        expect_named(steps, expected[i]);
    free(steps);
}

/* OnSend is queued behind the OnReceive that closes the socket, and its handle is another one's by then. */
static void stale_message_has_the_name_of_its_socket(void)
{
    list *steps = malloc(sizeof *steps);
    EXPECT_TRUE_FATAL(steps != NULL);
    list_steps(&words_scenario, "natural", 0, steps);
    expect_named(steps, "server/conn#1 OnSend#1");
    free(steps);
}

/* In no program and no order a notification is named by its host alone. */
static void each_notification_names_a_socket(void)
{
    list *steps = malloc(sizeof *steps);
    unsigned callbacks = 0;
    EXPECT_TRUE_FATAL(steps != NULL);
    for (size_t i = 0; i < museum_count; i++) {
        if (museum_bugs[i]->fails_always)
            continue;
        for (uint64_t seed = 1; seed <= 5; seed++) {
            list_steps(museum_bugs[i]->broken, "random", seed, steps);
            for (const char *at = steps->text; (at = strstr(at, " On")) != NULL; at++) {
                const char *begin = at;
                while (begin[-1] != '\n')
                    begin--;
                callbacks++;
                if (memchr(begin, '/', (size_t)(at - begin)) == NULL)
                    EXPECT_EQ_STR(museum_bugs[i]->id, begin);
            }
        }
    }
    EXPECT_TRUE(callbacks > 1000);
    free(steps);
}

const test_case test_label[] = {TEST(labels_are_numbered_by_first_use_and_found_by_hash),
                                TEST(occurrences_begin_anew_with_each_run),
                                TEST(names_say_where_and_what),
                                TEST(stale_message_has_the_name_of_its_socket),
                                TEST(each_notification_names_a_socket),
                                TEST_END};
