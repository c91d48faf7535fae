"""What a proxy changes in headers."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from nodehttp._cli._failures import checked_url
from nodehttp._cli._paths import RefusedPath
from nodehttp._cli._proxy_headers import request_headers, response_headers, target_of, trailers_of

TARGET = target_of(checked_url("http://target:81/base/"))


def message(*raw: str, method: str = "GET", status: int = 200, trailers: tuple[str, ...] = ()) -> Any:
    headers: dict[str, str] = {}
    for name, value in zip(raw[::2], raw[1::2], strict=True):
        key = name.lower()
        headers[key] = f"{headers[key]}, {value}" if key in headers else value
    socket = SimpleNamespace(remote_address="10.0.0.9")
    return SimpleNamespace(
        method=method, status_code=status, raw_headers=list(raw), headers=headers, raw_trailers=trailers, socket=socket
    )


def fields(flat: list[str]) -> dict[str, str]:
    return dict(zip(flat[::2], flat[1::2], strict=True))


def test_a_request_goes_to_the_target_and_says_from_whom() -> None:
    assert request_headers(message("Host", "outside:80", "X-A", "1", "x-a", "2"), TARGET) == [
        "Host", "target:81", "X-A", "1", "x-a", "2", "X-Forwarded-For", "10.0.0.9", "X-Forwarded-Host", "outside:80",
        "X-Forwarded-Proto", "http", "Via", "1.1 nodehttp",
    ]  # fmt: skip


def test_a_chain_of_proxies_is_appended_to_and_a_claim_about_the_host_is_not_believed() -> None:
    raw = ("X-Forwarded-For", "1.1.1.1", "x-forwarded-for", "2.2.2.2", "X-Forwarded-Host", "liar", "Via", "1.0 first")
    sent = fields(request_headers(message("Host", "outside", *raw), TARGET))
    assert sent["X-Forwarded-For"] == "1.1.1.1, 2.2.2.2, 10.0.0.9"
    assert sent["X-Forwarded-Host"] == "outside"
    assert sent["Via"] == "1.0 first, 1.1 nodehttp"


@pytest.mark.parametrize(
    "name", ["Connection", "Keep-Alive", "Proxy-Connection", "TE", "Trailer", "Upgrade", "Proxy-Authorization", "X-Hop"]
)
def test_fields_of_the_connection_are_dropped(name: str) -> None:
    raw = (name, "x", "Connection", "close , X-Hop", "Host", "a")
    assert name not in fields(request_headers(message(*raw), TARGET))
    assert name not in fields(response_headers(message(*raw), TARGET))


@pytest.mark.parametrize(
    ("method", "raw", "framing"),
    [
        ("GET", (), {}),
        ("POST", (), {"Content-Length": "0"}),
        ("POST", ("Content-Length", "5"), {"Content-Length": "5"}),
        ("GET", ("transfer-encoding", "chunked"), {"Transfer-Encoding": "chunked"}),
        ("DELETE", ("Transfer-Encoding", "Chunked"), {"Transfer-Encoding": "chunked"}),
        ("GET", ("Content-Length", "5", "Connection", "content-length"), {"Content-Length": "5"}),
        ("POST", ("Transfer-Encoding", "chunked", "Connection", "transfer-encoding"), {"Transfer-Encoding": "chunked"}),
    ],
)
def test_the_framing_of_a_request_is_rebuilt(method: str, raw: tuple[str, ...], framing: dict[str, str]) -> None:
    sent = fields(request_headers(message(*raw, method=method), TARGET))
    assert {name: sent[name] for name in sent if name in ("Content-Length", "Transfer-Encoding")} == framing


def test_a_response_keeps_its_length_and_its_cookies() -> None:
    raw = ("Set-Cookie", "a", "Content-Length", "7", "Set-Cookie", "b", "Connection", "keep-alive", "Via", "1.1 x")
    assert response_headers(message(*raw), TARGET) == [
        "Set-Cookie", "a", "Set-Cookie", "b", "Content-Length", "7", "Via", "1.1 x, 1.1 nodehttp",
    ]  # fmt: skip


def test_a_chunked_response_has_no_length() -> None:
    assert response_headers(message("Transfer-Encoding", "chunked"), TARGET) == ["Via", "1.1 nodehttp"]


@pytest.mark.parametrize(
    ("location", "here"),
    [
        ("http://target:81/base/x?y", "/x?y"),
        ("/base/x", "/x"),
        ("/other", "/other"),
        ("x/y", "x/y"),
        ("http://elsewhere/base/x", "http://elsewhere/base/x"),
        ("http://target:81/base//evil", "http://target:81/base//evil"),
        ("/based", "/based"),
    ],
)
def test_a_redirection_within_the_target_stays_on_the_proxy(location: str, here: str) -> None:
    assert fields(response_headers(message("Location", location), TARGET))["Location"] == here


def test_trailers_lose_what_would_change_the_message() -> None:
    raw = ("X-Sum", "1", "Content-Length", "5", "Transfer-Encoding", "chunked", "Host", "x", "X-Hop", "y")
    assert trailers_of(message("Connection", "x-hop", trailers=raw)) == [("X-Sum", "1")]


@pytest.mark.parametrize(
    ("asked", "path"),
    [("/", "/base/"), ("/a%20b?c", "/base/a%20b?c"), ("http://x/a", "/base/a"), ("//a", "/base//a")],
)
def test_the_path_is_put_under_the_targets(asked: str, path: str) -> None:
    assert TARGET.path_of(asked) == path


@pytest.mark.parametrize("asked", ["/../x", "/%2e%2E/x", "/a/..%2f..%2fx", "/..\\x", "x", "*"])
def test_a_path_that_leaves_the_targets_is_refused(asked: str) -> None:
    with pytest.raises(RefusedPath):
        TARGET.path_of(asked)


def test_a_target_without_a_path_gets_everything_as_it_is() -> None:
    target = target_of(checked_url("http://[::1]"))
    assert target.authority == "[::1]"
    assert target.path_of("*") == "*"
    assert target.path_of("/../x") == "/../x"
