/* SPDX-License-Identifier: MIT
 *
 * The words behind a verb into the fields of a step: sockets, addresses, options, data, results.
 */
#include <string.h>

#include "tests/conformance_parser.h"

typedef scenario_parser parser; /* inside this file */

/* ---- events ---- */

static bool take_optional_mask(parser *p, long *mask)
{
    *mask = CASYNCSOCKET_DEFAULT_EVENTS;
    return p->at->kind != 'w' || scenario_at_word(p, "until") ? true : scenario_take_mask(p, mask);
}

static bool take_event(parser *p, scenario_event *event)
{
    long error = 0;
    if (!scenario_take_socket(p, &event->socket))
        return false;
    event->event = p->at->kind == 'w' ? scenario_event_of_name(p->at->text) : 0;
    if (event->event == 0)
        return scenario_complain(p, "an event", "write READ, WRITE, OOB, ACCEPT, CONNECT or CLOSE");
    p->at++;
    if (p->at->kind == 'w' && !scenario_read_code(p->at->text, &error) &&
        !scenario_read_number(p->at->text, &error))
        return scenario_complain(p, "the error of the event",
                                 "write its name, as WSAECONNREFUSED, or its number");
    p->at += p->at->kind == 'w';
    event->error = (int)error;
    return true;
}

/* "none", or events separated by commas. */
static bool take_events(parser *p, scenario_step *step)
{
    if (scenario_take_word(p, "none"))
        return true;
    do {
        if (step->event_count == SCENARIO_EVENTS_MAX)
            return scenario_complain(p, "the end of the line, because the list is too long,",
                                     "use two expectations");
        if (!take_event(p, &step->events[step->event_count]))
            return false;
        step->event_count++;
    } while (scenario_take_mark(p, ','));
    return true;
}

/* ---- sockets and addresses ---- */

static int find_socket(const scenario *s, const char *name)
{
    for (int i = 0; i < s->socket_count; i++)
        if (strcmp(s->sockets[i], name) == 0)
            return i;
    return SCENARIO_NONE;
}

/* Clients (C..., K...) live on thread a, all others on b, unless "place" says otherwise. */
bool scenario_take_socket(parser *p, int *out)
{
    scenario *s = p->scenario;
    if (p->at->kind != 'w' || p->at->text[0] < 'A' || p->at->text[0] > 'Z' || strlen(p->at->text) > 15)
        return scenario_complain(p, "the name of a socket",
                                 "write a short name that begins with a capital letter");
    *out = find_socket(s, p->at->text);
    if (*out == SCENARIO_NONE && s->socket_count == SCENARIO_SOCKETS_MAX)
        return scenario_complain(p, "a known socket, because the scenario has too many,",
                                 "use fewer sockets");
    if (*out == SCENARIO_NONE) {
        *out = s->socket_count++;
        scenario_copy_text(s->sockets[*out], sizeof s->sockets[*out], p->at->text);
        s->threads[*out] = p->at->text[0] == 'C' || p->at->text[0] == 'K' ? ARENA_A : ARENA_B;
    }
    p->at++;
    return true;
}

static bool is_socket(const parser *p)
{
    return p->at->kind == 'w' && p->at->text[0] >= 'A' && p->at->text[0] <= 'Z';
}

/* Words that belong behind an address. */
static bool is_extra(const parser *p)
{
    static const char *const words[] = {"until", "times", "len", "null", "nolen", "address", "family"};
    bool found = false;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        found = found || scenario_at_word(p, words[i]);
    return found;
}

/* An address in a word or a string: own, any, own6, any6, mapped, broadcast, or in numbers. */
static bool take_address(parser *p, scenario_step *step)
{
    bool text = p->at->kind == 's' ||
                (p->at->kind == 'w' && !is_socket(p) && !scenario_at_number(p) && !is_extra(p));
    if (!text)
        return true;
    if (strlen(p->at->text) >= sizeof step->address)
        return scenario_complain(p, "an address", "write own, any, own6, any6, mapped, broadcast or numbers");
    scenario_copy_text(step->address, sizeof step->address, p->at->text);
    p->at++;
    return true;
}

/* [ADDRESS] [SOCKET | PORT] */
static bool take_place(parser *p, scenario_step *step)
{
    if (!take_address(p, step))
        return false;
    if (is_socket(p))
        return scenario_take_socket(p, &step->other);
    return scenario_at_number(p) ? scenario_take_number(p, &step->port) : true;
}

/* As take_place, but somewhere it must be. */
static bool take_destination(parser *p, scenario_step *step)
{
    if (!take_place(p, step))
        return false;
    if (step->other == SCENARIO_NONE && step->address[0] == '\0')
        return scenario_complain(p, "a socket or an address",
                                 "write where to: S, or own6 S, or 192.0.2.0 80");
    return true;
}

/* ---- kinds of sockets, options, commands ---- */

static const scenario_word types[] = {{"stream", SOCK_STREAM}, {"dgram", SOCK_DGRAM}, {NULL, 0}};
static const scenario_word protocols[] = {{"tcp", IPPROTO_TCP}, {"udp", IPPROTO_UDP}, {NULL, 0}};
static const scenario_word families[] = {
    {"inet", AF_INET}, {"inet6", AF_INET6}, {"unspec", AF_UNSPEC}, {NULL, 0}};

static bool take_type(parser *p, long *out)
{
    static const scenario_word names[] = {{"tcp", SOCK_STREAM}, {"udp", SOCK_DGRAM}, {NULL, 0}};
    return scenario_take_value(p, names, "another word", "write tcp or udp", out);
}

/* tcp, udp, tcp6, udp6; or, for a socket that may not exist, family F, type T and protocol P. */
static bool take_kind(parser *p, scenario_step *step)
{
    static const struct {
        const char *name;
        int type, family;
    } kinds[] = {{"tcp", SOCK_STREAM, AF_INET},
                 {"udp", SOCK_DGRAM, AF_INET},
                 {"tcp6", SOCK_STREAM, AF_INET6},
                 {"udp6", SOCK_DGRAM, AF_INET6}};
    long family = AF_INET, type = 0, protocol = 0;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (scenario_take_word(p, kinds[i].name))
            return step->type = kinds[i].type, step->family = kinds[i].family, true;
    if (!scenario_at_word(p, "family") && !scenario_at_word(p, "type") && !scenario_at_word(p, "protocol"))
        return scenario_complain(p, "another word", "write tcp, udp, tcp6, udp6, family, type or protocol");
    if (scenario_take_word(p, "family") &&
        !scenario_take_value(p, families, "a family", "write inet, inet6, unspec or a number", &family))
        return false;
    if (scenario_take_word(p, "type") &&
        !scenario_take_value(p, types, "a type", "write stream, dgram or a number", &type))
        return false;
    if (scenario_take_word(p, "protocol") &&
        !scenario_take_value(p, protocols, "a protocol", "write tcp, udp or a number", &protocol))
        return false;
    step->family = (int)family, step->type = (int)type, step->protocol = (int)protocol;
    return true;
}

static bool take_how(parser *p, long *out)
{
    static const scenario_word names[] = {{"receives", CAsyncSocket_receives},
                                          {"sends", CAsyncSocket_sends},
                                          {"both", CAsyncSocket_both},
                                          {NULL, 0}};
    return scenario_take_value(p, names, "another word", "write receives, sends or both", out);
}

static bool take_command(parser *p, long *out)
{
    static const scenario_word names[] = {{"FIONBIO", FIONBIO},
                                          {"FIONREAD", FIONREAD},
                                          {"SIOCATMARK", SIOCATMARK},
                                          {"UDP_CONNRESET", SIO_UDP_CONNRESET},
                                          {NULL, 0}};
    return scenario_take_value(p, names, "a command",
                               "write FIONBIO, FIONREAD, SIOCATMARK, UDP_CONNRESET or a number", out);
}

/* A name, or: option N level N. */
static bool take_option(parser *p, scenario_step *step)
{
    static const struct {
        const char *name;
        int option, level;
    } options[] = {{"ACCEPTCONN", SO_ACCEPTCONN, SOL_SOCKET},
                   {"BROADCAST", SO_BROADCAST, SOL_SOCKET},
                   {"CONNECT_TIME", SO_CONNECT_TIME, SOL_SOCKET},
                   {"DEBUG", SO_DEBUG, SOL_SOCKET},
                   {"DONTLINGER", SO_DONTLINGER, SOL_SOCKET},
                   {"DONTROUTE", SO_DONTROUTE, SOL_SOCKET},
                   {"ERROR", SO_ERROR, SOL_SOCKET},
                   {"EXCLUSIVEADDRUSE", SO_EXCLUSIVEADDRUSE, SOL_SOCKET},
                   {"KEEPALIVE", SO_KEEPALIVE, SOL_SOCKET},
                   {"LINGER", SO_LINGER, SOL_SOCKET},
                   {"NODELAY", TCP_NODELAY, IPPROTO_TCP},
                   {"OOBINLINE", SO_OOBINLINE, SOL_SOCKET},
                   {"RCVBUF", SO_RCVBUF, SOL_SOCKET},
                   {"RCVTIMEO", SO_RCVTIMEO, SOL_SOCKET},
                   {"REUSEADDR", SO_REUSEADDR, SOL_SOCKET},
                   {"SNDBUF", SO_SNDBUF, SOL_SOCKET},
                   {"SNDTIMEO", SO_SNDTIMEO, SOL_SOCKET},
                   {"TTL", IP_TTL, IPPROTO_IP},
                   {"TYPE", SO_TYPE, SOL_SOCKET},
                   {"V6ONLY", IPV6_V6ONLY, IPPROTO_IPV6}};
    for (size_t i = 0; i < sizeof options / sizeof options[0]; i++)
        if (scenario_take_word(p, options[i].name))
            return step->option = options[i].option, step->level = options[i].level, true;
    if (!scenario_take_word(p, "option"))
        return scenario_complain(p, "the name of an option", "write it without SO_ or TCP_, as OOBINLINE");
    if (!scenario_take_int(p, &step->option))
        return false;
    step->level = SOL_SOCKET;
    return scenario_take_word(p, "level") ? scenario_take_int(p, &step->level) : true;
}

/* ---- what a call carries ---- */

/* The buffer of a run holds the largest of them. */
static bool take_size(parser *p, long *out)
{
    if (scenario_at_number(p) && scenario_read_number(p->at->text, out) && *out > SCENARIO_DATA_MAX)
        return scenario_complain(p, "a number of bytes", "write at most 67108864");
    if (!scenario_take_number(p, out))
        return false;
    if (*out > 0 && (size_t)*out > p->scenario->largest)
        p->scenario->largest = (size_t)*out;
    return true;
}

static bool take_data(parser *p, scenario_step *step)
{
    if (p->at->kind != 's')
        return take_size(p, &step->number);
    step->has_text = true;
    step->number = (long)strlen(p->at->text);
    return scenario_take_string(p, step->text);
}

static bool take_flags(parser *p, scenario_step *step)
{
    for (;;) {
        if (scenario_take_word(p, "oob"))
            step->flags |= MSG_OOB;
        else if (scenario_take_word(p, "peek"))
            step->flags |= MSG_PEEK;
        else if (!scenario_take_word(p, "flags"))
            return true;
        else if (!scenario_take_int(p, &step->flags))
            return false;
    }
}

static bool take_extras(parser *p, scenario_step *step)
{
    for (;;) {
        if (scenario_take_word(p, "null"))
            step->extras |= SCENARIO_NULL;
        else if (scenario_take_word(p, "nolen"))
            step->extras |= SCENARIO_NO_LEN;
        else if (scenario_take_word(p, "address"))
            step->extras |= SCENARIO_ADDRESS;
        else if (scenario_take_word(p, "len"))
            step->extras |= SCENARIO_LEN;
        else if (scenario_take_word(p, "family"))
            step->extras |= SCENARIO_FAMILY;
        else
            return true;
        bool is_len = strcmp(p->at[-1].text, "len") == 0, is_family = strcmp(p->at[-1].text, "family") == 0;
        if ((is_len && !scenario_take_number(p, &step->len)) ||
            (is_family && !scenario_take_int(p, &step->family)))
            return false;
    }
}

/* The value of an option; with "null" there is none. */
static bool take_option_value(parser *p, scenario_step *step)
{
    return scenario_at_word(p, "null") ? true : scenario_take_number(p, &step->number);
}

/* size: table */
bool scenario_parse_argument(parser *p, scenario_step *step, char letter)
{
    switch (letter) {
    case '1': return scenario_take_socket(p, &step->socket);
    case '2': return scenario_take_socket(p, &step->other);
    case '?': return is_socket(p) ? scenario_take_socket(p, &step->other) : true;
    case 'F': return scenario_take_word(p, "from") ? scenario_take_socket(p, &step->other) : true;
    case 'A': return take_address(p, step);
    case 'a': return take_place(p, step);
    case 'b': return take_destination(p, step);
    case 'd': return take_data(p, step);
    case 's': return take_size(p, &step->number);
    case 'n': return scenario_take_number(p, &step->number);
    case 'N': return scenario_at_number(p) ? scenario_take_number(p, &step->number) : true;
    case 'v': return take_option_value(p, step);
    case 'm': return scenario_take_mask(p, &step->mask);
    case 'M': return take_optional_mask(p, &step->mask);
    case 'f': return take_flags(p, step);
    case 'x': return take_extras(p, step);
    case 'o': return take_option(p, step);
    case 'c': return take_command(p, &step->mask);
    case 'h': return take_how(p, &step->number);
    case 'k': return take_kind(p, step);
    case 'p': return take_type(p, &step->number);
    case 'w': return scenario_take_name(p, step->text, sizeof step->text);
    case 't': return scenario_take_string(p, step->text);
    case 'q': return scenario_take_string(p, step->title);
    case 'e': return take_events(p, step);
    default: return true;
    }
}

/* ---- results ---- */

static bool take_wanted_word(parser *p, scenario_step *step)
{
    static const scenario_word words[] = {
        {"any", WANTED_ANY}, {"ok", WANTED_OK}, {"fails", WANTED_FAILS}, {"part", WANTED_PART}, {NULL, 0}};
    for (const scenario_word *word = words; word->name != NULL; word++)
        if (scenario_take_word(p, word->name))
            return step->wanted = (scenario_wanted_kind)word->value, true;
    return false;
}

static bool take_wanted(parser *p, scenario_step *step)
{
    if (p->at->kind == 's') {
        step->wanted = WANTED_TEXT;
        return scenario_take_string(p, step->wanted_text);
    }
    if (take_wanted_word(p, step))
        return true;
    if (p->at->kind == 'w' && scenario_read_code(p->at->text, &step->wanted_number))
        step->wanted = WANTED_ERROR;
    else if (p->at->kind == 'w' && scenario_read_number(p->at->text, &step->wanted_number))
        step->wanted = WANTED_NUMBER;
    else
        return scenario_complain(p, "a result",
                                 "write a number, the name of an error, a string, ok, fails, part or any");
    p->at++;
    return true;
}

bool scenario_parse_result(parser *p, scenario_step *step)
{
    step->times = 1;
    if (scenario_take_word(p, "times") && !scenario_take_number(p, &step->times))
        return false;
    step->until = scenario_take_word(p, "until");
    return step->until || scenario_take_mark(p, '=') ? take_wanted(p, step) : true;
}
