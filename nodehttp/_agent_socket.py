"""What an agent listens to on each of its sockets, and how it guards those that are idle.

Node: http.Agent
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from nodestream._together import add_listener, remove_listener

from ._wire import guard, unguard

if TYPE_CHECKING:
    from nodestream._duplex import Duplex

    from ._agent import Agent
    from ._options import Options


def tell(socket: Any, method: str, *args: Any) -> None:
    """Call a method that sockets of `net` have; another kind of Duplex need not."""
    function = getattr(socket, method, None)
    if function is not None:
        function(*args)


class PooledSocket:
    """A socket's bond with its agent, from when it was opened until it is closed or taken away by an upgrade.

    While the socket is idle nothing may arrive on it: bytes that nobody asked for would be taken for the response to
    the next request. So it is read all the same, and whatever comes, the end included, is the end of the socket.
    """

    __slots__ = ("_agent", "_guarding", "_options", "_socket")

    def __init__(self, agent: Agent, socket: Duplex, options: Options) -> None:
        self._agent = agent
        self._socket = socket
        self._options = options
        self._guarding = False
        socket._pooled = self  # type: ignore[attr-defined]
        socket.on("free", self._on_free)
        socket.on("close", self._on_close)
        socket.on("timeout", self._on_timeout)
        socket.on("agentRemove", self._on_remove)

    @staticmethod
    def of(socket: Any) -> PooledSocket | None:
        """The bond of a socket, if an agent has opened it: others may have put their own into the tables."""
        pooled: PooledSocket | None = getattr(socket, "_pooled", None)
        return pooled

    @property
    def options(self) -> Options:
        """What it was opened with."""
        return self._options

    def _on_free(self, *_: object) -> None:
        self._agent.emit("free", self._socket, self._options)

    def _on_close(self, *_had_error: bool) -> None:
        self._agent.remove_socket(self._socket, self._options)

    def _on_timeout(self, *_: object) -> None:
        if self._guarding:
            self._socket.destroy()

    def _on_remove(self, *_: object) -> None:
        socket = self._socket
        socket.remove_listener("free", self._on_free)
        socket.remove_listener("close", self._on_close)
        socket.remove_listener("timeout", self._on_timeout)
        socket.remove_listener("agentRemove", self._on_remove)
        self._agent.remove_socket(socket, self._options)

    # --- idle ---

    def guard(self) -> None:
        """The socket is idle now."""
        socket: Any = self._socket
        socket._http_message = None
        if socket.readable_length:
            socket.destroy()
            return
        self._guarding = True
        add_listener(socket, "error", self._on_idle_error)
        guard(socket, self._on_idle_data, socket.destroy, socket.destroy)

    def stop_guarding(self) -> None:
        """The socket is about to be used."""
        if self._guarding:
            self._guarding = False
            remove_listener(self._socket, "error", self._on_idle_error)
            unguard(self._socket, self._on_idle_data, self._socket.destroy)

    def _on_idle_data(self, _data: bytes) -> None:
        self._socket.destroy()

    def _on_idle_error(self, *_error: BaseException) -> None:
        self._socket.destroy()
        self._socket.emit("agentRemove")
