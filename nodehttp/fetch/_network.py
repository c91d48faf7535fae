"""One request sent over a connection, and the response to it.

The rules:

1. A body that is there as bytes leaves with the head. Any other is written piece by piece as the connection takes it;
   the connection is asked for when the first piece is there, since the head depends on whether there is one.
2. The response may come before the body was sent whole. When it has been received whole before that, the rest of the
   body is of no use to anybody: the connection is given up.
3. What goes wrong before the head of the response has come is the exchange's error; after that it is the body's.
4. Whoever aborts gives a reason, and that is the error.

Fetch standard, section 4.7: "HTTP-network fetch"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from nodestream._hooks import noop
from nodestream._pump import pump
from nodestream.loop import Promise, current_loop
from nodestream.timers import Timeout, clear_timeout, set_timeout

from .._client import ClientRequest
from .._incoming import IncomingMessage
from ._body_chunks import Chunks
from ._network_errors import (
    BodyTimeoutError,
    ConnectTimeoutError,
    HeadersTimeoutError,
    RequestContentLengthMismatchError,
    SocketError,
    connection_error,
    terminated,
)
from ._received import Received


class Limits(NamedTuple):
    """How long things may take, in milliseconds (0: for ever)."""

    connect_timeout: float = 10_000
    headers_timeout: float = 300_000
    body_timeout: float = 300_000


class _Request(ClientRequest):
    """One whose method is as it was spelled: it was checked, and normalized where that is right, by fetch."""

    @staticmethod
    def _method_of(method: Any) -> str:
        return str(method)


class Exchange:
    """A request that is sent, and its response.

    Args:
        options: gives those of the ClientRequest, for one with a body or without.
        content: what is sent: bytes, what gives them piece by piece, or None.
        length: how many bytes the head promises; None if it does not say.
        limits: see there.

    Attributes:
        head: a promise of the IncomingMessage; it fails with what went wrong.
        received: the body of the response, once there is one.
    """

    def __init__(
        self,
        options: Callable[[bool], Mapping[str, Any]],
        content: bytes | Chunks | None,
        length: int | None,
        limits: Limits,
    ) -> None:
        self.head: Promise[IncomingMessage] = Promise()
        self._options = options
        self._limits = limits
        self._request: ClientRequest | None = None
        self.received: Received | None = None
        self._connecting: Timeout | None = None
        self._stop_sending: Callable[[], None] = noop
        if content is None or isinstance(content, bytes):
            self._begin(content is not None).end(content)
        else:
            sending = self._send(_Pieces(content, length))
            self._stop_sending = current_loop().spawn_stoppable(sending, self._on_sent)

    def _begin(self, has_content: bool) -> ClientRequest:
        request = self._request = _Request(self._options(has_content))
        request.once("socket", self._on_socket)
        request.once("response", self._on_response)
        request.on("error", self._on_error)
        request.on("timeout", self._on_timeout)
        request.once("upgrade", self._on_upgrade)
        request.once("close", self._on_close)
        request.set_timeout(self._limits.headers_timeout)
        return request

    async def _send(self, pieces: _Pieces) -> None:
        try:
            has_content = await pieces.look()
            request = self._begin(has_content)
        except BaseException:
            await pieces.aclose()
            raise
        if has_content:
            await pump(pieces, request, end=True)
        else:
            request.end()

    def abort(self, reason: Any) -> None:
        """End it, whatever it is at."""
        self._stop_sending()
        if self.received is not None:
            self.received.fail(reason)
            return
        self.head.reject(reason)
        if self._request is not None:
            self._request.destroy()

    # --- the request ---

    def _on_socket(self, socket: Any) -> None:
        if self._limits.connect_timeout and getattr(socket, "connecting", False):
            self._connecting = set_timeout(self._give_up_connecting, self._limits.connect_timeout)
            socket.once("connect", self._end_connecting)

    def _give_up_connecting(self) -> None:
        self.abort(ConnectTimeoutError(f"Connect Timeout Error (timeout: {self._limits.connect_timeout:g}ms)"))

    def _end_connecting(self) -> None:
        if self._connecting is not None:
            clear_timeout(self._connecting)
            self._connecting = None

    def _on_sent(self, error: BaseException | None, _: object) -> None:
        if error is not None:
            self.abort(error)

    def _on_error(self, error: BaseException) -> None:
        if self.received is None:
            self.head.reject(connection_error(error))
        else:
            self.received.terminate(error)

    def _on_timeout(self) -> None:
        """Nothing has moved on the connection for a while."""
        received, request = self.received, cast("ClientRequest", self._request)
        if received is None and request.writable_finished:
            self.abort(HeadersTimeoutError("Headers Timeout Error"))
        elif received is not None and not received.is_backed_up:
            self.abort(terminated(BodyTimeoutError("Body Timeout Error")))
        else:  # it is we who make the peer wait
            request.set_timeout(self._limits.headers_timeout if received is None else self._limits.body_timeout)

    def _on_upgrade(self, _message: object, socket: Any, _rest: object) -> None:
        self.head.reject(SocketError("bad upgrade"))
        socket.destroy()

    def _on_close(self) -> None:
        self._end_connecting()
        self._stop_sending()

    # --- the response ---

    def _on_response(self, message: IncomingMessage) -> None:
        self.received = Received(message)
        request = cast("ClientRequest", self._request)
        if self._limits.body_timeout != self._limits.headers_timeout:
            request.set_timeout(self._limits.body_timeout)
        if not request.writable_finished:
            message.once("close", self._give_up_sending)
        self.head.resolve(message)

    def _give_up_sending(self) -> None:
        request = self._request
        if request is not None and not request.writable_finished:
            self._stop_sending()
            request.destroy()


class _Pieces:
    """The pieces of a body, which must be as many bytes as were promised."""

    def __init__(self, chunks: Chunks, length: int | None) -> None:
        self._chunks = chunks
        self._left = length
        self._first: bytes | None = None

    async def look(self) -> bool:
        """Whether there is a piece."""
        try:
            self._first = await self._next()
        except StopAsyncIteration:
            return False
        return True

    def __aiter__(self) -> _Pieces:
        return self

    async def __anext__(self) -> bytes:
        first, self._first = self._first, None
        return await self._next() if first is None else first

    async def _next(self) -> bytes:
        try:
            chunk = await self._chunks.__anext__()
        except StopAsyncIteration:
            if self._left:
                raise RequestContentLengthMismatchError from None
            raise
        if self._left is not None:
            self._left -= len(chunk)
            if self._left < 0:
                raise RequestContentLengthMismatchError
        return chunk

    async def aclose(self) -> None:
        """Close what the pieces come from."""
        await self._chunks.aclose()
