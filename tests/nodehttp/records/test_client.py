"""The client, against servers that do what they are told."""

from __future__ import annotations

import gc
import pickle
import zlib as python_zlib
from collections.abc import AsyncIterator, Iterator
from typing import Any

import pytest
import trio

import nodehttp as http
from nodehttp.records import (
    ERR_RECORDS_CALLER_FAILED,
    ERR_RECORDS_CONTENT_ENCODING,
    ERR_RECORDS_CONTENT_TYPE,
    ERR_RECORDS_INTERRUPTED,
    ERR_RECORDS_LINE_TOO_LONG,
    ERR_RECORDS_MALFORMED_LINE,
    ERR_RECORDS_NOT_SERIALIZABLE,
    ERR_RECORDS_STATUS,
    ERR_RECORDS_TIMEOUT,
    RecordAbortError,
    RecordClient,
    RecordConfig,
    RecordError,
)
from nodestream import Readable, open_loop, zlib
from nodestream.abort import AbortController
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_INVALID_PROTOCOL, ERR_INVALID_URL
from nodestream.timers import set_timeout
from tests.nodehttp.records.client_support import (
    NDJSON,
    QUICKLY,
    answer,
    echo,
    refuse,
    reset_after,
    scripted,
)


async def everything(stream: Any) -> list[Any]:
    return [record async for record in stream]


async def failure_of(stream: Any) -> tuple[list[Any], RecordError]:
    """The results before it failed, and the error."""
    results = []
    with pytest.raises(RecordError) as caught:
        async for record in stream:
            results.append(record)
    return results, caught.value


# --- what goes out and comes back ---


def plain() -> Iterator[int]:
    yield from range(3000)


async def waiting() -> AsyncIterator[int]:
    for number in range(3000):
        if number % 500 == 0:
            await trio.lowlevel.checkpoint()
        yield number


@pytest.mark.parametrize(
    "records",
    [lambda: range(3000), lambda: [*range(3000)], plain, waiting, lambda: plain, lambda: Readable.from_(range(3000))],
    ids=["range", "list", "generator", "async generator", "function", "Readable"],
)
async def test_any_iterable_is_sent(records: Any) -> None:
    async with scripted(echo) as server:
        stream = server.client().stream("echo", records())
        assert await everything(stream) == [*range(3000)]
        assert stream.records_sent == stream.records_received == 3000
        assert stream.bytes_sent == stream.bytes_received == len(server.bodies[0])
        assert stream.attempts == ()


async def test_the_request_says_what_it_is() -> None:
    async with scripted(echo) as server:
        client = RecordClient(f"http://127.0.0.1:{server.port}/api/", headers={"X-One": "1"}, compression=False)
        await everything(client.stream("/echo?a=b", [1], headers={"Accept": "*/*"}))
        [request] = server.requests
        assert request.method == "POST"
        assert request.url == "/api/echo?a=b"
        headers = request.headers
        assert headers["content-type"] == "application/x-ndjson"
        assert headers["transfer-encoding"] == "chunked"
        assert headers["accept-encoding"] == "identity"
        assert headers["x-one"] == "1"
        assert headers["accept"] == "*/*"


async def test_one_record_makes_many() -> None:
    async with scripted(answer('{"a":1}\r\nnull\n\n[2]')) as server:
        assert await everything(server.client().process("double", {"x": 1})) == [{"a": 1}, None, [2]]
        assert server.records(0) == [{"x": 1}]


async def test_no_records_are_a_request_too() -> None:
    async with scripted(answer("")) as server:
        assert await everything(server.client().stream("none", [])) == []
        assert server.records(0) == []


async def test_results_come_while_records_are_sent() -> None:
    got: list[int] = []

    async def one_after_the_other() -> AsyncIterator[int]:
        for number in range(5):
            while len(got) < number:
                await trio.lowlevel.checkpoint()
            yield number

    async with scripted(echo) as server:
        with trio.fail_after(20):
            async for number in server.client().stream("echo", one_after_the_other()):
                got.append(number)
        assert got == [*range(5)]


async def test_batches_are_lists_of_results() -> None:
    async with scripted(echo) as server:
        batches = [batch async for batch in server.client().stream("echo", range(3000)).batches()]
        assert all(0 < len(batch) <= 1000 for batch in batches)
        assert [record for batch in batches for record in batch] == [*range(3000)]


async def test_a_connection_is_used_again() -> None:
    async with scripted(echo) as server:
        agent = http.Agent(keep_alive=True)
        client = server.client(agent=agent)
        for _ in range(3):
            assert await everything(client.stream("echo", range(10))) == [*range(10)]
        assert len({id(request.socket) for request in server.requests}) == 1
        agent.destroy()


async def test_slow_consumers_stop_the_reading_of_input() -> None:
    taken = 0

    def large() -> Iterator[str]:
        nonlocal taken
        for _ in range(1000):
            taken += 1
            yield "x" * 100_000

    async with scripted(echo) as server:
        stream = server.client().stream("echo", large())
        await anext(stream)
        before = -1
        while taken != before:  # until nothing moves any more
            before = taken
            for _ in range(200):
                await trio.lowlevel.checkpoint()
        assert taken < 300
        assert 1 + len(await everything(stream)) == 1000


# --- compression ---


def packed(req: http.IncomingMessage, res: http.ServerResponse) -> None:
    """An echo that wants gzip, and gives it."""
    gunzip = req.pipe(zlib.Gunzip()) if req.headers.get("content-encoding") == "gzip" else req
    gzip = zlib.Gzip(flush=zlib.constants.Z_SYNC_FLUSH)
    res.write_head(200, {**NDJSON, "Content-Encoding": "gzip", "Accept-Encoding": "gzip"})
    gzip.pipe(res)
    gunzip.on("data", gzip.write)
    gunzip.on("end", gzip.end)


async def test_records_are_compressed_once_the_server_has_said_that_it_can() -> None:
    async with scripted(packed) as server:
        client = server.client()
        for _ in range(2):
            stream = client.stream("echo", range(1000))
            assert await everything(stream) == [*range(1000)]
            assert stream.bytes_sent == stream.bytes_received == 3890
        first, second = server.requests
        assert "content-encoding" not in first.headers
        assert second.headers["content-encoding"] == "gzip"
        assert python_zlib.decompress(server.bodies[1], 31) == server.bodies[0]


async def test_without_compression_nothing_is_compressed() -> None:
    async with scripted(lambda req, res: (res.set_header("Accept-Encoding", "gzip"), echo(req, res))) as server:
        client = server.client(compression=False)
        for _ in range(2):
            await everything(client.stream("echo", range(10)))
        assert all("content-encoding" not in request.headers for request in server.requests)


async def test_an_unknown_coding_is_refused() -> None:
    async with scripted(refuse(200, "x", Content_Encoding="tar")) as server:
        _, error = await failure_of(server.client().stream("x", [1]))
        assert isinstance(error, ERR_RECORDS_CONTENT_ENCODING)
        assert error.received == "tar"


# --- failures ---


async def test_a_status_comes_with_what_the_server_says() -> None:
    async with scripted(refuse(400, '{"error":"no"}\n'), refuse(404, "not here"), refuse(500)) as server:
        for status, detail in ((400, "no"), (404, "not here"), (500, None)):
            _, error = await failure_of(server.client().stream("x", [1, 2]))
            assert isinstance(error, ERR_RECORDS_STATUS)
            assert (error.status, error.detail, error.records_received) == (status, detail, 0)
            assert len(error.attempts) == 1


async def test_other_types_are_refused() -> None:
    async with scripted(refuse(200, "<html>", Content_Type="text/html; charset=utf-8")) as server:
        _, error = await failure_of(server.client().stream("x", [1]))
        assert isinstance(error, ERR_RECORDS_CONTENT_TYPE)
        assert error.received == "text/html; charset=utf-8"


async def test_octets_are_taken_for_records() -> None:
    def script(req: http.IncomingMessage, res: http.ServerResponse) -> None:
        res.set_header("Content-Type", "application/octet-stream")
        req.on("end", lambda: res.end("1"))

    async with scripted(script) as server:
        assert await everything(server.client().stream("x", [1])) == [1]


async def test_a_malformed_line_ends_the_stream_after_what_came_before() -> None:
    async with scripted(answer("1\n2\n{]\n4\n")) as server:
        results, error = await failure_of(server.client().stream("x", [1]))
        assert results == [1, 2]
        assert isinstance(error, ERR_RECORDS_MALFORMED_LINE)
        assert (error.line_number, error.line, error.records_sent, error.records_received) == (3, b"{]", 1, 2)


async def test_malformed_lines_can_be_skipped_and_counted() -> None:
    seen: list[bytes] = []
    async with scripted(answer("1\n{]\n3\n")) as server:
        stream = server.client(on_malformed="skip").stream("x", [1])
        assert await everything(stream) == [1, 3]
        assert stream.malformed == 1
        assert await everything(server.client(on_malformed=lambda e: seen.append(e.line)).stream("x", [1])) == [1, 3]
        assert seen == [b"{]"]


async def test_a_function_for_malformed_lines_may_fail() -> None:
    def refuse_line(error: ERR_RECORDS_MALFORMED_LINE) -> None:
        raise KeyError(error.line)

    async with scripted(answer("1\n{]\n3\n")) as server:
        results, error = await failure_of(server.client(on_malformed=refuse_line).stream("x", [1]))
        assert results == [1]
        assert isinstance(error, ERR_RECORDS_CALLER_FAILED)
        assert isinstance(error.cause, KeyError)


async def test_an_error_can_be_copied() -> None:
    async with scripted(refuse(503)) as server:
        _, error = await failure_of(server.client().stream("x", [1]))
        copied = pickle.loads(pickle.dumps(error))
        assert [attempt.records_sent for attempt in copied.attempts] == [
            attempt.records_sent for attempt in error.attempts
        ]
        assert copied.attempts[-1].error is copied
        assert error.attempts[0].error.attempts == ()


async def test_lines_have_a_bound() -> None:
    async with scripted(answer("1\n" + "2" * 100)) as server:
        results, error = await failure_of(server.client(max_line_length=50).stream("x", [1]))
        assert results == [1]
        assert isinstance(error, ERR_RECORDS_LINE_TOO_LONG)


async def test_what_the_input_raises_comes_out_with_how_far_it_got() -> None:
    def failing() -> Iterator[int]:
        yield from range(7)
        raise OSError("no more")

    async with scripted(echo) as server:
        _, error = await failure_of(server.client().stream("x", failing()))
        assert isinstance(error, ERR_RECORDS_CALLER_FAILED)
        assert isinstance(error.cause, OSError)
        assert error.records_sent == 7
        assert error.may_have_been_processed


async def test_what_json_cannot_say_is_an_error() -> None:
    async with scripted(echo) as server:
        _, error = await failure_of(server.client().stream("x", [object()]))
        assert isinstance(error, ERR_RECORDS_NOT_SERIALIZABLE)
        assert error.records_sent == 0
        assert not error.may_have_been_processed


async def test_an_answer_that_ends_too_early_is_a_failure() -> None:
    async with scripted(refuse(200, "1\n", Content_Type="application/x-ndjson")) as server:
        results, error = await failure_of(server.client().stream("x", ("x" * 1000 for _ in range(100_000))))
        assert results == [1]
        assert isinstance(error, ERR_RECORDS_INTERRUPTED)
        assert "before all records were sent" in str(error)
        assert error.records_sent < 100_000


async def test_a_failure_comes_out_once() -> None:
    async with scripted(refuse(400)) as server:
        stream = server.client().stream("x", [1])
        await failure_of(stream)
        assert await everything(stream) == []


async def test_silence_is_a_failure() -> None:
    async with scripted(lambda req, res: None) as server:
        client = server.client(timeout=50, retry=False)
        _, error = await failure_of(client.stream("x", [1]))
        assert isinstance(error, ERR_RECORDS_TIMEOUT)
        assert error.records_sent == 1


async def test_an_input_that_has_nothing_to_give_is_no_silence() -> None:
    async def slow() -> AsyncIterator[int]:
        yield 1
        await trio.sleep(0.25)
        yield 2

    async with scripted(echo) as server:
        assert await everything(server.client(timeout=50, retry=False).stream("x", slow())) == [1, 2]


# --- trying again ---


async def test_a_server_that_is_down_is_tried_again() -> None:
    async with scripted(refuse(503), refuse(502), echo) as server:
        stream = server.client().stream("x", [1, 2])
        assert await everything(stream) == [1, 2]
        assert [attempt.error.status for attempt in stream.attempts] == [503, 502]
        assert server.records(2) == [1, 2]


async def test_it_is_tried_as_often_as_was_said() -> None:
    async with scripted(refuse(503, Retry_After="0")) as server:
        _, error = await failure_of(server.client(retry={"attempts": 4, "delay": 0}).stream("x", [1]))
        assert isinstance(error, ERR_RECORDS_STATUS)
        assert len(error.attempts) == len(server.requests) == 4


async def test_nobody_at_the_port_costs_the_input_nothing() -> None:
    async with scripted(echo) as server:
        port = server.port
    taken = iter([1, 2, 3])
    async with open_loop():
        client = RecordClient(f"http://127.0.0.1:{port}", retry=QUICKLY)
        _, error = await failure_of(client.stream("x", taken))
        assert isinstance(error, ERR_RECORDS_INTERRUPTED)
        assert getattr(error.cause, "code", None) == "ECONNREFUSED"
        assert [attempt.records_sent for attempt in error.attempts] == [0, 0, 0]
        assert not error.may_have_been_processed
        assert [*taken] == [1, 2, 3]


@pytest.mark.parametrize("one_shot", [False, True])
async def test_all_that_was_sent_is_sent_again_while_there_is_no_result(one_shot: bool) -> None:
    async with scripted(reset_after(5), echo) as server:
        stream = server.client().stream("x", iter(range(100)) if one_shot else range(100))
        assert await everything(stream) == [*range(100)]
        [attempt] = stream.attempts
        assert attempt.records_sent >= 5
        assert attempt.records_received == 0
        assert stream.records_sent == attempt.records_sent + 100


async def test_more_of_a_one_shot_input_than_is_kept_cannot_be_sent_again() -> None:
    async with scripted(reset_after(50), echo) as server:
        _, error = await failure_of(server.client(buffer_size=10).stream("x", iter(range(100))))
        assert len(error.attempts) == len(server.requests) == 1
        assert error.records_sent >= 50


async def test_an_async_input_goes_on_where_it_was() -> None:
    async with scripted(reset_after(1), echo) as server:
        assert await everything(server.client(buffer_size=3000).stream("x", waiting())) == [*range(3000)]


async def test_nothing_is_tried_again_once_there_are_results() -> None:
    async with scripted(reset_after(5, "0\n1\n2\n{"), echo) as server:
        results, error = await failure_of(server.client().stream("x", [*range(100)]))
        assert results == [0, 1, 2]
        assert isinstance(error, ERR_RECORDS_INTERRUPTED)
        assert (len(server.requests), error.records_received) == (1, 3)
        assert error.records_sent >= 5


async def test_a_stream_that_can_be_resumed_goes_on() -> None:
    asked: list[int] = []

    async def resume(count: int) -> range:
        asked.append(count)
        return range(count, 100)

    async with scripted(reset_after(5, "0\n1\n2\n{"), reset_after(2, "3\n"), refuse(503), echo) as server:
        stream = server.client().stream("x", range(100), resume=resume)
        assert await everything(stream) == [*range(100)]
        assert asked == [3, 4, 4]
        assert [attempt.records_received for attempt in stream.attempts] == [3, 1, 0]
        assert server.records(3) == [*range(4, 100)]


async def test_a_resume_that_fails_is_the_callers_failure() -> None:
    def resume(_: int) -> Any:
        raise KeyError("lost")

    async with scripted(reset_after(1, "0\n")) as server:
        results, error = await failure_of(server.client().stream("x", range(100), resume=resume))
        assert results == [0]
        assert isinstance(error, ERR_RECORDS_CALLER_FAILED)
        assert isinstance(error.cause, KeyError)
        assert error.records_received == 1


# --- leaving ---


async def test_a_signal_stops_it() -> None:
    controller = AbortController()
    async with scripted(echo) as server:
        stream = server.client().stream("x", waiting(), signal=controller.signal)
        assert await anext(stream) == 0
        controller.abort(ValueError("enough"))
        _, error = await failure_of(stream)
        assert isinstance(error, RecordAbortError)
        assert isinstance(error.cause, ValueError)
        assert error.code == "ABORT_ERR"
        await server.closed[0].wait()


async def test_a_signal_ends_a_wait() -> None:
    controller = AbortController()

    async with scripted(refuse(503)) as server:
        client = server.client(retry={"delay": 10_000_000, "max_delay": 10_000_000})
        set_timeout(controller.abort, 50)
        with trio.fail_after(20):
            _, error = await failure_of(client.stream("x", [1], signal=controller.signal))
        assert isinstance(error, RecordAbortError)
        assert len(error.attempts) == 1


async def test_a_signal_that_was_aborted_before_lets_nothing_begin() -> None:
    controller = AbortController()
    controller.abort()
    async with scripted(echo) as server:
        _, error = await failure_of(server.client().stream("x", [1], signal=controller.signal))
        assert isinstance(error, RecordAbortError)
        assert server.requests == []


async def test_leaving_the_loop_ends_the_request_and_closes_the_input() -> None:
    closed = trio.Event()

    async def endless() -> AsyncIterator[int]:
        try:
            while True:
                yield 1
        finally:
            closed.set()

    async with scripted(echo) as server:
        async for _ in server.client().stream("x", endless()):
            break
        gc.collect()
        with trio.fail_after(20):
            await closed.wait()
            await server.closed[0].wait()


async def test_async_with_ends_the_request() -> None:
    async with scripted(echo) as server:
        async with server.client().stream("x", iter(int, 1)) as stream:
            assert await anext(stream) == 0
        with trio.fail_after(20):
            await server.closed[0].wait()
        assert await everything(stream) == []
        assert "closed" in repr(stream)


async def test_a_cancel_ends_the_request() -> None:
    async with scripted(lambda req, res: None) as server:
        with trio.move_on_after(0.05) as scope:
            await everything(server.client().stream("x", [1]))
        assert scope.cancelled_caught
        with trio.fail_after(20):
            await server.closed[0].wait()


async def test_a_stream_that_was_never_read_has_done_nothing() -> None:
    async with scripted(echo) as server:
        server.client().stream("x", iter([1]))
        gc.collect()
        assert server.requests == []


# --- arguments ---


async def test_arguments_are_checked() -> None:
    async with open_loop():
        client = RecordClient("http://127.0.0.1/", RecordConfig(workers=2), buffer_size=5)
        assert (client.config.workers, client.config.buffer_size) == (2, 5)
        assert client.base_url == "http://127.0.0.1"
        for wrong in ({"a": 1}, "text", b"bytes", 5, None):
            with pytest.raises(ERR_INVALID_ARG_TYPE):
                client.stream("x", wrong)
        for options in ({"signal": 1}, {"resume": 1}, {"headers": 1}):
            with pytest.raises(ERR_INVALID_ARG_TYPE):
                client.stream("x", [], options)
        with pytest.raises(TypeError):
            client.stream("x", [], other=1)
        with pytest.raises(ERR_INVALID_ARG_TYPE):
            client.stream(5, [])  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("url", "error"),
    [
        ("ftp://host", ERR_INVALID_PROTOCOL),
        ("host", ERR_INVALID_URL),
        ("http://host/?a=b", ERR_INVALID_ARG_VALUE),
        (5, ERR_INVALID_ARG_TYPE),
    ],
)
def test_a_base_is_a_url_without_a_query(url: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        RecordClient(url)
