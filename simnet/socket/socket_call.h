/* SPDX-License-Identifier: MIT
 *
 * The slots of cas_backend_ops that act on a simulated socket; castanet/backend.h has their contracts.
 */
#ifndef SIMNET_SOCKET_CALL_H
#define SIMNET_SOCKET_CALL_H

#include "simnet/socket/sim_socket.h"
#include "simnet/transport/tcp.h"

/* Is there a byte, a datagram, an error? */
static inline bool simp_socket_is_readable(const cas_port_socket *s)
{
    if (s->datagram)
        return s->udp->first != NULL || s->udp->errors_pending > 0 || s->udp->error_pending != 0;
    return s->tcp != NULL && s->dead == 0 && simp_receive_buffer_has_some(s->tcp);
}

int simp_call_open(cas_backend *, int family, int type, cas_sink *, cas_port_socket **out, SOCKET *handle);
int simp_call_attach(cas_backend *, SOCKET, cas_sink *, cas_port_socket **out, int *family, int *type);
void simp_call_detach(cas_backend *, cas_port_socket *);
int simp_call_close(cas_backend *, cas_port_socket *);
int simp_call_bind(cas_backend *, cas_port_socket *, const SOCKADDR *, int len);
int simp_call_connect(cas_backend *, cas_port_socket *, const SOCKADDR *, int len);
int simp_call_listen(cas_backend *, cas_port_socket *, int backlog);
int simp_call_accept(cas_backend *, cas_port_socket *, cas_sink *, cas_port_socket **out, SOCKET *handle);
int simp_call_receive(cas_backend *, cas_port_socket *, void *buf, size_t len, int flags,
                      SOCKADDR_STORAGE *from, cas_received *got);
int simp_call_send(cas_backend *, cas_port_socket *, const void *buf, size_t len, int flags,
                   const SOCKADDR *to, int to_len, size_t *count);
int simp_call_shutdown(cas_backend *, cas_port_socket *, int how);
int simp_call_local_name(cas_backend *, cas_port_socket *, SOCKADDR_STORAGE *);
int simp_call_peer_name(cas_backend *, cas_port_socket *, SOCKADDR_STORAGE *);
int simp_call_set_udp_connreset(cas_backend *, cas_port_socket *, bool on);

/* socket_question.c */
int simp_call_query(cas_backend *, cas_port_socket *, cas_query, unsigned *value);
long simp_call_conditions(cas_backend *, cas_port_socket *, long interest, int *close_error);

/* socket_option.c */
int simp_call_get_option(cas_backend *, cas_port_socket *, cas_option, int *value);
int simp_call_set_option(cas_backend *, cas_port_socket *, cas_option, int value);
int simp_call_join(cas_backend *, cas_port_socket *, const cas_group *);
int simp_call_leave(cas_backend *, cas_port_socket *, const cas_group *);

#endif
