# SPDX-License-Identifier: MIT
"""Scenario programs of castanet from Python: as pytest items, and as data.

A scenario program is a compiled one that links castanet::main.  Nothing here is compiled: programs run as
children and tell what happened as lines of JSON.

    from pytest_castanet import Program
    with Program("build/tests/upload_tests") as program:
        result = program.explore("upload", runs=1000)
        assert result.passed, result
"""

from .complaint import Complaint
from .program import Program, explore_all
from .result import Result

__version__ = "0.1.0"
__all__ = ["Complaint", "Program", "Result", "explore_all"]
