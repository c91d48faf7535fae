"""application/x-www-form-urlencoded, both ways, and `URLSearchParams`.

Standard: URL, sections 5 and 6. Node: URLSearchParams
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote_plus, unquote_to_bytes

from nodestream._js_string import usv_string
from nodestream._names import node_name
from nodestream.errors import NodeTypeError, inspect

from ._pairs import Pairs

_MISSING: Any = object()


def parse(data: bytes) -> list[tuple[str, str]]:
    """The names and values that bytes say; nothing is wrong enough to be refused.

    Standard: URL, section 5.1
    """
    pairs = []
    for sequence in data.split(b"&"):
        if sequence:
            name, _, value = sequence.partition(b"=")
            pairs.append((_decoded(name), _decoded(value)))
    return pairs


def _decoded(data: bytes) -> str:
    return unquote_to_bytes(data.replace(b"+", b" ")).decode("utf-8", "replace")


def serialize(pairs: Iterable[tuple[str, str]]) -> str:
    """Names and values as ASCII text. Standard: URL, section 5.2"""
    return "&".join(f"{_encoded(name)}={_encoded(value)}" for name, value in pairs)


def _encoded(text: str) -> str:
    return quote_plus(text, safe="*").replace("~", "%7E")


class URLSearchParams(Pairs[str]):
    """The names and values of a URL's query.

    Args:
        init: a query, with or without its "?"; a mapping; an iterable of pairs, such as a FormData.

    In Python's way: `for name, value in params`, `name in params`, `params[name]` (the first value; KeyError without
    one), `dict(params)`, `len(params)`, `str(params)`.

    Raises a TypeError for an iterable of what are no pairs (ERR_INVALID_TUPLE).

    Node: URLSearchParams
    """

    __slots__ = ("_entries",)

    def __init__(self, init: Any = "") -> None:
        self._entries: list[tuple[str, str]] = _pairs_of(init)

    def append(self, name: str, value: Any) -> None:
        """Add a value. Node: urlSearchParams.append"""
        self._entries.append((usv_string(name), usv_string(value)))

    def set(self, name: str, value: Any) -> None:
        """Let a value be the only one of its name. Node: urlSearchParams.set"""
        self._set(usv_string(name), usv_string(value))

    def delete(self, name: str, value: Any = _MISSING) -> None:
        """Remove every value of a name, or only those equal to `value`. Node: urlSearchParams.delete"""
        if value is _MISSING:
            super().delete(name)
        else:
            unwanted = (usv_string(name), usv_string(value))
            self._entries[:] = [entry for entry in self._entries if entry != unwanted]

    def has(self, name: str, value: Any = _MISSING) -> bool:
        """Whether a name has a value, or this value. Node: urlSearchParams.has"""
        if value is _MISSING:
            return super().has(name)
        return (usv_string(name), usv_string(value)) in self._entries

    @property
    def size(self) -> int:
        """How many there are. Node: urlSearchParams.size"""
        return len(self._entries)

    def sort(self) -> None:
        """Sort by name, in the order of UTF-16 code units; the values of a name keep their order.

        Node: urlSearchParams.sort
        """
        self._entries.sort(key=lambda entry: entry[0].encode("utf-16-be"))

    def to_string(self) -> str:
        """As they stand in a URL, without "?". Node: urlSearchParams.toString"""
        return serialize(self._entries)

    toString = node_name(to_string)

    def __str__(self) -> str:
        return self.to_string()

    def __repr__(self) -> str:
        shown = ", ".join(f"{inspect(name)} => {inspect(value)}" for name, value in self._entries)
        return f"URLSearchParams {{ {shown} }}" if shown else "URLSearchParams {}"


def _pairs_of(init: Any) -> list[tuple[str, str]]:
    """Standard: URL, section 6.2, the constructor."""
    if isinstance(init, Mapping):
        return [(usv_string(name), usv_string(value)) for name, value in init.items()]
    if isinstance(init, Iterable) and not isinstance(init, (str, bytes, bytearray, memoryview)):
        return [_pair(each) for each in init]
    return parse(usv_string(init).removeprefix("?").encode())


def _pair(value: Any) -> tuple[str, str]:
    if not isinstance(value, Iterable) or isinstance(value, (str, bytes)) or len(pair := list(value)) != 2:
        raise NodeTypeError("Each query pair must be an iterable [name, value] tuple", "ERR_INVALID_TUPLE")
    return usv_string(pair[0]), usv_string(pair[1])
