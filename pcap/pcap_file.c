/* SPDX-License-Identifier: MIT
 *
 * A capture file in libpcap's classic format with nanoseconds: each packet once, when its sender puts it on
 * the wire, also when it is lost afterwards.
 *
 * Invariants:
 *  1. The file under its own name is complete: it is written as "<path>.part" and renamed at the end.
 *  2. Whatever fails, no part file is left behind.
 *  3. The bytes depend on the run alone; no name, clock or number of the machine is among them.
 *
 * A failed write is noticed when the capture is closed, not at the packet, because an observer cannot fail.
 */
#include "castanet/capture.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include <pcap/pcap.h>

/* What readers accept for every link type, and more than a frame ever has. */
#define SNAPSHOT_LEN 262144
#define BUFFER_LEN ((size_t)1 << 20)
#define NS_PER_S 1000000000u
#define PART_SUFFIX ".part"

struct cap_file {
    sim_observer observer; /* first, so that the observer's address is the capture's */
    sim_world *world;
    size_t size; /* of this block */
    pcap_t *pcap;
    pcap_dumper_t *dumper; /* owns stream once it exists */
    FILE *stream;
    char *path, *part_path; /* behind the buffer */
    uint8_t frame[SIM_FRAME_MAX];
    char buffer[BUFFER_LEN];
    char text[];
};

static int code_of_errno(int number)
{
    switch (number) {
    case EACCES:
    case EPERM:
    case EROFS: return WSAEACCES;
    case EMFILE:
    case ENFILE: return WSAEMFILE;
    case ENAMETOOLONG: return WSAENAMETOOLONG;
    case ENOMEM:
    case ENOSPC:
    case EDQUOT: return WSAENOBUFS;
    default: return WSAEINVAL;
    }
}

static const char *fix_of_errno(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR: return "create the folder first, or name a file in a folder that exists";
    case EACCES:
    case EPERM:
    case EROFS: return "name a file in a folder that this user may write";
    case ENOSPC:
    case EDQUOT: return "free some space, or name a file on another disk";
    case EISDIR: return "name a file, not a folder";
    default: return "name another file";
    }
}

static int fail(sim_error *error, const char *what, const char *path, int number)
{
    int code = code_of_errno(number);
    if (error == NULL)
        return code;
    error->code = code;
    snprintf(error->what, sizeof error->what, "capture file %s %s", path, what);
    snprintf(error->why, sizeof error->why, "%s", strerror(number));
    snprintf(error->fix, sizeof error->fix, "%s", fix_of_errno(number));
    return code;
}

static void on_sent(sim_observer *observer, const sim_world *world, const sim_packet *packet,
                    const sim_host *from, sim_fate fate)
{
    cap_file *file = (cap_file *)observer;
    uint64_t now_ns = sim_world_now(world);
    size_t len = sim_packet_frame(packet, file->frame, sizeof file->frame);
    struct pcap_pkthdr header;
    (void)from, (void)fate;

    memset(&header, 0, sizeof header);
    header.ts.tv_sec = (time_t)(CAP_EPOCH_S + now_ns / NS_PER_S);
    header.ts.tv_usec = (suseconds_t)(now_ns % NS_PER_S); /* nanoseconds: the handle was opened so */
    header.len = (bpf_u_int32)len;
    header.caplen = (bpf_u_int32)(len < sizeof file->frame ? len : sizeof file->frame);
    pcap_dump((u_char *)file->dumper, &header, file->frame);
}

/* Ends everything but the block; the stream takes its buffer along, so it goes first. */
static void close_handles(cap_file *file)
{
    if (file->dumper != NULL)
        pcap_dump_close(file->dumper);
    else if (file->stream != NULL)
        fclose(file->stream);
    if (file->pcap != NULL)
        pcap_close(file->pcap);
    file->dumper = NULL;
    file->stream = NULL;
    file->pcap = NULL;
}

static void release(cap_file *file) { cas_free(cas_allocator_system(), file, file->size); }

static cap_file *allocate(const char *path)
{
    size_t path_size = strlen(path) + 1;
    size_t size = sizeof(cap_file) + 2 * path_size + sizeof PART_SUFFIX;
    cap_file *file = cas_alloc(cas_allocator_system(), size);
    if (file == NULL)
        return NULL;
    memset(file, 0, offsetof(cap_file, frame));
    file->size = size;
    file->path = file->text;
    file->part_path = file->text + path_size;
    memcpy(file->path, path, path_size);
    memcpy(file->part_path, path, path_size - 1);
    memcpy(file->part_path + path_size - 1, PART_SUFFIX, sizeof PART_SUFFIX);
    return file;
}

/* 0, or errno's number. */
static int open_handles(cap_file *file)
{
    file->stream = fopen(file->part_path, "wb");
    if (file->stream == NULL)
        return errno;
    setvbuf(file->stream, file->buffer, _IOFBF, sizeof file->buffer);
    file->pcap = pcap_open_dead_with_tstamp_precision(DLT_EN10MB, SNAPSHOT_LEN, PCAP_TSTAMP_PRECISION_NANO);
    if (file->pcap == NULL)
        return ENOMEM;
    errno = 0;
    file->dumper = pcap_dump_fopen(file->pcap, file->stream);
    if (file->dumper != NULL)
        return 0;
    return errno != 0 ? errno : EIO;
}

int cap_file_open(sim_world *world, const char *path, cap_file **out, sim_error *error)
{
    static const char what[] = "could not be created";
    if (path == NULL || path[0] == '\0')
        return fail(error, what, "(no name)", ENOENT);
    cap_file *file = allocate(path);
    if (file == NULL)
        return fail(error, what, path, ENOMEM);
    int number = open_handles(file);
    if (number != 0) {
        int code = fail(error, what, path, number);
        bool was_created = file->stream != NULL;
        close_handles(file);
        if (was_created)
            remove(file->part_path);
        release(file);
        return code;
    }
    file->world = world;
    file->observer.on_sent = on_sent;
    sim_world_add_observer(world, &file->observer);
    *out = file;
    return 0;
}

/* Brings every byte to the file; 0, or errno's number. */
static int flush(cap_file *file)
{
    errno = 0;
    bool is_complete = pcap_dump_flush(file->dumper) == 0 && !ferror(file->stream);
    if (is_complete)
        return 0;
    return errno != 0 ? errno : EIO; /* an error of an earlier write left no number behind */
}

int cap_file_close(cap_file *file, sim_error *error)
{
    int code = 0;
    if (file == NULL)
        return 0;
    sim_world_remove_observer(file->world, &file->observer);
    int number = flush(file);
    close_handles(file);
    if (number != 0)
        code = fail(error, "could not be written", file->path, number);
    else if (rename(file->part_path, file->path) != 0)
        code = fail(error, "could not get its name when it was finished", file->path, errno);
    if (code != 0)
        remove(file->part_path);
    release(file);
    return code;
}

void cap_file_discard(cap_file *file)
{
    if (file == NULL)
        return;
    sim_world_remove_observer(file->world, &file->observer);
    close_handles(file);
    remove(file->part_path);
    release(file);
}
