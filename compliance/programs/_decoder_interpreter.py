"""The interpreter of the family `decoders`. The twin of decoders.mjs; _decoders.py tells what a program consists of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from compliance._trace import Trace
from nodestream import Readable, Writable
from nodestream.timers import set_immediate

Json = Any


def decode(chunk: Json) -> Any:
    """A chunk of a program as a value."""
    return bytes.fromhex(chunk[1]) if chunk[0] == "bytes" else chunk[1]


def _rejoined(text: str) -> str:
    """Surrogate pairs made characters."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "surrogatepass")


class Interpreter:
    """The stream of one program, and its operations on it."""

    def __init__(self, program: Json, trace: Trace) -> None:
        self.program = program
        self.t = trace
        self.text: list[str] = []
        self.stream: Any = None

    def run(self) -> None:
        make = self._readable if self.program["side"] == "readable" else self._writable
        self.stream = self.t.call("new", make)
        if self.stream is not None:
            self.stream.on("error", self.t.callback("error"))
            self.stream.on("end", self._ended)
            self._steps([*self.program["steps"], ["finish"]])

    def _readable(self) -> Any:
        stream = Readable({**self.program["options"], "read": lambda self, size: None})
        return stream.on("data", self._data) if self.program["flows"] else stream

    def _writable(self) -> Any:
        return Writable({**self.program["options"], "write": self._write})

    def _data(self, chunk: Any) -> None:
        if self.program["plain"] or not isinstance(chunk, str):
            self._flush()
            self.t("data", chunk)
        else:
            self.text.append(chunk)

    def _flush(self) -> None:
        if self.text:
            self.t("text", _rejoined("".join(self.text)))
            self.text.clear()

    def _ended(self) -> None:
        self._flush()
        self.t("end")

    def _write(self, stream: Any, chunk: Any, encoding: Any, callback: Callable[..., object]) -> None:
        self.t("_write", chunk, encoding)
        callback()

    def _steps(self, steps: list[Json]) -> None:
        step, rest = steps[0], steps[1:]
        name, *args = step
        self.t.call(name, getattr(self, f"op_{name}"), *args)
        if self.program["plain"] and self.program["side"] == "readable":
            self.t("length", self.stream.readable_length, self.stream.readable_encoding)
        if rest:
            set_immediate(self._steps, rest)

    def op_push(self, chunk: Json, encoding: str | None) -> None:
        self.stream.push(decode(chunk), *([] if encoding is None else [encoding]))

    def op_unshift(self, chunk: Json, encoding: str | None) -> None:
        self.stream.unshift(decode(chunk), *([] if encoding is None else [encoding]))

    def op_set_encoding(self, name: str) -> None:
        self.stream.set_encoding(name)

    def op_read(self, size: int | None) -> Any:
        return self.stream.read(size)

    def op_write(self, chunk: Json, encoding: str | None) -> Any:
        return self.stream.write(decode(chunk), *([] if encoding is None else [encoding]))

    def op_end(self, chunk: Json, encoding: str | None) -> None:
        self.stream.end(decode(chunk), *([] if encoding is None else [encoding]))

    def op_set_default_encoding(self, name: str) -> None:
        self.stream.set_default_encoding(name)

    def op_finish(self) -> None:
        if self.program["side"] == "writable":
            self.stream.end()
            return
        if not self.program["flows"]:
            self.stream.on("data", self._data)
        self.stream.push(None)


def begin(program: Json, trace: Trace) -> None:
    """Make the stream and take the first step."""
    Interpreter(program, trace).run()
