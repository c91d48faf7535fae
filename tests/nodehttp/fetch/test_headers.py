"""Headers: what Python adds, and what requests and responses use.

What Node does is in compliance/scenarios/fetch_types.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from nodehttp.fetch import Headers
from nodehttp.fetch._headers import header_pairs
from nodestream.errors import NodeTypeError


def test_they_are_a_mapping_in_pythons_way() -> None:
    headers = Headers([("B", "1"), ("a", "2"), ("b", "3"), ("Set-Cookie", "x"), ("set-cookie", "y")])
    assert "b" in headers and "A" in headers and "c" not in headers and 5 not in headers
    assert headers["B"] == "1, 3"
    assert headers["set-cookie"] == "x, y"
    assert dict(headers) == {"a": "2", "b": "1, 3", "set-cookie": "x, y"}
    assert len(headers) == 4
    headers["A"] = "9"
    del headers["B"]
    assert list(headers) == [("a", "9"), ("set-cookie", "x"), ("set-cookie", "y")]


@pytest.mark.parametrize("name", ["missing", "set-cookie"])
def test_a_name_without_a_value_is_a_key_error(name: str) -> None:
    headers = Headers({"a": "1"})
    with pytest.raises(KeyError, match=name):
        headers[name]
    with pytest.raises(KeyError, match=name):
        del headers[name]
    assert headers.get(name) is None


def test_no_other_character_stands_for_a_letter_of_a_name() -> None:
    assert "\u212a" not in Headers({"k": "1"})  # the Kelvin sign, which in lower case is a k


def test_a_value_is_bytes_or_anything_that_can_be_shown() -> None:
    assert dict(Headers({"a": b"\xc3\xa9", "b": 1.0, "c": None, "d": False})) == {
        "a": "\u00e9",
        "b": "1",
        "c": "null",
        "d": "false",
    }


def test_a_copy_is_independent_and_keeps_the_spelling() -> None:
    first = Headers({"X-A": "1"})
    second = Headers(first)
    second.append("x-a", "2")
    assert (first["x-a"], repr(second)) == ("1", "Headers { 'X-A': '1, 2' }")


@pytest.mark.parametrize("init", [b"ab", 5, object(), lambda: None, "a"])
def test_what_has_no_pairs_is_refused(init: Any) -> None:
    with pytest.raises(NodeTypeError, match="Argument 1 could not be converted"):
        Headers(init)


def test_a_constructor_that_fails_leaves_no_half_made_headers() -> None:
    with pytest.raises(NodeTypeError, match="invalid header name"):
        Headers([("a", "1"), ("b c", "2")])


@pytest.mark.parametrize("name", ["append", "set"])
def test_a_value_that_is_refused_changes_nothing(name: str) -> None:
    headers = Headers({"a": "1"})
    with pytest.raises(NodeTypeError, match="invalid header value"):
        getattr(headers, name)("a", "x\ny")
    assert list(headers) == [("a", "1")]


def test_an_iterator_that_has_ended_stays_so() -> None:
    headers = Headers({"a": "1"})
    names = headers.keys()
    assert list(names) == ["a"]
    headers.append("b", "2")
    assert list(names) == []


def test_for_each_leaves_out_what_the_function_does_not_take() -> None:
    seen: list[Any] = []
    headers = Headers({"b": "1", "a": "2"})
    headers.for_each(lambda value: seen.insert(len(seen), value))
    headers.for_each(lambda *args: seen.append(args))
    assert seen == ["2", "1", ("2", "a", headers), ("1", "b", headers)]


def test_what_is_received_is_kept_as_it_is_and_cannot_be_changed() -> None:
    headers = Headers._of([("Set-Cookie", "a"), ("X", " odd\x01 "), ("set-cookie", "b"), ("x", "2")], "immutable")
    assert headers._pairs() == [("Set-Cookie", "a"), ("Set-Cookie", "b"), ("X", " odd\x01 , 2")]
    assert headers.get_set_cookie() == ["a", "b"]
    for change in (lambda: headers.append("a", "1"), lambda: headers.set("a", "1"), lambda: headers.delete("x")):
        with pytest.raises(NodeTypeError, match=r"^immutable$"):
            change()
    with pytest.raises(NodeTypeError, match=r"^immutable$"):
        headers["a"] = "1"


def test_pairs_come_in_the_order_in_which_they_were_added() -> None:
    headers = Headers([("Z", "1"), ("a", "2")])
    headers.set("z", "3")
    headers.append("M", "4")
    assert headers._pairs() == [("z", "3"), ("a", "2"), ("M", "4")]
    assert header_pairs(headers) == headers._pairs()
