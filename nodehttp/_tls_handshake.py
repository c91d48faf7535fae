"""How a TLSSocket comes to be secure: what it begins with, whom it accepts, what it tells of, and how it fails.

The rules:

1. A client begins when it is connected; a server when it has seen the ClientHello, with what it has chosen by that.
2. The peer is accepted before anything is encrypted for it, or delivered of it. A check that fails itself accepts
   nobody.
3. Until the handshake is done a failure is told to the server, which emits `tlsClientError`; afterwards to the socket.

Node: tls.TLSSocket
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING, Any

from nodestream._arity import tolerant
from nodestream._names import node_alias, node_name
from nodestream.errors import ERR_TLS_HANDSHAKE_TIMEOUT, conn_reset_exception

from ._net_socket import Socket
from ._tls_channel import TlsChannel
from ._tls_client_hello import ClientHello
from ._tls_context import SecureContext
from ._tls_engine import RECORD, Engine, TlsEngine
from ._tls_errors import tls_error, write_error
from ._tls_lenient import LenientEngine, lenient_context
from ._tls_negotiation import NO_APPLICATION_PROTOCOL, NoCommonProtocol, choose_context, choose_protocol
from ._tls_sessions import Session, keep_session, session_for
from ._tls_settings import TlsSettings
from ._tls_verification import verified

if TYPE_CHECKING:
    from ._tls_server import Server as TlsServer


class Handshake(Socket):
    """The part of a TLSSocket that makes it secure."""

    encrypted: bool = True
    """Node: tlsSocket.encrypted"""
    authorized: bool = False
    authorization_error: str | None = None
    authorizationError: str | None = node_alias("authorization_error")
    alpn_protocol: str | bool | None = None
    alpnProtocol: str | bool | None = node_alias("alpn_protocol")
    servername: str | bool | None = None
    secure_connecting: bool = True
    """Whether the handshake is not done yet. Node: tlsSocket.secureConnecting"""
    secureConnecting: bool = node_alias("secure_connecting")

    _settings: TlsSettings
    _server_name: str | None = None  # that the client asks for
    _session: bytes | None = None  # to resume
    _own_context: SecureContext | None = None  # that a server has chosen
    _largest_record: int = RECORD  # in bytes
    _own_session: Session | None = None  # what get_session() gave, or what was resumed
    _verdict: BaseException | None = None  # what is wrong with the peer
    _last_session: bytes | None = None  # that was told of
    _handshaking_for: TlsServer | None = None  # who wants to hear of failures, until the handshake is done
    _tls: TlsChannel | None = None  # the channel, until the destruction

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
            engine.largest_record = self._largest_record
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
            else:
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
        self._own_context = secure_context
        try:
            engine = self._server_engine(hello, secure_context)
        except NoCommonProtocol as error:
            channel.send_alert(NO_APPLICATION_PROTOCOL)
            self.destroy(error)
        except Exception as error:  # of the ALPNCallback, or no descriptor left
            self.destroy(error)
        else:
            engine.largest_record = self._largest_record
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
        self.alpn_protocol = (engine is not None and engine.alpn_protocol) or False
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

    # --- sessions ---

    def set_session(self, session: bytes) -> None:
        """The session to resume; before the handshake. Node: tlsSocket.setSession"""
        self._session = session

    setSession = node_name(set_session)

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

    # --- the end ---

    def _close_handle(self, had_error: bool) -> None:
        self._tls = None
        super()._close_handle(had_error)

    @property
    def _engine(self) -> TlsEngine | None:
        return self._tls.engine if self._tls is not None else None

    @property
    def _secure_engine(self) -> TlsEngine | None:
        return self._tls.engine if self._tls is not None and self._tls.secure else None
