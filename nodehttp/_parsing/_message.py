"""One message's state: what its head said so far, and the rules that follow from it.

Every flag is written by `_start_line` and `_fields`, or by the short cut around them (`_plain`), and asked here, by
questions. RFC 9112 section 6.3 gives the order in which the framing fields decide; where Node differs, it is followed.
"""

from __future__ import annotations

import re
from enum import Enum, auto
from sys import maxsize

from ._cursor import Budget
from ._interface import BodyRule, Head, Kind, Validation

# Fields that Node's parser itself acts on.
CONNECTION = frozenset((b"connection", b"proxy-connection"))
FRAMING = frozenset((*CONNECTION, b"content-length", b"transfer-encoding", b"upgrade"))

_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")
_OPTIONS = (b"close", b"keep-alive", b"upgrade")
_NO_BODY_STATUSES = frozenset((100, 102, 103, 204, 304))


class Body(Enum):
    """How the end of a body is found."""

    NONE = auto()
    LENGTH = auto()
    CHUNKED = auto()
    UNTIL_EOF = auto()
    UPGRADE = auto()
    UNKNOWN = auto()  # a request whose last transfer coding is not chunked: refused


class Limits:
    """What a parser was told at its creation; shared by all its messages."""

    __slots__ = ("insecure", "max_header_size", "max_headers_count", "most_strings", "relaxed", "request")

    def __init__(self, kind: Kind, max_header_size: int, max_headers_count: int | None, validation: Validation) -> None:
        self.request = kind == "request"
        self.max_header_size = max_header_size
        self.max_headers_count = max_headers_count
        self.most_strings = maxsize if max_headers_count is None else 2 * max_headers_count  # names and values
        self.relaxed = validation == "relaxed"
        self.insecure = validation == "insecure"


class Message:
    """The head (and later the trailers) of one message, while it is read."""

    __slots__ = (
        "_header_budget",
        "asks_close",
        "asks_keep_alive",
        "asks_upgrade",
        "chunked",
        "content_length",
        "fields",
        "limits",
        "method",
        "names_protocol",
        "skips_body",
        "status_code",
        "status_message",
        "transfer_encoding",
        "url",
        "version",
    )

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.method = b""
        self.url = b""
        self.status_code = 0
        self.status_message = b""
        self.version = (0, 0)
        self.fields: list[bytes] = []
        self._header_budget: Budget | None = None
        # Said by the framing fields:
        self.content_length: int | None = None
        self.transfer_encoding = False
        self.chunked = False
        self.asks_close = False
        self.asks_keep_alive = False
        self.asks_upgrade = False
        self.names_protocol = False
        # Said by the answer to on_headers:
        self.skips_body = False

    @classmethod
    def in_chunks(cls, limits: Limits) -> Message:
        """What a usual head says that announces chunks (see `_plain`)."""
        message = cls(limits)
        message.version = (1, 1)
        message.transfer_encoding = message.chunked = True
        return message

    # --- what is asked ---

    @property
    def header_budget(self) -> Budget:
        """What the head may still take, or the trailers; made when a grammar first asks."""
        budget = self._header_budget
        if budget is None:
            limits = self.limits
            count = limits.max_headers_count if limits.request else None
            budget = Budget(limits.max_header_size, "HPE_HEADER_OVERFLOW", "Header overflow", count)
            self._header_budget = budget
        return budget

    @property
    def upgrade(self) -> bool:
        """The head asks for another protocol. Of a response only 101 does; in others the fields merely advertise."""
        if self.asks_upgrade and self.names_protocol:
            return self.limits.request or self.status_code == 101
        return self.method == b"CONNECT"

    @property
    def needs_eof(self) -> bool:
        """Only the end of the connection can end this message."""
        if self.limits.request or self.skips_body:
            return False
        if self.status_code // 100 == 1 or self.status_code in _NO_BODY_STATUSES:
            return False
        if self.transfer_encoding and not self.chunked:
            return True
        return not self.chunked and self.content_length is None

    @property
    def keep_alive(self) -> bool:
        """Another message may follow. RFC 9112 section 9.3; Node takes HTTP/2.0 for as old as HTTP/1.0."""
        major, minor = self.version
        persistent = not self.asks_close if major > 0 and minor > 0 else self.asks_keep_alive
        return persistent and not self.needs_eof

    def body(self, rule: BodyRule) -> Body:
        """How the body ends, after `on_headers` answered `rule`."""
        self.skips_body = rule is not BodyRule.NORMAL
        if rule is BodyRule.UPGRADE or self.method == b"CONNECT" or self.status_code == 101:
            return Body.UPGRADE
        if rule is BodyRule.NO_BODY or self.status_code in _NO_BODY_STATUSES:
            return Body.NONE
        if self.chunked:
            return Body.CHUNKED
        if self.transfer_encoding:
            refused = self.limits.request and not self.limits.insecure
            return Body.UNKNOWN if refused else Body.UNTIL_EOF
        if self.content_length is None:
            return Body.UNTIL_EOF if self.needs_eof else Body.NONE
        return Body.LENGTH if self.content_length else Body.NONE

    def head(self) -> Head:
        """The head for `on_headers`, from what a grammar collected."""
        request = self.limits.request
        return Head(
            self.method.decode("latin-1") if request else None,
            self.url.decode("latin-1") if request else None,
            None if request else self.status_code,
            None if request else self.status_message.decode("latin-1"),
            self.version,
            self.take_fields(),
            self.keep_alive,
            self.upgrade,
        )

    # --- what is told ---

    def take_fields(self) -> list[str]:
        """The fields collected since the last call, decoded. A response's are cut to the limit, as Node does."""
        fields = self.fields
        self.fields = []
        self._header_budget = None
        count = self.limits.max_headers_count
        if count and not self.limits.request:
            del fields[2 * count :]
        return [field.decode("latin-1") for field in fields]

    def take_connection(self, lines: list[bytes]) -> None:
        """Note the options of a Connection field, given as its lines (several only if folded).

        A line after one that ends in an option that Node knows is not read; nor is what follows a control character.
        """
        for line in lines:
            if not self._take_connection_line(line):
                return

    def _take_connection_line(self, line: bytes) -> bool:
        if line in _OPTIONS:  # the usual case
            self._take_option(line)
            return False
        control = _CONTROL.search(line)
        options = (line if control is None else line[: control.start()]).split(b",")
        last = len(options) - 1
        go_on = True
        for index, option in enumerate(options):
            word = option.strip(b" \t").lower()
            if word in _OPTIONS and (index < last or control is None):
                self._take_option(word)
                go_on = index < last
            elif word.startswith(_OPTIONS):
                go_on = False
        return go_on

    def _take_option(self, option: bytes) -> None:
        if option == b"close":
            self.asks_close = True
        elif option == b"keep-alive":
            self.asks_keep_alive = True
        else:
            self.asks_upgrade = True
