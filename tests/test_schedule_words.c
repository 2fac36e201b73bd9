/* SPDX-License-Identifier: MIT
 *
 * Facts in words.
 */
#include <string.h>

#include "simnet/explore/schedule_words.h"
#include "tests/expect.h"
#include "tests/test_list.h"

static void holds_are_sentences(void)
{
    static const struct {
        char label[40];
        uint64_t count;
        char until[40];
        uint64_t until_count;
        const char *sentence, *rule; /* rule: a part of it */
    } rows[] = {
        {"server/conn#2 OnReceive", 8, "client->server FIN", 1,
         "the program on server is busy: OnReceive#8 of conn#2 is called only after FIN#1 from client has "
         "arrived at server",
         "R9"},
        {"server/conn#2 OnReceive", 1, "client->server data", 2,
         "the program on server is busy: OnReceive#1 of conn#2 is called only after data#2 from client has "
         "arrived at server",
         "R4"},
        {"server/conn#1 OnReceive", 1, "client->server RST", 1,
         "the program on server is busy: OnReceive#1 of conn#1 is called only after RST#1 from client has "
         "arrived at server",
         "R10"},
        {"server/listen:80 OnAccept", 1, "server/conn#1 OnSend", 1,
         "the program on server is busy: OnAccept#1 of listen:80 is called only after OnSend#1 of "
         "server/conn#1 was called",
         "R7"},
        {"client1->server data", 4, "client2->server data", 1,
         "data#4 from client1 to server is late: it arrives only after data#1 from client2 has arrived at "
         "server",
         "keep their order"},
        {"client->server SYN-ACK", 1, "client wake", 3,
         "SYN-ACK#1 from client to server is late: it arrives only after a timer of the program on client "
         "has "
         "gone off (wake#3)",
         "as long as it likes"},
        {"server wake", 2, "server timer", 5,
         "a timer of the program on server is late: wake#2 comes only after a timer of the stack of server "
         "has gone off (timer#5)",
         "at its time or later"},
        {"server timer", 1, "scenario action", 1,
         "a timer of the stack of server is late: timer#1 comes only after scenario action#1 has happened",
         "at its time or later"},
        {"server start", 1, "client start", 1,
         "the program on server starts late: only after the program on client has started",
         "start at the same time"},
        {"scenario action", 1, "client->all datagram", 1,
         "scenario action#1 comes only after datagram#1 from client has arrived at all", "no order here"},
        {"odd", 1, "", 2, "odd#1 comes only after #2 has happened", "no order here"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char label[40], until[40], line[512];
        memcpy(label, rows[i].label, sizeof label);
        memcpy(until, rows[i].until, sizeof until);
        simp_fact fact = {.kind = SIMP_FACT_HOLD,
                          .label = label,
                          .count = rows[i].count,
                          .until = until,
                          .until_count = rows[i].until_count};
        EXPECT_EQ_STR(simp_fact_sentence(&fact, line, sizeof line), rows[i].sentence);
        if (strstr(simp_hold_rule(&fact), rows[i].rule) == NULL)
            EXPECT_EQ_STR(simp_hold_rule(&fact), rows[i].rule);
    }
}

static void long_names_are_cut(void)
{
    char label[400], line[512];
    memset(label, 'x', sizeof label);
    memcpy(label + 150, "->", 2);
    memcpy(label + 300, " data", 6);
    simp_fact fact = {.kind = SIMP_FACT_HOLD, .label = label, .count = 1, .until = label, .until_count = 1};
    EXPECT_TRUE(strlen(simp_fact_sentence(&fact, line, sizeof line)) < sizeof line);
    EXPECT_TRUE(strlen(simp_fact_sentence(&fact, line, 10)) < 10);
}

static void choices_are_sentences(void)
{
    char chance[] = "user power cut", line[512];
    simp_fact fact = {.kind = SIMP_FACT_CHOICE, .label = chance, .count = 1, .value = 2};
    EXPECT_EQ_STR(simp_fact_sentence(&fact, line, sizeof line), "what chance decides: user power cut#1 is 2");
    char fault[] = "drop client->server data";
    fact.label = fault;
    EXPECT_EQ_STR(simp_fact_sentence(&fact, line, sizeof line), "a fault: drop client->server data#1");
}

const test_case test_schedule_words[] = {TEST(holds_are_sentences), TEST(long_names_are_cut),
                                         TEST(choices_are_sentences), TEST_END};
