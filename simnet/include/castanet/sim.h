/* SPDX-License-Identifier: MIT
 *
 * The virtual network: worlds of hosts and links in virtual time, in one process.  All of it; each part may
 * be included alone.
 */
#ifndef CASTANET_SIM_H
#define CASTANET_SIM_H

#include "castanet/sim_bridge.h"
#include "castanet/sim_host.h"
#include "castanet/sim_host_fault.h"
#include "castanet/sim_impairment.h"
#include "castanet/sim_ip.h"
#include "castanet/sim_link.h"
#include "castanet/sim_name.h"
#include "castanet/sim_partition.h"
#include "castanet/sim_probe.h"
#include "castanet/sim_stack.h"
#include "castanet/sim_world.h"

#endif
