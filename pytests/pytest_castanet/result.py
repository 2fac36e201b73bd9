# SPDX-License-Identifier: MIT
"""What a scenario came to, as data."""

import csv
import io
import json
import shlex
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from .complaint import Complaint

# A run that passed, and what a failure may be: docs/machine.md.  These are the plugin's own:
NONDETERMINISTIC = "nondeterministic"  # the same decisions led to another run
GARBAGE = "garbage"  # the program does not speak as scenario programs do
DIVERGED = "diverged"  # a schedule names what the program no longer does


@dataclass
class Result:
    program: Path
    scenario: str
    outcome: str  # "passed", "failed", "crashed", "stalled", "nondeterministic" ...
    message: str = ""
    seed: str = None  # of the run that failed, else of the first one: "0x2a"
    runs: int = None  # that were made
    run: int = None  # that failed
    fingerprint: str = None
    identity: str = None  # equal for the same failure
    statement: str = ""  # what the search showed
    facts: list = field(default_factory=list)  # holds and choices to which the failure was shrunk
    explanation: str = ""
    difference: list = field(default_factory=list)  # of a run that is another one the second time
    causes: list = field(default_factory=list)  # what that may come from
    files: dict = field(default_factory=dict)  # "schedule", "explain", "pcapng", "ladder", "report": paths
    words: str = ""  # what was printed, for people
    settings: dict = field(default_factory=dict)  # with which it was made

    @property
    def passed(self):
        return self.outcome == "passed"

    @property
    def replay_command(self):
        """What repeats it in a shell."""
        if "schedule" in self.files:
            words = ["replay", str(self.files["schedule"])]
        elif self.outcome == NONDETERMINISTIC:
            words = ["check", self.scenario, "--seed", self.seed or "0x0", "--runs", "1"]
        else:
            words = ["explore", self.scenario, "--strategy", "natural", "--seed", self.seed or "0x0",
                     "--runs", "1", *setting_words(self.settings)]
        return shlex.join([str(self.program), *words])

    @property
    def ladder(self):
        """The failing run as text; needs its files."""
        return Path(self._file("ladder")).read_text(encoding="utf-8")

    @property
    def events(self):
        """All events of the failing run, dicts as docs/trace.md describes them."""
        ended = subprocess.run([self.program, "trace", self._file("schedule"), "--format", "json"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        if ended.returncode != 0:
            raise Complaint(f"{self.files['schedule']} cannot be traced",
                            ended.stderr.decode(errors="replace").strip(),
                            "look at it with the command replay")
        return [json.loads(line) for line in ended.stdout.splitlines()]

    @property
    def notifications(self):
        """The callbacks of the failing run."""
        return [event for event in self.events if event.get("kind") == "callback"]

    def packets(self, wanted="", *fields):
        """The packets of the failing run that match a display filter, each a dict of tshark's fields."""
        fields = fields or ("frame.number", "frame.time_relative", "_ws.col.Source", "_ws.col.Destination",
                            "_ws.col.Protocol", "_ws.col.Info")
        command = ["tshark", "-n", "-r", str(self._file("pcapng")), "-T", "fields", "-E", "header=n", "-E",
                   "separator=,", "-E", "quote=d", "-E", "occurrence=f"]
        command += [word for name in fields for word in ("-e", name)]
        command += ["-Y", f"({wanted}) && frame.interface_id" if wanted else "frame.interface_id"]
        try:
            ended = subprocess.run(command, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            raise Complaint("packets cannot be listed", "tshark is missing",
                            "apt-get install tshark") from None
        if ended.returncode != 0:
            raise Complaint(f"the filter {wanted!r} is not understood", ended.stderr.strip(),
                            "try it in Wireshark's filter line")
        return [dict(zip(fields, row)) for row in csv.reader(io.StringIO(ended.stdout))]

    def _file(self, kind):
        if kind not in self.files:
            raise Complaint(f"{self.scenario} left no {kind}",
                            f"it {self.outcome}, and files are left by failures",
                            "look at a run that fails, or keep captures of all with --castanet-trace=all")
        return self.files[kind]

    def __str__(self):
        where = f" in run {self.run}" if self.run else ""
        return f"{self.scenario}: {self.outcome}{where}: {self.message}".rstrip(": ")


def setting_words(settings):
    """Settings as words of a command; {"lan": {"latency": "5ms"}} is {"lan/latency": "5ms"}."""
    return [word for path, value in flat(settings) for word in ("--set", f"{path}={value}")]


def flat(settings, prefix=""):
    """Pairs of path and value; lists count from 1."""
    pairs = settings.items() if isinstance(settings, dict) else ((i + 1, at) for i, at in enumerate(settings))
    for key, value in pairs:
        if isinstance(value, (dict, list, tuple)):
            yield from flat(value, f"{prefix}{key}/")
        else:
            yield f"{prefix}{key}", ("yes" if value else "no") if isinstance(value, bool) else value
