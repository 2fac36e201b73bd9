# SPDX-License-Identifier: MIT
"""What the README shows is what the programs print."""

import re

from support import ROOT, program, run


def test_picture_on_the_first_screen_is_the_real_output(tmp_path):
    readme = (ROOT / "README.md").read_text()
    picture = re.search(r"```\n\$ chat_order --seeds 200\n(.*?)```", readme, re.S).group(1)
    printed = run([program("examples/chat_order"), "--seeds", 200, "--pcap", tmp_path / "x.pcap", "--ladder"],
                  limit_s=60).stdout
    printed_rows = {line.rstrip() for line in printed.splitlines()}
    missing = [line for line in picture.splitlines() if line and line.rstrip() not in printed_rows]
    assert not missing, "README.md shows what chat_order --seeds 200 does not print:\n" + "\n".join(missing)
