/* SPDX-License-Identifier: MIT
 *
 * First sizes of what grows.  With CASTANET_STRICT_LIMITS (the preset strict-limits) they are tiny, so that
 * every test grows every table and splits every buffer.
 */
#ifndef CORE_LIMITS_H
#define CORE_LIMITS_H

#ifdef CASTANET_STRICT_LIMITS
#define CASP_LIMIT(usual, strict) (strict)
#else
#define CASP_LIMIT(usual, strict) (usual)
#endif

#endif
