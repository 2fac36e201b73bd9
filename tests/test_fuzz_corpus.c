/* SPDX-License-Identifier: MIT
 *
 * The corpus of the fuzz targets, replayed: every input that once found a new path, or a bug.
 */
#include <dirent.h>
#include <stdio.h>
#include <string.h>

#include "tests/expect.h"
#include "tests/fuzz/fuzz.h"
#include "tests/test_list.h"

enum { INPUT_MAX = 65536, INPUTS_LEAST = 10 };

static void replay_file(const char *path, void (*target)(const uint8_t *, size_t))
{
    static uint8_t input[INPUT_MAX];
    FILE *file = fopen(path, "rb");
    EXPECT_TRUE_FATAL(file != NULL);
    size_t size = fread(input, 1, sizeof input, file);
    fclose(file);
    target(input, size);
}

static void replay(const char *name, void (*target)(const uint8_t *, size_t))
{
    char folder[512], path[1024];
    unsigned count = 0;
    snprintf(folder, sizeof folder, "%s/%s", CASTANET_CORPUS_DIR, name);
    DIR *listed = opendir(folder);
    EXPECT_TRUE_FATAL(listed != NULL);
    for (struct dirent *entry; (entry = readdir(listed)) != NULL;) {
        if (entry->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
        replay_file(path, target);
        count++;
    }
    closedir(listed);
    EXPECT_TRUE(count >= INPUTS_LEAST);
}

static void corpus_of_wire_keeps_its_promises(void) { replay("wire", fuzz_wire); }
static void corpus_of_tcp_keeps_its_promises(void) { replay("tcp", fuzz_tcp); }
static void corpus_of_reassembly_keeps_its_promises(void) { replay("reassembly", fuzz_reassembly); }
static void corpus_of_order_keeps_its_promises(void) { replay("order", fuzz_order); }
static void corpus_of_schedule_keeps_its_promises(void) { replay("schedule", fuzz_schedule); }

const test_case test_fuzz_corpus[] = {
    TEST(corpus_of_wire_keeps_its_promises),
    TEST(corpus_of_tcp_keeps_its_promises),
    TEST(corpus_of_reassembly_keeps_its_promises),
    TEST(corpus_of_order_keeps_its_promises),
    TEST(corpus_of_schedule_keeps_its_promises),
    TEST_END,
};
