/* SPDX-License-Identifier: MIT
 *
 * Reads the head of an HTTP/1.x request; see http_request.h.
 */
#include "http_request.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

size_t http_request_head_length(const char *text, size_t len)
{
    for (size_t i = 0; i + 1 < len; i++) {
        if (text[i] != '\n')
            continue;
        if (text[i + 1] == '\n')
            return i + 2;
        if (text[i + 1] == '\r' && i + 2 < len && text[i + 2] == '\n')
            return i + 3;
    }
    return 0;
}

static bool is_token(const char *text)
{
    for (const char *at = text; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("!#$%&'*+-.^_`|~", *at) == NULL)
            return false;
    }
    return *text != '\0';
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)tolower((unsigned char)c);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Percent-decodes the path of a request target into out, which is as large as a head can be. */
static bool decode_target(const char *target, char *out)
{
    if (strncasecmp(target, "http://", 7) == 0) {
        target = strchr(target + 7, '/');
        target = target != NULL ? target : "/";
    }
    if (*target != '/')
        return false;
    for (; *target != '\0' && *target != '?'; target++) {
        int c = (unsigned char)*target;
        if (c == '%') {
            int high = hex_digit(target[1]), low = high < 0 ? -1 : hex_digit(target[2]);
            if (low < 0)
                return false;
            c = high * 16 + low;
            target += 2;
        }
        if (c < ' ' || c == 0x7F || c == '\\')
            return false;
        *out++ = (char)c;
    }
    *out = '\0';
    return true;
}

/* All the parsers return 200, or the status that refuses the request. */
static int parse_request_line(char *line, http_request *out)
{
    char *target = strchr(line, ' ');
    char *version = target != NULL ? strchr(target + 1, ' ') : NULL;
    if (version == NULL)
        return 400;
    *target++ = '\0';
    *version++ = '\0';
    if (!is_token(line) || !decode_target(target, out->path) || strncmp(version, "HTTP/", 5) != 0)
        return 400;
    if (strncmp(version, "HTTP/1.", 7) != 0 || !isdigit((unsigned char)version[7]) || version[8] != '\0')
        return 505;
    out->http_1_1 = version[7] != '0';
    out->keep_alive = out->http_1_1;
    out->head_only = strcmp(line, "HEAD") == 0;
    if (out->head_only || strcmp(line, "GET") == 0)
        return 200;
    static const char *const others[] = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE", "CONNECT"};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(line, others[i]) == 0)
            return 405;
    }
    return 501;
}

static void parse_connection(char *value, http_request *out)
{
    char *rest = NULL;
    for (char *word = strtok_r(value, ", \t", &rest); word != NULL; word = strtok_r(NULL, ", \t", &rest)) {
        if (strcasecmp(word, "close") == 0)
            out->keep_alive = false;
        else if (strcasecmp(word, "keep-alive") == 0 && !out->http_1_1)
            out->keep_alive = true;
    }
}

static int parse_field(char *line, http_request *out)
{
    char *value = strchr(line, ':');
    if (value == NULL)
        return 400;
    *value++ = '\0';
    if (!is_token(line)) /* also: a line that continues the one before, which is obsolete */
        return 400;
    value += strspn(value, " \t");
    if (strcasecmp(line, "Host") == 0)
        out->hosts++;
    else if (strcasecmp(line, "Connection") == 0)
        parse_connection(value, out);
    else if (strcasecmp(line, "Transfer-Encoding") == 0)
        return 413;
    else if (strcasecmp(line, "Content-Length") == 0) {
        size_t digits = strspn(value, "0123456789"), zeros = strspn(value, "0");
        if (digits == 0 || value[digits + strspn(value + digits, " \t")] != '\0')
            return 400;
        return zeros == digits ? 200 : 413;
    }
    return 200;
}

int http_request_parse(char *text, size_t len, http_request *out)
{
    *out = (http_request){0};
    if (memchr(text, '\0', len) != NULL)
        return 400;
    text[len - 1] = '\0';
    int status = 200;
    for (char *line = text, *end = text; end != NULL && status == 200; line = end + 1) {
        end = strchr(line, '\n');
        if (end == NULL)
            break;
        char *stop = end > line && end[-1] == '\r' ? end - 1 : end;
        *stop = '\0';
        if (strchr(line, '\r') != NULL)
            return 400;
        status = line == text ? parse_request_line(line, out) : parse_field(line, out);
    }
    bool host_ok = out->hosts == 1 || (out->hosts == 0 && !out->http_1_1);
    return status == 200 && !host_ok ? 400 : status;
}
