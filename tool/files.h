/* SPDX-License-Identifier: MIT
 *
 * Files that are read whole, and written beside their place and then renamed: nobody sees half of one.
 *
 * What goes wrong is told; the functions return 0 or TOOL_USAGE.
 */
#ifndef TOOL_FILES_H
#define TOOL_FILES_H

#include <stdio.h>

#include "castanet/sim_schedule.h"

enum { FILES_PATH_MAX = 1024, FILES_BYTES_MAX = 17 << 20 };

/* malloc'ed.  Of a longer file no more than FILES_BYTES_MAX bytes. */
int file_read(const char *path, char **text, size_t *len);

/* Makes the folder, and those above it. */
int folder_make(const char *path);

typedef struct file_writer {
    FILE *stream;
    char path[FILES_PATH_MAX], part[FILES_PATH_MAX + 8];
} file_writer;

int file_open(file_writer *, const char *path);
int file_close(file_writer *); /* now it is there */

/* To a stream. */
sim_sink sink_of_stream(FILE *);
int schedule_save(const sim_schedule *, const char *path, const char *comment);

#endif
