"""What goes wrong on the way to a response, and after it has begun.

Whoever calls `fetch` gets a TypeError, "fetch failed"; whoever reads a body that breaks off gets one too, "terminated".
What went wrong is its `cause`: one of the classes here, or the error of the socket or of the decoder.

Node: the errors of undici that fetch shows as causes
"""

from __future__ import annotations

from typing import Any

from nodestream.errors import NodeError

from .._parsing import ParseError
from ._errors import FetchTypeError


class SocketError(NodeError):
    """The connection broke. Node: undici.errors.SocketError"""

    code = "UND_ERR_SOCKET"


class HTTPParserError(NodeError):
    """What came is no HTTP; `code` is one of the HPE_* codes. Node: undici.errors.HTTPParserError"""


class HeadersOverflowError(NodeError):
    """The head of the response is too large. Node: undici.errors.HeadersOverflowError"""

    code = "UND_ERR_HEADERS_OVERFLOW"


class ConnectTimeoutError(NodeError):
    """Connecting took too long. Node: undici.errors.ConnectTimeoutError"""

    code = "UND_ERR_CONNECT_TIMEOUT"


class HeadersTimeoutError(NodeError):
    """The head of the response took too long. Node: undici.errors.HeadersTimeoutError"""

    code = "UND_ERR_HEADERS_TIMEOUT"


class BodyTimeoutError(NodeError):
    """The next piece of a body took too long. Node: undici.errors.BodyTimeoutError"""

    code = "UND_ERR_BODY_TIMEOUT"


class InvalidArgumentError(NodeError):
    """A header that only the connection itself may set. Node: undici.errors.InvalidArgumentError"""

    code = "UND_ERR_INVALID_ARG"


class NotSupportedError(NodeError):
    """A header that fetch cannot obey. Node: undici.errors.NotSupportedError"""

    code = "UND_ERR_NOT_SUPPORTED"


class RequestContentLengthMismatchError(NodeError):
    """The body has another size than its Content-Length. Node: undici.errors.RequestContentLengthMismatchError"""

    code = "UND_ERR_REQ_CONTENT_LENGTH_MISMATCH"

    def __init__(self) -> None:
        super().__init__("Request body length does not match content-length header")


def fetch_failed(cause: Any) -> FetchTypeError:
    """There is no response (a network error: Fetch standard, section 2.2.6)."""
    return FetchTypeError("fetch failed", NodeError(cause) if isinstance(cause, str) else cause)


def terminated(cause: Any) -> FetchTypeError:
    """The body of a response broke off."""
    return FetchTypeError("terminated", cause)


def connection_error(error: BaseException) -> BaseException:
    """What a ClientRequest or its response failed with, as fetch tells of it."""
    if isinstance(error, ParseError):
        if error.code == "HPE_HEADER_OVERFLOW":
            return HeadersOverflowError("Headers Overflow Error")
        text = f"Response does not match the HTTP/1.1 protocol ({error.reason})"
        return HTTPParserError(text, error.code)
    if getattr(error, "code", None) == "ECONNRESET" and getattr(error, "syscall", None) is None:
        return SocketError("other side closed")
    return error
