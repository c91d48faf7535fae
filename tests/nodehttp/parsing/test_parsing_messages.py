"""What is accepted, and what is called for it: fed whole, byte by byte, and with trailing data."""

from __future__ import annotations

from typing import Any

import pytest

from nodehttp._parsing import BodyRule
from tests.nodehttp.parsing.recorder import bytewise, record, recording, upgrade_if_asked

V11, V10 = (1, 1), (1, 0)
HOST = ("Host", "a")
CODED = (*HOST, "Transfer-Encoding", "chunked")
GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"


def get(*fields: str, url: str = "/", version: tuple[int, int] = V11) -> tuple[Any, ...]:
    return ("headers", "GET", url, version, *fields)


def post(*fields: str) -> tuple[Any, ...]:
    return ("headers", "POST", "/", V11, *fields)


def ok(*fields: str) -> tuple[Any, ...]:
    return ("headers", 200, "OK", V11, *fields)


# (input, the events after "begin" with body pieces joined); each message can be followed by another
REQUESTS = {
    "plain": (GET + b"\r\n", [get(*HOST), ("complete",)]),
    "without Host, which is not the parser's affair": (b"GET / HTTP/1.1\r\n\r\n", [get(), ("complete",)]),
    "with Host twice": (GET + b"host: b\r\n\r\n", [get(*HOST, "host", "b"), ("complete",)]),
    "after blank lines": (b"\r\n\n\r\r\n" + GET + b"\r\n", [get(*HOST), ("complete",)]),
    "spaces around the url": (b"GET   /   HTTP/1.1\r\nHost: a\r\n\r\n", [get(*HOST), ("complete",)]),
    "asterisk form": (b"GET * HTTP/1.1\r\nHost: a\r\n\r\n", [get(*HOST, url="*"), ("complete",)]),
    "fragment and second question mark": (
        b"GET /a?b?c#d?e#f HTTP/1.1\r\nHost: a\r\n\r\n",
        [get(*HOST, url="/a?b?c#d?e#f"), ("complete",)],
    ),
    "absolute form": (
        b"GET http://u:p@[::1]:80?q HTTP/1.1\r\nHost: a\r\n\r\n",
        [get(*HOST, url="http://u:p@[::1]:80?q"), ("complete",)],
    ),
    "url with unwise characters": (
        b'GET /"<>\\^`{|} HTTP/1.1\r\nHost: a\r\n\r\n',
        [get(*HOST, url='/"<>\\^`{|}'), ("complete",)],
    ),
    "HTTP/1.0 that keeps alive": (
        b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n",
        [get("Connection", "Keep-Alive", version=V10), ("complete",)],
    ),
    "HTTP/2.0 in a version field": (
        b"GET / HTTP/2.0\r\nConnection: keep-alive\r\n\r\n",
        [get("Connection", "keep-alive", version=(2, 0)), ("complete",)],
    ),
    "HTTP/0.9 line that keeps alive": (
        b"GET /\r\nConnection: keep-alive\r\n\r\n",
        [get("Connection", "keep-alive", version=(0, 9)), ("complete",)],
    ),
    "names and values as they came": (
        GET + b"x-Y:z\r\nX-y: \t a \t b\t \r\nEmpty:\r\nBlank: \t\r\nL: \xe9\xff\r\n!#$%&'*+-.^_`|~09aZ: v\r\n\r\n",
        [
            get(*HOST, "x-Y", "z", "X-y", "a \t b", "Empty", "", "Blank", "", "L", "éÿ", "!#$%&'*+-.^_`|~09aZ", "v"),
            ("complete",),
        ],
    ),
    "method with a hyphen": (
        b"M-SEARCH * HTTP/1.1\r\nHost: a\r\n\r\n",
        [("headers", "M-SEARCH", "*", V11, *HOST), ("complete",)],
    ),
    "RTSP": (
        b"GET_PARAMETER rtsp://a/ RTSP/1.0\r\nConnection: keep-alive\r\n\r\n",
        [("headers", "GET_PARAMETER", "rtsp://a/", V10, "Connection", "keep-alive"), ("complete",)],
    ),
    "Icecast": (
        b"SOURCE / ICE/1.0\r\nConnection: keep-alive\r\n\r\n",
        [("headers", "SOURCE", "/", V10, "Connection", "keep-alive"), ("complete",)],
    ),
    "body of a known length": (
        POST + b"Content-Length: 5\r\n\r\na\r\nbc",
        [post(*HOST, "Content-Length", "5"), ("body", b"a\r\nbc"), ("complete",)],
    ),
    "body of no length": (
        POST + b"Content-Length: 0\r\n\r\n",
        [post(*HOST, "Content-Length", "0"), ("complete",)],
    ),
    "length with blanks and zeros": (
        POST + b"Content-Length:  \t003 \t\r\n\r\nabc",
        [post(*HOST, "Content-Length", "003"), ("body", b"abc"), ("complete",)],
    ),
    "length with thirty zeros": (
        POST + b"Content-Length: " + b"0" * 30 + b"1\r\n\r\na",
        [post(*HOST, "Content-Length", "0" * 30 + "1"), ("body", b"a"), ("complete",)],
    ),
    "GET with a body": (
        GET + b"Content-Length: 1\r\n\r\na",
        [get(*HOST, "Content-Length", "1"), ("body", b"a"), ("complete",)],
    ),
    "chunks": (
        CHUNKED + b"3\r\nabc\r\nA\r\n0123456789\r\n00b\r\n0123456789\n\r\n0\r\n\r\n",
        [post(*CODED), ("body", b"abc01234567890123456789\n"), ("complete",)],
    ),
    "no chunk but the last": (CHUNKED + b"000\r\n\r\n", [post(*CODED), ("complete",)]),
    "chunk size with thirty zeros": (
        CHUNKED + b"0" * 30 + b"1\r\na\r\n0\r\n\r\n",
        [post(*CODED), ("body", b"a"), ("complete",)],
    ),
    "chunk extensions": (
        CHUNKED + b'1;a;b=c;d="e \\" \xff;";f=\r\nx\r\n2;=;=""\r\nyz\r\n0;last\r\n\r\n',
        [post(*CODED), ("body", b"xyz"), ("complete",)],
    ),
    "trailers": (
        CHUNKED + b"1\r\na\r\n0\r\nX-T: v \r\nx-t:\r\n\r\n",
        [post(*CODED), ("body", b"a"), ("complete", "X-T", "v", "x-t", "")],
    ),
    "coding in another case": (
        POST + b"Transfer-Encoding: ChUnKeD\r\n\r\n1\r\na\r\n0\r\n\r\n",
        [post(*HOST, "Transfer-Encoding", "ChUnKeD"), ("body", b"a"), ("complete",)],
    ),
    "coding with a space behind": (
        POST + b"Transfer-Encoding: chunked  \r\n\r\n0\r\n\r\n",
        [post(*HOST, "Transfer-Encoding", "chunked"), ("complete",)],
    ),
    "two codings": (
        POST + b"Transfer-Encoding: gzip , \tchunked\r\n\r\n1\r\na\r\n0\r\n\r\n",
        [post(*HOST, "Transfer-Encoding", "gzip , \tchunked"), ("body", b"a"), ("complete",)],
    ),
    "two codings in two fields": (
        POST + b"Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        [post(*HOST, "Transfer-Encoding", "gzip", "Transfer-Encoding", "chunked"), ("complete",)],
    ),
    "names that only begin like a framing field's": (
        GET + b"Content-Lengths: 1\r\nTransfer-Encodin: chunked\r\nConnection-X: close\r\n\r\n",
        [get(*HOST, "Content-Lengths", "1", "Transfer-Encodin", "chunked", "Connection-X", "close"), ("complete",)],
    ),
}

RESPONSES = {
    "of no length": (OK + b"Content-Length: 0\r\n\r\n", [ok("Content-Length", "0"), ("complete",)]),
    "of a known length": (
        OK + b"Content-Length: 2\r\n\r\nab",
        [ok("Content-Length", "2"), ("body", b"ab"), ("complete",)],
    ),
    "chunked": (
        OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\nT: v\r\n\r\n",
        [ok("Transfer-Encoding", "chunked"), ("body", b"a"), ("complete", "T", "v")],
    ),
    "without reason phrase": (
        b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n",
        [("headers", 200, "", V11, "Content-Length", "0"), ("complete",)],
    ),
    "with an empty reason phrase": (
        b"HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n",
        [("headers", 200, "", V11, "Content-Length", "0"), ("complete",)],
    ),
    "with any bytes in the reason phrase": (
        b"HTTP/1.1 404  n\x00t \xe9 \r\nContent-Length: 0\r\n\r\n",
        [("headers", 404, " n\x00t é ", V11, "Content-Length", "0"), ("complete",)],
    ),
    "100": (b"HTTP/1.1 100 Continue\r\n\r\n", [("headers", 100, "Continue", V11), ("complete",)]),
    "103 with fields": (
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n",
        [("headers", 103, "Early Hints", V11, "Link", "</a>"), ("complete",)],
    ),
    "103 with a length has no body all the same": (
        b"HTTP/1.1 103 x\r\nContent-Length: 9\r\n\r\n",
        [("headers", 103, "x", V11, "Content-Length", "9"), ("complete",)],
    ),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", [("headers", 204, "No Content", V11), ("complete",)]),
    "204 with a coding": (
        b"HTTP/1.1 204 x\r\nTransfer-Encoding: chunked\r\n\r\n",
        [("headers", 204, "x", V11, "Transfer-Encoding", "chunked"), ("complete",)],
    ),
    "304 with a length": (
        b"HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n",
        [("headers", 304, "Not Modified", V11, "Content-Length", "5"), ("complete",)],
    ),
    "status of three zeros": (
        b"HTTP/1.1 000 x\r\nContent-Length: 0\r\n\r\n",
        [("headers", 0, "x", V11, "Content-Length", "0"), ("complete",)],
    ),
    "HTTP/1.0 that keeps alive": (
        b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 1\r\n\r\na",
        [("headers", 200, "OK", V10, "Connection", "keep-alive", "Content-Length", "1"), ("body", b"a"), ("complete",)],
    ),
    "upgrade fields without 101 are no upgrade": (
        OK + b"Connection: upgrade\r\nUpgrade: h2\r\nContent-Length: 1\r\n\r\na",
        [ok("Connection", "upgrade", "Upgrade", "h2", "Content-Length", "1"), ("body", b"a"), ("complete",)],
    ),
}

ROWS = [pytest.param("request", data, events, id=f"request {name}") for name, (data, events) in REQUESTS.items()]
ROWS += [pytest.param("response", data, events, id=f"response {name}") for name, (data, events) in RESPONSES.items()]


@pytest.mark.parametrize(("kind", "data", "events"), ROWS)
class TestAcceptedInput:
    def test_is_parsed_fed_whole(self, kind: str, data: bytes, events: list[Any]) -> None:
        assert record(kind, [data]).joined == [("begin",), *events]

    def test_is_parsed_fed_byte_by_byte(self, kind: str, data: bytes, events: list[Any]) -> None:
        assert record(kind, bytewise(data)).joined == [("begin",), *events]

    def test_is_parsed_cut_in_two_anywhere(self, kind: str, data: bytes, events: list[Any]) -> None:
        for cut in range(1, len(data)):
            assert record(kind, [data[:cut], data[cut:]]).joined == [("begin",), *events]

    def test_is_parsed_with_the_next_message_behind(self, kind: str, data: bytes, events: list[Any]) -> None:
        assert record(kind, [data * 3]).joined == [("begin",), *events] * 3

    def test_leaves_nothing_over_at_the_end(self, kind: str, data: bytes, events: list[Any]) -> None:
        recorder, parser = recording(kind)
        parser.feed(data)
        parser.finish()
        parser.feed(data)
        assert recorder.joined == [("begin",), *events]


@pytest.mark.parametrize(
    "head",
    [OK, b"HTTP/1.0 200 OK\r\n", OK + b"Transfer-Encoding: gzip\r\n", OK + b"Transfer-Encoding: chunked, gzip\r\n"],
)
def test_a_response_that_does_not_say_its_length_lasts_until_the_end(head: bytes) -> None:
    for cut in (bytewise, lambda data: [data]):
        recorder, parser = recording("response")
        for piece in cut(head + b"\r\nHTTP/1.1 200 OK\r\n\r\n"):
            parser.feed(piece)
        assert recorder.names[:2] == ["begin", "headers"]
        assert recorder.body == b"HTTP/1.1 200 OK\r\n\r\n"
        assert "complete" not in recorder.names
        assert not recorder.heads[0].keep_alive
        parser.finish()
        assert recorder.events[-1] == ("complete",)
        parser.finish()
        assert recorder.names.count("complete") == 1


def test_an_empty_response_until_the_end_is_completed_by_the_end() -> None:
    recorder, parser = recording("response")
    parser.feed(OK + b"\r\n")
    assert recorder.names == ["begin", "headers"]
    parser.finish()
    assert recorder.names == ["begin", "headers", "complete"]


@pytest.mark.parametrize("fields", [b"", b"Content-Length: 5\r\n", b"Transfer-Encoding: chunked\r\n"])
def test_no_body_follows_a_head_that_was_answered_with_no_body(fields: bytes) -> None:
    data = OK + fields + b"\r\n"
    for pieces in ([data * 2], bytewise(data * 2)):
        assert record("response", pieces, BodyRule.NO_BODY).names == ["begin", "headers", "complete"] * 2


class TestUpgrade:
    @pytest.mark.parametrize(
        ("kind", "data"),
        [
            ("request", b"GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: ws\r\n\r\n"),
            ("request", b"POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\n"),
            ("request", b"POST / HTTP/1.1\r\nConnection: upgrade\r\nUpgrade: x\r\nTransfer-Encoding: gzip\r\n\r\n"),
            ("request", b"CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n"),
            ("request", b"CONNECT a:443 HTTP/1.1\r\nContent-Length: 3\r\n\r\n"),
            ("response", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: ws\r\n\r\n"),
        ],
    )
    def test_hands_the_rest_over(self, kind: str, data: bytes) -> None:
        recorder = record(kind, [data + b"\x00\r\nrest"], upgrade_if_asked)
        assert recorder.heads[0].upgrade
        assert recorder.names == ["begin", "headers", "complete", "upgrade"]
        assert recorder.events[-1] == ("upgrade", b"\x00\r\nrest")
        recorder = record(kind, bytewise(data + b"rest"), upgrade_if_asked)
        assert recorder.names == ["begin", "headers", "complete", "upgrade"]
        assert recorder.events[-1] == ("upgrade", b"")

    def test_is_not_made_of_a_request_answered_with_normal(self) -> None:
        head = POST + b"Connection: upgrade\r\nUpgrade: x\r\nContent-Length: 3\r\n\r\n"
        recorder = record("request", [head + b"abc" + GET + b"\r\n"])
        assert recorder.names == ["begin", "headers", "body", "complete", "begin", "headers", "complete"]

    def test_of_connect_and_of_101_happens_whatever_the_answer(self) -> None:
        for kind, data in (("request", b"CONNECT a:1 HTTP/1.1\r\n\r\n"), ("response", b"HTTP/1.1 101 x\r\n\r\n")):
            recorder = record(kind, [data + b"rest"])
            assert recorder.events[-1] == ("upgrade", b"rest")

    def test_of_a_response_to_connect_is_what_the_answer_says(self) -> None:
        recorder = record("response", [OK + b"\r\nrest"], BodyRule.UPGRADE)
        assert not recorder.heads[0].upgrade
        assert recorder.events[-1] == ("upgrade", b"rest")

    @pytest.mark.parametrize(
        "fields", [b"Upgrade: x\r\n", b"Connection: upgrade\r\n", b"Connection: upgrade\r\nUpgrade:\r\n"]
    )
    def test_takes_both_fields(self, fields: bytes) -> None:
        for pieces in ([GET + fields + b"\r\n"], bytewise(GET + fields + b"\r\n")):
            assert not record("request", pieces).heads[0].upgrade


@pytest.mark.parametrize(
    ("version", "fields", "keep_alive"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.1", b"Connection: CLOSE\t\r\n", False),
        (b"1.1", b"Connection: x, close ,y\r\n", False),
        (b"1.1", b"Connection: keep-alive\r\nConnection: close\r\n", False),
        (b"1.1", b"Proxy-Connection: close\r\n", False),
        (b"1.1", b"Connection: closed\r\n", True),
        (b"1.1", b"Connection: close x\r\n", True),
        (b"1.1", b"X-Connection: close\r\n", True),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: keep-alive\r\n", True),
        (b"1.0", b"Connection: keep-alive, close\r\n", True),
        (b"1.0", b"Connection: keep-alives\r\n", False),
        (b"2.0", b"", False),
    ],
)
def test_keep_alive_is_what_version_and_connection_say(version: bytes, fields: bytes, keep_alive: bool) -> None:
    data = b"GET / HTTP/" + version + b"\r\nHost: a\r\n" + fields + b"\r\n"
    for pieces in ([data], bytewise(data)):
        recorder, parser = recording()
        for piece in pieces:
            parser.feed(piece)
        assert recorder.heads[0].keep_alive is keep_alive
        parser.feed(b"\r\nG")
        assert recorder.names[-1] == ("begin" if keep_alive else "error")


def test_a_trailer_can_still_close_the_connection() -> None:
    recorder = record("request", [CHUNKED + b"0\r\nConnection: close\r\n\r\nG"])
    assert recorder.heads[0].keep_alive
    assert recorder.errors[0].code == "HPE_CLOSED_CONNECTION"


def test_a_head_shows_itself() -> None:
    (head,) = record("request", [GET + b"\r\n"]).heads
    assert repr(head) == "<Head GET '/' HTTP/1.1 ['Host', 'a']>"
    (head,) = record("response", [OK + b"\r\n"]).heads
    assert repr(head) == "<Head 200 'OK' HTTP/1.1 []>"
    assert (head.method, head.url, head.status_message) == (None, None, "OK")


class TestRelaxedValidation:
    def test_lets_control_characters_pass_in_values(self) -> None:
        data = GET + b"X: \x01a\x0b\x1f\x7f \xff\r\n\r\n"
        for pieces in ([data], bytewise(data)):
            (head,) = record("request", pieces, validation="relaxed").heads
            assert head.raw_headers[2:] == ["X", "\x01a\x0b\x1f\x7f ÿ"]

    @pytest.mark.parametrize(
        "data",
        [
            GET + b"X: a\x00\r\n\r\n",
            GET + b"X: a\x01\x00b\r\n\r\n",
            GET + b"X: a\x01\n\r\n",
            GET + b"X: a\r\n b\r\n\r\n",
            GET + b"X\x01: a\r\n\r\n",
            b"GET / HTTP/1.2\r\n\r\n",
        ],
    )
    def test_refuses_the_rest_of_what_strict_refuses(self, data: bytes) -> None:
        for pieces in ([data], bytewise(data)):
            assert record("request", pieces, validation="relaxed").errors


class TestInsecureValidation:
    @pytest.mark.parametrize(
        ("data", "fields"),
        [
            (b"GET / HTTP/1.1\nX: a\n\n", ["X", "a"]),
            (b"GET / HTTP/1.1\rX: a\r\n\r", ["X", "a"]),
            (b"GET / HTTP/1.1\r\n X: a\r\n\r\n", ["X", "a"]),
            (b"GET / HTTP/1.1\r\nX: a \r\n\tb\r\n c\r\n\r\n", ["X", "a \tb c"]),
            (b"GET / HTTP/1.1\r\nX:\r\n a\r\n\r\n", ["X", "a"]),
            (b"GET / HTTP/1.1\r\nX: a\x00\x01\x7f\r\n\r\n", ["X", "a\x00\x01\x7f"]),
            (b"GET / HTTP/1.1\r\nConnection : x\r\n\r\n", ["Connection ", "x"]),
            (b"GET / HTTP/1.2\r\nX: a\r\n\r\n", ["X", "a"]),
        ],
    )
    def test_accepts(self, data: bytes, fields: list[str]) -> None:
        for pieces in ([data + b"GET / HTTP/1.1\r\n\r\n"], bytewise(data + b"GET / HTTP/1.1\r\n\r\n")):
            recorder = record("request", pieces, validation="insecure")
            assert recorder.names == ["begin", "headers", "complete"] * 2
            assert recorder.heads[0].raw_headers == fields

    def test_lets_chunked_win_over_a_length(self) -> None:
        for fields in (
            b"Content-Length: 9\r\nTransfer-Encoding: chunked\r\n",
            b"Transfer-Encoding: chunked\r\nContent-Length: 9\r\n",
        ):
            data = POST + fields + b"\r\n1\r\na\r\n0\r\n\r\n"
            for pieces in ([data], bytewise(data)):
                recorder = record("request", pieces, validation="insecure")
                assert recorder.body == b"a"
                assert recorder.names[-1] == "complete"

    def test_takes_loose_chunk_framing(self) -> None:
        data = CHUNKED + b"1 \t\na2;x\nbc\n0\r\n\n"
        for pieces in ([data], bytewise(data)):
            recorder = record("request", pieces, validation="insecure")
            assert recorder.body == b"abc"
            assert recorder.names[-1] == "complete"

    def test_goes_on_after_a_message_that_was_to_be_the_last(self) -> None:
        data = GET + b"Connection: close\r\n\r\n"
        assert record("request", [data * 2], validation="insecure").names == ["begin", "headers", "complete"] * 2

    def test_reads_a_request_of_unknown_length_until_the_end(self) -> None:
        recorder, parser = recording(validation="insecure")
        parser.feed(POST + b"Transfer-Encoding: gzip\r\n\r\nabc")
        parser.finish()
        assert recorder.names == ["begin", "headers", "body", "complete"]

    @pytest.mark.parametrize(
        "data",
        [
            GET + b"X : a\r\n\r\n",
            GET + b"X: a\rb\r\n\r\n",
            POST + b"Content-Length: x\r\n\r\n",
            POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\n",
            CHUNKED + b"zz\r\n",
        ],
    )
    def test_still_refuses(self, data: bytes) -> None:
        for pieces in ([data], bytewise(data)):
            assert record("request", pieces, validation="insecure").errors
