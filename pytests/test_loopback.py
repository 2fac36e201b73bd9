# SPDX-License-Identifier: MIT
"""The museum on the machine's own sockets: the stage that it is put on there works.

What passes in every order passes there, and what fails in every order fails there.  How often the others
fail is a matter of the machine; that few plain runs find most of them is not.
"""

import re

import pytest
from support import build_dir, program, run

PATH = "bench/search/castanet_loopback"
pytestmark = pytest.mark.skipif(not (build_dir() / PATH).exists(), reason="it is built for Linux's epoll")


def loopback(*arguments, expect=0):
    return run([program(PATH), *arguments], expect=expect).stdout.splitlines()


def test_mended_forms_pass_on_real_sockets():
    said = loopback("--mended", "--runs", 1, "--jobs", 16)
    rows = [row for row in said if re.match(r"\| [BKS]\d+ \|", row)]
    assert len(rows) >= 70
    assert [row for row in rows if "never in 1" not in row and "cannot be run" not in row] == []
    assert len([row for row in rows if "cannot be run" in row]) <= 5


def test_what_fails_always_fails_on_real_sockets():
    said = loopback("--always", "--runs", 2, "--jobs", 16)
    rows = [row for row in said if re.match(r"\| [BKS]\d+ \|", row)]
    assert len(rows) >= 9
    assert [row for row in rows if "| 1 (2 of 2) |" not in row] == []


def test_plain_runs_find_fewer_than_a_third():
    said = loopback("--runs", 3, "--jobs", 16)
    found, total = map(int, re.match(r"(\d+) of (\d+) found in 3 plain runs each", said[-1]).groups())
    assert total >= 71 and 9 <= found < total / 3, "\n".join(row for row in said if "never in" not in row)


@pytest.mark.parametrize("arguments", [["--runs", 0], ["--bug", "K99"], ["--jobs", 1000], ["--what"]])
def test_what_it_cannot_do_it_says(arguments):
    assert loopback(*arguments, expect=2) == []
