"""Which library reads and writes JSON, and what all of them have in common."""

from __future__ import annotations

import json
import math
import re
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from nodehttp.records import _json
from nodehttp.records._json import decode_line, decode_lines, encode

integers = st.integers(-(2**53) + 1, 2**53 - 1)
values = st.recursive(
    st.none() | st.booleans() | integers | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=10,
)


@pytest.mark.parametrize(
    ("missing", "name"),
    [((), "orjson"), (("orjson",), "msgspec"), (("orjson", "msgspec", "msgspec.json"), "json")],
)
def test_the_fastest_library_that_is_installed_is_chosen(
    missing: tuple[str, ...], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in missing:
        monkeypatch.setitem(sys.modules, module, None)
    assert _json._chosen().name == name


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(records=st.lists(values, max_size=5))
def test_what_was_written_is_read(library: _json.Library, records: list[Any]) -> None:
    data = encode(records)
    lines = data.split(b"\n")
    assert lines.pop() == b""
    assert decode_lines(lines) == records
    assert [json.loads(line) for line in lines] == records


def test_no_records_are_no_bytes(library: _json.Library) -> None:
    assert encode([]) == b""
    assert decode_lines([]) == []


@pytest.mark.parametrize(
    ("record", "line"),
    [
        ({"a": [1, 2.5, "x", None, True]}, b'{"a":[1,2.5,"x",null,true]}\n'),
        ((1, 2), b"[1,2]\n"),
        ("ä€😀\n", '"ä€😀\\n"\n'.encode()),
        ("\ud800", b'"\\ud800"\n'),
        ({1: 2}, b'{"1":2}\n'),
        (2**70, b"1180591620717411303424\n"),
        (math.nan, b"null\n"),
        ({"a": [math.inf, -math.inf, 1, 0.5, (math.nan,)]}, b'{"a":[null,null,1,0.5,[null]]}\n'),
    ],
)
def test_a_record_is_written_in_the_same_way_with_any_library(library: _json.Library, record: Any, line: bytes) -> None:
    assert encode([record]) == line
    assert encode([1, record, 2]) == b"1\n" + line + b"2\n"


def nested(depth: int) -> list[Any]:
    result: list[Any] = []
    for _ in range(depth):
        result = [result]
    return result


@pytest.mark.parametrize("record", [object(), {"a": object()}, nested(5000)], ids=["object", "inside", "deep"])
def test_what_cannot_be_written_is_an_error(library: _json.Library, record: Any) -> None:
    with pytest.raises((TypeError, ValueError)):
        encode([1, record])


@pytest.mark.parametrize(
    ("line", "value"),
    [
        (b' {"a" : 1} ', {"a": 1}),
        (b"1\r", 1),
        (b'"\\ud800"', "\ud800"),
        (b'"\\ud83d\\ude00"', "\U0001f600"),
        (b"1e3", 1000.0),
        (b"1e999", math.inf),
        (b"18446744073709551615", 2**64 - 1),
        (b'{"a":1,"a":2}', {"a": 2}),
    ],
)
def test_a_line_is_read_in_the_same_way_with_any_library(library: _json.Library, line: bytes, value: Any) -> None:
    assert decode_lines([line]) == [value]
    assert decode_lines([b"1", line]) == [1, value]


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b"x", "Expecting value at character 0"),
        (b"1 2", "Extra data at character 2"),
        (b"1,2", "Extra data at character 1"),
        (b'{"a":1', "Expecting ',' delimiter at character 6"),
        (b"{'a':1}", "Expecting property name enclosed in double quotes at character 1"),
        (b"NaN", "NaN is not valid JSON"),
        (b"[-Infinity]", "-Infinity is not valid JSON"),
        (b"   ", "Expecting value at character 3"),
        (b'"\x01"', "Invalid control character at at character 1"),
        (b'"\xff"', "'utf-8' codec can't decode byte 0xff in position 1: invalid start byte"),
        (b"\xef\xbb\xbf1", "Unexpected UTF-8 BOM (decode using utf-8-sig) at character 0"),
        (b'"\xed\xa0\x80"', "'utf-8' codec can't decode byte 0xed in position 1: invalid continuation byte"),
        (b"[" * 100_000 + b"]" * 100_000, "JSON is nested too deeply"),
    ],
    ids=lambda value: value[:20] if isinstance(value, bytes) else "",
)
def test_a_malformed_line_is_one_with_any_library(library: _json.Library, line: bytes, reason: str) -> None:
    for refuse in (lambda: decode_lines([b"1", line]), lambda: decode_line(line)):
        with pytest.raises(ValueError, match=re.escape(reason)) as caught:
            refuse()
        assert str(caught.value) == reason
