/* SPDX-License-Identifier: MIT
 *
 * What a verb tells machines: records, each a line of JSON, on a descriptor of their own, so that nothing
 * that the program under test prints gets between them.  docs/machine.md names the records and their fields.
 *
 * Until record_open was called nothing is written, and the other functions do nothing.  A record is written
 * whole, at its end.  There is one such stream in a process, as there is one stdout.
 */
#ifndef TOOL_RECORD_H
#define TOOL_RECORD_H

#include <stdbool.h>
#include <stdint.h>

#include "castanet/sim_scenario.h"

/* To a descriptor that is open, "3"; "" is stdout, and what is said in words then goes to stderr.  False: it
 * was said what is wrong. */
bool record_open(const char *descriptor);
bool record_is_open(void);
/* False: not all could be written. */
bool record_close(void);

void record_begin(const char *type);
void record_text(const char *key, const char *value); /* NULL: the key is left out */
void record_number(const char *key, uint64_t value);
void record_seed(uint64_t seed); /* as text: readers of JSON round large numbers */
void record_flag(const char *key, bool value);
/* How a run went: outcome, message, identity, fingerprint, and what it counted. */
void record_result(const sim_result *);
/* A list of texts: record_list, record_item ..., record_list_end. */
void record_list(const char *key);
void record_item(const char *value);
void record_list_end(void);
void record_end(void);

#endif
