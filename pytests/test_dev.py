# SPDX-License-Identifier: MIT
"""The set-up script: what it says, what it installs, and which python it takes.  Packages are stubs here."""

import os
import re
import sys
import tempfile
from pathlib import Path

import pytest

from support import ROOT, run

DEV = ROOT / "dev"


@pytest.fixture
def open_folder():
    """A temporary folder that other users may enter, which pytest's own are not."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        yield folder


@pytest.fixture
def stubs(open_folder):
    """Writes shell programs that come first on PATH; returns the function that makes one."""
    folder = open_folder / "bin"
    folder.mkdir()

    def make(name, *lines):
        path = folder / name
        path.write_text("\n".join(("#!/bin/sh", *lines, "")), encoding="utf-8")
        path.chmod(0o755)
    make.environment = {**os.environ, "PATH": f"{folder}:{os.environ['PATH']}"}
    make.environment.pop("CASTANET_PYTHON", None)
    make.log = open_folder / "log"
    return make


def test_help_names_the_verbs():
    told = run([DEV, "help"]).stdout
    for verb in ("setup", "build", "test", "asan", "demo"):
        assert re.search(rf"^  {verb}\b", told, re.MULTILINE)


def test_unknown_verb_is_a_usage_error():
    ended = run([DEV, "tset"], expect=2)
    assert re.search(r"error: unknown verb 'tset'\n  why: .*\n  fix: ", ended.stderr)


def test_setup_is_silent_when_nothing_is_missing(stubs):
    stubs("dpkg-query", "printf installed")
    stubs("apt-get", "exit 9")
    ended = run([DEV, "setup"], env=stubs.environment)
    assert (ended.stdout, ended.stderr) == ("", "")


def test_setup_installs_what_is_missing_without_questions(stubs):
    stubs("dpkg-query", 'case "$*" in *tshark*|*clang*) exit 1 ;; *) printf installed ;; esac')
    stubs("sudo", 'while [ "$1" = -n ]; do shift; done', '"$@"')
    stubs("apt-get", f'echo "$DEBIAN_FRONTEND $*" >>"{stubs.log}"')
    run([DEV, "setup"], env=stubs.environment)
    update, install = stubs.log.read_text(encoding="utf-8").splitlines()
    assert update.startswith("noninteractive ") and update.endswith(" update")
    assert install.startswith("noninteractive ")
    assert re.search(" tshark clang( chromium-headless-shell)?$", install)


def test_setup_says_what_failed_when_packages_cannot_be_installed(stubs):
    stubs("dpkg-query", "exit 1")
    stubs("sudo", 'while [ "$1" = -n ]; do shift; done', '"$@"')
    stubs("apt-get", 'case "$*" in *update*) ;; *) echo "E: no such package"; exit 100 ;; esac')
    ended = run([DEV, "setup"], env=stubs.environment, expect=2)
    assert "E: no such package" in ended.stderr
    assert re.search(r"error: installing packages failed\n  why: .*\n  fix: ", ended.stderr)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can try what another user sees")
def test_setup_tells_a_user_without_sudo_the_line_to_run(stubs, open_folder):
    script = open_folder / "dev"
    script.write_bytes(DEV.read_bytes())
    script.chmod(0o755)
    stubs("dpkg-query", 'case "$*" in *ninja-build*) exit 1 ;; *) printf installed ;; esac')
    stubs("sudo", "exit 1")
    ended = run([script, "setup"], env=stubs.environment, expect=2, user=65534, group=65534, extra_groups=[])
    assert "error: 1 Debian packages are missing" in ended.stderr
    assert "fix: run as root: apt-get update && apt-get install -y --no-install-recommends ninja-build\n" \
        in ended.stderr


def test_python_without_pytest_is_passed_over(stubs):
    stubs("python3", "exit 1")
    environment = {**stubs.environment, "VIRTUAL_ENV": "/nonexistent"}
    if run(["/usr/bin/python3", "-c", "import pytest"], expect=None).returncode != 0:
        pytest.skip("pytest does not belong to /usr/bin/python3: apt-get install python3-pytest")
    assert run([DEV, "python"], env=environment).stdout == "/usr/bin/python3\n"


def test_python_that_is_named_is_taken(stubs):
    environment = {**stubs.environment, "CASTANET_PYTHON": sys.executable}
    assert run([DEV, "python"], env=environment).stdout == f"{sys.executable}\n"


def test_python_that_is_named_must_have_pytest(stubs):
    ended = run([DEV, "python"], env={**stubs.environment, "CASTANET_PYTHON": "/bin/false"}, expect=2)
    assert "error: CASTANET_PYTHON=/bin/false cannot import pytest" in ended.stderr
