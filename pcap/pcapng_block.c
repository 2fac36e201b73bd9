/* SPDX-License-Identifier: MIT
 *
 * See pcapng_block.h.
 */
#include "pcap/pcapng_block.h"

#include <string.h>

enum { HEAD = 8, TAIL = 8 /* the end of options, the length again */, OPTION_HEAD = 4, OPTION_MAX = 65535 };

static size_t padded(size_t len) { return (len + 3) & ~(size_t)3; }

capp_block capp_block_begin(capp_out *out, capp_block_type type, size_t capacity)
{
    size_t most = capacity < CAPP_OUT_ROOM ? capacity : CAPP_OUT_ROOM;
    capp_block block = {.out = out, .start = capp_out_room(out, most), .used = HEAD, .capacity = most - TAIL};
    capp_store32(block.start, (uint32_t)type);
    return block;
}

void capp_block_end(capp_block *block)
{
    uint32_t len = (uint32_t)(block->used + 4);
    capp_store32(block->start + 4, len);
    capp_store32(block->start + block->used, len);
    capp_out_keep(block->out, len);
}

void capp_put16(capp_block *block, uint32_t value)
{
    capp_store16(block->start + block->used, value);
    block->used += 2;
}

void capp_put32(capp_block *block, uint32_t value)
{
    capp_store32(block->start + block->used, value);
    block->used += 4;
}

void capp_put64(capp_block *block, uint64_t value)
{
    capp_put32(block, (uint32_t)value);
    capp_put32(block, (uint32_t)(value >> 32));
}

void capp_pad(capp_block *block, size_t len)
{
    memset(block->start + block->used + len, 0, padded(len) - len);
    block->used += padded(len);
}

void capp_put_bytes(capp_block *block, const void *bytes, size_t len)
{
    memcpy(block->start + block->used, bytes, len);
    capp_pad(block, len);
}

void capp_put_option(capp_block *block, uint16_t code, const void *value, size_t len)
{
    size_t room = block->capacity - block->used;
    if (room < OPTION_HEAD + 4)
        return;
    if (len > room - OPTION_HEAD - 3)
        len = room - OPTION_HEAD - 3;
    if (len > OPTION_MAX)
        len = OPTION_MAX;
    capp_put16(block, code);
    capp_put16(block, (uint32_t)len);
    if (len > 0)
        capp_put_bytes(block, value, len);
}

void capp_put_text(capp_block *block, uint16_t code, const char *text)
{
    if (text != NULL && text[0] != '\0')
        capp_put_option(block, code, text, strlen(text));
}
