"""`OutgoingMessage`: the sending half of HTTP, of which a server's response and a client's request are kinds.

The state is in `_outgoing_state.py`, headers are set in `_outgoing_headers.py`, a head is made in `_head.py`. The way
of a chunk (a whole response has a shorter one, see `_response.py`):

    write() -> checks -> _write()    frames it -> _send() puts the head in front -> the socket, or _put() lets it wait
    end()   -> checks -> _end_body() frames the last one and what ends the body -> _send() ...

Node: http.OutgoingMessage
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from nodestream import _encoding
from nodestream._arity import tolerant
from nodestream._hooks import noop
from nodestream._names import node_alias, node_name
from nodestream._options import get_default_high_water_mark, normalized
from nodestream._repr import shown
from nodestream.errors import (
    ERR_HTTP_BODY_NOT_ALLOWED,
    ERR_HTTP_CONTENT_LENGTH_MISMATCH,
    ERR_INVALID_ARG_TYPE,
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
from ._headers import HeaderStore
from ._net_checks import is_true
from ._outgoing_headers import OutgoingHeaders
from ._outgoing_state import Callback, OutgoingState, Pieces, size_of
from ._wire import write_pieces

M = TypeVar("M", bound="OutgoingMessage")

OUTGOING_OPTIONS = frozenset({"high_water_mark", "reject_non_standard_body_writes"})

JOIN_UP_TO = 16 * 1024
"""A piece of body of up to this many bytes is joined to its frame; a larger one leaves beside it, uncopied."""

_LONGEST_LENGTH = 19
"""Digits of a Content-Length that can be counted up to."""

_CHUNK_TYPES = "of type string or an instance of Buffer or Uint8Array"


class OutgoingMessage(OutgoingHeaders):
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

    # Defaults on the class keep a message small.
    strict_content_length: bool = False
    strictContentLength: bool = node_alias("strict_content_length")
    should_keep_alive: bool = True
    shouldKeepAlive: bool = node_alias("should_keep_alive")
    use_chunked_encoding_by_default: bool = True
    useChunkedEncodingByDefault: bool = node_alias("use_chunked_encoding_by_default")
    chunked_encoding: bool = False
    chunkedEncoding: bool = node_alias("chunked_encoding")
    max_requests_on_connection_reached: bool = False
    maxRequestsOnConnectionReached: bool = node_alias("max_requests_on_connection_reached")

    writable: bool = True

    _socket: Any = None
    _content_length: int | str | None = None
    """That of the body given to end(), or what the header says."""
    _rejects_body = False
    _has_agent = False
    _keep_alive_timeout: float = 0
    _max_requests_per_socket: float | None = None

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        # What is nothing to JavaScript is no options at all, whatever it is.
        given = normalized(OUTGOING_OPTIONS, options, keywords, type(self).__name__) if options or keywords else {}
        self._begin_with(given)

    def _begin_with(self, options: Mapping[str, Any]) -> None:
        self._begin(options.get("high_water_mark", get_default_high_water_mark()))
        if options.get("reject_non_standard_body_writes"):
            self._rejects_body = True

    def _begin(self, high_water_mark: int) -> None:
        EventEmitter.__init__(self)
        self._state = OutgoingState(high_water_mark)

    # --- the head ---

    def _implicit_header(self) -> None:
        """Make the head from what is set: a subclass knows its first line."""
        raise ERR_METHOD_NOT_IMPLEMENTED("_implicitHeader()")

    _implicitHeader = node_name(_implicit_header)

    def _store_header(self, first_line: str, headers: Any = None) -> None:
        """Make the head: `first_line` (with its CRLF), then `headers`.

        `headers` are a store, which was checked before, or any form that `write_head` takes.
        """
        builder = HeadBuilder(self, first_line)
        if headers is not None:
            if isinstance(headers, HeaderStore):
                builder.add_stored(headers)
            else:
                builder.add_given(headers)
        self._head = builder.complete()
        if builder.expect:
            self._send(b"", None, "utf8")  # whoever expects 100 Continue must not wait for the body

    @property
    def _forbids_chunks(self) -> bool:
        """Whether this message has no body, and never can have: a response's status says so."""
        return False

    def flush_headers(self) -> None:
        """Send the head now, rather than with the first piece of the body. Node: outgoingMessage.flushHeaders"""
        if self._head is None:
            self._implicit_header()
        if not self._state.head_sent:
            self._send(b"", None, "utf8")

    flushHeaders = node_name(flush_headers)

    # --- writing ---

    def write(self, chunk: Any, encoding: str | Callback | None = None, callback: Callback | None = None) -> bool:
        """Send a piece of the body; the first one sends the head too.

        Args:
            chunk: bytes-like or a string. A bytearray or memoryview is copied: the caller may change it at once.
            encoding: of a string ("utf8"). May be left out: `write(chunk, callback)`.
            callback: called with an error, or None, when the piece was handed to the kernel.

        Returns False when the socket is backed up: wait for `drain` before writing more.

        Raises ERR_STREAM_NULL_VALUES, ERR_INVALID_ARG_TYPE, ERR_UNKNOWN_ENCODING, ERR_HTTP_CONTENT_LENGTH_MISMATCH,
        ERR_HTTP_BODY_NOT_ALLOWED. A write after the end is an `error`.

        Node: outgoingMessage.write
        """
        state, socket = self._state, self._socket
        if (
            type(chunk) is bytes
            and chunk
            and encoding is None
            and callback is None
            and socket is not None
            and state.head_sent
            and state.has_body
            and not (state.ended or state.destroyed or state.corked or state.waiting or self.strict_content_length)
            and getattr(socket, "_http_message", None) is self
            and socket.writable
        ):
            # The body is under way, and all that could stop a piece, or send it elsewhere, was asked for: this is what
            # `_checked_write` comes to.
            if not socket.writable_corked:
                socket.cork()
                next_tick(socket.uncork)
            if self.chunked_encoding:
                has_room = _to_socket(socket, _framed(chunk), None)
            else:
                has_room = socket.write(chunk, None, None)
        else:
            if callable(encoding):
                encoding, callback = None, encoding
            has_room = self._checked_write(chunk, encoding, tolerant(callback) if callable(callback) else noop)
        if not has_room:
            state.need_drain = True
        return has_room

    def _checked_write(self, chunk: Any, encoding: str | None, callback: Callback) -> bool:
        _check_chunk(chunk)
        state = self._state
        if state.destroyed:
            next_tick(callback, ERR_STREAM_WRITE_AFTER_END() if state.ended else ERR_STREAM_DESTROYED("write"))
            return False
        if state.ended:
            self._fail_later(ERR_STREAM_WRITE_AFTER_END(), callback)
            return False
        if self.strict_content_length:
            self._count_body(len(_as_bytes(chunk, encoding)), is_last=False)
        if self._head is None:
            self._implicit_header()
        if not state.has_body:
            self._refuse_body()
            next_tick(callback, None)
            return True
        self._cork_until_tick()
        return self._write(_as_bytes(chunk, encoding), _head_encoding(chunk, encoding), callback)

    def _write(self, chunk: bytes, encoding: str, callback: Callback) -> bool:
        """Frame a piece of the body and send it. `encoding` is that of the head, if the head leaves with it."""
        if not (self.chunked_encoding and chunk):
            return self._send(chunk, callback, encoding)
        state = self._state
        if state.collects_chunks:
            state.collect(chunk, callback if callback is not noop else None)
            return state.chunks_size < state.high_water_mark
        return self._send(_framed(chunk), callback)

    def end(
        self: M,
        chunk: Any = None,
        encoding: str | Callback | None = None,
        callback: Callback | None = None,
    ) -> M:
        """Send a last piece of the body, if one is given, and end the message.

        A message that ends before its head was made gets a Content-Length. `callback` is called at `finish`.

        Raises as `write`. Node: outgoingMessage.end
        """
        state = self._state
        data, head_encoding = b"", "latin1"
        if type(chunk) is str:
            if chunk.isascii():
                data, head_encoding = chunk.encode(), "utf8"
        elif type(chunk) is bytes:
            data = chunk
        if (
            not data
            or encoding is not None
            or callback is not None
            or state.ended
            or state.destroyed
            or self.strict_content_length
        ):
            if not self._end_with_care(chunk, encoding, callback):
                return self
        else:
            # One piece of body, and nothing else to think of: what `_end_with_care` comes to.
            if self._head is None:
                self._content_length = len(data)
                self._implicit_header()
            if state.has_body and not self.chunked_encoding and not state.corked:
                self._send(data, self._on_finish, head_encoding)
                if state.corked or (self._socket is not None and self._socket.writable_corked):
                    self._uncork_fully()
            else:
                self._end_body(data, head_encoding)
        state.ended = True
        socket = self._socket
        if not state.waiting and socket is not None and getattr(socket, "_http_message", None) is self:
            self.emit("prefinish")
        return self

    def _end_with_care(self, chunk: Any, encoding: Any, callback: Callback | None) -> bool:
        """End the message, whatever was given; False if that was done before."""
        if callable(chunk):
            chunk, encoding, callback = None, None, chunk
        elif callable(encoding):
            encoding, callback = None, encoding
        data: bytes | None = None
        if chunk if type(chunk) is str else is_true(chunk):  # an empty string is nothing, empty bytes are something
            if self._state.ended:
                self._fail_later(ERR_STREAM_WRITE_AFTER_END(), tolerant(callback) if callable(callback) else noop)
                return False
            _check_chunk(chunk)
            data = _as_bytes(chunk, encoding)
        elif self._state.ended:
            self._ended_before(callback)
            return False
        if callable(callback):
            self.once("finish", callback)
        self._end(data, _head_encoding(chunk, encoding))
        return True

    def _end(self, data: bytes | None, encoding: str) -> None:
        state = self._state
        if state.destroyed and data is not None:
            if self._head is None:
                return
            data = b""  # it is lost, and what ends the body is not
        if self.strict_content_length and data is not None:
            self._count_body(len(data), is_last=True)
        if self._head is None:
            self._content_length = 0 if data is None else len(data)
            self._implicit_header()
        self._end_body(data, encoding)

    def _end_body(self, data: bytes | None, encoding: str) -> None:
        """The head is made: send the last piece of the body and what ends it."""
        state = self._state
        if data is not None and not state.has_body:
            self._refuse_body()
            data = b""
        if self.strict_content_length and self._length_is_binding and state.body_size != self._body_length:
            raise ERR_HTTP_CONTENT_LENGTH_MISMATCH(state.body_size, self._body_length or 0)
        if state.chunks:
            if data:
                self._write(data, encoding, noop)
                data = None
            self._release_chunks()
        # The two leave in one write, of which the callback is called when all has been sent.
        if state.has_body and self.chunked_encoding:
            ending = f"0\r\n{state.trailers}\r\n".encode("latin-1") if state.trailers else b"0\r\n\r\n"
            self._send(_framed(data, ending) if data else ending, self._on_finish)
        elif not state.head_sent or data is not None or self.writable_length:
            self._send(data or b"", self._on_finish, encoding if data else "latin1")
        else:
            next_tick(self._on_finish)
        self._uncork_fully()

    # --- the ways out of writing ---

    def _refuse_body(self) -> None:
        """There is a body where none can be: it is dropped, unless that is an error."""
        if self._rejects_body:
            raise ERR_HTTP_BODY_NOT_ALLOWED

    def _ended_before(self, callback: Callback | None) -> None:
        if not callable(callback):
            return
        if self.writable_finished:
            tolerant(callback)(ERR_STREAM_ALREADY_FINISHED("end"))
        else:
            self.on("finish", callback)

    def _fail_later(self, error: Exception, callback: Callback) -> None:
        """The caller did what cannot be done: tell the callback, and emit `error`, from a tick."""
        if not self._state.destroyed:
            next_tick(self._fail, error, callback)

    def _fail(self, error: Exception, callback: Callback) -> None:
        callback(error)
        if not self._state.destroyed:
            self.emit("error", error)

    @property
    def _body_length(self) -> int | None:
        """How long the body is to be, if that can be told."""
        length = self._content_length
        if not isinstance(length, str):
            return None if length is None or length < 0 else length
        digits = length if length.isdecimal() else length.strip(" \t")
        is_length = digits.isascii() and digits.isdecimal() and len(digits) <= _LONGEST_LENGTH
        return int(digits) if is_length else None

    @property
    def _length_is_binding(self) -> bool:
        """Whether the Content-Length header was set, and is what frames the body."""
        state = self._state
        return bool(
            self._body_length is not None
            and state.has_body
            and "content-length" not in state.removed
            and not self.chunked_encoding
            and not self.has_header("transfer-encoding")
        )

    def _count_body(self, size: int, *, is_last: bool) -> None:
        """For `strict_content_length`: raise when the body gets longer than was said, or ends shorter."""
        state = self._state
        total = state.body_size + size
        if self._length_is_binding:
            length = self._body_length or 0
            if total > length or (is_last and total != length):
                raise ERR_HTTP_CONTENT_LENGTH_MISMATCH(total, length)
        state.body_size = total

    # --- sending ---

    def _send(self, data: Pieces, callback: Callback | None = None, encoding: str = "latin1") -> bool:
        """Send bytes, and in front of the first ones the head, written in `encoding`."""
        state = self._state
        if not state.head_sent and self._head is not None:
            state.head_sent = True
            head = self._head.encode() if self._head.isascii() else _encoding.encode(self._head, encoding)
            data = head + data if type(data) is bytes and len(data) <= JOIN_UP_TO else _beside(head, data)
        socket = self._socket
        if (
            socket is None
            or type(data) is not bytes
            or state.waiting
            or getattr(socket, "_http_message", None) is not self
            or not socket.writable
        ):
            return self._put(data, callback)
        # What `_put` comes to: a socket that is destroyed is not writable.
        has_room: bool = socket.write(data, None, callback)
        return has_room

    def _write_raw(
        self, data: bytes | str, encoding: str | Callback | None = None, callback: Callback | None = None
    ) -> bool:
        """Send something as it is, before the head: say, the head of a 1xx response, made by hand.

        A string is sent in `encoding` ("latin1"). Node: outgoingMessage._writeRaw
        """
        if callable(encoding):
            encoding, callback = None, encoding
        return self._put(_as_bytes(data, encoding or "latin1"), callback)

    _writeRaw = node_name(_write_raw)

    def _put(self, data: Pieces, callback: Callback | None = None) -> bool:
        """Write bytes at once if it is this message's turn on the socket; else they wait for that."""
        socket = self._socket
        state = self._state
        if socket is not None:
            if socket.destroyed:
                return False  # its `close` is about to come
            if getattr(socket, "_http_message", None) is self and socket.writable:
                if state.waiting:
                    self._flush_output(socket)
                return _to_socket(socket, data, callback)
        size = size_of(data)
        state.waiting.append((data, callback))
        state.waiting_size += size
        self._pending_data_changed(size)
        return state.queue_has_room

    def _pending_data_changed(self, change: int) -> None:
        """There are more or fewer bytes that wait for a socket."""

    def _flush_output(self, socket: Any) -> bool | None:
        """Write what has waited; whether the socket has room after that, or None if nothing has waited."""
        state = self._state
        if not state.waiting:
            return None
        waiting, state.waiting = state.waiting, []
        has_room = True
        if len(waiting) == 1 and _takes_at_once(socket, state.waiting_size):
            _to_socket(socket, *waiting[0])
        else:
            socket.cork()
            for data, callback in waiting:
                has_room = _to_socket(socket, data, callback)
            socket.uncork()
        size, state.waiting_size = state.waiting_size, 0
        self._pending_data_changed(-size)
        return has_room

    def _flush(self) -> None:
        """It is this message's turn on its socket."""
        socket = self._socket
        if socket is None or not socket.writable:
            return
        has_room = self._flush_output(socket)
        state = self._state
        if state.ended:
            self.emit("prefinish")
        elif state.need_drain and not state.chunks_size and (has_room or not socket.writable_length):
            self._drained()

    def _drained(self) -> None:
        """The socket has room again."""
        if self._state.waits_for_drain:
            self._state.need_drain = False
            self.emit("drain")

    def _on_finish(self, _error: object = None) -> None:
        """Everything was handed to the kernel."""
        socket = self._socket
        if socket is None or not getattr(socket, "_had_error", False):
            self.emit("finish")

    # --- corking ---

    def cork(self) -> None:
        """Keep what is written until uncork(); pieces of a chunked body then leave as one chunk.

        Node: outgoingMessage.cork
        """
        self._state.corked += 1
        if self._socket is not None:
            self._socket.cork()

    def uncork(self) -> None:
        """Undo one cork(). Node: outgoingMessage.uncork"""
        state = self._state
        state.corked -= 1
        if self._socket is not None:
            self._socket.uncork()
        if not state.corked:
            self._release_chunks()
            if state.need_drain and not self.writable_length:
                self._drained()  # the socket took it all at once, and has nothing to tell

    def _release_chunks(self) -> None:
        """Send the chunks that were collected as one."""
        state = self._state
        if not state.chunks:
            return
        chunks, size, callbacks = state.take_collected()

        def call_all(error: object = None) -> None:
            for callback in callbacks:
                callback(error)

        pieces = (b"%x\r\n" % size, *chunks, b"\r\n")
        self._send(b"".join(pieces) if size <= JOIN_UP_TO else pieces, call_all if callbacks else None)

    def _cork_until_tick(self) -> None:
        """Let all that is written in this turn leave together."""
        socket = self._socket
        if socket is not None and not socket.writable_corked:
            socket.cork()
            next_tick(socket.uncork)

    def _uncork_fully(self) -> None:
        self._state.corked = 0
        socket = self._socket
        if socket is not None:
            while socket.writable_corked:
                socket.uncork()

    # --- the socket ---

    @property
    def socket(self) -> Any:
        """The socket, while the message has one. Node: outgoingMessage.socket"""
        return self._socket

    @socket.setter
    def socket(self, value: Any) -> None:
        if self._state.corked:
            self._move_corks(value)
        self._socket = value

    def _move_corks(self, socket: Any) -> None:
        for _ in range(self._state.corked):
            if socket is not None:
                socket.cork()
            if self._socket is not None:
                self._socket.uncork()

    connection: Any = node_alias("socket")

    def set_timeout(self: M, msecs: float, callback: Callback | None = None) -> M:
        """Let the socket emit `timeout` after so many milliseconds without traffic. Node: outgoingMessage.setTimeout"""
        if callback is not None:
            self.on("timeout", callback)
        if self._socket is not None:
            self._socket.set_timeout(msecs)
        else:
            self.once("socket", lambda socket: socket.set_timeout(msecs))
        return self

    setTimeout = node_name(set_timeout)

    def destroy(self: M, error: BaseException | None = None, callback: Callable[[Any], object] | None = None) -> M:
        """Destroy the socket, and what was not sent is lost; without a socket, `close` is emitted and that is all.

        Node: outgoingMessage.destroy
        """
        state = self._state
        if state.destroyed:
            return self
        state.destroyed = True
        state.errored = error or None  # `close` of a socket says False, and this may be its listener
        if self._socket is not None:
            self._socket.destroy(error)
        else:
            next_tick(self._emit_close)
        return self

    def capture_rejection(self, error: Exception, _event: object, *_args: object) -> None:
        """An async listener failed, and `capture_rejections` is set: the message is destroyed with its error.

        Node: outgoingMessage[captureRejectionSymbol]
        """
        self.destroy(error)

    def _emit_close(self) -> None:
        """The message is over, well or not."""
        state = self._state
        if not state.closed:
            state.destroyed = state.closed = True
            self.emit("close")

    def pipe(self, *_args: object, **_keywords: object) -> None:
        """It cannot be piped from: emits ERR_STREAM_CANNOT_PIPE. Node: outgoingMessage.pipe"""
        self.emit("error", ERR_STREAM_CANNOT_PIPE())

    # --- state ---

    @property
    def finished(self) -> bool:
        """Whether end() was called; `writable_ended` is the name to use. Node: outgoingMessage.finished"""
        return self._state.ended

    @property
    def destroyed(self) -> bool:
        """Whether destroy() was called, or the message is over. Node: outgoingMessage.destroyed"""
        return self._state.destroyed

    @property
    def closed(self) -> bool:
        """Whether `close` was emitted. Node: outgoingMessage.closed"""
        return self._state.closed

    @property
    def errored(self) -> BaseException | None:
        """The error that it was destroyed with, or None. Node: outgoingMessage.errored"""
        return self._state.errored

    @property
    def writable_ended(self) -> bool:
        """Whether end() was called. Node: outgoingMessage.writableEnded"""
        return self._state.ended

    writableEnded: bool = node_alias("writable_ended")

    @property
    def writable_finished(self) -> bool:
        """Whether everything was handed to the kernel; True right before `finish`.

        Node: outgoingMessage.writableFinished
        """
        state = self._state
        return bool(
            state.ended and state.waiting_size == 0 and (self._socket is None or self._socket.writable_length == 0)
        )

    writableFinished: bool = node_alias("writable_finished")

    @property
    def writable_length(self) -> int:
        """How many bytes wait, here and in the socket. Node: outgoingMessage.writableLength"""
        state = self._state
        waiting = state.waiting_size + state.chunks_size
        return waiting if self._socket is None else waiting + int(self._socket.writable_length)

    writableLength: int = node_alias("writable_length")

    @property
    def output_size(self) -> int:
        """How many bytes wait here for the message's turn on its socket. Node: outgoingMessage.outputSize"""
        return self._state.waiting_size

    outputSize: int = node_alias("output_size")

    @property
    def output_data(self) -> list[bytes]:
        """What waits here, one item for each write. Node: outgoingMessage.outputData, whose items are objects"""
        return [data if isinstance(data, bytes) else b"".join(data) for data, _ in self._state.waiting]

    outputData: list[bytes] = node_alias("output_data")

    @property
    def writable_high_water_mark(self) -> int:
        """From how many bytes on write() returns False. Node: outgoingMessage.writableHighWaterMark"""
        return self._state.high_water_mark if self._socket is None else int(self._socket.writable_high_water_mark)

    writableHighWaterMark: int = node_alias("writable_high_water_mark")

    @property
    def writable_corked(self) -> int:
        """How often uncork() must be called. Node: outgoingMessage.writableCorked"""
        return self._state.corked

    writableCorked: int = node_alias("writable_corked")

    @property
    def writable_need_drain(self) -> bool:
        """Whether write() returned False, and `drain` is yet to come. Node: outgoingMessage.writableNeedDrain"""
        return self._state.waits_for_drain

    writableNeedDrain: bool = node_alias("writable_need_drain")

    @property
    def writable_object_mode(self) -> bool:
        """False: a body is bytes. Node: outgoingMessage.writableObjectMode"""
        return False

    writableObjectMode: bool = node_alias("writable_object_mode")

    def __repr__(self) -> str:
        return shown(self, lambda: self._summary)

    @property
    def _summary(self) -> str:
        """For a repr: where it stands, in a few words."""
        head = "no head yet" if self._head is None else "head sent" if self._state.head_sent else "head made"
        return f"{head}, {self._state.summary()}"


def _check_chunk(chunk: Any) -> None:
    if chunk is None:
        raise ERR_STREAM_NULL_VALUES
    if not isinstance(chunk, (str, bytes, bytearray, memoryview)):
        raise ERR_INVALID_ARG_TYPE("chunk", _CHUNK_TYPES, chunk)


def _as_bytes(chunk: Any, encoding: Any) -> bytes:
    if type(chunk) is bytes:
        return chunk
    if isinstance(chunk, str):
        if encoding is None and chunk.isascii():
            return chunk.encode()
        return _encoding.encode(chunk, _encoding.canonical(encoding) if is_true(encoding) else "utf8")
    return bytes(chunk)


def _head_encoding(chunk: Any, encoding: Any) -> str:
    """What a head is written in that leaves joined to this chunk: in Node the two are one string, if the chunk is."""
    return "utf8" if isinstance(chunk, str) and encoding in (None, "utf8") else "latin1"


def _framed(chunk: bytes, ending: bytes = b"") -> Pieces:
    """A chunk of a chunked body (RFC 9112 section 7.1), and perhaps what ends the body behind it."""
    if len(chunk) <= JOIN_UP_TO:
        return b"%x\r\n%b\r\n%b" % (len(chunk), chunk, ending)
    return (b"%x\r\n" % len(chunk), chunk, b"\r\n" + ending)


def _beside(head: bytes, data: Pieces) -> Pieces:
    """A head and what leaves uncopied beside it; a frame in front of that is joined to the head."""
    if type(data) is bytes:
        return (head, data)
    return (head + data[0], *data[1:])  # type: ignore[operator]


def _takes_at_once(socket: Any, size: int) -> bool:
    """Whether a single write needs no corking: it fills nothing up, and a socket of `net` tells nobody how it came."""
    return hasattr(socket, "_write_pieces") and socket.writable_length + size < socket.writable_high_water_mark


def _to_socket(socket: Any, data: Pieces, callback: Callback | None) -> bool:
    if type(data) is bytes:
        has_room: bool = socket.write(data, None, callback)
        return has_room
    return write_pieces(socket, data, callback)  # type: ignore[arg-type]
