# SPDX-License-Identifier: MIT
"""The fault wrapper without faults is transparent: whatever the tables of behaviour say holds through it."""

import re

import pytest

from support import program, run


@pytest.mark.parametrize("backend", ["sim", "epoll", "poll"])
def test_scenarios_hold_through_a_wrapper_without_faults(backend):
    printed = run([program("tests/castanet_tests"), "--wrap", "--run", f"conformance-{backend}/*"]).stdout
    passed = int(re.search(r"^(\d+) passed, 0 failed", printed, re.MULTILINE).group(1))
    assert passed > 100


def test_sockets_behave_the_same_through_a_wrapper_without_faults():
    printed = run([program("tests/castanet_tests"), "--wrap", "--run", "socket_*", "--run", "core_thread/*",
                   "--run", "documented_errors/*"]).stdout
    assert re.search(r"^\d+ passed, 0 failed", printed, re.MULTILINE)
