"""Whether to try again, and when."""

from __future__ import annotations

import pytest

from nodehttp.records import (
    ERR_RECORDS_CALLER_FAILED,
    ERR_RECORDS_INTERRUPTED,
    ERR_RECORDS_STATUS,
    ERR_RECORDS_TIMEOUT,
    RecordAbortError,
    RecordError,
    RetryConfig,
)
from nodehttp.records._retrying import Retrying, may_go_away, retry_after
from nodestream.errors import NodeError

NOW = 1_700_000_000.0


def broken(code: str) -> RecordError:
    return ERR_RECORDS_INTERRUPTED(NodeError("it broke", code))


def retrying(fraction: float = 0.0, **options: int) -> Retrying:
    return Retrying(RetryConfig(**options), fraction=lambda: fraction, now=lambda: NOW)


@pytest.mark.parametrize("code", ["ECONNRESET", "ETIMEDOUT", "ENOTFOUND", "ECONNREFUSED", "EPIPE"])
def test_a_connection_that_failed_may_work_the_next_time(code: str) -> None:
    assert may_go_away(broken(code))


@pytest.mark.parametrize("status", [502, 503, 504])
def test_a_server_that_is_down_may_come_back(status: int) -> None:
    assert may_go_away(ERR_RECORDS_STATUS(status))


@pytest.mark.parametrize(
    "error",
    [
        broken("EACCES"),
        ERR_RECORDS_STATUS(500),
        ERR_RECORDS_STATUS(404),
        ERR_RECORDS_CALLER_FAILED(NodeError("it broke", "ECONNRESET")),
        RecordAbortError(NodeError("it broke", "ECONNRESET")),
    ],
    ids=repr,
)
def test_anything_else_is_final(error: RecordError) -> None:
    assert not may_go_away(error)


def test_silence_may_end() -> None:
    assert may_go_away(ERR_RECORDS_TIMEOUT(10))


def test_the_wait_doubles() -> None:
    retry = retrying(attempts=5, delay=100)
    delays = [retry.delay_after(broken("ECONNRESET"), got_somewhere=False) for _ in range(5)]
    assert delays == [100, 200, 400, 800, None]


def test_up_to_a_half_of_the_wait_is_left_out_at_random() -> None:
    assert retrying(1.0, delay=100).delay_after(broken("ECONNRESET"), got_somewhere=False) == 50


def test_no_wait_is_longer_than_the_longest() -> None:
    retry = retrying(attempts=2000, delay=1000, max_delay=1500)
    delays = [retry.delay_after(broken("ECONNRESET"), got_somewhere=False) for _ in range(1999)]
    assert delays == [1000, *[1500] * 1998]


def test_an_attempt_that_got_somewhere_begins_the_count_anew() -> None:
    retry = retrying(attempts=3, delay=100)
    outcomes = [False, False, True, False, False]
    delays = [retry.delay_after(broken("ECONNRESET"), got_somewhere=outcome) for outcome in outcomes]
    assert delays == [100, 200, 100, 200, None]


def test_one_attempt_is_never_followed_by_another() -> None:
    assert retrying(attempts=1).delay_after(broken("ECONNRESET"), got_somewhere=True) is None


def test_a_server_is_not_asked_before_it_wants_to_be() -> None:
    refused = ERR_RECORDS_STATUS(503, None, "2")
    assert retrying(delay=100).delay_after(refused, got_somewhere=False) == 2000
    assert retrying(delay=5000).delay_after(refused, got_somewhere=False) == 5000
    assert retrying(delay=100, max_delay=1500).delay_after(refused, got_somewhere=False) == 1500


@pytest.mark.parametrize(
    ("value", "milliseconds"),
    [
        ("0", 0),
        (" 120 ", 120_000),
        ("Tue, 14 Nov 2023 22:13:30 GMT", 10_000),
        ("Tue, 14 Nov 2023 22:13:30 -0000", 10_000),
        ("Tue, 14 Nov 2023 22:13:10 GMT", 0),
        ("9" * 400, float("inf")),
        ("soon", None),
        ("-1", None),
        ("1.5", None),
        ("\u0661", None),
        ("", None),
        (None, None),
    ],
)
def test_retry_after_is_a_number_of_seconds_or_a_date(value: str | None, milliseconds: float | None) -> None:
    assert retry_after(value, NOW) == milliseconds
