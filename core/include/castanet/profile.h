/* SPDX-License-Identifier: MIT
 *
 * Profiles: where published documentation, measured Windows, Linux and the versions of MFC differ, which of
 * them a thread or a world follows.
 *
 * Who chooses nothing has the default: Windows as it was measured, with MFC 7.0.  Code is ported against that
 * one; "documented" and the others show whether it relies on more than it was promised.  To choose:
 *
 *     cas_profile profile;
 *     cas_profile_parse(&profile, "documented,mfc4.2", NULL);
 *     cas_thread_set_profile(cas_thread_current(), &profile);  // one thread, real or simulated, from now on
 *     sim_world_options options = {.profile = profile};        // or every thread of a world, from its start
 *
 * The switches marked "stack" are about the TCP below the sockets: simulated hosts obey them, the operating
 * system does what it does.  All others hold on every backend.
 */
#ifndef CASTANET_PROFILE_H
#define CASTANET_PROFILE_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a dispatcher asks before OnReceive; the versions of MFC differ. */
typedef enum cas_precheck {
    CAS_PRECHECK_READABLE, /* MFC 7.0 and later: call when a read would not block.  The default */
    CAS_PRECHECK_COUNT,    /* MFC 4.2 to 6.0: call when FIONREAD is not 0 */
    CAS_PRECHECK_NONE      /* MFC up to 4.1: nothing is asked, and OnReceive may find nothing to read */
} cas_precheck;

/* All zero is the default, which is measured Windows with MFC 7.0 but for sends_whole. */
typedef struct cas_profile {
    cas_precheck precheck;
    /* Documentation: FD_CLOSE only when the last byte was read.  Measured: at once. */
    bool close_after_drain;
    /* Documentation: OnClose(WSAECONNRESET) after a reset.  Measured: OnClose(WSAECONNABORTED). */
    bool close_reports_reset;
    /* Stack.  Measured: a non-blocking send takes all or nothing.  Documentation and Unix: it may take a
     * part.  That is the default all the same, since programs must cope with it. */
    bool sends_whole;
    /* Stack.  BSD and Linux keep one urgent byte: a second one makes the first an ordinary byte of the
     * stream, or drops it when it would be the next one read; and a receive that reads past it drops it.
     * Windows queues them. */
    bool one_urgent_byte;
    /* Stack.  Documentation: bytes that are queued, or arrive, after ShutDown(receives) reset the connection.
     * Measured: the peer's sends succeed, and the bytes are dropped. */
    bool shutdown_receive_resets;
    /* Stack.  A connection that is reset while it waits to be accepted: Linux leaves it in the queue, and who
     * accepts it is told OnClose.  Windows takes it out. */
    bool reset_stays_queued;
    /* Stack.  Unix: only a connected datagram socket learns of ICMP errors, of each that will not pass once,
     * by its own code (WSAECONNREFUSED for a port without listener), from its next receive or send; and a
     * socket that must not be fragmented learns WSAEMSGSIZE.  Windows: WSAECONNRESET from the next receive,
     * connected or not, where SIO_UDP_CONNRESET is on.
     * IP_MULTICAST_LOOP off: Unix does not let the host hear what the socket sends to a group; Windows does
     * not let the socket hear what its host sends. */
    bool unix_datagrams;
    /* Documentation of the class: Listen takes 1 to 5, and clamps silently.  0: no limit of this library. */
    int backlog_max;
} cas_profile;

/* Sets what a name stands for, and leaves the rest; false: there is no such name.
 *
 *   windows       the default
 *   documented    close_after_drain, close_reports_reset, shutdown_receive_resets, backlog_max 5
 *   linux         what this library shows on the sockets of a Linux system: one_urgent_byte,
 *                 reset_stays_queued
 *   mfc4.1, mfc4.2, mfc7.0                 the pre-check of this version
 *   close-after-drain, close-reports-reset, sends-whole, one-urgent-byte, shutdown-receive-resets,
 *   reset-stays-queued, unix-datagrams
 *
 * The first three begin anew: they replace every switch but the pre-check. */
bool cas_profile_add(cas_profile *profile, const char *name);

/* The same for names separated by commas, on top of the default profile.  On failure profile is untouched,
 * and *bad (unless NULL) points to the name in text that is none. */
bool cas_profile_parse(cas_profile *profile, const char *text, const char **bad);

/* The shortest names that give the profile, separated by commas: "windows", "linux,mfc4.2".  Returns text,
 * cut short if size is too small; CAS_PROFILE_TEXT always suffices. */
enum { CAS_PROFILE_TEXT = 192 };
const char *cas_profile_text(const cas_profile *profile, char *text, size_t size);

#ifdef __cplusplus
}
#endif

#endif
