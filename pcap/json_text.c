/* SPDX-License-Identifier: MIT
 *
 * See json_text.h.
 */
#include "pcap/json_text.h"

#include <string.h>

enum { REPLACEMENT = 0xFFFD, LARGEST = 0x10FFFF, SURROGATE_FIRST = 0xD800, SURROGATE_LAST = 0xDFFF };

static bool continues(const unsigned char *text, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        if ((text[i] & 0xC0) != 0x80)
            return false;
    }
    return true;
}

/* The next character, RFC 3629, whose length goes to *len. */
static uint32_t decode(const unsigned char *text, unsigned *len)
{
    static const uint32_t least[] = {0, 0x80, 0x800, 0x10000};
    unsigned more = text[0] < 0x80 ? 0 : text[0] < 0xC0 ? 4 : text[0] < 0xE0 ? 1 : text[0] < 0xF0 ? 2 : 3;
    *len = 1;
    if (more == 0)
        return text[0];
    if (more == 4 || text[0] > 0xF4 || !continues(text + 1, more))
        return REPLACEMENT;
    uint32_t value = text[0] & (0x3Fu >> more);
    for (unsigned i = 1; i <= more; i++)
        value = value << 6 | (text[i] & 0x3Fu);
    bool is_surrogate = value >= SURROGATE_FIRST && value <= SURROGATE_LAST;
    if (value < least[more] || value > LARGEST || is_surrogate)
        return REPLACEMENT;
    *len = more + 1;
    return value;
}

static void print_character(capp_out *out, uint32_t value)
{
    if (value == '"' || value == '\\')
        capp_out_print(out, "\\%c", (char)value);
    else if (value >= ' ' && value < 0x7F && value != '<')
        capp_out_print(out, "%c", (char)value);
    else if (value < 0x10000)
        capp_out_print(out, "\\u%04x", (unsigned)value);
    else
        capp_out_print(out, "\\u%04x\\u%04x", 0xD800u + (unsigned)((value - 0x10000) >> 10),
                       0xDC00u + (unsigned)((value - 0x10000) & 0x3FF));
}

/* Letters that stand for themselves. */
static size_t plain_len(const char *text)
{
    size_t len = 0;
    while (text[len] >= ' ' && text[len] < 0x7F && strchr("\"\\<", text[len]) == NULL)
        len++;
    return len;
}

void capp_print_json_text(capp_out *out, const char *text)
{
    capp_out_write(out, "\"", 1);
    while (*text != '\0') {
        size_t plain = plain_len(text);
        capp_out_write(out, text, plain);
        text += plain;
        if (*text == '\0')
            break;
        unsigned len;
        print_character(out, decode((const unsigned char *)text, &len));
        text += len;
    }
    capp_out_write(out, "\"", 1);
}
