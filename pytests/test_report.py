# SPDX-License-Identifier: MIT
"""The report: one page that says what failed and why, in a browser and without its script."""

import html.parser
import json
import re
import shutil
import time

import pytest

from support import TIME_SCALE, program, run

FAILED, USAGE = 1, 2
BROWSERS = ("chromium-headless-shell", "chromium", "google-chrome")
BROWSER = next((path for path in map(shutil.which, BROWSERS) if path), None)
needs_browser = pytest.mark.skipif(BROWSER is None,
                                   reason="no browser: apt-get install chromium-headless-shell")


def museum(*arguments, expect=0, **options):
    return run([program("tests/museum/castanet_museum"), *arguments], expect=expect, **options)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("reports")
    for bug in ("K1", "B4", "S28"):
        museum("explore", f"{bug}-broken", "--seed", 1, "--out", folder, expect=FAILED)
    return folder


def page_of(folder, bug):
    return (folder / f"{bug}-broken.report.html").read_text()


def data_of(page):
    text = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S).group(1)
    return json.loads(text)


def dump(path, mark=""):
    """The document as the browser has it after the script ran."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom"]
    return run([BROWSER, *options, f"file://{path}{mark}"], limit_s=60).stdout


class Text(html.parser.HTMLParser):
    """What one reads without the script."""

    def __init__(self, page):
        super().__init__()
        self.words, self.open = [], []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if not {"script", "style"} & set(self.open):
            self.words.append(data)

    def __str__(self):
        return "".join(self.words)


# ---- without a browser ----

def test_head_is_readable_without_the_script(folder):
    text = str(Text(page_of(folder, "K1")))
    for wanted in ("failed", "K1-broken", "of the 128 bytes sent, 96 were stored",
                   "castanet_museum replay K1-broken.castanet",
                   "gdb --args castanet_museum replay K1-broken.castanet --here",
                   "cause: the program on server is busy", "hold server/conn#1 OnReceive#3 until",
                   "OnClose(0)", "castanet schedule 1"):
        assert wanted in text, wanted


def test_stall_is_explained(folder):
    text = str(Text(page_of(folder, "S28")))
    assert "stalled" in text and "server/listen:80: OnAccept may come, but no client calls" in text


def test_same_failure_gives_the_same_page(folder, tmp_path):
    museum("explore", "K1-broken", "--seed", 1, "--out", tmp_path, expect=FAILED)
    assert page_of(tmp_path, "K1") == page_of(folder, "K1")


def test_nothing_of_the_machine_is_in_the_page(folder):
    page = page_of(folder, "K1")
    assert str(folder) not in page and str(program("tests/museum/castanet_museum").parent) not in page
    assert "http:" not in page.replace("http://www.w3.org/2000/svg", "") and "https:" not in page


def test_policy_forbids_all_but_its_own(folder):
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page_of(folder, "K1")).group(1)
    parts = dict(part.strip().split(" ", 1) for part in policy.split(";"))
    assert parts["default-src"] == "'none'"
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", parts["script-src"])
    assert re.fullmatch(r"'sha256-[A-Za-z0-9+/]{43}='", parts["style-src"])


def test_numbers_are_those_of_the_trace(folder):
    data = data_of(page_of(folder, "K1"))["failed"]
    lines = museum("trace", folder / "K1-broken.castanet", "--format", "json").stdout.splitlines()
    events = [line for line in map(json.loads, lines) if "ev" in line]
    assert [(event[0], event[1]) for event in data["events"]] == [(e["ev"], e["ns"]) for e in events]
    assert data["hosts"] == ["server", "client1"] and data["skipped"] == 0


def test_passing_run_is_beside_it(folder):
    data = data_of(page_of(folder, "K1"))
    closes = [event[5] for event in data["passed"]["events"] if event[5].startswith("OnClose")]
    assert closes and not any("FAILED" in event[5] for event in data["passed"]["events"])
    assert any("FAILED" in event[5] for event in data["failed"]["events"])


def test_page_is_made_again_from_the_schedule(folder, tmp_path):
    schedule = tmp_path / "mine.castanet"
    schedule.write_bytes((folder / "K1-broken.castanet").read_bytes())
    said = museum("report", schedule).stdout
    page = (tmp_path / "mine.report.html").read_text()
    assert said == f"written: {tmp_path}/mine.report.html\n" and sorted(tmp_path.iterdir()) == [
        schedule, tmp_path / "mine.report.html"]
    assert "castanet_museum replay mine.castanet" in page and "cause: the program on server is busy" in page
    assert data_of(page) == data_of(page_of(folder, "K1"))
    museum("report", schedule, "--out", tmp_path / "other.html")
    assert (tmp_path / "other.html").read_text() == page


def test_it_is_not_printed():
    said = museum("trace", "K1-broken", "--format", "report", expect=USAGE).stderr
    assert "it is for a browser" in said


# ---- in a browser ----

@needs_browser
@pytest.mark.parametrize("bug", ["K1", "B4", "S28"])
def test_page_is_sound(folder, bug):
    document = dump(folder / f"{bug}-broken.report.html", "#selftest")
    title = re.search("<title>(.*?)</title>", document).group(1)
    assert title.startswith("selftest ok: "), title


@needs_browser
def test_picture_shows_the_failure_and_the_first_difference(folder):
    document = dump(folder / "K1-broken.report.html")
    picture = re.search('<div id="picture">(.*)<details', document, re.S).group(1)
    for wanted in ("conn#1 OnReceive(0)", "this run", "nearest passing run", "frame.number == ",
                   'class="differs"', "data 32", "(1) hold server/conn#1 OnReceive#3"):
        assert wanted in picture, wanted
    assert '<details id="text" open' not in document


def with_data(page, data):
    text = json.dumps(data).replace("<", "\\u003c")
    return re.sub(r'(id="data">).*?(</script>)', lambda m: m.group(1) + text + m.group(2), page, flags=re.S)


def many_events(page, count):
    """The page with so many events: the same few, again and again."""
    data = data_of(page)
    few, events = data["failed"]["events"], []
    while len(events) < count:
        event = list(few[len(events) % len(few)])
        number = len(events) + 1
        if len(event) > 9 and event[9].get("before"):
            event[9] = dict(event[9], before=number + event[9]["before"] - event[0])
        event[0], event[1] = number, number * 1000
        events.append(event)
    data["failed"]["events"], data["passed"] = events, None
    return with_data(page, data)


@needs_browser
@pytest.mark.parametrize("count", [10, 10_000, 100_000])
def test_many_events_are_drawn(folder, tmp_path, count):
    path = tmp_path / "many.html"
    path.write_text(many_events(page_of(folder, "K1"), count))
    begin = time.monotonic()
    document = dump(path, "#selftest")
    seconds = time.monotonic() - begin
    title = re.search("<title>(.*?)</title>", document).group(1)
    assert re.fullmatch(rf"selftest ok: \d+ rows of {count}", title), title
    assert document.count('<g class="row') <= 600
    assert seconds < 30 * TIME_SCALE


# ---- reports of long runs, made by the library ----

@pytest.fixture(scope="module")
def long_run(tmp_path_factory):
    """Reports of one transfer with losses, by the number of rows that they show."""
    folder = tmp_path_factory.mktemp("long")

    def make(case):
        path = folder / f"{case}.html"
        if not path.exists():
            run([program("tests/castanet_reports"), case, path])
        return path
    return make


def test_newest_events_are_shown_and_the_others_counted(long_run):
    page = long_run(10).read_text()
    data = data_of(page)["failed"]
    first = data["events"][0][0]
    assert len(data["events"]) == 10 and data["skipped"] == first - 1 > 100
    assert f"10 events; {first - 1} before them are not shown" in page


def test_long_run_gives_the_same_page(long_run, tmp_path):
    again = tmp_path / "again.html"
    run([program("tests/castanet_reports"), 10_000, again])
    assert again.read_bytes() == long_run(10_000).read_bytes()


def test_plots_tell_what_was_sent_and_what_tcp_knew(long_run):
    client, server = data_of(long_run(10_000).read_text())["plots"]["series"]
    assert (client["local"], client["remote"]) == (server["remote"], server["local"])
    for end in (client, server):
        places = [row[0] for row in end["bins"]]
        assert places == sorted(set(places)) and places[-1] < 240
        for _, _, cwnd, _, in_flight, send_queue, receive_queue in end["bins"]:
            assert cwnd > 0 and in_flight <= send_queue + 1 and receive_queue <= 1 << 20
    sent = sum(row[1] for row in client["bins"])
    assert 10_000_000 <= sent <= 10_300_000  # 10 000 000 bytes, and what was lost once more
    assert sum(row[1] for row in server["bins"]) == 0
    round_trips = [row[3] for row in client["bins"] if row[3] != 0]
    assert len(round_trips) > 50 and min(round_trips) >= 2_000_000  # 1 ms each way


@needs_browser
@pytest.mark.parametrize("rows", [10, 10_000, 100_000])
def test_long_run_is_drawn(long_run, rows):
    document = dump(long_run(rows), "#selftest")
    title = re.search("<title>(.*?)</title>", document).group(1)
    assert re.fullmatch(rf"selftest ok: \d+ rows of {rows}", title), title
    for wanted in ("throughput, sent", "windows", "round trip, smoothed", "queues of the socket"):
        assert f"<figcaption>{wanted}" in document, wanted
    assert document.count('class="plot plot') >= 6


@needs_browser
def test_something_is_painted_within_a_second(long_run):
    path, times = long_run(100_000), []
    while len(times) < 5 and not (times and min(times) < 1000 * TIME_SCALE):
        times.append(int(re.search(r'data-first-paint-ms="(\d+)"', dump(path, "#selftest")).group(1)))
    assert min(times) < 1000 * TIME_SCALE, f"first paint after {times} ms"


@needs_browser
def test_hostile_texts_of_a_run_are_harmless(long_run):
    page = long_run("hostile").read_text(errors="replace")
    assert page.count("<script") == 2 and "<!--" not in page.split("<script", 1)[0]
    text = str(Text(page))
    assert text.count("document.title=1") >= 7 and text.count("<b>&\"'</b>") > 6000
    document = dump(long_run("hostile"), "#selftest")
    assert re.search("<title>(.*?)</title>", document).group(1).startswith("selftest ok")


HOSTILE = ['</script><script>document.title="owned"</script>', '<!--', '<img src=x onerror=alert(1)>',
           '"\'&amp;',
           "\u2028\u2029\x00\x1b[31m", "x" * 65536]


@needs_browser
def test_hostile_texts_are_harmless(folder, tmp_path):
    page = page_of(folder, "K1")
    data = data_of(page)
    for text in HOSTILE:
        data["failed"]["hosts"].append(text)
        number = 1000 + len(data["failed"]["events"])
        data["failed"]["events"].append([number, 4 * 10**12, 1, 0, text, text, 0, 0, 0])
    path = tmp_path / "hostile.html"
    path.write_text(with_data(page, data))
    document = dump(path, "#selftest")
    assert re.search("<title>(.*?)</title>", document).group(1).startswith("selftest ok")
    assert "<img" not in document
