"""The areas: which of Node's test files belong to each, what is replaced for them, and how many of them Deno passes."""

from __future__ import annotations

from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path

PARALLEL = "parallel"
"""The folder of the test files, and what their names begin with."""

_SUFFIXES = (".js", ".mjs")


class SelectionError(Exception):
    """There is nothing to run."""


@dataclass(frozen=True)
class Area:
    """Test files by the patterns of their names, the modules that are replaced for them, and Deno's figures."""

    name: str
    patterns: tuple[str, ...]
    replaced: str
    deno_passed: int
    deno_files: int


DENO_DATE = "August 2026"

_HTTP = "stream stream/promises stream/consumers events http https net tls"

AREAS = (
    Area(
        "stream", ("test-stream*",), "stream stream/promises stream/consumers stream/web buffer events http", 197, 205
    ),
    Area("events", ("test-event-emitter*", "test-events*"), "events stream stream/promises", 36, 37),
    Area("http", ("test-http-*",), _HTTP, 343, 385),
    Area("https", ("test-https-*",), _HTTP, 49, 63),
    Area("net", ("test-net-*",), "stream stream/promises events http https net", 135, 150),
)

KEPT = {"test-http-client-immediate-error.js": "net"}
"""A module that stays Node's own for one file, which makes a handle of libuv's for it and gives us what comes of it."""


@dataclass(frozen=True)
class TestFile:
    """A test file, named as in the lists: `parallel/test-x.js`."""

    __test__ = False  # not a class of tests, though pytest would take it for one

    name: str
    path: Path
    area: Area

    @property
    def replaced(self) -> str:
        """The names of the modules that are replaced for it."""
        kept = KEPT.get(self.path.name)
        return " ".join(name for name in self.area.replaced.split() if name != kept)


def select_files(tests: Path, only: str = "") -> list[TestFile]:
    """The files of all areas, by area and name; with `only`, those that match this glob.

    Raises SelectionError: `tests` is not the `test` folder of a Node checkout, or nothing matches.
    """
    if not tests.is_dir():
        raise SelectionError(f"there is no folder {tests}")
    if not all((tests / folder).is_dir() for folder in (PARALLEL, "common")):
        raise SelectionError(f"{tests} is not the `test` folder of a Node checkout: it has no {PARALLEL}/ and common/")
    glob = only.removeprefix(f"{PARALLEL}/") or "*"
    names = sorted(path.name for path in (tests / PARALLEL).iterdir() if path.suffix in _SUFFIXES)
    files = [_test_file(tests, name, area) for area in AREAS for name in names if _belongs(name, area)]
    selected = [file for file in files if fnmatchcase(file.path.name, glob)]
    if not selected:
        raise SelectionError(f"no file in {tests / PARALLEL} matches {only!r}" if only else f"{tests} has no tests")
    return selected


def _belongs(name: str, area: Area) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in area.patterns)


def _test_file(tests: Path, name: str, area: Area) -> TestFile:
    return TestFile(f"{PARALLEL}/{name}", tests / PARALLEL / name, area)
