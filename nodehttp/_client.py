"""`ClientRequest`: a request that is sent, and `request()` and `get()`, which make one.

How arguments become options is in `_client_options.py`; what happens on the socket in `_client_connection.py`.

Node: http.ClientRequest, http.request, http.get
"""

from __future__ import annotations

import base64
import math
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any, TypeVar

from nodestream import _finished
from nodestream._arity import tolerant
from nodestream._event_emitter import Once
from nodestream._names import node_alias, node_name
from nodestream._options import get_default_high_water_mark
from nodestream._repr import shortened, shown
from nodestream._together import add_listener
from nodestream.errors import (
    ERR_HTTP_HEADERS_SENT,
    ERR_INVALID_HTTP_TOKEN,
    ERR_INVALID_PROTOCOL,
    ERR_PROXY_TUNNEL,
    ERR_STREAM_PREMATURE_CLOSE,
    AbortError,
    conn_reset_exception,
)
from nodestream.loop import next_tick

from . import _client_options as check
from ._agent import Agent, global_agent
from ._agent_socket import tell
from ._client_connection import ClientConnection
from ._client_options import gathered
from ._defaults import validation_of
from ._headers import HeaderStore, is_relaxed_value, is_token, pairs_of, unique_names
from ._incoming import IncomingMessage
from ._options import Options
from ._outgoing import OutgoingMessage
from ._outgoing_state import OWN_HEADERS
from ._parsing import Validation, chosen_engine
from ._proxy_request import send_through
from ._url import UrlLike
from ._usual_request_head import usual_request_head

C = TypeVar("C", bound="ClientRequest")
Callback = Callable[..., object]

_WITHOUT_BODY = frozenset({"GET", "HEAD", "DELETE", "OPTIONS", "TRACE", "CONNECT"})
"""Methods whose request is not framed unless its headers say how."""

_USUAL_QUESTIONS = ("protocol", "host", "hostname", "port", "path", "agent", "headers")

_NOTHING: tuple[Any, ...] = (None, "", 0)
"""Values of a header of the user's in whose place the request's own is set; an empty list is not among them."""


class ClientRequest(OutgoingMessage):
    """A request that is sent. Write its body as to a Writable, and call `end()`, also when there is none.

    Arguments: a URL (a string, or what `urllib.parse` made of one); options as a mapping; a callback for `response`;
    options as keywords. Each may be left out, and later ones win.

    Options, in either spelling:
        protocol, host, hostname, port, path: where to ("http:", "localhost", the agent's port, "/").
        method: ("GET").
        headers: a mapping; or a flat list of names and values, or a list of pairs, which are sent exactly as they are.
        auth: "user:password", for an Authorization header.
        set_host, set_default_headers: whether a Host header, and any header, is added (True).
        agent: whose sockets are used; False for an agent of its own, with `Connection: close` (the global agent).
        create_connection: called with the options and a callback, returns the socket to use if no agent is given.
        timeout: after how many milliseconds without traffic on the socket `timeout` is emitted. Nothing else follows.
        signal: an AbortSignal that destroys the request.
        max_header_size: bytes that the head of the response may have (16384).
        http_validation: how forgiving the parser of the response is: "strict", "relaxed" or "insecure" ("strict"). The
            other two let header values with control characters be sent, too.
        insecure_http_parser: the same as "insecure".
        parser: the engine that parses the response: "llhttp" (Node's own, with the package httptools) or "h11"; by
            default the agent's, or what the environment variable NODEHTTP_PARSER says, else llhttp if it is installed.
        join_duplicate_headers: see IncomingMessage (False).
        unique_headers: names of headers whose values are joined by "; ".
        socket_path: a Unix socket to connect to.
        family, hints, lookup, local_address, local_port and the other options of `net.connect`.

    Attributes:
        method, host, protocol, socket_path, agent, timeout: as decided from the options.
        path: the request target; may be set until the head is made.
        res: the response, once there is one.
        reused_socket: whether the socket has served another request before.
        max_headers_count: how many headers of the response are kept (None for 1000, 0 for all).
        aborted: whether abort() was called.

    Events, besides those of OutgoingMessage: `socket(socket)`, `response(response)`, `information(information)`,
    `continue`, `upgrade(response, socket, head)`, `connect(response, socket, head)`, `timeout`, `abort`. A response
    that nobody listens for is thrown away; otherwise it must be read, or no other request gets the socket.

    Raises what the options deserve before anything is sent: ERR_INVALID_URL, ERR_INVALID_PROTOCOL,
    ERR_INVALID_HTTP_TOKEN, ERR_UNESCAPED_CHARACTERS, ERR_INVALID_CHAR, ERR_INVALID_ARG_TYPE and the like.

    Node: http.ClientRequest
    """

    res: IncomingMessage | None = None
    aborted: bool = False
    timeout: float | None = None
    reused_socket: bool = False
    reusedSocket: bool = node_alias("reused_socket")
    max_headers_count: int | None = None
    maxHeadersCount: int | None = node_alias("max_headers_count")
    max_header_size: int | None = None
    maxHeaderSize: int | None = node_alias("max_header_size")
    http_validation: Validation | None = None
    httpValidation: Validation | None = node_alias("http_validation")
    insecure_http_parser: bool | None = None
    insecureHTTPParser: bool | None = node_alias("insecure_http_parser")
    join_duplicate_headers: bool | None = None
    joinDuplicateHeaders: bool | None = node_alias("join_duplicate_headers")
    socket_path: str | None = None
    socketPath: str | None = node_alias("socket_path")
    agent: Any = None
    method: str
    host: str
    protocol: str

    _method_of = staticmethod(check.checked_method)
    """What the option `method` says."""
    _ended = False
    _hears_timeout = False
    _failure: BaseException | None = None

    def __init__(
        self,
        url: UrlLike | Mapping[str, Any] | Callback | None = None,
        options: Mapping[str, Any] | Callback | None = None,
        callback: Callback | None = None,
        **keywords: Any,
    ) -> None:
        self._begin(get_default_high_water_mark())
        given, listener = gathered(url, options, callback, keywords)
        if not self._take_usual(given):
            self._take(given, listener)
        elif listener is not None:
            add_listener(self, "response", Once(self, "response", listener))
        self._connect(given)

    # --- options ---

    def _take_usual(self, given: Options) -> bool:
        """Take the options of nearly every request; False if these are not of that kind, and nothing has been done.

        They say where to, by an agent of the usual kind, and there is nothing to complain of. Their headers are a
        dictionary of texts, and nobody could see that they are not set one by one, or that a listener is not added by
        `once`. It comes to what `_take` does.
        """
        protocol, host, hostname, port, path, agent, headers = map(given.known, _USUAL_QUESTIONS)
        usual = global_agent.agent
        if agent is None:
            agent = usual
        if path is None:
            path = "/"
        if hostname is not None:
            host = hostname
        elif host is None:
            host = hostname = "localhost"
        kind = type(self)
        if (
            not check.USUAL_OPTIONS.issuperset(given)
            or not isinstance(agent, Agent)
            or agent._proxy is not None
            or agent.protocol != usual.protocol
            or not (protocol is None or protocol == usual.protocol)
            or not (type(host) is str and host and type(path) is str and path and check.is_path(path))
            or not (headers is None or type(headers) is dict)
            or kind.set_header is not OutgoingMessage.set_header
            or kind.get_header is not OutgoingMessage.get_header
            or kind.once is not OutgoingMessage.once
            or validation_of(self.http_validation, self.insecure_http_parser) != "strict"
        ):
            return False
        store = HeaderStore()
        if headers and not store.set_all(headers):
            return False
        if hostname is not None:
            given["host"] = host
        if not port:
            port = given["port"] = agent.default_port or 80
        if not headers or store.get("host") in _NOTHING:
            store.set("host", "Host", _host_header(host, str(port), str(agent.default_port)))
        method = self.method = check.checked_method(given.known("method"))
        self.agent = agent
        self._has_agent = True
        self._engine = agent._engine or chosen_engine(None)
        self._path = path
        self.protocol = agent.protocol
        self.host = host
        self.use_chunked_encoding_by_default = method not in _WITHOUT_BODY
        keeps = self.should_keep_alive = bool(agent.keep_alive) or agent.max_sockets != math.inf
        self._state.last = not keeps
        self._header_store = store
        if headers and store.get("expect"):
            self._implicit_header()
        return True

    def _take(self, given: Options, listener: Callback | None) -> None:
        default_agent = given.known("_default_agent") or global_agent.agent
        self.agent = _chosen_agent(given, default_agent)
        self._has_agent = self.agent is not None
        self._take_target(given, default_agent)
        self._take_limits(given)
        if listener is not None:
            self.once("response", listener)
        self.use_chunked_encoding_by_default = self.method not in _WITHOUT_BODY
        self._decide_keep_alive()
        self._take_headers(given)
        if given.known("unique_headers") is not None:
            self._unique_headers = unique_names(given["unique_headers"])

    def _take_target(self, given: Options, default_agent: Any) -> None:
        usual = default_agent.protocol
        protocol = given.known("protocol") or usual
        expected = usual if self.agent is default_agent else getattr(self.agent, "protocol", None) or usual
        self._path = check.checked_path(given.known("path") or "/")
        if protocol != expected:
            raise ERR_INVALID_PROTOCOL(protocol, expected)
        self.protocol = protocol
        if not given.known("port"):
            given["port"] = self._default_port(given) or 80
        self.host = check.checked_host(given)
        if given.known("host") is not self.host:
            given["host"] = self.host
        if given.known("socket_path") is not None:
            self.socket_path = given["socket_path"]

    def _default_port(self, given: Options) -> Any:
        return given.known("default_port") or getattr(self.agent, "default_port", None)

    def _take_limits(self, given: Options) -> None:
        if check.LIMITS.isdisjoint(given):  # there is nothing to check, and what is on the class says the same
            self.method = self._method_of(given.known("method"))
        else:
            self._take_given_limits(given)
        asked = given.known("parser")
        self._engine = chosen_engine(getattr(self.agent, "_engine", None) if asked is None else asked)
        if validation_of(self.http_validation, self.insecure_http_parser) != "strict":
            self._accepts_value = is_relaxed_value

    def _take_given_limits(self, given: Options) -> None:
        if given.known("timeout") is not None:
            self.timeout = check.checked_duration(given["timeout"], "timeout")
        if given.known("signal") is not None:
            self._obey(given.pop("signal"))
        self.method = self._method_of(given.known("method"))
        self.max_header_size = check.checked_max_header_size(given.known("max_header_size"))
        self.http_validation = check.checked_validation(given)
        self.insecure_http_parser = given.known("insecure_http_parser")
        self.join_duplicate_headers = check.checked_flag(given, "join_duplicate_headers", "joinDuplicateHeaders")

    def _obey(self, signal: Any) -> None:
        """Destroy the request when the AbortSignal says so."""
        check.check_signal(signal)

        def on_abort(*_event: object) -> None:
            self.destroy(AbortError(cause=signal.reason))

        if signal.aborted:
            on_abort()
        else:
            signal.add_event_listener("abort", on_abort)
            _finished.watch(self, lambda _: signal.remove_event_listener("abort", on_abort))

    def _decide_keep_alive(self) -> None:
        """Offer to keep the connection only if somebody may use it again."""
        agent = self.agent
        if agent is not None:
            keeps = bool(getattr(agent, "keep_alive", False))
            self.should_keep_alive = keeps or getattr(agent, "max_sockets", math.inf) != math.inf
            self._state.last = not self.should_keep_alive

    def _take_headers(self, given: Options) -> None:
        headers = given.known("headers")
        if given.known("set_default_headers") is False:
            self._state.removed = OWN_HEADERS
        if isinstance(headers, (list, tuple)):
            self._go_through_proxy(given, None, headers)
            self._store_header(self._start_line, headers)
            return
        if headers is not None:
            for name, value in pairs_of(headers):
                self.set_header(name, value)
        own_host = self.get_header("host")
        self._add_own_headers(given, own_host)
        self._go_through_proxy(given, own_host, None)
        if self.get_header("expect"):
            self._implicit_header()

    def _add_own_headers(self, given: Options, own_host: Any) -> None:
        set_host = given.known("set_host")
        if set_host is None:
            set_host = given.known("set_default_headers") is not False
        if set_host and own_host in _NOTHING:
            self.set_header("Host", _host_header(self.host, str(given["port"]), str(self._default_port(given))))
        auth = given.known("auth")
        if auth and self.get_header("authorization") in _NOTHING:
            self.set_header("Authorization", "Basic " + base64.b64encode(check.checked_auth(auth)).decode())

    def _go_through_proxy(self, given: Options, own_host: Any, headers: Sequence[Any] | None) -> None:
        """Ask as a proxy wants to be asked, if the agent sends this request through one."""
        proxy = getattr(self.agent, "_proxy", None)
        if proxy is not None and self.protocol == "http:" and proxy.serves(given):
            send_through(proxy, self, _bracketed(self.host), given["port"], own_host=own_host, headers=headers)

    # --- the head ---

    @property
    def path(self) -> str:
        """The request target. Setting it raises ERR_UNESCAPED_CHARACTERS. Node: request.path"""
        return self._path

    @path.setter
    def path(self, value: str) -> None:
        self._path = check.checked_path(value)

    @property
    def _start_line(self) -> str:
        if not is_token(self.method):  # it may have been set since it was an option
            raise ERR_INVALID_HTTP_TOKEN("Method", self.method)
        return f"{self.method} {self._path} HTTP/1.1\r\n"

    def _implicit_header(self) -> None:
        if self._head is not None:
            raise ERR_HTTP_HEADERS_SENT("render")
        start_line = self._start_line
        head = usual_request_head(self, start_line)
        if head is None:
            self._store_header(start_line, self._header_store)
        else:
            self._head = head

    def end(
        self: C,
        chunk: Any = None,
        encoding: str | Callback | None = None,
        callback: Callback | None = None,
    ) -> C:
        """As OutgoingMessage.end. Node: request.end"""
        state = self._state
        if (
            chunk is None
            and encoding is None
            and callback is None
            and self._head is None
            and self._socket is None
            and not (state.ended or state.destroyed or state.waiting or self.strict_content_length)
        ):
            # A head is all there is, and it waits for a socket: this is what `OutgoingMessage.end` comes to.
            self._content_length = 0
            self._implicit_header()
            head: str = self._head  # type: ignore[assignment]  # it was made
            if not state.has_body or self.chunked_encoding or state.head_sent or not head.isascii():
                self._end_body(None, "latin1")
            else:
                state.head_sent = True
                state.waiting.append((head.encode(), self._on_finish))
                state.waiting_size = len(head)
                state.corked = 0
            state.ended = True
            return self
        return super().end(chunk, encoding, callback)

    # --- the socket ---

    def _connect(self, options: Options) -> None:
        if self.agent is not None:
            self.agent.add_request(self, options)
            return
        self._state.last = True
        self.should_keep_alive = False
        options["path"] = self.socket_path
        called = False

        def created(error: BaseException | None = None, socket: Any = None) -> None:
            nonlocal called
            if called:
                return
            called = True
            if error is not None:
                next_tick(self.emit, "error", error)
            else:
                self.on_socket(socket)

        try:
            socket = tolerant(options["create_connection"], 2)(options, created)
        except Exception as error:
            created(error)
        else:
            if socket is not None:
                created(None, socket)

    def on_socket(self, socket: Any, error: BaseException | None = None) -> None:
        """An agent calls this when it has a socket for the request, or an error. Node: request.onSocket"""
        connection = None
        if socket is not None and error is None:
            connection = ClientConnection.of(socket)
            connection.take(self)
        next_tick(self._on_socket, connection, socket, error)

    onSocket = node_name(on_socket)

    def _on_socket(self, connection: ClientConnection | None, socket: Any, error: BaseException | None) -> None:
        if not self._state.destroyed and connection is not None:
            connection.begin()
            self._flush()
            return
        self._state.destroyed = True
        if socket is None:
            self._fail_without_socket(error or self._failure, None)
        elif error is None and self.agent is not None and not socket.destroyed:
            socket.emit("free")  # it is as good as new
            if connection is not None:
                connection.withdraw()
            self._fail_without_socket(self._failure, socket)
        else:
            self._fail_with_socket(socket, error)

    def _fail_with_socket(self, socket: Any, error: BaseException | None) -> None:
        socket.destroy(error or self._failure)

        def closed(why: BaseException | None) -> None:
            if isinstance(why, ERR_STREAM_PREMATURE_CLOSE):
                why = None
            self._fail_without_socket(why or error, socket)

        _finished.watch(socket, closed)

    def _fail_without_socket(self, error: BaseException | None, socket: Any) -> None:
        if error is None and not self.aborted:
            error = conn_reset_exception("socket hang up")
        was_told = isinstance(error, ERR_PROXY_TUNNEL) or getattr(socket, "_had_error", False)
        if error is not None and not was_told:
            self.emit("error", error)
        self._emit_close()

    def destroy(self: C, error: BaseException | None = None, callback: Callable[[Any], object] | None = None) -> C:
        """Destroy the request and its socket. `error(error)`, or "socket hang up", follows if there is no response yet.

        Node: request.destroy
        """
        state = self._state
        if state.destroyed:
            return self
        state.destroyed = True
        if self.res is not None:
            self.res._dump()
        self._failure = error or None  # `close` of a socket says False, and this may be its listener
        if self._socket is not None:
            self._socket.destroy(error)
        return self

    def abort(self) -> None:
        """As `destroy()`, with an `abort` event; `destroy` is the name to use. Node: request.abort"""
        if not self.aborted:
            self.aborted = True
            next_tick(self.emit, "abort")
            self.destroy()

    def _with_socket(self, method: str, *args: Any) -> None:
        """Call a method of the socket, once there is one."""
        if self._socket is None:
            self.once("socket", lambda _socket: self._with_socket(method, *args))
        elif self._socket.writable:
            tell(self._socket, method, *args)
        else:
            self._socket.once("connect", lambda: tell(self._socket, method, *args))

    def set_no_delay(self, no_delay: bool = True) -> None:
        """Whether the socket sends small pieces at once. Node: request.setNoDelay"""
        self._with_socket("set_no_delay", no_delay)

    setNoDelay = node_name(set_no_delay)

    def set_socket_keep_alive(self, enable: bool = False, initial_delay: float = 0) -> None:
        """Whether TCP probes the connection when it is silent, after so many milliseconds.

        Node: request.setSocketKeepAlive
        """
        self._with_socket("set_keep_alive", enable, initial_delay)

    setSocketKeepAlive = node_name(set_socket_keep_alive)

    # --- timeouts ---

    def set_timeout(self: C, msecs: float, callback: Callback | None = None) -> C:
        """Emit `timeout` after so many milliseconds without traffic on the socket; 0 for never. Nothing else follows.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: request.setTimeout
        """
        if self._ended:
            return self
        self._listen_to_timeout()
        msecs = check.checked_duration(msecs, "msecs")
        if callback is not None:
            self.once("timeout", callback)
        if self._socket is not None:
            _set_socket_timeout(self._socket, msecs)
        else:
            self.once("socket", lambda socket: _set_socket_timeout(socket, msecs))
        return self

    setTimeout = node_name(set_timeout)

    def clear_timeout(self, callback: Callback | None = None) -> None:
        """Undo `set_timeout`. Node: request.clearTimeout"""
        self.set_timeout(0, callback)

    clearTimeout = node_name(clear_timeout)

    @property
    def timeout_cb(self) -> Callback | None:
        """What listens to the socket's `timeout` for the request, if anything does. Node: request.timeoutCb"""
        return self._on_timeout if self._hears_timeout else None

    timeoutCb: Callback | None = node_alias("timeout_cb")

    def _listen_to_timeout(self) -> None:
        if self._hears_timeout:
            return
        self._hears_timeout = True
        if self._socket is not None:
            self._socket.once("timeout", self._on_timeout)
        else:
            self.on("socket", lambda socket: socket.once("timeout", self._on_timeout))

    def _on_timeout(self) -> None:
        self.emit("timeout")

    def _stop_listening_to_timeout(self, socket: Any) -> None:
        if self._hears_timeout:
            socket.remove_listener("timeout", self._on_timeout)

    def _reset_timeout(self, socket: Any) -> None:
        """The socket will serve others: what was set for this request ends."""
        if self._hears_timeout:
            self._hears_timeout = False
            socket.remove_listener("timeout", self._on_timeout)
            tell(socket, "set_timeout", 0)

    def __repr__(self) -> str:
        return shown(self, lambda: f"{self.method} {self.protocol}//{self.host}{shortened(self._path)} {self._summary}")


def _chosen_agent(given: Options, default_agent: Any) -> Any:
    agent = given.known("agent")
    if agent is False:
        return type(default_agent)()
    if agent is None:
        return None if callable(given.known("create_connection")) else default_agent
    check.check_agent(agent)
    return agent


@lru_cache(64)
def _host_header(host: str, port: str, default_port: str) -> str:
    """The Host header (RFC 9112 section 3.2): an IPv6 address in brackets, the port unless it is the usual one."""
    host = _bracketed(host)
    return host if port == default_port else f"{host}:{port}"


def _bracketed(host: str) -> str:
    """A host as it is written where a port may follow."""
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host


def _set_socket_timeout(socket: Any, msecs: float) -> None:
    if getattr(socket, "connecting", False):
        socket.once("connect", lambda: socket.set_timeout(msecs))
    else:
        socket.set_timeout(msecs)


def request(
    url: UrlLike | Mapping[str, Any] | Callback | None = None,
    options: Mapping[str, Any] | Callback | None = None,
    callback: Callback | None = None,
    **keywords: Any,
) -> ClientRequest:
    """Make a request; it is sent by writing to it and by `end()`. For the arguments see ClientRequest.

    Node: http.request
    """
    return ClientRequest(url, options, callback, **keywords)


def get(
    url: UrlLike | Mapping[str, Any] | Callback | None = None,
    options: Mapping[str, Any] | Callback | None = None,
    callback: Callback | None = None,
    **keywords: Any,
) -> ClientRequest:
    """Make a request and end it at once. For the arguments see ClientRequest. Node: http.get"""
    return ClientRequest(url, options, callback, **keywords).end()
