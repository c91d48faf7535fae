"""The option `onread` of a socket, as JavaScript means it: what is received is written into the buffer that JavaScript
sees, and the callback is called as a method of the socket.
"""

from __future__ import annotations

from typing import Any

from compliance.node_suite.bridge._proxies import JSFunction, Plain
from compliance.node_suite.bridge._values import Values
from nodehttp.net import Socket


def share_buffers(values: Values) -> None:
    """From now on, in this process, that is so for every socket."""
    begin = Socket._begin_socket

    def _begin_socket(self: Socket, options: dict[str, Any]) -> None:
        onread = options.get("onread")
        if isinstance(onread, Plain):
            _translate(values, onread, self)
        begin(self, options)

    Socket._begin_socket = _begin_socket  # type: ignore[method-assign]


def _translate(values: Values, onread: Plain, socket: Socket) -> None:
    buffer, callback = onread.get("buffer"), onread.get("callback")
    onread["buffer"] = (lambda: values.shared(buffer())) if isinstance(buffer, JSFunction) else values.shared(buffer)
    if isinstance(callback, JSFunction):
        onread["callback"] = callback.bound_to(socket)
