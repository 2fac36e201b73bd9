# SPDX-License-Identifier: MIT
"""A run is a function of program, world and seed: nothing of the process or the machine may show in it."""

import os
import re
import shutil

import pytest

from support import ROOT, program, run


def echo(folder, seed, build=None, **environment):
    """One simulated run; returns what it printed and the bytes of its capture."""
    command = [program("examples/echo", build), "sim", "--seed", seed, "--bytes", 300000, "--loss", 20000,
               "--trace", "run.pcap"]
    printed = run(command, cwd=folder, env={**os.environ, **environment}).stdout
    return printed, (folder / "run.pcap").read_bytes()


def fingerprint(printed):
    return re.search(r"^fingerprint ([0-9a-f]{32})$", printed, re.MULTILINE).group(1)


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    return echo(tmp_path_factory.mktemp("reference"), 7)


def test_same_seed_gives_the_same_run_in_another_process(reference, tmp_path):
    printed, capture = echo(tmp_path, 7)
    assert printed == reference[0]
    assert capture == reference[1], "the captures of two runs with one seed differ"


def test_another_seed_gives_another_run(reference, tmp_path):
    printed, capture = echo(tmp_path, 8)
    assert fingerprint(printed) != fingerprint(reference[0])
    assert capture != reference[1]


@pytest.mark.parametrize("environment", [
    pytest.param({"LC_ALL": "C", "LANG": "C"}, id="locale-C"),
    pytest.param({"LC_ALL": "de_DE.UTF-8", "LANGUAGE": "de"}, id="locale-de"),
    pytest.param({"LC_ALL": "tr_TR.UTF-8"}, id="locale-tr"),
    pytest.param({"TZ": "Pacific/Kiritimati"}, id="timezone"),
    pytest.param({"FILLER": "x" * 100_000}, id="large-environment"),
    pytest.param({"HOME": "/nonexistent", "USER": "nobody", "HOSTNAME": "elsewhere"}, id="another-user"),
    pytest.param({"MALLOC_PERTURB_": "165", "MALLOC_ARENA_MAX": "1"}, id="dirty-memory"),
])
def test_the_environment_does_not_show(reference, tmp_path, environment):
    printed, capture = echo(tmp_path, 7, **environment)
    assert printed == reference[0]
    assert capture == reference[1], "the capture depends on the environment"


def test_the_folder_does_not_show(reference, tmp_path):
    place = tmp_path / "another folder"
    place.mkdir()
    assert echo(place, 7) == reference, "the run depends on the folder"


def test_the_search_for_a_bug_repeats_itself(tmp_path):
    (tmp_path / "page.txt").write_text("".join(f"{n}\n" for n in range(1, 1001)))
    command = [program("examples/http_server"), "hunt", ".", "page.txt", "--seeds", 200,
               "--trace", "run.pcap"]
    first = run(command, cwd=tmp_path).stdout, (tmp_path / "run.pcap").read_bytes()
    again = run(command, cwd=tmp_path).stdout, (tmp_path / "run.pcap").read_bytes()
    assert first == again


def build_of(preset):
    run(["cmake", "--preset", preset], cwd=ROOT, limit_s=300)
    run(["cmake", "--build", "--preset", preset], cwd=ROOT, limit_s=900)
    return ROOT / "build" / preset


@pytest.fixture(scope="module")
def clang_build():
    """The same sources built by another compiler, with its own optimiser."""
    if not shutil.which("clang"):
        pytest.skip("clang is not installed: apt-get install clang")
    return build_of("clang")


@pytest.fixture(scope="module")
def strict_build():
    """Tables that begin with one place, and buffers of 100 bytes."""
    return build_of("strict-limits")


def test_sizes_of_tables_and_buffers_do_not_show(reference, strict_build, tmp_path):
    assert echo(tmp_path, 7, build=strict_build) == reference, "a first size reaches a decision"


def test_everything_passes_with_tiny_tables(strict_build):
    printed = run([strict_build / "tests" / "castanet_tests"]).stdout
    assert " passed, 0 failed" in printed.splitlines()[-1], printed


def test_another_compiler_gives_the_same_run(reference, clang_build, tmp_path):
    printed, capture = echo(tmp_path, 7, build=clang_build)
    assert printed == reference[0]
    assert capture == reference[1], "the captures of gcc and clang differ"
