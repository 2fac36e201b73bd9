/* SPDX-License-Identifier: MIT
 *
 * See golden_echo.h.
 */
#include "tests/golden_echo.h"

#include <string.h>

/* No power of two, so that a block out of place is seen. */
static unsigned char pattern(size_t at) { return (unsigned char)(at % 251); }

static void client_sends(golden_echo *e, CAsyncSocket *c)
{
    unsigned char block[GOLDEN_ECHO_CHUNK];
    while (e->sent < GOLDEN_ECHO_BYTES) {
        size_t left = GOLDEN_ECHO_BYTES - e->sent;
        size_t part = left < sizeof block ? left : sizeof block;
        for (size_t i = 0; i < part; i++)
            block[i] = pattern(e->sent + i);
        int taken = CAsyncSocket_Send(c, block, (int)part, 0);
        if (taken < 0) {
            e->blocked += CAsyncSocket_GetLastError() == WSAEWOULDBLOCK;
            return;
        }
        e->sent += (size_t)taken;
    }
}

static void client_receives(golden_echo *e, CAsyncSocket *c)
{
    unsigned char block[GOLDEN_ECHO_CHUNK];
    int count = CAsyncSocket_Receive(c, block, sizeof block, 0);
    for (int i = 0; i < count; i++)
        e->garbled = e->garbled || block[i] != pattern(e->received + (size_t)i);
    e->received += count > 0 ? (size_t)count : 0;
}

static void server_flushes(golden_echo *e, CAsyncSocket *s)
{
    while (e->pending > 0) {
        int taken = CAsyncSocket_Send(s, e->chunk + e->pending_at, (int)e->pending, 0);
        if (taken < 0)
            return;
        e->pending -= (size_t)taken;
        e->pending_at += (size_t)taken;
    }
}

/* One receive an FD_READ; it waits while the last chunk is not on its way. */
static void server_receives(golden_echo *e, CAsyncSocket *s)
{
    e->read_owed = e->pending > 0;
    if (e->read_owed)
        return;
    int count = CAsyncSocket_Receive(s, e->chunk, sizeof e->chunk, 0);
    e->pending = count > 0 ? (size_t)count : 0;
    e->pending_at = 0;
    server_flushes(e, s);
}

void golden_echo_event(golden_echo *e, CAsyncSocket *socket, bool is_client, long event)
{
    e->others += event != FD_READ && event != FD_WRITE;
    e->writes_c += is_client && event == FD_WRITE;
    e->reads_s += !is_client && event == FD_READ;
    if (is_client && event == FD_WRITE)
        client_sends(e, socket);
    else if (is_client && event == FD_READ)
        client_receives(e, socket);
    else if (event == FD_READ)
        server_receives(e, socket);
    else if (event == FD_WRITE) {
        server_flushes(e, socket);
        if (e->read_owed)
            server_receives(e, socket);
    }
}

bool golden_echo_is_complete(const golden_echo *e) { return e->received == GOLDEN_ECHO_BYTES; }

bool golden_echo_check(const golden_echo *e, const char *text, bool *value)
{
    const struct {
        const char *text;
        bool value;
    } known[] = {
        {"all bytes arrived in order", golden_echo_is_complete(e) && !e->garbled},
        {"FD_READ came at S more than once", e->reads_s > 1},
        {"no FD_WRITE at C beyond one per WSAEWOULDBLOCK plus the first", e->writes_c <= e->blocked + 1},
        {"no FD_OOB, FD_ACCEPT, FD_CONNECT or FD_CLOSE came", e->others == 0},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
        if (strcmp(known[i].text, text) == 0) {
            *value = known[i].value;
            return true;
        }
    return false;
}
