/* SPDX-License-Identifier: MIT
 *
 * See every_call.h.
 */
#include "tests/every_call.h"

#include <arpa/inet.h>
#include <stddef.h>
#include <string.h>

#include "castanet/error.h"
#include "tests/expect.h"

static SOCKADDR_IN ipv4(uint32_t address, uint16_t port)
{
    return (SOCKADDR_IN){.sin_family = AF_INET, .sin_port = htons(port), .sin_addr = {htonl(address)}};
}

#define CALL(name, expression)                                                                               \
    static long name(stage *t, CAsyncSocket *s, api_outputs *o)                                              \
    {                                                                                                        \
        (void)t;                                                                                             \
        (void)o;                                                                                             \
        return (long)(expression);                                                                           \
    }

/* ---- calls that need variables ---- */

static long bind_addr(stage *t, CAsyncSocket *s, api_outputs *o)
{
    SOCKADDR_IN addr = ipv4(INADDR_ANY, 0);
    (void)t;
    (void)o;
    return CAsyncSocket_BindAddr(s, (SOCKADDR *)&addr, sizeof addr);
}

static long connect_addr(stage *t, CAsyncSocket *s, api_outputs *o)
{
    SOCKADDR_IN addr = ipv4(INADDR_LOOPBACK, 9);
    (void)t;
    (void)o;
    return CAsyncSocket_ConnectAddr(s, (SOCKADDR *)&addr, sizeof addr);
}

static long accept_one(stage *t, CAsyncSocket *s, api_outputs *o)
{
    CAsyncSocket target;
    (void)t;
    CAsyncSocket_Construct(&target, NULL);
    BOOL ok = CAsyncSocket_Accept(s, &target, (SOCKADDR *)&o->addr, &o->addr_len);
    EXPECT_TRUE(ok || target.m_hSocket == INVALID_SOCKET);
    CAsyncSocket_Destruct(&target);
    return ok;
}

static long send_to_addr(stage *t, CAsyncSocket *s, api_outputs *o)
{
    SOCKADDR_IN addr = ipv4(INADDR_LOOPBACK, 9);
    (void)o;
    return CAsyncSocket_SendToAddr(s, t->bytes, 4, (SOCKADDR *)&addr, sizeof addr, 0);
}

static long set_option(stage *t, CAsyncSocket *s, api_outputs *o)
{
    int value = 1;
    (void)t;
    (void)o;
    return CAsyncSocket_SetSockOpt(s, SO_REUSEADDR, &value, sizeof value, SOL_SOCKET);
}

/* The handle of the unbound socket, which gets it back when the call fails. */
static long attach(stage *t, CAsyncSocket *s, api_outputs *o)
{
    (void)o;
    SOCKET handle = CAsyncSocket_Detach(&t->unbound.socket);
    BOOL ok = CAsyncSocket_Attach(s, handle, 0);
    if (!ok)
        CAsyncSocket_Attach(&t->unbound.socket, handle, 0);
    return ok;
}

CALL(bind_text, CAsyncSocket_Bind(s, 0, NULL))
CALL(connect_text, CAsyncSocket_Connect(s, "127.0.0.1", 9))
CALL(listen_one, CAsyncSocket_Listen(s, 1))
CALL(receive, CAsyncSocket_Receive(s, o->bytes, 4, 0))
CALL(receive_from, CAsyncSocket_ReceiveFrom(s, o->bytes, 4, o->text, sizeof o->text, &o->port, 0))
CALL(receive_from_addr, CAsyncSocket_ReceiveFromAddr(s, o->bytes, 4, (SOCKADDR *)&o->addr, &o->addr_len, 0))
CALL(receive_from_ex, CAsyncSocket_ReceiveFromEx(s, o->bytes, 4, o->text, sizeof o->text, &o->port, 0))
CALL(send_bytes, CAsyncSocket_Send(s, t->bytes, 4, 0))
CALL(send_to, CAsyncSocket_SendTo(s, t->bytes, 4, 9, "127.0.0.1", 0))
CALL(send_to_ex, CAsyncSocket_SendToEx(s, t->bytes, 4, 9, "127.0.0.1", 0))
CALL(shut_down, CAsyncSocket_ShutDown(s, CAsyncSocket_sends))
CALL(async_select, CAsyncSocket_AsyncSelect(s, FD_READ))
CALL(peer_name, CAsyncSocket_GetPeerName(s, o->text, sizeof o->text, &o->port))
CALL(peer_name_addr, CAsyncSocket_GetPeerNameAddr(s, (SOCKADDR *)&o->addr, &o->addr_len))
CALL(peer_name_ex, CAsyncSocket_GetPeerNameEx(s, o->text, sizeof o->text, &o->port))
CALL(sock_name, CAsyncSocket_GetSockName(s, o->text, sizeof o->text, &o->port))
CALL(sock_name_addr, CAsyncSocket_GetSockNameAddr(s, (SOCKADDR *)&o->addr, &o->addr_len))
CALL(sock_name_ex, CAsyncSocket_GetSockNameEx(s, o->text, sizeof o->text, &o->port))
CALL(get_option, CAsyncSocket_GetSockOpt(s, SO_TYPE, &o->value, &o->value_len, SOL_SOCKET))
CALL(ioctl_count, CAsyncSocket_IOCtl(s, FIONREAD, &o->word))
CALL(detach, CAsyncSocket_Detach(s) == INVALID_SOCKET ? FALSE : TRUE)
CALL(create, CAsyncSocket_Create(s, 0, SOCK_STREAM, FD_READ, NULL))
CALL(make_socket, CAsyncSocket_Socket(s, SOCK_STREAM, FD_READ, 0, AF_INET))

/* ---- the tables ---- */

#define ON(member) offsetof(stage, member)

const api_call every_call[] = {
    {"Bind", bind_text, FALSE, ON(idle), SIM_FAULT_BIND},
    {"BindAddr", bind_addr, FALSE, ON(idle), SIM_FAULT_BIND},
    {"Connect", connect_text, FALSE, ON(idle), SIM_FAULT_CONNECT},
    {"ConnectAddr", connect_addr, FALSE, ON(idle), SIM_FAULT_CONNECT},
    {"Listen", listen_one, FALSE, ON(listener), SIM_FAULT_LISTEN},
    {"Accept", accept_one, FALSE, ON(listener), SIM_FAULT_ACCEPT},
    {"Receive", receive, SOCKET_ERROR, ON(server), SIM_FAULT_RECEIVE},
    {"ReceiveFrom", receive_from, SOCKET_ERROR, ON(datagram), SIM_FAULT_RECEIVE},
    {"ReceiveFromAddr", receive_from_addr, SOCKET_ERROR, ON(datagram), SIM_FAULT_RECEIVE},
    {"ReceiveFromEx", receive_from_ex, SOCKET_ERROR, ON(datagram), SIM_FAULT_RECEIVE},
    {"Send", send_bytes, SOCKET_ERROR, ON(server), SIM_FAULT_SEND},
    {"SendTo", send_to, SOCKET_ERROR, ON(datagram), SIM_FAULT_SEND},
    {"SendToAddr", send_to_addr, SOCKET_ERROR, ON(datagram), SIM_FAULT_SEND},
    {"SendToEx", send_to_ex, SOCKET_ERROR, ON(datagram), SIM_FAULT_SEND},
    {"ShutDown", shut_down, FALSE, ON(server), SIM_FAULT_SHUTDOWN},
    {"AsyncSelect", async_select, FALSE, ON(server), SIM_FAULT_SELECT},
    {"GetPeerName", peer_name, FALSE, ON(server), SIM_FAULT_PEER_NAME},
    {"GetPeerNameAddr", peer_name_addr, FALSE, ON(server), SIM_FAULT_PEER_NAME},
    {"GetPeerNameEx", peer_name_ex, FALSE, ON(server), SIM_FAULT_PEER_NAME},
    {"GetSockName", sock_name, FALSE, ON(server), SIM_FAULT_LOCAL_NAME},
    {"GetSockNameAddr", sock_name_addr, FALSE, ON(server), SIM_FAULT_LOCAL_NAME},
    {"GetSockNameEx", sock_name_ex, FALSE, ON(server), SIM_FAULT_LOCAL_NAME},
    {"GetSockOpt", get_option, FALSE, ON(server), SIM_FAULT_GET_OPTION},
    {"SetSockOpt", set_option, FALSE, ON(server), SIM_FAULT_SET_OPTION},
    {"IOCtl", ioctl_count, FALSE, ON(server), SIM_FAULT_QUERY},
    {"Detach", detach, FALSE, ON(unbound), SIM_FAULT_SELECT},
    {NULL, NULL, 0, 0, SIM_FAULT_CALLS}};

const api_call every_making_call[] = {{"Create", create, FALSE, ON(empty), SIM_FAULT_OPEN},
                                      {"Socket", make_socket, FALSE, ON(empty), SIM_FAULT_OPEN},
                                      {"Attach", attach, FALSE, ON(empty), SIM_FAULT_ATTACH},
                                      {NULL, NULL, 0, 0, SIM_FAULT_CALLS}};

static const api_call *find_in(const api_call *calls, const char *name)
{
    while (calls->name != NULL && strcmp(calls->name, name) != 0)
        calls++;
    return calls->name == NULL ? NULL : calls;
}

const api_call *api_call_find(const char *name)
{
    const api_call *found = find_in(every_call, name);
    return found != NULL ? found : find_in(every_making_call, name);
}

CAsyncSocket *api_call_subject(stage *t, const api_call *call)
{
    return &((recorder *)(void *)((char *)t + call->subject))->socket;
}

/* ---- failing ---- */

void expect_call_fails(stage *t, const api_call *call, CAsyncSocket *object, int wanted, const char *how)
{
    api_outputs out, before;
    memset(&out, 0x5A, sizeof out);
    out.addr_len = (int)sizeof out.addr;
    out.value_len = (int)sizeof out.value;
    memcpy(&before, &out, sizeof out);
    long result = call->make(t, object, &out);
    int error = CAsyncSocket_GetLastError();
    expect_report(EXPECT_SITE(false), result == call->failure && error == wanted,
                  "%s (%s) returns %ld with last error %s (%d), expected %ld with %s (%d)", call->name, how,
                  result, cas_error_name(error), error, call->failure, cas_error_name(wanted), wanted);
    expect_report(EXPECT_SITE(false), memcmp(&out, &before, sizeof out) == 0,
                  "%s (%s) fails with %s and writes to an output", call->name, how, cas_error_name(wanted));
}
