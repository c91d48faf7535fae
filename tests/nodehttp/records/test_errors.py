"""Every error: its code, its message, and the status that a server gives for it."""

from __future__ import annotations

import inspect
import pickle

import pytest

from nodehttp import records
from nodehttp.records import RecordError
from nodestream.errors import NodeError

CASES = [
    (records.ERR_RECORDS_CALLER_FAILED(KeyError("a")), 500, "What the caller gave has failed: 'a'"),
    (records.ERR_RECORDS_CONTENT_ENCODING("rot13"), 415, 'Content-Encoding "rot13" cannot be decoded'),
    (
        records.ERR_RECORDS_CONTENT_TYPE("text/plain"),
        415,
        'Content-Type must be "application/x-ndjson", not "text/plain"',
    ),
    (records.ERR_RECORDS_INTERRUPTED(NodeError("gone")), 500, "The stream of records broke off: gone"),
    (records.ERR_RECORDS_LINE_TOO_LONG(5, 2), 413, "Line 2 is longer than 5 bytes"),
    (records.ERR_RECORDS_MALFORMED_LINE(b"x", 2, "no"), 400, "Line 2 is malformed: no"),
    (records.ERR_RECORDS_NOT_SERIALIZABLE(TypeError("set")), 500, "A record cannot be written as JSON: set"),
    (records.ERR_RECORDS_STATUS(503), 503, "The server answered with status 503"),
    (records.ERR_RECORDS_TIMEOUT(30), 408, "Nothing came for 30 ms"),
]


@pytest.mark.parametrize(("error", "status", "message"), CASES, ids=lambda value: getattr(value, "code", ""))
def test_code_message_and_status(error: RecordError, status: int, message: str) -> None:
    assert error.code == type(error).__name__
    assert (error.status, str(error)) == (status, message)
    copy = pickle.loads(pickle.dumps(error))
    assert (type(copy), copy.code, str(copy), copy.status) == (type(error), error.code, message, status)


def test_all_are_here() -> None:
    codes = {name for name, value in vars(records).items() if inspect.isclass(value) and name.startswith("ERR_")}
    assert {error.code for error, _, _ in CASES} == codes
