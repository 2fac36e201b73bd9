# SPDX-License-Identifier: MIT
"""Files that are no schedules, or not this program's: what, why and fix, and never another run in silence."""

import re
import time

import pytest

from support import TIME_SCALE, program, run

CLEAN, FAILED, USAGE, DIVERGED = range(4)
HEAD = ("castanet schedule 1\nscenario K1-broken\nmode windowed\nseed 5\n"
        "outcome failed 00000000000000ab\n")
HOLD = "hold server/conn#1 OnReceive#3 until client1->server FIN#1\n"


def museum(*arguments, expect=CLEAN, **options):
    return run([program("tests/museum/castanet_museum"), *arguments], expect=expect, **options)


def complaint(said):
    """What, why and fix; whatever the file had, they are text for a terminal."""
    assert all(character == "\n" or character.isprintable() for character in said), repr(said)
    error = re.search(r"^error: (.+)\n  why: (.+)\n  fix: (.+)\n\Z", said, re.M)
    assert error and all(len(part) < 700 for part in error.groups()), said
    return error.groups()


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recorded")
    for name in ("K1-broken", "S24-broken"):
        museum("explore", name, "--seed", 1, "--out", folder, expect=FAILED)
    return folder


# ---- no schedule ----

NO_SCHEDULES = {
    "nothing": b"",
    "comments": b"# a comment\n\n",
    "mark": b"\xef\xbb\xbf" + HEAD.encode(),
    "utf-16": HEAD.encode("utf-16"),
    "cr-lf": HEAD.replace("\n", "\r\n").encode(),
    "escapes": b"\x1b[2J\x07\xc3(\xff\n",
    "program": b"\x7fELF\x02\x01\x01" + bytes(200),
    "long": b"x" * 200000 + b"\n",
    "long-utf-8": "é".encode() * 200000 + b"\n",
    "result": b"castanet result 1\n",
    "garbage": bytes(range(1, 256)) * 41000,
    "too-long": bytes(18 << 20),
    "many-holds": HEAD.encode() + HOLD.encode() * 70000,
}


@pytest.mark.parametrize("words", [["replay"], ["shrink"], ["diff", "K1-broken", "K1-mended", "--schedule"]])
@pytest.mark.parametrize("name, what, why, fix", [
    ("nothing", ": the schedule is empty", "no line but comments", "a file that explore has written"),
    ("comments", ":2:1: the schedule is empty", "no line but comments", "explore"),
    ("mark", ":1:4: a byte order mark", r"reads: \xef\xbb\xbfcastanet", "UTF-8"),
    ("utf-16", ":1:1: the text has a zero byte", "reads: \\xff\\xfec\\x00a", "as castanet"),
    ("cr-lf", ":1:20: the line ends with CR", r"schedule 1\x0d", "LF alone"),
    ("escapes", ":1:1: this is no schedule", r"reads: \x1b[2J\x07\xc3(\xff", "first line"),
    ("program", ":1:1: ", r"reads: \x7fELF\x02\x01", "newline"),
    ("long", ":1:1: this is no schedule", "xxx...", "first line"),
    ("long-utf-8", ":1:1: this is no schedule", "ééé...", "first line"),
    ("result", ":1:1: this is no schedule", "reads: castanet result 1", "castanet schedule 1"),
    ("garbage", ": this is no schedule", "reads: \\x01", "first line"),
    ("too-long", ": the schedule is too long", "at most 16 MB", "shrink it"),
    ("many-holds", ": there are more than 65536 holds", "reads: hold server", "exact"),
])
def test_what_is_no_schedule_is_refused_with_its_place(tmp_path, words, name, what, why, fix):
    path = tmp_path / "given"
    path.write_bytes(NO_SCHEDULES[name])
    begin = time.monotonic()
    said = complaint(museum(*words, path, expect=USAGE).stderr)
    assert time.monotonic() - begin < 5 * TIME_SCALE
    assert said[0].startswith(f"{path}:"), said
    assert what in said[0] and why in said[1] and fix in said[2], said


@pytest.mark.parametrize("words", [["replay"], ["shrink"], ["merge"],
                                   ["diff", "K1-broken", "K1-mended", "--schedule"]])
def test_what_is_no_file_is_refused(tmp_path, words):
    for path, why in ((tmp_path, "Is a directory"), (tmp_path / "none", "No such file"),
                      ("/nowhere/none", "No such file")):
        said = complaint(museum(*words, path, expect=USAGE).stderr)
        assert "cannot be read" in said[0] and why in said[1] and "file" in said[2], said
    said = complaint(museum(*words, "/dev/null", expect=USAGE).stderr)
    assert said[0].startswith("/dev/null") and "line" not in said[0] and "line 0" not in said[1]


@pytest.mark.parametrize("content, line", [
    (b"x\n", 1), (b"castanet result 2\n", 1), (b"castanet schedule 1\n", 1), (b"\x1b[2J\xff\n", 1),
    (b"castanet result 1\n", 2), (b"castanet result 1\r\n", 1), (b"\x01" * 2000, 1),
    (b"castanet result 1\nscenario \x1b[2J\n", 2),
])
def test_what_is_no_result_is_not_merged(tmp_path, content, line):
    path = tmp_path / "given"
    path.write_bytes(content)
    what, _, fix = complaint(museum("merge", path, expect=USAGE).stderr)
    assert what == f"{path}:{line}: this line cannot be read" and "explore --shard" in fix


# ---- lines that somebody has changed ----

@pytest.mark.parametrize("text, place, what", [
    (HEAD.replace("schedule 1", "schedule 2"), ":1:19: ", "of another version"),
    (HEAD.replace("schedule 1", "schedule 1.5"), ":1:20: ", "of another version"),
    (HEAD.replace("windowed", "lively"), ":3:6: ", "no such mode"),
    (HEAD.replace("seed 5", "seed 99999999999999999999"), ":4:25: ", "too large"),
    (HEAD.replace("seed 5", "seed -5"), ":4:6: ", "a number is missing"),
    (HEAD.replace("failed 0", "fialed 0"), ":5:9: ", "no such outcome"),
    (HEAD.replace("failed 0", "void 0"), ":5:9: ", "no such outcome"),
    (HEAD.replace("failed 0", "passed 0"), ":5:32: ", "only failures have an identity"),
    (HEAD.replace("00ab", "00a"), ":5:30: ", "1 bytes in hexadecimal are missing"),
    (HEAD + "mode causal\n", ":6:6: ", "such a line already"),
    (HEAD + "seed 6\n", ":6:6: ", "such a line already"),
    (HEAD + "outcome passed 0000000000000000\n", ":6:9: ", "such a line already"),
    (HEAD.replace("mode windowed\n", ""), ":4:32: ", "the line 'mode' is missing"),
    (HEAD.replace("seed 5\n", ""), ":4:32: ", "the line 'seed' is missing"),
    (HEAD.replace("outcome failed 00000000000000ab\n", ""), ":4:7: ", "the line 'outcome' is missing"),
    (HEAD + HOLD[:-1], ":6:1: ", "cut off"),
    (HEAD + HOLD.replace("#3 until", " until"), ":6:19: ", "a label ends with # and a number"),
    (HEAD + HOLD.replace("until", "untill"), ":6:6: ", "there is no ' until ' in the line"),
    (HEAD + "hold " + "é" * 200 + "#1 until b#1\n", ":6:6: ", "at most 191 bytes"),
    (HEAD + "hlod a#1 until b#1\n", ":6:1: ", "cannot begin so"),
    (HEAD + "hold a#1 until a#1\n", ":6:19: ", "waits for itself"),
    (HEAD + "hold a#0 until b#1\n", ":6:9: ", "a number from 1"),
    (HEAD + "choose l x#1 = 4294967296\n", ":6:26: ", "too large"),
    (HEAD + "drop a->b data#1 = 0\n", ":6:21: ", "a fault that is none"),
    (HEAD + "exact 00\n", ":6:9: ", "15 bytes in hexadecimal"),
    (HEAD + f"exact {'0' * 32} 2\ndecision 1 order 1/2 a#1\n", ":7:25: ", "lacks decisions"),
    (HEAD + f"exact {'0' * 32} 1\ndecision 1 order 2/2 a#1\n", ":7:22: ", "2 is not among the 2 values"),
    (HEAD + f"exact {'0' * 32} 0\ndecision 1 order 1/2 a#1\n", ":7:10: ", "more decisions than"),
    (HEAD + "<<<<<<< HEAD\n", ":6:1: ", "cannot begin so"),
])
def test_changed_lines_are_told_with_their_place(tmp_path, text, place, what):
    path = tmp_path / "given"
    path.write_text(text)
    said = complaint(museum("replay", path, expect=USAGE).stderr)
    assert said[0].startswith(f"{path}{place}") and what in said[0], said


# ---- what the program has not ----

@pytest.mark.parametrize("fact, why", [
    ("hold server/conn#7 OnReceive#1 until client1->server FIN#1",
     "nothing is called server/conn#7 OnReceive"),
    ("hold server/conn#1 OnReceive#900 until client1->server FIN#1", "happens 4 times in this run, not 900"),
    ("hold serv\x1b[2J\udcffer OnReceive#1 until b#1", r"nothing is called serv\x1b[2J\xffer OnReceive"),
    ("hold " + "é" * 95 + "#1 until b#1", "nothing is called ééé"),
    ("choose user nothing#1 = 1", "this run has no such decision: choose user nothing#1 = 1"),
    ("drop client1->server data#1", "this run has no such decision: drop client1->server data#1"),
])
def test_sites_that_are_gone_are_named(tmp_path, fact, why):
    path = tmp_path / "given"
    path.write_text(f"{HEAD}{fact}\n", errors="surrogateescape")
    for words in (["replay"], ["replay", "--portable"], ["replay", "--reanchor"], ["shrink"]):
        said = museum(*words, path, expect=DIVERGED)
        assert why in complaint(said.stderr)[1], said.stderr
        assert "same" not in said.stdout


def test_hold_that_was_changed_beside_its_exact_form_is_told(recorded, tmp_path):
    text = (recorded / "K1-broken.castanet").read_text()
    path = tmp_path / "given"
    path.write_text(text)
    assert museum("replay", path, expect=FAILED).stderr == ""
    other = "hold server/conn#1 OnReceive#1 until client1->server SYN#1"
    path.write_text(re.sub("^hold .*$", other, text, flags=re.M))
    said = museum("replay", path, expect=FAILED)
    assert "bit for bit" in said.stdout
    assert said.stderr.startswith("note: its holds and choices, which --portable replays, say something ")
    museum("replay", path, "--portable", expect=CLEAN)


def test_values_beyond_the_bound_are_not_taken(recorded, tmp_path):
    text = (recorded / "S24-broken.castanet").read_text()
    path = tmp_path / "given"
    path.write_text(re.sub(r"(power cut#1) = \d+", r"\1 = 77", text))
    why = complaint(museum("replay", path, "--portable", expect=DIVERGED).stderr)[1]
    assert "there are only the values 0 to 9: choose user power cut#1 = 77" in why
    path.write_text(text.replace("choice 1/10", "choice 10/11"))
    why = complaint(museum("replay", path, "--exact", expect=DIVERGED).stderr)[1]
    assert "10/11" in why or "1 of 11" in why or "11" in why, why


def test_schedule_of_another_scenario_or_program_is_refused(recorded, tmp_path):
    text = (recorded / "K1-broken.castanet").read_text()
    path = tmp_path / "given"
    for name, shown in (("chat", '"chat"'), ("\x1b[31mK1", r'"\x1b[31mK1"'), ("x" * 200000, f'"{"x" * 63}"')):
        path.write_text(text.replace("scenario K1-broken", f"scenario {name}"))
        what, why, fix = complaint(museum("replay", path, expect=USAGE).stderr)
        assert shown in what and "no scenario of that name" in why and "list" in fix
    other = run([program("tests/castanet_troubles"), "replay", recorded / "K1-broken.castanet"], expect=USAGE)
    assert 'scenario "K1-broken"' in complaint(other.stderr)[0]
    path.write_text(text.replace("scenario K1-broken", "scenario K7-broken"))
    why = complaint(museum("replay", path, expect=DIVERGED).stderr)[1]
    assert "decision 12 was client1 wake#3, 1 of 2; now it is among: " in why


def test_run_that_passed_has_no_failure_to_look_for(tmp_path):
    path = tmp_path / "given"
    path.write_text(HEAD.replace("failed 00000000000000ab", "passed 0000000000000000"))
    assert "the same outcome as recorded" in museum("replay", path).stdout
    for words in (["replay", "--reanchor"], ["shrink"]):
        what, why, _ = complaint(museum(*words, path, expect=USAGE).stderr)
        assert "has nothing to" in what and "passed" in why


def test_cut_schedule_never_repeats_in_silence(recorded, tmp_path):
    text = (recorded / "K1-broken.castanet").read_bytes()
    path = tmp_path / "given"
    for length in range(0, len(text), 7):
        part = text[:length]
        path.write_bytes(part)
        said = museum("replay", path, expect=None)
        if part.endswith(b"\n") and b"\noutcome" in part and b"\nexact" not in part:
            assert said.returncode in (CLEAN, FAILED, DIVERGED)
        else:
            assert said.returncode == USAGE and complaint(said.stderr), said
