"""Failures that a user is told of in one line, without a traceback."""

from __future__ import annotations

import errno
import os
from urllib.parse import SplitResult, urlsplit

_WORDS = {
    "ECONNREFUSED": "connection refused",
    "ECONNRESET": "the connection was reset",
    "EPIPE": "the connection was closed",
    "ETIMEDOUT": "no answer in time",
    "EHOSTUNREACH": "the host cannot be reached",
    "ENETUNREACH": "the network cannot be reached",
    "ENOTFOUND": "there is no such host",
    "EAI_AGAIN": "the name cannot be looked up now",
}


class CommandError(Exception):
    """The command cannot do what it was asked to; the message is one line for the user."""


def described(error: BaseException) -> str:
    """What went wrong, in a few words."""
    code = getattr(error, "code", None)
    if isinstance(code, str) and code in _WORDS:
        return _WORDS[code]
    number = getattr(error, "errno", None)
    if isinstance(error, OSError) and isinstance(number, int) and abs(number) in errno.errorcode:
        return os.strerror(abs(number)).lower()
    text = str(error) or type(error).__name__
    return text.splitlines()[0]


def checked_url(text: str) -> SplitResult:
    """An http URL, taken apart. Raises CommandError."""
    try:
        url = urlsplit(text)
        port = url.port
    except ValueError as error:
        raise CommandError(f"not a URL: {text!r} ({error})") from None
    if url.scheme.lower() != "http" or not url.hostname:
        raise CommandError(f"not an http URL: {text!r} (it looks like http://host:port/path)")
    if port == 0 or not text.isprintable() or not text.isascii() or " " in text:
        raise CommandError(f"not a URL: {text!r}")
    return url
