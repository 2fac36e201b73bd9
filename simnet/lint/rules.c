/* SPDX-License-Identifier: MIT
 *
 * The rules of the linter in words.  Their order is that of the numbers.
 */
#include <string.h>

#include "castanet/sim_lint.h"

static const sim_lint_text rules[SIM_LINT_RULE_COUNT] = {
    {"close-without-drain", "BUG-11",
     "after OnClose the socket was closed without reading to the end of the stream: bytes may still wait "
     "when OnClose comes, and they are lost",
     "in OnClose call Receive until it returns 0 or an error, then Close"},
    {"error-ignored", "BUG-32",
     "the callback was told of an error and went on as if there was none, or nothing was done about it until "
     "the end: further calls fail, and nothing more is told",
     "look at nErrorCode first, and Close or give up when it is not 0"},
    {"would-block-is-fatal", "BUG-36",
     "a call said WSAEWOULDBLOCK, which means 'not yet', and the program gave up what it was about",
     "keep the socket and the bytes; go on in the callback that follows (OnConnect, OnReceive, OnSend)"},
    {"partial-send", "BUG-31",
     "Send took a part of the bytes, and what was sent next is not the rest: the stream has a hole",
     "compare what Send returns with what it was given, keep the rest, and send it before anything else"},
    {"short-receive", "BUG-05",
     "a Receive gave less than was asked for, and the program went on to the next part without the rest: "
     "TCP does not keep the pieces that were sent",
     "collect bytes until a whole message is there, over as many Receives and callbacks as it takes"},
    {"deaf-latch", "BUG-04",
     "OnReceive returned without a Receive, and none followed: OnReceive is not called again for this socket",
     "call Receive in every OnReceive, or later call Receive or AsyncSelect"},
    {"several-receives", "BUG-01",
     "several Receives in one OnReceive gave data: each that leaves data behind has another OnReceive "
     "posted, which then may find nothing to read",
     "call Receive once an OnReceive, or take WSAEWOULDBLOCK as 'nothing there'"},
    {"unarmed-send", "BUG-29",
     "Send took a part of the bytes, and the rest was never sent: OnSend comes only after a Send that failed "
     "with WSAEWOULDBLOCK",
     "go on with Send until it fails with WSAEWOULDBLOCK; only then wait for OnSend"},
    {"close-unread", "BUG-18",
     "Close with bytes that nobody read: the peer is sent a reset and may lose what it was about to read",
     "read until 0 or an error, or ShutDown(SD_SEND) and wait for OnClose, before Close"},
    {"nested-pump", "BUG-17",
     "messages were pumped inside a callback: callbacks of the same objects run in the middle of this one",
     "return from the callback, and do the rest in a later one"},
    {"accept-skipped", "BUG-40",
     "OnAccept returned without Accept, and none followed: OnAccept is not called again, and clients wait",
     "call Accept in every OnAccept, also to refuse a client: accept it and Close"},
    {"accept-ignored", "BUG-41",
     "Accept failed, and the program used the object that got no connection",
     "look at what Accept returns; WSAEWOULDBLOCK says that the client has gone away again"},
    {"use-after-close", "BUG-12",
     "a call was made on an object that has no socket (any more)",
     "after Close leave the callback, and look whether m_hSocket is INVALID_SOCKET before a call"},
    {"urgent-lost", "BUG-63",
     "OnOutOfBandData was called, and nobody read the urgent byte: a second one may take its place, and "
     "OnOutOfBandData is not called again",
     "in OnOutOfBandData call Receive with MSG_OOB"},
    {"close-idle", "BUG-25",
     "OnClose did nothing for the socket, and nothing was done later: the handle stays open for ever",
     "in OnClose read what is left, then Close, also when nErrorCode is not 0"},
};

const sim_lint_text *sim_lint_rule_text(sim_lint_rule rule)
{
    return (unsigned)rule < SIM_LINT_RULE_COUNT ? &rules[rule] : NULL;
}

sim_lint_rule sim_lint_rule_named(const char *id)
{
    unsigned rule = 0;
    while (rule < SIM_LINT_RULE_COUNT && (id == NULL || strcmp(rules[rule].id, id) != 0))
        rule++;
    return (sim_lint_rule)rule;
}
