/* SPDX-License-Identifier: MIT
 *
 * How few facts the broken form of each bug takes, by thought: from its first comment, before anything was
 * shrunk.  A hold for each event that the comment says comes late, or for each place where an order is
 * turned round; a choice for each fault; nothing for what fails in the default order.
 */
#include "tests/museum/optimum.h"

#include <string.h>

static const museum_optimum optima[] = {
    {"B1", 1, "the last part, until the commit"},
    {"B2", 1, "the first line, until the close"},
    {"B3", 1, "the second line of the transfer, until the snapshot"},
    {"B4", 2, "the second line of each transfer, until its snapshot"},
    {"B5", 1, "the registration, until the last report"},
    {"B6", 5, "the second to the fifth until the sixth, and the first until the fifth"},
    {"B7", 4, "each of the first four bidders until the next one"},
    {"B8", 2, "the unlocking until the urgent byte, the byte's handler until the note behind it"},
    {"B9", 0, "the default order"},
    {"B10", 1, "the unit, until nine tenths of what is measured"},
    {"K1", 1, "OnReceive, until the end is there"},
    {"K2", 1, "the worker, until the line is there"},
    {"K3", 1, "the other part, until the frame's time is over"},
    {"K4", 1, "an acknowledgement, until the buffer is full"},
    {"K5", 1, "the first urgent byte's handler, until the second is there"},
    {"K6", 1, "OnReceive, until the line behind quit is there"},
    {"K7", 1, "OnReceive, until the next line is there"},
    {"K8", 1, "the welcome, until the time-out"},
    {"K9", 1, "a command, until the idle timer"},
    {"K10", 1, "the receipt, until the client's timer"},
    {"K11", 2, "OnAccept and OnReceive until the power goes: nothing is late by so much alone"},
    {"K12", 1, "OnAccept, until the third has called"},
    {"K13", 1, "one client's done, until the other one has given up"},
    {"K14", 2, "the second and the third line, each until a change"},
    {"K15", 1, "OnReceive, until the reset"},
    {"S1", 1, "OnReceive, until the second line is there"},
    {"S3", 1, "a datagram or its OnReceive, until the heartbeat"},
    {"S4", 1, "the end of a job, until the next one comes"},
    {"S5", 1, "OnReceive, until the second frame is there"},
    {"S6", 0, "always"},
    {"S7", 1, "the reply, until the keep-alive's timer"},
    {"S8", 1, "the reply, until the client has given up"},
    {"S9", 1, "an acknowledgement, until the third reading"},
    {"S11", 1, "OnReceive, until the end is there"},
    {"S12", 1, "OnReceive, until the end is there"},
    {"S13", 1, "the job, until the next client has the slot"},
    {"S17", 1, "OnReceive, until the end is there"},
    {"S18", 1, "OnReceive, until one more line is there"},
    {"S19", 1, "the answer, until the client's timer"},
    {"S20", 1, "the client's OnReceive, until the reset"},
    {"S23", 1, "the client's line, until the idle timer"},
    {"S24", 1, "the power's failure"},
    {"S25", 1, "the news, until the client's patience ends"},
    {"S28", 0, "always"},
    {"S29", 1, "an acknowledgement, until the buffer has room for a part only"},
    {"S31", 1, "an acknowledgement, until the buffer has room for a part only"},
    {"S32", 1, "the connection, until the greeting's timer"},
    {"S33", 1, "the configuration, until OnSend"},
    {"S34", 1, "an acknowledgement, until the buffer is full"},
    {"S35", 1, "OnClose or its timer, until the next tick"},
    {"S36", 0, "always"},
    {"S37", 1, "the connection, until the client's timer"},
    {"S39", 1, "the start of the server, until the call"},
    {"S40", 1, "the look-up, until the next caller"},
    {"S41", 1, "OnAccept, until the first caller is gone"},
    {"S43", 1, "OnAccept, until the second caller waits"},
    {"S44", 0, "always"},
    {"S45", 0, "always"},
    {"S46", 1, "the words, until the second call"},
    {"S47", 1, "OnAccept, until more callers are there than may wait"},
    {"S48", 1, "the server's end, until the client's timer"},
    {"S49", 1, "OnClose, until the caller calls"},
    {"S50", 0, "always"},
    {"S51", 1, "the connection, until the word"},
    {"S57", 1, "OnReceive, until the patience's timer"},
    {"S60", 1, "OnReceive, until more of the stream is there"},
    {"S62", 1, "the body, until the head was handled"},
    {"S63", 1, "the handler of the first, until the second is there"},
    {"S64", 0, "always"},
    {"S65", 0, "always"},
    {"S67", 0, "always"},
};

const museum_optimum *museum_find_optimum(const char *id)
{
    for (size_t i = 0; i < sizeof optima / sizeof *optima; i++) {
        if (strcmp(optima[i].id, id) == 0)
            return &optima[i];
    }
    return NULL;
}
