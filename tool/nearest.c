/* SPDX-License-Identifier: MIT
 *
 * See nearest.h.  Levenshtein's distance, row by row.
 */
#include "tool/nearest.h"

#include <ctype.h>
#include <string.h>

enum { LETTERS_MAX = 63 };

static unsigned letters(const char *text)
{
    size_t len = strlen(text);
    return len < LETTERS_MAX ? (unsigned)len : LETTERS_MAX;
}

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned d = a < b ? a : b;
    return d < c ? d : c;
}

unsigned tool_distance(const char *a, const char *b)
{
    unsigned row[LETTERS_MAX + 1], rows = letters(a), columns = letters(b);
    for (unsigned j = 0; j <= columns; j++)
        row[j] = j;
    for (unsigned i = 1; i <= rows; i++) {
        unsigned diagonal = row[0];
        row[0] = i;
        for (unsigned j = 1; j <= columns; j++) {
            unsigned changed = diagonal +
                               (tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]));
            diagonal = row[j];
            row[j] = least(row[j] + 1, row[j - 1] + 1, changed);
        }
    }
    return row[columns];
}
