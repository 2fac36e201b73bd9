/* SPDX-License-Identifier: MIT
 *
 * See detached.h.
 */
#include "backends/detached.h"

#include <pthread.h>

#include <sys/stat.h>

typedef struct entry {
    bool used;
    uint64_t age; /* number of the detach */
    dev_t device;
    ino_t number;
    cas_port_socket record;
} entry;

static struct {
    pthread_mutex_t lock;
    uint64_t detached; /* how often */
    entry entries[CASP_DETACHED_MAX];
} table = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* False where sockets have no numbers of their own. */
static bool identify(const cas_port_socket *s, entry *out)
{
    struct stat status;
    if (fstat(s->fd, &status) != 0 || status.st_ino == 0)
        return false;
    *out = (entry){.used = true, .device = status.st_dev, .number = status.st_ino, .record = *s};
    return true;
}

/* A free place, or that of the oldest. */
static entry *choose_place(void)
{
    entry *place = &table.entries[0];
    for (unsigned i = 1; i < CASP_DETACHED_MAX && place->used; i++)
        if (!table.entries[i].used || table.entries[i].age < place->age)
            place = &table.entries[i];
    return place;
}

void casp_detached_keep(const cas_port_socket *s)
{
    entry left;
    if (!identify(s, &left))
        return;
    pthread_mutex_lock(&table.lock);
    left.age = ++table.detached;
    *choose_place() = left;
    pthread_mutex_unlock(&table.lock);
}

bool casp_detached_take(const cas_port_socket *s, cas_port_socket *out)
{
    entry wanted;
    bool found = false;
    if (!identify(s, &wanted))
        return false;
    pthread_mutex_lock(&table.lock);
    for (unsigned i = 0; i < CASP_DETACHED_MAX && !found; i++) {
        entry *e = &table.entries[i];
        if (!e->used || e->record.fd != s->fd)
            continue;
        e->used = false; /* another socket has the descriptor's number now, or this one comes back */
        found = e->device == wanted.device && e->number == wanted.number;
        if (found)
            *out = e->record;
    }
    pthread_mutex_unlock(&table.lock);
    return found;
}
