/* SPDX-License-Identifier: MIT
 *
 * See news.h.
 */
#include "simnet/world/news.h"

#include "simnet/host/host.h"

void simp_tell(const sim_world *world, const sim_news *news)
{
    for (sim_observer *at = world->observers; at != NULL; at = at->next) {
        if (at->on_news != NULL)
            at->on_news(at, world, news);
    }
}

void simp_tell_host(const sim_host *host, const char *what, const char *about)
{
    if (simp_is_heard(host->world))
        simp_tell(host->world, &(sim_news){.kind = SIM_NEWS_FAULT,
                                           .what = what,
                                           .about = about == NULL ? "" : about,
                                           .host = host,
                                           .handle = INVALID_SOCKET});
}

void simp_tell_choice(const sim_world *world, const char *what, const sim_choice *choice)
{
    if (simp_is_heard(world))
        simp_tell(world, &(sim_news){.kind = SIM_NEWS_CHOICE,
                                     .what = what,
                                     .about = choice->label,
                                     .handle = INVALID_SOCKET,
                                     .number = choice->ordinal,
                                     .value = choice->value,
                                     .bound = choice->bound});
}
