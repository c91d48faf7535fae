"""Upgrades through the proxy: after the target's 101 the bytes of both sides go through as they are."""

from __future__ import annotations

import time
from typing import Any

import nodehttp
from nodestream.errors import NodeError

from ._access_log import Record, write_line
from ._answers import refuse
from ._failures import described
from ._paths import RefusedPath
from ._proxy_headers import (
    can_be_forwarded,
    end_to_end,
    has_body,
    pairs,
    request_headers,
    response_headers,
    upgrade_headers,
)
from ._target import Upstream, no_answer, status_of


class Tunnel:
    """One request for another protocol."""

    def __init__(self, upstream: Upstream, request: Any, socket: Any, head: bytes) -> None:
        self._upstream = upstream
        self._request = request
        self._socket = socket
        self._head = head
        self._began = time.perf_counter()
        self._outgoing: Any = None
        self._answered = False
        socket.on("error", lambda _error: None)  # its `close` says all that matters

    def open(self) -> None:
        """Ask the target."""
        request, target = self._request, self._upstream.target
        if has_body(request.headers):
            # Its bytes have come as the new protocol's; the target would take the next request for them.
            self._refuse(400, "A request for another protocol cannot have a body.")
            return
        headers = request_headers(request, target) + upgrade_headers(request.headers)
        try:
            path = target.path_of(request.url)
            outgoing = self._outgoing = self._upstream.request(request.method, path, headers, alone=True)
        except (RefusedPath, NodeError) as error:
            self._refuse(400, str(error))
            return
        outgoing.on("upgrade", self._switch)
        outgoing.on("response", self._refused)
        outgoing.on("error", self._failed)
        outgoing.once("close", self._target_gone)
        self._socket.once("close", self._client_gone)
        outgoing.end()

    def _client_gone(self) -> None:
        self._outgoing.destroy()

    def _target_gone(self) -> None:
        """The exchange is over; without an answer of any kind, that is what the client must be told."""
        if not self._answered:
            self._failed(no_answer())

    # --- it is accepted ---

    def _switch(self, incoming: Any, other: Any, head: bytes) -> None:
        socket, request = self._socket, self._request
        self._answered = True
        socket.remove_listener("close", self._client_gone)
        other.on("error", lambda _error: None)
        if socket.destroyed:
            other.destroy()
            return
        socket.write(_switching_head(incoming))
        socket.once(
            "close",
            lambda *_: write_line(socket.remote_address or "-", request, "101", socket.bytes_written, self._began),
        )
        for one, another, first in ((socket, other, self._head), (other, socket, head)):
            one.set_timeout(0)
            if first:
                another.write(first)
            one.once("close", _Closing(another))
            one.pipe(another)

    # --- it is not ---

    def _response(self) -> Any:
        """An ordinary response on the socket, after which it ends."""
        socket = self._socket
        response = nodehttp.ServerResponse(self._request)
        response.should_keep_alive = False
        response.assign_socket(socket)
        response.once("finish", socket.destroy_soon)
        return response

    def _refused(self, incoming: Any) -> None:
        if not can_be_forwarded(incoming):
            self._outgoing.destroy(no_answer())
            return
        self._answered = True
        response = self._response()
        record = Record(self._request, response)
        headers = response_headers(incoming, self._upstream.target)
        try:
            response.write_head(incoming.status_code, incoming.status_message, headers)
        except NodeError:  # the head cannot be sent on
            self._socket.destroy()
            return
        incoming.on("error", lambda _error: self._socket.destroy())
        incoming.on("data", record.count)
        incoming.pipe(response)

    def _failed(self, error: BaseException) -> None:
        self._answered = True
        if not self._socket.destroyed:
            self._refuse(status_of(error), f"No answer from the target: {described(error)}.")

    def _refuse(self, status: int, reason: str) -> None:
        response = self._response()
        refuse(self._request, response, Record(self._request, response), status, reason)


class _Closing:
    """Called when one side has closed: the other one ends when it has sent what it has, or at once after an error."""

    def __init__(self, other: Any) -> None:
        self._other = other

    def __call__(self, had_error: bool = False) -> None:
        if had_error:
            self._other.destroy()
        else:
            self._other.destroy_soon()


def _switching_head(incoming: Any) -> bytes:
    flat = upgrade_headers(incoming.headers)
    fields = [*end_to_end(incoming.raw_headers, incoming.headers), *pairs(flat)]
    lines = [f"HTTP/1.1 101 {incoming.status_message or 'Switching Protocols'}"]
    lines += [f"{name}: {value}" for name, value in fields]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")
