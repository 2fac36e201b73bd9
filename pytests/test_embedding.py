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
add_executable(scenarios scenarios.c)
target_link_libraries(scenarios PRIVATE castanet::main)
add_executable(own_main scenarios.c)
target_compile_definitions(own_main PRIVATE OWN_MAIN)
target_link_libraries(own_main PRIVATE castanet::main)
"""

PROGRAM = """
#include <castanet/casyncsocket.h>
#include <castanet/trace.h>
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


SCENARIOS = """
#include <castanet/main.h>
#include <castanet/sim.h>

static void build(sim_world *world, void *state)
{
    (void)state;
    if (sim_world_choose(world, "coin", 2) == 1)
        sim_world_fail(world, "tails");
}

static const sim_scenario coin = {.name = "coin", .build = build};
#ifdef OWN_MAIN
int main(int argc, char **argv)
{
    const sim_scenario *const mine[] = {&coin, 0};
    return castanet_main(argc, argv, mine);
}
#else
const sim_scenario *const castanet_scenarios[] = {&coin, 0};
#endif
"""


@pytest.mark.parametrize("option", ["-DCASTANET_EPOLL=ON", "-DCASTANET_EPOLL=OFF"])
def test_add_subdirectory_gives_the_targets_and_nothing_else(tmp_path, option):
    (tmp_path / "CMakeLists.txt").write_text(CMAKE.format(root=ROOT))
    (tmp_path / "main.c").write_text(PROGRAM)
    (tmp_path / "scenarios.c").write_text(SCENARIOS)
    generator = ["-G", "Ninja"] if shutil.which("ninja") else []
    run(["cmake", "-S", tmp_path, "-B", tmp_path / "build", *generator, option])
    run(["cmake", "--build", tmp_path / "build"], limit_s=300)
    assert "both worlds are there" in run([tmp_path / "build" / "consumer"]).stdout
    for name in ("scenarios", "own_main"):
        command = [tmp_path / "build" / name, "explore", "--strategy", "random", "--out", tmp_path]
        found = run(command, expect=1)
        assert "failed: tails" in found.stdout and "choose user coin#1 = 1" in found.stdout
    assert not (tmp_path / "build" / "castanet" / "tests").exists()
    assert not (tmp_path / "build" / "castanet" / "examples").exists()


@pytest.mark.parametrize("language", ["c", "c++"])
@pytest.mark.parametrize("header", sorted(ROOT.glob("*/include/castanet/*.h")), ids=lambda path: path.name)
def test_header_compiles_alone(header, language):
    includes = [f"-I{folder}" for folder in sorted(ROOT.glob("*/include"))]
    standard = "-std=c11" if language == "c" else "-std=c++11"
    run(["gcc", "-x", language, standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fsyntax-only",
         *includes, header])
