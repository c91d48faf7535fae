"""One request sent over a connection, and the response to it.

The rules:

1. A body that is there as bytes leaves with the head. Any other is written piece by piece as the connection takes it;
   the connection is asked for when the first piece is there, since the head depends on whether there is one.
2. The response may come before the body was sent whole. When it has been received whole before that, the rest of the
   body is of no use to anybody: the connection is given up.
3. What goes wrong before the head of the response has come is the exchange's error; after that it is the body's.
4. Whoever aborts gives a reason, and that is the error.
5. One timer stands for all limits: first for connecting, then for the head, then for each piece of the body. A request
   that waits for its own body, or a response whose reader makes the peer wait, is not late.

Fetch standard, section 4.7: "HTTP-network fetch"
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, cast

from nodestream._hooks import noop
from nodestream._pump import pump
from nodestream._together import add_listeners
from nodestream.loop import Promise, current_loop
from nodestream.timers import Timeout, set_timeout

from .._client import ClientRequest
from .._client_options import checked_duration
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

_SWITCHING_PROTOCOLS = 101


class Limits(NamedTuple):
    """How long things may take, in milliseconds (0: for ever)."""

    connect_timeout: float = 10_000
    headers_timeout: float = 300_000
    body_timeout: float = 300_000

    @classmethod
    def of_options(cls, given: Mapping[str, Any]) -> Limits:
        """Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE."""
        return cls(**{name: checked_duration(value, name) for name, value in given.items()}) if given else USUAL_LIMITS


USUAL_LIMITS = Limits()


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
        self._timer: Timeout | None = None
        self._last_sent: Any = None
        self._stop_sending: Callable[[], None] = noop
        if content is None or isinstance(content, bytes):
            self._begin(content is not None).end(content)
        else:
            sending = self._send(_Pieces(content, length))
            self._stop_sending = current_loop().spawn_stoppable(sending, self._on_sent)

    def _begin(self, has_content: bool) -> ClientRequest:
        request = self._request = _Request(self._options(has_content))
        add_listeners(
            request,
            ("socket", self._on_socket),
            ("response", self._on_response),
            ("error", self._on_error),
            ("upgrade", self._on_upgrade),
            ("close", self._on_close),
        )
        return request

    async def _send(self, pieces: _Pieces) -> None:
        try:
            has_content = await pieces.look()
            if self.head.settled:  # it was aborted meanwhile, perhaps by whoever makes the pieces
                await pieces.aclose()
                return
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

    def _on_sent(self, error: BaseException | None, _: object) -> None:
        if error is not None:
            self.abort(error)

    def _on_error(self, error: BaseException, *_: object) -> None:
        if self.received is None:
            self.head.reject(connection_error(error))
        else:
            self.received.terminate(error)

    def _on_upgrade(self, _message: object, socket: Any, *_: object) -> None:
        self.head.reject(SocketError("bad upgrade"))
        socket.destroy()

    def _on_close(self, *_: object) -> None:
        self._stop_timer()
        self._stop_sending()

    # --- limits ---

    def _on_socket(self, socket: Any, *_: object) -> None:
        if getattr(socket, "secure_connecting", False):
            socket.once("secureConnect", self._await_head)
        elif getattr(socket, "connecting", False):
            socket.once("connect", self._await_head)
        else:
            self._await_head()
            return
        self._start_timer(self._give_up_connecting, self._limits.connect_timeout)

    def _await_head(self, *_: object) -> None:
        """The connection is there."""
        if self.received is None:
            request = cast("ClientRequest", self._request)
            self._start_timer(self._on_late_head, self._limits.headers_timeout)
            if not request.writable_finished:
                request.once("finish", self._refresh_timer)

    def _start_timer(self, callback: Callable[[], None], limit: float) -> None:
        self._stop_timer()
        if limit:
            self._timer = set_timeout(callback, limit)

    def _refresh_timer(self) -> None:
        if self._timer is not None:
            self._timer.refresh()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.close()
            self._timer = None

    def _give_up_connecting(self) -> None:
        self.abort(ConnectTimeoutError(f"Connect Timeout Error (timeout: {self._limits.connect_timeout:g}ms)"))

    def _on_late_head(self) -> None:
        request = cast("ClientRequest", self._request)
        socket: Any = request.socket
        sent = (getattr(socket, "bytes_written", None), socket.writable_length)
        waits_for_body = not (request.writable_ended or request.writable_need_drain)
        if waits_for_body or (sent != self._last_sent and not request.writable_finished):
            self._last_sent = sent
            self._refresh_timer()
        else:
            self.abort(HeadersTimeoutError("Headers Timeout Error"))

    def _on_late_piece(self) -> None:
        if cast("Received", self.received).is_backed_up:
            self._refresh_timer()
        else:
            self.abort(terminated(BodyTimeoutError("Body Timeout Error")))

    # --- the response ---

    def _on_response(self, message: IncomingMessage, *_: object) -> None:
        request = cast("ClientRequest", self._request)
        if message.status_code == _SWITCHING_PROTOCOLS:
            self.head.reject(SocketError("bad upgrade"))
            request.destroy()
            return
        self.received = Received(message, self._refresh_timer)
        self._start_timer(self._on_late_piece, self._limits.body_timeout)
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
