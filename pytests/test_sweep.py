# SPDX-License-Identifier: MIT
"""The sweep over refused memory leaves out no function of the mirrored API."""

import re

from support import ROOT


def declared():
    header = (ROOT / "core/include/castanet/casyncsocket.h").read_text(encoding="utf-8")
    return set(re.findall(r"^\w[\w *]*\bCAsyncSocket_(\w+)\(", header, re.MULTILINE))


def swept():
    table = (ROOT / "tests/sweep_calls.c").read_text(encoding="utf-8")
    return set(re.findall(r'^ *\{"([A-Z]\w+)", "', table, re.MULTILINE))


def test_declarations_are_found():
    assert {"Construct", "Create", "Detach", "FromHandle", "ReceiveFromAddr", "IOCtl"} <= declared()
    assert len(declared()) >= 33


def test_every_function_is_swept():
    assert sorted(declared() - swept()) == [], "tests/sweep_calls.c has no row for these"
    assert sorted(swept() - declared()) == [], "castanet/casyncsocket.h does not declare these"
