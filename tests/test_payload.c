/* SPDX-License-Identifier: MIT
 *
 * The hash of payload: the one that is defined here word by word, on every machine; and what it notices.
 */
#include <string.h>

#include "simnet/world/payload.h"
#include "simnet/world/random.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum { BYTES = 4200, SUMMED_FROM = 512 };

static void fill(uint8_t bytes[BYTES])
{
    simp_stream stream;
    simp_stream_init(&stream, fixture_seed(), "payload", "bytes");
    for (unsigned i = 0; i < BYTES; i++)
        bytes[i] = (uint8_t)simp_stream_next(&stream);
}

static uint64_t word_at(const uint8_t *at)
{
    uint64_t word = 0;
    for (unsigned i = 0; i < 8; i++)
        word |= (uint64_t)at[i] << 8 * i;
    return word;
}

static void put_word(uint8_t *at, uint64_t word)
{
    for (unsigned i = 0; i < 8; i++)
        at[i] = (uint8_t)(word >> 8 * i);
}

/* Eight lanes of sums, eight of their sums, and the rest of the bytes up to 64. */
static uint64_t defined_hash(const uint8_t *bytes, uint64_t len)
{
    uint64_t sums[16] = {0};
    uint8_t all[192] = {0};
    if (len < SUMMED_FROM)
        return simp_hash_bytes(0, bytes, len);
    for (uint64_t word = 0; word < len / 64 * 8; word++) {
        sums[word % 8] += word_at(bytes + 8 * word);
        sums[8 + word % 8] += sums[word % 8];
    }
    for (unsigned i = 0; i < 16; i++)
        put_word(all + i * 8, sums[i]);
    memcpy(all + 128, bytes + len / 64 * 64, len % 64);
    return simp_hash_bytes(len, all, sizeof all);
}

static void hash_is_that_of_the_definition(void)
{
    uint8_t bytes[BYTES];
    fill(bytes);
    for (uint64_t len = 0; len <= BYTES - 8; len += len < 700 ? 1 : 61) {
        for (unsigned shift = 0; shift < 8; shift += 3) {
            if (!EXPECT_TRUE(simp_hash_payload(bytes + shift, len) == defined_hash(bytes + shift, len)))
                return;
        }
    }
}

static void every_byte_counts(void)
{
    uint8_t bytes[BYTES];
    fill(bytes);
    uint64_t whole = simp_hash_payload(bytes, 1448);
    for (unsigned i = 0; i < 1448; i++) {
        bytes[i] ^= 1;
        EXPECT_TRUE(simp_hash_payload(bytes, 1448) != whole);
        bytes[i] ^= 1;
    }
    EXPECT_TRUE(simp_hash_payload(bytes, 1447) != whole);
    EXPECT_TRUE(simp_hash_payload(bytes, 1449) != whole);
}

static void order_of_words_and_blocks_counts(void)
{
    uint8_t bytes[BYTES], moved[BYTES];
    fill(bytes);
    uint64_t whole = simp_hash_payload(bytes, 4096);
    for (unsigned size = 8; size <= 1024; size *= 2) {
        for (unsigned from = 0; from + 2 * size <= 4096; from += size) {
            memcpy(moved, bytes, sizeof moved);
            memcpy(moved + from, bytes + from + size, size);
            memcpy(moved + from + size, bytes + from, size);
            EXPECT_TRUE(simp_hash_payload(moved, 4096) != whole);
        }
    }
}

const test_case test_payload[] = {TEST(hash_is_that_of_the_definition), TEST(every_byte_counts),
                                  TEST(order_of_words_and_blocks_counts), TEST_END};
