"""DER, as far as certificates need it. ITU-T X.690

Nothing is believed: a value never reaches beyond the one that holds it, and what is not as it should be raises
`NotDer`.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

BOOLEAN = 0x01
INTEGER = 0x02
BIT_STRING = 0x03
OCTET_STRING = 0x04
OBJECT_IDENTIFIER = 0x06
UTF8_STRING = 0x0C
NUMERIC_STRING = 0x12
PRINTABLE_STRING = 0x13
T61_STRING = 0x14
IA5_STRING = 0x16
UTC_TIME = 0x17
GENERALIZED_TIME = 0x18
VISIBLE_STRING = 0x1A
UNIVERSAL_STRING = 0x1C
BMP_STRING = 0x1E
SEQUENCE = 0x30
SET = 0x31

LONGEST_OID = 128
"""Bytes. Numbers without bound would take time that grows with the square of their length."""

_CHARACTERS = {
    UTF8_STRING: "utf8",
    NUMERIC_STRING: "ascii",
    PRINTABLE_STRING: "ascii",
    T61_STRING: "latin1",
    IA5_STRING: "latin1",
    VISIBLE_STRING: "latin1",
    UNIVERSAL_STRING: "utf-32-be",
    BMP_STRING: "utf-16-be",
}


class NotDer(ValueError):
    """The bytes are not the DER that they should be."""


def context(number: int, *, constructed: bool = False) -> int:
    """The tag of the alternative, or optional field, `number`."""
    return (0xA0 if constructed else 0x80) | number


class Value(NamedTuple):
    """A value: its tag, what is in it, and all of it with its head."""

    tag: int
    content: bytes
    whole: bytes

    def expect(self, tag: int) -> Value:
        """This value, if it has that tag. Raises NotDer."""
        if self.tag != tag:
            raise NotDer(f"tag {self.tag:#x} instead of {tag:#x}")
        return self

    def parts(self) -> Iterator[Value]:
        """The values in it, one by one. Raises NotDer."""
        return values(self.content)

    def pair(self) -> tuple[Value, Value]:
        """The two values in it. Raises NotDer."""
        parts = list(self.parts())
        if len(parts) != 2:
            raise NotDer(f"{len(parts)} values instead of two")
        return parts[0], parts[1]

    def integer(self) -> int:
        """The number it is."""
        return int.from_bytes(self.expect(INTEGER).content, "big", signed=True)

    def bits(self) -> bytes:
        """The bits it holds, which must be whole bytes."""
        content = self.expect(BIT_STRING).content
        if content[:1] != b"\0":
            raise NotDer("bits that are no bytes")
        return content[1:]

    def text(self) -> str | None:
        """The characters it is, None if it is not made of characters."""
        encoding = _CHARACTERS.get(self.tag)
        if encoding is None:
            return None
        try:
            return self.content.decode(encoding)
        except UnicodeDecodeError:
            return None

    def oid(self) -> str:
        """The object identifier it is: "2.5.4.3"."""
        return oid(self.expect(OBJECT_IDENTIFIER).content)


@lru_cache(256)
def oid(content: bytes) -> str:
    """An object identifier in numbers. Raises NotDer."""
    if not content or content[-1] & 0x80 or len(content) > LONGEST_OID:
        raise NotDer("object identifier")
    arcs = []
    number = 0
    for byte in content:
        number = number << 7 | byte & 0x7F
        if not byte & 0x80:
            arcs.append(number)
            number = 0
    first = min(arcs[0] // 40, 2)
    return ".".join(map(str, [first, arcs[0] - 40 * first, *arcs[1:]]))


def values(data: bytes) -> Iterator[Value]:
    """The values that `data` is made of. Raises NotDer."""
    at = 0
    while at < len(data):
        value = _value(data, at)
        yield value
        at += len(value.whole)


def value(data: bytes) -> Value:
    """The one value that `data` is. Raises NotDer."""
    only = _value(data, 0)
    if len(only.whole) != len(data):
        raise NotDer("bytes behind the value")
    return only


def _value(data: bytes, at: int) -> Value:
    head = data[at : at + 2]
    if len(head) < 2 or head[0] & 0x1F == 0x1F:
        raise NotDer("head")
    start = at + 2
    length = head[1]
    if length & 0x80:
        width = length & 0x7F
        digits = data[start : start + width]
        if not 1 <= width <= 4 or len(digits) < width:
            raise NotDer("length")
        length = int.from_bytes(digits, "big")
        start += width
    end = start + length
    if end > len(data):
        raise NotDer("length")
    return Value(head[0], data[start:end], data[at:end])
