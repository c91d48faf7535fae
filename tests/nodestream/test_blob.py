"""Blob."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream import run
from nodestream.errors import ERR_INVALID_ARG_VALUE, NodeTypeError
from nodestream.web import Blob


def text_of(blob: Blob) -> Any:
    async def main() -> str:
        return await blob.text()

    return run(main)


def test_its_parts_are_joined() -> None:
    blob = Blob(["h\u00e9", b"ll", bytearray(b"o"), memoryview(b" "), Blob(["world"]), 5, {}, None, True, object])
    assert text_of(blob) == f"h\u00e9llo world5[object Object]nulltrue{object}"
    assert Blob().size == 0
    assert Blob(["h\u00e9"]).size == 3


def test_bytes_are_copied() -> None:
    memory = bytearray(b"ab")
    blob = Blob([memory])
    memory[:] = b"xy"
    assert text_of(blob) == "ab"


@pytest.mark.parametrize("parts", [5, "x", b"x", {}, None])
def test_its_parts_must_be_a_sequence(parts: Any) -> None:
    with pytest.raises(NodeTypeError, match=r"Value cannot be converted to sequence\.") as raised:
        Blob(parts)
    assert raised.value.code == "ERR_INVALID_ARG_TYPE"


def test_its_options() -> None:
    assert Blob([], type="TEXT/Plain").type == "text/plain"
    assert Blob([], {"type": "a\u00e9"}).type == ""
    assert Blob([]).type == ""
    assert Blob([], {"type": {}}).type == "[object object]"
    assert text_of(Blob(["a\r\nb\nc", b"\r\n"], endings="native")) == "a\nb\nc\r\n"
    assert text_of(Blob(["a\r\n"], endings="transparent")) == "a\r\n"
    with pytest.raises(ERR_INVALID_ARG_VALUE, match=r"options\.endings"):
        Blob([], endings="x")
    with pytest.raises(NodeTypeError, match="must be a dictionary"):
        Blob([], 5)  # type: ignore[arg-type]


def test_slices() -> None:
    blob = Blob(["hello ", "world"], type="x/y")
    assert text_of(blob.slice(1, 8)) == "ello wo"
    assert text_of(blob.slice(-3)) == "rld"
    assert text_of(blob.slice(0, -1)) == "hello worl"
    assert blob.slice(3, 1).size == 0
    assert (blob.slice(0, 1).type, blob.slice(0, 1, "A/B").type) == ("", "a/b")


def test_what_it_gives() -> None:
    async def main() -> None:
        blob = Blob(["\ufeffa", b"\xff"], type="x/y")
        assert await blob.text() == "a\ufffd"
        assert await blob.array_buffer() == await blob.arrayBuffer() == await blob.bytes() == b"\xef\xbb\xbfa\xff"
        assert [chunk async for chunk in blob.stream()] == [b"\xef\xbb\xbfa", b"\xff"]
        reader = blob.stream().get_reader(mode="byob")
        assert bytes((await reader.read(bytearray(9), min=5)).value) == b"\xef\xbb\xbfa\xff"
        assert (await reader.read(bytearray(1))).done

    run(main)


def test_it_shows_size_and_type() -> None:
    assert repr(Blob(["abc"], type="x/y")) == "Blob { size: 3, type: 'x/y' }"
