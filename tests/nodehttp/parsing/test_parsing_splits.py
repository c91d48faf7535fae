"""However valid input is cut, and whichever path reads it, the callbacks are the same (Hypothesis)."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from nodehttp._parsing import BodyRule, Head, Kind
from nodehttp._parsing._cursor import Cursor, Steps
from nodehttp._parsing._engines import chosen_engine, head_reader
from nodehttp._parsing._fields import header_section
from nodehttp._parsing._message import Body, Limits, Message
from nodehttp._parsing._start_line import METHODS, request_line, status_line
from tests.nodehttp.parsing.recorder import record

TOKEN_CHARS = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
FRAMING = re.compile(r"connection|proxy-connection|content-length|transfer-encoding|upgrade", re.IGNORECASE)

names = st.text(TOKEN_CHARS, min_size=1, max_size=12).filter(lambda name: not FRAMING.fullmatch(name))
values = st.text('\t !,:;="aZ0~\x80\xe9\xff', max_size=20)
blanks = st.text(" \t", max_size=3)
urls = st.from_regex(r"(/|\*)[!-\"$->@-~]{0,12}(\?[!-\"$-~]{0,8})?(#[!-~]{0,8})?", fullmatch=True)
methods = st.sampled_from(sorted(method.decode() for method in METHODS if method != b"CONNECT"))


@st.composite
def fields(draw: st.DrawFn, limit: int = 5) -> str:
    lines = draw(st.lists(st.tuples(names, blanks, values, blanks), max_size=limit))
    return "".join(f"{name}:{before}{value}{after}\r\n" for name, before, value, after in lines)


@st.composite
def chunked(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.tuples(st.text("a\r\n0\xff", min_size=1, max_size=30), st.booleans()), max_size=4))
    extension = draw(st.sampled_from(["", ";a", ";a=b", ';a="\\"";b']))
    chunks = "".join(
        f"{len(data):X}{extension}\r\n{data}\r\n" if upper else f"{len(data):04x}\r\n{data}\r\n"
        for data, upper in parts
    )
    return f"{chunks}0{extension}\r\n{draw(fields(2))}\r\n"


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, str]:
    """(the fields that announce a body, the body on the wire)"""
    sort = draw(st.sampled_from(["none", "length", "chunked", "codings"]))
    if sort == "none":
        return "", ""
    if sort == "length":
        body = draw(st.text("a\r\n0\x00\xff", max_size=40))
        return f"Content-Length: {len(body)}\r\n", body
    coding = "chunked" if sort == "chunked" else "gzip, Chunked"
    return f"transfer-encoding: {coding}\r\n", draw(chunked())


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    announced, body = draw(bodies())
    options = draw(st.sampled_from(["", "Connection: keep-alive\r\n", "Host: a\r\nConnection: x, keep-alive\r\n"]))
    line = f"{draw(methods)} {draw(urls)} HTTP/1.1\r\n"
    return f"{line}{draw(fields())}{options}{announced}{draw(fields(2))}\r\n{body}".encode("latin-1")


@st.composite
def responses(draw: st.DrawFn) -> bytes:
    announced, body = draw(bodies().filter(lambda body: body[0] != ""))
    status = draw(st.sampled_from(["200 OK", "404", "599 ", "299 \t any  reason"]))
    return f"HTTP/1.1 {status}\r\n{draw(fields())}{announced}\r\n{body}".encode("latin-1")


@st.composite
def cut(draw: st.DrawFn, messages: st.SearchStrategy[bytes]) -> tuple[bytes, list[bytes]]:
    data = b"".join(draw(st.lists(messages, min_size=1, max_size=3)))
    cuts = sorted(draw(st.lists(st.integers(0, len(data)), max_size=8)))
    return data, [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


@given(cut(requests()))
def test_requests_are_parsed_alike_however_they_are_cut(case: tuple[bytes, list[bytes]]) -> None:
    data, pieces = case
    whole = record("request", [data])
    assert whole.errors == []
    assert whole.names[-1] == "complete"
    assert record("request", pieces).joined == whole.joined


@given(cut(responses()))
def test_responses_are_parsed_alike_however_they_are_cut(case: tuple[bytes, list[bytes]]) -> None:
    data, pieces = case
    whole = record("response", [data])
    assert whole.errors == []
    assert whole.names[-1] == "complete"
    assert record("response", pieces).joined == whole.joined


@given(st.binary(max_size=80), st.sampled_from(["strict", "relaxed", "insecure"]), st.data())
def test_any_bytes_are_parsed_or_refused_alike_however_they_are_cut(
    junk: bytes, validation: str, data: st.DataObject
) -> None:
    """Junk behind a plausible beginning, so that it gets somewhere."""
    kind = data.draw(st.sampled_from(["request", "response"]))
    beginnings = {
        "request": ["", "GET ", "GET /", "GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"],
        "response": ["", "HTTP/1.1 ", "HTTP/1.1 200 ", "HTTP/1.1 200 OK\r\nContent-Length:"],
    }
    whole = data.draw(st.sampled_from(beginnings[kind])).encode() + junk
    at = data.draw(st.integers(0, len(whole)))
    expected = record(kind, [whole], validation=validation).joined
    assert record(kind, [whole[:at], whole[at:]], validation=validation).joined == expected


@given(
    st.one_of(requests(), responses()),
    st.integers(0, 200),
    st.sampled_from([b"", b"\x00", b"\n", b"\r", b" ", b":", b"\x7f", b"\xe9", b"chunked", b"\r\n "]),
)
def test_an_engine_accepts_only_heads_that_the_grammar_accepts_and_reads_them_alike(
    data: bytes, at: int, junk: bytes
) -> None:
    data = data[:at] + junk + data[at:]
    kind: Kind = "response" if data.startswith(b"HTTP") else "request"
    limits = Limits(kind, 16384, 1000, "strict")
    plain = head_reader(chosen_engine(None), kind)(limits, data, 0)
    if plain is None:
        return
    head, end, message = plain
    other = Message(limits)
    assert _scan(other, data) == end
    assert _shape(head) == _shape(other.head())
    if isinstance(message, int):
        assert other.body(BodyRule.NORMAL) is (Body.LENGTH if message else Body.NONE)
        assert (other.content_length or 0) == message
        return
    for name in ("content_length", "chunked", "transfer_encoding", "asks_close", "asks_keep_alive", "version"):
        assert getattr(message, name) == getattr(other, name)


def _scan(message: Message, data: bytes) -> int:
    cursor = Cursor()
    cursor.feed(data, 0)

    def steps() -> Steps[None]:
        yield from (request_line if message.limits.request else status_line)(cursor, message)
        yield from header_section(cursor, message)

    assert list(steps()) == []
    return cursor.pos


def _shape(head: Head) -> tuple[object, ...]:
    return tuple(getattr(head, name) for name in Head.__slots__)
