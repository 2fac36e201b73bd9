/* SPDX-License-Identifier: MIT
 *
 * Bytes to programs.
 *
 * The first byte chooses a beginning that makes connections; each step then takes some bytes: who, what (from
 * a list that fits what the socket probably is by now), and arguments.  When the bytes are used up, an end
 * follows that shows what is left of the state.
 */
#include <string.h>

#include "tests/differential.h"

enum { SEED_BYTES = 120, PORT_KINDS = 8 };

/* ---- bytes ---- */

/* SplitMix64's finalizer over a counter. */
static uint64_t mix(uint64_t x)
{
    x += 0x9E3779B97F4A7C15u;
    x = (x ^ x >> 30) * 0xBF58476D1CE4E5B9u;
    x = (x ^ x >> 27) * 0x94D049BB133111EBu;
    return x ^ x >> 31;
}

size_t differential_bytes_of_seed(uint64_t seed, uint8_t bytes[DIFF_BYTES_MAX])
{
    for (size_t i = 0; i < SEED_BYTES; i++)
        bytes[i] = (uint8_t)(mix(mix(seed) + i) >> 24);
    return SEED_BYTES;
}

typedef struct reader {
    const uint8_t *bytes;
    size_t len, position;
} reader;

static bool is_used_up(const reader *r) { return r->position >= r->len; }
static unsigned next(reader *r) { return is_used_up(r) ? 0 : r->bytes[r->position++]; }

/* ---- what sockets probably are ---- */

typedef enum guess { EMPTY, IDLE, LISTENER, STREAM, DATAGRAM, GUESSES } guess;

typedef struct decoder {
    diff_program *program;
    reader input;
    guess guesses[DIFF_SLOTS];
    guess detached[DIFF_SLOTS];
} decoder;

enum { C, K, L, S, T, U };

arena_thread differential_thread_of(int slot) { return slot <= K ? ARENA_A : slot == U ? ARENA_B2 : ARENA_B; }

static bool is_same_host(int slot, int other) { return (slot <= K) == (other <= K); }

static void take_away(decoder *d, int slot) { d->guesses[slot] = EMPTY; }

/* What the step makes of its sockets if all goes well. */
static void guess_effect(decoder *d, const diff_step *step)
{
    guess *mine = &d->guesses[step->slot];
    switch (step->verb) {
    case DIFF_SOCKET:
    case DIFF_CREATE:
        if (*mine == EMPTY)
            *mine = step->datagram ? DATAGRAM : IDLE;
        break;
    case DIFF_LISTEN: *mine = *mine == IDLE ? LISTENER : *mine; break;
    case DIFF_CONNECT: *mine = *mine == IDLE ? STREAM : *mine; break;
    case DIFF_ACCEPT:
        if (*mine == LISTENER && d->guesses[step->other] == EMPTY)
            d->guesses[step->other] = STREAM;
        break;
    case DIFF_DETACH:
        d->detached[step->slot] = *mine;
        take_away(d, step->slot);
        break;
    case DIFF_ATTACH:
        if (*mine == EMPTY)
            *mine = d->detached[step->other];
        d->detached[step->other] = EMPTY;
        break;
    case DIFF_CLOSE:
    case DIFF_ABORT:
    case DIFF_DELETE: take_away(d, step->slot); break;
    default: break;
    }
}

static void add(decoder *d, diff_step step)
{
    if (d->program->count == DIFF_STEPS_MAX)
        return;
    d->program->steps[d->program->count++] = step;
    if (step.verb != DIFF_SETTLE)
        guess_effect(d, &step);
}

/* ---- beginnings ---- */

static const uint8_t all_events = FD_READ | FD_WRITE | FD_OOB | FD_ACCEPT | FD_CONNECT | FD_CLOSE;

static void begin_listener(decoder *d, uint8_t mask, bool inline_urgent, bool small)
{
    add(d, (diff_step){.verb = DIFF_CREATE, .slot = L, .mask = mask});
    if (inline_urgent)
        add(d, (diff_step){.verb = DIFF_SETOPT, .slot = L, .option = DIFF_OOBINLINE, .number = 1});
    if (small) {
        add(d, (diff_step){.verb = DIFF_SETOPT, .slot = L, .option = DIFF_RCVBUF, .number = 4096});
        add(d, (diff_step){.verb = DIFF_SETOPT, .slot = L, .option = DIFF_SNDBUF, .number = 4096});
    }
    add(d, (diff_step){.verb = DIFF_LISTEN, .slot = L, .number = 16});
}

static void begin_stream(decoder *d, int client, int server, uint8_t mask, bool accepts, bool small)
{
    add(d, (diff_step){.verb = DIFF_CREATE, .slot = client, .mask = mask});
    if (small) {
        add(d, (diff_step){.verb = DIFF_SETOPT, .slot = client, .option = DIFF_SNDBUF, .number = 4096});
        add(d, (diff_step){.verb = DIFF_SETOPT, .slot = client, .option = DIFF_RCVBUF, .number = 4096});
    }
    add(d, (diff_step){.verb = DIFF_CONNECT, .slot = client, .other = L});
    if (accepts)
        add(d, (diff_step){.verb = DIFF_ACCEPT, .slot = L, .other = server});
}

static void begin_datagrams(decoder *d, int one, int other, uint8_t mask, bool connects)
{
    add(d, (diff_step){.verb = DIFF_CREATE, .slot = one, .datagram = true, .mask = mask});
    add(d, (diff_step){.verb = DIFF_CREATE, .slot = other, .datagram = true, .mask = mask});
    if (connects)
        add(d, (diff_step){.verb = DIFF_CONNECT, .slot = one, .other = other});
}

/* Returns whether buffers are small and sends may be large. */
static bool begin(decoder *d)
{
    unsigned head = next(&d->input);
    unsigned kind = head & 7;
    uint8_t mask = (head & 8) != 0 ? (uint8_t)(next(&d->input) & 0x3F) : all_events;
    bool accepts = (head & 0x30) != 0, inline_urgent = (head & 0xC0) == 0;
    bool streams = kind != 4 && kind != 7, bulk = kind == 6;
    if (streams) {
        begin_listener(d, mask, inline_urgent, bulk);
        begin_stream(d, C, S, mask, accepts, bulk && (head & 0x40) != 0);
    }
    if (kind == 3)
        begin_stream(d, K, T, mask, accepts, false);
    if (kind == 5)
        begin_datagrams(d, K, T, mask, inline_urgent);
    if (kind == 4)
        begin_datagrams(d, C, S, mask, (head & 0x40) != 0);
    return bulk;
}

/* ---- steps ---- */

/* What is tried on a socket that probably is such a one; more often written means more often tried. */
static const struct {
    const diff_verb *verbs;
    unsigned count;
} tries[GUESSES] = {
#define LIST(...)                                                                                            \
    {                                                                                                        \
        (const diff_verb[]){__VA_ARGS__}, sizeof((const diff_verb[]){__VA_ARGS__}) / sizeof(diff_verb)       \
    }
    [EMPTY] = LIST(DIFF_SOCKET, DIFF_SOCKET, DIFF_CREATE, DIFF_CREATE, DIFF_CREATE, DIFF_CREATE, DIFF_ATTACH,
                   DIFF_ATTACH, DIFF_ATTACH, DIFF_ATTACH, DIFF_CONNECT, DIFF_SEND, DIFF_RECV, DIFF_SELECT,
                   DIFF_CLOSE, DIFF_GETOPT, DIFF_ACCEPT, DIFF_DETACH),
    [IDLE] = LIST(DIFF_BIND, DIFF_BIND, DIFF_LISTEN, DIFF_LISTEN, DIFF_CONNECT, DIFF_CONNECT, DIFF_CONNECT,
                  DIFF_CONNECT, DIFF_SELECT, DIFF_SELECT, DIFF_SETOPT, DIFF_SETOPT, DIFF_GETOPT, DIFF_SEND,
                  DIFF_RECV, DIFF_SHUTDOWN, DIFF_CLOSE, DIFF_SOCKNAME, DIFF_PEERNAME, DIFF_DELETE,
                  DIFF_AVAILABLE, DIFF_ATMARK, DIFF_DETACH, DIFF_LINGER, DIFF_ACCEPT, DIFF_RECVFROM),
    [LISTENER] = LIST(DIFF_ACCEPT, DIFF_ACCEPT, DIFF_ACCEPT, DIFF_ACCEPT, DIFF_ACCEPT, DIFF_ACCEPT,
                      DIFF_SELECT, DIFF_SELECT, DIFF_LISTEN, DIFF_CONNECT, DIFF_CLOSE, DIFF_GETOPT,
                      DIFF_SETOPT, DIFF_SOCKNAME, DIFF_PUMP, DIFF_DETACH, DIFF_SEND, DIFF_RECV, DIFF_SHUTDOWN,
                      DIFF_BIND, DIFF_AVAILABLE, DIFF_PEERNAME),
    [STREAM] = LIST(DIFF_SEND, DIFF_SEND, DIFF_SEND, DIFF_SEND, DIFF_SEND, DIFF_SEND, DIFF_SEND, DIFF_SEND,
                    DIFF_SEND, DIFF_SEND, DIFF_RECV, DIFF_RECV, DIFF_RECV, DIFF_RECV, DIFF_RECV, DIFF_RECV,
                    DIFF_RECV, DIFF_RECV, DIFF_RECV, DIFF_RECV, DIFF_SELECT, DIFF_SELECT, DIFF_SELECT,
                    DIFF_SHUTDOWN, DIFF_SHUTDOWN, DIFF_CLOSE, DIFF_CLOSE, DIFF_ABORT, DIFF_DELETE,
                    DIFF_SETOPT, DIFF_SETOPT, DIFF_GETOPT, DIFF_GETOPT, DIFF_AVAILABLE, DIFF_AVAILABLE,
                    DIFF_ATMARK, DIFF_ATMARK, DIFF_PEERNAME, DIFF_SOCKNAME, DIFF_PUMP, DIFF_DETACH,
                    DIFF_DETACH, DIFF_CONNECT, DIFF_LINGER, DIFF_ACCEPT, DIFF_BIND, DIFF_LISTEN,
                    DIFF_RECVFROM, DIFF_SENDTO, DIFF_DRAIN, DIFF_FILL),
    [DATAGRAM] = LIST(DIFF_SENDTO, DIFF_SENDTO, DIFF_SENDTO, DIFF_SENDTO, DIFF_SENDTO, DIFF_SENDTO,
                      DIFF_RECVFROM, DIFF_RECVFROM, DIFF_RECVFROM, DIFF_RECVFROM, DIFF_RECVFROM, DIFF_RECV,
                      DIFF_RECV, DIFF_SEND, DIFF_SEND, DIFF_CONNECT, DIFF_CONNECT, DIFF_SELECT, DIFF_SELECT,
                      DIFF_SELECT, DIFF_SHUTDOWN, DIFF_CLOSE, DIFF_SETOPT, DIFF_GETOPT, DIFF_AVAILABLE,
                      DIFF_AVAILABLE, DIFF_BIND, DIFF_SOCKNAME, DIFF_PEERNAME, DIFF_ATMARK, DIFF_DELETE,
                      DIFF_DETACH, DIFF_LISTEN, DIFF_ACCEPT, DIFF_PUMP, DIFF_LINGER, DIFF_ABORT),
#undef LIST
};

static uint8_t choose_mask(unsigned byte) { return byte < 96 ? all_events : byte < 128 ? 0 : byte & 0x3F; }

static int choose_size(unsigned byte, bool datagram)
{
    static const int sizes[] = {0, 1, 1, 2, 3, 4, 5, 8, 10, 20, 100, 1000, 1460, 2000, 3000, 10};
    if (datagram && byte >= 248)
        return byte >= 252 ? 65508 : 9000;
    return sizes[byte % (sizeof sizes / sizeof sizes[0])];
}

/* A third asks for all, the rest for some. */
static int choose_wish(unsigned byte)
{
    static const int sizes[] = {0, 1, 1, 2, 3, 5, 10, 50, 1000, 2000};
    return byte < 80 ? 5000 : sizes[byte % (sizeof sizes / sizeof sizes[0])];
}

static int choose_flags(unsigned byte, bool receives)
{
    if (byte < 40)
        return MSG_OOB;
    if (receives && byte < 64)
        return MSG_PEEK;
    return receives && byte < 68 ? MSG_PEEK | MSG_OOB : 0;
}

static int choose_option_value(diff_option option, unsigned byte, bool bulk)
{
    static const int sizes[] = {32768, 50000, 100000, 131072}, small[] = {0, 1000, 4096, 16384};
    if (option == DIFF_RCVBUF || option == DIFF_SNDBUF)
        return bulk ? small[byte & 3] : sizes[byte & 3];
    if (option == DIFF_NODELAY)
        return 1; /* without it, data wait for delayed acknowledgements */
    return option == DIFF_ERROR ? 0 : (int)(byte & 1);
}

static int choose_peer(const decoder *d, int slot, unsigned byte)
{
    bool to_listener = slot <= K && d->guesses[slot] != DATAGRAM && byte < 200;
    if (to_listener)
        return L;
    if (byte < 230)
        return slot <= K ? L + (int)(byte % 3) : (int)(byte & 1);
    return (int)(byte % DIFF_SLOTS);
}

/* One of the same host. */
static int choose_neighbour(int slot, unsigned byte)
{
    return slot <= K ? (int)(byte & 1) : L + (int)(byte % (DIFF_SLOTS - L));
}

static void choose_arguments(decoder *d, diff_step *step, bool bulk)
{
    reader *r = &d->input;
    bool datagram = d->guesses[step->slot] == DATAGRAM;
    switch (step->verb) {
    case DIFF_SOCKET: step->datagram = next(r) >= 160; break;
    case DIFF_CREATE:
        step->datagram = next(r) >= 160;
        step->mask = choose_mask(next(r));
        break;
    case DIFF_SELECT: step->mask = choose_mask(next(r)); break;
    case DIFF_LISTEN: step->number = 16; break;
    case DIFF_CONNECT: step->other = choose_peer(d, step->slot, next(r)); break;
    case DIFF_ACCEPT: /* the object must be of the same thread */
        step->other = choose_neighbour(step->slot, next(r));
        if (differential_thread_of(step->other) != differential_thread_of(step->slot))
            step->other = step->slot == U ? U : T;
        break;
    case DIFF_PEERNAME: step->other = choose_neighbour(step->slot, next(r)); break;
    case DIFF_ATTACH:
        step->other = choose_neighbour(step->slot, next(r));
        step->mask = choose_mask(next(r));
        break;
    case DIFF_LINGER: step->number = next(r) < 192 ? 0 : 1; break; /* another time makes close wait */
    case DIFF_SENDTO: step->other = choose_peer(d, step->slot, next(r)); /* and as send */ /* fall through */
    case DIFF_SEND:
        step->number = choose_size(next(r), datagram);
        step->flags = choose_flags(next(r), false);
        break;
    case DIFF_FILL: step->number = next(r) < 128 ? 16384 : 200000; break;
    case DIFF_RECV:
    case DIFF_RECVFROM:
        step->number = choose_wish(next(r));
        step->flags = choose_flags(next(r), true);
        break;
    case DIFF_SHUTDOWN: step->number = (int)(next(r) % 5 * 2 % 3); break;
    case DIFF_SETOPT:
        step->option = (diff_option)(next(r) % DIFF_ERROR);
        step->number = choose_option_value(step->option, next(r), bulk);
        break;
    case DIFF_GETOPT: step->option = (diff_option)(next(r) % DIFF_OPTIONS); break;
    default: break;
    }
}

/* The first sockets are the busiest; every other byte asks for one that has something to do. */
static int choose_slot(const decoder *d, unsigned byte)
{
    static const int busy[] = {C, S, C, S, L, K, T, U};
    int slot = busy[byte & 7];
    for (int i = 0; i < DIFF_SLOTS && byte >= 64 && d->guesses[slot] == EMPTY; i++)
        slot = (slot + 1) % DIFF_SLOTS;
    return slot;
}

static void choose_step(decoder *d, bool bulk)
{
    unsigned who = next(&d->input), what = next(&d->input);
    if (who >= 240) {
        add(d, (diff_step){.verb = DIFF_SETTLE});
        return;
    }
    int slot = choose_slot(d, who);
    guess kind = d->guesses[slot];
    diff_step step = {.verb = tries[kind].verbs[what % tries[kind].count], .slot = slot};
    if (step.verb == DIFF_FILL && !bulk)
        step.verb = DIFF_SEND;
    choose_arguments(d, &step, bulk);
    if (step.verb == DIFF_ATTACH && !is_same_host(step.slot, step.other))
        step.other = step.slot;
    add(d, step);
}

/* ---- the end ---- */

/* Shows what is left: the conditions of every socket, and what can be read. */
static void end(decoder *d)
{
    for (int slot = 0; slot < DIFF_SLOTS; slot++)
        if (d->guesses[slot] != EMPTY)
            add(d, (diff_step){.verb = DIFF_SELECT, .slot = slot, .mask = all_events});
    add(d, (diff_step){.verb = DIFF_SETTLE});
    for (int slot = 0; slot < DIFF_SLOTS; slot++)
        if (d->guesses[slot] == STREAM || d->guesses[slot] == DATAGRAM)
            add(d, (diff_step){.verb = DIFF_RECV, .slot = slot, .number = 70000});
}

void differential_decode(diff_program *program, const uint8_t *bytes, size_t len)
{
    decoder d = {.program = program, .input = {bytes, len, 0}};
    program->count = 0;
    bool bulk = begin(&d);
    while (!is_used_up(&d.input) && program->count < DIFF_CHOSEN_MAX)
        choose_step(&d, bulk);
    end(&d);
}
