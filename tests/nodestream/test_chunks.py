"""The buffer of a Readable."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodestream._chunks import ChunkList


def a_list(*chunks: bytes | str) -> ChunkList:
    result = ChunkList()
    for chunk in chunks:
        result.append(chunk)
    return result


@given(st.lists(st.binary(min_size=1, max_size=8)), st.lists(st.integers(1, 12)))
def test_pieces_of_any_size_join_to_what_was_appended(chunks: list[bytes], sizes: list[int]) -> None:
    buffer, whole = a_list(*chunks), b"".join(chunks)
    for size in sizes:
        if size > len(whole):
            break
        assert buffer.take(size) == whole[:size]
        whole = whole[size:]
        assert b"".join(buffer.to_list()) == whole
    if whole:
        assert buffer.take_all() == whole
    assert len(buffer) == 0


@given(st.lists(st.text(min_size=1, max_size=8)), st.lists(st.integers(1, 12)))
def test_text_is_cut_in_characters(chunks: list[str], sizes: list[int]) -> None:
    buffer, whole = a_list(*chunks), "".join(chunks)
    for size in sizes:
        if size > len(whole):
            break
        assert buffer.take(size, as_text=True) == whole[:size]
        whole = whole[size:]
    assert buffer.take_all_text() == whole


def test_prepending_after_a_piece_was_taken_keeps_the_rest() -> None:
    buffer = a_list(b"abcdef")
    assert buffer.take(2) == b"ab"
    buffer.prepend(b"XY")
    assert buffer.to_list() == [b"XY", b"cdef"]
    assert buffer.take(3) == b"XYc"
    assert buffer.first_length() == 3
    assert buffer.shift() == b"def"


def test_a_whole_chunk_is_not_copied() -> None:
    chunk = bytes(1000)
    assert a_list(chunk).take_all() is chunk
    assert a_list(chunk, b"x").take(1000) is chunk
    assert a_list(chunk).shift() is chunk


def test_small_pieces_of_a_large_chunk_do_not_copy_the_rest() -> None:
    buffer = a_list(bytes(1 << 20))
    for _ in range(10_000):  # would move 10 GB if each took the rest along
        buffer.take(1)
    assert buffer.first_length() == (1 << 20) - 10_000


def test_clear_forgets_a_piece_that_was_begun() -> None:
    buffer = a_list(b"abc")
    buffer.take(1)
    buffer.clear()
    buffer.append(b"def")
    assert (len(buffer), buffer.take(2)) == (1, b"de")


@pytest.mark.parametrize("take", [lambda buffer: buffer.take(4, as_text=True), lambda buffer: buffer.take_all_text()])
def test_bytes_put_back_in_front_of_text_are_taken_for_utf8(take: object) -> None:
    assert take(a_list("é".encode(), "ab")) == "éab"  # type: ignore[operator]
