"""Bytes cut into lines."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodehttp.records import ERR_RECORDS_LINE_TOO_LONG
from nodehttp.records._lines import LineSplitter


def cut(data: bytes, at: list[int]) -> list[bytes]:
    """The pieces of `data` between the positions `at`."""
    bounds = [0, *sorted(position % (len(data) + 1) for position in at), len(data)]
    return [data[start:end] for start, end in pairwise(bounds)]


def lines_of(pieces: list[bytes], max_line_length: int = 100) -> tuple[list[bytes], LineSplitter]:
    splitter = LineSplitter(max_line_length)
    lines: list[bytes] = []
    for piece in pieces:
        lines += splitter.feed(piece)
        if splitter.failure is not None:
            return lines, splitter
    lines += splitter.finish()
    return lines, splitter


CASES = [
    (b"", []),
    (b"\n", []),
    (b"a", [b"a"]),
    (b"a\n", [b"a"]),
    (b"a\nb", [b"a", b"b"]),
    (b"a\r\nb\r\n", [b"a", b"b"]),
    (b"a\r", [b"a"]),
    (b"a\r\r\n", [b"a\r"]),
    (b"\ra\n", [b"\ra"]),
    (b"a\rb\n", [b"a\rb"]),
    (b"\n\n\r\na\n\n\r\nb\n\n", [b"a", b"b"]),
    (b"\r", []),
    (b" \n", [b" "]),
]


@pytest.mark.parametrize(("data", "lines"), CASES)
def test_lines_whole_and_byte_by_byte(data: bytes, lines: list[bytes]) -> None:
    for pieces in ([data], [data[index : index + 1] for index in range(len(data))]):
        found, splitter = lines_of(pieces)
        assert found == lines
        assert splitter.count == len(lines)
        assert splitter.failure is None


@given(
    st.lists(st.text("ab\r", max_size=6).map(str.encode)),
    st.sampled_from([b"\n", b"\r\n"]),
    st.booleans(),
    st.lists(st.integers(0, 200)),
)
def test_any_split_gives_the_same_lines(lines: list[bytes], end: bytes, ended: bool, at: list[int]) -> None:
    data = end.join(lines) + (end if ended else b"")
    whole = [line.removesuffix(b"\r") for line in data.split(b"\n")]
    assert lines_of(cut(data, at))[0] == [line for line in whole if line]


@given(st.lists(st.integers(0, 8)), st.sampled_from([b"\n", b"\r\n"]), st.booleans(), st.lists(st.integers(0, 80)))
def test_a_line_that_is_too_long_ends_it_wherever_it_is_split(
    lengths: list[int], end: bytes, ended: bool, at: list[int]
) -> None:
    lines = [b"x" * length for length in lengths]
    data = end.join(lines) + (end if ended else b"")
    good: list[bytes] = []
    for line in filter(None, lines):
        if len(line) > 5:
            break
        good.append(line)
    found, splitter = lines_of(cut(data, at), 5)
    assert found == good
    assert (splitter.failure is None) == all(length <= 5 for length in lengths)
    if splitter.failure is not None:
        assert splitter.failure.line_number == len(good) + 1


def test_a_line_that_never_ends_is_refused_before_it_is_held() -> None:
    splitter = LineSplitter(10)
    assert splitter.feed(b"ok\n" + b"x" * 10) == [b"ok"]
    assert splitter.failure is None
    assert splitter.feed(b"x") == []
    assert isinstance(splitter.failure, ERR_RECORDS_LINE_TOO_LONG)
    assert str(splitter.failure) == "Line 2 is longer than 10 bytes"
    assert splitter.finish() == []
