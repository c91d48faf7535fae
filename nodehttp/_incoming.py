"""`IncomingMessage`: the receiving half of HTTP, a server's request or a client's response, as a Readable.

Node: http.IncomingMessage
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from nodestream._lazy import lazy
from nodestream._names import node_alias, node_name
from nodestream._repr import shortened, shown
from nodestream.abort import AbortController, AbortSignal

from ._headers import distinct_headers, merged_headers
from ._parsing import Head
from ._receiving import BodySource, Receiving

M = TypeVar("M", bound="IncomingMessage")


class IncomingMessage(Receiving):
    """A message that is received. It is made by a server or by a client's request.

    Attributes:
        http_version, http_version_major, http_version_minor: "1.1", 1, 1.
        method, url: of a request; else None and "".
        status_code, status_message: of a response; else None.
        raw_headers, raw_trailers: `[name, value, ...]` as they came.
        complete: whether the whole message has been received.
        aborted: whether it was destroyed before its end.
        upgrade: whether another protocol was asked for, and will be spoken.
        join_duplicate_headers: whether `headers` joins also those of which otherwise only the first counts.
        req: the client's request that this answers; None on a server.

    Events: those of a Readable, `aborted` before the `error` of a message that was cut short, and `timeout` (with the
    socket, of a request). `error` is emitted only if somebody listens to it.

    Node: http.IncomingMessage
    """

    http_version: str | None = None
    httpVersion: str | None = node_alias("http_version")
    http_version_major: int | None = None
    httpVersionMajor: int | None = node_alias("http_version_major")
    http_version_minor: int | None = None
    httpVersionMinor: int | None = node_alias("http_version_minor")
    method: str | None = None
    url: str = ""
    status_code: int | None = None
    statusCode: int | None = node_alias("status_code")
    status_message: str | None = None
    statusMessage: str | None = node_alias("status_message")
    rawHeaders: list[str] = node_alias("raw_headers")
    rawTrailers: list[str] = node_alias("raw_trailers")
    upgrade: bool | None = None
    join_duplicate_headers: bool = False
    joinDuplicateHeaders: bool = node_alias("join_duplicate_headers")
    req: Any = None
    connection: Any = node_alias("socket")
    client: Any = node_alias("socket")

    _abort_controller: AbortController | None = None
    _headers: dict[str, Any] | None = None
    _headers_distinct: dict[str, list[str]] | None = None
    _trailers: dict[str, Any] | None = None
    _trailers_distinct: dict[str, list[str]] | None = None

    @classmethod
    def _of(cls, source: BodySource, socket: Any, head: Head) -> IncomingMessage:
        """A request of HTTP/1.1 that does not ask for another protocol."""
        request = cls.__new__(cls)
        request._listeners = {}
        request._steps = 0
        request._piece = None
        request.socket = socket
        request._source = source
        request.method = head.method
        request.url = head.url or ""
        request.raw_headers = head.raw_headers
        request.http_version = "1.1"
        request.http_version_major = request.http_version_minor = 1
        request.upgrade = False
        return request

    @lazy
    def raw_trailers(self) -> list[str]:
        """The fields that came after the body, as they came. Node: message.rawTrailers"""
        return []

    # --- headers ---

    @property
    def headers(self) -> dict[str, Any]:
        """The headers by lower-case name, duplicates merged. Node: message.headers"""
        if self._headers is None:
            self._headers = merged_headers(self.raw_headers, join_single=self.join_duplicate_headers)
        return self._headers

    @headers.setter
    def headers(self, value: dict[str, Any]) -> None:
        self._headers = value

    @property
    def headers_distinct(self) -> dict[str, list[str]]:
        """All values of each header, by lower-case name. Node: message.headersDistinct"""
        if self._headers_distinct is None:
            self._headers_distinct = distinct_headers(self.raw_headers)
        return self._headers_distinct

    @headers_distinct.setter
    def headers_distinct(self, value: dict[str, list[str]]) -> None:
        self._headers_distinct = value

    headersDistinct: dict[str, list[str]] = node_alias("headers_distinct")

    @property
    def trailers(self) -> dict[str, Any]:
        """The fields that came after the body, merged as `headers`; empty before `end`. Node: message.trailers"""
        if self._trailers is None:
            if not self.complete:
                return {}
            self._trailers = merged_headers(self.raw_trailers, join_single=self.join_duplicate_headers)
        return self._trailers

    @trailers.setter
    def trailers(self, value: dict[str, Any]) -> None:
        self._trailers = value

    @property
    def trailers_distinct(self) -> dict[str, list[str]]:
        """All values of each field that came after the body. Node: message.trailersDistinct"""
        if self._trailers_distinct is None:
            if not self.complete:
                return {}
            self._trailers_distinct = distinct_headers(self.raw_trailers)
        return self._trailers_distinct

    @trailers_distinct.setter
    def trailers_distinct(self, value: dict[str, list[str]]) -> None:
        self._trailers_distinct = value

    trailersDistinct: dict[str, list[str]] = node_alias("trailers_distinct")

    def _first_value(self, name: str) -> str | None:
        """The value of a header, or the first of several; `name` is in lower case. It does not have them all merged."""
        if self._headers is not None:
            return self._headers.get(name)
        raw = self.raw_headers
        names = list(map(str.lower, raw[::2]))
        return raw[2 * names.index(name) + 1] if name in names else None

    # --- its life ---

    @property
    def signal(self) -> AbortSignal:
        """An AbortSignal that is aborted when the message is closed, whether it came to its end or not.

        Node: message.signal
        """
        if self._abort_controller is None:
            controller = self._abort_controller = AbortController()
            if self.destroyed:
                controller.abort()
            else:
                self.once("close", lambda *_: controller.abort())
        return self._abort_controller.signal

    def set_timeout(self: M, msecs: float, callback: Callable[..., object] | None = None) -> M:
        """Let the socket emit `timeout` after so many milliseconds without traffic. Node: message.setTimeout"""
        if callback is not None:
            self.on("timeout", callback)
        self.socket.set_timeout(msecs)
        return self

    setTimeout = node_name(set_timeout)

    def __repr__(self) -> str:
        return shown(self, lambda: f"{self._start_line()!r} {self._readable_summary()}{self._life.summary()}")

    def _start_line(self) -> str:
        if self.status_code is None:
            return f"{self.method} {shortened(str(self.url))}"
        return f"{self.status_code} {shortened(str(self.status_message))}"
