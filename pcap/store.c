/* SPDX-License-Identifier: MIT
 *
 * See store.h.  Rows are counted from 0 as they come; row n lies at n modulo the capacity of the ring, which
 * grows until it has rows_max places.  Packets and texts are found through chains of equal hashes.
 */
#include "pcap/store.h"

#include <string.h>

#include "castanet/alloc.h"
#include "simnet/world/hash_table.h"

enum { FIRST_ROWS = 64, BUCKETS = 4096 };

/* A text that rows have. */
typedef struct kept_text {
    struct kept_text *next; /* of the same bucket */
    size_t size;
    char text[];
} kept_text;

typedef struct place {
    capp_row row;
    uint64_t next; /* 1 + the number of an older row of a packet in the same bucket; 0: none */
} place;

struct capp_store {
    size_t rows_max;
    size_t capacity; /* of the ring */
    uint64_t count;  /* rows ever */
    place *places;
    bool is_torn, has_arrived; /* a packet, since the last row */
    uint64_t packets[BUCKETS]; /* 1 + the number of the newest row; 0: none */
    kept_text *texts[BUCKETS];
};

capp_store *capp_store_create(size_t rows_max)
{
    capp_store *store = cas_alloc(cas_allocator_system(), sizeof *store);
    if (store != NULL) {
        memset(store, 0, sizeof *store);
        store->rows_max = rows_max;
    }
    return store;
}

void capp_store_destroy(capp_store *store)
{
    cas_allocator *memory = cas_allocator_system();
    if (store == NULL)
        return;
    for (size_t i = 0; i < BUCKETS; i++) {
        while (store->texts[i] != NULL) {
            kept_text *first = store->texts[i];
            store->texts[i] = first->next;
            cas_free(memory, first, first->size);
        }
    }
    cas_free(memory, store->places, store->capacity * sizeof *store->places);
    cas_free(memory, store, sizeof *store);
}

/* ---- texts ---- */

/* The store's own copy; NULL: no memory. */
static const char *keep(capp_store *store, const char *text)
{
    kept_text **bucket = &store->texts[simp_hash_text(0, text) % BUCKETS];
    for (kept_text *at = *bucket; at != NULL; at = at->next) {
        if (strcmp(at->text, text) == 0)
            return at->text;
    }
    size_t len = strlen(text), size = sizeof(kept_text) + len + 1;
    kept_text *fresh = cas_alloc(cas_allocator_system(), size);
    if (fresh == NULL)
        return NULL;
    fresh->next = *bucket;
    fresh->size = size;
    memcpy(fresh->text, text, len + 1);
    *bucket = fresh;
    return fresh->text;
}

/* ---- the ring ---- */

static place *place_of(const capp_store *store, uint64_t number)
{
    return &store->places[number % store->capacity];
}

static uint64_t first_of(const capp_store *store)
{
    return store->count < store->capacity ? 0 : store->count - store->capacity;
}

/* Until it has rows_max places, the ring has not come round: rows keep their places. */
static bool has_room(capp_store *store)
{
    size_t more = store->capacity == 0 ? FIRST_ROWS : store->capacity * 2;
    if (store->count < store->capacity || store->capacity == store->rows_max)
        return true;
    more = more < store->rows_max ? more : store->rows_max;
    place *larger = cas_allocator_system()->resize(cas_allocator_system(), store->places,
                                                   store->capacity * sizeof *store->places,
                                                   more * sizeof *store->places);
    if (larger == NULL)
        return false;
    store->places = larger;
    store->capacity = more;
    return true;
}

static capp_row *find(const capp_store *store, uint64_t packet)
{
    uint64_t first = first_of(store);
    for (uint64_t at = store->packets[packet % BUCKETS]; at > first; at = place_of(store, at - 1)->next) {
        if (place_of(store, at - 1)->row.event.packet == packet)
            return &place_of(store, at - 1)->row;
    }
    return NULL;
}

static void keep_packet(capp_store *store, capp_row *row)
{
    struct sim_packet *head = &row->flight.head;
    *head = *row->event.data;
    head->next = NULL;
    head->block = head->raw = NULL;
    head->to = NULL;
    if (!simp_packet_has_tcp(head) && head->protocol != IPPROTO_UDP)
        head->icmp.quoted = NULL;
    place_of(store, store->count)->next = store->packets[row->event.packet % BUCKETS];
    store->packets[row->event.packet % BUCKETS] = store->count + 1;
}

bool capp_store_event(capp_store *store, const capp_event *event)
{
    capp_event kept = *event;
    kept.socket = keep(store, event->socket);
    kept.what = keep(store, event->what);
    kept.about = keep(store, event->about);
    kept.fault = keep(store, event->fault);
    if (kept.socket == NULL || kept.what == NULL || kept.about == NULL || kept.fault == NULL ||
        !has_room(store)) {
        store->is_torn = true;
        return false;
    }
    place *at = place_of(store, store->count);
    at->row = (capp_row){.event = kept, .after_arrival = store->has_arrived};
    store->has_arrived = false;
    at->next = 0;
    if (event->kind == CAPP_PACKET)
        keep_packet(store, &at->row);
    at->row.event.data = NULL;
    at->row.event.bytes = NULL;
    store->count++;
    return true;
}

void capp_store_arrival(capp_store *store, const capp_arrival *arrival)
{
    capp_row *row = find(store, sim_packet_id(arrival->data));
    store->has_arrived = true;
    if (row == NULL || row->flight.arrivals++ > 0)
        return;
    row->flight.arrived_ns = arrival->at_ns;
    row->flight.arrived_before = place_of(store, store->count - 1)->row.event.number + 1;
    row->flight.to = arrival->host;
}

void capp_store_lost(capp_store *store, uint64_t packet, sim_fate fate)
{
    capp_row *row = find(store, packet);
    if (row == NULL || row->flight.arrivals > 0)
        return;
    row->flight.lost = fate;
    row->flight.lost_before = place_of(store, store->count - 1)->row.event.number + 1;
}

/* ---- reading ---- */

size_t capp_store_len(const capp_store *store) { return (size_t)(store->count - first_of(store)); }

const capp_row *capp_store_row(const capp_store *store, size_t index)
{
    return &place_of(store, first_of(store) + index)->row;
}

uint64_t capp_store_dropped(const capp_store *store) { return first_of(store); }
const capp_row *capp_store_packet(const capp_store *store, uint64_t packet) { return find(store, packet); }
bool capp_store_is_torn(const capp_store *store) { return store->is_torn; }
