"""Bytes to batches of records and back."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nodehttp.records import (
    ERR_RECORDS_LINE_TOO_LONG,
    ERR_RECORDS_MALFORMED_LINE,
    ERR_RECORDS_NOT_SERIALIZABLE,
    RecordConfig,
)
from nodehttp.records._batches import RecordDecoder, encode_batch
from nodehttp.records._json import Library

from .test_json import values
from .test_lines import cut


def decoded(pieces: list[bytes], **options: Any) -> tuple[list[list[Any]], Exception | None, RecordDecoder]:
    """The batches, what it failed with, and the decoder."""
    decoder = RecordDecoder(RecordConfig(**options))
    batches: list[list[Any]] = []
    try:
        for piece in pieces:
            batches += decoder.feed(piece)
        batches += decoder.finish()
    except Exception as error:
        return batches, error, decoder
    return batches, None, decoder


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(records=st.lists(values, max_size=8), at=st.lists(st.integers(0, 2000)), size=st.integers(1, 4))
def test_any_split_gives_the_same_records(library: Library, records: list[Any], at: list[int], size: int) -> None:
    batches, error, decoder = decoded(cut(encode_batch(records), at), buffer_size=size)
    assert error is None
    assert [record for batch in batches for record in batch] == records
    assert all(0 < len(batch) <= size for batch in batches)
    assert decoder.received == len(records)


def test_a_batch_is_what_one_chunk_completes() -> None:
    assert decoded([b"1\n2\n3", b"4\n", b"5", b"\n6"])[0] == [[1, 2], [34], [5], [6]]


def test_a_batch_is_made_when_it_is_asked_for() -> None:
    decoder = RecordDecoder(RecordConfig(buffer_size=2))
    batches = decoder.feed(b"1\n2\n3\n4\nx\n")
    assert next(batches) == [1, 2]
    assert decoder.received == 2
    assert next(batches) == [3, 4]
    with pytest.raises(ERR_RECORDS_MALFORMED_LINE):
        next(batches)


def test_records_before_a_malformed_line_come_out_before_its_error(library: Library) -> None:
    batches, error, decoder = decoded([b'1\n2\n{"a":\n3\n'])
    assert batches == [[1, 2]]
    assert isinstance(error, ERR_RECORDS_MALFORMED_LINE)
    assert (error.line, error.line_number, error.reason) == (b'{"a":', 3, "Expecting value at character 5")
    assert str(error) == "Line 3 is malformed: Expecting value at character 5"
    assert decoder.received == 2


def test_malformed_lines_are_skipped_and_counted(library: Library) -> None:
    batches, error, decoder = decoded([b"x\n1\ny", b"\nz\n", b"2\n}"], on_malformed="skip")
    assert error is None
    assert batches == [[1], [2]]
    assert (decoder.received, decoder.malformed) == (2, 4)


def test_malformed_lines_are_given_to_a_function(library: Library) -> None:
    told: list[Any] = []
    batches, error, _ = decoded([b"x\n1\n2\n", b"3\ny\n"], on_malformed=told.append)
    assert error is None
    assert batches == [[1, 2], [3]]
    assert [(each.line, each.line_number) for each in told] == [(b"x", 1), (b"y", 5)]


def test_what_that_function_raises_ends_it() -> None:
    def refuse(error: ERR_RECORDS_MALFORMED_LINE) -> None:
        raise KeyError(error.line_number)

    batches, error, decoder = decoded([b"1\nx\n2\n"], on_malformed=refuse)
    assert batches == [[1]]
    assert repr(error) == "KeyError(2)"
    assert (decoder.received, decoder.malformed) == (1, 1)


def test_records_before_a_line_that_is_too_long_come_out_before_its_error() -> None:
    batches, error, _ = decoded([b"1\n22\n", b"333\n4444\n5\n"], max_line_length=3)
    assert batches == [[1, 22], [333]]
    assert isinstance(error, ERR_RECORDS_LINE_TOO_LONG)
    assert (error.limit, error.line_number) == (3, 4)


def test_a_record_that_cannot_be_written_is_an_error_of_records(library: Library) -> None:
    with pytest.raises(ERR_RECORDS_NOT_SERIALIZABLE, match="A record cannot be written as JSON: ") as caught:
        encode_batch([1, object()])
    assert caught.value.cause is caught.value.__cause__
    assert isinstance(caught.value.cause, TypeError)
