"""Timers of the event loop: `set_timeout`, `set_interval`, `set_immediate`, and how to clear them.

Delays are in milliseconds. A callback gets the further arguments given. A timer that is set before `run()` counts from
the moment the loop runs. Those to await are in `nodestream.timers.promises`.

Node: node:timers
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .._timer_heap import Timeout as Timeout
from ..errors import ERR_INVALID_ARG_TYPE
from ..loop import Immediate as Immediate
from ..loop import current_loop
from . import promises as promises

__all__ = [
    "Immediate",
    "Timeout",
    "clearImmediate",
    "clearInterval",
    "clearTimeout",
    "clear_immediate",
    "clear_interval",
    "clear_timeout",
    "setImmediate",
    "setInterval",
    "setTimeout",
    "set_immediate",
    "set_interval",
    "set_timeout",
]


def _start(callback: Callable[..., Any], delay: float | None, args: tuple[Any, ...], repeat: bool) -> Timeout:
    if not callable(callback):
        raise ERR_INVALID_ARG_TYPE("callback", "of type function", callback)
    loop = current_loop()
    timer = Timeout(loop, callback, delay, args, repeat)
    loop.start_timer(timer)
    return timer


def set_timeout(callback: Callable[..., Any], delay: float | None = 1, *args: Any) -> Timeout:
    """Call `callback(*args)` once, `delay` milliseconds from now. Node: setTimeout"""
    return _start(callback, delay, args, repeat=False)


def set_interval(callback: Callable[..., Any], delay: float | None = 1, *args: Any) -> Timeout:
    """Call `callback(*args)` every `delay` milliseconds. Node: setInterval"""
    return _start(callback, delay, args, repeat=True)


def set_immediate(callback: Callable[..., Any], *args: Any) -> Immediate:
    """Call `callback(*args)` after the I/O that is ready now. Node: setImmediate"""
    if not callable(callback):
        raise ERR_INVALID_ARG_TYPE("callback", "of type function", callback)
    return current_loop().set_immediate(callback, *args)


def clear_timeout(timer: Timeout | None) -> None:
    """Cancel a timer; does nothing when it has come up already or is None. Node: clearTimeout"""
    if timer is not None:
        timer.close()


def clear_interval(timer: Timeout | None) -> None:
    """Cancel an interval. Node: clearInterval"""
    clear_timeout(timer)


def clear_immediate(immediate: Immediate | None) -> None:
    """Cancel an immediate. Node: clearImmediate"""
    if immediate is not None:
        immediate.close()


setTimeout = set_timeout
setInterval = set_interval
setImmediate = set_immediate
clearTimeout = clear_timeout
clearInterval = clear_interval
clearImmediate = clear_immediate
