/* SPDX-License-Identifier: MIT
 *
 * See bad_calls.h.
 */
#include "tests/bad_calls.h"

/* ---- calls that need variables ---- */

static long receive_from(stage *t, CAsyncSocket *s)
{
    UINT port;
    return CAsyncSocket_ReceiveFrom(s, t->bytes, 4, t->text, sizeof t->text, &port, 0);
}

static long receive_from_addr(stage *t, CAsyncSocket *s)
{
    SOCKADDR_IN addr;
    int len = sizeof addr;
    return CAsyncSocket_ReceiveFromAddr(s, t->bytes, 4, (SOCKADDR *)&addr, &len, 0);
}

/* ---- bad arguments ---- */

#define AT(member) (&t->member.socket)
#define BAD(name, expression)                                                                                \
    static long name(stage *t)                                                                               \
    {                                                                                                        \
        (void)t;                                                                                             \
        return (long)(expression);                                                                           \
    }

static const SOCKADDR_IN some_address = {.sin_family = AF_INET};
static const SOCKADDR_IN other_family = {.sin_family = 77};
#define ADDR(a) ((const SOCKADDR *)&(a))

BAD(socket_twice, CAsyncSocket_Socket(AT(server), SOCK_STREAM, 0, 0, AF_INET))
BAD(socket_type, CAsyncSocket_Socket(AT(empty), 99, 0, 0, AF_INET))
BAD(socket_family, CAsyncSocket_Socket(AT(empty), SOCK_STREAM, 0, 0, 77))
BAD(socket_protocol, CAsyncSocket_Socket(AT(empty), SOCK_STREAM, 0, 250, AF_INET))
BAD(socket_stream_udp, CAsyncSocket_Socket(AT(empty), SOCK_STREAM, 0, IPPROTO_UDP, AF_INET))
BAD(socket_dgram_tcp, CAsyncSocket_Socket(AT(empty), SOCK_DGRAM, 0, IPPROTO_TCP, AF_INET))
BAD(socket_family_type, CAsyncSocket_Socket(AT(empty), 99, 0, 0, 77))
BAD(socket_family_protocol, CAsyncSocket_Socket(AT(empty), SOCK_STREAM, 0, 250, 77))
BAD(create_twice, CAsyncSocket_Create(AT(server), 0, SOCK_STREAM, 0, NULL))
BAD(create_type, CAsyncSocket_Create(AT(empty), 0, 99, 0, NULL))
BAD(create_text, CAsyncSocket_Create(AT(empty), 0, SOCK_STREAM, 0, "not an address"))
BAD(create_broadcast, CAsyncSocket_Create(AT(empty), 0, SOCK_STREAM, 0, "255.255.255.255"))
BAD(create_foreign, CAsyncSocket_Create(AT(empty), 0, SOCK_STREAM, 0, "203.0.113.1"))
BAD(attach_invalid, CAsyncSocket_Attach(AT(empty), INVALID_SOCKET, 0))
BAD(attach_unknown, CAsyncSocket_Attach(AT(empty), 60000, 0))
BAD(attach_huge, CAsyncSocket_Attach(AT(empty), INVALID_SOCKET - 1, 0))
BAD(attach_taken, CAsyncSocket_Attach(AT(empty), t->server.socket.m_hSocket, 0))
BAD(attach_full, CAsyncSocket_Attach(AT(server), t->idle.socket.m_hSocket, 0))
BAD(bind_twice, CAsyncSocket_Bind(AT(datagram), 0, NULL))
BAD(bind_text, CAsyncSocket_Bind(AT(idle), 0, "300.1.1.1"))
BAD(bind_empty_text, CAsyncSocket_Bind(AT(idle), 0, ""))
BAD(bind_null, CAsyncSocket_BindAddr(AT(idle), NULL, sizeof(SOCKADDR_IN)))
BAD(bind_short, CAsyncSocket_BindAddr(AT(idle), ADDR(some_address), 4))
BAD(bind_negative, CAsyncSocket_BindAddr(AT(idle), ADDR(some_address), -1))
BAD(bind_family, CAsyncSocket_BindAddr(AT(idle), ADDR(other_family), sizeof other_family))
BAD(connect_null, CAsyncSocket_Connect(AT(idle), NULL, 9))
BAD(connect_null_addr, CAsyncSocket_ConnectAddr(AT(idle), NULL, sizeof(SOCKADDR_IN)))
BAD(connect_short, CAsyncSocket_ConnectAddr(AT(idle), ADDR(some_address), 4))
BAD(connect_negative, CAsyncSocket_ConnectAddr(AT(idle), ADDR(some_address), -1))
BAD(connect_family, CAsyncSocket_ConnectAddr(AT(idle), ADDR(other_family), sizeof other_family))
BAD(connect_zero, CAsyncSocket_Connect(AT(idle), "0.0.0.0", 9))
BAD(connect_connected, CAsyncSocket_Connect(AT(server), "127.0.0.1", 9))
BAD(connect_listener, CAsyncSocket_Connect(AT(listener), "127.0.0.1", 9))
BAD(listen_unbound, CAsyncSocket_Listen(AT(idle), 5))
BAD(listen_datagram, CAsyncSocket_Listen(AT(datagram), 5))
BAD(listen_connected, CAsyncSocket_Listen(AT(server), 5))
BAD(accept_idle, CAsyncSocket_Accept(AT(idle), AT(empty), NULL, NULL))
BAD(accept_datagram, CAsyncSocket_Accept(AT(datagram), AT(empty), NULL, NULL))
BAD(accept_null, CAsyncSocket_Accept(AT(listener), NULL, NULL, NULL))
BAD(accept_full, CAsyncSocket_Accept(AT(listener), AT(server), NULL, NULL))
BAD(receive_null, CAsyncSocket_Receive(AT(server), NULL, 5, 0))
BAD(receive_negative, CAsyncSocket_Receive(AT(server), t->bytes, -1, 0))
BAD(receive_nothing, CAsyncSocket_Receive(AT(server), t->bytes, 5, 0))
BAD(receive_no_oob, CAsyncSocket_Receive(AT(server), t->bytes, 5, MSG_OOB))
BAD(receive_waitall, CAsyncSocket_Receive(AT(server), t->bytes, 5, MSG_WAITALL))
BAD(receive_idle, CAsyncSocket_Receive(AT(idle), t->bytes, 5, 0))
BAD(receive_listener, CAsyncSocket_Receive(AT(listener), t->bytes, 5, 0))
BAD(receive_unbound, CAsyncSocket_Receive(AT(unbound), t->bytes, 5, 0))
BAD(receive_datagram_oob, CAsyncSocket_Receive(AT(datagram), t->bytes, 5, MSG_OOB))
BAD(receive_from_unbound, receive_from(t, AT(unbound)))
BAD(receive_from_empty, receive_from_addr(t, AT(datagram)))
BAD(send_null, CAsyncSocket_Send(AT(server), NULL, 5, 0))
BAD(send_negative, CAsyncSocket_Send(AT(server), t->bytes, -1, 0))
BAD(send_idle, CAsyncSocket_Send(AT(idle), t->bytes, 5, 0))
BAD(send_listener, CAsyncSocket_Send(AT(listener), t->bytes, 5, 0))
BAD(send_datagram, CAsyncSocket_Send(AT(datagram), t->bytes, 5, 0))
BAD(send_to_broadcast, CAsyncSocket_SendTo(AT(datagram), t->bytes, 5, 9, NULL, 0))
BAD(send_to_ex_null, CAsyncSocket_SendToEx(AT(datagram), t->bytes, 5, 9, NULL, 0))
BAD(send_to_negative, CAsyncSocket_SendTo(AT(datagram), t->bytes, -1, 9, "127.0.0.1", 0))
BAD(send_to_null, CAsyncSocket_SendTo(AT(datagram), NULL, 5, 9, "127.0.0.1", 0))
BAD(send_to_short, CAsyncSocket_SendToAddr(AT(datagram), t->bytes, 5, ADDR(some_address), 4, 0))
BAD(send_to_family,
    CAsyncSocket_SendToAddr(AT(datagram), t->bytes, 5, ADDR(other_family), sizeof other_family, 0))
BAD(shutdown_how, CAsyncSocket_ShutDown(AT(server), 3))
BAD(shutdown_negative, CAsyncSocket_ShutDown(AT(server), -1))
BAD(shutdown_idle, CAsyncSocket_ShutDown(AT(idle), CAsyncSocket_sends))
BAD(shutdown_listener, CAsyncSocket_ShutDown(AT(listener), CAsyncSocket_sends))
BAD(peer_idle, CAsyncSocket_GetPeerName(AT(idle), t->text, sizeof t->text, &(UINT){0}))
BAD(peer_idle_null, CAsyncSocket_GetPeerNameAddr(AT(idle), NULL, NULL))
BAD(peer_null, CAsyncSocket_GetPeerNameAddr(AT(server), NULL, NULL))
BAD(peer_text_small, CAsyncSocket_GetPeerName(AT(server), t->text, 3, &(UINT){0}))
BAD(name_idle, CAsyncSocket_GetSockName(AT(idle), t->text, sizeof t->text, &(UINT){0}))
BAD(name_null, CAsyncSocket_GetSockNameAddr(AT(server), NULL, NULL))
BAD(name_text_small, CAsyncSocket_GetSockName(AT(server), t->text, 3, &(UINT){0}))
BAD(get_level, CAsyncSocket_GetSockOpt(AT(server), SO_TYPE, &(int){0}, &(int){4}, 4711))
BAD(get_option, CAsyncSocket_GetSockOpt(AT(server), 4711, &(int){0}, &(int){4}, SOL_SOCKET))
BAD(get_null, CAsyncSocket_GetSockOpt(AT(server), SO_TYPE, NULL, &(int){4}, SOL_SOCKET))
BAD(get_null_len, CAsyncSocket_GetSockOpt(AT(server), SO_TYPE, &(int){0}, NULL, SOL_SOCKET))
BAD(get_short, CAsyncSocket_GetSockOpt(AT(server), SO_TYPE, &(int){0}, &(int){2}, SOL_SOCKET))
BAD(get_linger_datagram,
    CAsyncSocket_GetSockOpt(AT(datagram), SO_LINGER, &(struct linger){0}, &(int){8}, SOL_SOCKET))
BAD(set_level, CAsyncSocket_SetSockOpt(AT(server), SO_KEEPALIVE, &(int){1}, 4, 4711))
BAD(set_option, CAsyncSocket_SetSockOpt(AT(server), 4711, &(int){1}, 4, SOL_SOCKET))
BAD(set_null, CAsyncSocket_SetSockOpt(AT(server), SO_KEEPALIVE, NULL, 4, SOL_SOCKET))
BAD(set_short, CAsyncSocket_SetSockOpt(AT(server), SO_SNDBUF, &(int){1}, 2, SOL_SOCKET))
BAD(set_negative, CAsyncSocket_SetSockOpt(AT(server), SO_SNDBUF, &(int){1}, -4, SOL_SOCKET))
BAD(set_nodelay_empty, CAsyncSocket_SetSockOpt(AT(server), TCP_NODELAY, &(int){1}, 0, IPPROTO_TCP))
BAD(set_read_only, CAsyncSocket_SetSockOpt(AT(server), SO_ACCEPTCONN, &(int){1}, 4, SOL_SOCKET))
BAD(ioctl_null, CAsyncSocket_IOCtl(AT(server), FIONREAD, NULL))
BAD(ioctl_unknown, CAsyncSocket_IOCtl(AT(server), 4711, &(DWORD){0}))

const bad_call bad_calls[] = {
    {"Socket, object in use", socket_twice, WSAEINVAL},
    {"Socket, type", socket_type, WSAESOCKTNOSUPPORT},
    {"Socket, family", socket_family, WSAEAFNOSUPPORT},
    {"Socket, protocol", socket_protocol, WSAEPROTONOSUPPORT},
    {"Socket, stream with UDP", socket_stream_udp, WSAEPROTONOSUPPORT},
    {"Socket, datagram with TCP", socket_dgram_tcp, WSAEPROTONOSUPPORT},
    {"Socket, family and type", socket_family_type, WSAESOCKTNOSUPPORT},
    {"Socket, family and protocol", socket_family_protocol, WSAEAFNOSUPPORT},
    {"Create, object in use", create_twice, WSAEINVAL},
    {"Create, type", create_type, WSAESOCKTNOSUPPORT},
    {"Create, no address", create_text, WSAEINVAL},
    {"Create, broadcast address", create_broadcast, WSAEINVAL},
    {"Create, address of another host", create_foreign, WSAEADDRNOTAVAIL},
    {"Attach, INVALID_SOCKET", attach_invalid, WSA_INVALID_HANDLE},
    {"Attach, unknown handle", attach_unknown, WSAENOTSOCK},
    {"Attach, enormous handle", attach_huge, WSAENOTSOCK},
    {"Attach, handle in use", attach_taken, WSAEINVAL},
    {"Attach, object in use", attach_full, WSAEINVAL},
    {"Bind, bound already", bind_twice, WSAEINVAL},
    {"Bind, no address", bind_text, WSAEINVAL},
    {"Bind, empty text", bind_empty_text, WSAEINVAL},
    {"BindAddr, NULL", bind_null, WSAEFAULT},
    {"BindAddr, short", bind_short, WSAEFAULT},
    {"BindAddr, negative length", bind_negative, WSAEFAULT},
    {"BindAddr, family", bind_family, WSAEAFNOSUPPORT},
    {"Connect, NULL", connect_null, WSAEINVAL},
    {"ConnectAddr, NULL", connect_null_addr, WSAEFAULT},
    {"ConnectAddr, short", connect_short, WSAEFAULT},
    {"ConnectAddr, negative length", connect_negative, WSAEFAULT},
    {"ConnectAddr, family", connect_family, WSAEAFNOSUPPORT},
    {"Connect, zero address", connect_zero, WSAEADDRNOTAVAIL},
    {"Connect, connected", connect_connected, WSAEISCONN},
    {"Connect, listener", connect_listener, WSAEINVAL},
    {"Listen, unbound", listen_unbound, WSAEINVAL},
    {"Listen, datagram", listen_datagram, WSAEOPNOTSUPP},
    {"Listen, connected", listen_connected, WSAEISCONN},
    {"Accept, not listening", accept_idle, WSAEINVAL},
    {"Accept, datagram", accept_datagram, WSAEOPNOTSUPP},
    {"Accept, NULL", accept_null, WSAEFAULT},
    {"Accept, object in use", accept_full, WSAEINVAL},
    {"Receive, NULL", receive_null, WSAEFAULT},
    {"Receive, negative length", receive_negative, WSAEFAULT},
    {"Receive, nothing there", receive_nothing, WSAEWOULDBLOCK},
    {"Receive, nothing urgent", receive_no_oob, WSAEWOULDBLOCK},
    {"Receive, MSG_WAITALL", receive_waitall, WSAEOPNOTSUPP},
    {"Receive, not connected", receive_idle, WSAENOTCONN},
    {"Receive, listener", receive_listener, WSAENOTCONN},
    {"Receive, unbound datagram", receive_unbound, WSAEINVAL},
    {"Receive, urgent datagram", receive_datagram_oob, WSAEOPNOTSUPP},
    {"ReceiveFrom, unbound", receive_from_unbound, WSAEINVAL},
    {"ReceiveFromAddr, nothing there", receive_from_empty, WSAEWOULDBLOCK},
    {"Send, NULL", send_null, WSAEFAULT},
    {"Send, negative length", send_negative, WSAEFAULT},
    {"Send, not connected", send_idle, WSAENOTCONN},
    {"Send, listener", send_listener, WSAENOTCONN},
    {"Send, datagram without peer", send_datagram, WSAENOTCONN},
    {"SendTo, broadcast not allowed", send_to_broadcast, WSAEACCES},
    {"SendToEx, NULL host", send_to_ex_null, WSAEINVAL},
    {"SendTo, negative length", send_to_negative, WSAEFAULT},
    {"SendTo, NULL", send_to_null, WSAEFAULT},
    {"SendToAddr, short", send_to_short, WSAEFAULT},
    {"SendToAddr, family", send_to_family, WSAEAFNOSUPPORT},
    {"ShutDown, 3", shutdown_how, WSAEINVAL},
    {"ShutDown, -1", shutdown_negative, WSAEINVAL},
    {"ShutDown, not connected", shutdown_idle, WSAENOTCONN},
    {"ShutDown, listener", shutdown_listener, WSAENOTCONN},
    {"GetPeerName, not connected", peer_idle, WSAENOTCONN},
    {"GetPeerNameAddr, not connected, NULL", peer_idle_null, WSAENOTCONN},
    {"GetPeerNameAddr, NULL", peer_null, WSAEFAULT},
    {"GetPeerName, small text", peer_text_small, WSAEFAULT},
    {"GetSockName, unbound", name_idle, WSAEINVAL},
    {"GetSockNameAddr, NULL", name_null, WSAEFAULT},
    {"GetSockName, small text", name_text_small, WSAEFAULT},
    {"GetSockOpt, level", get_level, WSAEINVAL},
    {"GetSockOpt, option", get_option, WSAENOPROTOOPT},
    {"GetSockOpt, NULL", get_null, WSAEFAULT},
    {"GetSockOpt, NULL length", get_null_len, WSAEFAULT},
    {"GetSockOpt, short", get_short, WSAEFAULT},
    {"GetSockOpt, linger of datagrams", get_linger_datagram, WSAENOPROTOOPT},
    {"SetSockOpt, level", set_level, WSAEINVAL},
    {"SetSockOpt, option", set_option, WSAENOPROTOOPT},
    {"SetSockOpt, NULL", set_null, WSAEFAULT},
    {"SetSockOpt, short", set_short, WSAEFAULT},
    {"SetSockOpt, negative length", set_negative, WSAEFAULT},
    {"SetSockOpt, TCP_NODELAY of length 0", set_nodelay_empty, WSAEFAULT},
    {"SetSockOpt, read only", set_read_only, WSAENOPROTOOPT},
    {"IOCtl, NULL", ioctl_null, WSAEFAULT},
    {"IOCtl, unknown command", ioctl_unknown, WSAEINVAL},
    {NULL, NULL, 0},
};
