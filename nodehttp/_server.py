"""`Server`: an HTTP server. What happens on one of its connections is in `_server_connection.py`.

Node: http.Server
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, ClassVar, TypeVar

from nodestream._names import node_alias, node_name
from nodestream._options import normalized
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE
from nodestream.loop import current_loop
from nodestream.timers import Timeout, set_interval

from . import net
from ._constants import STATUS_CODES
from ._defaults import validation_of
from ._headers import unique_names
from ._incoming import IncomingMessage
from ._parsing import Validation, chosen_engine
from ._response import ServerResponse
from ._server_connection import ServerConnection
from ._server_options import SERVER_OPTIONS, ServerOptions

V = TypeVar("V", bound="HttpServing")
Listener = Callable[..., Any]


class HttpServing(net.Server):
    """What a server of HTTP is, whether its connections are encrypted or not."""

    timeout: float = 0
    """Milliseconds without traffic after which a socket times out; 0 for never. Node: server.timeout"""
    max_headers_count: int | None = None
    """More headers than this are refused; 0 for any number, None for 1000. Node: server.maxHeadersCount"""
    maxHeadersCount: int | None = node_alias("max_headers_count")
    max_requests_per_socket: int = 0
    """After so many requests a connection is closed; 0 for never. Node: server.maxRequestsPerSocket"""
    maxRequestsPerSocket: int = node_alias("max_requests_per_socket")
    http_allow_half_open: bool = False
    """Whether a client that ends its side still gets its response. Node: server.httpAllowHalfOpen"""
    httpAllowHalfOpen: bool = node_alias("http_allow_half_open")

    request_timeout: int
    requestTimeout: int = node_alias("request_timeout")
    headers_timeout: int
    headersTimeout: int = node_alias("headers_timeout")
    keep_alive_timeout: int
    keepAliveTimeout: int = node_alias("keep_alive_timeout")
    keep_alive_timeout_buffer: int
    keepAliveTimeoutBuffer: int = node_alias("keep_alive_timeout_buffer")
    connections_checking_interval: int
    connectionsCheckingInterval: int = node_alias("connections_checking_interval")
    require_host_header: bool
    requireHostHeader: bool = node_alias("require_host_header")
    join_duplicate_headers: bool | None
    joinDuplicateHeaders: bool | None = node_alias("join_duplicate_headers")
    reject_non_standard_body_writes: bool
    rejectNonStandardBodyWrites: bool = node_alias("reject_non_standard_body_writes")
    max_header_size: int | None
    maxHeaderSize: int | None = node_alias("max_header_size")
    insecure_http_parser: bool | None
    insecureHTTPParser: bool | None = node_alias("insecure_http_parser")
    http_validation: Validation | None
    httpValidation: Validation | None = node_alias("http_validation")
    should_upgrade_callback: Callable[[IncomingMessage], object]
    shouldUpgradeCallback: Callable[[IncomingMessage], object] = node_alias("should_upgrade_callback")

    _known_options: ClassVar[Collection[str]] = SERVER_OPTIONS
    _connection_event: ClassVar[str] = "connection"

    def __init__(
        self,
        options: Mapping[str, Any] | Listener | None = None,
        request_listener: Listener | None = None,
        /,
        **keywords: Any,
    ) -> None:
        if callable(options):
            options, request_listener = None, options
        elif options is not None and not isinstance(options, Mapping):
            raise ERR_INVALID_ARG_TYPE("options", "of type object", options)
        given = ServerOptions(normalized(self._known_options, options, keywords, type(self).__name__))
        self._take_options(given)
        super().__init__(given.for_listener())
        self._http_connections: dict[ServerConnection, None] = {}
        self._checking: Timeout | None = None
        if request_listener is not None:
            self.on("request", request_listener)
        self.on(self._connection_event, self._on_http_connection)
        self.on("listening", self._start_checking)

    def _take_options(self, options: ServerOptions) -> None:
        self.max_header_size = options.integer("max_header_size", "maxHeaderSize", None)
        self.insecure_http_parser = options.flag("insecure_http_parser", "insecureHTTPParser", None)
        self.http_validation = options.validation()
        self.request_timeout = options.duration("request_timeout", "requestTimeout", 300_000)
        self.headers_timeout = options.duration("headers_timeout", "headersTimeout", min(60_000, self.request_timeout))
        if 0 < self.request_timeout < self.headers_timeout:
            raise ERR_OUT_OF_RANGE("headersTimeout", "<= requestTimeout", self.headers_timeout)
        self.keep_alive_timeout = options.duration("keep_alive_timeout", "keepAliveTimeout", 5_000)
        self.keep_alive_timeout_buffer = options.duration("keep_alive_timeout_buffer", "keepAliveTimeoutBuffer", 1_000)
        self.connections_checking_interval = options.duration(
            "connections_checking_interval", "connectionsCheckingInterval", 30_000
        )
        self.require_host_header = options.flag("require_host_header", "requireHostHeader", True) is True
        self.join_duplicate_headers = options.flag("join_duplicate_headers", "joinDuplicateHeaders", None)
        self.reject_non_standard_body_writes = (
            options.flag("reject_non_standard_body_writes", "rejectNonStandardBodyWrites", False) is True
        )
        self._engine = chosen_engine(options.value("parser"))
        self._optimizes_empty_requests = options.flag("optimize_empty_requests", "optimizeEmptyRequests", False)
        callback = options.function("should_upgrade_callback", "shouldUpgradeCallback")
        self.should_upgrade_callback = callback or self._has_upgrade_listener
        self._unique_headers = unique_names(options.value("unique_headers"))
        self._incoming_class: type[IncomingMessage] = options.value("incoming_message") or IncomingMessage
        self._response_class: type[ServerResponse] = options.value("server_response") or ServerResponse

    def _has_upgrade_listener(self, _request: IncomingMessage) -> bool:
        return self.listener_count("upgrade") > 0

    @property
    def _validation(self) -> Validation:
        return validation_of(self.http_validation, self.insecure_http_parser)

    def _on_http_connection(self, socket: Any) -> None:
        self._http_connections[ServerConnection(self, socket)] = None

    # --- deadlines ---

    def _start_checking(self) -> None:
        self._stop_checking()
        self._checking = set_interval(self._check_connections, self.connections_checking_interval).unref()

    def _stop_checking(self) -> None:
        if self._checking is not None:
            self._checking.close()

    def _check_connections(self) -> None:
        """Refuse the requests that have been under way for too long."""
        if self.headers_timeout == 0 and self.request_timeout == 0:
            return
        now = current_loop().timers.now
        for connection in list(self._http_connections):
            if connection.has_expired(now, self.headers_timeout, self.request_timeout):
                connection.expire()

    def set_timeout(self: V, msecs: float = 0, callback: Listener | None = None) -> V:
        """Let the sockets of connections to come time out after so long without traffic; 0 for never.

        A socket that times out is destroyed, unless the request, the response or the server has a `timeout` listener.
        `callback` is added as one.

        Node: server.setTimeout
        """
        self.timeout = msecs
        if callback is not None:
            self.on("timeout", callback)
        return self

    setTimeout = node_name(set_timeout)

    # --- closing ---

    def close(self: V, callback: Callable[..., object] | None = None) -> V:
        """Accept nothing more and close idle connections; `close` follows when the last connection has ended.

        `callback(error)` is called at `close`, with ERR_SERVER_NOT_RUNNING if the server did not listen.

        Node: server.close
        """
        self.close_idle_connections()
        self._stop_checking()
        return super().close(callback)

    def close_all_connections(self) -> None:
        """Destroy every connection but those that were upgraded. Node: server.closeAllConnections"""
        for connection in list(self._http_connections):
            connection.socket.destroy()

    closeAllConnections = node_name(close_all_connections)

    def close_idle_connections(self) -> None:
        """Destroy the connections that wait for their next request. Node: server.closeIdleConnections"""
        for connection in list(self._http_connections):
            if connection.is_idle:
                connection.socket.destroy()

    closeIdleConnections = node_name(close_idle_connections)

    # --- failures of async listeners ---

    def capture_rejection(self, error: Exception, event: object, *args: Any) -> None:
        """An async listener failed, and `capture_rejections` is set: 500 if the response has not begun, else it ends.

        Node: server[captureRejectionSymbol]
        """
        if event == "request":
            response: ServerResponse = args[1]
            if response.headers_sent or response.writable_ended:
                response.destroy()
                return
            for name in response.get_header_names():
                response.remove_header(name)
            response.status_code = 500
            response.end(STATUS_CODES[500])
        elif event == self._connection_event:
            args[0].destroy(error)
        else:
            self.emit("error", error)


class Server(HttpServing):
    """An HTTP server.

    Options (keywords, or one mapping, in either spelling); times are milliseconds, and 0 is no limit:
        headers_timeout: for a request's head (60000, or `request_timeout` if that is less).
        request_timeout: for a whole request (300000).
        connections_checking_interval: how often these two are looked after (30000).
        keep_alive_timeout, keep_alive_timeout_buffer: how long a connection may be idle: the first is what the client
            is told (5000), the second is what it gets on top of that (1000).
        max_header_size: bytes of a request's URL and headers (16384).
        require_host_header: answer an HTTP/1.1 request that has no Host with 400 (True).
        join_duplicate_headers: see IncomingMessage.
        unique_headers: names of response headers whose values are joined by "; " rather than sent one by one.
        reject_non_standard_body_writes: see OutgoingMessage.
        should_upgrade_callback: `f(request)` says whether to take up a request's Upgrade; by default when there is an
            `upgrade` listener.
        http_validation: "strict", "relaxed" or "insecure"; what requests are let pass.
        insecure_http_parser: True for "insecure".
        parser: the engine that parses requests: "llhttp" (Node's own, with the package httptools) or "h11"; by default
            what the environment variable NODEHTTP_PARSER says, else llhttp if it is installed.
        incoming_message, server_response: classes to use for IncomingMessage and ServerResponse.
        optimize_empty_requests: end a request without body at once, though nobody listens (False).
        no_delay (True), keep_alive, keep_alive_initial_delay, high_water_mark, pause_on_connect: see net.Server.

    A function as second (or only) argument is added as listener of `request`; it may be `async def`.

    Events: `request(req, res)`, `checkContinue(req, res)`, `checkExpectation(req, res)`,
    `upgrade(req, socket, head)`, `connect(req, socket, head)`, `clientError(error, socket)`,
    `dropRequest(req, socket)`, `timeout(socket)`, and those of net.Server.

    Node: http.Server
    """


def create_server(
    options: Mapping[str, Any] | Listener | None = None,
    request_listener: Listener | None = None,
    /,
    **keywords: Any,
) -> Server:
    """A new Server, with the same arguments. Node: http.createServer"""
    return Server(options, request_listener, **keywords)
