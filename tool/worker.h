/* SPDX-License-Identifier: MIT
 *
 * A worker: a child process that does one task, and whatever becomes of it, the parent goes on.
 */
#ifndef TOOL_WORKER_H
#define TOOL_WORKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef enum worker_end {
    WORKER_RETURNED, /* status: what the task returned, 0 to 255 */
    WORKER_EXITED,   /* the task called exit; status: its exit status */
    WORKER_KILLED,   /* by the signal in status */
    WORKER_HUNG      /* pulse stood still, and the worker was killed */
} worker_end;

typedef struct worker_limits {
    unsigned quiet_ms;              /* how long pulse may stand still; 0: for ever */
    const volatile uint64_t *pulse; /* in shared memory; NULL: the task is one beat */
    uint64_t memory_bytes;          /* that the child may take; 0: WORKER_MEMORY.  Not with sanitizers */
} worker_limits;

enum { WORKER_WORDS = 4096 };
#define WORKER_MEMORY ((uint64_t)2 << 30)

typedef struct worker_report {
    worker_end end;
    int status;
    uint64_t memory_bytes;    /* that it had when it had most */
    bool is_out_of_memory;    /* that is nearly all that it may take */
    char words[WORKER_WORDS]; /* the last of what it wrote to stdout and stderr */
} worker_report;

/* For a worker whose worlds may take that; 0: as much as they do unless told otherwise. */
static inline uint64_t worker_memory_for(uint64_t world_bytes)
{
    return world_bytes < UINT64_MAX - WORKER_MEMORY ? world_bytes + WORKER_MEMORY : UINT64_MAX;
}

/* Runs task(argument) in a child and waits for its end, whatever it closes, prints or leaves behind.  0 or an
 * errno. */
int worker_run(int (*task)(void *argument), void *argument, const worker_limits *, worker_report *);

/* Zeros that parent and children see alike; NULL: no memory. */
void *worker_share(size_t size);
void worker_unshare(void *shared, size_t size);

#endif
