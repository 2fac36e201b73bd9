/* SPDX-License-Identifier: MIT
 *
 * Arguments of recorded calls.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "tests/golden_run.h"

/* A port on which nobody listens (discard), where the recording names none. */
enum { SOME_PORT = 9 };

/* ---- words ---- */

typedef struct word {
    const char *text;
    long value;
} word;

/* The whole of [text, text + len) is one of the words. */
static bool find_word(const word *words, size_t count, const char *text, size_t len, long *value)
{
    for (size_t i = 0; i < count; i++)
        if (strlen(words[i].text) == len && strncmp(words[i].text, text, len) == 0) {
            *value = words[i].value;
            return true;
        }
    return false;
}

#define FIND(words, text, len, value) find_word(words, sizeof(words) / sizeof *(words), text, len, value)

static bool parse_number(const char *text, long *value)
{
    char *end;
    *value = strtol(text, &end, 10);
    return end != text && *end == '\0';
}

bool golden_parse_mask(const char *text, long *mask, const char **rest)
{
    static const word events[] = {{"FD_READ", FD_READ},
                                  {"FD_WRITE", FD_WRITE},
                                  {"FD_OOB", FD_OOB},
                                  {"FD_ACCEPT", FD_ACCEPT},
                                  {"FD_CONNECT", FD_CONNECT},
                                  {"FD_CLOSE", FD_CLOSE},
                                  {"0", 0},
                                  {"ALL", CASYNCSOCKET_DEFAULT_EVENTS}};
    *mask = 0;
    for (;;) {
        long bit;
        size_t len = strcspn(text, "|,");
        if (!FIND(events, text, len, &bit))
            return false;
        *mask |= bit;
        *rest = text + len;
        if (text[len] != '|')
            return true;
        text += len + 1;
    }
}

bool golden_parse_flags(const char *text, int *flags)
{
    static const word known[] = {
        {"0", 0}, {"MSG_PEEK", MSG_PEEK}, {"MSG_OOB", MSG_OOB}, {"MSG_WAITALL", MSG_WAITALL}};
    long value = 0;
    bool found = FIND(known, text, strlen(text), &value);
    *flags = (int)value;
    return found;
}

bool golden_parse_receive(const char *text, long *len, int *flags, bool *null)
{
    char *end;
    *len = strtol(text, &end, 10);
    *flags = 0;
    if (end == text || *end != ',')
        return false;
    *null = strcmp(end + 1, "NULL buffer") == 0;
    return *null || golden_parse_flags(end + 1, flags);
}

bool golden_parse_bytes(const char *text, const char **bytes, long *len, const char **rest)
{
    if (*text == '\'') {
        const char *end = strchr(text + 1, '\'');
        if (end == NULL || end[1] != ',')
            return false;
        *bytes = text + 1;
        *len = end - text - 1;
        *rest = end + 2;
        return true;
    }
    char *end;
    *bytes = NULL;
    *len = strtol(text, &end, 10);
    *rest = "0";
    return end != text && strcmp(end, ",NULL buffer") == 0;
}

/* ---- sockets ---- */

/* "99" of "family 99", "type 99", "proto 99". */
static bool numbered(const char *text, size_t len, const char *what, long *value)
{
    size_t prefix = strlen(what);
    if (len <= prefix || strncmp(text, what, prefix) != 0)
        return false;
    *value = strtol(text + prefix, NULL, 10);
    return true;
}

bool golden_parse_socket(const char *text, int *family, int *type, int *protocol)
{
    static const word families[] = {{"AF_INET", AF_INET}, {"AF_INET6", AF_INET6}, {"AF_UNSPEC", AF_UNSPEC}};
    static const word types[] = {{"SOCK_STREAM", SOCK_STREAM}, {"SOCK_DGRAM", SOCK_DGRAM}, {"0", 0}};
    static const word protocols[] = {{"TCP", IPPROTO_TCP}, {"UDP", IPPROTO_UDP}, {"0", 0}};
    long values[3] = {0};
    size_t len = strcspn(text, ",");
    if (!FIND(families, text, len, &values[0]) && !numbered(text, len, "family ", &values[0]))
        return false;
    if (text[len] != ',')
        return false;
    text += len + 1;
    len = strcspn(text, ",");
    if (!FIND(types, text, len, &values[1]) && !numbered(text, len, "type ", &values[1]))
        return false;
    const char *last = text[len] == ',' ? text + len + 1 : "0";
    if (!FIND(protocols, last, strlen(last), &values[2]) &&
        !numbered(last, strlen(last), "proto ", &values[2]))
        return false;
    *family = (int)values[0];
    *type = (int)values[1];
    *protocol = (int)values[2];
    return true;
}

/* ---- addresses ---- */

static void set_port(golden_address *out, long port)
{
    in_port_t value = htons((uint16_t)port);
    if (out->storage.ss_family == AF_INET6)
        ((SOCKADDR_IN6 *)&out->storage)->sin6_port = value;
    else
        ((SOCKADDR_IN *)&out->storage)->sin_port = value;
}

static void set_host(golden_address *out, int family, const void *bytes)
{
    out->storage.ss_family = (sa_family_t)family;
    out->len = family == AF_INET6 ? (int)sizeof(SOCKADDR_IN6) : (int)sizeof(SOCKADDR_IN);
    if (family == AF_INET6)
        memcpy(&((SOCKADDR_IN6 *)&out->storage)->sin6_addr, bytes, sizeof(struct in6_addr));
    else
        memcpy(&((SOCKADDR_IN *)&out->storage)->sin_addr, bytes, sizeof(struct in_addr));
}

/* "loopback", "any", "127.0.0.1", "[::]". */
static bool parse_host(const char *text, size_t len, int family, golden_address *out)
{
    char numeric[64];
    unsigned char bytes[sizeof(struct in6_addr)];
    bool v6 = *text == '[' ? true : family == AF_INET6;
    if (len == strlen("loopback") && strncmp(text, "loopback", len) == 0)
        snprintf(numeric, sizeof numeric, "%s", v6 ? "::1" : "127.0.0.1");
    else if (len == strlen("any") && strncmp(text, "any", len) == 0)
        snprintf(numeric, sizeof numeric, "%s", v6 ? "::" : "0.0.0.0");
    else if (*text == '[' && len > 2)
        snprintf(numeric, sizeof numeric, "%.*s", (int)len - 2, text + 1);
    else {
        v6 = false;
        snprintf(numeric, sizeof numeric, "%.*s", (int)len, text);
    }
    if (inet_pton(v6 ? AF_INET6 : AF_INET, numeric, bytes) != 1)
        return false;
    set_host(out, v6 ? AF_INET6 : AF_INET, bytes);
    return true;
}

/* The name between the parentheses of "addr(L)" or "port(L)". */
static golden_socket *named_socket(golden_run *run, const char *text)
{
    char name[32];
    if (sscanf(text, "%*[a-z](%31[^)])", name) != 1)
        return NULL;
    for (unsigned i = 0; i < run->socket_count; i++)
        if (strcmp(run->sockets[i]->name, name) == 0)
            return run->sockets[i];
    return NULL;
}

static bool parse_port(golden_run *run, const char *text, golden_address *out)
{
    long port;
    if (parse_number(text, &port)) {
        set_port(out, port);
        return true;
    }
    SOCKADDR_STORAGE of;
    golden_socket *s = strncmp(text, "port(", 5) == 0 ? named_socket(run, text) : NULL;
    if (s == NULL || !golden_address_of(s, &of))
        return false;
    set_port(out, ntohs(of.ss_family == AF_INET6 ? ((SOCKADDR_IN6 *)&of)->sin6_port
                                                 : ((SOCKADDR_IN *)&of)->sin_port));
    return true;
}

/* HOST, HOST:PORT or HOST port PORT. */
static bool parse_host_and_port(golden_run *run, const golden_socket *s, const char *text,
                                golden_address *out)
{
    size_t len = *text == '[' ? strcspn(text, "]") + 1 : strcspn(text, ": ");
    if (len > strlen(text) || !parse_host(text, len, s->family, out))
        return false;
    text += len;
    set_port(out, SOME_PORT);
    if (*text == '\0')
        return true;
    return parse_port(run, text + (*text == ':' ? 1 : strlen(" port ")), out);
}

bool golden_parse_address(golden_run *run, const golden_socket *s, const char *text, golden_address *out)
{
    long number;
    *out = (golden_address){0};
    if (strncmp(text, "addr(", 5) == 0) {
        golden_socket *other = named_socket(run, text);
        bool known = other != NULL && golden_address_of(other, &out->storage);
        out->len = out->storage.ss_family == AF_INET6 ? (int)sizeof(SOCKADDR_IN6) : (int)sizeof(SOCKADDR_IN);
        return known;
    }
    bool odd = strcmp(text, "NULL") == 0 || strcmp(text, "AF_UNSPEC") == 0 ||
               strncmp(text, "length ", 7) == 0 || strncmp(text, "family ", 7) == 0;
    if (!parse_host_and_port(run, s, odd ? "loopback:0" : text, out))
        return false;
    out->null = strcmp(text, "NULL") == 0;
    if (strcmp(text, "AF_UNSPEC") == 0)
        out->storage.ss_family = AF_UNSPEC;
    else if (numbered(text, strlen(text), "family ", &number))
        out->storage.ss_family = (sa_family_t)number;
    else if (strcmp(text, "length one short") == 0)
        out->len--;
    else if (numbered(text, strlen(text), "length ", &number))
        out->len = (int)number;
    return true;
}
