# SPDX-License-Identifier: MIT
"""The example HTTP server on real sockets, asked by programs that know nothing of castanet."""

import filecmp
import random
import re
import shutil

import pytest

from support import Server, program, run

MIB = 1024 * 1024
SECRET = b"not for visitors"


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """A folder to serve, with something beside it that must not be served."""
    outside = tmp_path_factory.mktemp("outside")
    folder = outside / "site"
    (folder / "sub").mkdir(parents=True)
    (outside / "secret.txt").write_bytes(SECRET)
    (folder / "small.txt").write_bytes(b"hello\n")
    (folder / "sub" / "page.html").write_bytes(b"<p>page</p>\n")
    (folder / "empty").write_bytes(b"")
    (folder / "big.bin").write_bytes(random.Random(1).randbytes(10 * MIB))
    (folder / "link.txt").symlink_to(outside / "secret.txt")
    return folder


@pytest.fixture(scope="module")
def server(site):
    with Server([program("examples/http_server"), "serve", site, "--port", "0"]) as running:
        yield running


def curl(server, path, *options):
    return run(["curl", "--noproxy", "*", "-sS", "--max-time", "60", "--path-as-is", *options,
                f"http://127.0.0.1:{server.port}{path}"], expect=None)


def test_big_file_arrives_bit_for_bit(server, site, tmp_path):
    target = tmp_path / "got.bin"
    assert curl(server, "/big.bin", "-f", "-o", target).returncode == 0
    assert filecmp.cmp(target, site / "big.bin", shallow=False), "the file arrived changed"


@pytest.mark.parametrize("path, body", [("/small.txt", "hello\n"), ("/sub/page.html", "<p>page</p>\n"),
                                        ("/empty", "")])
def test_file_is_served(server, path, body):
    answer = curl(server, path, "-f")
    assert (answer.returncode, answer.stdout) == (0, body)


def test_missing_file_is_404(server):
    assert curl(server, "/nothing", "-o", "/dev/null", "-w", "%{http_code}").stdout == "404"


@pytest.mark.parametrize("path", [
    "/../secret.txt", "/sub/../../secret.txt", "/..%2fsecret.txt", "/%2e%2e/secret.txt",
    "/%2e%2e%2fsecret.txt",
    "/..//secret.txt", "/./../secret.txt", "//../secret.txt", "/sub/..%2f..%2fsecret.txt", "/..%5csecret.txt",
    "/../../../../../../../../etc/passwd", "//etc/passwd", "/%2fetc%2fpasswd", "/small.txt%00/../secret.txt",
])
def test_paths_do_not_lead_outside(server, path):
    answer = curl(server, path, "-w", "\n%{http_code}")
    body, _, code = answer.stdout.rpartition("\n")
    assert re.fullmatch("4[0-9][0-9]", code), f"{path} was answered {code}"
    assert SECRET.decode() not in body and "root:" not in body


def outcome_of(report):
    rows = re.findall(r"^(Complete|Failed|Non-2xx|Write) \w+:\s+(\d+)", report, re.MULTILINE)
    return {name: int(count) for name, count in rows}


def test_10000_requests_of_100_at_once(server):
    if not shutil.which("ab"):
        pytest.skip("ab is not installed: apt-get install apache2-utils")
    address = f"http://127.0.0.1:{server.port}/small.txt"
    report = run(["ab", "-q", "-n", "10000", "-c", "100", "-k", address]).stdout
    assert outcome_of(report) == {"Complete": 10000, "Failed": 0}, report


def test_big_file_arrives_bit_for_bit_in_a_world(site, tmp_path):
    """The clients compare every byte; 1 % of the packets are lost."""
    shutil.copy(site / "big.bin", tmp_path)
    printed = run([program("examples/http_server"), "sim", tmp_path, "--clients", 2, "--requests", 4,
                   "--loss", 10000]).stdout
    assert f"4 answers with {4 * 10 * MIB} bytes compared, 0 clients failed" in printed


def test_10000_simulated_requests(site):
    command = [program("examples/http_server"), "sim", site / "sub", "--requests", 10000, "--clients", 100]
    printed = run(command).stdout
    answers, failed = map(int, re.search(r"(\d+) answers .* (\d+) clients failed", printed).groups())
    assert (answers, failed) == (10000, 0), printed
