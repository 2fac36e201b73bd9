/* SPDX-License-Identifier: MIT
 *
 * See files.h.
 */
#include "tool/files.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "tool/program.h"

static const char *fix_of(int number)
{
    switch (number) {
    case ENOENT:
    case ENOTDIR: return "name a file in a folder that exists";
    case EACCES:
    case EPERM:
    case EROFS: return "name a place that this user may use";
    case ENOSPC: return "free some space, or name another disk";
    case EISDIR: return "name a file, not a folder";
    default: return "name another file";
    }
}

static int complain(const char *verb, const char *path)
{
    int number = errno != 0 ? errno : EIO;
    return tool_complain(TOOL_USAGE, strerror(number), fix_of(number), "%s cannot be %s", path, verb);
}

/* ---- reading ---- */

static int read_stream(FILE *stream, const char *path, char **text, size_t *len)
{
    char *all = malloc(FILES_BYTES_MAX);
    if (all == NULL)
        return tool_no_memory();
    errno = 0;
    *len = fread(all, 1, FILES_BYTES_MAX, stream);
    if (ferror(stream)) {
        free(all);
        return complain("read", path);
    }
    char *fitting = realloc(all, *len + 1);
    *text = fitting != NULL ? fitting : all;
    return 0;
}

int file_read(const char *path, char **text, size_t *len)
{
    errno = 0;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL)
        return complain("read", path);
    int code = read_stream(stream, path, text, len);
    fclose(stream);
    return code;
}

/* ---- writing ---- */

int folder_make(const char *path)
{
    char part[FILES_PATH_MAX];
    struct stat found;
    if (strlen(path) >= sizeof part || path[0] == '\0') {
        errno = path[0] == '\0' ? ENOENT : ENAMETOOLONG;
        return complain("made", path);
    }
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return complain("made", part);
    }
    errno = ENOTDIR;
    return stat(path, &found) == 0 && S_ISDIR(found.st_mode) ? 0 : complain("made", path);
}

int file_open(file_writer *w, const char *path)
{
    errno = ENAMETOOLONG;
    if (strlen(path) >= sizeof w->path)
        return complain("written", path);
    snprintf(w->path, sizeof w->path, "%s", path);
    snprintf(w->part, sizeof w->part, "%s.part", path);
    errno = 0;
    w->stream = fopen(w->part, "wb");
    return w->stream != NULL ? 0 : complain("written", path);
}

int file_close(file_writer *w)
{
    errno = 0;
    bool is_written = fflush(w->stream) == 0 && !ferror(w->stream);
    is_written = fclose(w->stream) == 0 && is_written;
    if (is_written && rename(w->part, w->path) == 0)
        return 0;
    int code = complain("written", w->path);
    remove(w->part);
    return code;
}

/* ---- schedules ---- */

static void write_to_stream(void *context, const char *text, size_t len) { fwrite(text, 1, len, context); }

sim_sink sink_of_stream(FILE *stream) { return (sim_sink){write_to_stream, stream}; }

int schedule_save(const sim_schedule *schedule, const char *path, const char *comment)
{
    file_writer w;
    int code = file_open(&w, path);
    if (code != 0)
        return code;
    for (const char *at = comment; *at != '\0';) {
        size_t len = strcspn(at, "\n");
        fprintf(w.stream, "# %.*s\n", (int)len, at);
        at += len + (at[len] == '\n');
    }
    sim_schedule_write(schedule, sink_of_stream(w.stream));
    return file_close(&w);
}
