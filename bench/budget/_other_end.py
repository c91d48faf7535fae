"""The other end of a connection: a child process, so that nothing it does is counted."""

from __future__ import annotations

import os
import signal
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

REQUEST = b"GET /hello?a=1 HTTP/1.1\r\nHost: localhost\r\nUser-Agent: budget\r\nAccept: */*\r\n\r\n"
RESPONSE = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nConnection: keep-alive\r\nContent-Length: 13\r\n\r\nHello, World!"
)
SECONDS = 60
"""After so long a child ends, whatever it waits for."""


def listener() -> socket.socket:
    """A socket that listens on a free port of this machine."""
    return socket.create_server(("127.0.0.1", 0))


@contextmanager
def asking(listening: socket.socket, count: int) -> Iterator[None]:
    """Meanwhile, a child sends so many requests on one connection, each when the last is answered, and closes it."""
    with _child(lambda: _ask(listening.getsockname(), count)):
        yield


@contextmanager
def answering(listening: socket.socket) -> Iterator[None]:
    """Meanwhile, a child answers the requests of one connection until that is closed."""
    with _child(lambda: _answer(listening)):
        yield


@contextmanager
def _child(work: Callable[[], None]) -> Iterator[None]:
    child = os.fork()
    if child == 0:
        status = 1
        try:
            sys.settrace(None)
            signal.alarm(SECONDS)
            work()
            status = 0
        finally:
            os._exit(status)
    yield
    _, status = os.waitpid(child, 0)
    if status != 0:
        raise ChildProcessError(f"the other end failed: {os.waitstatus_to_exitcode(status)}")


def _ask(address: tuple[str, int], count: int) -> None:
    with socket.create_connection(address) as connection:
        for _ in range(count):
            connection.sendall(REQUEST)
            if not connection.recv(65536).endswith(b"Hello, World!"):
                raise ConnectionError("no whole answer")


def _answer(listening: socket.socket) -> None:
    connection, _ = listening.accept()
    with connection:
        while request := connection.recv(65536):
            if not request.endswith(b"\r\n\r\n"):
                raise ConnectionError("no whole request")
            connection.sendall(RESPONSE)
