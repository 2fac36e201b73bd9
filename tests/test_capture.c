/* SPDX-License-Identifier: MIT
 *
 * The capture file, read back through libpcap.
 */
#define _DEFAULT_SOURCE /* libpcap's headers need u_int */
#include <pcap/pcap.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "castanet/trace.h"
#include "tests/expect.h"
#include "tests/fixture.h"
#include "tests/test_list.h"
#include "tests/wire_log.h"

/* ---- capture files ---- */

/* A folder of the test's own; the file in it does not exist yet. */
typedef struct place {
    char folder[64], file[80], part[88];
} place;

static void make_place(place *p)
{
    strcpy(p->folder, "/tmp/castanet-test-XXXXXX");
    EXPECT_TRUE_FATAL(mkdtemp(p->folder) != NULL);
    snprintf(p->file, sizeof p->file, "%s/x.pcap", p->folder);
    snprintf(p->part, sizeof p->part, "%s.part", p->file);
}

static void remove_place(const place *p)
{
    remove(p->file);
    EXPECT_EQ_INT(rmdir(p->folder), 0); /* nothing else may be left in it */
}

static bool exists(const char *path) { return access(path, F_OK) == 0; }

static void file_holds_each_packet_at_its_time(void)
{
    place p;
    cap_trace *trace = NULL;
    world_pair pair = fixture_world_pair(NULL);
    make_place(&p);
    sim_world_run(pair.world, UINT64_C(5000000123));
    EXPECT_CODE_FATAL(cap_trace_open(pair.world, &trace, NULL), 0);
    EXPECT_CODE_FATAL(cap_trace_add_capture(trace, p.file, NULL, NULL), 0);
    world_pair_refuse(&pair);
    EXPECT_FALSE(exists(p.file));
    EXPECT_CODE(cap_trace_close(trace, NULL), 0);
    char error[PCAP_ERRBUF_SIZE];
    pcap_t *reader = pcap_open_offline_with_tstamp_precision(p.file, PCAP_TSTAMP_PRECISION_NANO, error);
    EXPECT_TRUE_FATAL(reader != NULL);
    EXPECT_EQ_INT(pcap_datalink(reader), DLT_EN10MB);
    struct pcap_pkthdr *header;
    const u_char *bytes;
    EXPECT_EQ_INT(pcap_next_ex(reader, &header, &bytes), 1); /* the SYN: 14 + 20 + 20 + 12 of options */
    EXPECT_EQ_INT(header->ts.tv_sec, CAP_EPOCH_S + 5);
    EXPECT_EQ_INT(header->ts.tv_usec, 123);
    EXPECT_EQ_INT(header->len, 66);
    EXPECT_EQ_INT(header->caplen, 66);
    EXPECT_EQ_INT(bytes[12] << 8 | bytes[13], 0x0800);
    EXPECT_EQ_INT(pcap_next_ex(reader, &header, &bytes), 1); /* the RST: 14 + 20 + 20 */
    EXPECT_EQ_INT(header->ts.tv_usec, 123 + 1000000);
    EXPECT_EQ_INT(header->len, 54);
    EXPECT_EQ_INT(pcap_next_ex(reader, &header, &bytes), PCAP_ERROR_BREAK);
    pcap_close(reader);
    remove_place(&p);
}

static void discarded_capture_leaves_nothing(void)
{
    place p;
    cap_trace *trace = NULL;
    world_pair pair = fixture_world_pair(NULL);
    make_place(&p);
    EXPECT_CODE_FATAL(cap_trace_open(pair.world, &trace, NULL), 0);
    EXPECT_CODE_FATAL(cap_trace_add_capture(trace, p.file, NULL, NULL), 0);
    EXPECT_TRUE(exists(p.part));
    world_pair_refuse(&pair);
    cap_trace_discard(trace);
    EXPECT_FALSE(exists(p.file));
    EXPECT_FALSE(exists(p.part));
    remove_place(&p);
}

static void capture_that_cannot_be_written_leaves_nothing(void)
{
    world_pair pair = fixture_world_pair(NULL);
    cap_trace *trace = NULL;
    sim_error error = {0};
    EXPECT_CODE_FATAL(cap_trace_open(pair.world, &trace, NULL), 0);
    EXPECT_TRUE(cap_trace_add_capture(trace, "/nonexistent-folder/x.pcap", NULL, &error) != 0);
    EXPECT_CODE(cap_trace_close(trace, NULL), 0);
    EXPECT_TRUE(strstr(error.what, "/nonexistent-folder/x.pcap") != NULL);
    EXPECT_TRUE(error.why[0] != '\0' && error.fix[0] != '\0');
}

const test_case test_capture[] = {TEST(file_holds_each_packet_at_its_time),
                                  TEST(discarded_capture_leaves_nothing),
                                  TEST(capture_that_cannot_be_written_leaves_nothing), TEST_END};
