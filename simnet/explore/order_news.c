/* SPDX-License-Identifier: MIT
 *
 * What an order tells observers: an event happens that was due earlier, as the hold that a schedule would
 * have for it.
 */
#include <inttypes.h>
#include <stdio.h>

#include "simnet/explore/order.h"
#include "simnet/world/news.h"

void simp_order_tell_hold(const sim_order *order, const sim_world *world, size_t index)
{
    const simp_step *late = &order->steps[index], *last = &order->steps[late->overtaken_by - 1];
    char about[512];
    snprintf(about, sizeof about, "%s#%" PRIu32 " until %s#%" PRIu32, order->labels.labels[late->label].text,
             late->occurrence, order->labels.labels[last->label].text, last->occurrence);
    simp_tell_choice(world, "hold", &(sim_choice){.label = about, .ordinal = 0, .bound = 2, .value = 1});
}
