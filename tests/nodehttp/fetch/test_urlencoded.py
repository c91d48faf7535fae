"""application/x-www-form-urlencoded, and URLSearchParams."""

from __future__ import annotations

from typing import Any

import pytest

from nodehttp.fetch import FormData, URLSearchParams
from nodestream.errors import NodeTypeError


@pytest.mark.parametrize(
    ("query", "pairs", "written"),
    [
        ("", [], ""),
        ("?a=1", [("a", "1")], "a=1"),
        ("??a=1", [("?a", "1")], "%3Fa=1"),
        ("a", [("a", "")], "a="),
        ("=", [("", "")], "="),
        ("a=1&&b", [("a", "1"), ("b", "")], "a=1&b="),
        ("a=b=c", [("a", "b=c")], "a=b%3Dc"),
        ("%41=%zz&%E9=%c3%a9", [("A", "%zz"), ("\ufffd", "\u00e9")], "A=%25zz&%EF%BF%BD=%C3%A9"),
        ("a+b=c+d", [("a b", "c d")], "a+b=c+d"),
        ("+=%2B", [(" ", "+")], "+=%2B"),
        ("a=%4", [("a", "%4")], "a=%254"),
        ("a;b=1", [("a;b", "1")], "a%3Bb=1"),
        ("\ud800=x", [("\ufffd", "x")], "%EF%BF%BD=x"),
        ("%ef%bb%bfa=1", [("\ufeffa", "1")], "%EF%BB%BFa=1"),
        ("a=\0", [("a", "\0")], "a=%00"),
        ("a=*-._~!'()", [("a", "*-._~!'()")], "a=*-._%7E%21%27%28%29"),
    ],
)
def test_a_query(query: str, pairs: list[tuple[str, str]], written: str) -> None:
    params = URLSearchParams(query)
    assert list(params) == pairs
    assert params.to_string() == params.toString() == str(params) == written


def test_what_it_is_made_of() -> None:
    form = FormData()
    form.append("a", "b")
    made: list[tuple[Any, str]] = [
        ({"a": 1, "b": [2, 3], "c": None}, "a=1&b=2%2C3&c=null"),
        ([("a", "1"), ["b", 2]], "a=1&b=2"),
        (URLSearchParams("a=1&a=2"), "a=1&a=2"),
        (form, "a=b"),
        (5, "5="),
        (b"a=1", "a=1"),
    ]
    assert [str(URLSearchParams(init)) for init, _ in made] == [written for _, written in made]
    assert str(URLSearchParams()) == ""


@pytest.mark.parametrize("init", [[["a"]], [("a", 1, 2)], ["ab"], [5]])
def test_what_is_no_pair_is_refused(init: Any) -> None:
    with pytest.raises(NodeTypeError, match=r"Each query pair must be an iterable \[name, value\] tuple") as raised:
        URLSearchParams(init)
    assert raised.value.code == "ERR_INVALID_TUPLE"


def test_reading_and_changing() -> None:
    params = URLSearchParams("b=2&a=1&b=3&c=4")
    assert (params.get("b"), params.get("z"), params.get_all("b"), params.size, len(params)) == (
        "2",
        None,
        ["2", "3"],
        4,
        4,
    )
    assert (params.has("b"), params.has("b", "2"), params.has("b", "9"), "b" in params) == (True, True, False, True)
    params.delete("b", "2")
    params.append("d", 5)
    params.set("a", "9")
    assert str(params) == "a=9&b=3&c=4&d=5"
    params.delete("b")
    assert list(params.keys()) == ["a", "c", "d"]
    assert dict(params) == {"a": "9", "c": "4", "d": "5"}


def test_sorting_is_by_code_units_and_stable() -> None:
    params = URLSearchParams("z=1&a=2&z=0&\U0001f600=e&\uffff=f&a=1")
    params.sort()
    assert str(params) == "a=2&a=1&z=1&z=0&%F0%9F%98%80=e&%EF%BF%BF=f"


def test_it_shows_its_pairs() -> None:
    assert repr(URLSearchParams("b=2&b=3")) == "URLSearchParams { 'b' => '2', 'b' => '3' }"
    assert repr(URLSearchParams()) == "URLSearchParams {}"
