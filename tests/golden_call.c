/* SPDX-License-Identifier: MIT
 *
 * Recorded Winsock calls as calls of the class, and their results in the words of the recording.
 *
 * The class never waits.  A call that waited when it was recorded is made, then the network does its work,
 * and then the outcome is asked for.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"
#include "tests/golden_run.h"

typedef void (*call)(golden_run *, golden_socket *, const golden_entry *, golden_result *);

void golden_take_bool(golden_result *out, BOOL fine)
{
    out->ret = fine ? 0 : -1;
    out->error = fine ? 0 : CAsyncSocket_GetLastError();
}

bool golden_would_block(const golden_result *r) { return r->ret == -1 && r->error == WSAEWOULDBLOCK; }

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
    if (s->blocking && golden_would_block(out))
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
    if (s->blocking && golden_would_block(out)) {
        golden_rest(run, s);
        accept_once(s, new, wanted, &peer, out);
    }
    if (out->ret == 0 && wanted)
        golden_name_owner(run, &peer, out->peer, sizeof out->peer);
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
    if (golden_would_block(&r))
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
    {"send", golden_send},
    {"sendto", golden_send_to},
    {"send_until_error", golden_send_until_error},
    {"recv", golden_receive},
    {"recvfrom", golden_receive_from},
    {"recv_everything", golden_receive_everything},
    {"getsockname", golden_ask_name},
    {"getpeername", golden_ask_name},
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
    char wanted[160] = "", got[160] = "", call_text[96],
         both[sizeof wanted + sizeof call_text + sizeof " = "];
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
