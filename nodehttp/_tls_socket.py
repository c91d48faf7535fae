"""`TLSSocket`: a Socket whose bytes are encrypted on the way.

What it is laid over is in `_tls_wrapping.py`; how it comes to be secure in `_tls_handshake.py`; what is encrypted when
in `_tls_channel.py`.

Node: tls.TLSSocket
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nodestream._duplex import Duplex
from nodestream._names import node_name
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_TLS_SNI_FROM_SERVER

from ._net_socket import SOCKET_OPTIONS as NET_OPTIONS
from ._net_socket import Socket
from ._options import Options
from ._tls_certificate import peer_certificate
from ._tls_ciphers import cipher_description
from ._tls_settings import TlsSettings
from ._tls_wrapping import Wrapping

if TYPE_CHECKING:
    from ._tls_server import Server as TlsServer


_OF_THE_STREAM = NET_OPTIONS - {"fd", "handle", "onread"}

SOCKET_OPTIONS = NET_OPTIONS | {
    "alpn_callback",
    "alpn_protocols",
    "check_server_identity",
    "handshake_timeout",
    "is_server",
    "reject_unauthorized",
    "request_cert",
    "secure_context",
    "servername",
    "session",
    "sni_callback",
    "socket",
}
"""Those of TLS that are not a secure context's, and those of net."""


class TLSSocket(Wrapping):
    """A connection that is encrypted; made by `tls.connect()` and by servers, seldom by hand.

    Arguments: a net.Socket, or any Duplex, over which TLS is spoken (None: `connect()` makes a connection); options.

    Options, in either spelling, besides those of `create_secure_context` and of net.Socket:
        is_server: which side of the handshake this is (False).
        secure_context: what `create_secure_context` has made; by default it is made of the options.
        request_cert: a server asks for the client's certificate (False).
        reject_unauthorized: refuse a peer whose certificate does not verify (True).
        alpn_protocols (`ALPNProtocols`): protocols to negotiate, the best one first.
        alpn_callback, sni_callback: see tls.Server.
        session: of an earlier connection, to be resumed by a client.

    Attributes:
        encrypted: True; other sockets have no such attribute.
        authorized: whether the peer's certificate was verified.
        authorization_error: the code of what is wrong with it, None if nothing is.
        alpn_protocol: the protocol agreed on, False if none was; None before the handshake.
        servername: the name that the client asked for, False if it asked for none; None before the handshake.

    Events, besides those of net.Socket: `secureConnect` on a client; `session(session)` when there is one to resume;
    `keylog(line)` with the secrets, if somebody listened before the handshake; `secure` on both sides.

    Node: tls.TLSSocket
    """

    def __init__(
        self, socket: Duplex | None = None, options: Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> None:
        given = Options(options, keywords)
        self._settings = TlsSettings.of(given)
        self._server_name = self._settings.server_name
        self._session = self._settings.session
        stream = {name: value for name, value in given.items() if name in _OF_THE_STREAM}
        if isinstance(socket, Socket):
            stream["allow_half_open"] = socket.allow_half_open
        super().__init__(stream)
        if socket is not None:
            self._wrap(socket)

    @classmethod
    def _accepting(cls, raw: Socket, settings: TlsSettings, server: TlsServer, *, paused: bool) -> TLSSocket:
        """The server's side of a new connection; it begins when `raw` is wrapped."""
        socket = cls.__new__(cls)
        socket._settings = settings
        socket._begin_stream({"allow_half_open": raw.allow_half_open, "high_water_mark": raw.readable_high_water_mark})
        socket.server = server
        socket._handshaking_for = server
        socket.on("error", socket._note_handshake_error)
        socket.on("close", socket._note_handshake_close)
        if paused:
            socket.readable_flowing = False
        return socket

    # --- a client's wishes ---

    def set_servername(self, name: str) -> None:
        """What to ask the server to be (SNI); before the handshake.

        Raises ERR_INVALID_ARG_TYPE, ERR_TLS_SNI_FROM_SERVER. Node: tlsSocket.setServername
        """
        if not isinstance(name, str):
            raise ERR_INVALID_ARG_TYPE("name", "of type string", name)
        if self._settings.is_server:
            raise ERR_TLS_SNI_FROM_SERVER()
        self._server_name = name or None

    setServername = node_name(set_servername)

    # --- what was agreed ---

    def get_protocol(self) -> str | None:
        """ "TLSv1.2" or "TLSv1.3", None without a connection. Node: tlsSocket.getProtocol"""
        engine = self._secure_engine
        return engine.protocol if engine is not None else None

    getProtocol = node_name(get_protocol)

    def get_cipher(self) -> dict[str, str] | None:
        """`{"name", "standardName", "version"}`. Node: tlsSocket.getCipher"""
        engine = self._secure_engine
        return cipher_description(engine.cipher) if engine is not None else None

    getCipher = node_name(get_cipher)

    def is_session_reused(self) -> bool:
        """Whether an earlier session was resumed. Node: tlsSocket.isSessionReused"""
        engine = self._secure_engine
        return engine is not None and engine.is_session_reused

    isSessionReused = node_name(is_session_reused)

    def get_peer_certificate(self, detailed: bool = False) -> dict[str, Any] | None:
        """The peer's certificate, empty if it has sent none, None without a connection.

        `detailed` adds `issuerCertificate`, as far as the peer has sent the chain. Node: tlsSocket.getPeerCertificate
        """
        engine = self._secure_engine
        if engine is None:
            return None
        chain = engine.peer_certificates()
        if not chain:
            return {}
        return peer_certificate(chain[0], [*chain[1:], *engine.built_chain()], detailed=detailed)

    getPeerCertificate = node_name(get_peer_certificate)
