/* SPDX-License-Identifier: MIT
 *
 * The impairments of links: which are drawn, how they are added and removed, and what they are in words.
 *
 *  1. What may keep everything back does so for some time only; what takes a share may stay.
 *  2. Without the feature "lies" no packet is corrupted so that a checksum may miss it: one bit, on one link.
 */
#include <inttypes.h>
#include <string.h>

#include "tests/swarm.h"

enum { PER_KIND = 2, SHORT = 300 /* bytes of a payload that the predicate calls so */ };

typedef simp_stream dice;

static uint64_t below(dice *d, uint64_t bound) { return simp_stream_below(d, bound); }

static int64_t amount(dice *d, int64_t least, int64_t most)
{
    return (int64_t)swarm_magnitude(d, (uint64_t)least, (uint64_t)most);
}

/* ---- amounts of each kind ---- */

static sim_spread draw_spread(dice *d, int64_t least_ns, int64_t most_ns)
{
    static const int32_t quantiles[] = {-900, -300, 0, 200, 2500};
    sim_spread spread = {.base_ns = amount(d, least_ns, most_ns),
                         .distribution = (sim_distribution)below(d, SIM_TABLE + 1)};
    spread.spread_ns = (int64_t)below(d, (uint64_t)spread.base_ns + 1);
    if (spread.distribution == SIM_TABLE) {
        spread.table = quantiles;
        spread.table_len = sizeof quantiles / sizeof quantiles[0];
    }
    return spread;
}

static void draw_bursts(dice *d, sim_impairment *what)
{
    int64_t share = amount(d, 1000, SIM_PERCENT(12)), away = amount(d, SIM_PERCENT(20), SIM_PERCENT(90));
    switch (what->kind) {
    case SIM_IMPAIR_GILBERT: what->gilbert = (sim_gilbert){share, amount(d, 1200, 8000)}; break;
    case SIM_IMPAIR_GILBERT_ELLIOTT:
        what->gilbert_elliott = (sim_gilbert_elliott){share / 2 + 1, away, amount(d, 200000, 900000),
                                                      amount(d, 1, 20000)};
        break;
    default:
        what->four_state = (sim_four_state){.p13_ppm = share / 2 + 1,
                                            .p31_ppm = away,
                                            .p32_ppm = amount(d, 1, SIM_PERCENT(10)),
                                            .p23_ppm = amount(d, SIM_PERCENT(20), SIM_PERCENT(90)),
                                            .p14_ppm = amount(d, 1, SIM_PERCENT(4))};
        break;
    }
}

static void draw_corruption(const swarm_plan *plan, dice *d, sim_corrupt *corrupt)
{
    int64_t bits = amount(d, 1, 64);
    bool lies = swarm_has(plan, SWARM_LIES), mends = swarm_chance(d, 60);
    corrupt->where = (sim_corrupt_where)below(d, SIM_CORRUPT_PAYLOAD + 1);
    corrupt->bits = lies ? bits : 1;
    corrupt->mends_checksums = lies && mends;
}

static void draw_queue(dice *d, int64_t mtu, sim_queue *q)
{
    q->rate_bps = amount(d, 256000, 1000000000);
    q->overhead_bytes = (int64_t)below(d, 60) - 20;
    q->cost_min_bytes = (int64_t)below(d, 100);
    if (swarm_chance(d, 40)) {
        q->burst_bytes = mtu + 100 + amount(d, 1, 60000);
        q->peak_bps = swarm_chance(d, 50) ? 2 * q->rate_bps : 0;
    }
    unsigned bound = (unsigned)below(d, 4);
    q->packets_max = bound == 0 ? 4 + amount(d, 1, 200) : 0;
    q->bytes_max = bound == 1 ? 3 * mtu + 200 + amount(d, 1, 200000) : 0;
    q->wait_max_ns = bound == 2 ? SIM_MS(50) + amount(d, 1, SIM_S(1)) : 0;
    q->victim = bound < 3 && swarm_chance(d, 40) ? SIM_QUEUE_RANDOM : SIM_QUEUE_TAIL;
    int64_t marked = 1 + (int64_t)below(d, 12);
    if (swarm_chance(d, 60)) {
        q->mark_packets = q->packets_max == 0 || marked < q->packets_max ? marked : q->packets_max / 2;
        q->mark_drops_others = swarm_chance(d, 30);
    }
}

static void draw_flap(dice *d, sim_flap *flap)
{
    flap->up = draw_spread(d, SIM_MS(10), SIM_S(2));
    flap->down = draw_spread(d, SIM_MS(1), SIM_MS(500));
    flap->begins_down = swarm_chance(d, 50);
    flap->holds = swarm_chance(d, 50);
    flap->spares_in_flight = swarm_chance(d, 50);
}

static void draw_mtu(dice *d, int64_t mtu, sim_mtu *bottleneck)
{
    bottleneck->bytes = 576 + (int64_t)below(d, (uint64_t)(mtu - 576));
    bottleneck->answer = (sim_mtu_answer)below(d, SIM_MTU_FRAGMENT + 1);
}

static void draw_amounts(const swarm_plan *plan, dice *d, unsigned link, sim_impairment *what)
{
    int64_t mtu = plan->links[link].there.mtu;
    bool one = swarm_chance(d, 50), other = swarm_chance(d, 50);
    switch (what->kind) {
    case SIM_IMPAIR_RESET: what->reset.toward = (sim_reset_toward)below(d, SIM_RESET_SENDER + 1); break;
    case SIM_IMPAIR_MTU: draw_mtu(d, mtu, &what->mtu); break;
    case SIM_IMPAIR_GILBERT:
    case SIM_IMPAIR_GILBERT_ELLIOTT:
    case SIM_IMPAIR_FOUR_STATE: draw_bursts(d, what); break;
    case SIM_IMPAIR_BIT_ERROR: what->bit_error.errors_per_tbit = amount(d, 10000, 10000000); break;
    case SIM_IMPAIR_CORRUPT: draw_corruption(plan, d, &what->corrupt); break;
    case SIM_IMPAIR_DUPLICATE:
        what->duplicate = (sim_duplicate){1 + (int64_t)below(d, SWARM_COPIES_EACH), {0}};
        if (one)
            what->duplicate.delay = draw_spread(d, 1000, SIM_MS(500));
        break;
    case SIM_IMPAIR_REPLAY: what->replay.age_max_ns = amount(d, SIM_MS(1), SIM_S(10)); break;
    case SIM_IMPAIR_QUEUE: draw_queue(d, mtu, &what->queue); break;
    case SIM_IMPAIR_DELAY:
        what->delay = (sim_delay){draw_spread(d, 1000, SIM_MS(200)), 0, one};
        if (other && what->delay.by.spread_ns != 0)
            what->delay.correlation_ppm = (int64_t)below(d, 999999);
        break;
    case SIM_IMPAIR_REORDER:
        what->reorder = (sim_reorder){one ? 1 + (int64_t)below(d, 8) : 0, amount(d, 1000, SIM_MS(300))};
        break;
    case SIM_IMPAIR_BLOCK: what->block.spares_in_flight = one; break;
    case SIM_IMPAIR_HOLD: what->hold = (sim_hold){one, other}; break;
    case SIM_IMPAIR_DOWN: what->down = (sim_down){one, other}; break;
    case SIM_IMPAIR_FLAP: draw_flap(d, &what->flap); break;
    case SIM_IMPAIR_DROP:
    case SIM_IMPAIR_CLEAR_URGENT: break;
    }
}

/* ---- which packets, and when ---- */

static bool is_short(void *context, const sim_packet_view *packet)
{
    (void)context;
    return packet->payload_len < SHORT;
}

static void draw_scope(const swarm_plan *plan, dice *d, swarm_impairment_plan *p)
{
    sim_scope *scope = &p->what.scope;
    unsigned host = (unsigned)below(d, plan->host_count);
    bool ipv6 = swarm_chance(d, 50);
    swarm_address(plan, host, ipv6, p->source);
    switch (below(d, 7)) {
    case 0: scope->kind = (sim_packet_kind)(1 + below(d, SIM_PACKET_FRAGMENT)); break;
    case 1: scope->protocol = swarm_chance(d, 70) ? IPPROTO_TCP : IPPROTO_UDP; break;
    case 2: scope->source = p->source; break;
    case 3: scope->destination_port = SWARM_PORT; break;
    case 4: scope->flags_set = 16, scope->flags_clear = 8; break;
    case 5: scope->connection = 1 + (uint32_t)below(d, 20); break;
    default: scope->predicate = is_short; break;
    }
    if (swarm_chance(d, 20) && scope->kind < SIM_PACKET_UDP && scope->protocol != IPPROTO_UDP)
        scope->connections_ppm = amount(d, SIM_PERCENT(5), SIM_PERCENT(80));
}

static void draw_which(dice *d, swarm_impairment_plan *p)
{
    sim_which *which = &p->what.which;
    uint64_t sparse = simp_stream_next(d) & simp_stream_next(d) & simp_stream_next(d);
    switch (below(d, 4)) {
    case 0: which->nth = 1 + below(d, 60); break;
    case 1: which->every = 6 + below(d, 60); break;
    case 2: which->mask = sparse == 0 ? 2 : sparse; break;
    default:
        for (unsigned i = 0; i < sizeof p->list / sizeof p->list[0]; i++)
            p->list[i] = (i == 0 ? 0 : p->list[i - 1]) + 1 + below(d, 30);
        which->list = p->list;
        which->list_len = sizeof p->list / sizeof p->list[0];
        break;
    }
    if (swarm_chance(d, 30))
        which->hits_max = 1 + below(d, 20);
}

/* Shares of packets; 0: those kinds hit all that they see, or decide themselves. */
static int64_t share_max(sim_impairment_kind kind)
{
    switch (kind) {
    case SIM_IMPAIR_RESET: return SIM_PERCENT(1);
    case SIM_IMPAIR_DROP: return SIM_PERCENT(15);
    case SIM_IMPAIR_CORRUPT: return SIM_PERCENT(12);
    case SIM_IMPAIR_CLEAR_URGENT: return SIM_PERCENT(100);
    case SIM_IMPAIR_DUPLICATE: return SIM_PERCENT(25);
    case SIM_IMPAIR_REPLAY: return SIM_PERCENT(10);
    case SIM_IMPAIR_REORDER: return SIM_PERCENT(30);
    case SIM_IMPAIR_DELAY: return SIM_PERCENT(50);
    default: return 0;
    }
}

static bool has_model(sim_impairment_kind kind)
{
    return (kind >= SIM_IMPAIR_GILBERT && kind <= SIM_IMPAIR_BIT_ERROR) || kind == SIM_IMPAIR_QUEUE;
}

static bool keeps_all_back(sim_impairment_kind kind) { return kind >= SIM_IMPAIR_BLOCK; }

/* Some windows end by themselves, others when the impairment is removed. */
static void draw_window(const swarm_plan *plan, dice *d, swarm_impairment_plan *p)
{
    uint64_t brief = swarm_magnitude(d, (uint64_t)SIM_MS(1), (uint64_t)SIM_S(20));
    uint64_t endless = swarm_magnitude(d, (uint64_t)SIM_S(20), (uint64_t)SIM_S(4000));
    uint64_t from = swarm_magnitude(d, (uint64_t)SIM_MS(1), (uint64_t)SIM_S(8));
    bool is_removed = swarm_chance(d, 50), from_start = swarm_chance(d, 30);
    bool is_long = swarm_has(plan, SWARM_LONG_PARTITIONS) && p->what.kind != SIM_IMPAIR_FLAP;
    if (!keeps_all_back(p->what.kind) && !swarm_has(plan, SWARM_WINDOWS))
        return;
    p->what.from_ns = from_start ? 0 : from;
    uint64_t end = from + (is_long ? endless : brief);
    if (is_removed)
        p->removed_ns = end;
    else
        p->what.until_ns = end;
}

/* ---- drawing ---- */

static void draw(const swarm_plan *plan, sim_impairment_kind kind, unsigned number, swarm_impairment_plan *p)
{
    dice d = swarm_dice(plan, swarm_feature_name((swarm_feature)(SWARM_RESETS + (unsigned)kind - 1)),
                        1 + number);
    p->link = (unsigned)below(&d, plan->link_count);
    p->side = (swarm_side)below(&d, SWARM_FAR_SIDE + 1);
    p->what.kind = kind;
    draw_window(plan, &d, p);
    draw_amounts(plan, &d, p->link, &p->what);
    bool scoped = swarm_chance(&d, 50), addressed = swarm_chance(&d, 50);
    int64_t most = share_max(kind), share = most == 0 ? 0 : amount(&d, 1000, most);
    dice more = swarm_dice(plan, "scope", 100 * (unsigned)kind + number);
    if (scoped && swarm_has(plan, SWARM_SCOPES))
        draw_scope(plan, &more, p);
    if (addressed && swarm_has(plan, SWARM_ADDRESSED) && !has_model(kind))
        draw_which(&more, p);
    else
        p->what.chance_ppm = share;
}

void swarm_draw_impairments(swarm_plan *plan)
{
    for (unsigned kind = SIM_IMPAIR_RESET; kind <= SIM_IMPAIR_FLAP; kind++) {
        swarm_feature feature = (swarm_feature)(SWARM_RESETS + kind - 1);
        dice d = swarm_dice(plan, swarm_feature_name(feature), 0);
        unsigned count = 1 + (unsigned)below(&d, PER_KIND);
        bool lies = kind == SIM_IMPAIR_CORRUPT && swarm_has(plan, SWARM_LIES);
        if (kind == SIM_IMPAIR_CORRUPT && !lies)
            count = 1; /* two wrong bits may cancel out */
        for (unsigned i = 0; i < count && (lies || swarm_has(plan, feature)); i++)
            draw(plan, (sim_impairment_kind)kind, i, &plan->impairments[plan->impairment_count++]);
    }
}

/* ---- in a world ---- */

static void remove_stage(void *argument)
{
    const struct swarm_action *action = argument;
    sim_stage_remove(action->world->stages[action->index]);
    action->world->stages[action->index] = NULL;
}

int swarm_impair(swarm_world *w)
{
    int error = 0;
    for (unsigned i = 0; i < w->plan->impairment_count && error == 0; i++) {
        const swarm_impairment_plan *p = &w->plan->impairments[i];
        const sim_host *from = p->side == SWARM_BOTH_SIDES ? NULL : swarm_end_of_link(w, p->link, p->side);
        error = sim_link_add(w->links[p->link], from, &p->what, &w->stages[i]);
        if (error == 0 && p->removed_ns != 0)
            error = sim_world_at(w->world, p->removed_ns, remove_stage, swarm_action_of(w, i));
    }
    return error;
}

/* ---- in words ---- */

static void print_which(FILE *out, const sim_impairment *what)
{
    const sim_which *which = &what->which;
    if (which->nth != 0)
        fprintf(out, ", number %" PRIu64, which->nth);
    if (which->every != 0)
        fprintf(out, ", every %" PRIu64, which->every);
    if (which->mask != 0)
        fprintf(out, ", mask %" PRIx64, which->mask);
    for (size_t i = 0; i < which->list_len; i++)
        fprintf(out, "%s %" PRIu64, i == 0 ? ", numbers" : "", which->list[i]);
    if (which->hits_max != 0)
        fprintf(out, ", at most %" PRIu64, which->hits_max);
    if (what->chance_ppm != 0)
        fprintf(out, ", %.2f %%", (double)what->chance_ppm / 1e4);
}

static void print_scope(FILE *out, const sim_scope *scope)
{
    static const char *const kinds[] = {"any", "SYN", "SYN ACK", "data", "ACK",     "FIN",
                                        "RST", "URG", "UDP",     "ICMP", "fragment"};
    if (scope->kind != SIM_PACKET_ANY)
        fprintf(out, ", of %s", kinds[scope->kind]);
    if (scope->protocol != 0)
        fprintf(out, ", of protocol %u", scope->protocol);
    if (scope->source != NULL)
        fprintf(out, ", from %s", scope->source);
    if (scope->destination_port != 0)
        fprintf(out, ", to port %u", scope->destination_port);
    if (scope->flags_set != 0)
        fprintf(out, ", with flags %u without %u", scope->flags_set, scope->flags_clear);
    if (scope->connection != 0)
        fprintf(out, ", of connection %u", (unsigned)scope->connection);
    if (scope->connections_ppm != 0)
        fprintf(out, ", of %.2f %% of the connections", (double)scope->connections_ppm / 1e4);
    if (scope->predicate != NULL)
        fprintf(out, ", of less than %d bytes", SHORT);
}

void swarm_print_impairments(FILE *out, const swarm_plan *plan)
{
    static const char *const sides[] = {"", " near>", " far>"};
    for (unsigned i = 0; i < plan->impairment_count; i++) {
        const swarm_impairment_plan *p = &plan->impairments[i];
        fprintf(out, "  on l%u%s: %s", p->link, sides[p->side],
                swarm_feature_name((swarm_feature)(SWARM_RESETS + (unsigned)p->what.kind - 1)));
        if (p->what.kind == SIM_IMPAIR_CORRUPT)
            fprintf(out, " %" PRId64 " bits%s", p->what.corrupt.bits,
                    p->what.corrupt.mends_checksums ? ", mended" : "");
        if (p->what.kind == SIM_IMPAIR_MTU)
            fprintf(out, " %" PRId64 " answer %d", p->what.mtu.bytes, (int)p->what.mtu.answer);
        print_which(out, &p->what);
        print_scope(out, &p->what.scope);
        if (p->what.until_ns != 0 || p->removed_ns != 0)
            fprintf(out, ", %.3f to %.3f ms%s", (double)p->what.from_ns / 1e6,
                    (double)(p->what.until_ns + p->removed_ns) / 1e6, p->removed_ns != 0 ? " (removed)" : "");
        fprintf(out, "\n");
    }
}
