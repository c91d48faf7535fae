"""The streaming reverse proxy: `nodehttp proxy`.

A request is `request.pipe(upstream)`, its answer `incoming.pipe(response)`: nothing is held but what is in the buffers
on the way, and a slow side slows the other one down. When one side goes, the other one is torn down; an answer that was
cut short by the target is cut short for the client too, and never ended as if it were whole.
"""

from __future__ import annotations

from typing import Any

import nodehttp
from nodestream.errors import NodeError
from nodestream.timers import set_immediate

from ._access_log import Record
from ._answers import refuse
from ._failures import described
from ._paths import RefusedPath
from ._proxy_headers import (
    Target,
    can_be_forwarded,
    has_body,
    is_chunked_only,
    request_headers,
    response_headers,
    trailers_of,
)
from ._target import CONNECT_TIMEOUT, IDLE_TIMEOUT, Upstream, no_answer, status_of
from ._tunnel import Tunnel

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "DELETE", "PUT"})


def create_proxy(
    target: Target, *, connect_timeout: float = CONNECT_TIMEOUT, idle_timeout: float = IDLE_TIMEOUT
) -> Any:
    """A server that forwards everything to `target`. Times are in milliseconds."""
    upstream = Upstream(target, connect_timeout, idle_timeout)

    def forward(request: Any, response: Any) -> None:
        Exchange(upstream, request, response).send()

    server = nodehttp.create_server({"request_timeout": 0, "headers_timeout": 60_000})
    server.on("request", forward)
    server.on("checkContinue", forward)  # whether the body is wanted is for the target to say
    server.on("checkExpectation", forward)
    server.on("upgrade", lambda request, socket, head: Tunnel(upstream, request, socket, head).open())
    server.on("close", upstream.agent.destroy)
    return server


class Exchange:
    """One request on its way to the target, and its answer on the way back."""

    def __init__(self, upstream: Upstream, request: Any, response: Any) -> None:
        self._upstream = upstream
        self._request = request
        self._response = response
        self._record = Record(request, response)
        self._outgoing: Any = None
        self._has_body = has_body(request.headers)
        self._may_repeat = request.method in _REPEATABLE and not self._has_body

    def send(self) -> None:
        """Ask the target."""
        request, target = self._request, self._upstream.target
        if not is_chunked_only(request.headers):
            refuse(request, self._response, self._record, 501, "Only the transfer coding chunked is understood.")
            return
        try:
            path = target.path_of(request.url)
            self._forward(self._upstream.request(request.method, path, request_headers(request, target)))
        except RefusedPath as refusal:
            refuse(request, self._response, self._record, refusal.status, str(refusal))
        except NodeError as error:
            self._fail(error)

    def _forward(self, outgoing: Any) -> None:
        self._outgoing = outgoing
        outgoing.on("response", self._answered)
        outgoing.on("upgrade", self._unasked_upgrade)
        outgoing.on("error", self._failed)
        outgoing.once("close", self._target_gone)
        outgoing.on("continue", self._continue)
        outgoing.on("information", self._inform)
        self._response.once("close", self._over)
        if self._has_body:
            outgoing.flush_headers()  # the target may say what it thinks before there is a body
            self._request.once("end", self._add_request_trailers)
        self._request.pipe(outgoing)

    def _over(self, *_: object) -> None:
        """The response is complete, or the client has gone."""
        self._request.unpipe(self._outgoing)
        self._request.resume()  # what is left of the body goes by: the connection's next request is behind it
        self._outgoing.destroy()

    # --- the answer ---

    def _answered(self, incoming: Any) -> None:
        response = self._response
        if not can_be_forwarded(incoming):
            self._outgoing.destroy(no_answer())
            return
        try:
            response.write_head(
                incoming.status_code, incoming.status_message, response_headers(incoming, self._upstream.target)
            )
        except NodeError as error:  # the head cannot be sent on
            self._fail(error)
            return
        incoming.on("error", lambda _error: response.destroy())
        incoming.on("data", self._record.count)
        incoming.once("end", lambda: self._add_response_trailers(incoming))
        incoming.pipe(response)
        set_immediate(response.flush_headers)  # unless it has gone with the first piece of the body

    def _continue(self) -> None:
        if self._takes_information:
            self._response.write_continue()

    def _inform(self, information: Any) -> None:
        if self._takes_information and information.status_code != 100:
            self._response.write_information(information.status_code, information.raw_headers)

    @property
    def _takes_information(self) -> bool:
        return self._request.http_version == "1.1" and not self._response.headers_sent

    def _add_request_trailers(self) -> None:
        if "transfer-encoding" in self._request.headers and (trailers := trailers_of(self._request)):
            self._outgoing.add_trailers(trailers)

    def _add_response_trailers(self, incoming: Any) -> None:
        if trailers := trailers_of(incoming):
            self._response.add_trailers(trailers)

    # --- failure ---

    def _failed(self, error: BaseException) -> None:
        if self._response.destroyed or self._response.headers_sent:
            return  # an answer that has begun is complete, or its own `error` tears the client's side down
        if self._was_stale(error):
            self._may_repeat = False
            self._response.remove_listener("close", self._over)
            self.send()
        else:
            self._fail(error)

    def _was_stale(self, error: BaseException) -> bool:
        """Whether the target closed a kept connection just when we used it again. RFC 9110 section 9.2.2"""
        code = getattr(error, "code", None)
        return self._may_repeat and self._outgoing.reused_socket and code in ("ECONNRESET", "EPIPE")

    def _unasked_upgrade(self, _incoming: Any, socket: Any) -> None:
        """The target changes the protocol though nobody wanted that."""
        socket.destroy()
        self._fail(no_answer())

    def _target_gone(self) -> None:
        """The exchange is over; without an answer of any kind, that is what the client must be told."""
        if self._outgoing.destroyed and not self._response.headers_sent and not self._response.destroyed:
            self._fail(no_answer())

    def _fail(self, error: BaseException) -> None:
        reason = f"No answer from the target: {described(error)}."
        refuse(self._request, self._response, self._record, status_of(error), reason)
