"""Runs the library for JavaScript: `python -m compliance.node_suite.bridge FOLDER`.

In FOLDER it makes three named pipes: `calls` (JavaScript to Python), `replies` (the way back)
and `bell`.
"""

from __future__ import annotations

import os
import sys
import traceback
import warnings
from collections.abc import Awaitable
from pathlib import Path
from typing import Any, NoReturn

import nodestream.process
from compliance.node_suite.bridge._channel import Channel
from compliance.node_suite.bridge._emitters import bind_listeners
from compliance.node_suite.bridge._guest import BridgedLoop, Guest
from compliance.node_suite.bridge._nothing import UNDEFINED
from compliance.node_suite.bridge._reflection import Classes
from compliance.node_suite.bridge._service import Service
from compliance.node_suite.bridge._sockets import share_buffers
from compliance.node_suite.bridge._values import Values
from nodestream._warnings import on_warning
from nodestream.loop import Promise, set_process

DEEPEST = 20_000
"""Frames of Python: calls nest in both languages, and JavaScript's stack is the one that should end first."""


class Process:
    """What the loop tells of goes to JavaScript's process."""

    def __init__(self, values: Values) -> None:
        self._values = values

    def emit(self, event: str, /, *args: Any) -> bool:
        """Tell JavaScript; it handles everything, or ends."""
        if event == "uncaughtException":
            self._values.tell("fatal", self._values.encode(args[0]))
        elif event == "unhandledRejection":
            self._values.tell("reject", self._values.encode(args[0]))
        return True

    def _loop_begins(self, loop: object, /) -> None:
        """Signals are Node's."""


def keep_promise(values: Values, loop: BridgedLoop, number: int, awaitable: Awaitable[Any]) -> None:
    """Settle JavaScript's promise when `awaitable` is done."""

    def settle(succeeded: bool, outcome: Any) -> None:
        values.forget_awaited(number)
        values.tell("settle", number, succeeded, values.encode(outcome, UNDEFINED))

    if isinstance(awaitable, Promise):  # which may be rejected with anything
        awaitable.when_settled(lambda value: settle(True, value), lambda error: settle(False, error))
    else:
        loop.spawn(awaitable, lambda error, value: settle(error is None, value if error is None else error))


def serve(folder: Path, ready: int) -> NoReturn:
    """Serve until JavaScript has gone; `ready` is closed when it can begin."""
    warnings.simplefilter("ignore")
    sys.setrecursionlimit(DEEPEST)
    # Opened both ways a pipe opens at once, though nobody is at its other end yet.
    keeper = os.open(folder / "calls", os.O_RDWR)
    incoming = os.open(folder / "calls", os.O_RDONLY)
    outgoing = os.open(folder / "replies", os.O_RDWR)
    bell = os.open(folder / "bell", os.O_RDWR)
    channel = Channel(incoming, outgoing)
    Service(channel, *connected(channel, bell), when_greeted=lambda: os.close(keeper))
    os.close(ready)
    channel.serve()


def connected(channel: Channel, bell: int) -> tuple[Values, Classes, Guest]:
    """The parts, told of each other; the loop runs."""
    classes = Classes()
    values = Values(channel, classes)
    loop = BridgedLoop()
    guest = Guest(loop, bell)
    channel.flags = lambda: guest.state
    classes.tell = lambda number, name: values.tell("attribute", number, name)
    values.before_request = loop.note_javascript
    values.when_awaited = lambda number, awaitable: keep_promise(values, loop, number, awaitable)
    loop.run_microtasks = lambda: channel.request("microtasks")
    on_warning(lambda warning: values.tell("make", values.encode(warning)))
    nodestream.process.on("warning", lambda warning: values.tell("warn", values.encode(warning)))
    set_process(Process(values))
    bind_listeners()
    share_buffers(values)
    guest.start()
    return values, classes, guest


def main(folder: Path) -> int:
    """Make the pipes, start the process that serves, and return when it can."""
    for name in ("calls", "replies", "bell"):
        os.mkfifo(folder / name)
    waiting, ready = os.pipe()
    if os.fork() == 0:
        os.close(waiting)
        try:
            serve(folder, ready)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
    os.close(ready)
    os.read(waiting, 1)
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
