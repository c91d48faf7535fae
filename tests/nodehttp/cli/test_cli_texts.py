"""Content types, sizes, escaped texts, URLs, failures."""

from __future__ import annotations

import errno

import pytest

from nodehttp._cli._content_types import content_type
from nodehttp._cli._failures import CommandError, checked_url, described
from nodehttp._cli._units import printable, rate_text, size_text
from nodestream.errors import system_error


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("a.txt", "text/plain; charset=utf-8"),
        ("a.HTML", "text/html; charset=utf-8"),
        ("a.css", "text/css; charset=utf-8"),
        ("a.js", "text/javascript; charset=utf-8"),
        ("a.json", "application/json; charset=utf-8"),
        ("a.svg", "image/svg+xml; charset=utf-8"),
        ("a.png", "image/png"),
        ("a.woff2", "font/woff2"),
        ("a.mp4", "video/mp4"),
        ("a.pdf", "application/pdf"),
        ("a.tar.gz", "application/gzip"),
        ("a.txt.xz", "application/x-xz"),
        ("a.unknown", "application/octet-stream"),
        ("a", "application/octet-stream"),
        ("data:text/html,x.txt", "text/plain; charset=utf-8"),
    ],
)
def test_content_types_go_by_the_name(name: str, kind: str) -> None:
    assert content_type(name) == kind


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.0 KiB"),
        (1536, "1.5 KiB"),
        (256 * 1024**2, "256 MiB"),
        (1024**2 - 1, "1.0 MiB"),
        (5 * 1024**3, "5.0 GiB"),
        (3 * 1024**4, "3.0 TiB"),
        (2 * 1024**5, "2.0 PiB"),
    ],
)
def test_sizes_are_readable(size: int, text: str) -> None:
    assert size_text(size) == text


def test_rates_are_in_millions_of_bytes() -> None:
    assert rate_text(256_000_000, 2) == "128.0 MB/s"
    assert rate_text(0, 0) == "0.0 MB/s"


@pytest.mark.parametrize(
    ("text", "escaped"),
    [
        ("/a?b=c", "/a?b=c"),
        ("/a b", "/a\\x20b"),
        ("/\x1b[31m\r\n", "/\\x1b[31m\\x0d\\x0a"),
        ("/\x85\u2028", "/\\x85\\u{2028}"),
        ("/é\\", "/é\\\\"),
    ],
)
def test_control_characters_are_escaped(text: str, escaped: str) -> None:
    assert printable(text) == escaped


@pytest.mark.parametrize("text", ["http://a", "http://127.0.0.1:8000/x?y", "HTTP://[::1]:1/"])
def test_a_url_is_accepted(text: str) -> None:
    assert checked_url(text).hostname


@pytest.mark.parametrize(
    "text",
    ["", "nonsense", "ftp://a/", "https://a/", "http://", "http://:80/", "http://a:0/", "http://a:99999/", "http://a:b/",
     "http://[::1/", "http://a/b c", "http://a/\r\nX: y", "http://é/"],
)  # fmt: skip
def test_what_is_no_http_url_is_one_clear_line(text: str) -> None:
    with pytest.raises(CommandError) as error:
        checked_url(text)
    assert "URL" in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (system_error(errno.ECONNREFUSED, "connect"), "connection refused"),
        (FileNotFoundError(errno.ENOENT, "x"), "no such file or directory"),
        (ValueError("first\nsecond"), "first"),
        (ValueError(), "ValueError"),
    ],
)
def test_failures_are_described_in_a_few_words(error: BaseException, text: str) -> None:
    assert described(error) == text
