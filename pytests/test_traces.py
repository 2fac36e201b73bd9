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

# What Wireshark says of a packet by itself.  Fragments are looked at one by one, as they are on the wire.
WRONG = f"({BAD_PACKETS}) || _ws.expert.severity == error"
APART = ("-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE")
# What checksums do not show cannot be counted; and what a host without address or interface sends is on no
# wire, and so missing.
WITHOUT = "lies,address,interface"
IMPOSSIBLE = f"frame.time_delta < 0 || frame.time_epoch < {EPOCH_S} || frame.len == 0"
# The only thing that may be wrong with an ICMP error: that the checksum of a segment or datagram that it
# quotes and cuts short is that of the whole.
QUOTES = ("(icmp || icmpv6) && (tcp.checksum.status == 0 || udp.checksum.status == 0) && !(_ws.malformed"
          " || ip.checksum.status == 0 || icmp.checksum.status == 0 || icmpv6.checksum.status == 0)")
TRANSPORT = ("tcp.srcport", "tcp.dstport", "tcp.seq_raw", "tcp.checksum", "udp.srcport", "udp.dstport",
             "udp.checksum")
BEFORE_QUOTED = {"ip": 14 + 20 + 8, "ipv6": 14 + 40 + 8}  # Ethernet, IP, ICMP
# Wireshark's model does not count the byte of a zero-window probe that is taken after all, nor a second
# handshake of the same ports that an old SYN began, nor what a link made a reset of: what follows in such a
# stream looks like a hole.  So does what follows a segment that was corrupted.
CONFUSING = "tcp.analysis.zero_window_probe || tcp.analysis.reused_ports || tcp.flags.reset == 1"
HOLES = "tcp.analysis.ack_lost_segment || tcp.analysis.lost_segment"


def asked(capture, wanted, *names):
    """Packets that match, by number: a tuple of field values for each."""
    rows = fields(capture, wanted, "frame.number", *names, more=APART)
    return {int(row[0]): row[1:] for row in rows}


def corrupted(capture):
    """What links corrupted, by number: what the host it is for makes of it, and the ports it had."""
    rows = map(str.split, capture.with_suffix(".corrupted").read_text().splitlines())
    return {int(number): (fate, frozenset(ports)) for number, fate, *ports in rows}


def is_cut_short(length, total, plen, messages):
    """Does the packet quote one that ends before its header says, and is that all that is wrong?"""
    version, lengths = ("ip", total) if total else ("ipv6", plen)
    quoted = int(lengths.split(",")[-1]) + (0 if total else 40)
    return BEFORE_QUOTED[version] + quoted > int(length) and \
        all("checksum" in message.lower() for message in messages.split(",") if "[" in message)


def inner(row):
    """Of each field the last value, which is that of what is quoted, if anything is."""
    return tuple(value.split(",")[-1] for value in row)


def wrong_packets(capture, damaged):
    """Packets with which something is wrong, but for quotes cut short, and quotes of a damaged packet."""
    wrong = asked(capture, WRONG, *TRANSPORT, "_ws.col.Info")
    quotes = asked(capture, QUOTES, "frame.len", "ip.len", "ipv6.plen", "_ws.expert.message") if wrong else {}
    of_damaged = {inner(row[:-1]) for number, row in wrong.items() if number in damaged}
    return {number: row[-1] for number, row in wrong.items()
            if number not in quotes
            or (inner(row[:-1]) not in of_damaged and not is_cut_short(*quotes[number]))}


def checksum_complaints(capture):
    """Wireshark must find every corrupted packet that a host finds, and no other one."""
    injected = corrupted(capture)
    seen = wrong_packets(capture, injected)
    found = {number for number, (fate, _) in injected.items() if fate == "found"}
    unclear = {number for number, (fate, _) in injected.items() if fate == "fragment"}
    return [("corruption that nobody sees", (number,)) for number in sorted(found - seen.keys())] + \
        [("wrong, but not corrupted", (number, seen[number]))
         for number in sorted(seen.keys() - found - unclear)], len(found)


def hole_complaints(capture):
    shown = ("tcp.srcport", "tcp.dstport", "_ws.col.Info")
    holes = asked(capture, HOLES, *shown)
    if not holes:
        return []
    damaged = corrupted(capture)
    doubtful = " || ".join([CONFUSING, *(f"frame.number == {number}" for number in damaged)])
    begin = [(number, frozenset(row[:2])) for number, row in asked(capture, doubtful, *shown).items()]
    begin += [(number, ports) for number, (_, ports) in damaged.items()]
    first = {ports: number for number, ports in sorted(begin, key=lambda item: item[0], reverse=True)}
    return [("hole", (number, *row)) for number, row in holes.items()
            if number < first.get(frozenset(row[:2]), number + 1)]


def complaints(capture):
    """What must not be in a capture: pairs of a rule and a packet; and how many corrupted packets are."""
    wrong, count = checksum_complaints(capture)
    impossible = [("never", (number, *row))
                  for number, row in asked(capture, IMPOSSIBLE, "_ws.col.Info").items()]
    return impossible + wrong + hole_complaints(capture), count


@pytest.fixture(scope="module")
def worlds(tmp_path_factory):
    folder = tmp_path_factory.mktemp("worlds")
    swarm(folder, SEEDS, "--without", WITHOUT)
    captures = sorted(folder.glob("*.pcap"), key=lambda path: int(re.search(r"\d+", path.stem).group()))
    first, last = map(int, SEEDS.split("-"))
    assert len(captures) == last - first + 1
    return captures


def test_random_worlds_show_nothing_that_cannot_be(worlds):
    """No packet is malformed or has a wrong checksum but those that links corrupted, and all of those are."""
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        found = list(zip(worlds, pool.map(complaints, worlds)))
    told = [f"{rule}: {capture.name}, {len(wrong)} packets, the first {wrong[0]}\n"
            f"  reproduce: castanet_swarm --seeds {capture.stem.split('-')[1]} --size-shift {SIZE_SHIFT}"
            f" --without {WITHOUT} --pcap ."
            for capture, (wrong, _) in found if wrong for rule in [wrong[0][0]]]
    assert not told, "\n".join(told)
    assert sum(count for _, (_, count) in found) > 0, "no world has a corrupted packet"


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
