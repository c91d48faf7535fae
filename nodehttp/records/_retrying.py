"""Whether to try again after a failure, and when.

The rules:

1. What may go away by itself is tried again: a connection that was refused, reset or timed out, a name that was not
   found, a server that answers 502, 503 or 504.
2. The wait doubles each time, and a random part of up to a half of it is left out, so that many clients that failed
   together do not come back together. A server that says Retry-After is not asked before that. No wait is longer than
   `max_delay`.
3. Attempts are counted from the last one that got somewhere: a long stream may be resumed any number of times.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import Any

from ._config import RetryConfig
from ._errors import ERR_RECORDS_INTERRUPTED, ERR_RECORDS_STATUS, ERR_RECORDS_TIMEOUT, RecordError

CODES = frozenset({"ECONNREFUSED", "ECONNRESET", "ENOTFOUND", "EPIPE", "ETIMEDOUT"})
"""Codes of errors that may go away. EPIPE is how a connection that was reset is seen by who writes."""

_MOST_DOUBLINGS = 64
"""Any delay is longer than `max_delay` by then."""

STATUSES = frozenset({502, 503, 504})
"""Statuses that may go away."""


def may_go_away(error: RecordError) -> bool:
    """Whether the same may work the next time."""
    if isinstance(error, ERR_RECORDS_STATUS):
        return error.status in STATUSES
    if isinstance(error, ERR_RECORDS_INTERRUPTED):
        return getattr(error.cause, "code", None) in CODES
    return isinstance(error, ERR_RECORDS_TIMEOUT)


def retry_after(value: Any, now: float) -> float | None:
    """What a Retry-After header says, in milliseconds from `now`, the time in seconds (RFC 9110 section 10.2.3).

    None if there is none, or it says nothing that can be understood.
    """
    text = str(value or "").strip()
    if text.isascii() and text.isdigit():
        return float(text) * 1000
    try:
        when = parsedate_to_datetime(text)
    except ValueError:
        return None
    if when.tzinfo is None:
        when = when.replace(tzinfo=UTC)
    return max(0.0, (when.timestamp() - now) * 1000)


class Retrying:
    """Counts the attempts of one stream.

    Args:
        config: how often, and how long to wait.
        fraction: gives a random number from 0 to 1.
        now: gives the time in seconds.
    """

    __slots__ = ("_config", "_failed", "_fraction", "_now")

    def __init__(
        self,
        config: RetryConfig,
        *,
        fraction: Callable[[], float] = random.random,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._config = config
        self._fraction = fraction
        self._now = now
        self._failed = 0  # since one got somewhere

    def delay_after(self, error: RecordError, *, got_somewhere: bool) -> float | None:
        """How many milliseconds to wait after an attempt that has failed; None if that was the last one."""
        self._failed = 1 if got_somewhere else self._failed + 1
        config = self._config
        if self._failed >= config.attempts or not may_go_away(error):
            return None
        doubled = config.delay * 2.0 ** min(self._failed - 1, _MOST_DOUBLINGS)
        delay = doubled * (1 - self._fraction() / 2)
        asked = retry_after(error.retry_after, self._now()) if isinstance(error, ERR_RECORDS_STATUS) else None
        return min(max(delay, asked or 0.0), config.max_delay)
