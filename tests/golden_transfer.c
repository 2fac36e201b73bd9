/* SPDX-License-Identifier: MIT
 *
 * Recorded calls that send and receive.
 */
#include <stdlib.h>
#include <string.h>

#include "tests/golden_run.h"

enum { DRAIN_ROUNDS_MAX = 100000 };

static void take_count(golden_result *out, int count)
{
    out->ret = count;
    out->error = count == SOCKET_ERROR ? CAsyncSocket_GetLastError() : 0;
}

static void write_data(const golden_run *run, long len, golden_result *out)
{
    size_t room = sizeof out->data - 1;
    size_t kept = len < 0 ? 0 : (size_t)len < room ? (size_t)len : room;
    memcpy(out->data, run->buffer, kept);
    out->data[kept] = '\0';
}

/* What is written of a truncated datagram is the part that fitted. */
static void finish_receive(const golden_run *run, golden_socket *s, long len, int flags, golden_result *out)
{
    bool truncated = out->ret == -1 && out->error == WSAEMSGSIZE;
    write_data(run, truncated ? len : out->ret, out);
    if (out->ret > 0 && (flags & MSG_PEEK) == 0)
        s->received += (uint64_t)out->ret;
}

void golden_receive(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    long len;
    int flags;
    bool null;
    if (!golden_parse_receive(e->args, &len, &flags, &null) || len > GOLDEN_BUFFER_BYTES) {
        golden_stop(run, "recv with these arguments");
        return;
    }
    take_count(out, CAsyncSocket_Receive(&s->base, null ? NULL : run->buffer, (int)len, flags));
    if (s->blocking && golden_would_block(out)) {
        golden_rest(run, s);
        take_count(out, CAsyncSocket_Receive(&s->base, null ? NULL : run->buffer, (int)len, flags));
    }
    finish_receive(run, s, len, flags, out);
}

void golden_receive_from(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    long len;
    int flags;
    bool null;
    SOCKADDR_STORAGE from = {0};
    int from_len = (int)sizeof from;
    if (!golden_parse_receive(e->args, &len, &flags, &null) || len > GOLDEN_BUFFER_BYTES) {
        golden_stop(run, "recvfrom with these arguments");
        return;
    }
    take_count(out, CAsyncSocket_ReceiveFromAddr(&s->base, null ? NULL : run->buffer, (int)len,
                                                 (SOCKADDR *)&from, &from_len, flags));
    if (from.ss_family != AF_UNSPEC)
        golden_name_owner(run, &from, out->from, sizeof out->from);
    finish_receive(run, s, len, flags, out);
}

void golden_send(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    const char *bytes, *rest;
    long len;
    int flags;
    if (!golden_parse_bytes(e->args, &bytes, &len, &rest) || !golden_parse_flags(rest, &flags)) {
        golden_stop(run, "send with these arguments");
        return;
    }
    take_count(out, CAsyncSocket_Send(&s->base, bytes, (int)len, flags));
    if (out->ret > 0)
        s->sent += (uint64_t)out->ret;
}

/* An address alone stands for one byte to it. */
void golden_send_to(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    const char *bytes = "x", *rest = e->args;
    long len = 1;
    golden_address to;
    if ((*e->args == '\'' && !golden_parse_bytes(e->args, &bytes, &len, &rest)) ||
        !golden_parse_address(run, s, rest, &to))
        golden_stop(run, "sendto with these arguments");
    else
        take_count(out,
                   CAsyncSocket_SendToAddr(&s->base, bytes, (int)len, (SOCKADDR *)&to.storage, to.len, 0));
}

/* The network brings each block to the peer before the next, as loopback does where this was recorded; so the
 * error means that both buffers are full. */
void golden_send_until_error(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    int len = (int)strtol(e->args, NULL, 10);
    memset(run->buffer, 'x', sizeof run->buffer);
    if (len <= 0 || len > GOLDEN_BUFFER_BYTES) {
        golden_stop(run, "send_until_error with this size");
        return;
    }
    do {
        take_count(out, CAsyncSocket_Send(&s->base, run->buffer, len, 0));
        if (out->ret > 0) {
            s->sent += (uint64_t)out->ret;
            golden_rest(run, s);
        }
    } while (out->ret > 0);
}

/* Reads, and lets the network bring more, until a round brings nothing. */
void golden_receive_everything(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    uint64_t before = s->received, at_start;
    int len = (int)strtol(e->args, NULL, 10);
    if (len <= 0 || len > GOLDEN_BUFFER_BYTES) {
        golden_stop(run, "recv_everything with this size");
        return;
    }
    unsigned rounds = 0;
    do {
        at_start = s->received;
        for (int count; (count = CAsyncSocket_Receive(&s->base, run->buffer, len, 0)) > 0;)
            s->received += (uint64_t)count;
        golden_rest(run, s);
    } while (s->received != at_start && ++rounds < DRAIN_ROUNDS_MAX);
    s->drained = true;
    out->ret = s->received == before ? -1 : 0;
}
