"""`Headers`: names and values of a request or response.

The rules:

1. A name is kept as it was spelled when its value was set, or first appended; it is found in any case. Several values
   of one name are one, joined by ", " (`cookie` by "; "); those of `set-cookie` are kept apart.
2. Iterators go through the names in lower case, sorted, and see what changes meanwhile.
3. Only what is received, or made by `Response.error` and `Response.redirect`, cannot be changed (guard "immutable").
   The standard's other guards forbid nothing in Node, where nobody is protected from a script.

Standard: Fetch, section 5.1 (Headers class), section 2.2.2 (header lists)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Generic, Literal, TypeVar

from nodestream._arity import tolerant
from nodestream._names import NodeNames, node_name
from nodestream.errors import NodeTypeError, inspect

from .._headers import is_token
from ._byte_string import byte_string

T = TypeVar("T")

Guard = Literal["none", "request", "response", "immutable"]
Pair = tuple[str, str]

_BLANKS = "\t\n\r "
_BAD_IN_VALUE = re.compile("[\x00\n\r]")
_NO_PAIRS = (str, bytes, bytearray, memoryview)


class HeadersIterator(Generic[T]):
    """Goes through headers in their order at each step, so that what is added or removed meanwhile counts."""

    __slots__ = ("_headers", "_index", "_shape")

    def __init__(self, headers: Headers, shape: Callable[[Pair], T]) -> None:
        self._headers: Headers | None = headers
        self._shape = shape
        self._index = 0

    def __iter__(self) -> HeadersIterator[T]:
        return self

    def __next__(self) -> T:
        pairs = [] if self._headers is None else self._headers._sorted_pairs()
        if self._index >= len(pairs):
            self._headers = None
            raise StopIteration
        self._index += 1
        return self._shape(pairs[self._index - 1])


class Headers(NodeNames):
    """Names and values of a request or response.

    Args:
        init: other Headers; a mapping; an iterable of pairs.

    In Python's way: `for name, value in headers`, `name in headers`, `headers[name]` (KeyError without a value),
    `headers[name] = value`, `del headers[name]`, `len(headers)`, `dict(headers)`.

    Raises a TypeError for names and values that cannot be sent, and for what has no pairs.

    Node: Headers
    """

    __slots__ = ("_cookies", "_fields", "_guard", "_sorted")

    def __init__(self, init: Any = None, /) -> None:
        self._begin("none")
        self._fill(header_pairs(init))

    def _begin(self, guard: Guard) -> None:
        self._fields: dict[str, Pair] = {}  # by lower-case name: the name as it was spelled, the value
        self._cookies: list[str] = []  # the values of set-cookie
        self._guard: Guard = guard
        self._sorted: list[Pair] | None = None  # what iterators give, as long as nothing is changed

    @classmethod
    def _of(cls, pairs: Iterable[Pair], guard: Guard) -> Headers:
        """Headers of pairs that need no check: they were received, or are those of other headers."""
        headers = cls.__new__(cls)
        headers._begin(guard)
        for name, value in pairs:
            headers._add(name, value)
        return headers

    # --- what the user calls ---

    def append(self, name: str, value: Any) -> None:
        """Add a value to those of a name.

        Args:
            value: a string; anything else counts as the string that it is shown as. Blanks around it are dropped.

        Raises a TypeError for what cannot be sent, and if the headers cannot be changed. Node: headers.append
        """
        self._add(*self._checked(name, value, "append"))

    def delete(self, name: str) -> None:
        """Remove every value of a name. Raises a TypeError as `append` does. Node: headers.delete"""
        lower = _checked_name(name, "delete").lower()
        self._check_mutable()
        if self._fields.pop(lower, None) is not None:
            self._changed(lower)

    def get(self, name: str) -> str | None:
        """All values of a name, joined; None without one. Raises a TypeError for what is no name. Node: headers.get"""
        return self._value(_checked_name(name, "get"))

    def get_set_cookie(self) -> list[str]:
        """The values of `set-cookie`, one by one. Node: headers.getSetCookie"""
        return self._cookies.copy()

    getSetCookie = node_name(get_set_cookie)

    def has(self, name: str) -> bool:
        """Whether a name has a value. Raises a TypeError for what is no name. Node: headers.has"""
        return _checked_name(name, "has").lower() in self._fields

    def set(self, name: str, value: Any) -> None:
        """Let a value be the only one of a name. Arguments and errors as those of `append`. Node: headers.set"""
        name, value = self._checked(name, value, "set")
        lower = name.lower()
        self._changed(lower)
        self._fields[lower] = (name, value)
        if lower == "set-cookie":
            self._cookies.append(value)

    def entries(self) -> HeadersIterator[Pair]:
        """An iterator over `(name, value)`. Node: headers.entries"""
        return HeadersIterator(self, _itself)

    def keys(self) -> HeadersIterator[str]:
        """An iterator over the names. Node: headers.keys"""
        return HeadersIterator(self, _first)

    def values(self) -> HeadersIterator[str]:
        """An iterator over the values. Node: headers.values"""
        return HeadersIterator(self, _second)

    def for_each(self, callback: Callable[..., object]) -> None:
        """Call `callback(value, name, self)` for each. Raises a TypeError for no function. Node: headers.forEach"""
        if not callable(callback):
            raise NodeTypeError("Failed to execute 'forEach' on 'Headers': parameter 1 is not of type 'Function'.")
        call = tolerant(callback, 3)
        for name, value in self:
            call(value, name, self)

    forEach = node_name(for_each)

    def __iter__(self) -> Iterator[Pair]:
        return self.entries()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and name.isascii() and name.lower() in self._fields

    def __getitem__(self, name: str) -> str:
        value = self.get(name)
        if value is None:
            raise KeyError(name)
        return value

    def __setitem__(self, name: str, value: Any) -> None:
        self.set(name, value)

    def __delitem__(self, name: str) -> None:
        if name not in self:
            raise KeyError(name)
        self.delete(name)

    def __len__(self) -> int:
        return len(self._sorted_pairs())

    def __repr__(self) -> str:
        shown = ", ".join(f"{_shown_name(name)}: {inspect(value)}" for name, value in self._fields.values())
        return f"Headers {{ {shown} }}" if shown else "Headers {}"

    # --- what requests and responses use ---

    def _value(self, name: str) -> str | None:
        """The value of a name that needs no check."""
        field = self._fields.get(name.lower())
        return None if field is None else field[1]

    def _pairs(self) -> list[Pair]:
        """Names as they were spelled and values, in the order in which they were added; each cookie by itself."""
        return [
            (name, each)
            for lower, (name, value) in self._fields.items()
            for each in (self._cookies if lower == "set-cookie" else (value,))
        ]

    def _combined(self) -> list[Pair]:
        """As `_pairs`, but the cookies of one name in one value too: how a request is sent."""
        return [*self._fields.values()]

    def _add(self, name: str, value: str) -> None:
        """Add a value to those of a name; neither needs a check."""
        lower = name.lower()
        there = self._fields.get(lower)
        if there is None:
            self._fields[lower] = (name, value)
        else:
            self._fields[lower] = (there[0], f"{there[1]}{'; ' if lower == 'cookie' else ', '}{value}")
        if lower == "set-cookie":
            self._cookies.append(value)
        self._sorted = None

    def _fill(self, pairs: Iterable[tuple[Any, Any]]) -> None:
        """Fetch, section 5.1: fill a Headers object"""
        for name, value in pairs:
            self.append(name, value)

    # --- the list ---

    def _sorted_pairs(self) -> list[Pair]:
        """Fetch, section 2.2.2: sort and combine"""
        if self._sorted is None:
            self._sorted = [
                (lower, each)
                for lower in sorted(self._fields)
                for each in (self._cookies if lower == "set-cookie" else (self._fields[lower][1],))
            ]
        return self._sorted

    def _checked(self, name: Any, value: Any, method: str) -> Pair:
        """A name and a value that may be added now, by `method`."""
        name, value = byte_string(name), byte_string(value).strip(_BLANKS)
        _check_name(name, method)
        if _BAD_IN_VALUE.search(value):
            raise NodeTypeError(f'Headers.{method}: "{value}" is an invalid header value.')
        self._check_mutable()
        return name, value

    def _check_mutable(self) -> None:
        if self._guard == "immutable":
            raise NodeTypeError("immutable")

    def _changed(self, lower: str) -> None:
        """The values of a name are not those that were there."""
        self._sorted = None
        if lower == "set-cookie":
            self._cookies.clear()


def header_pairs(init: Any) -> list[tuple[Any, Any]]:
    """The names and values that `init` has, as the argument of the constructor; not checked yet.

    Raises a TypeError for what has none. Standard: Web IDL, section 3.2.22 (records), section 3.2.21 (sequences)
    """
    if init is None:
        return []
    if isinstance(init, Headers):
        return [*init._pairs()]
    if isinstance(init, Mapping):
        return list(init.items())
    if isinstance(init, Iterable) and not isinstance(init, _NO_PAIRS):
        return [_pair(each, index) for index, each in enumerate(init)]
    raise NodeTypeError(
        "Headers constructor: Argument 1 could not be converted to one of: "
        "sequence<sequence<ByteString>>, record<ByteString, ByteString>."
    )


def _pair(value: Any, index: int) -> tuple[Any, Any]:
    if not isinstance(value, Iterable) or isinstance(value, _NO_PAIRS):
        shown = f'"{value}"' if isinstance(value, str) else inspect(value)
        raise NodeTypeError(f"Headers constructor: init[{index}] ({shown}) is not iterable.")
    pair = list(value)
    if len(pair) != 2:
        raise NodeTypeError(f"Headers constructor: expected name/value pair to be length 2, found {len(pair)}.")
    return pair[0], pair[1]


def _checked_name(name: Any, method: str) -> str:
    text = byte_string(name)
    _check_name(text, method)
    return text


def _check_name(name: str, method: str) -> None:
    if not is_token(name):
        raise NodeTypeError(f'Headers.{method}: "{name}" is an invalid header name.')


def _shown_name(name: str) -> str:
    return name if name.isidentifier() else inspect(name)


def _itself(pair: Pair) -> Pair:
    return pair


def _first(pair: Pair) -> str:
    return pair[0]


def _second(pair: Pair) -> str:
    return pair[1]
