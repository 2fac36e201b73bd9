/* SPDX-License-Identifier: MIT
 *
 * A line of a scenario file into tokens: words, strings, and the characters : = , ;
 */
#include <ctype.h>
#include <string.h>

#include "tests/conformance_model.h"

static bool is_word(char c) { return isalnum((unsigned char)c) || (c != '\0' && strchr("_.|-", c) != NULL); }

/* Length of the word or string body that starts at text. */
static size_t body_length(const char *text, char kind)
{
    size_t len = 0;
    while (kind == 'w' ? is_word(text[len]) : text[len] != '"' && text[len] != '\0')
        len++;
    return len;
}

static bool take_text(const char **at, scenario_token *token, const char **what)
{
    bool is_string = **at == '"';
    token->kind = is_string ? 's' : 'w';
    *at += is_string;
    size_t len = body_length(*at, token->kind);
    if (is_string && (*at)[len] != '"') {
        *what = "the string has no end";
        return false;
    }
    if (len >= sizeof token->text) {
        *what = "the text is too long";
        return false;
    }
    memcpy(token->text, *at, len);
    token->text[len] = '\0';
    *at += len + is_string;
    return true;
}

static bool take_token(const char **at, scenario_token *token, const char **what)
{
    if (**at == '"' || is_word(**at))
        return take_text(at, token, what);
    if (strchr(":=,;", **at) == NULL) {
        *what = "this character has no meaning here";
        return false;
    }
    *token = (scenario_token){.kind = **at, .column = token->column, .text = {**at}};
    ++*at;
    return true;
}

bool scenario_lex(const char *line, scenario_token tokens[SCENARIO_TOKENS_MAX], unsigned *column,
                  const char **what)
{
    const char *at = line;
    for (unsigned count = 0; count < SCENARIO_TOKENS_MAX; count++) {
        while (isspace((unsigned char)*at))
            at++;
        *column = (unsigned)(at - line) + 1;
        tokens[count] = (scenario_token){.kind = '\0', .column = *column};
        if (*at == '\0' || *at == '#')
            return true;
        if (!take_token(&at, &tokens[count], what))
            return false;
    }
    *what = "the line has too many words";
    return false;
}
