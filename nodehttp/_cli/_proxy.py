"""The streaming reverse proxy: `nodehttp proxy`.

A request is `request.pipe(upstream)`, its answer `incoming.pipe(response)`: nothing is held but what is in the buffers
on the way, and a slow side slows the other one down. When one side goes, the other one is torn down; an answer that was
cut short by the target is cut short for the client too, and never ended as if it were whole.
"""

from __future__ import annotations

from typing import Any

import nodehttp
from nodestream.errors import NodeError
from nodestream.timers import Timeout, clear_timeout, set_timeout

from ._access_log import Record
from ._answers import refuse
from ._failures import described
from ._paths import RefusedPath
from ._proxy_headers import Target, has_body, request_headers, response_headers, trailers_of
from ._tunnel import Tunnel

CONNECT_TIMEOUT = 10_000
"""Milliseconds that the target has to accept a connection."""
IDLE_TIMEOUT = 120_000
"""Milliseconds after which an exchange is given up in which nothing moves."""

_REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE", "DELETE", "PUT"})


def create_proxy(
    target: Target, *, connect_timeout: float = CONNECT_TIMEOUT, idle_timeout: float = IDLE_TIMEOUT
) -> Any:
    """A server that forwards everything to `target`. Times are in milliseconds."""
    proxy = Proxy(target, connect_timeout, idle_timeout)
    server = nodehttp.create_server({"request_timeout": 0, "headers_timeout": 60_000})
    server.on("request", proxy.forward)
    server.on("checkContinue", proxy.forward)  # whether the body is wanted is for the target to say
    server.on("checkExpectation", proxy.forward)
    server.on("upgrade", proxy.upgrade)
    server.on("close", proxy.agent.destroy)
    return server


class Proxy:
    """Forwards the requests of one server to one target, on connections that are kept.

    Attributes:
        agent: has the connections to the target.
    """

    def __init__(self, target: Target, connect_timeout: float, idle_timeout: float) -> None:
        self.target = target
        self.connect_timeout = connect_timeout
        self.idle_timeout = idle_timeout
        self.agent = nodehttp.Agent(keep_alive=True)

    def forward(self, request: Any, response: Any) -> None:
        """Forward a request; the listener of `request`."""
        record = Record(request, response)
        try:
            path = self.target.path_of(request.url)
        except RefusedPath as refusal:
            refuse(request, response, record, refusal.status, str(refusal))
            return
        Exchange(self, request, response, record, path).send()

    def upgrade(self, request: Any, socket: Any, head: bytes) -> None:
        """Forward a request for another protocol; the listener of `upgrade`."""
        Tunnel(self, request, socket, head).open()

    def request(self, method: str, path: str, headers: list[str]) -> Any:
        """A request to the target; it is destroyed with ETIMEDOUT if there is no connection in time."""
        host, port = self.target.host, self.target.port
        upstream = nodehttp.request(host=host, port=port, method=method, path=path, headers=headers, agent=self.agent)
        ConnectDeadline(upstream, self.connect_timeout)
        upstream.set_timeout(self.idle_timeout)
        return upstream


class TargetTimeout(Exception):
    """The target took too long."""


class ConnectDeadline:
    """Destroys a request whose socket does not connect in time."""

    def __init__(self, upstream: Any, delay: float) -> None:
        self._upstream = upstream
        self._delay = delay
        self._timer: Timeout | None = None
        upstream.once("socket", self._started)
        upstream.once("close", self._over)

    def _started(self, socket: Any) -> None:
        if socket.connecting:
            self._timer = set_timeout(self._upstream.destroy, self._delay, TargetTimeout("the target did not accept"))
            socket.once("connect", self._over)

    def _over(self, *_: object) -> None:
        clear_timeout(self._timer)


class Exchange:
    """One request on its way to the target, and its answer on the way back."""

    def __init__(self, proxy: Proxy, request: Any, response: Any, record: Record, path: str) -> None:
        self._proxy = proxy
        self._request = request
        self._response = response
        self._record = record
        self._path = path
        self._upstream: Any = None
        self._may_repeat = request.method in _REPEATABLE and not has_body(request.headers)

    def send(self) -> None:
        """Ask the target."""
        request, proxy = self._request, self._proxy
        try:
            self._open(proxy.request(request.method, self._path, request_headers(request, proxy.target)))
        except NodeError as error:
            self._fail(502, error)

    def _open(self, upstream: Any) -> None:
        self._upstream = upstream
        upstream.on("response", self._answered)
        upstream.on("error", self._failed)
        upstream.on("timeout", self._timed_out)
        upstream.on("continue", self._continue)
        upstream.on("information", self._inform)
        self._response.once("close", self._client_gone)
        upstream.flush_headers()  # the target may say what it thinks before there is a body
        self._request.once("end", self._add_request_trailers)
        self._request.pipe(upstream)

    def _client_gone(self, *_: object) -> None:
        self._upstream.destroy()

    # --- the answer ---

    def _answered(self, incoming: Any) -> None:
        response = self._response
        try:
            response.write_head(
                incoming.status_code, incoming.status_message, response_headers(incoming, self._proxy.target)
            )
        except NodeError as error:  # the head cannot be sent on
            self._fail(502, error)
            return
        incoming.on("error", lambda _error: response.destroy())
        incoming.on("data", self._record.count)
        incoming.once("end", lambda: self._add_response_trailers(incoming))
        response.flush_headers()
        incoming.pipe(response)

    def _continue(self) -> None:
        if not self._response.headers_sent:
            self._response.write_continue()

    def _inform(self, information: Any) -> None:
        status = information.status_code
        if status != 100 and self._request.http_version == "1.1" and not self._response.headers_sent:
            self._response.write_information(status, information.raw_headers)

    def _add_request_trailers(self) -> None:
        if "transfer-encoding" in self._request.headers and (trailers := trailers_of(self._request)):
            self._upstream.add_trailers(trailers)

    def _add_response_trailers(self, incoming: Any) -> None:
        if trailers := trailers_of(incoming):
            self._response.add_trailers(trailers)

    # --- failure ---

    def _timed_out(self) -> None:
        self._upstream.destroy(TargetTimeout("the target did not answer"))

    def _failed(self, error: BaseException) -> None:
        if self._response.destroyed:
            return
        if self._was_stale(error):
            self._repeat()
        elif not self._response.headers_sent:
            self._fail(504 if _is_timeout(error) else 502, error)
        # Else the answer has begun: it is complete, or its own `error` tears the client's side down.

    def _was_stale(self, error: BaseException) -> bool:
        """Whether the target closed a kept connection just when we used it again. RFC 9110 section 9.2.2"""
        return (
            self._may_repeat
            and self._upstream.reused_socket
            and getattr(error, "code", None) in ("ECONNRESET", "EPIPE")
            and not self._response.headers_sent
        )

    def _repeat(self) -> None:
        self._may_repeat = False
        self._response.remove_listener("close", self._client_gone)
        self.send()

    def _fail(self, status: int, error: BaseException) -> None:
        if self._upstream is not None:
            self._upstream.destroy()
        refuse(self._request, self._response, self._record, status, f"No answer from the target: {described(error)}.")


def _is_timeout(error: BaseException) -> bool:
    return isinstance(error, TargetTimeout) or getattr(error, "code", None) == "ETIMEDOUT"
