# SPDX-License-Identifier: MIT
"""The pytest plugin, as its users have it: pytest runs in a process of its own, in a folder of its own."""

import json
import os
import re
import shlex
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from support import ROOT, build_dir, program, run

SANITIZED = "-fsanitize=" in (build_dir() / "CMakeCache.txt").read_text()
PLUGIN = ["-p", "pytest_castanet.plugin"]
PASSED, FAILED, INTERRUPTED, _, USAGE, NOTHING = range(6)
TROUBLES, ENDINGS = "tests/castanet_troubles", "tests/castanet_endings"
POISONED, THOUSAND = "tests/castanet_poisoned", "tests/castanet_thousand"


class Suite:
    """A folder with a manifest, in which pytest runs."""

    def __init__(self, folder):
        self.folder = folder
        self.environment = {**os.environ, "PYTHONPATH": str(ROOT / "pytests"), "PYTHONDONTWRITEBYTECODE": "1"}
        for name in ("PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "PYTEST_CURRENT_TEST", "CI"):
            self.environment.pop(name, None)

    def manifest(self, *names):
        text = json.dumps({"version": 1, "programs": [str(program(name)) for name in names]})
        (self.folder / "castanet-tests.json").write_text(text, encoding="utf-8")

    def script(self, name, text):
        path = self.folder / name
        path.write_text(f"#!/bin/bash\n{text}\n", encoding="utf-8")
        path.chmod(0o755)
        return path

    def pytest(self, *arguments, expect=PASSED, python=sys.executable, **options):
        quiet = [] if "--collect-only" in arguments else ["-q"]
        return run([python, "-m", "pytest", *PLUGIN, *quiet, *arguments], cwd=self.folder,
                   env=self.environment, expect=expect, limit_s=300, **options)

    def cases(self, *arguments, expect=PASSED):
        """What JUnit says of each item: its properties, and how it failed."""
        self.said = self.pytest("--junitxml=junit.xml", *arguments, expect=expect).stdout
        tree = ElementTree.parse(self.folder / "junit.xml")
        return {case.get("name"): {"failure": case.findtext("failure"), **properties_of(case)}
                for case in tree.iter("testcase")}


def properties_of(case):
    return {at.get("name"): at.get("value") for at in case.iter("property")}


@pytest.fixture(name="suite")
def fixture_suite(tmp_path):
    return Suite(tmp_path)


def three_lines(said):
    return re.search(r"error: (.+)\n  why: (.+)\n  fix: (.+)\n", said).groups()


# ---- kinds of failure ----

KINDS = {
    "fine": ("passed", ""),
    "fails": ("failed", "b came first"),
    "crashes": ("crashed", "SIGSEGV|AddressSanitizer"),
    "aborts": ("crashed", "SIGABRT|AddressSanitizer"),
    "asserts": ("crashed", "Assertion|AddressSanitizer"),
    "poisons": ("crashed", "AddressSanitizer: heap-use-after-free"),
    "exits": ("exited", r"the program called exit\(3\)"),
    "hangs": ("hung", "a callback did not come back"),
    "stalls": ("stalled", ""),
    "remembers": ("nondeterministic", "static or global variables"),
}


@pytest.fixture(name="kinds", scope="module")
def fixture_kinds(tmp_path_factory):
    """A suite with a scenario of each kind, and what became of it."""
    suite = Suite(tmp_path_factory.mktemp("kinds"))
    suite.manifest(TROUBLES, ENDINGS, POISONED)
    wanted = "(castanet_troubles or aborts or asserts or poisons) and not moody and not rare"
    suite.found = suite.cases("--castanet-explore=50", "--castanet-hang=1", "-k", wanted, expect=FAILED)
    return suite


@pytest.mark.parametrize("name", KINDS)
def test_scenario_is_reported_by_its_kind(kinds, name):
    outcome, words = KINDS[name]
    case = kinds.found[name]
    assert case["castanet_outcome"] == outcome, case
    if outcome == "passed":
        assert case["failure"] is None
        return
    assert case["failure"].startswith(f"FAILED {name}: {outcome}"), case
    assert re.search(words, case["failure"]), case["failure"]
    if outcome != "nondeterministic":
        assert Path(kinds.folder, case["castanet_schedule"]).read_text().count("castanet schedule 1\n") == 1


def test_junit_has_every_item_and_carries_what_it_left(kinds):
    assert kinds.found.keys() == KINDS.keys()
    for kind in ("schedule", "explain", "pcapng", "ladder", "report"):
        path = Path(kinds.folder, kinds.found["fails"][f"castanet_{kind}"])
        assert path.stat().st_size > 0 and path.is_relative_to(kinds.folder / "castanet-failures"), path
    assert re.fullmatch("0x[0-9a-f]+", kinds.found["fails"]["castanet_seed"])
    assert re.fullmatch("[0-9a-f]{32}", kinds.found["fails"]["castanet_fingerprint"])


@pytest.mark.parametrize("name", [name for name in KINDS if name != "fine"])
def test_last_two_lines_of_a_failure_repeat_it(kinds, name):
    with_pytest, in_a_shell = kinds.found[name]["failure"].splitlines()[-2:]
    in_pytest = shlex.split(with_pytest.split("reproduce: ", 1)[1])
    assert in_pytest[0] == "pytest"
    again = run([sys.executable, "-m", *in_pytest], cwd=kinds.folder, env=kinds.environment, expect=FAILED)
    outcome, words = KINDS[name]
    assert re.search(rf"^FAILED {name}: {outcome}", again.stdout, re.M), again.stdout
    assert re.search(words, again.stdout) and "1 failed" in again.stdout
    command = shlex.split(in_a_shell.split("or: ", 1)[1])
    hang = ["--hang", "1"] if outcome == "hung" else []
    plain = run([*command, *hang], cwd=kinds.folder, expect=3 if outcome == "nondeterministic" else FAILED)
    assert re.search(words, plain.stdout), plain.stdout


def test_crash_takes_no_other_item_along(suite):
    suite.manifest(THOUSAND)
    suite.environment["CASTANET_TEST_CRASH"] = "500"
    cases = suite.cases("-k", "post-49 or post-50", "--castanet-check=off", expect=FAILED)
    assert len(cases) == 22
    assert [name for name, case in cases.items() if case["failure"]] == ["post-500"]


# ---- many items ----

def test_thousand_items_need_one_process_of_the_program(suite):
    suite.manifest(THOUSAND)
    beside = suite.script("started", f'echo started >>"$0.log"; exec {program(THOUSAND)} "$@"')
    (suite.folder / "castanet-tests.json").write_text(json.dumps({"version": 1, "programs": [str(beside)]}))
    assert "1000 passed" in suite.pytest("--castanet-check=off").stdout
    assert (suite.folder / "started.log").read_text().split() == ["started"]


@pytest.mark.parametrize("seed", ["0x2a", "random"])
def test_workers_have_the_same_items_and_seeds(suite, seed):
    suite.manifest(TROUBLES)
    options = [f"--castanet-seed={seed}", "--castanet-explore=20", "-k", "fine or fails or crashes or stalls"]
    alone = suite.cases(*options, "-n0", expect=FAILED)
    shared = suite.cases(*options, "-n2", expect=FAILED)
    assert alone.keys() == shared.keys() == {"fine", "fails", "crashes", "stalls"}
    if seed != "random":
        assert alone == shared
        assert alone["fine"]["castanet_seed"] == seed
    else:
        assert re.fullmatch("0x[0-9a-f]{8,}", shared["fine"]["castanet_seed"])
        assert alone["fine"]["castanet_seed"] != shared["fine"]["castanet_seed"]


def test_seeds_may_be_items(suite):
    suite.manifest(TROUBLES)
    cases = suite.cases("--castanet-seeds=3", "--castanet-seed=0x2a", "--castanet-seeds-as-items", "-k",
                        "fine")
    assert list(cases) == ["fine[seed=0x2a]", "fine[seed=0x2b]", "fine[seed=0x2c]"]
    assert [case["castanet_seed"] for case in cases.values()] == ["0x2a", "0x2b", "0x2c"]


def test_many_seeds_find_what_is_rare(suite):
    suite.manifest(TROUBLES)
    cases = suite.cases("--castanet-seeds=20000", "--castanet-explore=20000", "-k", "rare", expect=FAILED)
    assert "no luck" in cases["rare"]["failure"]


def test_last_failed_and_names_choose_items(suite):
    suite.manifest(TROUBLES)
    options = ["--castanet-explore=50", "-k", "fine or fails"]
    assert "1 failed, 1 passed" in suite.pytest(*options, expect=FAILED).stdout
    assert "1 failed" in suite.pytest("--lf", *options[:1], expect=FAILED).stdout.splitlines()[-1]
    wanted = "castanet-tests.json::castanet_troubles::fine"
    assert "1 passed" in suite.pytest(wanted).stdout


# ---- traces, wrappers, processes ----

@pytest.mark.parametrize("which, passing, failing", [("off", False, False), ("fail", False, True),
                                                     ("all", True, True)])
def test_captures_are_kept_of_whom_it_is_asked(suite, which, passing, failing):
    suite.manifest(TROUBLES)
    suite.pytest("--castanet-explore=50", f"--castanet-trace={which}", "--castanet-dir=kept", "-k",
                 "fine or fails", expect=FAILED)
    folder = suite.folder / "kept" / "castanet_troubles"
    assert (folder / "fine.pcapng").exists() == passing
    assert (folder / "fails.pcapng").exists() == failing
    assert (folder / "fails.castanet").exists()


def test_what_failures_left_behind_is_not_collected(suite):
    suite.manifest(TROUBLES)
    suite.pytest("--castanet-explore=50", "-k", "fails", expect=FAILED)
    listed = suite.pytest("--collect-only", "-q").stdout
    assert "::fails" in listed and "castanet-failures" not in listed


@pytest.mark.skipif(SANITIZED, reason="valgrind and a sanitizer do not go together")
def test_programs_run_under_a_wrapper(suite):
    suite.manifest(TROUBLES)
    log = suite.folder / "valgrind.log"
    said = suite.pytest(f"--castanet-wrapper=valgrind -q --log-file={log}.%p", "-k", "fine",
                        "--castanet-hang=60")
    assert "1 passed" in said.stdout and list(suite.folder.glob("valgrind.log.*"))


def test_each_item_may_have_its_own_process(suite):
    beside = suite.script("started", f'echo started >>"$0.log"; exec {program(TROUBLES)} "$@"')
    (suite.folder / "castanet-tests.json").write_text(json.dumps({"version": 1, "programs": [str(beside)]}))
    suite.pytest("-k", "fine or rare", "--castanet-isolate=always")
    assert len((suite.folder / "started.log").read_text().split()) == 2


# ---- programs that are none ----

@pytest.mark.parametrize("script, what, why", [
    ("exit 5", "is no scenario program", "exited with status 5"),
    ("kill -SEGV $$", "cannot list its scenarios", "killed by SIGSEGV"),
    ("echo garbage", "is no scenario program", "exited with status 0, and said: garbage"),
    ('eval "echo garbage >&${2#--json=}"; sleep 100', "cannot list its scenarios", "no record"),
    ('eval "head -c 3000000 /dev/zero >&${2#--json=}"; sleep 100', "cannot list its scenarios", "no record"),
    ('eval "echo [[[[[[ >&${2#--json=}"; sleep 100', "cannot list its scenarios", "no record"),
    ("sleep 100 & exit 3", "is no scenario program", "exited with status 3"),
])
def test_program_that_is_none_is_named(suite, script, what, why):
    path = suite.script("stranger.castanet", script)
    said = suite.pytest(expect=INTERRUPTED).stdout
    assert "Traceback" not in said and "1 error" in said
    told = three_lines(said)
    assert str(path) in told[0] and what in told[0] and why in told[1], told


def test_program_that_never_answers_is_given_up(suite):
    suite.script("stranger.castanet", "sleep 100")
    (suite.folder / "conftest.py").write_text("import pytest_castanet.program as it\nit.LIST_LIMIT_S = 1\n")
    said = suite.pytest(expect=INTERRUPTED).stdout
    assert "it did not come to an end within 1 s" in three_lines(said)[1]


def test_program_that_speaks_out_of_turn_fails_its_item_only(suite):
    suite.script("strange.castanet", """fd=${2#--json=}
        while read -r verb name rest; do
            if [ "$verb" = list ]; then
                eval "echo '{\\"type\\": \\"scenario\\", \\"scenario\\": \\"one\\"}' >&$fd"
                eval "echo '{\\"type\\": \\"exit\\", \\"code\\": 0}' >&$fd"
            else
                eval "echo '{\\"type\\": \\"explore\\"' >&$fd"
            fi
        done""")
    said = suite.pytest(expect=FAILED).stdout
    assert "FAILED one: garbage: it wrote what is no record" in said and "Traceback" not in said


@pytest.mark.parametrize("text, what", [
    ("{", "cannot be read"), ("[]", "is no manifest"), ('{"programs": [1]}', "is no manifest"),
    ('{"version": 2, "programs": []}', "has the version 2"),
    ('{"version": 1, "programs": ["/nowhere/at/all"]}', "is no program"),
])
def test_manifest_that_is_none_is_named(suite, text, what):
    (suite.folder / "castanet-tests.json").write_text(text)
    said = suite.pytest(expect=INTERRUPTED).stdout
    assert what in three_lines(said)[0] and "Traceback" not in said


def test_files_that_nobody_named_are_not_run(suite):
    mark = suite.folder / "mark"
    for name in ("a.out", "castanet", "program.castanettest"):
        suite.script(name, f"touch {mark}")
    suite.pytest(expect=NOTHING)
    assert not mark.exists()


@pytest.mark.parametrize("option", ["--castanet-seed=-1", "--castanet-seed=18446744073709551616",
                                    "--castanet-seeds=0", "--castanet-trace=some", "--castanet-hang=x"])
def test_option_that_is_not_possible_is_told(suite, option):
    ended = suite.pytest(option, expect=USAGE)
    assert option.split("=")[0] in ended.stderr and "Traceback" not in ended.stderr


# ---- schedules ----

def leave_schedule(suite, name="fails"):
    suite.pytest("--castanet-explore=50", "-k", name, expect=FAILED)
    return suite.folder / "castanet-failures" / "castanet_troubles" / f"{name}.castanet"


def test_schedule_in_a_repository_is_a_regression_test(suite):
    suite.manifest(TROUBLES)
    schedule = leave_schedule(suite)
    kept = suite.folder / "tests" / "bug-7.castanet"
    kept.parent.mkdir()
    kept.write_bytes(schedule.read_bytes())
    (suite.folder / "pytest.ini").write_text(f"[pytest]\ncastanet_programs = {program(TROUBLES)}\n")
    said = suite.pytest("tests", expect=FAILED).stdout
    assert "FAILED fails: failed: b came first" in said
    # the same order does no harm to a program that takes it
    text = kept.read_text().replace("scenario fails", "scenario fine")
    kept.write_text(re.sub(r"^exact(.|\n)*", "", text, flags=re.M))
    assert "1 passed" in suite.pytest("tests").stdout
    kept.write_text(text.replace("scenario fine", "scenario gone"))
    assert "nobody has the scenario gone" in suite.pytest("tests", expect=FAILED).stdout


def test_schedule_of_another_scenario_is_skipped(suite):
    suite.manifest(TROUBLES)
    schedule = leave_schedule(suite)
    said = suite.pytest(f"--castanet-schedule={schedule}", "-k", "fine or fails", expect=FAILED).stdout
    assert "1 failed, 1 skipped" in said


def test_text_that_is_no_schedule_is_told(suite):
    suite.manifest(TROUBLES)
    (suite.folder / "x").write_text("nothing\n")
    for name, why in (("x", "it names no scenario"), ("missing", "No such file")):
        said = suite.pytest(f"--castanet-schedule={name}", "-k", "fine", expect=FAILED).stdout
        assert why in three_lines(said)[1]


# ---- from Python ----

def test_results_are_data(suite):
    (suite.folder / "test_it.py").write_text(f"""
import pytest

PROGRAM = {str(program(TROUBLES))!r}

def test_search(castanet_run):
    result = castanet_run(PROGRAM, "fails", explore=50)
    assert not result.passed and result.outcome == "failed" and result.message == "b came first"
    assert len(result.facts) == 1 and result.facts[0].startswith("hold ")
    read = [at for at in result.notifications if at["host"] == "reader"]
    assert [at["what"] for at in read][:1] == ["OnReceive"]
    assert {{at["ip.src"] for at in result.packets("udp", "ip.src")}} >= {{"10.0.0.2", "10.0.0.3"}}
    assert "reader" in result.ladder
    assert castanet_run(PROGRAM, schedule=result.files["schedule"]).identity == result.identity

@pytest.mark.parametrize("seed", [1, 2])
def test_seeds(castanet_run, castanet_seed, seed):
    assert castanet_seed == 0
    assert castanet_run(PROGRAM, "fine", seed=seed).passed
""")
    assert "3 passed" in suite.pytest().stdout


def test_library_searches_on_all_cores(suite):
    (suite.folder / "it.py").write_text(f"""
from pytest_castanet import Complaint, explore_all
results = {{at.scenario: at.outcome for at in explore_all({str(program(TROUBLES))!r},
           ["fails", "fine", "stalls", "crashes"], runs=50, jobs=4)}}
assert results == {{"fails": "failed", "fine": "passed", "stalls": "stalled", "crashes": "crashed"}}, results
try:
    list(explore_all({str(program(TROUBLES))!r}, ["finer"], runs=1))
except Complaint as said:
    assert 'scenario "finer" is unknown' in str(said) and '"fine" is nearest' in str(said), said
else:
    raise AssertionError("it knows finer")
""")
    run([sys.executable, "it.py"], cwd=suite.folder, env=suite.environment)


# ---- how it is installed ----

def test_first_python_of_the_path_does_not_matter(suite):
    suite.manifest(TROUBLES)
    stub = suite.script("python3", "echo this python fails >&2; exit 1")
    suite.environment["PATH"] = f"{stub.parent}:{suite.environment['PATH']}"
    assert "1 passed" in suite.pytest("-k", "fine").stdout


def test_plugin_installs_offline_into_an_environment(suite, tmp_path_factory):
    made = subprocess.run([sys.executable, "-m", "venv", "--system-site-packages", suite.folder / "venv"],
                          capture_output=True, text=True, check=False)
    if made.returncode != 0:
        pytest.skip("this Python makes no environments: python3-venv is missing")
    copy = tmp_path_factory.mktemp("copy") / "pytests"  # building leaves files in the source tree
    run(["cp", "-r", ROOT / "pytests", copy])
    python = suite.folder / "venv" / "bin" / "python"
    run([python, "-m", "pip", "install", "-q", "--no-index", "--no-build-isolation", "--no-deps", copy])
    suite.manifest(TROUBLES)
    suite.environment.pop("PYTHONPATH")
    for options in ([], PLUGIN):  # found by its entry point; named as well, it is the same one
        ended = run([python, "-m", "pytest", *options, "-q", "-k", "fine"], cwd=suite.folder,
                    env=suite.environment)
        assert "1 passed" in ended.stdout
