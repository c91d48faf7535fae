"""What path a request target names, and what is refused."""

from __future__ import annotations

import pytest

from nodehttp._cli._paths import RefusedPath, is_servable, parsed_path


@pytest.mark.parametrize(
    ("target", "names", "is_directory", "query"),
    [
        ("/", (), True, ""),
        ("", (), True, ""),
        ("/a", ("a",), False, ""),
        ("/a/", ("a",), True, ""),
        ("/a/b.txt?x=/../y", ("a", "b.txt"), False, "?x=/../y"),
        ("//etc//passwd", ("etc", "passwd"), False, ""),
        ("/./a/.", ("a",), True, ""),
        ("/a%20b/%C3%A9", ("a b", "é"), False, ""),
        ("/%252e%252e/x", ("%2e%2e", "x"), False, ""),
        ("/%FF", ("\udcff",), False, ""),
        ("/...", (), None, ""),
        ("http://host:80/a?b", ("a",), False, "?b"),
        ("http://host", (), True, ""),
        ("/.well-known/x", (".well-known", "x"), False, ""),
        ("/a;b=c&d", ("a;b=c&d",), False, ""),
    ],
)
def test_a_target_is_taken_apart(target: str, names: tuple[str, ...], is_directory: bool | None, query: str) -> None:
    if is_directory is None:
        with pytest.raises(RefusedPath):
            parsed_path(target)
    else:
        assert tuple(parsed_path(target)) == (names, is_directory, query)


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("/..", 403),
        ("/../etc/passwd", 403),
        ("/a/../../etc/passwd", 403),
        ("/%2e%2e/etc/passwd", 403),
        ("/%2E./etc/passwd", 403),
        ("/..%2fetc/passwd", 404),
        ("/%2e%2e%2fetc%2fpasswd", 404),
        ("/%2fetc/passwd", 404),
        ("/..\\etc", 404),
        ("/..%5cetc", 404),
        ("/a%00.txt", 400),
        ("/a%", 400),
        ("/a%2", 400),
        ("/a%zz", 400),
        ("/.git/config", 404),
        ("/a/.env", 404),
        ("/.upload-0123.part", 404),
        ("etc/passwd", 400),
        ("*", 400),
        ("file:///etc/../x", 403),
    ],
)
def test_a_target_that_leads_elsewhere_is_refused(target: str, status: int) -> None:
    with pytest.raises(RefusedPath) as refusal:
        parsed_path(target)
    assert refusal.value.status == status


@pytest.mark.parametrize("target", ["//evil.example/", "//evil.example", "/%2f%2fevil", "/\\evil", "///evil//x/"])
def test_a_path_as_url_never_names_another_host(target: str) -> None:
    try:
        href = parsed_path(target)._replace(is_directory=True).href
    except RefusedPath:
        return
    assert href.startswith("/")
    assert not href.startswith(("//", "/\\"))


def test_a_path_as_url_is_encoded_again() -> None:
    assert parsed_path("/a%20b/%C3%A9%3F").href == "/a%20b/%C3%A9%3F"
    assert parsed_path("/%FF/").href == "/%FF/"
    assert parsed_path("//").href == "/"


@pytest.mark.parametrize(
    ("name", "servable"), [("a", True), (".a", False), ("a\\b", False), (".well-known", True), ("a.b", True)]
)
def test_hidden_names_are_not_servable(name: str, servable: bool) -> None:
    assert is_servable(name) == servable
