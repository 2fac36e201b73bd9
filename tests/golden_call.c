/* SPDX-License-Identifier: MIT
 *
 * Recorded Winsock calls as calls of the class, and their results in the words of the recording.
 *
 * The class never waits.  A call that waited when it was recorded is made, then the network does its work,
 * and then the outcome is asked for.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"
#include "tests/golden_run.h"

enum { DRAIN_ROUNDS_MAX = 100000 };

typedef void (*call)(golden_run *, golden_socket *, const golden_entry *, golden_result *);

void golden_take_bool(golden_result *out, BOOL fine)
{
    out->ret = fine ? 0 : -1;
    out->error = fine ? 0 : CAsyncSocket_GetLastError();
}

static void take_count(golden_result *out, int count)
{
    out->ret = count;
    out->error = count == SOCKET_ERROR ? CAsyncSocket_GetLastError() : 0;
}

static bool would_block(const golden_result *r) { return r->ret == -1 && r->error == WSAEWOULDBLOCK; }

/* ---- names of addresses ---- */

static bool is_wildcard(const SOCKADDR_STORAGE *a)
{
    if (a->ss_family == AF_INET6)
        return IN6_IS_ADDR_UNSPECIFIED(&((const SOCKADDR_IN6 *)a)->sin6_addr);
    return ((const SOCKADDR_IN *)a)->sin_addr.s_addr == htonl(INADDR_ANY);
}

static bool is_loopback(const SOCKADDR_STORAGE *a)
{
    if (a->ss_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&((const SOCKADDR_IN6 *)a)->sin6_addr);
    return ((const SOCKADDR_IN *)a)->sin_addr.s_addr == htonl(INADDR_LOOPBACK);
}

static bool local_name(golden_socket *s, SOCKADDR_STORAGE *out)
{
    int len = (int)sizeof *out;
    *out = s->last_name;
    if (s->base.m_hSocket == INVALID_SOCKET)
        return out->ss_family != AF_UNSPEC;
    return CAsyncSocket_GetSockNameAddr(&s->base, (SOCKADDR *)out, &len);
}

bool golden_address_of(golden_socket *s, SOCKADDR_STORAGE *out)
{
    cas_thread *before = arena_enter(s->run->arena, s->thread);
    bool known = local_name(s, out);
    cas_thread_enter(before);
    if (known && is_wildcard(out)) {
        if (out->ss_family == AF_INET6)
            ((SOCKADDR_IN6 *)out)->sin6_addr = in6addr_loopback;
        else
            ((SOCKADDR_IN *)out)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    }
    return known;
}

static bool same_address(const SOCKADDR_STORAGE *a, const SOCKADDR_STORAGE *b)
{
    if (a->ss_family != b->ss_family)
        return false;
    if (a->ss_family == AF_INET6) {
        const SOCKADDR_IN6 *x = (const SOCKADDR_IN6 *)a, *y = (const SOCKADDR_IN6 *)b;
        return x->sin6_port == y->sin6_port && memcmp(&x->sin6_addr, &y->sin6_addr, sizeof x->sin6_addr) == 0;
    }
    const SOCKADDR_IN *x = (const SOCKADDR_IN *)a, *y = (const SOCKADDR_IN *)b;
    return x->sin_port == y->sin_port && x->sin_addr.s_addr == y->sin_addr.s_addr;
}

/* ::ffff:127.0.0.1, as an IPv6 socket sees an IPv4 peer, is the same as 127.0.0.1. */
static SOCKADDR_STORAGE unmapped(const SOCKADDR_STORAGE *a)
{
    const SOCKADDR_IN6 *v6 = (const SOCKADDR_IN6 *)a;
    if (a->ss_family != AF_INET6 || !IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr))
        return *a;
    SOCKADDR_STORAGE out = {0};
    SOCKADDR_IN *v4 = (SOCKADDR_IN *)&out;
    v4->sin_family = AF_INET;
    v4->sin_port = v6->sin6_port;
    memcpy(&v4->sin_addr, &v6->sin6_addr.s6_addr[12], sizeof v4->sin_addr);
    return out;
}

/* The socket that has the address, or NULL.  An accepted one shares its listener's, so the last one is
 * preferred. */
static const char *owner_of(golden_run *run, const SOCKADDR_STORAGE *a)
{
    SOCKADDR_STORAGE plain = unmapped(a), name;
    for (unsigned i = run->socket_count; i-- > 0;)
        if (golden_address_of(run->sockets[i], &name) && same_address(&name, &plain))
            return run->sockets[i]->name;
    return NULL;
}

void golden_name_address(golden_run *run, const SOCKADDR_STORAGE *a, char *buf, size_t size)
{
    const char *owner = owner_of(run, a);
    if (owner != NULL)
        snprintf(buf, size, "addr(%s)", owner);
    else
        snprintf(buf, size, "%s:port", is_loopback(a) ? "loopback" : is_wildcard(a) ? "any" : "elsewhere");
}

static void name_owner(golden_run *run, const SOCKADDR_STORAGE *a, char *buf, size_t size)
{
    const char *owner = owner_of(run, a);
    snprintf(buf, size, "%s", owner != NULL ? owner : "nobody");
}

/* ---- making and ending ---- */

static void do_socket(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    int family, type, protocol;
    if (!golden_parse_socket(e->args, &family, &type, &protocol)) {
        golden_stop(run, "socket with these arguments");
        return;
    }
    s->family = family;
    s->blocking = true;
    golden_take_bool(out, CAsyncSocket_Socket(&s->base, type, 0, protocol, family));
    int made = 0, len = (int)sizeof made;
    if (e->type == NULL || !CAsyncSocket_GetSockOpt(&s->base, SO_TYPE, &made, &len, SOL_SOCKET))
        return;
    snprintf(out->type, sizeof out->type, "%s", made == SOCK_STREAM ? "SOCK_STREAM" : "SOCK_DGRAM");
    CAsyncSocket_Close(&s->base); /* the recording has no name for it */
}

static void do_close(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    (void)e;
    (void)out;
    if (s->base.m_hSocket == INVALID_SOCKET) {
        golden_leave_out(run->findings, "closesocket that fails: Close returns nothing");
        out->ret = -1;
        out->error = WSAENOTSOCK;
        return;
    }
    golden_address_of(s, &s->last_name);
    CAsyncSocket_Close(&s->base);
}

static void do_bind(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    golden_address a;
    if (golden_parse_address(run, s, e->args, &a))
        golden_take_bool(out, CAsyncSocket_BindAddr(&s->base, a.null ? NULL : (SOCKADDR *)&a.storage, a.len));
    else
        golden_stop(run, "bind with these arguments");
}

static void do_listen(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    (void)run;
    golden_take_bool(out, CAsyncSocket_Listen(&s->base, (int)strtol(e->args, NULL, 10)));
}

/* A connect that waits ends with success, or with the error that the socket keeps. */
static void await_connection(golden_run *run, golden_socket *s, golden_result *out)
{
    int error = 0, len = (int)sizeof error;
    golden_rest(run, s);
    CAsyncSocket_GetSockOpt(&s->base, SO_ERROR, &error, &len, SOL_SOCKET);
    out->ret = error == 0 ? 0 : -1;
    out->error = error;
}

static void do_connect(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    golden_address a;
    if (!golden_parse_address(run, s, e->args, &a)) {
        golden_stop(run, "connect with these arguments");
        return;
    }
    golden_take_bool(out, CAsyncSocket_ConnectAddr(&s->base, a.null ? NULL : (SOCKADDR *)&a.storage, a.len));
    if (s->blocking && would_block(out))
        await_connection(run, s, out);
}

static void accept_once(golden_socket *s, golden_socket *new, bool wanted, SOCKADDR_STORAGE *peer,
                        golden_result *out)
{
    int len = (int)sizeof *peer;
    golden_take_bool(out, CAsyncSocket_Accept(&s->base, &new->base, wanted ? (SOCKADDR *)peer : NULL,
                                              wanted ? &len : NULL));
}

static void do_accept(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    SOCKADDR_STORAGE peer = {0};
    bool wanted = strcmp(e->args, "peer address wanted") == 0;
    golden_socket *new = golden_socket_of(run, e->created != NULL ? e->created : "unknown");
    if (new == NULL)
        return;
    new->thread = s->thread;
    new->family = s->family;
    new->blocking = s->blocking;
    accept_once(s, new, wanted, &peer, out);
    if (s->blocking && would_block(out)) {
        golden_rest(run, s);
        accept_once(s, new, wanted, &peer, out);
    }
    if (out->ret == 0 && wanted)
        name_owner(run, &peer, out->peer, sizeof out->peer);
}

static bool connect_pair(golden_run *run, golden_socket *listener, golden_socket *c, golden_socket *s)
{
    golden_address a;
    golden_result r = {0};
    SOCKADDR_STORAGE name;
    if (!golden_parse_address(run, listener, "loopback:0", &a) ||
        !CAsyncSocket_Socket(&listener->base, SOCK_STREAM, 0, 0, listener->family) ||
        !CAsyncSocket_Socket(&c->base, SOCK_STREAM, 0, 0, c->family) ||
        !CAsyncSocket_BindAddr(&listener->base, (SOCKADDR *)&a.storage, a.len) ||
        !CAsyncSocket_Listen(&listener->base, 1) || !golden_address_of(listener, &name))
        return false;
    golden_take_bool(&r, CAsyncSocket_ConnectAddr(&c->base, (SOCKADDR *)&name, a.len));
    if (would_block(&r))
        await_connection(run, c, &r);
    return r.ret == 0 && CAsyncSocket_Accept(&listener->base, &s->base, NULL, NULL);
}

static bool ends_with(const char *text, const char *end)
{
    size_t len = strlen(text), end_len = strlen(end);
    return len >= end_len && strcmp(text + len - end_len, end) == 0;
}

static void do_pair(golden_run *run, golden_socket *c, const golden_entry *e, golden_result *out)
{
    golden_socket listener = {.run = run, .name = "", .thread = c->thread};
    golden_socket *s = golden_socket_of(run, "S");
    if (s == NULL || strcmp(e->args, "peer S; blocking, nothing selected") != 0) {
        golden_stop(run, "tcp_pair with these arguments");
        return;
    }
    CAsyncSocket_Construct(&listener.base, NULL);
    listener.family = c->family = s->family = ends_with(run->scenario->id, "-v6") ? AF_INET6 : AF_INET;
    c->blocking = s->blocking = true;
    golden_take_bool(out, connect_pair(run, &listener, c, s));
    CAsyncSocket_Destruct(&listener.base);
}

/* ---- transfer ---- */

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

static void do_receive(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    long len;
    int flags;
    bool null;
    if (!golden_parse_receive(e->args, &len, &flags, &null) || len > GOLDEN_BUFFER_BYTES) {
        golden_stop(run, "recv with these arguments");
        return;
    }
    take_count(out, CAsyncSocket_Receive(&s->base, null ? NULL : run->buffer, (int)len, flags));
    if (s->blocking && would_block(out)) {
        golden_rest(run, s);
        take_count(out, CAsyncSocket_Receive(&s->base, null ? NULL : run->buffer, (int)len, flags));
    }
    finish_receive(run, s, len, flags, out);
}

static void do_receive_from(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
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
        name_owner(run, &from, out->from, sizeof out->from);
    finish_receive(run, s, len, flags, out);
}

static void do_send(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
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
static void do_send_to(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
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
static void do_send_until_error(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
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
static void do_receive_everything(golden_run *run, golden_socket *s, const golden_entry *e,
                                  golden_result *out)
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

/* ---- modes and questions ---- */

static void select_on(golden_run *run, golden_socket *s, arena_thread thread, long mask, golden_result *out)
{
    if (thread == s->thread) {
        golden_take_bool(out, CAsyncSocket_AsyncSelect(&s->base, mask));
        return;
    }
    /* Another window: the socket moves to its thread. */
    SOCKET handle = CAsyncSocket_Detach(&s->base);
    s->thread = thread;
    arena_enter(run->arena, thread); /* the caller enters its own again */
    golden_take_bool(out, CAsyncSocket_Attach(&s->base, handle, mask));
}

static void do_select(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    long mask;
    const char *rest;
    bool known = golden_parse_mask(e->args, &mask, &rest);
    bool second = known && strcmp(rest, ",window T2") == 0;
    if (!known || (*rest != '\0' && !second)) {
        golden_stop(run, known ? rest + 1 : "WSAAsyncSelect with these arguments");
        return;
    }
    s->blocking = false;
    select_on(run, s, second ? GOLDEN_SECOND : GOLDEN_MAIN, mask, out);
}

static void do_shutdown(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    static const char *const hows[] = {"SD_RECEIVE", "SD_SEND", "SD_BOTH", "invalid"};
    for (int i = 0; i < 4; i++)
        if (strcmp(hows[i], e->args) == 0) {
            golden_take_bool(out, CAsyncSocket_ShutDown(&s->base, i));
            return;
        }
    golden_stop(run, "shutdown with these arguments");
}

static void do_name(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    SOCKADDR_STORAGE name = {0};
    int len = (int)sizeof name;
    bool null = strcmp(e->args, "NULL") == 0;
    if (*e->args != '\0' && !null && sscanf(e->args, "length %d", &len) != 1) {
        golden_stop(run, "a name is asked for with these arguments");
        return;
    }
    bool peer = strcmp(e->name, "getpeername") == 0;
    SOCKADDR *to = null ? NULL : (SOCKADDR *)&name;
    golden_take_bool(out, peer ? CAsyncSocket_GetPeerNameAddr(&s->base, to, &len)
                               : CAsyncSocket_GetSockNameAddr(&s->base, to, &len));
    if (out->ret != 0)
        return;
    if (peer)
        golden_name_address(run, &name, out->val, sizeof out->val);
    else
        snprintf(out->val, sizeof out->val, "%s:port",
                 is_loopback(&name)   ? "loopback"
                 : is_wildcard(&name) ? "any"
                                      : "elsewhere");
}

/* ---- the table ---- */

static const struct call_name {
    const char *text;
    call make; /* NULL: the class has no such member, and leaving it out changes nothing */
} calls[] = {
    {"socket", do_socket},
    {"tcp_pair", do_pair},
    {"WSAAsyncSelect", do_select},
    {"bind", do_bind},
    {"listen", do_listen},
    {"connect", do_connect},
    {"accept", do_accept},
    {"closesocket", do_close},
    {"shutdown", do_shutdown},
    {"send", do_send},
    {"sendto", do_send_to},
    {"send_until_error", do_send_until_error},
    {"recv", do_receive},
    {"recvfrom", do_receive_from},
    {"recv_everything", do_receive_everything},
    {"getsockname", do_name},
    {"getpeername", do_name},
    {"getsockopt", golden_get_option},
    {"setsockopt", golden_set_option},
    {"ioctlsocket", golden_ioctl},
    {"WSAIoctl", golden_ioctl},
    {"select", NULL},
};

static const struct call_name *find_call(const char *name)
{
    for (size_t i = 0; i < sizeof calls / sizeof calls[0]; i++)
        if (strcmp(calls[i].text, name) == 0)
            return &calls[i];
    return NULL;
}

/* ---- comparing ---- */

static void add_part(char *buf, size_t size, const char *what, const char *value)
{
    size_t used = strlen(buf);
    if (value != NULL)
        snprintf(buf + used, size - used, " %s=%s", what, value);
}

/* "-1 WSAECONNRESET", "5 data=hello". */
static void result_text(const golden_entry *e, const golden_result *r, bool wanted, char *buf, size_t size)
{
    char number[24];
    long len = wanted ? e->len : r->len;
    if (wanted ? e->ret == -1 : r->ret == -1)
        snprintf(buf, size, "-1 %s", wanted ? e->error : cas_error_name(r->error));
    else
        snprintf(buf, size, "%ld", wanted ? e->ret : r->ret);
    add_part(buf, size, "val", e->val == NULL ? NULL : wanted ? e->val : r->val);
    snprintf(number, sizeof number, "%ld", len);
    add_part(buf, size, "len", e->len < 0 ? NULL : number);
    add_part(buf, size, "data", e->data == NULL ? NULL : wanted ? e->data : r->data);
    add_part(buf, size, "from", e->from == NULL ? NULL : wanted ? e->from : r->from);
    add_part(buf, size, "peer", e->peer == NULL ? NULL : wanted ? e->peer : r->peer);
    add_part(buf, size, "type", e->type == NULL ? NULL : wanted ? e->type : r->type);
}

static void compare(golden_run *run, size_t entry, const golden_result *r)
{
    const golden_entry *e = &run->scenario->log[entry];
    char wanted[160] = "", got[160] = "", call_text[96], both[sizeof wanted + sizeof call_text];
    result_text(e, r, true, wanted, sizeof wanted);
    result_text(e, r, false, got, sizeof got);
    if (strcmp(wanted, got) == 0)
        return;
    golden_entry_text(e, call_text, sizeof call_text);
    snprintf(both, sizeof both, "%s = %s", call_text, wanted);
    golden_differ(run->findings, entry + 1, both, got);
}

void golden_replay_call(golden_run *run, size_t entry)
{
    const golden_entry *e = &run->scenario->log[entry];
    const struct call_name *known = find_call(e->name);
    golden_result result = {.len = -1};
    char reason[80];
    if (known == NULL || known->make == NULL) {
        snprintf(reason, sizeof reason, "%s: the class has no such member", e->name);
        if (known == NULL)
            golden_stop(run, reason);
        else
            golden_leave_out(run->findings, reason);
        return;
    }
    golden_socket *s = golden_socket_of(run, e->socket);
    if (s == NULL)
        return;
    cas_thread *before = arena_enter(run->arena, s->thread);
    known->make(run, s, e, &result);
    cas_thread_enter(before);
    if (!run->stopped)
        compare(run, entry, &result);
}
