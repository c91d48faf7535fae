"""A server of the web's kind: a function that is given a `Request` and gives a `Response`.

    async def handler(request):
        return Response(f"Hello from {request.url}")

    server = serve(handler, port=8000)
    nodehttp.run()

It stands on `http.Server`: `serve` returns one, with all that it can do, and `request_listener` makes what any server
of http or https takes.

1. The body of a Response that is a stream is sent as it is made, at the client's pace; `return await fetch(url)` passes
   an upstream's body on without holding it.
2. `request.signal` is aborted when the client goes before the response was sent. The handler is not stopped by that: it
   passes the signal to what should be.
3. A handler that raises, or gives no Response, makes `on_error` answer. Without that, a form that cannot be taken is
   answered with what is wrong with it; all else is logged, and answered with a 500 that says nothing.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping
from inspect import isawaitable
from typing import Any

from nodestream._arity import lenient
from nodestream.abort import AbortController
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_URL, FormError, NodeTypeError
from nodestream.loop import current_loop

from ._incoming import IncomingMessage
from ._response import ServerResponse
from ._server import Server, create_server
from ._web_request import request_of
from ._web_response import cancel, send
from .fetch import Request, Response

__all__ = ["Handler", "OnError", "requestListener", "request_listener", "serve"]

logger = logging.getLogger("nodehttp")

Handler = Callable[..., Response | Awaitable[Response]]
"""`handler(request)` or `handler(request, incoming)`, where `incoming` is the IncomingMessage behind the request."""

OnError = Callable[..., Response | Awaitable[Response]]
"""`on_error(error)` or `on_error(error, request)`."""


def serve(
    handler: Handler,
    options: Mapping[str, Any] | None = None,
    /,
    *,
    port: int = 8000,
    host: str | None = None,
    on_error: OnError | None = None,
    server: Any = None,
    **keywords: Any,
) -> Server:
    """Answer requests with what `handler` gives.

    Args:
        handler: is given a Request, and the IncomingMessage if it takes two arguments; gives a Response, or an
            awaitable of one.
        options, keywords: those of `nodehttp.create_server`.
        port, host: where to listen; port 0 chooses one, without a host it is every address.
        on_error: is given what the handler raised, and the Request if it takes two arguments; gives a Response.
        server: another server to use, such as one of `https.create_server`, which listens already or will.

    Returns the server; it emits `listening`, and `async with` closes it.

    Raises what `create_server` and `listen` raise.
    """
    listener = request_listener(handler, on_error=on_error)
    if server is not None:
        server.on("request", listener)
        return server  # type: ignore[no-any-return]
    made = create_server(options, listener, **keywords) if options is not None else create_server(listener, **keywords)
    made.listen(port, host)
    return made


def request_listener(
    handler: Handler, *, on_error: OnError | None = None
) -> Callable[[IncomingMessage, ServerResponse], None]:
    """A listener for the `request` event of a server of http or https. For the arguments see `serve`.

    Raises ERR_INVALID_ARG_TYPE.
    """
    if not callable(handler):
        raise ERR_INVALID_ARG_TYPE("handler", "of type function", handler)
    handle = lenient(handler, 2)
    explain = lenient(_explain_nothing if on_error is None else on_error, 2)

    def listener(incoming: IncomingMessage, outgoing: ServerResponse) -> None:
        _Answer(incoming, outgoing, explain).begin(handle)

    return listener


requestListener = request_listener


def _explain_nothing(error: BaseException) -> Response:
    """The answer without an `on_error`: only a form that cannot be taken is the client's own doing."""
    if isinstance(error, FormError):
        return Response(error.message, status=error.status)
    _log(error)
    return Response("Internal Server Error", status=500)


def _log(error: BaseException) -> None:
    logger.error("a handler failed", exc_info=error)


class _Answer:
    """One request, until its response is being sent."""

    def __init__(self, incoming: IncomingMessage, outgoing: ServerResponse, explain: OnError) -> None:
        self._incoming = incoming
        self._outgoing = outgoing
        self._explain: OnError | None = explain
        self._controller = AbortController()
        self._request: Request | None = None
        self._unexplained: BaseException | None = None
        outgoing.once("close", self._on_close)

    def begin(self, handle: Handler) -> None:
        """Ask the handler."""
        try:
            self._request = request_of(self._incoming, self._controller.signal)
        except ERR_INVALID_URL:
            self._outgoing.write_head(400, ["Content-Length", "0", "Connection", "close"])
            self._outgoing.end()
            return
        self._ask(handle, self._request, self._incoming)

    def _ask(self, function: Callable[..., Any], *args: Any) -> None:
        try:
            answer = function(*args)
        except Exception as error:
            self._answered(error, None)
            return
        if isawaitable(answer):
            current_loop().spawn(answer, self._answered)
        else:
            self._answered(None, answer)

    def _answered(self, error: BaseException | None, response: Any) -> None:
        if self._outgoing.destroyed:
            cancel(getattr(response, "_body", None), self._controller.signal.reason)
            return
        if error is None:
            try:
                self._send(response)
            except Exception as failure:
                error = failure
        if error is not None:
            self._failed(error)

    def _send(self, response: Any) -> None:
        if not isinstance(response, Response):
            raise NodeTypeError(f"A handler gives a Response, not {response!r}")
        send(response, self._outgoing, self._incoming.headers.get("accept-encoding"))

    def _failed(self, error: BaseException) -> None:
        explain, self._explain = self._explain, None
        if explain is None or self._outgoing.headers_sent:
            for each in (self._unexplained, error):
                if each is not None:
                    _log(each)
            self._outgoing.destroy(error)
        else:
            self._unexplained = error
            self._ask(explain, error, self._request)

    def _on_close(self) -> None:
        if not self._outgoing.writable_finished:
            self._controller.abort()
        elif self._incoming.destroyed and not self._incoming.complete:
            self._incoming._dump()  # a body that was cancelled goes by, or the connection would wait for a reader
