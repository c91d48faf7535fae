"""Bytes to lists of records, and lists of records to bytes: whole batches at a time, for that is what is fast.

1. A batch is what one chunk of bytes has whole lines for, at most `buffer_size` records of it at a time; they are made
   when they are asked for.
2. The records before a line that fails come out before its error does.
3. A line that says null is the record None, or malformed if that cannot be.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ._config import RecordConfig
from ._errors import ERR_RECORDS_MALFORMED_LINE, ERR_RECORDS_NOT_SERIALIZABLE
from ._json import decode_lines, encode
from ._lines import LineSplitter


class RecordDecoder:
    """Makes records of bytes, which come in chunks of any size.

    Attributes:
        received: how many records there were.
        malformed: how many lines were skipped because they are no JSON.
    """

    __slots__ = ("_batch_size", "_on_malformed", "_splitter", "_takes_null", "malformed", "received")

    def __init__(self, config: RecordConfig, *, takes_null: bool = True) -> None:
        self._splitter = LineSplitter(config.max_line_length)
        self._batch_size = config.buffer_size
        self._on_malformed = config.on_malformed
        self._takes_null = takes_null
        self.received = 0
        self.malformed = 0

    def feed(self, data: bytes) -> Iterator[list[Any]]:
        """The records whose lines end in `data`, in batches; it has to be read to its end before more is fed.

        Raises ERR_RECORDS_LINE_TOO_LONG, ERR_RECORDS_MALFORMED_LINE, and what a function for malformed lines raises.
        """
        return self._batches(self._splitter.feed(data))

    def finish(self) -> Iterator[list[Any]]:
        """The last record, if its line has no end. Raises as `feed` does."""
        return self._batches(self._splitter.finish())

    def _batches(self, lines: list[bytes]) -> Iterator[list[Any]]:
        size = self._batch_size
        for start in range(0, len(lines), size):
            some = lines if len(lines) <= size else lines[start : start + size]
            try:
                records = self._decoded(some)
            except ValueError:
                yield from self._one_by_one(some)
            else:
                self.received += len(records)
                yield records
        if self._splitter.failure is not None:
            raise self._splitter.failure

    def _decoded(self, lines: list[bytes]) -> list[Any]:
        records = decode_lines(lines)
        if not self._takes_null and None in records:
            raise ValueError("null is no record here")
        return records

    def _one_by_one(self, lines: list[bytes]) -> Iterator[list[Any]]:
        """The records of lines of which some are malformed."""
        records: list[Any] = []
        failure: Exception | None = None
        for line in lines:
            try:
                records += self._decoded([line])
            except ValueError as reason:
                failure = self._refused(line, self.received + len(records) + self.malformed + 1, str(reason))
                if failure is not None:
                    break
        self.received += len(records)
        if records:
            yield records
        if failure is not None:
            raise failure

    def _refused(self, line: bytes, number: int, reason: str) -> Exception | None:
        """What the stream fails with because of a malformed line; None if it goes on without it."""
        error = ERR_RECORDS_MALFORMED_LINE(line, number, reason)
        if self._on_malformed == "error":
            return error
        self.malformed += 1
        if self._on_malformed != "skip":
            try:
                self._on_malformed(error)
            except Exception as failure:
                return failure
        return None


def encode_batch(records: list[Any]) -> bytes:
    """Records as lines, each with its end. Raises ERR_RECORDS_NOT_SERIALIZABLE."""
    try:
        return encode(records)
    except (TypeError, ValueError) as error:
        raise ERR_RECORDS_NOT_SERIALIZABLE(error) from error
