/* SPDX-License-Identifier: MIT
 *
 * See spread.h.
 */
#include "simnet/link/spread.h"

#include "simnet/link/normal_table.h"
#include "simnet/world/random.h"

#define PPM INT64_C(1000000)

/* ---- the normal distribution ---- */

/* A probability below one half lies in an octave, [2^-(k+2), 2^-(k+1)], which has cells of equal width;
 * between the ends of a cell the inverse is a straight line. */
static uint64_t cell_end(unsigned index)
{
    unsigned octave = index / SIMP_NORMAL_CELLS, cell = index % SIMP_NORMAL_CELLS;
    uint64_t top = UINT64_C(1) << (63 - octave);
    return top - (top >> 1) / SIMP_NORMAL_CELLS * cell;
}

/* Of 0 < probability <= 2^63: how far below the mean. */
static int64_t depth_of(uint64_t probability)
{
    unsigned index = 0;
    while (index + SIMP_NORMAL_CELLS < SIMP_NORMAL_LEN && cell_end(index + SIMP_NORMAL_CELLS) >= probability)
        index += SIMP_NORMAL_CELLS;
    while (index + 1 < SIMP_NORMAL_LEN && cell_end(index + 1) >= probability)
        index++;
    int64_t depth = simp_normal_table[index];
    if (index + 1 == SIMP_NORMAL_LEN)
        return depth;
    uint64_t width = cell_end(index) - cell_end(index + 1), part = cell_end(index) - probability;
    uint64_t step = (uint64_t)(simp_normal_table[index + 1] - depth);
    return depth + (int64_t)((part >> 32) * step / (width >> 32)); /* widths are above 2^32 */
}

int64_t simp_normal_inverse(uint64_t probability)
{
    const uint64_t half = UINT64_C(1) << 63;
    return probability <= half ? -depth_of(probability) : depth_of(0 - probability);
}

static uint64_t tail_of(int64_t depth)
{
    unsigned low = 0, high = SIMP_NORMAL_LEN - 1;
    if (depth >= simp_normal_table[high])
        return cell_end(high);
    while (high - low > 1) {
        unsigned middle = low + (high - low) / 2;
        if (simp_normal_table[middle] <= depth)
            low = middle;
        else
            high = middle;
    }
    uint64_t width = cell_end(low) - cell_end(high);
    uint64_t step = (uint64_t)(simp_normal_table[high] - simp_normal_table[low]);
    return cell_end(low) - width / step * (uint64_t)(depth - simp_normal_table[low]);
}

uint64_t simp_normal_distribution(int64_t deviate)
{
    return deviate <= 0 ? tail_of(-deviate) : 0 - tail_of(deviate);
}

/* ---- the exponential distribution ---- */

/* The logarithm to base 2 bit by bit: a square that passes 2 has the next bit. */
static uint64_t minus_log2(uint64_t probability)
{
    uint64_t whole = 0, fraction = 0;
    while (probability >> 63 == 0) {
        probability <<= 1;
        whole++;
    }
    uint64_t mantissa = probability >> 32; /* in [1, 2), units of 2^-31 */
    for (unsigned i = 0; i < SIMP_NORMAL_SHIFT; i++) {
        mantissa = mantissa * mantissa >> 31;
        fraction <<= 1;
        if (mantissa >> 32 != 0) {
            mantissa >>= 1;
            fraction |= 1;
        }
    }
    /* the first bit of a probability is worth one half */
    return ((whole + 1) << SIMP_NORMAL_SHIFT) - fraction;
}

uint64_t simp_minus_log(uint64_t probability)
{
    const uint64_t ln_2 = 11629080; /* 2^24 ln 2 */
    return probability == 0 ? 0 : (minus_log2(probability) * ln_2) >> SIMP_NORMAL_SHIFT;
}

/* ---- amounts ---- */

/* amount * factor / 2^shift for amounts up to 2^62 and factors up to 2^32, without overflow. */
static int64_t scale(int64_t amount, int64_t factor, unsigned shift)
{
    bool negative = factor < 0;
    uint64_t a = (uint64_t)amount, f = (uint64_t)(negative ? -factor : factor);
    uint64_t high = (a >> 32) * f, low = (a & UINT32_MAX) * f;
    uint64_t result = (high << (32 - shift)) + (low >> shift);
    return negative ? -(int64_t)result : (int64_t)result;
}

static int64_t table_entry(const sim_spread *s, size_t index)
{
    int64_t milli = s->table[index];
    return s->spread_ns / 1000 * milli + s->spread_ns % 1000 * milli / 1000;
}

static int64_t table_offset(const sim_spread *s, uint64_t probability)
{
    uint64_t place = (probability >> 32) * (s->table_len - 1);
    size_t index = (size_t)(place >> 32);
    int64_t low = table_entry(s, index), high = table_entry(s, index + 1);
    return low + scale(high - low, (int64_t)((place & UINT32_MAX) >> 8), 24);
}

static int64_t offset_at(const sim_spread *s, uint64_t probability)
{
    uint64_t spread = (uint64_t)s->spread_ns;
    switch (s->distribution) {
    case SIM_NORMAL: return scale(s->spread_ns, simp_normal_inverse(probability), SIMP_NORMAL_SHIFT);
    case SIM_EXPONENTIAL:
        return scale(s->spread_ns, (int64_t)simp_minus_log(0 - probability), SIMP_NORMAL_SHIFT);
    case SIM_TABLE: return table_offset(s, probability);
    default: return (int64_t)simp_share_of(probability, 2 * spread + 1) - s->spread_ns;
    }
}

uint64_t simp_spread_at(const sim_spread *s, uint64_t probability)
{
    int64_t time = s->spread_ns == 0 ? s->base_ns : s->base_ns + offset_at(s, probability);
    return time < 0 ? 0 : (uint64_t)time;
}

/* ---- correlation ---- */

/* The largest root whose square is not above n. */
static uint64_t square_root(uint64_t n)
{
    uint64_t root = 0;
    for (uint64_t bit = UINT64_C(1) << 31; bit != 0; bit >>= 1) {
        if ((root | bit) * (root | bit) <= n)
            root |= bit;
    }
    return root;
}

/* next = rho * last + sqrt(1 - rho^2) * fresh has variance 1 if last and fresh have. */
int64_t simp_autoregression_next(simp_autoregression *a, int64_t correlation_ppm, uint64_t probability)
{
    int64_t fresh = simp_normal_inverse(probability);
    if (a->begun) {
        int64_t share = (int64_t)square_root((uint64_t)(PPM * PPM - correlation_ppm * correlation_ppm));
        fresh = (correlation_ppm * a->deviate + share * fresh) / PPM;
    }
    a->begun = true;
    a->deviate = fresh;
    return fresh;
}

/* ---- mistakes ---- */

const char *simp_spread_mistake(const sim_spread *s)
{
    const int64_t most = INT64_C(1000000000000000);
    if (s->base_ns < 0 || s->spread_ns < 0 || s->base_ns > most || s->spread_ns > most)
        return "a time that varies has a base and a spread of 0 to a million seconds";
    if ((unsigned)s->distribution > SIM_TABLE)
        return "its distribution is none of sim_distribution";
    if (s->distribution != SIM_TABLE)
        return s->table_len != 0 ? "it has a table, but not the distribution SIM_TABLE" : NULL;
    if (s->table == NULL || s->table_len < 2 || s->table_len > 65536)
        return "SIM_TABLE needs a table of 2 to 65536 quantiles";
    for (size_t i = 0; i < s->table_len; i++) {
        if (s->table[i] < -60000 || s->table[i] > 60000 || (i > 0 && s->table[i] < s->table[i - 1]))
            return "quantiles ascend, and lie within 60 times the spread";
    }
    return NULL;
}
