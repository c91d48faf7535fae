"""The one line of a failed test's output that says most about why it failed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import takewhile

from compliance.node_suite._running import Result

LONGEST = 160
"""Characters of a complaint."""

_SILENT = "it says nothing"

_BEFORE = r"^[\s\[]*(?:Uncaught )?"
_TELLING = (
    re.compile(_BEFORE + r"AssertionError(?: \[\w+\])?: (?P<text>.*)"),
    re.compile(r"^(?P<text>Mismatched .* function calls\..*)"),
    re.compile(_BEFORE + r"(?P<text>(?:[A-Z]\w*)?(?:Error|Exception)\b(?: \[\w+\])?: .*)"),
    re.compile(r"(?P<text>.*\bERR_\w+.*)"),
)
"""What to look for, the most telling first."""

_LEGEND = "+ actual - expected"
"""Above the lines of a difference."""

_IN_STACK = re.compile(r"\s+at \S|Node\.js v\d|Traceback ")

_FOLDERS = re.compile(
    r"(?:file://|(?<![\w/:.]))(?:(?:/[^\s/:'\"`()]+){2,}|/(?:tmp|home|root|var|usr|opt))/(?=[^\s/:'\"`()])"
)
"""The folders of an absolute path. Elsewhere two at least, for the target of a request such as /a/b is no path."""


def complaint_of(result: Result) -> str:
    """Why a file that does not pass does not."""
    if result.outcome == "timeout":
        return f"not done after {result.seconds:.0f} s"
    return first_complaint(result.output)


def first_complaint(output: str) -> str:
    """The most telling line of a test's output, without absolute paths and not longer than LONGEST."""
    text = _FOLDERS.sub("", " ".join(_telling_line(output.splitlines()).split()))
    return text if len(text) <= LONGEST else text[: LONGEST - 3].rstrip() + "..."


def _telling_line(lines: list[str]) -> str:
    for pattern in _TELLING:
        for number, line in enumerate(lines):
            if match := pattern.search(line):
                text = match["text"].removesuffix("{")
                return f"{text} {_difference(lines[number + 1 :])}" if pattern is _TELLING[0] else text
    spoken = (line for line in reversed(lines) if line.strip() and not _IN_STACK.match(line))
    return next(spoken, _SILENT)


def _difference(lines: Iterable[str]) -> str:
    """What an assertion compared: the lines below its message, of a difference only those that differ."""
    below = [line.strip() for line in takewhile(lambda line: not _IN_STACK.match(line), lines) if line.strip()]
    if _LEGEND in below:
        below = [line for line in below[below.index(_LEGEND) + 1 :] if line[0] in "+-"]
    return " ".join(below)
