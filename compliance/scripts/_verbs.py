"""The steps that do not wait. The twin of verbs.mjs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import nodehttp
from nodehttp import net
from nodestream import Readable, Writable, finished, pipeline
from nodestream.loop import current_loop, next_tick
from nodestream.timers import set_immediate

from ._sides import dial, request
from ._stage import LISTENED, Stage, Step
from ._values import value_of


def perform(stage: Stage, steps: Sequence[Step]) -> None:
    """Do some steps, one after the other."""
    for verb, *args in steps:
        action = VERBS.get(verb)
        if action is None:
            _call(stage, verb, args)
        else:
            action(stage, *args)


def _call(stage: Stage, path: str, args: Sequence[Any]) -> None:
    """Call a method, and write down what it returns or raises."""
    owner, _, method = path.rpartition(".")
    try:
        stage.write(path, getattr(stage.property(owner), method)(*[value_of(stage, arg) for arg in args]))
    except Exception as error:
        stage.write(f"{path} throws", error)


def _later(stage: Stage, *steps: Step) -> None:
    set_immediate(perform, stage, steps)


def _throw(_stage: Stage, message: str) -> None:
    raise Exception(message)


def _get(stage: Stage, *paths: str) -> None:
    stage.write(" ".join(paths), *map(stage.property, paths))


def _set(stage: Stage, name: str, attribute: str, value: Any) -> None:
    setattr(stage.things[name], attribute, value_of(stage, value))


def _state(stage: Stage, name: str = "msg") -> None:
    """Every property that says how a message or socket stands."""
    kind = _kind_of(stage.things[name])
    shown = [f"{key}={stage.shown(stage.property(f'{name}.{key}'))}" for key in LISTENED["state"][kind]]
    stage.write(f"{name} {' '.join(shown)}")


def _kind_of(thing: Any) -> str:
    if isinstance(thing, nodehttp.IncomingMessage):
        return "received"
    return "socket" if isinstance(thing, net.Socket) else "sent"


def _counts(stage: Stage, name: str, *events: str) -> None:
    stage.write(f"{name} listeners", *[stage.things[name].listener_count(event) for event in events])


# --- streams ---


def _source(stage: Stage) -> None:
    stage.add("source", Readable(read=lambda self, size: None))


def _sink(stage: Stage) -> None:
    def write(_sink: object, chunk: bytes, _encoding: str, callback: Callable[..., object]) -> None:
        stage.happened("sink chunk", chunk)
        callback()

    stage.add("sink", Writable(write=write))


def _pipeline(stage: Stage, label: str, *names: str) -> None:
    try:
        pipeline(*[stage.things[name] for name in names], lambda error=None: stage.happened(label, error))
    except Exception as error:
        stage.write(f"{label} throws", error)


def _finished(stage: Stage, label: str, name: str, options: dict[str, Any] | None = None) -> None:
    finished(stage.things[name], options or {}, lambda error=None: stage.happened(label, error))


def _iterate(stage: Stage, name: str, count: int, options: dict[str, Any] | None = None) -> None:
    """Read with a loop that is left after some chunks."""

    async def read() -> None:
        left = count
        thing = stage.things[name]
        try:
            async for chunk in thing.iterator(options) if options else thing:
                stage.happened(f"{name} chunk", chunk)
                left -= 1
                if not left:
                    break
            stage.happened(f"{name} left")
        except Exception as error:
            stage.happened(f"{name} loop failed", error)

    current_loop().spawn(read(), None)


# --- web streams ---


def _reader(stage: Stage, name: str) -> None:
    stream: Any = Readable.to_web(stage.things[name], {"strategy": {"highWaterMark": 0}})
    stage.things["reader"] = stream.get_reader()


def _writer(stage: Stage, name: str) -> None:
    stream: Any = Writable.to_web(stage.things[name])
    stage.things["writer"] = stream.get_writer()


def _web(stage: Stage, label: str, path: str, *args: Any) -> None:
    """Call a method that returns a promise, and write down what that comes to."""
    owner, _, method = path.rpartition(".")
    promise: Awaitable[Any] = getattr(stage.things[owner], method)(*[value_of(stage, arg) for arg in args])

    async def settle() -> None:
        try:
            result = await promise
            stage.happened(label, *(result or ()))
        except Exception as error:
            stage.happened(f"{label} rejected", error)

    current_loop().spawn(settle(), None)


VERBS: dict[str, Callable[..., None]] = {
    "later": _later,
    "tick": lambda stage, *steps: next_tick(perform, stage, steps),
    "throw": _throw,
    "get": _get,
    "set": _set,
    "state": _state,
    "counts": _counts,
    "listen": lambda stage, name, event: stage.listen(name, event),
    "request": lambda stage, options=None: request(stage, options),
    "dial": lambda stage, options=None: dial(stage, options),
    "source": _source,
    "sink": _sink,
    "pipeline": _pipeline,
    "finished": _finished,
    "iterate": _iterate,
    "reader": _reader,
    "writer": _writer,
    "web": _web,
}
