"""The engines, and the grammars alone, make the same callbacks of the same bytes: of made-up ones, cut anywhere."""

from __future__ import annotations

import random
from collections.abc import Callable
from functools import partial
from typing import Any

from nodehttp._parsing import BodyRule, Head, Kind, Validation
from nodehttp._parsing._engines import head_reader
from nodehttp._parsing._machine import Machine
from nodehttp._parsing._message import Limits
from nodehttp._parsing._plain import ReadHead, read_request, read_response
from tests.nodehttp.parsing.recorder import Recorder

CASES = 3000

METHODS = ["GET", "GET", "POST", "PUT", "HEAD", "M-SEARCH", "QUERY", "CONNECT", "SOURCE", "PRI", "PLAY", "get", "GETX"]
URLS = [
    "/",
    "/a?b#c",
    "*",
    "http://a:1/b?c",
    "a:1",
    "//",
    "/\xe9",
    "/\x7f",
    "/a b",
    "?",
    "",
    "/a#b#c",
    "[::1]:1",
    "/^|",
]
VERSIONS = (
    ["HTTP/1.1"] * 6 + ["HTTP/1.0"] * 2 + ["HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "http/1.1", "RTSP/1.0", "ICE/1.0", ""]
)
STATUSES = [
    "200 OK",
    "200 OK",
    "200",
    "204 ",
    "101 x",
    "100 Continue",
    "304 y",
    "404 \xe9\x00",
    "000 a",
    "20 x",
    "2000 x",
]
NAMES = [
    "Host",
    "A",
    "a-b",
    "X-!#$%&'*+.^_`|~",
    "Content-Lengths",
    "Conn",
    "X Y",
    "\xe9",
    "",
    "A\x00",
    "Cookie",
    "Proxy",
]
VALUES = [
    "a",
    "",
    "a  b",
    "\ta\t",
    "a: b",
    "\xe9\xff\x80",
    "\xa0a\x85",
    "a\x01",
    "a\x7f",
    "a\x00",
    "a\rb",
    "a\nb",
    "a,b",
    '"',
]
FRAMING = {
    "Content-Length": ["0", "3", "003", "3 ", "\t3\t", "3, 3", "+3", "0x3", "", "18446744073709551616", "3 3", "\xb3"],
    "Transfer-Encoding": [
        "chunked",
        "chunked",
        "Chunked",
        "chunked ",
        "chunked\t",
        "gzip",
        "gzip, chunked",
        "chunked,",
        "",
    ],
    "Connection": [
        "close",
        "keep-alive",
        "Close",
        "upgrade",
        "keep-alive, Upgrade",
        "x",
        "close, x",
        "",
        "keep-alive\t",
    ],
    "Proxy-Connection": ["close", "keep-alive"],
    "Upgrade": ["h2c", "", "websocket"],
}
BODIES = [
    "",
    "",
    "abc",
    "3\r\nabc\r\n0\r\n\r\n",
    "3;x\r\nabc\r\n0\r\nT: v\r\n\r\n",
    "0\r\nConnection: close\r\n\r\n",
    "zz\r\n",
]
LINE_ENDS = ["\r\n"] * 60 + ["\n", "\r", "\r\r\n", "\r\n ", " \r\n"]
SEPARATORS = [": "] * 30 + [":", ":\t ", " : ", "", ":: "]
JUNK = ["\x00", "\n", "\r", " ", ":", "\t", "\x7f", "\xe9", "\r\n", "\r\n\r\n", "\r\n ", "A", ";", "0", ","]


class Maker:
    """Makes up messages: mostly right, with what servers get to see and what they had better refuse."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.choose = self.random.choice

    def _field(self) -> str:
        name = self.choose([*FRAMING, *NAMES, *NAMES])
        value = self.choose(FRAMING.get(name, VALUES))
        name = self.choose([name, name, name.lower(), name.upper(), name.swapcase()])
        return f"{name}{self.choose(SEPARATORS)}{value}{self.choose(LINE_ENDS)}"

    def _message(self, kind: Kind) -> str:
        if kind == "request":
            blank = self.choose([" "] * 20 + ["  ", "\t"])
            start = f"{self.choose(METHODS)}{blank}{self.choose(URLS)} {self.choose(VERSIONS)}"
        else:
            start = f"{self.choose(VERSIONS)} {self.choose(STATUSES)}"
        fields = "".join(self._field() for _ in range(self.random.randrange(6)))
        host = self.choose(["", "Host: a\r\n", "Host: a\r\n"])
        before = self.choose([""] * 8 + ["\r\n", "\n", "\r", "\r\n\r\n"])
        return f"{before}{start}{self.choose(LINE_ENDS)}{host}{fields}{self.choose(LINE_ENDS)}{self.choose(BODIES)}"

    def data(self, kind: Kind) -> bytes:
        text = "".join(self._message(kind) for _ in range(self.random.randrange(1, 4)))
        for _ in range(self.choose([0, 0, 1, 2])):
            at = self.random.randrange(len(text) + 1)
            text = text[:at] + self.choose(JUNK) + text[at + self.random.randrange(3) :]
        return text.encode("latin-1")

    def pieces(self, data: bytes) -> list[bytes]:
        cuts = sorted(self.random.randrange(len(data) + 1) for _ in range(self.choose([0, 0, 0, 1, 3])))
        return [data[start:end] for start, end in zip([0, *cuts], [*cuts, len(data)], strict=True)]


def declines(_head: bytes) -> bool:
    """An engine that leaves all to the grammars."""
    return False


def readers(kind: Kind) -> list[ReadHead]:
    alone = partial(read_request if kind == "request" else read_response, declines)
    return [alone, head_reader("h11", kind), head_reader("llhttp", kind)]


def told(reader: ReadHead, limits: Limits, pieces: list[bytes], rule: Callable[[Head], BodyRule]) -> list[Any]:
    """Everything that is told of these pieces, errors with their places."""
    recorder = Recorder(rule)
    parser = Machine(recorder, limits, reader)
    for piece in pieces:
        parser.feed(piece)
    parser.finish()
    heads = [(head.keep_alive, head.upgrade) for head in recorder.heads]
    errors = [(error.bytes_parsed, error.raw_packet) for error in recorder.errors]
    return [recorder.events, heads, errors]


def check(seed: int) -> None:
    maker = Maker(seed)
    kind: Kind = maker.choose(("request", "response"))
    validation: Validation = maker.choose(("strict", "strict", "strict", "relaxed", "insecure"))
    limits = Limits(kind, maker.choose((16384, 16384, 100, 50)), maker.choose((1000, 1000, None, 2)), validation)
    pieces = maker.pieces(maker.data(kind))
    rule = maker.choose(tuple(BodyRule))

    def answer(head: Head) -> BodyRule:
        return BodyRule.NORMAL if rule is BodyRule.UPGRADE and not head.upgrade else rule

    wanted, *others = (
        told(
            reader,
            limits,
            pieces,
            answer,
        )
        for reader in readers(kind)
    )
    for other in others:
        assert other == wanted, f"seed {seed}: {kind}, {validation}, {rule!r}, {pieces}"


def test_the_engines_and_the_grammars_tell_the_same() -> None:
    first = random.randrange(2**32)
    for seed in range(first, first + CASES):
        check(seed)
