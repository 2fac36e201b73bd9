/* SPDX-License-Identifier: MIT
 *
 * Text of unknown origin on a terminal.
 */
#include <stdio.h>
#include <string.h>

#include "simnet/explore/printable.h"
#include "tests/expect.h"
#include "tests/test_list.h"

static void expect_shown(const char *text, size_t len, size_t size, const char *expected)
{
    char out[64];
    memset(out, '~', sizeof out);
    if (!EXPECT_EQ_STR(simp_printable(text, len, out, size), expected))
        printf("    of %zu bytes in %zu\n", len, size);
    EXPECT_EQ_INT(out[size], '~');
}

static void what_a_terminal_obeys_is_told_in_digits(void)
{
    static const struct {
        const char *text, *shown;
    } rows[] = {
        {"", ""},
        {"server/conn#2 OnReceive#8", "server/conn#2 OnReceive#8"},
        {"caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\x98", "caf\xC3\xA9 \xE2\x82\xAC \xF0\x9F\x90\x98"},
        {"\x1B[31mred\x07\t\r\n", "\\x1b[31mred\\x07\\x09\\x0d\\x0a"},
        {"\x7F", "\\x7f"},
        {"\xC2\x9B"
         "2J",
         "\\xc2\\x9b2J"}, /* a control character of two bytes */
        {"\xE2\x80\xAE"
         "abc",
         "\\xe2\\x80\\xaeabc"}, /* from right to left */
        {"\xEF\xBB\xBF"
         "castanet",
         "\\xef\\xbb\\xbfcastanet"}, /* nothing to be seen */
        {"\xFF\xFEx", "\\xff\\xfex"},
        {"\xC3(", "\\xc3("},                          /* the second byte is another one's */
        {"\xE2\x82", "\\xe2\\x82"},                   /* cut */
        {"\xC0\xAF", "\\xc0\\xaf"},                   /* longer than it must be */
        {"\xE0\x80\xAF", "\\xe0\\x80\\xaf"},          /* so is this */
        {"\xED\xA0\x80", "\\xed\\xa0\\x80"},          /* half of a pair */
        {"\xF4\x90\x80\x80", "\\xf4\\x90\\x80\\x80"}, /* beyond the last */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        expect_shown(rows[i].text, strlen(rows[i].text), 63, rows[i].shown);
    expect_shown("a\0b", 3, 63, "a\\x00b");
}

static void what_is_too_long_ends_with_dots(void)
{
    expect_shown("12345678", 8, 9, "12345678");
    expect_shown("12345678", 8, 8, "1234...");
    expect_shown("12345678", 8, 4, "...");
    expect_shown("1234\xC3\xA9xx", 8, 8, "1234...");
    expect_shown("123\xC3\xA9xxx", 8, 8, "123...");
    expect_shown("12\xC3\xA9xxxx", 8, 8, "12\xC3\xA9...");
    expect_shown("123\nxxxx", 8, 10, "123...");
    expect_shown("12345\n", 6, 10, "12345\\x0a");
    expect_shown("123456\n", 7, 10, "123456...");
}

const test_case test_printable[] = {TEST(what_a_terminal_obeys_is_told_in_digits),
                                    TEST(what_is_too_long_ends_with_dots), TEST_END};
