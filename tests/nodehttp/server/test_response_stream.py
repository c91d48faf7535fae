"""ServerResponse: a writable stream, with backpressure, callbacks and corking, that any Readable can be piped to.

Part: ServerResponse. What `write()` returns, and `drain`; write callbacks; the end of a chunked body; pipe from any
Readable. The bytes, those of corked writes too, are in `test_wire_bytes.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

import pytest

from nodehttp._server import Server
from nodestream import Readable, finished, pipeline
from nodestream.loop import next_tick, run
from nodestream.timers import set_immediate
from tests.nodehttp.server.support import CHUNKED, GET, OK_KEEP, Diary, ScriptedSocket, X, connected, converse

HWM = 65536
HEAD = b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n"


def test_what_is_written_in_one_turn_leaves_in_one_write_when_the_turn_ends() -> None:
    seen: list[int] = []

    def handler(req: Any, res: Any) -> None:
        socket = req.socket
        res.write("a")
        res.write("b")
        seen.append(len(socket.sent))
        set_immediate(lambda: (seen.append(len(socket.sent)), res.write("c"), res.end("d")))

    socket = converse(handler, GET)
    assert seen == [0, 1]
    assert [piece.rpartition(b"\r\n\r\n")[2] for piece in socket.sent[:1]] == [b"1\r\na\r\n1\r\nb\r\n"]
    assert socket.sent[1:] == [b"1\r\nc\r\n1\r\nd\r\n0\r\n\r\n"]


def test_flush_headers_sends_the_head_at_once() -> None:
    seen: list[Any] = []

    def handler(req: Any, res: Any) -> None:
        res.flush_headers()
        seen.append([len(piece) > 0 for piece in req.socket.sent])
        res.flush_headers()
        seen.append(len(req.socket.sent))

    converse(handler, GET)
    assert seen == [[True], 1]


def test_write_says_no_while_the_socket_is_backed_up_and_drain_comes_once_nothing_is_left() -> None:
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        diary.watch_response(res)
        req.socket.backed_up = True
        diary.append(f"{res.write(bytes(HWM))} {res.writable_need_drain} {res.writable_length > HWM}")
        diary.append(f"{res.write('')} {res.writable_need_drain}")

        def later() -> None:
            diary.append(f"{res.write('x')} {res.writable_need_drain}")
            set_immediate(req.socket.drain_all)
            res.on("drain", lambda: diary.append(f"{res.writable_length} {res.writable_need_drain}"))

        set_immediate(later)

    converse(handler, GET)
    assert diary == ["False True True", "False True", "False True", "res.drain", "0 False"]


def test_write_callbacks_come_in_order_and_before_finish() -> None:
    diary = Diary()

    def handler(_req: Any, res: Any) -> None:
        diary.watch_response(res)
        res.write("a", diary.note("cb a"))
        res.write("b", "latin1", diary.note("cb b"))
        res.end("c", diary.note("cb end"))
        next_tick(diary.note("tick"))

    converse(handler, GET)
    assert diary == ["res.prefinish", "cb a", "cb b", "res.finish", "cb end", "tick", "res.close"]


def test_write_callbacks_come_before_the_end_too() -> None:
    diary = Diary()

    def handler(_req: Any, res: Any) -> None:
        diary.watch_response(res)
        res.write("a", diary.note("cb a"))
        res.write("b", diary.note("cb b"))
        next_tick(diary.note("tick"))

    converse(handler, GET)
    assert diary == ["tick", "cb a", "cb b"]


def test_a_large_write_drains_before_its_callback() -> None:
    diary = Diary()

    def handler(_req: Any, res: Any) -> None:
        diary.watch_response(res)
        diary.append(str(res.write(bytes(HWM), diary.note("cb a"))))
        diary.append(str(res.write("", diary.note("cb empty"))))
        next_tick(diary.note("tick"))

    converse(handler, GET)
    assert diary == ["False", "False", "tick", "res.drain", "cb a", "cb empty"]


def test_finish_waits_until_the_kernel_has_taken_everything() -> None:
    diary = Diary()

    def handler(req: Any, res: Any) -> None:
        diary.watch_response(res)
        req.socket.backed_up = True
        res.end("x", diary.note("cb end"))
        diary.append(f"{res.writable_ended} {res.writable_finished}")

        def later() -> None:
            diary.append(f"{res.writable_finished}")
            req.socket.drain_all()
            diary.append(f"{res.writable_finished}")

        set_immediate(later)

    converse(handler, GET)
    assert diary == ["res.prefinish", "True False", "False", "res.finish", "cb end", "True", "res.close"]


def test_the_state_of_a_response_over_its_life() -> None:
    seen: list[Any] = []

    def state(res: Any) -> tuple[Any, ...]:
        return (
            res.writable,
            res.finished,
            res.writable_ended,
            res.writableFinished,
            res.headers_sent,
            res.destroyed,
            res.closed,
            res.socket is None,
            res.errored,
        )

    def handler(_req: Any, res: Any) -> None:
        seen.append(state(res))
        res.write("x")
        seen.append(state(res))
        res.end()
        seen.append(state(res))
        set_immediate(lambda: seen.append(state(res)))

    converse(handler, GET)
    assert seen == [
        (True, False, False, False, False, False, False, False, None),
        (True, False, False, False, True, False, False, False, None),
        (True, True, True, True, True, False, False, False, None),
        (True, True, True, True, True, True, True, True, None),
    ]


def test_a_body_where_there_can_be_none_is_dropped_and_its_callbacks_come() -> None:
    diary = Diary()

    def handler(_req: Any, res: Any) -> None:
        diary.watch_response(res)
        diary.append(str(res.write("a", diary.note("cb a"))))
        res.end("b", diary.note("cb end"))

    converse(handler, HEAD)
    assert diary == ["True", "res.prefinish", "cb a", "res.finish", "cb end", "res.close"]


def test_a_body_where_there_can_be_none_can_be_an_error() -> None:
    codes: list[str] = []

    def handler(_req: Any, res: Any) -> None:
        for call in (lambda: res.write("a"), lambda: res.end("b")):
            with pytest.raises(Exception, match="is not allowed") as caught:
                call()
            codes.append(getattr(caught.value, "code", ""))
        res.end()

    socket = converse(handler, HEAD, reject_non_standard_body_writes=True)
    assert codes == ["ERR_HTTP_BODY_NOT_ALLOWED"] * 2
    assert socket.text == OK_KEEP + "\r\n"


def test_a_response_is_piped_to_at_the_pace_of_its_socket() -> None:
    made: list[int] = []
    seen: list[int] = []

    def pieces() -> Iterator[bytes]:
        for index in range(20):
            made.append(index)
            yield bytes(HWM)

    def handler(req: Any, res: Any) -> None:
        socket = req.socket
        socket.backed_up = True
        Readable.from_(pieces()).pipe(res)

        def drain() -> None:
            if socket._waiting:
                seen.append(len(made))
                waiting, socket._waiting = socket._waiting, []
                for callback in waiting:
                    callback(None)
            if not res.writable_finished:
                set_immediate(drain)

        set_immediate(drain)

    socket = converse(handler, GET)
    assert b"".join(socket.sent).endswith(b"\r\n0\r\n\r\n")
    assert sum(map(len, socket.sent)) > 20 * HWM
    assert max(after - before for before, after in pairwise(seen)) <= 3


def test_pipeline_ends_a_response_and_calls_back() -> None:
    outcome: list[Any] = []
    socket = converse(
        lambda _req, res: pipeline(Readable.from_([b"a", b"b"]), res, lambda error=None: outcome.append(error)), GET
    )
    assert outcome == [None]
    assert socket.text == OK_KEEP + CHUNKED + "\r\n1\r\na\r\n1\r\nb\r\n0\r\n\r\n"


def test_a_large_chunk_is_not_copied_to_be_framed() -> None:
    body = bytes(100_000)
    pieces: list[Any] = []

    class Gathering(ScriptedSocket):
        def _write_pieces(self, given: Any, callback: Callable[..., object]) -> bool:
            pieces.extend(given)
            return self.write(b"".join(given), None, callback)

    def main() -> None:
        socket = Gathering()
        Server(lambda _req, res: res.end(body) if res.req.url == "/" else (res.write(body), res.end())).emit(
            "connection", socket
        )
        socket.receive(GET + GET.replace(b"/ ", b"/2 "))

    run(main)
    assert [piece is body for piece in pieces] == [False, True, False, True, False]
    assert pieces[2].endswith(b"\r\n\r\n186a0\r\n")
    assert pieces[4] == b"\r\n"


@pytest.mark.parametrize("kind", [bytearray, memoryview])
def test_the_caller_may_reuse_a_buffer_at_once(kind: Callable[[bytes], Any]) -> None:
    def handler(_req: Any, res: Any) -> None:
        buffer = bytearray(b"x")
        res.write(buffer if kind is bytearray else memoryview(buffer))
        buffer[0] = 0
        res.end()

    assert converse(handler, GET).text.endswith("\r\n\r\n1\r\nx\r\n0\r\n\r\n")


def test_text_is_written_in_its_encoding() -> None:
    def handler(_req: Any, res: Any) -> None:
        res.write("é", "latin1")
        res.write("c3a9", "hex")
        res.end("é")

    assert converse(handler, GET).text.endswith("1\r\né\r\n2\r\nÃ©\r\n2\r\nÃ©\r\n0\r\n\r\n")


def test_a_write_after_the_end_is_an_error_once_told_to_its_callback() -> None:
    diary = Diary()

    def handler(_req: Any, res: Any) -> None:
        diary.watch_response(res)
        res.end("x")
        res.end("y", diary.note("cb 1"))
        res.end(diary.note("cb 2"))
        diary.append(str(res.write("z", diary.note("cb 3"))))

    converse(handler, GET)
    after_end = "ERR_STREAM_WRITE_AFTER_END write after end"
    assert diary == [
        "res.prefinish",
        "cb 2 ERR_STREAM_ALREADY_FINISHED Cannot call end after a stream was finished",
        "False",
        "res.finish",
        f"cb 1 {after_end}",
        f"res.error {after_end}",
        f"cb 3 {after_end}",
        f"res.error {after_end}",
        "res.close",
    ]


def test_wrong_chunks_are_refused_at_once() -> None:
    def handler(_req: Any, res: Any) -> None:
        for chunk, code in (
            (None, "ERR_STREAM_NULL_VALUES"),
            (5, "ERR_INVALID_ARG_TYPE"),
            ([], "ERR_INVALID_ARG_TYPE"),
        ):
            with pytest.raises(TypeError) as caught:
                res.write(chunk)
            assert getattr(caught.value, "code", "") == code
        with pytest.raises(TypeError):
            res.end(5)
        assert not res.headers_sent
        res.end("x")

    assert converse(handler, GET).text == OK_KEEP + X


def test_the_length_of_a_body_can_be_held_against_its_header() -> None:
    messages: list[str] = []

    def handler(_req: Any, res: Any) -> None:
        res.strict_content_length = True
        res.set_header("Content-Length", 2)
        res.flush_headers()
        for call in (
            lambda: res.write("abc"),
            lambda: res.write("a"),
            res.end,
            lambda: res.end("bcd"),
            lambda: res.end("b"),
        ):
            try:
                call()
                messages.append("ok")
            except Exception as error:
                messages.append(str(error).partition(" byte")[0].rpartition(" ")[2])

    socket = converse(handler, GET)
    assert messages == ["3", "ok", "1", "4", "ok"]
    assert socket.text.endswith("\r\n\r\nab")


@pytest.mark.parametrize("length", [0, 2])
def test_an_end_that_makes_the_body_of_another_length_is_refused(length: int) -> None:
    def handler(_req: Any, res: Any) -> None:
        res.strict_content_length = True
        res.write_head(200, {"Content-Length": length})
        with pytest.raises(Exception, match=f"of 1 byte.s. does not match the content-length of {length} byte"):
            res.end("a")
        res.destroy()

    assert converse(handler, GET).sent == []


def test_finished_sees_the_end_of_a_response() -> None:
    outcome: list[Any] = []

    def handler(_req: Any, res: Any) -> None:
        finished(res, outcome.append)
        res.end("x")

    converse(handler, GET)
    assert outcome == [None]


def test_a_response_cannot_be_piped_from() -> None:
    diary = Diary()

    def handler(_req: Any, res: Any) -> None:
        diary.watch_response(res)
        res.pipe(None)

    converse(handler, GET)
    assert diary == ["res.error ERR_STREAM_CANNOT_PIPE Cannot pipe, not readable"]


def test_a_response_can_be_taken_off_its_socket_and_set_on_another() -> None:
    def main() -> None:
        first, second = connected(Server(handler)), ScriptedSocket()

        sockets.extend((first, second))
        first.receive(GET)

    def handler(req: Any, res: Any) -> None:
        socket = req.socket
        with pytest.raises(Exception, match="already assigned socket"):
            res.assign_socket(socket)
        res.detach_socket(socket)
        assert res.socket is None
        res.assign_socket(sockets[1])
        res.end("x")

    sockets: list[ScriptedSocket] = []
    run(main)
    assert sockets[0].text == ""
    assert sockets[1].text == OK_KEEP + X


def test_a_lone_response_closes_with_the_socket_that_it_was_given() -> None:
    from nodehttp._incoming import IncomingMessage
    from nodehttp._response import ServerResponse

    diary = Diary()

    def main() -> None:
        request = IncomingMessage()
        request.http_version_major = request.http_version_minor = 1
        response = ServerResponse(request)
        diary.watch_response(response)
        socket = ScriptedSocket()
        response.write("a")
        response.assign_socket(socket)
        set_immediate(socket.destroy)

    run(main)
    assert diary == ["res.close"]
