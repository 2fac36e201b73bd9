/* SPDX-License-Identifier: MIT
 *
 * What the parts of the parser share: conformance_parse.c reads statements, conformance_arguments.c the words
 * behind a verb, conformance_words.c one token.  Each function takes what it reads and returns true, or
 * complains and returns false.
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

/* ---- tokens: conformance_words.c ---- */

/* Whether the next token is this word, or a number. */
bool scenario_at_word(const scenario_parser *, const char *text);
bool scenario_at_number(const scenario_parser *);

/* Takes the next token if it is this word, or this mark; without a complaint. */
bool scenario_take_word(scenario_parser *, const char *text);
bool scenario_take_mark(scenario_parser *, char mark);

bool scenario_take_name(scenario_parser *, char *out, size_t size);
bool scenario_take_string(scenario_parser *, char out[SCENARIO_TEXT_MAX]);
bool scenario_take_number(scenario_parser *, long *out);
bool scenario_take_int(scenario_parser *, int *out);
bool scenario_take_mask(scenario_parser *, long *mask);

/* A word with a meaning; a list of them ends with NULL. */
typedef struct scenario_word {
    const char *name;
    long value;
} scenario_word;

/* One of the words, or a number. */
bool scenario_take_value(scenario_parser *, const scenario_word *words, const char *wanted, const char *fix,
                         long *out);

/* The text of a token; false if it is none.  A number is decimal, or hexadecimal behind 0x. */
bool scenario_read_number(const char *text, long *out);
bool scenario_read_code(const char *text, long *out); /* "WSAEINTR" */
void scenario_copy_text(char *to, size_t size, const char *from);

/* ---- steps: conformance_arguments.c ---- */

/* The name of a socket; a new one gets an index. */
bool scenario_take_socket(scenario_parser *, int *index);

/* One letter of scenario_verb.shape. */
bool scenario_parse_argument(scenario_parser *, scenario_step *, char letter);
/* "= RESULT", "until RESULT", "times N [= RESULT]", or nothing. */
bool scenario_parse_result(scenario_parser *, scenario_step *);

#endif
