"""The lists: EXCLUDED.md, the files that are not run, and reasons.toml, why those that fail do."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

HERE = Path(__file__).parent
EXCLUDED = HERE / "EXCLUDED.md"
REASONS = HERE / "reasons.toml"

Cause = Literal["bridge", "missing", "behaviour"]
CAUSES: tuple[Cause, ...] = get_args(Cause)

_ROW = re.compile(r"^\|\s*`?(?P<file>parallel/[^`|\s]+)`?\s*\|(?P<reason>.*)\|\s*$")
_HEAD = re.compile(r"^\|(?:\s*file\s*\|\s*reason\s*\||[-:\s|]+$)", re.IGNORECASE)


class ListError(Exception):
    """A list does not say what it should."""


@dataclass(frozen=True)
class Reason:
    """Why a file fails."""

    cause: Cause
    text: str


@dataclass(frozen=True)
class Lists:
    """Both lists, by the name of the file."""

    excluded: Mapping[str, str]
    reasons: Mapping[str, Reason]


def read_lists(excluded: Path = EXCLUDED, reasons: Path = REASONS) -> Lists:
    """Read both. Raises ListError: one is malformed, or a file is listed twice."""
    lists = Lists(read_excluded(excluded), read_reasons(reasons))
    if both := sorted(lists.excluded.keys() & lists.reasons.keys()):
        raise ListError(f"{both[0]} is listed in {excluded.name} and in {reasons.name}")
    return lists


def read_excluded(path: Path = EXCLUDED) -> dict[str, str]:
    """The rows of the table: why each file is not run. Raises ListError."""
    found: dict[str, str] = {}
    for number, line in enumerate(_text(path).splitlines(), 1):
        if not line.startswith("|") or _HEAD.match(line):
            continue
        match = _ROW.match(line)
        if match is None or not match["reason"].strip():
            raise ListError(f"{path.name}, line {number}: a row is | `parallel/test-x.js` | reason |")
        if match["file"] in found:
            raise ListError(f"{path.name}, line {number}: {match['file']} is listed twice")
        found[match["file"]] = match["reason"].strip()
    return found


def read_reasons(path: Path = REASONS) -> dict[str, Reason]:
    """The cause and the reason of each file that is known to fail. Raises ListError."""
    try:
        tables = tomllib.loads(_text(path))
    except tomllib.TOMLDecodeError as error:
        raise ListError(f"{path.name}: {error}") from error
    if unknown := sorted(tables.keys() - set(CAUSES)):
        raise ListError(f"{path.name}: there is no cause called {unknown[0]}; there are: {', '.join(CAUSES)}")
    found: dict[str, Reason] = {}
    for cause in CAUSES:
        for file, text in _entries(path, cause, tables.get(cause, {})).items():
            if file in found:
                raise ListError(f"{path.name}: {file} is listed twice, as {found[file].cause} and as {cause}")
            found[file] = Reason(cause, text)
    return found


def _entries(path: Path, cause: Cause, table: object) -> dict[str, str]:
    if not isinstance(table, dict):
        raise ListError(f"{path.name}: {cause} is a table of files")
    for file, text in table.items():
        if not isinstance(text, str) or not text.strip() or "\n" in text:
            raise ListError(f"{path.name}: the reason of {file} is one line of text")
    return table


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise ListError(f"{path} cannot be read: {error.strerror}") from error
