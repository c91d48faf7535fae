"""`Agent`: an agent whose sockets are encrypted, and whose sessions are resumed.

Node: https.Agent
"""

from __future__ import annotations

import json
import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from nodestream._js_string import js_string
from nodestream._names import node_alias, node_name

from . import _agent as http
from ._agent_socket import PooledSocket
from ._global_agent import GlobalAgent
from ._net_arguments import split_callback
from ._net_checks import is_number
from ._options import Options
from ._proxy_env import Proxy
from ._proxy_tunnel import open_tunnel
from ._tls_connect import CONNECT_OPTIONS, connect
from ._tls_context import SecureContext
from ._tls_identity import check_server_identity

if TYPE_CHECKING:
    from nodestream._duplex import Duplex

    from ._client import ClientRequest
    from ._net_socket import Socket
    from ._tls_socket import TLSSocket

_OWN_CHECK = "_own_identity_check"
"""The option that marks a request which checks the server's identity in its own way: a number for each."""

_numbers = count(1)

_context_numbers: WeakKeyDictionary[SecureContext, int] = WeakKeyDictionary()
"""Of the secure contexts that requests have brought along."""

_TLS_PARTS = (
    "ca",
    "cert",
    "client_cert_engine",
    "ciphers",
    "key",
    "pfx",
    "reject_unauthorized",
    "servername",
    "min_version",
    "max_version",
    "secure_protocol",
    "crl",
    "honor_cipher_order",
    "ecdh_curve",
    "dhparam",
    "secure_options",
    "session_id_context",
    "sigalgs",
    "private_key_identifier",
    "private_key_engine",
)
"""Options that sockets of one name have in common, in the order in which Node writes them."""

_SHOWN_IF_FALSE = frozenset({"honor_cipher_order", "reject_unauthorized", "secure_options"})


class Agent(http.Agent):
    """Opens the encrypted sockets of requests, keeps them to be used again, and resumes sessions.

    Options: those of nodehttp.Agent, and for all its sockets those of `tls.connect`, and
        max_cached_sessions: how many sessions are kept to be resumed, 0 for none (100).

    Events, besides those of nodehttp.Agent: `keylog(line, socket)`.

    Node: https.Agent
    """

    max_cached_sessions: int
    maxCachedSessions: int = node_alias("max_cached_sessions")

    _known_options = http.AGENT_OPTIONS | CONNECT_OPTIONS | {"max_cached_sessions"}
    _default_protocol = "https:"
    _default_port = 443

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        super().__init__(options, **keywords)
        wanted = self.options.known("max_cached_sessions")
        self.max_cached_sessions = 100 if wanted is None else wanted
        self._sessions: OrderedDict[str, bytes] = OrderedDict()

    def get_name(self, options: Mapping[str, Any] | ClientRequest | None = None, /, **keywords: Any) -> str:
        """As of nodehttp.Agent, and the options of TLS. Node: https.Agent#getName

        A request that trusts in a way of its own (`secure_context`, `check_server_identity`) has a name of its own too.
        """
        given = http.named_options(options, keywords)
        parts = [super().get_name(given), *(_shown(name, given) for name in _TLS_PARTS)]
        context = given.known("secure_context")
        if isinstance(context, SecureContext) and context is not self.options.known("secure_context"):
            parts.append(f"context {_number_of(context)}")
        own_check = given.known(_OWN_CHECK)
        if own_check is not None:
            parts.append(f"check {own_check}")
        return ":".join(parts)

    getName = node_name(get_name)

    def _completed(self, options: Mapping[str, Any], request: ClientRequest) -> Options:
        full = super()._completed(options, request)
        usual = (None, check_server_identity, self.options.known("check_server_identity"))
        if full.known("check_server_identity") not in usual and full.known(_OWN_CHECK) is None:
            full[_OWN_CHECK] = next(_numbers)
        return full

    def create_connection(self, *args: Any, **keywords: Any) -> Duplex | None:
        """Hook: as of nodehttp.Agent; also `create_connection(port, host, options)`.

        The socket is one of `tls.connect`, with the session of an earlier socket of the same name.

        Node: https.Agent#createConnection
        """
        positional, callback = split_callback(args)
        options = _gathered(positional, keywords)
        if self._proxy is None or callback is None or not self._proxy.serves(options):
            return self._connect(options)
        self._connect_through(self._proxy, options, callback)
        return None

    createConnection = node_name(create_connection)

    def _connect(self, options: Options) -> TLSSocket:
        """A socket that resumes the session of an earlier one, and whose session a later one resumes."""
        key = options.known("_agent_key") if options.known(_OWN_CHECK) is None else None
        session = self._sessions.get(key) if key is not None else None
        if session is not None and options.known("session") is None:
            options["session"] = session
        socket = connect(options)
        if key is not None:
            socket.on("session", lambda session: self._keep_session(key, session))
            socket.once("close", lambda had_error=False: self._forget_session(key, had_error))
        if self.listener_count("keylog"):
            socket.on("keylog", lambda line: self.emit("keylog", line, socket))
        return socket

    def _connect_through(self, proxy: Proxy, options: Options, callback: Callable[..., object]) -> None:
        """Speak TLS with the server, in a tunnel of the proxy's."""

        def opened(error: BaseException | None, tunnel: Socket | None) -> None:
            if error is not None or tunnel is None:
                callback(error, None)
                return
            options["socket"] = tunnel
            try:
                socket = self._connect(options)
            except Exception as refused:  # of an option
                tunnel.destroy()
                callback(refused, None)
                return

            def secured() -> None:
                socket.remove_listener("error", callback)
                callback(None, socket)

            socket.once("error", callback)  # until TLS is spoken, the request has no socket that could tell it
            socket.once("secureConnect", secured)

        open_tunnel(
            proxy,
            options.known("host") or "localhost",
            options.known("port") or self.default_port,
            opened,
            keep_alive=self.keep_alive or self.max_sockets != math.inf,
            timeout=options.known("timeout") or 0,
        )

    def keep_socket_alive(self, socket: Duplex) -> bool:
        """Hook: as of nodehttp.Agent. A socket that was checked in a request's own way serves no other.

        Node: https.Agent#keepSocketAlive
        """
        pooled = PooledSocket.of(socket)
        if pooled is not None and pooled.options.known(_OWN_CHECK) is not None:
            return False
        return super().keep_socket_alive(socket)

    keepSocketAlive = node_name(keep_socket_alive)

    # --- sessions ---

    def _keep_session(self, key: str, session: bytes) -> None:
        if self.max_cached_sessions == 0:
            return
        self._sessions.pop(key, None)
        while len(self._sessions) >= self.max_cached_sessions:
            self._sessions.popitem(last=False)
        self._sessions[key] = session

    def _forget_session(self, key: str, had_error: bool) -> None:
        if had_error:
            self._sessions.pop(key, None)


def _gathered(args: Sequence[Any], keywords: Mapping[str, Any]) -> Options:
    """`(options)` or `(port, host, options)`."""
    options = Options(next((each for each in args if isinstance(each, Mapping)), None), keywords)
    if args and is_number(args[0]):
        options["port"] = args[0]
    if len(args) > 1 and isinstance(args[1], str):
        options["host"] = args[1]
    return options


def _number_of(context: SecureContext) -> int:
    number = _context_numbers.get(context)
    if number is None:
        number = _context_numbers[context] = next(_numbers)
    return number


def _shown(name: str, options: Options) -> str:
    """An option as a part of a name."""
    value = options.known(name)
    if name == "servername" and value == options.known("host"):
        return ""
    if name == "sigalgs" and value:
        return json.dumps(value)
    if isinstance(value, (list, tuple)):
        return ",".join(map(_text, value))
    return _text(value) if value or name in _SHOWN_IF_FALSE else ""


def _text(value: Any) -> str:
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value).decode("utf-8", "replace")
    if isinstance(value, Mapping):  # a key with its passphrase, say; Node gives all such the same name
        return f"{js_string(value)} {sha256(repr(sorted(value.items())).encode()).hexdigest()}"
    return "" if value is None else js_string(value)


global_agent = GlobalAgent(Agent)
"""That of requests that name none. Node: https.globalAgent"""
