"""The writable side of a stream: its flags, and every transition between them.

The rules:

1. One `_write` (or `_writev`) is under way at a time. What is written meanwhile, while the stream is corked, before it
   is constructed and after it failed, is buffered.
2. `write()` returns False when `length`, which counts what is buffered and what is under way, has reached the high
   water mark; then `drain` is emitted once, when nothing is left.
3. A write whose hook called back synchronously calls its own callback from a tick; several of those in a row with the
   same callback share one tick.
4. After `end()`, when everything was written: `_final`, then `prefinish`, then, from a tick, the callbacks of `end()`
   and `finish`.
5. A write that fails calls its callback with the error, then all callbacks that wait behind it, then `error`.
6. A stream that has finished is destroyed, if its readable side has ended too.

`write()` is written for the ways that nearly all chunks take: a stream that is well hands the chunk to `_write` at once
if it is idle, and else buffers it. It leaves what is out of the ordinary to `WritableState.write`, which asks every
question by its name; both have the same outcome. The state keeps one callback for `_write`, rather than making one for
each chunk.

The flags about failure and destruction are in `_lifecycle.py`.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

from . import _encoding
from ._arity import tolerant
from ._hooks import is_hook, noop, settle
from ._lifecycle import CONSTRUCTING, DESTROYED, ERRORED, Failure, Lifecycle
from ._options import high_water_mark
from ._state_names import WritableNames
from .errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_MULTIPLE_CALLBACK,
    ERR_STREAM_ALREADY_FINISHED,
    ERR_STREAM_DESTROYED,
    ERR_STREAM_NULL_VALUES,
    ERR_STREAM_WRITE_AFTER_END,
)
from .loop import next_tick

if TYPE_CHECKING:
    from ._writable import Writable

Callback = Callable[..., object]
_CHUNK_TYPES = "of type string or an instance of Buffer, TypedArray, or DataView"


class BufferedWrite(NamedTuple):
    """A write that waits; `_writev` gets a list of these (without need of the callbacks)."""

    chunk: Any
    encoding: str | None
    callback: Callback


NO_WRITES: deque[BufferedWrite] = deque()
"""What waits in all streams where nothing has waited yet: it stays empty."""


class Pieces:
    """Several buffers that count as one chunk. `_write` gets it as it is: a sink that can gather need not join them."""

    __slots__ = ("length", "pieces")

    def __init__(self, pieces: Sequence[bytes]) -> None:
        self.pieces = pieces
        self.length = sum(map(len, pieces))

    def __len__(self) -> int:
        return self.length


class _WrittenInTick:
    """Callbacks of synchronous writes that one tick will call: the same callback, `count` times."""

    __slots__ = ("callback", "count")

    def __init__(self, callback: Callback) -> None:
        self.callback = callback
        self.count = 1


_WRITTEN_ALONE = _WrittenInTick(noop)
"""For the one write of a stream at rest: no other can join it."""


class WritableState(WritableNames):
    """The flags of a writable side, and the only code that writes them."""

    __slots__ = (
        "after_write_pending",
        "after_write_tick",
        "buffer_processing",
        "buffered",
        "callback",
        "corked",
        "current_callback",
        "current_length",
        "decode_strings",
        "default_encoding",
        "enabled",
        "ended",
        "ending",
        "final_called",
        "finished",
        "high_water_mark",
        "length",
        "life",
        "need_drain",
        "object_mode",
        "on_finish",
        "pending_callbacks",
        "prefinished",
        "stream",
        "sync",
        "writing",
    )

    def __init__(self, stream: Writable, life: Lifecycle, options: dict[str, Any], side: str | None) -> None:
        self.stream = stream
        self.life = life
        self.object_mode = bool(options.get("object_mode") or (side and options.get("writable_object_mode")))
        self.high_water_mark = high_water_mark(options, side, self.object_mode)
        self.decode_strings = options.get("decode_strings") is not False
        self.default_encoding = "utf8"
        if "default_encoding" in options:
            self.default_encoding = _encoding.usual_name(options["default_encoding"])
            if not _encoding.is_encoding(self.default_encoding):
                _encoding.canonical(self.default_encoding)
        self.enabled = True
        self.buffered = NO_WRITES
        self.callback: Callback | None = None  # on_write, once there was a write
        self.length = 0
        self.corked = 0
        self.writing = False
        self.sync = True
        self.current_length = 0
        self.current_callback: Callback = noop
        self.buffer_processing = False
        self.need_drain = False
        self.ending = False
        self.ended = False
        self.finished = False
        self.prefinished = False
        self.final_called = False
        self.pending_callbacks = 0
        self.on_finish: tuple[Callback, ...] = ()
        self.after_write_pending = False
        self.after_write_tick: _WrittenInTick | None = None

    def enable(self, value: bool) -> None:
        """Let `writable` tell that there is a writable side, or that there is none."""
        self.enabled = bool(value)

    def disable(self) -> None:
        """There is no writable side: it counts as finished."""
        self.enabled = False
        self.ending = self.ended = self.finished = True

    def revive(self) -> None:
        """Begin again after the stream was destroyed; for a socket that connects anew."""
        self.ending = self.ended = self.finished = not self.enabled
        self.prefinished = self.final_called = False

    def set_default_encoding(self, encoding: str) -> None:
        """What strings without an encoding are written in."""
        _encoding.canonical(encoding)
        self.default_encoding = _encoding.usual_name(encoding.lower())

    # --- questions ---

    @property
    def must_buffer(self) -> bool:
        """Whether a write has to wait (rule 1)."""
        return self.writing or self.corked > 0 or self.life.flags & (CONSTRUCTING | ERRORED) != 0

    @property
    def can_finish(self) -> bool:
        """Whether everything that was asked for before `finish` has happened."""
        life = self.life
        return bool(
            self.ending
            and not self.finished
            and not self.writing
            and not self.buffer_processing
            and self.length == 0
            and not self.buffered
            and life.constructed
            and not life.destroyed
            and life.errored is None
            and not life.error_emitted
            and not life.close_emitted
        )

    # --- write ---

    def write(self, chunk: Any, encoding: str | None, callback: Callback) -> bool | Exception:
        """Take a chunk: whether there is room for more, or the error that it met. See Writable.write."""
        chunk, encoding = self._checked(chunk, encoding)
        error: Exception | None = None
        if self.ending:
            error = ERR_STREAM_WRITE_AFTER_END()
        elif self.life.destroyed:
            error = ERR_STREAM_DESTROYED("write")
        if error is not None:
            next_tick(callback, error)
            self.life.fail(error, in_next_tick=True)
            return error
        self.pending_callbacks += 1
        return self._write_or_buffer(chunk, encoding, callback)

    def _checked(self, chunk: Any, encoding: str | None) -> tuple[Any, str | None]:
        """The chunk and encoding as `_write` gets them; raises where the caller is wrong."""
        if chunk is None:
            raise ERR_STREAM_NULL_VALUES
        if self.object_mode:
            return chunk, encoding
        if not encoding:
            encoding = self.default_encoding
        elif encoding != "buffer":
            _encoding.canonical(encoding)
        if type(chunk) is bytes:
            return chunk, "buffer"
        if isinstance(chunk, str):
            return (_encoding.encode(chunk, encoding), "buffer") if self.decode_strings else (chunk, encoding)
        if isinstance(chunk, (bytes, bytearray, memoryview)):
            return bytes(chunk), "buffer"
        if isinstance(chunk, Pieces):
            return chunk, "buffer"
        raise ERR_INVALID_ARG_TYPE("chunk", _CHUNK_TYPES, chunk)

    def _write_or_buffer(self, chunk: Any, encoding: str | None, callback: Callback) -> bool:
        length = 1 if self.object_mode else len(chunk)
        self.length += length
        if self.must_buffer:
            self._buffer(BufferedWrite(chunk, encoding, callback))
        else:
            self.current_length = length
            self.current_callback = callback
            self.writing = True
            self.sync = True
            result = self.stream._write(chunk, encoding, self.callback or self.first_callback())
            if result is not None:
                settle(result, self.on_write)
            self.sync = False
        # Asked after the hook: a write that it completes at once leaves room.
        has_room = self.length < self.high_water_mark or self.length == 0
        if not has_room:
            self.need_drain = True
        return has_room and not self.life.is_done_for

    def first_callback(self) -> Callback:
        """Make the callback for `_write`, and keep it."""
        self.callback = self.on_write
        return self.callback

    def _buffer(self, entry: BufferedWrite) -> None:
        if self.buffered is NO_WRITES:
            self.buffered = deque()
        self.buffered.append(entry)

    # --- the hook has called back ---

    def on_write(self, error: Failure = None, _value: object = None) -> None:
        """The callback of `_write` and `_writev`."""
        if not self.writing:
            self.life.fail(ERR_MULTIPLE_CALLBACK())
            return
        callback = self.current_callback
        sync = self.sync  # the next write, begun below, has its own
        self.writing = False
        self.length -= self.current_length
        if error is not None:
            self.life.note_error(error)
            if sync:
                next_tick(self._write_failed, error, callback)
            else:
                self._write_failed(error, callback)
            return
        if self.buffered:
            self.clear_buffer()
        if sync and callback is noop:
            # Nobody waits for this write: a tick is needed for what it does to the stream only, and one will do.
            needs_tick = self.object_mode or (self.need_drain and self.length == 0)
            if needs_tick and not self.after_write_pending:
                self.after_write_pending = True
                next_tick(self._after_write, 1, noop)
            else:
                self.pending_callbacks -= 1
                if self.ending:
                    self.finish_maybe(sync=True)
            return
        if not self.writing:
            self.current_callback = noop  # a stream that is idle keeps nobody alive
        if not sync:
            self._after_write(1, callback)
            return
        tick = self.after_write_tick
        if tick is not None and tick.callback == callback:
            tick.count += 1
        else:
            self.after_write_tick = tick = _WrittenInTick(callback)
            self.after_write_pending = True
            next_tick(self._after_write_in_tick, callback, tick)

    def _after_write_in_tick(self, callback: Callback, tick: _WrittenInTick) -> None:
        self.after_write_tick = None
        if tick.count > 1 or self.need_drain or self.ending:
            self._after_write(tick.count, callback)
            return
        # One write, and nothing that waits for it but its callback: `_after_write` without what does not apply.
        self.after_write_pending = False
        self.pending_callbacks -= 1
        callback(None)
        if self.ending or self.life.flags:
            self._settle_after_write()

    def _after_write(self, count: int, callback: Callback) -> None:
        self.after_write_pending = False
        if self.need_drain and self.length == 0 and not self.ending and not self.life.destroyed:
            self.need_drain = False
            self.stream.emit("drain")
        for _ in range(count):
            self.pending_callbacks -= 1
            callback(None)
        self._settle_after_write()

    def _settle_after_write(self) -> None:
        """The callbacks may have ended the stream, or destroyed it."""
        if self.life.destroyed:
            self.fail_buffered()
        if self.ending:
            self.finish_maybe(sync=True)

    def _write_failed(self, error: Failure, callback: Callback) -> None:
        self.pending_callbacks -= 1
        callback(error)
        self.fail_buffered()
        self.life.fail(error)

    # --- a chunk that is written at once ---

    def begin_whole(self, size: int, callback: Callback) -> bool:
        """Begin to write a chunk of bytes, as `write()` would. False: the stream is not at rest, and nothing was done.

        It is at rest if it is well and open, no write is under way, none waits, and no tick is due. The caller hands
        the chunk on, with `on_whole` as its callback, and calls `goes_on` if `writing` is true after that.
        """
        if self.pending_callbacks or self.corked or self.ending or self.life.flags or not self.enabled:
            return False
        self.pending_callbacks = 1
        self.length = self.current_length = size
        self.current_callback = callback
        self.writing = self.sync = True
        return True

    def on_whole(self, error: Failure = None) -> None:
        """What `on_write` comes to, if the chunk was written at once, as most are."""
        if error is not None or not self.sync:
            self.on_write(error)
            return
        self.writing = False
        self.length = 0
        self.after_write_pending = True
        callback, self.current_callback = self.current_callback, noop
        next_tick(self._after_write_in_tick, callback, _WRITTEN_ALONE)

    def goes_on(self) -> None:
        """The chunk was not written at once."""
        self.sync = False
        if self.length >= self.high_water_mark:
            self.need_drain = True

    # --- the buffer ---

    def cork(self) -> None:
        """Buffer all writes until uncork(). See Writable.cork."""
        self.corked += 1

    def uncork(self, *, fully: bool = False) -> None:
        """Undo one cork(), or all of them."""
        if self.corked:
            self.corked = 0 if fully else self.corked - 1
            if not self.writing:
                self.clear_buffer()

    def clear_buffer(self) -> None:
        """Hand on what is buffered: all in one `_writev` if there is that hook, else one by one."""
        may_not = self.life.flags & (CONSTRUCTING | DESTROYED)
        if may_not or not self.buffered or self.corked or self.buffer_processing:
            return
        self.buffer_processing = True
        if len(self.buffered) > 1 and is_hook(self.stream, "_writev"):
            self._write_all_buffered()
        else:
            while True:
                entry = self.buffered.popleft()
                length = 1 if self.object_mode else len(entry.chunk)
                self._do_write(length, entry.callback, False, entry.chunk, entry.encoding)
                if self.writing or not self.buffered:
                    break
        self.buffer_processing = False

    def _write_all_buffered(self) -> None:
        entries = list(self.buffered)
        self.buffered.clear()
        self.pending_callbacks -= len(entries) - 1
        callbacks = [entry.callback for entry in entries if entry.callback is not noop]

        def callback(error: Failure = None) -> None:
            for each in callbacks:
                each(error)

        self._do_write(self.length, callback if callbacks else noop, True, entries)

    def _do_write(self, length: int, callback: Callback, many: bool, *args: Any) -> None:
        self.current_length = length
        self.current_callback = callback
        self.writing = True
        self.sync = True
        if self.life.flags & DESTROYED:
            self.on_write(ERR_STREAM_DESTROYED("write"))
        else:
            hook: Any = self.stream._writev if many else self.stream._write
            result = hook(*args, self.callback or self.first_callback())
            if result is not None:
                settle(result, self.on_write)
        self.sync = False

    def fail_buffered(self) -> None:
        """Nothing that waits can happen any more: tell every callback."""
        if self.writing:
            return
        error = self.life.errored
        while self.buffered:
            entry = self.buffered.popleft()
            self.length -= 1 if self.object_mode else len(entry.chunk)
            entry.callback(error if error is not None else ERR_STREAM_DESTROYED("write"))
        self._call_on_finish(error if error is not None else ERR_STREAM_DESTROYED("end"))

    def _call_on_finish(self, error: Failure) -> None:
        callbacks, self.on_finish = self.on_finish, ()
        for callback in callbacks:
            callback(error)

    def flush_when_constructed(self) -> None:
        """The stream is constructed: do what was asked before."""
        if not self.writing:
            self.clear_buffer()
        if self.ending:
            self.finish_maybe()

    # --- end ---

    def end(self, chunk: Any, encoding: str | None, callback: Callback | None) -> None:
        """Write a last chunk, if there is one, and end. See Writable.end."""
        error: Exception | None = None
        if chunk is not None:
            outcome = self.write(chunk, encoding, noop)
            if isinstance(outcome, Exception):
                error = outcome
        self.uncork(fully=True)
        if error is None:
            if self.life.errored is None and not self.ending:
                self.ending = True
                self.finish_maybe(sync=True)
                self.ended = True
            elif self.finished:
                error = ERR_STREAM_ALREADY_FINISHED("end")
            elif self.life.destroyed:
                error = ERR_STREAM_DESTROYED("end")
        if callback is None:
            return
        if error is None:
            error = self.life.errored
        if error is not None:
            next_tick(callback, error)
        elif self.finished:
            next_tick(callback, None)
        else:
            self.on_finish += (callback,)

    def finish_maybe(self, *, sync: bool = False) -> None:
        """Finish if nothing stands in the way; from a tick if the caller's caller expects that (`sync`)."""
        if not self.can_finish:
            return
        self._prefinish()
        if self.pending_callbacks:
            return
        if sync:
            self.pending_callbacks += 1
            next_tick(self._finish_in_tick)
        elif self.can_finish:
            self.pending_callbacks += 1
            self._finish()

    def _finish_in_tick(self) -> None:
        if self.can_finish:
            self._finish()
        else:
            self.pending_callbacks -= 1

    def _prefinish(self) -> None:
        if self.prefinished or self.final_called:
            return
        if is_hook(self.stream, "_final") and not self.life.destroyed:
            self.final_called = True
            self._call_final()
        else:
            self.final_called = self.prefinished = True
            self.stream.emit("prefinish")

    def _call_final(self) -> None:
        def on_final(error: Failure = None, _value: object = None) -> None:
            if self.prefinished:
                self.life.fail(error if error is not None else ERR_MULTIPLE_CALLBACK())
                return
            self.pending_callbacks -= 1
            if error is not None:
                self._call_on_finish(error)
                self.life.fail(error, in_next_tick=self.sync)
            elif self.can_finish:
                self.prefinished = True
                self.stream.emit("prefinish")
                # Others may have things to do before finish: let their ticks come first.
                self.pending_callbacks += 1
                next_tick(self._finish)

        self.pending_callbacks += 1
        self.sync = True
        try:
            settle(self.stream._final(on_final), on_final)  # type: ignore[attr-defined]
        except Exception as exc:
            on_final(exc)
        self.sync = False

    def _finish(self) -> None:
        self.pending_callbacks -= 1
        self.finished = True
        self._call_on_finish(None)
        stream = self.stream
        stream.emit("finish")
        if self.life.auto_destroy and stream._other_side_has_ended:
            stream.destroy()


class WritableWays:
    """The method of a Writable that every chunk goes through."""

    _writable_state: WritableState

    def write(self, chunk: Any, encoding: str | Callback | None = None, callback: Callback | None = None) -> bool:
        """Write a chunk.

        Args:
            chunk: bytes-like or a string; in object mode any object but None. A bytearray or memoryview is copied: the
                caller may change it at once.
            encoding: of a string. May be left out: `write(chunk, callback)`.
            callback: called with an error, or None, when the chunk was written.

        Returns False when the stream is full: wait for `drain` before writing more.

        Raises ERR_STREAM_NULL_VALUES, ERR_INVALID_ARG_TYPE, ERR_UNKNOWN_ENCODING. A write after the end is an `error`.

        Node: writable.write
        """
        state = self._writable_state
        if encoding is not None or chunk is None or state.ending or state.life.flags:
            return _write_with_care(state, chunk, encoding, callback)
        if state.object_mode:
            length = 1
        elif type(chunk) is bytes or type(chunk) is Pieces:
            length, encoding = len(chunk), "buffer"
        else:
            return _write_with_care(state, chunk, None, callback)
        callback = noop if callback is None else tolerant(callback) if callable(callback) else noop
        state.pending_callbacks += 1
        state.length += length
        if state.writing or state.corked:
            if state.buffered is NO_WRITES:
                state.buffered = deque()
            state.buffered.append(BufferedWrite(chunk, encoding, callback))
        else:
            state.current_length = length
            state.current_callback = callback
            state.writing = state.sync = True
            callback = state.callback or state.first_callback()
            result = self._write(chunk, encoding, callback)  # type: ignore[attr-defined]
            if result is not None:
                settle(result, state.on_write)
            state.sync = False
        length = state.length
        if length and length >= state.high_water_mark:
            state.need_drain = True
            return False
        return not state.life.flags or not state.life.is_done_for


def _write_with_care(state: WritableState, chunk: Any, encoding: Any, callback: Callback | None) -> bool:
    if callable(encoding):
        encoding, callback = None, encoding
    return state.write(chunk, encoding, tolerant(callback) if callable(callback) else noop) is True
