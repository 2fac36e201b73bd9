# SPDX-License-Identifier: MIT
"""What Wireshark makes of random worlds, and of transfers whose faults are known.

Every capture holds each packet once, when its first sender puts it on the wire, lost ones included.  So what
was lost can be missing at no time ("previous segment not captured"), and nothing is acknowledged that was not
sent.
"""

import concurrent.futures
import os
import re

import pytest

from support import BAD_PACKETS, fields, program, run, tshark

# CASTANET_TRACE_SEEDS=1-200 for the long run, which takes minutes.
LONG = os.environ.get("CASTANET_TRACE_SEEDS")
SEEDS = LONG or "1-20"
SIZE_SHIFT = 1 if LONG else 4
EPOCH_S = 946684800


def swarm(folder, seeds, *more):
    return run([program("tests/castanet_swarm"), "--seeds", seeds, "--jobs", 2, "--pcap", folder,
                "--size-shift", SIZE_SHIFT, *more], limit_s=1200).stdout


# ---- random worlds ----

# The transport header that an ICMP error quotes has the checksum of a payload that is not quoted.
QUOTED = "(icmp || icmpv6)"
# Wireshark's model does not count the byte of a zero-window probe that is taken after all, nor a second
# handshake of the same ports that an old SYN began: what follows in such a stream looks like a hole.
CONFUSING = "tcp.analysis.zero_window_probe || tcp.analysis.reused_ports"
HOLES = "tcp.analysis.ack_lost_segment || tcp.analysis.lost_segment"
NEVER = (f"_ws.malformed || frame.time_delta < 0 || frame.time_epoch < {EPOCH_S} || frame.len == 0"
         f" || (!{QUOTED} && (({BAD_PACKETS}) || _ws.expert.severity == error))")


def complaints(capture):
    """What must not be in a capture: pairs of a rule and a packet."""
    shown = ("frame.number", "tcp.stream", "_ws.col.Info")
    wrong = [("never", row) for row in fields(capture, NEVER, *shown)]
    holes = fields(capture, HOLES, *shown)
    if holes:
        begin = {}
        for number, stream, _ in fields(capture, CONFUSING, *shown):
            begin.setdefault(stream, int(number))
        wrong += [("hole", row) for row in holes
                  if row[1] not in begin or int(row[0]) < begin[row[1]]]
    return wrong


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worlds")
    swarm(folder, SEEDS)
    captures = sorted(folder.glob("*.pcap"), key=lambda path: int(re.search(r"\d+", path.stem).group()))
    first, last = map(int, SEEDS.split("-"))
    assert len(captures) == last - first + 1
    return captures


def test_random_worlds_show_nothing_that_cannot_be(worlds):
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(zip(worlds, pool.map(complaints, worlds)))
    told = [f"{rule}: {capture.name}, {len(wrong)} packets, the first {wrong[0]}\n"
            f"  reproduce: castanet_swarm --seeds {capture.stem.split('-')[1]} --size-shift {SIZE_SHIFT}"
            f" --pcap ."
            for capture, wrong in found if wrong for rule in [wrong[0][0]]]
    assert not told, "\n".join(told)


# ---- transfers whose faults are known ----

@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Captures of a case: the default one, and that of the server's host."""
    folder, made = tmp_path_factory.mktemp("cases"), {}

    def captures(name):
        if name not in made:
            made[name] = folder / f"{name}.pcap", folder / f"{name}-received.pcap"
            run([program("tests/castanet_traces"), name, *made[name]], limit_s=60)
        return made[name]
    return captures


def count(capture, *flags):
    return len(tshark(capture, " || ".join(f"tcp.analysis.{flag}" for flag in flags)))


WARNINGS = "_ws.expert.severity >= 0x400000"  # notes, warnings, errors: all but chats


@pytest.mark.parametrize("end", [0, 1], ids=["sent", "received"])
def test_a_transfer_without_faults_draws_chats_only(case, end):
    capture = case("clean")[end]
    # A FIN draws notes: that it begins, or completes, the closing.
    said = tshark(capture, f"({WARNINGS} && tcp.flags.fin == 0)"
                           " || (tcp.analysis.flags && !tcp.analysis.window_update)")
    assert not said, said[:3]
    assert set(fields(capture, "tcp", "tcp.completeness")) == {("31",)}


def test_five_losses_are_five_holes_at_the_receiver_and_none_at_the_sender(case):
    sent, received = case("losses")
    assert count(received, "lost_segment") == 5
    assert count(sent, "lost_segment") == 0
    assert count(sent, "retransmission", "fast_retransmission") == 5
    for capture in (sent, received):
        assert count(capture, "ack_lost_segment", "spurious_retransmission", "reused_ports") == 0
        assert not tshark(capture, f"({BAD_PACKETS}) || _ws.expert.severity == error || tcp.flags.reset == 1")


def test_a_closed_window_is_probed_and_told_as_such(case):
    for capture in case("closed"):
        assert count(capture, "window_full") == 1
        assert count(capture, "zero_window_probe") >= 3
        assert count(capture, "zero_window_probe_ack") == count(capture, "zero_window_probe")
        assert count(capture, "zero_window") > 0
        assert count(capture, "keep_alive", "lost_segment", "ack_lost_segment", "retransmission") == 0


def test_an_idle_connection_is_kept_alive_and_not_probed(case):
    for capture in case("keep-alive"):
        assert count(capture, "keep_alive") >= 10, "one every two hours of a day"
        assert count(capture, "keep_alive_ack") >= 10
        assert count(capture, "zero_window_probe", "retransmission", "lost_segment") == 0


def test_ports_are_reused_only_by_who_binds_one_twice(case):
    assert count(case("same-port")[0], "reused_ports") == 1
    assert count(case("clean")[0], "reused_ports") == 0
