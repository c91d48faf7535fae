"""What a scenario writes down, and how values are shown. The twin of trace.mjs: both must show a value alike."""

from __future__ import annotations

import json
import math
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, TypeVar

from nodestream import errors
from nodestream.events import EventEmitter, Symbol

E = TypeVar("E", bound=EventEmitter)

STATE = {
    "readable": "readable",
    "readable_flowing": "readableFlowing",
    "readable_length": "readableLength",
    "readable_ended": "readableEnded",
    "readable_did_read": "readableDidRead",
    "readable_aborted": "readableAborted",
    "writable": "writable",
    "writable_length": "writableLength",
    "writable_need_drain": "writableNeedDrain",
    "writable_ended": "writableEnded",
    "writable_finished": "writableFinished",
    "writable_corked": "writableCorked",
    "writable_aborted": "writableAborted",
    "errored": "errored",
    "closed": "closed",
    "destroyed": "destroyed",
}

EVENTS = ("pause", "resume", "end", "pipe", "unpipe", "drain", "prefinish", "finish", "error", "close")

_ESCAPES = {10: "\\n", 13: "\\r", 9: "\\t", 34: '\\"', 92: "\\\\"}


def quote(text: str) -> str:
    """A string with everything but printable ASCII escaped, by UTF-16 code units as JavaScript counts them."""
    units = memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H")
    return '"' + "".join(map(_shown_unit, units)) + '"'


def _shown_unit(code: int) -> str:
    if code in _ESCAPES:
        return _ESCAPES[code]
    if 32 <= code < 127:
        return chr(code)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def _error_name(error: BaseException) -> str:
    if isinstance(error, errors.AbortError):
        return "AbortError"
    if isinstance(error, errors.DOMException):
        return error.name
    if isinstance(error, errors.NodeAggregateError):
        return "AggregateError"
    if isinstance(error, TypeError):
        return "TypeError"
    if isinstance(error, ValueError):
        return "RangeError"
    if isinstance(error, Warning):
        return type(error).__name__
    return "Error"


def _show_error(error: BaseException) -> str:
    code = getattr(error, "code", "")
    return f"{_error_name(error)}{f' [{code}]' if code else ''}: {error}"


def _show_number(value: float) -> str:
    if isinstance(value, float):
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "Infinity" if value > 0 else "-Infinity"
        if value.is_integer():
            return str(int(value))
    return str(value)


def show(value: object) -> str:
    """A value as trace.mjs shows its counterpart."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return _show_number(value)
    if isinstance(value, str):
        return quote(value)
    if isinstance(value, Symbol):
        return f"Symbol({value.description})"
    if isinstance(value, BaseException):
        return _show_error(value)
    if isinstance(value, (bytes, bytearray, memoryview)):
        return "b" + quote(bytes(value).decode("latin-1"))
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {show(item)}" for key, item in value.items()) + "}"
    if isinstance(value, Sequence):
        return "[" + ", ".join(map(show, value)) + "]"
    if isinstance(value, EventEmitter) or not callable(value):
        return f"[{type(value).__name__}]"
    return "function"


def compact(value: Any) -> str:
    """As JSON.stringify() writes it; an infinite number is null."""
    return json.dumps(value, separators=(",", ":")).replace("Infinity", "null")


def _has(stream: object, name: str) -> bool:
    # Node's Duplex lacks this one property of a Writable; that ours has it is no difference that matters.
    return hasattr(stream, name) and not (name == "writable_aborted" and hasattr(stream, "readable_flowing"))


class Trace:
    """Where a scenario writes down what it sees: `t("label", value, ...)` is one line."""

    def __init__(self, write: Callable[[str], None]) -> None:
        self._write = write
        self._open = True

    def close(self) -> None:
        """The scenario is over: what comes now belongs to nobody."""
        self._open = False

    def __call__(self, label: str, *values: object) -> Any:
        """Write a line. There is no result; the type says Any so that a lambda may do this and something else."""
        if self._open:
            self._write(label + "".join(f" {show(value)}" for value in values))

    def call(self, label: str, function: Callable[..., Any], *args: Any) -> Any:
        """Call a function and write down what it returns or raises."""
        try:
            result = function(*args)
        except Exception as error:
            self(f"{label} throws", error)
            return None
        self(label, result)
        return result

    def callback(self, label: str) -> Callable[..., None]:
        """A function that writes down its arguments; those missing at the end count for nothing."""

        def write(*args: object) -> None:
            values = list(
                args[:1] if label.endswith("unpipe") else args
            )  # what comes second there is nobody's business
            while values and values[-1] is None:
                values.pop()
            self(label, *values)

        return write

    def events(self, emitter: E, prefix: str = "", *more: str) -> E:
        """Listen to the events of a stream, and to the further ones named."""
        return self.on(emitter, prefix, *more, *EVENTS)

    def on(self, emitter: E, prefix: str, *names: str) -> E:
        """Listen to the events named."""
        for name in names:
            emitter.on(name, self.callback(prefix + name))
        return emitter

    def state(self, stream: object, label: str = "state") -> None:
        """Write down every state property that the stream has."""
        shown = [f"{node}={show(getattr(stream, name))}" for name, node in STATE.items() if _has(stream, name)]
        if self._open:
            self._write(f"{label} {' '.join(shown)}")


Scenario = Callable[[Trace], Any]


class Scenarios(dict[str, Scenario]):
    """The scenarios of an area by name. As a decorator, it adds a function under the function's name."""

    def __call__(self, function: Scenario) -> Scenario:
        self.add(function.__name__, function)
        return function

    def add(self, name: str, function: Scenario) -> None:
        """Add a scenario under a name of its own."""
        if name in self:
            raise ValueError(f"there are two scenarios called {name!r}")
        self[name] = function

    def add_rows(self, table: Mapping[str, Any], run: Callable[[Trace, Any], Awaitable[None]]) -> None:
        """Add a scenario for each row of a table: `run(t, row)`."""

        def scenario_of(row: Any) -> Scenario:
            async def scenario(t: Trace) -> None:
                await run(t, row)

            return scenario

        for name, row in table.items():
            self.add(name, scenario_of(row))
