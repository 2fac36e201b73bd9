/* SPDX-License-Identifier: MIT
 *
 * Error codes and events in words.
 */
#include <ctype.h>
#include <string.h>

#include "castanet/casyncsocket.h"
#include "castanet/error.h"
#include "tests/expect.h"
#include "tests/test_list.h"

static const struct {
    int code;
    const char *name;
} known[] = {{0, "0"},
             {6, "WSA_INVALID_HANDLE"},
             {8, "WSA_NOT_ENOUGH_MEMORY"},
             {995, "WSA_OPERATION_ABORTED"},
             {997, "WSA_IO_PENDING"},
             {10004, "WSAEINTR"},
             {10009, "WSAEBADF"},
             {10013, "WSAEACCES"},
             {10014, "WSAEFAULT"},
             {10022, "WSAEINVAL"},
             {10024, "WSAEMFILE"},
             {10035, "WSAEWOULDBLOCK"},
             {10036, "WSAEINPROGRESS"},
             {10037, "WSAEALREADY"},
             {10038, "WSAENOTSOCK"},
             {10039, "WSAEDESTADDRREQ"},
             {10040, "WSAEMSGSIZE"},
             {10041, "WSAEPROTOTYPE"},
             {10042, "WSAENOPROTOOPT"},
             {10043, "WSAEPROTONOSUPPORT"},
             {10044, "WSAESOCKTNOSUPPORT"},
             {10045, "WSAEOPNOTSUPP"},
             {10046, "WSAEPFNOSUPPORT"},
             {10047, "WSAEAFNOSUPPORT"},
             {10048, "WSAEADDRINUSE"},
             {10049, "WSAEADDRNOTAVAIL"},
             {10050, "WSAENETDOWN"},
             {10051, "WSAENETUNREACH"},
             {10052, "WSAENETRESET"},
             {10053, "WSAECONNABORTED"},
             {10054, "WSAECONNRESET"},
             {10055, "WSAENOBUFS"},
             {10056, "WSAEISCONN"},
             {10057, "WSAENOTCONN"},
             {10058, "WSAESHUTDOWN"},
             {10059, "WSAETOOMANYREFS"},
             {10060, "WSAETIMEDOUT"},
             {10061, "WSAECONNREFUSED"},
             {10062, "WSAELOOP"},
             {10063, "WSAENAMETOOLONG"},
             {10064, "WSAEHOSTDOWN"},
             {10065, "WSAEHOSTUNREACH"},
             {10067, "WSAEPROCLIM"},
             {10091, "WSASYSNOTREADY"},
             {10092, "WSAVERNOTSUPPORTED"},
             {10093, "WSANOTINITIALISED"},
             {10101, "WSAEDISCON"},
             {11001, "WSAHOST_NOT_FOUND"},
             {11002, "WSATRY_AGAIN"}};
enum { KNOWN = sizeof known / sizeof known[0] };

static void error_name_is_winsocks(void)
{
    for (size_t i = 0; i < KNOWN; i++)
        EXPECT_EQ_STR(cas_error_name(known[i].code), known[i].name);
}

static void error_name_of_other_numbers_is_unknown(void)
{
    static const int others[] = {-1, 1, 7, 9, 994, 9999, 10000, 10066, 12345, INT32_MAX, INT32_MIN};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        EXPECT_EQ_STR(cas_error_name(others[i]), "unknown error");
}

static void error_code_is_found_by_its_name(void)
{
    for (size_t i = 1; i < sizeof known / sizeof known[0]; i++)
        EXPECT_EQ_INT(cas_error_code(known[i].name), known[i].code);
    EXPECT_EQ_INT(cas_error_code("WSAENOSUCH"), 0);
    EXPECT_EQ_INT(cas_error_code(""), 0);
    EXPECT_EQ_INT(cas_error_code("0"), 0);
}

static void error_text_is_a_sentence_without_full_stop(void)
{
    for (size_t i = 0; i < KNOWN; i++) {
        const char *text = cas_error_text(known[i].code);
        size_t len = strlen(text);
        expect_report(EXPECT_SITE(false),
                      len > 0 && text[len - 1] != '.' && !isspace((unsigned char)text[len - 1]),
                      "text of %s is \"%s\"", known[i].name, text);
    }
    EXPECT_TRUE(cas_error_text(12345) != NULL);
}

static void event_name_is_the_callbacks(void)
{
    EXPECT_EQ_STR(cas_event_callback_name(FD_READ), "OnReceive");
    EXPECT_EQ_STR(cas_event_callback_name(FD_WRITE), "OnSend");
    EXPECT_EQ_STR(cas_event_callback_name(FD_OOB), "OnOutOfBandData");
    EXPECT_EQ_STR(cas_event_callback_name(FD_ACCEPT), "OnAccept");
    EXPECT_EQ_STR(cas_event_callback_name(FD_CONNECT), "OnConnect");
    EXPECT_EQ_STR(cas_event_callback_name(FD_CLOSE), "OnClose");
}

static void event_name_of_no_or_several_events_is_null(void)
{
    EXPECT_TRUE(cas_event_callback_name(0) == NULL);
    EXPECT_TRUE(cas_event_callback_name(FD_READ | FD_WRITE) == NULL);
    EXPECT_TRUE(cas_event_callback_name(0x40) == NULL);
    EXPECT_TRUE(cas_event_callback_name(-1) == NULL);
}

const test_case test_core_error[] = {TEST(error_name_is_winsocks),
                                     TEST(error_name_of_other_numbers_is_unknown),
                                     TEST(error_code_is_found_by_its_name),
                                     TEST(error_text_is_a_sentence_without_full_stop),
                                     TEST(event_name_is_the_callbacks),
                                     TEST(event_name_of_no_or_several_events_is_null),
                                     TEST_END};
