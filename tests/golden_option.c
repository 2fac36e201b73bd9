/* SPDX-License-Identifier: MIT
 *
 * Recorded calls about options and modes.  Options of sockets go by Winsock's numbers, as a Windows program
 * gives them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "castanet/error.h"
#include "tests/golden_run.h"

enum { WINSOCK_SOL_SOCKET = 0xFFFF, UNKNOWN = 0x4321, OPTION_BYTES = 4 };

static const struct option_name {
    const char *text;
    int level, name;
} options[] = {
    {"SO_ACCEPTCONN", WINSOCK_SOL_SOCKET, 0x0002},
    {"SO_REUSEADDR", WINSOCK_SOL_SOCKET, 0x0004},
    {"SO_EXCLUSIVEADDRUSE", WINSOCK_SOL_SOCKET, ~0x0004},
    {"SO_KEEPALIVE", WINSOCK_SOL_SOCKET, 0x0008},
    {"SO_BROADCAST", WINSOCK_SOL_SOCKET, 0x0020},
    {"SO_LINGER", WINSOCK_SOL_SOCKET, 0x0080},
    {"SO_OOBINLINE", WINSOCK_SOL_SOCKET, 0x0100},
    {"SO_SNDBUF", WINSOCK_SOL_SOCKET, 0x1001},
    {"SO_RCVBUF", WINSOCK_SOL_SOCKET, 0x1002},
    {"SO_SNDTIMEO", WINSOCK_SOL_SOCKET, 0x1005},
    {"SO_RCVTIMEO", WINSOCK_SOL_SOCKET, 0x1006},
    {"SO_ERROR", WINSOCK_SOL_SOCKET, 0x1007},
    {"SO_TYPE", WINSOCK_SOL_SOCKET, 0x1008},
    {"TCP_NODELAY", IPPROTO_TCP, 1},
    {"IPV6_V6ONLY", IPPROTO_IPV6, IPV6_V6ONLY},
    {"unknown option", WINSOCK_SOL_SOCKET, UNKNOWN},
    {"unknown level", UNKNOWN, 1},
};

/* The option that args begin with; what follows its comma at *rest, "" if nothing does. */
static const struct option_name *find_option(const char *args, const char **rest)
{
    size_t len = strcspn(args, ",");
    *rest = args[len] == ',' ? args + len + 1 : args + len;
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (strlen(options[i].text) == len && strncmp(options[i].text, args, len) == 0)
            return &options[i];
    return NULL;
}

static bool parse_length(const char *text, int *len) { return sscanf(text, "length %d", len) == 1; }

/* "WSAECONNREFUSED" for a value of SO_ERROR, "positive" where it depends on the host. */
static void write_value(const golden_entry *e, const struct option_name *option, long number,
                        golden_result *out)
{
    bool named = strcmp(option->text, "SO_ERROR") == 0 && strncmp(cas_error_name((int)number), "WSA", 3) == 0;
    if (named)
        snprintf(out->val, sizeof out->val, "%s", cas_error_name((int)number));
    else if (e->val != NULL && strcmp(e->val, "positive") == 0 && number > 0)
        snprintf(out->val, sizeof out->val, "positive");
    else
        snprintf(out->val, sizeof out->val, "%ld", number);
}

void golden_get_option(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    const char *rest;
    int value = 0, len = (int)sizeof value;
    const struct option_name *option = find_option(e->args, &rest);
    bool null = strcmp(rest, "NULL") == 0;
    if (option == NULL || (*rest != '\0' && !null && !parse_length(rest, &len))) {
        golden_stop(run, "getsockopt with these arguments");
        return;
    }
    golden_take_bool(
        out, CAsyncSocket_GetSockOpt(&s->base, option->name, null ? NULL : &value, &len, option->level));
    if (out->ret != 0)
        return;
    out->len = len;
    write_value(e, option, value, out);
}

/* The bytes that "1", "1/0", "length 1" or "NULL" stand for. */
static bool parse_value(const char *text, unsigned char bytes[OPTION_BYTES], int *len)
{
    unsigned onoff, seconds;
    char *end;
    *len = OPTION_BYTES;
    memset(bytes, 0, OPTION_BYTES);
    bytes[0] = 1;
    if (strcmp(text, "NULL") == 0 || parse_length(text, len))
        return true;
    if (sscanf(text, "%u/%u", &onoff, &seconds) == 2) {
        uint16_t linger[2] = {(uint16_t)onoff, (uint16_t)seconds};
        memcpy(bytes, linger, sizeof linger);
        return true;
    }
    int value = (int)strtol(text, &end, 10);
    memcpy(bytes, &value, sizeof value);
    return end != text && *end == '\0';
}

void golden_set_option(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    const char *rest;
    unsigned char bytes[OPTION_BYTES];
    int len;
    const struct option_name *option = find_option(e->args, &rest);
    if (option == NULL || !parse_value(rest, bytes, &len)) {
        golden_stop(run, "setsockopt with these arguments");
        return;
    }
    bool null = strcmp(rest, "NULL") == 0;
    golden_take_bool(
        out, CAsyncSocket_SetSockOpt(&s->base, option->name, null ? NULL : bytes, len, option->level));
}

void golden_ioctl(golden_run *run, golden_socket *s, const golden_entry *e, golden_result *out)
{
    static const struct {
        const char *text;
        long command;
        DWORD argument;
        bool null, answers;
    } known[] = {
        {"FIONBIO,0", FIONBIO, 0, false, false},
        {"FIONBIO,1", FIONBIO, 1, false, false},
        {"FIONREAD", FIONREAD, 0, false, true},
        {"FIONREAD,NULL", FIONREAD, 0, true, false},
        {"SIOCATMARK", SIOCATMARK, 0, false, true},
        {"SIO_UDP_CONNRESET,FALSE", SIO_UDP_CONNRESET, FALSE, false, false},
        {"SIO_UDP_CONNRESET,TRUE", SIO_UDP_CONNRESET, TRUE, false, false},
        {"unknown command", UNKNOWN, 0, false, false},
    };
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        if (strcmp(known[i].text, e->args) != 0)
            continue;
        DWORD argument = known[i].argument;
        golden_take_bool(out,
                         CAsyncSocket_IOCtl(&s->base, known[i].command, known[i].null ? NULL : &argument));
        if (known[i].command == FIONBIO && out->ret == 0)
            s->blocking = argument == 0;
        if (known[i].answers && out->ret == 0)
            snprintf(out->val, sizeof out->val, "%u", (unsigned)argument);
        return;
    }
    golden_stop(run, "ioctlsocket with these arguments");
}
