"""What a TLSSocket is told to do, out of its options."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from nodestream._arity import tolerant
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS,
    ERR_TLS_INVALID_CONTEXT,
    NodeTypeError,
)

from ._net_addresses import is_ip
from ._net_checks import checked_function
from ._options import Options
from ._tls_alpn import alpn_protocols
from ._tls_context import SecureContext, create_secure_context
from ._tls_identity import check_server_identity
from ._tls_lenient import needed_for_any_certificate
from ._tls_sessions import Expected


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """One side of a connection.

    Attributes:
        is_server: which side.
        context: the certificates and settings.
        request_cert: a server wants the client's certificate.
        reject_unauthorized: a peer whose certificate does not verify is refused.
        protocols: for ALPN, the best one first.
        sni_callback, alpn_callback: see the server's options.
        session: of a client, to be resumed.
        server_name: what a client asks the server to be, None for nothing.
        expected: the server that a client expects.
        handshake_timeout: in milliseconds, 0 for any time.
    """

    is_server: bool
    context: SecureContext
    request_cert: bool
    reject_unauthorized: bool
    protocols: tuple[bytes, ...]
    sni_callback: Callable[..., Any] | None
    alpn_callback: Callable[..., Any] | None
    session: bytes | None
    server_name: str | None
    expected: Expected
    handshake_timeout: float

    @staticmethod
    def of(options: Options) -> TlsSettings:
        """Raises ERR_TLS_INVALID_CONTEXT, ERR_INVALID_ARG_TYPE, ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS, what a secure
        context raises, and ModuleNotFoundError for what takes a package that is not there.
        """
        given = options.known("alpn_callback")
        alpn_callback = given if callable(given) else None
        protocols = alpn_protocols(options.known("alpn_protocols"))
        if alpn_callback is not None and protocols:
            raise ERR_TLS_ALPN_CALLBACK_WITH_PROTOCOLS
        is_server = bool(options.known("is_server"))
        settings = TlsSettings(
            is_server=is_server,
            context=context_of(options),
            request_cert=options.known("request_cert") is True if is_server else True,
            reject_unauthorized=options.known("reject_unauthorized") is not False,
            protocols=protocols,
            sni_callback=_sni_callback(options),
            alpn_callback=alpn_callback,
            session=_checked_session(options.known("session")),
            server_name=_name_to_send(options),
            expected=_expected(options),
            handshake_timeout=options.known("handshake_timeout") or 0,
        )
        if settings.takes_any_certificate:
            needed_for_any_certificate()
        return settings

    @property
    def takes_any_certificate(self) -> bool:
        """Whether a server asks for a certificate and does not mind which it gets."""
        return self.is_server and self.request_cert and not self.reject_unauthorized


def _sni_callback(options: Options) -> Callable[..., Any] | None:
    function = checked_function(options.known("sni_callback"), "options.SNICallback")
    return None if function is None else tolerant(function, 2)


def _expected(options: Options) -> Expected:
    """The server by the name that it is asked for, else by its host; without either, any that has a certificate."""
    check = checked_function(options.known("check_server_identity"), "options.checkServerIdentity")
    host = options.known("servername") or options.known("host")
    if check is None and host and not options.known("is_server"):
        check = check_server_identity
    return Expected(host or "localhost", check)


def context_of(options: Options) -> SecureContext:
    """The context that was given, or one made of the options."""
    context = options.known("secure_context")
    if context is None:
        return create_secure_context(options)
    if not isinstance(context, SecureContext):
        raise ERR_TLS_INVALID_CONTEXT("context")
    return context


def _name_to_send(options: Options) -> str | None:
    """An address is no name (RFC 6066 section 3)."""
    name = options.known("servername")
    if name is not None and not isinstance(name, str):
        raise ERR_INVALID_ARG_TYPE("options.servername", "of type string", name)
    return None if not name or is_ip(name) else name


def _checked_session(session: Any) -> bytes | None:
    if session is None:
        return None
    if isinstance(session, str):
        return session.encode("latin1", "replace")
    if not isinstance(session, (bytes, bytearray, memoryview)):
        raise NodeTypeError("Session must be a buffer", "ERR_INVALID_ARG_TYPE")
    return bytes(session)
