# SPDX-License-Identifier: MIT
"""What somebody can mend, said in three lines: what, why, fix."""


class Complaint(Exception):
    def __init__(self, what, why, fix):
        super().__init__(what, why, fix)
        self.what, self.why, self.fix = what, why, fix

    def __str__(self):
        return f"error: {self.what}\n  why: {self.why}\n  fix: {self.fix}"
