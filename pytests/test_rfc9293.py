# SPDX-License-Identifier: MIT
"""The ledger docs/rfc9293.md: every label of RFC 9293 appendix B once, with tests that exist, or a reason."""

import re

import pytest

from support import ROOT, program, run

LABELS = ([f"MUST-{n}" for n in range(1, 70)] + [f"SHLD-{n}" for n in range(1, 32)]
          + [f"MAY-{n}" for n in range(1, 19)] + ["REC-1"])
ROW = re.compile(r"^\| ([A-Z]+-\d+) \| ([^|]+) \| ([^|]*) \| ([^|]*) \|$", re.M)


@pytest.fixture(scope="module")
def ledger():
    return ROW.findall((ROOT / "docs" / "rfc9293.md").read_text())


def names_in(cell):
    return re.findall(r"`([^`]+)`", cell)


def test_every_label_stands_there_once(ledger):
    assert sorted(label for label, *_ in ledger) == sorted(LABELS)


def test_every_row_has_tests_or_a_reason(ledger):
    empty = [label for label, _, _, tests in ledger
             if not names_in(tests) and not re.match(r"no: \w.{9,}", tests)]
    assert not empty, f"neither test nor reason: {', '.join(empty)}"


def test_every_named_test_exists(ledger):
    known = set(run([program("tests/castanet_tests"), "--list"], limit_s=60).stdout.split())
    unknown = [f"{label}: {name}" for label, _, _, tests in ledger
               for name in names_in(tests) if name not in known]
    assert not unknown, "castanet_tests has no such test:\n  " + "\n  ".join(unknown)


def test_every_named_file_exists(ledger):
    files = {path.name for path in (ROOT / "simnet").rglob("*.[ch]")}
    unknown = [f"{label}: {name}" for label, _, where, _ in ledger
               for name in names_in(where) if name not in files]
    assert not unknown, "simnet has no such file:\n  " + "\n  ".join(unknown)


def test_labels_in_the_tests_are_labels():
    """A test that says which requirement it shows names one that there is."""
    said = {label for path in (ROOT / "tests").glob("test_*.c")
            for label in re.findall(r"\b(?:MUST|SHLD|MAY)-\d+\b", path.read_text())}
    assert said <= set(LABELS), f"no such labels: {', '.join(sorted(said - set(LABELS)))}"
