# SPDX-License-Identifier: MIT
"""The project inside somebody else's CMake project, as the README says."""

import shutil

import pytest

from support import ROOT, run

CMAKE = """
cmake_minimum_required(VERSION 3.21)
project(consumer LANGUAGES C)
add_subdirectory({root} castanet)
add_executable(consumer main.c)
target_link_libraries(consumer PRIVATE castanet::core castanet::os castanet::simnet castanet::pcap)
"""

PROGRAM = """
#include <castanet/casyncsocket.h>
#include <castanet/capture.h>
#include <castanet/os.h>
#include <castanet/sim.h>
#include <stdio.h>

int main(void)
{
    sim_world *world;
    CAsyncSocket socket;
    if (cas_os_init() != 0 || sim_world_create(NULL, &world) != 0)
        return 1;
    CAsyncSocket_Construct(&socket, NULL);
    if (!CAsyncSocket_Create(&socket, 0, SOCK_DGRAM, FD_READ, "127.0.0.1"))
        return 1;
    CAsyncSocket_Destruct(&socket);
    sim_world_destroy(world);
    cas_os_fini();
    puts("both worlds are there");
    return 0;
}
"""


@pytest.mark.parametrize("option", ["-DCASTANET_EPOLL=ON", "-DCASTANET_EPOLL=OFF"])
def test_add_subdirectory_gives_the_targets_and_nothing_else(tmp_path, option):
    (tmp_path / "CMakeLists.txt").write_text(CMAKE.format(root=ROOT))
    (tmp_path / "main.c").write_text(PROGRAM)
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    run(["cmake", "-S", tmp_path, "-B", tmp_path / "build", *generator, option])
    run(["cmake", "--build", tmp_path / "build"], limit_s=300)
    assert "both worlds are there" in run([tmp_path / "build" / "consumer"]).stdout
    assert not (tmp_path / "build" / "castanet" / "tests").exists()
    assert not (tmp_path / "build" / "castanet" / "examples").exists()


@pytest.mark.parametrize("language", ["c", "c++"])
@pytest.mark.parametrize("header", sorted(ROOT.glob("*/include/castanet/*.h")), ids=lambda path: path.name)
def test_header_compiles_alone(header, language):
    includes = [f"-I{folder}" for folder in sorted(ROOT.glob("*/include"))]
    standard = "-std=c11" if language == "c" else "-std=c++11"
    run(["gcc", "-x", language, standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
         *includes, header])
