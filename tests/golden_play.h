/* SPDX-License-Identifier: MIT
 *
 * Replays a recorded scenario through the class, on an arena.
 */
#ifndef TESTS_GOLDEN_PLAY_H
#define TESTS_GOLDEN_PLAY_H

#include "tests/arena.h"
#include "tests/golden_diff.h"
#include "tests/golden_model.h"

/* False after a complaint on stderr: no arena could be made. */
bool golden_play(const golden_scenario *, arena_backend, golden_findings *out);

#endif
