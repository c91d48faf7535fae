"""What goes wrong with streams of records."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

from nodestream.errors import AbortError, NodeError


class Attempt(NamedTuple):
    """One attempt of a client that has failed.

    The server may have processed what was sent in it, and has processed what the results that were received are of;
    nothing else. A result counts as received when the caller has got it.
    """

    records_sent: int
    records_received: int
    error: RecordError


class RecordError(NodeError):
    """A stream of records that failed.

    Attributes:
        status: the status with which a server answers, if it can still be told.
        cause: the error behind it, also as `__cause__`; or None.
        records_sent, records_received: how far the stream had come, as the client saw it: records that were handed to
            a connection, and results that the caller has got, in all attempts together.
    """

    status: int = 500
    cause: BaseException | None = None
    records_sent: int = 0
    records_received: int = 0
    _earlier: tuple[Attempt, ...] = ()
    _attempt: tuple[int, int] | None = None  # what was sent and received in the one that has failed with this

    def __init__(self, message: str = "", cause: BaseException | None = None) -> None:
        super().__init__(message)
        self.cause = self.__cause__ = cause

    def _tell(self, earlier: Iterable[Attempt], attempt: tuple[int, int] | None) -> None:
        """Let it say what has become of a client's attempts: earlier ones, and the one that it has ended, if it has."""
        self._earlier = tuple(earlier)
        self._attempt = attempt

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """How far each attempt of a client had come, the last one included."""
        return self._earlier if self._attempt is None else (*self._earlier, Attempt(*self._attempt, self))

    @property
    def may_have_been_processed(self) -> bool:
        """Whether the server may have processed any record."""
        return self.records_sent > 0


class ERR_RECORDS_MALFORMED_LINE(RecordError):
    """A line that is no JSON.

    Attributes:
        line: its bytes, without its end.
        line_number: which line it was, from 1 on.
        reason: what is wrong with it.
    """

    code = "ERR_RECORDS_MALFORMED_LINE"
    status = 400

    def __init__(self, line: bytes, line_number: int, reason: str) -> None:
        super().__init__(f"Line {line_number} is malformed: {reason}")
        self.line = line
        self.line_number = line_number
        self.reason = reason


class ERR_RECORDS_LINE_TOO_LONG(RecordError):
    """A line of more than `limit` bytes; `line_number` counts from 1 on."""

    code = "ERR_RECORDS_LINE_TOO_LONG"
    status = 413

    def __init__(self, limit: float, line_number: int) -> None:
        super().__init__(f"Line {line_number} is longer than {limit} bytes")
        self.limit = limit
        self.line_number = line_number


class ERR_RECORDS_NOT_SERIALIZABLE(RecordError):
    """A record that JSON cannot say."""

    code = "ERR_RECORDS_NOT_SERIALIZABLE"

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"A record cannot be written as JSON: {cause}", cause)


class ERR_RECORDS_CONTENT_TYPE(RecordError):
    """A Content-Type other than that of records."""

    code = "ERR_RECORDS_CONTENT_TYPE"
    status = 415

    def __init__(self, received: str) -> None:
        super().__init__(f'Content-Type must be "application/x-ndjson", not "{received}"')
        self.received = received


class ERR_RECORDS_CONTENT_ENCODING(RecordError):
    """A Content-Encoding that cannot be undone here."""

    code = "ERR_RECORDS_CONTENT_ENCODING"
    status = 415

    def __init__(self, received: str | None) -> None:
        super().__init__(f'Content-Encoding "{received}" cannot be decoded')
        self.received = received


class ERR_RECORDS_STATUS(RecordError):
    """A server that answered with another status than 200.

    Attributes:
        detail: what it said about that, if it did.
        retry_after: its Retry-After header, if there was one.
    """

    code = "ERR_RECORDS_STATUS"

    def __init__(self, status: int, detail: Any = None, retry_after: str | None = None) -> None:
        super().__init__(f"The server answered with status {status}" + (f": {detail}" if detail else ""))
        self.status = status
        self.detail = detail
        self.retry_after = retry_after


class ERR_RECORDS_INTERRUPTED(RecordError):
    """A stream that broke off before its end; `cause` says why."""

    code = "ERR_RECORDS_INTERRUPTED"

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"The stream of records broke off: {cause}", cause)


class ERR_RECORDS_CALLER_FAILED(RecordError):
    """The input, or a function of the caller's, has failed; `cause` says how. It is never tried again."""

    code = "ERR_RECORDS_CALLER_FAILED"

    def __init__(self, cause: BaseException) -> None:
        super().__init__(f"What the caller gave has failed: {cause}", cause)


class ERR_RECORDS_TIMEOUT(RecordError):
    """A stream on which nothing came for so many milliseconds."""

    code = "ERR_RECORDS_TIMEOUT"
    status = 408

    def __init__(self, timeout: float) -> None:
        super().__init__(f"Nothing came for {timeout} ms")
        self.timeout = timeout


class RecordAbortError(RecordError, AbortError):
    """A stream that a signal has stopped; `cause` is the signal's reason."""

    code = "ABORT_ERR"

    def __init__(self, reason: Any) -> None:
        AbortError.__init__(self, cause=reason)
