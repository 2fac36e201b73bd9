/* SPDX-License-Identifier: MIT
 *
 * The slots that are about one socket, but for those that move bytes: each asks the rules, and passes on.
 */
#include "simnet/socket/fault_backend.h"
#include "simnet/socket/fault_search.h"
#include "simnet/host/host.h"

static sim_fault *fault_of(cas_backend *backend) { return (sim_fault *)backend; }

/* ---- birth and death ---- */

static cas_port_socket *socket_create(sim_fault *fault, cas_sink *upper)
{
    cas_port_socket *s = cas_alloc(fault->memory, sizeof *s);
    if (s != NULL)
        simp_fault_socket_init(s, fault, upper);
    return s;
}

static void socket_free(cas_port_socket *s)
{
    simp_fault_forget(s, s->held);
    cas_free(s->fault->memory, s, sizeof *s);
}

int simp_fault_open(cas_backend *backend, int family, int type, cas_sink *sink, cas_port_socket **out,
                    SOCKET *handle)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_OPEN, NULL);
    if (error != 0)
        return error;
    cas_port_socket *s = socket_create(fault, sink);
    if (s == NULL)
        return WSAENOBUFS;
    s->datagram = type == SOCK_DGRAM;
    error = fault->inner->ops->open(fault->inner, family, type, &s->sink, &s->inner, handle);
    if (error == 0)
        *out = s;
    else
        socket_free(s);
    return error;
}

int simp_fault_attach(cas_backend *backend, SOCKET handle, cas_sink *sink, cas_port_socket **out, int *family,
                      int *type)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_ATTACH, NULL);
    if (error != 0)
        return error;
    cas_port_socket *s = socket_create(fault, sink);
    if (s == NULL)
        return WSAENOBUFS;
    error = fault->inner->ops->attach(fault->inner, handle, &s->sink, &s->inner, family, type);
    if (error != 0) {
        socket_free(s);
        return error;
    }
    s->datagram = *type == SOCK_DGRAM;
    *out = s;
    return 0;
}

void simp_fault_detach(cas_backend *backend, cas_port_socket *s)
{
    cas_backend *inner = fault_of(backend)->inner;
    inner->ops->detach(inner, s->inner);
    socket_free(s);
}

int simp_fault_close(cas_backend *backend, cas_port_socket *s)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_CLOSE, NULL);
    if (error == 0)
        error = fault->inner->ops->close(fault->inner, s->inner);
    if (error == 0)
        socket_free(s);
    return error;
}

int simp_fault_select(cas_backend *backend, cas_port_socket *s, long mask)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_SELECT, NULL);
    cas_backend *inner = fault->inner;
    return error != 0 || inner->ops->select == NULL ? error : inner->ops->select(inner, s->inner, mask);
}

/* Wrappers may lie on wrappers. */
void simp_fault_reset(sim_fault *fault, cas_port_socket *s)
{
    cas_backend *below = fault->inner;
    for (s = s->inner; below->ops == &simp_fault_ops; s = s->inner)
        below = fault_of(below)->inner;
    simp_stream_reset(s);
}

/* ---- state ---- */

int simp_fault_bind(cas_backend *backend, cas_port_socket *s, const SOCKADDR *addr, int len)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_BIND, NULL);
    return error != 0 ? error : fault->inner->ops->bind(fault->inner, s->inner, addr, len);
}

/* Could an attempt begin?  If not, the backend below knows what to answer. */
static bool may_attempt(const sim_fault *fault, const cas_port_socket *s)
{
    SOCKADDR_STORAGE ignored;
    int listens = 0;
    cas_backend *inner = fault->inner;
    return !s->datagram && inner->ops->peer_name(inner, s->inner, &ignored) != 0 &&
           inner->ops->get_option(inner, s->inner, CAS_OPT_ACCEPTCONN, &listens) == 0 && listens == 0;
}

int simp_fault_connect(cas_backend *backend, cas_port_socket *s, const SOCKADDR *addr, int len)
{
    sim_fault *fault = fault_of(backend);
    const sim_fault_rule *rule;
    int error = simp_fault_rule_for(fault, SIM_FAULT_CONNECT, &rule);
    if ((s->held & FD_CONNECT) != 0)
        return WSAEALREADY; /* for the program the attempt is still pending */
    if (error != 0 && !rule->later)
        return error;
    s->attempt_error = 0;
    if (error == 0 || !may_attempt(fault, s))
        return fault->inner->ops->connect(fault->inner, s->inner, addr, len);
    s->connect_error = error;
    s->attempt_error = error;
    simp_fault_hold(s, FD_CONNECT, 0);
    return WSAEWOULDBLOCK;
}

int simp_fault_listen(cas_backend *backend, cas_port_socket *s, int backlog)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_LISTEN, NULL);
    return error != 0 ? error : fault->inner->ops->listen(fault->inner, s->inner, backlog);
}

static bool blocks_by_chance(sim_fault *fault, cas_port_socket *listener)
{
    unsigned waiting = 0;
    cas_backend *inner = fault->inner;
    if (!simp_fault_may_block(fault, fault->options.accept_would_block_ppm) || listener->datagram ||
        inner->ops->query(inner, listener->inner, CAS_QUERY_READABLE, &waiting) != 0 || waiting == 0 ||
        !simp_fault_blocks(fault, listener, SIMP_CHANCE_ACCEPT_BLOCKS, fault->options.accept_would_block_ppm))
        return false;
    fault->counters.accept_would_blocks++;
    simp_fault_tell(listener, "accept would block");
    return true;
}

/* Whatever it answers, the engine asks for FD_ACCEPT right afterwards (R7). */
int simp_fault_accept(cas_backend *backend, cas_port_socket *listener, cas_sink *sink, cas_port_socket **out,
                      SOCKET *handle)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_ACCEPT, NULL);
    listener->accepts++;
    simp_fault_forget(listener, FD_ACCEPT);
    if (error != 0)
        return error;
    if (blocks_by_chance(fault, listener))
        return WSAEWOULDBLOCK;
    cas_port_socket *s = socket_create(fault, sink);
    if (s == NULL)
        return WSAENOBUFS;
    error = fault->inner->ops->accept(fault->inner, listener->inner, &s->sink, &s->inner, handle);
    if (error == 0)
        *out = s;
    else
        socket_free(s);
    return error;
}

int simp_fault_shutdown(cas_backend *backend, cas_port_socket *s, int how)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_SHUTDOWN, NULL);
    if (error == 0)
        error = fault->inner->ops->shutdown(fault->inner, s->inner, how);
    if (error == 0 && how != SD_SEND) {
        s->receive_shut = true;
        simp_fault_forget(s, FD_READ | FD_OOB);
    }
    return error;
}

/* ---- questions ---- */

int simp_fault_local_name(cas_backend *backend, cas_port_socket *s, SOCKADDR_STORAGE *out)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_LOCAL_NAME, NULL);
    return error != 0 ? error : fault->inner->ops->local_name(fault->inner, s->inner, out);
}

int simp_fault_peer_name(cas_backend *backend, cas_port_socket *s, SOCKADDR_STORAGE *out)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_PEER_NAME, NULL);
    return error != 0 ? error : fault->inner->ops->peer_name(fault->inner, s->inner, out);
}

int simp_fault_get_option(cas_backend *backend, cas_port_socket *s, cas_option option, int *value)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_GET_OPTION, NULL);
    if (error == 0)
        error = fault->inner->ops->get_option(fault->inner, s->inner, option, value);
    if (error == 0 && option == CAS_OPT_ERROR && s->attempt_error != 0)
        *value = s->attempt_error;
    return error;
}

/* An urgent byte that waits changes sides with SO_OOBINLINE; the engine asks for both right afterwards. */
int simp_fault_set_option(cas_backend *backend, cas_port_socket *s, cas_option option, int value)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_SET_OPTION, NULL);
    if (error == 0)
        error = fault->inner->ops->set_option(fault->inner, s->inner, option, value);
    if (error == 0 && option == CAS_OPT_OOBINLINE)
        simp_fault_forget(s, FD_READ | FD_OOB);
    return error;
}

int simp_fault_join(cas_backend *backend, cas_port_socket *s, const cas_group *group)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_SET_OPTION, NULL);
    return error != 0 ? error : fault->inner->ops->join(fault->inner, s->inner, group);
}

int simp_fault_leave(cas_backend *backend, cas_port_socket *s, const cas_group *group)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_SET_OPTION, NULL);
    return error != 0 ? error : fault->inner->ops->leave(fault->inner, s->inner, group);
}

int simp_fault_set_udp_connreset(cas_backend *backend, cas_port_socket *s, bool on)
{
    sim_fault *fault = fault_of(backend);
    int error = simp_fault_rule_for(fault, SIM_FAULT_SET_OPTION, NULL);
    return error != 0 ? error : fault->inner->ops->set_udp_connreset(fault->inner, s->inner, on);
}

/* FD_READ is not held back where the engine asks for it to know whether FD_CLOSE must wait.  An FD_CLOSE
 * takes along what is held, as in a report. */
long simp_fault_conditions(cas_backend *backend, cas_port_socket *s, long interest, int *close_error)
{
    sim_fault *fault = fault_of(backend);
    long truth = fault->inner->ops->conditions(fault->inner, s->inner, interest, close_error);
    long exempt = s->sink.profile->close_after_drain && (s->held & FD_CONNECT) == 0 ? truth & FD_READ : 0;
    if ((truth & FD_CLOSE) != 0)
        s->close_error = *close_error;
    long now = exempt | simp_fault_sift(s, truth & ~exempt);
    if ((now & FD_CLOSE) != 0) {
        s->close_told = true;
        now |= truth & s->held;
        simp_fault_forget(s, now);
    }
    return now;
}
