"""An OutgoingMessage without a socket: what is written waits, within its high water mark, and nothing is lost."""

from __future__ import annotations

from typing import Any

from nodehttp._incoming import IncomingMessage
from nodehttp._outgoing import OutgoingMessage
from nodehttp._response import ServerResponse
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


def test_destroying_waits_for_the_socket() -> None:
    socket = ScriptedSocket()

    def main() -> None:
        message = response()
        message.write("a")
        message.destroy()
        assert message.destroyed
        message.assign_socket(socket)
        assert socket.destroyed

    run(main)


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
