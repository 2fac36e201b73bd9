/* SPDX-License-Identifier: MIT
 *
 * What is drawn from a seed.  Sizes and times are drawn so that every magnitude is equally likely; sizes are
 * bounded by a budget of the seed, so that thousands of seeds take minutes.
 */
#include <string.h>

#include "tests/swarm.h"

enum { BUDGET_MIN = 4096, BUDGET_MAX = 8 << 20, CALLS_MAX = 4000, PAUSES_MAX = 300, WINDOWS_MAX = 1500 };

/* ---- dice ---- */

typedef simp_stream dice;

simp_stream swarm_dice(const swarm_plan *plan, const char *who, unsigned index)
{
    char name[48];
    dice d;
    snprintf(name, sizeof name, "%s %u", who, index);
    simp_stream_init(&d, plan->seed, name, "plan");
    return d;
}

static uint64_t below(dice *d, uint64_t bound) { return simp_stream_below(d, bound); }
bool swarm_chance(dice *d, unsigned percent) { return below(d, 100) < percent; }

uint64_t swarm_magnitude(dice *d, uint64_t least, uint64_t most)
{
    unsigned low = 0, high = 0;
    while (least >> (low + 1) != 0)
        low++;
    while (most >> (high + 1) != 0)
        high++;
    unsigned bits = low + (unsigned)below(d, high - low + 1);
    uint64_t first = UINT64_C(1) << bits, value = first + below(d, first);
    return value < least ? least : value > most ? most : value;
}

/* Draws in any case, so that what is off moves nothing. */
static uint64_t magnitude_if(dice *d, bool on, uint64_t least, uint64_t most)
{
    uint64_t value = swarm_magnitude(d, least, most);
    return on ? value : 0;
}

/* ---- features ---- */

static const struct {
    const char *name;
    unsigned percent;
} features[] = {
#define SWARM_FEATURE_ROW(id, name, percent) {#name, percent},
    SWARM_FEATURES(SWARM_FEATURE_ROW)
#undef SWARM_FEATURE_ROW
};

const char *swarm_feature_name(swarm_feature feature) { return features[feature].name; }

swarm_feature swarm_feature_of_name(const char *name, size_t len)
{
    unsigned i = 0;
    while (i < SWARM_FEATURE_COUNT &&
           (strlen(features[i].name) != len || memcmp(features[i].name, name, len) != 0))
        i++;
    return (swarm_feature)i;
}

static void draw_features(swarm_plan *plan)
{
    for (unsigned i = 0; i < SWARM_FEATURE_COUNT; i++) {
        dice d = swarm_dice(plan, features[i].name, 0);
        if (swarm_chance(&d, features[i].percent) && (plan->less.off >> i & 1) == 0)
            plan->features |= UINT64_C(1) << i;
    }
}

/* ---- the network ---- */

static void draw_topology(swarm_plan *plan)
{
    dice d = swarm_dice(plan, "topology", 0);
    bool routed = swarm_has(plan, SWARM_ROUTERS);
    plan->topology = (swarm_topology)(below(&d, 2) + (routed ? SWARM_STAR : SWARM_LINE));
    plan->host_count = plan->topology == SWARM_LINE ? 2 : 2 + (unsigned)below(&d, SWARM_HOSTS_MAX - 1);
    plan->router_count = !routed ? 0 : plan->topology == SWARM_STAR ? 1 : 2;
    plan->link_count = !routed ? 1 : plan->topology == SWARM_STAR ? plan->host_count : 3;
}

static void draw_time(const swarm_plan *plan, dice *d, sim_link_options *o)
{
    uint64_t far = swarm_magnitude(d, (uint64_t)SIM_MS(400), (uint64_t)SIM_MS(2500));
    o->latency_ns = (int64_t)magnitude_if(d, swarm_has(plan, SWARM_LATENCY), 1000, (uint64_t)SIM_MS(60));
    if (swarm_has(plan, SWARM_FAR))
        o->latency_ns = (int64_t)far;
    uint64_t jitter = below(d, (uint64_t)o->latency_ns + 1);
    o->jitter_ns = swarm_has(plan, SWARM_JITTER) ? (int64_t)jitter : 0;
    o->jitter_reorders = swarm_has(plan, SWARM_OVERTAKING);
}

static void draw_rate(const swarm_plan *plan, dice *d, sim_link_options *o)
{
    uint64_t rate = swarm_magnitude(d, 256000, 1000000000), queue = swarm_magnitude(d, 10000, 1 << 20);
    uint64_t short_queue = (uint64_t)o->mtu + below(d, 20000);
    if (!swarm_has(plan, SWARM_RATE))
        return;
    o->rate_bps = (int64_t)rate;
    o->queue_bytes = (int64_t)(swarm_has(plan, SWARM_SHORT_QUEUE) ? short_queue : queue + (uint64_t)o->mtu);
}

/* Shares in parts per million. */
static int64_t share(const swarm_plan *plan, dice *d, swarm_feature feature, unsigned percent_max)
{
    return (int64_t)magnitude_if(d, swarm_has(plan, feature), 100, 10000 * (uint64_t)percent_max);
}

static sim_link_options draw_direction(const swarm_plan *plan, dice *d, int64_t mtu)
{
    sim_link_options o = {.mtu = mtu};
    draw_time(plan, d, &o);
    draw_rate(plan, d, &o);
    o.loss_ppm = share(plan, d, SWARM_LOSS, 15);
    o.duplicate_ppm = share(plan, d, SWARM_DUPLICATE, 20);
    o.reorder_ppm = share(plan, d, SWARM_REORDER, 30);
    uint64_t delay = swarm_magnitude(d, 1000, 2 * (uint64_t)o.latency_ns + 50000);
    o.reorder_delay_ns = o.reorder_ppm != 0 ? (int64_t)delay : 0;
    return o;
}

static void draw_link(swarm_plan *plan, unsigned index)
{
    swarm_link_plan *link = &plan->links[index];
    dice d = swarm_dice(plan, "link", index);
    int64_t mtu = (int64_t)magnitude_if(&d, swarm_has(plan, SWARM_MTU), 1280, 9000);
    mtu = mtu == 0 ? 1500 : mtu;
    bool symmetric = swarm_chance(&d, 50);
    link->there = draw_direction(plan, &d, mtu);
    link->back = draw_direction(plan, &d, mtu);
    link->later = draw_direction(plan, &d, mtu);
    link->later_ns = magnitude_if(&d, swarm_has(plan, SWARM_CHANGES), (uint64_t)SIM_MS(1),
                                  (uint64_t)SIM_S(30));
    if (symmetric)
        link->back = link->there;
}

static void draw_partition(swarm_plan *plan, unsigned index)
{
    swarm_partition_plan *p = &plan->partitions[index];
    dice d = swarm_dice(plan, "partition", index);
    unsigned shapes = plan->host_count >= 4   ? SIM_PARTITION_RING + 1
                      : plan->host_count == 3 ? SIM_PARTITION_BRIDGE + 1
                                              : SIM_PARTITION_ONE_WAY + 1;
    p->shape = (sim_partition_shape)below(&d, shapes);
    p->options.hold = swarm_chance(&d, 30);
    p->options.spares_in_flight = swarm_chance(&d, 30);
    p->begin_ns = swarm_magnitude(&d, (uint64_t)SIM_MS(1), (uint64_t)SIM_S(10));
    uint64_t brief = swarm_magnitude(&d, (uint64_t)SIM_MS(1), (uint64_t)SIM_S(20));
    uint64_t endless = swarm_magnitude(&d, (uint64_t)SIM_S(20), (uint64_t)SIM_S(4000));
    p->end_ns = p->begin_ns + (swarm_has(plan, SWARM_LONG_PARTITIONS) ? endless : brief);
}

/* own: where it may be changed. */
static const sim_stack *draw_stack(const swarm_plan *plan, dice *d, sim_stack *own)
{
    static const char *const names[] = {"rfc", "linux", "freebsd", "windows"};
    const sim_stack *named = sim_stack_named(names[below(d, 4)]);
    if (!swarm_has(plan, SWARM_ECN))
        return named;
    *own = *named;
    own->ecn = SIM_FEATURE_ON;
    return own;
}

static void draw_profile(swarm_plan *plan)
{
    dice d = swarm_dice(plan, "profile", 0);
    cas_profile drawn = {.precheck = (cas_precheck)below(&d, 2), /* without one OnReceive may find nothing */
                         .close_after_drain = swarm_chance(&d, 50),
                         .close_reports_reset = swarm_chance(&d, 50),
                         .sends_whole = swarm_chance(&d, 50),
                         .one_urgent_byte = swarm_chance(&d, 50),
                         .shutdown_receive_resets = swarm_chance(&d, 50),
                         .reset_stays_queued = swarm_chance(&d, 50)};
    if (swarm_has(plan, SWARM_PROFILE))
        plan->profile = drawn;
}

/* ---- hosts ---- */

static void draw_buffers(const swarm_plan *plan, dice *d, transfer_plan *t)
{
    uint64_t send = swarm_magnitude(d, 1, 1 << 20), receive = swarm_magnitude(d, 64, 1 << 20);
    bool send_too = swarm_chance(d, 60), receive_too = swarm_chance(d, 60);
    if (!swarm_has(plan, SWARM_BUFFERS))
        return;
    t->send_buffer = send_too ? (int)send : 0;
    t->receive_buffer = receive_too ? (int)receive : 0;
}

static void draw_host(swarm_plan *plan, unsigned index)
{
    swarm_host_plan *host = &plan->hosts[index];
    dice d = swarm_dice(plan, "host", index);
    const sim_stack *stack = draw_stack(plan, &d, &plan->own_stacks[index]);
    host->stack = swarm_has(plan, SWARM_STACKS) ? stack : NULL;
    draw_buffers(plan, &d, &host->listener);
    host->listener.inline_urgent = swarm_chance(&d, 30);
    int backlog = 1 + (int)below(&d, 5);
    host->backlog = swarm_has(plan, SWARM_BACKLOG) ? backlog : 2 * SWARM_CONNECTIONS_MAX;
}

/* ---- transfers ---- */

/* A third of the streams is empty or tiny; the others have any magnitude. */
static uint32_t draw_size(dice *d, uint64_t most)
{
    unsigned kind = (unsigned)below(d, 100);
    uint64_t tiny = below(d, 20), size = swarm_magnitude(d, 20, most < 40 ? 40 : most);
    return (uint32_t)(kind < 12 ? 0 : kind < 30 ? tiny : size);
}

static uint32_t at_least(uint64_t value, uint64_t least) { return (uint32_t)(value < least ? least : value); }

static void draw_pace(const swarm_plan *plan, dice *d, transfer_plan *t, uint32_t incoming)
{
    bool small = swarm_has(plan, SWARM_SMALL_CALLS);
    uint64_t send_small = swarm_magnitude(d, 1, 2000), receive_small = swarm_magnitude(d, 1, 2000);
    t->send_max = at_least(small ? send_small : swarm_magnitude(d, 512, 65536), t->bytes / CALLS_MAX);
    t->receive_max = at_least(small ? receive_small : swarm_magnitude(d, 512, 65536), incoming / CALLS_MAX);
    bool slow = swarm_has(plan, SWARM_SLOW);
    uint64_t send_pause = swarm_magnitude(d, 1000, (uint64_t)SIM_MS(300));
    uint64_t receive_pause = swarm_magnitude(d, 1000, (uint64_t)SIM_MS(1500));
    bool send_too = swarm_chance(d, 25), receive_too = swarm_chance(d, 40);
    t->send_pause_ns = slow && send_too ? send_pause : 0;
    t->receive_pause_ns = slow && receive_too ? receive_pause : 0;
    if (t->send_pause_ns != 0)
        t->send_max = at_least(t->send_max, t->bytes / PAUSES_MAX);
    if (t->receive_pause_ns != 0)
        t->receive_max = at_least(t->receive_max, incoming / PAUSES_MAX);
}

static void draw_end(const swarm_plan *plan, dice *d, transfer_plan *t)
{
    t->nodelay = swarm_chance(d, 50) && swarm_has(plan, SWARM_NODELAY);
    t->keepalive = swarm_chance(d, 50) && swarm_has(plan, SWARM_KEEPALIVE);
    unsigned every = 1 + (unsigned)swarm_magnitude(d, 1, 500);
    bool urgent = swarm_chance(d, 60);
    /* Urgent bytes are told by what they hold, which must be true. */
    bool may_urge = swarm_has(plan, SWARM_URGENT) && !swarm_has(plan, SWARM_LIES);
    t->urgent_every = urgent && may_urge ? every : 0;
    t->inline_urgent = swarm_chance(d, 30);
}

static void draw_endings(const swarm_plan *plan, dice *d, swarm_connection_plan *c)
{
    unsigned patient = (unsigned)below(d, 4); /* one of them, or none */
    unsigned other = (unsigned)below(d, 2);
    bool rude = swarm_chance(d, 40), abort = swarm_chance(d, 40);
    uint64_t total = (uint64_t)c->ends[0].bytes + c->ends[1].bytes;
    uint64_t after = below(d, total + 1);
    if (patient < 2)
        c->ends[patient].ending = TRANSFER_PATIENT;
    if (rude && swarm_has(plan, SWARM_RUDE))
        c->ends[other].ending = TRANSFER_CLOSE;
    if (abort && swarm_has(plan, SWARM_ABORTS))
        c->ends[other].ending = TRANSFER_ABORT;
    c->ends[other].abort_after = (uint32_t)after;
}

/* So many windows of the receiver at most, or it takes for ever. */
static uint32_t bound_by_windows(uint32_t bytes, int send_buffer, int receive_buffer)
{
    uint64_t window = receive_buffer == 0 ? 65536 : (uint64_t)receive_buffer;
    uint64_t buffer = send_buffer == 0 ? 65536 : (uint64_t)send_buffer < 500 ? 500 : (uint64_t)send_buffer;
    uint64_t most = WINDOWS_MAX * (window < buffer ? window : buffer);
    return bytes < most ? bytes : (uint32_t)most;
}

/* Returns what it took of the budget, whatever features are off. */
static uint64_t draw_connection(swarm_plan *plan, unsigned index, uint64_t budget)
{
    swarm_connection_plan *c = &plan->connections[index];
    dice d = swarm_dice(plan, "connection", index);
    c->client = (unsigned)below(&d, plan->host_count);
    c->server = (c->client + 1 + (unsigned)below(&d, plan->host_count - 1)) % plan->host_count;
    if (swarm_chance(&d, 5))
        c->server = c->client;
    c->ipv6 = swarm_chance(&d, 50) && swarm_has(plan, SWARM_IPV6);
    c->start_ns = swarm_magnitude(&d, 1000, (uint64_t)SIM_S(3));
    transfer_plan *client = &c->ends[0], *server = &c->ends[1];
    const transfer_plan *listener = &plan->hosts[c->server].listener;
    *server = *listener;
    draw_buffers(plan, &d, client);
    uint32_t up = draw_size(&d, budget), down = draw_size(&d, budget);
    client->bytes = bound_by_windows(up, client->send_buffer, server->receive_buffer);
    server->bytes = bound_by_windows(down, server->send_buffer, client->receive_buffer);
    client->bytes >>= plan->less.size_shift;
    server->bytes >>= plan->less.size_shift;
    draw_end(plan, &d, client);
    draw_end(plan, &d, server);
    server->inline_urgent = listener->inline_urgent;
    draw_pace(plan, &d, client, server->bytes);
    draw_pace(plan, &d, server, client->bytes);
    draw_endings(plan, &d, c);
    return (uint64_t)up + down;
}

static void draw_connections(swarm_plan *plan)
{
    dice d = swarm_dice(plan, "connections", 0);
    plan->connection_count = (unsigned)swarm_magnitude(&d, 1, SWARM_CONNECTIONS_MAX);
    uint64_t budget = swarm_magnitude(&d, BUDGET_MIN, BUDGET_MAX);
    for (unsigned i = 0; i < plan->connection_count; i++) {
        uint64_t used = draw_connection(plan, i, budget);
        budget -= used < budget ? used : budget;
    }
}

static void draw_calls(swarm_plan *plan)
{
    dice d = swarm_dice(plan, "calls", 0);
    int64_t *const chances[] = {&plan->calls.short_receive_ppm,
                                &plan->calls.short_send_ppm,
                                &plan->calls.receive_would_block_ppm,
                                &plan->calls.send_would_block_ppm,
                                &plan->calls.accept_would_block_ppm,
                                &plan->calls.surplus_read_ppm,
                                &plan->calls.late_ppm};
    for (unsigned i = 0; i < sizeof chances / sizeof chances[0]; i++) {
        int64_t ppm = (int64_t)swarm_magnitude(&d, 1000, 400000);
        *chances[i] = swarm_chance(&d, 50) ? ppm : 0;
    }
    plan->calls.late_ns_max = (int64_t)magnitude_if(&d, plan->calls.late_ppm != 0, 1000,
                                                    (uint64_t)SIM_MS(20));
}

void swarm_draw(swarm_plan *plan, uint64_t seed, const swarm_less *less)
{
    memset(plan, 0, sizeof *plan);
    plan->seed = seed;
    plan->less = *less;
    draw_features(plan);
    draw_topology(plan);
    draw_profile(plan);
    for (unsigned i = 0; i < plan->link_count; i++)
        draw_link(plan, i);
    dice d = swarm_dice(plan, "world", 0);
    plan->stack = draw_stack(plan, &d, &plan->own_stacks[SWARM_HOSTS_MAX]);
    unsigned partitions = 1 + (unsigned)below(&d, SWARM_PARTITIONS_MAX);
    plan->partition_count = swarm_has(plan, SWARM_PARTITIONS) ? partitions : 0;
    for (unsigned i = 0; i < plan->partition_count; i++)
        draw_partition(plan, i);
    for (unsigned i = 0; i < plan->host_count; i++)
        draw_host(plan, i);
    draw_connections(plan);
    draw_calls(plan);
    swarm_draw_impairments(plan);
    swarm_draw_faults(plan);
    swarm_draw_datagrams(plan);
}
