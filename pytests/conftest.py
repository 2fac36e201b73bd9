# SPDX-License-Identifier: MIT
"""Collects the tests of CUnit programs, each as a pytest item that runs in a process of its own.

A file NAME.cunit names a program of the build (CASTANET_BUILD) that understands two options: --list prints
"suite/test" per line, --run suite/test runs that one; exit status 0 passed, 77 skipped, all else failed.
A crash or a hang of one test so fails that test only, under its name.
"""

import re

import pytest

import support

# CUnit suites and modules whose sockets are the system's.  They run one after the other: on one loopback
# network, who connects to a port that is closed here may find it open there.
REAL_SOCKETS = re.compile(r"-(epoll|poll)(/|$)|^(real|many)_|^sweep"
                          r"|^test_(conformance|differential|fault|golden)")


def pytest_collection_modifyitems(config, items):
    """With several workers (pytest-xdist, --dist loadgroup) a module stays on one, with what it has built."""
    if not config.pluginmanager.hasplugin("xdist"):
        return
    for item in items:
        cunit = isinstance(item, CUnitTest)
        where = item.name if cunit else item.path.stem
        group = "real sockets" if REAL_SOCKETS.search(where) else None if cunit else where
        if group:
            item.add_marker(pytest.mark.xdist_group(group))


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".cunit":
        return CUnitProgram.from_parent(parent, path=file_path)
    return None


class CUnitProgram(pytest.File):
    def collect(self):
        settings = dict(read_settings(self.path))
        program = support.program(settings["program"])
        listed = support.run([program, "--list"]).stdout.splitlines()
        if not listed:
            raise pytest.UsageError(f"{program} --list names no test")
        for name in listed:
            yield CUnitTest.from_parent(self, name=name, program=program,
                                        limit_s=float(settings["time_limit_s"]))

    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, (pytest.UsageError, support.Ended)):
            return str(excinfo.value)
        return super().repr_failure(excinfo)


def read_settings(path):
    for line in path.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            key, _, value = line.partition("=")
            yield key.strip(), value.strip()


class CUnitTest(pytest.Item):
    def __init__(self, *, program, limit_s, **more):
        super().__init__(**more)
        self.program, self.limit_s = program, limit_s

    def runtest(self):
        answer = support.run([self.program, "--run", self.name], limit_s=self.limit_s, expect=None)
        if answer.returncode == support.SKIPPED:
            said = re.search(r"# SKIP (.*)", answer.stdout)
            pytest.skip(said.group(1) if said else answer.stdout.strip() or "no reason given")
        if answer.returncode != 0:
            raise support.Ended(answer.args, support.how_it_ended(answer.returncode),
                                answer.stdout + answer.stderr)

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, support.Ended):
            return f"FAILED {self.name}: {excinfo.value}"
        return super().repr_failure(excinfo, style)

    def reportinfo(self):
        return self.path, None, self.name
