/* SPDX-License-Identifier: MIT
 *
 * See sample.h.
 */
#include "pcap/sample.h"

#include "simnet/transport/tcp.h"

static bool read(const sim_host *host, const simp_tcp_key *key, capp_sample *sample)
{
    const simp_tcp *t = simp_tcp_find(host->world, key);
    if (t == NULL)
        return false;
    uint32_t unread = t->rcv_nxt - t->read; /* with the FIN, but where what was unread was thrown away */
    *sample = (capp_sample){.local_port = key->local_port,
                            .remote_port = key->remote_port,
                            .cwnd = t->cwnd,
                            .ssthresh = t->ssthresh,
                            .srtt_ns = t->srtt_ns,
                            .in_flight = t->nxt - t->una,
                            .send_queue = simp_seq_before(t->una, t->send_end) ? t->send_end - t->una : 0,
                            .receive_queue = t->fin_received && unread > 0 ? unread - 1 : unread};
    if (!simp_tcp_is_synchronised(t))
        sample->in_flight = sample->send_queue = sample->receive_queue = 0; /* SYNs are no bytes */
    return true;
}

bool capp_sample_sent(const capp_event *event, capp_sample *sample)
{
    const struct sim_packet *packet = event->data;
    if (!simp_packet_has_tcp(packet))
        return false;
    struct sim_packet back = {.source = packet->destination,
                              .destination = packet->source,
                              .source_port = packet->destination_port,
                              .destination_port = packet->source_port};
    simp_tcp_key key = simp_tcp_key_at(event->host, &back);
    return read(event->host, &key, sample);
}

bool capp_sample_arrived(const capp_arrival *arrival, capp_sample *sample)
{
    if (!simp_packet_has_tcp(arrival->data))
        return false;
    simp_tcp_key key = simp_tcp_key_at(arrival->host, arrival->data);
    return read(arrival->host, &key, sample);
}
