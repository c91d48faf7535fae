"""The server's side: requests whose records are processed, and responses that are streams of records.

What becomes of a response is in `_answer.py`, how records are processed in `_processing.py`. A piece of a request is
read when the records of the one before it are taken, so a client that does not read its results soon finds that what it
sends is not read either.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Iterator, Mapping
from typing import Any

from nodestream import Readable
from nodestream._readable_iterator import ReadableIterator
from nodestream.errors import ERR_INVALID_ARG_TYPE
from nodestream.loop import Promise

from .._incoming import IncomingMessage
from .._response import ServerResponse
from . import _compression as compression
from ._answer import Answer
from ._batches import RecordDecoder
from ._config import RecordConfig, config_of
from ._content_type import is_record_type
from ._errors import ERR_RECORDS_CONTENT_ENCODING, ERR_RECORDS_CONTENT_TYPE, RecordError
from ._processing import Process


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
        answer = Answer(outgoing, chosen)
        try:
            source = _decoded(incoming)
        except RecordError as error:
            answer.fail(error)
        else:
            answer.begin(process, _Received(incoming, source, chosen, answer.move))

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
    Answer(outgoing, config_of(config, keywords)).begin(lambda _: given, _One())


def _decoded(incoming: IncomingMessage) -> Readable:
    """The body of a request, without its coding. Raises a RecordError for what cannot be read."""
    content_type = incoming.headers.get("content-type")
    if not is_record_type(content_type):
        raise ERR_RECORDS_CONTENT_TYPE(content_type or "")
    coding = incoming.headers.get("content-encoding")
    try:
        decoder = compression.decoder(coding)
    except LookupError:
        raise ERR_RECORDS_CONTENT_ENCODING(coding) from None
    return incoming if decoder is None else incoming.pipe(decoder)


class _Received:
    """The records of a request, whose body is read from `source`: the request itself, or what decodes it.

    `on_progress` is called whenever something has come.
    """

    def __init__(
        self, incoming: IncomingMessage, source: Readable, config: RecordConfig, on_progress: Callable[[], object]
    ) -> None:
        # The request must go on after this, so that its response can be sent.
        self._chunks = ReadableIterator(source, destroy_on_return=source is not incoming)
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
