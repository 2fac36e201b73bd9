/* SPDX-License-Identifier: MIT
 *
 * Where bytes go: a file that is written beside its name and renamed when it is complete, or a stream that
 * somebody has open.
 *
 * Invariants:
 *  1. The file under its own name is complete.  Whatever fails, "<path>.part" is not left behind, but by a
 *     process that ends without a word: then it holds whole records.
 *  2. The buffer holds whole records, so that what is flushed at any moment can be read.
 *  3. The first write that fails is remembered, and those behind it are not tried.
 */
#ifndef PCAP_OUT_H
#define PCAP_OUT_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "castanet/sim_world.h"

/* The longest record. */
enum { CAPP_OUT_ROOM = 1 << 18 };

typedef struct capp_out capp_out;

/* 0 or a WSAE code, with what, why and fix in error (NULL: nobody asks). */
int capp_out_open(const char *path, capp_out **out, sim_error *error);
/* On a stream, which stays the caller's and open. */
int capp_out_wrap(FILE *stream, capp_out **out, sim_error *error);

/* WSAENOBUFS, for a trace that could not be begun. */
int capp_no_memory(sim_error *error);

/* Room for a record of up to len bytes, at most CAPP_OUT_ROOM, in one piece ... */
uint8_t *capp_out_room(capp_out *, size_t len);
/* ... of which so many are kept. */
void capp_out_keep(capp_out *, size_t len);
/* A record that lies elsewhere, of any length. */
void capp_out_write(capp_out *, const void *bytes, size_t len);
/* A record of text, cut at CAPP_OUT_ROOM. */
#if defined(__GNUC__)
__attribute__((format(printf, 2, 3)))
#endif
void capp_out_print(capp_out *, const char *format, ...);

/* A stream on the same file, for a library that wants one; the caller closes it first.  NULL: no memory, or
 * no descriptor. */
FILE *capp_out_stream(capp_out *);
/* It could not be written, for this errno; the first one counts. */
void capp_out_break(capp_out *, int number);

/* Hands over what the buffer holds.  On a file it is async-signal-safe. */
void capp_out_flush(capp_out *);
/* Completes and frees it; NULL is ignored.  Of a failed write the first is told. */
int capp_out_close(capp_out *, sim_error *error);
/* Frees it; a file is gone. */
void capp_out_discard(capp_out *);

#endif
