# SPDX-License-Identifier: MIT
"""What the README shows is what the programs print."""

import re

from support import ROOT, program, run


def test_picture_on_the_first_screen_is_the_real_output(tmp_path):
    readme = (ROOT / "README.md").read_text()
    picture = re.search(r"```\n\$ http_server hunt site page.txt\n(.*?)```", readme, re.S).group(1)
    (tmp_path / "page.txt").write_text("".join(f"{n}\n" for n in range(1, 1001)))
    printed = run([program("examples/http_server"), "hunt", tmp_path, "page.txt"], limit_s=60).stdout
    printed_rows = {line.rstrip() for line in printed.splitlines()}
    missing = [line for line in picture.splitlines() if line and line.rstrip() not in printed_rows]
    assert not missing, "README.md shows what http_server hunt does not print:\n" + "\n".join(missing)
