/* SPDX-License-Identifier: MIT
 *
 * What the fingerprint takes of the bytes that programs send.
 */
#ifndef SIMNET_PAYLOAD_H
#define SIMNET_PAYLOAD_H

#include <stdint.h>

/* 64-bit hash: fast for much, and the same on every machine.  Nobody forges payload here. */
uint64_t simp_hash_payload(const void *bytes, uint64_t len);

#endif
