/* SPDX-License-Identifier: MIT
 *
 * See castanet/sim_name.h.
 *
 * Invariants:
 *  1. An entry has addresses, or an alias, or neither, when it was only made to fail or to be counted.
 *  2. A chain of aliases is followed ALIASES_MAX steps far: a loop ends as a name that is not found.
 */
#include "simnet/host/name_table.h"

#include <string.h>

#include "castanet/sim_name.h"

enum { NAME_MAX_LEN = 253, ADDRESSES_MAX = 64, ALIASES_MAX = 8 };

typedef struct simp_name {
    struct simp_name *next;
    char *text;
    char *alias; /* NULL: none */
    simp_ip *addresses;
    unsigned address_count;
    unsigned turn;          /* where a question begins to look, if they rotate */
    bool rotates, answered; /* answered: by addresses or alias, not by the host of this name */
    int error;
    unsigned failures; /* that are still to come; 0 with an error: all */
    uint64_t questions;
} simp_name;

/* ---- the table ---- */

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c; }

static bool is_same(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b)) {
        a++;
        b++;
    }
    return *a == *b;
}

static simp_name *find(const sim_world *world, const char *text)
{
    simp_name *at = world->names;
    while (at != NULL && !is_same(at->text, text))
        at = at->next;
    return at;
}

static int refuse_name(sim_world *world, const char *text)
{
    return simp_refuse_named(world, WSAEINVAL, "'%s' is not a name", text == NULL ? "(null)" : text,
                             "a name has 1 to 253 letters, digits and - . _, and is no address",
                             "choose one like \"www.example.test\"");
}

static bool is_name(const char *text)
{
    simp_ip ip;
    size_t len = text == NULL ? 0 : strlen(text);
    if (len == 0 || len > NAME_MAX_LEN || simp_ip_parse(text, &ip))
        return false;
    for (size_t i = 0; i < len; i++) {
        char c = lower(text[i]);
        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && strchr("-._", c) == NULL)
            return false;
    }
    return true;
}

static int find_or_create(sim_world *world, const char *text, simp_name **out)
{
    if (!is_name(text))
        return refuse_name(world, text);
    *out = find(world, text);
    if (*out != NULL)
        return 0;
    simp_name *name = simp_alloc_zero(&world->arena, sizeof *name);
    char *copy = simp_copy_text(&world->arena, text);
    if (name == NULL || copy == NULL) {
        simp_free(&world->arena, copy, strlen(text) + 1);
        simp_free(&world->arena, name, sizeof *name);
        return simp_no_memory(world);
    }
    name->text = copy;
    name->next = world->names;
    world->names = name;
    *out = name;
    return 0;
}

/* ---- giving answers ---- */

/* Addresses of the text; -1: one of its words is none. */
static int read_addresses(const char *text, simp_ip list[ADDRESSES_MAX])
{
    int count = 0;
    while (*text != '\0') {
        size_t skip = strspn(text, " "), len = strcspn(text + skip, " ");
        char word[64];
        if (len >= sizeof word || (len > 0 && count == ADDRESSES_MAX))
            return -1;
        memcpy(word, text + skip, len);
        word[len] = '\0';
        if (len > 0 && (!simp_ip_parse(word, &list[count++]) || simp_ip_is_any(list[count - 1])))
            return -1;
        text += skip + len;
    }
    return count;
}

static void forget_answers(sim_world *world, simp_name *name)
{
    simp_free(&world->arena, name->addresses, name->address_count * sizeof *name->addresses);
    simp_free(&world->arena, name->alias, name->alias == NULL ? 0 : strlen(name->alias) + 1);
    name->addresses = NULL;
    name->address_count = name->turn = 0;
    name->alias = NULL;
}

static int set_answers(sim_world *world, simp_name *name, const simp_ip *list, unsigned count,
                       const char *alias)
{
    simp_ip *copy = count == 0 ? NULL : simp_alloc(&world->arena, count * sizeof *copy);
    char *other = alias == NULL ? NULL : simp_copy_text(&world->arena, alias);
    if ((count != 0 && copy == NULL) || (alias != NULL && other == NULL)) {
        simp_free(&world->arena, copy, count * sizeof *copy);
        return simp_no_memory(world);
    }
    forget_answers(world, name);
    if (count != 0)
        memcpy(copy, list, count * sizeof *copy);
    name->addresses = copy;
    name->address_count = count;
    name->alias = other;
    name->answered = true;
    return 0;
}

int sim_world_add_name(sim_world *world, const char *text, const char *answers)
{
    simp_ip list[ADDRESSES_MAX];
    int count = answers == NULL ? -1 : read_addresses(answers, list);
    bool alias = count < 0 && is_name(answers);
    if (count == 0 || (count < 0 && !alias))
        return simp_refuse_named(world, WSAEINVAL, "the name %s has no answers",
                                 text == NULL ? "(null)" : text,
                                 "the text has neither addresses (at most 64) nor one other name",
                                 "write \"10.0.0.2 fd00::2\", or the name it is an alias for");
    simp_name *name;
    int error = find_or_create(world, text, &name);
    return error != 0
               ? error
               : set_answers(world, name, list, count < 0 ? 0 : (unsigned)count, alias ? answers : NULL);
}

int sim_world_rotate_name(sim_world *world, const char *text, bool on)
{
    simp_name *name;
    int error = find_or_create(world, text, &name);
    if (error == 0)
        name->rotates = on;
    return error;
}

int sim_world_fail_name(sim_world *world, const char *text, int code, unsigned count)
{
    if (code != 0 && code != WSAHOST_NOT_FOUND && code != WSATRY_AGAIN)
        return simp_refuse_named(world, WSAEINVAL, "the name %s cannot fail that way",
                                 text == NULL ? "(null)" : text, "asking for a name has two errors",
                                 "give WSAHOST_NOT_FOUND, WSATRY_AGAIN, or 0");
    simp_name *name;
    int error = find_or_create(world, text, &name);
    if (error != 0)
        return error;
    name->error = code;
    name->failures = count;
    return 0;
}

uint64_t sim_world_name_questions(const sim_world *world, const char *text)
{
    const simp_name *name = text == NULL ? NULL : find(world, text);
    return name == NULL ? 0 : name->questions;
}

/* ---- answering ---- */

static bool is_of_family(simp_ip ip, int family)
{
    return family == AF_UNSPEC || simp_ip_is_v4(ip) == (family == AF_INET);
}

static int ask_addresses(simp_name *name, int family, simp_ip *out)
{
    for (unsigned i = 0; i < name->address_count; i++) {
        unsigned k = (name->turn + i) % name->address_count;
        if (!is_of_family(name->addresses[k], family))
            continue;
        *out = name->addresses[k];
        if (name->rotates)
            name->turn = (k + 1) % name->address_count;
        return 0;
    }
    return WSAHOST_NOT_FOUND;
}

/* Of a host with several addresses, one that is on a network with the asking host. */
static int ask_host(const sim_host *asking, const char *text, int family, simp_ip *out)
{
    const sim_host *host = sim_world_host(asking->world, text);
    bool found = false;
    for (const simp_interface *i = host == NULL ? NULL : host->interfaces; i != NULL; i = i->next) {
        bool shared = false;
        for (const simp_interface *own = asking->interfaces; own != NULL; own = own->next)
            shared = shared || own->link == i->link;
        for (const simp_interface_address *a = i->addresses; a != NULL; a = a->next) {
            if (!is_of_family(a->ip, family) || simp_ip_is_link_local(a->ip) || (found && !shared))
                continue;
            *out = a->ip;
            found = true;
            if (shared)
                return 0;
        }
    }
    return found ? 0 : WSAHOST_NOT_FOUND;
}

/* The failure that is due, or 0. */
static int take_failure(simp_name *name)
{
    int error = name->error;
    name->questions++;
    if (name->failures > 0 && --name->failures == 0)
        name->error = 0;
    return error;
}

/* "fe80::1%2", the number of an interface behind the sign. */
static bool parse_zoned(const char *text, simp_ip *out)
{
    char address[64];
    const char *sign = strchr(text, '%');
    size_t len = sign == NULL ? 0 : (size_t)(sign - text), digits = sign == NULL ? 0 : strlen(sign + 1);
    unsigned zone = 0;
    if (len == 0 || len >= sizeof address || digits == 0 || digits > 5)
        return false;
    memcpy(address, text, len);
    address[len] = '\0';
    for (const char *at = sign + 1; *at != '\0'; at++) {
        if (*at < '0' || *at > '9')
            return false;
        zone = zone * 10 + (unsigned)(*at - '0');
    }
    if (zone > UINT16_MAX || !simp_ip_parse(address, out) || !simp_ip_has_zone(*out))
        return false;
    *out = simp_ip_in_zone(*out, (uint16_t)zone);
    return true;
}

int simp_name_resolve(sim_host *asking, const char *text, int family, simp_ip *out)
{
    if (family != AF_INET && parse_zoned(text, out))
        return 0;
    /* ::ffff:10.0.0.1 is an address of either family. */
    if (simp_ip_parse(text, out) && (is_of_family(*out, family) || strchr(text, ':') != NULL))
        return 0;
    for (unsigned i = 0; i < ALIASES_MAX; i++) {
        simp_name *name = find(asking->world, text);
        int error = name == NULL ? 0 : take_failure(name);
        if (error != 0)
            return error;
        if (is_same(text, "localhost")) {
            *out = family == AF_INET6 ? (simp_ip){0, 1} : simp_ip_v4(0x7F000001);
            return 0;
        }
        if (name == NULL || !name->answered)
            return ask_host(asking, text, family, out);
        if (name->alias == NULL)
            return ask_addresses(name, family, out);
        text = name->alias;
    }
    return WSAHOST_NOT_FOUND;
}
