"""`Engine`: one side of a TLS connection, in memory: what the peer sent goes in, what it is to get comes out.

Made of Python's `ssl`. Nothing here knows of sockets or streams; see `_tls_channel.py`.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from ._tls_keylog import empty_key_log_of, key_log_of, random_of

RECORD = 16 * 1024
"""Bytes that one record holds at most (RFC 8446 section 5.1)."""

SMALLEST_RECORD = 512
"""The smallest bound to records that OpenSSL takes."""

_ENCODING_DER = 2
"""The number by which Python's `_ssl` knows DER."""


class TlsEngine(Protocol):
    """What a channel and a socket ask of the state of a connection; see Engine."""

    largest_record: int

    @property
    def has_input(self) -> bool: ...

    @property
    def unsent(self) -> int: ...

    @property
    def protocol(self) -> str | None: ...

    @property
    def cipher(self) -> tuple[str, str, int] | None: ...

    @property
    def alpn_protocol(self) -> str | None: ...

    @property
    def session(self) -> ssl.SSLSession | None: ...

    @property
    def is_session_reused(self) -> bool: ...

    def feed(self, data: bytes) -> None: ...

    def outgoing(self) -> bytes: ...

    def shake_hands(self) -> bool: ...

    def read(self) -> bytes | None: ...

    def write(self, data: Any) -> None: ...

    def end(self) -> None: ...

    def key_log_lines(self) -> list[bytes]: ...

    def peer_certificates(self) -> list[bytes]: ...

    def built_chain(self) -> list[bytes]: ...


class Engine:
    """The state of one connection. Every method may raise ssl.SSLError, after which `outgoing()` may hold an alert.

    Raises ValueError or TypeError for a `server_name` that cannot be sent.

    Arguments:
        context: whose certificates and settings are used.
        server_side: whether this is the server.
        server_name: what a client asks the server to be (SNI); None for nothing.
        session: of an earlier connection with the same context, to be resumed.
        client_random: that of the ClientHello, known to a server before.
        logs_keys: whether `key_log_lines()` will be asked for.

    Attributes:
        largest_record: how many bytes of what is written one record holds at most.
    """

    __slots__ = ("_client_random", "_incoming", "_key_log", "_outgoing", "_ssl", "largest_record")

    def __init__(
        self,
        context: ssl.SSLContext,
        *,
        server_side: bool,
        server_name: str | None = None,
        session: ssl.SSLSession | None = None,
        client_random: bytes = b"",
        logs_keys: bool = False,
    ) -> None:
        self.largest_record = RECORD
        self._client_random = client_random
        self._key_log = key_log_of(context) if logs_keys else None
        if not logs_keys:
            empty_key_log_of(context)
        self._incoming = ssl.MemoryBIO()
        self._outgoing = ssl.MemoryBIO()
        name = server_name.encode() if server_name is not None and server_name.isascii() else server_name
        self._ssl = context.wrap_bio(  # a name in bytes is sent as it is; `ssl` refuses some that are no host names
            self._incoming, self._outgoing, server_side=server_side, server_hostname=name, session=session
        )

    # --- bytes ---

    def feed(self, data: bytes) -> None:
        """The peer has sent `data`."""
        self._incoming.write(data)

    @property
    def has_input(self) -> bool:
        """Whether there is something to read, or the beginning of it."""
        return bool(self._incoming.pending or self._ssl.pending())

    @property
    def unsent(self) -> int:
        """How many bytes `outgoing()` would give."""
        return self._outgoing.pending

    def outgoing(self) -> bytes:
        """What is to be sent to the peer; it is forgotten here."""
        data = self._outgoing.read() if self._outgoing.pending else b""
        if self._key_log is not None and not self._client_random:
            self._client_random = random_of(data)
        return data

    def shake_hands(self) -> bool:
        """Go on with the handshake. True when it is done, False if more of the peer is needed."""
        try:
            self._ssl.do_handshake()
        except ssl.SSLWantReadError:
            return False
        return True

    def read(self) -> bytes | None:
        """The next piece in clear, at most a record; empty at the peer's end, None if more of the peer is needed."""
        try:
            return self._ssl.read(RECORD)
        except ssl.SSLWantReadError:
            return None
        except ssl.SSLZeroReturnError:
            return b""

    def write(self, data: Any) -> None:
        """Encrypt `data`."""
        for record in records(data, self.largest_record):
            self._ssl.write(record)

    def end(self) -> None:
        """Tell the peer that nothing more comes. What it sends can still be read."""
        unread = self._incoming.read()  # the second half of the closing handshake must not meet application data
        with suppress(ssl.SSLError):
            self._ssl.unwrap()
        if unread:
            self._incoming.write(unread)

    def key_log_lines(self) -> list[bytes]:
        """The new secrets of this connection, each a line."""
        return self._key_log.take(self._client_random) if self._key_log is not None else []

    # --- what was agreed ---

    @property
    def protocol(self) -> str | None:
        """ "TLSv1.2", "TLSv1.3"; None before the handshake."""
        return self._ssl.version()

    @property
    def cipher(self) -> tuple[str, str, int] | None:
        """Name, version and bits; None before the handshake."""
        return self._ssl.cipher()

    @property
    def alpn_protocol(self) -> str | None:
        """What was chosen among the protocols that both sides offered."""
        return self._ssl.selected_alpn_protocol()

    @property
    def session(self) -> ssl.SSLSession | None:
        """The session, once it can be resumed."""
        session = self._ssl.session
        if session is None or (self.protocol == "TLSv1.3" and not session.has_ticket):
            return None
        return session

    @property
    def is_session_reused(self) -> bool:
        """Whether an earlier session was resumed."""
        return bool(self._ssl.session_reused)

    def peer_certificates(self) -> list[bytes]:
        """What the peer has sent (DER), its own certificate first; empty if nothing."""
        own = self._ssl.getpeercert(binary_form=True)
        if own is None:
            return []
        chain = _chain_of(self._ssl)
        return chain if chain and chain[0] == own else [own, *chain]

    def built_chain(self) -> list[bytes]:
        """The chain (DER) that was verified, with its root, or that did not verify, as far as it goes."""
        native: Any = self._ssl._sslobj  # type: ignore[attr-defined]
        return [certificate.public_bytes(_ENCODING_DER) for certificate in native.get_verified_chain() or ()]


def records(data: Any, largest: int) -> Sequence[Any]:
    """`data` in the pieces that are to be encrypted. One larger than RECORD is several records to OpenSSL itself."""
    size = len(data)
    if size <= largest or largest == RECORD:
        return (data,) if size else ()
    return [data[start : start + largest] for start in range(0, size, largest)]


def _chain_of(ssl_object: ssl.SSLObject) -> list[bytes]:
    """What the peer has sent, in DER; Python 3.13 has a public method for it."""
    if hasattr(ssl_object, "get_unverified_chain"):
        return list(ssl_object.get_unverified_chain())
    native: Any = ssl_object._sslobj  # type: ignore[attr-defined]
    return [certificate.public_bytes(_ENCODING_DER) for certificate in native.get_unverified_chain() or ()]
