"""An OutgoingMessage without a socket: what is written waits, within its high water mark, and nothing is lost."""

from __future__ import annotations

import math
from typing import Any

import pytest

from nodehttp._incoming import IncomingMessage
from nodehttp._outgoing import OutgoingMessage
from nodehttp._response import ServerResponse
from nodestream import events, finished, get_default_high_water_mark, set_default_high_water_mark
from nodestream.loop import run
from nodestream.timers import set_immediate
from tests.nodehttp.server.support import CHUNKED, DATE, OK, Diary, ScriptedSocket

HEAD = OK + DATE + "Connection: keep-alive\r\n" + CHUNKED + "\r\n"


def response(**options: Any) -> ServerResponse:
    request = IncomingMessage()
    request.http_version_major = request.http_version_minor = 1
    return ServerResponse(request, options)


def test_what_waits_counts_and_fills_the_message() -> None:
    message = response()
    assert (message.writable_length, message.writable_high_water_mark) == (0, 65536)
    assert message.write("abc") is True
    assert message.writable_length == len(HEAD.replace("<DATE>", "x" * 29)) + len("3\r\nabc\r\n")
    assert message.write("x" * 65536) is False
    assert message.writable_need_drain
    assert not message.writable_finished


def test_what_waits_can_be_looked_at() -> None:
    message = response()
    assert (message.output_size, message.output_data) == (0, [])
    message.write_head(200)
    message.write("abc")
    message.write(b"x" * 20000)
    first, second = message.outputData
    assert first.endswith(b"\r\n\r\n3\r\nabc\r\n")
    assert second == b"4e20\r\n" + b"x" * 20000 + b"\r\n"
    assert message.outputSize == message.writable_length == len(first) + len(second)


def test_a_response_can_be_made_for_a_request_that_is_but_a_mapping() -> None:
    for request, sends_chunks, has_body in (
        ({"method": "GET"}, True, True),
        ({"method": "HEAD", "httpVersionMajor": 1, "httpVersionMinor": 1}, True, False),
        ({"http_version_major": 1, "http_version_minor": 0, "headers": {}}, False, True),
        ({"httpVersionMajor": 1, "httpVersionMinor": 0, "headers": {"te": "chunked"}}, True, True),
    ):
        socket = ScriptedSocket()

        def main(request: Any = request, socket: Any = socket) -> None:
            message = ServerResponse(request)
            assert message.req is request
            assert f"200 to {request.get('method')} ''" in repr(message)
            message.assign_socket(socket)
            message.write("x")
            message.end()

        run(main)
        assert ("Transfer-Encoding: chunked" in socket.text) == (sends_chunks and has_body)
        assert socket.text.endswith("x" if not sends_chunks else "0\r\n\r\n" if has_body else "\r\n\r\n")


def test_a_head_of_ones_own_can_be_sent_before_the_messages() -> None:
    socket = ScriptedSocket()
    diary = Diary()

    def main() -> None:
        message = response()
        message.assign_socket(socket)
        message._writeRaw("HTTP/1.1 102 Processing\r\n")
        message._write_raw(b"A: \xe9\r\n")
        message._writeRaw("B: \xe9\r\n\r\n", diary.note("cb"))
        message.end("x")

    run(main)
    assert socket.text.startswith("HTTP/1.1 102 Processing\r\nA: \xe9\r\nB: \xe9\r\n\r\nHTTP/1.1 200 OK\r\n")
    assert diary == ["cb"]


def test_a_message_that_was_given_a_socket_by_hand_waits_for_its_turn() -> None:
    socket = ScriptedSocket()
    message = response()
    message.socket = socket
    message.end("x")
    assert (socket.sent, message.output_size > 0) == ([], True)


def test_an_async_listener_that_fails_destroys_the_message_if_rejections_are_captured() -> None:
    diary = Diary()
    socket = ScriptedSocket()

    async def fail() -> None:
        raise ValueError("boo")

    def main() -> None:
        events.capture_rejections = True
        try:
            message = response()
        finally:
            events.capture_rejections = False
        message.assign_socket(socket)
        message.on("drain", fail)
        diary.watch(socket, "socket", "error", "close")
        message.emit("drain")

    run(main)
    assert diary == ["socket.error  boo", "socket.close"]


def test_the_high_water_mark_is_an_option() -> None:
    message = response(highWaterMark=100)
    assert message.writable_high_water_mark == 100
    assert message.write("x") is False


def test_what_waits_leaves_in_order_when_there_is_a_socket() -> None:
    socket = ScriptedSocket()
    diary = Diary()

    def main() -> None:
        message = response()
        diary.watch_response(message)
        message.write("a", diary.note("cb a"))
        message.end("b", diary.note("cb end"))
        diary.append("-")
        set_immediate(message.assign_socket, socket)

    run(main)
    assert socket.text == HEAD + "1\r\na\r\n1\r\nb\r\n0\r\n\r\n"
    assert len(socket.sent) == 1
    assert diary == ["-", "res.prefinish", "cb a", "res.finish", "cb end"]


def test_a_full_message_drains_when_it_gets_a_socket_that_has_room() -> None:
    diary = Diary()

    def main() -> None:
        message = response(high_water_mark=10)
        diary.watch_response(message)
        message.write("a" * 20)
        set_immediate(message.assign_socket, ScriptedSocket())

    run(main)
    assert diary == ["res.drain"]


def test_corking_moves_to_the_socket() -> None:
    socket = ScriptedSocket()

    def main() -> None:
        message = response()
        message.cork()
        message.cork()
        assert message.writable_corked == 2
        message.write("a")
        message.assign_socket(socket)
        assert (socket.writable_corked, socket.sent) == (2, [])
        message.detach_socket(socket)
        assert socket.writable_corked == 0

    run(main)


def test_a_message_that_was_destroyed_before_it_had_a_socket_does_not_destroy_the_one_it_gets() -> None:
    socket = ScriptedSocket()

    def main() -> None:
        message = response()
        message.write("a")
        message.destroy()
        assert message.destroyed
        message.assign_socket(socket)
        assert not socket.destroyed

    run(main)
    assert socket.text.endswith("1\r\na\r\n")


def test_what_ends_a_body_is_added_after_a_destruction_and_the_last_piece_is_not() -> None:
    message = response()
    message.write("a")
    message.destroy()
    message.end("lost")
    assert b"".join(message.output_data).endswith(b"1\r\na\r\n0\r\n\r\n")


@pytest.mark.parametrize("has_socket", [True, False])
def test_the_head_of_a_destroyed_message_is_made_by_an_end_without_a_piece(has_socket: bool) -> None:
    def main() -> None:
        message = response()
        if has_socket:
            message.assign_socket(ScriptedSocket())
        message.destroy()
        states.append((message.headers_sent, message.end("x").headers_sent, message.writable_ended))
        message = response()
        message.destroy()
        states.append((message.headers_sent, message.end().headers_sent, message.writable_ended))

    states: list[tuple[bool, bool, bool]] = []
    run(main)
    assert states == [(False, False, True), (False, True, True)]


def test_finished_does_not_know_what_a_message_was_destroyed_with() -> None:
    codes: list[str] = []

    def main() -> None:
        message = response()
        for _ in range(2):
            finished(message, lambda error: codes.append(error.code))
            message.destroy(ValueError("boo"))

    run(main)
    assert codes == ["ERR_STREAM_PREMATURE_CLOSE"] * 2


@pytest.mark.parametrize("callback", [5, "x", True, {}])
def test_a_callback_that_is_no_function_is_nothing(callback: Any) -> None:
    message = response()
    assert message.write("a", "utf8", callback) is True
    message.end("b", "utf8", callback)
    message.end(None, None, callback)
    assert message.writable_ended


@pytest.mark.parametrize("nothing", ["", 0, False, math.nan])
def test_what_javascript_takes_for_nothing_is_no_last_piece(nothing: Any) -> None:
    message = response()
    message.end(nothing)
    assert b"".join(message.output_data).endswith(b"Content-Length: 0\r\n\r\n")


def test_a_subclass_may_know_its_first_line_by_nodes_name() -> None:
    class Message(OutgoingMessage):
        def _implicitHeader(self) -> None:
            self._store_header("HELLO\r\n")

    message = Message()
    message.write("a")
    assert b"".join(message.output_data).startswith(b"HELLO\r\n")


def test_the_encoding_of_a_piece_that_is_not_sent_does_not_matter() -> None:
    diary = Diary()

    def main() -> None:
        message = response()
        message.destroy()
        diary.append(str(message.write("a", "bogus", diary.note("cb"))))
        message = ServerResponse({"method": "HEAD"})
        diary.append(str(message.write("a", "bogus", diary.note("head cb"))))

    run(main)
    assert diary == [
        "False",
        "True",
        "cb ERR_STREAM_DESTROYED Cannot call write after a stream was destroyed",
        "head cb",
    ]


def test_a_corked_message_that_gets_its_socket_does_not_drain_while_it_holds_chunks() -> None:
    diary = Diary()
    socket = ScriptedSocket()

    def main() -> None:
        message = response()
        diary.watch(message, "res", "drain")
        message.write("a")
        message.cork()
        assert message.write("x" * 70000) is False
        message.assign_socket(socket)
        diary.append(f"{message.writable_need_drain}")
        message.uncork()
        socket.uncork()

    run(main)
    assert diary == ["True", "res.drain"]


def test_a_message_drains_as_soon_as_its_socket_has_taken_what_waited() -> None:
    diary = Diary()

    def main() -> None:
        message = response()
        diary.watch(message, "res", "drain")
        assert message.write("x" * 70000) is False
        message.assign_socket(ScriptedSocket())
        diary.append("assigned")

    run(main)
    assert diary == ["res.drain", "assigned"]


def test_a_message_has_nodes_defaults() -> None:
    message = OutgoingMessage()
    assert (message.send_date, message.sendDate, response().send_date) == (False, False, True)
    assert (message.strictContentLength, message.chunkedEncoding, message.shouldKeepAlive) == (False, False, True)
    assert (message.useChunkedEncodingByDefault, message.maxRequestsOnConnectionReached) == (True, False)
    assert (message.finished, message.destroyed, message.closed, message.errored) == (False, False, False, None)
    assert (message.writable, message.writable_object_mode, message.socket) == (True, False, None)
    assert message.connection is None


def test_a_repr_tells_where_a_message_stands() -> None:
    message = response()
    assert repr(message) == "<ServerResponse 200 to None '': no head yet, open>"
    message.end("x")
    assert repr(message) == "<ServerResponse 200 to None '': head sent, ended>"


def test_messages_have_the_default_high_water_mark_of_all_streams() -> None:
    before = get_default_high_water_mark()
    set_default_high_water_mark(False, 1000)
    try:
        assert OutgoingMessage().writable_high_water_mark == 1000
        assert response().writable_high_water_mark == 1000
        assert IncomingMessage().readable_high_water_mark == 1000
    finally:
        set_default_high_water_mark(False, before)
