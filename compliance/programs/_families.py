"""The families of programs."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from compliance._trace import Trace

from . import (
    _decoder_interpreter,
    _decoders,
    _emitter_interpreter,
    _emitters,
    _pipeline_interpreter,
    _pipelines,
    _stream_interpreter,
    _streams,
)

Json = Any


@dataclass(frozen=True)
class Family:
    """One kind of program.

    Attributes:
        name: what it is called; its interpreter in Node is `name.mjs`.
        programs: the strategy that makes its programs.
        begin: the interpreter in Python: begins a program in a turn of the loop, and writes down what it sees.
        covered: what a program and its trace make use of, as words to be counted.
        comparable: what is compared of Node's trace and of ours.
    """

    name: str
    programs: Callable[[], st.SearchStrategy[Json]]
    begin: Callable[[Json, Trace], None]
    covered: Callable[[Json, list[str]], Iterator[str]]
    comparable: Callable[[list[str], list[str]], tuple[list[str], list[str]]] = lambda node, ours: (node, ours)


FAMILIES = {
    family.name: family
    for family in (
        Family("streams", _streams.programs, _stream_interpreter.begin, _streams.covered, _streams.comparable),
        Family("pipelines", _pipelines.programs, _pipeline_interpreter.begin, _pipelines.covered),
        Family("emitters", _emitters.programs, _emitter_interpreter.begin, _emitters.covered),
        Family("decoders", _decoders.programs, _decoder_interpreter.begin, _decoders.covered),
    )
}
