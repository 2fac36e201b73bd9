/* SPDX-License-Identifier: MIT
 *
 * list: the scenarios of the program.
 */
#include <stdio.h>
#include <stdlib.h>

#include "tool/program.h"
#include "tool/record.h"

int tool_list(const tool_request *request)
{
    int code = TOOL_CLEAN;
    const sim_scenario **chosen = tool_chosen_scenarios(request, &code);
    for (size_t i = 0; chosen != NULL && chosen[i] != NULL; i++) {
        record_begin("scenario");
        record_text("scenario", chosen[i]->name);
        record_text("summary", chosen[i]->summary);
        record_end();
        if (request->json == NULL)
            printf("%-20s %s\n", chosen[i]->name, chosen[i]->summary != NULL ? chosen[i]->summary : "");
    }
    free(chosen);
    return code;
}
