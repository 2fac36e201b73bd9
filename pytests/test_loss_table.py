# SPDX-License-Identifier: MIT
"""10 MB over a round trip of 10 ms, by loss and by buffer: how long they take, here and on Linux."""

from support import ROOT, program, run

STORED = ROOT / "tests" / "golden" / "loss-by-buffer.txt"

# Linux 6.18 with reno over a relay, buffers tuned by itself up to 6 MB; seconds, one transfer each.
LINUX_RENO_S = {"0 %": 0.17, "0.1 %": 0.51, "1 %": 6.2, "2 %": 9.7, "5 %": 20.7}
FACTOR = 2


def rows(table):
    """{loss: [milliseconds by buffer]}"""
    lines = [line for line in table.splitlines() if "%" in line and not line.startswith("#")]
    return {line[:6].strip(): [int(cell) for cell in line[6:].split()] for line in lines}


def test_table_is_the_stored_one():
    """A run is a function of its seed, so the table is compared exactly.  When TCP was changed on purpose:
    castanet_loss_table > tests/golden/loss-by-buffer.txt"""
    printed = run([program("tests/castanet_loss_table")], limit_s=300).stdout
    assert rows(printed) == rows(STORED.read_text())
    assert printed == STORED.read_text()


def test_linux_takes_about_as_long_with_its_own_buffers():
    table = rows(STORED.read_text())
    assert table.keys() == LINUX_RENO_S.keys()
    for loss, seconds in LINUX_RENO_S.items():
        here = table[loss][-1] / 1000
        assert seconds / FACTOR <= here <= seconds * FACTOR, f"loss {loss}: {here} s, Linux {seconds} s"


def test_less_loss_or_more_buffer_never_takes_longer_by_far():
    table = list(rows(STORED.read_text()).values())
    for better, worse in zip(table, table[1:]):
        assert all(b <= w for b, w in zip(better, worse))
    for row in table:
        assert all(larger <= smaller * 1.05 for smaller, larger in zip(row, row[1:]))
