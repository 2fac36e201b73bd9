# SPDX-License-Identifier: MIT
"""The kit for Wireshark: put in place, and every line of its manual answers."""

import os
import re
import shlex

import pytest

from support import ROOT, program, run

USAGE, FAILED = 2, 1


def museum(*arguments, expect=0, **options):
    return run([program("tests/museum/castanet_museum"), *arguments], expect=expect, **options)


@pytest.fixture(scope="module")
def home(tmp_path_factory):
    """A home of somebody who installed the kit, as an environment."""
    folder = tmp_path_factory.mktemp("home")
    env = {name: value for name, value in os.environ.items() if not name.startswith(("XDG_", "WIRESHARK"))}
    env["HOME"] = str(folder)
    museum("wireshark", "install", env=env)
    return env


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """With k1.pcapng: a failure of K1; and loss.pcapng: a run with a lost packet."""
    folder = tmp_path_factory.mktemp("captures")
    museum("explore", "K1-broken", "--seed", 1, "--out", folder, expect=FAILED)
    (folder / "K1-broken.pcapng").rename(folder / "k1.pcapng")
    run([program("examples/echo"), "sim", "--loss", 200000, "--seed", 3, "--trace", folder / "loss.pcapng"],
        expect=None)
    return folder


def tshark(home, folder, *arguments):
    return run(["tshark", *arguments], env=home, cwd=folder).stdout.splitlines()


def lines_of_manual():
    text = (ROOT / "docs/wireshark.md").read_text()
    return re.findall(r"^    (tshark .+?)(?:  +#.*)?$", text, re.M)


@pytest.mark.parametrize("line", lines_of_manual())
def test_line_of_the_manual_answers(home, folder, line):
    answer = tshark(home, folder, *shlex.split(line)[1:])
    empty = "FAULT" in line or "castanet.fault" in line and "choice" not in line or "reset" in line
    assert empty or answer, line


def test_manual_has_lines():
    assert len(lines_of_manual()) >= 15


def test_fields_say_what_the_rows_say(home, folder):
    names = ("event", "kind", "host", "socket", "what", "result", "packet", "time_ns", "waited_ns")
    chosen = [word for name in names for word in ("-e", f"castanet.{name}")]
    rows = [dict(zip(names, row.split("\t"), strict=True))
            for row in tshark(home, folder, "-r", "k1.pcapng", "-T", "fields", *chosen)]
    assert [int(row["event"]) for row in rows] == list(range(1, len(rows) + 1))
    assert all(row["host"] in ("server", "client1", "world") for row in rows)
    late, = [row for row in rows if row["kind"] == "callback" and row["waited_ns"] not in ("", "0")]
    assert late["what"] == "OnReceive" and late["socket"] == "conn#1"
    sent = [row for row in rows if row["kind"] == "packet" and row["packet"] == late["packet"]]
    assert sent and int(sent[0]["time_ns"]) < int(late["time_ns"])
    sends = [row for row in rows if row["what"] == "Send"]
    assert [row["result"] for row in sends] == ["32"] * 4


def test_faults_of_packets_have_fields_and_stand_in_the_text(home, folder):
    rows = tshark(home, folder, "-r", "loss.pcapng", "-Y", "castanet.fault", "-T", "fields",
                  "-e", "castanet.fault", "-e", "_ws.col.Info")
    assert rows
    for row in rows:
        fault, text = row.split("\t")[:2]
        assert re.match(r"FAULT \S+ ", fault) and f"[{fault}]" in text


def test_profile_has_names_from_the_file_and_columns(home, folder):
    rows = tshark(home, folder, "-C", "castanet", "-r", "k1.pcapng")
    assert any("client1 → server" in row for row in rows)
    assert any(re.search(r"server conn#1 .*OnReceive\(0\)", row) for row in rows)


def test_profile_gives_no_warning(home, folder):
    said = run(["tshark", "-C", "castanet", "--color", "-r", "k1.pcapng"], env=home, cwd=folder).stderr
    assert not [line for line in said.splitlines() if "Running as user" not in line]


def test_changed_files_are_left_alone(home, tmp_path):
    env = dict(home, HOME=str(tmp_path))
    first = museum("wireshark", "install", env=env).stdout.splitlines()
    path = tmp_path / ".config/wireshark/profiles/castanet/colorfilters"
    assert str(path) in first and len(first) == 5
    path.write_text("my own\n")
    said = museum("wireshark", "install", env=env, expect=USAGE).stderr
    assert re.fullmatch(r"error: (.+)\n  why: (.+)\n  fix: (.+)\n", said) and "--force" in said
    assert path.read_text() == "my own\n"
    museum("wireshark", "install", "--force", env=env)
    assert path.read_text() == (ROOT / "wireshark/castanet/colorfilters").read_text()


def test_print_changes_nothing(tmp_path):
    env = dict(os.environ, HOME=str(tmp_path))
    rows = museum("wireshark", "print", env=env).stdout.splitlines()
    assert len(rows) == 4 and all(" -> " in row for row in rows)
    assert not list(tmp_path.iterdir())


def test_without_tshark_it_says_what_is_missing(tmp_path):
    env = dict(os.environ, HOME=str(tmp_path), PATH=str(tmp_path))
    said = museum("wireshark", "install", env=env, expect=USAGE).stderr
    assert "apt-get install tshark" in said
