"""`TLSSocket`: a Socket whose bytes are encrypted on the way.

What it is laid over is in `_tls_wrapping.py`; how it comes to be secure in `_tls_handshake.py`; what is encrypted when
in `_tls_channel.py`.

Node: tls.TLSSocket
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from nodestream._arity import tolerant
from nodestream._duplex import Duplex
from nodestream._names import node_name
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_TLS_SNI_FROM_SERVER
from nodestream.loop import next_tick

from ._net_checks import LARGEST_INT32, checked_function, checked_integer
from ._net_socket import SOCKET_OPTIONS as NET_OPTIONS
from ._net_socket import Socket
from ._options import Options
from ._tls_certificate import peer_certificate
from ._tls_ciphers import cipher_description
from ._tls_engine import RECORD, SMALLEST_RECORD
from ._tls_errors import openssl_error
from ._tls_settings import TlsSettings
from ._tls_wrapping import Wrapping

if TYPE_CHECKING:
    from ._tls_server import Server as TlsServer


_TOO_NEW = ("wrong ssl version", 0x0A00010A)
_NO_RENEGOTIATION = ("no renegotiation", 0x0A000153)

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

    # --- records ---

    def set_max_send_fragment(self, size: int) -> bool:
        """Put no more than `size` bytes of what is written in one record: 512 to 16384, which is what holds at first.

        A peer can use a record when all of it has come: small ones spare it waiting, and cost more.

        Returns whether it holds now: not with another number, and not after the connection was closed.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: tlsSocket.setMaxSendFragment
        """
        checked_integer(size, "size", -LARGEST_INT32 - 1, LARGEST_INT32)
        if self.destroyed or not SMALLEST_RECORD <= size <= RECORD:
            return False
        self._largest_record = int(size)
        if self._engine is not None:
            self._engine.largest_record = self._largest_record
        return True

    setMaxSendFragment = node_name(set_max_send_fragment)

    # --- renegotiation ---

    def disable_renegotiation(self) -> None:
        """Does nothing: Python's `ssl` cannot renegotiate, and here no peer may.

        Node: tlsSocket.disableRenegotiation
        """

    disableRenegotiation = node_name(disable_renegotiation)

    def renegotiate(self, options: Mapping[str, Any], callback: Callable[..., object] | None = None, /) -> bool | None:
        """Call `callback(error)` with ERR_SSL_WRONG_SSL_VERSION, for TLS 1.3 has no renegotiation; before the handshake
        and with TLS 1.2 with ERR_SSL_NO_RENEGOTIATION, for Python's `ssl` cannot do it.

        Returns False; None, without a call, if the connection is closed. Raises ERR_INVALID_ARG_TYPE.

        Node: tlsSocket.renegotiate
        """
        if not isinstance(options, Mapping):
            raise ERR_INVALID_ARG_TYPE("options", "of type object", options, nothing="null")
        checked_function(callback, "callback")
        if self.destroyed:
            return None
        if callback is not None:
            refused = _TOO_NEW if self.get_protocol() == "TLSv1.3" else _NO_RENEGOTIATION
            next_tick(tolerant(callback), openssl_error("SSL", *refused))
        return False

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

    def get_certificate(self) -> dict[str, Any] | None:
        """The own certificate, empty if there is none, None when the connection is closed. Of several it is the last.

        Node: tlsSocket.getCertificate
        """
        if self.destroyed:
            return None
        own = (self._own_context or self._settings.context).certificate
        return {} if own is None else peer_certificate(own)

    getCertificate = node_name(get_certificate)

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
