/* SPDX-License-Identifier: MIT
 *
 * Refusals of the system's own memory, for what takes no allocator: cas_thread_init, cas_os_init, captures.
 *
 * The linker leads this program's calls of realloc here (see CMakeLists.txt), so it counts those of the
 * library and of nobody else.
 */
#ifndef TESTS_SYSTEM_MEMORY_H
#define TESTS_SYSTEM_MEMORY_H

#include "castanet/alloc.h"

/* Counts and refuses like the counting allocator it is; blocks and bytes are not counted, for the sanitizer
 * finds what leaks.  Not to be handed out. */
cas_counting_allocator *system_memory(void);

#endif
