"""A `Response`, as a server sends it.

The rules:

1. What is there as bytes leaves in one piece with the head. Any other body is sent as it comes, no faster than the
   client takes it; with a Content-Length if its length is known, else chunked.
2. A response that came from another server, and whose body nobody has touched, is passed on as it came, encoded, if the
   client accepts its content codings. Else it is sent decoded, without the headers that told of the coding.
3. A body that fails after the head has gone cannot be called back: the connection breaks off, so that the client knows.
4. A body is as long as its Content-Length says, or that is a failure: what is left over would be taken for the next
   response.
5. When the client goes, or wants no body, the body is cancelled.
"""

from __future__ import annotations

import logging
import re
from itertools import chain
from typing import Any

from nodestream._pump import pump
from nodestream.errors import NodeTypeError
from nodestream.loop import current_loop

from ._constants import STATUS_CODES
from ._response import ServerResponse
from ._web_request import OF_THE_CONNECTION, end_to_end
from .fetch._body import Body, unusable
from .fetch._body_chunks import Chunks
from .fetch._headers import Headers
from .fetch._network_body import NetworkBody
from .fetch._response import Response

logger = logging.getLogger("nodehttp")

_OF_THE_CODING = frozenset({"content-encoding", "content-length"})
_WITHOUT_BODY = frozenset({204, 304})
_REFUSED = re.compile(r"q=0(\.0{0,3})?")


def send(response: Response, outgoing: ServerResponse, accepted: str | None) -> None:
    """Send a response.

    Args:
        response: what is sent.
        outgoing: where to.
        accepted: the Accept-Encoding header of the request, if there is one.

    Raises a TypeError, before anything is sent, for a response that cannot be: one whose body was used, or has another
    length than its Content-Length says, or that stands for a failed fetch; and as `ServerResponse.write_head`.
    """
    body = response._body
    if response.status < 200:
        raise NodeTypeError(f"A response of type {response.type!r} cannot be sent")
    if body is not None and body.unusable:
        raise unusable()
    encoded = body if isinstance(body, NetworkBody) and _passes_on(body, accepted) else None
    is_head = outgoing.req.method == "HEAD"
    try:
        headers = _headers(response, body, is_encoded=encoded is not None)
        if not (body is None and is_head):
            headers += _length(response, body)
        outgoing.write_head(response.status, _reason(response), headers)
    except Exception as error:
        cancel(body, error)
        raise
    if body is None or is_head:
        outgoing.end()
        cancel(body, None)
    elif isinstance(body.source, bytes) and body.untouched:
        outgoing.end(body.source)
    else:
        _Sending(outgoing, body.chunks() if encoded is None else encoded.encoded_chunks())


def cancel(body: Body | None, reason: Any) -> None:
    """Nobody wants the body, if there is one, and nobody reads it."""
    if body is not None and not body.unusable:
        body.cancel(reason).mark_as_handled()


def _passes_on(body: NetworkBody, accepted: str | None) -> bool:
    """Whether the body can be sent as it came (rule 2)."""
    return body.untouched and (body.codings is None or _accepts(accepted or "", body.codings))


def _accepts(accepted: str, codings: str) -> bool:
    """RFC 9110, section 12.5.3 (Accept-Encoding)"""
    wanted: dict[str, bool] = {}
    for item in accepted.lower().split(","):
        name, _, weight = item.partition(";")
        wanted[name.strip().removeprefix("x-")] = _REFUSED.fullmatch(weight.strip()) is None
    names = [name.strip().removeprefix("x-") for name in codings.lower().split(",")]
    return all(wanted.get(name, wanted.get("*", False)) for name in names)


def _reason(response: Response) -> str:
    """The reason phrase, a character for each byte; one that came over a connection was read as UTF-8."""
    text = response.status_text
    if not text:
        return STATUS_CODES.get(response.status, "unknown")
    return text if response.type == "default" or text.isascii() else text.encode().decode("latin-1")


def _headers(response: Response, body: Body | None, *, is_encoded: bool) -> list[str]:
    """Names and values, flat."""
    own = response._headers
    pairs = end_to_end(own._pairs(), OF_THE_CONNECTION)
    if isinstance(body, NetworkBody) and body.codings and not is_encoded:
        pairs = [pair for pair in pairs if pair[0].lower() not in _OF_THE_CODING]
    if response.type == "default" and _closes(own):
        pairs.append(("Connection", "close"))
    return [*chain.from_iterable(pairs)]


def _closes(headers: Headers) -> bool:
    """Whether the program that made the response wants the connection to be closed."""
    options = headers.get("connection")
    return options is not None and "close" in (option.strip() for option in options.lower().split(","))


def _length(response: Response, body: Body | None) -> list[str]:
    """The Content-Length, if it is known and not among the headers. Raises a TypeError if those say another one."""
    if response.status in _WITHOUT_BODY:
        return []
    length = 0 if body is None else body.length
    promised = response._headers.get("content-length")
    if promised is None:
        return [] if length is None else ["Content-Length", str(length)]
    is_number = promised.isascii() and promised.isdigit()
    if response.type == "default" and (not is_number or length not in (None, int(promised))):
        raise NodeTypeError(f"The Content-Length {promised!r} is not that of the body")
    return []


class _Sending:
    """The body of a response that is sent as it comes."""

    def __init__(self, outgoing: ServerResponse, chunks: Chunks) -> None:
        self._outgoing = outgoing
        outgoing.strict_content_length = True
        outgoing.write(b"")  # sends the head, byte for byte; `flush_headers` writes it as UTF-8
        self._stop = current_loop().spawn_stoppable(pump(chunks, outgoing, end=True), self._on_sent)
        outgoing.once("close", self._on_close)

    def _on_sent(self, error: BaseException | None, _: object) -> None:
        outgoing = self._outgoing
        if error is not None and not outgoing.destroyed:
            logger.error("the body of a response failed", exc_info=error)
            outgoing.destroy(error)

    def _on_close(self) -> None:
        if not self._outgoing.writable_finished:
            self._stop()
