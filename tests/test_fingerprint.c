/* SPDX-License-Identifier: MIT
 *
 * The fingerprint: whatever differs in a log of records, as plain as they are in runs, makes another digest.
 */
#include <stdlib.h>
#include <string.h>

#include "simnet/world/fingerprint.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"

enum { RECORDS = 300, WORDS = 4, STEPS = 24, DIGESTS = RECORDS * WORDS * STEPS + RECORDS };

/* when, what, value, and the hash of payload. */
typedef uint64_t record[WORDS];

typedef struct digest {
    uint8_t bytes[SIMP_FINGERPRINT_DIGEST];
} digest;

static void fill(record log[RECORDS])
{
    for (uint64_t i = 0; i < RECORDS; i++) {
        log[i][0] = i / 3 * 1000000;
        log[i][1] = (i % 4 + 1) << 56 | (i % 5) << 32 | i % 7;
        log[i][2] = i % 2 == 0 ? i : 64;
        log[i][3] = i % 8 == 0 ? i : 0;
    }
}

static digest digest_of(record log[RECORDS], unsigned count)
{
    simp_fingerprint f;
    digest result;
    simp_fingerprint_init(&f, fixture_seed());
    for (unsigned i = 0; i < count; i++) {
        if (log[i][3] != 0)
            simp_fingerprint_prepare(&f, log[i][3]);
        simp_fingerprint_absorb(&f, log[i][0], log[i][1], log[i][2]);
    }
    simp_fingerprint_read(&f, result.bytes);
    return result;
}

static int compare(const void *a, const void *b) { return memcmp(a, b, sizeof(digest)); }

static bool all_differ(digest *digests, unsigned count)
{
    qsort(digests, count, sizeof *digests, compare);
    for (unsigned i = 1; i < count; i++) {
        if (compare(&digests[i - 1], &digests[i]) == 0)
            return false;
    }
    return true;
}

/* One word of the log is a little more, or has one bit more. */
static void every_change_of_a_word_is_another_digest(void)
{
    static record log[RECORDS];
    digest *digests = malloc(DIGESTS * sizeof *digests);
    unsigned count = 0;
    fill(log);
    for (unsigned i = 0; digests != NULL && i < RECORDS; i++) {
        for (unsigned word = 0; word < WORDS; word++) {
            uint64_t before = log[i][word];
            for (unsigned step = 0; step < STEPS; step++) {
                log[i][word] = step < 12 ? before + step + (word == 3) : before ^ (uint64_t)1 << 2 * step;
                if (log[i][word] != before)
                    digests[count++] = digest_of(log, RECORDS);
            }
            log[i][word] = before;
        }
    }
    EXPECT_TRUE(count > DIGESTS / 2 && all_differ(digests, count));
    free(digests);
}

static void order_and_number_of_records_count(void)
{
    static record log[RECORDS];
    static digest digests[2 * RECORDS];
    unsigned count = 0;
    fill(log);
    for (unsigned i = 0; i + 1 < RECORDS; i++) {
        record first;
        digests[count++] = digest_of(log, i);
        memcpy(first, log[i], sizeof first);
        memcpy(log[i], log[i + 1], sizeof first);
        memcpy(log[i + 1], first, sizeof first);
        digests[count++] = digest_of(log, RECORDS);
        memcpy(log[i + 1], log[i], sizeof first);
        memcpy(log[i], first, sizeof first);
    }
    EXPECT_TRUE(all_differ(digests, count));
}

static void digest_is_the_same_on_every_machine(void)
{
    static const uint8_t known[SIMP_FINGERPRINT_DIGEST] = {0x4c, 0x1c, 0x6e, 0x44, 0x0d, 0xf8, 0x7f, 0x2f,
                                                           0x96, 0x9d, 0x8f, 0xea, 0xd9, 0x7d, 0xbd, 0xd5};
    simp_fingerprint f;
    digest result;
    simp_fingerprint_init(&f, 1);
    simp_fingerprint_absorb(&f, 5, 7, 11);
    simp_fingerprint_prepare(&f, 13);
    simp_fingerprint_absorb(&f, 5, 17, UINT64_MAX);
    simp_fingerprint_read(&f, result.bytes);
    EXPECT_EQ_MEM(result.bytes, known, sizeof known);
}

const test_case test_fingerprint[] = {TEST(every_change_of_a_word_is_another_digest),
                                      TEST(order_and_number_of_records_count),
                                      TEST(digest_is_the_same_on_every_machine), TEST_END};
