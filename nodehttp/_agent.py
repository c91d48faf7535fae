"""`Agent`: opens the sockets of requests, and keeps them to be used again.

Which socket goes to whom is decided in `_agent_pool.py`; here it is done.

Node: http.Agent
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar
from weakref import WeakKeyDictionary, ref

from nodestream._names import node_alias, node_name
from nodestream._options import normalized
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, ERR_OUT_OF_RANGE, ERR_PROXY_TUNNEL
from nodestream.events import EventEmitter
from nodestream.loop import EventLoop, current_loop

from . import net
from ._agent_pool import Open, Pool, Reuse
from ._agent_socket import PooledSocket, tell
from ._client_options import CONNECT_OPTIONS
from ._global_agent import GlobalAgent
from ._net_arguments import given_options, split_callback
from ._options import Options
from ._parsing import chosen_engine
from ._proxy_env import proxy_of
from ._proxy_tunnel import connect_to_proxy

if TYPE_CHECKING:
    from nodestream._duplex import Duplex

    from ._client import ClientRequest
    from ._incoming import IncomingMessage

SocketCallback = Callable[..., object]

AGENT_OPTIONS = CONNECT_OPTIONS | {
    "agent_keep_alive_timeout_buffer",
    "default_port",
    "keep_alive_msecs",
    "max_free_sockets",
    "max_sockets",
    "max_total_sockets",
    "parser",
    "protocol",
    "proxy_env",
    "scheduling",
}

_PARTS_OF_A_NAME = ("host", "port", "local_address", "family", "socket_path")

# RFC 2068 section 19.7.1.1, as far as Node reads it; `\d` would take digits of other scripts too.
_KEEP_ALIVE_TIMEOUT = re.compile(r"timeout=([0-9]+)")
_LONGEST_HINT = 15
"""Digits; a longer number is beyond any timer."""


class Agent(EventEmitter):
    """Opens the sockets of requests, and keeps them to be used again.

    Options (keywords, or one mapping, in either spelling), and those of `net.connect` for all its sockets:
        keep_alive: keep sockets for later requests (False).
        keep_alive_msecs: how long a kept socket is silent before TCP probes it, in milliseconds (1000).
        agent_keep_alive_timeout_buffer: how much before the time that the server announced a kept socket is given up,
            in milliseconds (1000).
        max_sockets: how many sockets there may be to one origin (`Agent.default_max_sockets`, no limit).
        max_total_sockets: how many there may be in all, idle ones included (no limit).
        max_free_sockets: how many may be idle for one origin (256).
        scheduling: "lifo", which lets superfluous sockets time out, or "fifo", which uses them all ("lifo").
        timeout: after how many milliseconds without traffic a socket emits `timeout`, and an idle one is closed.
        parser: the engine that parses responses, unless a request asks for another, see ClientRequest.
        protocol, default_port: of the requests ("http:", 80).
        proxy_env: a mapping such as `os.environ`, in which HTTP_PROXY names a proxy to send all requests through and
            NO_PROXY the hosts that are excepted, see `_proxy_env.py` (no proxy).

    Attributes:
        requests, sockets, free_sockets: what waits, is busy and is idle in the current event loop, by `get_name()`.

    Events: `free(socket, options)` when a socket is done with its request.

    Raises ERR_INVALID_ARG_VALUE for another `scheduling`, ERR_INVALID_ARG_TYPE or ERR_OUT_OF_RANGE for
    `max_total_sockets` that are no number or less than 1, ERR_PROXY_INVALID_CONFIG for a proxy that is no URL.

    Node: http.Agent
    """

    default_max_sockets: ClassVar[float] = math.inf
    defaultMaxSockets: ClassVar[float] = node_alias("default_max_sockets")

    default_port: int
    defaultPort: int = node_alias("default_port")
    keep_alive: bool
    keepAlive: bool = node_alias("keep_alive")
    keep_alive_msecs: float
    keepAliveMsecs: float = node_alias("keep_alive_msecs")
    agent_keep_alive_timeout_buffer: float
    agentKeepAliveTimeoutBuffer: float = node_alias("agent_keep_alive_timeout_buffer")
    max_sockets: float
    maxSockets: float = node_alias("max_sockets")
    max_total_sockets: float
    maxTotalSockets: float = node_alias("max_total_sockets")
    max_free_sockets: float
    maxFreeSockets: float = node_alias("max_free_sockets")

    _known_options = AGENT_OPTIONS
    _default_protocol = "http:"
    _default_port = 80

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        super().__init__()
        normalized(self._known_options, None, keywords, type(self).__name__)
        # Not the `path` of a request: to net, that would be the path of a Unix socket.
        given = self.options = Options({"no_delay": True}, options, keywords).without("path")
        self.protocol: str = given.known("protocol") or self._default_protocol
        self.default_port = given.known("default_port") or self._default_port
        self.keep_alive = bool(given.known("keep_alive"))
        self.keep_alive_msecs = given.known("keep_alive_msecs") or 1000
        self.agent_keep_alive_timeout_buffer = _buffer(given.known("agent_keep_alive_timeout_buffer"))
        self._engine = None if given.known("parser") is None else chosen_engine(given["parser"])
        self._proxy = proxy_of(given.known("proxy_env"), self.protocol)
        self.max_sockets = given.known("max_sockets") or self.default_max_sockets
        self.max_free_sockets = given.known("max_free_sockets") or 256
        self.scheduling: str = _checked_scheduling(given.known("scheduling") or "lifo")
        self.max_total_sockets = _checked_total(given.known("max_total_sockets"))
        self._pools: WeakKeyDictionary[EventLoop, Pool] = WeakKeyDictionary()
        self._recent: tuple[Callable[[], EventLoop | None], Pool | None] = (lambda: None, None)
        self.on("free", self._on_free)

    # --- the tables ---

    @property
    def _pool(self) -> Pool:
        """The sockets of the current event loop: those of another one could not be used in it."""
        loop = current_loop()
        recent_loop, pool = self._recent
        if pool is None or recent_loop() is not loop:
            pool = self._pools.get(loop)
            if pool is None:
                pool = self._pools[loop] = Pool(self)
            self._recent = (ref(loop), pool)
        return pool

    @property
    def requests(self) -> dict[str, list[ClientRequest]]:
        """The requests that wait for a socket, by name. Node: agent.requests"""
        return self._pool.requests

    @property
    def sockets(self) -> dict[str, list[Duplex]]:
        """The sockets that serve a request, by name. Node: agent.sockets"""
        return self._pool.sockets

    @property
    def free_sockets(self) -> dict[str, list[Duplex]]:
        """The sockets that wait for a request, by name. Node: agent.freeSockets"""
        return self._pool.free_sockets

    freeSockets: dict[str, list[Duplex]] = node_alias("free_sockets")

    @property
    def total_socket_count(self) -> int:
        """How many sockets there are, idle ones included. Node: agent.totalSocketCount"""
        return self._pool.total

    totalSocketCount: int = node_alias("total_socket_count")

    def get_name(self, options: Mapping[str, Any] | ClientRequest | None = None, /, **keywords: Any) -> str:
        """The key of the tables for a request: `host:port:localAddress`, and family and Unix socket if they are set.

        The options may be a mapping, or anything with attributes of those names. Node: agent.getName
        """
        given = options if type(options) is Options and not keywords else named_options(options, keywords)
        parts = map(given.known, _PARTS_OF_A_NAME)
        try:
            return _kept_name(*parts)
        except TypeError:  # one that has no hash
            return _name(*map(given.known, _PARTS_OF_A_NAME))

    getName = node_name(get_name)

    # --- a request comes ---

    def add_request(
        self,
        request: ClientRequest,
        options: Mapping[str, Any] | str,
        port: int | None = None,
        local_address: str | None = None,
    ) -> None:
        """Give the request a socket, now or when there is one. It hears of it through `request.on_socket()`.

        Node: agent.addRequest
        """
        if isinstance(options, str):
            options = Options({"host": options, "port": port, "local_address": local_address})
        pool = self._pool
        if pool.free_sockets and self._names_plainly(options, request):
            idle = pool.reuse(self.get_name(options))
            if idle is not None:
                self._use(idle, request)
                return
        full = self._completed(options, request)
        decision = pool.place(self.get_name(full), request, full)
        if isinstance(decision, Reuse):
            self._use(decision.socket, request)
        elif isinstance(decision, Open):
            if decision.instead_of is not None:
                decision.instead_of.destroy()
            self._open(request, full)

    addRequest = node_name(add_request)

    def _names_plainly(self, options: Mapping[str, Any], request: ClientRequest) -> bool:
        """Whether `get_name` gives for these options what it gives for the complete ones, which nobody has to see then.

        The agent's own options have no part in the name, and the request's Host header, of which the server name is
        made, is fit for that.
        """
        return (
            type(options) is Options
            and getattr(self.get_name, "__func__", None) is Agent.get_name
            and self.options.keys().isdisjoint(_PARTS_OF_A_NAME)
            and type(request.get_header("host")) is str
        )

    def _use(self, socket: Duplex, request: ClientRequest) -> None:
        """An idle socket has something to do."""
        pooled = PooledSocket.of(socket)
        if pooled is not None:
            pooled.stop_guarding()
        self.reuse_socket(socket, request)
        self._assign(request, socket)

    def _open(self, request: ClientRequest, options: Options) -> None:
        def opened(error: BaseException | None, socket: Duplex | None = None) -> None:
            if error is not None or socket is None:
                _tell_of_tunnel(request, error)
                request.on_socket(socket, error)
            else:
                self._assign(request, socket)

        self.create_socket(request, options, opened)

    def _assign(self, request: ClientRequest, socket: Duplex) -> None:
        request.on_socket(socket)
        wanted = request.timeout
        if wanted is not None and wanted != (self.options.known("timeout") or 0):
            tell(socket, "set_timeout", wanted)

    def _completed(self, options: Mapping[str, Any], request: ClientRequest) -> Options:
        """The options of a request, under those of the agent."""
        full = (options if type(options) is Options else Options(options)).under(self.options)
        full.pop("path", None)  # what the request asks for is not the socket's business
        if full.known("socket_path") is not None:
            full["path"] = full["socket_path"]
        if full.known("servername") is None:
            full["servername"] = _server_name(full.known("host"), request.get_header("host"))
        return full

    def create_socket(self, request: ClientRequest, options: Mapping[str, Any], callback: SocketCallback) -> None:
        """Open a socket for the request, take it into the pool, and call `callback(error, socket)`.

        Node: agent.createSocket
        """
        full = self._completed(options, request)
        timeout = request.timeout or self.options.known("timeout")
        if timeout:
            full["timeout"] = timeout
        name = full["_agent_key"] = self.get_name(full)
        if self.keep_alive:
            full["keep_alive"] = self.keep_alive
            full["keep_alive_initial_delay"] = self.keep_alive_msecs
        called = False

        def created(error: BaseException | None = None, socket: Duplex | None = None) -> None:
            nonlocal called
            if called:
                return
            called = True
            if error is None and socket is not None:
                self._pool.add(name, socket)
                PooledSocket(self, socket, full)
            callback(error, socket)

        socket = self.create_connection(full, created)
        if socket is not None:
            created(None, socket)

    createSocket = node_name(create_socket)

    def create_connection(self, *args: Any, **keywords: Any) -> Duplex | None:
        """Hook: called with options and a callback, opens a socket and returns it, or calls `callback(error, socket)`.

        By default that is a socket of `net.connect`, with the same arguments: the callback listens to `connect`. If the
        request goes through a proxy, the socket leads there.

        Node: agent.createConnection
        """
        if self._proxy is None:
            return net.connect(*args, **keywords)
        positional, callback = split_callback(args)
        if not self._proxy.serves(Options(given_options(positional), keywords)):
            return net.connect(*args, **keywords)
        socket = connect_to_proxy(self._proxy)
        if callback is not None:
            socket.once("connect", callback)
        return socket

    createConnection = node_name(create_connection)

    # --- a socket is free, or gone ---

    def _on_free(self, socket: Duplex, options: Options, *_: object) -> None:
        name = self.get_name(options)
        if not socket.writable:
            socket.destroy()
            return
        pool = self._pool
        waiting = pool.next_waiting(name)
        if waiting is not None:
            self._assign(waiting, socket)
        elif self._wants_to_keep(socket) and pool.may_become_idle(name) and self.keep_socket_alive(socket):
            pool.become_idle(name, socket)
            pooled = PooledSocket.of(socket)
            if pooled is not None:
                pooled.guard()
        else:
            socket.destroy()

    def _wants_to_keep(self, socket: Any) -> bool:
        message = getattr(socket, "_http_message", None)
        return bool(message is not None and message.should_keep_alive and self.keep_alive)

    def remove_socket(self, socket: Duplex, options: Mapping[str, Any]) -> None:
        """Forget a socket; a request that waits for its place gets a new one.

        Node: agent.removeSocket
        """
        self._pool.forget(socket)
        wanted = self._pool.wanted_after(self.get_name(options))
        if wanted is None:
            return
        request, its_options = wanted

        def opened(error: BaseException | None, socket: Duplex | None = None) -> None:
            if error is not None or socket is None:
                self._pool.withdraw(self.get_name(its_options), request)
                _tell_of_tunnel(request, error)
                request.on_socket(None, error)
            else:
                socket.emit("free")  # whoever is first now gets it

        self.create_socket(request, its_options, opened)

    removeSocket = node_name(remove_socket)

    def keep_socket_alive(self, socket: Duplex) -> bool:
        """Hook: a socket is about to be kept; False lets it be closed instead.

        By default it is set to be probed by TCP, does not keep the event loop alive, and times out after the agent's
        `timeout`, or a little before the server has announced to close it.

        Node: agent.keepSocketAlive
        """
        tell(socket, "set_keep_alive", True, self.keep_alive_msecs)
        tell(socket, "unref")
        timeout = self.options.known("timeout") or 0
        announced = self._announced_timeout(socket)
        lasts = announced is None or announced > 0  # else the server may be closing it by the time that it is used
        if announced is not None and lasts:
            timeout = min(timeout, announced)
        if getattr(socket, "timeout", None) != timeout:
            tell(socket, "set_timeout", timeout)
        return lasts

    keepSocketAlive = node_name(keep_socket_alive)

    def _announced_timeout(self, socket: Duplex) -> float | None:
        """How long the server's last response lets the socket be idle, in milliseconds; None if it does not say."""
        request = getattr(socket, "_http_message", None)  # that it has just served
        response: IncomingMessage | None = getattr(request, "res", None)
        header = None if response is None else response._first_value("keep-alive")
        hint = None if header is None else _hinted(header)
        return None if hint is None else hint - self.agent_keep_alive_timeout_buffer

    def reuse_socket(self, socket: Duplex, request: ClientRequest) -> None:
        """Hook: a kept socket is about to serve `request`. Node: agent.reuseSocket"""
        request.reused_socket = True
        tell(socket, "ref")

    reuseSocket = node_name(reuse_socket)

    def destroy(self) -> None:
        """Destroy all its sockets, busy ones too. Node: agent.destroy"""
        for socket in self._pool:
            socket.destroy()

    def __repr__(self) -> str:
        pool = self._pool
        busy, idle, waiting = (sum(map(len, t.values())) for t in (pool.sockets, pool.free_sockets, pool.requests))
        return f"<{type(self).__name__} {busy} busy, {idle} idle sockets, {waiting} requests waiting>"


def _name(host: Any, port: Any, local_address: Any, family: Any, socket_path: Any) -> str:
    name = f"{host or 'localhost'}:{port or ''}:{local_address or ''}"
    if family in (4, 6):
        name += f":{family}"
    return f"{name}:{socket_path}" if socket_path else name


_kept_name = lru_cache(256, typed=True)(_name)
"""A program asks the same few servers again and again."""


def named_options(given: Any, keywords: Mapping[str, Any]) -> Options:
    """What a name is made of, out of a mapping or of attributes, and of keywords."""
    if isinstance(given, Options) and not keywords:
        return given
    if given is not None and not isinstance(given, Mapping):
        given = {part: getattr(given, part, None) for part in _PARTS_OF_A_NAME}
    return Options(given, keywords)


def _tell_of_tunnel(request: ClientRequest, error: BaseException | None) -> None:
    """That a proxy did not open a tunnel is told at once, and not by the request itself."""
    if isinstance(error, ERR_PROXY_TUNNEL):
        if error.proxy_tunnel_timeout is not None:
            request.emit("timeout")
        request.emit("error", error)


@lru_cache(64)
def _hinted(header: str) -> float | None:
    """The timeout that a Keep-Alive header announces, in milliseconds."""
    hint = _KEEP_ALIVE_TIMEOUT.match(header)
    if hint is None:
        return None
    return math.inf if len(hint[1].lstrip("0")) > _LONGEST_HINT else int(hint[1]) * 1000


def _buffer(given: Any) -> float:
    is_number = isinstance(given, (int, float)) and not isinstance(given, bool)
    return given if is_number and 0 <= given < math.inf else 1000


def _checked_scheduling(scheduling: Any) -> str:
    if scheduling not in ("fifo", "lifo"):
        raise ERR_INVALID_ARG_VALUE("scheduling", scheduling, "must be one of: 'fifo', 'lifo'")
    return str(scheduling)


def _checked_total(total: Any) -> float:
    if total is None:
        return math.inf
    if isinstance(total, bool) or not isinstance(total, (int, float)):
        raise ERR_INVALID_ARG_TYPE("maxTotalSockets", "of type number", total)
    if not total >= 1:
        raise ERR_OUT_OF_RANGE("maxTotalSockets", ">= 1", total)
    return total


def _server_name(host: Any, host_header: Any) -> str:
    """The name that TLS asks the server to be: that of the Host header, without the port; none for an address."""
    if type(host_header) is str and host_header:
        return _name_in(host_header)
    if host_header in (None, ""):
        return _name_unless_address(host or "")
    if not isinstance(host_header, str):
        raise ERR_INVALID_ARG_TYPE("options.headers.host", "of type string", host_header)
    return _name_in(host_header)


@lru_cache(256)
def _name_in(host_header: str) -> str:
    name = host_header.partition(":")[0]
    if host_header.startswith("["):
        inside, bracket, _ = host_header[1:].partition("]")
        name = inside if bracket else host_header
    return _name_unless_address(name)


def _name_unless_address(name: str) -> str:
    return "" if net.is_ip(name) else name


global_agent = GlobalAgent(Agent)
"""That of requests that name none. Node: http.globalAgent"""
