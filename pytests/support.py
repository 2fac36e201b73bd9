# SPDX-License-Identifier: MIT
"""What the test modules share: where things are, how programs are run, how captures are asked.

Nothing here waits by the clock: programs are waited for by their end, servers by the line they print.
"""

import os
import re
import shlex
import signal
import socket
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
TIME_SCALE = float(os.environ.get("CASTANET_TIME_SCALE", "1"))
SKIPPED = 77


def build_dir():
    """The build under test; ./dev names it."""
    given = os.environ.get("CASTANET_BUILD")
    path = Path(given).resolve() if given else ROOT / "build" / "release"
    if not path.is_dir():
        raise pytest.UsageError(
            f"there is no build in {path}\n"
            "  why: these tests run programs that must be built before\n"
            "  fix: ./dev test  (or set CASTANET_BUILD to a build directory)")
    return path


def program(name, build=None):
    """The path of a built program such as "examples/echo"."""
    path = (build or build_dir()) / name
    if not os.access(path, os.X_OK):
        raise pytest.UsageError(
            f"the program {path} is missing\n"
            "  why: it was not built, or CASTANET_BUILD names another directory\n"
            "  fix: ./dev test")
    return path


def needs_ipv6():
    """Skips the test on a machine without ::1."""
    try:
        with socket.socket(socket.AF_INET6) as probe:
            probe.bind(("::1", 0))
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")


def shown(command):
    """A command as a person would type it from the project folder."""
    words = [str(word) for word in command]
    if words[0].startswith(f"{ROOT}/"):
        words[0] = os.path.relpath(words[0], ROOT)
    return shlex.join(words)


def how_it_ended(status):
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


class Ended(Exception):
    """A program that did not end as it should; says how, with its output and the command to see it again."""

    def __init__(self, command, how, output):
        self.command, self.how, self.output = command, how, output
        super().__init__(f"{how}\n{shortened(output)}\n  reproduce: {shown(command)}")


def shortened(text, first=30, last=40):
    """The start and the end of a long text: reports of sanitizers name the fault first, logs last."""
    rows = text.rstrip().splitlines()
    if len(rows) > first + last:
        rows[first:-last] = [f"... {len(rows) - first - last} lines left out"]
    return "\n".join(rows)


def run(command, limit_s=120, expect=0, **options):
    """Runs a program to its end; returns the completed process, output as text.  Raises Ended."""
    command = [str(word) for word in command]
    options.setdefault("stdin", subprocess.DEVNULL)
    options.setdefault("text", True)
    options.setdefault("errors", "replace")
    limit_s *= TIME_SCALE
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                               start_new_session=True, **options)
    try:
        out, err = process.communicate(timeout=limit_s)
    except subprocess.TimeoutExpired:
        kill_group(process)
        out, err = process.communicate()
        raise Ended(command, f"did not end within {limit_s:g} s", out + err) from None
    except BaseException:
        kill_group(process)
        raise
    if expect is not None and process.returncode != expect:
        raise Ended(command, how_it_ended(process.returncode), out + err)
    return subprocess.CompletedProcess(command, process.returncode, out, err)


def kill_group(process):
    """Ends a process that run or Server started in a session of its own, with its children."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.wait()


class Server:
    """A program that prints "listening on", an address and a port, and serves until it is told to stop."""

    def __init__(self, command):
        self.command = [str(word) for word in command]

    def __enter__(self):
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.STDOUT, start_new_session=True, text=True)
        said = []
        for line in self.process.stdout:
            said.append(line)
            found = re.search(r"listening on .*(?::| port )(\d+)", line)
            if found:
                self.port = int(found.group(1))
                return self
        self.process.wait()
        how = f"ended before listening: {how_it_ended(self.process.returncode)}"
        raise Ended(self.command, how, "".join(said))

    def __exit__(self, kind, value, trace):
        alive = self.process.poll() is None
        if alive:
            self.process.terminate()
        try:
            output, _ = self.process.communicate(timeout=20 * TIME_SCALE)
        except subprocess.TimeoutExpired:
            kill_group(self.process)
            output = ""
            if kind is None:
                raise Ended(self.command, "did not stop on SIGTERM", output) from None
        if kind is None and not alive:
            raise Ended(self.command, f"died while serving: {how_it_ended(self.process.returncode)}", output)
        if kind is None and self.process.returncode not in (0, -signal.SIGTERM):
            raise Ended(self.command, f"stopped badly: {how_it_ended(self.process.returncode)}", output)


CHECKSUMS = ("-o", "tcp.check_checksum:TRUE", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE")
BAD_PACKETS = ("_ws.malformed || tcp.checksum.status == 0 || ip.checksum.status == 0"
               " || udp.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0")


def tshark(capture, wanted, *more):
    """The lines tshark prints for the packets of a capture that match a display filter."""
    answer = run(["tshark", "-2", "-n", "-r", capture, *CHECKSUMS, "-Y", wanted, *more])
    return answer.stdout.splitlines()


def fields(capture, wanted, *names, more=()):
    """One tuple of field values for each packet that matches; more: further arguments of tshark."""
    chosen = [word for name in names for word in ("-e", name)]
    return [tuple(line.split("\t")) for line in tshark(capture, wanted, "-T", "fields", *chosen, *more)]
