/* SPDX-License-Identifier: MIT
 *
 * See town.h.
 */
#include "tests/museum/town.h"

#include <stdio.h>
#include <string.h>

enum { BACKLOG = 16 };

static void fail_to_build(sim_world *world)
{
    sim_world_fail(world, "the world cannot be built: %s", sim_world_error(world)->what);
}

void museum_server(sim_world *world, void (*start)(void *), void *state)
{
    sim_host *host = NULL;
    cas_thread *thread = NULL;
    if (museum_host(world, "server", &host) == 0)
        thread = sim_host_thread(host);
    if (thread == NULL || sim_host_run(host, 0, start, state) != 0) {
        fail_to_build(world);
        return;
    }
    cas_thread_set_context(thread, state);
}

void museum_client(sim_world *world, unsigned number, uint64_t start_ns, void (*start)(void *),
                   void *argument, void *state)
{
    char name[24], at_server[24], at_client[24];
    sim_host *server = sim_world_host(world, "server"), *host = NULL;
    sim_link *link = NULL;
    cas_thread *thread = NULL;
    snprintf(name, sizeof name, "client%u", number);
    snprintf(at_server, sizeof at_server, "10.0.%u.1/24", number);
    snprintf(at_client, sizeof at_client, "10.0.%u.2/24", number);
    if (server != NULL && museum_host(world, name, &host) == 0 &&
        sim_link_create(world, name, &(sim_link_options){.latency_ns = SIM_MS(1)}, &link) == 0 &&
        sim_host_attach(server, link, at_server) == 0 && sim_host_attach(host, link, at_client) == 0)
        thread = sim_host_thread(host);
    if (thread == NULL || sim_host_run(host, start_ns, start, argument) != 0) {
        fail_to_build(world);
        return;
    }
    cas_thread_set_context(thread, state);
}

void *museum_state(void) { return cas_thread_context(cas_thread_current()); }
sim_world *museum_world(void) { return sim_host_world(sim_host_of(cas_thread_current())); }

static void no_delay(CAsyncSocket *socket)
{
    int on = 1;
    CAsyncSocket_SetSockOpt(socket, TCP_NODELAY, &on, sizeof on, IPPROTO_TCP);
}

void museum_listen(CAsyncSocket *socket, const CAsyncSocketVtbl *vtbl, unsigned port)
{
    CAsyncSocket_Construct(socket, vtbl);
    CAsyncSocket_Create(socket, port, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    CAsyncSocket_Listen(socket, BACKLOG);
}

unsigned museum_accept(CAsyncSocket *listener, CAsyncSocket *socket, const CAsyncSocketVtbl *vtbl)
{
    SOCKADDR_IN peer = {.sin_family = AF_INET};
    int size = sizeof peer;
    CAsyncSocket_Construct(socket, vtbl);
    if (!CAsyncSocket_Accept(listener, socket, (SOCKADDR *)&peer, &size))
        return 0;
    no_delay(socket);
    return (unsigned)(ntohl(peer.sin_addr.s_addr) >> 8 & 0xFF);
}

static void server_address(char text[24], unsigned number) { snprintf(text, 24, "10.0.%u.1", number); }

void museum_connect(CAsyncSocket *socket, const CAsyncSocketVtbl *vtbl, unsigned number, unsigned port)
{
    char address[24];
    server_address(address, number);
    CAsyncSocket_Construct(socket, vtbl);
    CAsyncSocket_Create(socket, 0, SOCK_STREAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
    no_delay(socket);
    CAsyncSocket_Connect(socket, address, port);
}

void museum_datagrams(CAsyncSocket *socket, const CAsyncSocketVtbl *vtbl, unsigned port)
{
    CAsyncSocket_Construct(socket, vtbl);
    CAsyncSocket_Create(socket, port, SOCK_DGRAM, CASYNCSOCKET_DEFAULT_EVENTS, NULL);
}

void museum_send_to_server(CAsyncSocket *socket, unsigned number, unsigned port, const void *bytes, int count)
{
    char address[24];
    server_address(address, number);
    CAsyncSocket_SendTo(socket, bytes, count, port, address, 0);
}

void museum_say(CAsyncSocket *socket, const char *text)
{
    CAsyncSocket_Send(socket, text, (int)strlen(text), 0);
}

int museum_lines_receive(museum_lines *lines, CAsyncSocket *socket)
{
    int room = (int)(sizeof lines->text - lines->count);
    int count = CAsyncSocket_Receive(socket, lines->text + lines->count, room, 0);
    if (count > 0)
        lines->count += (unsigned)count;
    return count;
}

bool museum_lines_take(museum_lines *lines, char *line, size_t size)
{
    const char *end = memchr(lines->text, '\n', lines->count);
    if (end == NULL)
        return false;
    unsigned length = (unsigned)(end - lines->text);
    snprintf(line, size, "%.*s", (int)length, lines->text);
    lines->count -= length + 1;
    memmove(lines->text, end + 1, lines->count);
    return true;
}
