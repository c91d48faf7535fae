"""Request: Python's own ways, and what fetch and a server use.

What Node does is in compliance/scenarios/fetch_types.py.
"""

from __future__ import annotations

import gc
import warnings
import weakref
from typing import Any
from urllib.parse import urlparse, urlsplit

import pytest

from nodehttp.fetch import Headers, Request
from nodehttp.fetch._body_init import body_of_bytes
from nodehttp.fetch._request_options import PatchMethodWarning
from nodestream import run
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import ERR_INVALID_URL, NodeTypeError


@pytest.mark.parametrize("url", ["http://a/b?c#d", urlsplit("http://a/b?c#d"), urlparse("http://a/b?c#d")])
def test_a_url_is_a_string_or_what_python_parses_one_to(url: Any) -> None:
    assert Request(url).url == "http://a/b?c#d"


def test_a_url_that_is_none_is_the_cause() -> None:
    with pytest.raises(TypeError, match="Failed to parse URL from x") as raised:
        Request("x")
    error: Any = raised.value
    assert isinstance(error.cause, ERR_INVALID_URL)
    assert error.__cause__ is error.cause


@pytest.mark.parametrize("name", ["referrer_policy", "referrerPolicy"])
def test_options_are_keywords_or_a_mapping_in_either_spelling(name: str) -> None:
    options: dict[str, Any] = {name: "origin", "method": "POST"}
    for request in (Request("http://a/", options), Request("http://a/", **options)):
        assert (request.referrer_policy, request.method) == ("origin", "POST")


def test_an_unknown_keyword_is_refused_and_an_unknown_key_is_not() -> None:
    unknown: dict[str, Any] = {"nothing": 1}
    with pytest.raises(TypeError, match="unexpected keyword argument 'nothing'"):
        Request("http://a/", **unknown)
    assert Request("http://a/", unknown).method == "GET"


def test_what_is_none_counts_as_not_given() -> None:
    given = dict.fromkeys(("method", "body", "headers", "signal", "mode", "referrer", "window", "keepalive"))
    assert repr(Request("http://a/", given)) == repr(Request("http://a/"))


def test_a_method_in_lower_case_that_http_does_not_know_is_warned_of() -> None:
    with pytest.warns(PatchMethodWarning, match="405 Method Not Allowed") as warned:
        assert Request("http://a/", method="patch").method == "patch"
    assert getattr(warned[0].message, "code", None) == "UNDICI-FETCH-patch"
    assert warned[0].filename == __file__
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Request("http://a/", method="PATCH")


def test_a_body_of_none_is_that_of_the_other_request() -> None:
    async def main() -> None:
        first = Request("http://a/", method="POST", body="x")
        assert await Request(first, body=None).text() == "x"
        assert first.body_used

    run(main)


def test_a_request_that_is_refused_leaves_the_other_ones_body() -> None:
    async def main() -> None:
        first = Request("http://a/", method="POST", body="x")
        for refused in ({"method": "GET"}, {"mode": "navigate"}, {"headers": {"a b": "1"}}):
            with pytest.raises(NodeTypeError):
                Request(first, refused)
        assert not first.body_used
        assert await first.text() == "x"

    run(main)


def test_headers_that_are_given_replace_those_of_the_other_request() -> None:
    first = Request("http://a/", headers={"a": "1"})
    assert list(Request(first).headers) == [("a", "1")]
    assert list(Request(first, headers={}).headers) == []
    assert list(Request(first, headers=Headers({"b": "2"})).headers) == [("b", "2")]


# --- signals ---


def test_its_signal_is_made_when_somebody_asks() -> None:
    def main() -> None:
        controller = AbortController()
        request = Request("http://a/", signal=controller.signal)
        assert request._signal is None
        controller.abort("why")
        assert request.signal.aborted
        assert request.signal.reason == "why"
        assert request.signal is request.signal
        assert not Request("http://a/").signal.aborted

    run(main)


def test_the_signals_of_clones_and_copies_follow() -> None:
    def main() -> None:
        controller = AbortController()
        first = Request("http://a/", signal=controller.signal)
        told: list[str] = []
        for name, each in (("clone", first.clone()), ("copy", Request(first)), ("both", Request(first.clone()))):
            each.signal.add_event_listener("abort", lambda _, name=name: told.append(name))
        controller.abort()
        assert sorted(told) == ["both", "clone", "copy"]

    run(main)


def test_a_signal_does_not_hold_the_requests_that_follow_it() -> None:
    def main() -> None:
        controller = AbortController()
        request = Request("http://a/", signal=controller.signal)
        reference = weakref.ref(request)
        assert not request.signal.aborted
        del request
        gc.collect()
        assert reference() is None

    run(main)


@pytest.mark.parametrize("signal", [object(), AbortController(), 5, ""])
def test_a_signal_is_an_abort_signal(signal: Any) -> None:
    with pytest.raises(NodeTypeError, match="to be an instance of AbortSignal"):
        Request("http://a/", signal=signal)


# --- what a server makes ---


def test_a_request_that_was_received_is_as_it_came() -> None:
    async def main() -> None:
        signal = AbortSignal.abort("gone")
        pairs = [("Host", "a"), ("Cookie", "x"), ("cookie", "y")]
        request = Request._of_message(
            method="TRACE", url="http://a/?%", header_pairs=pairs, body=body_of_bytes(b"x"), signal=signal
        )
        assert (request.method, request.url, list(request.headers)) == (
            "TRACE",
            "http://a/?%",
            [("cookie", "x; y"), ("host", "a")],
        )
        with pytest.raises(NodeTypeError, match="immutable"):
            request.headers.set("a", "1")
        assert request.signal.reason == "gone"
        forwarded = Request("http://b/", Request(request, method="POST"))
        forwarded.headers.set("host", "b")
        assert await forwarded.text() == "x"
        assert request.body_used

    run(main)


def test_repr_is_one_line_and_makes_no_signal() -> None:
    request = Request("http://a/", headers={"a": "1"})
    assert repr(request) == (
        "Request { method: 'GET', url: 'http://a/', headers: Headers { a: '1' }, destination: '', "
        "referrer: 'about:client', referrerPolicy: '', mode: 'cors', credentials: 'same-origin', cache: 'default', "
        "redirect: 'follow', integrity: '', keepalive: false, isReloadNavigation: false, isHistoryNavigation: false, "
        "signal: AbortSignal { aborted: false } }"
    )
    assert request._signal is None
