/* SPDX-License-Identifier: MIT
 *
 * See chance_text.h.
 */
#include "simnet/explore/chance_text.h"

#include <stdbool.h>
#include <stdio.h>

#include "simnet/world/random.h"

/* False: more than 64 bits. */
static bool multiply(uint64_t *product, uint64_t factor)
{
    if (factor != 0 && *product > UINT64_MAX / factor)
        return false;
    *product *= factor;
    return true;
}

uint64_t simp_miss_of_pct(uint32_t chains, uint32_t moments, uint32_t depth)
{
    uint64_t orders = chains == 0 ? 1 : chains;
    for (uint32_t i = 1; i < depth; i++) {
        if (!multiply(&orders, moments == 0 ? 1 : moments))
            return UINT64_MAX;
    }
    return UINT64_MAX - UINT64_MAX / orders;
}

/* Rounded up. */
static uint64_t product_of(uint64_t a, uint64_t b)
{
    uint64_t product = simp_share_of(a, b);
    return product == UINT64_MAX ? product : product + 1;
}

uint64_t simp_miss_of_runs(uint64_t miss, uint64_t runs)
{
    uint64_t result = UINT64_MAX;
    for (; runs != 0; runs /= 2) {
        if (runs % 2 != 0)
            result = product_of(result, miss);
        miss = product_of(miss, miss);
    }
    return result;
}

void simp_write_miss(char text[SIMP_CHANCE_TEXT_MAX], uint64_t miss, uint64_t runs)
{
    uint64_t billionths = simp_share_of(simp_miss_of_runs(miss, runs), UINT64_C(1000000000)) + 1;
    if (billionths == 1)
        snprintf(text, SIMP_CHANCE_TEXT_MAX, "less than 1e-9");
    else if (billionths < 1000000)
        snprintf(text, SIMP_CHANCE_TEXT_MAX, "0.%09u at most", (unsigned)billionths);
    else if (billionths < 999900000)
        snprintf(text, SIMP_CHANCE_TEXT_MAX, "0.%04u at most", (unsigned)(billionths / 100000 + 1));
    else
        snprintf(text, SIMP_CHANCE_TEXT_MAX, "more than 0.9999");
}
