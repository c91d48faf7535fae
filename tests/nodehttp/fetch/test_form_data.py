"""FormData."""

from __future__ import annotations

import time

import pytest

from nodehttp.fetch import Blob, File, FormData
from nodestream.errors import NodeTypeError


def a_form(*pairs: tuple[str, object]) -> FormData:
    form = FormData()
    for name, value in pairs:
        form.append(name, value)
    return form


def test_a_value_that_is_no_blob_is_a_string() -> None:
    form = a_form(
        ("n", 5), ("z", None), ("o", {}), ("l", [1, None, 2]), ("t", True), ("b", b"\xc3\xa9"), ("s", "\ud800x")
    )
    assert [value for _, value in form] == ["5", "null", "[object Object]", "1,,2", "true", "\u00e9", "\ufffdx"]
    assert list(a_form(("\ud800", "y")).keys()) == ["\ufffd"]


def test_a_blob_becomes_a_file() -> None:
    blob, file = Blob(["x"], type="a/b"), File(["x"], "f.txt", type="text/plain", last_modified=5)
    form = FormData()
    form.append("b", blob)
    form.append("b2", blob, "name")
    form.append("f", file)
    form.append("f2", file, "other")
    found = [(value.name, value.type, value.size) for value in form.values() if isinstance(value, File)]
    assert found == [("blob", "a/b", 1), ("name", "a/b", 1), ("f.txt", "text/plain", 1), ("other", "text/plain", 1)]
    assert form["f"] is file
    assert form["f2"] is not file
    assert isinstance(form["f2"], File) and form["f2"].last_modified == 5
    assert isinstance(form["b"], File) and abs(form["b"].last_modified - time.time() * 1000) < 60_000
    assert form.get("b") is form.get("b")


@pytest.mark.parametrize(("value", "shown"), [("b", '""b""'), (5, '"5"')])
def test_only_a_blob_may_have_a_file_name(value: object, shown: str) -> None:
    form = FormData()
    for name in ("append", "set"):
        with pytest.raises(NodeTypeError) as raised:
            getattr(form, name)("a", value, "c")
        assert str(raised.value) == f"FormData.{name}: Expected value ({shown}) to be an instance of Blob."
    assert list(form) == []


def test_set_takes_the_place_of_the_first() -> None:
    form = a_form(("a", "1"), ("b", "2"), ("a", "3"), ("c", "4"))
    form.set("a", "9")
    form.set("n", "x")
    assert list(form) == [("a", "9"), ("b", "2"), ("c", "4"), ("n", "x")]


def test_reading_and_deleting() -> None:
    form = a_form(("a", "1"), ("b", "2"), ("a", "3"))
    assert (form.get("a"), form.get("z"), form.get_all("a"), form.getAll("z")) == ("1", None, ["1", "3"], [])
    assert (form.has("a"), form.has("z")) == (True, False)
    form.delete("a")
    form.delete("z")
    assert list(form.entries()) == [("b", "2")]


def test_in_the_way_of_python() -> None:
    form = a_form(("a", "1"), ("b", "2"), ("a", "3"))
    assert dict(form) == {"a": "1", "b": "2"}
    assert ("a" in form, "z" in form, 5 in form, len(form)) == (True, False, False, 3)
    with pytest.raises(KeyError):
        form["z"]
    assert repr(form) == "FormData { a: '1', b: '2', a: '3' }"
    assert repr(FormData()) == "FormData {}"


def test_for_each() -> None:
    form, seen = a_form(("a", "1")), []
    form.for_each(lambda value, name, whole: seen.append((value, name, whole is form)))
    form.forEach(lambda value: seen.append(f"{value}!"))
    assert seen == [("1", "a", True), "1!"]


def test_an_iterator_sees_what_is_changed_meanwhile() -> None:
    form, seen = a_form(("a", "1")), []
    for name, _ in form:
        seen.append(name)
        if len(seen) < 3:
            form.append(f"b{len(seen)}", "x")
    assert seen == ["a", "b1", "b2"]
    names = form.keys()
    assert next(names) == "a"
    form.delete("a")
    assert list(names) == ["b2"]
    form.append("c", "x")
    assert list(names) == []
