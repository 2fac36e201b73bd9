/* SPDX-License-Identifier: MIT
 *
 * Exports: traces for other programs.  Each kind is a table of functions in a file of its own; export.c has
 * what they share.
 *
 * Invariant: a record is written when its event is told, but for kinds with a store, which write when the
 * trace is closed.
 */
#ifndef PCAP_EXPORT_H
#define PCAP_EXPORT_H

#include "pcap/out.h"
#include "pcap/recorder.h"
#include "pcap/store.h"

typedef struct capp_export capp_export;

/* Each function may be NULL. */
typedef struct capp_export_kind {
    const char *name;
    size_t rows_max; /* of the store; 0: no store */
    void (*begin)(capp_export *);
    void (*event)(capp_export *, const capp_event *);
    void (*arrival)(capp_export *, const capp_arrival *);
    void (*lost)(capp_export *, uint64_t packet, sim_fate);
    void (*end)(capp_export *);
} capp_export_kind;

struct capp_export {
    capp_sink sink; /* first */
    const capp_export_kind *kind;
    capp_out *out;
    capp_store *store; /* NULL: none */
    const sim_world *world;
    uint64_t records; /* written so far, where commas stand between them */
    bool has_begun;
    bool refused; /* memory */
    char program[128], scenario[128], schedule[128], command[512];
    cap_about about; /* with texts of the export */
};

extern const capp_export_kind capp_export_json, capp_export_csv, capp_export_chrome, capp_export_shiviz,
    capp_export_mermaid;

#endif
