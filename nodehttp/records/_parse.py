"""`parse()`: a Transform from bytes to records.

Records are made when there is room for them: a chunk of many short lines does not fill the readable side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain
from typing import Any

from nodestream import Transform

from ._batches import RecordDecoder
from ._config import RecordConfig, config_of

Callback = Callable[..., object]


def parse(config: RecordConfig | Mapping[str, Any] | None = None, /, **keywords: Any) -> Parse:
    """A Transform that makes records of lines of JSON, in chunks of any size.

    Args:
        config, keywords: a RecordConfig, or its options; `max_line_length` and `on_malformed` count.

    A line that says null is malformed here, since None cannot be a chunk of a stream. A malformed line is an
    ERR_RECORDS_MALFORMED_LINE unless `on_malformed` says otherwise, a line that is too long an
    ERR_RECORDS_LINE_TOO_LONG. As in every stream, an error drops the records before it that nobody has read yet.

    Raises what RecordConfig raises.
    """
    return Parse(config_of(config, keywords))


class Parse(Transform):
    """See `parse`."""

    def __init__(self, config: RecordConfig) -> None:
        super().__init__(readable_object_mode=True)
        self._decoder = RecordDecoder(config, takes_null=False)
        self._records: Iterator[Any] = iter(())
        self._on_pushed: Callback | None = None
        self._is_pushing = False

    @property
    def malformed(self) -> int:
        """How many malformed lines were skipped."""
        return self._decoder.malformed

    def _transform(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        self._push_all(self._decoder.feed(bytes(chunk)), callback)

    def _flush(self, callback: Callback) -> None:
        self._push_all(self._decoder.finish(), callback)

    def _push_all(self, batches: Iterator[list[Any]], callback: Callback) -> None:
        self._records = chain.from_iterable(batches)
        self._on_pushed = callback
        self._go_on()

    def _go_on(self) -> None:
        """Push records until there is no room, or there are no more."""
        self._is_pushing = True
        error: Exception | None = None
        try:
            for record in self._records:
                if not self.push(record):
                    return
        except Exception as failure:
            error = failure
        finally:
            self._is_pushing = False
        callback, self._on_pushed = self._on_pushed, None
        if callback is not None:
            callback(error)

    def _read(self, size: int) -> None:
        if self._on_pushed is None:
            super()._read(size)
        elif not self._is_pushing:
            self._go_on()
