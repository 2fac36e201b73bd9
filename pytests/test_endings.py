# SPDX-License-Identifier: MIT
"""Programs under test that end their process, or never end: a search outlives them, and tells it."""

import os
import re
import time

import pytest

from support import TIME_SCALE, build_dir, program, run

CLEAN, FAILED = 0, 1
SANITIZED = "-fsanitize=" in (build_dir() / "CMakeCache.txt").read_text()


def endings(*arguments, expect=CLEAN, **options):
    return run([program("tests/castanet_endings"), *arguments], expect=expect, **options)


def expect_files(folder, name):
    for ending in (".castanet", ".explain.txt", ".ladder.txt", ".pcapng"):
        assert (folder / f"{name}{ending}").stat().st_size > 0


@pytest.mark.parametrize("name, outcome, message", [
    ("aborts", "crashed", "killed by SIGABRT"),
    ("asserts", "crashed", r"killed by SIGABRT; its last words: .*do_assert: Assertion .*"),
    ("divides", "crashed", "killed by SIGFPE"),
    ("kills", "crashed", "killed by SIGKILL"),
    ("recurses", "crashed", "killed by SIGSEGV"),
    ("jumps-nowhere", "crashed", "killed by SIGSEGV"),
    ("forks", "crashed", "killed by SIGABRT"),
    ("mumbles", "crashed", r"killed by SIGABRT; its last words: bell \\x07, red \\x1b\[31m, half \\xc3"),
    ("exits", "exited", r"the program called exit\(0\)"),
    ("exits-at-once", "exited", r"the program called exit\(7\)"),
    ("stops", "hung", "a callback did not come back"),
    ("sleeps", "hung", "a callback did not come back"),
    ("hangs-deaf", "hung", "a callback did not come back"),
    ("chatters", "hung", "a callback did not come back; its last words: .*"),
    ("closes-and-hangs", "hung", "a callback did not come back"),
])
def test_ending_is_told_kept_and_repeated(tmp_path, name, outcome, message):
    begin = time.monotonic()
    said = endings("explore", name, "--hang", 1, "--out", tmp_path, expect=FAILED).stdout
    assert time.monotonic() - begin < 10 * TIME_SCALE
    assert said.replace("\n", "").isprintable()
    if SANITIZED and outcome == "crashed" and name != "kills":
        message = ".+"  # a sanitizer has words of its own
    assert re.match(rf"{name}: run 1 {outcome}: {message}\n", said), said
    assert re.search(rf"^  {message}; in host wake#1$", said, re.M), said
    expect_files(tmp_path, name)
    for form in ("--exact", "--portable"):
        again = endings("replay", tmp_path / f"{name}.castanet", form, "--hang", 1, expect=FAILED).stdout
        assert re.match(rf"{name}: {outcome}: {message}; in host wake#1\nthe same ", again), again


def test_worker_that_never_gets_to_its_first_run_is_a_failure(tmp_path):
    ended = run([program("tests/castanet_thousand"), "explore", "post-1", "--out", tmp_path],
                env={**os.environ, "CASTANET_TEST_NO_CHILDREN": "1"}, expect=FAILED)
    assert ended.stdout.startswith("post-1: run 1 exited: the program called exit(9)\n"), ended.stdout


def test_program_that_closes_all_files_is_no_failure():
    said = endings("explore", "closes", "--runs", 50).stdout
    assert said.startswith("closes: nothing was found\n  50 runs of at most 2 steps")
    said = endings("explore", "jumps", "--runs", 50).stdout
    assert said.startswith("jumps: nothing was found\n  50 runs of at most 2 steps")


@pytest.mark.skipif(SANITIZED, reason="a sanitizer maps more than any limit")
def test_memory_without_end_ends(tmp_path):
    said = endings("explore", "allocates", "--hang", 60, "--out", tmp_path, expect=FAILED, limit_s=200).stdout
    assert re.match("allocates: run 1 crashed: memory ran out; killed by SIG(SEGV|KILL)\n", said), said
    expect_files(tmp_path, "allocates")


@pytest.mark.parametrize("name, message", [("aborts", "crashed: killed by SIGABRT"),
                                           ("exits", r"exited: the program called exit\(0\)"),
                                           ("chatters", "hung: a callback did not come back"),
                                           ("closes-and-hangs", "hung: a callback did not come back")])
def test_check_and_diff_outlive_them_too(name, message):
    said = endings("check", name, "--runs", 3, "--hang", 1, expect=FAILED).stdout
    assert re.match(f"{name}: run 1 {message}", said) or SANITIZED, said
    said = endings("diff", "jumps", name, "--runs", 3, "--hang", 1, expect=FAILED).stdout
    assert re.search(message, said) or SANITIZED, said
