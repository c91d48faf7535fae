"""File."""

from __future__ import annotations

import time
from typing import Any

import pytest

from nodehttp.fetch import Blob, File
from nodestream import run
from nodestream.errors import ERR_INVALID_ARG_VALUE, NodeTypeError


def test_it_is_a_blob_with_a_name_and_a_date() -> None:
    async def main() -> None:
        file = File(["a", b"b"], "f.txt", {"type": "TEXT/Plain", "lastModified": 5})
        assert (file.name, file.type, file.size, file.last_modified, file.lastModified) == (
            "f.txt",
            "text/plain",
            2,
            5,
            5,
        )
        assert isinstance(file, Blob)
        assert await file.text() == "ab"
        assert repr(file) == "File { size: 2, type: 'text/plain', name: 'f.txt', lastModified: 5 }"
        piece = file.slice(1)
        assert (type(piece), await piece.text(), piece.type) == (Blob, "b", "")

    run(main)


def test_its_name_is_any_string_of_whole_characters() -> None:
    assert [File([], name).name for name in ("a/b\\c", 5, "a\ud800", "\ud83d\ude00")] == [
        "a/b\\c",
        "5",
        "a\ufffd",
        "\U0001f600",
    ]


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (5, 5),
        ("7", 7),
        (1.9, 1.9),
        (-3, -3),
        (float("nan"), 0),
        (float("inf"), float("inf")),
        ({}, 0),
        (True, 1),
        ("x", 0),
    ],
)
def test_its_date(given: Any, kept: float) -> None:
    assert File([], "a", last_modified=given).last_modified == kept


def test_its_date_is_now_without_one() -> None:
    assert abs(File([], "a").last_modified - time.time() * 1000) < 60_000


def test_what_is_refused() -> None:
    with pytest.raises(NodeTypeError, match=r"Value cannot be converted to sequence\."):
        File(5, "a")  # type: ignore[arg-type]
    with pytest.raises(NodeTypeError, match="must be a dictionary"):
        File([], "a", 5)  # type: ignore[arg-type]
    with pytest.raises(ERR_INVALID_ARG_VALUE, match=r"options\.endings"):
        File([], "a", endings="x")
    with pytest.raises(TypeError, match="colour"):
        File([], "a", colour="x")
