"""What every parsing engine takes and gives. No engine's own types are seen outside this package.

A parser is fed bytes and answers with callbacks, in this order for each message::

    on_message_begin  on_headers  on_body*  on_message_complete

then the next message begins, or `on_upgrade` hands over the rest of the bytes, or the parser waits for nothing more
(a message said that it was the last). `on_error` may come in the place of any of them. After `on_upgrade` there is no
further callback, and after `on_error` only `on_error`.
"""

from __future__ import annotations

from enum import IntEnum
from typing import Literal, Protocol

from ._errors import ParseError

Kind = Literal["request", "response"]
Engine = Literal["h11", "llhttp"]
Validation = Literal["strict", "relaxed", "insecure"]

DEFAULT_MAX_HEADER_SIZE = 16384
DEFAULT_MAX_HEADERS_COUNT = 1000


class BodyRule(IntEnum):
    """The answer to `on_headers`: what follows this head. The values are those that Node's own parser takes."""

    NORMAL = 0
    """What the head itself says."""
    NO_BODY = 1
    """Nothing, whatever the head says: a response to HEAD, or one with an informational status."""
    UPGRADE = 2
    """Bytes of another protocol: the message is complete, and `on_upgrade` gets the rest."""


class Head:
    """A message's start line and header fields.

    `method` and `url` are those of a request, else None; `status_code` and `status_message` those of a response, else
    None. `raw_headers` is flat, `[name, value, ...]`, in the peer's order and case, decoded as latin1, each value
    without the blanks around it. `keep_alive`: another message may follow, as far as the head can say. `upgrade`: the
    head asks for another protocol (CONNECT; or `Connection: upgrade` with an `Upgrade` field, in a response only with
    status 101).

    Node: the arguments of the parser's kOnHeadersComplete
    """

    __slots__ = (
        "keep_alive",
        "method",
        "raw_headers",
        "status_code",
        "status_message",
        "upgrade",
        "url",
        "version",
    )

    def __init__(
        self,
        method: str | None,
        url: str | None,
        status_code: int | None,
        status_message: str | None,
        version: tuple[int, int],
        raw_headers: list[str],
        keep_alive: bool,
        upgrade: bool,
    ) -> None:
        self.method = method
        self.url = url
        self.status_code = status_code
        self.status_message = status_message
        self.version = version
        self.raw_headers = raw_headers
        self.keep_alive = keep_alive
        self.upgrade = upgrade

    def __repr__(self) -> str:
        start = self.url if self.status_code is None else self.status_message
        what = self.method if self.status_code is None else self.status_code
        return f"<Head {what} {start!r} HTTP/{self.version[0]}.{self.version[1]} {self.raw_headers!r}>"


class ParserCallbacks(Protocol):
    """Who is told what was parsed. Each may call the parser's `pause`, `resume`, `close` and `feed`.

    An exception that escapes a callback comes out of `feed`, `resume` or `finish`; the bytes after the point reached
    are kept, and the next of those calls goes on with them.
    """

    def on_message_begin(self) -> None:
        """The first byte of a message has arrived (blank lines before it do not count)."""

    def on_headers(self, head: Head, /) -> BodyRule:
        """A head is complete. Say what follows it."""

    def on_body(self, chunk: bytes, /) -> None:
        """Body bytes as they arrived, without chunk framing; never empty."""

    def on_message_complete(self, raw_trailers: list[str], /) -> None:
        """The message has ended. `raw_trailers` is shaped as `Head.raw_headers`, mostly empty."""

    def on_upgrade(self, rest: bytes, /) -> None:
        """After `on_message_complete`: the bytes fed that are no longer HTTP. The parser is finished."""

    def on_error(self, error: ParseError, /) -> None:
        """The input is refused; and again, with the same error, each piece that is fed afterwards."""


class Parser(Protocol):
    """A parser of one direction of one connection."""

    @property
    def unfinished_fields(self) -> int:
        """How many fields have been read of a head, or of trailers, that are not complete, or were refused."""

    @property
    def is_at_rest(self) -> bool:
        """Whether it is between two messages and has no bytes: it is as good as new."""

    def feed(self, data: bytes, /) -> None:
        """Parse `data`, with the callbacks that follow from it before this returns.

        While paused, or from inside a callback, the bytes are kept for later. After `finish`, `close` or an upgrade
        they are dropped, after an error refused. Raises only what a callback raises.
        """

    def pause(self) -> None:
        """No callback from now on until `resume()`; bytes not yet parsed are kept. Idempotent."""

    def resume(self) -> None:
        """Undo `pause`, and go on with the bytes kept (after the current callback, if inside one). Idempotent."""

    def finish(self) -> None:
        """The peer will send nothing more.

        Completes a response that lasts until the end of the connection; in the middle of any other message it is
        HPE_INVALID_EOF_STATE; between messages it is nothing. While paused it waits for `resume`. Idempotent.
        """

    def close(self) -> None:
        """Drop everything. No callback comes afterwards, even if one is running now. Idempotent."""
