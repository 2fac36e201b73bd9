# SPDX-License-Identifier: MIT
"""One schedule file, one run: whatever compiled the program, and for whatever machine.

The release build searches the bugs of the museum and writes schedules.  Each other build replays them; what
it prints, every frame on the wire included, must be the same to the last character, and so must the
fingerprints of searches of its own.  CASTANET_MATRIX_RUNS sets how many runs a search has.
"""

import os
import shutil

import pytest

from support import ROOT, program, run

RUNS = os.environ.get("CASTANET_MATRIX_RUNS", "20")
ASAN = "-O1 -fsanitize=address,undefined -fno-sanitize-recover=all -Wno-format-truncation"

# What compiles it, with which flags, and what runs it.  Foreign ones find xxhash.h, which is all header,
# where the machine's own headers are.
BUILDS = {
    "gcc-O0": ("gcc", "-O0", []),
    "gcc-O3": ("gcc", "-O3 -march=native", []),
    "gcc-sanitizers": ("gcc", ASAN, []),
    "clang-O0": ("clang", "-O0", []),
    "clang-O3": ("clang", "-O3", []),
    "i386": ("i686-linux-gnu-gcc", "-O2 -static -idirafter /usr/include", []),
    "s390x": ("s390x-linux-gnu-gcc", "-O2 -static -idirafter /usr/include", ["qemu-s390x"]),
}


def built(name):
    """The program, by that compiler."""
    compiler, flags, emulator = BUILDS[name]
    for tool in [compiler, *emulator]:
        if not shutil.which(tool):
            pytest.skip(f"{tool} is not installed: ./dev setup")
    folder = ROOT / "build" / "matrix" / name
    options = {"CMAKE_C_COMPILER": compiler, "CMAKE_C_FLAGS": flags, "CMAKE_BUILD_TYPE": "None",
               "CASTANET_MATRIX": "ON", "CASTANET_PCAP": "OFF", "CASTANET_TESTS": "OFF",
               "CASTANET_EXAMPLES": "OFF", "CASTANET_BENCH": "OFF", "CASTANET_LTO": "OFF"}
    run(["cmake", "-S", ROOT, "-B", folder, "-G", "Ninja",
         *(f"-D{key}={value}" for key, value in options.items())], limit_s=300)
    run(["cmake", "--build", folder, "--target", "castanet_matrix"], limit_s=900)
    return [*emulator, folder / "tests" / "matrix" / "castanet_matrix"]


def shown(command, folder):
    """What a build shows of the schedules, and of its own searches."""
    return {"replay": run([*command, "replay", folder], limit_s=600).stdout.splitlines(),
            "twice": run([*command, "twice", RUNS], limit_s=600).stdout.splitlines()}


@pytest.fixture(scope="module")
def schedules(tmp_path_factory):
    folder = tmp_path_factory.mktemp("schedules")
    run([program("tests/matrix/castanet_matrix"), "make", folder], limit_s=300)
    return folder


@pytest.fixture(scope="module")
def reference(schedules):
    return shown([program("tests/matrix/castanet_matrix")], schedules)


def test_the_schedules_are_those_of_the_museum(schedules, reference):
    """Most bugs are found, and replayed in both forms; each with frames."""
    found = sorted(path.stem for path in schedules.iterdir())
    exact = [line for line in reference["replay"] if " exact: same, " in line]
    frames = [line for line in reference["replay"] if " sent 02" in line or " sent 33" in line]
    assert len(found) >= 60, found
    assert len(exact) == len(found)
    assert len(frames) > 20 * len(found)


@pytest.mark.parametrize("name", BUILDS)
def test_a_build_shows_the_same(schedules, reference, name):
    got = shown(built(name), schedules)
    for what, lines in reference.items():
        differing = [pair for pair in zip(lines, got[what]) if pair[0] != pair[1]][:1]
        assert differing == [], f"{what}: the first line that differs"
        assert len(got[what]) == len(lines), what
