/* SPDX-License-Identifier: MIT
 *
 * Plots: what TCP knows about each connection over virtual time, at each of its ends.
 *
 *   packets sent and arrived  ->  sample.c: what TCP knows then  ->  bins of equal length in time
 *
 * Invariants:
 *  1. A series has at most CAPP_BINS bins, however long it lasts: when it gets longer than that, each two of
 *     them become one.
 *  2. So many ends of connections have a series; those that come later are counted.
 */
#ifndef PCAP_PLOT_H
#define PCAP_PLOT_H

#include "pcap/event.h"
#include "pcap/out.h"

enum { CAPP_BINS = 240, CAPP_SERIES_MAX = 32 };

typedef struct capp_plots capp_plots;

/* NULL: no memory. */
capp_plots *capp_plots_create(void);
void capp_plots_destroy(capp_plots *);
/* Packets; others are passed over. */
void capp_plots_sent(capp_plots *, const capp_event *);
void capp_plots_arrived(capp_plots *, const capp_arrival *);
/* Was memory refused? */
bool capp_plots_is_torn(const capp_plots *);
/* {"more":0,"series":[{"host":0,"local":49152,"remote":80,"from":0,"width":1000,"bins":[[0,32,...],...]}]}, a
 * bin being: its place, payload sent, cwnd, srtt in ns, bytes in flight, Send-Q, Recv-Q. */
void capp_print_plots(capp_out *, const capp_plots *);

#endif
