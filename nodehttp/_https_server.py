"""`Server`: HTTP over TLS.

Node: https.Server
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar

from . import _tls_server as tls
from ._server import HttpServing
from ._server_options import SERVER_OPTIONS

Listener = Callable[..., Any]


class Server(HttpServing, tls.Server):
    """An HTTP server whose connections are encrypted.

    Options: those of nodehttp.Server and of tls.Server: `key` and `cert` at least. "http/1.1" is what ALPN agrees on,
    unless the options say otherwise.

    A function as second (or only) argument is added as listener of `request`; it may be `async def`.

    Events: those of nodehttp.Server and of tls.Server; `clientError(error, socket)` also for a handshake that failed:
    without a listener the socket is destroyed.

    Node: https.Server
    """

    _known_options = SERVER_OPTIONS | tls.SERVER_OPTIONS
    _connection_event = "secureConnection"
    _default_protocols: ClassVar[Sequence[str]] = ("http/1.1",)

    def __init__(
        self,
        options: Mapping[str, Any] | Listener | None = None,
        request_listener: Listener | None = None,
        /,
        **keywords: Any,
    ) -> None:
        super().__init__(options, request_listener, **keywords)
        self.on("tlsClientError", self._on_tls_client_error)

    def _on_tls_client_error(self, error: BaseException, socket: Any) -> None:
        if not self.emit("clientError", error, socket):
            socket.destroy(error)


def create_server(
    options: Mapping[str, Any] | Listener | None = None,
    request_listener: Listener | None = None,
    /,
    **keywords: Any,
) -> Server:
    """A new Server, with the same arguments. Node: https.createServer"""
    return Server(options, request_listener, **keywords)
