# SPDX-License-Identifier: MIT
"""What things cost, in instructions and bytes: exact numbers, the same under any load.

Instructions are those of the process under callgrind, as the difference of two sizes of one run; bytes are
counted by the world's allocator.  docs/performance.md says what each case is and where its instructions go.
A limit that is broken is a change to explain: make it cheaper, or raise the limit and say why there.
"""

import re
import shutil
from pathlib import Path

import pytest
from support import build_dir, program, run


def is_release():
    """Does the build under test say what users get?"""
    cache = build_dir() / "CMakeCache.txt"
    settings = cache.read_text(encoding="utf-8") if cache.exists() else ""
    return bool(re.search(r"^CMAKE_BUILD_TYPE:\w+=Release$", settings, re.M)
                and not re.search(r"^CMAKE_C_COMPILER:\w+=.*clang", settings, re.M)
                and "CASTANET_DIRECT_ALLOC:BOOL=ON" not in settings)


@pytest.fixture(autouse=True)
def release():
    if not is_release():
        pytest.skip("costs are those of the release preset, by gcc: ./dev test")


needs_valgrind = pytest.mark.skipif(shutil.which("valgrind") is None,
                                    reason="no valgrind: apt-get install valgrind")


def bench(*words):
    """The key=value pairs of one case."""
    line = run([program("bench/castanet_bench"), *words]).stdout
    return dict(re.findall(r"(\S+)=(\S+)", line))


def instructions(tmp_path, *words, what="bench/castanet_bench"):
    command = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={tmp_path / 'callgrind'}",
               program(what), *words]
    return int(re.search(r"Collected : (\d+)", run(command).stderr).group(1))


def has_wide_registers():
    """Bytes are copied and summed 32 at a time where the processor can, else 16."""
    return bool(re.search(r"^flags\b.*\bavx2\b", Path("/proc/cpuinfo").read_text(encoding="utf-8"), re.M))


# What, the case with its options, the option that is varied, its two values, units between them, limit.
COSTS = [
    ("bulk, a segment of 1448 bytes with its share of ACKs",
     ["bulk"], "--bytes", 2_896_000, 11_584_000, 6000, 2450 if has_wide_registers() else 2950),
    ("UDP ping-pong, a datagram",
     ["udp-pingpong", "--hosts", 2], "--count", 2000, 12_000, 10_000, 1430),
    ("TCP echo, a round trip on one connection",
     ["tcp-pingpong"], "--count", 1000, 6000, 5000, 4300),
    ("TCP echo, a round trip on one of 1000 connections",
     ["tcp-pingpong", "--connections", 1000], "--count", 1000, 6000, 5000, 4500),
    ("a world with one echo, from its making to its end",
     ["worlds"], "--count", 50, 250, 200, 23_000),
    ("an event among 1000 that are pending",
     ["events"], "--count", 10_000, 60_000, 50_000, 430),
]


@needs_valgrind
@pytest.mark.parametrize("what, case, option, less, more, units, limit", COSTS, ids=[row[0] for row in COSTS])
def test_instructions(tmp_path, what, case, option, less, more, units, limit):
    spent = [instructions(tmp_path, *case, option, value) for value in (less, more)]
    each = (spent[1] - spent[0]) / units
    print(f"{what}: {each:.0f} instructions, limit {limit}")
    assert each <= limit, f"{what} takes {each:.0f} instructions, more than {limit}"


def schedule(tmp_path, *words):
    """The instructions of one."""
    spent = [instructions(tmp_path, "--runs", runs, *words, what="bench/search/castanet_schedules")
             for runs in (500, 1500)]
    return (spent[1] - spent[0]) / 1000


@needs_valgrind
@pytest.mark.parametrize("strategy, limit", [("none", 84_000), ("natural", 154_000), ("portfolio", 188_000)])
def test_a_schedule_of_thirty_notifications(tmp_path, strategy, limit):
    """With its world, its journal and what the strategy learns; none: a run without an order."""
    each = schedule(tmp_path, strategy)
    print(f"{strategy}: {each:.0f} instructions a schedule, limit {limit}")
    assert each <= limit, f"a schedule by {strategy} takes {each:.0f} instructions, more than {limit}"


@needs_valgrind
def test_the_linter_takes_at_most_half_of_the_schedules(tmp_path):
    alone, watched = schedule(tmp_path, "portfolio"), schedule(tmp_path, "--lint", "portfolio")
    print(f"{alone:.0f} instructions a schedule, {watched:.0f} with the linter")
    assert watched <= 2 * alone, f"{alone:.0f} instructions a schedule, {watched:.0f} with the linter"


@needs_valgrind
def test_an_echo_costs_the_same_among_many_connections(tmp_path):
    """Nothing on the way looks through connections one by one."""
    each = []
    for connections in (1, 1000):
        spent = [instructions(tmp_path, "tcp-pingpong", "--connections", connections, "--count", count)
                 for count in (1000, 4000)]
        each.append((spent[1] - spent[0]) / 3000)
    assert each[1] <= 1.1 * each[0], f"{each[0]:.0f} instructions alone, {each[1]:.0f} among 1000"


@pytest.mark.parametrize("case, key, limit", [("idle-connections", "bytes_per_connection", 1024),
                                              ("idle-hosts", "bytes_per_host", 512)])
def test_memory_of_what_does_nothing(case, key, limit):
    size = float(bench(case, 10_000)[key])
    print(f"{key}: {size:.0f}, limit {limit}")
    assert size <= limit, f"{key} is {size:.0f}, more than {limit}"


def test_worlds_give_all_their_memory_back():
    """castanet_bench fails when a world's allocator holds one byte after the world was destroyed."""
    assert bench("worlds", 2000)["worlds"] == "2000"
