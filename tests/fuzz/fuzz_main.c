/* SPDX-License-Identifier: MIT
 *
 * The entry point that libFuzzer calls; FUZZ_TARGET is the function of this program.
 */
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    FUZZ_TARGET(data, size);
    return 0;
}
