"""base64, piece by piece, as forgiving as Node's.

Node: Buffer.from(text, "base64")
"""

from __future__ import annotations

from nodestream._encoding import encode

_DIGITS = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/-_"
_NO_DIGITS = bytes(set(range(256)) - set(_DIGITS))


class Base64Decoder:
    """Decodes pieces. Both alphabets are taken, what is no digit is skipped, and padding ends it."""

    __slots__ = ("_is_over", "_waiting")

    def __init__(self) -> None:
        self._waiting = b""
        self._is_over = False

    def write(self, data: bytes) -> bytes:
        """The bytes that are complete now."""
        if self._is_over:
            return b""
        digits, padding, _ = data.partition(b"=")
        self._is_over = bool(padding)
        whole = self._waiting + digits.translate(None, _NO_DIGITS)
        cut = len(whole) & ~3
        self._waiting = whole[cut:]
        return encode(whole[:cut].decode("ascii"), "base64")

    def end(self) -> bytes:
        """What is left."""
        digits, self._waiting = self._waiting, b""
        return encode(digits.decode("ascii"), "base64")
