"""What `process` has to do with the event loop: `next_tick`, and the events of the loop's life.

The module is the emitter: `process.on("uncaughtException", handler)`, `process.next_tick(callback)`.

Events:
    uncaughtException(error, origin): an exception that no callback handled. With a listener the loop goes on; without
        one it ends, and the exception comes out of `run()`.
    unhandledRejection(error, promise): an async listener or hook that failed, or a promise that was rejected, with
        nobody to take it. Without a listener it goes to `uncaughtException`.
    warning(warning): also shown as Python warnings are.
    beforeExit(code), exit(code): `run()` has nothing left to do; what a listener of `beforeExit` schedules still runs.
    SIGINT(), SIGTERM() and every other signal's name: the process got that signal, while the loop runs in the main
        thread. While there is a listener, the signal does nothing else.

Node: node:process
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable
from typing import Any

from . import _warnings
from .errors import ERR_INVALID_ARG_TYPE
from .events import EventEmitter, EventName
from .loop import EventLoop, SignalWatcher, current_loop, set_process

__all__ = [
    "emit",
    "emitWarning",
    "emit_warning",
    "nextTick",
    "next_tick",
    "off",
    "on",
    "once",
    "process",
    "remove_all_listeners",
    "remove_listener",
]


class Process(EventEmitter):
    """The emitter behind this module. Node: process"""

    def __init__(self) -> None:
        super().__init__()
        self._signals: dict[EventName, SignalWatcher] = {}
        self.on("newListener", self._watch_signal)
        self.on("removeListener", self._unwatch_signal)

    def _watch_signal(self, event: EventName, _listener: Callable[..., Any]) -> None:
        number = _signal_number(event)
        if number is not None and event not in self._signals:
            self._signals[event] = self._watcher(current_loop(), event, number)

    def _watcher(self, loop: EventLoop, event: EventName, number: signal.Signals) -> SignalWatcher:
        return SignalWatcher(loop, number, lambda: self.emit(event, event, int(number)))

    def _loop_begins(self, loop: EventLoop, /) -> None:
        """Signals that were watched in a loop that has ended are watched in `loop` from now on."""
        if threading.current_thread() is not threading.main_thread():
            return
        for event, watcher in list(self._signals.items()):
            number = _signal_number(event)
            if number is not None and watcher.loop is not loop and not watcher.loop.running:
                watcher.close()
                self._signals[event] = self._watcher(loop, event, number)

    def _unwatch_signal(self, event: EventName, _listener: Callable[..., Any]) -> None:
        if event in self._signals and self.listener_count(event) == 0:
            self._signals.pop(event).close()


def _signal_number(event: EventName) -> signal.Signals | None:
    if isinstance(event, str) and event.startswith("SIG"):
        return signal.Signals.__members__.get(event)
    return None


def next_tick(callback: Callable[..., Any], *args: Any) -> None:
    """Call `callback(*args)` when the current turn has ended, before any I/O, timer or immediate.

    Node: process.nextTick
    """
    if not callable(callback):
        raise ERR_INVALID_ARG_TYPE("callback", "of type function", callback)
    current_loop().next_tick(callback, *args)


def _tell_of_warning(warning: Warning) -> None:
    try:
        loop = current_loop()
    except RuntimeError:
        return  # a program without a loop: nothing can be emitted later
    loop.next_tick(process.emit, "warning", warning)


process = Process()
set_process(process)
_warnings.on_warning(_tell_of_warning)

on = process.on
once = process.once
off = process.off
emit = process.emit
remove_listener = process.remove_listener
remove_all_listeners = process.remove_all_listeners
emit_warning = _warnings.emit_warning
nextTick = next_tick
emitWarning = emit_warning
