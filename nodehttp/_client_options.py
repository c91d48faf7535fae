"""The options of a request: gathered from a URL, a mapping and keywords, under one spelling, and checked.

Node: the arguments of http.request
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Collection, Mapping
from types import FunctionType
from typing import Any
from urllib.parse import ParseResult, SplitResult

from nodestream._options import LARGEST_INTEGER
from nodestream._timer_heap import TIMEOUT_MAX, TimeoutOverflowWarning
from nodestream._warnings import emit_warning
from nodestream.errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_INVALID_HTTP_TOKEN,
    ERR_OUT_OF_RANGE,
    ERR_UNESCAPED_CHARACTERS,
)

from ._headers import is_token
from ._options import Options, canonical_name
from ._parsing import Validation
from ._url import UrlLike, url_to_options

Callback = Callable[..., object]

CONNECT_OPTIONS = frozenset(
    {
        "allow_half_open",
        "auto_select_family",
        "auto_select_family_attempt_timeout",
        "block_list",
        "family",
        "high_water_mark",
        "hints",
        "host",
        "keep_alive",
        "keep_alive_initial_delay",
        "local_address",
        "local_port",
        "lookup",
        "no_delay",
        "port",
        "timeout",
        "type_of_service",
    }
)
"""What is for the socket."""

REQUEST_OPTIONS = CONNECT_OPTIONS | {
    "agent",
    "auth",
    "create_connection",
    "default_port",
    "headers",
    "hostname",
    "http_validation",
    "insecure_http_parser",
    "join_duplicate_headers",
    "max_header_size",
    "method",
    "parser",
    "path",
    "protocol",
    "set_default_headers",
    "set_host",
    "signal",
    "socket_path",
    "unique_headers",
}
"""What may be a keyword of `request()`."""

LIMITS = frozenset(
    {
        "http_validation",
        "insecure_http_parser",
        "join_duplicate_headers",
        "max_header_size",
        "signal",
        "timeout",
    }
)
"""Options that most requests go without: of how the response is received, and of how long that may take."""

USUAL_OPTIONS = frozenset(
    {
        "agent",
        "hash",
        "headers",
        "host",
        "hostname",
        "href",
        "method",
        "path",
        "pathname",
        "port",
        "protocol",
        "search",
    }
)
"""What most requests do with; the parts of a URL are among them."""

VALIDATIONS = ("strict", "relaxed", "insecure")

is_path = re.compile("[\x21-\xff]*").fullmatch


def gathered(
    url: UrlLike | Mapping[str, Any] | Callback | None,
    options: Mapping[str, Any] | Callback | None,
    callback: Callback | None,
    keywords: Mapping[str, Any],
    known: Collection[str] = REQUEST_OPTIONS,
) -> tuple[Options, Callback | None]:
    """The options and the callback among the arguments of `request()`, whichever were left out.

    A mapping overrides the URL, and keywords override both. Raises ERR_INVALID_URL, ERR_INVALID_ARG_TYPE, and TypeError
    for a keyword that is not `known`.
    """
    if type(url) is dict and callback is None and not keywords and (options is None or type(options) is FunctionType):
        return Options(url), options  # what is below comes to the same
    from_url: Mapping[str, Any] | None = None
    given: Any = options
    listener: Any = callback
    if isinstance(url, (str, ParseResult, SplitResult)):
        from_url = url_to_options(url)
    elif url is not None:
        given, listener = url, options if callback is None else callback
    if callable(given):
        given, listener = None, given
    if listener is not None and not callable(listener):
        raise ERR_INVALID_ARG_TYPE("listener", "of type function", listener)
    if not keywords and from_url is None:
        return Options(given), listener
    for name in keywords:
        if canonical_name(name) not in known:
            raise TypeError(f"request() got an unexpected keyword argument {name!r}")
    return Options(from_url, given, keywords), listener


# --- checks, each raising what Node raises ---


def check_agent(agent: Any) -> None:
    """Anything that can be asked for a socket is an agent."""
    if not callable(getattr(agent, "add_request", None)):
        raise ERR_INVALID_ARG_TYPE("options.agent", "one of Agent-like Object, undefined, or false", agent)


def check_signal(signal: Any) -> None:
    """Anything that can say that it was aborted, and tell when, is an AbortSignal."""
    if not isinstance(getattr(signal, "aborted", None), bool) or not callable(
        getattr(signal, "add_event_listener", None)
    ):
        raise ERR_INVALID_ARG_TYPE("signal", "an instance of AbortSignal", signal)


def checked_path(path: Any) -> str:
    """The request target as it goes on the wire: no blanks, control characters, or anything beyond latin1."""
    target = path if type(path) is str else str(path)
    if not is_path(target):
        raise ERR_UNESCAPED_CHARACTERS("Request path")
    return target


def checked_auth(auth: Any) -> bytes:
    """What is encoded in an Authorization header."""
    if isinstance(auth, str):
        return auth.encode()
    if isinstance(auth, (bytes, bytearray, memoryview)):
        return bytes(auth)
    expected = "of type string or an instance of Buffer, ArrayBuffer, or Array or an Array-like Object"
    raise ERR_INVALID_ARG_TYPE("first argument", expected, auth)


def checked_host(options: Options) -> str:
    """The host to connect to."""
    usual = options.known("hostname")
    if usual is None:
        usual = options.known("host")
    if type(usual) is str and usual:
        return usual
    for name in ("hostname", "host"):
        host = options.known(name)
        if host is not None and not isinstance(host, str):
            raise ERR_INVALID_ARG_TYPE(f"options.{name}", "of type string or one of undefined or null", host)
        if host:
            return str(host)
    return "localhost"


def checked_method(method: Any) -> str:
    """The method in upper case."""
    if method is None:
        return "GET"
    if not isinstance(method, str):
        raise ERR_INVALID_ARG_TYPE("options.method", "of type string", method)
    if method and not is_token(method):
        raise ERR_INVALID_HTTP_TOKEN("Method", method)
    return method.upper() or "GET"


def checked_max_header_size(size: Any) -> int | None:
    """The bound for the head of the response, in bytes; None for the default."""
    if size is None:
        return None
    if isinstance(size, bool) or not isinstance(size, (int, float)):
        raise ERR_INVALID_ARG_TYPE("maxHeaderSize", "of type number", size)
    if not math.isfinite(size) or size % 1:
        raise ERR_OUT_OF_RANGE("maxHeaderSize", "an integer", size)
    if not 0 <= size <= LARGEST_INTEGER:
        raise ERR_OUT_OF_RANGE("maxHeaderSize", f">= 0 && <= {LARGEST_INTEGER}", size)
    return int(size)


def checked_flag(options: Options, name: str, node_spelling: str) -> bool | None:
    """An option that is True, False or not given."""
    value = options.known(name)
    if value is not None and not isinstance(value, bool):
        raise ERR_INVALID_ARG_TYPE(f"options.{node_spelling}", "of type boolean", value)
    return value


def checked_validation(options: Options) -> Validation | None:
    """How strictly the response is parsed: "strict", "relaxed" or "insecure"; None if neither option says."""
    insecure = checked_flag(options, "insecure_http_parser", "insecureHTTPParser")
    validation = options.known("http_validation")
    if validation is None:
        return None
    if validation not in VALIDATIONS:
        allowed = ", ".join(f"'{each}'" for each in VALIDATIONS)
        raise ERR_INVALID_ARG_VALUE("options.httpValidation", validation, f"must be one of: {allowed}")
    if insecure is not None:
        raise ERR_INVALID_ARG_VALUE(
            "options.httpValidation", validation, "cannot be used together with options.insecureHTTPParser"
        )
    return validation  # type: ignore[no-any-return]


def checked_duration(msecs: Any, name: str) -> float:
    """A duration in milliseconds; one that no timer can wait for is cut, with a warning."""
    if isinstance(msecs, bool) or not isinstance(msecs, (int, float)):
        raise ERR_INVALID_ARG_TYPE(name, "of type number", msecs)
    if msecs < 0 or not math.isfinite(msecs):
        raise ERR_OUT_OF_RANGE(name, "a non-negative finite number", msecs)
    if msecs > TIMEOUT_MAX:
        text = f"{msecs} does not fit into a 32-bit signed integer.\nTimer duration was truncated to {TIMEOUT_MAX}."
        emit_warning(TimeoutOverflowWarning(text))
        return TIMEOUT_MAX
    return msecs
