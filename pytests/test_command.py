# SPDX-License-Identifier: MIT
"""Programs of scenarios as commands: what they print, what they leave behind, how they end."""

import json
import re
import subprocess
import time
from pathlib import Path

import pytest

from support import TIME_SCALE, program, run, tshark

CLEAN, FAILED, USAGE, DIVERGED, BROKEN, NOTHING = range(6)


def museum(*arguments, expect=CLEAN, **options):
    return run([program("tests/museum/castanet_museum"), *arguments], expect=expect, **options)


def troubles(*arguments, expect=CLEAN, **options):
    return run([program("tests/castanet_troubles"), *arguments], expect=expect, **options)


def three_lines(said):
    """What, why and fix of an error, which stands alone on stderr."""
    return re.fullmatch(r"error: (.+)\n  why: (.+)\n  fix: (.+)\n", said).groups()


# ---- list, run ----

def test_list_has_every_scenario_once():
    names = [row.split()[0] for row in museum("list").stdout.splitlines()]
    assert len(names) == len(set(names)) > 100
    assert {"K1-broken", "K1-mended", "B10-broken"} <= set(names)


def test_run_is_the_same_each_time():
    first, second = museum("run", "K1-broken", "--seed", 5), museum("run", "K1-broken", "--seed", 5)
    assert first.stdout == second.stdout
    facts = dict(row.split(" ", 1) for row in first.stdout.splitlines())
    assert facts["outcome"] == "passed" and facts["seed"] == "5"
    assert re.fullmatch("[0-9a-f]{32}", facts["fingerprint"])
    assert int(facts["steps"]) > 10 and int(facts["notifications"]) > 3 and facts["faults"] == "0"


def test_watching_a_run_does_not_change_it(tmp_path):
    plain = museum("run", "K1-broken").stdout
    watched = museum("run", "K1-broken", "--ladder", "--trace", tmp_path / "k1.pcapng").stdout
    assert watched.endswith(plain) and "OnConnect(0)" in watched
    assert (tmp_path / "k1.pcapng").stat().st_size > 1000


# ---- explore, replay ----

def test_failure_is_found_shrunk_explained_and_left_in_files(tmp_path):
    said = museum("explore", "K1-broken", "--seed", 1, "--out", tmp_path, expect=FAILED).stdout
    assert re.match(r"K1-broken: run \d+ failed: of the 128 bytes sent, \d+ were stored\n", said)
    hold = re.search(r"^    (hold \S+ \S+#\d+ until \S+ ?\S*)$", said, re.M).group(1)
    assert f"\n    necessary: {hold}\n" in said, said
    assert re.search(r"^    cause: .+ only after .+", said, re.M), said
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "K1-broken.castanet", "K1-broken.explain.txt", "K1-broken.ladder.txt", "K1-broken.pcapng",
        "K1-broken.report.html"]
    command = re.search(r"repeat it: \S+ (.+)", said).group(1)
    again = museum(*command.split(), "--out", tmp_path, expect=FAILED).stdout
    assert again.splitlines()[0] == said.splitlines()[0]


@pytest.mark.parametrize("form", ["--exact", "--portable", "--reanchor", "--here"])
def test_schedule_repeats_the_failure(tmp_path, form):
    museum("explore", "K1-broken", "--seed", 1, "--out", tmp_path, expect=FAILED)
    said = museum("replay", tmp_path / "K1-broken.castanet", form, expect=FAILED).stdout
    assert said.startswith("K1-broken: failed: of the 128 bytes sent") or "it fails as recorded" in said


def test_mended_program_passes_what_broke_it(tmp_path):
    museum("explore", "K1-broken", "--seed", 1, "--out", tmp_path, expect=FAILED)
    path = tmp_path / "K1-broken.castanet"
    path.write_text(path.read_text().replace("scenario K1-broken", "scenario K1-mended"))
    assert "K1-mended: passed" in museum("replay", path, "--portable").stdout
    what, why, fix = three_lines(museum("replay", path, expect=DIVERGED).stderr)
    assert "does not repeat" in what and "--portable" in fix


def test_clean_search_ends_in_a_statement():
    said = museum("explore", "K1-mended", "--runs", 300).stdout
    assert said.startswith("K1-mended: nothing was found\n  300 runs of at most ")


def test_exhaustive_search_states_a_proof():
    said = museum("explore", "K1-mended", "--strategy", "dpor", "--mode", "causal").stdout
    assert re.search(r"all \d+ inequivalent orders", said), said


def test_jobs_do_not_change_the_result(tmp_path):
    def searched(jobs, *words):
        said = museum("explore", *words, "--jobs", jobs, "--out", tmp_path, expect=None)
        return said.stdout, said.returncode
    for words in (["B4-broken", "--seed", 3], ["K2-mended", "--runs", 5000]):
        assert searched(1, *words) == searched(2, *words)


@pytest.mark.parametrize("kind", "BKS")
def test_every_bug_of_the_museum_has_its_files_within_a_second(tmp_path, kind):
    names = [row.split()[0] for row in museum("list").stdout.splitlines()]
    names = [name for name in names if name.startswith(kind) and name.endswith("-broken")]
    assert len(names) >= 10
    slow = {}
    for name in names:
        command = [program("tests/museum/castanet_museum"), "explore", name, "--out", tmp_path]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as search:
            said = [search.stdout.readline()]
            begin = time.monotonic()
            said += search.stdout.readlines()
            slow[name] = time.monotonic() - begin
        assert search.returncode == FAILED and re.match(rf"{name}: run \d+ ", said[0]), "".join(said)
        files = {ending: tmp_path / f"{name}{ending}" for ending in (".castanet", ".explain.txt",
                                                                     ".ladder.txt", ".pcapng",
                                                                     ".report.html")}
        assert all(path.stat().st_size > 0 for path in files.values()), name
        again = museum("replay", files[".castanet"], "--exact", expect=FAILED).stdout
        assert "the same run as recorded, bit for bit" in again
    slow = {name: f"{seconds:.1f} s" for name, seconds in slow.items() if seconds > TIME_SCALE}
    assert not slow


# ---- programs that end badly ----

@pytest.mark.parametrize("scenario, outcome, message", [
    ("crashes", "crashed", r"(killed by SIGSEGV; its last words: b came first|AddressSanitizer: SEGV .+)"),
    ("exits", "exited", r"the program called exit\(3\); its last words: I leave"),
    ("hangs", "hung", "a callback did not come back"),
    ("stalls", "stalled", "nothing is left to happen"),
    ("fails", "failed", "b came first"),
])
def test_what_ends_a_run_badly_has_a_schedule(tmp_path, scenario, outcome, message):
    said = troubles("explore", scenario, "--hang", 1, "--out", tmp_path, expect=FAILED).stdout
    assert re.match(rf"{scenario}: run \d+ {outcome}: {message}", said)
    assert len(re.findall(r"^    hold a->reader datagram#1 until \S+ \S+#1$", said, re.MULTILINE)) == 1, said
    if outcome in ("crashed", "exited", "hung"):
        assert re.search(rf"^  {message}; in reader/socket#1 OnReceive#1$", said, re.MULTILINE)
    path = tmp_path / f"{scenario}.castanet"
    assert f"\noutcome {outcome} " in path.read_text()
    for form in ("--exact", "--portable"):
        again = troubles("replay", path, form, "--hang", 1, expect=FAILED).stdout
        assert re.match(rf"{scenario}: {outcome}: {message}", again) and "the same" in again


@pytest.mark.parametrize("scenario", ["crashes", "exits", "hangs"])
def test_evidence_of_a_crash_ends_where_it_happened(tmp_path, scenario):
    troubles("explore", scenario, "--hang", 1, "--out", tmp_path, expect=FAILED)
    ladder = (tmp_path / f"{scenario}.ladder.txt").read_text().splitlines()
    assert ladder[-1].startswith("then: ") and ladder[-1].endswith("; in reader/socket#1 OnReceive#1")
    assert "OnReceive" not in "".join(ladder[:-1])
    assert ladder[-3].strip(" |").endswith("<-UDP 1-")
    assert len(tshark(tmp_path / f"{scenario}.pcapng", "udp")) == 2


def test_crash_of_another_kind_is_not_the_same(tmp_path):
    troubles("explore", "crashes", "--out", tmp_path, expect=FAILED)
    path = tmp_path / "crashes.castanet"
    path.write_text(path.read_text().replace("scenario crashes", "scenario exits"))
    said = troubles("replay", path, "--portable", expect=FAILED).stdout
    assert "exits: exited: the program called exit(3)" in said
    assert "recorded was another outcome: crashed" in said


# ---- shrink, check ----

def test_shrink_leaves_what_matters(tmp_path):
    troubles("explore", "fails", "--out", tmp_path, expect=FAILED)
    path = tmp_path / "fails.castanet"
    small = troubles("shrink", path).stdout
    text = path.read_text()
    head, facts, rest = text.partition("hold ")
    path.write_text(f"{head}hold reader start#1 until a start#1\n{facts}{rest}")
    assert troubles("shrink", path).stdout == small == "".join(text.splitlines(True)[1:])
    said = troubles("shrink", path, "--out", tmp_path / "small").stdout
    assert "of 2 holds and choices 1 matters" in said and (tmp_path / "small").read_text() == small


def test_what_does_not_fail_is_not_shrunk(tmp_path):
    troubles("explore", "fails", "--out", tmp_path, expect=FAILED)
    path = tmp_path / "fails.castanet"
    path.write_text(path.read_text().replace("scenario fails", "scenario fine"))
    assert "cannot be shrunk" in three_lines(troubles("shrink", path, expect=DIVERGED).stderr)[0]


def test_check_finds_what_is_not_deterministic():
    said = troubles("check", "remembers", "--runs", 10, expect=DIVERGED)
    assert "remembers: run 1, of seed 0, was another one the second time" in said.stdout
    assert "static variable" in three_lines(said.stderr)[1]
    assert re.search(r'first:  5\.0+ ms  a/socket#1 SendTo\(1\) = 1 "[ab]"\n'
                     r'  second: 5\.0+ ms  a/socket#1 SendTo\(1\) = 1 "[ab]"', said.stdout)
    assert re.findall("likely: (.*)", said.stdout) == [
        "static or global variables keep values from one run to the next: set them in build"]
    assert "fine: 25 runs were each the same twice" in troubles("check", "fine", "--runs", 25).stdout
    museum("check", "--runs", 3)


def test_check_changes_what_must_not_matter():
    said = troubles("check", "moody", "--runs", 10, expect=DIVERGED).stdout
    assert "moody: 10 runs were each the same twice\n" in said
    assert "event 4 is the first that differs" in said
    assert re.findall("likely: (.*)", said) == [
        "environment variables decide: give them to the scenario as data"]


# ---- pick, diff ----

def typed(tmp_path, text):
    """A file to be stdin."""
    path = tmp_path / "typed"
    path.write_text(text)
    return path.open()


def test_picked_order_is_saved_as_holds_and_replayed(tmp_path):
    path = tmp_path / "picked.castanet"
    with typed(tmp_path, "2\nb b->reader datagram\n2\nu\n2\nc\n") as stdin:
        said = troubles("run", "fails", "--pick", "--save", path, stdin=stdin, expect=FAILED).stdout
    assert re.search(r"choice 2:\n +1  a->reader datagram#1, due at 6\.000 ms, after a start#1\n"
                     r" +2  b->reader datagram#1, due at 9\.000 ms, after b start#1\n", said)
    assert "outcome failed: b came first" in said
    assert re.search("^hold a->reader datagram#1 until ", path.read_text(), re.M)
    assert "bit for bit" in troubles("replay", path, expect=FAILED).stdout
    assert "the same outcome" in troubles("replay", path, "--portable", expect=FAILED).stdout


def test_linter_speaks_of_a_run_that_passed():
    said = museum("run", "K7-broken", "--lint").stdout
    assert "outcome passed" in said
    assert re.search(r"^nested-pump \(BUG-17\) server/conn#1 OnReceive#1", said, re.M)
    assert "mend: " in said


def test_diff_shows_where_two_versions_part(tmp_path):
    same = troubles("diff", "fine", "stalls").stdout
    assert same == "1 runs were compared\nthey do the same\n"
    said = troubles("diff", "fine", "fails", "--runs", 1000, expect=FAILED).stdout
    assert "fine ended: passed\nfails ended: failed: b came first\n" in said
    museum("explore", "K1-broken", "--seed", 1, "--out", tmp_path, expect=FAILED)
    schedule = tmp_path / "K1-broken.castanet"
    said = museum("diff", "K1-broken", "K1-mended", "--schedule", schedule, expect=FAILED).stdout
    assert re.search(r"event \d+ is the first that differs\n(   .*\n){6}K1-broken .*\nK1-mended .*\n", said)
    assert "K1-broken ended: failed" in said and "K1-mended ended: passed" in said
    assert "they do the same" in museum("diff", "K1-mended", "K1-mended", "--schedule", schedule).stdout


# ---- shards ----

def lines_of(said):
    return [row for row in said.splitlines() if not row.startswith("  repeat")]


@pytest.mark.parametrize("words", [["rare", "--strategy", "random", "--seed", 5], ["fine", "--runs", 20000],
                                   ["fine", "--strategy", "dpor", "--mode", "causal"]])
def test_shards_together_say_what_the_whole_says(tmp_path, words):
    whole = troubles("explore", *words, "--out", tmp_path, expect=None)
    for shard in (1, 2, 3):
        troubles("explore", *words, "--shard", f"{shard}/3", "--out", tmp_path, expect=None)
    merged = troubles("merge", *sorted(tmp_path.glob("*.result")), expect=whole.returncode)
    assert merged.stdout.splitlines()[0] == whole.stdout.splitlines()[0]
    if whole.returncode == CLEAN:
        runs = [re.search(r"  (\d+) runs of at most (\d+) steps", said).groups()
                for said in (whole.stdout, merged.stdout)]
        assert runs[0] == runs[1]
        assert whole.stdout.splitlines()[-1] == merged.stdout.splitlines()[-1]


def test_lowest_run_wins_whatever_the_jobs(tmp_path):
    """The first failure is in the first block for seed 5, and in a later one for others."""
    runs = set()
    for seed in (3, 4, 5, 6):
        said = {troubles("explore", "rare", "--strategy", "random", "--seed", seed, "--jobs", jobs, "--out",
                         tmp_path, expect=None).stdout for jobs in (1, 2, 5)}
        assert len(said) == 1, said
        runs |= {int(number) for number in re.findall(r"^rare: run (\d+)", said.pop())}
    assert any(number > 1000 for number in runs), runs


def test_missing_shard_is_named(tmp_path):
    for shard in (1, 3):
        troubles("explore", "fine", "--runs", 3000, "--shard", f"{shard}/3", "--out", tmp_path)
    files = sorted(tmp_path.glob("*.result"))
    assert "shard 2 of 3 of fine is missing" in troubles("merge", *files, expect=USAGE).stderr
    assert "there twice" in troubles("merge", files[0], *files, expect=USAGE).stderr
    files[0].write_text(files[0].read_text()[:-5])
    assert "cannot be read" in troubles("merge", files[0], expect=USAGE).stderr


def test_clock_ends_a_search():
    begin = time.monotonic()
    said = troubles("explore", "fine", "--time", 1, "--jobs", 2, limit_s=30).stdout
    assert said.startswith("fine: nothing was found") and time.monotonic() - begin >= 1
    assert int(re.search(r"  (\d+) runs of", said).group(1)) > 1000


def test_workers_end_with_the_search():
    """Whatever ends the search, nobody goes on working for it."""
    command = [str(program("tests/castanet_troubles")), "explore", "fine", "--time", "1000", "--jobs", "2"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as search:
        children = []
        while len(children) < 2:
            listed = Path(f"/proc/{search.pid}/task/{search.pid}/children").read_text().split()
            children = [child for child in listed if Path(f"/proc/{child}").exists()]
        search.kill()
        search.stdout.read()  # ends when the last process that has the pipe is gone


# ---- corpus ----

def kept(said):
    return tuple(map(int, re.search(r"corpus: (\d+) runs were repeated, (\d+) new ones kept", said).groups()))


def test_corpus_has_the_runs_that_showed_something_new(tmp_path):
    def searched(folder, *more):
        words = ("explore", "K13-mended", "--runs", 2000, "--corpus", tmp_path / folder, *more)
        return kept(museum(*words).stdout)
    repeated, first = searched("one")
    assert repeated == 0 and first > 10
    names = sorted(path.name for path in (tmp_path / "one").iterdir())
    assert len(names) == first
    assert all(re.fullmatch(r"K13-mended-[0-9a-f]{16}\.journal", name) for name in names)
    again, fresh = searched("one")
    assert again == first and fresh < first / 4
    assert searched("two", "--jobs", 2) == (0, first)
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == names


def test_bad_files_of_a_corpus_are_named_and_left_out(tmp_path):
    museum("explore", "K13-mended", "--runs", 300, "--corpus", tmp_path)
    files = sorted(tmp_path.iterdir())
    files[0].write_text(files[0].read_text()[:-6])
    files[1].write_bytes(b"\0\xff" * 5000)
    (tmp_path / "K13-mended-3.journal").mkdir()
    said = museum("explore", "K13-mended", "--runs", 10, "--corpus", tmp_path)
    assert kept(said.stdout)[0] == len(files) - 2
    assert said.stderr.count("error: ") == 3
    assert f"{files[0]} is left out" in said.stderr and f"{files[1]} is left out" in said.stderr


def test_failure_leaves_the_corpus_as_it_is(tmp_path):
    """Else the command that repeats it would make another search."""
    words = ("explore", "K13-broken", "--corpus", tmp_path / "corpus", "--out", tmp_path)
    first, second = museum(*words, expect=FAILED), museum(*words, expect=FAILED)
    assert first.stdout == second.stdout and "  repeat it: " in first.stdout
    assert not list((tmp_path / "corpus").iterdir())


# ---- what cannot be done ----

@pytest.mark.parametrize("words, what, fix", [
    (["repaly"], 'cannot "repaly"', '"replay" is nearest'),
    (["run", "K1-brokn"], 'scenario "K1-brokn" is unknown', '"K1-broken" is nearest'),
    (["explore", "K1-broken", "--strategy", "portfolo"], "--strategy portfolo", '"portfolio" is nearest'),
    (["explore", "--mode", "timed"], "--mode timed is unknown", "--mode causal"),
    (["explore", "--runs", "many"], "--runs many is not possible", "a number"),
    (["run", "K1-broken", "--jobs", "2"], "run cannot take --jobs", "run --help"),
    (["explore", "--shard", "4/3"], "--shard 4/3 is not possible", "--shard 1/3"),
    (["shrink", "/nowhere"], "/nowhere cannot be read", "name a file"),
    (["run"], "run needs SCENARIO", "run --help"),
    (["run", "K1-broken", "--save", "x"], "--save writes what was picked", "add --pick"),
    (["diff", "K1-broken"], "diff needs SCENARIO SCENARIO", "diff --help"),
    (["diff", "K1-broken", "K1-mnded"], 'scenario "K1-mnded" is unknown', '"K1-mended" is nearest'),
    (["diff", "K1-broken", "K1-mended", "--schedule", "/nowhere"], "/nowhere cannot be read", "name a file"),
    (["replay", "/nowhere"], "/nowhere cannot be read", "name a file in a folder that exists"),
    (["replay", "/etc/hostname"], "/etc/hostname:1:1: ", "the first line is: castanet schedule 1"),
])
def test_errors_say_what_why_and_fix(words, what, fix):
    said = three_lines(museum(*words, expect=USAGE).stderr)
    assert what in said[0] and fix in said[2], said


def test_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / "file").write_text("")
    said = museum("explore", "K1-broken", "--seed", 1, "--out", tmp_path / "file" / "x", expect=USAGE)
    what, _, fix = three_lines(said.stderr)
    assert "cannot be made" in what and "folder" in fix


def test_ten_megabytes_of_garbage_are_refused(tmp_path):
    (tmp_path / "garbage").write_bytes(bytes(range(1, 256)) * 41000)
    what, _, _ = three_lines(museum("replay", tmp_path / "garbage", expect=USAGE).stderr)
    assert "this is no schedule" in what


def test_schedule_of_another_program_is_refused(tmp_path):
    path = tmp_path / "other.castanet"
    path.write_text("castanet schedule 1\nscenario chat\nmode causal\nseed 1\n"
                    "outcome failed 0000000000000001\n")
    what, _, fix = three_lines(museum("replay", path, expect=USAGE).stderr)
    assert 'scenario "chat"' in what and "list" in fix


@pytest.mark.parametrize("verb", ["list", "run", "explore", "merge", "replay", "shrink", "check", "diff"])
def test_each_verb_has_help_with_an_example(verb):
    said = museum(verb, "--help").stdout
    assert said.startswith("usage: ") and re.search(rf"example:\n  \S+ {verb}\b", said)


# ---- records for programs ----

def records(text):
    return [json.loads(line) for line in text.splitlines()]


def test_records_say_what_the_words_say(tmp_path):
    ended = museum("explore", "K1-broken", "--seed", "0x1", "--json", "--out", tmp_path, expect=FAILED)
    found, failure, end = records(ended.stdout)
    assert end == {"type": "exit", "code": FAILED}
    assert (found["type"], found["scenario"], found["outcome"]) == ("explore", "K1-broken", "failed")
    assert f"K1-broken: run {found['run']} failed: {found['message']}\n" in ended.stderr
    assert re.fullmatch("0x[0-9a-f]+", found["seed"]) and re.fullmatch("[0-9a-f]{32}", found["fingerprint"])
    assert failure["type"] == "failure" and failure["shrunk"] and len(failure["facts"]) == 1
    assert failure["explanation"] in Path(failure["explain"]).read_text(encoding="utf-8")
    for name in ("schedule", "explain", "pcapng", "ladder", "report"):
        assert Path(failure[name]).stat().st_size > 0, name
    replayed = records(museum("replay", failure["schedule"], "--json", expect=FAILED).stdout)[0]
    assert replayed["same"] and replayed["identity"] == found["identity"]


def test_records_have_a_descriptor_of_their_own(tmp_path):
    ended = run(["sh", "-c", 'exec "$@" 3>"$0"', tmp_path / "lines", program("tests/museum/castanet_museum"),
                 "run", "K1-mended", "--json=3"])
    ran, end = records((tmp_path / "lines").read_text(encoding="utf-8"))
    facts = dict(row.split(" ", 1) for row in ended.stdout.splitlines())
    assert end["code"] == CLEAN
    for name in ("scenario", "outcome", "fingerprint"):
        assert ran[name] == facts[name]
    for name in ("steps", "notifications", "events", "time_ns"):
        assert ran[name] == int(facts[name])


@pytest.mark.parametrize("descriptor", ["77", "-1", "x", "0"])
def test_records_need_a_descriptor_that_is_open(descriptor):
    what, _, fix = three_lines(museum("list", f"--json={descriptor}", expect=USAGE).stderr)
    assert descriptor in what and "--json=3" in fix


def test_records_that_have_nowhere_to_go_are_told():
    with open("/dev/full", "wb") as full:
        ended = subprocess.run([program("tests/museum/castanet_museum"), "list", "--json"], stdout=full,
                               stderr=subprocess.PIPE, text=True, check=False)
    assert ended.returncode == USAGE and "the records cannot be written" in ended.stderr


def test_batch_does_one_command_after_the_other():
    commands = [["list"], ["run", "K1-mended"], ["run", "K77"], ["explore", "K1-mended", "--runs", "3"],
                ["no-verb"], ["batch"], ["list", "--json"], ["check", "K1-mended", "--runs", "2"]]
    lines = "".join("\t".join(words) + "\n" for words in commands)
    ended = subprocess.run([program("tests/museum/castanet_museum"), "batch", "--json"], input=lines,
                           capture_output=True, text=True, check=False)
    said = records(ended.stdout)
    codes = [record["code"] for record in said if record["type"] == "exit"]
    assert codes == [CLEAN, CLEAN, USAGE, CLEAN, USAGE, USAGE, USAGE, CLEAN, USAGE]
    assert {"run", "explore", "check", "scenario", "error"} < {record["type"] for record in said}


def test_batch_survives_what_its_scenarios_do(tmp_path):
    names = ["crashes", "exits", "hangs", "stalls", "fails", "fine"]
    lines = "".join(f"explore\t{name}\t--runs\t50\t--hang\t1\t--out\t{tmp_path}\n" for name in names)
    ended = subprocess.run([program("tests/castanet_troubles"), "batch", "--json"], input=lines,
                           capture_output=True, text=True, check=False)
    outcomes = [record["outcome"] for record in records(ended.stdout) if record["type"] == "explore"]
    assert outcomes == ["crashed", "exited", "hung", "stalled", "failed", "passed"]
