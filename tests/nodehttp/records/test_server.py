"""Requests answered with results, and responses that are streams of records."""

from __future__ import annotations

import itertools
import json
import logging
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import trio
from trio.testing import MockClock

import nodehttp
from nodehttp import net
from nodehttp.records import handler, respond
from nodehttp.records._compression import accepted, codings, decoder, encoder
from nodestream import Readable
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, NodeError
from nodestream.events import once
from nodestream.loop import Promise, run
from nodestream.promises import finished
from nodestream.timers import set_timeout
from tests.nodehttp.fetch.fetch_support import listening, until
from tests.nodehttp.server.support import CHUNKED, KEEP, OK, ScriptedSocket, connected

POST = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n"
CODINGS = f"Accept-Encoding: {accepted()}\r\nVary: Accept-Encoding\r\n"
TYPE = "Content-Type: application/x-ndjson\r\n"
HEAD = OK + TYPE + CODINGS + "Date: <DATE>\r\n" + KEEP + CHUNKED + "\r\n"
END = b"0\r\n\r\n"


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


def head(*fields: str) -> bytes:
    return POST + "".join(f"{field}\r\n" for field in fields).encode() + b"\r\n"


async def rounds(count: int = 10) -> None:
    left = [*range(count)]
    await until(lambda: not left or left.pop() is None)


def conversation(
    listener: Callable[..., Any], *said: bytes, clock: MockClock | None = None, rest: float = 0
) -> ScriptedSocket:
    """What a server answers to a client that says so much, one piece after the other."""
    sockets: list[ScriptedSocket] = []

    async def main() -> None:
        socket = connected(nodehttp.create_server(listener))
        sockets.append(socket)
        for piece in said:
            if not socket.destroyed:
                socket.receive(piece)
            await rounds()
        if rest:
            done: Promise[None] = Promise()
            set_timeout(done.resolve, rest, None)
            await done
        socket.destroy()

    run(main, clock=clock)
    return sockets[0]


def double(record: Any) -> Any:
    return record * 2


async def later(record: Any) -> Any:
    await trio.lowlevel.checkpoint()
    return record * 2


def test_results_come_while_the_request_is_still_being_sent() -> None:
    async def main() -> None:
        socket = connected(nodehttp.create_server(handler(double, flush_interval=0)))
        socket.receive(head())
        await rounds()
        assert socket.text == ""
        socket.receive(chunk(b"1\n2\n3"))
        await rounds()
        assert socket.text == HEAD + "4\r\n2\n4\n\r\n"
        socket.receive(chunk(b"\n"))
        await rounds()
        assert socket.text == HEAD + "4\r\n2\n4\n\r\n2\r\n6\n\r\n"
        socket.receive(chunk(b"4") + END)
        await rounds()
        assert socket.text == HEAD + "4\r\n2\n4\n\r\n2\r\n6\n\r\n2\r\n8\n\r\n0\r\n\r\n"
        assert not socket.is_over
        socket.destroy()

    run(main)


@pytest.mark.parametrize(
    "fields",
    [
        (),
        ("Content-Type: application/x-ndjson",),
        ("Content-Type: application/octet-stream",),
        ("Content-Type: Application/X-NDJSON; charset=utf-8",),
    ],
)
def test_types_that_are_taken(fields: tuple[str, ...]) -> None:
    assert conversation(handler(double), head(*fields) + chunk(b"1\n") + END).text.endswith("2\r\n2\n\r\n0\r\n\r\n")


def test_without_records_there_are_no_results() -> None:
    for request in (head() + END, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n", head() + chunk(b"\n\r\n") + END):
        text = conversation(handler(double), request).text
        assert text.startswith(OK + "Content-Type: application/x-ndjson\r\n")
        assert text.endswith("Content-Length: 0\r\n\r\n")


def broken(record: Any) -> Any:
    raise KeyError(record)


@pytest.mark.parametrize(
    ("process", "options", "fields", "data", "status", "code", "message"),
    [
        (
            double,
            {},
            ("Content-Type: text/plain",),
            b"1\n",
            "415 Unsupported Media Type",
            "ERR_RECORDS_CONTENT_TYPE",
            'Content-Type must be "application/x-ndjson", not "text/plain"',
        ),
        (
            double,
            {},
            (),
            b"x\n1\n",
            "400 Bad Request",
            "ERR_RECORDS_MALFORMED_LINE",
            "Line 1 is malformed: Expecting value at character 0",
        ),
        (
            double,
            {"max_line_length": 5},
            (),
            b"123456",
            "413 Payload Too Large",
            "ERR_RECORDS_LINE_TOO_LONG",
            "Line 1 is longer than 5 bytes",
        ),
        (broken, {}, (), b"1\n2\n", "500 Internal Server Error", "ERR_RECORDS_PROCESSING", "Internal Server Error"),
        (
            lambda _: [object()],
            {},
            (),
            b"1\n",
            "500 Internal Server Error",
            "ERR_RECORDS_PROCESSING",
            "Internal Server Error",
        ),
    ],
)
def test_what_fails_before_there_are_results_is_told(
    process: Callable[[Any], Any],
    options: dict[str, Any],
    fields: tuple[str, ...],
    data: bytes,
    status: str,
    code: str,
    message: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    socket = conversation(
        handler(process, options),
        head(*fields) + chunk(data),
        chunk(b"1\n") * 1000,
        chunk(b"1\n") + END,
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
    )
    answer, rest = socket.text.split("\r\n\r\n", 1)
    line, rest = rest.split("\n", 1)
    assert answer.startswith(f"HTTP/1.1 {status}\r\nContent-Type: application/x-ndjson\r\nContent-Length: ")
    assert json.loads(line) == {"error": {"code": code, "message": message}}
    assert rest.startswith("HTTP/1.1 ")  # the rest of the request was let go by, and the next one was answered
    assert [record.message for record in caplog.records] == (
        ["records could not be processed"] if status.startswith("500") else []
    )


@pytest.mark.parametrize(
    ("process", "data", "results", "is_logged"),
    [
        (double, b"1\nx\n", "2\n", False),
        (later, b"1\n2\n3\nx\n", "2\n4\n6\n", False),
        (lambda record: record * 2 if record < 2 else broken(record), b"1\n2\n3\n", "2\n", True),
        (lambda record: iter([record, object()]), b"1\n", "1\n", True),
        (lambda record: record if record < 3 else object(), b"1\n2\n3\n4\n", "1\n2\n", True),
    ],
)
def test_what_fails_later_breaks_off_after_the_results(
    process: Callable[[Any], Any],
    data: bytes,
    results: str,
    is_logged: bool,
    caplog: pytest.LogCaptureFixture,
) -> None:
    socket = conversation(handler(process, ordered=True), head() + chunk(data), chunk(b"7\n") * 5)
    assert socket.text == HEAD + chunk(results.encode()).decode()
    assert socket.is_over
    assert len(caplog.records) == is_logged


def test_an_error_after_the_head_is_logged_once_and_breaks_off(caplog: pytest.LogCaptureFixture) -> None:
    def process(record: int) -> int:
        return record if record < 3 else broken(record)  # type: ignore[no-any-return]

    socket = conversation(handler(process), head() + chunk(b"1\n2\n"), chunk(b"3\n4\n"), chunk(b"5\n"))
    assert socket.text == HEAD + "4\r\n1\n2\n\r\n"
    assert socket.is_over
    (record,) = caplog.records
    assert (record.name, record.levelno) == ("nodehttp", logging.ERROR)
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], KeyError)


def test_an_answer_that_breaks_off_leaves_those_before_it_whole() -> None:
    def listener(request: Any, response: Any) -> None:
        if request.url == "/first":
            set_timeout(response.end, 1000, "first")
        else:
            respond(response, itertools.chain([1], map(broken, [2])))

    requests = b"GET /first HTTP/1.1\r\nHost: a\r\n\r\nGET /second HTTP/1.1\r\nHost: a\r\n\r\n"
    socket = conversation(listener, requests, clock=MockClock(autojump_threshold=0), rest=1500)
    first = OK + "Date: <DATE>\r\n" + KEEP + "Content-Length: 5\r\n\r\nfirst"
    assert socket.text == first + HEAD + "2\r\n1\n\r\n"
    assert socket.is_over


def test_a_client_of_an_older_http_can_tell_too() -> None:
    async def test(url: str) -> None:
        socket = net.connect(int(url.rpartition(":")[2]), "127.0.0.1")
        socket.write(b"GET / HTTP/1.0\r\n\r\n")
        ended: list[str] = []
        socket.on("end", lambda: ended.append("end")).on("data", lambda _: None)
        with pytest.raises(NodeError, match="ECONNRESET"):
            await finished(socket)
        assert not ended

    with_a_server(lambda _, response: respond(response, itertools.chain([1], map(broken, [2]))), test)


def test_malformed_lines_may_be_skipped() -> None:
    told: list[Any] = []
    socket = conversation(handler(double, on_malformed=told.append), head() + chunk(b"1\nx\n2\n") + END)
    assert socket.text == HEAD + "4\r\n2\n4\n\r\n0\r\n\r\n"
    assert [error.line for error in told] == [b"x"]


@pytest.mark.parametrize("how", ["the input", "a result", "room"])
def test_a_client_that_goes_away_stops_the_processing(how: str, caplog: pytest.LogCaptureFixture) -> None:
    ended: list[str] = []

    async def process(record: str) -> Any:
        try:
            if record == "a result":
                await trio.sleep_forever()
            while record == "room":
                yield "x" * 100_000
            yield 1
        finally:
            ended.append("ended")

    async def main() -> None:
        socket = connected(nodehttp.create_server(handler(process, workers=1)))
        socket.backed_up = True
        socket.receive(head() + chunk(json.dumps(how).encode() + b"\n"))
        await rounds()
        assert len(ended) == (how == "the input")
        socket.destroy()
        await rounds()
        assert ended == ["ended"]

    run(main)  # it returns, so no task was left
    assert not caplog.records


@pytest.mark.parametrize("process", [double, later])
def test_a_client_that_does_not_read_stops_the_reading_of_its_input(process: Callable[[Any], Any]) -> None:
    processed = 0

    def counting(record: Any) -> Any:
        nonlocal processed
        processed += 1
        return process(record)

    async def main() -> None:
        async with listening(nodehttp.create_server(handler(counting, compression=False))) as url:
            request = nodehttp.request(url, method="POST")
            response: Promise[Any] = Promise()
            request.on("response", response.resolve)
            block = b'"%b"\n' % (b"x" * 198) * 5000
            request.write(block)
            message = await response
            # As much as no buffer on the way takes.
            for _ in range(19):
                request.write(block)
            before = -1
            while processed != before:
                before = processed
                await rounds(50)
            assert processed < 80_000
            request.end()
            lines = 0
            async for piece in message:
                lines += piece.count(b"\n")
            assert lines == processed
            assert lines == 100_000

    run(main)


def test_time_counts_while_the_client_is_waited_for() -> None:
    clock = MockClock(autojump_threshold=0)
    socket = conversation(handler(double, timeout=1000), head() + chunk(b"1\n"), clock=clock, rest=1500)
    assert socket.text == HEAD + "2\r\n2\n\r\n"
    assert socket.is_over
    clock = MockClock(autojump_threshold=0)
    socket = conversation(handler(double, timeout=1000), head() + chunk(b"1"), clock=clock, rest=1500)
    assert socket.text.startswith("HTTP/1.1 408 Request Timeout\r\n")
    assert "Nothing came for 1000 ms" in socket.text


def test_time_does_not_count_while_a_record_is_processed() -> None:
    async def process(record: int) -> int:
        await trio.sleep(10)
        return record

    clock = MockClock(autojump_threshold=0)
    socket = conversation(handler(process, timeout=1000), head() + chunk(b"1\n"), END, clock=clock, rest=11_000)
    assert socket.text == HEAD + "2\r\n1\n\r\n0\r\n\r\n"


def test_without_a_timeout_it_waits_for_ever() -> None:
    clock = MockClock(autojump_threshold=0)
    socket = conversation(handler(double, timeout=0), head() + chunk(b"1\n"), clock=clock, rest=200_000)
    assert socket.text == HEAD + "2\r\n2\n\r\n"


async def a_few() -> Any:
    yield {"n": 1}
    await trio.lowlevel.checkpoint()
    yield None


@pytest.mark.parametrize(
    "records",
    [
        lambda: [{"n": 1}, None],
        lambda: iter([{"n": 1}, None]),
        a_few,
        lambda: (each for each in ({"n": 1}, None)),
    ],
)
def test_an_iterable_is_an_answer(records: Callable[[], Any]) -> None:
    def listener(_request: Any, response: Any) -> None:
        response.status_code = 201
        response.set_header("X-A", "b")
        respond(response, records(), flush_interval=0)

    socket = conversation(listener, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    status, _, rest = socket.text.partition("\r\n")
    assert status == "HTTP/1.1 201 Created"
    assert rest.startswith("X-A: b\r\n" + TYPE)
    pieces = rest.partition("\r\n\r\n")[2].split("\r\n")
    assert "".join(pieces[1::2]) == '{"n":1}\nnull\n'
    assert pieces[-3:] == ["0", "", ""]


def test_a_stream_is_an_answer_with_a_content_type_of_its_own() -> None:
    def listener(_request: Any, response: Any) -> None:
        response.set_header("Content-Type", "application/jsonl")
        respond(response, Readable.from_([1, 2]))

    text = conversation(listener, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").text
    assert "\r\nContent-Type: application/jsonl\r\n" in text
    assert "x-ndjson" not in text


def test_a_large_answer_is_made_no_faster_than_it_is_taken() -> None:
    made = 0

    def records() -> Any:
        nonlocal made
        while made < 50_000:
            made += 1
            yield "x" * 198

    async def main() -> None:
        server = nodehttp.create_server(lambda _, response: respond(response, records(), compression=False))
        async with listening(server) as url:
            request = nodehttp.get(url)
            (message,) = await once(request, "response")
            await until(lambda: made > 0)
            await rounds(500)
            assert made < 45_000
            lines = 0
            async for piece in message:
                lines += piece.count(b"\n")
            assert lines == 50_000

    run(main)


@pytest.mark.parametrize("is_async", [False, True])
def test_an_iterable_is_closed_when_the_client_goes(is_async: bool) -> None:
    ended: list[str] = []

    def plain() -> Any:
        try:
            while True:
                yield "x" * 1000
        finally:
            ended.append("ended")

    async def asynchronous() -> Any:
        try:
            yield 1
            await trio.sleep_forever()
        finally:
            ended.append("ended")

    async def main() -> None:
        records = asynchronous() if is_async else plain()
        socket = connected(nodehttp.create_server(lambda _, response: respond(response, records)))
        socket.backed_up = True
        socket.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await rounds()
        assert not ended
        socket.destroy()
        await rounds()
        assert ended == ["ended"]

    run(main)


def test_an_iterable_that_fails_breaks_the_answer_off(caplog: pytest.LogCaptureFixture) -> None:
    def records() -> Any:
        yield 1
        raise KeyError("records")

    get = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"
    socket = conversation(lambda _, response: respond(response, records()), get)
    assert socket.text == HEAD + "2\r\n1\n\r\n"
    assert socket.is_over
    assert len(caplog.records) == 1


def test_nothing_is_made_for_a_client_that_has_gone() -> None:
    made: list[int] = []

    async def main() -> None:
        responses: list[Any] = []
        socket = connected(nodehttp.create_server(lambda _, response: responses.append(response)))
        socket.receive(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await until(lambda: responses)
        socket.destroy()
        await rounds()
        respond(responses[0], map(made.append, range(10)))
        await rounds()

    run(main)
    assert not made


@pytest.mark.parametrize("records", [None, 5, "abc", b"abc", {"a": 1}])
def test_what_is_no_iterable_of_records_is_refused(records: Any) -> None:
    def listener(_request: Any, response: Any) -> None:
        with pytest.raises(ERR_INVALID_ARG_TYPE):
            respond(response, records)
        response.end()

    assert conversation(listener, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n").text.startswith(OK)


async def through(stream: Any, data: bytes, *, ends: bool = True) -> bytes:
    """What comes out of an encoder or decoder."""
    pieces: list[bytes] = []
    stream.on("data", pieces.append)
    stream.write(data)
    if ends:
        stream.end()
        await once(stream, "end")
    else:
        done: Promise[None] = Promise()
        stream.flush(lambda *_: done.resolve(None))
        await done
        await rounds()
        stream.destroy()
    return b"".join(pieces)


def bodies(text: bytes) -> list[bytes]:
    """The chunks of a chunked body."""
    found = []
    while text:
        size, _, text = text.partition(b"\r\n")
        found.append(text[: int(size, 16)])
        text = text[int(size, 16) + 2 :]
    return found


@pytest.mark.parametrize("coding", codings())
def test_results_are_encoded_and_can_be_read_at_once(coding: str) -> None:
    async def main() -> None:
        socket = connected(nodehttp.create_server(handler(double)))
        socket.receive(head(f"Accept-Encoding: {coding}", f"Content-Encoding: {coding}"))
        encoded = await through(encoder(coding), b"1\n2\n")
        socket.receive(chunk(encoded))
        await until(lambda: b"".join(socket.sent).partition(b"\r\n\r\n")[2])
        answer, _, body = b"".join(socket.sent).partition(b"\r\n\r\n")
        assert answer.startswith(f"{OK}{TYPE}{CODINGS}Content-Encoding: {coding}\r\n".encode())
        (first,) = bodies(body)
        assert await through(decoder(coding), first, ends=False) == b"2\n4\n"
        socket.receive(END)
        await until(lambda: socket.sent[-1].endswith(END))
        body = b"".join(socket.sent).partition(b"\r\n\r\n")[2]
        assert await through(decoder(coding), b"".join(bodies(body))) == b"2\n4\n"
        assert not socket.is_over
        socket.destroy()

    run(main)


def test_an_encoded_answer_that_breaks_off_has_the_results_so_far() -> None:
    async def main() -> None:
        socket = connected(nodehttp.create_server(handler(double)))
        socket.receive(head("Accept-Encoding: gzip") + chunk(b"1\n2\nx\n"))
        await until(lambda: socket.is_over)
        body = b"".join(socket.sent).partition(b"\r\n\r\n")[2]
        assert not body.endswith(END)
        assert await through(decoder("gzip"), b"".join(bodies(body))) == b"2\n4\n"

    run(main)


@pytest.mark.parametrize(
    ("fields", "listener"),
    [
        ((), handler(double)),
        (("Accept-Encoding: identity, gzip;q=0",), handler(double)),
        (("Accept-Encoding: gzip",), handler(double, compression=False)),
    ],
)
def test_results_are_not_encoded_unless_both_sides_can(fields: tuple[str, ...], listener: Any) -> None:
    text = conversation(listener, head(*fields) + chunk(b"1\n") + END).text
    assert "Content-Encoding" not in text
    assert text.endswith("2\r\n2\n\r\n0\r\n\r\n")


@pytest.mark.parametrize(
    ("coding", "data", "status", "code"),
    [
        ("rot13", b"1\n", 415, "ERR_RECORDS_CONTENT_ENCODING"),
        ("gzip", b"1\n2\n3\n4\n5\n6\n7\n", 400, "Z_DATA_ERROR"),
    ],
)
def test_a_coding_that_cannot_be_undone_is_the_clients_fault(
    coding: str, data: bytes, status: int, code: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = conversation(handler(double), head(f"Content-Encoding: {coding}") + chunk(data) + END).text
    assert text.startswith(f"HTTP/1.1 {status} ")
    assert json.loads(text.rpartition("\r\n")[2])["error"]["code"] == code
    assert not caplog.records


def test_arguments_of_a_handler_are_checked() -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        handler(5)  # type: ignore[arg-type]
    with pytest.raises(ERR_OUT_OF_RANGE):
        handler(double, {"workers": 0})
    with pytest.raises(TypeError, match="worker"):
        handler(double, worker=1)


def with_a_server(listener: Callable[..., Any], test: Callable[[str], Awaitable[None]]) -> None:
    async def main() -> None:
        async with listening(nodehttp.create_server(listener)) as url:
            await test(url)

    run(main)


def test_a_client_can_tell_an_answer_that_broke_off() -> None:
    async def test(url: str) -> None:
        request = nodehttp.request(url, method="POST")
        request.write(b"1\n2\n")
        (message,) = await once(request, "response")
        request.write(b"x\n")
        received = b""
        with pytest.raises(Exception, match="aborted"):
            async for piece in message:
                received += piece
        assert received == b"2\n4\n"
        request.destroy()

    with_a_server(handler(double), test)
