"""The traces of the two sides show values alike."""

import math
from typing import Any

import pytest

from compliance._trace import Scenarios, Trace, quote, show
from nodestream import Readable
from nodestream.errors import ERR_STREAM_DESTROYED, AbortError, NodeAggregateError
from nodestream.events import Symbol


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (None, "null"),
        (True, "true"),
        (False, "false"),
        (5, "5"),
        (5.0, "5"),
        (1.5, "1.5"),
        (math.inf, "Infinity"),
        (math.nan, "NaN"),
        ("a", '"a"'),
        (b"\x00\xffa", 'b"\\x00\\xffa"'),
        ([1, [None]], "[1, [null]]"),
        ({"a": {"b": 1}}, "{a: {b: 1}}"),
        (Symbol("x"), "Symbol(x)"),
        (len, "function"),
        (Exception("boom"), "Error: boom"),
        (TypeError("boom"), "TypeError: boom"),
        (ValueError("boom"), "RangeError: boom"),
        (AbortError(), "AbortError [ABORT_ERR]: The operation was aborted"),
        (NodeAggregateError([], "both", "E"), "AggregateError [E]: both"),
        (
            ERR_STREAM_DESTROYED("write"),
            "Error [ERR_STREAM_DESTROYED]: Cannot call write after a stream was destroyed",
        ),
    ],
)
def test_a_value_is_shown_as_in_javascript(value: Any, shown: str) -> None:
    assert show(value) == shown


def test_strings_are_escaped_by_utf16_code_units() -> None:
    assert quote('a"\\\n\u00e9\u20ac\U0001f600') == '"a\\"\\\\\\n\\xe9\\u20ac\\ud83d\\ude00"'


def test_a_stream_is_shown_by_its_class() -> None:
    assert show(Readable()) == "[Readable]"


def test_a_call_that_raises_is_written_down() -> None:
    lines: list[str] = []
    t = Trace(lines.append)

    def boom() -> None:
        raise ValueError("no")

    assert t.call("ok", lambda: 1) == 1
    assert t.call("bad", boom) is None
    assert lines == ["ok 1", "bad throws RangeError: no"]


def test_a_callback_drops_the_arguments_missing_at_the_end() -> None:
    lines: list[str] = []
    Trace(lines.append).callback("cb")(1, None, 2, None, None)
    assert lines == ["cb 1 null 2"]


def test_nothing_is_written_after_the_end() -> None:
    lines: list[str] = []
    t = Trace(lines.append)
    t.close()
    t("late")
    t.state(Readable())
    assert lines == []


def test_two_scenarios_of_one_name_are_refused() -> None:
    scenarios = Scenarios()
    scenarios.add("a", lambda t: None)
    with pytest.raises(ValueError, match="two scenarios"):
        scenarios.add("a", lambda t: None)
