/* SPDX-License-Identifier: MIT
 *
 * COLD: before a function that is rarely called.  It stays out of line, so that the usual way is short.
 * APART: before one that stays out of line because a way beside it is short.
 */
#ifndef CORE_COLD_H
#define CORE_COLD_H

#if defined(__GNUC__)
#define COLD __attribute__((cold, noinline))
#define APART __attribute__((noinline))
#else
#define COLD
#define APART
#endif

#endif
