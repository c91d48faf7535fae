"""How heads are received where no option says otherwise. It can be changed while a program runs; what is open keeps
what it began with.

Node: http.maxHeaderSize, and the flags --max-http-header-size and --insecure-http-parser
"""

from __future__ import annotations

from nodestream._options import LARGEST_INTEGER
from nodestream._warnings import emit_warning

from ._net_checks import LARGEST_INT32, checked_flag, checked_integer
from ._parsing import DEFAULT_MAX_HEADER_SIZE, Validation


class _Defaults:
    max_header_size = DEFAULT_MAX_HEADER_SIZE
    is_insecure = False


_defaults = _Defaults()


def get_max_header_size() -> int:
    """From how many bytes (url, names and values) on a head is refused."""
    return _defaults.max_header_size


def set_max_header_size(size: int) -> None:
    """Change that. Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE."""
    _defaults.max_header_size = checked_integer(size, "maxHeaderSize", 1, LARGEST_INT32)


def set_max_idle_http_parsers(max: int) -> None:
    """Say how many idle parsers may be kept. It changes nothing: that of a connection that is over is never kept.

    Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: http.setMaxIdleHTTPParsers
    """
    checked_integer(max, "max", 1, LARGEST_INTEGER)


def get_insecure_http_parser() -> bool:
    """Whether heads are let pass that break the rules of HTTP."""
    return _defaults.is_insecure


def set_insecure_http_parser(value: bool) -> None:
    """Change that. Raises ERR_INVALID_ARG_TYPE."""
    _defaults.is_insecure = checked_flag(value, "insecureHTTPParser")
    if value:
        emit_warning(Warning("Using insecure HTTP parsing"))


def validation_of(http_validation: Validation | None, insecure_http_parser: bool | None) -> Validation:
    """How strictly heads are parsed, as these two options say, neither of which need be given."""
    if http_validation is not None:
        return http_validation
    insecure = _defaults.is_insecure if insecure_http_parser is None else insecure_http_parser
    return "insecure" if insecure else "strict"
