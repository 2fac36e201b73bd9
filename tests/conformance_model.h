/* SPDX-License-Identifier: MIT
 *
 * What a scenario file is after it was read, and the state of a scenario that runs.
 */
#ifndef TESTS_CONFORMANCE_MODEL_H
#define TESTS_CONFORMANCE_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tests/fixture.h"

enum {
    SCENARIO_SOCKETS_MAX = 16,
    SCENARIO_TEXT_MAX = 160,    /* bytes of a name, a string or a reason, with the terminator */
    SCENARIO_EVENTS_MAX = 12,   /* notifications of one expectation */
    SCENARIO_RECORDS_MAX = 256, /* notifications of one run */
    SCENARIO_HANDLERS_MAX = 32,
    SCENARIO_TOKENS_MAX = 96,
    SCENARIO_NONE = -1,
    SCENARIO_NO_THREAD = ARENA_THREADS /* the step runs where no thread is current */
};
#define SCENARIO_DATA_MAX ((long)64 << 20) /* bytes of one call */

/* ---- tokens ---- */

typedef struct scenario_token {
    char kind; /* 'w' word, 's' string, '\0' end of line; else the character itself: : = , ; */
    unsigned column;
    char text[SCENARIO_TEXT_MAX];
} scenario_token;

/* ---- steps ---- */

typedef struct scenario_event {
    int socket;
    long event;
    int error;
} scenario_event;

/* What a call must give. */
typedef enum scenario_wanted_kind {
    WANTED_USUAL, /* nothing was written: what the table says */
    WANTED_ANY,
    WANTED_OK,     /* success, whatever its value */
    WANTED_FAILS,  /* some error */
    WANTED_PART,   /* some of the bytes, and not all */
    WANTED_NUMBER, /* a value, or the number of an error */
    WANTED_ERROR,  /* the name of an error */
    WANTED_TEXT    /* bytes received */
} scenario_wanted_kind;

typedef struct scenario_verb scenario_verb;

/* What stands behind the arguments of a call in which pointers and lengths matter. */
typedef enum scenario_extra {
    SCENARIO_LEN = 1,     /* len N: this length instead of the right one */
    SCENARIO_NULL = 2,    /* null: no buffer, value or address */
    SCENARIO_NO_LEN = 4,  /* nolen: no pointer to a length */
    SCENARIO_ADDRESS = 8, /* address: the form of the call with a sockaddr */
    SCENARIO_FAMILY = 16  /* family N: in the sockaddr */
} scenario_extra;

typedef struct scenario_step {
    const scenario_verb *verb;
    unsigned line;
    unsigned backends; /* bit 1 << arena_backend */
    int thread;        /* arena_thread, SCENARIO_NO_THREAD, or SCENARIO_NONE: that of the socket */
    int socket, other; /* indices of names, or SCENARIO_NONE */
    char address[48];  /* where to: a word of scenario_address or numbers; empty: where other is */
    long port;         /* if other is SCENARIO_NONE */
    long mask;         /* FD_ bits */
    long number;
    int type, protocol, family; /* of a new socket */
    int option, level;          /* of an option */
    int flags;                  /* MSG_ bits */
    unsigned extras;            /* scenario_extra bits */
    long len;                   /* with SCENARIO_LEN */
    bool until;                 /* repeat until the wanted result */
    long times;                 /* repeat so often; at least 1 */
    bool has_text;
    char text[SCENARIO_TEXT_MAX];
    char title[SCENARIO_TEXT_MAX]; /* of a row */
    scenario_wanted_kind wanted;
    long wanted_number;
    char wanted_text[SCENARIO_TEXT_MAX];
    scenario_event events[SCENARIO_EVENTS_MAX];
    unsigned event_count;
    unsigned body; /* handler: the steps that follow belong to it */
} scenario_step;

typedef struct scenario {
    char name[64];
    char title[SCENARIO_TEXT_MAX];
    const char *path;
    unsigned line;
    unsigned backends;
    char backends_reason[SCENARIO_TEXT_MAX];
    cas_profile profile;
    bool needs_ipv6;
    char sockets[SCENARIO_SOCKETS_MAX][16];
    arena_thread threads[SCENARIO_SOCKETS_MAX];
    int socket_count;
    scenario_step *steps;
    size_t step_count, step_capacity;
    size_t largest; /* bytes of the largest call */
    struct {
        bool ran;
        const char *failed_row; /* the row that failed and ended the run; NULL: none */
    } outcome[ARENA_BACKENDS];
} scenario;

/* A row that cannot be shown. */
typedef struct scenario_gap {
    char id[64];
    char reason[SCENARIO_TEXT_MAX];
} scenario_gap;

typedef struct scenario_file {
    char path[SCENARIO_TEXT_MAX]; /* as messages quote it */
    char section[SCENARIO_TEXT_MAX];
    scenario **scenarios;
    size_t scenario_count;
    scenario_gap *gaps;
    size_t gap_count;
    char complaint[1024]; /* of the first mistake; empty: none */
} scenario_file;

/* ---- running ---- */

typedef struct scenario_run scenario_run;

/* How a call ended. */
typedef struct scenario_outcome {
    bool failed;
    int error;            /* the WSAE code if it failed */
    long value;           /* count or value if not */
    const uint8_t *bytes; /* received data, value bytes; NULL: none */
} scenario_outcome;

/* What a step gives when the file says nothing. */
typedef enum scenario_usual { USUAL_OK, USUAL_COUNT, USUAL_CONNECT, USUAL_NOTHING } scenario_usual;

struct scenario_verb {
    const char *name;
    /* '@' no socket stands before the verb; then one letter an argument: see parse_argument. */
    const char *shape;
    scenario_usual usual;
    scenario_outcome (*act)(scenario_run *, const scenario_step *, int socket);
};

typedef struct scenario_socket {
    CAsyncSocket base; /* first: the callbacks receive its address */
    scenario_run *run;
    int index;
} scenario_socket;

typedef struct scenario_handler {
    int socket;
    long event;
    unsigned ordinal;    /* only for this callback, from 1; 0: for all others */
    size_t first, count; /* steps */
} scenario_handler;

struct scenario_run {
    const scenario *scenario;
    arena *arena;
    scenario_socket *sockets[SCENARIO_SOCKETS_MAX];
    SOCKET detached[SCENARIO_SOCKETS_MAX];
    SOCKET closed[SCENARIO_SOCKETS_MAX];                               /* the handle before the last close */
    UINT ports[SCENARIO_SOCKETS_MAX];                                  /* the last one that was known */
    size_t sent[SCENARIO_SOCKETS_MAX], received[SCENARIO_SOCKETS_MAX]; /* bytes of the pattern */
    unsigned callbacks[SCENARIO_SOCKETS_MAX][6];
    scenario_handler handlers[SCENARIO_HANDLERS_MAX];
    unsigned handler_count;
    scenario_event records[SCENARIO_RECORDS_MAX]; /* since the last expectation */
    unsigned record_count;
    uint8_t *buffer; /* what is sent and received */
    size_t buffer_bytes;
    const char *row;
    bool failed;
};

/* conformance_lex.c.  Splits a line; false with *column and *what if a character fits nowhere or a text is
 * too long. The last token has kind '\0'. */
bool scenario_lex(const char *line, scenario_token tokens[SCENARIO_TOKENS_MAX], unsigned *column,
                  const char **what);

/* conformance_parse.c.  Reads into file, whose path is set; a mistake goes into file->complaint. */
void scenario_parse_file(scenario_file *file, const char *path);
void scenario_parse_stream(scenario_file *file, FILE *stream);
void scenario_file_release(scenario_file *file);

/* conformance_words.c.  The FD_ bit of "READ", or 0; and back. */
long scenario_event_of_name(const char *name);
const char *scenario_event_name(long event);

/* conformance_steps.c.  NULL: no such verb. */
const scenario_verb *scenario_verb_find(const char *name);
bool scenario_step_is(const scenario_step *, const char *verb);

/* conformance_rows.c.  The id of the row number i of the specification, or NULL behind the last. */
const char *scenario_row_id(unsigned i, char id[32]);

/* conformance_report.c.  Writes what ran as Markdown beside path and renames it; false: errno says why. */
bool scenario_report_write(const scenario_file *files, unsigned file_count, const char *path);

/* conformance_run.c.  Leaves its outcome in the scenario. */
void scenario_execute(scenario *, arena_backend);
/* Runs one step in the thread it belongs to and compares its result; subject replaces a missing socket. */
void scenario_run_step(scenario_run *, const scenario_step *, int subject);
/* The object of the name, made when it is missing. */
CAsyncSocket *scenario_socket_of(scenario_run *, int index);
void scenario_fail(scenario_run *, const scenario_step *, const char *format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 3, 4)))
#endif
    ;

#endif
