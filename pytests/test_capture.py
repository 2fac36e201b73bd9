# SPDX-License-Identifier: MIT
"""Captures of simulated runs as Wireshark sees them, with every checksum looked at."""

import getpass
import os
import re
import socket
import struct

import pytest

import support
from support import ROOT, fields, program, run, tshark

PCAP_NANOSECONDS = 0xA1B23C4D
LINKTYPE_ETHERNET = 1


def capture_of(folder, *command):
    """Runs an example with --trace and returns the file."""
    (folder / "site").mkdir()
    (folder / "site" / "page.html").write_bytes(b"<p>page</p>\n" * 320)
    run([program(f"examples/{command[0]}"), *command[1:], "--trace", "run.pcap"], cwd=folder)
    return folder / "run.pcap"


@pytest.fixture(scope="module")
def faultless(tmp_path_factory):
    return capture_of(tmp_path_factory.mktemp("faultless"), "echo", "sim", "--seed", 1, "--bytes", 100000)


@pytest.fixture(scope="module")
def lossy(tmp_path_factory):
    return capture_of(tmp_path_factory.mktemp("lossy"), "echo", "sim", "--seed", 1, "--bytes", 400000,
                      "--loss", 50000)


def assert_nothing(capture, wanted, what):
    found = tshark(capture, wanted)
    assert not found, f"{what}, {len(found)} packets, the first: {found[0]}"


@pytest.mark.parametrize("command", [
    ("echo", "sim", "--seed", 1),
    ("echo", "sim", "--seed", 2, "--loss", 50000, "--bytes", 300000),
    ("http_server", "sim", "site", "--seed", 1, "--requests", 20),
    ("udp_time", "sim", "--seed", 1),
    ("http_server", "hunt", "site", "page.html", "--seeds", 200),
], ids=lambda command: "-".join(str(word) for word in command).replace("--", ""))
def test_every_packet_is_well_formed_and_every_checksum_right(tmp_path, command):
    capture = capture_of(tmp_path, *command)
    assert tshark(capture, "frame"), "the capture is empty"
    assert_nothing(capture, support.BAD_PACKETS, "malformed or with a wrong checksum")
    assert_nothing(capture, "tcp.analysis.ack_lost_segment", "acknowledges what was not sent")
    assert_nothing(capture, "_ws.expert.severity == error", "expert errors")
    assert_nothing(capture, "tcp && tcp.checksum.status != 1", "checksum not verified as good")


def test_faultless_transfer_draws_no_remarks(faultless):
    flags = ("retransmission", "fast_retransmission", "spurious_retransmission", "out_of_order",
             "lost_segment", "ack_lost_segment", "duplicate_ack", "zero_window", "reused_ports")
    wrong = " || ".join(f"tcp.analysis.{flag}" for flag in flags)
    assert_nothing(faultless, f"{wrong} || _ws.expert.severity == error || tcp.flags.reset == 1",
                   "remarks on a transfer without faults")


def test_faultless_transfer_is_complete(faultless):
    """31: SYN, SYN-ACK, ACK, data and FIN were all seen."""
    assert set(fields(faultless, "tcp", "tcp.stream", "tcp.completeness")) == {("0", "31")}


def test_loss_shows_as_retransmissions(lossy):
    assert tshark(lossy, "tcp.analysis.retransmission || tcp.analysis.fast_retransmission"), \
        "5 % loss and no retransmission"
    assert_nothing(lossy, "tcp.analysis.ack_lost_segment", "acknowledges what was not sent")


def test_capinfos_reads_what_was_promised(faultless):
    told = run(["capinfos", "-t", "-E", "-o", faultless]).stdout + run(["capinfos", faultless]).stdout
    assert re.search(r"File type:\s+.*nanosecond", told), told
    assert re.search(r"File encapsulation:\s+Ethernet", told), told
    assert re.search(r"Strict time order:\s+True", told), told


def test_first_packet_is_dated_to_the_virtual_epoch(faultless):
    data = faultless.read_bytes()
    magic, major, minor, _, _, snaplen, linktype = struct.unpack("=IHHiIII", data[:24])
    seconds, nanoseconds, captured, original = struct.unpack("=IIII", data[24:40])
    assert (magic, major, minor, linktype) == (PCAP_NANOSECONDS, 2, 4, LINKTYPE_ETHERNET)
    assert captured == original <= snaplen
    assert seconds == 946684800 and nanoseconds < 1_000_000_000
    first = run(["tshark", "-r", faultless, "-c", "1", "-T", "fields", "-e", "frame.time"],
                env={**os.environ, "TZ": "UTC"}).stdout
    assert first.startswith("Jan  1, 2000 00:00:00."), first


def test_each_packet_is_recorded_once(faultless):
    """A packet that is seen at both ends would carry the same bytes of the stream twice."""
    carrying = fields(faultless, "tcp.len > 0", "ip.src", "tcp.seq_raw")
    assert carrying and len(carrying) == len(set(carrying))


def test_nothing_of_the_machine_is_in_the_file(faultless, lossy):
    words = {socket.gethostname(), os.uname().nodename, str(ROOT), os.getcwd(), os.path.expanduser("~")}
    words |= {name for name in (getpass.getuser(), os.environ.get("HOSTNAME")) if name and len(name) > 3}
    for capture in (faultless, lossy):
        data = capture.read_bytes()
        for word in words:
            assert len(word) < 4 or word.encode() not in data, f"{word} stands in {capture.name}"


def test_a_capture_that_cannot_be_written_is_an_error(tmp_path):
    ended = run([program("examples/echo"), "sim", "--trace", tmp_path / "none" / "run.pcap"], expect=None)
    assert ended.returncode not in (0, 77) and ended.returncode > 0
    assert "run.pcap" in ended.stderr
