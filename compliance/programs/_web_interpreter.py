"""The interpreter of the family `web`: the twin of web.mjs. What a program consists of is told in _web.py."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from compliance._trace import Trace, show
from nodestream import Duplex, Readable, Transform, Writable
from nodestream.abort import AbortController
from nodestream.loop import Promise, current_loop
from nodestream.timers import set_immediate
from nodestream.web import ReadableStream, TransformStream, WritableStream

from ._later import LATER

Json = Any

WHEN: dict[str, Callable[[Callable[[], object]], object]] = {
    **LATER,
    "microtask": lambda f: current_loop().queue_microtask(f),
}
NODE_EVENTS = ("data", "end", "drain", "finish", "error", "close")


def _length(chunk: Any) -> int:
    return len(chunk) if isinstance(chunk, (str, bytes, memoryview)) else 1


def _throw(_chunk: Any) -> int:
    raise Exception("thrown by size")


SIZES = {"length": _length, "negative": lambda chunk: -1, "throws": _throw}


def decode(chunk: Json) -> Any:
    """A chunk of a program as a value."""
    return bytes.fromhex(chunk[1]) if chunk[0] == "bytes" else chunk[1]


def strategy(spec: Json) -> dict[str, Any]:
    """A queuing strategy."""
    mark, size = spec["mark"], spec["size"]
    return {**({} if mark is None else {"high_water_mark": mark}), **({"size": SIZES[size]} if size else {})}


@dataclass
class Numbered:
    """Something that operations are about: a stream, reader or writer. `number`: that of the stream it comes from."""

    thing: Any
    label: str
    number: int = 0
    controller: Any = None
    is_over: bool = False


class Interpreter:
    """The streams of one program, and its operations on them."""

    def __init__(self, program: Json, trace: Trace) -> None:
        self.program = program
        self.t = trace
        self.counts: dict[str, int] = {}
        self.readables: list[Numbered] = []
        self.writables: list[Numbered] = []
        self.transforms: list[Numbered] = []
        self.nodes: list[Numbered] = []
        self.readers: list[tuple[Any, bool]] = []
        self.writers: list[Numbered] = []
        self.iterators: list[Any] = []
        self.sources: list[Hooks] = []
        self.sinks: list[Hooks] = []
        self.transformers: list[Hooks] = []
        self.promises = 0
        self.controller = AbortController()

    # --- what is seen ---

    def happened(self, label: str, *values: Any) -> None:
        """Write it down, and react."""
        self.t(label, *values)
        self.counts[label] = count = self.counts.get(label, 0) + 1
        for event, nth, operation in self.program["reactions"]:
            if event == label and nth == count:
                self.operate(operation, f"{label} does ")

    def _label(self) -> str:
        self.promises += 1
        return f"p{self.promises - 1}"

    def watch(self, promise: Promise[Any], label: str | None = None) -> str:
        """What becomes of a promise: a label for it."""
        name = label or self._label()
        promise.when_settled(
            lambda value: self.happened(f"{name}.resolves", value),
            lambda error: self.happened(f"{name}.rejects", error),
        )
        return name

    def watch_result(self, promise: Promise[Any], label: str | None = None) -> str:
        """As `watch`, of a read."""
        name = label or self._label()
        promise.when_settled(
            lambda result: self.happened(f"{name}.resolves", result.done, result.value),
            lambda error: self.happened(f"{name}.rejects", error),
        )
        return name

    def state(self) -> str:
        """That of all streams and writers."""
        return " ".join(
            [
                *(
                    f"{each.label}:{each.thing._state},{show(each.thing.locked)},"
                    + (show(each.controller.desired_size) if each.controller else "-")
                    for each in self.readables
                ),
                *(f"{each.label}:{each.thing._state},{show(each.thing.locked)}" for each in self.writables),
                *(f"{each.label}:{_desired_size(each.thing)}" for each in self.writers),
                *(
                    f"{each.label}:{show(each.thing.destroyed)},{show(each.thing.closed)},{show(each.thing.errored)}"
                    for each in self.nodes
                ),
            ]
        )

    # --- streams ---

    def begin(self) -> None:
        """Make the streams, and take the steps."""
        if self.program["pipes"]:
            self.t("pipes", self.program["pipes"])
        for number, spec in enumerate(self.program["streams"]):
            try:
                getattr(self, f"make_{spec['kind']}")(spec, number)
            except Exception as error:
                self.t(f"{spec['kind']} {number} throws", error)
        set_immediate(self.run, self.program["steps"])

    def add_readable(self, stream: Any, number: int, controller: Any = None) -> None:
        self.readables.append(Numbered(stream, f"r{len(self.readables)}", number, controller))

    def add_writable(self, stream: Any, number: int) -> None:
        self.writables.append(Numbered(stream, f"w{len(self.writables)}", number))

    def make_readable(self, spec: Json, number: int) -> None:
        hooks = Hooks(self, f"r{len(self.readables)}", spec)
        source = hooks.some("pull", "cancel")
        if spec["type"]:
            source["type"] = spec["type"]
        if spec["allocate"]:
            source["auto_allocate_chunk_size"] = spec["allocate"]
        stream = ReadableStream(source, strategy(spec["strategy"]))
        self.add_readable(stream, number, hooks.controller)
        self.sources.append(hooks)

    def make_writable(self, spec: Json, number: int) -> None:
        hooks = Hooks(self, f"w{len(self.writables)}", spec)
        self.add_writable(WritableStream(hooks.some("write", "close", "abort"), strategy(spec["strategy"])), number)
        self.sinks.append(hooks)

    def make_transform(self, spec: Json, number: int) -> None:
        hooks = Hooks(self, f"t{len(self.transforms)}", spec)
        stream = TransformStream(
            hooks.some("transform", "flush", "cancel"), strategy(spec["strategy"]), strategy(spec["readableStrategy"])
        )
        self.transforms.append(Numbered(stream, f"t{len(self.transforms)}", number))
        self.add_readable(stream.readable, number, hooks.controller)
        self.add_writable(stream.writable, number)
        self.transformers.append(hooks)

    def make_from(self, spec: Json, number: int) -> None:
        self.add_readable(ReadableStream.from_([decode(item) for item in spec["items"]]), number)

    def make_node(self, spec: Json, number: int) -> None:
        """A stream of Node's as a web stream."""
        options = {"highWaterMark": spec["mark"], "objectMode": spec["objects"]}
        chunks = [decode(chunk) for chunk in spec["chunks"]]
        outcomes = list(spec["outcomes"])
        label = f"n{len(self.nodes)}"

        def fail(outcome: str) -> Exception | None:
            return Exception(f"error of {label}") if outcome == "error" else None

        def next_outcome() -> Json:
            return outcomes.pop(0) if outcomes else ["sync", "ok"]

        def read(stream: Any, size: int) -> None:
            when, outcome = next_outcome()

            def give() -> None:
                if outcome == "error":
                    stream.destroy(fail(outcome))
                else:
                    stream.push(chunks.pop(0) if chunks else None)

            WHEN[when](give)

        def write(stream: Any, chunk: Any, encoding: Any, callback: Callable[..., object]) -> None:
            self.happened(f"{label}.write", chunk)
            when, outcome = next_outcome()
            WHEN[when](lambda: callback(fail(outcome)))

        def transform(stream: Any, chunk: Any, encoding: Any, callback: Callable[..., object]) -> None:
            when, outcome = next_outcome()
            WHEN[when](lambda: callback(fail(outcome), chunk))

        stream: Any
        if spec["type"] == "Readable":
            stream = self.add_node(Readable({**options, "read": read}), ("end", "error", "close"))
            self.add_readable(Readable.to_web(stream, {"type": "bytes"} if spec["bytes"] else {}), number)
        elif spec["type"] == "Writable":
            stream = self.add_node(Writable({**options, "write": write}))
            self.add_writable(Writable.to_web(stream), number)
        else:
            stream = self.add_node(
                Transform({**options, "transform": transform}), ("end", "drain", "finish", "error", "close")
            )
            pair = Duplex.to_web(stream)
            self.add_readable(pair["readable"], number)
            self.add_writable(pair["writable"], number)

    def add_node(self, stream: Any, events: tuple[str, ...] = NODE_EVENTS, kind: str = "n") -> Any:
        label = f"{kind}{len(self.nodes)}"
        self.nodes.append(Numbered(stream, label))

        def watch(event: str) -> None:
            stream.on(event, lambda *values: self.happened(f"{label}.{event}", *values))

        for event in events:
            watch(event)
        return stream

    # --- steps ---

    def run(self, steps: list[Json], gap: str = "immediate") -> None:
        """Take the first step, and the others after it."""
        if gap == "immediate":
            self.t(f"state {self.state()}")
        if steps:
            following, operation = steps[0]
            self.operate(operation)
            WHEN[following](lambda: self.run(steps[1:], following))

    def operate(self, operation: Json, prefix: str = "") -> None:
        """Do it; write down what it returns or raises."""
        name, *arguments = operation
        try:
            self.t(f"{prefix}{name} ->", getattr(self, f"op_{name}")(*arguments))
        except Exception as error:
            self.t(f"{prefix}{name} throws", error)

    @staticmethod
    def on(things: list[Any], number: int, action: Callable[[Any], Any]) -> Any:
        """Do something to one of these, if there is any."""
        return action(things[number % len(things)]) if things else "nothing"

    def op_get_reader(self, number: int, byob: bool) -> Any:
        def get(readable: Numbered) -> str:
            reader = readable.thing.get_reader({"mode": "byob"} if byob else None)
            self.readers.append((reader, byob))
            return self.watch(reader.closed, f"{readable.label}.closed{len(self.readers) - 1}")

        return self.on(self.readables, number, get)

    def op_read(self, number: int, size: int, minimum: int | None) -> Any:
        def read(entry: tuple[Any, bool]) -> str:
            reader, byob = entry
            options = {"min": minimum} if minimum else None
            return self.watch_result(reader.read(bytearray(size), options) if byob else reader.read())

        return self.on(self.readers, number, read)

    def op_cancel_reader(self, number: int, reason: Any) -> Any:
        return self.on(self.readers, number, lambda entry: self.watch(entry[0].cancel(reason)))

    def op_release_reader(self, number: int) -> Any:
        return self.on(self.readers, number, lambda entry: entry[0].release_lock())

    def op_closed(self, number: int) -> Any:
        return self.on(self.readers, number, lambda entry: self.watch(entry[0].closed))

    def op_cancel(self, number: int, reason: Any) -> Any:
        return self.on(self.readables, number, lambda each: self.watch(each.thing.cancel(reason)))

    def op_tee(self, number: int) -> Any:
        def tee(each: Numbered) -> None:
            for branch in each.thing.tee():
                self.add_readable(branch, each.number)

        return self.on(self.readables, number, tee)

    def options(self, options: Json) -> dict[str, Any]:
        """Those of a pipe."""
        signal = {"signal": self.controller.signal} if options.get("signal") else {}
        return {**{name: value for name, value in options.items() if name != "signal"}, **signal}

    def op_pipe_to(self, start: int, to: int, options: Json) -> Any:
        def pipe(source: Numbered, destination: Numbered) -> str:
            if source.number >= destination.number:
                return "backwards"  # chunks could go in a circle
            if _is_over(destination.thing):
                return "over"
            return self.watch(source.thing.pipe_to(destination.thing, self.options(options)))

        return self.on(
            self.readables, start, lambda source: self.on(self.writables, to, lambda other: pipe(source, other))
        )

    def op_pipe_through(self, start: int, through: int, options: Json) -> Any:
        def pipe(source: Numbered, transform: Numbered) -> Any:
            if source.number >= transform.number:
                return "backwards"
            if _is_over(transform.thing.writable):
                return "over"
            return source.thing.pipe_through(transform.thing, self.options(options)) is transform.thing.readable

        return self.on(
            self.readables, start, lambda source: self.on(self.transforms, through, lambda other: pipe(source, other))
        )

    def op_values(self, number: int, prevent_cancel: bool) -> Any:
        def values(each: Numbered) -> None:
            self.iterators.append(each.thing.values(prevent_cancel=prevent_cancel))

        return self.on(self.readables, number, values)

    # An iterator of Python gives coroutines, which run as tasks. The promises behind them are what JavaScript has. Node
    # begins the first one a microtask later than the standard has it.

    def op_next(self, number: int) -> Any:
        def begin(iterator: Any) -> str:
            label = self._label()
            if iterator._reading.ongoing is None:
                current_loop().queue_microtask(lambda: self.watch_result(iterator._reading.next(), label))
                return label
            return self.watch_result(iterator._reading.next(), label)

        return self.on(self.iterators, number, begin)

    def op_return(self, number: int) -> Any:
        return self.on(self.iterators, number, lambda iterator: self.watch(_void(iterator._reading.leave())))

    def op_source(self, number: int, action: Json) -> Any:
        return self.on(self.sources, number, lambda hooks: hooks.act(action))

    def op_sink(self, number: int, message: str) -> Any:
        return self.on(self.sinks, number, lambda hooks: hooks.controller.error(Exception(message)))

    def op_transformer(self, number: int, action: Json) -> Any:
        return self.on(self.transformers, number, lambda hooks: hooks.act(action))

    def op_get_writer(self, number: int) -> Any:
        def get(writable: Numbered) -> str:
            writer = writable.thing.get_writer()
            entry = Numbered(writer, f"wr{len(self.writers)}")
            writer.closed.when_settled(lambda _: setattr(entry, "is_over", True), lambda _: None)
            self.writers.append(entry)
            return self.watch(writer.closed, f"{writable.label}.closed{len(self.writers) - 1}")

        return self.on(self.writables, number, get)

    def op_write(self, number: int, chunk: Json) -> Any:
        return self.on(self.writers, number, lambda each: self.watch(each.thing.write(decode(chunk))))

    def op_close_writer(self, number: int) -> Any:
        return self.on(self.writers, number, lambda each: self.watch(each.thing.close()))

    def op_abort_writer(self, number: int, reason: Any) -> Any:
        return self.on(self.writers, number, lambda each: self.watch(each.thing.abort(reason)))

    def op_ready(self, number: int) -> Any:
        return self.on(self.writers, number, lambda each: "closed" if each.is_over else self.watch(each.thing.ready))

    def op_release_writer(self, number: int) -> Any:
        return self.on(self.writers, number, lambda each: each.thing.release_lock())

    def op_abort(self, number: int, reason: Any) -> Any:
        return self.on(self.writables, number, lambda each: self.watch(each.thing.abort(reason)))

    def op_close(self, number: int) -> Any:
        return self.on(self.writables, number, lambda each: self.watch(each.thing.close()))

    def op_signal(self, reason: Any) -> Any:
        return self.controller.abort(reason)

    def op_readable_from_web(self, number: int, options: Json) -> Any:
        def convert(each: Numbered) -> None:
            self.add_node(Readable.from_web(each.thing, options), kind="f")

        return self.on(self.readables, number, convert)

    def op_writable_from_web(self, number: int, options: Json) -> Any:
        def convert(each: Numbered) -> None:
            self.add_node(Writable.from_web(each.thing, options), kind="f")

        return self.on(self.writables, number, convert)

    def op_duplex_from_web(self, number: int, to: int, options: Json) -> Any:
        def convert(source: Numbered, destination: Numbered) -> None:
            pair = {"readable": source.thing, "writable": destination.thing}
            self.add_node(Duplex.from_web(pair, options), kind="d")

        return self.on(
            self.readables, number, lambda source: self.on(self.writables, to, lambda other: convert(source, other))
        )

    def op_node_write(self, number: int, chunk: Json) -> Any:
        def write(each: Numbered) -> Any:
            if not hasattr(each.thing, "write") or each.label.startswith("n"):
                return "none"  # beside its web stream: see DIFFERENCES.md
            return each.thing.write(decode(chunk))

        return self.on(self.nodes, number, write)

    def op_node_end(self, number: int) -> Any:
        return self.on(self.nodes, number, lambda each: _call(each.thing, "end"))

    def op_node_destroy(self, number: int, message: str | None) -> Any:
        def destroy(each: Numbered) -> None:
            each.thing.destroy(Exception(message) if message else None)

        return self.on(self.nodes, number, destroy)

    def op_node_pause(self, number: int) -> Any:
        return self.on(self.nodes, number, lambda each: _call(each.thing, "pause"))

    def op_node_resume(self, number: int) -> Any:
        return self.on(self.nodes, number, lambda each: _call(each.thing, "resume"))


def _is_over(destination: Any) -> bool:
    """A pipe to what takes no more chunks: see DIFFERENCES.md."""
    return bool(destination._state != "writable" or destination._close_queued_or_in_flight())


def _call(stream: Any, name: str) -> None:
    if hasattr(stream, name):
        getattr(stream, name)()


def _void(promise: Promise[Any]) -> Promise[None]:
    void: Promise[None] = Promise()
    promise.when_settled(lambda value: void.resolve(None), void.reject)
    return void


def _desired_size(writer: Any) -> str:
    try:
        return show(writer.desired_size)
    except Exception:
        return "!"


class Hooks:
    """The hooks of one stream, which do as the program says, and its controller."""

    def __init__(self, interpreter: Interpreter, label: str, spec: Json) -> None:
        self.interpreter = interpreter
        self.label = label
        self.spec = spec
        self.controller: Any = None
        self.left = {name: list(spec.get(name) or ()) for name in ("pull", "write", "transform")}

    def some(self, *names: str) -> dict[str, Any]:
        """Those that the program has."""
        hooks = {name: getattr(self, name) for name in names if self.spec[name]}
        return {"start": self.start, **hooks}

    def note(self, hook: str, *values: Any) -> None:
        """A hook was called."""
        self.interpreter.happened(f"{self.label}.{hook}", *values)

    def next(self, hook: str, otherwise: Json) -> Json:
        """What it does this time."""
        return self.left[hook].pop(0) if self.left[hook] else otherwise

    def perform(self, outcome: Json, hook: str, chunk: Any = None) -> Any:
        """Do what a hook does, and say how it ends."""
        when, actions, what = outcome

        def work() -> None:
            for action in actions:
                self.attempt(action, chunk)

        failure = Exception(f"error of {self.label}.{hook}")
        promise: Promise[None] = Promise()
        if when == "plain":
            work()
            if what == "error":
                raise failure
            return promise if what == "never" else None

        def settle() -> None:
            work()
            if what == "error":
                promise.reject(failure)
            elif what != "never":
                promise.resolve(None)

        WHEN[when](settle)
        return promise

    def attempt(self, action: Json, chunk: Any) -> None:
        """Do one thing with the controller, and write down what it returns or raises."""
        try:
            self.interpreter.t(f"{self.label} {action[0]}", self.act(action, chunk))
        except Exception as error:
            self.interpreter.t(f"{self.label} {action[0]} throws", error)

    def act(self, action: Json, chunk: Any = None) -> Any:
        """Do one thing with the controller."""
        name, *values = action
        controller = self.controller
        match name:
            case "enqueue":
                return controller.enqueue(decode(values[0]))
            case "pass":
                return controller.enqueue(chunk)
            case "close":
                return controller.close()
            case "error":
                return controller.error(Exception(values[0]))
            case "terminate":
                return controller.terminate()
        request = getattr(controller, "byob_request", None)  # those of other streams have none
        if request is None:
            return "no request"
        size = min(values[0], request.view.nbytes)
        request.view[:size] = (b"a" if name == "respond" else b"b") * size
        if name == "respond":
            return request.respond(size)
        return request.respond_with_new_view(request.view[:size])

    def start(self, controller: Any) -> Any:
        self.controller = controller
        return self.perform(self.spec["start"], "start") if self.spec["start"] else None

    def pull(self, controller: Any) -> Any:
        self.note("pull", controller.desired_size, getattr(controller, "byob_request", None) is not None)
        end = [["close"], ["respond", 0]] if self.spec["ends"] else []
        return self.perform(self.next("pull", ["plain", end, "ok"]), "pull")

    def cancel(self, reason: Any) -> Any:
        self.note("cancel", reason)
        return self.perform(self.spec["cancel"], "cancel")

    def write(self, chunk: Any, controller: Any) -> Any:
        self.note("write", chunk)
        return self.perform(self.next("write", ["plain", [], "ok"]), "write")

    def close(self) -> Any:
        self.note("close")
        return self.perform(self.spec["close"], "close")

    def abort(self, reason: Any) -> Any:
        self.note("abort", reason)
        return self.perform(self.spec["abort"], "abort")

    def transform(self, chunk: Any, controller: Any) -> Any:
        self.note("transform", chunk)
        return self.perform(self.next("transform", ["plain", [["pass"]], "ok"]), "transform", chunk)

    def flush(self, controller: Any) -> Any:
        self.note("flush")
        return self.perform(self.spec["flush"], "flush")


def begin(program: Json, trace: Trace) -> None:
    """Run a program."""
    Interpreter(program, trace).begin()
