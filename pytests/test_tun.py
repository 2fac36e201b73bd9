# SPDX-License-Identifier: MIT
"""This machine's kernel and virtual hosts, through a TUN interface in a network namespace of the test.

The kernel is 10.9.0.1 and fd09::1; examples/tun_host.c describes the virtual side.  Sockets made here live in
the namespace, which is gone with the last of them.
"""

import contextlib
import ctypes
import errno
import hashlib
import json
import os
import random
import select
import socket
import struct
import threading
import time
from pathlib import Path

import pytest
from support import Ended, Server, build_dir, program, run

CLONE_NEWNET = 0x40000000
TUN = "cas0"    # a server behind it, as long as the tests run
OTHER = "cas1"  # programs of single tests; reached by a socket bound to it, and "client" always
KERNEL = {4: "10.9.0.1", 6: "fd09::1"}
SERVER = {4: "10.9.0.2", 6: "fd09::2"}
FAR = {4: "10.8.0.2", 6: "fd08::2"}
FAMILY = {4: socket.AF_INET, 6: socket.AF_INET6}
ECHO, ABORT, SLOW, HTTP, CLOSED = 7, 13, 19, 80, 4444
LIMIT_S = 30
MIB = 1 << 20

both = pytest.mark.parametrize("version", [4, 6], ids=["v4", "v6"])
libc = ctypes.CDLL(None, use_errno=True)


def called(result, what):
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def configure():
    """The namespace's interface, without a word of its own on it."""
    for name in ("all", "default"):
        Path(f"/proc/sys/net/ipv6/conf/{name}/accept_dad").write_text("0", encoding="ascii")
        Path(f"/proc/sys/net/ipv6/conf/{name}/router_solicitations").write_text("0", encoding="ascii")
    for name in (TUN, OTHER):
        for words in (f"tuntap add dev {name} mode tun", f"link set {name} addrgenmode none mtu 1500"):
            run(["ip", *words.split()])
    for words in ("link set lo up", f"address add {KERNEL[4]}/24 dev {TUN}", f"link set {TUN} up",
                  f"-6 address add {KERNEL[6]}/64 dev {TUN} nodad", f"link set {OTHER} up",
                  f"route add 10.9.0.3/32 dev {OTHER}", f"-6 route add fd09::3/128 dev {OTHER}",
                  f"route add 10.9.0.0/24 dev {OTHER} metric 2000",
                  f"-6 route add fd09::/64 dev {OTHER} metric 2000",
                  "route add 10.8.0.0/24 via 10.9.0.4", "-6 route add fd08::/64 via fd09::4"):
        run(["ip", *words.split()])


@pytest.fixture(scope="module", autouse=True)
def namespace():
    """The tests of this module run in a network namespace of their own."""
    if os.geteuid() != 0:
        pytest.skip("needs root, for a network namespace and a TUN interface")
    if not os.path.exists("/dev/net/tun"):
        pytest.skip("there is no /dev/net/tun")
    before = os.open("/proc/thread-self/ns/net", os.O_RDONLY | os.O_CLOEXEC)
    try:
        called(libc.unshare(CLONE_NEWNET), "unshare")
    except OSError as error:
        os.close(before)
        pytest.skip(f"no network namespace: {error}")
    try:
        configure()
        yield
    finally:
        called(libc.setns(before, CLONE_NEWNET), "setns")
        os.close(before)


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A folder to serve, with a file of 5 MB."""
    folder = tmp_path_factory.mktemp("site")
    (folder / "big.bin").write_bytes(random.Random(1).randbytes(5_000_000))
    return folder


def wait_until_up(interface):
    """Waits until the kernel sends on an interface.

    Once opened, it has a carrier at once and a queue some time later; what is sent in between is dropped.
    """
    until = time.monotonic() + LIMIT_S
    while True:
        link, = json.loads(run(["ip", "-json", "link", "show", "dev", interface]).stdout)
        if link["operstate"] == "UP":
            return
        assert time.monotonic() < until, f"{interface} is {link['operstate']} after {LIMIT_S} s"


class Host:
    """tun_host serve, while the with statement lasts; output is all that it said."""

    def __init__(self, interface, folder, *options):
        self.interface = interface
        self.server = Server([program("examples/tun_host"), "serve", interface, folder, *options])

    def __enter__(self):
        with contextlib.ExitStack() as undo:
            undo.enter_context(self.server)
            wait_until_up(self.interface)
            undo.pop_all()
        return self

    def __exit__(self, *why):
        self.server.__exit__(*why)


@pytest.fixture(scope="module")
def served(namespace, files):
    with Host(TUN, files) as host:
        yield host


def tun_host(*words, expect=0):
    return run([program("examples/tun_host"), *words], limit_s=LIMIT_S, expect=expect)


def connect(version, port, device=TUN):
    sock = socket.socket(FAMILY[version], socket.SOCK_STREAM)
    sock.settimeout(LIMIT_S)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device.encode())
    sock.connect((SERVER[version], port))
    return sock


def pattern(size, seed=7):
    return random.Random(seed).randbytes(size)


def send_all_and_shut(sock, data):
    sock.sendall(data)
    sock.shutdown(socket.SHUT_WR)


def read_to_end(sock):
    digest, count = hashlib.sha256(), 0
    while piece := sock.recv(1 << 16):
        digest.update(piece)
        count += len(piece)
    return count, digest.hexdigest()


def echoed(version, size, device=TUN):
    """Sends size bytes, ends its half, and reads what comes back to the end."""
    data = pattern(size)
    with connect(version, ECHO, device) as sock:
        writer = threading.Thread(target=send_all_and_shut, args=(sock, data))
        writer.start()
        got = read_to_end(sock)
        writer.join()
    assert got == (size, hashlib.sha256(data).hexdigest())


# ---- ping and its like ----

def internet_sum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ping(version, host, size, number):
    """Whether an echo request with size bytes was answered with the same; raw, as ping(8) does it."""
    protocol = socket.IPPROTO_ICMP if version == 4 else socket.IPPROTO_ICMPV6
    request, reply = (8, 0) if version == 4 else (128, 129)
    data = pattern(size)
    with socket.socket(FAMILY[version], socket.SOCK_RAW, protocol) as raw:
        raw.settimeout(LIMIT_S)
        body = struct.pack("!BBHHH", request, 0, 0, 0xCA5, number) + data
        if version == 4:
            body = body[:2] + struct.pack("!H", internet_sum(body)) + body[4:]
        raw.sendto(body, (host, 0))
        while True:
            answer, source = raw.recvfrom(65536)
            answer = answer[(answer[0] & 15) * 4:] if version == 4 else answer
            if answer[0] == reply and answer[4:8] == body[4:8]:
                return source[0] == host and answer[8:] == data


@both
@pytest.mark.parametrize("size", [0, 56, 1472, 4000, 20000])
def test_ping_is_answered(served, version, size):
    """From 1473 on in fragments both ways; 8 octets less over IPv6."""
    assert ping(version, SERVER[version], size, size)


@both
def test_ping_behind_a_router_is_answered(served, version):
    assert ping(version, FAR[version], 100, 1)


@both
def test_time_to_live_expires_at_the_virtual_router(served, version):
    level, option, receive = ((socket.IPPROTO_IP, socket.IP_TTL, 11) if version == 4
                              else (socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 25))  # *_RECVERR
    with socket.socket(FAMILY[version], socket.SOCK_DGRAM) as sock:
        sock.settimeout(LIMIT_S)
        sock.setsockopt(level, option, 1)
        sock.setsockopt(level, receive, 1)
        sock.sendto(b"x", (FAR[version], 33434))
        poll = select.poll()
        poll.register(sock, 0)
        assert poll.poll(LIMIT_S * 1000)
        _, ancillary, _, _ = sock.recvmsg(100, 512, socket.MSG_ERRQUEUE)
        number, origin, kind, code = struct.unpack_from("=IBBB", ancillary[0][2])
        assert number == errno.EHOSTUNREACH
        assert (origin, kind, code) == ((2, 11, 0) if version == 4 else (3, 3, 0))
        offender = ancillary[0][2][16:]
        address = offender[4:8] if version == 4 else offender[8:24]
        assert socket.inet_ntop(FAMILY[version], address) == {4: "10.9.0.4", 6: "fd09::4"}[version]


# ---- datagrams ----

@both
@pytest.mark.parametrize("size", [0, 1, 1400, 9000, 60000])
def test_datagrams_are_echoed(served, version, size):
    data = pattern(size)
    with socket.socket(FAMILY[version], socket.SOCK_DGRAM) as sock:
        sock.settimeout(LIMIT_S)
        sock.connect((SERVER[version], ECHO))
        sock.send(data)
        assert sock.recv(65536) == data


@both
def test_datagram_to_a_closed_port_is_refused(served, version):
    with socket.socket(FAMILY[version], socket.SOCK_DGRAM) as sock:
        sock.settimeout(LIMIT_S)
        sock.connect((SERVER[version], CLOSED))
        sock.send(b"x")
        with pytest.raises(ConnectionRefusedError):
            sock.recv(10)


# ---- the kernel connects to a virtual host ----

@both
def test_curl_fetches_a_file(served, files, version, tmp_path):
    host = SERVER[version] if version == 4 else f"[{SERVER[version]}]"
    run(["curl", "--silent", "--show-error", "--fail", "--max-time", LIMIT_S, "--output", tmp_path / "got",
         "--globoff", f"http://{host}/big.bin"])
    assert (tmp_path / "got").read_bytes() == (files / "big.bin").read_bytes()


@both
@pytest.mark.parametrize("size", [0, 1, 2, 1459, 65536, 4 * MIB])
def test_stream_is_echoed(served, version, size):
    echoed(version, size)


def test_stream_of_64_mib_is_echoed(served):
    echoed(4, 64 * MIB)


def test_three_streams_at_a_time_are_echoed(served):
    workers = [threading.Thread(target=echoed, args=(version, 2 * MIB)) for version in (4, 6, 4)]
    failures = []

    def guarded(worker):
        try:
            worker.run()
        except BaseException as error:  # an assertion of another thread is ours
            failures.append(error)
    threads = [threading.Thread(target=guarded, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


@both
def test_half_closed_stream_is_answered(served, version):
    """Our FIN is out before the first byte of the answer is read."""
    with connect(version, ECHO) as sock:
        sock.sendall(b"the end")
        sock.shutdown(socket.SHUT_WR)
        assert read_to_end(sock)[0] == 7


@both
def test_connection_to_a_closed_port_is_refused(served, version):
    with pytest.raises(ConnectionRefusedError):
        connect(version, CLOSED)


@both
def test_abort_of_the_virtual_host_is_a_reset(served, version):
    with connect(version, ABORT) as sock:
        sock.sendall(b"x")
        with pytest.raises(ConnectionResetError):
            sock.recv(10)


@both
def test_abort_of_the_kernel_leaves_the_virtual_host_in_order(served, version):
    sock = connect(version, ECHO)
    sock.sendall(b"x")
    assert sock.recv(1) == b"x"
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.close()
    echoed(version, 1000)


@both
def test_urgent_byte_goes_there_and_back(served, version):
    with connect(version, ECHO) as sock:
        sock.sendall(b"abc")
        sock.send(b"!", socket.MSG_OOB)
        sock.sendall(b"def")
        _, _, urgent = select.select([], [], [sock], LIMIT_S)
        assert urgent
        assert sock.recv(1, socket.MSG_OOB) == b"!"
        sock.shutdown(socket.SHUT_WR)
        assert read_to_end(sock) == (6, hashlib.sha256(b"abcdef").hexdigest())


def test_window_that_is_shut_for_five_seconds_loses_nothing(served):
    data = pattern(2 * MIB)
    with connect(4, SLOW) as sock:
        send_all_and_shut(sock, data)
        answer = b""
        while piece := sock.recv(100):
            answer += piece
    assert answer.decode() == f"{len(data)} {sum(data)}\n"


@both
def test_iperf3_sends_and_receives(served, version):
    for options in ([], ["-R"], ["-P", "3"]):
        said = run(["iperf3", "-c", SERVER[version], "-n", "20M", *options], limit_s=LIMIT_S).stdout
        assert "receiver" in said and "iperf Done." in said, said


# ---- a virtual host connects to the kernel ----

def echo_with_urgent(sock):
    """Echoes a connection, an urgent byte as an urgent byte."""
    with sock:
        while True:
            readable, _, urgent = select.select([sock], [], [sock], LIMIT_S)
            if urgent:
                sock.send(sock.recv(1, socket.MSG_OOB), socket.MSG_OOB)
            if readable:
                piece = sock.recv(1 << 16)
                if not piece:
                    return
                sock.sendall(piece)


@contextlib.contextmanager
def kernel_server(version, serve):
    """A listener of the kernel; serve gets its one connection.  Yields its port."""
    with socket.create_server((KERNEL[version], 0), family=FAMILY[version]) as listener:
        listener.settimeout(LIMIT_S)
        def work():
            with contextlib.suppress(OSError):  # the client tells what is wrong
                serve(listener.accept()[0])
        worker = threading.Thread(target=work)
        worker.start()
        try:
            yield listener.getsockname()[1]
        finally:
            with contextlib.suppress(OSError):
                listener.shutdown(socket.SHUT_RDWR)
            worker.join()


@both
@pytest.mark.parametrize("size", [1, 100_000, 16 * MIB])
def test_virtual_client_is_echoed_by_the_kernel(namespace, version, size):
    with kernel_server(version, echo_with_urgent) as port:
        said = tun_host("client", OTHER, KERNEL[version], port, "--bytes", size).stdout
    assert f"{size} of {size} bytes came back, urgent byte too" in said


@both
def test_virtual_client_is_refused_by_the_kernel(namespace, version):
    with pytest.raises(Ended, match="refused"):
        tun_host("client", OTHER, KERNEL[version], CLOSED)


@both
def test_virtual_client_is_reset_by_the_kernel(namespace, version):
    def abort(sock):
        sock.recv(1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        sock.close()
    with kernel_server(version, abort) as port, pytest.raises(Ended, match="the connection died"):
        tun_host("client", OTHER, KERNEL[version], port, "--bytes", 1000)


@both
def test_virtual_datagram_is_answered_by_the_kernel(namespace, version):
    with socket.socket(FAMILY[version], socket.SOCK_DGRAM) as sock:
        sock.settimeout(LIMIT_S)
        sock.bind((KERNEL[version], 0))

        def answer():
            sock.sendto(*sock.recvfrom(100))
        worker = threading.Thread(target=answer)
        worker.start()
        said = tun_host("probe", OTHER, KERNEL[version], sock.getsockname()[1]).stdout
        worker.join()
    assert said == "probe: answered\n"


@both
def test_virtual_datagram_is_refused_by_the_kernel(namespace, version):
    assert tun_host("probe", OTHER, KERNEL[version], CLOSED).stdout == "probe: WSAECONNRESET\n"


# ---- a bad link ----

@both
def test_stream_survives_one_percent_loss(namespace, files, version):
    with Host(OTHER, files, "--loss", "10000"):
        echoed(version, 1 * MIB, device=OTHER)


def test_virtual_client_survives_one_percent_loss(namespace):
    with kernel_server(4, echo_with_urgent) as port:
        said = tun_host("client", OTHER, KERNEL[4], port, "--bytes", 1 * MIB, "--loss", "10000").stdout
    assert "urgent byte too" in said
