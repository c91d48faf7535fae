"""Arguments of every wrong kind, given to every function of events and streams: what is raised, emitted or rejected."""

from collections.abc import Awaitable, Callable
from typing import Any

import nodestream
from compliance._peers import rounds
from compliance._trace import Scenarios, Trace
from compliance._wrong_values import VALUES
from nodestream import Duplex, Readable, Stream, Transform, Writable, consumers, events, promises
from nodestream.abort import AbortController
from nodestream.events import EventEmitter, EventEmitterAsyncResource
from nodestream.loop import current_loop

scenarios = Scenarios()

Call = Callable[[Any], Any]

# What JavaScript itself makes of a value: a text in a message, a number, false.
AS_TEXT = "bytes, a function, an emitter"
AS_NUMBER = "an array, a symbol"
FALSE = "NaN, an empty string, an object, an array"


def nothing(*args: Any) -> None:
    """A callback that does nothing."""


def r(**options: Any) -> Any:
    return Readable({"read": lambda self, size: None, **options})


def w(**options: Any) -> Any:
    return Writable({"write": lambda self, chunk, encoding, callback: callback(), **options})


def some() -> Any:
    return Readable.from_([1, 2])


async def try_each(t: Trace, name: str, call: Call, but: str = "") -> None:
    """Call with each of the values but those named in `but`, and write down how each error is delivered."""
    for value_name, value in VALUES.items():
        if value_name not in but.split(", "):
            _try(t, f"{name} {value_name}", call, value)
            await rounds()


def _try(t: Trace, label: str, call: Call, value: Any) -> None:
    try:
        result = call(value)
    except Exception as error:
        t(f"{label} throws", error)
        return
    if isinstance(result, Stream):
        result.on("error", lambda error: t(f"{label} error", error))
    elif isinstance(result, Awaitable):
        current_loop().spawn(
            result, lambda error, _: t(f"{label} fulfilled") if error is None else t(f"{label} rejected", error)
        )
    else:
        t(label)


def table(name: str, *cases: tuple[str, Call] | tuple[str, Call, str]) -> None:
    """A scenario of these calls."""

    async def scenario(t: Trace) -> None:
        for case in cases:
            await try_each(t, *case)

    scenarios.add(name, scenario)


def made(make: Callable[..., Any]) -> Call:
    """As `make`, with no result: that it fails is what counts."""

    def call(value: Any) -> None:
        make(value)

    return call


def options(make: Callable[[dict[str, Any]], Any], names: str) -> list[tuple[str, Call, str]]:
    return [_option(make, name) for name in names.split()]


def _option(make: Callable[[dict[str, Any]], Any], name: str) -> tuple[str, Call, str]:
    but = f"{AS_TEXT}, {'' if name == 'highWaterMark' else FALSE}"
    return f"option {name}", made(lambda v: make({name: v})), but


def failing(stream: Any, call: Callable[[Any], Any]) -> Any:
    call(stream)
    return stream


def set_capture(v: Any) -> None:
    events.capture_rejections = v
    events.capture_rejections = False


def set_maximum(v: Any) -> None:
    events.default_max_listeners = v
    events.default_max_listeners = 10


def set_default_mark(v: Any) -> None:
    nodestream.set_default_high_water_mark(False, v)
    nodestream.set_default_high_water_mark(False, 65536)


def quiet(stream: Any) -> None:
    if isinstance(stream, EventEmitter):
        stream.on("error", nothing)


LISTENING = ("on", "once", "off", "prependListener", "prependOnceListener", "removeListener")
DATA = "an array of x, an array, a string, x, an empty string, bytes"

table(
    "emitters",
    *[(name, made(lambda v, name=name: getattr(EventEmitter(), name)("x", v)), "nothing") for name in LISTENING],
    ("setMaxListeners", made(lambda v: EventEmitter().set_max_listeners(v))),
    ("captureRejections", made(lambda v: EventEmitter({"captureRejections": v})), FALSE),
    ("async resource", made(lambda v: EventEmitterAsyncResource({"name": v}))),
    (
        "async resource trigger",
        made(lambda v: EventEmitterAsyncResource({"name": "x", "triggerAsyncId": v})),
        "2 ** 53, a symbol, an object, an array, an array of x, bytes, a function, an emitter",
    ),
)

table(
    "functions_of_events",
    ("getEventListeners", made(lambda v: events.get_event_listeners(v, "x")), "nothing"),
    ("getMaxListeners", made(events.get_max_listeners)),
    ("setMaxListeners", made(lambda v: None if v in (5, 1.5, 2**53, None) else events.set_max_listeners(v))),
    ("setMaxListeners of", made(lambda v: events.set_max_listeners(1, v)), "nothing"),
    ("addAbortListener", made(lambda v: events.add_abort_listener(v, nothing))),
    ("addAbortListener listener", made(lambda v: events.add_abort_listener(AbortController().signal, v))),
    ("captureRejections", set_capture, "nothing"),
    ("defaultMaxListeners", set_maximum, "nothing"),
    ("once", lambda v: events.once(v, "x"), "nothing, an emitter"),
    ("once signal", lambda v: None if v is None else events.once(EventEmitter(), "x", {"signal": v})),
    ("on", made(lambda v: events.on(v, "x")), "nothing"),
    ("on signal", made(lambda v: events.on(EventEmitter(), "x", {"signal": v}))),
    ("on highWaterMark", made(lambda v: events.on(EventEmitter(), "x", {"highWaterMark": v}))),
    ("on lowWaterMark", made(lambda v: events.on(EventEmitter(), "x", {"lowWaterMark": v}))),
)

table(
    "options_of_readables",
    *options(
        lambda given: r(**given),
        "highWaterMark encoding defaultEncoding signal objectMode emitClose autoDestroy",
    ),
)

table(
    "options_of_writables",
    *options(
        lambda given: w(**given),
        "highWaterMark defaultEncoding signal decodeStrings",
    ),
)

table(
    "options_of_transforms",
    *options(
        Transform,
        "highWaterMark readableHighWaterMark writableHighWaterMark readable writable allowHalfOpen encoding "
        "decodeStrings",
    ),
)

table(
    "methods_of_readables",
    ("push", lambda v: failing(r(), lambda s: s.push(v))),
    ("push encoding", lambda v: failing(r(), lambda s: s.push("a", v)), AS_TEXT),
    ("unshift", lambda v: failing(r(), lambda s: s.unshift(v))),
    ("setEncoding", made(lambda v: r().set_encoding(v)), AS_TEXT),
    ("read", made(lambda v: r().read(v)), "a symbol"),
    ("iterator", made(lambda v: r().iterator(v)), "bytes, an emitter"),
    ("from", made(Readable.from_), "an object"),
    ("set default", set_default_mark),
)

table(
    "methods_of_writables",
    ("write", lambda v: failing(w(), lambda s: s.write(v)), "nothing"),
    ("write encoding", lambda v: failing(w(), lambda s: s.write("a", v)), f"{AS_TEXT}, {FALSE}"),
    ("write callback", lambda v: failing(w(), lambda s: s.write("a", "utf8", v)), "a function"),
    ("end", lambda v: failing(w(), lambda s: s.end(v)), "nothing"),
    ("setDefaultEncoding", made(lambda v: w().set_default_encoding(v)), AS_TEXT),
)


def _operator(name: str, *before: Any, option: str | None = None) -> Call:
    return lambda v: getattr(some(), name)(*before, v if option is None else {option: v})


table(
    "operators",
    *[
        (name, _operator(name), "a function")
        for name in ("map", "filter", "flatMap", "forEach", "some", "every", "find", "reduce")
    ],
    *[
        case
        for name in ("map", "filter", "forEach")
        for case in (
            (f"{name} options", _operator(name, nothing), "bytes, an emitter"),
            (f"{name} concurrency", _operator(name, nothing, option="concurrency"), AS_NUMBER),
            (f"{name} signal", _operator(name, nothing, option="signal")),
        )
    ],
    ("map highWaterMark", _operator("map", nothing, option="highWaterMark"), AS_NUMBER),
    ("take", _operator("take"), "a symbol"),
    ("drop", _operator("drop"), "a symbol"),
    ("take signal", _operator("take", 1, option="signal")),
    ("toArray", _operator("toArray"), "bytes, an emitter"),
    ("toArray signal", _operator("toArray", option="signal")),
    ("reduce signal", _operator("reduce", nothing, 1, option="signal")),
)

table(
    "functions_of_streams",
    ("finished", made(lambda v: nodestream.finished(v, nothing))),
    ("finished callback", made(lambda v: nodestream.finished(r(), {}, v)), "nothing"),
    ("finished signal", made(lambda v: nodestream.finished(r(), {"signal": v}, nothing))),
    ("addAbortSignal", made(lambda v: nodestream.add_abort_signal(v, r()))),
    ("addAbortSignal to", made(lambda v: nodestream.add_abort_signal(AbortController().signal, v))),
    ("pipeline", made(nodestream.pipeline)),
    ("pipeline callback", made(lambda v: nodestream.pipeline(r(), w(), v)), "a function"),
    ("pipeline first", made(lambda v: quiet(nodestream.pipeline(v, w(), nothing))), DATA),
    ("compose", made(nodestream.compose), DATA),
    ("Duplex.from", made(lambda v: quiet(Duplex.from_(v))), DATA),
    ("promises.finished", promises.finished),
    ("promises.pipeline", promises.pipeline, "an array of x, an array"),
    ("text", consumers.text, "nothing, an object"),
)
