"""Node's encodings: strings to bytes, and bytes to strings piece by piece.

Node: Buffer.from(string, encoding), node:string_decoder
"""

from __future__ import annotations

import base64
import codecs
import re
from typing import Protocol

from .errors import ERR_INVALID_ARG_TYPE, ERR_UNKNOWN_ENCODING

_CANONICAL = {
    "utf8": "utf8",
    "utf-8": "utf8",
    "ucs2": "utf16le",
    "ucs-2": "utf16le",
    "utf16le": "utf16le",
    "utf-16le": "utf16le",
    "latin1": "latin1",
    "binary": "latin1",
    "ascii": "ascii",
    "base64": "base64",
    "base64url": "base64url",
    "hex": "hex",
}


def is_encoding(name: object) -> bool:
    """Whether Node knows an encoding of this name. Node: Buffer.isEncoding"""
    return isinstance(name, str) and name.lower() in _CANONICAL


def canonical(name: object) -> str:
    """The one name of an encoding; raises ERR_UNKNOWN_ENCODING."""
    if isinstance(name, str):
        found = _CANONICAL.get(name.lower())
        if found is not None:
            return found
    raise ERR_UNKNOWN_ENCODING(name)


def usual_name(encoding: str) -> str:
    """An encoding as a stream keeps it for what it is not told: as it was spelled, but for the usual one."""
    return "utf8" if encoding == "utf-8" else encoding


def encode(text: str, encoding: str = "utf8") -> bytes:
    """Bytes of a string, as `Buffer.from(text, encoding)`: drops or replaces what does not fit.

    An encoding that is no string counts as not given. Raises ERR_UNKNOWN_ENCODING.
    """
    name = canonical(encoding) if isinstance(encoding, str) else "utf8"
    if name == "utf8":
        try:
            return text.encode()
        except UnicodeEncodeError:
            return _joined_surrogates(text).encode()
    if name == "utf16le":
        return text.encode("utf-16-le", "surrogatepass")
    if name in ("latin1", "ascii"):
        try:
            return text.encode("latin-1")
        except UnicodeEncodeError:
            return _low_bytes(text)
    if not text.isascii():  # Node looks at the low bytes only
        text = _low_bytes(text).decode("latin-1")
    if name == "hex":
        digits = re.match(r"(?:[0-9a-fA-F]{2})*", text)
        return bytes.fromhex(digits.group() if digits else "")
    return _from_base64(text)


def _low_bytes(text: str) -> bytes:
    """The low byte of each UTF-16 unit."""
    return bytes(unit & 0xFF for unit in memoryview(text.encode("utf-16-le", "surrogatepass")).cast("H"))


def _joined_surrogates(text: str) -> str:
    """Surrogate pairs made one character; a lone surrogate becomes U+FFFD."""
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _from_base64(text: str) -> bytes:
    """Both alphabets; padding is optional and ends it, anything else is skipped."""
    digits = re.sub(r"[^A-Za-z0-9+/]", "", text.split("=", 1)[0].replace("-", "+").replace("_", "/"))
    if len(digits) % 4 == 1:
        digits = digits[:-1]
    return base64.b64decode(digits + "=" * (-len(digits) % 4))


class StringDecoder(Protocol):
    """Bytes to text, piece by piece: what is not a whole character yet waits for the next piece."""

    encoding: str

    def write(self, chunk: bytes) -> str:
        """The text that is complete now. Node: stringDecoder.write"""

    def end(self) -> str:
        """What is left, as well as can be. Node: stringDecoder.end"""


class _Utf8Decoder:
    """utf8: the beginning of a character at the end of a piece waits for the rest, which may turn out to be none."""

    __slots__ = ("_missing", "_pending", "encoding")

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._pending = b""
        self._missing = 0

    def write(self, chunk: bytes) -> str:
        text = ""
        if self._pending:
            found = _continuation(chunk, self._missing)
            self._pending += chunk[:found]
            self._missing -= found
            chunk = chunk[found:]
            if self._missing and not chunk:
                return ""
            text = self.end()
        waiting, self._missing = _begun(chunk)
        if waiting:
            chunk, self._pending = chunk[:-waiting], chunk[-waiting:]
        return text + chunk.decode("utf-8", "replace")

    def end(self) -> str:
        text, self._pending = self._pending.decode("utf-8", "replace"), b""
        return text


def _continuation(chunk: bytes, most: int) -> int:
    """How many bytes at the start of a chunk, up to `most`, are the inside of a character."""
    return next((index for index, byte in enumerate(chunk[:most]) if byte & 0xC0 != 0x80), len(chunk[:most]))


def _begun(chunk: bytes) -> tuple[int, int]:
    """How many bytes at the end of a chunk begin a character, and how many are missing from it."""
    for count, byte in enumerate(reversed(chunk[-3:]), 1):
        if byte & 0xC0 != 0x80:
            length = 2 if byte & 0xE0 == 0xC0 else 3 if byte & 0xF0 == 0xE0 else 4 if byte & 0xF8 == 0xF0 else 0
            return (count, length - count) if length > count else (0, 0)
    return 0, 0


class _Utf16Decoder:
    """utf16le: Python's own incremental decoder."""

    __slots__ = ("_decoder", "encoding")

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._decoder = codecs.getincrementaldecoder("utf-16-le")("surrogatepass")

    def write(self, chunk: bytes) -> str:
        return self._decoder.decode(chunk)

    def end(self) -> str:
        pending = self._decoder.getstate()[0]
        self._decoder.reset()
        return pending[: len(pending) & ~1].decode("utf-16-le", "surrogatepass")


class _ByteDecoder:
    """latin1, ascii and hex: every byte stands alone."""

    __slots__ = ("encoding",)

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding

    def write(self, chunk: bytes) -> str:
        if self.encoding == "hex":
            return bytes(chunk).hex()
        if self.encoding == "ascii":
            return bytes(byte & 0x7F for byte in chunk).decode("ascii")
        return chunk.decode("latin-1")

    def end(self) -> str:
        return ""


class _Base64Decoder:
    """base64 and base64url: three bytes make four characters."""

    __slots__ = ("_pending", "encoding")

    def __init__(self, encoding: str) -> None:
        self.encoding = encoding
        self._pending = b""

    def write(self, chunk: bytes) -> str:
        whole = self._pending + chunk
        cut = len(whole) - len(whole) % 3
        self._pending = whole[cut:]
        return self._text(whole[:cut])

    def end(self) -> str:
        text, self._pending = self._text(self._pending), b""
        return text

    def _text(self, data: bytes) -> str:
        if self.encoding == "base64url":
            return base64.urlsafe_b64encode(data).decode("ascii").rstrip("=")
        return base64.b64encode(data).decode("ascii")


def decode(decoder: StringDecoder, chunk: object) -> str:
    """What a stream's decoder makes of a chunk: a string is text already. Raises ERR_INVALID_ARG_TYPE."""
    if isinstance(chunk, str):
        return chunk
    if not isinstance(chunk, (bytes, bytearray, memoryview)):
        raise ERR_INVALID_ARG_TYPE("buf", "an instance of Buffer, TypedArray, or DataView", chunk)
    return decoder.write(bytes(chunk))


def to_text(data: bytes, encoding: str) -> str:
    """All of `data` as text. Node: buffer.toString(encoding)"""
    decoder = string_decoder(encoding)
    return decoder.write(data) + decoder.end()


def string_decoder(encoding: str) -> StringDecoder:
    """A decoder for an encoding; raises ERR_UNKNOWN_ENCODING. Node: new StringDecoder(encoding)"""
    name = canonical(encoding)
    if name == "utf8":
        return _Utf8Decoder(name)
    if name == "utf16le":
        return _Utf16Decoder(name)
    if name in ("base64", "base64url"):
        return _Base64Decoder(name)
    return _ByteDecoder(name)
