/* SPDX-License-Identifier: MIT
 *
 * What takes bytes from anywhere, as functions of bytes.  Each runs one input in a world of its own; a
 * promise that is broken ends the program.  With CASTANET_FUZZ each becomes a libFuzzer program
 * (fuzz_main.c); the corpus is replayed without it, by tests/test_fuzz_corpus.c.
 *
 *     CC=clang cmake -B build/fuzz -DCASTANET_FUZZ=ON && cmake --build build/fuzz
 *     build/fuzz/tests/fuzz/fuzz_tcp -max_total_time=600 tests/fuzz/corpus/tcp
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Packets for the reader: what it takes is written again as it was read, and lies within its bytes. */
void fuzz_wire(const uint8_t *data, size_t size);
/* Segments to a connection in one of its states, between calls of its program and time that passes; the
 * invariants are verified after every event, and no reset is answered by a reset. */
void fuzz_tcp(const uint8_t *data, size_t size);
/* Fragments of either family; in the end none is kept. */
void fuzz_reassembly(const uint8_t *data, size_t size);
/* Choices of order for a sound program: it gets done. */
void fuzz_order(const uint8_t *data, size_t size);
/* A schedule: refused with words for it, or written again as it was read, and replayed. */
void fuzz_schedule(const uint8_t *data, size_t size);

/* Ends the program unless ok, and says what was promised. */
void fuzz_demand(bool ok, const char *promise);

/* ---- reading the input; behind its end there are zeros ---- */

typedef struct fuzz_input {
    const uint8_t *at, *end;
} fuzz_input;

static inline uint8_t fuzz_take8(fuzz_input *in) { return in->at < in->end ? *in->at++ : 0; }

static inline uint16_t fuzz_take16(fuzz_input *in)
{
    uint16_t low = fuzz_take8(in);
    return (uint16_t)(low | fuzz_take8(in) << 8);
}

#endif
