"""The stream that a message is: what it reads, and how it ends.

Most messages have no body, or one that comes in one piece, and all that is asked of them is to tell `data` and `end`.
For these the state of a Readable, and that of its life, is never made. The rules:

1. `_steps` says what has happened, and `_piece` which chunk is buffered. Until SEEN is one of the steps, that is the
   whole state of the stream.
2. Whoever asks for `_readable_state` or `_life` gets one that is as if it had been there all the time. From then on the
   steps mean nothing: a tick that was asked for before, and what has just called listeners, goes on in the real state.
3. What is done here is what `_readable_state.py` and `_lifecycle.py` do in its place: the same events, from the same
   ticks. What is rare is done there: buffering more than one chunk, or as much as fits, `pause()`, `read()`, errors;
   and whatever is asked of a message whose own methods were overridden or replaced.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from nodestream._finished import watch
from nodestream._lazy import lazy
from nodestream._lifecycle import CLOSE_EMITTED, CLOSED, DESTROYED, Failure, Lifecycle
from nodestream._options import get_default_high_water_mark
from nodestream._readable import Readable
from nodestream._readable_state import ReadableState
from nodestream.errors import ERR_STREAM_PREMATURE_CLOSE
from nodestream.events import EventEmitter
from nodestream.loop import next_tick

from ._wire import start_receiving

R = TypeVar("R", bound="Receiving")

OF_LIFE = DESTROYED | CLOSED | CLOSE_EMITTED
"""The steps that are flags of a Lifecycle, all of which are below those that follow."""
LISTENED_TO = 1 << 8
"""A `data` listener was added."""
FLOWS = 1 << 9
"""It was told to flow."""
WILL_RESUME = 1 << 10
"""The tick in which that begins is yet to come."""
HAS_READ = 1 << 11
"""`_read` was called,"""
READING = 1 << 12
"""and no chunk has come since then."""
READS_AHEAD = 1 << 13
"""The tick in which it is called again is yet to come."""
HAS_ENDED = 1 << 14
"""The source has ended."""
SAYS_READABLE = 1 << 15
"""`readable` tells so, or will."""
WILL_END = 1 << 16
"""The tick in which `end` is emitted was asked for."""
END_EMITTED = 1 << 17
"""`end` was emitted."""
DUMPED = 1 << 18
"""Nobody will read it. This one means something after SEEN, too."""
OVER = 1 << 19
"""There was nobody to tell: it counts as ended and closed."""
SEEN = 1 << 20
"""The real state was asked for, or that of the life."""

ENDS = HAS_ENDED | SAYS_READABLE
ELSEWHERE = OVER | SEEN
"""What happens, if anything does, happens in the real state."""
GOES_ON = SEEN | FLOWS
"""Something may happen there."""
LATE = HAS_READ | ELSEWHERE
"""What comes does not just wait."""


class BodySource(Protocol):
    """Who feeds a message its body, and can be told that there is room for more."""

    def body_wanted(self) -> None:
        """Go on receiving."""


class Receiving(Readable):
    """A Readable whose source is the body of a message.

    Attributes:
        raw_headers, raw_trailers: `[name, value, ...]` as they came.
        complete: whether the whole message has been received.
        aborted: whether it was destroyed before its end.
    """

    raw_headers: list[str]
    raw_trailers: list[str]
    complete: bool = False
    aborted: bool = False
    socket: Any

    _consumed = False
    """Whether somebody reads this message."""
    _source: BodySource | None = None

    def __init__(self, socket: Any = None) -> None:
        EventEmitter.__init__(self)
        self.socket = socket
        self.raw_headers = []
        self._steps = 0
        self._piece: bytes | None = None  # empty when it was emitted

    # --- the real state ---

    @lazy
    def _life(self) -> Lifecycle:
        steps = self._steps
        self._steps = steps | SEEN
        life = Lifecycle(self, auto_destroy=True, emit_close=True)
        if steps & OF_LIFE:
            life.catch_up(steps & OF_LIFE)
        elif steps & OVER:
            life.end_quietly()
        return life

    @lazy
    def _readable_state(self) -> ReadableState:
        state = ReadableState(self, self._life, {"high_water_mark": self._mark}, None)
        steps = self._steps
        if steps == SEEN and self._piece is None:
            state.hold_read_ahead(True)  # nothing has happened
            return state
        state.catch_up(
            self._piece,
            flows=steps & FLOWS != 0,
            will_resume=steps & WILL_RESUME != 0,
            is_listened_to=steps & LISTENED_TO != 0,
            has_read=steps & HAS_READ != 0,
            reading=steps & READING != 0,
            reads_ahead=steps & READS_AHEAD != 0,
            has_ended=steps & HAS_ENDED != 0,
            says_readable=steps & SAYS_READABLE != 0,
            end_emitted=steps & END_EMITTED != 0,
        )
        if steps & OVER:
            state.disable()
        return state

    @property
    def _mark(self) -> int:
        mark: int | None = getattr(self.socket, "readable_high_water_mark", None)
        return get_default_high_water_mark() if mark is None else mark

    # --- the body comes ---

    def _add_body(self, chunk: bytes) -> bool:
        """A piece of the body has come; whether there is room for more. A dumped message drops it."""
        steps = self._steps
        if steps & DUMPED:
            return True
        if steps & SEEN:
            return self.push(chunk)
        if type(chunk) is bytes and chunk and getattr(self.push, "__func__", None) is _PUSH:
            if not steps & LATE:
                if self._piece is None and len(chunk) < self._mark:
                    self._piece = chunk
                    return True
            elif steps & (LISTENED_TO | ELSEWHERE) == LISTENED_TO and not self._piece:
                return self._emit_data(chunk)
        return self.push(chunk)

    def _emit_data(self, chunk: bytes) -> bool:
        """A chunk that comes while it flows. Whether there is room for more."""
        self._piece = b""
        self._steps &= ~READING
        self.emit("data", chunk)
        if self._steps & ELSEWHERE:
            return self._readable_state.chunk_added()
        if not self._steps & READS_AHEAD:
            self._steps |= READS_AHEAD
            next_tick(self._read_ahead)
        return True

    def _read_ahead(self) -> None:
        """The tick after a chunk."""
        if self._steps & ELSEWHERE or not self._reads_plainly:
            self._readable_state.read_ahead_now()
            return
        self._steps &= ~READS_AHEAD
        if not self._steps & HAS_ENDED:
            self._steps |= READING
            self._call_read()

    def _end_body(self, raw_trailers: list[str]) -> bool:
        """The whole message has come. True: `_emit_readable` is to be called in a tick."""
        self.complete = True
        if raw_trailers:
            self.raw_trailers = raw_trailers
        steps = self._steps
        if not steps & LATE and getattr(self.push, "__func__", None) is _PUSH:
            self._steps = steps | ENDS
            return True
        if steps & SEEN or getattr(self.push, "__func__", None) is not _PUSH:
            self.push(None)
        elif not steps & OVER:
            self._steps = (steps | ENDS) & ~READING
            self._emit_readable()
        return False

    def _emit_readable(self) -> None:
        """Tell that the source has ended."""
        if not self._steps & ELSEWHERE:
            self.emit("readable")
            steps = self._steps
            if not steps & (ELSEWHERE | FLOWS):
                self._steps = steps & ~SAYS_READABLE
            elif not steps & ELSEWHERE and getattr(self.read, "__func__", None) is _READ:
                self._flow()
            else:
                self._readable_state.readable_emitted()
        elif self._steps & GOES_ON:
            self._readable_state.emit_readable()

    # --- it flows ---

    def _data_listener_added(self) -> None:
        if self._steps & ELSEWHERE or "readable" in self._listeners:
            super()._data_listener_added()
        else:
            self._steps |= LISTENED_TO
            self.resume()

    def resume(self: R) -> R:
        """As Readable.resume."""
        steps = self._steps
        if steps & ELSEWHERE:
            return super().resume()
        if not steps & FLOWS:
            self._steps = steps | FLOWS | WILL_RESUME
            next_tick(self._begin_to_flow)
        return self

    def _begin_to_flow(self) -> None:
        """The tick that resume() asked for."""
        if self._steps & ELSEWHERE or not self._reads_plainly:
            self._readable_state.begin_to_flow()
            return
        steps = self._steps & ~WILL_RESUME
        if not steps & HAS_ENDED:
            self._steps = steps | HAS_READ | READING
            self._call_read()
        elif self._piece or steps & WILL_END:
            self._steps = steps
        else:
            self._steps = steps | WILL_END
            next_tick(self._emit_end)
        self.emit("resume")
        if not self._steps & ELSEWHERE and getattr(self.read, "__func__", None) is _READ:
            self._flow()
        else:
            self._readable_state.flow_on()

    def _flow(self) -> None:
        """Emit the chunk that there is, and then the end."""
        steps = self._steps & ~SAYS_READABLE
        piece = self._piece
        if steps & FLOWS:
            if steps & HAS_ENDED and not steps & WILL_END:
                steps |= WILL_END
                next_tick(self._emit_end)
            if piece:
                self._steps = steps
                self._piece = b""
                self.emit("data", piece)
                if self._steps & ELSEWHERE:
                    self._readable_state.flow_on()
                return
        self._steps = steps

    @property
    def _reads_plainly(self) -> bool:
        return getattr(self.read, "__func__", None) is _READ and getattr(self._read, "__func__", None) is _READ_MORE

    def _call_read(self) -> None:
        try:
            self._read(0)
        except Exception as error:
            self._life.fail(error)

    def _read(self, size: int) -> None:
        if not self._consumed:
            self._consumed = True
            if self._steps & SEEN:
                self._readable_state.hold_read_ahead(False)
        source = self._source
        if source is not None:
            source.body_wanted()
        elif getattr(self.socket, "readable", False):
            start_receiving(self.socket)

    # --- it ends ---

    def _emit_end(self) -> None:
        """The tick in which all was read."""
        if not self._steps & ELSEWHERE:
            self._steps |= END_EMITTED
            self.emit("end")
            if not self._steps & SEEN:
                self.destroy()
            else:
                self._readable_state.end_was_emitted()
        elif self._steps & SEEN:
            self._readable_state.emit_end()

    def destroy(self: R, error: Failure = None, callback: Callable[[Failure], object] | None = None) -> R:
        """As Readable.destroy."""
        steps = self._steps
        if (
            steps & (END_EMITTED | DESTROYED | ELSEWHERE) != END_EMITTED
            or error is not None
            or callback is not None
            or not self.complete
            or getattr(self._destroy, "__func__", None) is not _DESTROY
        ):
            return super().destroy(error, callback)
        self._steps = steps | DESTROYED
        next_tick(self._close)
        return self

    def _close(self) -> None:
        """The tick in which `_destroy` calls back, if there is nothing to let go of."""
        if self._steps & SEEN:
            self._life.close()
        else:
            self._steps |= CLOSED
            next_tick(self._emit_close)

    def _emit_close(self) -> None:
        """The tick after that."""
        if self._steps & SEEN:
            self._life.tell_close()
        else:
            self._steps |= CLOSE_EMITTED
            self.emit("close")

    def _destroy(self, error: BaseException | None, callback: Callable[..., object]) -> None:
        if not (self.readable_ended and self.complete):
            self.aborted = True
            self.emit("aborted")
        socket = self.socket
        if self.aborted and socket is not None and not socket.destroyed:
            socket.destroy(error)

            def let_go(why: BaseException | None) -> None:
                stop()
                if isinstance(why, ERR_STREAM_PREMATURE_CLOSE):
                    why = None
                next_tick(self._destroyed, why or error, callback)

            stop = watch(socket, let_go)
        else:
            next_tick(self._destroyed, error, callback)

    def _destroyed(self, error: BaseException | None, callback: Callable[..., object]) -> None:
        callback(error if "error" in self._listeners else None)

    # --- nobody will read it ---

    @property
    def _dumped(self) -> bool:
        """Whether nobody will read it. Node has this name, too, and tells a server's request by it."""
        return self._steps & DUMPED != 0

    def _let_go_by(self) -> None:
        """Nobody who wants to read it has turned up."""
        left = self._readable_state.length if self._steps & SEEN else self._piece
        if left or self._listeners or not self.complete:
            self._dump()
        else:
            self._begin_over()  # what follows would be seen by nobody

    def _leave_whole(self) -> bool:
        """Let the message be, if it has come whole, and is read or was looked at by nobody; whether that is so.

        One that nobody has looked at counts as over from now on, as in _begin_over().
        """
        if self._consumed or not self.complete:
            return self.complete
        if self._steps & SEEN or self._piece or self._listeners:
            return False
        self._steps |= OVER | DUMPED
        return True

    def _begin_over(self) -> None:
        """There is no body to read, and nobody to tell so: it counts as ended and closed."""
        if self._steps & SEEN:
            self._readable_state.disable()
            self._life.end_quietly()
        self._steps |= OVER | DUMPED

    def _dump(self) -> None:
        """Nobody will read this message: let the rest of it go by."""
        if not self._steps & DUMPED:
            self._steps |= DUMPED
            self.remove_all_listeners("data")
            self.resume()


# The library's own, where a subclass or a user may have put others in their places.
_PUSH = Readable.push
_READ = Readable.read
_READ_MORE = Receiving._read
_DESTROY = Receiving._destroy
