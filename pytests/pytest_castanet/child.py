# SPDX-License-Identifier: MIT
"""A scenario program that runs as a batch: it takes commands and answers with records.

The records come through a pipe of their own; what the program prints goes into a file.  Whatever becomes of
the child - it crashes, exits, hangs, prints garbage between the records, leaves children behind - the caller
gets an Answer that says so, within a time limit, and the next command gets a new child.

Invariants: a child is in a session of its own and is killed with all that it started; no more than LINE_MAX
bytes of a record and RECORDS_MAX of an answer are kept.
"""

import contextlib
import json
import os
import selectors
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass, field

from .complaint import Complaint

LINE_MAX = 1 << 20
RECORDS_MAX = 100_000
WORDS_MAX = 1 << 16
LOOK_S = 0.1  # how often it is looked whether the child is still there: a grandchild may keep its pipe open


@dataclass
class Answer:
    """What a command came to."""

    records: list = field(default_factory=list)
    code: int = None  # as the command alone would have exited; None: it did not come to its end
    ending: str = None  # why not: "killed by SIGSEGV"
    kind: str = None  # why not, in a word: "crashed", "exited", "hung", "garbage"
    words: str = ""  # what was printed

    def of(self, kind):
        """The records of that type."""
        return [record for record in self.records if record.get("type") == kind]

    def one(self, kind):
        found = self.of(kind)
        return found[0] if found else None


class Child:
    def __init__(self, program, wrapper=(), environment=None):
        """wrapper: words that stand before the program, such as ["valgrind", "-q"]."""
        self.command = [*wrapper, str(program), "batch"]
        self.environment = {**os.environ, **(environment or {})}
        self.process = None

    # ---- commands ----

    def ask(self, words, limit_s):
        """Gives the command, and waits for its end, for limit_s seconds at most.  Returns an Answer."""
        words = [str(word) for word in words]
        if any(set("\t\n\0") & set(word) for word in words):
            raise Complaint(f"{words[0]!r} cannot be given these words", "one has a tab or a line end in it",
                            "leave it out")
        if self.process is None:
            self._start()
        answer = Answer()
        try:
            self.process.stdin.write("\t".join(words).encode(errors="surrogateescape") + b"\n")
            self.process.stdin.flush()
            self._listen(answer, time.monotonic() + limit_s, limit_s)
        except BrokenPipeError:
            self._ended(answer)
        except BaseException:
            self.end()
            raise
        answer.words = self._words()
        if answer.code is None:
            self.end()
        return answer

    def end(self):
        """Ends the child and all that it started."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        os.close(self.records)
        self.printed.close()
        self.process = None

    # ---- the process ----

    def _start(self):
        self.records, theirs = os.pipe()
        self.printed = tempfile.TemporaryFile()
        self.read, self.rest = 0, b""
        try:
            self.process = subprocess.Popen(
                [*self.command, f"--json={theirs}"], stdin=subprocess.PIPE, stdout=self.printed,
                stderr=subprocess.STDOUT, pass_fds=[theirs], env=self.environment, start_new_session=True)
        except OSError as error:
            os.close(self.records)
            self.printed.close()
            raise Complaint(f"{self.command[0]} cannot be started", error.strerror,
                            "build it, or name another program") from None
        finally:
            os.close(theirs)
        os.set_blocking(self.records, False)

    def _listen(self, answer, until, limit_s):
        with selectors.DefaultSelector() as ready:
            ready.register(self.records, selectors.EVENT_READ)
            while answer.code is None and answer.kind is None:
                left = until - time.monotonic()
                if left <= 0:
                    answer.kind, answer.ending = "hung", f"it did not come to an end within {limit_s:g} s"
                elif ready.select(min(left, LOOK_S)):
                    self._hear(answer)
                elif self.process.poll() is not None:
                    self._ended(answer)

    def _hear(self, answer):
        try:
            heard = os.read(self.records, 1 << 16)
        except BlockingIOError:
            return
        if not heard:
            self._ended(answer)
            return
        *lines, self.rest = (self.rest + heard).split(b"\n")
        for line in lines:
            self._take(answer, line)
        if len(self.rest) > LINE_MAX:
            self._take(answer, self.rest)

    def _take(self, answer, line):
        if answer.kind is not None or answer.code is not None:
            return
        try:
            record = json.loads(line) if len(line) <= LINE_MAX else None
        except (ValueError, RecursionError):
            record = None
        if not isinstance(record, dict) or not isinstance(record.get("type"), str):
            answer.kind = "garbage"
            answer.ending = f"it wrote what is no record among its records: {line[:80]!r}"
        elif record["type"] == "exit" and isinstance(record.get("code"), int):
            answer.code = record["code"]
        elif len(answer.records) < RECORDS_MAX:
            answer.records.append(record)

    def _ended(self, answer):
        """Nothing more comes from the child; it may still be there, with its records closed."""
        try:
            status = self.process.wait(1)
        except subprocess.TimeoutExpired:
            answer.kind, answer.ending = "garbage", "it closed the descriptor of its records"
            return
        answer.kind = "crashed" if status < 0 else "exited"
        answer.ending = f"killed by {signal_name(-status)}" if status < 0 else f"exited with status {status}"

    def _words(self):
        """What was printed since this was asked last; of much, the beginning and the end."""
        size = os.fstat(self.printed.fileno()).st_size
        begin, self.read = self.read, size
        head = os.pread(self.printed.fileno(), min(size - begin, WORDS_MAX), begin)
        if size - begin <= 2 * WORDS_MAX:
            tail = os.pread(self.printed.fileno(), WORDS_MAX, begin + len(head))
        else:
            tail = f"\n... {size - begin - 2 * WORDS_MAX} bytes left out ...\n".encode()
            tail += os.pread(self.printed.fileno(), WORDS_MAX, size - WORDS_MAX)
        return (head + tail).decode(errors="replace")


def signal_name(number):
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
