"""A parser from what it is told."""

from __future__ import annotations

from functools import lru_cache

from ._engines import chosen_engine, head_reader
from ._interface import (
    DEFAULT_MAX_HEADER_SIZE,
    DEFAULT_MAX_HEADERS_COUNT,
    Engine,
    Kind,
    Parser,
    ParserCallbacks,
    Validation,
)
from ._machine import Machine
from ._message import Limits


def create_parser(
    kind: Kind,
    callbacks: ParserCallbacks,
    *,
    max_header_size: int = DEFAULT_MAX_HEADER_SIZE,
    max_headers_count: int | None = None,
    validation: Validation = "strict",
    engine: Engine | None = None,
) -> Parser:
    """A parser of the "request"s or of the "response"s on one connection.

    `max_header_size`: a head whose URL or reason phrase, names and values come to this many bytes is refused with
    HPE_HEADER_OVERFLOW, and trailers likewise; 0 means the default, 16384. `max_headers_count`: a request with more
    fields than this is refused with HPE_HEADER_OVERFLOW, a response's are cut; None means 1000, 0 no limit.
    `validation`: what is let pass, as the `httpValidation` option of Node ("insecure" is its `insecureHTTPParser`).
    `engine`: what reads plain heads, as `chosen_engine` answers; None for the default.

    Node: HTTPParser
    """
    count = DEFAULT_MAX_HEADERS_COUNT if max_headers_count is None else max_headers_count
    limits = _limits(kind, max_header_size or DEFAULT_MAX_HEADER_SIZE, count or None, validation)
    return Machine(callbacks, limits, head_reader(engine or chosen_engine(None), kind))


_limits = lru_cache(32)(Limits)
"""They do not change, and nearly all connections have the same."""
