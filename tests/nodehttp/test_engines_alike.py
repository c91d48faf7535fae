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

Words = tuple[list[str], list[str]]
"""What is mostly right, and what is mostly not."""

METHODS: Words = (
    ["GET", "POST", "PUT", "HEAD", "M-SEARCH", "QUERY"],
    ["CONNECT", "SOURCE", "PRI", "PLAY", "get", "GETX"],
)
URLS: Words = (
    ["/", "/a?b#c", "*", "http://a:1/b?c", "a:1"],
    ["/\xe9", "/\x7f", "/a b", "?", "", "/a#b#c", "[::1]:1", "/^|"],
)
VERSIONS: Words = (
    ["HTTP/1.1", "HTTP/1.0"],
    ["HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "http/1.1", "RTSP/1.0", "ICE/1.0", ""],
)
STATUSES: Words = (
    ["200 OK", "200", "204 ", "101 x", "100 Continue", "304 y"],
    ["404 \xe9\x00", "000 a", "20 x", "2000 x"],
)
NAMES: Words = (
    ["A", "a-b", "X-!#$%&'*+.^_`|~", "Content-Lengths", "Conn", "Cookie"],
    ["X Y", "\xe9", "", "A\x00", "Host"],
)
VALUES: Words = (
    ["a", "", "a  b", "\ta\t", "a: b", "\xe9\xff\x80", "\xa0a\x85", '"'],
    ["\x01", "a\x7f", "\x00", "a\rb", "a\nb"],
)
FRAMING: dict[str, Words] = {
    "Content-Length": (
        ["0", "3", "003", "3 ", "\t3\t"],
        ["3, 3", "+3", "0x3", "", "18446744073709551616", "3 3", "\xb3"],
    ),
    "Transfer-Encoding": (["chunked"], ["Chunked", "chunked ", "chunked\t", "gzip", "gzip, chunked", "chunked,", ""]),
    "Connection": (
        ["close", "keep-alive", "Close", "upgrade", "a, Upgrade"],
        ["x", "close, x", "", "keep-alive\t", "\xe9"],
    ),
    "Proxy-Connection": (["close", "keep-alive"], ["", "x"]),
    "Upgrade": (["h2c", "websocket"], ["", "\t"]),
}
LENGTHS: Words = (["abc"], ["", "a"])
CHUNKS: Words = (
    ["3\r\nabc\r\n0\r\n\r\n", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "0\r\nConnection: close\r\n\r\n"],
    ["3;x\r\nabc\r\n0;y=z\r\nT: v\r\n\r\n", "zz\r\n", "3\r\nabcd", "0\r\nT\r\n\r\n", "3\nabc\n0\n\n"],
)
LINE_ENDS: Words = (["\r\n"], ["\n", "\r", "\r\r\n", "\r\n ", " \r\n"])
SEPARATORS: Words = ([": ", ":", ":\t "], [" : ", "", ":: "])
SPACES: Words = ([" "], ["  ", "\t", ""])
BLANK_LINES: Words = ([""], ["\r\n", "\n", "\r", "\r\n\r\n"])
JUNK = ["\x00", "\n", "\r", " ", ":", "\t", "\x7f", "\xe9", "\r\n", "\r\n\r\n", "\r\n ", "A", ";", "0", ","]


class Maker:
    """Makes up messages, more or less wild ones."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.choose = self.random.choice
        self.wildness = self.choose((0, 0.02, 0.1))

    def word(self, words: Words) -> str:
        return self.choose(words[self.random.random() < self.wildness])

    def _field(self, name: str) -> str:
        value = self.word(FRAMING.get(name, VALUES))
        name = self.choose((name, name, name.lower(), name.upper(), name.swapcase()))
        return f"{name}{self.word(SEPARATORS)}{value}{self.word(LINE_ENDS)}"

    def _message(self, kind: Kind) -> str:
        version = self.word(VERSIONS)
        if kind == "request":
            start = f"{self.word(METHODS)}{self.word(SPACES)}{self.word(URLS)}{self.word(SPACES)}{version}"
        else:
            start = f"{version} {self.word(STATUSES)}"
        names = [self.word(NAMES) for _ in range(self.random.randrange(4))]
        framing = self.choose((["Content-Length"], ["Transfer-Encoding"], [], []))
        others = self.random.choices(sorted(FRAMING), k=self.choose((0, 0, 1, 2, 3)))
        fields = [*names, *framing, *others, *self.choose(([], ["Host"], ["Host"]))]
        self.random.shuffle(fields)
        body = self.word({"Content-Length": LENGTHS, "Transfer-Encoding": CHUNKS}.get("".join(framing), BLANK_LINES))
        head = "".join(map(self._field, fields))
        return f"{self.word(BLANK_LINES)}{start}{self.word(LINE_ENDS)}{head}{self.word(LINE_ENDS)}{body}"

    def data(self, kind: Kind) -> bytes:
        text = "".join(self._message(kind) for _ in range(self.random.randrange(1, 4)))
        while self.random.random() < self.wildness * 3:
            at = self.random.randrange(len(text) + 1)
            text = text[:at] + self.choose(JUNK) + text[at + self.random.randrange(3) :]
        return text.encode("latin-1")

    def pieces(self, data: bytes) -> list[bytes]:
        cuts = sorted(self.random.randrange(len(data) + 1) for _ in range(self.choose((0, 0, 0, 1, 3))))
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
