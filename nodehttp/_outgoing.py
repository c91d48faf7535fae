"""`OutgoingMessage`: the sending half of HTTP, of which a server's response and a client's request are kinds.

The state is in `_outgoing_state.py`, how a head is made in `_head.py`. The way of a chunk:

    write() -> checks -> _write()  frames it -> _send() puts the head in front -> _write_raw() to the socket, or waits
    end()   -> checks -> _final()  the last chunk and what ends the body -> _send() ...

Node: http.OutgoingMessage
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from nodestream import _encoding
from nodestream._hooks import noop
from nodestream._names import node_alias, node_name
from nodestream._options import DEFAULT_HIGH_WATER_MARK
from nodestream._stream import Stream
from nodestream.errors import (
    ERR_HTTP_BODY_NOT_ALLOWED,
    ERR_HTTP_CONTENT_LENGTH_MISMATCH,
    ERR_HTTP_HEADERS_SENT,
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_CHAR,
    ERR_METHOD_NOT_IMPLEMENTED,
    ERR_STREAM_ALREADY_FINISHED,
    ERR_STREAM_CANNOT_PIPE,
    ERR_STREAM_DESTROYED,
    ERR_STREAM_NULL_VALUES,
    ERR_STREAM_WRITE_AFTER_END,
)
from nodestream.events import EventEmitter
from nodestream.loop import next_tick

from ._head import HeadBuilder
from ._headers import (
    HeaderStore,
    header_text,
    is_list,
    is_value,
    validate_header_name,
    validate_header_value,
)
from ._outgoing_state import Callback, OutgoingState, Pieces, size_of
from ._wire import write_pieces

M = TypeVar("M", bound="OutgoingMessage")

JOIN_UP_TO = 16 * 1024
"""Up to this many bytes a body piece is copied to be joined to its frame; a larger one leaves beside it, uncopied."""

_CHUNK_TYPES = "of type string or an instance of Buffer or Uint8Array"
_UTF8 = (None, "utf8")


class OutgoingMessage(Stream):
    """A message that is sent: headers, then a body written as to a Writable.

    Options:
        high_water_mark: from how many bytes on `write()` returns False while there is no socket (65536).
        reject_non_standard_body_writes: a body where there can be none raises instead of being dropped (False).

    Attributes:
        send_date: whether a Date header is added.
        strict_content_length: whether `write` and `end` raise when the body is not as long as its Content-Length says.
        should_keep_alive: whether the connection is to be used again.
        use_chunked_encoding_by_default: whether the receiver understands a chunked body.
        chunked_encoding: whether the body is sent chunked; known once the head is made.
        max_requests_on_connection_reached: whether this is the last message that its connection may carry.

    Events: `drain`, `prefinish`, `finish`, `error(error)`, `close`, `pipe(source)`, `unpipe(source, info)`,
    `socket(socket)`, `timeout`.

    Node: http.OutgoingMessage
    """

    send_date: bool
    sendDate: bool = node_alias("send_date")
    strict_content_length: bool
    strictContentLength: bool = node_alias("strict_content_length")
    should_keep_alive: bool
    shouldKeepAlive: bool = node_alias("should_keep_alive")
    use_chunked_encoding_by_default: bool
    useChunkedEncodingByDefault: bool = node_alias("use_chunked_encoding_by_default")
    chunked_encoding: bool
    chunkedEncoding: bool = node_alias("chunked_encoding")
    max_requests_on_connection_reached: bool
    maxRequestsOnConnectionReached: bool = node_alias("max_requests_on_connection_reached")

    # What only some messages have; on the class, so that a message is small.
    send_date = False
    strict_content_length = False
    should_keep_alive = True
    use_chunked_encoding_by_default = True
    chunked_encoding = False
    max_requests_on_connection_reached = False
    _rejects_body = False
    _has_agent = False
    _keep_alive_timeout: float = 0
    _max_requests_per_socket: float | None = None
    _unique_headers: frozenset[str] | None = None
    _on_pending_data: Callable[[int], object] = staticmethod(noop)

    _socket: Any = None
    _header_store: HeaderStore | None = None

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        given = normalized(OUTGOING_OPTIONS, options, keywords, type(self).__name__) if options or keywords else {}
        self._begin(given.get("high_water_mark", DEFAULT_HIGH_WATER_MARK))
        if given.get("reject_non_standard_body_writes"):
            self._rejects_body = True

    def _begin(self, high_water_mark: int) -> None:
        EventEmitter.__init__(self)
        self._state = OutgoingState(high_water_mark)
