# SPDX-License-Identifier: MIT
"""Traces: every format tells of the same run, with the same numbers, and has no influence on it."""

import csv
import io
import json
import re

import pytest

from support import fields, program, run, tshark

FORMATS = ("ladder", "json", "csv", "chrome", "shiviz", "mermaid")
CAPTURES = ("pcapng", "pcap")
FAILED, USAGE = 1, 2


def museum(*arguments, expect=0, **options):
    return run([program("tests/museum/castanet_museum"), *arguments], expect=expect, **options)


@pytest.fixture(scope="module")
def failure(tmp_path_factory):
    """A schedule of K1's failure: OnClose overtook an OnReceive."""
    folder = tmp_path_factory.mktemp("failure")
    museum("explore", "K1-broken", "--seed", 1, "--out", folder, expect=FAILED)
    return folder / "K1-broken.castanet"


def printed(source, form):
    return museum("trace", source, "--format", form).stdout


def events(source):
    return [json.loads(line) for line in printed(source, "json").splitlines()]


@pytest.mark.parametrize("form", FORMATS)
def test_same_run_gives_the_same_text(failure, form):
    assert printed(failure, form) == printed(failure, form)


@pytest.mark.parametrize("form", CAPTURES)
def test_same_run_gives_the_same_capture(failure, tmp_path, form):
    for name in ("one", "two"):
        museum("trace", failure, "--format", form, "--out", tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_run_is_the_same_with_every_format_and_with_none(tmp_path):
    plain = museum("run", "K1-broken").stdout
    fingerprint = re.search("fingerprint ([0-9a-f]{32})", plain).group(1)
    for form in ("json", "csv"):
        assert museum("trace", "K1-broken", "--format", form).returncode == 0
    assert json.loads(printed("K1-broken", "json").splitlines()[-1])["fingerprint"] == fingerprint
    watched = museum("run", "K1-broken", "--trace", tmp_path / "a.pcapng", "--ladder").stdout
    assert watched.endswith(plain)


# ---- JSON ----

FIELDS = {  # docs/trace.md: those that a line must have, those that it may have
    "head": ({"format", "castanet", "profile"}, {"program", "scenario", "schedule", "seed", "repeat"}),
    "packet": ({"ev", "ns", "host", "packet", "packet_is", "bytes", "fate"}, {"fault"}),
    "call": ({"ev", "ns", "host", "what", "result", "depth"}, {"socket", "error", "asked"}),
    "callback": ({"ev", "ns", "host", "socket", "what", "depth", "posted_ns"}, {"error", "packet"}),
    "dropped": ({"ev", "ns", "host", "socket", "what", "depth", "posted_ns"}, {"error", "packet"}),
    "fault": ({"ev", "ns", "what"}, {"host", "about", "rule", "packet", "socket"}),
    "state": ({"ev", "ns", "host", "what", "local_port"}, {"socket", "remote_port"}),
    "choice": ({"ev", "ns", "what", "about", "value"}, {"count"}),
    "report": ({"ev", "ns", "host", "what", "result"}, {"socket", "local_port", "remote_port"}),
    "failure": ({"ev", "ns", "what", "about"}, set()),
    "arrival": ({"ns", "host", "packet"}, set()),
    "lost": ({"ns", "packet", "fate"}, set()),
    "end": ({"ns", "fingerprint"}, set()),
}


@pytest.mark.parametrize("bug", ["K1", "K11", "B8", "S24", "S34"])
def test_lines_have_the_fields_that_are_documented(tmp_path, bug):
    museum("explore", f"{bug}-broken", "--seed", 1, "--out", tmp_path, expect=FAILED)
    lines = events(tmp_path / f"{bug}-broken.castanet")
    assert lines[0]["kind"] == "head" and lines[-1]["kind"] == "end"
    for line in lines:
        must, may = FIELDS[line["kind"]]
        assert must <= line.keys() <= must | may | {"kind"}, line
    numbers = [line["ev"] for line in lines if "ev" in line]
    assert numbers == list(range(1, len(numbers) + 1))
    times = [line["ns"] for line in lines if "ns" in line]
    assert times == sorted(times)


def test_failure_and_the_hold_that_made_it_are_told(failure):
    lines = events(failure)
    hold, = [line for line in lines if line["kind"] == "choice"]
    said = re.search(r"^hold (.+)$", failure.read_text(), re.M).group(1)
    assert hold["what"] == "hold" and hold["about"] == said
    overtaken = lines[lines.index(hold) + 1]
    assert overtaken["kind"] == "callback" and overtaken["posted_ns"] < overtaken["ns"]
    failed, = [line for line in lines if line["kind"] == "failure"]
    assert "bytes sent" in failed["about"] and lines[-2] == failed


def test_callbacks_name_the_packet_that_posted_them(failure):
    lines = events(failure)
    packets = {line["packet"]: line for line in lines if line["kind"] == "packet"}
    reads = [line for line in lines if line["kind"] == "callback" and line["what"] == "OnReceive"]
    reads = [line for line in reads if "packet" in line]  # the others a Receive left behind
    assert len(reads) >= 2 and all(" len=" in packets[line["packet"]]["packet_is"] for line in reads)
    assert all(packets[line["packet"]]["host"] != line["host"] for line in reads)


# ---- the capture ----

def test_frames_are_events(failure, tmp_path):
    capture = tmp_path / "k1.pcapng"
    museum("trace", failure, "--out", capture)
    lines = [line for line in events(failure) if "ev" in line]
    rows = fields(capture, "frame", "frame.number", "frame.packet_id", "systemd_journal.message")
    assert len(rows) == len(lines)
    for line, (number, packet, message) in zip(lines, rows, strict=True):
        assert int(number) == line["ev"]
        if line["kind"] == "packet":
            assert int(packet, 0) == line["packet"] and not message
        elif line["kind"] != "fault":
            assert message.startswith(f"ev={number} ")


def test_notifications_stand_between_the_packets_without_a_plugin(failure, tmp_path):
    capture = tmp_path / "k1.pcapng"
    museum("trace", failure, "--out", capture)
    shown = tshark(capture, "frame")
    assert any("server: OnReceive(0) conn#1" in row for row in shown)
    assert any("[SYN]" in row for row in shown)


def test_host_sees_what_it_sends_and_what_arrives(failure, tmp_path):
    lines = events(failure)
    capture = tmp_path / "server.pcapng"
    museum("trace", failure, "--out", capture, "--host", "server")
    frames = fields(capture, "tcp", "frame.packet_id", "frame.packet_flags_direction")
    sent = [line["packet"] for line in lines if line["kind"] == "packet" and line["host"] == "server"]
    came = [line["packet"] for line in lines if line["kind"] == "arrival" and line["host"] == "server"]
    inbound, outbound = "0x00000001", "0x00000002"
    assert [int(packet, 0) for packet, way in frames if way == outbound] == sent
    assert [int(packet, 0) for packet, way in frames if way == inbound] == came


# ---- the others ----

def test_table_has_a_line_for_each_event_and_arrival(failure):
    rows = list(csv.DictReader(io.StringIO(printed(failure, "csv"), newline="")))
    lines = [line for line in events(failure) if line["kind"] not in ("head", "end", "lost")]
    assert [(row["kind"], int(row["ns"])) for row in rows] == [(line["kind"], line["ns"]) for line in lines]
    data = [row for row in rows if row["kind"] == "packet" and row["cwnd"]]
    assert data and all(int(row["in_flight"]) <= int(row["cwnd"]) for row in data)


def test_chrome_trace_has_an_arrow_for_each_packet_that_arrives(failure):
    trace = json.loads(printed(failure, "chrome"))["traceEvents"]
    begun = [row["id"] for row in trace if row["ph"] == "s"]
    ended = [row["id"] for row in trace if row["ph"] == "f"]
    assert ended and set(ended) <= set(begun)
    assert {row["args"]["name"] for row in trace if row["ph"] == "M"} == {"world", "server", "client1"}


def test_vector_clocks_grow_and_arrivals_know_their_senders(failure):
    seen = {}
    pairs = re.findall(r"^(\S+) (\{.*\})\n(.*)$", printed(failure, "shiviz"), re.M)
    assert len(pairs) > 20
    for host, clock, text in pairs:
        clock = json.loads(clock)
        assert clock[host] == seen.get(host, {}).get(host, 0) + 1, text
        assert all(clock.get(other, 0) >= count for other, count in seen.get(host, {}).items())
        seen[host] = clock
    assert seen["server"]["client1"] > 5


def test_diagram_has_arrows_and_notes(failure):
    diagram = printed(failure, "mermaid").splitlines()
    assert diagram[0] == "sequenceDiagram"
    form = r"    (participant h\d+ as .+|h\d+(->>|-x)h\d+: .+|Note over h\d+: .+)"
    assert all(re.fullmatch(form, row) for row in diagram[1:])
    assert "    Note over h0: decision 1" in diagram


# ---- bad input ----

@pytest.mark.parametrize("arguments, what", [
    (("K1-broken", "--format", "html5"), 'there is no format "html5"'),
    (("K1-broken", "--format", "pcapng"), "a capture is not printed"),
    (("K1-brokn",), 'scenario "K1-brokn" is unknown'),
    (("none.castanet",), "none.castanet cannot be read"),
    (("K1-broken", "--out", "none/x.pcapng"), "none/x.pcapng could not be created"),
    (("K1-broken", "--out", "."), ". could not be created"),
    (("K1-broken", "--out", "x.pcapng", "--host", "nobody"), "there is no host 'nobody' to capture at"),
])
def test_what_cannot_be_written_is_refused(tmp_path, arguments, what):
    said = museum("trace", *arguments, expect=USAGE, cwd=tmp_path).stderr
    assert re.fullmatch(r"error: (.+)\n  why: (.+)\n  fix: (.+)\n", said) and what in said
    assert not list(tmp_path.iterdir())


def test_full_disk_is_told():
    said = museum("trace", "K1-broken", "--format", "json", "--out", "/dev/full/x", expect=USAGE).stderr
    assert "could not be created" in said
