"""`LenientEngine`: the server's side of a connection that asks for a certificate and takes any.

Python's `ssl` cannot do that: it refuses a certificate that does not verify, or asks for none. The package `pyopenssl`
can, and is only used for this. To the channel this is an Engine as any other.

Node: the options requestCert with rejectUnauthorized false
"""

from __future__ import annotations

import ssl
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Concatenate, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

from ._tls_context import SecureContext, make_room
from ._tls_engine import RECORD, records
from ._tls_needed import needed
from ._tls_options import VERSIONS
from ._tls_pem import certificates, is_encrypted

_PURPOSE = "requestCert with rejectUnauthorized false"
_SESSION_ID_CONTEXT = b"nodehttp"

P = ParamSpec("P")
T = TypeVar("T")


def needed_for_any_certificate() -> None:
    """Raises ModuleNotFoundError if the package is not there."""
    needed("OpenSSL.SSL", _PURPOSE)


_contexts: WeakKeyDictionary[SecureContext, dict[bytes | None, Any]] = WeakKeyDictionary()


def lenient_context(secure: SecureContext, protocol: bytes | None) -> Any:
    """The context of pyopenssl with the certificates and settings of `secure`; `protocol` is what ALPN agrees on.

    Raises ModuleNotFoundError without the package.
    """
    made = _contexts.setdefault(secure, {})
    if protocol not in made:
        make_room(made)
        made[protocol] = _made(secure, protocol)
    return made[protocol]


def _made(secure: SecureContext, protocol: bytes | None) -> Any:
    openssl, x509 = needed("OpenSSL.SSL", _PURPOSE), needed("cryptography.x509", _PURPOSE)
    serialization = needed("cryptography.hazmat.primitives.serialization", _PURPOSE)
    context = openssl.Context(openssl.TLS_SERVER_METHOD)
    oldest, newest = secure.versions
    context.set_min_proto_version(int(VERSIONS[oldest]))
    context.set_max_proto_version(int(VERSIONS[newest]))
    context.set_options(secure.server_flags)
    for chain, key in secure.identities:
        own, *others = map(x509.load_der_x509_certificate, certificates(chain))
        context.use_certificate(own)
        for each in others:
            context.add_extra_chain_cert(each)
        passphrase = key.passphrase if is_encrypted(key.data) else None
        context.use_privatekey(serialization.load_pem_private_key(key.data, passphrase))
    if secure.ciphers:
        context.set_cipher_list(secure.ciphers.encode())
    context.set_verify(openssl.VERIFY_PEER, lambda *_: True)
    context.set_session_id(_SESSION_ID_CONTEXT)
    if protocol is not None:
        context.set_alpn_select_callback(lambda _connection, _offered: protocol)
    return context


def _translated(method: Callable[Concatenate[LenientEngine, P], T]) -> Callable[Concatenate[LenientEngine, P], T]:
    """Let a method raise what `ssl` raises."""

    def translated(self: LenientEngine, /, *args: P.args, **keywords: P.kwargs) -> T:
        try:
            return method(self, *args, **keywords)
        except self._openssl.Error as error:
            raise _as_of_ssl(error) from error

    return translated


def _as_of_ssl(error: Any) -> ssl.SSLError:
    """pyopenssl's error, a list of (library, function, reason), as one of `ssl`."""
    queue = error.args[0] if error.args and isinstance(error.args[0], list) else []
    reason = queue[0][2] if queue else "unexpected eof while reading"
    made = ssl.SSLError(1, reason)
    made.library = "SSL"
    made.reason = reason.upper().replace(" ", "_")
    return made


class LenientEngine:
    """As Engine; `context` is a lenient_context()."""

    __slots__ = ("_connection", "_has_input", "_openssl", "_output", "largest_record")

    session = None
    is_session_reused = False

    def __init__(self, context: Any) -> None:
        self.largest_record = RECORD
        self._openssl = needed("OpenSSL.SSL", _PURPOSE)
        self._connection = self._openssl.Connection(context, None)
        self._connection.set_accept_state()
        self._output = bytearray()
        self._has_input = False

    # --- bytes ---

    def feed(self, data: bytes) -> None:
        """See Engine."""
        self._connection.bio_write(data)
        self._has_input = True

    @property
    def has_input(self) -> bool:
        """See Engine."""
        return self._has_input

    @property
    def unsent(self) -> int:
        """See Engine."""
        self._take_output()
        return len(self._output)

    def outgoing(self) -> bytes:
        """See Engine."""
        self._take_output()
        data = bytes(self._output)
        self._output.clear()
        return data

    def _take_output(self) -> None:
        try:
            while True:
                self._output += self._connection.bio_read(4 * RECORD)
        except self._openssl.WantReadError:
            return

    @_translated
    def shake_hands(self) -> bool:
        """See Engine."""
        try:
            self._connection.do_handshake()
        except self._openssl.WantReadError:
            return False
        return True

    @_translated
    def read(self) -> bytes | None:
        """See Engine."""
        try:
            data: bytes = self._connection.recv(RECORD)
        except self._openssl.WantReadError:
            self._has_input = False
            return None
        except self._openssl.ZeroReturnError:
            return b""
        return data

    @_translated
    def write(self, data: Any) -> None:
        """See Engine."""
        for record in records(data, self.largest_record):
            self._connection.sendall(record)

    def end(self) -> None:
        """See Engine."""
        with suppress(self._openssl.Error):  # within the handshake there is no goodbye
            self._connection.shutdown()

    def key_log_lines(self) -> list[bytes]:
        """None: nobody keeps a log here."""
        return []

    # --- what was agreed ---

    @property
    def protocol(self) -> str | None:
        """See Engine."""
        name: str = self._connection.get_protocol_version_name()
        return name

    @property
    def cipher(self) -> tuple[str, str, int] | None:
        """See Engine."""
        connection = self._connection
        name = connection.get_cipher_name()
        return None if name is None else (name, connection.get_cipher_version(), connection.get_cipher_bits())

    @property
    def alpn_protocol(self) -> str | None:
        """See Engine."""
        chosen: bytes = self._connection.get_alpn_proto_negotiated()
        return chosen.decode("latin1") or None

    def peer_certificates(self) -> list[bytes]:
        """See Engine."""
        crypto = needed("OpenSSL.crypto", _PURPOSE)
        own = self._connection.get_peer_certificate()
        if own is None:
            return []
        chain = [own, *(self._connection.get_peer_cert_chain() or ())]
        return list(dict.fromkeys(crypto.dump_certificate(crypto.FILETYPE_ASN1, each) for each in chain))

    def built_chain(self) -> list[bytes]:
        """See Engine."""
        return self.peer_certificates()
