"""`Server`: a net.Server that speaks TLS with those who connect.

Node: tls.Server
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from nodestream._names import node_alias, node_name
from nodestream._options import normalized
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_TLS_REQUIRED_SERVER_NAME,
)

from . import net
from ._net_checks import checked_number
from ._net_server import SERVER_OPTIONS as NET_OPTIONS
from ._net_socket import Socket
from ._options import Options
from ._tls_alpn import on_the_wire
from ._tls_context import CONTEXT_OPTIONS, SecureContext, create_secure_context
from ._tls_settings import TlsSettings, context_of
from ._tls_socket import TLSSocket

TICKET_KEYS = 48
"""Bytes."""

HANDSHAKE_TIMEOUT = 120_000
"""Milliseconds."""

SERVER_OPTIONS = (
    NET_OPTIONS
    | CONTEXT_OPTIONS
    | {
        "alpn_callback",
        "alpn_protocols",
        "handshake_timeout",
        "reject_unauthorized",
        "request_cert",
        "secure_context",
        "sni_callback",
    }
)


class Server(net.Server):
    """A listening server for TLS.

    Options (keywords, or one mapping, in either spelling), besides those of net.Server and create_secure_context:
        request_cert: ask clients for a certificate (False).
        reject_unauthorized: refuse a client without one that verifies, if it was asked for (True).
        alpn_protocols (`ALPNProtocols`): protocols to negotiate, the best one first.
        alpn_callback (`ALPNCallback`): `f({"servername", "protocols"})` returns the protocol to speak, None to refuse.
        sni_callback (`SNICallback`): `f(servername, done)` calls `done(error, secure_context)`, at once or later; by
            default the contexts of `add_context()` are asked.
        handshake_timeout: milliseconds for the handshake (120000).

    A function as second (or only) argument is added as listener of `secureConnection`.

    Events, besides those of net.Server: `secureConnection(socket)`; `tlsClientError(error, socket)` when a handshake
    has failed; `keylog(line, socket)` with the secrets of connections, if somebody listens.

    Raises what create_secure_context raises, ERR_INVALID_ARG_TYPE, ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS.

    Node: tls.Server
    """

    _known_options: ClassVar[Collection[str]] = SERVER_OPTIONS
    _default_protocols: ClassVar[Sequence[str] | None] = None

    def __init__(
        self,
        options: Mapping[str, Any] | Callable[..., Any] | None = None,
        secure_connection_listener: Callable[..., Any] | None = None,
        /,
        **keywords: Any,
    ) -> None:
        if callable(options):
            options, secure_connection_listener = None, options
        elif options is not None and not isinstance(options, Mapping):
            raise ERR_INVALID_ARG_TYPE("options", "of type object", options)
        normalized(self._known_options, None, keywords, type(self).__name__)
        given = Options(options, keywords)
        if given.known("alpn_callback") is None and given.known("alpn_protocols") is None:
            given["alpn_protocols"] = self._default_protocols
        self._contexts: list[tuple[re.Pattern[str], SecureContext]] = []
        self._settings = self._checked(given)
        super().__init__({name: value for name, value in given.items() if name in NET_OPTIONS})
        if secure_connection_listener is not None:
            self.on("secureConnection", secure_connection_listener)
        self.on("connection", self._on_raw_connection)

    def _checked(self, given: Options) -> TlsSettings:
        timeout = given.get("handshake_timeout", HANDSHAKE_TIMEOUT)
        given["handshake_timeout"] = checked_number(timeout, "options.handshakeTimeout")
        given["sni_callback"] = given.known("sni_callback") or self._context_for
        given["is_server"] = True
        return TlsSettings.of(given)

    @property
    def alpn_protocols(self) -> bytes | None:
        """What ALPN agrees on, as it goes on the wire; None for nothing. Node: server.ALPNProtocols"""
        names = self._settings.protocols
        return on_the_wire(names) if names else None

    ALPNProtocols: bytes | None = node_alias("alpn_protocols")

    @property
    def alpn_callback(self) -> Callable[..., Any] | None:
        """The option. Node: server.ALPNCallback"""
        return self._settings.alpn_callback

    ALPNCallback: Callable[..., Any] | None = node_alias("alpn_callback")

    # --- connections ---

    def _on_raw_connection(self, raw: Socket) -> None:
        socket = TLSSocket._accepting(raw, self._settings, self, paused=self.pause_on_connect)
        if self.listener_count("keylog"):
            socket.on("keylog", lambda line: self.emit("keylog", line, socket))
        socket._wrap(raw)

    def _secured(self, socket: Socket) -> None:
        """A handshake has succeeded."""
        self.emit("secureConnection", socket)

    def _handshake_failed(self, error: BaseException, socket: Socket) -> None:
        self.emit("tlsClientError", error, socket)

    # --- contexts ---

    def _context_for(self, servername: str, done: Callable[..., object]) -> None:
        for pattern, context in reversed(self._contexts):
            if pattern.fullmatch(servername):
                done(None, context)
                return
        done(None, None)

    def add_context(self, servername: str, context: SecureContext | Mapping[str, Any]) -> None:
        """Show another certificate to clients that ask for `servername`, in which "*" is any label.

        `context` is what create_secure_context has made, or its options. A later one wins.

        Raises ERR_TLS_REQUIRED_SERVER_NAME, and what create_secure_context raises. Node: server.addContext
        """
        if not servername:
            raise ERR_TLS_REQUIRED_SERVER_NAME()
        labels = re.escape(servername).replace(r"\*", "[^.]*")
        made = context if isinstance(context, SecureContext) else create_secure_context(context)
        self._contexts.append((re.compile(labels, re.IGNORECASE), made))

    addContext = node_name(add_context)

    def set_secure_context(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        """Use other certificates and settings for the connections to come: the options of create_secure_context.

        Raises what that raises. Node: server.setSecureContext
        """
        if options is not None and not isinstance(options, Mapping):
            raise ERR_INVALID_ARG_TYPE("options", "of type object", options)
        self._settings = replace(self._settings, context=context_of(Options(options, keywords)))

    setSecureContext = node_name(set_secure_context)

    def get_ticket_keys(self) -> bytes:
        """48 bytes that stand for the keys of sessions. Node: server.getTicketKeys"""
        return self._settings.context.ticket_keys

    getTicketKeys = node_name(get_ticket_keys)

    def set_ticket_keys(self, keys: bytes) -> None:
        """Resume no session of before. `keys` are 48 bytes.

        The keys themselves are not used, because Python's `ssl` makes its own: servers cannot share their sessions.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. Node: server.setTicketKeys
        """
        if not isinstance(keys, (bytes, bytearray, memoryview)):
            raise ERR_INVALID_ARG_TYPE("buffer", "an instance of Buffer, TypedArray, or DataView", keys)
        if len(keys) != TICKET_KEYS:
            raise ERR_INVALID_ARG_VALUE("buffer", len(keys), "must be exactly 48 bytes")
        self._settings = replace(self._settings, context=self._settings.context.renewed(bytes(keys)))

    setTicketKeys = node_name(set_ticket_keys)


def create_server(
    options: Mapping[str, Any] | Callable[..., Any] | None = None,
    secure_connection_listener: Callable[..., Any] | None = None,
    /,
    **keywords: Any,
) -> Server:
    """A new Server, with the same arguments. Node: tls.createServer"""
    return Server(options, secure_connection_listener, **keywords)
