"""`Request`: what is to be fetched, and how.

The rules:

1. A Request made of another one takes over its body, unless it is given one of its own.
2. What is None counts as not given.
3. Its signal follows the one that it is given, or that of the request that it is made of. It is made when somebody
   asks for it.

Standard: Fetch, section 5.4 (Request class)
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from nodestream._names import node_alias
from nodestream.abort import AbortSignal
from nodestream.errors import NodeTypeError, inspect

from ._body import Body, BodyMixin
from ._body_init import extract_body
from ._headers import Guard, Headers, Pair
from ._href import url_text
from ._init_options import init_options
from ._request_options import (
    REQUEST_CONVERSIONS,
    REQUEST_OPTIONS,
    request_method,
    request_referrer,
    request_url,
)

# Fetch, section 2.2.1 (methods)
_SAFELISTED = frozenset(("GET", "HEAD", "POST"))
_WITHOUT_BODY = frozenset(("GET", "HEAD"))

CLIENT = "about:client"


class Request(BodyMixin):
    """What is to be fetched, and how.

    Args:
        input: an absolute URL, or a Request, whose body is used from now on if this one gets it.
    Options:
        method: "GET" if it is not given; the usual ones may be in lower case.
        headers: what a Headers is made of; those of `input` are not kept then.
        body: a string; bytes; a Blob; a FormData; URLSearchParams; a ReadableStream; a Readable; any other iterable or
            async iterable of bytes and strings. Anything else counts as the string that it is shown as. Not for GET
            and HEAD.
        duplex: "half", which a body that is a stream requires.
        redirect: "follow", "manual" or "error" ("follow").
        signal: an AbortSignal that stops the fetch.
        cache, credentials, integrity, keepalive, mode, priority, referrer, referrer_policy: as in Node, which checks
            them and keeps them.
        dispatcher: what sends it, in place of the usual agent.

    Raises a TypeError for a URL that is none, is relative (`cause` is ERR_INVALID_URL), or has a user or password, and
    for all other values that cannot be.

    Node: Request
    """

    # What holds if nothing else is said.
    _method = "GET"
    _body: Body | None = None
    _referrer = CLIENT
    _referrer_policy = ""
    _mode = "cors"
    _credentials = "same-origin"
    _cache = "default"
    _redirect = "follow"
    _integrity = ""
    _keepalive = False
    _dispatcher: Any = None
    _followed: AbortSignal | None = None
    _signal: AbortSignal | None = None

    def __init__(self, input: Any, init: Any = None, /, **keywords: Any) -> None:
        given = init_options(Request, REQUEST_OPTIONS, REQUEST_CONVERSIONS, init, keywords)
        if isinstance(input, Request):
            self._begin_as(input, "request")
        else:
            self._begin(request_url(url_text(input)), Headers._of((), "request"))
        self._take(given)
        self._take_headers(given)
        self._take_body(given, input._body if isinstance(input, Request) else None)

    def _begin(self, url: str, headers: Headers) -> None:
        """A new request, of which nothing more is known."""
        self._url = url
        self._url_list = [url]
        self._headers = headers

    def _begin_as(self, other: Request, guard: Guard) -> None:
        """All that another request has but its body; Node forgets the referrer."""
        self._begin(other._url, Headers._of(other._headers._pairs(), guard))
        self._method = other._method
        self._mode = other._mode
        self._credentials = other._credentials
        self._cache = other._cache
        self._redirect = other._redirect
        self._integrity = other._integrity
        self._keepalive = other._keepalive
        self._dispatcher = other._dispatcher
        self._followed = other._followed

    @classmethod
    def _of_message(
        cls, *, method: str, url: str, header_pairs: Iterable[Pair], body: Body | None, signal: AbortSignal | None
    ) -> Request:
        """A request that was received: nothing of it needs a check."""
        request = cls.__new__(cls)
        request._begin(url, Headers._of(header_pairs, "immutable"))
        request._method = method
        request._body = body
        request._followed = signal
        return request

    # --- what it says ---

    @property
    def method(self) -> str:
        """The method. Node: request.method"""
        return self._method

    @property
    def url(self) -> str:
        """The URL, with its fragment. Node: request.url"""
        return self._url

    @property
    def headers(self) -> Headers:
        """The headers. Node: request.headers"""
        return self._headers

    @property
    def destination(self) -> str:
        """What the response is for: "", as a program's own. Node: request.destination"""
        return ""

    @property
    def referrer(self) -> str:
        """Where it comes from: "" for nowhere, "about:client" for the program. Node: request.referrer"""
        return self._referrer

    @property
    def referrer_policy(self) -> str:
        """How much of the referrer is told; "" leaves that open. Node: request.referrerPolicy"""
        return self._referrer_policy

    referrerPolicy: str = node_alias("referrer_policy")

    @property
    def mode(self) -> str:
        """The mode, "cors" if nothing else was said. Node: request.mode"""
        return self._mode

    @property
    def credentials(self) -> str:
        """Whether credentials go with it. Node: request.credentials"""
        return self._credentials

    @property
    def cache(self) -> str:
        """How a cache is used, if there is one. Node: request.cache"""
        return self._cache

    @property
    def redirect(self) -> str:
        """What comes of a redirect: "follow", "manual" or "error". Node: request.redirect"""
        return self._redirect

    @property
    def integrity(self) -> str:
        """Hashes that the response must have one of. Node: request.integrity"""
        return self._integrity

    @property
    def keepalive(self) -> bool:
        """Whether it may outlive its page, in a browser. Node: request.keepalive"""
        return self._keepalive

    @property
    def is_reload_navigation(self) -> bool:
        """False: nobody navigates. Node: request.isReloadNavigation"""
        return False

    isReloadNavigation: bool = node_alias("is_reload_navigation")

    @property
    def is_history_navigation(self) -> bool:
        """False: nobody navigates. Node: request.isHistoryNavigation"""
        return False

    isHistoryNavigation: bool = node_alias("is_history_navigation")

    @property
    def duplex(self) -> str:
        """ "half": the response comes when the body was sent, at the earliest. Node: request.duplex"""
        return "half"

    @property
    def signal(self) -> AbortSignal:
        """Is aborted when the signal is that it was given. Node: request.signal"""
        if self._signal is None:
            self._signal = AbortSignal.any([] if self._followed is None else [self._followed])
        return self._signal

    def clone(self) -> Request:
        """Another one like it; both can be read. Raises a TypeError if the body was used. Node: request.clone"""
        body = self._body
        if body is not None and body.unusable:
            raise NodeTypeError("unusable")
        other = Request.__new__(Request)
        other._begin_as(self, self._headers._guard)
        other._referrer = self._referrer
        other._referrer_policy = self._referrer_policy
        other._body = None if body is None else body.clone()
        return other

    def __repr__(self) -> str:
        aborted = inspect(self._followed is not None and self._followed.aborted)
        shown = {name: inspect(getattr(self, python)) for name, python in _SHOWN.items()}
        shown["signal"] = f"AbortSignal {{ aborted: {aborted} }}"
        return f"{type(self).__name__} {{ {', '.join(f'{name}: {value}' for name, value in shown.items())} }}"

    # --- Fetch, section 5.4: the constructor ---

    def _take(self, given: Mapping[str, Any]) -> None:
        """Everything but headers and body, in the standard's order."""
        if "window" in given:
            raise NodeTypeError("'window' option 'client' must be null")
        if "referrer" in given:
            self._referrer = request_referrer(given["referrer"])
        self._referrer_policy = given.get("referrer_policy", self._referrer_policy)
        self._mode = given.get("mode", self._mode)
        if given.get("mode") == "navigate":
            raise NodeTypeError("Request constructor: invalid request mode navigate.")
        self._credentials = given.get("credentials", self._credentials)
        self._cache = given.get("cache", self._cache)
        if self._cache == "only-if-cached" and self._mode != "same-origin":
            raise NodeTypeError("'only-if-cached' can be set only with 'same-origin' mode")
        self._redirect = given.get("redirect", self._redirect)
        self._integrity = given.get("integrity", self._integrity)
        self._keepalive = given.get("keepalive", self._keepalive)
        if "method" in given:
            self._method = request_method(given["method"])
        self._followed = given.get("signal", self._followed)
        self._dispatcher = given.get("dispatcher", self._dispatcher)
        if given.get("mode") == "no-cors" and self._method not in _SAFELISTED:
            raise NodeTypeError(f"'{self._method} is unsupported in no-cors mode.")

    def _take_headers(self, given: Mapping[str, Any]) -> None:
        if "headers" in given:
            self._headers = Headers._of((), "request")
            self._headers._fill(given["headers"])

    def _take_body(self, given: Mapping[str, Any], inherited: Body | None) -> None:
        init = given.get("body")
        if (init is not None or inherited is not None) and self._method in _WITHOUT_BODY:
            raise NodeTypeError("Request with GET/HEAD method cannot have body.")
        if init is None:
            if inherited is not None and inherited.unusable:
                raise NodeTypeError("Cannot construct a Request with a Request object that has already been used.")
            self._body = None if inherited is None else inherited.move()
            return
        self._body, kind = extract_body(init, keepalive=self._keepalive)
        if kind is not None and "content-type" not in self._headers:
            self._headers._add("content-type", kind)
        if self._body.source is None:
            if "duplex" not in given:
                raise NodeTypeError("RequestInit: duplex option is required when sending a body.")
            if self._mode not in ("same-origin", "cors"):
                raise NodeTypeError('If request is made from ReadableStream, mode should be "same-origin" or "cors"')


_SHOWN = {
    "method": "method",
    "url": "url",
    "headers": "headers",
    "destination": "destination",
    "referrer": "referrer",
    "referrerPolicy": "referrer_policy",
    "mode": "mode",
    "credentials": "credentials",
    "cache": "cache",
    "redirect": "redirect",
    "integrity": "integrity",
    "keepalive": "keepalive",
    "isReloadNavigation": "is_reload_navigation",
    "isHistoryNavigation": "is_history_navigation",
}
