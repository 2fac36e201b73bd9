/* SPDX-License-Identifier: MIT
 *
 * The allocators.
 */
#include <string.h>

#include "castanet/alloc.h"
#include "tests/expect.h"
#include "tests/test_list.h"

static void counting_counts_blocks_and_bytes(void)
{
    cas_counting_allocator counting;
    cas_counting_allocator_init(&counting, cas_allocator_system());
    void *a = cas_alloc(&counting.base, 100), *b = cas_alloc(&counting.base, 28);
    EXPECT_EQ_INT(counting.blocks_live, 2);
    EXPECT_EQ_INT(counting.bytes_live, 128);
    EXPECT_EQ_INT(counting.calls, 2);
    cas_free(&counting.base, a, 100);
    cas_free(&counting.base, b, 28);
    EXPECT_EQ_INT(counting.blocks_live, 0);
    EXPECT_EQ_INT(counting.bytes_live, 0);
    EXPECT_EQ_INT(counting.refused, 0);
}

static void counting_follows_a_resize_and_keeps_the_bytes(void)
{
    cas_counting_allocator counting;
    cas_counting_allocator_init(&counting, cas_allocator_system());
    char *block = cas_alloc(&counting.base, 6);
    EXPECT_TRUE_FATAL(block != NULL);
    memcpy(block, "hello", 6);
    block = counting.base.resize(&counting.base, block, 6, 600);
    EXPECT_TRUE_FATAL(block != NULL);
    EXPECT_EQ_STR(block, "hello");
    EXPECT_EQ_INT(counting.blocks_live, 1);
    EXPECT_EQ_INT(counting.bytes_live, 600);
    cas_free(&counting.base, block, 600);
    EXPECT_EQ_INT(counting.bytes_live, 0);
}

static void counting_refuses_the_wanted_call_and_no_other(void)
{
    cas_counting_allocator counting;
    cas_counting_allocator_init(&counting, cas_allocator_system());
    counting.refuse_at = 2;
    void *first = cas_alloc(&counting.base, 8);
    EXPECT_TRUE(first != NULL);
    EXPECT_TRUE(cas_alloc(&counting.base, 8) == NULL);
    EXPECT_EQ_INT(counting.refused, 1);
    void *third = cas_alloc(&counting.base, 8);
    EXPECT_TRUE(third != NULL);
    EXPECT_EQ_INT(counting.blocks_live, 2);
    cas_free(&counting.base, first, 8);
    cas_free(&counting.base, third, 8);
    EXPECT_EQ_INT(counting.blocks_live, 0);
}

static void counting_leaves_the_block_when_growth_is_refused(void)
{
    cas_counting_allocator counting;
    cas_counting_allocator_init(&counting, cas_allocator_system());
    char *block = cas_alloc(&counting.base, 6);
    EXPECT_TRUE_FATAL(block != NULL);
    memcpy(block, "hello", 6);
    counting.refuse_at = 2;
    EXPECT_TRUE(counting.base.resize(&counting.base, block, 6, 1000000) == NULL);
    EXPECT_EQ_STR(block, "hello");
    EXPECT_EQ_INT(counting.bytes_live, 6);
    cas_free(&counting.base, block, 6);
}

static void free_of_null_does_nothing(void)
{
    cas_counting_allocator counting;
    cas_counting_allocator_init(&counting, cas_allocator_system());
    cas_free(&counting.base, NULL, 0);
    EXPECT_EQ_INT(counting.blocks_live, 0);
}

const test_case test_core_alloc[] = {TEST(counting_counts_blocks_and_bytes),
                                     TEST(counting_follows_a_resize_and_keeps_the_bytes),
                                     TEST(counting_refuses_the_wanted_call_and_no_other),
                                     TEST(counting_leaves_the_block_when_growth_is_refused),
                                     TEST(free_of_null_does_nothing),
                                     TEST_END};
