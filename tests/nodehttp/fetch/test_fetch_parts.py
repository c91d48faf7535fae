"""The pieces that fetch is made of, each by itself."""

from __future__ import annotations

import base64
import hashlib

import pytest

from nodehttp._parsing import ParseError
from nodehttp._url import resolve
from nodehttp.fetch import Blob, create_object_url, resolve_object_url, revoke_object_url
from nodehttp.fetch._data_url import parse_data_url
from nodehttp.fetch._decoding import checked_codings, decoders_for
from nodehttp.fetch._errors import FetchTypeError
from nodehttp.fetch._integrity import matches
from nodehttp.fetch._network_errors import (
    HeadersOverflowError,
    HTTPParserError,
    InvalidArgumentError,
    NotSupportedError,
    RequestContentLengthMismatchError,
    SocketError,
    connection_error,
    fetch_failed,
)
from nodehttp.fetch._ports import is_bad_port
from nodehttp.fetch._referrer import referrer_of
from nodehttp.fetch._request_head import Outline, request_head
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_URL, NodeError, conn_reset_exception, system_error

PLAIN = Outline("GET", "h", False, False, None, "cors", "default", None)
ADDED = ["accept", "*/*", "accept-language", "*", "sec-fetch-mode", "cors", "user-agent", "node"]


# --- URLs ---


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("/b", "http://h/b"),
        ("b", "http://h/a/b"),
        ("../c", "http://h/c"),
        ("?x", "http://h/a/b?x"),
        ("#y", "http://h/a/b?q#y"),
        ("", "http://h/a/b?q"),
        ("//other/p", "http://other/p"),
        ("\\\\other\\p", "http://other/p"),
        ("http:foo", "http://h/a/foo"),
        ("HTTP:/foo", "http://h/foo"),
        ("https:foo", "https://foo/"),
        ("http:?z", "http://h/a/b?z"),
        ("./..//d", "http://h//d"),
        (" /x\t\n", "http://h/x"),
        ("a?b/../c", "http://h/a/a?b/../c"),
        ("mailto:x", "mailto:x"),
    ],
)
def test_a_relative_url_is_resolved_as_the_web_does(reference: str, expected: str) -> None:
    assert resolve(reference, "http://h/a/b?q#f")["href"] == expected


@pytest.mark.parametrize("reference", ["http://[", "//", "http://a b/"])
def test_what_is_no_url_is_refused(reference: str) -> None:
    with pytest.raises(ERR_INVALID_URL):
        resolve(reference, "http://h/a/b?q#f")


def test_user_and_password_of_the_base_stay_for_a_relative_url() -> None:
    assert resolve("x", "http://u:p@h:81/y")["href"] == "http://u:p@h:81/x"


@pytest.mark.parametrize(
    ("port", "is_bad"), [(22, True), (25, True), (10080, True), (80, False), (8080, False), (None, False)]
)
def test_bad_ports(port: int | None, is_bad: bool) -> None:
    assert is_bad_port(port) is is_bad


# --- referrers ---

WHOLE = "https://a.b/page?x"


@pytest.mark.parametrize(
    ("policy", "same", "cross", "downgrade"),
    [
        ("", WHOLE, "https://a.b/", None),
        ("no-referrer", None, None, None),
        ("no-referrer-when-downgrade", WHOLE, WHOLE, None),
        ("same-origin", WHOLE, None, None),
        ("origin", "https://a.b/", "https://a.b/", "https://a.b/"),
        ("strict-origin", "https://a.b/", "https://a.b/", None),
        ("origin-when-cross-origin", WHOLE, "https://a.b/", "https://a.b/"),
        ("strict-origin-when-cross-origin", WHOLE, "https://a.b/", None),
        ("unsafe-url", WHOLE, WHOLE, WHOLE),
    ],
)
def test_a_policy_says_what_the_referer_header_tells(
    policy: str, same: str | None, cross: str | None, downgrade: str | None
) -> None:
    referrer = "https://u:p@a.b/page?x#fragment"
    targets = ("https://a.b/other", "https://c.d/", "http://c.d/")
    assert [referrer_of(referrer, policy, target) for target in targets] == [same, cross, downgrade]


@pytest.mark.parametrize("target", ["http://127.0.0.1/", "http://[::1]/", "http://localhost/", "http://x.localhost/"])
def test_an_address_of_this_machine_is_no_downgrade(target: str) -> None:
    assert referrer_of(WHOLE, "", target) == "https://a.b/"


@pytest.mark.parametrize("referrer", ["", "about:client", "data:,x"])
def test_what_is_no_page_is_not_told(referrer: str) -> None:
    assert referrer_of(referrer, "unsafe-url", "http://h/") is None


# --- the head of a request ---


def test_the_head_has_fetch_s_headers_behind_the_own_ones() -> None:
    head = request_head(PLAIN, [("X-A", "1"), ("user-AGENT", "me")])
    assert head.headers == [
        *("host", "h", "connection", "keep-alive", "X-A", "1", "user-AGENT", "me"),
        *ADDED[:6],
        *("accept-encoding", "gzip, deflate"),
    ]
    assert head.length == 0


@pytest.mark.parametrize(
    ("outline", "framing"),
    [
        (PLAIN, []),
        (PLAIN._replace(method="POST"), ["content-length", "0"]),
        (PLAIN._replace(method="DELETE", has_body=True, length=0), []),
        (PLAIN._replace(method="DELETE", has_body=True, length=2), ["content-length", "2"]),
        (PLAIN._replace(method="POST", has_body=True, length=None), ["transfer-encoding", "chunked"]),
    ],
)
def test_a_body_is_framed_by_its_length(outline: Outline, framing: list[str]) -> None:
    headers = request_head(outline, []).headers
    assert headers[headers.index("gzip, deflate") + 1 :] == framing


def test_a_stream_with_a_content_length_is_not_chunked() -> None:
    head = request_head(PLAIN._replace(method="POST", has_body=True), [("Content-Length", "7")])
    assert head.length == 7
    assert head.headers[-2:] == ["content-length", "7"]


@pytest.mark.parametrize("name", ["Transfer-Encoding", "Upgrade", "Keep-Alive"])
def test_headers_of_the_connection_are_refused(name: str) -> None:
    with pytest.raises(InvalidArgumentError, match=f"invalid {name.lower()} header"):
        request_head(PLAIN, [(name, "x")])


def test_an_expectation_is_refused() -> None:
    with pytest.raises(NotSupportedError, match="expect header not supported"):
        request_head(PLAIN, [("expect", "100-continue")])


@pytest.mark.parametrize("length", ["x", "", "+1", "1_0", "\u0661"])
def test_a_length_is_ascii_digits(length: str) -> None:
    with pytest.raises(InvalidArgumentError, match="invalid content-length header"):
        request_head(PLAIN._replace(has_body=True, length=1), [("content-length", length)])


def test_a_length_must_be_that_of_the_body() -> None:
    with pytest.raises(RequestContentLengthMismatchError):
        request_head(PLAIN._replace(has_body=True, length=1), [("content-length", "2")])


# --- codings ---


def test_codings_are_undone_from_the_last_to_the_first() -> None:
    assert [type(decoder).__name__ for decoder in decoders_for("gzip,  BR")] == ["BrotliDecompress", "Gunzip"]


@pytest.mark.parametrize("codings", [None, "", "identity", "gzip, foo"])
def test_what_is_not_known_is_left(codings: str | None) -> None:
    assert checked_codings(codings) is None


def test_there_may_be_five_codings() -> None:
    five = ", ".join(["gzip"] * 5)
    assert checked_codings(five) == five
    with pytest.raises(FetchTypeError) as caught:
        checked_codings(", ".join(["gzip"] * 6))
    assert str(caught.value.cause) == "too many content-encodings in response: 6, maximum allowed is 5"


# --- integrity ---


def digest(kind: str, data: bytes = b"ok") -> str:
    return f"{kind}-{base64.b64encode(hashlib.new(kind, data).digest()).decode()}"


@pytest.mark.parametrize(
    ("metadata", "expected"),
    [
        ("", True),
        ("md5-AAAA", True),
        (digest("sha256"), True),
        (digest("sha256") + "?x", True),
        (digest("sha256", b"other"), False),
        (f"{digest('sha256', b'other')} {digest('sha256')}", True),
        (f"{digest('sha256')} {digest('sha512', b'other')}", False),
        (f"{digest('sha256', b'other')} {digest('sha384')}", True),
        ("sha256-A", False),
    ],
)
def test_the_strongest_hash_counts(metadata: str, expected: bool) -> None:
    assert matches(b"ok", metadata) is expected


# --- data: and blob: ---


@pytest.mark.parametrize(
    ("url", "kind", "body"),
    [
        ("data:,hello%20w", "text/plain;charset=US-ASCII", b"hello w"),
        ("data:text/html;charset=utf-8;base64,aGk=", "text/html;charset=utf-8", b"hi"),
        ("data:;base64,aG k", "text/plain;charset=US-ASCII", b"hi"),
        ("data:;x=y,b", "text/plain;x=y", b"b"),
        ("data:x,y", "text/plain;charset=US-ASCII", b"y"),
    ],
)
def test_a_data_url_holds_a_type_and_bytes(url: str, kind: str, body: bytes) -> None:
    found = parse_data_url(url)
    assert found is not None
    assert (str(found.mime), found.body) == (kind, body)


@pytest.mark.parametrize("url", ["data:nope", "data:;base64,a", "data:;base64,a-b_"])
def test_what_is_no_data_url(url: str) -> None:
    assert parse_data_url(url) is None


def test_a_blob_url_is_good_until_it_is_revoked() -> None:
    blob = Blob(["x"])
    url = create_object_url(blob)
    assert resolve_object_url(url) is blob
    assert resolve_object_url(f"{url}#fragment") is blob
    revoke_object_url(url)
    assert resolve_object_url(url) is None
    revoke_object_url(url)
    assert resolve_object_url(5) is None
    not_a_blob: object = "x"
    with pytest.raises(ERR_INVALID_ARG_TYPE):
        create_object_url(not_a_blob)  # type: ignore[arg-type]


# --- errors ---


def test_a_failed_fetch_tells_its_cause_in_both_languages_ways() -> None:
    cause = ValueError("x")
    error = fetch_failed(cause)
    assert (str(error), error.cause, error.__cause__) == ("fetch failed", cause, cause)
    assert isinstance(fetch_failed("why").cause, NodeError)


def test_errors_of_a_connection_get_the_names_that_fetch_users_know() -> None:
    refused = system_error(111, "connect", address="127.0.0.1", port=1)
    assert connection_error(refused) is refused
    assert isinstance(connection_error(conn_reset_exception("aborted")), SocketError)
    assert isinstance(connection_error(ParseError("HPE_HEADER_OVERFLOW", "Header overflow")), HeadersOverflowError)
    broken = connection_error(ParseError("HPE_INVALID_CONSTANT", "Expected HTTP/"))
    assert isinstance(broken, HTTPParserError)
    assert (str(broken), broken.code) == (
        "Response does not match the HTTP/1.1 protocol (Expected HTTP/)",
        "HPE_INVALID_CONSTANT",
    )
