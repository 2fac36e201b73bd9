/* SPDX-License-Identifier: MIT
 *
 * What a capture says of the world: the section with the run's provenance, interfaces, names, statistics.
 */
#include "pcap/pcapng.h"

#include <inttypes.h>
#include <string.h>

#include "castanet/alloc.h"
#include "simnet/link/link.h"

enum {
    MAGIC = 0x1A2B3C4D,
    ETHERNET = 1,
    SNAP_LEN_ALL = 262144, /* the same for all interfaces, or libpcap refuses the file */
    SHB_HARDWARE = 2,
    SHB_OS = 3,
    SHB_APPLICATION = 4,
    IF_NAME = 2,
    IF_DESCRIPTION = 3,
    IF_IPV4 = 4,
    IF_IPV6 = 5,
    IF_MAC = 6,
    IF_SPEED = 8,
    IF_TSRESOL = 9,
    ISB_START = 2,
    ISB_END = 3,
    ISB_RECEIVED = 4,
    ISB_DROPPED = 5,
    NRB_IPV4 = 1,
    NRB_IPV6 = 2,
    NAME_MAX_BYTES = 320
};

/* ---- the section ---- */

static void put_comment(capp_block *block, const char *name, const char *value)
{
    char text[1024];
    if (value == NULL || value[0] == '\0')
        return;
    snprintf(text, sizeof text, "%s: %s", name, value);
    capp_put_text(block, CAPP_OPT_COMMENT, text);
}

void capp_pcapng_section(capp_pcapng *file, const cap_about *about)
{
    char seed[24], profile[128];
    capp_block block = capp_block_begin(file->out, CAPP_SECTION, CAPP_BLOCK_MAX);
    snprintf(seed, sizeof seed, "%" PRIu64, about->seed);
    capp_put32(&block, MAGIC);
    capp_put16(&block, 1);
    capp_put16(&block, 0);
    capp_put64(&block, UINT64_MAX); /* how long it is, stands nowhere */
    capp_put_text(&block, SHB_HARDWARE, "simnet");
    capp_put_text(&block, SHB_OS, "virtual time");
    capp_put_text(&block, SHB_APPLICATION, "castanet " CASTANET_VERSION);
    put_comment(&block, "program", about->program);
    put_comment(&block, "scenario", about->scenario);
    put_comment(&block, "seed", about->has_seed ? seed : NULL);
    put_comment(&block, "schedule", about->schedule);
    put_comment(&block, "profile", cas_profile_text(sim_world_profile(file->world), profile, sizeof profile));
    put_comment(&block, "repeat", about->command);
    put_comment(&block, "host", file->only_name);
    put_comment(&block, "time", "virtual, 0 is 2000-01-01T00:00:00Z");
    capp_put_option(&block, CAPP_OPT_END, NULL, 0);
    capp_block_end(&block);
}

/* ---- interfaces ---- */

static void write_bytes(simp_ip ip, uint8_t bytes[16])
{
    for (unsigned i = 0; i < 8; i++) {
        bytes[i] = (uint8_t)(ip.high >> (56 - 8 * i));
        bytes[8 + i] = (uint8_t)(ip.low >> (56 - 8 * i));
    }
}

static void put_addresses(capp_block *block, const simp_interface *interface)
{
    for (const simp_interface_address *at = interface->addresses; at != NULL; at = at->next) {
        uint8_t bytes[24];
        unsigned bits = (unsigned)at->node.note;
        write_bytes(at->ip, bytes);
        if (simp_ip_is_v4(at->ip)) {
            uint32_t mask = bits <= 96 ? 0 : UINT32_MAX << (128 - bits);
            for (unsigned i = 0; i < 4; i++)
                bytes[16 + i] = (uint8_t)(mask >> (24 - 8 * i));
            capp_put_option(block, IF_IPV4, bytes + 12, 8);
        } else {
            bytes[16] = (uint8_t)bits;
            capp_put_option(block, IF_IPV6, bytes, 17);
        }
    }
}

static void write_interface(capp_pcapng *file, const simp_interface *interface)
{
    char name[NAME_MAX_BYTES], description[NAME_MAX_BYTES + 16];
    const char *link = interface->link == NULL ? "lo" : interface->link->name;
    uint32_t host = interface->host->index;
    const uint8_t resolution = 9, mac[6] = {2, 0, 0, (uint8_t)(host >> 8), (uint8_t)host, 0};
    uint8_t speed[8];
    uint64_t rate = interface->path.line == NULL ? 0 : interface->path.line->rate_bps;
    capp_block block = capp_block_begin(file->out, CAPP_INTERFACE, CAPP_BLOCK_MAX);
    snprintf(name, sizeof name, "%.150s.%.150s", interface->host->name, link);
    snprintf(description, sizeof description, "host %.150s, link %.150s", interface->host->name, link);
    capp_store32(capp_store32(speed, (uint32_t)rate), (uint32_t)(rate >> 32));
    capp_put16(&block, ETHERNET);
    capp_put16(&block, 0);
    capp_put32(&block, SNAP_LEN_ALL);
    capp_put_text(&block, IF_NAME, name);
    capp_put_text(&block, IF_DESCRIPTION, description);
    put_addresses(&block, interface);
    capp_put_option(&block, IF_MAC, mac, sizeof mac);
    if (rate != 0)
        capp_put_option(&block, IF_SPEED, speed, sizeof speed);
    capp_put_option(&block, IF_TSRESOL, &resolution, 1);
    capp_put_option(&block, CAPP_OPT_END, NULL, 0);
    capp_block_end(&block);
}

static uint32_t add_interface(capp_pcapng *file, const simp_interface *interface)
{
    cas_allocator *memory = cas_allocator_system();
    if (file->interface_count == file->interface_capacity) {
        size_t more = file->interface_capacity * 2 + 16, size = sizeof *file->interfaces;
        void *larger = memory->resize(memory, file->interfaces, file->interface_capacity * size, more * size);
        if (larger == NULL) {
            file->refused = true;
            return CAPP_NO_INTERFACE;
        }
        file->interfaces = larger;
        file->interface_capacity = more;
    }
    file->interfaces[file->interface_count] = (capp_interface_count){.interface = interface};
    write_interface(file, interface);
    return (uint32_t)file->interface_count++;
}

static bool is_told(const capp_pcapng *file, const sim_host *host)
{
    return file->only_name[0] == '\0' || file->only == host;
}

static bool is_it(const capp_pcapng *file, uint32_t number, const sim_host *host, unsigned index)
{
    const simp_interface *known = file->interfaces[number].interface;
    return known->host == host && known->index == index;
}

static uint32_t find(capp_pcapng *file, const sim_host *host, unsigned index)
{
    const simp_interface *interface = host->interfaces;
    for (size_t i = file->interface_count; i-- > 0;) {
        if (is_it(file, (uint32_t)i, host, index))
            return (uint32_t)i;
    }
    while (interface != NULL && interface->index != index)
        interface = interface->next;
    return interface == NULL ? CAPP_NO_INTERFACE : add_interface(file, interface);
}

uint32_t capp_pcapng_interface(capp_pcapng *file, const sim_host *host, unsigned index)
{
    if (file->hosts_known <= host->index)
        capp_pcapng_meet(file);
    if (file->hosts_known <= host->index)
        return CAPP_NO_INTERFACE;
    uint32_t *cached = &file->last[host->index];
    if (*cached >= file->interface_count || !is_it(file, *cached, host, index))
        *cached = find(file, host, index);
    return *cached;
}

/* ---- names ---- */

static void put_name(capp_block *block, const simp_interface_address *address, const char *name)
{
    uint8_t record[16 + NAME_MAX_BYTES];
    bool is_v4 = simp_ip_is_v4(address->ip);
    size_t skip = is_v4 ? 12 : 0;
    write_bytes(address->ip, record);
    snprintf((char *)record + 16, NAME_MAX_BYTES, "%.200s", name);
    size_t len = 16 - skip + strlen((char *)record + 16) + 1;
    capp_put_option(block, is_v4 ? NRB_IPV4 : NRB_IPV6, record + skip, len);
}

/* One name a record, which is what readers expect. */
static void write_names(capp_pcapng *file, const sim_host *host)
{
    capp_block block = capp_block_begin(file->out, CAPP_NAMES, CAPP_BLOCK_MAX);
    for (const simp_interface *i = host->interfaces; i != NULL; i = i->next) {
        for (const simp_interface_address *at = i->addresses; at != NULL && i->link != NULL; at = at->next)
            put_name(&block, at, host->name);
    }
    capp_put_option(&block, CAPP_OPT_END, NULL, 0); /* of records; there are no options */
    capp_block_end(&block);
}

static bool remember_hosts(capp_pcapng *file, uint32_t count)
{
    cas_allocator *memory = cas_allocator_system();
    size_t size = sizeof *file->last;
    uint32_t *larger = memory->resize(memory, file->last, file->hosts_known * size, count * size);
    if (larger == NULL) {
        file->refused = true;
        return false;
    }
    file->last = larger;
    file->hosts_known = count;
    return true;
}

void capp_pcapng_meet(capp_pcapng *file)
{
    const sim_world *world = file->world;
    uint32_t first = file->hosts_known;
    if (!remember_hosts(file, world->host_count))
        return;
    for (uint32_t h = first; h < world->host_count; h++) {
        file->last[h] = (uint32_t)file->interface_count;
        for (const simp_interface *i = world->hosts[h]->interfaces; i != NULL; i = i->next) {
            if (i->link != NULL && is_told(file, i->host))
                add_interface(file, i);
        }
    }
    for (uint32_t h = first; h < world->host_count; h++)
        write_names(file, world->hosts[h]);
}

/* ---- statistics ---- */

static void put_time_option(capp_block *block, uint16_t code, uint64_t ns)
{
    uint8_t bytes[8];
    capp_store32(capp_store32(bytes, (uint32_t)(ns >> 32)), (uint32_t)ns);
    capp_put_option(block, code, bytes, sizeof bytes);
}

static void put_count_option(capp_block *block, uint16_t code, uint64_t count)
{
    put_time_option(block, code, count << 32 | count >> 32); /* counts stand low half first */
}

void capp_pcapng_statistics(capp_pcapng *file, uint64_t end_ns)
{
    for (size_t i = 0; i < file->interface_count; i++) {
        capp_block block = capp_block_begin(file->out, CAPP_STATISTICS, CAPP_BLOCK_MAX);
        capp_put32(&block, (uint32_t)i);
        capp_put_time(&block, capp_stamp(end_ns));
        put_time_option(&block, ISB_START, capp_stamp(0));
        put_time_option(&block, ISB_END, capp_stamp(end_ns));
        put_count_option(&block, ISB_RECEIVED, file->interfaces[i].frames);
        put_count_option(&block, ISB_DROPPED, file->interfaces[i].lost);
        capp_put_option(&block, CAPP_OPT_END, NULL, 0);
        capp_block_end(&block);
    }
}
