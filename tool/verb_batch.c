/* SPDX-License-Identifier: MIT
 *
 * batch: commands from stdin, for a program that gives many of them: it pays for one process.
 *
 * A command is a line, its words between tabs: "explore<TAB>upload<TAB>--runs<TAB>100".  Each ends with the
 * record "exit", which has the code that the command alone would have ended with.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tool/files.h"
#include "tool/program.h"
#include "tool/record.h"

enum { WORDS_MAX = 1024 };

/* The words of a line, which is cut up; 0: too many. */
static int split(char *line, char **words, int count)
{
    for (char *at = line; at != NULL && count < WORDS_MAX;) {
        words[count++] = strsep(&at, "\t");
        if (at == NULL) {
            words[count] = NULL;
            return count;
        }
    }
    return 0;
}

/* A command that could not even begin has its exit as well. */
static int refuse(const char *why, const char *fix, const char *what)
{
    int code = tool_complain(TOOL_USAGE, why, fix, "%s", what);
    record_begin("exit");
    record_number("code", (uint64_t)code);
    record_end();
    return code;
}

static int perform(const tool_request *request, char *line)
{
    char *words[WORDS_MAX + 1] = {NULL, NULL};
    char program[FILES_PATH_MAX];
    snprintf(program, sizeof program, "%s", request->program);
    words[0] = program;
    int count = split(line, words, 1), code;
    if (count == 0)
        code = refuse("it has more than 1 000 words", "give fewer names, or none for all scenarios",
                      "a command is too long");
    else if (strcmp(words[1], "batch") == 0)
        code = refuse("this is one already", "give any other verb", "a batch in a batch is not possible");
    else
        code = castanet_main(count, words, request->scenarios);
    fflush(stdout);
    fflush(stderr);
    return code;
}

int tool_batch(const tool_request *request)
{
    char *line = NULL;
    size_t size = 0;
    int code = TOOL_CLEAN;
    setvbuf(stdin, NULL, _IONBF, 0); /* a child that exits must not give back what was read ahead */
    for (ssize_t len; (len = getline(&line, &size, stdin)) > 0;) {
        if (line[len - 1] == '\n')
            line[len - 1] = '\0';
        if (*line != '\0')
            code = tool_worse(code, perform(request, line));
    }
    free(line);
    return code;
}
