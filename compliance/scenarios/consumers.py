"""node:stream/consumers."""

import json
from collections.abc import AsyncIterator, Awaitable, Iterator
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import PassThrough, Readable, consumers

scenarios = Scenarios()


def source(*chunks: Any) -> Readable:
    """A stream of these chunks."""
    return Readable.from_(chunks)


async def outcome(t: Trace, label: str, promise: Awaitable[Any]) -> None:
    """Write down what comes of a promise."""
    try:
        t(label, await promise)
    except Exception as error:
        t(f"{label} rejects", error)


async def refused(t: Trace, label: str, promise: Awaitable[Any]) -> None:
    """JSON's own complaints are in the words of the language."""
    try:
        t(label, await promise)
    except Exception:
        t(f"{label} is refused")


async def value_of(value: Any) -> Any:
    """Something to await."""
    return value


@scenarios
async def each(t: Trace) -> None:
    for name in ("buffer", "bytes", "text"):
        t(name, await getattr(consumers, name)(source("a", b"bc", "d")))
    t("arrayBuffer", await consumers.array_buffer(source("a", b"b")))
    t("json", await consumers.json(source('{"a": [1, 2', ", null]}")))


@scenarios
async def of_nothing(t: Trace) -> None:
    t("buffer", await consumers.buffer(source()))
    t("text", await consumers.text(source()))
    await refused(t, "json", consumers.json(source()))


@scenarios
async def of_any_iterable(t: Trace) -> None:
    def generate() -> Iterator[str]:
        yield "a"
        yield "b"

    async def generate_async() -> AsyncIterator[Any]:
        yield "a"
        yield b"b"

    t("array", await consumers.text(["a", "b"]))
    t("generator", await consumers.text(generate()))
    t("async generator", await consumers.buffer(generate_async()))
    t("promises", await consumers.text([value_of("a"), "b"]))
    await outcome(t, "byte stream", consumers.text(PassThrough().end("ab")))


@scenarios
async def text_is_decoded_as_one(t: Trace) -> None:
    t("split", await consumers.text(source(b"\xe2", b"\x82", b"\xac")))
    t("broken", await consumers.text(source(b"f\xed\xa0\x80")))
    t("cut", await consumers.text(source(b"a\xe2\x82")))
    t("mark", await consumers.text(source(b"\xef\xbb", b"\xbfa")))
    t("second mark", await consumers.text(source(b"a\xef\xbb\xbf")))
    t("mark in a string", await consumers.text(source("\ufeffa")))
    t("string between", await consumers.text(source(b"\xe2", "x", b"\x82\xac")))


@scenarios
async def json_that_is_none(t: Trace) -> None:
    for text in ("", "{a", "NaN", "-Infinity", "1 2", "\ufeff1"):
        await refused(t, json.dumps(text, ensure_ascii=False), consumers.json([text]))
    t("with a mark", await consumers.json([b"\xef\xbb\xbf1"]))


@scenarios
async def chunks_that_are_neither(t: Trace) -> None:
    t("buffer", await consumers.buffer(source({}, 1, True, 1.5, [1, "a", [2, None]], "x")))
    s = t.events(source(1, 2, 3))
    await outcome(t, "text", consumers.text(s))
    t("destroyed", s.destroyed)
    await outcome(t, "json", consumers.json(source({})))


@scenarios
async def a_stream_that_fails(t: Trace) -> None:
    for name in ("arrayBuffer", "buffer", "bytes", "text", "json"):
        s = PassThrough()
        promise = getattr(consumers, name)(s)
        s.write("a")
        s.destroy(Exception("boom"))
        await outcome(t, name, promise)


@scenarios
async def a_stream_that_was_destroyed(t: Trace) -> None:
    await outcome(t, "text", consumers.text(PassThrough().destroy()))


@scenarios
async def not_even_an_iterable(t: Trace) -> None:
    wrong: Any = 5
    await refused(t, "number", consumers.text(wrong))
    await refused(t, "nothing", consumers.buffer(None))  # type: ignore[arg-type]
