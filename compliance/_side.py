"""Running the scenarios of one area on one side, in a process of their own, and gathering their traces.

One process runs all scenarios of an area. One that hangs or dies costs its own scenario: its trace ends with a line
that says so, and a new process goes on with the next. An area that is *solo* gets a process for each scenario.
"""

from __future__ import annotations

import json
import os
import queue
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any

from compliance import _certificates
from compliance._node import node_binary

HERE = Path(__file__).parent

SCENARIO_LIMIT = 10.0
"""Seconds until a scenario that neither ends nor writes anything is given up."""

Message = list[Any]


@dataclass
class Traces:
    """What one side wrote down: the names of all its scenarios, and the lines of each that was run.

    `failure` says why the area could not be run at all.
    """

    names: list[str] = field(default_factory=list)
    lines: dict[str, list[str]] = field(default_factory=dict)
    failure: str | None = None


def node_command(area: str) -> list[str]:
    """How to run an area in Node."""
    return [node_binary(), "--no-warnings", str(HERE / "worker.mjs"), area]


def python_command(area: str) -> list[str]:
    """How to run an area on this library."""
    return [sys.executable, "-m", "compliance._worker", area]


class Worker:
    """A process that runs scenarios; to be used as a context manager, which ends it."""

    def __init__(self, command: Sequence[str]) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115 (__exit__ closes it)
        self._popen = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            cwd=HERE.parent,
            env=os.environ | {_certificates.VARIABLE: _certificates.folder()},
        )
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._popen.kill()
        self._popen.wait()
        self._reader.join()
        for file in (self._popen.stdin, self._popen.stdout, self._stderr):
            if file is not None:
                file.close()

    def _read(self) -> None:
        for line in self._popen.stdout or ():
            self._messages.put(_parsed(line))
        self._messages.put(None)

    def next_message(self, limit: float) -> Message | None:
        """The next thing it says; None when it has ended. Raises queue.Empty after `limit` seconds."""
        return self._messages.get(timeout=limit)

    def send(self, message: Any, *, last: bool = False) -> None:
        """Tell it something, as one line of JSON."""
        stdin = self._popen.stdin
        if stdin is not None:
            stdin.write(json.dumps(message).encode() + b"\n")
            stdin.flush()
            if last:
                stdin.close()

    def status(self) -> int:
        """Its exit status, once it has ended."""
        return self._popen.wait()

    def complaint(self) -> str:
        """The end of what it wrote to standard error."""
        self._stderr.seek(0)
        return "\n".join(self._stderr.read().decode(errors="replace").strip().splitlines()[-12:])


def _parsed(line: bytes) -> Message:
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    return message if isinstance(message, list) else ["line", f"stray output: {line.decode(errors='replace').strip()}"]


def run_side(command: Sequence[str], select: Callable[[str], bool], limit: float = SCENARIO_LIMIT) -> Traces:
    """Run the scenarios of an area that `select(name)` picks."""
    traces = Traces()
    waiting: list[str] | None = None
    while waiting is None or waiting:
        with Worker(command) as worker:
            solo = _greet(worker, traces)
            if traces.failure is not None:
                break
            if waiting is None:
                waiting = [name for name in traces.names if select(name)]
            batch = waiting[:1] if solo else waiting
            worker.send(batch, last=True)
            done = _Batch(worker, traces, solo, limit).run() if batch else 0
            waiting = waiting[max(done, 1) :]
    return traces


def _greet(worker: Worker, traces: Traces) -> bool:
    """Take the names that the worker begins with; returns whether the area is solo."""
    try:
        message = worker.next_message(60)
    except queue.Empty:
        message = ["line", "it says nothing"]
    if message is None or message[0] != "names":
        traces.failure = worker.complaint() or f"the worker said {message}"
        return False
    traces.names = list(message[1])
    return bool(message[2])


class _Batch:
    """Scenarios that one worker runs, one after the other."""

    def __init__(self, worker: Worker, traces: Traces, solo: bool, limit: float) -> None:
        self.worker = worker
        self.traces = traces
        self.solo = solo
        self.limit = limit
        self.begun = 0
        self.lines: list[str] = []
        self.running = False

    def run(self) -> int:
        """Gather the traces; returns how many scenarios began."""
        over = False
        while not over:
            try:
                message = self.worker.next_message(self.limit)
            except queue.Empty:
                self.lines.append("timed out")
                break
            over = self._take(message)
        return self.begun

    def _take(self, message: Message | None) -> bool:
        """One message; returns whether it was the last."""
        match message:
            case ["start", name]:
                self.begun += 1
                self.lines = self.traces.lines.setdefault(name, [])
                self.running = True
            case ["end", _]:
                self.running = False
            case ["line", text]:
                self.lines.append(text)
            case _:
                self._ended()
                return True
        return False

    def _ended(self) -> None:
        if self.solo:
            self.lines.append("exit status 0" if self.worker.status() == 0 else "exit status not 0")
        elif self.running:
            self.lines.append(f"the process died: {self.worker.complaint()}")
