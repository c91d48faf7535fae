"""JSON as JavaScript has it."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream._json_text import json_text, parse_json

BEYOND_PYTHONS_STACK = 100_000


@pytest.mark.parametrize("text", ["NaN", "Infinity", "-Infinity", "[NaN]", "", "{", "1 2", "'a'", '"\n"'])
def test_what_is_no_json_is_a_value_error(text: str) -> None:
    with pytest.raises(ValueError):
        parse_json(text)


def test_what_is_nested_too_deeply_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="nested too deeply"):
        parse_json("[" * BEYOND_PYTHONS_STACK)
    deep: list[Any] = []
    for _ in range(BEYOND_PYTHONS_STACK):
        deep = [deep]
    with pytest.raises(ValueError, match="nested too deeply"):
        json_text(deep)


def test_a_value_is_written_without_blanks_and_as_utf8() -> None:
    assert json_text({"a": [1, None, True], "é": "\u2028"}) == '{"a":[1,null,true],"é":"\u2028"}'


def test_half_a_surrogate_pair_is_escaped() -> None:
    text = json_text("a\ud800\U0001f600")
    assert text == '"a\\ud800\U0001f600"'
    assert parse_json(text) == "a\ud800\U0001f600"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1}, b"x", object()])
def test_what_json_cannot_say_is_refused(value: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        json_text(value)
