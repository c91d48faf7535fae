"""The headers of a message that is sent: set, changed and asked for, until its head is made.

Node: outgoingMessage.setHeader and its relatives
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from nodestream._dispose import Disposable
from nodestream._names import node_alias, node_name
from nodestream._stream import Stream
from nodestream.errors import ERR_HTTP_HEADERS_SENT, ERR_INVALID_ARG_TYPE, ERR_INVALID_CHAR

from ._headers import (
    HeaderStore,
    header_text,
    is_list,
    is_value,
    valid_lower_name,
    validate_header_name,
    validate_header_value,
)
from ._outgoing_state import OWN_HEADERS, OutgoingState

M = TypeVar("M", bound="OutgoingHeaders")


class OutgoingHeaders(Disposable, Stream):
    """What OutgoingMessage says about headers."""

    send_date: bool = False
    sendDate: bool = node_alias("send_date")

    _state: OutgoingState
    _head: str | None = None
    """The text of the head, once it is made."""
    _accepts_value: Callable[[str], object] = staticmethod(is_value)
    _unique_headers: frozenset[str] | None = None
    _header_store: HeaderStore | None = None

    # --- changing ---

    def set_header(self: M, name: str, value: Any) -> M:
        """Set a header, in the place of the one of that name in any case.

        `value`: a string, a number or a bool; or a list, for one line each (`Cookie` and the server's `unique_headers`
        are joined by "; ").

        Raises ERR_HTTP_HEADERS_SENT, ERR_INVALID_HTTP_TOKEN, ERR_HTTP_INVALID_HEADER_VALUE, ERR_INVALID_CHAR.

        Node: outgoingMessage.setHeader
        """
        if self._head is not None:
            raise ERR_HTTP_HEADERS_SENT("set")
        lower = valid_lower_name(name)
        validate_header_value(name, value, accepts=self._accepts_value)
        if self._header_store is None:
            self._header_store = HeaderStore()
        self._header_store.set(lower, name, value)
        return self

    setHeader = node_name(set_header)

    def set_headers(self: M, headers: Any) -> M:
        """Set each of the headers of a mapping or of a `Headers`. Raises as `set_header`.

        Node: outgoingMessage.setHeaders
        """
        if self._head is not None:
            raise ERR_HTTP_HEADERS_SENT("set")
        if is_list(headers) or not (hasattr(headers, "items") and hasattr(headers, "get")):
            raise ERR_INVALID_ARG_TYPE("headers", "an instance of Headers or Map", headers)
        # A Headers object has each cookie apart, and they must not replace each other.
        cookies: list[Any] = []
        for name, value in headers.items():
            if name == "set-cookie":
                cookies.extend(value if is_list(value) else [value])
            else:
                self.set_header(name, value)
        if cookies:
            self.set_header("set-cookie", cookies)
        return self

    setHeaders = node_name(set_headers)

    def append_header(self: M, name: str, value: Any) -> M:
        """Add a value, or a list of them, to a header. Raises as `set_header`.

        Node: outgoingMessage.appendHeader
        """
        if self._head is not None:
            raise ERR_HTTP_HEADERS_SENT("append")
        validate_header_name(name)
        validate_header_value(name, value, accepts=self._accepts_value)
        if self._header_store is None:
            self._header_store = HeaderStore()
        self._header_store.append(name, value)
        return self

    appendHeader = node_name(append_header)

    def remove_header(self, name: str) -> None:
        """Forget a header. One that would be added by itself (Date, Connection, Content-Length, Transfer-Encoding) is
        not added then.

        Raises ERR_HTTP_HEADERS_SENT, ERR_INVALID_ARG_TYPE. Node: outgoingMessage.removeHeader
        """
        _check_name(name)
        if self._head is not None:
            raise ERR_HTTP_HEADERS_SENT("remove")
        lower = name.lower()
        if lower in OWN_HEADERS:
            self._state.removed |= {lower}
        elif lower == "date":
            self.send_date = False
        if self._header_store is not None:
            self._header_store.remove(lower)

    removeHeader = node_name(remove_header)

    def add_trailers(self, headers: Mapping[str, Any] | Iterable[Sequence[Any]]) -> None:
        """Fields for after the body: a mapping, or pairs. They are sent only if the body is chunked.

        Raises ERR_INVALID_HTTP_TOKEN, ERR_INVALID_CHAR. Node: outgoingMessage.addTrailers
        """
        state = self._state
        state.trailers = ""
        for name, value in _pairs_of_trailers(headers):
            validate_header_name(name, "Trailer name")
            for text in self._trailer_values(name, value):
                if not self._accepts_value(text):
                    raise ERR_INVALID_CHAR("trailer content", name)
                state.trailers += f"{name}: {text}\r\n"

    addTrailers = node_name(add_trailers)

    def _trailer_values(self, name: str, value: Any) -> list[str]:
        if not is_list(value):
            return [header_text(value)]
        texts = [header_text(item) for item in value]
        unique = self._unique_headers
        if len(texts) > 1 and (unique is None or name.lower() not in unique):
            return texts
        return ["; ".join(texts)]

    # --- asking ---

    def get_header(self, name: str) -> Any:
        """The value of a header as it was set, or None. Raises ERR_INVALID_ARG_TYPE.

        Node: outgoingMessage.getHeader
        """
        if type(name) is not str:
            _check_name(name)
        store = self._header_store
        return None if store is None else store.get(name)

    getHeader = node_name(get_header)

    def has_header(self, name: str) -> bool:
        """Whether a header is set. Raises ERR_INVALID_ARG_TYPE. Node: outgoingMessage.hasHeader"""
        _check_name(name)
        return self._header_store is not None and self._header_store.has(name)

    hasHeader = node_name(has_header)

    def get_headers(self) -> dict[str, Any]:
        """The headers that are set, by lower-case name; a copy. Node: outgoingMessage.getHeaders"""
        return {} if self._header_store is None else self._header_store.to_dict()

    getHeaders = node_name(get_headers)

    def get_header_names(self) -> list[str]:
        """The names that are set, in lower case. Node: outgoingMessage.getHeaderNames"""
        return [] if self._header_store is None else self._header_store.names()

    getHeaderNames = node_name(get_header_names)

    def get_raw_header_names(self) -> list[str]:
        """The names that are set, as they were spelled. Node: outgoingMessage.getRawHeaderNames"""
        return [] if self._header_store is None else list(self._header_store.raw_names())

    getRawHeaderNames = node_name(get_raw_header_names)

    @property
    def headers_sent(self) -> bool:
        """Whether it is too late to change headers. Node: outgoingMessage.headersSent"""
        return self._head is not None

    headersSent: bool = node_alias("headers_sent")


def _pairs_of_trailers(headers: Any) -> Iterable[Any]:
    if isinstance(headers, Mapping):
        return headers.items()
    if headers is None:
        raise TypeError("trailers are a mapping or pairs")
    return headers if isinstance(headers, Iterable) else ()  # to Node, something without properties


def _check_name(name: Any) -> None:
    if not isinstance(name, str):
        raise ERR_INVALID_ARG_TYPE("name", "of type string", name)
