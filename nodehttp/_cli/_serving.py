"""A server as a command: it listens, says where, answers until it is told to stop, and ends cleanly."""

from __future__ import annotations

import traceback
from typing import Any

from nodestream import process
from nodestream.events import once
from nodestream.loop import Promise
from nodestream.timers import set_immediate

from ._failures import CommandError, described
from ._output import say, show
from ._shutdown import GRACE, Shutdown


class Service:
    """Runs a `nodehttp.Server` until a signal comes. Then nothing new is accepted, what is in flight may finish for
    `grace` milliseconds, and what is left after that is cut.
    """

    def __init__(self, server: Any, host: str, port: int, grace: float = GRACE) -> None:
        self._server = server
        self._host = host
        self._port = port
        self._sockets: set[Any] = set()
        self._shutdown = Shutdown(self._stop, self._cut, grace)
        server.on("connection", self._connected)
        server.prepend_listener("request", self._requested)
        server.prepend_listener("checkContinue", self._requested)

    async def run(self, *more: str) -> None:
        """Listen and serve. The first line of standard output is the URL, for whoever started us; the lines of `more`
        are for people. Raises CommandError.
        """
        server = self._server
        with self._shutdown:
            try:
                server.listen(self._port, self._host)
                await once(server, "listening")
            except OSError as error:
                raise CommandError(_cannot_listen(error, self._host, self._port)) from error
            server.on("error", lambda error: say(f"nodehttp: {described(error)}"))
            closed = once(server, "close")
            # Whoever reads the URL may send a signal at once: by the end of this round they are watched.
            await _next_round()
            show(url_of(server))
            for line in more:
                say(line)
            process.on("uncaughtException", _survive)
            try:
                await closed
            finally:
                process.remove_listener("uncaughtException", _survive)

    def _connected(self, socket: Any) -> None:
        self._sockets.add(socket)
        socket.once("close", lambda *_: self._sockets.discard(socket))

    def _requested(self, _request: Any, response: Any) -> None:
        """Let a connection end with the response, if nothing more is accepted."""
        if self._shutdown.begun:
            response.set_header("Connection", "close")
        else:
            response.once("close", self._answered)

    def _answered(self, *_: object) -> None:
        if self._shutdown.begun:  # its head was sent before, and promised to keep the connection
            set_immediate(self._server.close_idle_connections)

    def _stop(self) -> None:
        self._server.close()
        for socket in list(self._sockets):
            if not socket.bytes_read:  # browsers open connections ahead: they count as busy, but nothing is in flight
                socket.destroy()

    def _cut(self) -> None:
        for socket in list(self._sockets):
            socket.destroy()


def _survive(error: BaseException, *_: object) -> None:
    """One request that runs into a mistake of ours must not take all the others down."""
    say(f"nodehttp: unexpected: {''.join(traceback.format_exception(error)).rstrip()}")


async def _next_round() -> None:
    came: Promise[None] = Promise()
    set_immediate(came.resolve, None)
    await came


def url_of(server: Any) -> str:
    """Where a listening server is."""
    address = server.address()
    host = address["address"]
    return f"http://{f'[{host}]' if ':' in host else host}:{address['port']}/"


def _cannot_listen(error: OSError, host: str, port: int) -> str:
    if getattr(error, "code", None) == "EADDRINUSE":
        return f"port {port} on {host} is in use; choose another one with --port (0 for any that is free)"
    return f"cannot listen on {host} port {port}: {described(error)}"
