/* SPDX-License-Identifier: MIT
 *
 * A replay under way: what the parts of the player share.
 *
 *  golden_play.c    the log, entry by entry; windows of events and their handlers
 *  golden_echo.c    the one program that the recording has only the outcome of
 *  golden_call.c    a recorded call as a call of the class, with its result
 *  golden_address.c, golden_transfer.c, golden_option.c
 *                   the calls about names; those that send and receive; those about options and modes
 *  golden_args.c    arguments as the recording writes them
 */
#ifndef TESTS_GOLDEN_RUN_H
#define TESTS_GOLDEN_RUN_H

#include <stdint.h>

#include "castanet/casyncsocket.h"
#include "tests/arena.h"
#include "tests/golden_diff.h"
#include "tests/golden_echo.h"
#include "tests/golden_model.h"

enum { GOLDEN_SOCKETS_MAX = 16, GOLDEN_NAME_MAX = 32, GOLDEN_BUFFER_BYTES = 65536, GOLDEN_EVENTS_MAX = 256 };

/* The threads of the recording: its main window, and T2's.  They share a host. */
#define GOLDEN_MAIN ARENA_B
#define GOLDEN_SECOND ARENA_B2

typedef struct golden_run golden_run;

typedef struct golden_socket {
    CAsyncSocket base; /* first, so that a callback finds the rest */
    golden_run *run;
    char name[GOLDEN_NAME_MAX]; /* as the recording has it */
    arena_thread thread;
    int family;
    bool blocking;              /* in the recording: a call that cannot go on waits */
    bool drained;               /* by recv_everything, which hides its notifications until the next settle */
    uint64_t sent, received;    /* bytes */
    SOCKADDR_STORAGE last_name; /* of a closed socket, which the recording still names */
} golden_socket;

/* What a call of the class gave back, in the words of the recording.  "": nothing. */
typedef struct golden_result {
    long ret;
    int error; /* when ret is -1 */
    long len;  /* -1: none */
    char val[80], data[80], from[80], peer[80], type[16];
} golden_result;

/* The entries of one settle: [first, end) are its events with their handlers. */
typedef struct golden_window {
    size_t settle, first, end;
    bool seen[GOLDEN_EVENTS_MAX];    /* of the entry first + index */
    size_t order[GOLDEN_EVENTS_MAX]; /* recorded events in the order in which they came */
    size_t came;
    unsigned unlisted;       /* events that a check after the window counts instead */
    unsigned unlisted_reads; /* FD_READ among them */
} golden_window;

struct golden_run {
    const golden_scenario *scenario;
    arena *arena;
    golden_findings *findings;
    golden_window window;
    golden_echo echo;
    golden_socket *sockets[GOLDEN_SOCKETS_MAX];
    unsigned socket_count;
    bool stopped; /* by something that cannot be left out */
    unsigned char buffer[GOLDEN_BUFFER_BYTES];
};

/* ---- golden_play.c ---- */

/* The object of that name; made when it is named first.  NULL, and the replay stops, if there are too
 * many. */
golden_socket *golden_socket_of(golden_run *, const char *name);
/* The recording cannot be followed beyond this point. */
void golden_stop(golden_run *, const char *why);
/* Lets the network do its work while no notification is dispatched on the socket's thread. */
void golden_rest(golden_run *, const golden_socket *);

/* ---- golden_call.c ---- */

/* Makes the call and compares its result.  entry counts from 0. */
void golden_replay_call(golden_run *, size_t entry);
/* result->ret from a BOOL; and the error if it was FALSE. */
void golden_take_bool(golden_result *, BOOL);
/* It failed because it would have waited. */
bool golden_would_block(const golden_result *);

/* ---- golden_address.c ---- */

/* Where others reach the socket: a wildcard is replaced by the loopback address.  False: it has none. */
bool golden_address_of(golden_socket *, SOCKADDR_STORAGE *);
/* The name of the socket that has the address, or "nobody". */
void golden_name_owner(golden_run *, const SOCKADDR_STORAGE *, char *buf, size_t size);
/* getsockname and getpeername. */
void golden_ask_name(golden_run *, golden_socket *, const golden_entry *, golden_result *);

/* ---- golden_transfer.c ---- */

void golden_receive(golden_run *, golden_socket *, const golden_entry *, golden_result *);
void golden_receive_from(golden_run *, golden_socket *, const golden_entry *, golden_result *);
void golden_receive_everything(golden_run *, golden_socket *, const golden_entry *, golden_result *);
void golden_send(golden_run *, golden_socket *, const golden_entry *, golden_result *);
void golden_send_to(golden_run *, golden_socket *, const golden_entry *, golden_result *);
void golden_send_until_error(golden_run *, golden_socket *, const golden_entry *, golden_result *);

/* ---- golden_option.c ---- */

void golden_get_option(golden_run *, golden_socket *, const golden_entry *, golden_result *);
void golden_set_option(golden_run *, golden_socket *, const golden_entry *, golden_result *);
void golden_ioctl(golden_run *, golden_socket *, const golden_entry *, golden_result *);

/* ---- golden_args.c ---- */

typedef struct golden_address {
    SOCKADDR_STORAGE storage;
    int len;
    bool null;
} golden_address;

/* "loopback:0", "any:port(A)", "addr(L)", "length 4" ...; false if the text is none of them. */
bool golden_parse_address(golden_run *, const golden_socket *, const char *text, golden_address *out);
/* "FD_READ|FD_CLOSE", "ALL", "0"; stops at the end or at a comma, where *rest points. */
bool golden_parse_mask(const char *text, long *mask, const char **rest);
/* "10,MSG_PEEK", "5,NULL buffer". */
bool golden_parse_receive(const char *text, long *len, int *flags, bool *null);
/* "'hello',MSG_OOB", "5,NULL buffer": *len bytes at *bytes; what follows the comma at *rest. */
bool golden_parse_bytes(const char *text, const char **bytes, long *len, const char **rest);
bool golden_parse_flags(const char *text, int *flags);
/* "AF_INET,SOCK_STREAM,TCP". */
bool golden_parse_socket(const char *text, int *family, int *type, int *protocol);

#endif
