"""Header fields: what may be sent, how they are kept until then, and how received ones are merged.

Node: http.validateHeaderName, http.validateHeaderValue, message.headers
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import lru_cache
from typing import Any

from nodestream.errors import (
    ERR_HTTP_INVALID_HEADER_VALUE,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_CHAR,
    ERR_INVALID_HTTP_TOKEN,
)

# RFC 9110 section 5.6.2: a token. Section 5.5: a value has no control character but tab, and is latin1 on the wire.
_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")

is_token = _TOKEN.fullmatch
is_value = _VALUE.fullmatch

# What a message may send that was told to be lenient: all that cannot end a line or a C string, and is latin1.
_RELAXED_VALUE = re.compile(r"[^\x00\n\r\u0100-\U0010ffff]*")
is_relaxed_value = _RELAXED_VALUE.fullmatch


def word(text: str) -> re.Pattern[str]:
    """A pattern that finds `text` as a word of a header's value, in any case, as Node looks for its key words."""
    return re.compile(rf"(?:^|\W){re.escape(text)}(?:$|\W)", re.IGNORECASE | re.ASCII)


CHUNKED = word("chunked")

_TEXTS = frozenset({str})

HeaderPairs = Iterable[tuple[str, Any]]


# --- what may be sent ---


def validate_header_name(name: Any, label: str | None = None) -> None:
    """Raise ERR_INVALID_HTTP_TOKEN unless `name` can be the name of a header; `label` is what the error calls it.

    Node: http.validateHeaderName
    """
    if not isinstance(name, str) or not is_token(name):
        raise ERR_INVALID_HTTP_TOKEN(label or "Header name", name)


@lru_cache(maxsize=1024)
def _lower_name(name: str) -> str:
    validate_header_name(name)
    return name.lower()


@lru_cache(maxsize=256)
def _lower_names_of(names: tuple[Any, ...]) -> tuple[str, ...] | None:
    """Names in lower case, as they come together again and again; None if one cannot be the name of a header."""
    if not all(type(name) is str and is_token(name) for name in names):
        return None
    return tuple(map(str.lower, names))


def valid_lower_name(name: Any) -> str:
    """A header's name in lower case. Raises ERR_INVALID_HTTP_TOKEN.

    A program sends the same names again and again: what was found out about them is kept.
    """
    if type(name) is str:
        return _lower_name(name)
    validate_header_name(name)
    lower: str = name.lower()
    return lower


def validate_header_value(name: str, value: Any, *, accepts: Callable[[str], object] = is_value) -> None:
    """Raise ERR_HTTP_INVALID_HEADER_VALUE if there is no value, ERR_INVALID_CHAR if it cannot be sent.

    `accepts`: which text is a value; by default what RFC 9110 lets through.

    Node: http.validateHeaderValue
    """
    if value is None:
        raise ERR_HTTP_INVALID_HEADER_VALUE(value, name)
    if not accepts(value if type(value) is str else header_text(value)):
        raise ERR_INVALID_CHAR("header content", name)


def is_list(value: Any) -> bool:
    """Whether a header's value stands for several."""
    return isinstance(value, (list, tuple))


def header_text(value: Any) -> str:
    """A header's value as it goes onto the wire: what a template string would make of it in Node."""
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    if isinstance(value, (bytes, bytearray)):
        return value.decode("utf-8", "replace")
    if is_list(value):
        return ",".join("" if item is None else header_text(item) for item in value)
    return str(value)


def check_header_count(headers: Any) -> None:
    """Raise ERR_INVALID_ARG_VALUE for a flat list that has a name without a value."""
    if len(headers) % 2:
        raise ERR_INVALID_ARG_VALUE("headers", list(headers))


def pairs_of(headers: Any) -> HeaderPairs:
    """The (name, value) pairs of headers in any form: a mapping, a list of pairs, a flat list."""
    if type(headers) is dict or isinstance(headers, Mapping):
        return headers.items()
    if not is_list(headers):
        raise ERR_INVALID_ARG_TYPE("headers", "of type object", headers)
    if headers and is_list(headers[0]):
        return [(pair[0], pair[1]) for pair in headers]
    check_header_count(headers)
    return list(zip(headers[::2], headers[1::2], strict=True))


def unique_names(option: Any) -> frozenset[str] | None:
    """The names of the `unique_headers` option, in lower case; None if there are none."""
    if not is_list(option) or not option:
        return None
    return frozenset(header_text(name).lower() for name in option)


# --- those of a message that is to be sent ---


class HeaderStore:
    """The headers that were set on a message: by lower-case name, in the order in which the names came first."""

    __slots__ = ("_names", "_values")

    def __init__(self) -> None:
        # Both by lower-case name, and in the same order.
        self._names: dict[str, str] = {}
        self._values: dict[str, Any] = {}

    def __len__(self) -> int:
        return len(self._names)

    def set(self, lower: str, name: str, value: Any) -> None:
        """Set a header, in the place of the one there is; `lower` is its name in lower case."""
        self._names[lower] = name
        self._values[lower] = value

    def set_all(self, headers: dict[str, Any]) -> bool:
        """Set them all, if nobody need look at each: they are texts, and plainly can be sent. Whether they were."""
        lower = _lower_names_of(tuple(headers))
        values = headers.values()
        if lower is None or not _TEXTS.issuperset(map(type, values)):
            return False
        text = "".join(values)
        if not (text.isascii() and text.isprintable()):  # such a text is a value to whoever decides
            return False
        self._names.update(zip(lower, headers, strict=True))
        self._values.update(zip(lower, values, strict=True))
        return True

    def append(self, name: str, value: Any) -> None:
        """Add a value to a header; the name keeps the spelling that it was given first."""
        lower = name.lower()
        if lower not in self._names:
            self.set(lower, name, value)
            return
        there = self._values[lower]
        values = list(there) if is_list(there) else [there]
        values.extend(value if is_list(value) else [value])
        self._values[lower] = values

    def get(self, name: str) -> Any:
        """The value, as it was given, or None."""
        return self._values.get(name.lower())

    def has(self, name: str) -> bool:
        """Whether it is set."""
        return name.lower() in self._names

    def remove(self, name: str) -> None:
        """Forget it."""
        lower = name.lower()
        self._names.pop(lower, None)
        self._values.pop(lower, None)

    def names(self) -> list[str]:
        """The names in lower case."""
        return list(self._names)

    def raw_names(self) -> Collection[str]:
        """The names as they were given; not a copy."""
        return self._names.values()

    def values(self) -> Collection[Any]:
        """The values, in the order of the names; not a copy."""
        return self._values.values()

    def to_dict(self) -> dict[str, Any]:
        """The values by lower-case name."""
        return self._values.copy()

    def fields(self) -> Iterable[tuple[str, tuple[str, Any]]]:
        """(lower-case name, (name, value)) for each."""
        return zip(self._names, zip(self._names.values(), self._values.values(), strict=True), strict=True)


# --- those of a message that was received ---

# Of these the first one counts: to join them would make no sense.
_SINGLE = frozenset(
    (
        "age",
        "authorization",
        "content-length",
        "content-type",
        "etag",
        "expires",
        "from",
        "host",
        "if-modified-since",
        "if-unmodified-since",
        "last-modified",
        "location",
        "max-forwards",
        "proxy-authorization",
        "referer",
        "retry-after",
        "server",
        "user-agent",
    )
)


def merged_headers(raw: list[str], *, join_single: bool = False) -> dict[str, Any]:
    """Headers by lower-case name, from a flat list of names and values; duplicates are merged.

    `set-cookie` is always a list; `cookie` is joined by "; ", and all others by ", ", except those of which only the
    first counts, unless `join_single`.

    Node: message.headers
    """
    names = list(map(str.lower, raw[::2]))
    values = raw[1::2]
    merged: dict[str, Any] = dict(zip(names, values, strict=True))
    if len(merged) == len(names) and "set-cookie" not in merged:
        return merged  # most of the time there is nothing to merge
    merged = {}
    for name, value in zip(names, values, strict=True):
        if name == "set-cookie":
            merged.setdefault(name, []).append(value)
        elif name not in merged:
            merged[name] = value
        elif name == "cookie":
            merged[name] = f"{merged[name]}; {value}"
        elif join_single or name not in _SINGLE:
            merged[name] = f"{merged[name]}, {value}"
    return merged


def lower_names(raw: list[str]) -> str:
    """The names in a flat list of names and values, in lower case, a space before and behind each.

    Whether there is a field: `" host " in lower_names(raw)`. That takes no look at each of them.
    """
    return " ".join(["", *raw[::2], ""]).lower()


def distinct_headers(raw: list[str]) -> dict[str, list[str]]:
    """All values of each header by lower-case name, from a flat list of names and values.

    Node: message.headersDistinct
    """
    distinct: dict[str, list[str]] = {}
    names = iter(raw)
    for name, value in zip(names, names, strict=True):
        distinct.setdefault(name.lower(), []).append(value)
    return distinct
