"""Runs programs on this library. The twin of programs.mjs; what a program consists of is told in _programs.py."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Iterator
from typing import Any

import nodestream.process
from compliance._trace import EVENTS, Trace, show
from nodestream import Duplex, Readable, Transform, Writable, finished, pipeline
from nodestream.loop import next_tick, run
from nodestream.timers import set_immediate

PROGRAM_LIMIT = 5.0
"""Seconds that one program may take."""

R_STATE = ("readable", "readable_flowing", "readable_length", "readable_ended", "destroyed", "errored")
W_STATE = (
    "writable",
    "writable_length",
    "writable_need_drain",
    "writable_corked",
    "writable_ended",
    "writable_finished",
    "destroyed",
    "errored",
)

Json = Any
LATER: dict[str, Callable[[Callable[[], object]], object]] = {
    "sync": lambda f: f(),
    "tick": next_tick,
    "immediate": set_immediate,
}


class _TooLong(BaseException):
    """The program does not end."""


def run_program(program: Json) -> list[str]:
    """Run one program on a loop of its own; returns its trace."""
    lines: list[str] = []
    trace = Trace(lines.append)

    def begin() -> None:
        Interpreter(program, trace).run(program["steps"])

    nodestream.process.on("uncaughtException", lambda error, origin: trace("uncaught", error))
    try:
        with _time_limit(PROGRAM_LIMIT):
            run(set_immediate, begin)
    except _TooLong:
        lines.append("timed out")
    except Exception as error:
        trace("run() raises", error)
    finally:
        nodestream.process.remove_all_listeners("uncaughtException")
        trace.close()
    return lines


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


def decode(chunk: Json) -> Any:
    """A chunk of a program: ["bytes", hex], ["value", anything] or ["null"]."""
    if chunk[0] == "bytes":
        return bytes.fromhex(chunk[1])
    return None if chunk[0] == "null" else chunk[1]


def _error(message: str | None) -> Exception | None:
    return Exception(message) if message else None


class Interpreter:
    """The streams of one program, and its operations on them."""

    def __init__(self, program: Json, trace: Trace) -> None:
        self.program = program
        self.t = trace
        self.counts: dict[str, int] = {}
        self.listeners: dict[str, list[Callable[..., Any]]] = {}
        self.states: list[Callable[[], str]] = []
        self.r: Any = None
        self.w: Any = None
        self.via: Any = None
        self._build()

    def _build(self) -> None:
        kind, readable, writable = (self.program.get(key) for key in ("kind", "readable", "writable"))
        if kind in ("transform", "duplex"):
            if kind == "transform":
                self.r = self.w = Transform(self._transform_options(writable))
            else:
                self.r = self.w = Duplex({**self._readable_options(readable), **self._writable_options(writable)})
            self._watch(self.r, "", (*R_STATE, *W_STATE[:6]))
            return
        if readable:
            self.r = Readable(self._readable_options(readable))
            self._watch(self.r, "r.", R_STATE)
        if writable:
            self.w = Writable(self._writable_options(writable))
            self._watch(self.w, "w.", W_STATE)
        if via := self.program.get("via"):
            self.via = Transform(self._transform_options(via))
            self._watch(self.via, "t.", (*R_STATE, *W_STATE[:6]))

    def _watch(self, stream: Any, prefix: str, names: tuple[str, ...]) -> None:
        def state() -> str:
            return ",".join(show(getattr(stream, name)) for name in names)

        def listener(name: str) -> Callable[..., None]:
            return lambda *values: self._happened(prefix + name, values, state)

        for name in EVENTS:
            stream.on(name, listener(name))
        self.states.append(lambda: prefix + state())

    def _happened(self, name: str, values: tuple[Any, ...], state: Callable[[], str]) -> None:
        shown = f" {show(values[0])}" if values else ""
        self.t(f"{name}{shown} <{state()}>")
        self.counts[name] = count = self.counts.get(name, 0) + 1
        for event, nth, step in self.program["reactions"]:
            if event == name and nth == count:
                self._step(step)

    # --- hooks ---

    def _settle(self, outcome: Json, label: str, callback: Callable[..., object], value: Any = None) -> None:
        when, what = outcome
        if what == "never":
            return

        def settle() -> None:
            if what == "throw":
                raise Exception(f"thrown by {label}")
            if what == "error":
                callback(Exception(f"error of {label}"))
            else:
                callback(None, value)
            if what == "twice":
                callback(None, value)

        LATER[when](settle)

    def _life_hooks(self, side: Json) -> dict[str, Any]:
        hooks: dict[str, Any] = dict(side["options"])
        if outcome := side.get("construct"):
            hooks["construct"] = lambda _, callback: self._settle(outcome, "construct", callback)
        if side.get("destroy"):

            def destroy(_: Any, error: Any, callback: Callable[..., object]) -> None:
                self.t("_destroy", error)
                self._settle(side["destroy"], "destroy", lambda failure, _=None: callback(failure or error))

            hooks["destroy"] = destroy
        return hooks

    def _readable_options(self, side: Json) -> dict[str, Any]:
        reads = list(side["reads"])
        at_the_end = [["null"]] if side["ends"] else []

        def read(stream: Readable, size: int) -> None:
            self.t("_read", size)
            when, pushes = reads.pop(0) if reads else ("sync", at_the_end)
            if pushes:
                LATER[when](lambda: self._push_all(stream, pushes))

        return {**self._life_hooks(side), "read": read}

    def _push_all(self, stream: Readable, pushes: list[Json]) -> None:
        for chunk in pushes:
            if chunk[0] == "throw":
                raise Exception("thrown by read")
            if chunk[0] == "destroy":
                stream.destroy(Exception("error of read"))
            else:
                self.t("push", decode(chunk), stream.push(decode(chunk)))

    def _writable_options(self, side: Json) -> dict[str, Any]:
        hooks = self._life_hooks(side)
        writes = list(side["writes"])

        def outcome() -> Json:
            return writes.pop(0) if writes else ["sync", "ok"]

        objects = bool(side["options"].get("objectMode"))

        def write(_: Any, chunk: Any, encoding: str, callback: Callable[..., object]) -> None:
            self.t("_write", chunk, *([] if objects else [encoding]))
            self._settle(outcome(), "write", callback)

        def writev(_: Any, chunks: list[Any], callback: Callable[..., object]) -> None:
            self.t("_writev", [[entry.chunk, *([] if objects else [entry.encoding])] for entry in chunks])
            self._settle(outcome(), "writev", callback)

        def final(_: Any, callback: Callable[..., object]) -> None:
            self.t("_final")
            self._settle(side["final"], "final", callback)

        hooks["write"] = write
        if side["writev"]:
            hooks["writev"] = writev
        if side["final"]:
            hooks["final"] = final
        return hooks

    def _transform_options(self, side: Json) -> dict[str, Any]:
        objects = bool(side["options"].get("objectMode"))
        transforms = list(side["transforms"])

        def transformed(stream: Transform, todo: Json, label: str, callback: Callable[..., object]) -> None:
            outcome, pushes, value = todo
            for chunk in pushes:
                self.t("push", decode(chunk), stream.push(decode(chunk)))
            self._settle(outcome, label, callback, decode(value) if value else None)

        def transform(stream: Transform, chunk: Any, encoding: str, callback: Callable[..., object]) -> None:
            self.t("_transform", chunk, *([] if objects else [encoding]))
            todo = transforms.pop(0) if transforms else [["sync", "ok"], [], None]
            transformed(stream, todo, "transform", callback)

        def flush(stream: Transform, callback: Callable[..., object]) -> None:
            self.t("_flush")
            transformed(stream, side["flush"], "flush", callback)

        hooks = {**self._life_hooks(side), "transform": transform}
        if side["flush"]:
            hooks["flush"] = flush
        return hooks

    # --- steps ---

    def run(self, steps: list[Json]) -> None:
        """Take the first step, and the others after it."""
        if not steps:
            return
        gap, step = steps[0]
        self._step(step)
        self.t(f"state {' '.join(state() for state in self.states)}")
        LATER[gap](lambda: self.run(steps[1:]))

    def _step(self, step: Json) -> None:
        op, *args = step
        self.t.call(op, lambda: self._visible(getattr(self, f"op_{op}")(*args)))

    def _visible(self, result: Any) -> Any:
        return None if any(result is stream for stream in (self.r, self.w, self.via)) else result

    def _listen(self, name: str, listener: Callable[..., Any]) -> None:
        self.listeners.setdefault(name, []).append(listener)
        self.r.on(name, listener)

    def _unlisten(self, name: str) -> None:
        if self.listeners.get(name):
            self.r.off(name, self.listeners[name].pop())

    def _length(self) -> str:
        return show(self.r.readable_length)

    def op_push(self, chunk: Json) -> Any:
        return self.r.push(decode(chunk))

    def op_unshift(self, chunk: Json) -> Any:
        return self.r.unshift(decode(chunk))

    def op_read(self, size: int | None) -> Any:
        return self.r.read(size)

    def op_on_data(self) -> None:
        self._listen("data", lambda chunk: self._happened("data", (chunk,), self._length))

    def op_off_data(self) -> None:
        self._unlisten("data")

    def op_on_readable(self) -> None:
        self._listen("readable", lambda: self._happened("readable", (), self._length))

    def op_on_readable_reading(self, size: int | None) -> None:
        def listener() -> None:
            self._happened("readable", (), self._length)
            while (chunk := self.r.read(size)) is not None:
                self.t("got", chunk)

        self._listen("readable", listener)

    def op_off_readable(self) -> None:
        self._unlisten("readable")

    def op_remove_all(self, name: str) -> None:
        self.r.remove_all_listeners(name)

    def op_pause(self) -> Any:
        return self.r.pause()

    def op_resume(self) -> Any:
        return self.r.resume()

    def op_is_paused(self) -> Any:
        return self.r.is_paused()

    def op_pipe(self, end: bool) -> Any:
        return self.r.pipe(self.via or self.w, end=end)

    def op_pipe_via(self, end: bool) -> Any:
        return self.via.pipe(self.w, end=end)

    def op_unpipe(self, which: bool) -> Any:
        return self.r.unpipe(self.via or self.w) if which else self.r.unpipe()

    def op_set_encoding(self, encoding: str) -> Any:
        return self.r.set_encoding(encoding)

    def op_destroy_r(self, error: str | None) -> Any:
        return self.r.destroy(_error(error))

    def op_destroy_w(self, error: str | None) -> Any:
        return self.w.destroy(_error(error))

    def op_destroy_via(self, error: str | None) -> Any:
        return self.via.destroy(_error(error))

    def op_write(self, chunk: Json, label: str) -> Any:
        return self.w.write(decode(chunk), self.t.callback(label))

    def op_end(self, chunk: Json, label: str | None) -> Any:
        callback = (self.t.callback(label),) if label else ()
        return self.w.end(decode(chunk), *callback) if chunk else self.w.end(*callback)

    def op_cork(self) -> None:
        self.w.cork()

    def op_uncork(self) -> None:
        self.w.uncork()

    def op_finished_r(self, options: Json) -> None:
        finished(self.r, options, self.t.callback("finished r"))

    def op_finished_w(self, options: Json) -> None:
        finished(self.w, options, self.t.callback("finished w"))

    def op_pipeline(self) -> None:
        pipeline(*(stream for stream in (self.r, self.via, self.w) if stream), self.t.callback("pipeline"))

    def op_nothing(self) -> None:
        """Only the gap after it matters."""
