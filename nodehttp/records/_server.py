"""The server's side: requests whose records are processed, and responses that are streams of records.

1. The head of a response leaves with its first results, or at the end. What fails before there are any is told with a
   status and one line that has an `error`; what fails later breaks the connection off, after the results so far.
2. A client that does not read stops the reading of its input. One that goes away stops the processing.
3. The clock runs while it is the client that is waited for.
4. A failure that is not the client's is logged, once.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping
from typing import Any

from nodestream._readable_iterator import ReadableIterator
from nodestream.errors import ERR_INVALID_ARG_TYPE
from nodestream.loop import Promise
from nodestream.timers import Timeout, clear_timeout, set_timeout

from .._incoming import IncomingMessage
from .._response import ServerResponse
from ._batches import RecordDecoder, encode_batch
from ._config import RecordConfig, config_of
from ._errors import ERR_RECORDS_CONTENT_TYPE, ERR_RECORDS_TIMEOUT, RecordError
from ._outlet import Outlet
from ._processing import Batches, Process, Processing

logger = logging.getLogger("nodehttp")

CONTENT_TYPE = "application/x-ndjson"
_TYPES = frozenset({CONTENT_TYPE, "application/octet-stream"})


def handler(
    process: Process, config: RecordConfig | Mapping[str, Any] | None = None, /, **keywords: Any
) -> Callable[[IncomingMessage, ServerResponse], None]:
    """A listener for the `request` event of a server of http or https: it answers records with results.

    Args:
        process: is called with each record of a request. It may be a plain function, a generator, an async function or
            an async generator. What it returns is a result, None is none; what it yields are results, None among them.
            A function that waits is called for up to `workers` records at once.
        config, keywords: a RecordConfig, or its options.

    A request that takes longer than the server's `request_timeout` is ended by the server: set that to 0 for streams
    that may go on for any time.

    Raises ERR_INVALID_ARG_TYPE, and what RecordConfig raises.
    """
    if not callable(process):
        raise ERR_INVALID_ARG_TYPE("process", "of type function", process)
    chosen = config_of(config, keywords)

    def listener(incoming: IncomingMessage, outgoing: ServerResponse) -> None:
        answer = _Answer(outgoing, chosen)
        content_type = incoming.headers.get("content-type", CONTENT_TYPE)
        if content_type.partition(";")[0].strip().lower() not in _TYPES:
            answer.fail(ERR_RECORDS_CONTENT_TYPE(content_type))
        else:
            answer.begin(process, _Received(incoming, chosen, answer.move))

    return listener


def respond(
    outgoing: ServerResponse,
    records: Iterable[Any] | AsyncIterable[Any],
    config: RecordConfig | Mapping[str, Any] | None = None,
    /,
    **keywords: Any,
) -> None:
    """Answer a request with records, as they come and no faster than the client takes them.

    Args:
        outgoing: the response. Its status and headers may have been set; it must not have been written to.
        records: an iterable or async iterable, such as a generator or a Readable. It is closed when the client goes.
        config, keywords: a RecordConfig, or its options.

    Raises ERR_INVALID_ARG_TYPE, and what RecordConfig raises.
    """
    is_one = isinstance(records, (str, bytes, bytearray, Mapping))
    if is_one or not isinstance(records, (Iterable, AsyncIterable)):
        raise ERR_INVALID_ARG_TYPE("records", "an iterable or async iterable of records", records)
    given = records if isinstance(records, AsyncIterable) else iter(records)
    _Answer(outgoing, config_of(config, keywords)).begin(lambda _: given, _One())


class _Received:
    """The records of a request. `on_progress` is called whenever something has come."""

    def __init__(self, incoming: IncomingMessage, config: RecordConfig, on_progress: Callable[[], object]) -> None:
        self._chunks = ReadableIterator(incoming, destroy_on_return=False)
        self._decoder = RecordDecoder(config)
        self._on_progress = on_progress
        self._batches: Iterator[list[Any]] = iter(())
        self._is_over = False

    async def next(self) -> list[Any] | None:
        """See Batches."""
        while True:
            for batch in self._batches:
                return batch
            if self._is_over:
                return None
            chunk = self._chunks.take()
            if isinstance(chunk, Promise):
                await chunk
            elif chunk is not None:
                self._on_progress()
                self._batches = self._decoder.feed(chunk)
            else:
                self._is_over = True
                self._batches = self._decoder.finish()

    def close(self) -> None:
        """See Batches."""
        self._chunks.close()


class _One:
    """A single record, for which there is something to do once."""

    def __init__(self) -> None:
        self._batches: list[list[Any]] = [[None]]

    async def next(self) -> list[Any] | None:
        """See Batches."""
        return self._batches.pop() if self._batches else None

    def close(self) -> None:
        """See Batches."""


class _Answer:
    """One response."""

    def __init__(self, outgoing: ServerResponse, config: RecordConfig) -> None:
        self._outgoing = outgoing
        self._config = config
        self._outlet = Outlet(self._open, config, self.move)
        self._processing: Processing | None = None
        self._timer: Timeout | None = None

    def begin(self, process: Process, batches: Batches) -> None:
        """Answer with the results of records."""
        if self._outgoing.destroyed:
            return
        self._processing = Processing(process, batches, self._outlet, self._config, self._done)
        if self._config.timeout:
            self._timer = set_timeout(self._on_silence, self._config.timeout)
        self._outgoing.once("close", self._let_go)
        self._processing.begin()

    def move(self) -> None:
        """The client has sent or taken something."""
        if self._timer is not None:
            self._timer.refresh()

    def fail(self, error: Exception) -> None:
        """It cannot be finished."""
        outgoing = self._outgoing
        self._let_go_of_timer()
        if outgoing.destroyed:
            return
        if not isinstance(error, RecordError) or error.status >= 500:
            logger.error("records could not be processed", exc_info=error)
        if self._outlet.flush() or outgoing.headers_sent:
            self._break_off()
        else:
            self._refuse(error)

    def _open(self) -> ServerResponse:
        """Send the head, and give what records are written to."""
        outgoing = self._outgoing
        if not outgoing.headers_sent and not outgoing.has_header("content-type"):
            outgoing.set_header("Content-Type", CONTENT_TYPE)
        return outgoing

    def _done(self, error: Exception | None) -> None:
        if error is None:
            try:
                self._outlet.end()
            except Exception as failure:
                error = failure
        if error is not None:
            self.fail(error)
        self._let_go_of_timer()

    def _refuse(self, error: Exception) -> None:
        """Say why, instead of results."""
        status, code, message = 500, "ERR_RECORDS_PROCESSING", "Internal Server Error"
        if isinstance(error, RecordError) and error.status < 500:
            status, code, message = error.status, error.code, error.message
        line = encode_batch([{"error": {"code": code, "message": message}}])
        self._outgoing.write_head(status, {"Content-Type": CONTENT_TYPE, "Content-Length": len(line)})
        self._outgoing.end(line)

    def _break_off(self) -> None:
        """Let the client know that this is not all: what has been written leaves, without what ends a body."""
        socket = self._outgoing.socket
        if socket is None:
            self._outgoing.destroy()
        else:
            socket.set_timeout(self._config.timeout)
            socket.destroy_soon()

    def _on_silence(self) -> None:
        if self._processing is None or not self._processing.waits_for_client:
            self.move()
            return
        self._processing.stop()
        self.fail(ERR_RECORDS_TIMEOUT(self._config.timeout))

    def _let_go_of_timer(self) -> None:
        clear_timeout(self._timer)
        self._timer = None

    def _let_go(self) -> None:
        """The response is over, sent in full or not."""
        self._let_go_of_timer()
        self._outlet.close()
        if self._processing is not None:
            self._processing.stop()
