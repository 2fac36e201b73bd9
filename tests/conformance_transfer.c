/* SPDX-License-Identifier: MIT
 *
 * The verbs that send and receive.
 *
 * Bytes sent without a text follow a pattern that depends only on how many were sent before; what is received
 * is compared with the same pattern, so lost, doubled or reordered bytes are found.
 */
#include <string.h>

#include "tests/conformance_steps.h"

enum { PATTERN_PERIOD = 251, DRAIN_ROUNDS_MAX = 500 };

/* ---- send ---- */

static void fill_pattern(uint8_t *bytes, size_t count, size_t position)
{
    for (size_t i = 0; i < count; i++)
        bytes[i] = (uint8_t)((position + i) % PATTERN_PERIOD);
}

static const uint8_t *data_of(scenario_run *run, const scenario_step *step, int socket)
{
    if (step->has_text)
        return (const uint8_t *)step->text;
    if (step->number > 0)
        fill_pattern(run->buffer, (size_t)step->number, run->sent[socket]);
    return run->buffer;
}

/* Urgent bytes and texts stand outside the pattern. */
static bool is_pattern(const scenario_step *step)
{
    return !step->has_text && step->wanted != WANTED_TEXT && (step->flags & MSG_OOB) == 0;
}

static scenario_outcome count_sent(scenario_run *run, const scenario_step *step, int socket, int count)
{
    if (count > 0 && is_pattern(step))
        run->sent[socket] += (size_t)count;
    return scenario_of_count(count);
}

static scenario_outcome act_send(scenario_run *run, const scenario_step *step, int socket)
{
    const uint8_t *data = data_of(run, step, socket);
    CAsyncSocket *object = scenario_socket_of(run, socket);
    return count_sent(run, step, socket, CAsyncSocket_Send(object, data, (int)step->number, step->flags));
}

static scenario_outcome act_sendto(scenario_run *run, const scenario_step *step, int socket)
{
    char text[64];
    const char *address = scenario_address(run, step, socket, text);
    const uint8_t *data = data_of(run, step, socket);
    CAsyncSocket *object = scenario_socket_of(run, socket);
    int count = CAsyncSocket_SendTo(object, data, (int)step->number, scenario_port(run, step), address,
                                    step->flags);
    scenario_outcome outcome = count_sent(run, step, socket, count);
    scenario_remember_port(run, socket); /* sending binds */
    return outcome;
}

/* ---- receive ---- */

static void check_pattern(scenario_run *run, const scenario_step *step, int socket, const uint8_t *bytes,
                          size_t count)
{
    size_t position = run->received[socket];
    for (size_t i = 0; i < count; i++)
        if (bytes[i] != (uint8_t)((position + i) % PATTERN_PERIOD)) {
            scenario_fail(run, step, "byte %zu of the stream is %u, expected %u", position + i, bytes[i],
                          (unsigned)((position + i) % PATTERN_PERIOD));
            return;
        }
}

static scenario_outcome take_received(scenario_run *run, const scenario_step *step, int socket, int count)
{
    scenario_outcome outcome = scenario_of_count(count);
    outcome.bytes = run->buffer;
    if (count > 0 && is_pattern(step)) {
        check_pattern(run, step, socket, run->buffer, (size_t)count);
        run->received[socket] += (step->flags & MSG_PEEK) != 0 ? 0 : (size_t)count;
    }
    return outcome;
}

static scenario_outcome act_recv(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket *object = scenario_socket_of(run, socket);
    void *buffer = (step->extras & SCENARIO_NULL) != 0 ? NULL : run->buffer;
    int count = CAsyncSocket_Receive(object, buffer, (int)step->number, step->flags);
    return take_received(run, step, socket, count);
}

/* A failed call leaves the outputs alone; "from S": it was S that sent. */
static scenario_outcome act_recvfrom(scenario_run *run, const scenario_step *step, int socket)
{
    char address[64] = "untouched";
    UINT port = 0;
    CAsyncSocket *object = scenario_socket_of(run, socket);
    int count = CAsyncSocket_ReceiveFrom(object, run->buffer, (int)step->number, address, sizeof address,
                                         &port, step->flags);
    scenario_outcome outcome = take_received(run, step, socket, count);
    if (count == SOCKET_ERROR)
        scenario_of_check(run, step, strcmp(address, "untouched") == 0 && port == 0,
                          "a failed ReceiveFrom wrote the address");
    else if (step->other != SCENARIO_NONE)
        scenario_of_check(run, step,
                          strcmp(address, arena_address(run->arena, run->scenario->threads[step->other])) ==
                                  0 &&
                              port == run->ports[step->other],
                          "the datagram came from another address");
    return outcome;
}

/* On a stream: neither the address nor its length, whatever it is, is looked at or changed (TSR-02). */
static scenario_outcome act_recvfromaddr(scenario_run *run, const scenario_step *step, int socket)
{
    SOCKADDR_STORAGE name, before;
    memset(&before, 0xA5, sizeof before);
    name = before;
    int given = (step->extras & SCENARIO_LEN) != 0 ? (int)step->len : (int)sizeof name, len = given;
    CAsyncSocket *object = scenario_socket_of(run, socket);
    int count = CAsyncSocket_ReceiveFromAddr(object, run->buffer, (int)step->number, (SOCKADDR *)&name, &len,
                                             step->flags);
    scenario_of_check(run, step, memcmp(&name, &before, sizeof name) == 0 && len == given,
                      "the address or its length has changed");
    return take_received(run, step, socket, count);
}

/* Reads all that arrives until a whole settling brings nothing. */
static scenario_outcome act_drain(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket *object = scenario_socket_of(run, socket);
    int quiet = 0;
    for (int round = 0; quiet < 2 && round < DRAIN_ROUNDS_MAX; round++) {
        int count, got = 0;
        arena_enter(run->arena, run->scenario->threads[socket]);
        while ((count = CAsyncSocket_Receive(object, run->buffer, (int)run->buffer_bytes, 0)) > 0) {
            take_received(run, step, socket, count);
            got = 1;
        }
        quiet = got ? 0 : quiet + 1;
        arena_settle(run->arena);
    }
    return scenario_done(1);
}

/* ---- what has come ---- */

/* How many bytes of the pattern came so far. */
static scenario_outcome act_received(scenario_run *run, const scenario_step *step, int socket)
{
    (void)step;
    return scenario_done((long)run->received[socket]);
}

/* S complete C: all bytes that C sent have come. */
static scenario_outcome act_complete(scenario_run *run, const scenario_step *step, int socket)
{
    size_t sent = run->sent[step->other], received = run->received[socket];
    if (sent != received)
        scenario_fail(run, step, "%zu bytes were sent, %zu have come", sent, received);
    return scenario_done(1);
}

const scenario_verb scenario_verbs_transfer[] = {
    {"send", "df", USUAL_COUNT, act_send},
    {"sendto", "bdf", USUAL_COUNT, act_sendto},
    {"recv", "sfx", USUAL_COUNT, act_recv},
    {"recvfrom", "sfF", USUAL_COUNT, act_recvfrom},
    {"recvfromaddr", "sfx", USUAL_COUNT, act_recvfromaddr},
    {"drain", "", USUAL_OK, act_drain},
    {"received", "", USUAL_OK, act_received},
    {"complete", "2", USUAL_OK, act_complete},
    {NULL, NULL, USUAL_NOTHING, NULL},
};
