# SPDX-License-Identifier: MIT
"""Recorded Winsock sequences, replayed by castanet-golden: the reviewed list explains every difference."""

import json
import re

import pytest

from support import ROOT, needs_ipv6, program, run

RECORDING = ROOT / "tests" / "golden" / "winsock-golden.jsonl"
LIST = ROOT / "tests" / "golden" / "differences.txt"
SCENARIOS = 174
ENOUGH = 150

# What agrees, and what differs just as the recording says that Windows does.
COUNTS = {"sim": (95, 55), "epoll": (96, 55), "poll": (98, 53)}


def golden(*arguments, expect=0):
    return run([program("tests/castanet-golden"), *arguments], expect=expect)


def backends():
    """Those that the program knows; a new one is played without a word here."""
    return re.search(r"runs on: ([a-z ]+) \(", golden("--help").stdout).group(1).split()


def tally(output):
    """The counts of the last line, by their words."""
    return {word: int(count) for count, word in re.findall(r"(\d+) ([a-z]+)", output.splitlines()[-1])}


def scenario(name):
    for line in RECORDING.read_text(encoding="utf-8").splitlines():
        if json.loads(line)["id"] == name:
            return json.loads(line)
    raise AssertionError(f"{name} is not in {RECORDING}")


@pytest.fixture
def recording(tmp_path):
    """Writes lines, JSON values or text, as a recording; returns its path."""
    path = tmp_path / "recording.jsonl"

    def write(*lines):
        texts = [line if isinstance(line, str) else json.dumps(line) for line in lines]
        path.write_text("".join(f"{text}\n" for text in texts), encoding="utf-8")
        return path
    return write


# ---- the whole recording ----

@pytest.mark.parametrize("backend", backends())
def test_every_difference_is_explained(backend):
    if backend != "sim":
        needs_ipv6()
    output = golden(RECORDING, "--backend", backend, "--differences", LIST).stdout
    counts = tally(output)
    assert counts["scenarios"] == SCENARIOS == len(output.splitlines()) - 1
    assert counts["unexplained"] == 0 and counts["entries"] == 0
    assert counts["agree"] + counts["differ"] + counts["inexpressible"] == SCENARIOS
    assert counts["agree"] + counts["recording"] >= ENOUGH, output.splitlines()[-1]
    if backend in COUNTS:
        assert (counts["agree"], counts["recording"]) == COUNTS[backend]


def test_without_the_list_differences_are_unexplained():
    ended = golden(RECORDING, expect=1)
    assert tally(ended.stdout)["unexplained"] == tally(ended.stdout)["differ"] > 0


def test_recording_stays_as_it_was_made():
    """Each line has an id of its own, and only what differs has a basis."""
    lines = [json.loads(line) for line in RECORDING.read_text(encoding="utf-8").splitlines()]
    assert len({line["id"] for line in lines}) == len(lines) == SCENARIOS
    assert all(("differs" in line) == ("basis" in line) for line in lines)


# ---- recordings that were tampered with ----

def events_of(log):
    return [index for index, entry in enumerate(log) if "event" in entry]


def remove(log):
    del log[events_of(log)[-1]]


def add(log):
    last = events_of(log)[-1]
    log.insert(last + 1, {"event": "FD_OOB", "s": "S", "err": "0"})


def swap(log):
    first, second = events_of(log)[:2]
    log[first], log[second] = log[second], log[first]


def change(log):
    log[events_of(log)[0]]["err"] = "WSAECONNRESET"


TAMPERED = [
    # The first event of RD-10 is entry 5; its last entries are 20, a settle, and 21, FD_READ.
    (remove, "RD-10 differ: 20: wanted nothing more, got FD_READ S 0"),
    (add, "RD-10 differ: 22: wanted FD_OOB S 0, got nothing"),
    (change, "RD-10 differ: 5: wanted FD_READ S WSAECONNRESET, got 0"),
]


@pytest.mark.parametrize("backend", backends())
@pytest.mark.parametrize("tamper, said", TAMPERED, ids=lambda value: getattr(value, "__name__", ""))
def test_tampered_recording_differs(recording, backend, tamper, said):
    line = scenario("RD-10")
    tamper(line["log"])
    ended = golden(recording(line), "--backend", backend, "--differences", LIST, expect=1)
    assert ended.stdout.splitlines()[0] == said


@pytest.mark.parametrize("backend", backends())
def test_events_in_another_order_differ(recording, backend):
    line = scenario("UDP-10")
    swap(line["log"])
    ended = golden(recording(line), "--backend", backend, expect=1)
    assert ended.stdout.splitlines()[0] == \
        "UDP-10 differ: 9: wanted the order of the recording, got the order FD_READ B, FD_WRITE B"


def test_one_more_difference_is_not_covered_by_the_entry(recording):
    """CL-03 is explained; with another result behind the explained ones it is not."""
    line = scenario("CL-03")
    assert "CL-03 differ (recording): " in golden(recording(line), "--differences", LIST, expect=1).stdout
    line["log"][-2]["ret"] = 7
    ended = golden(recording(line), "--differences", LIST, expect=1)
    assert ended.stdout.splitlines()[0] == "CL-03 differ: 13: wanted S.recv(10,0) = 7, got 0"


# ---- the list ----

AGREES = "# a remark\nRD-01 all spec\n  why: nothing\n  3: wanted this, got that\n"


def test_entry_that_is_not_needed_is_reported(tmp_path):
    listed = tmp_path / "list.txt"
    listed.write_text(AGREES, encoding="utf-8")
    ended = golden(RECORDING, "--id", "RD-01", "--differences", listed, expect=1)
    assert ended.stdout.splitlines()[:2] == [
        "RD-01 agree", f"{listed}:2: the entry for RD-01 is not needed any more"]


def test_agreeing_with_what_windows_does_not_do_wants_a_reason(recording, tmp_path):
    line = {**scenario("RD-01"), "differs": "Windows does not", "basis": "doc"}
    ended = golden(recording(line), expect=1)
    assert ended.stdout.splitlines()[0] == \
        "RD-01 agree, unexplained: the recording says that Windows differs: Windows does not"
    listed = tmp_path / "list.txt"
    listed.write_text("RD-01 all system\n  why: so it\n       is\n  agrees\n", encoding="utf-8")
    ended = golden(recording(line), "--differences", listed)
    assert ended.stdout.splitlines()[0] == "RD-01 agree (system): so it is"


def test_entry_for_no_scenario_is_reported(tmp_path, recording):
    listed = tmp_path / "list.txt"
    listed.write_text(AGREES, encoding="utf-8")
    ended = golden(recording(scenario("RD-05")), "--differences", listed, expect=1)
    assert f"{listed}:2: the entry for RD-01 is not needed: the recording has no such scenario\n" \
        in ended.stdout


BAD_LISTS = [
    ("RD-01 all\n", "1:1: error: the line is no heading\n"
     "  why: it is not three words: ids, backends, a kind\n"),
    ("RD-01 moon spec\n", "1:7: error: the backends are unknown\n"
     "  why: they are not among sim, epoll and the other names of backends, real, all; each once\n"),
    ("RD-01 all because\n", "1:11: error: the kind is unknown\n"
     "  why: it is not recording, class, order, spec, system or open\n"),
    ("  why: nothing\n", "1:1: error: the line belongs to no entry\n"
     "  why: an entry begins with a heading in the first column\n"),
    ("RD-01 all spec\n  why: x\n", "1:1: error: the entry is not complete\n"
     "  why: it needs a \"why: \", and a difference or \"agrees\"\n"),
    ("RD-01 all spec\n  because\n", "2:3: error: the line says nothing\n"
     "  why: it is not the one \"why: \", \"ENTRY: wanted ...\" or \"agrees\"\n"),
    (AGREES + "RD-02,RD-01 sim spec\n", "5:1: error: the scenario has an entry already\n"
     "  why: an earlier entry holds for the same backend\n"),
]


@pytest.mark.parametrize("text, said", BAD_LISTS)
def test_bad_list_is_refused(tmp_path, text, said):
    listed = tmp_path / "list.txt"
    listed.write_text(text, encoding="utf-8")
    ended = golden(RECORDING, "--differences", listed, expect=2)
    assert ended.stderr == f"{listed}:{said}  fix: see tests/golden/README.md for the form of the list\n"
    assert ended.stdout == ""


# ---- bad input ----

def entry(*log):
    return {"id": "A", "title": "a", "stable": "exact", "log": list(log)}


SETTLE, EVENT = {"settle": "quiet"}, {"event": "FD_READ", "s": "S", "err": "0"}

BAD_LINES = [
    ("{\"id\": ]", "1:8: error: the line is not JSON\n  why: unexpected token near ']'\n"),
    ("[]", "1:1: error: the line is no scenario\n  why: Expected object, got array\n"),
    ({"id": "A"}, "1:1: error: the line is no scenario\n  why: Object item not found: title\n"),
    ({**entry(), "stable": "mostly"}, "1:1: error: the line is no scenario\n"
     "  why: \"stable\" is neither exact nor per-socket\n"),
    (entry({"event": "FD_READ", "call": "recv"}), "1:1: error: log entry 1 is none\n"
     "  why: it has not exactly one of the keys call, event, settle, wait, check, note\n"),
    (entry(SETTLE, {"event": "FD_READ", "s": "S"}), "1:1: error: log entry 2 is none\n"
     "  why: the key \"err\" is missing\n"),
    (entry({**SETTLE, "s": "S"}), "1:1: error: log entry 1 is none\n"
     "  why: the key \"s\" is not one of such an entry\n"),
    (entry({"call": "recv", "s": "S", "args": "1,0", "ret": "0"}), "1:1: error: log entry 1 is none\n"
     "  why: the key \"ret\" has a value of the wrong type\n"),
    (entry(EVENT), "1:1: error: log entry 1 is none\n"
     "  why: an event must follow a settle, with nothing but events between\n"),
]


@pytest.mark.parametrize("line, said", BAD_LINES)
def test_bad_line_is_refused(recording, line, said):
    path = recording(line)
    ended = golden(path, expect=2)
    assert ended.stderr == (
        f"{path}:{said}  fix: see tests/golden/README.md for the format, and mend this line\n")
    assert ended.stdout == ""


def test_second_line_is_counted(recording):
    path = recording(entry(), entry())
    assert golden(path, expect=2).stderr.startswith(f"{path}:2:1: error: the id is taken\n")


def test_unreadable_file_is_refused(tmp_path):
    assert golden(tmp_path / "none", expect=2).stderr == (
        f"{tmp_path / 'none'}: error: the file cannot be read\n"
        "  why: No such file or directory\n"
        "  fix: name a file of recorded scenarios, such as tests/golden/winsock-golden.jsonl\n")


def test_unknown_backend_is_refused():
    assert golden(RECORDING, "--backend", "moon", expect=2).stderr == (
        "error: --backend moon is unknown\n"
        f"  why: there are: {' '.join(backends())}\n"
        "  fix: name one of them\n")


def test_unknown_id_is_refused():
    assert golden(RECORDING, "--id", "CON-99", expect=2).stderr == (
        f"{RECORDING}: error: there is no scenario CON-99\n"
        "  why: no line of the file has this id\n"
        "  fix: leave --id away to see all ids\n")


@pytest.mark.parametrize("files, why", [((), "none is named"), (("a", "b"), "several are named")])
def test_one_file_is_needed(files, why):
    assert golden(*files, expect=2).stderr == (
        f"error: one file is needed\n  why: {why}\n  fix: castanet-golden FILE; --help has the options\n")
