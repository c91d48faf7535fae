"""`TLSSocket`: a Socket whose bytes are encrypted on the way.

What is encrypted where is in `_tls_channel.py`; whom to trust in `_tls_verification.py`; what a server chooses in
`_tls_negotiation.py`.

Node: tls.TLSSocket
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from nodestream._arity import tolerant
from nodestream._duplex import Duplex
from nodestream._names import node_alias, node_name
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_SOCKET_CLOSED,
    ERR_TLS_HANDSHAKE_TIMEOUT,
    ERR_TLS_SNI_FROM_SERVER,
    conn_reset_exception,
)
from nodestream.loop import EventLoop, current_loop

from ._net_channel import Channel, ConnectedChannel
from ._net_hold import Hold
from ._net_kernel import KernelSocket
from ._net_socket import SOCKET_OPTIONS as NET_OPTIONS
from ._net_socket import Socket
from ._options import Options
from ._tls_certificate import peer_certificate
from ._tls_channel import TlsChannel
from ._tls_ciphers import cipher_description
from ._tls_client_hello import ClientHello
from ._tls_context import SecureContext
from ._tls_engine import Engine, TlsEngine
from ._tls_errors import tls_error, write_error
from ._tls_lenient import LenientEngine, lenient_context
from ._tls_negotiation import NO_APPLICATION_PROTOCOL, NoCommonProtocol, choose_context, choose_protocol
from ._tls_sessions import Session, keep_session, session_for
from ._tls_settings import TlsSettings
from ._tls_stream_channel import StreamChannel
from ._tls_verification import verified

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


class TLSSocket(Socket):
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

    encrypted: bool = True
    authorized: bool = False
    authorization_error: str | None = None
    authorizationError: str | None = node_alias("authorization_error")
    alpn_protocol: str | bool | None = None
    alpnProtocol: str | bool | None = node_alias("alpn_protocol")
    servername: str | bool | None = None
    secure_connecting: bool = True
    """Whether the handshake is not done yet. Node: tlsSocket.secureConnecting"""
    secureConnecting: bool = node_alias("secure_connecting")

    _server_name: str | None = None  # that the client asks for
    _session: bytes | None = None  # to resume
    _own_session: Session | None = None  # what get_session() gave, or what was resumed
    _verdict: BaseException | None = None  # what is wrong with the peer
    _last_session: bytes | None = None  # that was told of
    _handshaking_for: TlsServer | None = None  # who wants to hear of failures, until the handshake is done
    _tls: TlsChannel | None = None  # the channel, until the destruction

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

    # --- the channel ---

    def _open_channel(self, loop: EventLoop, sock: KernelSocket, hold: Hold) -> None:
        kernel = Channel(loop, sock, self, hold)
        self._channel = self._tls = TlsChannel(loop, kernel, self, lambda reset: kernel.close(reset=reset))
        self._tune()
        self.prepend_once_listener("connect", self._begin_handshake)  # whatever the other listeners do

    def _wrap(self, socket: Any) -> None:
        """Speak TLS over a socket that somebody else has opened."""
        if not isinstance(socket, Duplex):
            raise ERR_INVALID_ARG_TYPE("socket", "an instance of stream.Duplex", socket)
        socket.on("error", self.destroy)
        socket.on("close", lambda: self._wrapped_closed(socket))
        if _is_yet_to_connect(socket):
            self.connecting = True
            socket.once("connect", lambda: self._wrapped_connected(socket))
        else:
            self._take_over(socket)
            self._begin_handshake()
            self._read_unless_paused()

    def _read_unless_paused(self) -> None:
        if self.readable_flowing is not False:
            self.read(0)

    def _wrapped_closed(self, socket: Duplex) -> None:
        if socket.readable_ended and not self.readable_ended:
            self.once("end", self.destroy)  # what has come can still be read
        else:
            self.destroy()

    def _wrapped_connected(self, socket: Duplex) -> None:
        if self.destroyed:
            return
        self.connecting = False
        self._take_over(socket)
        self._begin_handshake()
        self._read_unless_paused()
        if not self.destroyed:
            self.emit("connect")
            self.emit("ready")

    def _take_over(self, socket: Duplex) -> None:
        """The bytes of `socket` are ours from now on: past it those of its channel, or else its own."""
        loop = current_loop()
        if socket.destroyed:
            self.destroy(ERR_SOCKET_CLOSED())
            return
        early = socket.read() if socket.readable_length else None
        lower: Any = _idle_channel_of(socket)
        if lower is not None:
            self._handle = socket._handle  # type: ignore[attr-defined]
        else:
            lower = StreamChannel(socket)
            self._handle = Hold(loop, self._release)
            self._handle.settle()

        def close(reset: bool) -> None:
            if reset and isinstance(socket, Socket):
                socket.reset_and_destroy()
            else:
                socket.destroy()

        self._channel = self._tls = TlsChannel(loop, lower, self, close)
        if early:
            self._tls.keep(early)

    # --- the handshake ---

    def _begin_handshake(self) -> None:
        channel, settings = self._tls, self._settings
        if channel is None:
            return  # it was destroyed meanwhile
        if settings.handshake_timeout:
            self.set_timeout(settings.handshake_timeout, self._handshake_timed_out)
        if settings.is_server:
            channel.await_hello()
            return
        try:
            engine = self._client_engine()
        except Exception as error:  # a name that cannot be sent, or no descriptor left
            self.destroy(error)
        else:
            channel.begin(engine)

    def _handshake_timed_out(self) -> None:
        self.destroy(ERR_TLS_HANDSHAKE_TIMEOUT())

    def _client_engine(self) -> Engine:
        settings = self._settings
        context = self._ssl_context = settings.context.ssl_context(
            server=False, verify=settings.reject_unauthorized, alpn=settings.protocols
        )
        session = self._own_session = session_for(self._session, context, settings.expected)
        return Engine(
            context,
            server_side=False,
            server_name=self._server_name,
            session=session.native if session is not None else None,
            logs_keys=self.listener_count("keylog") > 0,
        )

    def _choose_engine(self, hello: ClientHello | None) -> None:
        settings = self._settings

        def chosen(error: BaseException | None, context: SecureContext | None) -> None:
            if error is not None or context is None:
                self.destroy(error)
            elif self._tls is not None:
                self._serve(hello, context)

        try:
            choose_context(hello, settings.sni_callback, settings.context, chosen)
        except Exception as error:  # of the callback
            self.destroy(error)

    def _serve(self, hello: ClientHello | None, secure_context: SecureContext) -> None:
        """A server: begin, with what was chosen."""
        channel = self._tls
        if channel is None:
            return
        self._server_name = hello.server_name if hello is not None else None
        try:
            engine = self._server_engine(hello, secure_context)
        except NoCommonProtocol as error:
            channel.send_alert(NO_APPLICATION_PROTOCOL)
            self.destroy(error)
        except Exception as error:  # of the ALPNCallback, or no descriptor left
            self.destroy(error)
        else:
            channel.begin(engine)

    def _server_engine(self, hello: ClientHello | None, secure_context: SecureContext) -> TlsEngine:
        settings = self._settings
        protocol = choose_protocol(hello, settings.alpn_callback, settings.protocols)
        if settings.takes_any_certificate:
            return LenientEngine(lenient_context(secure_context, protocol))
        context = self._ssl_context = secure_context.ssl_context(
            server=True,
            verify=settings.reject_unauthorized,
            request_cert=settings.request_cert,
            alpn=() if protocol is None else (protocol,),
        )
        random = hello.random if hello is not None else b""
        return Engine(context, server_side=True, client_random=random, logs_keys=self.listener_count("keylog") > 0)

    def _accepts_peer(self) -> bool:
        engine = self._engine
        if self._settings.handshake_timeout:
            self.set_timeout(0, self._handshake_timed_out)
        self.secure_connecting = False
        self.alpn_protocol = engine.alpn_protocol or False if engine is not None else False
        self.servername = self._server_name or False
        error = self._verdict = self._verification_error()
        self.authorized = error is None and (self._settings.request_cert or not self._settings.is_server)
        if error is not None:
            self.authorization_error = getattr(error, "code", None) or str(error)
            if self._settings.reject_unauthorized:
                self.destroy(error)
        return not self.destroyed

    def _handshake_done(self) -> None:
        try:
            self._tell_keys()
        finally:
            if not self.destroyed:
                self._announce()

    def _announce(self) -> None:
        heard = self.listener_count("secure")
        server, self._handshaking_for = self._handshaking_for, None
        if server is not None:
            self.remove_listener("error", self._note_handshake_error)
            server._secured(self)
        elif not self._settings.is_server:
            self.emit("secureConnect")
        if heard:
            self.emit("secure")

    def _verification_error(self) -> BaseException | None:
        """What is wrong with the peer. A check that fails itself must not let anybody pass."""
        engine, resumed = self._engine, self._own_session
        if engine is None:
            return None
        if resumed is not None and engine.is_session_reused:
            return resumed.verdict
        try:
            return verified(engine, self._settings, self._identity_error)
        except Exception as error:
            return error

    def _note_handshake_error(self, error: BaseException) -> None:
        server, self._handshaking_for = self._handshaking_for, None
        if server is not None:
            server._handshake_failed(error, self)

    def _note_handshake_close(self, _had_error: bool) -> None:
        self._note_handshake_error(conn_reset_exception("socket hang up"))

    def _identity_error(self, certificate: dict[str, Any]) -> BaseException | None:
        """What is wrong with the name in a server's certificate."""
        host, compare = self._settings.expected
        error: BaseException | None = None if compare is None else tolerant(compare, 2)(host, certificate)
        return error or None

    def _handshake_cut(self) -> None:
        if self._settings.is_server:
            self.destroy()
            return
        error = conn_reset_exception("Client network socket disconnected before secure TLS connection was established")
        self.destroy(error)

    def _tls_failed(self, error: ssl.SSLError) -> None:
        channel, engine = self._tls, self._engine
        if isinstance(error, ssl.SSLCertVerificationError):
            self.destroy(tls_error(error, engine.built_chain() if engine is not None else ()))
        elif channel is not None and channel.is_writing:
            self.destroy(write_error(error))
        else:
            self.destroy(tls_error(error))

    def _tell_keys(self) -> None:
        engine = self._engine
        if engine is not None:
            for line in engine.key_log_lines():
                self.emit("keylog", line)

    def _records_read(self) -> None:
        self._tell_keys()
        if not self._settings.is_server and self.listener_count("session"):
            session = self.get_session()
            if session is not None and session != self._last_session:
                self._last_session = session
                self.emit("session", session)

    def _close_handle(self, had_error: bool) -> None:
        self._tls = None
        super()._close_handle(had_error)

    @property
    def _engine(self) -> TlsEngine | None:
        return self._tls.engine if self._tls is not None else None

    @property
    def _secure_engine(self) -> TlsEngine | None:
        return self._tls.engine if self._tls is not None and self._tls.secure else None

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

    def set_session(self, session: bytes) -> None:
        """The session to resume; before the handshake. Node: tlsSocket.setSession"""
        self._session = session

    setSession = node_name(set_session)

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

    def get_session(self) -> bytes | None:
        """The session, to be given to a later connection of this process as its option `session`.

        With TLS 1.3 there is none before something was received: use the event `session`. Node: tlsSocket.getSession
        """
        engine = self._secure_engine
        native = engine.session if engine is not None else None
        if native is None:
            return None
        own = self._own_session
        if own is None or own.native != native:
            own = keep_session(native, self._ssl_context, self._settings.expected, self._verdict)
            self._own_session = own
        return own.token

    getSession = node_name(get_session)

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


def _is_yet_to_connect(socket: Duplex) -> bool:
    if isinstance(socket, Socket):
        return socket.pending and not socket.destroyed
    return bool(getattr(socket, "connecting", False))


def _idle_channel_of(socket: Duplex) -> ConnectedChannel | None:
    """The kernel's channel of a net.Socket; None for other streams, and while what it was given before waits in it."""
    if not isinstance(socket, Socket) or isinstance(socket, TLSSocket):
        return None
    channel = socket._channel
    return channel if channel is not None and not channel.unsent else None
