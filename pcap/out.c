/* SPDX-License-Identifier: MIT
 *
 * See out.h.
 */
#include "pcap/out.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "castanet/alloc.h"

#define PART_SUFFIX ".part"

struct capp_out {
    FILE *stream; /* NULL: fd */
    int fd;
    int number; /* errno of the first write that failed; 0: none */
    size_t used;
    size_t size;       /* of this block */
    char *path, *part; /* NULL: a stream */
    uint8_t buffer[CAPP_OUT_ROOM];
    char text[];
};

/* ---- errors ---- */

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
    snprintf(error->what, sizeof error->what, "%s %s", path, what);
    snprintf(error->why, sizeof error->why, "%s", strerror(number));
    snprintf(error->fix, sizeof error->fix, "%s", fix_of_errno(number));
    return code;
}

int capp_no_memory(sim_error *error) { return fail(error, "could not be begun", "the trace", ENOMEM); }

/* ---- opening ---- */

static capp_out *allocate(const char *path)
{
    size_t path_size = strlen(path) + 1, size = sizeof(capp_out) + 2 * path_size + sizeof PART_SUFFIX;
    capp_out *out = cas_alloc(cas_allocator_system(), size);
    if (out == NULL)
        return NULL;
    memset(out, 0, offsetof(capp_out, buffer));
    out->size = size;
    out->path = out->text;
    out->part = out->text + path_size;
    memcpy(out->path, path, path_size);
    memcpy(out->part, path, path_size - 1);
    memcpy(out->part + path_size - 1, PART_SUFFIX, sizeof PART_SUFFIX);
    return out;
}

static void release(capp_out *out) { cas_free(cas_allocator_system(), out, out->size); }

/* A folder would only be noticed when the file gets its name. */
static int open_part(capp_out *out)
{
    struct stat there;
    if (stat(out->path, &there) == 0 && S_ISDIR(there.st_mode))
        return EISDIR;
    out->fd = open(out->part, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
    return out->fd < 0 ? errno : 0;
}

int capp_out_open(const char *path, capp_out **result, sim_error *error)
{
    static const char what[] = "could not be created";
    if (path == NULL || path[0] == '\0')
        return fail(error, what, "(no name)", ENOENT);
    capp_out *out = allocate(path);
    if (out == NULL)
        return fail(error, what, path, ENOMEM);
    int number = open_part(out);
    if (number != 0) {
        release(out);
        return fail(error, what, path, number);
    }
    *result = out;
    return 0;
}

int capp_out_wrap(FILE *stream, capp_out **result, sim_error *error)
{
    capp_out *out = allocate("");
    if (out == NULL)
        return fail(error, "could not be begun", "the output", ENOMEM);
    out->stream = stream;
    out->fd = -1;
    out->path = out->part = NULL;
    *result = out;
    return 0;
}

/* ---- writing ---- */

static void hand_over(capp_out *out, const uint8_t *bytes, size_t len)
{
    if (out->stream != NULL && out->number == 0 && fwrite(bytes, 1, len, out->stream) != len)
        out->number = errno != 0 ? errno : EIO;
    while (out->stream == NULL && out->number == 0 && len > 0) {
        ssize_t written = write(out->fd, bytes, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            out->number = written < 0 ? errno : ENOSPC;
            return;
        }
        bytes += written;
        len -= (size_t)written;
    }
}

void capp_out_flush(capp_out *out)
{
    size_t used = out->used;
    out->used = 0;
    hand_over(out, out->buffer, used);
}

uint8_t *capp_out_room(capp_out *out, size_t len)
{
    if (sizeof out->buffer - out->used < len)
        capp_out_flush(out);
    return out->buffer + out->used;
}

void capp_out_keep(capp_out *out, size_t len) { out->used += len; }

void capp_out_write(capp_out *out, const void *bytes, size_t len)
{
    if (len > sizeof out->buffer) {
        capp_out_flush(out);
        hand_over(out, bytes, len);
        return;
    }
    memcpy(capp_out_room(out, len), bytes, len);
    out->used += len;
}

void capp_out_print(capp_out *out, const char *format, ...)
{
    va_list arguments, again;
    va_start(arguments, format);
    va_copy(again, arguments);
    size_t room = sizeof out->buffer - out->used;
    int len = vsnprintf((char *)out->buffer + out->used, room, format, arguments);
    if (len >= 0 && (size_t)len >= room) {
        capp_out_flush(out);
        room = sizeof out->buffer;
        len = vsnprintf((char *)out->buffer, room, format, again);
    }
    if (len > 0)
        out->used += (size_t)len < room ? (size_t)len : room - 1;
    va_end(again);
    va_end(arguments);
}

FILE *capp_out_stream(capp_out *out)
{
    int copy = fcntl(out->fd, F_DUPFD_CLOEXEC, 0);
    FILE *stream = copy < 0 ? NULL : fdopen(copy, "wb");
    if (stream == NULL && copy >= 0)
        close(copy);
    return stream;
}

void capp_out_break(capp_out *out, int number)
{
    if (out->number == 0)
        out->number = number;
}

/* ---- closing ---- */

int capp_out_close(capp_out *out, sim_error *error)
{
    if (out == NULL)
        return 0;
    const char *path = out->path != NULL ? out->path : "the output";
    capp_out_flush(out);
    if (out->stream != NULL && out->number == 0 && fflush(out->stream) != 0)
        out->number = errno;
    if (out->fd >= 0 && close(out->fd) != 0 && out->number == 0)
        out->number = errno;
    int code = 0;
    if (out->number != 0)
        code = fail(error, "could not be written", path, out->number);
    else if (out->path != NULL && rename(out->part, out->path) != 0)
        code = fail(error, "could not get its name when it was finished", path, errno);
    if (code != 0 && out->part != NULL)
        unlink(out->part);
    release(out);
    return code;
}

void capp_out_discard(capp_out *out)
{
    if (out == NULL)
        return;
    if (out->fd >= 0) {
        close(out->fd);
        unlink(out->part);
    }
    release(out);
}
