# SPDX-License-Identifier: MIT
"""Scenarios as pytest items, and schedules that must not fail any more.

    castanet-tests.json   a manifest, written by castanet_scenarios() of CMake: its programs
    NAME.castanet         a program, if it is executable; else a schedule, which must pass: a regression test

Nothing else is touched, and nothing is run but what these name.
"""

import json
import re
import shlex
from pathlib import Path

import pytest

from .complaint import Complaint
from .program import Program
from .result import DIVERGED

MANIFEST = "castanet-tests.json"
ENDING = ".castanet"
SCHEDULE_HEAD = b"castanet schedule "
WORDS_SHOWN = 60
SAID_ELSEWHERE = re.compile(r"\S+: run \d+ |  (repeat it|replay it|written): |  \(nothing happened\)")


class Failed(Exception):
    """An item's failure; holds its Result."""


class Programs:
    """The programs that this process has running, by path."""

    def __init__(self, choices):
        self.choices, self.running = choices, {}

    def of(self, path):
        path = Path(path).resolve()
        if path not in self.running:
            self.running[path] = Program(path, self.choices.directory / path.stem, self.choices.wrapper,
                                         self.choices.hang_s)
        return self.running[path]

    def close(self):
        for program in self.running.values():
            program.close()
        self.running.clear()


def read_manifest(path):
    """Its programs; a Complaint says what is wrong with it."""
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise Complaint(f"{path} cannot be read", str(error),
                        "configure the build again: CMake writes it") from None
    programs = manifest.get("programs") if isinstance(manifest, dict) else None
    if not isinstance(programs, list) or not all(isinstance(name, str) for name in programs):
        raise Complaint(f"{path} is no manifest", 'it has no list "programs" of paths',
                        "configure the build again: CMake writes it")
    if manifest.get("version") != 1:
        raise Complaint(f"{path} has the version {manifest.get('version')!r}", "this plugin reads version 1",
                        "take plugin and CMake files of one castanet")
    return [path.parent / name for name in programs]


def collector_for(path, parent):
    """The collector of a file, or None."""
    if path.name == MANIFEST:
        return ManifestFile.from_parent(parent, path=path)
    if path.suffix != ENDING:
        return None
    return (ScheduleFile if is_schedule(path) else ProgramFile).from_parent(parent, path=path)


def is_schedule(path):
    with path.open("rb") as file:
        lines = file.read(4096).split(b"\n")
    return next((line for line in lines if not line.startswith(b"#")), b"").startswith(SCHEDULE_HEAD)


class CastanetFile(pytest.File):
    def repr_failure(self, excinfo):
        if isinstance(excinfo.value, Complaint):
            return str(excinfo.value)
        return super().repr_failure(excinfo)

    def items_of(self, path):
        choices = self.config.stash[CHOICES]
        for name, summary in self.config.stash[PROGRAMS].of(path).scenarios():
            if choices.seeds_as_items:
                for seed in range(choices.seed, choices.seed + choices.seeds):
                    yield ScenarioItem.from_parent(self, name=f"{name}[seed={seed:#x}]", scenario=name,
                                                   program=path, summary=summary, seed=seed, seeds=1)
            else:
                yield ScenarioItem.from_parent(self, name=name, scenario=name, program=path, summary=summary,
                                               seed=choices.seed, seeds=choices.seeds)


class ManifestFile(CastanetFile):
    def collect(self):
        for path in read_manifest(self.path):
            yield ProgramNode.from_parent(self, name=path.stem, program=path)


class ProgramNode(CastanetFile):
    """A program of a manifest, under its name."""

    @classmethod
    def from_parent(cls, parent, *, name, program):
        node = super().from_parent(parent, path=parent.path, name=name, nodeid=f"{parent.nodeid}::{name}")
        node.program = program
        return node

    def collect(self):
        yield from self.items_of(self.program)


class ProgramFile(CastanetFile):
    def collect(self):
        yield from self.items_of(self.path)


class ScheduleFile(CastanetFile):
    def collect(self):
        yield ScheduleItem.from_parent(self, name=self.path.stem)


class CastanetItem(pytest.Item):
    def judge(self, result):
        """Passes, or fails with what there is to be said and repeated."""
        self.note(result)
        if not result.passed:
            raise Failed(result)

    def note(self, result):
        """What reaches JUnit files, under pytest-xdist too."""
        facts = {"castanet_outcome": result.outcome, "castanet_seed": result.seed,
                 "castanet_fingerprint": result.fingerprint}
        facts.update({f"castanet_{kind}": str(path) for kind, path in result.files.items()})
        self.user_properties += [(name, value) for name, value in facts.items() if value is not None]

    def repr_failure(self, excinfo, style=None):
        if isinstance(excinfo.value, Failed):
            return "\n".join(self.lines_of(excinfo.value.args[0]))
        if isinstance(excinfo.value, Complaint):
            return str(excinfo.value)
        return super().repr_failure(excinfo, style)

    def lines_of(self, result):
        """First what failed, then why, last the two commands that repeat it."""
        yield f"FAILED {result}"
        yield from (f"  {line}" for line in result.difference)
        yield from (f"  likely: {cause}" for cause in result.causes)
        yield from (f"  {line}" for line in shortened(result.words))
        for kind, path in result.files.items():
            yield f"  {kind + ':':9} {path}"
        yield f"  reproduce: {self.pytest_command(result)}"
        yield f"         or: {result.replay_command}"

    def pytest_command(self, result):
        words = ["pytest", *self.config.stash[CHOICES].kept_words, self.nodeid]
        if "schedule" in result.files:
            words.append(f"--castanet-schedule={result.files['schedule']}")
        elif result.seed is not None:
            words.append(f"--castanet-seed={result.seed}")
        return shlex.join(words)

    def reportinfo(self):
        return self.path, None, self.name


class ScenarioItem(CastanetItem):
    def __init__(self, *, scenario, program, summary, seed, seeds, **more):
        super().__init__(**more)
        self.scenario, self.program, self.summary = scenario, program, summary
        self.seed, self.seeds = seed, seeds

    def runtest(self):
        choices = self.config.stash[CHOICES]
        if choices.schedule is not None:
            self.replay(choices.schedule)
            return
        programs = self.config.stash[PROGRAMS]
        program = programs.of(self.program)
        try:
            result = program.confirm(self.search(program, choices))
            if result.passed and choices.check:
                result = self.checked(program, result)
            self.keep(program, choices, result)
        finally:
            if choices.isolate == "always":
                program.close()
        self.judge(result)

    def search(self, program, choices):
        if choices.explore is None and choices.budget_s is None:
            return program.seeds(self.scenario, self.seeds, self.seed)
        return program.explore(self.scenario, runs=choices.explore, seed=self.seed, budget_s=choices.budget_s)

    def checked(self, program, result):
        again = program.check(self.scenario, 1, self.seed)
        return result if again.passed else again

    def keep(self, program, choices, result):
        """Traces, as many as are wanted."""
        if choices.trace == "all" and result.passed:
            path = program.directory / f"{self.scenario}.pcapng"
            path.parent.mkdir(parents=True, exist_ok=True)
            program.trace(self.scenario, self.seed, path.resolve())
            result.files["pcapng"] = path
        if choices.trace == "off":
            for kind in ("pcapng", "ladder", "report"):
                if kind in result.files:
                    result.files.pop(kind).unlink(missing_ok=True)

    def replay(self, schedule):
        program = self.config.stash[PROGRAMS].of(self.program)
        named = scenario_of(schedule)
        if named != self.scenario:
            pytest.skip(f"the schedule is of {named}")
        self.judge(program.replay(schedule))


class ScheduleItem(CastanetItem):
    """A schedule in a repository: what it says must not fail any more."""

    def runtest(self):
        scenario = scenario_of(self.path)
        for path in self.config.stash[CHOICES].programs:
            program = self.config.stash[PROGRAMS].of(path)
            if scenario in (name for name, _ in program.scenarios()):
                result = program.replay(self.path)
                if result.outcome == DIVERGED:
                    raise Complaint(f"{self.path} no longer matches its scenario", result.message,
                                    f"{program.path} replay {self.path} --reanchor")
                self.judge(result)
                return
        raise Complaint(f"nobody has the scenario {scenario} of {self.path}",
                        "the programs of castanet_programs do not list it",
                        "name its program in the ini option castanet_programs")


def scenario_of(schedule):
    try:
        lines = Path(schedule).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise Complaint(f"{schedule} cannot be read", error.strerror,
                        "name a schedule that is there") from None
    for line in lines[:20]:
        if line.startswith("scenario "):
            return line.split(" ", 1)[1].strip()
    raise Complaint(f"{schedule} is no schedule", "it names no scenario",
                    "name a file that a failure has left (.castanet)")


def shortened(words):
    """What a program said, but for what stands elsewhere in a failure's text."""
    rows = [row for row in words.rstrip().splitlines() if not SAID_ELSEWHERE.match(row)]
    if len(rows) > WORDS_SHOWN:
        rows[WORDS_SHOWN:] = [f"... {len(rows) - WORDS_SHOWN} more lines"]
    return rows


CHOICES = pytest.StashKey()
PROGRAMS = pytest.StashKey()
