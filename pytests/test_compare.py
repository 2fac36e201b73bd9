# SPDX-License-Identifier: MIT
"""bench/compare.py: the figures it takes from two programs, here stubs with known numbers."""

import json
import sys

import pytest

from support import ROOT, run

COMPARE = [sys.executable, ROOT / "bench/compare.py"]


@pytest.fixture
def programs(tmp_path):
    """Writes the two programs; each prints the given lines, one a call, the last one again and again."""
    def make(**lines):
        arguments = []
        for name, answers in lines.items():
            path, count = tmp_path / name, tmp_path / f"{name}.count"
            rows = "\n".join(f"{turn}) echo '{line}' ;;" for turn, line in enumerate(answers[:-1]))
            path.write_text(f"#!/bin/sh\necho {name} >>{tmp_path / 'order'}\n"
                            f"n=$(cat {count} 2>/dev/null || echo 0)\necho $((n + 1)) >{count}\n"
                            f"case $n in\n{rows}\n*) echo '{answers[-1]}' ;;\nesac\n", encoding="utf-8")
            path.chmod(0o755)
            arguments += [f"--{name}", path]
        return arguments
    make.order = tmp_path / "order"
    return make


def rows_of(arguments):
    return json.loads(run([*COMPARE, "--json", *arguments]).stdout)["rows"]


def test_the_ratio_is_the_median_of_the_turns_ratios(programs):
    ours = ["worlds=100 seconds_cpu=1", "worlds=300 seconds_cpu=1", "worlds=900 seconds_cpu=1"]
    theirs = ["worlds=1 seconds_cpu=1", "worlds=6 seconds_cpu=2", "worlds=2 seconds_cpu=1"]
    both = programs(castanet=ours, ns3=theirs)
    row, = rows_of([*both, "--case", "worlds", "--turns", "3"])
    assert row["ratio"] == {"median": 100, "min": 100, "max": 450}
    assert row["castanet"] == {"median": 300, "min": 100, "max": 900}
    assert row["wanted"] == [{"text": "140 times", "holds": False}]


def test_memory_is_compared_the_other_way_round(programs):
    both = programs(castanet=["bytes_per_host=500"], ns3=["bytes_per_host=15000"])
    row, = rows_of([*both, "--case", "idle-hosts", "--turns", "1"])
    assert row["ratio"]["median"] == 30
    assert row["wanted"] == [{"text": "at most 512", "holds": True}]


def test_the_programs_take_turns_in_changing_order(programs):
    both = programs(castanet=["worlds=1 seconds_cpu=1"], ns3=["worlds=1 seconds_cpu=1"])
    run([*COMPARE, *both, "--case", "worlds", "--turns", "2"])
    assert programs.order.read_text(encoding="utf-8").split() == ["castanet", "ns3", "ns3", "castanet"]


def test_the_table_says_what_holds_and_ends_well_though_it_does_not(programs):
    both = programs(castanet=["packets=1000000 seconds_cpu=0.4"], ns3=["packets=30000 seconds_cpu=1"])
    told = run([*COMPARE, *both, "--case", "bulk", "--turns", "1"]).stdout
    figures = "2 500 000 [2 500 000 - 2 500 000] | 30 000 [30 000 - 30 000] | 83.3 [83.3 - 83.3]"
    assert f"| {figures} | - | 40 times | yes |" in told
    assert "| at most 0.5 | yes |" in told


def test_bare_events_are_judged_by_the_plain_heap_of_the_same_turn(programs):
    alone = programs(castanet=["events=8000000 seconds_cpu=1", "events=10000000 seconds_cpu=1"])
    told = run([*COMPARE, *alone, "--only", "castanet", "--case", "events", "--turns", "1"]).stdout
    floor = "10 000 000 [10 000 000 - 10 000 000]"
    assert told.splitlines()[-1].endswith(f"| - | {floor} | 83% of the floor | no |")


def test_one_program_alone_leaves_the_rest_open(programs):
    alone = programs(ns3=["worlds=1600 seconds_cpu=1"])
    told = run([*COMPARE, *alone, "--only", "ns3", "--case", "worlds", "--turns", "1"]).stdout
    assert told.splitlines()[-1].endswith("| worlds/s | - | 1 600 [1 600 - 1 600] | - | - | 140 times | - |")


@pytest.mark.parametrize("line, why", [("worlds=5", "seconds_cpu"), ("", "worlds"),
                                       ("worlds=5 seconds_cpu=0", "ZeroDivision")])
def test_a_line_without_the_figure_is_an_error(programs, line, why):
    alone = programs(ns3=[line])
    ended = run([*COMPARE, *alone, "--only", "ns3", "--case", "worlds", "--turns", "1"], expect=1)
    assert "error: ns3 printed no figure for 'worlds made" in ended.stderr and why in ended.stderr


def test_a_program_that_fails_or_is_missing_is_an_error(programs, tmp_path):
    ended = run([*COMPARE, "--only", "ns3", "--ns3", "/bin/false", "--case", "worlds"], expect=1)
    assert "ended with status 1" in ended.stderr
    ended = run([*COMPARE, "--only", "ns3", "--ns3", tmp_path / "none"], expect=2)
    assert "is not there" in ended.stderr


def test_an_unknown_case_is_a_usage_error(programs):
    alone = programs(ns3=["worlds=1 seconds_cpu=1"])
    ended = run([*COMPARE, *alone, "--only", "ns3", "--case", "world"], expect=2)
    assert "there is no case 'world'" in ended.stderr
