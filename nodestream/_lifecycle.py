"""The life of a stream, shared by its readable and its writable side: construction, failure, destruction.

The rules:

1. A stream with a `_construct` hook does nothing else until the hook's callback was called; what is asked of it
   meanwhile waits. A stream that is destroyed before is destroyed once it is constructed.
2. `errored` is the first error there was, and stays it.
3. `destroy()` takes effect once. It calls `_destroy(error, callback)` at once; when that calls back, the stream is
   `closed`. `error` (if there is one) and then `close` are emitted from one tick after that, never synchronously.
4. `error` is emitted at most once, and never after `close`.
5. An error that the stream itself notices destroys it if `auto_destroy`; otherwise it is only emitted.

All flags are bits of one number. It is 0 while a stream is constructed and well and has told nobody otherwise: one look
at that answers what the way of a chunk asks of a life. Everybody else asks by name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._hooks import settle
from .errors import ERR_MULTIPLE_CALLBACK, aggregate_two_errors
from .loop import next_tick

if TYPE_CHECKING:
    from ._stream import LivingStream

CONSTRUCTING = 1
DESTROYED = 2
CLOSED = 4
ERRORED = 8
ERROR_EMITTED = 16
CLOSE_EMITTED = 32

IS_DONE_FOR = DESTROYED | ERRORED
"""Nothing that arrives can be delivered any more."""

MAY_NOT_CALL = CONSTRUCTING | DESTROYED | ERRORED
"""Its hooks may not be called."""

HAS_TOLD = ERROR_EMITTED | CLOSE_EMITTED
"""After that there are no chunks."""

Failure = Any  # an exception in all sane uses; Node lets a stream fail with any value


class Lifecycle:
    """The flags of a stream's life, and the only code that writes them."""

    __slots__ = (
        "auto_destroy",
        "emit_close",
        "errored",
        "flags",
        "on_constructed",
        "on_destroy_when_constructed",
        "stream",
    )

    def __init__(self, stream: LivingStream, *, auto_destroy: bool, emit_close: bool) -> None:
        self.stream = stream
        self.auto_destroy = auto_destroy
        self.emit_close = emit_close
        self.flags = 0
        self.errored: Failure = None
        self.on_constructed: tuple[Callable[[], None], ...] = ()
        self.on_destroy_when_constructed: Callable[[Failure], None] | None = None

    # --- questions ---

    @property
    def constructed(self) -> bool:
        """Whether the `_construct` hook has done its work, if there is one."""
        return not self.flags & CONSTRUCTING

    @property
    def destroyed(self) -> bool:
        """Whether destroy() was called."""
        return self.flags & DESTROYED != 0

    @property
    def closed(self) -> bool:
        """Whether `_destroy` has called back."""
        return self.flags & CLOSED != 0

    @property
    def error_emitted(self) -> bool:
        """Whether `error` was emitted."""
        return self.flags & ERROR_EMITTED != 0

    @property
    def close_emitted(self) -> bool:
        """Whether `close` was emitted, or would have been."""
        return self.flags & CLOSE_EMITTED != 0

    @property
    def is_done_for(self) -> bool:
        """Whether it is destroyed or has failed."""
        return self.flags & IS_DONE_FOR != 0

    # --- construction ---

    def construct(self, then: Callable[[], None]) -> None:
        """Call the `_construct` hook in the next tick, and `then` when it is done; both sides of a Duplex may ask."""
        self.flags |= CONSTRUCTING
        self.on_constructed += (then,)
        if len(self.on_constructed) == 1:
            next_tick(self._call_construct)

    def _call_construct(self) -> None:
        called = False

        def on_construct(error: Failure = None) -> None:
            nonlocal called
            if called:
                self.fail(error if error is not None else ERR_MULTIPLE_CALLBACK())
                return
            called = True
            self._end_construction(error)

        def callback(error: Failure = None, _value: object = None) -> None:
            next_tick(on_construct, error)

        try:
            settle(self.stream._construct(callback), callback)  # type: ignore[attr-defined]
        except Exception as exc:
            callback(exc)

    def _end_construction(self, error: Failure) -> None:
        self.flags &= ~CONSTRUCTING
        waiting, self.on_constructed = self.on_constructed, ()
        if self.on_destroy_when_constructed is not None:
            self.on_destroy_when_constructed(error)
        elif error is not None:
            self.fail(error, in_next_tick=True)
        else:
            for then in waiting:
                then()

    # --- destruction ---

    def note_error(self, error: Failure) -> None:
        """Remember the first error."""
        if error is not None and self.errored is None:
            self.errored = error
            self.flags |= ERRORED

    def destroy(self, error: Failure, callback: Callable[[Failure], object] | None) -> None:
        """Begin to destroy the stream, unless that has begun; `callback` gets the outcome of `_destroy`.

        False is no error: it is what `close` of a socket says, and `destroy` may be a listener of that.
        """
        if error is False:
            error = None
        if self.flags & DESTROYED:
            if callback is not None:
                callback(None)
            return
        self.note_error(error)
        self.flags |= DESTROYED
        if not self.flags & CONSTRUCTING:
            self._call_destroy(error, callback)
        else:
            self.on_destroy_when_constructed = lambda construction_error: self._call_destroy(
                aggregate_two_errors(construction_error, error), callback
            )

    def _call_destroy(self, error: Failure, callback: Callable[[Failure], object] | None) -> None:
        called = False

        def on_destroy(error: Failure = None, _value: object = None) -> None:
            nonlocal called
            if called:
                return
            called = True
            self.close(error, callback)

        try:
            settle(self.stream._destroy(error, on_destroy), on_destroy)
        except Exception as exc:
            on_destroy(exc)

    def close(self, error: Failure = None, callback: Callable[[Failure], object] | None = None) -> None:
        """`_destroy` has called back: that is rule 3."""
        self.note_error(error)
        self.flags |= CLOSED
        if callback is not None:
            callback(error)
        next_tick(self._emit_error_and_close if error is not None else self.tell_close, error)

    def fail(self, error: Failure, *, in_next_tick: bool = False) -> None:
        """The stream noticed an error: destroy it, or only emit the error if it does not destroy itself."""
        if self.flags & DESTROYED:
            return
        if self.auto_destroy:
            self.stream.destroy(error)
            return
        self.note_error(error)
        if in_next_tick:
            next_tick(self._emit_error, error)
        else:
            self._emit_error(error)

    def _emit_error_and_close(self, error: Failure) -> None:
        self._emit_error(error)
        self.tell_close(error)

    def _emit_error(self, error: Failure) -> None:
        if not self.flags & ERROR_EMITTED:
            self.flags |= ERROR_EMITTED
            self.stream.emit("error", error)

    def tell_close(self, _error: Failure = None) -> None:
        """The tick after that, if there was no error."""
        self.flags |= CLOSE_EMITTED
        if self.emit_close:
            self.stream.emit("close")

    def catch_up(self, flags: int) -> None:
        """All this was so before there was this object; no error was among it."""
        self.flags = flags

    def end_quietly(self) -> None:
        """There is nobody to tell: the stream counts as destroyed and closed, and emits nothing."""
        self.flags |= DESTROYED | CLOSED | CLOSE_EMITTED

    def set_destroyed(self, value: bool) -> None:
        """For those who destroy the stream by themselves: nothing happens but that the flag is set."""
        self.flags = self.flags | DESTROYED if value else self.flags & ~DESTROYED

    def revive(self) -> None:
        """Make a destroyed stream usable again; for a socket that connects anew."""
        self.flags = 0
        self.errored = None

    def summary(self) -> str:
        """For a repr: empty while all is well."""
        text = ""
        if self.destroyed:
            text = " closed" if self.closed else " destroyed"
        return text if self.errored is None else f"{text} errored={self.errored!r}"
