/* SPDX-License-Identifier: MIT
 *
 * Blocks of pcapng (draft-ietf-opsawg-pcapng), little-endian on every machine.
 *
 * A block is built in place, in the buffer that is written: begin, fields and options, end.  What is too
 * long for it is cut, so that a block is always whole.
 */
#ifndef PCAP_PCAPNG_BLOCK_H
#define PCAP_PCAPNG_BLOCK_H

#include "pcap/out.h"

typedef enum capp_block_type {
    CAPP_SECTION = 0x0A0D0D0A,
    CAPP_INTERFACE = 1,
    CAPP_NAMES = 4,
    CAPP_STATISTICS = 5,
    CAPP_FRAME = 6,
    CAPP_JOURNAL = 9
} capp_block_type;

/* Options have numbers of their own in each block, but these two. */
enum { CAPP_OPT_END = 0, CAPP_OPT_COMMENT = 1 };

typedef struct capp_block {
    capp_out *out;
    uint8_t *start;
    size_t used, capacity; /* without room for the end */
} capp_block;

static inline uint8_t *capp_store16(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    return at + 2;
}

static inline uint8_t *capp_store32(uint8_t *at, uint32_t value)
{
    at[0] = (uint8_t)value;
    at[1] = (uint8_t)(value >> 8);
    at[2] = (uint8_t)(value >> 16);
    at[3] = (uint8_t)(value >> 24);
    return at + 4;
}

/* A block of at most so many bytes. */
capp_block capp_block_begin(capp_out *, capp_block_type, size_t capacity);
void capp_block_end(capp_block *);

void capp_put16(capp_block *, uint32_t value);
void capp_put32(capp_block *, uint32_t value);
void capp_put64(capp_block *, uint64_t value);
/* Bytes that stand there already, filled up to a multiple of 4. */
void capp_pad(capp_block *, size_t len);
/* Bytes, filled up to a multiple of 4. */
void capp_put_bytes(capp_block *, const void *bytes, size_t len);
void capp_put_option(capp_block *, uint16_t code, const void *value, size_t len);
/* No option at all where text is NULL or empty. */
void capp_put_text(capp_block *, uint16_t code, const char *text);

#endif
