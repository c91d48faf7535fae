"""What HTTP does to its socket, whatever kind of socket that is.

A socket of `net` hands received bytes on without passing them through its own stream, stops and starts receiving at
once, and takes several buffers in one write. Any other Duplex (a test's, a proxy's) is used through its public methods.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nodestream._hooks import noop

Callback = Callable[..., object]


def consume(socket: Any, on_data: Callable[[bytes], object], on_end: Callable[[], object]) -> None:
    """Let `on_data` have what is received, and `on_end` know when the peer has ended."""
    if hasattr(socket, "_consume"):
        socket._consume(on_data, on_end)
    else:
        socket.on("data", on_data)
        socket.on("end", on_end)


def unconsume(socket: Any, on_data: Callable[[bytes], object], on_end: Callable[[], object]) -> None:
    """Undo `consume`: what comes now is the socket's own again, and waits until somebody reads."""
    if hasattr(socket, "_unconsume"):
        socket._unconsume()
    else:
        socket.remove_listener("data", on_data)
        socket.remove_listener("end", on_end)
        socket.readable_flowing = None


def stop_receiving(socket: Any) -> None:
    """Let the peer wait."""
    if hasattr(socket, "_stop_receiving"):
        socket._stop_receiving()
    else:
        socket.pause()


def start_receiving(socket: Any) -> None:
    """Undo `stop_receiving`."""
    if hasattr(socket, "_start_receiving"):
        socket._start_receiving()
    else:
        socket.resume()


def end_soon(socket: Any) -> None:
    """End it, and close it when all was sent. A Duplex of another kind closes when both its sides have ended."""
    getattr(socket, "destroy_soon", socket.end)()


def write_pieces(socket: Any, pieces: Sequence[bytes], callback: Callback | None) -> bool:
    """Write several buffers as one write: in one system call, and without joining them."""
    if hasattr(socket, "_write_pieces"):
        has_room: bool = socket._write_pieces(pieces, callback or noop)
        return has_room
    socket.cork()
    for piece in pieces[:-1]:
        socket.write(piece)
    has_room = socket.write(pieces[-1], None, callback)
    socket.uncork()
    return has_room
