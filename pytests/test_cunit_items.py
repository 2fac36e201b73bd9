# SPDX-License-Identifier: MIT
"""How the tests of a CUnit program come out as pytest items, tried with a made-up program."""

import os
import sys

import pytest

from support import ROOT, run

PROGRAM = """#!/bin/sh
case "$*" in
    --list) printf '%s\\n' some/passes some/fails some/crashes some/hangs some/skips 'some/odd <&> name' ;;
    *passes | *name) exit 0 ;;
    *fails) echo 'x.c:3: expected 4, got 5'; exit 1 ;;
    *crashes) kill -SEGV $$ ;;
    *hangs) exec tail -f /dev/null ;;
    *skips) echo 'ok 1 some/skips # SKIP no IPv6 here'; echo '0 passed, 0 failed, 1 skipped'; exit 77 ;;
esac
"""


def run_items(build, *arguments):
    environment = {**os.environ, "CASTANET_BUILD": str(build), "CASTANET_TIME_SCALE": "0.02", "NO_COLOR": "1"}
    return run([sys.executable, "-m", "pytest", "-c", ROOT / "pytests/pytest.ini", "--rootdir", ROOT, "-v",
                "-p", "no:cacheprovider", *arguments, ROOT / "pytests/castanet_tests.cunit"],
               env=environment, expect=None)


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    build = tmp_path_factory.mktemp("build")
    (build / "tests").mkdir()
    program = build / "tests/castanet_tests"
    program.write_text(PROGRAM, encoding="utf-8")
    program.chmod(0o755)
    ended = run_items(build)
    assert ended.returncode == 1
    return ended.stdout


def test_each_test_is_an_item(outcome):
    assert "3 failed, 2 passed, 1 skipped" in outcome
    assert "castanet_tests.cunit::some/odd <&> name PASSED" in outcome


def test_failure_shows_its_output_and_how_to_see_it_again(outcome):
    assert "FAILED some/fails: exit status 1\nx.c:3: expected 4, got 5\n  reproduce: " in outcome
    assert "castanet_tests --run some/fails\n" in outcome


def test_crash_names_its_signal(outcome):
    assert "FAILED some/crashes: killed by SIGSEGV" in outcome


def test_hang_is_ended_and_named(outcome):
    assert "FAILED some/hangs: did not end within 1.2 s" in outcome


def test_skip_gives_its_reason(outcome):
    assert "no IPv6 here" in outcome


def test_missing_program_is_a_usage_error(tmp_path):
    ended = run_items(tmp_path)
    assert ended.returncode not in (0, 1)
    assert "castanet_tests is missing\n" in ended.stdout and "fix: ./dev test" in ended.stdout
