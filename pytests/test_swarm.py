# SPDX-License-Identifier: MIT
"""Random worlds full of transfers: every stream arrives bit for bit or is reset with the right notifications,
nothing waits for ever, and what is found can be repeated and is short."""

import os
import re

import pytest

from support import program, run

# CASTANET_SWARM_SEEDS=1-2000 for the long run, which takes minutes.
SEEDS = os.environ.get("CASTANET_SWARM_SEEDS", "1-120")
LIMIT_S = 3600 if "CASTANET_SWARM_SEEDS" in os.environ else 120


def swarm(*arguments, expect=0, limit_s=LIMIT_S):
    return run([program("tests/castanet_swarm"), *arguments], expect=expect, limit_s=limit_s).stdout


def test_every_transfer_of_random_worlds_ends_as_it_should():
    said = swarm("--seeds", SEEDS, "--jobs", 2)
    assert re.search(r"^\d+ seeds, 0 failures;", said, re.MULTILINE), said


def test_runs_happen_again_whatever_the_number_of_processes():
    once, again = swarm("--seeds", "1-12", "--list"), swarm("--seeds", "1-12", "--list", "--jobs", 3)
    assert sorted(once.splitlines()) == sorted(again.splitlines())
    assert len(set(re.findall(r"fingerprint ([0-9a-f]{32})", once))) == 12


def test_checks_and_captures_have_no_influence(tmp_path):
    plain = swarm("--seeds", "3-6", "--list", "--no-check")
    watched = swarm("--seeds", "3-6", "--list", "--pcap", tmp_path)
    assert plain == watched
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"swarm-{seed}.pcap" for seed in range(3, 7)]


@pytest.mark.parametrize("bug, kind", [("wrong-byte", "wrong byte"), ("deaf", "no end")])
def test_a_planted_bug_is_found_and_shortened(bug, kind):
    said = swarm("--seeds", "1-4", "--plant", bug, expect=1)
    assert f": {kind}" in said, said
    command = re.search(r"reproduce: castanet_swarm (.*)", said).group(1)
    again = swarm(*command.split(), "--plant", bug, "--no-shrink", expect=1)
    assert f": {kind}" in again, again
    assert len(re.findall(r"^  connection \d+: ", again, re.MULTILINE)) == 1, "one connection would do"
    assert len(re.search(r"features(.*)", again).group(1).split()) <= 1, "no feature is needed"


@pytest.mark.parametrize("arguments", [(), ("--seeds", "9-1"), ("--seeds", "1", "--without", "gravity"),
                                       ("--seeds", "1", "--jobs", "0"), ("--seeds", "x"), ("--jump",)])
def test_bad_command_lines_are_refused(arguments):
    refused = run([program("tests/castanet_swarm"), *arguments], expect=2,
                  env={**os.environ, "LC_ALL": "C"})
    assert "fix:" in refused.stderr and refused.stdout == ""
