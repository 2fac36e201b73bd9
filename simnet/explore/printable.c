/* SPDX-License-Identifier: MIT
 *
 * See printable.h.
 */
#include "simnet/explore/printable.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { ESCAPE = sizeof "\\xNN" - 1, DOTS = sizeof "..." - 1 };

/* Of the character that begins there, as UTF-8 has it: 0 is none. */
static size_t length_of(const uint8_t *at, size_t left, uint32_t *character)
{
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t len = at[0] < 0x80 ? 1 : at[0] < 0xC2 ? 0 : at[0] < 0xE0 ? 2 : at[0] < 0xF0 ? 3 : 4;
    if (len == 0 || len > left || at[0] > 0xF4)
        return 0;
    *character = len == 1 ? at[0] : at[0] & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        *character = *character << 6 | (at[i] & 0x3Fu);
    }
    bool is_half = *character >= 0xD800 && *character <= 0xDFFF; /* of a pair of UTF-16 */
    return *character < least[len] || *character > 0x10FFFF || is_half ? 0 : len;
}

/* A terminal obeys it, or does not show it. */
static bool is_hidden(uint32_t c)
{
    return c < ' ' || (c >= 0x7F && c < 0xA0) || (c >= 0x200B && c <= 0x200F) ||
           (c >= 0x2028 && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || c == 0xFEFF || c >= 0xE0000;
}

char *simp_printable(const char *text, size_t len, char *out, size_t size)
{
    size_t used = 0, fits = 0; /* fits: where dots have room behind it */
    const uint8_t *bytes = (const uint8_t *)text;
    for (size_t i = 0; i < len;) {
        uint32_t character = 0;
        size_t read = length_of(bytes + i, len - i, &character);
        bool is_shown = read > 0 && !is_hidden(character);
        size_t taken = is_shown ? read : 1, written = is_shown ? read : ESCAPE;
        if (used + written >= size) {
            memcpy(out + fits, "...", DOTS);
            used = fits + DOTS;
            break;
        }
        if (is_shown)
            memcpy(out + used, bytes + i, read);
        else
            snprintf(out + used, size - used, "\\x%02x", bytes[i]);
        i += taken;
        used += written;
        fits = used + DOTS < size ? used : fits;
    }
    out[used] = '\0';
    return out;
}
