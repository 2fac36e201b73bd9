/* SPDX-License-Identifier: MIT
 *
 * See sweep_calls.h.
 */
#include "tests/sweep_calls.h"

#include <arpa/inet.h>
#include <string.h>

static int code_of(BOOL ok) { return ok ? 0 : CAsyncSocket_GetLastError(); }

static int count_of(bench *t, int count)
{
    int error = count == SOCKET_ERROR ? CAsyncSocket_GetLastError() : 0;
    if (error == 0 && bench_is_vague(t))
        sweep_say(&t->said, count > 0 ? " some" : " none");
    else if (error == 0)
        sweep_say(&t->said, " %d", count);
    return error;
}

static const char *peer_address(const bench *t) { return arena_address(t->arena, ARENA_A); }

/* As Connect and SendTo may be given it. */
static const char *peer_name(const bench *t)
{
    return arena_backend_is_real(arena_backend_of(t->arena)) ? "localhost" : "a";
}

static SOCKADDR_IN ipv4(const char *text, UINT port)
{
    SOCKADDR_IN addr = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    inet_pton(AF_INET, text, &addr.sin_addr);
    return addr;
}

/* ---- life ---- */

static int construct(bench *t)
{
    CAsyncSocket fresh;
    CAsyncSocket_Construct(&fresh, NULL);
    sweep_say(&t->said, fresh.m_hSocket == INVALID_SOCKET ? " empty" : " not empty");
    return 0;
}

static int destruct(bench *t)
{
    CAsyncSocket_Destruct(bench_subject(t));
    return 0;
}

static int close_socket(bench *t)
{
    CAsyncSocket_Close(bench_subject(t));
    return 0;
}

static int create(bench *t, int type, const char *address)
{
    return code_of(CAsyncSocket_Create(bench_subject(t), 0, type, CASYNCSOCKET_DEFAULT_EVENTS, address));
}

static int create_stream(bench *t) { return create(t, SOCK_STREAM, NULL); }
static int create_at(bench *t) { return create(t, SOCK_STREAM, arena_address(t->arena, ARENA_B)); }
static int create_ipv6(bench *t) { return create(t, SOCK_STREAM, "::"); }
static int create_datagram(bench *t) { return create(t, SOCK_DGRAM, NULL); }

static int socket_stream(bench *t)
{
    return code_of(CAsyncSocket_Socket(bench_subject(t), SOCK_STREAM, FD_CONNECT, IPPROTO_TCP, AF_INET));
}

static int socket_datagram(bench *t)
{
    return code_of(CAsyncSocket_Socket(bench_subject(t), SOCK_DGRAM, FD_WRITE, 0, AF_INET6));
}

static int attach(bench *t)
{
    int error = code_of(CAsyncSocket_Attach(bench_subject(t), t->detached, CASYNCSOCKET_DEFAULT_EVENTS));
    t->detached = error == 0 ? INVALID_SOCKET : t->detached;
    return error;
}

static int detach(bench *t)
{
    SOCKET handle = CAsyncSocket_Detach(bench_subject(t));
    if (handle != INVALID_SOCKET)
        t->detached = handle;
    return code_of(handle != INVALID_SOCKET);
}

static int from_handle(bench *t)
{
    bool mine = CAsyncSocket_FromHandle(bench_subject(t)->m_hSocket) == bench_subject(t);
    sweep_say(&t->said, mine ? " mine" : " not mine");
    return 0;
}

static int last_error(bench *t)
{
    CAsyncSocket_Listen(bench_subject(t), 5);
    sweep_say(&t->said, " %d", CAsyncSocket_GetLastError());
    return 0;
}

/* ---- names and connections ---- */

static int bind_wildcard(bench *t) { return code_of(CAsyncSocket_Bind(bench_subject(t), 0, NULL)); }

static int bind_text(bench *t)
{
    return code_of(CAsyncSocket_Bind(bench_subject(t), 0, arena_address(t->arena, ARENA_B)));
}

static int bind_addr(bench *t)
{
    SOCKADDR_IN addr = ipv4(arena_address(t->arena, ARENA_B), 0);
    return code_of(CAsyncSocket_BindAddr(bench_subject(t), (SOCKADDR *)&addr, sizeof addr));
}

static int connect_text(bench *t)
{
    return code_of(CAsyncSocket_Connect(bench_subject(t), peer_address(t), t->port));
}

static int connect_name(bench *t)
{
    return code_of(CAsyncSocket_Connect(bench_subject(t), peer_name(t), t->port));
}

static int connect_addr(bench *t)
{
    SOCKADDR_IN addr = ipv4(peer_address(t), t->port);
    return code_of(CAsyncSocket_ConnectAddr(bench_subject(t), (SOCKADDR *)&addr, sizeof addr));
}

static int dissolve(bench *t)
{
    SOCKADDR_IN addr = {.sin_family = AF_UNSPEC};
    return code_of(CAsyncSocket_ConnectAddr(bench_subject(t), (SOCKADDR *)&addr, sizeof addr));
}

static int listen_5(bench *t) { return code_of(CAsyncSocket_Listen(bench_subject(t), 5)); }

static int accept_target(bench *t)
{
    SOCKADDR_IN addr;
    int len = sizeof addr;
    return code_of(
        CAsyncSocket_Accept(bench_subject(t), bench_socket(t, BENCH_TARGET), (SOCKADDR *)&addr, &len));
}

static int shut_down(bench *t, int how) { return code_of(CAsyncSocket_ShutDown(bench_subject(t), how)); }
static int shut_receives(bench *t) { return shut_down(t, CAsyncSocket_receives); }
static int shut_sends(bench *t) { return shut_down(t, CAsyncSocket_sends); }
static int shut_both(bench *t) { return shut_down(t, CAsyncSocket_both); }

/* ---- bytes ---- */

static int receive_with(bench *t, int len, int flags)
{
    char bytes[16] = "";
    int error = count_of(t, CAsyncSocket_Receive(bench_subject(t), bytes, len, flags));
    sweep_say(&t->said, " '%.16s'", bytes);
    return error;
}

static int receive(bench *t) { return receive_with(t, 15, 0); }
static int receive_a_part(bench *t) { return receive_with(t, 2, 0); }
static int receive_peek(bench *t) { return receive_with(t, 15, MSG_PEEK); }
static int receive_urgent(bench *t) { return receive_with(t, 1, MSG_OOB); }

typedef int (*receive_from_text)(CAsyncSocket *, void *, int, char *, size_t, UINT *, int);

static int receive_from_with(bench *t, receive_from_text call)
{
    char bytes[16] = "", text[46] = "";
    UINT port;
    int error = count_of(t, call(bench_subject(t), bytes, 15, text, sizeof text, &port, 0));
    sweep_say(&t->said, " '%s' from '%s'", bytes, text);
    return error;
}

static int receive_from(bench *t) { return receive_from_with(t, CAsyncSocket_ReceiveFrom); }
static int receive_from_ex(bench *t) { return receive_from_with(t, CAsyncSocket_ReceiveFromEx); }

static int receive_from_addr(bench *t)
{
    char bytes[16] = "";
    SOCKADDR_IN from = {.sin_family = AF_UNSPEC};
    int len = sizeof from;
    int count = CAsyncSocket_ReceiveFromAddr(bench_subject(t), bytes, 15, (SOCKADDR *)&from, &len, 0);
    int error = count_of(t, count);
    sweep_say(&t->said, " '%s' family %d", bytes, from.sin_family);
    return error;
}

static int send_hello(bench *t, int flags)
{
    return count_of(t, CAsyncSocket_Send(bench_subject(t), "hello", 5, flags));
}

static int send_plain(bench *t) { return send_hello(t, 0); }

/* They take several blocks, of which the first may have room left. */
static int send_many(bench *t)
{
    static const char bytes[40000];
    return count_of(t, bench_send_bulk(t, bytes, sizeof bytes));
}

/* Until there is no room: what a kernel has passed on meanwhile has made some. */
static int send_to_the_brim(bench *t)
{
    int error = 0;
    while (error == 0) {
        int count = bench_send_bulk(t, "hello", 5);
        error = count < 0 ? CAsyncSocket_GetLastError() : 0;
    }
    return error;
}

static int send_urgent(bench *t) { return send_hello(t, MSG_OOB); }

static int send_to(bench *t)
{
    return count_of(t, CAsyncSocket_SendTo(bench_subject(t), "hello", 5, t->port, peer_address(t), 0));
}

static int send_to_name(bench *t)
{
    return count_of(t, CAsyncSocket_SendTo(bench_subject(t), "hello", 5, t->port, peer_name(t), 0));
}

static int send_to_large(bench *t)
{
    static const char bytes[4000]; /* several fragments */
    return count_of(t,
                    CAsyncSocket_SendTo(bench_subject(t), bytes, sizeof bytes, t->port, peer_address(t), 0));
}

static int send_to_ex(bench *t)
{
    return count_of(t, CAsyncSocket_SendToEx(bench_subject(t), "hello", 5, t->port, peer_address(t), 0));
}

static int send_to_addr(bench *t)
{
    SOCKADDR_IN to = ipv4(peer_address(t), t->port);
    return count_of(t, CAsyncSocket_SendToAddr(bench_subject(t), "hello", 5, (SOCKADDR *)&to, sizeof to, 0));
}

/* ---- questions ---- */

static int select_all(bench *t)
{
    return code_of(CAsyncSocket_AsyncSelect(bench_subject(t), CASYNCSOCKET_DEFAULT_EVENTS));
}

static int select_none(bench *t) { return code_of(CAsyncSocket_AsyncSelect(bench_subject(t), 0)); }

typedef BOOL (*name_text)(CAsyncSocket *, char *, size_t, UINT *);
typedef BOOL (*name_addr)(CAsyncSocket *, SOCKADDR *, int *);

static int ask_text(bench *t, name_text call)
{
    char text[46];
    UINT port;
    return code_of(call(bench_subject(t), text, sizeof text, &port));
}

static int ask_addr(bench *t, name_addr call)
{
    SOCKADDR_STORAGE addr;
    int len = sizeof addr;
    return code_of(call(bench_subject(t), (SOCKADDR *)&addr, &len));
}

static int peer_name_text(bench *t) { return ask_text(t, CAsyncSocket_GetPeerName); }
static int peer_name_ex(bench *t) { return ask_text(t, CAsyncSocket_GetPeerNameEx); }
static int peer_name_addr(bench *t) { return ask_addr(t, CAsyncSocket_GetPeerNameAddr); }
static int sock_name_text(bench *t) { return ask_text(t, CAsyncSocket_GetSockName); }
static int sock_name_ex(bench *t) { return ask_text(t, CAsyncSocket_GetSockNameEx); }
static int sock_name_addr(bench *t) { return ask_addr(t, CAsyncSocket_GetSockNameAddr); }

static int get_option(bench *t)
{
    int value = 0, len = sizeof value;
    return code_of(CAsyncSocket_GetSockOpt(bench_subject(t), SO_KEEPALIVE, &value, &len, SOL_SOCKET));
}

static int set_option(bench *t, int name, int value)
{
    return code_of(CAsyncSocket_SetSockOpt(bench_subject(t), name, &value, sizeof value, SOL_SOCKET));
}

static int set_keepalive(bench *t) { return set_option(t, SO_KEEPALIVE, 1); }
static int set_inline(bench *t) { return set_option(t, SO_OOBINLINE, 1); }
static int set_buffer(bench *t) { return set_option(t, SO_RCVBUF, 4096); }

static int control(bench *t, long command)
{
    DWORD value = 1;
    int error = code_of(CAsyncSocket_IOCtl(bench_subject(t), command, &value));
    sweep_say(&t->said, " %u", value);
    return error;
}

static int ask_ready(bench *t) { return control(t, FIONREAD); }
static int ask_mark(bench *t) { return control(t, (long)SIOCATMARK); }
static int set_nonblocking(bench *t) { return control(t, FIONBIO); }
static int set_connreset(bench *t) { return control(t, SIO_UDP_CONNRESET); }

/* ---- the pump and timers ---- */

static void messages_wait(bench *t)
{
    bench_data(t);
    CAsyncSocket_AsyncSelect(bench_subject(t), CASYNCSOCKET_DEFAULT_EVENTS);
}

static void bytes_come(bench *t)
{
    bench_connected(t);
    arena_enter(t->arena, ARENA_A);
    CAsyncSocket_Send(bench_socket(t, BENCH_PEER), "hello", 5, 0);
    arena_enter(t->arena, ARENA_B);
}

static int pump_one(bench *t)
{
    sweep_say(&t->said, cas_pump_one() ? " one" : " none");
    return 0;
}

static int pump_run(bench *t) { return count_of(t, cas_pump_run(0)); }
static int pump_wait(bench *t) { return count_of(t, cas_pump_run(1000)); }

static void on_timer(cas_timer *timer, void *context)
{
    (void)timer;
    sweep_say(&((bench *)context)->said, " rang");
}

static int start_timer(bench *t)
{
    t->timer.on_timer = on_timer;
    t->timer.context = t;
    return cas_timer_start(&t->timer, 0);
}

/* ---- states of more bytes, or of a full page of handles ---- */

static void bulk_data(bench *t)
{
    bench_data(t);
    t->is_bulk = true;
}

static void full_page(bench *t) { bench_fill_page(t); }

static void two_wait_full_page(bench *t)
{
    bench_two_wait(t);
    bench_fill_page(t);
}

static void detached_far_away(bench *t)
{
    bench_fill_page(t);
    bench_datagram_detached(t);
}

/* ---- all of it ---- */

const sweep_call sweep_calls[] = {
    {"Construct", "nothing", bench_nothing, construct, 0},
    {"Destruct", "connected", bench_connected, destruct, SWEEP_VOIDS},
    {"Destruct", "bytes wait", bench_data, destruct, SWEEP_VOIDS},
    {"Create", "stream", bench_nothing, create_stream, 0},
    {"Create", "stream at an address", bench_nothing, create_at, 0},
    {"Create", "stream, IPv6", bench_nothing, create_ipv6, 0},
    {"Create", "datagram", bench_nothing, create_datagram, 0},
    {"Create", "page of handles full", full_page, create_stream, 0},
    {"Socket", "stream", bench_nothing, socket_stream, 0},
    {"Socket", "datagram", bench_nothing, socket_datagram, 0},
    {"Socket", "page of handles full", full_page, socket_stream, 0},
    {"Attach", "connection with bytes", bench_detached, attach, 0},
    {"Attach", "datagram", bench_datagram_detached, attach, 0},
    {"Attach", "page of handles full", detached_far_away, attach, 0},
    {"Detach", "bytes wait", bench_data, detach, 0},
    {"FromHandle", "connected", bench_connected, from_handle, 0},
    {"GetLastError", "connected", bench_connected, last_error, 0},
    {"Bind", "wildcard", bench_stream, bind_wildcard, 0},
    {"Bind", "address", bench_stream, bind_text, 0},
    {"Bind", "datagram", bench_datagram_unbound, bind_wildcard, 0},
    {"Bind", "bound", bench_bound, bind_wildcard, 0},
    {"BindAddr", "stream", bench_stream, bind_addr, 0},
    {"Connect", "bound", bench_callable, connect_text, 0},
    {"Connect", "unbound", bench_callable_unbound, connect_text, 0},
    {"Connect", "by name", bench_callable, connect_name, 0},
    {"Connect", "connected", bench_connected, connect_text, 0},
    {"Connect", "datagram", bench_datagram, connect_text, 0},
    {"Connect", "datagram, unbound", bench_datagram_unbound, connect_text, 0},
    {"ConnectAddr", "bound", bench_callable, connect_addr, 0},
    {"ConnectAddr", "datagram", bench_datagram, connect_addr, 0},
    {"ConnectAddr", "datagram, dissolved", bench_datagram_connected, dissolve, 0},
    {"Listen", "bound", bench_bound, listen_5, 0},
    {"Listen", "listening", bench_listening, listen_5, 0},
    {"Accept", "nobody waits", bench_listening, accept_target, SWEEP_REPEATS},
    {"Accept", "one waits", bench_one_waits, accept_target, SWEEP_REPEATS},
    {"Accept", "two wait", bench_two_wait, accept_target, SWEEP_REPEATS},
    {"Accept", "two wait, page of handles full", two_wait_full_page, accept_target, SWEEP_REPEATS},
    {"Receive", "nothing waits", bench_connected, receive, 0},
    {"Receive", "bytes wait", bench_data, receive, 0},
    {"Receive", "a part of what waits", bench_data, receive_a_part, 0},
    {"Receive", "MSG_PEEK", bench_data, receive_peek, 0},
    {"Receive", "MSG_OOB", bench_urgent, receive_urgent, 0},
    {"Receive", "end of stream", bench_ended, receive, 0},
    {"Receive", "reset", bench_reset, receive, 0},
    {"Receive", "datagram", bench_datagram_data, receive, 0},
    {"ReceiveFrom", "datagram", bench_datagram_data, receive_from, 0},
    {"ReceiveFrom", "no datagram", bench_datagram, receive_from, 0},
    {"ReceiveFrom", "stream", bench_data, receive_from, 0},
    {"ReceiveFromEx", "datagram", bench_datagram_data, receive_from_ex, 0},
    {"ReceiveFromAddr", "datagram", bench_datagram_data, receive_from_addr, 0},
    {"Send", "connected", bench_connected, send_plain, SWEEP_VOIDS},
    {"Send", "bytes wait", bench_data, send_plain, SWEEP_VOIDS},
    {"Send", "many bytes", bulk_data, send_many, SWEEP_VOIDS},
    {"Send", "MSG_OOB", bench_connected, send_urgent, SWEEP_VOIDS},
    {"Send", "buffers full", bench_full, send_to_the_brim, 0},
    {"Send", "connecting", bench_connecting, send_plain, 0},
    {"Send", "reset", bench_reset, send_plain, 0},
    {"Send", "datagram, connected", bench_datagram_connected, send_plain, 0},
    {"SendTo", "datagram", bench_datagram, send_to, 0},
    {"SendTo", "datagram, unbound", bench_datagram_unbound, send_to, 0},
    {"SendTo", "datagram, by name", bench_datagram, send_to_name, 0},
    {"SendTo", "datagram in fragments", bench_datagram, send_to_large, 0},
    {"SendTo", "datagram in fragments, unbound", bench_datagram_unbound, send_to_large, 0},
    {"SendTo", "stream", bench_connected, send_to, SWEEP_VOIDS},
    {"SendToEx", "datagram", bench_datagram, send_to_ex, 0},
    {"SendToAddr", "datagram", bench_datagram, send_to_addr, 0},
    {"ShutDown", "receives", bench_data, shut_receives, 0},
    {"ShutDown", "sends", bench_connected, shut_sends, SWEEP_VOIDS},
    {"ShutDown", "both, buffers full", bench_full, shut_both, 0},
    {"ShutDown", "datagram", bench_datagram_data, shut_both, 0},
    {"Close", "connected", bench_connected, close_socket, SWEEP_VOIDS},
    {"Close", "bytes wait", bench_data, close_socket, SWEEP_VOIDS},
    {"Close", "two wait", bench_two_wait, close_socket, SWEEP_VOIDS},
    {"Close", "connecting", bench_connecting, close_socket, 0},
    {"Close", "datagram", bench_datagram_data, close_socket, 0},
    {"AsyncSelect", "bytes wait", bench_data, select_all, 0},
    {"AsyncSelect", "end of stream", bench_ended, select_all, 0},
    {"AsyncSelect", "two wait", bench_two_wait, select_all, 0},
    {"AsyncSelect", "datagram", bench_datagram_data, select_all, 0},
    {"AsyncSelect", "no more events", bench_data, select_none, 0},
    {"GetPeerName", "connected", bench_connected, peer_name_text, 0},
    {"GetPeerNameAddr", "connected", bench_connected, peer_name_addr, 0},
    {"GetPeerNameEx", "connected", bench_connected, peer_name_ex, 0},
    {"GetSockName", "connected", bench_connected, sock_name_text, 0},
    {"GetSockNameAddr", "connected", bench_connected, sock_name_addr, 0},
    {"GetSockNameEx", "connected", bench_connected, sock_name_ex, 0},
    {"GetSockOpt", "connected", bench_connected, get_option, 0},
    {"SetSockOpt", "connected", bench_connected, set_keepalive, 0},
    {"SetSockOpt", "urgent byte waits", bench_urgent, set_inline, 0},
    {"SetSockOpt", "buffer", bench_data, set_buffer, 0},
    {"IOCtl", "FIONREAD", bench_data, ask_ready, 0},
    {"IOCtl", "SIOCATMARK", bench_urgent, ask_mark, 0},
    {"IOCtl", "FIONBIO", bench_connected, set_nonblocking, 0},
    {"IOCtl", "SIO_UDP_CONNRESET", bench_datagram, set_connreset, 0},
    {"cas_pump_one", "messages wait", messages_wait, pump_one, 0},
    {"cas_pump_run", "messages wait", messages_wait, pump_run, 0},
    {"cas_pump_run", "bytes come", bytes_come, pump_wait, SWEEP_VOIDS},
    {"cas_timer_start", "connected", bench_connected, start_timer, 0},
    {NULL, NULL, NULL, NULL, 0},
};
