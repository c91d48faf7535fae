"""The interpreter of the family `streams`: the twin of streams.mjs. What a program consists of: see __init__.py."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from compliance._trace import EVENTS, STATE, Trace, show
from nodestream import (
    Duplex,
    PassThrough,
    Readable,
    Transform,
    Writable,
    compose,
    finished,
    is_disturbed,
    is_errored,
    is_readable,
    is_writable,
    pipeline,
    promises,
)
from nodestream.abort import AbortController
from nodestream.loop import current_loop
from nodestream.timers import set_immediate

from ._later import LATER

Json = Any
CLASSES: dict[str, Any] = {
    "Readable": Readable,
    "Writable": Writable,
    "Transform": Transform,
    "Duplex": Duplex,
    "PassThrough": PassThrough,
}
QUESTIONS = (is_readable, is_writable, is_errored, is_disturbed)


def decode(chunk: Json) -> Any:
    """A chunk of a program as a value."""
    if chunk[0] == "bytes":
        return bytes.fromhex(chunk[1])
    return None if chunk[0] == "null" else chunk[1]


class Interpreter:
    """The streams of one program, and its operations on them."""

    def __init__(self, program: Json, trace: Trace) -> None:
        self.program = program
        self.t = trace
        self.counts: dict[str, int] = {}
        self.streams: list[Any] = []
        self.total = len(program["streams"]) + len(program["composed"])
        self.states: list[Callable[[], str]] = []
        self.listeners: dict[str, list[Callable[..., Any]]] = {}
        self.clean_ups: dict[int, list[Callable[[], object]]] = {}
        self.controllers: dict[int, AbortController] = {}
        self.waits = False
        """Whether something async runs. Only one thing may: how many microtasks each takes is nobody's business."""
        for number, spec in enumerate(program["streams"]):
            self.add(CLASSES[spec["type"]]({**spec["options"], **Hooks(self, number, spec).options()}))
        for parts in program["composed"]:
            self.add(compose(*(self.streams[number] for number in parts)))

    def add(self, stream: Any) -> None:
        """A stream: watch it, and give it a number."""
        number = len(self.streams)
        names = [name for name in STATE if hasattr(stream, name)]
        if hasattr(stream, "readable_flowing") and "writable_aborted" in names:
            names.remove("writable_aborted")  # Node's Duplex lacks it

        def state() -> str:
            shown = [show(getattr(stream, name)) for name in names]
            return ",".join(shown + [show(ask(stream)) for ask in QUESTIONS])

        def watch(event: str) -> None:
            stream.on(event, lambda *values: self.happened(f"{number}.{event}", values[:1], state))

        self.streams.append(stream)
        self.states.append(state)
        for event in EVENTS:
            watch(event)

    def signal(self, number: int) -> Any:
        """The AbortSignal of a stream's operations."""
        return self.controllers.setdefault(number, AbortController()).signal

    # --- what is seen ---

    def happened(self, label: str, values: tuple[Any, ...] = (), state: Callable[[], str] | None = None) -> None:
        """Write it down, with the state of the stream, and react."""
        while values and values[-1] is None:
            values = values[:-1]
        shown = "".join(f" {self.show(value)}" for value in values)
        self.t(f"{label}{shown} <{state() if state else ''}>")
        self.counts[label] = count = self.counts.get(label, 0) + 1
        for event, nth, operation in self.program["reactions"]:
            if event == label and nth == count:
                self.operate(operation)

    def show(self, value: Any) -> str:
        """A value; a stream by its number."""
        for number, stream in enumerate(self.streams):
            if value is stream:
                return f"stream {number}"
        return show(value)

    def callback(self, label: str) -> Callable[..., None]:
        """A callback that is written down."""
        return lambda *values: self.happened(label, values)

    # --- steps ---

    def run(self, steps: list[Json]) -> None:
        """Take the first step, and the others after it."""
        if not steps:
            set_immediate(set_immediate, self.finish)
            return
        gap, operation = steps[0]
        self.operate(operation)
        LATER[gap](lambda: self.run(steps[1:]))

    def finish(self) -> None:
        """Who still listens to what."""
        for number, stream in enumerate(self.streams):
            counts = [f"{event}={stream.listener_count(event)}" for event in ("data", "readable", "drain", "unpipe")]
            self.t(f"{number} listeners {' '.join(counts)}")

    def operate(self, operation: Json) -> None:
        """Do it; write down what it returns or raises, and the state of all streams."""
        name, number, *arguments = operation
        if len(self.streams) < self.total:
            return  # a stream that it may be about is being composed
        try:
            result = getattr(self, f"op_{name}")(self.streams[number], number, *arguments)
            self.t(f"{name} {number} -> {self.show(result)}")
        except Exception as error:
            self.t(f"{name} {number} throws", error)
        self.t(f"state {' '.join(state() for state in self.states)}")

    def op_push(self, stream: Any, number: int, chunk: Json, *encoding: str) -> Any:
        return stream.push(decode(chunk), *encoding)

    def op_unshift(self, stream: Any, number: int, chunk: Json, *encoding: str) -> Any:
        return stream.unshift(decode(chunk), *encoding)

    def op_read(self, stream: Any, number: int, size: int | None) -> Any:
        return stream.read(size)

    def listen(self, stream: Any, number: int, event: str, listener: Callable[..., Any]) -> Any:
        """Add a listener that `off_data` and `off_readable` can take away."""
        self.listeners.setdefault(f"{number}.{event}", []).append(listener)
        return stream.on(event, listener)

    def unlisten(self, stream: Any, number: int, event: str) -> Any:
        """Take the last one away."""
        added = self.listeners.get(f"{number}.{event}")
        return stream.off(event, added.pop()) if added else None

    def length(self, stream: Any) -> Callable[[], str]:
        """What is written down with a chunk."""
        return lambda: show(stream.readable_length)

    def op_on_data(self, stream: Any, number: int) -> Any:
        return self.listen(
            stream,
            number,
            "data",
            lambda chunk: self.happened(f"{number}.data", (chunk,), self.length(stream)),
        )

    def op_off_data(self, stream: Any, number: int) -> Any:
        return self.unlisten(stream, number, "data")

    def op_on_readable(self, stream: Any, number: int) -> Any:
        return self.listen(
            stream, number, "readable", lambda: self.happened(f"{number}.readable", (), self.length(stream))
        )

    def op_on_readable_reading(self, stream: Any, number: int, size: int | None) -> Any:
        def listener() -> None:
            self.happened(f"{number}.readable", (), self.length(stream))
            while (chunk := stream.read(size)) is not None:
                self.happened(f"{number}.got", (chunk,))

        return self.listen(stream, number, "readable", listener)

    def op_off_readable(self, stream: Any, number: int) -> Any:
        return self.unlisten(stream, number, "readable")

    def op_remove_all(self, stream: Any, number: int, event: str) -> Any:
        self.listeners.pop(f"{number}.{event}", None)
        return stream.remove_all_listeners(event)

    def op_forward(self, stream: Any, number: int, to: int) -> Any:
        destination = self.streams[to]
        self.listen(stream, number, "data", lambda chunk: self.t("forwarded", destination.write(chunk)))
        return stream.on("end", lambda: self.t("forwarded end", destination.end() is destination))

    def op_pause(self, stream: Any, number: int) -> Any:
        return stream.pause()

    def op_resume(self, stream: Any, number: int) -> Any:
        return stream.resume()

    def op_is_paused(self, stream: Any, number: int) -> Any:
        return stream.is_paused()

    def op_pipe(self, stream: Any, number: int, to: int, end: bool) -> Any:
        return stream.pipe(self.streams[to], end=end)

    def op_unpipe(self, stream: Any, number: int, to: int | None) -> Any:
        return stream.unpipe() if to is None else stream.unpipe(self.streams[to])

    def op_set_encoding(self, stream: Any, number: int, encoding: str) -> Any:
        return stream.set_encoding(encoding)

    def op_write(self, stream: Any, number: int, chunk: Json, label: str, encoding: str | None) -> Any:
        return stream.write(decode(chunk), *([encoding] if encoding else []), self.callback(f"{number}.{label}"))

    def op_end(self, stream: Any, number: int, chunk: Json, label: str | None, encoding: str | None) -> Any:
        callback = [self.callback(f"{number}.{label}")] if label else []
        if chunk is None:
            return stream.end(*callback)
        return stream.end(decode(chunk), *([encoding] if encoding else []), *callback)

    def op_cork(self, stream: Any, number: int) -> Any:
        return stream.cork()

    def op_uncork(self, stream: Any, number: int) -> Any:
        return stream.uncork()

    def op_set_default_encoding(self, stream: Any, number: int, encoding: str) -> Any:
        return stream.set_default_encoding(encoding)

    def op_destroy(self, stream: Any, number: int, message: str | None) -> Any:
        return stream.destroy(Exception(message) if message else None)

    def op_finished(self, stream: Any, number: int, options: Json, with_signal: bool) -> None:
        signal = {"signal": self.signal(number)} if with_signal else {}
        clean_up = finished(stream, {**options, **signal}, self.callback(f"{number}.finished"))
        self.clean_ups.setdefault(number, []).append(clean_up)

    def op_clean_up(self, stream: Any, number: int) -> None:
        added = self.clean_ups.get(number)
        if added:
            added.pop()()

    def op_abort(self, stream: Any, number: int) -> None:
        if number in self.controllers:
            self.controllers[number].abort()

    def op_pipeline(self, stream: Any, number: int, parts: list[int], options: Json, with_signal: bool) -> Any:
        streams = [self.streams[part] for part in parts]
        label = f"{number}.pipeline"
        if not with_signal and "end" not in options:
            return pipeline(*streams, self.callback(label))
        if self.waits:
            return "busy"
        self.waits = True
        signal = {"signal": self.signal(number)} if with_signal else {}
        promise = promises.pipeline(*streams, **{**options, **signal})
        return current_loop().spawn(self.settled(label, promise), None)

    async def settled(self, label: str, promise: Any) -> None:
        """What becomes of a promise."""
        try:
            self.happened(f"{label} resolves", (await promise,))
        except Exception as error:
            self.happened(f"{label} rejects", (error,))
        self.waits = False

    def op_later(self, stream: Any, number: int, when: str, operation: Json) -> None:
        LATER[when](lambda: self.operate(operation))

    def op_iterate(self, stream: Any, number: int, limit: int | None, destroy_on_return: bool) -> Any:
        if self.waits:
            return "busy"
        self.waits = True
        iterator = stream.iterator(destroy_on_return=destroy_on_return)
        # What is async begins at once in JavaScript, and in a task of its own in Python.
        current_loop().spawn(self.iterate(iterator, iterator.__anext__(), f"{number}.iterator", limit), None)
        return None

    async def iterate(self, iterator: Any, first: Awaitable[Any], label: str, limit: int | None) -> None:
        """Read as `async for` does, up to `limit` chunks."""
        count = 0
        try:
            while True:
                try:
                    chunk = await (first if count == 0 else iterator.__anext__())
                except StopAsyncIteration:
                    break
                self.happened(label, (chunk,))
                count += 1
                if count == limit:
                    await iterator.aclose()
                    break
            self.happened(f"{label} done")
        except Exception as error:
            self.happened(f"{label} fails", (error,))
        self.waits = False


class Hooks:
    """The hooks of one stream, which do as the program says."""

    def __init__(self, interpreter: Interpreter, number: int, spec: Json) -> None:
        self.interpreter = interpreter
        self.number = number
        self.spec = spec
        self.shows_encoding = not any("bjectMode" in option for option in spec["options"])
        self.reads = list(spec.get("reads", ()))
        self.writes = list(spec.get("writes", ()))
        self.transforms = list(spec.get("transforms", ()))

    def options(self) -> dict[str, Any]:
        """The hooks that the stream has, and its signal."""
        spec = self.spec
        names = [name for name in ("construct", "destroy", "final", "flush") if spec.get(name)]
        names += {
            "Readable": ["read"],
            "Writable": ["write"],
            "Duplex": ["read", "write"],
            "Transform": ["transform"],
            "PassThrough": [],
        }[spec["type"]]
        names += ["writev"] if spec.get("writev") else []
        options = {name: getattr(self, name) for name in names}
        if spec["signal"]:
            options["signal"] = self.interpreter.signal(self.number)
        return options

    def note(self, hook: str, *values: Any) -> None:
        """A hook was called."""
        self.interpreter.happened(f"{self.number}._{hook}", values)

    def settle(self, hook: str, outcome: Json, callback: Callable[..., object], value: Any = None) -> None:
        """Call back as `outcome` says."""
        when, what = outcome
        if what == "never":
            return

        def settle() -> None:
            if what == "throw":
                raise Exception(f"thrown by {hook}")
            if what == "error":
                callback(Exception(f"error of {hook}"))
            else:
                callback(None, value)
            if what == "twice":
                callback(None, value)

        LATER[when](settle)

    def construct(self, stream: Any, callback: Callable[..., object]) -> None:
        self.note("construct")
        self.settle("construct", self.spec["construct"], callback)

    def destroy(self, stream: Any, error: Any, callback: Callable[..., object]) -> None:
        self.note("destroy", error)
        self.settle("destroy", self.spec["destroy"], lambda failure, _=None: callback(failure or error))

    def final(self, stream: Any, callback: Callable[..., object]) -> None:
        self.note("final")
        self.settle("final", self.spec["final"], callback)

    def read(self, stream: Any, size: int) -> None:
        self.note("read", size)
        at_the_end = [["null"]] if self.spec["ends"] else []
        when, chunks = self.reads.pop(0) if self.reads else ("sync", at_the_end)
        if chunks:
            LATER[when](lambda: self.push(stream, chunks))

    def push(self, stream: Any, chunks: list[Json]) -> None:
        for chunk in chunks:
            if chunk[0] == "throw":
                raise Exception("thrown by read")
            if chunk[0] == "destroy":
                stream.destroy(Exception("error of read"))
            else:
                self.interpreter.happened(f"{self.number}.push", (decode(chunk), stream.push(decode(chunk))))

    def shown(self, chunk: Any, encoding: Any) -> tuple[Any, ...]:
        return (chunk, encoding) if self.shows_encoding else (chunk,)

    def next_write(self) -> Json:
        return self.writes.pop(0) if self.writes else ["sync", "ok"]

    def write(self, stream: Any, chunk: Any, encoding: Any, callback: Callable[..., object]) -> None:
        self.note("write", *self.shown(chunk, encoding))
        self.settle("write", self.next_write(), callback)

    def writev(self, stream: Any, chunks: list[Any], callback: Callable[..., object]) -> None:
        self.note("writev", [list(self.shown(entry.chunk, entry.encoding)) for entry in chunks])
        self.settle("writev", self.next_write(), callback)

    def transformed(self, hook: str, stream: Any, todo: Json, callback: Callable[..., object]) -> None:
        outcome, pushes, value = todo
        self.push(stream, pushes)
        self.settle(hook, outcome, callback, decode(value) if value else None)

    def transform(self, stream: Any, chunk: Any, encoding: Any, callback: Callable[..., object]) -> None:
        self.note("transform", *self.shown(chunk, encoding))
        todo = self.transforms.pop(0) if self.transforms else [["sync", "ok"], [], None]
        self.transformed("transform", stream, todo, callback)

    def flush(self, stream: Any, callback: Callable[..., object]) -> None:
        self.note("flush")
        self.transformed("flush", stream, self.spec["flush"], callback)


def begin(program: Json, trace: Trace) -> None:
    """Make the streams and take the first steps."""
    Interpreter(program, trace).run(program["steps"])
