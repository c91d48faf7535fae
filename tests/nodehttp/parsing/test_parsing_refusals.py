"""What is refused: with Node's code, reason and offset, however the input is cut.

Each row is (what was still accepted, what comes then, code, reason). The first part's length is `bytes_parsed`: Node
counts some offending bytes as parsed and some not.
"""

from __future__ import annotations

import pytest

from tests.nodehttp.parsing.recorder import bytewise, record, recording

GET = b"GET / HTTP/1.1\r\nHost: a\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\n"

METHOD = "HPE_INVALID_METHOD"
URL = "HPE_INVALID_URL"
CONSTANT = "HPE_INVALID_CONSTANT"
VERSION = "HPE_INVALID_VERSION"
TOKEN = "HPE_INVALID_HEADER_TOKEN"
LENGTH = "HPE_INVALID_CONTENT_LENGTH"
CODING = "HPE_INVALID_TRANSFER_ENCODING"
SIZE = "HPE_INVALID_CHUNK_SIZE"
STATUS = "HPE_INVALID_STATUS"
STRICT = "HPE_STRICT"
NEEDS_CR = "HPE_CR_EXPECTED"
OVERFLOW = "HPE_HEADER_OVERFLOW"

REQUESTS = [
    # the method
    (b"B", b"LAH / HTTP/1.1\r\n\r\n", METHOD, "Invalid method encountered"),
    (b"", b"get / HTTP/1.1\r\n\r\n", METHOD, "Invalid method encountered"),
    (b"", b"\x16\x03\x01\x02\x00\x01\x00", METHOD, "Invalid method encountered"),
    (b"", b" GET / HTTP/1.1\r\n\r\n", METHOD, "Invalid method encountered"),
    (b"GET_", b"X / HTTP/1.1\r\n\r\n", METHOD, "Invalid method encountered"),
    (b"GET", b"X / HTTP/1.1\r\n\r\n", METHOD, "Expected space after method"),
    (b"GET", b"\n", METHOD, "Expected space after method"),
    (b"GET", b"\t/ HTTP/1.1\r\n\r\n", METHOD, "Expected space after method"),
    # the URL
    (b"GET ", b"\x01", URL, "Unexpected start char in url"),
    (b"GET ", b"?a=b HTTP/1.1\r\n\r\n", URL, "Unexpected start char in url"),
    (b"GET abc ", b"HTTP/1.1\r\n\r\n", URL, "Invalid characters in url"),
    (b"GET /\t", b"x HTTP/1.1\r\n\r\n", URL, "Invalid characters in url"),
    (b"GET \r", b"\n\r\n", URL, "Invalid characters in url"),
    (b"GET / \t", b"HTTP/1.1\r\n\r\n", URL, "Invalid characters in url"),
    (b"GET /a", b"\x7f HTTP/1.1\r\n\r\n", URL, "Invalid char in url path"),
    (b"GET /", b"\xc3\xa9 HTTP/1.1\r\n\r\n", URL, "Invalid char in url path"),
    (b"GET /", b"\x00 HTTP/1.1\r\n\r\n", URL, "Invalid char in url path"),
    (b"GET /?a", b"\x01 HTTP/1.1\r\n\r\n", URL, "Invalid char in url query"),
    (b"GET /#a", b"\xff HTTP/1.1\r\n\r\n", URL, "Invalid char in url fragment start"),
    (b"GET ab", b"/c HTTP/1.1\r\n\r\n", URL, "Unexpected char in url schema"),
    (b"GET http:/", b"x HTTP/1.1\r\n\r\n", URL, "Unexpected char in url schema"),
    (b"GET http://a", b"\\b HTTP/1.1\r\n\r\n", URL, "Unexpected char in url server"),
    (b"GET http://a@@", b"b/ HTTP/1.1\r\n\r\n", URL, "Double @ in url"),
    (b"GET /\r", b"x", URL, "Expected CRLF"),
    # the version
    (b"GET /a ", b"b HTTP/1.1\r\n\r\n", CONSTANT, "Expected HTTP/, RTSP/ or ICE/"),
    (b"GET / HTT", b"X/1.1\r\n\r\n", CONSTANT, "Expected HTTP/, RTSP/ or ICE/"),
    (b"GET / ", b"http/1.1\r\n\r\n", CONSTANT, "Expected HTTP/, RTSP/ or ICE/"),
    (b"DESCRIBE / HTTP", b"/1.1\r\n\r\n", CONSTANT, "Invalid method for HTTP/x.x request"),
    (b"PUT / RTSP", b"/1.0\r\n\r\n", CONSTANT, "Invalid method for RTSP/x.x request"),
    (b"GET / ICE", b"/1.0\r\n\r\n", CONSTANT, "Expected SOURCE method for ICE/x.x request"),
    (b"GET / HTTP/1.2", b"\r\n\r\n", VERSION, "Invalid HTTP version"),
    (b"GET / HTTP/9.9", b"\r\n\r\n", VERSION, "Invalid HTTP version"),
    (b"GET / HTTP/", b"a.1\r\n\r\n", VERSION, "Invalid major version"),
    (b"GET / HTTP/1", b"\r\n\r\n", VERSION, "Expected dot"),
    (b"GET / HTTP/1", b"1.1\r\n\r\n", VERSION, "Expected dot"),
    (b"GET / HTTP/1.", b"x\r\n\r\n", VERSION, "Invalid minor version"),
    (b"GET / HTTP/1.1\n", b"\r\n", VERSION, "Expected CRLF after version"),
    (b"GET / HTTP/1.1", b" \r\n\r\n", VERSION, "Expected CRLF after version"),
    (b"GET / HTTP/1.1\r", b"x", STRICT, "Expected CRLF after version"),
    (b"PRI / HTTP/1.1\r\n", b"Host: a\r\n\r\n", VERSION, "Expected HTTP/2 Connection Preface"),
    (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"", "HPE_PAUSED_H2_UPGRADE", "Pause on PRI/Upgrade"),
    # the shape of fields
    (b"GET / HTTP/1.1\r\n ", b"Host: a\r\n\r\n", "HPE_UNEXPECTED_SPACE", "Unexpected space after start line"),
    (b"GET / HTTP/1.1\r\n", b"\tHost: a\r\n\r\n", TOKEN, "Invalid header token"),
    (GET + b"X", b" : a\r\n\r\n", TOKEN, "Invalid header token"),
    (GET + b"X", b"\t: a\r\n\r\n", TOKEN, "Invalid header token"),
    (GET + b"Connection ", b": close\r\n\r\n", TOKEN, "Invalid header field char"),
    (GET + b"Content-Length ", b": 1\r\n\r\n", TOKEN, "Invalid header field char"),
    (GET, b": a\r\n\r\n", TOKEN, "Invalid header token"),
    (GET + b"X", b"\r\n\r\n", TOKEN, "Invalid header token"),
    (GET, b"(X): a\r\n\r\n", TOKEN, "Invalid header token"),
    (GET + b"X", b"\x00: a\r\n\r\n", TOKEN, "Invalid header token"),
    (GET, b"\xc3\xa9: a\r\n\r\n", TOKEN, "Invalid header token"),
    (GET + b"X: a", b"\x00\r\n\r\n", TOKEN, "Invalid header value char"),
    (GET + b"X: a", b"\x0b\r\n\r\n", TOKEN, "Invalid header value char"),
    (GET + b"X: ", b"\x7f\r\n\r\n", TOKEN, "Invalid header value char"),
    (GET + b"X: a\r\n", b" b\r\n\r\n", TOKEN, "Unexpected whitespace after header value"),
    (GET + b"X:\r\n ", b"b\r\n\r\n", TOKEN, "Invalid header value char"),
    (GET + b"X:\n", b"\r\n", TOKEN, "Invalid header value char"),
    (GET + b"\n", b"", TOKEN, "Invalid header field char"),
    (GET + b"X: a", b"\nY: b\r\n\r\n", NEEDS_CR, "Missing expected CR after header value"),
    (GET + b"X: a\r", b"b\r\n\r\n", "HPE_LF_EXPECTED", "Missing expected LF after header value"),
    (GET + b"X: a\r", b"\r\n\r\n", "HPE_LF_EXPECTED", "Missing expected LF after header value"),
    (GET + b"X:\r", b"b\r\n\r\n", STRICT, "Expected LF after CR"),
    (GET + b"\r", b"\r\n", STRICT, "Expected LF after headers"),
    # Content-Length
    (GET + b"Content-Length: ", b"abc\r\n\r\n", LENGTH, "Invalid character in Content-Length"),
    (GET + b"Content-Length: ", b"-1\r\n\r\n", LENGTH, "Invalid character in Content-Length"),
    (GET + b"Content-Length: ", b"+5\r\n\r\n", LENGTH, "Invalid character in Content-Length"),
    (GET + b"Content-Length: 1", b"_0\r\n\r\n", LENGTH, "Invalid character in Content-Length"),
    (GET + b"Content-Length: ", b"\xd9\xa3\r\n\r\n", LENGTH, "Invalid character in Content-Length"),
    (GET + b"Content-Length: ", b"\xb2\r\n\r\n", LENGTH, "Invalid character in Content-Length"),
    (GET + b"Content-Length: 0", b"x1\r\n\r\n", LENGTH, "Invalid character in Content-Length"),
    (GET + b"Content-Length: 1 ", b"2\r\n\r\n", LENGTH, "Invalid character in Content-Length"),
    (GET + b"Content-Length: 1", b", 1\r\n\r\n", LENGTH, "Invalid character in Content-Length"),
    (GET + b"Content-Length:\r\n", b"\r\n", LENGTH, "Empty Content-Length"),
    (GET + b"Content-Length: 18446744073709551616", b"\r\n\r\n", LENGTH, "Content-Length overflow"),
    (GET + b"Content-Length: 99999999999999999999", b"999\r\n\r\n", LENGTH, "Content-Length overflow"),
    (
        GET + b"Content-Length: 1\r\ncontent-length: ",
        b"1\r\n\r\n",
        "HPE_UNEXPECTED_CONTENT_LENGTH",
        "Duplicate Content-Length",
    ),
    (
        GET + b"Transfer-Encoding: chunked\r\nContent-Length:",
        b" 1\r\n\r\n",
        LENGTH,
        "Content-Length can't be present with Transfer-Encoding",
    ),
    # Transfer-Encoding
    (
        GET + b"Content-Length: 1\r\nTransfer-Encoding:",
        b" chunked\r\n\r\n",
        CODING,
        "Transfer-Encoding can't be present with Content-Length",
    ),
    (GET + b"Transfer-Encoding: chunked,", b" gzip\r\n\r\n", CODING, "Invalid `Transfer-Encoding` header value"),
    (GET + b"Transfer-Encoding: chunked,", b"chunked\r\n\r\n", CODING, "Invalid `Transfer-Encoding` header value"),
    (
        GET + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: c",
        b"hunked\r\n\r\n",
        CODING,
        "Invalid `Transfer-Encoding` header value",
    ),
    (GET + b"Transfer-Encoding:\r\n", b"\r\n", CODING, "Empty Transfer-Encoding"),
    # chunks
    (CHUNKED, b"zz\r\n", SIZE, "Invalid character in chunk size"),
    (CHUNKED, b"\r\n", SIZE, "Invalid character in chunk size"),
    (CHUNKED, b"-1\r\n", SIZE, "Invalid character in chunk size"),
    (CHUNKED, b"+1\r\n", SIZE, "Invalid character in chunk size"),
    (CHUNKED + b"0", b"x1\r\n", SIZE, "Invalid character in chunk size"),
    (CHUNKED + b"1", b"_0\r\n", SIZE, "Invalid character in chunk size"),
    (CHUNKED + b"1 ", b"\r\n", SIZE, "Invalid character in chunk size"),
    (CHUNKED + b"1" + b"0" * 16, b"000\r\n", SIZE, "Chunk size overflow"),
    (CHUNKED + b"1\n", b"a\r\n", NEEDS_CR, "Missing expected CR after chunk size"),
    (CHUNKED + b"1\r", b"a\r\n", STRICT, "Expected LF after chunk size"),
    (CHUNKED + b"1\r\na", b"b\r\n", STRICT, "Expected LF after chunk data"),
    (CHUNKED + b"1\r\na\r", b"b", STRICT, "Expected LF after chunk data"),
    (CHUNKED + b"1\r\na\n", b"0\r\n\r\n", NEEDS_CR, "Missing expected CR after chunk data"),
    (CHUNKED + b"1; ", b"a\r\n", STRICT, "Invalid character in chunk extensions"),
    (CHUNKED + b"1;\r", b"\n", STRICT, "Invalid character in chunk extensions"),
    (CHUNKED + b"1;a ", b"b\r\n", STRICT, "Invalid character in chunk extensions name"),
    (CHUNKED + b"1;a\x01", b"\r\n", STRICT, "Invalid character in chunk extensions name"),
    (CHUNKED + b"1;a=b ", b"\r\n", STRICT, "Invalid character in chunk extensions value"),
    (CHUNKED + b'1;a="\x01', b'"\r\n', STRICT, "Invalid character in chunk extensions quoted value"),
    (CHUNKED + b'1;a="\\\x01', b'"\r\n', STRICT, "Invalid quoted-pair in chunk extensions quoted value"),
    (CHUNKED + b'1;a="b"', b"c\r\n", STRICT, "Invalid character in chunk extensions quote value"),
    (CHUNKED + b"1;a", b"\na\r\n", NEEDS_CR, "Missing expected CR after chunk extension name"),
    (CHUNKED + b"1;a=b", b"\na\r\n", NEEDS_CR, "Missing expected CR after chunk extension value"),
    # trailers
    (CHUNKED + b"0\r\nX", b" : a\r\n\r\n", TOKEN, "Invalid header token"),
    (CHUNKED + b"0\r\n", b" X: a\r\n\r\n", TOKEN, "Invalid header token"),
    (CHUNKED + b"0\r\nX: a\r\n", b" b\r\n\r\n", TOKEN, "Unexpected whitespace after header value"),
    (
        CHUNKED + b"0\r\nContent-Length:",
        b" 1\r\n\r\n",
        LENGTH,
        "Content-Length can't be present with Transfer-Encoding",
    ),
    # after the last message
    (
        GET + b"Connection: close\r\n\r\n\r\nG",
        b"ET / HTTP/1.1\r\n\r\n",
        "HPE_CLOSED_CONNECTION",
        "Data after `Connection: close`",
    ),
    (b"GET / HTTP/1.0\r\n\r\nG", b"ET", "HPE_CLOSED_CONNECTION", "Data after `Connection: close`"),
]

RESPONSES = [
    (b"", b"garbage", CONSTANT, "Expected HTTP/, RTSP/ or ICE/"),
    (b"HTTP", b" 200", CONSTANT, "Expected HTTP/, RTSP/ or ICE/"),
    (b"HTTP/1.2", b" 200 OK\r\n\r\n", VERSION, "Invalid HTTP version"),
    (b"HTTP/1.1", b"\r\n\r\n", VERSION, "Expected space after version"),
    (b"HTTP/1.1 ", b"abc\r\n\r\n", STATUS, "Invalid status code"),
    (b"HTTP/1.1 20", b"\r\n\r\n", STATUS, "Invalid status code"),
    (b"HTTP/1.1 ", b" 200 OK\r\n\r\n", STATUS, "Invalid status code"),
    (b"HTTP/1.1 200", b"0 OK\r\n\r\n", STATUS, "Invalid response status"),
    (b"HTTP/1.1 200\n", b"\r\n", STATUS, "Invalid response status"),
    (b"HTTP/1.1 200 OK\n", b"\r\n", NEEDS_CR, "Missing expected CR after response line"),
    (b"HTTP/1.1 200 OK\r", b"x", STRICT, "Expected LF after CR"),
    (OK + b"X: a", b"\nY: b\r\n\r\n", NEEDS_CR, "Missing expected CR after header value"),
    (OK + b"X", b" : a\r\n\r\n", TOKEN, "Invalid header token"),
    (OK + b"Content-Length: ", b"x\r\n\r\n", LENGTH, "Invalid character in Content-Length"),
    (
        OK + b"Content-Length: 1\r\nTransfer-Encoding:",
        b" chunked\r\n\r\n",
        CODING,
        "Transfer-Encoding can't be present with Content-Length",
    ),
    (OK + b"Content-Length: 0\r\n\r\n", b"garbage", CONSTANT, "Expected HTTP/, RTSP/ or ICE/"),
    (
        OK + b"Content-Length: 0\r\nConnection: close\r\n\r\nH",
        b"TTP/1.1",
        "HPE_CLOSED_CONNECTION",
        "Data after `Connection: close`",
    ),
]

ROWS = [("request", *row) for row in REQUESTS] + [("response", *row) for row in RESPONSES]


@pytest.mark.parametrize(("kind", "accepted", "then", "code", "reason"), ROWS)
class TestRefusedInput:
    def test_is_refused_as_in_node(self, kind: str, accepted: bytes, then: bytes, code: str, reason: str) -> None:
        recorder = record(kind, [accepted + then])
        (error,) = recorder.errors
        assert (error.code, error.reason, error.bytes_parsed) == (code, reason, len(accepted))
        assert str(error) == error.message == f"Parse Error: {reason}"
        assert error.raw_packet == accepted + then
        assert recorder.names[-1] == "error"

    def test_is_refused_alike_with_data_behind_and_so_is_what_follows(
        self, kind: str, accepted: bytes, then: bytes, code: str, reason: str
    ) -> None:
        recorder, parser = recording(kind)
        pieces = [
            accepted + then + b"\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n",
            b"GET / HTTP/1.1\r\n",
            b"Host: a\r\n\r\n",
        ]
        for piece in pieces:
            parser.feed(piece)
        parser.finish()
        assert [error.raw_packet for error in recorder.errors] == pieces
        for error in recorder.errors:
            assert (error.code, error.reason, error.bytes_parsed) == (code, reason, len(accepted))
        assert recorder.names[-3:] == ["error"] * 3

    def test_is_refused_at_its_first_illegal_byte(
        self, kind: str, accepted: bytes, then: bytes, code: str, reason: str
    ) -> None:
        whole = accepted + then
        recorder, parser = recording(kind)
        fed = 0
        while not recorder.errors and fed < len(whole):
            parser.feed(whole[fed : fed + 1])
            fed += 1
        (error,) = recorder.errors
        assert (error.code, error.reason) == (code, reason)
        assert fed in (len(accepted), len(accepted) + 1)
        assert error.bytes_parsed == len(accepted) - fed + 1
        assert recorder.joined == record(kind, [whole]).joined


def test_a_request_whose_last_coding_is_not_chunked_is_refused_after_its_head() -> None:
    for coding in (b"gzip", b"identity", b"chunked\t", b"chunkedx", b"x chunked"):
        data = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: " + coding + b"\r\n\r\n"
        for pieces in ([data + b"rest"], bytewise(data)):
            recorder = record("request", pieces)
            assert recorder.names == ["begin", "headers", "error"]
            assert recorder.errors[0].code == CODING
            assert recorder.errors[0].reason == "Request has invalid `Transfer-Encoding`"


@pytest.mark.parametrize("data", [GET, GET[:1], GET + b"Content-Length: 2\r\n\r\na", CHUNKED, CHUNKED + b"0\r\n"])
def test_an_end_in_the_middle_of_a_request_is_an_invalid_eof_state(data: bytes) -> None:
    for pieces in ([data], bytewise(data)):
        recorder, parser = recording()
        for piece in pieces:
            parser.feed(piece)
        assert recorder.errors == []
        parser.finish()
        parser.finish()
        (error,) = recorder.errors
        assert (error.code, error.reason, error.bytes_parsed) == ("HPE_INVALID_EOF_STATE", "Invalid EOF state", 0)
        assert error.raw_packet is None
        assert str(error) == error.message == "Parse Error"


@pytest.mark.parametrize(
    "data", [OK[:3], OK, OK + b"Content-Length: 2\r\n\r\na", OK + b"Transfer-Encoding: chunked\r\n\r\n1\r\na\r\n"]
)
def test_an_end_in_the_middle_of_a_response_is_an_invalid_eof_state(data: bytes) -> None:
    recorder, parser = recording("response")
    parser.feed(data)
    parser.finish()
    assert recorder.errors[0].code == "HPE_INVALID_EOF_STATE"


def test_blank_lines_alone_are_no_message_at_the_end() -> None:
    recorder, parser = recording()
    parser.feed(b"\r\n\r\n")
    parser.finish()
    assert recorder.events == []
