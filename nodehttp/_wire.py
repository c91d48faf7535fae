"""What HTTP does to its socket, whatever kind of socket that is: any Duplex will do.

It listens to `data` and `end` as anybody may, and pauses and resumes the socket. For a socket of `net` there are short
cuts that nobody sees: bytes that HTTP alone listens for come past the stream, receiving stops and starts at once, and
several buffers leave in one write.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from nodestream._hooks import noop
from nodestream._together import Pair, add_listeners, remove_listeners
from nodestream._writable_state import WritableState

Callback = Callable[..., object]


class ShortCut:
    """Takes received bytes to whoever is the one `data` listener that there is.

    They go through the stream if that makes a difference: others listen too, it was paused, or it holds bytes already.
    """

    __slots__ = ("_alone", "_directly", "_socket", "_state")

    def __init__(self, socket: Any, directly: Callable[[bytes], object]) -> None:
        """`directly` has the bytes; the `data` listener that was added last is whose they are."""
        self._socket = socket
        self._state = socket._readable_state
        self._directly = directly
        self._alone = socket._listeners["data"][-1:]

    def __call__(self, data: bytes) -> None:
        state = self._state
        if state.flowing and not state.length and self._socket._listeners.get("data") == self._alone:
            self._directly(data)
        elif not self._socket.push(data):
            self._socket._stop_receiving()


def consume(
    socket: Any,
    on_data: Callable[[bytes], object],
    on_end: Callable[..., object],
    directly: Callable[[bytes], object] | None = None,
    others: Sequence[Pair] = (),
) -> None:
    """Let `on_data` have what is received, and `on_end` know when the peer has ended.

    `directly` has the bytes that come past the stream, in place of `on_data`. `others`: what listens to other events of
    the socket, from now on too. All listeners but `on_data` take any number of arguments.
    """
    add_listeners(socket, ("data", on_data), ("end", on_end), *others)
    if hasattr(socket, "_consume") and not socket.readable_length:
        socket._consume(ShortCut(socket, directly or on_data), noop)


def unconsume(
    socket: Any,
    on_data: Callable[[bytes], object],
    on_end: Callable[..., object],
    others: Sequence[Pair] = (),
    *,
    is_guarded: bool = False,
) -> None:
    """Undo `consume`; of the `others`, take away these. `is_guarded`: `guard` follows at once, and has the bytes."""
    if not is_guarded and hasattr(socket, "_unconsume"):
        socket._unconsume()
    remove_listeners(socket, ("data", on_data), ("end", on_end), *others)


def hand_over(socket: Any) -> None:
    """What comes now is for others, and waits until they read."""
    socket.readable_flowing = None


def guard(
    socket: Any,
    on_data: Callable[[bytes], object],
    on_end: Callable[[], object],
    on_failure: Callable[[], object] | None = None,
) -> None:
    """Nobody expects anything of the peer: let `on_data` know of what comes all the same, and `on_end` of its end.

    `on_failure`: what to do when the connection breaks, in place of an `error`.
    """
    if hasattr(socket, "_consume"):
        socket._consume(on_data, on_end, on_failure)
    else:
        socket.on("data", on_data)
        socket.on("end", on_end)


def unguard(socket: Any, on_data: Callable[[bytes], object], on_end: Callable[[], object]) -> None:
    """Undo `guard`."""
    if hasattr(socket, "_unconsume"):
        socket._unconsume()
    else:
        socket.remove_listener("data", on_data)
        socket.remove_listener("end", on_end)


def stop_receiving(socket: Any) -> None:
    """Let the peer wait."""
    socket.pause()
    if hasattr(socket, "_stop_receiving"):
        socket._stop_receiving()


def start_receiving(socket: Any) -> None:
    """Undo `stop_receiving`."""
    socket.resume()
    if hasattr(socket, "_start_receiving"):
        socket._start_receiving()


def end_soon(socket: Any) -> None:
    """End it, and close it when all was sent. A Duplex of another kind closes when both its sides have ended."""
    getattr(socket, "destroy_soon", socket.end)()


def outlet_of(socket: Any) -> WritableState | None:
    """The state of a socket of `net` that takes whole responses past the way of a chunk; of others None."""
    if hasattr(socket, "_write_whole") and socket.writable_high_water_mark:
        state: WritableState = socket._writable_state
        return state
    return None


def write_pieces(socket: Any, pieces: Sequence[bytes], callback: Callback | None) -> bool:
    """Write several buffers as one write: in one system call, and without joining them."""
    write_all = getattr(socket, "_write_pieces", None)
    if write_all is not None:
        has_room: bool = write_all(pieces, callback)
        return has_room
    socket.cork()
    for piece in pieces[:-1]:
        socket.write(piece)
    has_room = socket.write(pieces[-1], None, callback)
    socket.uncork()
    return has_room
