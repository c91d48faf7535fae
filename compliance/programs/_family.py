"""What a family of programs consists of, and families that belong together."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from compliance._trace import Trace

Json = Any
Lines = list[str]


def as_written(node: Lines, ours: Lines) -> tuple[Lines, Lines]:
    """Both traces, whole."""
    return node, ours


@dataclass(frozen=True)
class Family:
    """One kind of program.

    Its functions are of modules, not made on the spot: a family is handed to the processes that run it.

    Attributes:
        name: what it is called.
        script: its interpreter in Node.
        programs: the strategy that makes its programs.
        begin: the interpreter in Python: begins a program in a turn of the loop, and writes down what it sees.
        covered: what a program and its trace make use of, as words to be counted.
        comparable: what is compared of Node's trace and of ours.
    """

    name: str
    script: Path
    programs: Callable[[], st.SearchStrategy[Json]]
    begin: Callable[[Json, Trace], None]
    covered: Callable[[Json, Lines], Iterator[str]]
    comparable: Callable[[Lines, Lines], tuple[Lines, Lines]] = as_written


@dataclass(frozen=True)
class Corpus:
    """Families that the command line runs together.

    Attributes:
        name: what it is called there.
        families: the families by name.
        kept: the folder of the programs that once differed.
    """

    name: str
    families: Mapping[str, Family]
    kept: Path

    @property
    def names(self) -> tuple[str, ...]:
        """What can be picked of it."""
        return (*self.families, "kept")


def corpus(name: str, folder: Path, *families: Family) -> Corpus:
    """A corpus whose kept programs are in a folder's `kept`."""
    return Corpus(name, {family.name: family for family in families}, folder / "kept")
