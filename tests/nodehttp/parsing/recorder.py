"""A parser's callbacks, written down; shared by the tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from nodehttp._parsing import BodyRule, Head, ParseError, Parser, create_parser


class Recorder:
    """Notes every callback as a tuple in `events`. `rule` answers on_headers; `during` is called in each callback."""

    def __init__(self, rule: BodyRule | Callable[[Head], BodyRule] = BodyRule.NORMAL) -> None:
        self.events: list[tuple[Any, ...]] = []
        self.heads: list[Head] = []
        self.errors: list[ParseError] = []
        self.rule = rule
        self.during: Callable[[str], None] = lambda name: None

    def _note(self, name: str, *details: Any) -> None:
        self.events.append((name, *details))
        self.during(name)

    def on_message_begin(self) -> None:
        self._note("begin")

    def on_headers(self, head: Head, /) -> BodyRule:
        self.heads.append(head)
        start = (head.method, head.url) if head.status_code is None else (head.status_code, head.status_message)
        self._note("headers", *start, head.version, *head.raw_headers)
        return self.rule if isinstance(self.rule, BodyRule) else self.rule(head)

    def on_body(self, chunk: bytes, /) -> None:
        assert type(chunk) is bytes
        assert chunk
        self._note("body", chunk)

    def on_message_complete(self, raw_trailers: list[str], /) -> None:
        self._note("complete", *raw_trailers)

    def on_upgrade(self, rest: bytes, /) -> None:
        self._note("upgrade", rest)

    def on_error(self, error: ParseError, /) -> None:
        self.errors.append(error)
        self._note("error", error.code, error.reason)

    @property
    def names(self) -> list[str]:
        return [event[0] for event in self.events]

    @property
    def body(self) -> bytes:
        return b"".join(event[1] for event in self.events if event[0] == "body")

    @property
    def joined(self) -> list[tuple[Any, ...]]:
        """What does not depend on how input was cut: body pieces in a row are one, an error is the last."""
        joined: list[tuple[Any, ...]] = []
        for event in self.events:
            if joined and joined[-1][0] == "error":
                break
            if event[0] == "body" and joined and joined[-1][0] == "body":
                joined[-1] = ("body", joined[-1][1] + event[1])
            else:
                joined.append(event)
        return joined


def upgrade_if_asked(head: Head) -> BodyRule:
    """The answer of a server that listens for 'upgrade'."""
    return BodyRule.UPGRADE if head.upgrade else BodyRule.NORMAL


def record(
    kind: str, pieces: Iterable[bytes], rule: BodyRule | Callable[[Head], BodyRule] = BodyRule.NORMAL, **options: Any
) -> Recorder:
    """Feed `pieces` to a new parser, without ending the input; returns what it called."""
    recorder, parser = recording(kind, rule, **options)
    for piece in pieces:
        parser.feed(piece)
    return recorder


def recording(
    kind: str = "request", rule: BodyRule | Callable[[Head], BodyRule] = BodyRule.NORMAL, **options: Any
) -> tuple[Recorder, Parser]:
    """A recorder, and a new parser that calls it."""
    recorder = Recorder(rule)
    return recorder, create_parser(kind, recorder, **options)


def bytewise(data: bytes) -> list[bytes]:
    return [data[index : index + 1] for index in range(len(data))]
