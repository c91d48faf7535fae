"""Headers, Request, Response and their bodies."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from compliance._trace import Scenarios, Trace
from nodehttp.fetch import Blob, File, FormData, Headers, Request, Response, URLSearchParams
from nodestream import Readable
from nodestream.abort import AbortController, AbortSignal
from nodestream.loop import Promise
from nodestream.timers import set_immediate
from nodestream.web import (
    CompressionStream,
    DecompressionStream,
    ReadableStream,
    ReadResult,
    TransformStream,
    WritableStream,
)

scenarios = Scenarios()

TABLES = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))

PROPERTIES = (
    *("method", "url", "destination", "referrer", "referrerPolicy", "mode", "credentials", "cache", "redirect"),
    *("integrity", "keepalive", "isReloadNavigation", "isHistoryNavigation", "duplex", "type", "status", "ok"),
    *("statusText", "redirected", "bodyUsed"),
)


def attempt(t: Trace, label: str, action: Callable[[], Any]) -> Any:
    """What an action raises, and because of what."""
    try:
        return action()
    except Exception as error:
        t(f"{label} throws", error)
        cause: Any = getattr(error, "cause", None)
        if getattr(cause, "code", None):
            t("because of", cause)
        return None


async def outcome(
    t: Trace, label: str, promise: Awaitable[Any], shown: Callable[[Any], Any] = lambda value: value
) -> None:
    """What comes of a promise."""
    try:
        t(label, shown(await promise))
    except Exception as error:
        t(f"{label} rejects", error)
        cause: Any = getattr(error, "cause", None)
        if getattr(cause, "message", None):
            t("because of", cause)


def describe(t: Trace, label: str, message: Any) -> None:
    """Every property of a request or response."""
    for name in PROPERTIES:
        if hasattr(message, name) and not callable(getattr(message, name)):
            t(f"{label} {name}", getattr(message, name))
    t(f"{label} headers", list(message.headers))
    t(f"{label} has a body", message.body is not None)


def a_round() -> Promise[None]:
    """The loop has gone round once."""
    promise: Promise[None] = Promise()
    set_immediate(promise.resolve, None)
    return promise


async def rounds(count: int) -> None:
    """The loop has gone round so often."""
    for _ in range(count):
        await a_round()


def post(body: Any, **more: Any) -> Request:
    """A request with a body."""
    return Request("http://a/", {"method": "POST", "body": body, "duplex": "half", **more})


def stream_of(*chunks: Any) -> ReadableStream:
    """A web stream of these chunks."""

    def start(controller: Any) -> None:
        for chunk in chunks:
            controller.enqueue(chunk)
        controller.close()

    return ReadableStream(start=start)


def failed_stream(error: Exception) -> ReadableStream:
    """A web stream that has failed."""
    return ReadableStream(start=lambda controller: controller.error(error))


async def items(*values: Any) -> AsyncIterator[Any]:
    """An iterable of these values."""
    for value in values:
        yield value


async def failing(error: Exception, *values: Any) -> AsyncIterator[Any]:
    """An iterable that fails in the end."""
    for value in values:
        yield value
    raise error


async def watched(t: Trace, *values: Any) -> AsyncIterator[Any]:
    """An iterable that tells when it is closed."""
    try:
        for value in values:
            yield value
    finally:
        t("the generator is closed")


BODIES: dict[str, Callable[[], Any]] = {
    "string": lambda: "h\u00e9",
    "nothing": lambda: "",
    "surrogates": lambda: "\U0001f600\ud800",
    "bytes": lambda: bytearray(b"ab"),
    "no_bytes": lambda: b"",
    "buffer": lambda: b"ab",
    "number": lambda: 5,
    "boolean": lambda: False,
    "object": lambda: {"a": 1},
    "blob": lambda: Blob(["xy"]),
    "typed_blob": lambda: Blob(["xy", "z"], type="A/B;c=D"),
    "empty_blob": lambda: Blob([]),
    "file": lambda: File(["xy"], "name", type="text/x"),
    "params": lambda: URLSearchParams([("a", "1 2"), ("\u00e9", "&")]),
    "web": lambda: stream_of(b"ab", b"c"),
    "empty_web": stream_of,
    "readable": lambda: Readable.from_(["ab", b"c"]),
    "encoded_readable": lambda: Readable.from_([b"\xc3", b"\xa9"], object_mode=False).set_encoding("utf8"),
    "async": lambda: items("ab", b"c", "", b"", bytearray(b"d")),
    "empty_async": items,
}
"""What a body can be made of, by what it is called."""


def each(table: str) -> Callable[[Callable[[Trace, Any], Any]], None]:
    """A scenario that does something with each row of a table."""

    def add(row: Callable[[Trace, Any], Any]) -> None:
        async def scenario(t: Trace) -> None:
            for index, value in enumerate(TABLES[table]):
                t("row", index)
                result = row(t, value)
                if isinstance(result, Awaitable):
                    await result

        scenarios.add(row.__name__, scenario)

    return add


@each("headers_of")
def headers_of(t: Trace, init: Any) -> None:
    headers = attempt(t, "Headers", lambda: Headers(init))
    if headers is not None:
        t("entries", list(headers))
        t("repr", repr(headers))
        t("again", list(Headers(headers)), repr(Headers(list(headers))))


@each("headers_calls")
def headers_calls(t: Trace, calls: list[Any]) -> None:
    pairs = [("A", "1"), ("Set-Cookie", "x"), ("cookie", "c=1"), ("Cookie", "c=2"), ("set-cookie", "y"), ("empty", "")]
    headers = Headers(pairs)
    for name, *args in calls:
        t.call(name, partial(getattr(headers, name), *args))
    t("entries", list(headers))
    t("repr", repr(headers))


@scenarios
def headers_iteration(t: Trace) -> None:
    headers = Headers([("b", "1"), ("a", "2"), ("set-cookie", "x"), ("Set-Cookie", "y"), ("B", "3")])
    t("keys", list(headers.keys()))
    t("values", list(headers.values()))
    t("entries", list(headers.entries()))
    headers.for_each(lambda value, name, whole: t("each", value, name, whole is headers))
    t("undefined", list(Headers(None)))
    t("a map", list(Headers({"a": "1"}.items())))
    t("a generator", list(Headers(pair for pair in [("x", "y")])))
    cookies = headers.get_set_cookie()
    cookies.append("z")
    t("a copy", headers.get_set_cookie())
    iterator = headers.keys()
    t("itself", iter(iterator) is iterator)


@scenarios
def headers_changed_meanwhile(t: Trace) -> None:
    grows = Headers({"b": "1", "d": "2"})
    for name, value in grows:
        t("grows", name, value)
        if name == "b":
            grows.set("c", "5")
        if name == "c":
            grows.append("e", "6")
    shrinks = Headers({"a": "1", "b": "2", "c": "3"})
    names = shrinks.keys()
    for name in names:
        t("shrinks", name)
        shrinks.delete(name)
    before = Headers({"b": "1"})
    left = 3
    for name, _ in before:
        t("before", name)
        left -= 1
        if left >= 0:
            before.set(f"a{left}", "1")
    cookies = Headers([("set-cookie", "1")])
    for value in cookies.values():
        t("cookie", value)
        if int(value) < 3:
            cookies.append("set-cookie", str(int(value) + 1))


@scenarios
def immutable_headers(t: Trace) -> None:
    made: dict[str, Callable[[], Response]] = {
        "error": Response.error,
        "redirect": lambda: Response.redirect("http://a/"),
        "clone": lambda: Response.error().clone(),
    }
    for label, make in made.items():
        headers = make().headers
        t.call(f"{label} set", headers.set, "a", "1")
        t.call(f"{label} append", headers.append, "a", "1")
        t.call(f"{label} delete", headers.delete, "a")
        t.call(f"{label} bad name", headers.append, "a b", "1")
        t.call(f"{label} bad value", headers.set, "a", "1\n2")
        t.call(f"{label} get", headers.get, "location")
        t(f"{label} copy", list(Headers(headers)))
        t.call(f"{label} set of a copy", Headers(headers).set, "a", "1")


@each("urls")
def urls(t: Trace, url: Any) -> None:
    request = attempt(t, "Request", lambda: Request(url))
    if request is not None:
        t("url", request.url)


class Named:
    """An object that is shown as a URL."""

    def __str__(self) -> str:
        return "http://q"


@scenarios
def url_objects(t: Trace) -> None:
    location = Response.redirect(urlsplit("http://a/b")).headers.get("location")
    t("URL", Request(urlsplit("http://a/b?c#d")).url, location)
    t("object", Request(Named()).url)


@each("methods")
def methods(t: Trace, method: Any) -> None:
    request = attempt(t, "Request", lambda: Request("http://a/", {"method": method}))
    if request is not None:
        t("method", request.method)


@each("request_inits")
def request_inits(t: Trace, init: Any) -> None:
    request = attempt(t, "Request", lambda: Request("http://a/", init))
    if request is not None:
        describe(t, "request", request)
        t("repr", repr(request))


@each("requests_of_requests")
async def requests_of_requests(t: Trace, inits: Any) -> None:
    first = Request("http://a/#f", inits[0])
    request = attempt(t, "Request", lambda: Request(first, inits[1]))
    t("input used", first.body_used)
    if request is not None:
        describe(t, "request", request)
        await outcome(t, "text", request.text())
        await outcome(t, "text of the input", first.text())


@scenarios
async def requests_from_other_options(t: Trace) -> None:
    init = {"method": "POST", "body": "x", "headers": {"a": "1"}, "redirect": "error", "credentials": "omit"}
    other = Request("http://b/", init)
    request = Request("http://a/", other)
    describe(t, "request", request)
    t("other used", other.body_used, other.body is not None and other.body.locked)
    await outcome(t, "text", request.text())
    response = Response("x", Response("y", status=201, status_text="hey", headers={"a": "b"}))
    describe(t, "response", response)


@scenarios
async def request_headers_are_its_own(t: Trace) -> None:
    first = Request("http://a/", headers={"a": "1"})
    second = Request(first)
    third = first.clone()
    second.headers.set("a", "2")
    third.headers.set("a", "3")
    t("headers", *(each.headers.get("a") for each in (first, second, third)), first.headers is first.headers)
    headers = Headers({"a": "1"})
    request = Request("http://a/", headers=headers)
    headers.set("a", "2")
    t("copied", request.headers.get("a"))


@scenarios
async def request_bodies_move(t: Trace) -> None:
    first = post("x")
    body: Any = first.body
    request: Any = Request(first)
    t("input", first.body is body, first.body_used, body.locked)
    t("request", request.body is body, request.body_used, request.body.locked)
    await outcome(t, "text of the input", first.text())
    t.call("clone of the input", first.clone)
    t.call("request of the input", Request, first)
    t("with a body", await Request(first, body="y").text())
    await outcome(t, "text", request.text())
    t.call("request of a read one", Request, request)
    moved = Request(post(stream_of(b"ab", b"c")))
    await outcome(t, "a stream", moved.text())
    failed = Request(post(failing(Exception("boom"), "a")))
    await outcome(t, "a failure", failed.text())
    locked: Any = post("x")
    locked.body.get_reader()
    t.call("request of a locked one", Request, locked)
    t("not taken", post("x").body_used)
    refused = post("x")
    t.call("a refusal", lambda: Request(refused, method="GET"))
    t("is not used", refused.body_used)


@scenarios
def request_streams(t: Trace) -> None:
    for label in ("web", "readable", "async"):
        make = BODIES[label]
        t.call(f"{label} without duplex", lambda make=make: Request("http://a/", method="POST", body=make()))
        t.call(f"{label} with duplex", lambda make=make: post(make()).duplex)
        t.call(f"{label} with keepalive", lambda make=make: post(make(), keepalive=True))
        t.call(f"{label} without cors", lambda make=make: post(make(), mode="no-cors"))
        t.call(f"{label} with get", lambda make=make: post(make(), method="GET"))
        t.call(f"{label} of a request", lambda make=make: Request(post(make())).duplex)
    locked = stream_of()
    locked.get_reader()
    t.call("locked", post, locked)
    t.call("locked, with get", lambda: post(locked, method="GET"))


@scenarios
async def request_clones(t: Trace) -> None:
    more = {"redirect": "error", "referrer": "http://r/", "referrerPolicy": "origin", "integrity": "i"}
    request = post("x", headers={"A": "1"}, **more)
    clone = request.clone()
    describe(t, "clone", clone)
    t("repr", repr(clone))
    t("same", clone.signal is request.signal, clone.headers is request.headers, clone.body is request.body)
    await outcome(t, "text", request.text())
    await outcome(t, "text of the clone", clone.text())
    t.call("used", request.clone)
    locked: Any = post("x")
    locked.body.get_reader()
    t.call("locked", locked.clone)
    t("without a body", Request("http://a/").clone().body)


@scenarios
async def signals(t: Trace) -> None:
    controller = AbortController()
    request = Request("http://a/", signal=controller.signal)
    others = {
        "request": request,
        "clone": request.clone(),
        "of": Request(request),
        "clone_of_clone": request.clone().clone(),
    }
    for label, one in others.items():
        t(label, one.signal.aborted, one.signal is one.signal)
    t("its own", request.signal is controller.signal)
    told: list[Any] = []
    for one in others.values():
        one.signal.add_event_listener("abort", told.append)
    controller.abort("why")
    t("told", len(told))
    for label, one in others.items():
        t(label, one.signal.aborted, one.signal.reason)
    t("later", request.clone().signal.reason, Request(request).signal.reason)
    t("repr", repr(request))
    aborted = Request("http://a/", signal=AbortSignal.abort("before"))
    t("aborted", aborted.signal.aborted, aborted.signal.reason, aborted.clone().signal.aborted)
    first, second = AbortController(), AbortController()
    replaced = Request(Request("http://a/", signal=first.signal), signal=second.signal)
    first.abort()
    t("not of the first", replaced.signal.aborted)
    second.abort()
    t("of the second", replaced.signal.aborted, replaced.signal.reason.name)
    t("none", Request("http://a/").signal.aborted)
    await outcome(t, "a body can be read all the same", post("x", signal=AbortSignal.abort()).text())


@each("responses")
async def responses(t: Trace, args: Any) -> None:
    response = attempt(t, "Response", lambda: Response(*args))
    if response is not None:
        describe(t, "response", response)
        t("repr", repr(response))
        await outcome(t, "text", response.text())


@each("responses_without_body")
async def responses_without_body(t: Trace, init: Any) -> None:
    response = attempt(t, "Response", lambda: Response(None, init))
    if response is not None:
        describe(t, "response", response)
        t("repr", repr(response))
        for name in ("text", "bytes", "text"):
            await outcome(t, name, getattr(response, name)())
        t("blob", repr(await response.blob()))
        t("used", response.body_used)
        describe(t, "clone", response.clone())


@each("json_of")
async def json_of(t: Trace, args: Any) -> None:
    response = attempt(t, "json", lambda: Response.json(*args))
    if response is not None:
        describe(t, "response", response)
        await outcome(t, "text", response.text())


@scenarios
def json_that_is_none(t: Trace) -> None:
    t.call("a function", lambda: Response.json(lambda: 5))
    t("nothing", Response.json(None).headers.get("content-type"))


@each("redirects")
def redirects(t: Trace, args: Any) -> None:
    response = attempt(t, "redirect", lambda: Response.redirect(*args))
    if response is not None:
        describe(t, "response", response)
        t("repr", repr(response))


@scenarios
def error_responses(t: Trace) -> None:
    response = Response.error()
    describe(t, "response", response)
    t("repr", repr(response))
    describe(t, "clone", response.clone())


@scenarios
async def response_clones(t: Trace) -> None:
    response = Response("x", status=201, status_text="hey", headers={"a": "b"})
    body: Any = response.body
    clone = response.clone()
    describe(t, "clone", clone)
    t("body", response.body is body, body.locked, response.body_used, clone.body_used)
    clone.headers.set("a", "c")
    t("headers", response.headers.get("a"))
    await outcome(t, "text of the clone", clone.text())
    t("used", response.body_used, clone.body_used)
    await outcome(t, "text", response.text())
    t.call("used", response.clone)
    locked: Any = Response("x")
    locked.body.get_reader()
    t.call("locked", locked.clone)
    released: Any = Response("x")
    released.body.get_reader().release_lock()
    await outcome(t, "released", released.clone().text())
    cancelled: Any = Response("x")
    await cancelled.body.cancel()
    t.call("cancelled", cancelled.clone)


@scenarios
async def clones_of_each_kind(t: Trace) -> None:
    for label, make in BODIES.items():
        response = Response(make())
        clone = response.clone()
        await outcome(t, f"{label} of the clone", clone.text())
        await outcome(t, label, response.text())
        t("used", response.body_used, clone.body_used)
        await outcome(t, "twice", clone.text())


@scenarios
async def clones_of_what_fails(t: Trace) -> None:
    kinds: dict[str, Callable[[], Any]] = {
        "async": lambda: failing(Exception("boom"), "a"),
        "web": lambda: stream_of("text"),
        "number": lambda: items(5),
    }
    for label, make in kinds.items():
        response = Response(make())
        clone = response.clone()
        await outcome(t, f"{label} of the clone", clone.text())
        await outcome(t, label, response.text())


async def texts(*messages: Request | Response) -> list[str]:
    """The text of each, one after the other."""
    return [await message.text() for message in messages]


def twice(chunk: Any, controller: Any) -> None:
    """Let a chunk pass two times."""
    controller.enqueue(chunk)
    controller.enqueue(chunk)


@scenarios
async def clones_and_moves(t: Trace) -> None:
    for label in ("string", "async", "web"):
        make = BODIES[label]
        used = Response(make())
        unused = used.clone()
        await used.text()
        await outcome(t, f"{label}, a clone of a clone", texts(unused.clone(), unused))
        response: Any = Response(make())
        await outcome(t, f"{label}, two clones", texts(response.clone(), response.clone(), response))
        t("locked", response.body.locked)
        request = post(make())
        await outcome(t, f"{label}, a clone and a move", texts(request.clone(), Request(request)))
        t("used", request.body_used)
        moved = Request(post(make()))
        await outcome(t, f"{label}, a clone of what moved", texts(moved.clone(), moved))
        await outcome(t, f"{label}, moved twice", texts(Request(Request(post(make())))))
        seen: Any = post(make())
        t("seen", seen.body.locked)
        other = Response(seen.body)
        t("the same", seen.body is other.body)
        await outcome(t, f"{label}, of another body", texts(other))
        t("used", seen.body_used)
        source: Any = Response(make())
        doubled = source.body.pipe_through(TransformStream(transform=twice))
        await outcome(t, f"{label}, through a transformation", texts(Response(doubled)))
        t("used", source.body_used)
        unpacked: Any = Response(make())
        packed = Response(unpacked.body.pipe_through(CompressionStream("gzip")))
        again = Blob([await packed.bytes()]).stream().pipe_through(DecompressionStream("gzip"))
        await outcome(t, f"{label}, packed", texts(Response(again)))


@scenarios
async def clones_share_their_source(t: Trace) -> None:
    response = Response(watched(t, "a", "b"))
    clone: Any = response.clone()
    first = clone.body.cancel("one")
    await rounds(3)
    t("one is left")
    await outcome(t, "text", response.text())
    await outcome(t, "cancelled", first)
    other: Any = Response(watched(t, "a", "b"))
    other_clone = other.clone()
    reader = other_clone.body.get_reader()
    t("read", (await reader.read()).done)
    both = [other.body.cancel("one"), reader.cancel("two")]
    for one in both:
        await one
    t("both are left", "yes")


@scenarios
async def each_kind(t: Trace) -> None:
    for label, make in BODIES.items():
        response: Any = Response(make())
        kind = response.headers.get("content-type")
        t(label, kind, response.body_used, response.body is response.body, response.body.locked)
        await outcome(t, "text", response.text())
        t("used", response.body_used, response.body.locked)
        request = post(make())
        t("request", request.headers.get("content-type"))
        await outcome(t, "bytes", request.bytes())


@scenarios
async def each_kind_without_the_stream(t: Trace) -> None:
    for label, make in BODIES.items():
        response: Any = Response(make())
        text = response.text()
        t(label, response.body_used, response.body.locked)
        await outcome(t, "text", text)
        await outcome(t, "again", response.bytes())


@scenarios
async def each_kind_as_a_stream(t: Trace) -> None:
    for label, make in BODIES.items():
        response: Any = Response(make())
        chunks = [bytes(chunk).decode("latin-1") async for chunk in response.body]
        t(label, chunks, response.body_used, response.body.locked)


@scenarios
async def each_way_to_read(t: Trace) -> None:
    for label, kind in (("string", "string"), ("blob", "typed_blob"), ("async", "async"), ("web", "web")):
        make = BODIES[kind]
        await outcome(t, f"{label} bytes", Response(make()).bytes())
        await outcome(t, f"{label} arrayBuffer", Response(make()).array_buffer())
        await outcome(t, f"{label} blob", Response(make(), headers={"content-type": "A/B;x=1"}).blob(), repr)
        await outcome(t, f"{label} text", Response(make()).text())
    await outcome(t, "json", Response('{"a": [1]}').json())
    await outcome(t, "json of an iterable", Response(items('{"a"', ": [1", "]}")).json())


async def entries(message: Request | Response) -> list[Any]:
    """What a form holds."""
    found: list[Any] = []
    for name, value in await message.form_data():
        found.append([name, value.name, value.type, await value.text()] if isinstance(value, File) else [name, value])
    return found


@scenarios
async def forms(t: Trace) -> None:
    form = FormData()
    form.append("a", "1")
    form.append('\u00e9"', "x\ny")
    form.append("f", File(["zz"], "f.txt", type="text/plain"))
    kinds: dict[str, Callable[[Any], Any]] = {"response": Response, "request": post}
    for label, make in kinds.items():
        message = make(form)
        clone = message.clone()
        kind = message.headers["content-type"]
        boundary = kind.partition("=")[2]
        t(f"{label} type", kind.replace(boundary, "BOUNDARY"), clone.headers["content-type"] == kind)
        t(f"{label} text", (await clone.text()).replace(boundary, "BOUNDARY"))
        await outcome(t, f"{label} form", entries(message))
        t(f"{label} used", message.body_used)
        await outcome(t, f"{label} again", entries(message))
        await outcome(t, f"{label} of params", entries(make(URLSearchParams("a=1&b=%20+\u00e9&a=2"))))
    urlencoded = "application/x-www-form-urlencoded"
    kind = f"{urlencoded}; charset=x"
    await outcome(t, "a text", entries(Response("a=1&b", headers={"content-type": kind})))
    await outcome(t, "nothing", entries(Response(None, headers={"content-type": urlencoded})))
    await outcome(t, "an empty form", entries(Response(FormData())))
    moved = Request(post(form))
    await outcome(t, "moved", entries(moved))


@each("content_types")
async def content_types(t: Trace, kind: str) -> None:
    await outcome(t, "type", Response("x", headers={"content-type": kind}).blob(), lambda blob: blob.type)


@scenarios
async def types_of_blobs(t: Trace) -> None:
    await outcome(t, "none", Response(b"x").blob(), lambda blob: blob.type)
    two = Headers([("content-type", "a/b;x=1"), ("content-type", "c/d")])
    await outcome(t, "two", Response("x", headers=two).blob(), lambda blob: blob.type)
    changed = Response("x")
    blob = changed.blob()
    changed.headers.set("content-type", "q/q")
    await outcome(t, "changed", blob, lambda blob: blob.type)
    await outcome(t, "of a request", post(Blob(["x"], type="A/b")).blob(), repr)


@each("json_texts")
async def json_texts(t: Trace, text: str) -> None:
    try:
        t("json", await Response(text).json())
    except ValueError:
        t("json is refused")


@each("octets")
async def octets(t: Trace, values: list[int]) -> None:
    data = bytes(values)
    await outcome(t, "text", Response(data).text())
    await outcome(t, "in two", Response(items(data[:1], data[1:])).text())


@scenarios
async def used_twice(t: Trace) -> None:
    for first in ("text", "bytes", "blob", "arrayBuffer"):
        response: Any = Response('"x"')
        promise = getattr(response, first)()
        t(first, response.body_used, response.body.locked)
        for second in ("text", "json", "blob", "formData"):
            await outcome(t, second, getattr(response, second)())
        await promise
    locked: Any = Response("x")
    reader = locked.body.get_reader()
    t("locked", locked.body_used)
    await outcome(t, "locked", locked.text())
    reader.release_lock()
    t("released", locked.body_used)
    await outcome(t, "released", locked.text())
    cancelled: Any = Response("x")
    await cancelled.body.cancel("why")
    t("cancelled", cancelled.body_used)
    await outcome(t, "cancelled", cancelled.text())
    part: Any = Response(items("a", "b"))
    part_reader = part.body.get_reader()
    await part_reader.read()
    part_reader.release_lock()
    t("a part", part.body_used)
    await outcome(t, "a part", part.text())
    piped: Any = Response("x")
    pipe = piped.body.pipe_to(WritableStream())
    t("piped", piped.body_used)
    await pipe
    await outcome(t, "piped", piped.text())
    teed: Any = Response("x")
    teed.body.tee()
    t("teed", teed.body_used)
    await outcome(t, "teed", teed.text())
    failed = Response("nope")
    try:
        await failed.json()
    except ValueError:
        t("json is refused", failed.body_used)
    await outcome(t, "after that", failed.text())


async def chunks_of(t: Trace, body: Any) -> None:
    """Write down every chunk."""
    async for chunk in body:
        t("chunk", chunk)


@scenarios
async def wrong_pieces(t: Trace) -> None:
    pieces: dict[str, Any] = {"number": 5, "object": {}, "boolean": True}
    for label, piece in pieces.items():
        await outcome(t, f"{label} of an iterable", Response(items("a", piece)).text())
        await outcome(t, f"{label} of a Readable", Response(Readable.from_(["a", piece])).text())
        await outcome(t, f"{label} of a web stream", Response(stream_of(b"a", piece)).text())
    await outcome(t, "string of a web stream", Response(stream_of("a")).text())
    await outcome(t, "in a stream", chunks_of(t, Response(items(5)).body))
    response = Response(items(5))
    await outcome(t, "bytes", response.bytes())
    t("used", response.body_used)


@scenarios
async def failures(t: Trace) -> None:
    error = Exception("boom")
    await outcome(t, "an iterable", Response(failing(error, "a")).text())
    await outcome(t, "a web stream", Response(failed_stream(error)).text())
    await outcome(t, "a Readable", Response(Readable(read=lambda stream, _: stream.destroy(error))).text())
    controllers: list[Any] = []
    meanwhile = Response(ReadableStream(start=controllers.append))
    text = meanwhile.text()
    controllers[0].enqueue(b"a")
    await a_round()
    controllers[0].error(error)
    await outcome(t, "meanwhile", text)
    readable = Readable(read=lambda *_: None)
    broken = Response(readable).text()
    readable.push("a")
    await a_round()
    readable.destroy()
    await outcome(t, "destroyed", broken)
    failed: Any = Response(failing(error))
    reader = failed.body.get_reader()
    await outcome(t, "read", reader.read())
    await outcome(t, "closed", reader.closed)
    await outcome(t, "text", failed.text())


@scenarios
async def disturbed(t: Trace) -> None:
    locked = stream_of()
    locked.get_reader()
    t.call("locked", Response, locked)
    cancelled = stream_of()
    await cancelled.cancel()
    t.call("cancelled", Response, cancelled)
    read = stream_of(b"a")
    reader = read.get_reader()
    await reader.read()
    reader.release_lock()
    t.call("read", Response, read)
    destroyed = Readable.from_(["a"])
    destroyed.destroy()
    t.call("destroyed", Response, destroyed)
    left = Readable.from_(["a", "b"])
    async for chunk in left:
        t("chunk", chunk)
        break
    t.call("left", Response, left)
    failed = failed_stream(Exception("boom"))
    t.call("failed", lambda: Response(failed).body_used)
    t.call("a request", post, read)
    t.call("order", lambda: Response(locked, status=1))
    t.call("order of headers", lambda: Response(locked, headers=5))
    web = stream_of(b"a")
    t("the same", Response(web).body is web, post(web).body is web)


def shown(result: ReadResult) -> Any:
    """A result as JavaScript has it."""
    return result._asdict()


@scenarios
async def reading_by_hand(t: Trace) -> None:
    response: Any = Response("abc")
    reader = response.body.get_reader()
    t("first", shown(await reader.read()))
    t("then", shown(await reader.read()))
    iterated: Any = Response(items("abc", "de"))
    views = iterated.body.get_reader(mode="byob")
    for _ in range(4):
        t("view", shown(await views.read(bytearray(2))))
    nothing: Any = Response("")
    t("empty", shown(await nothing.body.get_reader().read()))


@scenarios
async def leaving(t: Trace) -> None:
    response: Any = Response(watched(t, "a", "b"))
    async for chunk in response.body:
        t("chunk", chunk.decode())
        break
    await rounds(3)
    t("left", response.body_used, response.body.locked)
    cancelled: Any = Response(watched(t, "a", "b"))
    reader = cancelled.body.get_reader()
    await reader.read()
    await reader.cancel("why")
    t("cancelled")
    untouched: Any = Response(watched(t, "a"))
    await untouched.body.cancel()
    t("not begun")
    readable = Readable(read=lambda stream, _: stream.push("a"))
    begun: Any = Response(readable)
    readable_reader = begun.body.get_reader()
    await readable_reader.read()
    await readable_reader.cancel()
    t("a Readable", readable.destroyed)


@scenarios
async def pulling(t: Trace) -> None:
    async def pieces() -> AsyncIterator[str]:
        t("begun")
        yield "a"
        t("went on")
        yield "b"

    response: Any = Response(pieces())
    await rounds(2)
    t("made", response.body.locked)
    await rounds(2)
    reader = response.body.get_reader()
    await reader.read()
    await rounds(2)
    t("read")
    await reader.read()
