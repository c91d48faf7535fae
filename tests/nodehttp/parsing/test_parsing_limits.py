"""What a peer can take: bytes, items and time."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.nodehttp.parsing.recorder import bytewise, record, recording

GET = b"GET / HTTP/1.1\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
OVERFLOW = ("error", "HPE_HEADER_OVERFLOW", "Header overflow")


@pytest.mark.parametrize(
    ("kind", "form"),
    [
        ("request", b"GET /%s HTTP/1.1\r\n\r\n"),
        ("request", b"GET / HTTP/1.1\r\n%s:\r\n\r\n"),
        ("request", b"GET / HTTP/1.1\r\na: %s\r\n\r\n"),
        ("request", b"GET / HTTP/1.1\r\na: %s\r\nb: c\r\n\r\n"),
        ("request", b"GET /%s\r\n\r\n"),
        ("response", b"HTTP/1.1 200 %s\r\n\r\n"),
        ("response", b"HTTP/1.1 200 OK\r\na: %s\r\n\r\n"),
    ],
)
def test_a_head_is_refused_when_url_reason_names_and_values_reach_the_limit(kind: str, form: bytes) -> None:
    counted = len(form.replace(b"%s", b"").translate(None, b" \r\n:")) - len(b"GETHTTP/1.1")
    if kind == "response":
        counted = len(form.split(b"%s")[0].partition(b"200 ")[2].translate(None, b" \r\n:"))
    elif form.endswith(b"/%s\r\n\r\n"):
        counted = 1
    for limit in (100, 16384):
        longest = limit - 1 - counted
        for length, refused in ((longest, False), (longest + 1, True)):
            data = form % (b"x" * length)
            for pieces in ([data], bytewise(data), [data[:50], data[50:]]):
                recorder = record(kind, pieces, max_header_size=limit)
                assert (recorder.events[-1] == OVERFLOW) is refused


def test_the_default_limit_is_16384_and_zero_means_the_default() -> None:
    for options in ({}, {"max_header_size": 0}):
        assert record("request", [b"GET /" + b"x" * 16382 + b" HTTP/1.1\r\n\r\n"], **options).errors == []
        assert record("request", [b"GET /" + b"x" * 16383 + b" HTTP/1.1\r\n\r\n"], **options).events[-1] == OVERFLOW


def test_a_head_too_long_is_refused_before_it_is_complete() -> None:
    for start in (b"GET /", GET, GET + b"a: "):
        recorder, parser = recording()
        parser.feed(start)
        for _ in range(16):
            parser.feed(b"x" * 1024)
        assert recorder.events[-1] == OVERFLOW


def test_separators_do_not_count() -> None:
    data = b"GET" + b" " * 50 + b"/" + b" " * 50 + b"HTTP/1.1\r\na:" + b" " * 50 + b"b\r\n\r\n"
    for pieces in ([data], bytewise(data)):
        assert record("request", pieces, max_header_size=4).names == ["begin", "headers", "complete"]
        assert record("request", pieces, max_header_size=3).events[-1] == OVERFLOW


def test_each_head_and_each_trailer_section_counts_anew() -> None:
    head = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"
    trailers = b"0\r\na: " + b"x" * 30 + b"\r\n\r\n"
    assert record("request", [(head + trailers) * 3], max_header_size=32).errors == []
    assert record("request", [head + b"1\r\na\r\n" + trailers], max_header_size=31).events[-1] == OVERFLOW


class TestHeaderCount:
    def test_of_a_request_is_limited_to_1000(self) -> None:
        for count, refused in ((1000, False), (1001, True)):
            data = GET + b"a: b\r\n" * count + b"\r\n"
            for pieces in ([data], [data[:100], data[100:]], bytewise(data)):
                assert (record("request", pieces).events[-1] == OVERFLOW) is refused

    def test_of_a_request_can_be_limited_otherwise_or_not_at_all(self) -> None:
        data = GET + b"a: b\r\n" * 1001 + b"\r\n"
        assert record("request", [data], max_headers_count=0).errors == []
        assert record("request", [data], max_headers_count=1001).errors == []
        (error,) = record("request", [data], max_headers_count=2).errors
        assert error.bytes_parsed == len(GET + b"a: b\r\n" * 2 + b"a:")

    def test_is_refused_at_the_name_of_the_first_field_too_many(self) -> None:
        recorder = record("request", [GET + b"a: b\r\nc"], max_headers_count=1)
        assert recorder.events[-1] == OVERFLOW

    def test_of_trailers_is_limited_alike(self) -> None:
        data = CHUNKED + b"0\r\n" + b"a: b\r\n" * 3 + b"\r\n"
        assert record("request", [data], max_headers_count=3).errors == []
        assert record("request", [data], max_headers_count=2).events[-1] == OVERFLOW

    def test_of_a_response_cuts_the_rest_off(self) -> None:
        data = b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 40 + b"Content-Length: 1\r\n\r\nx"
        for pieces in ([data], bytewise(data)):
            recorder = record("response", pieces, max_headers_count=2)
            assert recorder.heads[0].raw_headers == ["a", "b", "a", "b"]
            assert recorder.body == b"x"
            assert recorder.names[-1] == "complete"


class TestChunkExtensions:
    OVERFLOW = ("error", "HPE_CHUNK_EXTENSIONS_OVERFLOW", "Chunk extensions overflow")

    @pytest.mark.parametrize("form", [b"1;%s\r\nx\r\n", b"1;a=%s\r\nx\r\n", b'1;a="%s"\r\nx\r\n', b"1;;%s\r\nx\r\n"])
    def test_of_one_chunk_may_take_16_kib(self, form: bytes) -> None:
        counted = len(form.translate(None, b"1;=%sx\r\n"))
        for length, refused in ((16384 - counted, False), (16385 - counted, True)):
            data = CHUNKED + form % (b"x" * length)
            for pieces in ([data], [data[:99], data[99:]], bytewise(data)):
                assert (record("request", pieces).events[-1] == self.OVERFLOW) is refused

    def test_count_anew_in_each_chunk(self) -> None:
        chunk = b"1;" + b"x" * 16384 + b"\r\nx\r\n"
        assert record("request", [CHUNKED + chunk * 3]).body == b"xxx"

    def test_that_do_not_end_are_refused(self) -> None:
        recorder, parser = recording()
        parser.feed(CHUNKED + b"1;")
        for _ in range(20):
            parser.feed(b"x" * 1000)
        assert recorder.events[-1] == self.OVERFLOW


def _lines(line: bytes) -> Callable[[int], bytes]:
    return lambda size: GET + line * (size // len(line)) + b"\r\n"


ATTACKS: dict[str, Callable[[int], bytes]] = {
    "a long value": lambda size: GET + b"a: " + b"x" * size,
    "a value of blanks": lambda size: GET + b"a: x" + b" " * size + b"x\r\n\r\n",
    "a value of commas": lambda size: GET + b"Connection: " + b"," * size + b"\r\n\r\n",
    "a coding almost chunked": lambda size: GET + b"Transfer-Encoding: " + b"chunke," * (size // 7) + b"\r\n\r\n",
    "a length of zeros": lambda size: GET + b"Content-Length: " + b"0" * size + b"\r\n\r\n",
    "a long name": lambda size: GET + b"x" * size + b"\r\n\r\n",
    "blanks before a value": lambda size: GET + b"a:" + b" " * size + b"\r\n\r\n",
    "a url of at signs": lambda size: b"GET http://" + b"a@" * (size // 2) + b" HTTP/1.1\r\n\r\n",
    "a url of question marks": lambda size: b"GET /" + b"?#" * (size // 2) + b"\x00",
    "many fields": _lines(b"a: b\r\n"),
    "many fields and a bad end": lambda size: _lines(b"a: b\r\n")(size)[:-2] + b"\x00",
    "many connection fields": _lines(b"Connection: x\r\n"),
    "blank lines": lambda size: b"\r\n" * (size // 2),
    "small requests": lambda size: (GET + b"Host: a\r\n\r\n") * (size // 27),
    "small odd requests": lambda size: b"GET /\r\nConnection: keep-alive\r\n\r\n" * (size // 35),
    "tiny chunks": lambda size: CHUNKED + b"1\r\nx\r\n" * (size // 6),
    "tiny chunks with extensions": lambda size: CHUNKED + b'1;a="b"\r\nx\r\n' * (size // 12),
    "a chunk size of zeros": lambda size: CHUNKED + b"0" * size,
    "many trailers": lambda size: CHUNKED + b"0\r\n" + b"a: b\r\n" * (size // 6) + b"\r\n",
}


@pytest.mark.parametrize("piece_size", [1, 4096])
@pytest.mark.parametrize("attack", ATTACKS)
def test_time_is_linear_in_the_input(attack: str, piece_size: int) -> None:
    """Four times the input may take eight times as long (a quadratic parser takes sixteen times)."""
    small = 2_000 if piece_size == 1 else 20_000

    def seconds(size: int) -> float:
        data = ATTACKS[attack](size)
        pieces = [data[at : at + piece_size] for at in range(0, len(data), piece_size)]
        _, parser = recording(max_header_size=10**9, max_headers_count=0)
        start = time.process_time()
        for piece in pieces:
            parser.feed(piece)
        return time.process_time() - start

    # A busy machine may spoil a measurement, but not each of them.
    assert any(seconds(4 * small) < 8 * max(seconds(small), 1e-3) for _ in range(5))


def test_what_is_kept_of_a_head_is_bounded_by_its_limit() -> None:
    """Blanks, which do not count, are not kept."""
    recorder, parser = recording()
    parser.feed(GET + b"a:")
    for _ in range(1000):
        parser.feed(b" " * 1000)
    parser.feed(b"b\r\n\r\n")
    assert recorder.heads[0].raw_headers == ["a", "b"]
