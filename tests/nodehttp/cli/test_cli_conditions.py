"""Validators and conditional requests."""

from __future__ import annotations

import pytest

from nodehttp._cli._conditions import failed_condition, http_date, parsed_date, range_applies

TAG = '"abc-1"'
MODIFIED = 784111777.9
DATE = "Sun, 06 Nov 1994 08:49:37 GMT"
EARLIER = "Sun, 06 Nov 1994 08:49:36 GMT"
LATER = "Sun, 06 Nov 1994 08:49:38 GMT"


def test_dates_are_written_as_http_wants_them() -> None:
    assert http_date(MODIFIED) == DATE


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        (DATE, 784111777),
        ("Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
        ("nonsense", None),
        ("", None),
        (None, None),
        ("Sun, 06 Nov 99999999 08:49:37 GMT", None),
    ],
)
def test_dates_are_read(text: str | None, seconds: int | None) -> None:
    assert parsed_date(text) == seconds


@pytest.mark.parametrize(
    ("method", "headers", "status"),
    [
        ("GET", {}, None),
        ("GET", {"if-none-match": TAG}, 304),
        ("HEAD", {"if-none-match": TAG}, 304),
        ("GET", {"if-none-match": f'"x", W/{TAG} , "y"'}, 304),
        ("GET", {"if-none-match": '"a,b", "abc-1"'}, 304),
        ("GET", {"if-none-match": "*"}, 304),
        ("GET", {"if-none-match": '"other"'}, None),
        ("GET", {"if-none-match": "abc-1"}, None),
        ("GET", {"if-none-match": '"other"', "if-modified-since": LATER}, None),
        ("GET", {"if-modified-since": DATE}, 304),
        ("GET", {"if-modified-since": LATER}, 304),
        ("GET", {"if-modified-since": EARLIER}, None),
        ("GET", {"if-modified-since": "nonsense"}, None),
        ("GET", {"if-match": TAG}, None),
        ("GET", {"if-match": "*"}, None),
        ("GET", {"if-match": f"W/{TAG}"}, 412),
        ("GET", {"if-match": '"other"'}, 412),
        ("GET", {"if-unmodified-since": EARLIER}, 412),
        ("GET", {"if-unmodified-since": DATE}, None),
        ("PUT", {"if-none-match": "*"}, 412),
        ("PUT", {"if-none-match": TAG}, 412),
        ("PUT", {"if-modified-since": DATE}, None),
        ("PUT", {"if-match": TAG}, None),
    ],
)
def test_preconditions_of_a_file_that_is_there(method: str, headers: dict[str, str], status: int | None) -> None:
    assert failed_condition(method, headers, TAG, MODIFIED) == status


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, None), ({"if-none-match": "*"}, None), ({"if-match": "*"}, 412), ({"if-match": TAG}, 412)],
)
def test_preconditions_of_a_file_that_is_not_there(headers: dict[str, str], status: int | None) -> None:
    assert failed_condition("PUT", headers, None, 0) == status


@pytest.mark.parametrize(
    ("validator", "applies"),
    [(None, True), (TAG, True), ('"other"', False), (f"W/{TAG}", False), (DATE, True), (EARLIER, False), ("x", False)],
)
def test_a_range_applies_only_to_the_file_that_the_client_knows(validator: str | None, applies: bool) -> None:
    assert range_applies(validator, TAG, MODIFIED) == applies
