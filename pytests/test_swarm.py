# SPDX-License-Identifier: MIT
"""Random worlds full of transfers: every stream arrives bit for bit or ends for a reason with the right
notifications, nothing waits for ever, and what is found can be repeated and is short."""

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


def test_every_kind_of_fault_happens():
    """Those that links count, and what the programs and their hosts went through."""
    happened = swarm("--seeds", "1-150", "--no-check", "--jobs", 2).splitlines()[-1]
    counts = dict(re.findall(r"(\w+) (\d+)", happened))
    assert set(counts) == {"lost", "overflowed", "duplicated", "reordered", "blocked", "down", "too_big",
                           "corrupted", "changed", "forged", "marked", "held", "replayed", "lies", "crashed",
                           "waiting", "timeouts", "datagrams"}


def test_runs_happen_again_whatever_the_number_of_processes():
    once, again = swarm("--seeds", "1-12", "--list"), swarm("--seeds", "1-12", "--list", "--jobs", 3)
    assert sorted(once.splitlines()) == sorted(again.splitlines())
    assert len(set(re.findall(r"fingerprint ([0-9a-f]{32})", once))) == 12


def test_checks_and_captures_have_no_influence(tmp_path):
    plain = swarm("--seeds", "3-6", "--list", "--no-check")
    watched = swarm("--seeds", "3-6", "--list", "--pcap", tmp_path)
    assert plain == watched
    assert sorted(path.name for path in tmp_path.glob("*.pcap")) == [f"swarm-{n}.pcap" for n in range(3, 7)]


PLANTED = {"wrong-byte": "wrong byte", "deaf": "no end", "twice": "wrong byte",
           "quitter": "failed without a cause", "mended": "altered", "copies": "datagram twice",
           "reset": "reset by a connection that stands", "forget": "stall", "cut": "failed without a cause"}


@pytest.mark.parametrize("bug", PLANTED)
def test_a_planted_bug_is_found_and_shortened(bug):
    kind = re.escape(PLANTED[bug])
    said = swarm("--seeds", "1-6", "--plant", bug, expect=1)
    assert re.search(rf"^FAILURE seed \d+: {kind}", said, re.MULTILINE), said
    command = re.search(rf"FAILURE seed \d+: {kind}.*?\n  reproduce: castanet_swarm ([^\n]*)", said,
                        re.DOTALL).group(1)
    again = swarm(*command.split(), "--plant", bug, "--no-shrink", expect=1)
    assert re.search(rf"^FAILURE seed \d+: {kind}", again, re.MULTILINE), again
    assert len(re.findall(r"^  connection \d+: ", again, re.MULTILINE)) <= 2, "few connections would do"
    assert len(re.search(r"features(.*)", again).group(1).split()) <= 4, "few features are needed"


def test_help_names_every_option_feature_and_bug():
    said = swarm("--help")
    for word in ("--seeds", "--without", "--plant", "--pcap", "gilbert_elliott", "clear_urgent", "power",
                 "datagrams", *PLANTED):
        assert word in said, word


@pytest.mark.parametrize("arguments", [(), ("--seeds", "9-1"), ("--seeds", "1", "--without", "gravity"),
                                       ("--seeds", "1", "--jobs", "0"), ("--seeds", "x"), ("--jump",)])
def test_bad_command_lines_are_refused(arguments):
    refused = run([program("tests/castanet_swarm"), *arguments], expect=2,
                  env={**os.environ, "LC_ALL": "C"})
    assert "fix:" in refused.stderr and refused.stdout == ""
