"""Running one program on both sides."""

from __future__ import annotations

import contextlib
import json
import queue
import re
import signal
import warnings
from collections.abc import Iterator
from types import TracebackType
from typing import Any

import nodestream.process
from compliance._node import node_binary
from compliance._runner import show_difference
from compliance._side import Worker
from compliance._trace import Trace
from compliance._worker import PROCESS_EVENTS
from nodestream.loop import run
from nodestream.timers import set_immediate

from ._family import Family

Json = Any

PROGRAM_LIMIT = 5.0
"""Seconds that one program may take here."""

NODE_LIMIT = 30.0
"""Seconds after which Node is given up."""


class NodePrograms:
    """Node, running the programs of one family one after the other; to be used as a context manager."""

    def __init__(self, family: Family) -> None:
        self._script = family.script
        self._worker: Worker | None = None

    def __enter__(self) -> NodePrograms:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._worker is not None:
            self._worker.__exit__(None, None, None)
            self._worker = None

    def begin(self, program: Json) -> None:
        """Let Node run a program, while this process does something else."""
        if self._worker is None:
            self._worker = Worker([node_binary(), "--no-warnings", str(self._script)])
        self._worker.send(program)

    def trace(self) -> list[str]:
        """The trace of the program that was begun. One that Node does not survive ends with a line that says so."""
        worker = self._worker
        assert worker is not None, "no program was begun"
        try:
            trace = worker.next_message(NODE_LIMIT)
        except queue.Empty:
            trace = None
        if trace is None:
            complaint = worker.complaint()
            self.__exit__(None, None, None)
            return [f"Node does not end this program: {complaint}"]
        return trace


class Differs(Exception):
    """A program whose two traces differ.

    Attributes:
        program: the program.
        kind: the first lines that differ, without what is particular to this program: those that have it in common
            most likely have one reason.
        difference: both traces around that place.
    """

    def __init__(self, program: Json, expected: list[str], got: list[str]) -> None:
        super().__init__("the traces differ")
        self.program = program
        self.kind = _kind(expected, got)
        self.difference = show_difference(expected, got)


def _kind(expected: list[str], got: list[str]) -> str:
    pairs = zip([*expected, "the end"], [*got, "the end"], strict=False)
    node, ours = next((pair for pair in pairs if pair[0] != pair[1]), ("the end", "the end"))
    return f"Node: {_outline(node)}; here: {_outline(ours)}"


def _outline(line: str) -> str:
    label = re.sub(r"\d+", "#", line.partition(" <")[0])
    words = label.split(" ")
    return words[0] if words[0] == "state" else " ".join(words[:3])


def run_program(family: Family, program: Json) -> list[str]:
    """Run one program on a loop of its own; returns its trace."""
    lines: list[str] = []
    trace = Trace(lines.append)
    process = nodestream.process
    process.on("uncaughtException", lambda error, origin: trace("uncaught", error))
    process.on("exit", lambda code: trace.close())
    try:
        with _time_limit(PROGRAM_LIMIT):
            run(set_immediate, family.begin, program, trace)
    except _TooLong:
        lines.append("timed out")
    except Exception as error:
        lines.append(f"run() raises {error!r}")
    finally:
        for event in PROCESS_EVENTS:
            process.remove_all_listeners(event)
        trace.close()
    return lines


class _TooLong(BaseException):
    """The program does not end."""


@contextlib.contextmanager
def _time_limit(seconds: float) -> Iterator[None]:
    def give_up(*_: object) -> None:
        raise _TooLong

    before = signal.signal(signal.SIGALRM, give_up)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def check_program(node: NodePrograms, family: Family, program: Json) -> list[str]:
    """Run one program on both sides; returns the trace. Raises Differs."""
    node.begin(program)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        got = run_program(family, json.loads(json.dumps(program)))
    expected = node.trace()
    node_trace, our_trace = family.comparable(expected, got)
    if node_trace != our_trace:
        raise Differs(program, node_trace, our_trace)
    return got
