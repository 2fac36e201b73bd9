/* SPDX-License-Identifier: MIT
 *
 * What the two halves of the parser share: conformance_parse.c reads statements, conformance_arguments.c the
 * words of a step.  Each function takes what it reads and returns true, or complains and returns false.
 */
#ifndef TESTS_CONFORMANCE_PARSER_H
#define TESTS_CONFORMANCE_PARSER_H

#include "tests/conformance_model.h"

typedef struct scenario_parser {
    scenario_file *file;
    scenario *scenario; /* the one that is being read; NULL: none yet */
    unsigned line;
    scenario_token tokens[SCENARIO_TOKENS_MAX];
    const scenario_token *at; /* the next token */
} scenario_parser;

/* ---- complaints ---- */

/* Writes FILE:LINE:COLUMN: what; why; fix.  Always false. */
bool scenario_complain_at(scenario_parser *, unsigned column, const char *what, const char *why,
                          const char *fix);
/* The next token is not what was wanted. */
bool scenario_complain(scenario_parser *, const char *wanted, const char *fix);

/* ---- tokens ---- */

/* Takes the next token if it is this word, or this mark; without a complaint. */
bool scenario_take_word(scenario_parser *, const char *text);
bool scenario_take_mark(scenario_parser *, char mark);

bool scenario_take_name(scenario_parser *, char *out, size_t size);
bool scenario_take_string(scenario_parser *, char out[SCENARIO_TEXT_MAX]);
bool scenario_take_number(scenario_parser *, long *out);
bool scenario_take_mask(scenario_parser *, long *mask);
/* The name of a socket; a new one gets an index. */
bool scenario_take_socket(scenario_parser *, int *index);

/* ---- steps ---- */

/* One letter of scenario_verb.shape. */
bool scenario_parse_argument(scenario_parser *, scenario_step *, char letter);
/* "= RESULT", "until RESULT", "times N [= RESULT]", or nothing. */
bool scenario_parse_result(scenario_parser *, scenario_step *);

#endif
