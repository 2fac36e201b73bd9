/* SPDX-License-Identifier: MIT
 *
 * The main of programs that have none: alone in its object, so that it is linked only where it is missing.
 */
#include "castanet/main.h"

int main(int argc, char **argv) { return castanet_main(argc, argv, castanet_scenarios); }
