# SPDX-License-Identifier: MIT
"""Reads C source as far as the style rules need: code without comments and strings, comments, functions.

Not a parser: it knows comments, literals, preprocessor lines and braces.  Line numbers are kept everywhere.
"""

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)"""
    r"""|(?P<literal>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')""",
    re.DOTALL | re.VERBOSE)


def blank(text):
    return re.sub(r"[^\n]", " ", text)


def without_comments(text, keep_literals=False):
    """The code, comments turned into spaces and the contents of literals too."""
    def replace(match):
        if match.lastgroup == "comment":
            return blank(match.group())
        return match.group() if keep_literals else '"' + blank(match.group()[1:-1]) + '"'
    return TOKEN.sub(replace, text)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def comments(text):
    """(line, comment) pairs; a comment that ends a line of code is marked by False as third."""
    for match in TOKEN.finditer(text):
        if match.lastgroup == "comment":
            before = text[text.rfind("\n", 0, match.start()) + 1:match.start()]
            yield line_of(text, match.start()), match.group(), not before.strip()


def includes(text):
    """(line, path) of every #include, with its quotes or brackets."""
    code = without_comments(text, keep_literals=True)
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*("[^"\n]+"|<[^>\n]+>)', code, re.MULTILINE):
        yield line_of(code, match.start()), match.group(1)


def plain_code(text):
    """Code alone: no comments, literals, preprocessor lines, nor what only a C++ compiler sees."""
    code = without_comments(text)
    code = re.sub(r"^[ \t]*#[ \t]*ifdef[ \t]+__cplusplus\b.*?^[ \t]*#[ \t]*endif",
                  lambda match: blank(match.group()), code, flags=re.MULTILINE | re.DOTALL)
    return re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda match: blank(match.group()), code,
                  flags=re.MULTILINE)


@dataclass
class Function:
    name: str
    first: int
    last: int

    @property
    def lines(self):
        return self.last - self.first + 1


def functions(text):
    """The function definitions of a file, from the line where the declaration starts to the closing brace."""
    code = plain_code(text)
    depth, start, opened = 0, 0, None
    for match in re.finditer(r"[{};]", code):
        mark = match.group()
        if mark == "{":
            if depth == 0:
                opened = header_of_function(code[start:match.start()], start)
            depth += 1
        elif mark == "}":
            depth -= 1
            if depth == 0:
                if opened:
                    name, offset = opened
                    yield Function(name, line_of(code, offset), line_of(code, match.start()))
                    start = match.end()
                opened = None
        elif depth == 0:
            start = match.end()


def header_of_function(head, start):
    """Name and offset if the words before a brace declare a function; None for types and initialisers."""
    if not head.rstrip().endswith(")") or "=" in head:
        return None
    call = re.search(r"(\w+)\s*\(", head)
    if not call:
        return None
    return call.group(1), start + len(head) - len(head.lstrip())
