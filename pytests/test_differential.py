# SPDX-License-Identifier: MIT
"""Random programs of API calls show the same in a world and on real sockets, up to the written list in
tests/differential_allowed.c; and programs whose callbacks close, destroy, create and pump keep what must hold
everywhere."""

import json
import os
import subprocess
import threading

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from support import TIME_SCALE, program, run, shown

SEEDS = 250
EXAMPLES = 60
PROGRAM_BYTES_MAX = 120
VERDICT_S_MAX = 60


class Judge:
    """The program as a process that answers each line with a verdict."""

    def __init__(self, *options):
        self.command = [str(program("tests/castanet_differential")), *options]
        self.process = subprocess.Popen([*self.command, "--stdin"], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, text=True)

    def verdict(self, data):
        watchdog = threading.Timer(VERDICT_S_MAX * TIME_SCALE, self.process.kill)
        watchdog.start()
        try:
            self.process.stdin.write(data.hex() + "\n")
            self.process.stdin.flush()
            answer = self.process.stdout.readline()
        finally:
            watchdog.cancel()
        assert answer, f"it died, or took {VERDICT_S_MAX} s\n  reproduce: {self.shown(data)}"
        return json.loads(answer)

    def shown(self, data):
        return shown([*self.command, "--bytes", data.hex()])

    def close(self):
        self.process.stdin.close()
        assert self.process.wait() == 0


@pytest.fixture(scope="module", params=[(), ("--callbacks",)], ids=["calls", "callbacks"])
def judge(request):
    one = Judge(*request.param)
    yield one
    one.close()


# Programs from bytes that hypothesis chooses, the same in each run; a failing one is made shorter by the
# program itself, which knows steps.
@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
          suppress_health_check=list(HealthCheck))
@given(data=st.binary(max_size=PROGRAM_BYTES_MAX))
def test_bytes_that_hypothesis_chooses(judge, data):
    answer = judge.verdict(data)
    assert answer["verdict"] == "agree", f"{answer['program']}\n  reproduce: {judge.shown(data)}"


@pytest.mark.parametrize("options", [(), ("--callbacks",)], ids=["calls", "callbacks"])
def test_seeds(options):
    run([program("tests/castanet_differential"), "--seeds", f"1-{SEEDS}", *options])


def test_a_program_is_printed_as_a_scenario():
    printed = run([program("tests/castanet_differential"), "--seeds", 1, "--print"]).stdout
    assert "\nscenario " in printed and "\n    expect " in printed


@pytest.mark.parametrize("arguments", [(), ("--seeds", "9-3"), ("--backend", "sim", "--seeds", "1"),
                                       ("--bytes", "xyz"), ("--bytes", "00", "--stdin"), ("--jump",)])
def test_bad_command_lines_are_refused(arguments):
    command = [program("tests/castanet_differential"), *arguments]
    refused = run(command, expect=2, env={**os.environ, "LC_ALL": "C"})
    assert "fix:" in refused.stderr and refused.stdout == ""
