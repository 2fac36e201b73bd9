# SPDX-License-Identifier: MIT
"""The pytest plugin: options, markers, fixtures, and which files are collected."""

import random
import shlex
from dataclasses import dataclass
from pathlib import Path

import pytest

from . import items
from .complaint import Complaint
from .program import HANG_S, Program


@dataclass
class Choices:
    """What options and ini file ask for."""

    seed: int
    seeds: int
    seeds_as_items: bool
    explore: int  # runs of a search; None: none
    budget_s: float
    schedule: Path
    trace: str
    directory: Path
    wrapper: list
    isolate: str
    hang_s: int
    check: bool
    programs: list
    kept_words: list  # of the command line, for commands that reproduce a failure


KEPT_PAIRS = ("-p", "-c", "--rootdir")
KEPT_WORDS = ("--castanet-hang", "--castanet-wrapper", "--castanet-check", "--castanet-dir")


def kept_words(arguments):
    """What of a command line also a command needs that repeats one of its failures."""
    kept = []
    for i, word in enumerate(map(str, arguments)):
        if word in KEPT_PAIRS:
            kept += [word, *map(str, arguments[i + 1:i + 2])]
        elif word.split("=")[0] in KEPT_WORDS and "=" in word:
            kept.append(word)
    return kept


def number(text):
    """Also hexadecimal, as seeds are printed."""
    value = int(text, 0)
    if not 0 <= value < 1 << 64:
        raise ValueError("it is not within 64 bits")
    return value


def seed_or_random(text):
    return text if text == "random" else number(text)


def at_least_one(text):
    value = int(text)
    if value < 1:
        raise ValueError("at least one")
    return value


def pytest_addoption(parser):
    group = parser.getgroup("castanet", "scenario programs of castanet")
    add = group.addoption
    add("--castanet-seed", type=seed_or_random, metavar="N",
        help="what chance is drawn from, as 42 or 0x2a; random: another one each time (0)")
    add("--castanet-seeds", type=at_least_one, metavar="N", help="seeds that each scenario is run with (1)")
    add("--castanet-seeds-as-items", action="store_true", help="an item for each seed")
    add("--castanet-explore", type=at_least_one, nargs="?", const=10000, metavar="RUNS",
        help="search for an order that fails, with as many runs (10000)")
    add("--castanet-budget", type=float, metavar="SECONDS", help="search for so long, for each scenario")
    add("--castanet-schedule", type=Path, metavar="FILE", help="repeat the run of this schedule")
    add("--castanet-trace", choices=("off", "fail", "all"), help="whose captures are kept (fail)")
    add("--castanet-dir", type=Path, metavar="DIR", help="where files of failures go (castanet-failures)")
    add("--castanet-wrapper", metavar="COMMAND", help='stands before programs, as in "valgrind -q"')
    add("--castanet-isolate", choices=("auto", "always"),
        help="auto: a program's scenarios share a process until one ends it; always: each has its own (auto)")
    add("--castanet-hang", type=at_least_one, metavar="SECONDS", help=f"what one run may take ({HANG_S})")
    add("--castanet-check", choices=("on", "off"),
        help="make each run that passes twice, and see whether it is the same (on)")
    parser.addini("castanet_seed", "see --castanet-seed")
    parser.addini("castanet_seeds", "see --castanet-seeds")
    parser.addini("castanet_dir", "see --castanet-dir")
    parser.addini("castanet_trace", "see --castanet-trace")
    parser.addini("castanet_check", "see --castanet-check")
    parser.addini("castanet_programs", "scenario programs that schedules are repeated with, and that "
                  "castanet_run knows by name", type="linelist")


def chosen(config, name, read, default):
    """Of the command line, else of the ini file, else the default."""
    value = config.getoption(f"castanet_{name}")
    if value is not None:
        return value
    text = config.getini(f"castanet_{name}")
    if not text:
        return default
    try:
        return read(text)
    except ValueError as error:
        raise pytest.UsageError(f"error: castanet_{name} = {text} is not possible\n  why: {error}\n"
                                f"  fix: change it in {config.inipath}") from None


def one_of(*words):
    def read(text):
        if text not in words:
            raise ValueError(f"it is one of {', '.join(words)}")
        return text
    return read


def choose_seed(config):
    """Chosen once: workers of pytest-xdist are told."""
    told = getattr(config, "workerinput", {}).get("castanet_seed")
    if told is not None:
        return int(told)
    seed = chosen(config, "seed", seed_or_random, 0)
    return random.SystemRandom().getrandbits(64) if seed == "random" else seed


def pytest_configure(config):
    config.addinivalue_line("markers", "castanet_schedule(file): repeat the run of this schedule; for "
                            "tests that use castanet_run")
    option = config.getoption
    schedule = option("castanet_schedule")
    config.stash[items.CHOICES] = Choices(
        seed=choose_seed(config),
        seeds=chosen(config, "seeds", at_least_one, 1),
        seeds_as_items=option("castanet_seeds_as_items"),
        explore=option("castanet_explore"),
        budget_s=option("castanet_budget"),
        schedule=config.invocation_params.dir / schedule if schedule else None,
        trace=chosen(config, "trace", one_of("off", "fail", "all"), "fail"),
        directory=Path(chosen(config, "dir", Path, Path("castanet-failures"))),
        wrapper=shlex.split(option("castanet_wrapper") or ""),
        isolate=option("castanet_isolate") or "auto",
        hang_s=option("castanet_hang") or HANG_S,
        check=chosen(config, "check", one_of("on", "off"), "on") == "on",
        programs=[config.rootpath / name for name in config.getini("castanet_programs")],
        kept_words=kept_words(config.invocation_params.args))
    config.stash[items.PROGRAMS] = items.Programs(config.stash[items.CHOICES])
    if config.pluginmanager.hasplugin("xdist"):
        config.pluginmanager.register(SeedForWorkers(config.stash[items.CHOICES].seed))


class SeedForWorkers:
    def __init__(self, seed):
        self.seed = seed

    @pytest.hookimpl(optionalhook=True)
    def pytest_configure_node(self, node):
        node.workerinput["castanet_seed"] = self.seed


def pytest_report_header(config):
    choices = config.stash[items.CHOICES]
    return f"castanet: seed {choices.seed:#x}, files of failures in {choices.directory}"


def pytest_unconfigure(config):
    programs = config.stash.get(items.PROGRAMS, None)
    if programs is not None:
        programs.close()


def pytest_ignore_collect(collection_path, config):
    """What failures left behind are no tests."""
    left = (config.invocation_params.dir / config.stash[items.CHOICES].directory).resolve()
    return True if collection_path.resolve() == left else None


def pytest_collect_file(file_path, parent):
    return items.collector_for(file_path, parent)


# ---- fixtures ----

@pytest.fixture(scope="session")
def castanet_seed(pytestconfig):
    """The session's seed; the same on all workers."""
    return pytestconfig.stash[items.CHOICES].seed


@pytest.fixture
def castanet_run(request):
    """Runs a scenario: castanet_run("upload", "K1", explore=1000) returns a Result.

    program: its path, or its name if the ini option castanet_programs has it.  seeds: in the order of time,
    with as many seeds; explore: a search with as many runs; budget_s: for so long.  settings: see
    docs/scenario-file.md.  schedule: its run is repeated.  A failure is confirmed by a fresh process; what
    it left is in its files.  Options of the command line hold for what is not given.
    """
    choices = request.config.stash[items.CHOICES]
    marker = request.node.get_closest_marker("castanet_schedule")
    opened = {}

    def program_of(name):
        known = {path.stem: path for path in choices.programs}
        path = Path(known.get(str(name), name))
        if path not in opened:
            folder = choices.directory / path.stem / request.node.name
            opened[path] = Program(path, folder, choices.wrapper, choices.hang_s)
        return opened[path]

    def run(program, scenario=None, *, seed=None, seeds=None, explore=None, budget_s=None, settings=None,
            schedule=None):
        program = program_of(program)
        schedule = schedule or (marker and request.config.rootpath / marker.args[0]) or choices.schedule
        seed = choices.seed if seed is None else seed
        if schedule is not None:
            result = program.replay(schedule)
        elif explore or budget_s:
            result = program.explore(scenario, runs=explore, budget_s=budget_s, seed=seed, settings=settings)
        else:
            result = program.seeds(scenario, seeds or choices.seeds, seed, settings)
        result = program.confirm(result) if schedule is None else result
        request.node.user_properties.append(("castanet_run", str(result)))
        for kind, path in result.files.items():
            request.node.user_properties.append((f"castanet_{kind}", str(path)))
        return result

    yield run
    for program in opened.values():
        program.close()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    """A Complaint needs no traceback."""
    if call.excinfo is not None and isinstance(call.excinfo.value, Complaint):
        call.excinfo.traceback = call.excinfo.traceback[-1:]
    yield
