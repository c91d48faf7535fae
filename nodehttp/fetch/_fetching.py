"""`fetch`: from a request to its response.

The rules:

1. What is wrong with the arguments is what `Request` says; whatever fails after that is a TypeError, "fetch failed",
   whose `cause` tells why.
2. A redirect is followed up to 20 times. A request whose body was a stream cannot be sent twice, so it follows only
   those that make it a GET. What identifies the caller (Authorization, Cookie, Proxy-Authorization) does not go to
   another origin.
3. Aborting fails the promise, the body that is being sent, and the body that is being received, with the signal's
   reason.

Fetch standard, sections 4.1 to 4.6 and 5.6. Node: fetch
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, cast

from nodestream._hooks import noop
from nodestream._options import normalized, snake_case
from nodestream._signals import on_abort
from nodestream.loop import Promise, next_tick
from nodestream.web._promises import rejected_with

from .._agent import Agent
from .._agent import global_agent as http_agent
from .._client_options import check_agent
from .._incoming import IncomingMessage
from .._url import host_of, origin_of, resolve, url_to_options
from ._body import Body
from ._body_init import body_of_bytes
from ._decoding import checked_codings
from ._errors import FetchTypeError
from ._headers import Headers
from ._href import has_credentials
from ._integrity import matches
from ._local import local_response
from ._network import Exchange, Limits
from ._network_body import NetworkBody
from ._network_errors import fetch_failed
from ._ports import is_bad_port
from ._received import Reading, Received
from ._referrer import referrer_of
from ._request import Request
from ._request_head import Outline, request_head
from ._response import REDIRECTS, Kind, Response

MOST_REDIRECTS = 20

_MISDIRECTED = 421
_WITHOUT_BODY = frozenset({204, 205, 304})
_OF_THE_BODY = ("content-encoding", "content-language", "content-location", "content-type", "content-length")
_OF_THE_CALLER = ("authorization", "proxy-authorization", "cookie", "host")
_OWN_OPTIONS = ("agent", "body_timeout", "connect_timeout", "headers_timeout")
"""Those that a Request does not have."""


def fetch(resource: Any, init: Mapping[str, Any] | Request | None = None, /, **keywords: Any) -> Promise[Response]:
    """Send a request, and await its response: it is there as soon as its head is; its body follows as you read it.

    Args:
        resource: a URL, or a Request.
        init, keywords: the options of `Request`, in either spelling (another Request is such options, too), and
            agent: the Agent (of nodehttp or nodehttp.https) whose sockets are used for URLs of its protocol; the
                global agents by default.
            connect_timeout: for how many milliseconds a connection may be being made (10,000; 0 for ever).
            headers_timeout: for how many milliseconds the head of the response may be awaited (300,000; 0 for ever).
            body_timeout: for how many milliseconds nothing of the body may come (300,000; 0 for ever).

    The promise fails with a TypeError when there is no response, however the connection failed (see its `cause`), and
    with the reason of the `signal` when that is aborted. A status such as 404 is no failure.

    A body that is not read holds its connection: read it, or `await response.body.cancel()`. Who is cancelled while
    awaiting the promise does not stop the fetch, for others may await it too: its `signal` does. What comes of one that
    nobody holds any more is given up.

    Fetch standard, section 5.6. Node: fetch
    """
    try:
        more = {name: keywords.pop(name) for name in [*filter(_is_own, keywords)]}
        own = normalized(_OWN_OPTIONS, init if isinstance(init, Mapping) else None, more, "fetch")
        request = Request(resource, init, **keywords)
        work = Fetching(request, **own)
    except Exception as error:
        return rejected_with(error)
    return work.begin()


class Fetching:
    """One call of `fetch`: the requests that it sends, and the signal that may end it.

    Fetch standard: fetch controller, fetch params
    """

    def __init__(self, request: Request, *, agent: Agent | None = None, **limits: float) -> None:
        self._request = request
        self._agent = request._dispatcher if agent is None else agent
        if self._agent is not None:
            check_agent(self._agent)
        self._limits = Limits.of_options(limits)
        self._promise: Promise[Response] | None = None  # until it is settled: it would hold the response
        self._method = request.method
        self._headers = Headers._of(request._headers._pairs(), "none")
        self._body = request._body
        self._urls = [request.url]
        self._is_cross_origin = False
        self._exchange: Exchange | None = None
        self._forget_signal: Callable[[], None] = noop

    def begin(self) -> Promise[Response]:
        """Do it; gives the promise that the caller gets."""
        promise = self._promise = Promise()
        signal = self._request.signal
        if signal.aborted:
            self._abort()
        else:
            self._forget_signal = on_abort(signal, self._abort)
            next_tick(self._step, self._main_fetch)
        return promise

    # --- how it goes on, and ends ---

    def _step(self, step: Callable[..., None], *args: Any) -> None:
        """Go on, unless it has ended meanwhile; what is raised ends it."""
        if self._promise is not None:
            try:
                step(*args)
            except Exception as error:
                self._fail(error)

    def _succeed(self, response: Response) -> None:
        promise, self._promise = self._promise, None
        if promise is not None:
            promise.resolve(response)

    def _fail(self, error: Any) -> None:
        self._forget_signal()
        self._end(error if isinstance(error, FetchTypeError) else fetch_failed(error))

    def _abort(self) -> None:
        self._end(self._request.signal.reason)

    def _end(self, reason: Any) -> None:
        """There will be no response; or nothing more of its body, if there is one."""
        promise, self._promise = self._promise, None
        if promise is not None:
            promise.reject(reason)
        if self._exchange is not None:
            self._exchange.abort(reason)
        if self._body is not None:
            self._body.cancel(reason).mark_as_handled()

    def _main_fetch(self) -> None:
        """Section 4.1, main fetch"""
        if self._urls[0].startswith(("http:", "https:")):
            self._send(self._on_head)
        else:
            self._forget_signal()
            self._succeed(local_response(self._request))

    # --- one request ---

    def _on_head(self, message: IncomingMessage) -> None:
        """Section 4.6, HTTP-network-or-cache fetch: a server that is the wrong one is asked over a connection anew."""
        body = self._body
        if message.status_code == _MISDIRECTED and (body is None or body.source is not None):
            self._received.drop()
            self._rewind()
            self._send(self._on_answer)
        else:
            self._on_answer(message)

    def _on_answer(self, message: IncomingMessage) -> None:
        """Section 4.3, HTTP fetch"""
        location = message.headers.get("location") if message.status_code in REDIRECTS else None
        if location is None or self._request.redirect == "manual":
            self._respond(message)
        else:
            self._follow(message, location)
            self._send(self._on_head)

    def _rewind(self) -> None:
        """The body, which can be read again, has to be sent again."""
        if self._body is not None:
            self._body = self._body.again()

    def _send(self, then: Callable[[IncomingMessage], None]) -> None:
        """Section 4.7, HTTP-network fetch; `then` is called with the head of the response."""
        url, request = self._urls[-1], self._request
        target = url_to_options(url)
        if is_bad_port(target.get("port")):
            raise fetch_failed("bad port")
        body = self._body
        outline = Outline(
            method=self._method,
            host=host_of(url),
            is_secure=target["protocol"] == "https:",
            has_body=body is not None,
            length=None if body is None else body.length,
            mode=request.mode,
            cache=request.cache,
            referrer=referrer_of(request.referrer, request.referrer_policy, url),
        )
        given = self._headers._combined()
        headers, length = request_head(outline, given)
        options = {
            "protocol": target["protocol"],
            "hostname": target["hostname"],
            "port": target.get("port"),
            "path": target["path"],
            "method": self._method,
            "headers": headers,
            "set_default_headers": False,
            **self._agents(str(target["protocol"])),
        }

        def options_for(has_content: bool) -> dict[str, Any]:
            if body is None or has_content:
                return options
            return {**options, "headers": request_head(outline._replace(length=0), given).headers}

        content = None if body is None else body.source if isinstance(body.source, bytes) else body.chunks()
        self._exchange = Exchange(options_for, content, length, self._limits)
        self._exchange.head.when_settled(partial(self._step, then), self._fail)

    def _agents(self, protocol: str) -> dict[str, Any]:
        usual = _global_agent(protocol)
        agent = self._agent
        fits = agent is not None and getattr(agent, "protocol", None) in (None, protocol)
        return {"agent": agent if fits else usual, "_default_agent": usual}

    # --- redirects ---

    def _follow(self, message: IncomingMessage, location: str) -> None:
        """Section 4.4, HTTP-redirect fetch"""
        status = message.status_code
        url = self._checked_location(location)
        body = self._body
        if status != 303 and body is not None and body.source is None:
            raise fetch_failed("")
        self._received.drop()
        if (status in (301, 302) and self._method == "POST") or (status == 303 and self._method not in ("GET", "HEAD")):
            self._method = "GET"
            self._body = None
            self._remove(_OF_THE_BODY)
        else:
            self._rewind()
        if origin_of(url) != origin_of(self._urls[-1]):
            self._remove(_OF_THE_CALLER)
        self._urls.append(url)

    def _checked_location(self, location: str) -> str:
        """Where a redirect leads."""
        if self._request.redirect == "error":
            raise fetch_failed("unexpected redirect")
        url = str(resolve(_as_utf8(location), self._urls[-1])["href"])
        if not url.startswith(("http:", "https:")):
            raise fetch_failed("URL scheme must be a HTTP(S) scheme")
        if len(self._urls) > MOST_REDIRECTS:
            raise fetch_failed("redirect count exceeded")
        if self._request.mode == "cors" and has_credentials(url):
            raise fetch_failed('cross origin not allowed for request mode "cors"')
        if origin_of(url) != origin_of(self._urls[0]):
            self._is_cross_origin = True
            if self._request.mode == "same-origin":
                raise fetch_failed('request mode cannot be "same-origin"')
        return url

    def _remove(self, names: tuple[str, ...]) -> None:
        for name in names:
            self._headers.delete(name)

    # --- the response ---

    def _respond(self, message: IncomingMessage) -> None:
        self._received.on_over = self._forget_signal
        status = message.status_code or 0
        if status == 407:
            raise fetch_failed("")
        if self._is_cross_origin and self._request.mode == "no-cors":
            self._received.drop()
            self._succeed(self._response(message, "opaque", None))
            return
        kind: Kind = "cors" if self._is_cross_origin else "basic"
        if self._method == "HEAD" or status in _WITHOUT_BODY:
            self._received.drop()
            self._succeed(self._response(message, kind, None))
            return
        body = NetworkBody(Reading(self._received), checked_codings(message.headers.get("content-encoding")))
        if not self._request.integrity:
            self._succeed(self._response(message, kind, body))
            return

        def check(data: bytes) -> None:
            if not matches(data, self._request.integrity):
                raise fetch_failed("integrity mismatch")
            self._succeed(self._response(message, kind, body_of_bytes(data)))

        body.read_all().when_settled(partial(self._step, check), self._fail)

    def _response(self, message: IncomingMessage, kind: Kind, body: Body | None) -> Response:
        raw = message.raw_headers
        is_shown = kind != "opaque"
        return Response._of_network(
            kind=kind,
            status=message.status_code or 0 if is_shown else 0,
            status_text=_as_utf8(message.status_message or "") if is_shown else "",
            header_pairs=zip(raw[::2], raw[1::2], strict=True),
            body=body,
            url_list=self._urls,
        )

    @property
    def _received(self) -> Received:
        """What comes of the response, of which there is one."""
        return cast("Received", cast("Exchange", self._exchange).received)


def _global_agent(protocol: str) -> Agent:
    if protocol == "http:":
        return http_agent.agent
    from .._https_agent import global_agent as https_agent  # here, so that `ssl` is loaded for those who use it

    return https_agent.agent


def _as_utf8(text: str) -> str:
    """What bytes, of which each came as a character, mean as UTF-8."""
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")


def _is_own(name: str) -> bool:
    return snake_case(name) in _OWN_OPTIONS
