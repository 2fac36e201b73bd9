/* SPDX-License-Identifier: MIT
 *
 * The verbs that ask a socket, or set its options.
 */
#include <string.h>

#include "tests/conformance_steps.h"

/* ---- options ---- */

enum { OPTION_BYTES_MAX = 16 };

/* The bytes of an option: an int, or for SO_LINGER seconds with the switch on. */
static int option_bytes(const scenario_step *step, long value, char bytes[OPTION_BYTES_MAX])
{
    struct linger linger = {.l_onoff = 1, .l_linger = (int)value};
    int number = (int)value;
    bool is_linger = step->option == SO_LINGER && step->level == SOL_SOCKET;
    memset(bytes, 0, OPTION_BYTES_MAX);
    if (is_linger)
        memcpy(bytes, &linger, sizeof linger);
    else
        memcpy(bytes, &number, sizeof number);
    return is_linger ? (int)sizeof linger : (int)sizeof number;
}

static scenario_outcome act_setopt(scenario_run *run, const scenario_step *step, int socket)
{
    char bytes[OPTION_BYTES_MAX];
    int len = option_bytes(step, step->number, bytes);
    if ((step->extras & SCENARIO_LEN) != 0)
        len = (int)step->len;
    const char *value = (step->extras & SCENARIO_NULL) != 0 ? NULL : bytes;
    return scenario_of_bool(
        CAsyncSocket_SetSockOpt(scenario_socket_of(run, socket), step->option, value, len, step->level));
}

/* The value; of SO_LINGER the seconds, or -1 when it is off. */
static long option_value(const scenario_step *step, const char bytes[OPTION_BYTES_MAX], int len)
{
    struct linger linger;
    int number = 0;
    if (step->option == SO_LINGER && step->level == SOL_SOCKET) {
        memcpy(&linger, bytes, sizeof linger);
        return linger.l_onoff != 0 ? linger.l_linger : -1;
    }
    memcpy(&number, bytes, (size_t)(len < (int)sizeof number ? len : (int)sizeof number));
    return number;
}

static scenario_outcome act_getopt(scenario_run *run, const scenario_step *step, int socket)
{
    char bytes[OPTION_BYTES_MAX];
    int len = option_bytes(step, 0, bytes);
    if ((step->extras & SCENARIO_LEN) != 0)
        len = (int)step->len;
    char *value = (step->extras & SCENARIO_NULL) != 0 ? NULL : bytes;
    int *value_len = (step->extras & SCENARIO_NO_LEN) != 0 ? NULL : &len;
    memset(bytes, 0, sizeof bytes);
    BOOL ok = CAsyncSocket_GetSockOpt(scenario_socket_of(run, socket), step->option, value, value_len,
                                      step->level);
    return ok ? scenario_done(option_value(step, bytes, len)) : scenario_failure();
}

/* ---- commands ---- */

/* Gives what the argument is afterwards. */
static scenario_outcome control(scenario_run *run, const scenario_step *step, int socket, long command)
{
    DWORD value = (DWORD)step->number;
    DWORD *argument = (step->extras & SCENARIO_NULL) != 0 ? NULL : &value;
    return CAsyncSocket_IOCtl(scenario_socket_of(run, socket), command, argument) ? scenario_done((long)value)
                                                                                  : scenario_failure();
}

static scenario_outcome act_ioctl(scenario_run *run, const scenario_step *step, int socket)
{
    return control(run, step, socket, step->mask);
}

static scenario_outcome act_available(scenario_run *run, const scenario_step *step, int socket)
{
    return control(run, step, socket, FIONREAD);
}

static scenario_outcome act_atmark(scenario_run *run, const scenario_step *step, int socket)
{
    return control(run, step, socket, SIOCATMARK);
}

/* ---- names ---- */

/* S peername C: the peer of S is where C is. */
static scenario_outcome act_peername(scenario_run *run, const scenario_step *step, int socket)
{
    char peer[64] = "";
    UINT port = 0;
    if (!CAsyncSocket_GetPeerName(scenario_socket_of(run, socket), peer, sizeof peer, &port))
        return scenario_failure();
    if (step->other == SCENARIO_NONE)
        return scenario_done(1);
    return scenario_of_check(run, step,
                             strcmp(peer, arena_address(run->arena, run->scenario->threads[step->other])) ==
                                     0 &&
                                 port == run->ports[step->other],
                             "the name of the peer is another one");
}

/* With an address: it is this one. */
static scenario_outcome act_sockname(scenario_run *run, const scenario_step *step, int socket)
{
    char name[64], text[64];
    UINT port = 0;
    BOOL ok = CAsyncSocket_GetSockName(scenario_socket_of(run, socket), name, sizeof name, &port);
    scenario_remember_port(run, socket);
    if (!ok || step->address[0] == '\0')
        return scenario_of_bool(ok);
    const char *wanted = scenario_address(run, step, socket, text);
    return scenario_of_check(run, step, port != 0 && strcmp(name, wanted == NULL ? "0.0.0.0" : wanted) == 0,
                             "the socket has another name");
}

typedef BOOL (*name_call)(CAsyncSocket *, SOCKADDR *, int *);

/* A failed call changes nothing; a good one gives a whole sockaddr_in, with zeros behind the address. */
static scenario_outcome raw_name(scenario_run *run, const scenario_step *step, int socket, name_call call)
{
    static const char zeros[sizeof((SOCKADDR_IN *)0)->sin_zero];
    SOCKADDR_STORAGE name, before;
    memset(&before, 0xA5, sizeof before);
    name = before;
    int given = (step->extras & SCENARIO_LEN) != 0 ? (int)step->len : (int)sizeof name, len = given;
    BOOL ok = call(scenario_socket_of(run, socket),
                   (step->extras & SCENARIO_NULL) != 0 ? NULL : (SOCKADDR *)&name,
                   (step->extras & SCENARIO_NO_LEN) != 0 ? NULL : &len);
    scenario_outcome outcome = scenario_of_bool(ok);
    const SOCKADDR_IN *in = (const SOCKADDR_IN *)&name;
    if (ok)
        scenario_of_check(run, step,
                          in->sin_family == AF_INET && in->sin_port != 0 && len == (int)sizeof *in &&
                              memcmp(in->sin_zero, zeros, sizeof zeros) == 0,
                          "this is not the whole of a name");
    else
        scenario_of_check(run, step, memcmp(&name, &before, sizeof name) == 0 && len == given,
                          "the buffer or its length has changed");
    return outcome;
}

static scenario_outcome act_socknameaddr(scenario_run *run, const scenario_step *step, int socket)
{
    return raw_name(run, step, socket, CAsyncSocket_GetSockNameAddr);
}

static scenario_outcome act_peernameaddr(scenario_run *run, const scenario_step *step, int socket)
{
    return raw_name(run, step, socket, CAsyncSocket_GetPeerNameAddr);
}

/* ---- handles ---- */

static scenario_outcome act_empty(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket *object = scenario_socket_of(run, socket);
    return scenario_of_check(run, step, object->m_hSocket == INVALID_SOCKET, "the object has a handle");
}

/* The object is the one that its handle leads to, on this thread. */
static scenario_outcome act_owns(scenario_run *run, const scenario_step *step, int socket)
{
    CAsyncSocket *object = scenario_socket_of(run, socket);
    bool ok = object->m_hSocket != INVALID_SOCKET && CAsyncSocket_FromHandle(object->m_hSocket) == object;
    return scenario_of_check(run, step, ok, "FromHandle does not lead to the object");
}

/* The object has the handle that it had before it was closed. */
static scenario_outcome act_reused(scenario_run *run, const scenario_step *step, int socket)
{
    bool same = scenario_socket_of(run, socket)->m_hSocket == run->closed[socket];
    return scenario_of_check(run, step, same, "the object has another handle than before");
}

/* The object claims a handle that is not its own; Close at the end finds that out. */
static scenario_outcome act_forge(scenario_run *run, const scenario_step *step, int socket)
{
    scenario_socket_of(run, socket)->m_hSocket = (SOCKET)step->number;
    return scenario_done(1);
}

const scenario_verb scenario_verbs_state[] = {
    {"setopt", "ovx", USUAL_OK, act_setopt},
    {"getopt", "ox", USUAL_OK, act_getopt},
    {"ioctl", "cNx", USUAL_OK, act_ioctl},
    {"available", "", USUAL_OK, act_available},
    {"atmark", "", USUAL_OK, act_atmark},
    {"peername", "?", USUAL_OK, act_peername},
    {"peernameaddr", "x", USUAL_OK, act_peernameaddr},
    {"sockname", "A", USUAL_OK, act_sockname},
    {"socknameaddr", "x", USUAL_OK, act_socknameaddr},
    {"empty", "", USUAL_OK, act_empty},
    {"owns", "", USUAL_OK, act_owns},
    {"reused", "", USUAL_OK, act_reused},
    {"forge", "n", USUAL_OK, act_forge},
    {NULL, NULL, USUAL_NOTHING, NULL},
};
