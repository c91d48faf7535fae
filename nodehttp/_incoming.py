"""`IncomingMessage`: the receiving half of HTTP, a server's request or a client's response, as a Readable.

Node: http.IncomingMessage
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from nodestream._finished import watch
from nodestream._lazy import lazy
from nodestream._lifecycle import Lifecycle
from nodestream._names import node_alias, node_name
from nodestream._options import get_default_high_water_mark
from nodestream._readable import Readable
from nodestream._readable_state import ReadableState
from nodestream._repr import shortened, shown
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import ERR_STREAM_PREMATURE_CLOSE
from nodestream.events import EventEmitter
from nodestream.loop import next_tick

from ._headers import distinct_headers, merged_headers
from ._parsing import Head
from ._wire import start_receiving

M = TypeVar("M", bound="IncomingMessage")


class BodySource(Protocol):
    """Who feeds a message its body, and can be told that there is room for more."""

    def body_wanted(self) -> None:
        """Go on receiving."""


class IncomingMessage(Readable):
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
    raw_headers: list[str]
    rawHeaders: list[str] = node_alias("raw_headers")
    raw_trailers: list[str]
    rawTrailers: list[str] = node_alias("raw_trailers")
    complete: bool = False
    aborted: bool = False
    upgrade: bool | None = None
    join_duplicate_headers: bool = False
    joinDuplicateHeaders: bool = node_alias("join_duplicate_headers")
    req: Any = None
    socket: Any
    connection: Any = node_alias("socket")
    client: Any = node_alias("socket")

    # Not part of the interface; they say why and whether somebody will read this message.
    _consumed = False
    _dumped = False
    _source: BodySource | None = None
    _abort_controller: AbortController | None = None
    _headers: dict[str, Any] | None = None
    _headers_distinct: dict[str, list[str]] | None = None
    _trailers: dict[str, Any] | None = None
    _trailers_distinct: dict[str, list[str]] | None = None

    def __init__(self, socket: Any = None) -> None:
        EventEmitter.__init__(self)
        self.socket = socket
        self.raw_headers = []
        self.raw_trailers = []

    @classmethod
    def _of(cls, source: BodySource, socket: Any, head: Head) -> IncomingMessage:
        """A request of HTTP/1.1 that does not ask for another protocol."""
        request = cls.__new__(cls)
        request._listeners = {}
        request.socket = socket
        request._source = source
        request.method = head.method
        request.url = head.url or ""
        request.raw_headers = head.raw_headers
        request.raw_trailers = []
        request.http_version = "1.1"
        request.http_version_major = request.http_version_minor = 1
        request.upgrade = False
        return request

    # --- the state of the stream, which most messages without a body never need ---

    _has_state: bool = False
    """Whether the state of the stream, or of its life, was made. Until then nobody has seen anything of it."""
    _ended_unseen: bool = False
    """The end has come before there was a state."""
    _readable_unseen: bool = False
    """The tick after that, in which `readable` is emitted, is over."""
    _over: bool = False
    """What _begin_over() says, before there was a state."""

    @lazy
    def _life(self) -> Lifecycle:
        self._has_state = True
        life = Lifecycle(self, auto_destroy=True, emit_close=True)
        if self._over:
            life.end_quietly()
        return life

    @lazy
    def _readable_state(self) -> ReadableState:
        mark = getattr(self.socket, "readable_high_water_mark", get_default_high_water_mark())
        state = ReadableState(self, self._life, {"high_water_mark": mark}, None)
        state.hold_read_ahead(True)  # until somebody wants the body, see _read
        if self._over:
            state.disable()
        elif self._ended_unseen:
            state.end_before(readable_emitted=self._readable_unseen)
        return state

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

    # --- the body arrives ---

    def _add_body(self, chunk: bytes) -> bool:
        """A piece of the body has come; whether there is room for more. A dumped message drops it."""
        return True if self._dumped else self.push(chunk)

    def _end_body(self, raw_trailers: list[str]) -> bool:
        """The whole message has come. True: `_emit_readable` is to be called in a tick."""
        self.complete = True
        if raw_trailers:
            self.raw_trailers = raw_trailers
        if self._has_state or getattr(self.push, "__func__", None) is not Readable.push:
            self.push(None)
            return False
        if self._over:
            return False
        self._ended_unseen = True
        return True

    def _emit_readable(self) -> None:
        """The tick after the end, which has come before there was a state."""
        if self._has_state:
            self._readable_state.emit_readable()
        elif not self._over:
            self._readable_unseen = True
            self.emit("readable")

    def _read(self, size: int) -> None:
        if not self._consumed:
            self._consumed = True
            self._readable_state.hold_read_ahead(False)
        source = self._source
        if source is not None:
            source.body_wanted()
        elif getattr(self.socket, "readable", False):
            start_receiving(self.socket)

    @property
    def _is_unobserved(self) -> bool:
        """Whether nobody listens, and there is nothing to read."""
        return not self._listeners and not (self._has_state and self._readable_state.length)

    def _begin_over(self) -> None:
        """There is no body to read, and nobody to tell so: it counts as ended and closed."""
        self._dumped = True
        if self._has_state:
            self._readable_state.disable()
            self._life.end_quietly()
        else:
            self._over = True

    def _leave_whole(self) -> bool:
        """Let the message be, if it has come whole, and is read or was looked at by nobody; whether that is so.

        One that nobody has looked at counts as over from now on, as in _begin_over().
        """
        if self._consumed or not self.complete:
            return self.complete
        if self._has_state or self._listeners:
            return False
        self._dumped = self._over = True
        return True

    def _dump(self) -> None:
        """Nobody will read this message: let the rest of it go by."""
        if not self._dumped:
            self._dumped = True
            self.remove_all_listeners("data")
            self.resume()

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

    def _destroy(self, error: BaseException | None, callback: Callable[..., object]) -> None:
        if not (self.readable_ended and self.complete):
            self.aborted = True
            self.emit("aborted")
        socket = self.socket
        if self.aborted and socket is not None and not socket.destroyed:
            socket.destroy(error)

            def let_go(why: BaseException | None) -> None:
                stop()
                if isinstance(why, ERR_STREAM_PREMATURE_CLOSE):
                    why = None
                next_tick(self._destroyed, why or error, callback)

            stop = watch(socket, let_go)
        else:
            next_tick(self._destroyed, error, callback)

    def _destroyed(self, error: BaseException | None, callback: Callable[..., object]) -> None:
        callback(error if self.listener_count("error") else None)

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
