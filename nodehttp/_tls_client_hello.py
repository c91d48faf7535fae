"""What a client asks for in the first message of a TLS connection, before `ssl` sees it.

A server chooses its certificate (SNICallback, which may take its time) and the protocol (ALPNCallback) by that, and
then gives the same bytes to `ssl`. Nothing is decided here: what is malformed is left for `ssl` to refuse.

RFC 8446 section 4.1.2 (ClientHello), section 5.1 (records); RFC 6066 sections 3 and 8; RFC 7301 section 3.1.
"""

from __future__ import annotations

from dataclasses import dataclass

_HANDSHAKE = 22
_CLIENT_HELLO = 1
_RECORD_HEADER = 5
_MESSAGE_HEADER = 4
_LARGEST_RECORD = 16 * 1024
_LARGEST_HELLO = 16 * 1024
"""Bytes that OpenSSL takes of a ClientHello."""
_MOST_RECORDS = 64
"""Records that a ClientHello may be cut into; so that looking at it again and again, as it comes, stays cheap."""

_SERVER_NAME = 0
_STATUS_REQUEST = 5
_ALPN = 16
_SESSION_TICKET = 35
_SUPPORTED_VERSIONS = 43

_HOST_NAME = 0
_OCSP = 1
_LONGEST_NAME = 255


class NotAClientHello(Exception):
    """The bytes are not the begin of a TLS connection, or are malformed."""


@dataclass(frozen=True, slots=True)
class ClientHello:
    """What a client asks for.

    Attributes:
        random: 32 bytes; lines of a key log name a connection by them.
        session_id: of a session to be resumed; with TLS 1.3 it means nothing.
        server_name: the host (SNI), None if it names none.
        alpn_protocols: in the client's order.
        versions: of TLS, as on the wire (0x0304 is TLS 1.3), in the client's order.
        cipher_suites: as on the wire, in the client's order.
        has_ticket: whether there is a session ticket (TLS 1.2).
        wants_ocsp: whether the server is to staple a response of OCSP.
    """

    random: bytes
    session_id: bytes
    server_name: str | None
    alpn_protocols: tuple[bytes, ...]
    versions: tuple[int, ...]
    cipher_suites: tuple[int, ...]
    has_ticket: bool
    wants_ocsp: bool


def parse_client_hello(data: bytes | bytearray) -> ClientHello | None:
    """The ClientHello that `data` begins with, None if more bytes are needed.

    Raises NotAClientHello. What it takes is bounded: a hello of more than 16 KiB raises.
    """
    message = _first_message(data)
    return None if message is None else _parsed(_Reader(message))


def _first_message(data: bytes | bytearray) -> bytes | None:
    """The body of the first message, put together from its records."""
    message = bytearray()
    at = 0
    for _ in range(_MOST_RECORDS):
        if not _may_be_record(data[at : at + _RECORD_HEADER]):
            raise NotAClientHello
        if len(data) - at < _RECORD_HEADER:
            return None
        length = int.from_bytes(data[at + 3 : at + 5], "big")
        if not 0 < length <= _LARGEST_RECORD:
            raise NotAClientHello
        at += _RECORD_HEADER
        message += data[at : at + length]
        at += length
        if message and message[0] != _CLIENT_HELLO:
            raise NotAClientHello
        if len(message) >= _MESSAGE_HEADER:
            size = int.from_bytes(message[1:_MESSAGE_HEADER], "big")
            if size > _LARGEST_HELLO:
                raise NotAClientHello
            if len(message) >= _MESSAGE_HEADER + size:
                return bytes(message[_MESSAGE_HEADER : _MESSAGE_HEADER + size])
        if at > len(data):
            return None
    raise NotAClientHello


def _may_be_record(header: bytes | bytearray) -> bool:
    """Whether a record's header, which may be cut off, is that of a handshake."""
    return header[:1] in (b"", bytes([_HANDSHAKE])) and header[1:2] in (b"", b"\x03")


class _Reader:
    """Reads numbers and vectors, and raises NotAClientHello where there are none."""

    __slots__ = ("_at", "_data")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def __bool__(self) -> bool:
        """Whether something is left."""
        return self._at < len(self._data)

    def take(self, length: int) -> bytes:
        taken = self._data[self._at : self._at + length]
        if len(taken) < length:
            raise NotAClientHello
        self._at += length
        return taken

    def number(self, width: int) -> int:
        return int.from_bytes(self.take(width), "big")

    def vector(self, width: int) -> _Reader:
        """What a length of `width` bytes stands before."""
        return _Reader(self.take(self.number(width)))

    def rest(self) -> bytes:
        return self.take(len(self._data) - self._at)

    def numbers(self, width: int) -> tuple[int, ...]:
        """All that is left, as numbers."""
        numbers = []
        while self:
            numbers.append(self.number(width))
        return tuple(numbers)


def _parsed(hello: _Reader) -> ClientHello:
    version = hello.number(2)
    random = hello.take(32)
    session_id = hello.vector(1).rest()
    cipher_suites = hello.vector(2).numbers(2)
    hello.vector(1)  # compression methods
    extensions = _extensions(hello.vector(2)) if hello else {}
    versions = extensions.get(_SUPPORTED_VERSIONS)
    return ClientHello(
        random=random,
        session_id=session_id,
        server_name=_server_name(extensions.get(_SERVER_NAME)),
        alpn_protocols=_alpn_protocols(extensions.get(_ALPN)),
        versions=_Reader(versions).vector(1).numbers(2) if versions is not None else (version,),
        cipher_suites=cipher_suites,
        has_ticket=bool(extensions.get(_SESSION_TICKET)),
        wants_ocsp=extensions.get(_STATUS_REQUEST, b"")[:1] == bytes([_OCSP]),
    )


def _extensions(reader: _Reader) -> dict[int, bytes]:
    extensions: dict[int, bytes] = {}
    while reader:
        kind = reader.number(2)
        extensions[kind] = reader.vector(2).rest()
    return extensions


def _server_name(extension: bytes | None) -> str | None:
    if not extension:
        return None
    names = _Reader(extension).vector(2)
    if names.number(1) != _HOST_NAME:
        raise NotAClientHello
    name = names.vector(2).rest()
    if not name or len(name) > _LONGEST_NAME or 0 in name:
        raise NotAClientHello
    return name.decode("latin1")


def _alpn_protocols(extension: bytes | None) -> tuple[bytes, ...]:
    if extension is None:
        return ()
    protocols = []
    reader = _Reader(extension).vector(2)
    while reader:
        protocols.append(reader.vector(1).rest())
    return tuple(protocols)
