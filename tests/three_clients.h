/* SPDX-License-Identifier: MIT
 *
 * The example of the reduction: n clients, each of which connects, sends twice, takes one reply and closes,
 * and a server.  Seven notifications a client: OnAccept, OnReceive, OnReceive and OnClose at the server,
 * OnConnect, OnSend and OnReceive at the client.
 */
#ifndef TESTS_THREE_CLIENTS_H
#define TESTS_THREE_CLIENTS_H

#include "castanet/sim_scenario.h"

enum { THREE_CLIENTS_MAX = 4 };

/* With 1 to THREE_CLIENTS_MAX clients. */
const sim_scenario *three_clients(unsigned count);

#endif
