/* SPDX-License-Identifier: MIT
 *
 * Texts as JSON has them (RFC 8259 7): in quotes, ASCII only, whatever the bytes.  What is no UTF-8 becomes
 * U+FFFD, and < is escaped, so that a text may also stand in a script of a page.
 */
#ifndef PCAP_JSON_TEXT_H
#define PCAP_JSON_TEXT_H

#include "pcap/out.h"

void capp_print_json_text(capp_out *, const char *text);

#endif
