"""One attempt of a client: a request that sends records, and the answer to it, at the same time.

The rules:

1. Records are taken from the input, and count as sent, when there is a connection that they are handed to. So a server
   that cannot be reached has cost the input nothing.
2. While results wait to be taken, beyond `MOST_WAITING` bytes, no more come from the connection, and no records are
   taken from the input.
3. An attempt fails once. What has come before that is given out first.
4. The clock runs while it is the server that is waited for: not while the input has nothing to give, nor while nobody
   asks for a result. A chunk that takes long to come or to go is no silence.
5. An answer that ends before all records were sent has not dealt with all of them: that is a failure. An answer of
   another status than 200 is one, too, and ends the sending.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from nodestream._hooks import noop
from nodestream._pump import pump
from nodestream.errors import NodeError
from nodestream.loop import Promise, current_loop, yield_to_others
from nodestream.timers import Timeout, clear_timeout, set_timeout

from .._client import ClientRequest
from .._incoming import IncomingMessage
from . import _compression as compression
from ._batches import encode_batch
from ._config import RecordConfig
from ._content_type import CONTENT_TYPE, is_record_type
from ._errors import (
    ERR_RECORDS_CALLER_FAILED,
    ERR_RECORDS_CONTENT_ENCODING,
    ERR_RECORDS_CONTENT_TYPE,
    ERR_RECORDS_INTERRUPTED,
    ERR_RECORDS_STATUS,
    ERR_RECORDS_TIMEOUT,
    RecordError,
)
from ._input import Reading
from ._json import decode_line

MOST_WAITING = 256 * 1024
"""Bytes of results."""

_LONGEST_DETAIL = 64 * 1024
"""Bytes of what a server says about a failure."""


class Sending:
    """Chunks of bytes, for the connection, of the records of a reading.

    Attributes:
        records, bytes: how many were handed out.
        is_idle: whether it waits for the input.
        error: what the input has failed with.
    """

    def __init__(self, reading: Reading, config: RecordConfig, on_progress: Callable[[], None]) -> None:
        self._reading = reading
        self._chunk_size = config.chunk_size
        self._most = config.buffer_size
        self._count = min(16, config.buffer_size)  # records that make a chunk, as far as is known
        self._on_progress = on_progress
        self._gate: Promise[None] | None = None
        self.records = 0
        self.bytes = 0
        self.is_idle = False
        self.error: RecordError | None = None

    def hold(self) -> None:
        """Take no more from the input."""
        if self._gate is None:
            self._gate = Promise()

    def go_on(self) -> None:
        """Take from it again."""
        gate, self._gate = self._gate, None
        if gate is not None:
            gate.resolve(None)

    def __aiter__(self) -> Sending:
        return self

    async def __anext__(self) -> bytes:
        if self.records:
            await yield_to_others()  # results may have come
        while self._gate is not None:
            await self._gate
        self.is_idle = True
        try:
            records = await self._reading.take(self._count)
        except Exception as failure:
            self.error = ERR_RECORDS_CALLER_FAILED(failure)
            raise
        self.is_idle = False
        self._on_progress()
        if not records:
            raise StopAsyncIteration
        try:
            data = encode_batch(records)
        except RecordError as failure:
            self.error = failure
            raise
        self.records += len(records)
        self.bytes += len(data)
        fitting = max(1, self._chunk_size * len(records) // len(data))
        self._count = min(fitting, 4 * self._count, self._most)
        return data


class Exchange:
    """A request, and what comes of it.

    Args:
        make_request: gives the ClientRequest for these headers; what is wrong with it is raised.
        headers: those that the caller adds.
        coding: how to encode the records; None for not at all.
        reading: where they come from.
        config: see RecordConfig.

    Attributes:
        sending: how much was sent.
        bytes_received: of results, decoded.
        accept_encoding: how the server wants to be sent records, once it has said so.
    """

    def __init__(
        self,
        make_request: Callable[[dict[str, Any]], ClientRequest],
        headers: Mapping[str, Any],
        coding: str | None,
        reading: Reading,
        config: RecordConfig,
    ) -> None:
        self.sending = Sending(reading, config, self._move)
        self.bytes_received = 0
        self.accept_encoding: str | None = None
        self._config = config
        self._coding = coding
        self._message: IncomingMessage | None = None
        self._source: Any = None  # of results: the message, or what decodes it
        self._decoder: Any = None
        self._encoder: Any = None
        self._stop_sending: Callable[[], None] = noop
        self._chunks: deque[bytes] = deque()
        self._size = 0
        self._has_come = False  # all there will be
        self._failure: RecordError | None = None
        self._refusal: _Refusal | None = None
        self._waiting: Promise[None] | None = None
        self._timer: Timeout | None = None
        self._traffic: tuple[int, int] | None = None  # bytes over the socket, when the clock was looked at
        request = self._request = make_request(_with_own(headers, config, coding))
        if config.timeout:
            self._timer = set_timeout(self._on_silence, config.timeout)
        request.once("socket", self._on_socket)
        request.once("response", self._on_response)
        request.on("error", self.fail)
        request.on("close", self._on_close)
        request.flush_headers()

    async def next(self) -> bytes | None:
        """The next bytes of results; None at the end. Raises a RecordError."""
        while not self._chunks:
            if self._failure is not None:
                raise self._failure
            if self._has_come:
                return None
            self._move()
            self._waiting = Promise()
            try:
                await self._waiting
            finally:
                self._waiting = None
        was_full = self._is_full
        chunk = self._chunks.popleft()
        self._size -= len(chunk)
        if was_full and not self._is_full and self._failure is None:
            self.sending.go_on()
            self._source.resume()
        return chunk

    def fail(self, error: BaseException | None = None) -> None:
        """It is over, because of this."""
        if self._has_come or self._failure is not None:
            return
        if self.sending.error is not None:
            error = self.sending.error
        elif self._refusal is not None:
            error = self._refusal.error()
        self._failure = error if isinstance(error, RecordError) else ERR_RECORDS_INTERRUPTED(error or _broken_off())
        self.close()
        self._wake()

    def close(self) -> None:
        """Nobody wants more."""
        clear_timeout(self._timer)
        message = self._message
        if message is None or not (message.complete and self._request.writable_finished):
            self._request.destroy()
        self._stop_sending()
        for codec in (self._encoder, self._decoder):
            if codec is not None:
                codec.destroy()

    def _wake(self) -> None:
        if self._waiting is not None:
            self._waiting.resolve(None)

    # --- the clock ---

    def _move(self) -> None:
        """Something has moved."""
        if self._timer is not None:
            self._timer.refresh()

    def _on_silence(self) -> None:
        socket = self._request.socket
        traffic = None if socket is None else (socket.bytes_read, socket.bytes_written)
        if self._waiting is None or self.sending.is_idle or traffic != self._traffic:
            self._traffic = traffic
            self._move()
        else:
            self.fail(ERR_RECORDS_TIMEOUT(self._config.timeout))

    # --- the request ---

    def _on_socket(self, socket: Any) -> None:
        if getattr(socket, "encrypted", False) and getattr(socket, "secure_connecting", False):
            socket.once("secureConnect", self._begin_sending)
        elif getattr(socket, "connecting", False):
            socket.once("connect", self._begin_sending)
        else:
            self._begin_sending()

    def _begin_sending(self) -> None:
        self._move()
        sink: Any = self._request
        if self._coding is not None:
            sink = self._encoder = compression.encoder(self._coding)
            sink.on("error", self.fail)
            sink.pipe(self._request)
        self._stop_sending = current_loop().spawn_stoppable(pump(self.sending, sink, end=True), self._on_sent)

    def _on_sent(self, _error: BaseException | None, _: object) -> None:
        if self.sending.error is not None:  # what happens to the request is told by itself
            self.fail()

    def _on_close(self) -> None:
        if self._message is None:
            self.fail()

    # --- the answer ---

    def _on_response(self, message: IncomingMessage) -> None:
        self._message = message
        self._move()
        message.on("error", self.fail)
        message.on("close", self._on_message_close)
        self.accept_encoding = message.headers.get("accept-encoding")
        try:
            self._decoder = compression.decoder(message.headers.get("content-encoding"))
        except LookupError:
            self.fail(ERR_RECORDS_CONTENT_ENCODING(message.headers.get("content-encoding")))
            return
        self._source = self._decoder or message
        if self._decoder is not None:
            self._decoder.on("error", self.fail)
            message.pipe(self._decoder)
        content_type = message.headers.get("content-type")
        if message.status_code != 200:
            self.sending.hold()
            self._refusal = _Refusal(message, self._source, self.fail)
        elif not is_record_type(content_type):
            self.fail(ERR_RECORDS_CONTENT_TYPE(content_type or ""))
        else:
            self._source.on("data", self._on_data)
            self._source.on("end", self._on_end)

    @property
    def _is_full(self) -> bool:
        return self._size >= MOST_WAITING

    def _on_data(self, chunk: bytes) -> None:
        self._chunks.append(chunk)
        self._size += len(chunk)
        self.bytes_received += len(chunk)
        self._move()
        if self._is_full:
            self._source.pause()
            self.sending.hold()
        self._wake()

    def _on_end(self) -> None:
        if not self._request.writable_finished:
            self.fail(NodeError("the server ended its answer before all records were sent"))
            return
        self._has_come = True
        clear_timeout(self._timer)
        self._wake()

    def _on_message_close(self) -> None:
        if self._message is not None and not self._message.complete:
            self.fail()


class _Refusal:
    """The answer of a server that does not deal with the records: it is read for what it says about that."""

    def __init__(self, message: IncomingMessage, source: Any, done: Callable[[], None]) -> None:
        self._message = message
        self._pieces: list[bytes] = []
        self._size = 0
        self._done = done
        source.on("data", self._on_data)
        source.on("end", done)

    def _on_data(self, piece: bytes) -> None:
        self._pieces.append(piece)
        self._size += len(piece)
        if self._size > _LONGEST_DETAIL:
            self._done()

    def error(self) -> ERR_RECORDS_STATUS:
        """What it comes to."""
        message = self._message
        detail = _detail(b"".join(self._pieces)[:_LONGEST_DETAIL])
        return ERR_RECORDS_STATUS(message.status_code or 0, detail, message.headers.get("retry-after"))


def _detail(data: bytes) -> Any:
    """What a server says about a failure: the `error` of a record, or text. None if it says nothing."""
    with suppress(ValueError):
        said = decode_line(data)
        if isinstance(said, dict) and "error" in said:
            return said["error"]
    return data.decode("utf-8", "replace").strip() or None


def _broken_off() -> NodeError:
    return NodeError("socket hang up", "ECONNRESET")


def _with_own(headers: Mapping[str, Any], config: RecordConfig, coding: str | None) -> dict[str, Any]:
    """The headers of the request; the caller's come before those of the same name."""
    own = {
        "Content-Type": CONTENT_TYPE,
        "Accept": CONTENT_TYPE,
        "Accept-Encoding": compression.accepted() if config.compression else "identity",
    }
    if coding is not None:
        own["Content-Encoding"] = coding
    given = {name.lower() for name in headers}
    return {**{name: value for name, value in own.items() if name.lower() not in given}, **headers}
