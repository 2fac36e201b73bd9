/* SPDX-License-Identifier: MIT
 *
 * See spot.h.
 */
#include "simnet/explore/spot.h"

#include <stdio.h>
#include <string.h>

#include "core/cold.h"

enum { TEXT_MAX = 192 };

static const char *const kind_words[] = {
    [SIMP_KIND_ACTION] = "action",     [SIMP_KIND_TIMER] = "timer",       [SIMP_KIND_WAKE] = "wake",
    [SIMP_KIND_START] = "start",       [SIMP_KIND_LINK] = "link",         [SIMP_KIND_SYN] = "SYN",
    [SIMP_KIND_SYN_ACK] = "SYN-ACK",   [SIMP_KIND_ACK] = "ACK",           [SIMP_KIND_DATA] = "data",
    [SIMP_KIND_URGENT] = "urgent",     [SIMP_KIND_FIN] = "FIN",           [SIMP_KIND_RST] = "RST",
    [SIMP_KIND_DATAGRAM] = "datagram", [SIMP_KIND_ICMP] = "ICMP",         [SIMP_KIND_OTHER] = "packet",
    [SIMP_KIND_READ] = "OnReceive",    [SIMP_KIND_WRITE] = "OnSend",      [SIMP_KIND_OOB] = "OnOutOfBandData",
    [SIMP_KIND_ACCEPT] = "OnAccept",   [SIMP_KIND_CONNECT] = "OnConnect", [SIMP_KIND_CLOSE] = "OnClose",
};

static uint64_t join(uint64_t a, uint64_t b) { return simp_mix(a * 0x9E3779B97F4A7C15u + b); }

/* ---- objects ---- */

/* What stacks choose; a service there is only known less exactly. */
static uint16_t lasting(uint16_t port) { return port < 32768 ? port : 0; }

static uint64_t object_of(const simp_place *place, uint16_t local, uint16_t remote_port)
{
    switch ((simp_topic)place->topic) {
    case SIMP_A_LISTENER: return join(1, place->local) | 1;
    case SIMP_A_PORT: return join(2, local) | 1;
    case SIMP_A_STREAM:
        return join(join(place->remote.high, place->remote.low), (uint64_t)local << 16 | remote_port) | 1;
    default: return 0;
    }
}

/* ---- labels ---- */

static uint64_t hash_of_host(const sim_host *host) { return host == NULL ? 0 : host->name_hash; }

static uint64_t hash_of(const simp_place *where, simp_kind what)
{
    uint64_t hosts = join(hash_of_host(where->host), hash_of_host(where->to));
    return join(hosts, (uint64_t)where->number << 16 | (uint64_t)where->form << 8 | (uint64_t)what);
}

static void write_label(const simp_place *where, simp_kind what, char text[TEXT_MAX])
{
    const char *host = where->host == NULL ? "outside" : where->host->name;
    const char *word = kind_words[what];
    switch ((simp_form)where->form) {
    case SIMP_AT_SCENARIO: snprintf(text, TEXT_MAX, "scenario %s", word); break;
    case SIMP_AT_HOST: snprintf(text, TEXT_MAX, "%s %s", host, word); break;
    case SIMP_AT_FLOW:
        snprintf(text, TEXT_MAX, "%s->%s %s", host, where->to == NULL ? "all" : where->to->name, word);
        break;
    case SIMP_AT_LISTENER: snprintf(text, TEXT_MAX, "%s/listen:%u %s", host, where->number, word); break;
    case SIMP_AT_ACCEPTED: snprintf(text, TEXT_MAX, "%s/conn#%u %s", host, where->number, word); break;
    case SIMP_AT_SOCKET: snprintf(text, TEXT_MAX, "%s/socket#%u %s", host, where->number, word); break;
    }
}

uint32_t simp_spot_name(simp_spots *spots, simp_spot *spot, const simp_place *place, simp_kind what)
{
    uint64_t hash = hash_of(place, what);
    uint32_t label = simp_labels_find(spots->labels, hash);
    if (label == 0) {
        char text[TEXT_MAX];
        write_label(place, what, text);
        label = simp_labels_add(spots->labels, hash, text);
    }
    spot->labels[what] = label;
    return label;
}

/* ---- spots ---- */

/* Never 0: a spot that was never used is nobody's. */
static uint64_t ends_of(const simp_place *p)
{
    return (uint64_t)p->local << 48 | (uint64_t)p->remote_port << 32 | (uint32_t)p->topic << 1 | 1;
}

static bool is_there(const simp_spot *spot, const simp_place *place)
{
    return ((spot->number ^ place->number) | (spot->chain_part ^ place->chain_part) |
            (spot->form ^ place->form) | (spot->host ^ hash_of_host(place->host)) |
            (spot->to ^ hash_of_host(place->to)) | (spot->chain_of ^ hash_of_host(place->chain_of))) == 0;
}

static APART void move_there(simp_spot *spot, const simp_place *place)
{
    *spot = (simp_spot){.host = hash_of_host(place->host),
                        .to = hash_of_host(place->to),
                        .chain_of = hash_of_host(place->chain_of),
                        .number = place->number,
                        .chain_part = place->chain_part,
                        .form = place->form,
                        .chain = join(hash_of_host(place->chain_of), place->chain_part)};
}

static APART void be_about(simp_spot *spot, const simp_place *place)
{
    spot->remote = place->remote;
    spot->ends = ends_of(place);
    spot->object = object_of(place, place->local, place->remote_port);
    spot->kin = object_of(place, lasting(place->local), lasting(place->remote_port));
}

static uint32_t index_of(const sim_host *host) { return host == NULL ? 0 : host->index + 1; }

simp_spot *simp_spot_of(simp_spots *spots, const simp_place *place)
{
    uint32_t parts = place->number + place->chain_part + place->form;
    uint32_t hosts = index_of(place->host) * 5 + index_of(place->to);
    simp_spot *spot = &spots->spots[(parts * 7 + hosts * 3) % SIMP_SPOTS];
    if (!is_there(spot, place))
        move_there(spot, place);
    if (((spot->ends ^ ends_of(place)) | (spot->remote.high ^ place->remote.high) |
         (spot->remote.low ^ place->remote.low)) != 0)
        be_about(spot, place);
    return spot;
}
