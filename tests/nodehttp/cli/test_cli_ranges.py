"""The Range header."""

from __future__ import annotations

import pytest

from nodehttp._cli._ranges import ByteRange, UnsatisfiableRange, requested_range


@pytest.mark.parametrize(
    ("header", "size", "part"),
    [
        ("bytes=0-0", 10, (0, 0)),
        ("bytes=2-5", 10, (2, 5)),
        ("bytes=5-", 10, (5, 9)),
        ("bytes=-3", 10, (7, 9)),
        ("bytes=-99", 10, (0, 9)),
        ("bytes=8-99", 10, (8, 9)),
        ("BYTES=1-2", 10, (1, 2)),
        ("bytes= 1-2 ", 10, (1, 2)),
    ],
)
def test_a_single_range_is_found(header: str, size: int, part: tuple[int, int]) -> None:
    found = requested_range(header, size)
    assert found == ByteRange(*part)
    assert found.length == part[1] - part[0] + 1


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes", "bytes=", "bytes=-", "bytes=a-b", "bytes=1-2,4-5", "items=0-1", "bytes=5-2", "bytes=+1-2",
     "bytes=1_0-20", "bytes=\u0661-\u0662", "bytes=1-2-3", "bytes = 0-1", "bytes=" + "9" * 40 + "-"],
)  # fmt: skip
def test_what_is_no_single_range_is_ignored(header: str | None) -> None:
    assert requested_range(header, 10) is None


@pytest.mark.parametrize(
    ("header", "size"), [("bytes=10-", 10), ("bytes=10-20", 10), ("bytes=-0", 10), ("bytes=0-0", 0), ("bytes=-5", 0)]
)
def test_a_range_beyond_the_end_cannot_be_satisfied(header: str, size: int) -> None:
    with pytest.raises(UnsatisfiableRange):
        requested_range(header, size)
