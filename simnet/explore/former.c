/* SPDX-License-Identifier: MIT
 *
 * See former.h.
 */
#include "simnet/explore/former.h"

#include "core/engine.h"
#include "core/limits.h"
#include "simnet/transport/tcp.h"

static bool has_room(simp_former_list *list, cas_allocator *memory)
{
    if (list->count < list->capacity)
        return true;
    size_t larger = list->capacity == 0 ? CASP_LIMIT(16, 1) : list->capacity * 2;
    void *grown = memory->resize(memory, list->items, list->capacity * sizeof *list->items,
                                 larger * sizeof *list->items);
    if (grown == NULL)
        return false;
    list->items = grown;
    list->capacity = larger;
    return true;
}

bool simp_formers_add(simp_former_list *list, cas_allocator *memory, const simp_task *task,
                      const cas_port_socket *s)
{
    const casp_sink *sink = casp_handle_map_get(&task->thread->handles, s->handle);
    if (sink == NULL)
        return true;
    if (!has_room(list, memory))
        return false;
    simp_former *former = &list->items[list->count++];
    *former = (simp_former){.task = task, .generation = sink->generation, .socket = *s};
    if (s->tcp != NULL) {
        former->socket.local_port = s->tcp->key.local_port;
        former->socket.remote_port = s->tcp->key.remote_port;
        former->socket.remote = s->tcp->key.remote;
    }
    former->socket.tcp = NULL;
    return true;
}

const cas_port_socket *simp_formers_find(const simp_former_list *list, const simp_task *task,
                                         uint64_t generation)
{
    for (size_t i = list->count; i-- > 0;) {
        if (list->items[i].task == task && list->items[i].generation == generation)
            return &list->items[i].socket;
    }
    return NULL;
}

void simp_formers_fini(simp_former_list *list, cas_allocator *memory)
{
    cas_free(memory, list->items, list->capacity * sizeof *list->items);
}
