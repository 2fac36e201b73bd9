# SPDX-License-Identifier: MIT
"""docs/conformance.md is what a run gives, and speaks of every row."""

import re

import pytest

from support import ROOT, needs_ipv6, program, run

PAGE = ROOT / "docs" / "conformance.md"
FAMILIES = {"EV-ACC": 15, "EV-CON": 8, "EV-WRT": 7, "EV-RD": 13, "EV-OOB": 7, "EV-CLS": 12, "EV-IOC": 5,
            "EV-ENUM": 3, "EV-POLL": 1, "EV-OLD": 10, "SEL": 23, "PLL": 12, "RST": 4, "ACC": 6, "INH": 1,
            "BND": 5, "LIS": 6, "GSN": 4, "GPN": 5, "CNN": 4, "CNG": 5, "FIO": 12, "NBI": 4, "RC0": 4,
            "TMO": 3, "NBR": 2, "UDP": 8, "TSR": 2, "BRD": 2, "SBF": 3, "REU": 18, "SKT": 12, "MFC": 40}
REQUIRED = {f"{family}-{number:02}" for family, last in FAMILIES.items() for number in range(1, last + 1)}
REQUIRED |= {f"SHU-{number:02}" for number in [*range(1, 15), 20, *range(22, 29)]}
REQUIRED |= {f"OPT-{number}" for number in range(1, 9)}


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    needs_ipv6()
    path = tmp_path_factory.mktemp("conformance") / "conformance.md"
    run([program("tests/castanet_tests"), "--conformance-report", path])
    return path.read_text(encoding="utf-8")


def lines_of(page):
    """The cells of the lines that begin with an id."""
    return [re.split(r"(?<!\\) ?\| ?", line)[1:-1] for line in page.splitlines()
            if re.match(r"\| [A-Z]", line)]


def test_page_is_what_a_run_gives(page):
    assert PAGE.read_text(encoding="utf-8") == page, "the page is old\n  fix: ./dev conformance"


def test_every_required_row_is_in_a_table(page):
    assert REQUIRED - {cells[0] for cells in lines_of(page)} == set()


def test_sim_passes_at_least_230_rows_and_differs_in_none(page):
    results = {cells[0]: cells[2] for cells in lines_of(page) if cells[0] in REQUIRED}
    assert sum(result == "pass" for result in results.values()) >= 230
    assert set(results.values()) == {"pass", "not applicable"}


def test_real_sockets_differ_in_at_most_25_rows(page):
    rows = [cells for cells in lines_of(page) if cells[0] in REQUIRED]
    for backend in range(3, len(rows[0])):
        differing = {cells[0] for cells in rows if cells[backend].startswith("differs: ")}
        other = {cells[0]: cells[backend] for cells in rows
                 if not re.match("pass$|not applicable$|differs: ", cells[backend])}
        assert len(differing) <= 25 and other == {}


def test_report_that_cannot_be_written_is_told(tmp_path):
    ended = run([program("tests/castanet_tests"), "--conformance-report", tmp_path / "no" / "page.md",
                 "--run", "conformance/*"], expect=None)
    assert ended.returncode == 4
    assert "page.md': No such file or directory" in ended.stderr
