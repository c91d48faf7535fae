"""`Response`: what came back, or is to be sent.

Standard: Fetch, section 5.5 (Response class)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal, overload

from nodestream._json_text import json_text
from nodestream._names import node_alias
from nodestream.errors import NodeRangeError, NodeTypeError, inspect
from nodestream.loop import Promise

from ._body import Body, BodyMixin
from ._body_init import body_of_bytes, extract_body
from ._byte_string import byte_string
from ._errors import FetchTypeError
from ._headers import Guard, Headers, Pair, header_pairs
from ._href import parsed_url, url_text, without_fragment
from ._init_options import Conversions, init_options

# Fetch, section 2.2.3 (statuses)
_WITHOUT_BODY = frozenset((101, 103, 204, 205, 304))
REDIRECTS = frozenset((301, 302, 303, 307, 308))

# RFC 9112, section 4: reason-phrase
_REASON = re.compile("[\t\x20-\x7e\x80-\xff]*")

Kind = Literal["basic", "cors", "default", "error", "opaque", "opaqueredirect"]


def _unsigned_short(value: Any) -> int:
    """Web IDL, section 3.2.4.4; what is no number counts as 0"""
    if isinstance(value, int):
        return value & 0xFFFF
    try:
        return int(float(value)) & 0xFFFF
    except (TypeError, ValueError, OverflowError):  # the last two are of NaN and infinity
        return 0


_CONVERSIONS: Conversions = {"headers": header_pairs, "status": _unsigned_short, "status_text": byte_string}


class _Json:
    """`Response.json(data)` makes a response, `response.json()` reads one."""

    @overload
    def __get__(self, instance: None, owner: type[Response]) -> Callable[..., Response]: ...

    @overload
    def __get__(self, instance: Response, owner: type[Response]) -> Callable[[], Promise[Any]]: ...

    def __get__(self, instance: Response | None, owner: type[Response]) -> Callable[..., Any]:
        return owner._of_json if instance is None else super(Response, instance).json


class Response(BodyMixin):
    """What came back, or is to be sent.

    Args:
        body: a string; bytes; a Blob; a FormData; URLSearchParams; a ReadableStream; a Readable; any other iterable or
            async iterable of bytes and strings. Anything else counts as the string that it is shown as.
    Options:
        status: from 200 to 599 (200); 204, 205 and 304 go without a body.
        status_text: the reason phrase ("").
        headers: what a Headers is made of.

    Raises a ValueError (Node: RangeError) for the status, a TypeError for all other values that cannot be.

    Node: Response
    """

    json = _Json()

    def __init__(self, body: Any = None, init: Any = None, /, **keywords: Any) -> None:
        given = init_options(Response, _CONVERSIONS, _CONVERSIONS, init, keywords)
        made, kind = (None, None) if body is None else extract_body(body)
        self._begin(given, made, kind)

    def _begin(self, given: Mapping[str, Any], body: Body | None, kind: str | None) -> None:
        """Fetch, section 5.5: initialize a response"""
        self._type: Kind = "default"
        self._url_list: Sequence[str] = ()
        self._status: int = given.get("status", 200)
        if not 200 <= self._status <= 599:
            raise NodeRangeError('init["status"] must be in the range of 200 to 599, inclusive.')
        self._status_text: str = given.get("status_text", "")
        if not _REASON.fullmatch(self._status_text):
            raise NodeTypeError("Invalid statusText")
        self._headers = Headers._of((), "response")
        self._headers._fill(given.get("headers", ()))
        if body is not None and self._status in _WITHOUT_BODY:
            raise NodeTypeError(f"Response constructor: Invalid response status code {self._status}")
        self._body = body
        if kind is not None and "content-type" not in self._headers:
            self._headers._add("content-type", kind)

    @classmethod
    def _of_network(
        cls,
        *,
        kind: Kind,
        status: int,
        status_text: str,
        header_pairs: Iterable[Pair],
        body: Body | None,
        url_list: Sequence[str],
        guard: Guard = "immutable",
    ) -> Response:
        """A response that was received: nothing of it needs a check."""
        response = cls.__new__(cls)
        response._type = kind
        response._url_list = url_list
        response._status = status
        response._status_text = status_text
        response._headers = Headers._of(header_pairs, guard)
        response._body = body
        return response

    # --- making responses ---

    @staticmethod
    def error() -> Response:
        """What stands for a fetch that failed. Node: Response.error"""
        return Response._of_network(kind="error", status=0, status_text="", header_pairs=(), body=None, url_list=())

    @classmethod
    def _of_json(cls, data: Any, init: Any = None, /, **keywords: Any) -> Response:
        """A response that is `data` as JSON. Options: those of a Response.

        Raises a TypeError for what JSON cannot say, and as Response does. Node: Response.json
        """
        try:
            text = json_text(data)
        except (TypeError, ValueError) as error:
            raise FetchTypeError("Value is not JSON serializable", error) from error
        response = Response.__new__(Response)
        given = init_options(Response, _CONVERSIONS, _CONVERSIONS, init, keywords)
        response._begin(given, body_of_bytes(text.encode()), "application/json")
        return response

    @staticmethod
    def redirect(url: Any, status: Any = 302) -> Response:
        """A response that sends somebody to another URL, an absolute one; its headers cannot be changed.

        Raises a TypeError for the URL, a ValueError (Node: RangeError) for a status that is none of 301, 302, 303, 307
        and 308. Node: Response.redirect
        """
        status = _unsigned_short(status)
        href = parsed_url(url_text(url))
        if status not in REDIRECTS:
            raise NodeRangeError(f"Invalid status code {status}")
        return Response._of_network(
            kind="default", status=status, status_text="", header_pairs=[("location", href)], body=None, url_list=()
        )

    # --- what it says ---

    @property
    def type(self) -> str:
        """ "default" for what a program made, "basic" or "cors" for what came, "error". Node: response.type"""
        return self._type

    @property
    def url(self) -> str:
        """Where it came from in the end, without the fragment; "" for what a program made. Node: response.url"""
        return without_fragment(self._url_list[-1]) if self._url_list else ""

    @property
    def redirected(self) -> bool:
        """Whether it came after a redirect. Node: response.redirected"""
        return len(self._url_list) > 1

    @property
    def status(self) -> int:
        """The status. Node: response.status"""
        return self._status

    @property
    def ok(self) -> bool:
        """Whether the status is one of success, from 200 to 299. Node: response.ok"""
        return 200 <= self._status <= 299

    @property
    def status_text(self) -> str:
        """The reason phrase. Node: response.statusText"""
        return self._status_text

    statusText: str = node_alias("status_text")

    @property
    def headers(self) -> Headers:
        """The headers. Node: response.headers"""
        return self._headers

    def clone(self) -> Response:
        """Another one like it; both can be read. Raises a TypeError if the body was used. Node: response.clone"""
        body = self._body
        if body is not None and body.unusable:
            raise NodeTypeError("Response.clone: Body has already been consumed.")
        return Response._of_network(
            kind=self._type,
            status=self._status,
            status_text=self._status_text,
            header_pairs=self._headers._pairs(),
            body=None if body is None else body.clone(),
            url_list=self._url_list,
            guard=self._headers._guard,
        )

    def __repr__(self) -> str:
        shown = {
            "status": self.status,
            "statusText": inspect(self.status_text),
            "headers": self._headers,
            "body": "null" if self._body is None else self._body._shown,
            "bodyUsed": inspect(self.body_used),
            "ok": inspect(self.ok),
            "redirected": inspect(self.redirected),
            "type": inspect(self._type),
            "url": inspect(self.url),
        }
        return f"{type(self).__name__} {{ {', '.join(f'{name}: {value}' for name, value in shown.items())} }}"
