"""Records as lines of JSON, by the fastest library that is there: orjson, else msgspec, else Python's own.

The rules:

1. A library only makes it faster. What it refuses, line or record, is given to Python's own, whose word is final: so a
   line is malformed, and a record cannot be sent, whichever library is installed.
2. As in Node, NaN and infinities are written as null; and as there, an integer beyond 64 bits may come back as a float.
3. What only a library can write (dataclasses and dates with orjson, sets and bytes with msgspec) is written with it.
"""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Callable
from typing import Any, NamedTuple

from nodestream._json_text import json_text, parse_json


class Library(NamedTuple):
    """What reads and writes one value."""

    name: str
    loads: Callable[[bytes], Any]
    dumps: Callable[[Any], bytes]


def _orjson() -> Library:
    module = importlib.import_module("orjson")
    return Library("orjson", module.loads, module.dumps)


def _msgspec() -> Library:
    module = importlib.import_module("msgspec.json")
    return Library("msgspec", module.Decoder().decode, module.Encoder().encode)


def _json() -> Library:
    return Library("json", decode_line, _dumps)


def _chosen() -> Library:
    for make in (_orjson, _msgspec):
        try:
            return make()
        except ImportError:
            continue
    return _json()


def decode_lines(lines: list[bytes]) -> list[Any]:
    """The values of lines, each without its end. Raises ValueError if one of them is malformed."""
    loads = library.loads
    try:
        return [*map(loads, lines)]
    except (ValueError, RecursionError):
        return [*map(decode_line, lines)]


def decode_line(line: bytes) -> Any:
    """The value of one line. Raises ValueError, which says what is wrong with it."""
    try:
        return parse_json(str(line, "utf-8"))
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} at character {error.pos}") from None


def encode(records: list[Any]) -> bytes:
    """Records as lines, each with its end. Raises TypeError or ValueError for what JSON cannot say."""
    dumps = library.dumps
    try:
        lines = [*map(dumps, records)]
    except (TypeError, ValueError, RecursionError):
        lines = [*map(_encoded, records)]
    lines.append(b"")
    return b"\n".join(lines)


def _encoded(record: Any) -> bytes:
    try:
        return library.dumps(record)
    except (TypeError, ValueError, RecursionError):
        return _dumps(record)


_encoder = json.JSONEncoder(ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def _dumps(record: Any) -> bytes:
    try:
        try:
            return _encoder.encode(record).encode()
        except ValueError:  # NaN, or what UTF-8 cannot say
            return json_text(_without_nan(record)).encode()
    except RecursionError:
        raise ValueError("the value is nested too deeply") from None


def _without_nan(value: Any) -> Any:
    """The same value with None for every number that JSON has no word for."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_without_nan(item) for item in value]
    return value


library = _chosen()
"""The one in use."""
