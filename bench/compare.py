#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs castanet_bench and ns3_bench in turns and prints how many times faster or smaller castanet is.

Both programs print one line of key=value for each case.  Rates are counts per CPU second of the process that
the program itself names, so neither its start nor other processes count.  The ratio is the median of those of
the turns, not the ratio of the medians: what slows the machine down for a while slows both programs.
"""

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS_MAX = 1800


@dataclass(frozen=True)
class Wanted:
    """What a row is to reach: a ratio to ns-3 or to the floor of the case, or a bound."""
    kind: str  # "ratio", "of floor" or "at most"
    value: float

    def holds(self, row):
        """Whether the row reaches it; None if what decides was not measured."""
        decides = row[{"ratio": "ratio", "of floor": "of_floor", "at most": "castanet"}[self.kind]]
        if not decides:
            return None
        return decides["median"] <= self.value if self.kind == "at most" else decides["median"] >= self.value

    def __str__(self):
        return {"ratio": f"{self.value:g} times", "of floor": f"{self.value:.0%} of the floor",
                "at most": f"at most {grouped(self.value)}"}[self.kind]


@dataclass(frozen=True)
class Case:
    """One pair of runs.  An empty list of arguments: that program has none.  floor: what castanet_bench
    does without a world, in the same turns."""
    name: str
    castanet: tuple
    ns3: tuple
    figures: tuple
    floor: tuple = ()


@dataclass(frozen=True)
class Figure:
    """One row of the table: what is taken from the lines of a case."""
    name: str
    unit: str
    take: object
    smaller_is_better: bool = False
    wanted: tuple = ()


def per_second(key):
    return lambda line: line[key] / line["seconds_cpu"]


def microseconds_per(key):
    return lambda line: line["seconds_cpu"] / line[key] * 1e6


def plain(key):
    return lambda line: line[key]


def words(text):
    return tuple(text.split())


def packets(name, *wanted):
    return Figure(name, "packets/s", per_second("packets"), wanted=wanted)


def cases(full):
    """Sizes that give each program seconds, not minutes; the full run moves 1 GB in each bulk case."""
    size = "1000000000"
    ns3_size = size if full else "100000000"
    return (
        Case("bulk", words(f"bulk --latency-ms 10 --window 3000000 --bytes {size}"),
             words(f"bulk --latency-ms 10 --window 3000000 --bytes {ns3_size}"),
             (packets("bulk TCP, 10 ms, 3-MB window", Wanted("ratio", 40)),
              Figure("the same, cost of a packet", "us/packet", microseconds_per("packets"), True,
                     (Wanted("at most", 0.5),)))),
        Case("bulk-256k", words(f"bulk --latency-ms 10 --window 262144 --bytes {size}"),
             words(f"bulk --latency-ms 10 --window 262144 --bytes {ns3_size}"),
             (packets("bulk TCP, 256-KB window"),)),
        Case("bulk-real", words(f"bulk --latency-ms 10 --window 3000000 --bytes {size}"),
             words(f"bulk --latency-ms 10 --window 3000000 --bytes {ns3_size} --real-bytes"),
             (packets("bulk TCP, 3 MB, ns-3 with real bytes and checksums"),)),
        Case("bulk-loss", words(f"bulk --latency-ms 10 --window 3000000 --loss-ppm 10000 --bytes {size}"),
             words(f"bulk --latency-ms 10 --window 3000000 --loss-ppm 10000 --bytes {ns3_size}"),
             (packets("bulk TCP, 1 % loss", Wanted("ratio", 20)),)),
        Case("udp", words("udp-pingpong --hosts 10000 --count 2000000"),
             words("udp-pingpong --hosts 10000 --count 100000"),
             (Figure("UDP ping-pong, 10 000 hosts", "events/s", per_second("events"),
                     wanted=(Wanted("ratio", 40),)),
              packets("the same in packets"))),
        Case("tcp-1", words("tcp-pingpong --connections 1 --count 1000000"),
             words("tcp-pingpong --connections 1 --count 50000"),
             (Figure("TCP echo, 1 connection", "round trips/s", per_second("round_trips"),
                     wanted=(Wanted("ratio", 18),)),)),
        Case("tcp-1000", words("tcp-pingpong --connections 1000 --count 1000000"),
             words("tcp-pingpong --connections 1000 --count 20000"),
             (Figure("TCP echo, 1 000 connections", "round trips/s", per_second("round_trips"),
                     wanted=(Wanted("ratio", 40),)),)),
        Case("worlds", words("worlds --count 100000"), words("worlds --count 2000"),
             (Figure("worlds made, one echo, destroyed", "worlds/s", per_second("worlds"),
                     wanted=(Wanted("ratio", 140),)),)),
        Case("idle-connections", words("idle-connections 10000"), words("idle-connections 1000"),
             (Figure("an idle TCP connection, both ends", "bytes", plain("bytes_per_connection"), True,
                     (Wanted("at most", 1024),)),)),
        Case("idle-hosts", words("idle-hosts 10000"), words("idle-hosts 1000"),
             (Figure("an idle host", "bytes", plain("bytes_per_host"), True, (Wanted("at most", 512),)),)),
        Case("events", words("events --count 20000000"), words("events --count 2000000"),
             (Figure("bare events, 1 000 pending", "events/s", per_second("events"),
                     wanted=(Wanted("of floor", 20 / 24),)),),
             floor=words("heap --count 20000000")),
    )


# ---- running ----

def fail(status, what, why, fix):
    print(f"error: {what}\n  why: {why}\n  fix: {fix}", file=sys.stderr)
    sys.exit(status)


def number(text):
    try:
        return float(text)
    except ValueError:
        return None


def run_one(program, arguments):
    """The numbers of the line that the program prints."""
    command = [str(program), *arguments]
    try:
        ended = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS_MAX, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        fail(1, f"{' '.join(command)} gave no figures", str(error), "run it by hand")
    if ended.returncode != 0:
        fail(1, f"{' '.join(command)} ended with status {ended.returncode}",
             (ended.stderr.strip() or "it said nothing").splitlines()[0], "run it by hand")
    pairs = (word.partition("=")[::2] for word in ended.stdout.split())
    return {key: value for key, value in ((key, number(text)) for key, text in pairs) if value is not None}


def take_figure(figure, line, program):
    try:
        return figure.take(line)
    except (KeyError, ZeroDivisionError) as error:
        fail(1, f"{program} printed no figure for '{figure.name}'",
             f"{type(error).__name__} {error} in {line}",
             "its line needs the keys that bench/README.md names")


def run_turn(turn, case, programs):
    """{program: line} of one turn; every other turn starts with the other program."""
    if "castanet" in programs:
        programs = {**programs, "floor": programs["castanet"]}
    order = sorted(programs, reverse=turn % 2 == 1)
    return {name: run_one(programs[name], getattr(case, name)) for name in order if getattr(case, name)}


def spread(values):
    return {"median": statistics.median(values), "min": min(values), "max": max(values)} if values else None


def row_of(case, figure, turns):
    """A row of the table from the lines of all turns."""
    taken = {name: [take_figure(figure, turn[name], name) for turn in turns if name in turn]
             for name in ("castanet", "ns3", "floor")}

    def ratios(peer):
        return spread([theirs / ours if figure.smaller_is_better else ours / theirs
                       for ours, theirs in zip(taken["castanet"], taken[peer]) if ours and theirs])

    row = {"case": case.name, "name": figure.name, "unit": figure.unit, "castanet": spread(taken["castanet"]),
           "ns3": spread(taken["ns3"]), "ratio": ratios("ns3"),
           "floor": spread(taken["floor"]), "of_floor": ratios("floor")}
    row["wanted"] = [{"text": str(wanted), "holds": wanted.holds(row)} for wanted in figure.wanted]
    return row


def measure(chosen, programs, turns, tell):
    """All turns of all cases: the turns go round the cases, so that no case has one minute to itself."""
    lines = {case.name: [] for case in chosen}
    for turn in range(turns):
        for case in chosen:
            tell(f"turn {turn + 1} of {turns}: {case.name}")
            lines[case.name].append(run_turn(turn, case, programs))
    return [row_of(case, figure, lines[case.name]) for case in chosen for figure in case.figures
            if any(lines[case.name])]


# ---- the table ----

def grouped(value):
    return f"{value:,.0f}".replace(",", " ") if value >= 1000 else f"{value:g}"


def short(value):
    """Three digits, or four before the point, in groups: 1 240 000, 1 024, 28.4, 0.455."""
    if 1000 <= value < 10000:
        return grouped(value)
    return grouped(float(f"{value:.3g}"))


def cell(values):
    if not values:
        return "-"
    return f"{short(values['median'])} [{short(values['min'])} - {short(values['max'])}]"


def table(rows):
    words_of = {True: "yes", False: "no", None: "-"}
    lines = ["| case | unit | castanet | ns-3 | ratio | floor | wanted | holds |",
             "|---|---|---|---|---|---|---|---|"]
    for row in rows:
        wanted = ", ".join(entry["text"] for entry in row["wanted"])
        holds = ", ".join(words_of[entry["holds"]] for entry in row["wanted"])
        lines.append(f"| {row['name']} | {row['unit']} | {cell(row['castanet'])} | {cell(row['ns3'])} "
                     f"| {cell(row['ratio'])} | {cell(row['floor'])} | {wanted} | {holds} |")
    return "\n".join(lines)


# ---- the command line ----

def parse():
    parser = argparse.ArgumentParser(
        description="castanet and ns-3 in turns; exit status 0 when all was measured")
    built = ROOT / "build/bench/bench"
    parser.add_argument("--castanet", type=Path, default=built / "castanet_bench", metavar="PROGRAM")
    parser.add_argument("--ns3", type=Path, default=built / "peers/ns3_bench", metavar="PROGRAM")
    parser.add_argument("--turns", type=int, default=5, help="how often each program runs each case")
    parser.add_argument("--full", action="store_true", help="1 GB in the bulk cases of ns-3 too")
    parser.add_argument("--lean", action="store_true", help="ns-3 without IPv6 and traffic control")
    parser.add_argument("--case", action="append", metavar="NAME", help="measure this one; may be repeated")
    parser.add_argument("--only", choices=("castanet", "ns3"), help="run one program alone")
    parser.add_argument("--json", action="store_true", help="print JSON instead of the table")
    return parser.parse_args()


def choose(options):
    chosen = cases(options.full)
    names = [case.name for case in chosen]
    for name in options.case or ():
        if name not in names:
            fail(2, f"there is no case '{name}'", f"the cases are {', '.join(names)}",
                 "--case takes one of these")
    return [case for case in chosen if not options.case or case.name in options.case]


def find_programs(options):
    programs = {"castanet": options.castanet, "ns3": options.ns3}
    if options.only:
        programs = {options.only: programs[options.only]}
    for path in programs.values():
        if not path.is_file():
            fail(2, f"{path} is not there", "the programs are compared as they are built",
                 "./dev bench builds both")
    return programs


def with_lean(case):
    return replace(case, ns3=case.ns3 and (*case.ns3, "--lean"))


def main():
    options = parse()
    if options.turns < 1:
        fail(2, f"--turns {options.turns} measures nothing", "a median needs at least one turn", "--turns 5")
    programs = find_programs(options)
    chosen = choose(options)
    if options.lean:
        chosen = [with_lean(case) for case in chosen]
    rows = measure(chosen, programs, options.turns, lambda text: print(text, file=sys.stderr))
    print(json.dumps({"turns": options.turns, "rows": rows}, indent=2) if options.json else table(rows))


if __name__ == "__main__":
    main()
