"""`ClientConnection`: the requests on one socket, one after the other. It feeds the parser, makes the responses, and
tells both how it went.

The life of each exchange:

1. The socket is given (`take`): from now on its errors are the request's.
2. In a later tick it begins (`begin`): what is received goes to the parser.
3. The response comes. What a head means is decided in one place (`on_headers`): informational, an upgrade, or final.
4. It ends in one of four ways, which exclude each other:
   a. the response has been read and the request sent, and both let the socket live: it is set free (`_set_free`), and
      may be given to another request;
   b. they do not let it live: it is closed when the response has been read, and its `close` ends the exchange;
   c. the socket dies before: its `close` ends the exchange, and whoever waits is told (`_on_close`);
   d. the response is an upgrade: the socket is handed over (`on_upgrade`).

Node: what http.ClientRequest does with its socket
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from nodestream._hooks import noop
from nodestream._together import Change, add_listener, remove_listeners
from nodestream.errors import conn_reset_exception
from nodestream.loop import next_tick

from ._defaults import get_max_header_size, validation_of
from ._incoming import IncomingMessage
from ._information import Information
from ._parsing import BodyRule, Head, ParseError, Parser, create_parser
from ._wire import ShortCut, end_soon, guard, hand_over, start_receiving, unconsume, unguard

if TYPE_CHECKING:
    from ._client import ClientRequest

MOST_INFORMATIONAL = 1000
"""1xx responses before the final one; Node has no limit."""


_NORMAL = BodyRule.NORMAL  # a look at an Enum takes long


def is_informational(status: int | None) -> bool:
    """Whether another response follows (RFC 9110 section 15.2); after 101 none does, for HTTP is over."""
    return status is not None and 100 <= status < 200 and status != 101


def _timeout_of(agent: Any) -> Any:
    """The timeout of all the sockets of an agent, of whatever kind that is."""
    options = getattr(agent, "options", None)
    return options.get("timeout") if options else None


class ClientConnection:
    """The requests on one socket: a parser's callbacks, the responses' source, the socket's listeners."""

    __slots__ = (
        "_begins",
        "_completes",
        "_frees",
        "_informational",
        "_is_complete",
        "_parser",
        "_request",
        "_response",
        "_rested",
        "_rules",
        "_short_cut",
        "_socket",
    )

    def __init__(self, socket: Any) -> None:
        self._socket = socket
        self._request: ClientRequest = None  # type: ignore[assignment]  # whose turn it is, from `take` on
        self._response: IncomingMessage | None = None
        self._is_complete = False
        self._informational = 0
        self._parser: Parser | None = None
        self._rested: Parser | None = None  # of the last response, which the next can have if `_rules` are the same
        self._rules: tuple[Any, ...] = ()
        self._short_cut: ShortCut | None = None
        data, end, drain = ("data", self._on_data), ("end", self._on_end), ("drain", self._on_drain)
        close = ("close", self._on_close)
        self._begins = Change(add=(data, end, close, drain))
        self._completes = Change(remove=(data, end, drain))
        self._frees = Change(remove=(("timeout", self._on_timeout), close, ("error", self._on_error)))

    @staticmethod
    def of(socket: Any) -> ClientConnection:
        """That of a socket which was set free, or a new one."""
        connection: ClientConnection | None = getattr(socket, "_client_connection", None)
        if connection is None or connection._request is not None:
            connection = socket._client_connection = ClientConnection(socket)
        return connection

    def take(self, request: ClientRequest) -> None:
        """The socket is to serve the request."""
        self._request = request
        self._response = self._parser = None
        self._is_complete = False
        self._informational = 0
        self._socket._http_message = request
        add_listener(self._socket, "error", self._on_error)

    def begin(self) -> None:
        """Let the socket serve the request."""
        request, socket = self._request, self._socket
        self._parser = self._parser_for(request)
        request.socket = socket
        socket._http_message = request
        self._begins.make(socket)
        if self._short_cut is None and hasattr(socket, "_consume"):
            self._short_cut = ShortCut(socket, self._on_data)
        if self._short_cut is not None and not socket.readable_length:
            socket._consume(self._short_cut, noop)
        if request.timeout is not None or _timeout_of(request.agent):
            request._listen_to_timeout()
        request.emit("socket", socket)

    def _parser_for(self, request: ClientRequest) -> Parser:
        """The one of the last response, unless this one is to be received by other rules."""
        validation = validation_of(request.http_validation, request.insecure_http_parser)
        size = request.max_header_size or get_max_header_size()
        rules = (size, request.max_headers_count, validation, request._engine)
        parser, self._rested = self._rested, None
        if parser is not None and rules == self._rules:
            return parser
        self._rules = rules
        return create_parser(
            "response",
            self,
            max_header_size=size,
            max_headers_count=request.max_headers_count,
            validation=validation,
            engine=request._engine,
        )

    def withdraw(self) -> None:
        """The request was destroyed before it began: the socket's errors are its own."""
        self._socket.remove_listener("error", self._on_error)

    # --- the socket speaks ---

    def _on_data(self, data: bytes) -> None:
        if self._parser is None:
            return
        try:
            self._parser.feed(data)
        finally:
            if self._is_complete:
                self._stop_parsing()

    def _on_end(self, *_: object) -> None:
        """The peer has ended: that is also how some bodies end."""
        if self._response is None:
            self._fail(conn_reset_exception("socket hang up"))
        self._finish_parsing()
        self._socket.destroy()

    def _on_error(self, error: BaseException, *_: object) -> None:
        self._fail(error)
        self._finish_parsing()
        self._socket.destroy()

    def _on_close(self, *_had_error: bool) -> None:
        request, response = self._request, self._response
        request._state.destroyed = True
        if response is None:
            self._fail(conn_reset_exception("socket hang up"))
        elif not response.complete:
            response.destroy(conn_reset_exception("aborted"))
        request._emit_close()
        request._state.waiting.clear()  # nobody is told, as in Node: `close` says it all
        self._finish_parsing()

    def _on_drain(self, *_: object) -> None:
        self._request._drained()

    def _on_timeout(self, *_: object) -> None:
        if self._response is not None:
            self._response.emit("timeout")

    def _fail(self, error: BaseException) -> None:
        """Tell the request, unless it has been told of an error of this socket."""
        if not getattr(self._socket, "_had_error", False):
            self._socket._had_error = True
            self._request.emit("error", error)

    # --- parsing ---

    def _finish_parsing(self) -> None:
        """Nothing more comes: a body that lasts until then is complete, and anything else was cut short."""
        parser, self._parser = self._parser, None
        if parser is not None:
            parser.finish()
            parser.close()
            self._stop_listening()

    def _stop_parsing(self) -> None:
        """The response is complete. Until the request is, too, nobody expects anything from the peer but its end."""
        parser, self._parser = self._parser, None
        if parser is not None:
            if parser.is_at_rest:
                self._rested = parser
            else:
                parser.close()
            self._completes.make(self._socket)
            guard(self._socket, self._on_late_data, noop)

    def _stop_listening(self) -> None:
        unconsume(self._socket, self._on_data, self._on_end, (("drain", self._on_drain),))

    def on_message_begin(self) -> None:
        """Nothing to do before the head is there. See ParserCallbacks."""

    def on_headers(self, head: Head) -> BodyRule:
        """A head has come. See ParserCallbacks."""
        if self._response is not None:
            self._socket.destroy()  # the server has answered twice
            return _NORMAL
        request = self._request
        response = self._make_response(head)
        status = head.status_code or 0
        if head.upgrade or request.method == "CONNECT":
            response.upgrade = True
            self._response = request.res = response
            return BodyRule.UPGRADE
        if status < 200 and is_informational(status):
            self._inform(head, response)
            return BodyRule.NO_BODY
        self._response = request.res = response
        response.req = request
        if not head.keep_alive:
            request.should_keep_alive = False
        self._announce(response)
        if request.method == "HEAD":
            return BodyRule.NO_BODY
        if status == 304:
            response.complete = True
            return BodyRule.NO_BODY
        return _NORMAL

    def on_body(self, chunk: bytes) -> None:
        """A piece of the body has come. See ParserCallbacks."""
        response = self._response
        if response is not None and not self._is_complete and not response._add_body(chunk):
            self._socket.pause()  # what comes waits in the socket, up to its own mark, and how it ends is noticed

    def on_message_complete(self, raw_trailers: list[str]) -> None:
        """The message has ended. See ParserCallbacks."""
        response = self._response
        if response is not None and not self._is_complete:
            self._is_complete = not response.upgrade
            if response._end_body(raw_trailers):
                next_tick(response._emit_readable)
        if not self._socket.destroyed:
            start_receiving(self._socket)

    def on_upgrade(self, rest: bytes) -> None:
        """HTTP is over: hand the socket to whoever listens. See ParserCallbacks."""
        request, socket, response = self._request, self._socket, self._response
        if response is not None and not response.upgrade:
            # A 101 that names no protocol was announced as an ordinary response, and is complete.
            if rest:
                self._on_late_data(rest)
            return
        self._parser = None
        self._stop_listening()
        hand_over(socket)
        self._stop_timeouts()
        event = "connect" if request.method == "CONNECT" else "upgrade"
        if not request.listener_count(event):
            socket.destroy()
            return
        socket.emit("agentRemove")
        socket.remove_listener("close", self._on_close)
        socket.remove_listener("error", self._on_error)
        socket._http_message = socket._client_connection = None
        request.emit(event, response, socket, rest)
        request._emit_close()

    def on_error(self, error: ParseError) -> None:
        """The peer does not speak HTTP. See ParserCallbacks."""
        if self._parser is None:
            return  # it is being finished; `close` tells what that means
        self._parser = None
        self._stop_listening()
        self._socket.destroy()
        self._fail(error)

    # --- the response ---

    def _make_response(self, head: Head) -> IncomingMessage:
        response = IncomingMessage(self._socket)
        response._source = self
        version = head.version
        response.http_version_major, response.http_version_minor = version
        response.http_version = "1.1" if version == (1, 1) else f"{version[0]}.{version[1]}"
        if self._request.join_duplicate_headers:
            response.join_duplicate_headers = True
        response.raw_headers = head.raw_headers
        response.status_code = head.status_code
        response.status_message = head.status_message
        response.upgrade = head.upgrade
        return response

    def _inform(self, head: Head, response: IncomingMessage) -> None:
        self._informational += 1
        if self._informational > MOST_INFORMATIONAL:
            if self._parser is not None:
                self._parser.close()
            self.on_error(ParseError("HPE_USER", "Too many informational responses"))
            return
        request = self._request
        if head.status_code == 100:
            request.emit("continue")
        request.emit("information", Information(response))

    def _announce(self, response: IncomingMessage) -> None:
        request = self._request
        add_listener(response, "end", partial(self._on_response_end, request))
        add_listener(request, "finish", partial(self._on_request_finish, request))
        add_listener(self._socket, "timeout", self._on_timeout)
        if request.aborted or not request.emit("response", response):
            response._dump()  # nobody can be waiting for it, and the socket must go on

    def body_wanted(self) -> None:
        """See BodySource."""
        if not self._socket.destroyed and self._response is not None and self._response.socket is not None:
            start_receiving(self._socket)

    def _stop_timeouts(self) -> None:
        self._request._stop_listening_to_timeout(self._socket)
        remove_listeners(self._socket, ("timeout", self._on_timeout))

    def _on_response_end(self, request: ClientRequest, *_: object) -> None:
        request._ended = True
        if not request.should_keep_alive:
            self._stop_timeouts()
            self._close()
        elif request.writable_finished and self._response is not None and not self._response.aborted:
            self._set_free()
        else:
            self._stop_timeouts()

    def _on_request_finish(self, request: ClientRequest, *_: object) -> None:
        if not request._ended or request.destroyed:
            return
        if request.should_keep_alive:
            self._set_free()
        else:
            self._close()

    # --- after the response ---

    def _on_late_data(self, _data: bytes) -> None:
        self._request.should_keep_alive = False  # who knows what it belongs to

    def _close(self) -> None:
        """Nobody will use the socket again."""
        if self._socket.writable:
            end_soon(self._socket)

    def _set_free(self) -> None:
        """All is said. What listeners of `end` and `finish` do comes first."""
        request, socket = self._request, self._socket
        request._reset_timeout(socket)
        self._frees.make(socket)
        unguard(socket, self._on_late_data, noop)
        next_tick(self._free)
        request._state.destroyed = True
        if request.res is not None:
            request.res.socket = None

    def _free(self) -> None:
        request = self._request
        request._emit_close()
        if self._parser is None:  # else somebody else has said that the response had ended
            self._request = self._response = None  # type: ignore[assignment]
        self._socket.emit("free")
