# SPDX-License-Identifier: MIT
"""Tables of what `castanet_search --raw` printed, in Markdown.

    python3 bench/search/table.py bench/search/runs.csv

A search that found nothing counts as as many runs as it was allowed; a mean with such a one has a ">".
"""

import math
import re
import statistics
import sys

WITHIN = (100, 1000, 10000)
YARDSTICKS = ("random", "latency", "latency-10")
MAIN = ("portfolio", "random", "latency", "latency-10", "late")


class Cell:
    """The searches of one strategy for one bug."""

    def __init__(self, cap, runs):
        self.cap = cap
        self.found = [int(run) for run in runs if run != "-"]
        self.all = sorted([*self.found, *[cap] * (len(runs) - len(self.found))])
        self.mean = sum(self.all) / len(self.all)

    def text_of_mean(self):
        return (">" if len(self.found) < len(self.all) else "") + f"{self.mean:.0f}"

    def text(self):
        middle, late = self.all[len(self.all) // 2], self.all[(len(self.all) * 95 - 1) // 100]
        return f"{self.text_of_mean()} / {middle} / {late}"

    def share(self, within):
        return 100 * sum(run <= within for run in self.found) // len(self.all)


def read(paths):
    """{bug: {strategy: Cell}}, both in the order in which they come."""
    table = {}
    for path in paths:
        with open(path, encoding="utf-8") as lines:
            for line in lines:
                bug, strategy, cap, runs = line.rstrip("\n").split(",")
                if bug != "bug":
                    table.setdefault(bug, {})[strategy] = Cell(int(cap), runs.split())
    return table


def geometric_mean(table, bugs, strategy):
    cells = [table[bug].get(strategy) for bug in bugs]
    if not cells or None in cells:
        return None
    return math.exp(statistics.fmean(math.log(cell.mean) for cell in cells))


def groups(table):
    yield "all", list(table)
    for letter, name in (("B", "B1 to B10"), ("K", "K1 to K15")):
        yield name, [bug for bug in table if re.fullmatch(letter + r"\d+", bug)]
    yield "both, the corpus", [bug for bug in table if bug[0] in "BK"]
    hard = [bug for bug in table if "latency" in table[bug] and table[bug]["latency"].mean > 10]
    yield "those that `latency` needs more than 10 runs for", hard
    hard = [bug for bug in table if "random" in table[bug] and table[bug]["random"].mean > 10]
    yield "those that `random` needs more than 10 runs for", hard


def print_rows(head, rows):
    print("| " + " | ".join(head) + " |")
    print("|---" * len(head) + "|")
    for row in rows:
        print("| " + " | ".join(row) + " |")
    print()


def number(value):
    return "" if value is None else f"{value:.1f}"


def print_means(table, strategies):
    rows = []
    for name, bugs in groups(table):
        means = {strategy: geometric_mean(table, bugs, strategy) for strategy in strategies}
        ratios = [f"{means[yardstick] / means['portfolio']:.1f}"
                  if means.get(yardstick) and means.get("portfolio") else "" for yardstick in YARDSTICKS]
        rows.append([f"{name} ({len(bugs)})", *(number(means[strategy]) for strategy in strategies), *ratios])
    print("Geometric means of the mean numbers of runs, and how many times better the portfolio is:\n")
    print_rows(["bugs", *strategies, *(f"{yardstick} : portfolio" for yardstick in YARDSTICKS)], rows)


def print_main(table, strategies):
    print("Runs until the bug is found: mean / median / 95th percentile:\n")
    print_rows(["bug", *strategies],
               [[bug, *(cells[s].text() if s in cells else "" for s in strategies)]
                for bug, cells in table.items()])


def print_shares(table, strategies):
    print("Searches that found the bug within 100 / 1 000 / 10 000 runs, in %:\n")
    print_rows(["bug", *strategies],
               [[bug, *(" / ".join(str(cells[s].share(w)) for w in WITHIN) if s in cells else ""
                        for s in strategies)]
                for bug, cells in table.items()])


def print_members(table, strategies):
    print("Mean numbers of runs of the single strategies:\n")
    print_rows(["bug", *strategies],
               [[bug, *(cells[s].text_of_mean() if s in cells else "" for s in strategies)]
                for bug, cells in table.items()])


def main(paths):
    if not paths:
        print(__doc__, file=sys.stderr)
        return 2
    table = read(paths)
    known = list(dict.fromkeys(strategy for cells in table.values() for strategy in cells))
    main_ones = [strategy for strategy in MAIN if strategy in known]
    others = [strategy for strategy in known if strategy not in MAIN]
    print_means(table, main_ones)
    print_main(table, main_ones)
    print_shares(table, main_ones)
    if others:
        print_members(table, others)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
