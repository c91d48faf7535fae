"""`ServerResponse`: what a server answers.

Node: http.ServerResponse
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from types import SimpleNamespace
from typing import Any, Protocol, TypeVar

from nodestream._lazy import lazy
from nodestream._names import node_alias, node_name
from nodestream._options import get_default_high_water_mark, normalized
from nodestream._repr import shortened, shown
from nodestream.errors import (
    ERR_HTTP_HEADERS_SENT,
    ERR_HTTP_INVALID_STATUS_CODE,
    ERR_HTTP_SOCKET_ASSIGNED,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_CHAR,
)
from nodestream.events import EventEmitter

from ._constants import STATUS_CODES
from ._headers import (
    CHUNKED,
    HeaderStore,
    check_header_count,
    header_text,
    is_list,
    is_value,
    pairs_of,
    validate_header_name,
    validate_header_value,
)
from ._incoming import IncomingMessage
from ._net_checks import checked_integer
from ._options import Options
from ._outgoing import JOIN_UP_TO, OUTGOING_OPTIONS, OutgoingMessage
from ._outgoing_state import Callback, OutgoingState
from ._usual_head import usual_head

R = TypeVar("R", bound="ServerResponse")

_LINK = re.compile(r"<[^>]*>(?:\s*;\s*[^;\"\s]+(?:=\"[^;\"\s]*\")?)*")
_LINK_FORM = 'must be an array or string of format "</styles.css>; rel=preload; as=style"'
_NO_CHUNKS = (204, 304)
_NO_BODY = frozenset({*range(100, 200), *_NO_CHUNKS})

OPEN, ENDED, CLOSED = range(3)
"""How far a response has come that has no state."""

_own_emit = EventEmitter.emit


class ResponseOwner(Protocol):
    """The connection that a response belongs to."""

    socket: Any

    def whole_response_finished(self, response: ServerResponse) -> bool:
        """As `response_finished`, and for its `close` too. False: this has to be done step by step."""

    def response_finished(self, response: ServerResponse) -> None:
        """Everything of it was handed to the kernel."""

    def response_data_changed(self, change: int) -> None:
        """More, or fewer, bytes wait in responses whose turn has not come."""


class ServerResponse(OutgoingMessage):
    """The answer to one request. A server makes it.

    One that is made by hand needs to know the request's `method`, `http_version_major` and `http_version_minor`: from
    an IncomingMessage, or from a mapping.

    Attributes:
        req: the request.
        status_code: what is sent by `end` or `write`, unless `write_head` is called (200).
        status_message: the reason phrase; None for the usual one.

    Events: those of OutgoingMessage. `close` comes when the response is over, sent in full or not.

    Node: http.ServerResponse
    """

    status_code: int = 200
    statusCode: int = node_alias("status_code")
    status_message: str | None = None
    statusMessage: str | None = node_alias("status_message")

    req: IncomingMessage
    send_date = True

    _owner: ResponseOwner | None = None
    _sent_100 = False
    _expects_continue = False

    def __init__(
        self, req: IncomingMessage | dict[str, Any], options: Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> None:
        if options or keywords:
            self._begin_with(normalized(OUTGOING_OPTIONS, options, keywords, type(self).__name__))
        else:
            self._begin(get_default_high_water_mark())
        self.req = req  # type: ignore[assignment]
        facts = _facts(req) if isinstance(req, dict) else req
        if getattr(facts, "method", None) == "HEAD":
            self._state.has_body = False
        if not getattr(facts, "http_version_major", 1) or not getattr(facts, "http_version_minor", 1):
            self.use_chunked_encoding_by_default = CHUNKED.search(facts.headers.get("te", "")) is not None
            self.should_keep_alive = False

    # --- the short way ---

    # Nearly every response is ended with a whole body before anything else becomes of it, leaves in one write that the
    # kernel takes at once, and nobody looks at its state. So one that a connection makes has none, but only `_unseen`.
    # Whatever asks for `_state` ends that: then there is a state that says the same, and all goes the general way.
    # Thus `_unseen` alone says that the response is not corked, has not been written to, has a body, and so on.
    # What there is to do besides looking at the state is done here, by `end` and `_on_finish`, in the same order.

    _unseen: int | None = None
    """How far the response has come, while nobody has seen its state; else None."""

    @classmethod
    def _of(cls, owner: ResponseOwner, req: IncomingMessage, keep_alive_timeout: float) -> ServerResponse:
        """The answer to a request of HTTP/1.1 but HEAD, whose turn it is on its owner's socket."""
        response = cls.__new__(cls)
        response._listeners = {}
        response._unseen = OPEN
        response.req = req
        response._owner = owner
        response._socket = owner.socket
        response._keep_alive_timeout = keep_alive_timeout
        return response

    @lazy
    def _state(self) -> OutgoingState:
        unseen, self._unseen = self._unseen, None
        owner = self._owner
        state = OutgoingState(get_default_high_water_mark() if owner is None else owner.socket.writable_high_water_mark)
        if unseen:
            state.ended = state.head_sent = True
        if unseen == CLOSED:
            state.destroyed = state.closed = True
        return state

    def end(self: R, chunk: Any = None, encoding: str | Callback | None = None, callback: Callback | None = None) -> R:
        """As OutgoingMessage.end."""
        body = None
        if self._unseen == OPEN and encoding is None and callback is None:
            kind = type(chunk)
            if kind is bytes:
                body = chunk
            elif chunk is None:
                body = b""
            elif kind is str and chunk.isascii():
                body = chunk.encode()
        if body is not None and len(body) <= JOIN_UP_TO and not self.strict_content_length:
            if self._head is None:
                self._content_length = len(body)
                self._implicit_header()
            if self._leaves_whole(body):
                return self
        return OutgoingMessage.end(self, chunk, encoding, callback)

    def _leaves_whole(self, body: bytes) -> bool:
        """Send the head, which is made, and the body, if that can be done in one go."""
        head, socket = self._head, self._socket
        if self._unseen != OPEN or head is None or not head.isascii() or socket is None:
            return False
        if self.chunked_encoding:
            body = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if body else b"0\r\n\r\n"
        if socket._http_message is not self or not socket._write_whole(head.encode() + body, self._on_finish):
            return False
        self._unseen = ENDED
        if self._listeners or getattr(self.emit, "__func__", None) is not _own_emit:
            self.emit("prefinish")
        return True

    def _on_finish(self, error: object = None) -> None:
        owner = self._owner
        if owner is not None:
            if (
                self._unseen == ENDED
                and error is None
                and not self._listeners
                and getattr(self.emit, "__func__", None) is _own_emit
                and owner.whole_response_finished(self)
            ):
                self._socket = None
                self._unseen = CLOSED
                return
            owner.response_finished(self)
        self.emit("finish")

    # --- the head ---

    def _implicit_header(self) -> None:
        self.write_head(self.status_code)

    @property
    def _forbids_chunks(self) -> bool:
        return self.status_code in _NO_CHUNKS

    def write_head(self: R, status_code: int, reason: Any = None, headers: Any = None) -> R:
        """Make the head; it leaves with the first piece of the body.

        `write_head(status_code[, reason][, headers])`.

        Args:
            status_code: 100 to 999.
            reason: the reason phrase.
            headers: a mapping, a list of pairs, or a flat list of names and values. They replace those of the same name
                that were set.

        Raises ERR_HTTP_HEADERS_SENT, ERR_HTTP_INVALID_STATUS_CODE, ERR_INVALID_CHAR, and as `set_header`.

        Node: response.writeHead
        """
        if self._head is not None:
            raise ERR_HTTP_HEADERS_SENT("write")
        code = status_code if type(status_code) is int and 100 <= status_code <= 999 else _checked_status(status_code)
        if isinstance(reason, str):
            self.status_message = reason
        else:
            if headers is None:
                headers = reason
            self.status_message = reason = self.status_message or STATUS_CODES.get(code, "unknown")
        self.status_code = code
        if self._header_store is not None:
            if headers and _has_properties(headers):
                self._override(headers)
            headers = self._header_store
        status_line = _status_line(code, reason if type(reason) is str else header_text(reason))
        if code in _NO_BODY:
            self._state.has_body = False
        if self._expects_continue and not self._sent_100:
            # The client may or may not send its body now: nobody could tell it from the next request.
            self.should_keep_alive = False
        self._head = usual_head(self, status_line, headers)
        if self._head is None:
            self._store_header(status_line, headers if _has_properties(headers) else None)
        return self

    writeHead = node_name(write_head)

    # Deprecated. Node: response.writeHeader
    write_header = write_head
    writeHeader = node_alias("write_header")

    def _override(self, headers: Any) -> None:
        """Let the headers of write_head() replace those that were set."""
        if isinstance(headers, Mapping):
            for name, value in headers.items():
                if name:
                    self.set_header(name, value)
            return
        check_header_count(headers)
        pairs = list(pairs_of(headers))
        for name, _ in pairs:
            self.remove_header(name)
        for name, value in pairs:
            if name:
                self.append_header(name, value)

    # --- informational responses ---

    def write_continue(self, callback: Callback | None = None) -> None:
        """Send 100 Continue. Raises ERR_HTTP_HEADERS_SENT. Node: response.writeContinue"""
        self._write_informational("HTTP/1.1 100 Continue\r\n\r\n", callback)
        self._sent_100 = True

    writeContinue = node_name(write_continue)

    def write_processing(self, callback: Callback | None = None) -> None:
        """Send 102 Processing. Raises ERR_HTTP_HEADERS_SENT. Node: response.writeProcessing"""
        self._write_informational("HTTP/1.1 102 Processing\r\n\r\n", callback)

    writeProcessing = node_name(write_processing)

    def write_early_hints(self, hints: Mapping[str, Any], callback: Callback | None = None) -> None:
        """Send 103 Early Hints. `hints["link"]` is a Link header or a list of them; without it nothing is sent.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, and as `write_information`. Node: response.writeEarlyHints
        """
        if not isinstance(hints, Mapping):
            raise ERR_INVALID_ARG_TYPE("hints", "of type object", hints)
        if hints.get("link") is None:
            return
        link = _checked_link(hints["link"])
        if link:
            others = {name: value for name, value in hints.items() if name != "link"}
            self.write_information(103, {"Link": link, **others}, callback)

    writeEarlyHints = node_name(write_early_hints)

    def write_information(self, status_code: int, headers: Any = None, callback: Callback | None = None) -> bool:
        """Send any informational response but 101. `headers` are as those of `write_head`; a list is one line.

        Returns as `write`. Raises ERR_HTTP_HEADERS_SENT, ERR_OUT_OF_RANGE, ERR_HTTP_INVALID_STATUS_CODE, and as
        `set_header`.

        Node: response.writeInformation
        """
        if self._head is not None:
            raise ERR_HTTP_HEADERS_SENT("write")
        code = checked_integer(status_code, "statusCode", 100, 199)
        if code == 101:
            raise ERR_HTTP_INVALID_STATUS_CODE(code)
        lines = [f"HTTP/1.1 {code} {STATUS_CODES.get(code, 'unknown')}\r\n"]
        for name, value in () if headers is None else pairs_of(headers):
            validate_header_name(name)
            validate_header_value(name, value, accepts=self._accepts_value)
            lines.append(f"{name}: {header_text(value)}\r\n")
        has_room = self._write_informational("".join(lines) + "\r\n", callback)
        if code == 100:
            self._sent_100 = True
        return has_room

    writeInformation = node_name(write_information)

    def _write_informational(self, head: str, callback: Callback | None) -> bool:
        if self._head is not None:
            raise ERR_HTTP_HEADERS_SENT("write")
        return self._write_raw(head, "latin1", callback)

    # --- the socket ---

    def assign_socket(self, socket: Any) -> None:
        """Give the response its socket: it is its turn. Raises ERR_HTTP_SOCKET_ASSIGNED.

        Node: response.assignSocket
        """
        if getattr(socket, "_http_message", None) is not None:
            raise ERR_HTTP_SOCKET_ASSIGNED
        socket._http_message = self
        if self._owner is None:
            socket.on("close", self._on_socket_close)
        state = self._state
        if state.corked:
            self._move_corks(socket)
        self._socket = socket
        self.emit("socket", socket)
        if state.waiting or state.ended or state.need_drain:
            self._flush()

    assignSocket = node_name(assign_socket)

    def detach_socket(self, socket: Any) -> None:
        """Take the socket away: another message may have its turn. Node: response.detachSocket"""
        if self._owner is None:
            socket.remove_listener("close", self._on_socket_close)
        socket._http_message = None
        if self._unseen is None and self._state.corked:
            self._move_corks(None)
        self._socket = None

    detachSocket = node_name(detach_socket)

    def _on_socket_close(self, *_: object) -> None:
        self._emit_close()

    def _pending_data_changed(self, change: int) -> None:
        if self._owner is not None:
            self._owner.response_data_changed(change)

    def __repr__(self) -> str:
        return shown(self, lambda: f"{self.status_code} to {self._request()}: {self._summary}")

    def _request(self) -> str:
        facts = _facts(self.req)
        return f"{getattr(facts, 'method', None)} {shortened(str(getattr(facts, 'url', '')))!r}"


def _facts(req: Any) -> Any:
    """What has the facts about a request as attributes. Whoever makes a response by hand may give them as a mapping."""
    return SimpleNamespace(**Options(req)) if isinstance(req, dict) else req


@lru_cache(maxsize=256)
def _status_line(code: int, message: str) -> str:
    """The first line of a head. Raises ERR_INVALID_CHAR."""
    if not is_value(message):
        raise ERR_INVALID_CHAR("statusMessage")
    return f"HTTP/1.1 {code} {message}\r\n"


def _has_properties(headers: Any) -> bool:
    """Whether there are headers in what write_head() was given; to Node, all else is something without properties."""
    return isinstance(headers, (HeaderStore, Mapping, list, tuple))


def _checked_status(status_code: Any) -> int:
    try:
        code = int(float(status_code))
    except (TypeError, ValueError, OverflowError):
        code = 0
    if not 100 <= code <= 999:
        raise ERR_HTTP_INVALID_STATUS_CODE(status_code)
    return code


def _checked_link(value: Any) -> str:
    """A Link header's value, out of one or several."""
    links = value if is_list(value) else [value]
    for link in links:
        if not isinstance(link, str) or not _LINK.fullmatch(link) or not is_value(link):
            raise ERR_INVALID_ARG_VALUE("hints", link, _LINK_FORM)
    return ", ".join(links)
