"""One connection of a server: requests come in, responses go out in the order of their requests.

The rules:

1. Received bytes go to the parser in the turn in which they come; the parser's callbacks are methods here. Where bytes
   come past the stream, ticks run in the middle of a turn too: after each piece of a body, before trailers, before a
   head of MANY_FIELDS fields or more, and from then on before each head.
2. `requests` are those whose response has not finished. The first one's response has the socket; the others' wait in
   `queue`, with what was written to them, until it is their turn.
3. A request whose body nobody reads stops the receiving when its buffer is full. When its response has finished, a
   body that nobody has begun to read is let go by, so that the next request can be seen.
4. Receiving is held while the socket is backed up, while the responses in the queue hold more than its high water
   mark, and while MOST_PIPELINED requests are unanswered: a peer that sends but does not read waits. Of the requests
   that were received already MOST_AHEAD are answered all the same.
5. `message_began` is the time since when the current message has been under way: the first one's from the beginning of
   the connection on, so that a peer that sends nothing has a deadline too. It is None between messages.
6. The usual request, and a response that nobody looks at, are made and ended by short ways (`on_headers`,
   `whole_response_finished`), which come to what the general ones do.
7. The connection ends with the response that says so, with an error, and with the peer's end.

Node: connectionListener of its http server
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from nodestream._hooks import noop
from nodestream.errors import ERR_HTTP_REQUEST_TIMEOUT, ERR_HTTP_SOCKET_ENCODING, conn_reset_exception
from nodestream.loop import current_loop, next_tick

from . import _wire
from ._defaults import get_max_header_size
from ._headers import is_relaxed_value, lower_names, word
from ._idle_time import IdleTime
from ._incoming import IncomingMessage
from ._parsing import BodyRule, Head, ParseError, create_parser
from ._response import ENDED, ServerResponse

if TYPE_CHECKING:
    from ._server import HttpServing

logger = logging.getLogger("nodehttp")

MOST_PIPELINED = 256
"""Requests of one connection that may wait for their response before no more are read."""

MOST_AHEAD = 16
"""Requests that are answered while receiving is held, because they came together with others."""

MANY_FIELDS = 32
"""The fields of a head that come in portions."""

MANY_STRINGS = 2 * MANY_FIELDS
"""Their names and values."""

_REFUSALS = {
    "HPE_HEADER_OVERFLOW": "431 Request Header Fields Too Large",
    "HPE_CHUNK_EXTENSIONS_OVERFLOW": "413 Payload Too Large",
    "ERR_HTTP_REQUEST_TIMEOUT": "408 Request Timeout",
}
_USUAL = (
    IncomingMessage,
    ServerResponse,
    IncomingMessage.__init__,
    ServerResponse.__init__,
    ServerResponse.emit,
    ServerResponse.assign_socket,
    ServerResponse.detach_socket,
    False,
    None,
    False,
    None,
    0,
    False,
)
"""What `_usual_of` gives for a server whose options ask for nothing that has to be done for each request."""

_CONTINUE = word("100-continue")
_VERSIONS = {(1, 1): "1.1", (1, 0): "1.0"}
_usual_of = attrgetter(
    "_incoming_class",
    "_response_class",
    "_incoming_class.__init__",
    "_response_class.__init__",
    "_response_class.emit",
    "_response_class.assign_socket",
    "_response_class.detach_socket",
    "_captures_by_default",
    "_unique_headers",
    "_optimizes_empty_requests",
    "join_duplicate_headers",
    "max_requests_per_socket",
    "reject_non_standard_body_writes",
)
_NORMAL, _UPGRADE = BodyRule.NORMAL, BodyRule.UPGRADE  # a look at an Enum takes long


class ServerConnection:
    """The requests and responses of one socket. It is the parser's callbacks, and its messages' owner."""

    __slots__ = (
        "_ahead",
        "_has_answered",
        "_idle_time",
        "_in_portions",
        "_incoming",
        "_lenient",
        "_loop",
        "_outlet",
        "_past_stream",
        "_receiving",
        "_request_count",
        "_spared",
        "_waiting_size",
        "failed",
        "head_received",
        "held",
        "message_began",
        "parser",
        "queue",
        "requests",
        "server",
        "socket",
        "timed_out",
    )

    def __init__(self, server: HttpServing, socket: Any) -> None:
        self.server = server
        self.socket = socket
        self._loop = current_loop()
        # Lists, since most of the time there is one request or none, and an empty deque takes 700 bytes.
        self.requests: list[IncomingMessage] = []
        self.queue: list[ServerResponse] = []
        self.held = False
        self.failed = False
        self.message_began: float | None = self._loop.timers.now
        self.head_received = False
        self.timed_out = False
        self._incoming: IncomingMessage | None = None  # the request whose body is being received
        self._receiving = True
        self._past_stream = False  # whether bytes that come past the stream are being parsed
        self._has_answered = False
        self._outlet: Any = None  # once it has answered, the socket's WritableState, if whole responses leave past it
        self._spared: IncomingMessage | None = None  # see `_end_in_tick`
        self._in_portions = False  # whether fields come in portions
        self._ahead = 0  # requests answered since receiving is held
        self._request_count = 0
        self._waiting_size = 0  # bytes in the responses of the queue
        self._idle_time = IdleTime(self._loop, self._on_idle)
        validation = server._validation
        self._lenient = validation != "strict"  # what is let pass on the way in may go out too
        self.parser = create_parser(
            "request",
            self,
            max_header_size=server.max_header_size or get_max_header_size(),
            max_headers_count=server.max_headers_count,
            validation=validation,
            engine=server._engine,
        )
        self._attach()

    @property
    def _listeners(self) -> tuple[tuple[str, Callable[..., Any]], ...]:
        """What the connection listens to on its socket."""
        return (
            ("timeout", self._on_timeout),
            ("error", self._on_socket_error),
            ("close", self._on_close),
            ("drain", self._on_drain),
        )

    def _attach(self) -> None:
        socket = self.socket
        if self.server.timeout and hasattr(socket, "set_timeout"):
            socket.set_timeout(self.server.timeout)
        socket._http_message = None
        socket.set_encoding = _refuse_encoding
        for event, listener in self._listeners:
            socket.on(event, listener)
        _wire.consume(socket, self._feed, self._on_end, self._feed_directly)

    def _detach(self) -> None:
        """The socket is somebody else's from now on."""
        socket = self.socket
        _wire.unconsume(socket, self._feed, self._on_end)
        for event, listener in self._listeners:
            socket.remove_listener(event, listener)
        if self._current is None:
            socket.remove_listener("close", self._close_response)
        vars(socket).pop("set_encoding", None)
        self._receiving = True  # whether the socket is read is not our business any more
        self._forget()

    def _forget(self) -> None:
        """The connection is over: nothing may keep anything of it alive."""
        self.parser.close()
        self._idle_time.close()
        self.server._http_connections.pop(self, None)

    # --- what a server asks ---

    @property
    def is_idle(self) -> bool:
        """Whether it is between two requests."""
        message = self._current
        return self.message_began is None and (message is None or message.writable_ended)

    @property
    def _current(self) -> ServerResponse | None:
        """The response whose turn it is."""
        message: ServerResponse | None = self.socket._http_message
        return message

    def has_expired(self, now: float, headers_timeout: float, request_timeout: float) -> bool:
        """Whether the current head, or request, has been under way for longer than it may."""
        began = self.message_began
        if began is None or self.timed_out:
            return False
        age = now - began
        return (not self.head_received and 0 < headers_timeout < age) or 0 < request_timeout < age

    def expire(self) -> None:
        """It has expired."""
        self.timed_out = True
        self._on_socket_error(ERR_HTTP_REQUEST_TIMEOUT())

    # --- the parser tells ---

    def on_message_begin(self) -> None:
        """The first byte of a request has come."""
        self.message_began = self._loop.timers.now
        self.head_received = False

    def on_headers(self, head: Head, /) -> BodyRule:
        """A request's head is complete: let the server answer it."""
        raw = head.raw_headers
        if len(raw) >= MANY_STRINGS or self._in_portions:
            self._take_portion()
        self.head_received = True
        server = self.server
        if self._idle_time.end() and server.timeout:
            self._restore_timeout()
        outlet, socket = self._outlet, self.socket
        names = lower_names(raw)
        if (
            outlet is not None
            and not outlet.need_drain
            and not self.requests
            and not self.held
            and socket._http_message is None
            and head.version == (1, 1)
            and head.keep_alive
            and not head.upgrade
            and head.method != "HEAD"
            and " host " in names
            and " expect " not in names
            and _usual_of(server) == _USUAL
        ):
            # The usual request, on a connection that is free: this is what the general way comes to.
            request = self._incoming = IncomingMessage._of(self, socket, head)
            self.requests.append(request)
            response = socket._http_message = ServerResponse._of(self, request, server.keep_alive_timeout)
            server.emit("request", request, response)
            return _NORMAL
        request = self._incoming = self._request_of(head)
        if request.upgrade:
            return _UPGRADE
        if server._optimizes_empty_requests and not _has_body(request):
            request._begin_over()
        self.requests.append(request)
        self._hold_if_flooded()
        self._answer(request, head.keep_alive, names)
        return _NORMAL

    def on_body(self, chunk: bytes, /) -> None:
        """A piece of a request's body has come."""
        request = self._incoming
        if request is not None and not request._add_body(chunk) and self._receiving:
            self._receiving = False
            _wire.stop_receiving(self.socket)
        if self._past_stream:
            self._loop.run_ticks()

    def on_message_complete(self, raw_trailers: list[str], /) -> None:
        """A request has been received whole."""
        if raw_trailers:
            self._take_portion()
        self.message_began = None
        request = self._incoming
        if request is not None:
            if not request.upgrade:
                self._incoming = None
            if request._end_body(raw_trailers):
                self._end_in_tick(request)
        if not self._receiving:
            self._receive()

    def _take_portion(self) -> None:
        """Fields have come in a portion of their own (rule 1)."""
        self._in_portions = True
        if self._past_stream:
            self._loop.run_ticks()

    def on_upgrade(self, rest: bytes, /) -> None:
        """What follows is not HTTP any more."""
        request, self._incoming = self._incoming, None
        event = "connect" if request is not None and request.method == "CONNECT" else "upgrade"
        self._detach()
        if self.server.listener_count(event):
            _wire.hand_over(self.socket)
            self.server.emit(event, request, self.socket, rest)
        else:
            self.socket.destroy()

    def on_error(self, error: ParseError, /) -> None:
        """What came is no HTTP request."""
        if self.parser.unfinished_fields >= MANY_FIELDS - 1:
            self._take_portion()
        self._on_socket_error(error)

    # --- requests ---

    def _request_of(self, head: Head) -> IncomingMessage:
        server = self.server
        request = server._incoming_class(self.socket)
        request._source = self
        request.method = head.method
        request.url = head.url or ""
        request.raw_headers = head.raw_headers
        version = head.version
        request.http_version = _VERSIONS.get(version) or f"{version[0]}.{version[1]}"
        request.http_version_major, request.http_version_minor = version
        if server.join_duplicate_headers:
            request.join_duplicate_headers = True
        if head.upgrade:
            request.upgrade = head.method == "CONNECT" or bool(server.should_upgrade_callback(request))
        else:
            request.upgrade = False
        return request

    def _answer(self, request: IncomingMessage, keep_alive: bool, names: str) -> None:
        response = self._response_to(request, keep_alive)
        server = self.server
        if request.http_version == "1.1":
            if server.require_host_header and " host " not in names:
                response.write_head(400, ["Connection", "close"])
                response.end()
                return
            if server.max_requests_per_socket and not self._counts_as_allowed(response):
                server.emit("dropRequest", request, self.socket)
                response.write_head(503)
                response.end()
                return
            if " expect " in names:
                self._answer_expectation(request, response)
                return
        server.emit("request", request, response)

    def _response_to(self, request: IncomingMessage, keep_alive: bool) -> ServerResponse:
        server, socket = self.server, self.socket
        response = server._response_class(request)
        response._state.high_water_mark = socket.writable_high_water_mark
        response._owner = self
        response._keep_alive_timeout = server.keep_alive_timeout
        if server.max_requests_per_socket:
            response._max_requests_per_socket = server.max_requests_per_socket
        if response.should_keep_alive is not keep_alive:
            response.should_keep_alive = keep_alive
        if server.reject_non_standard_body_writes:
            response._rejects_body = True
        if self._lenient:
            response._accepts_value = is_relaxed_value
        if server._unique_headers is not None:
            response._unique_headers = server._unique_headers
        if socket._http_message is None:
            if not self._has_answered:
                self._has_answered = True
                socket.on("close", self._close_response)
                if not self._lenient:
                    self._outlet = _wire.outlet_of(socket)
            response.assign_socket(socket)
        else:
            self.queue.append(response)
        return response

    def _counts_as_allowed(self, response: ServerResponse) -> bool:
        """Whether the connection may carry this request still."""
        most = self.server.max_requests_per_socket or 0
        if most < 0:
            return True
        self._request_count += 1
        response.max_requests_on_connection_reached = self._request_count >= most
        return self._request_count <= most

    def _answer_expectation(self, request: IncomingMessage, response: ServerResponse) -> None:
        """RFC 9110 section 10.1.1."""
        server = self.server
        if _CONTINUE.search(request.headers["expect"]):
            response._expects_continue = True
            if server.listener_count("checkContinue"):
                server.emit("checkContinue", request, response)
            else:
                response.write_continue()
                server.emit("request", request, response)
        elif server.listener_count("checkExpectation"):
            server.emit("checkExpectation", request, response)
        else:
            response.write_head(417)
            response.end()

    # --- responses ---

    def _end_in_tick(self, request: IncomingMessage) -> None:
        """See IncomingMessage._end_body.

        If the request was answered already, and the only tick that is queued is the one in which its response finishes,
        this one would come right after it. Unless somebody has looked at the request by then, it has nothing to do. So
        it is not queued; `response_finished` puts it in its place if it is needed.
        """
        response = self.socket._http_message
        if (
            response is not None
            and response._unseen == ENDED
            and response.req is request
            and self._outlet.after_write_pending
            and len(self._loop._ticks) == 1
        ):
            self._spared = request
        else:
            next_tick(request._emit_readable)

    def whole_response_finished(self, response: ServerResponse) -> bool:
        """See ResponseOwner.

        That can be done if all is well, the request needs nothing more, and no tick is queued: the one in which `close`
        is emitted would be the next.
        """
        requests, outlet = self.requests, self._outlet
        if (
            self._loop._ticks
            or self.held
            or self.socket._http_message is not response
            or len(requests) != 1
            or outlet.ending
            or outlet.life.flags
            or not requests[0]._leave_whole()
        ):
            return False
        requests.clear()
        self._spared = None
        self.socket._http_message = None
        self._begin_idle()
        return True

    def response_finished(self, response: ServerResponse) -> None:
        """The response was handed to the kernel whole: the next one's turn, or the end of the connection."""
        if self._spared is not None:
            self._loop.next_tick_first(self._spared._emit_readable)
            self._spared = None
        if self._current is not response:
            return
        if not self.requests:  # the connection has broken meanwhile
            if not response.req._consumed:
                response.req._dump()
            return
        request = self.requests.pop(0)
        if not request._consumed:
            request._let_go_by()
        elif not request.complete and request.destroyed:
            self._receive()  # nobody who wants the rest of its body is left
        response.detach_socket(self.socket)
        next_tick(response._emit_close)
        if response._state.last:
            _wire.end_soon(self.socket)
        elif self.queue:
            self._assign_socket(self.queue.pop(0))
        else:
            self._begin_idle()
        self._release_if_calm()

    def _assign_socket(self, response: ServerResponse) -> None:
        """It is the turn of a response that has waited."""
        response.assign_socket(self.socket)
        if response.destroyed and not response.writable_ended:
            self.socket.destroy(response.errored)  # the peer would wait for the rest of it in vain

    def response_data_changed(self, change: int) -> None:
        """More, or fewer, bytes wait in the queue."""
        self._waiting_size += change
        if self.socket.destroyed:
            self._on_drain()  # nobody waits for room any more
        else:
            self._release_if_calm()

    # --- receiving ---

    def _feed(self, data: bytes) -> None:
        """Bytes have come."""
        self.parser.feed(data)
        self._idle_time.touch()

    def _feed_directly(self, data: bytes) -> None:
        """Bytes have come past the stream (rule 1)."""
        self._past_stream = True
        try:
            self.parser.feed(data)
        finally:
            self._past_stream = False
        if not self.requests:
            self._idle_time.touch()

    def body_wanted(self) -> None:
        """A request has room for more of its body."""
        if not self._receiving and self.socket.readable:
            self._receive()

    def _receive(self) -> None:
        if not self._receiving and not self.held:
            self._receiving = True
            _wire.start_receiving(self.socket)

    @property
    def _flooded(self) -> bool:
        """Whether the peer has more of our attention than it uses (rule 4)."""
        socket = self.socket
        return bool(
            self._waiting_size >= socket.writable_high_water_mark
            or len(self.requests) >= MOST_PIPELINED
            or socket.writable_need_drain
        )

    def _hold_if_flooded(self) -> None:
        if not self._flooded:
            return
        if not self.held:
            self.held = True
            self._receiving = False
            self._ahead = 0
            _wire.stop_receiving(self.socket)
        self._ahead += 1
        if self._ahead > MOST_AHEAD or len(self.requests) >= MOST_PIPELINED:
            self.parser.pause()

    def _release_if_calm(self) -> None:
        if self.held and not self._flooded:
            self.held = False
            self._receive()
            next_tick(self._resume_parser)  # what its requests make go wrong is not the business of who calls this

    def _resume_parser(self) -> None:
        if not self.held:
            self.parser.resume()

    # --- between requests ---

    def _begin_idle(self) -> None:
        server = self.server
        if not server.keep_alive_timeout:
            return
        if getattr(self.socket, "timeout", None):
            self.socket.set_timeout(0)  # for this request only, or the server's: it comes back with the next
        self._idle_time.begin(server.keep_alive_timeout + server.keep_alive_timeout_buffer)

    def _restore_timeout(self) -> None:
        if self.server.timeout and hasattr(self.socket, "set_timeout"):
            self.socket.set_timeout(self.server.timeout)

    def _on_idle(self) -> None:
        self.socket.emit("timeout")

    # --- the socket tells ---

    def _on_timeout(self) -> None:
        request, response, socket = self._incoming, self._current, self.socket
        heard = request is not None and not request.complete and request.emit("timeout", socket)
        heard = (response is not None and response.emit("timeout", socket)) or heard
        heard = self.server.emit("timeout", socket) or heard
        if not heard:
            socket.destroy()

    def _on_drain(self, *_: object) -> None:
        self._release_if_calm()
        message = self._current
        if message is not None:
            message._drained()

    def _on_end(self, *_: object) -> None:
        """The peer sends no more."""
        self.failed = False
        self.parser.finish()
        if self.failed:
            return  # in the middle of a request; who was told of it decides
        socket, server = self.socket, self.server
        last = self.queue[-1] if self.queue else self._current
        if server.http_allow_half_open and last is not None:
            last._state.last = True
        else:
            socket.end()

    def _on_socket_error(self, error: Any) -> None:
        """The request, or the connection, has failed: `clientError`, or the answer that such an error gets."""
        self.failed = True
        socket = self.socket
        socket.remove_listener("error", self._on_socket_error)
        if not socket.listener_count("error"):
            socket.on("error", noop)
        logger.debug("%r failed: %s", socket, error)
        if not self.server.emit("clientError", error, socket):
            self._refuse(error)

    def _refuse(self, error: Any) -> None:
        socket, message = self.socket, self._current
        # The peer must not take the refusal for a part of a response that has begun.
        if socket.writable and (message is None or not message._state.head_sent):
            status = _REFUSALS.get(getattr(error, "code", ""), "400 Bad Request")
            socket.write(f"HTTP/1.1 {status}\r\nConnection: close\r\n\r\n".encode())
        socket.destroy(error)

    def _on_close(self, *_: object) -> None:
        self._forget()
        while self.requests:
            self.requests.pop(0).destroy(conn_reset_exception("aborted"))
        while self.queue:
            self.queue.pop(0).destroy(conn_reset_exception("aborted"))

    def _close_response(self, *_: object) -> None:
        """The socket has closed, and whoever watched it since before the first request knows it."""
        current = self._current
        if current is not None:
            current._emit_close()

    def __repr__(self) -> str:
        state = "idle" if self.is_idle else f"{len(self.requests)} unanswered"
        return f"<ServerConnection {state}{', held' if self.held else ''}>"


def _refuse_encoding(*_: object) -> None:
    """The bytes of a connection are the parser's: they cannot become strings."""
    raise ERR_HTTP_SOCKET_ENCODING


def _has_body(request: IncomingMessage) -> bool:
    """Whether the head announces a body (RFC 9112 section 6.3)."""
    names = lower_names(request.raw_headers)
    return " content-length " in names or " transfer-encoding " in names
