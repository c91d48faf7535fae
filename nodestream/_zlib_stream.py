"""What all streams of `zlib` are: Transforms that hand each chunk to an engine.

The rules:

1. No write is done within the call: little work is done in a turn of its own after this one, more of it in a thread.
   So the loop is never held for long. In a thread or not, one step makes no more output than the reader has room for.
2. While the reader is full nothing is made; its next `_read` goes on.
3. A flush is a write of no bytes (`FlushMark`), so that it keeps its place among the writes.
4. When the stream is destroyed, the engine is let go. A step that is under way in a thread ends, and what it made is
   dropped.

Node: node:zlib
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, ClassVar, NamedTuple

from . import _zlib_options as check
from ._arity import tolerant
from ._finished import watch
from ._lifecycle import Failure
from ._names import node_alias
from ._options import normalized
from ._transform import TRANSFORM_OPTIONS, Transform
from ._writable_state import Pieces
from ._zlib_codec import EVERYTHING, SLICE, Codec, Engine, Piece
from ._zlib_constants import constants
from .errors import (
    ERR_BUFFER_TOO_LARGE,
    ERR_STREAM_DESTROYED,
    ERR_TRAILING_JUNK_AFTER_STREAM_END,
    NodeError,
)
from .loop import current_loop, next_tick

Callback = Callable[..., object]
Options = Mapping[str, Any] | None


class FlushKinds(NamedTuple):
    """The kinds of flushing that a format has: the largest number, and those that are used by default."""

    largest: int
    write: int
    finish: int
    full: int


_ZLIB_KINDS = FlushKinds(constants.Z_BLOCK, constants.Z_NO_FLUSH, constants.Z_FINISH, constants.Z_FULL_FLUSH)

# From the weakest to the strongest. Node compares the kinds of the other formats by the same list.
_BY_STRENGTH = (
    constants.Z_NO_FLUSH,
    constants.Z_BLOCK,
    constants.Z_PARTIAL_FLUSH,
    constants.Z_SYNC_FLUSH,
    constants.Z_FULL_FLUSH,
    constants.Z_FINISH,
)


class FlushMark(Pieces):
    """A chunk of no bytes that stands for a flush, and maybe for a change of level and strategy behind it."""

    __slots__ = ("kind", "params")

    def __init__(self, kind: int, params: tuple[int, int] | None = None) -> None:
        super().__init__(())
        self.kind = kind
        self.params = params


class ZlibBase(Transform):
    """What all streams of `zlib` have in common.

    Options: those of Transform without its hooks, and
        chunk_size: how many bytes one chunk of output has at most (16384; at least 64).
        flush, finish_flush: what kind of flush follows each chunk, and the last one: numbers among the `constants`.
        max_output_length: how many bytes of output there may be in all. More are ERR_BUFFER_TOO_LARGE, and the chunk
            that is too much is not handed out. There is no bound by default: a reader that does not read is protected
            by backpressure, one that keeps what it reads is not. (In Node only what is no stream observes this.)
        reject_garbage_after_end: bytes behind the end of compressed data are ERR_TRAILING_JUNK_AFTER_STREAM_END; they
            end the stream otherwise.
        info: kept for Node's sake; it concerns functions that are no streams.

    Attributes:
        bytes_written: how many bytes of input were used.

    Events: those of Transform. An `error` about the data is a ZlibError, with `code` and `errno`.

    Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, ERR_ZLIB_INITIALIZATION_FAILED.
    """

    _kinds: ClassVar[FlushKinds] = _ZLIB_KINDS
    _known_options: ClassVar[frozenset[str]] = check.DEFLATE_OPTIONS

    def __init__(self, options: Options = None, /, **keywords: Any) -> None:
        given = normalized(self._known_options, options, keywords, type(self).__name__)
        codec = self._codec(given)
        size = check.chunk_size(given)
        kinds = self._kinds
        self._write_kind = self._checked_kind(given.get("flush"), "options.flush", kinds.write)
        self._finish_kind = self._checked_kind(given.get("finish_flush"), "options.finishFlush", kinds.finish)
        self._max_output_length = check.max_output_length(given)
        self._rejects_garbage = check.rejects_garbage(given)
        self._output_length = 0
        self.bytes_written = 0
        self._engine: Engine | None = Engine(codec, size)
        self._is_busy = False
        self._is_stalled = False  # a step waits for the reader
        self._done: Callback | None = None  # of the chunk in work
        super().__init__(_for_transform(given))

    bytes_written: int
    bytesWritten: int = node_alias("bytes_written")

    def _codec(self, options: Mapping[str, Any]) -> Codec:
        """The codec that these options ask for."""
        raise NotImplementedError

    def _checked_kind(self, kind: Any, name: str, default: int) -> int:
        return check.number_in(kind, name, 0, self._kinds.largest, default)

    @property
    def _closed(self) -> bool:
        """Whether the codec has been let go of. Node: zlib._closed"""
        return self._engine is None

    # --- what a user does ---

    def flush(self, kind: int | Callback | None = None, callback: Callback | None = None) -> None:
        """Let come out what was written up to here, in its place among the writes; then call `callback(error)`.

        `kind` is one of the `constants`; by default everything comes out, and what follows does not depend on it. Do
        not flush without need: it makes the output longer. A stream that has ended only calls back.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: zlib.flush
        """
        if callable(kind):
            kind, callback = None, kind
        self._flush_in_order(FlushMark(self._checked_kind(kind, "kind", self._kinds.full)), callback)

    def _flush_in_order(self, mark: FlushMark, callback: Callback | None) -> None:
        if not self.writable_ended:
            self.write(mark, None, callback)
        elif callback is None:
            return
        elif self.writable_finished:
            next_tick(tolerant(callback), None)
        else:
            self.once("end", partial(tolerant(callback), None))

    def reset(self) -> None:
        """Let the codec begin anew, with the options it had.

        Raises ERR_STREAM_DESTROYED if the stream is closed, NodeError while a chunk is being worked on.

        Node: zlib.reset
        """
        if self._engine is None:
            raise ERR_STREAM_DESTROYED("reset")
        if self._is_busy:
            raise NodeError("Cannot reset zlib stream while a write is in progress")
        self._engine.codec.reset()

    def close(self, callback: Callback | None = None) -> None:
        """Destroy the stream; `callback(error)` is called when it is closed. Node: zlib.close"""
        if callback is not None:
            watch(self, callback)
        self.destroy()

    # --- what the stream does ---

    def _transform(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        engine = self._engine
        if engine is None:
            next_tick(callback)
            return
        data = b"".join(chunk.pieces) if isinstance(chunk, Pieces) else chunk
        kind, params = (chunk.kind, chunk.params) if isinstance(chunk, FlushMark) else (self._write_kind, None)
        if self.writable_ended and self.writable_length == len(data):
            kind = max(kind, self._finish_kind, key=_BY_STRENGTH.index)
        self._done = callback
        engine.begin(data, kind, params)
        self._go_on(engine)

    def _final(self, callback: Callback | None = None) -> None:
        # With a `_final` of its own, a Transform is flushed after `finish`, as Node's zlib is.
        if callback is not None:
            callback()

    def _flush(self, callback: Callback) -> None:
        self._transform(b"", None, callback)

    def _read(self, size: int) -> None:
        if self._is_stalled and self._engine is not None:
            self._is_stalled = False
            self._go_on(self._engine)
        super()._read(size)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        self._engine = None
        callback(error)

    # --- steps ---

    def _go_on(self, engine: Engine) -> None:
        """Take another step with the chunk in work (rule 1)."""
        self._is_busy = True
        room = max(self.readable_high_water_mark - self.readable_length, 1)
        if engine.is_quick:
            current_loop().complete_later(self._step_in_turn, engine, room)
        else:
            current_loop().run_in_thread(
                engine.run, room, EVERYTHING, done=lambda error, pieces: self._stepped(engine, pieces or [])
            )

    def _step_in_turn(self, engine: Engine, room: int) -> None:
        self._stepped(engine, [] if self.destroyed else engine.run(room, SLICE))

    def _stepped(self, engine: Engine, pieces: list[Piece]) -> None:
        self._is_busy = False
        has_room = True
        for piece in pieces:
            if self.destroyed:
                break
            self.bytes_written += piece.taken
            if piece.output:
                has_room = self._hand_out(piece.output)
        if self.destroyed:
            self._finish_chunk()
        elif engine.error is not None:
            self._done = None  # Node does not call it
            self.destroy(engine.error)
        elif engine.done:
            self._end_chunk(engine)
        elif has_room:
            self._go_on(engine)
        else:
            self._is_stalled = True

    def _hand_out(self, output: bytes) -> bool:
        """Push a piece, if it is within the bound; whether there is room for more."""
        self._output_length += len(output)
        if self._max_output_length is not None and self._output_length > self._max_output_length:
            error = ERR_BUFFER_TOO_LARGE(self._max_output_length)
            self.destroy(error)
            self._finish_chunk(error)
            return False
        return self.push(output)

    def _end_chunk(self, engine: Engine) -> None:
        if engine.has_rest:
            if self._rejects_garbage:
                error = ERR_TRAILING_JUNK_AFTER_STREAM_END()
                self.destroy(error)
                self._finish_chunk(error)
                return
            self.push(None)
        self._finish_chunk()

    def _finish_chunk(self, error: Failure = None) -> None:
        done, self._done = self._done, None
        if done is not None:
            done(error)


def _for_transform(given: Mapping[str, Any]) -> dict[str, Any]:
    """The options that are the Transform's own; what is written and what is decoded here are bytes."""
    own = {name: value for name, value in given.items() if name in TRANSFORM_OPTIONS and name != "flush"}
    for name in ("decode_strings", "encoding", "object_mode", "writable_object_mode"):
        own.pop(name, None)
    return own
