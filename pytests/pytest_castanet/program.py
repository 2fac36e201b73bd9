# SPDX-License-Identifier: MIT
"""A scenario program: what there is in it, and what its scenarios come to.

Commands go to one child that is kept (child.py); `confirm` asks a fresh one.  A Program belongs to one
thread; explore_all has one for each of its threads.
"""

import os
import queue
import threading
from pathlib import Path

from .child import Child
from .complaint import Complaint
from .result import DIVERGED, GARBAGE, NONDETERMINISTIC, Result, setting_words

LIST_LIMIT_S = 20
HANG_S = 10
EXIT_DIVERGED = 3
FILES = ("schedule", "explain", "pcapng", "ladder", "report")


class Program:
    def __init__(self, path, directory="castanet-failures", wrapper=(), hang_s=HANG_S, limit_s=600,
                 environment=None):
        """directory: where files of failures go.  wrapper: words before the program, as ["valgrind", "-q"].
        hang_s: what one run may take.  limit_s: what a command may take beyond its budget, in all."""
        self.path = Path(path)
        if not os.access(self.path, os.X_OK) or self.path.is_dir():
            raise Complaint(f"{self.path} is no program", "it is not there, or it is not executable",
                            "build it, or name another file")
        self.directory, self.hang_s, self.limit_s = Path(directory), hang_s, limit_s
        self.wrapper, self.environment = list(wrapper), environment
        self.child = self._new_child()

    def _new_child(self):
        return Child(self.path.resolve(), self.wrapper, self.environment)

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        self.close()

    def close(self):
        self.child.end()

    def scenarios(self):
        """Names and summaries, in the program's order."""
        answer = self.child.ask(["list"], LIST_LIMIT_S)
        if answer.kind == "exited" and not answer.records:
            raise Complaint(f"{self.path} is no scenario program",
                            f"asked for its scenarios it {answer.ending}{first_line(answer.words)}",
                            "link it with castanet::main, and write no main of its own")
        if answer.code is None:
            raise Complaint(f"{self.path} cannot list its scenarios",
                            f"{answer.ending}{first_line(answer.words)}",
                            "see what it does before its scenarios begin")
        if answer.code != 0:
            raise as_complaint(answer, self.path)
        return [(record["scenario"], record.get("summary", "")) for record in answer.of("scenario")]

    # ---- what a scenario comes to ----

    def explore(self, scenario, *, runs=None, seed=0, strategy=None, budget_s=None, settings=None):
        """Searches for an order that fails.  runs None: 10 000, or as many as budget_s allows."""
        words = ["explore", scenario, "--seed", seed, "--out", self.directory, "--hang", self.hang_s]
        words += ["--runs", runs] if runs is not None else []
        words += ["--time", max(1, round(budget_s))] if budget_s is not None else []
        words += ["--strategy", strategy] if strategy is not None else []
        words += setting_words(settings or {})
        answer = self.child.ask(words, (budget_s or 0) + self.limit_s)
        return self._judge(scenario, answer, answer.one("explore"), hex(int(str(seed), 0)), settings)

    def seeds(self, scenario, count=1, seed=0, settings=None):
        """Runs it in the order of time, with as many seeds."""
        return self.explore(scenario, runs=count, seed=seed, strategy="natural", settings=settings)

    def replay(self, schedule, fresh=False):
        """Repeats a run from its schedule; fresh: in a process of its own."""
        child = self._new_child() if fresh else self.child
        try:
            answer = child.ask(["replay", Path(schedule).resolve(), "--hang", self.hang_s],
                               self.limit_s)
        finally:
            if fresh:
                child.end()
        result = self._judge("", answer, answer.one("replay"), None, None)
        result.files["schedule"] = Path(schedule)
        if answer.code == EXIT_DIVERGED:
            result.outcome, result.message = DIVERGED, str(as_complaint(answer, self.path))
        return result

    def check(self, scenario, runs=1, seed=0, quick=True):
        """Makes each run twice, and once more with changed memory, addresses, environment; if it may take a
        second, with another second on the clock."""
        words = ["check", scenario, "--runs", runs, "--seed", seed, "--hang", self.hang_s]
        answer = self.child.ask([*words, "--quick"] if quick else words, self.limit_s)
        record = answer.one("check")
        result = self._judge(scenario, answer, record, hex(int(str(seed), 0)), None)
        if record is not None and record.get("same") is False:
            result.outcome = NONDETERMINISTIC
            result.message = "the same decisions led to another run"
        elif record is not None and record.get("same"):
            result.outcome = "passed"
        return result

    def confirm(self, failure):
        """The failure, if a fresh process repeats it; else NONDETERMINISTIC, with where runs part."""
        if failure.passed or failure.outcome in (NONDETERMINISTIC, GARBAGE, DIVERGED):
            return failure
        if "schedule" in failure.files:
            again = self.replay(failure.files["schedule"], fresh=True)
            if (again.outcome, again.identity) == (failure.outcome, failure.identity):
                return failure
            how = f"a fresh process that followed the schedule {again.outcome} {again.message}".rstrip()
        else:
            how = "the same decisions did not lead to the same failure"
        closer = self.check(failure.scenario, 20, int(failure.seed or "0", 0), quick=False)
        failure.message = f"{failure.outcome}: {failure.message}; {how}"
        failure.outcome = NONDETERMINISTIC
        failure.difference, failure.causes = closer.difference, closer.causes
        return failure

    def trace(self, scenario, seed, path):
        """Writes a capture of the run in the order of time."""
        answer = self.child.ask(["trace", scenario, "--seed", seed, "--out", path], self.limit_s)
        if answer.code != 0:
            raise as_complaint(answer, self.path)

    # ---- answers ----

    def _judge(self, scenario, answer, record, seed, settings):
        if answer.code is None:
            outcome = GARBAGE if answer.kind == "garbage" else answer.kind
            return Result(self.path, scenario, outcome, answer.ending, seed=seed, words=answer.words,
                          settings=settings or {})
        if record is None:
            raise as_complaint(answer, self.path)
        result = Result(self.path, record["scenario"], record.get("outcome", "passed"),
                        record.get("message", ""), seed=record.get("seed", seed), words=answer.words,
                        settings=settings or {})
        for name in ("runs", "run", "fingerprint", "identity", "statement", "difference", "causes"):
            if name in record:
                setattr(result, name, record[name])
        failure = answer.one("failure")
        if failure is not None:
            result.facts, result.explanation = failure["facts"], failure["explanation"]
            result.files = {name: Path(failure[name]) for name in FILES if name in failure}
        return result


def as_complaint(answer, path):
    error = answer.one("error")
    if error is None:
        return Complaint(f"{path} could not do it", f"it said: {answer.words.strip() or 'nothing'}",
                         "try the same in a shell")
    return Complaint(error["what"], error["why"], error["fix"])


def first_line(words):
    lines = words.strip().splitlines()
    return f", and said: {lines[0][:200]}" if lines else ""


def explore_all(path, scenarios=None, *, jobs=None, settings=({},), directory="castanet-failures", **how):
    """Explores each scenario with each of the settings, jobs at a time (all cores); yields Results as they
    come.

    how: as for Program.explore.  Files of the n-th settings go into directory/n, if there are more than one.
    """
    settings = list(settings)
    with Program(path) as program:
        names = list(scenarios) if scenarios is not None else [name for name, _ in program.scenarios()]
    tasks, done = queue.SimpleQueue(), queue.SimpleQueue()
    for n, chosen in enumerate(settings):
        folder = Path(directory, str(n)) if len(settings) > 1 else Path(directory)
        for name in names:
            tasks.put((name, chosen, folder))
    count = len(settings) * len(names)

    def work():
        with Program(path) as program:
            while True:
                try:
                    name, chosen, program.directory = tasks.get_nowait()
                except queue.Empty:
                    return
                try:
                    done.put(program.explore(name, settings=chosen, **how))
                except Exception as error:  # it is raised where the results are wanted
                    done.put(error)

    jobs = min(jobs or os.cpu_count() or 1, count)
    workers = [threading.Thread(target=work, daemon=True) for _ in range(jobs)]
    for worker in workers:
        worker.start()
    for _ in range(count):
        result = done.get()
        if isinstance(result, Exception):
            raise result
        yield result
    for worker in workers:
        worker.join()
