/* SPDX-License-Identifier: MIT
 *
 * CHECK: a bug of this library, never a mistake of its user.  On in every build; stops the process where it
 * stands, because a wrong run is worse than none.
 */
#ifndef CORE_CHECK_H
#define CORE_CHECK_H

#if defined(__GNUC__)
#define CHECK(condition) ((condition) ? (void)0 : __builtin_trap())
#else
#include <stdlib.h>
#define CHECK(condition) ((condition) ? (void)0 : abort())
#endif

#endif
