"""MIME types. What Node makes of them is in compliance/scenarios/fetch_types.json."""

from __future__ import annotations

import time

import pytest

from nodehttp.fetch import Headers
from nodehttp.fetch._mime import of_headers, parse


@pytest.mark.parametrize(
    ("text", "essence", "parameters"),
    [
        ("text/html", "text/html", {}),
        ("TEXT/HTML;Charset=UTF-8", "text/html", {"charset": "UTF-8"}),
        ('a/b;boundary="x y";b=2', "a/b", {"boundary": "x y", "b": "2"}),
        (r'a/b;x="q\"r\\s"', "a/b", {"x": r"q\"r\s".replace(r"\"", '"')}),
        ("a/b;x=1;x=2", "a/b", {"x": "1"}),
        ('a/b;x="', "a/b", {"x": ""}),
        ('a/b;x="a\\', "a/b", {"x": "a\\"}),
        ("a/b;x=\u00e9", "a/b", {"x": "\u00e9"}),
        ("a/b;x=\x01", "a/b", {}),
    ],
)
def test_a_type_has_an_essence_and_parameters(text: str, essence: str, parameters: dict[str, str]) -> None:
    found = parse(text)
    assert found is not None
    assert (found.essence, found.parameters, found.charset) == (essence, parameters, parameters.get("charset"))


@pytest.mark.parametrize("text", ["", "a", "a/", "/b", "a b/c", "a/b c", "a/b/c", "\u00e9/b"])
def test_what_has_no_type_and_subtype_is_none(text: str) -> None:
    assert parse(text) is None


@pytest.mark.parametrize("text", ["a/b", "a/b;x=1", 'a/b;x="q\\"\\\\r"', 'a/b;x=""', 'a/b;x="a;b, c"'])
def test_what_is_written_is_read_again(text: str) -> None:
    found = parse(text)
    assert str(found) == text
    again = parse(str(found))
    assert again is not None and found is not None and again.parameters == found.parameters
    assert repr(found) == f"<MimeType {text}>"


def test_of_several_content_types_the_last_one_counts() -> None:
    headers = Headers([("content-type", "a/b;charset=x"), ("content-type", "bad"), ("content-type", "a/b;y=1")])
    assert str(of_headers(headers)) == "a/b;y=1;charset=x"
    assert of_headers(Headers()) is None


@pytest.mark.parametrize(
    "text",
    [
        'a/b;x="' + "\\a" * 300_000,
        "a/b" + ";" * 300_000,
        'a/b;x="' * 50_000,
        '",' * 300_000,
        "a/b;" + "x" * 300_000,
    ],
)
def test_a_long_text_takes_no_longer_than_its_length(text: str) -> None:
    before = time.process_time()
    of_headers(Headers({"content-type": text}))
    assert time.process_time() - before < 2
