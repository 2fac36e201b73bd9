# SPDX-License-Identifier: MIT
"""The benchmark of search: a second run prints the same numbers, and the tables say what the numbers are."""

import re
import sys

import pytest

from support import ROOT, program, run

sys.path.insert(0, str(ROOT / "bench/search"))
import table  # noqa: E402


def search(*words):
    return run([program("bench/search/castanet_search"), *words]).stdout


def test_a_rerun_prints_identical_numbers():
    cut = ["--seeds", "3", "--cap", "300", "--raw", "--bug", "B3", "--bug", "B7", "--bug", "K9",
           "portfolio", "random", "late", "latency", "latency-10"]
    first, second = search(*cut), search(*cut)
    assert first == second
    lines = first.splitlines()
    assert lines[0] == "bug,strategy,cap,runs"
    assert len(lines) == 1 + 3 * 5
    for line in lines[1:]:
        runs = line.split(",")[3].split()
        assert len(runs) == 3
        assert all(count == "-" or 1 <= int(count) <= 300 for count in runs)
    assert len({line.split(",")[3] for line in lines[1:]}) > 8, "strategies differ"


def test_mended_forms_are_silent_and_counted():
    assert search("--mended", "--cap", "50", "--bug", "B1", "--bug", "K1") == \
        "2 mended forms, 50 runs each; failures: 0\n"


def rows_of(text):
    """{(bug, strategy): runs}"""
    rows = [line.split(",") for line in text.splitlines()[1:]]
    return {(bug, strategy): runs.split() for bug, strategy, _, runs in rows}


@pytest.mark.parametrize("words", [
    ["--seeds", "20", "portfolio"],
    ["--seeds", "20", "--bug", "B8", "--bug", "K9", "--bug", "S49", "random", "late", "urw", "surw", "pos",
     "pct-3", "tapct-2", "tapct-3", "tapct-5", "hold"],
    ["--seeds", "10", "--bug", "B8", "--bug", "K9", "--bug", "S13", "latency"],
])
def test_committed_numbers_are_those_of_today(words):
    """If not, what changed the searches has to make bench/search/runs.csv and its tables anew."""
    committed = rows_of((ROOT / "bench/search/runs.csv").read_text(encoding="utf-8"))
    today = rows_of(search("--raw", "--cap", "10000", *words))
    assert len(today) >= 3
    other = {row: (runs, committed[row][:len(runs)]) for row, runs in today.items()
             if runs != committed[row][:len(runs)]}
    assert not other, f"{len(other)} of {len(today)} rows differ: today, committed: {list(other.items())[0]}"


def test_committed_tables_are_those_of_the_numbers(capsys):
    assert table.main([str(ROOT / "bench/search/runs.csv")]) == 0
    told = capsys.readouterr().out.strip()
    docs = (ROOT / "docs/search-benchmark.md").read_text(encoding="utf-8")
    assert told in docs
    readme = (ROOT / "bench/README.md").read_text(encoding="utf-8")
    patterns = re.findall(r"^\| B\d+ \| .+ / .+ \|$", readme, re.M)
    assert len(patterns) == 10
    assert [row for row in patterns if row not in docs] == []


def test_tables_say_what_the_numbers_are(tmp_path, capsys):
    raw = tmp_path / "runs.csv"
    raw.write_text("bug,strategy,cap,runs\n"
                   "B1,portfolio,10000,1 2 3 94\n"
                   "B1,random,10000,100 100 1600 1800\n"
                   "B1,latency,10000,- - - 4000\n"
                   "K1,portfolio,10000,4 4 4 4\n"
                   "K1,random,10000,4 4 4 4\n"
                   "K1,latency,10000,1 1 1 1\n"
                   "K1,urw,10000,7 7 7 8\n", encoding="utf-8")
    assert table.main([str(raw)]) == 0
    told = capsys.readouterr().out
    # (1 + 2 + 3 + 94) / 4 = 25; 25 * 4 = 10 * 10; 900 * 4 = 60 * 60; 8500 * 1 = 92.2 * 92.2
    assert "| all (2) | 10.0 | 60.0 | 92.2 | 6.0 | 9.2 |  |" in told
    hard = "| those that `latency` needs more than 10 runs for (1) |"
    assert f"{hard} 25.0 | 900.0 | 8500.0 | 36.0 | 340.0 |  |" in told
    assert "| B1 | 25 / 3 / 94 | 900 / 1600 / 1800 | >8500 / 10000 / 10000 |" in told
    assert "| B1 | 100 / 100 / 100 | 50 / 50 / 100 | 0 / 0 / 25 |" in told
    assert "| K1 | 7 |" in told
