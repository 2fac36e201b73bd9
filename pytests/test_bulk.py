# SPDX-License-Identifier: MIT
"""Much data over a bad network, in a simulated world: it arrives, bit for bit."""

import re

from support import program, run

BYTES = 100 * 1024 * 1024
LOSS_PPM = 50_000
REORDER_PPM = 10_000


def test_100_mib_through_loss_jitter_and_reordering_arrive():
    """The echo client compares every byte that comes back; the link of the example has latency and jitter."""
    command = [program("examples/echo"), "sim", "--bytes", BYTES, "--loss", LOSS_PPM,
               "--reorder", REORDER_PPM, "--seed", 5]
    printed = run(command, limit_s=300).stdout
    assert f"{BYTES} of {BYTES} bytes came back" in printed
    packets, lost, late = map(int, re.search(
        r"lan: (\d+) packets, \d+ bytes, (\d+) lost, (\d+) reordered", printed).groups())
    assert packets > 2 * BYTES / 1500
    assert 0.04 < lost / packets < 0.06, f"{lost} of {packets} packets lost is not 5 %"
    assert 0.008 < late / packets < 0.012, f"{late} of {packets} packets reordered is not 1 %"
