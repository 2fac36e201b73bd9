# SPDX-License-Identifier: MIT
"""Connection attempts that fail as on a real network, in a network namespace that is made for them."""

import os
import shutil
import subprocess

import pytest

from support import program, run

# The neighbour of 203.0.113.3 is the far end of the pair, which throws away what is not for it.
PREPARE = """set -e
ip link set lo up
ip link add near type veth peer name far
ip address add 203.0.113.1/24 dev near
ip link set near up
ip link set far up
ip neighbour add 203.0.113.3 lladdr 02:00:00:00:00:03 nud permanent dev near
echo 1 >/proc/sys/net/ipv4/tcp_syn_retries
echo 1 >/proc/sys/net/ipv4/neigh/near/mcast_solicit
echo 20 >/proc/sys/net/ipv4/neigh/near/retrans_time_ms
exec "$@"
"""


@pytest.fixture(scope="module")
def namespace():
    """What to put before a command."""
    if not shutil.which("unshare") or not shutil.which("ip"):
        pytest.skip("no namespaces: apt-get install util-linux iproute2")
    before = ["unshare", "--map-root-user", "--net", "sh", "-c", PREPARE, "sh"]
    tried = subprocess.run([*before, "true"], capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        pytest.skip(f"a network namespace is not permitted here: {tried.stderr.strip()}")
    return before


@pytest.mark.parametrize("case", ["without_route_connect_fails_at_once-epoll",
                                  "without_route_connect_fails_at_once-poll",
                                  "attempt_without_a_neighbour_is_told",
                                  "attempt_without_an_answer_times_out"])
def test_attempt_ends_as_the_network_says(namespace, case):
    command = [*namespace, program("tests/castanet_tests"), "--run", f"real_network/{case}"]
    printed = run(command, env={**os.environ, "CASTANET_NETWORK": "1"}).stdout
    assert "1 passed, 0 failed" in printed and "skipped" not in printed, printed
