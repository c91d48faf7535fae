"""The options of a request, and what they may be.

Standard: Fetch, section 5.4 (RequestInit)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nodestream._js_string import js_string
from nodestream._warnings import emit_warning
from nodestream.abort import AbortSignal
from nodestream.errors import ERR_INVALID_URL, NodeTypeError, inspect

from .._headers import is_token
from ._byte_string import byte_string
from ._errors import FetchTypeError
from ._headers import header_pairs
from ._href import has_credentials, href_of, parsed_url
from ._init_options import Conversions

REQUEST_OPTIONS = (
    *("body", "cache", "credentials", "dispatcher", "duplex", "headers", "integrity", "keepalive", "method", "mode"),
    *("priority", "redirect", "referrer", "referrer_policy", "signal", "window"),
)

# Web IDL, section 3.2.18: the values of an enumeration.
_ALLOWED = {
    "cache": ("default", "no-store", "reload", "no-cache", "force-cache", "only-if-cached"),
    "credentials": ("omit", "same-origin", "include"),
    "duplex": ("half",),
    "mode": ("navigate", "same-origin", "no-cors", "cors"),
    "priority": ("high", "low", "auto"),
    "redirect": ("follow", "manual", "error"),
    "referrer_policy": (
        *("", "no-referrer", "no-referrer-when-downgrade", "same-origin", "origin", "strict-origin"),
        *("origin-when-cross-origin", "strict-origin-when-cross-origin", "unsafe-url"),
    ),
}

# Fetch, section 2.2.1 (methods)
_NORMALIZED = frozenset(("DELETE", "GET", "HEAD", "OPTIONS", "POST", "PUT"))
_FORBIDDEN = frozenset(("CONNECT", "TRACE", "TRACK"))


class PatchMethodWarning(Warning):
    """A method "patch", which HTTP takes for another one than "PATCH"."""

    code = "UNDICI-FETCH-patch"

    def __init__(self) -> None:
        super().__init__(
            "Using `patch` is highly likely to result in a `405 Method Not Allowed`. "
            "`PATCH` is much more likely to succeed."
        )


def _one_of(allowed: tuple[str, ...]) -> Callable[[Any], str]:
    def convert(value: Any) -> str:
        text = js_string(value)
        if text not in allowed:
            raise NodeTypeError(f"undefined: {text} is not an accepted type. Expected one of {', '.join(allowed)}.")
        return text

    return convert


def _signal(value: Any) -> AbortSignal:
    if not isinstance(value, AbortSignal):
        shown = f'"{value}"' if isinstance(value, str) else inspect(value)
        raise NodeTypeError(f'RequestInit: Expected signal ("{shown}") to be an instance of AbortSignal.')
    return value


REQUEST_CONVERSIONS: Conversions = {
    **{name: _one_of(allowed) for name, allowed in _ALLOWED.items()},
    "headers": header_pairs,
    "integrity": js_string,
    "keepalive": bool,
    "method": byte_string,
    "referrer": js_string,
    "signal": _signal,
}


def request_url(text: str) -> str:
    """A URL that a request may have."""
    href = parsed_url(text)
    if has_credentials(href):
        raise NodeTypeError(f"Request cannot be constructed from a URL that includes credentials: {text}")
    return href


def request_referrer(text: str) -> str:
    """A URL that a request may come from; "" for nowhere."""
    if not text:
        return ""
    try:
        return href_of(text)
    except ERR_INVALID_URL as error:
        raise FetchTypeError(f'Referrer "{text}" is not a valid URL.', error) from error


def request_method(text: str) -> str:
    """A method that a request may have. Standard: Fetch, section 2.2.1 (normalize a method)"""
    if not is_token(text):
        raise NodeTypeError(f"'{text}' is not a valid HTTP method.")
    upper = text.upper()
    if upper in _FORBIDDEN:
        raise NodeTypeError(f"'{text}' HTTP method is unsupported.")
    if text == "patch":
        emit_warning(PatchMethodWarning())
    return upper if upper in _NORMALIZED else text
