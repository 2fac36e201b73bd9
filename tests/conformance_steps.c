/* SPDX-License-Identifier: MIT
 *
 * See conformance_steps.h.  The verbs that are no call of a socket stand here.
 */
#include "tests/conformance_steps.h"

#include <arpa/inet.h>
#include <string.h>

/* ---- outcomes ---- */

scenario_outcome scenario_done(long value) { return (scenario_outcome){.value = value}; }
scenario_outcome scenario_failure(void)
{
    return (scenario_outcome){.failed = true, .error = CAsyncSocket_GetLastError()};
}
scenario_outcome scenario_of_bool(BOOL ok) { return ok ? scenario_done(1) : scenario_failure(); }
scenario_outcome scenario_of_count(int count)
{
    return count == SOCKET_ERROR ? scenario_failure() : scenario_done(count);
}

scenario_outcome scenario_of_check(scenario_run *run, const scenario_step *step, bool ok, const char *what)
{
    if (!ok)
        scenario_fail(run, step, "%s", what);
    return scenario_done(ok);
}

/* ---- addresses ---- */

/* What the words mean on simulated and on real sockets; NULL: the wildcard. */
static const struct {
    const char *word, *a, *b, *real;
} places[] = {{"own6", "fd00::1", "fd00::2", "::1"},
              {"mapped", "::ffff:10.0.0.1", "::ffff:10.0.0.2", "::ffff:127.0.0.1"},
              {"any", NULL, NULL, NULL},
              {"any6", "::", "::", "::"},
              /* The broadcast address of the loopback network needs no route. */
              {"broadcast", "255.255.255.255", "255.255.255.255", "127.255.255.255"}};

const char *scenario_address(const scenario_run *run, const scenario_step *step, int socket, char text[64])
{
    arena_thread thread = run->scenario->threads[step->other != SCENARIO_NONE ? step->other : socket];
    bool real = arena_backend_is_real(arena_backend_of(run->arena));
    if (step->address[0] == '\0' || strcmp(step->address, "own") == 0) {
        snprintf(text, 64, "%s", arena_address(run->arena, thread));
        return text;
    }
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++)
        if (strcmp(places[i].word, step->address) == 0)
            return real ? places[i].real : thread == ARENA_A ? places[i].a : places[i].b;
    snprintf(text, 64, "%s", step->address);
    return text;
}

UINT scenario_port(const scenario_run *run, const scenario_step *step)
{
    return step->other != SCENARIO_NONE ? run->ports[step->other] : (UINT)step->port;
}

int scenario_sockaddr(const scenario_run *run, const scenario_step *step, int socket, SOCKADDR_STORAGE *out)
{
    char buf[64];
    const char *text = scenario_address(run, step, socket, buf);
    SOCKADDR_IN in = {.sin_family = AF_INET, .sin_port = htons((uint16_t)scenario_port(run, step))};
    SOCKADDR_IN6 in6 = {.sin6_family = AF_INET6, .sin6_port = in.sin_port};
    bool is_v6 = text != NULL && inet_pton(AF_INET6, text, &in6.sin6_addr) == 1;
    if (text != NULL && !is_v6)
        inet_pton(AF_INET, text, &in.sin_addr);
    memset(out, 0, sizeof *out);
    if (is_v6)
        memcpy(out, &in6, sizeof in6);
    else
        memcpy(out, &in, sizeof in);
    if ((step->extras & SCENARIO_FAMILY) != 0)
        out->ss_family = (sa_family_t)step->family;
    return is_v6 ? (int)sizeof in6 : (int)sizeof in;
}

void scenario_remember_port(scenario_run *run, int socket)
{
    char address[64];
    UINT port;
    if (CAsyncSocket_GetSockName(scenario_socket_of(run, socket), address, sizeof address, &port))
        run->ports[socket] = port;
}

void scenario_forget_pattern(scenario_run *run, int socket)
{
    run->sent[socket] = 0;
    run->received[socket] = 0;
}

/* ---- verbs without a socket ---- */

static scenario_outcome act_settle(scenario_run *run, const scenario_step *step, int socket)
{
    (void)step;
    (void)socket;
    arena_settle(run->arena);
    return scenario_done(1);
}

/* Inside a callback: the nested pump of a message box. */
static scenario_outcome act_pump(scenario_run *run, const scenario_step *step, int socket)
{
    (void)run;
    (void)step;
    (void)socket;
    return scenario_of_count(cas_pump_run(0));
}

/* The last error of the thread. */
static scenario_outcome act_lasterror(scenario_run *run, const scenario_step *step, int socket)
{
    (void)run;
    (void)step;
    (void)socket;
    return scenario_done(CAsyncSocket_GetLastError());
}

/* row, differs, expect and on are run by scenario_execute itself. */
static const scenario_verb verbs_alone[] = {
    {"row", "@wq", USUAL_NOTHING, NULL},         {"differs", "@t", USUAL_NOTHING, NULL},
    {"expect", "@e", USUAL_NOTHING, NULL},       {"on", "@", USUAL_NOTHING, NULL},
    {"settle", "@", USUAL_OK, act_settle},       {"pump", "@", USUAL_NOTHING, act_pump},
    {"lasterror", "@", USUAL_OK, act_lasterror}, {NULL, NULL, USUAL_NOTHING, NULL},
};

/* ---- finding ---- */

const scenario_verb *scenario_verb_find(const char *name)
{
    const scenario_verb *const tables[] = {verbs_alone, scenario_verbs_life, scenario_verbs_transfer,
                                           scenario_verbs_state};
    for (size_t i = 0; i < sizeof tables / sizeof tables[0]; i++)
        for (const scenario_verb *verb = tables[i]; verb->name != NULL; verb++)
            if (strcmp(verb->name, name) == 0)
                return verb;
    return NULL;
}

bool scenario_step_is(const scenario_step *step, const char *verb)
{
    return strcmp(step->verb->name, verb) == 0;
}
