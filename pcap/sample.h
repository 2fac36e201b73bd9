/* SPDX-License-Identifier: MIT
 *
 * What TCP knows about the connection of a packet, at the moment that it is sent or arrives.
 */
#ifndef PCAP_SAMPLE_H
#define PCAP_SAMPLE_H

#include <stdbool.h>

#include "pcap/event.h"

typedef struct capp_sample {
    uint16_t local_port, remote_port;
    uint32_t cwnd, ssthresh;
    uint64_t srtt_ns;       /* 0: not measured yet */
    uint32_t in_flight;     /* sent, not acknowledged */
    uint32_t send_queue;    /* of the program, not acknowledged; as netstat's Send-Q */
    uint32_t receive_queue; /* not read by the program; Recv-Q */
} capp_sample;

/* Of the connection at the host that sends it; false: it has none. */
bool capp_sample_sent(const capp_event *, capp_sample *);
/* Before the packet is looked at. */
bool capp_sample_arrived(const capp_arrival *, capp_sample *);

#endif
