"""`Writable`: a destination of chunks.

This is the public face; what happens when is in `_writable_state.py`, with `write()`.

Node: stream.Writable
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import trio

from ._arity import tolerant
from ._hooks import noop
from ._lifecycle import IS_DONE_FOR, Failure, Lifecycle
from ._names import node_alias, node_name
from ._options import normalized
from ._repr import shown
from ._stream import LIFE_OPTIONS, LivingStream
from ._writable_state import BufferedWrite, WritableState, WritableWays
from .errors import ERR_METHOD_NOT_IMPLEMENTED, ERR_STREAM_CANNOT_PIPE
from .events import EventName
from .loop import next_tick

if TYPE_CHECKING:
    from .web import WritableStream

W = TypeVar("W", bound="Writable")
Callback = Callable[..., object]

WRITABLE_OPTIONS = LIFE_OPTIONS | {
    "high_water_mark",
    "object_mode",
    "default_encoding",
    "decode_strings",
    "write",
    "writev",
    "final",
}


class Writable(WritableWays, LivingStream):
    """A destination of chunks: bytes and strings, or in object mode any objects but None.

    Options (keywords, or one mapping, in either spelling):
        high_water_mark: from how much on `write()` returns False: bytes (65536), or objects in object mode (16).
        object_mode: chunks are objects.
        decode_strings: strings reach `_write` as bytes (True).
        default_encoding: the encoding of strings written without one ("utf8").
        auto_destroy: destroy the stream after `finish` or an error (True).
        emit_close: emit `close` (True).
        signal: an AbortSignal; when it is aborted, the stream is destroyed with an AbortError.
        write, writev, final, destroy, construct: hooks, called as methods: the stream is their first argument.

    A subclass implements `_write(chunk, encoding, callback)` or `_writev(chunks, callback)`, and may implement
    `_final(callback)`, `_destroy(error, callback)` and `_construct(callback)`. A hook may be `async def`; it does not
    call its callback: that is called with its outcome.

    Events: `drain`, `prefinish`, `finish`, `pipe(source)`, `unpipe(source, info)`, `error(error)`, `close`.

    Node: stream.Writable
    """

    _event_order: ClassVar[tuple[EventName, ...]] = ("close", "error", "prefinish", "finish", "drain")

    _writable_state: WritableState

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        given = normalized(WRITABLE_OPTIONS, options, keywords, type(self).__name__)
        life = self._begin_life(given, ("write", "writev", "final"))
        self._begin_writing(life, given, None)
        self._live(given, self._writable_state.flush_when_constructed)

    def _begin_writing(self, life: Lifecycle, options: dict[str, Any], side: str | None) -> None:
        self._writable_state = WritableState(self, life, options, side)

    @staticmethod
    def from_trio(
        destination: trio.abc.SendStream | trio.abc.SendChannel[Any],
        options: Mapping[str, Any] | None = None,
        /,
        **keywords: Any,
    ) -> Writable:
        """A Writable that sends through a trio stream or channel. A channel is sent objects, in object mode.

        The stream takes it over, and closes it when everything is sent, or when it is destroyed. An exception that
        sending raises is the stream's error; if somebody else closes `destination`, that is ERR_STREAM_PREMATURE_CLOSE.
        Options: those of a Writable, hooks apart.

        Raises ERR_INVALID_ARG_TYPE.
        """
        from ._from_trio import writable_from_trio

        return writable_from_trio(destination, options, **keywords)

    def to_trio(self) -> trio.abc.SendStream | trio.abc.SendChannel[Any]:
        """The stream as a trio.abc.SendStream; in object mode as a trio.abc.SendChannel.

        Sending waits while the stream is full. Closing it ends the stream, and waits until it has finished. If the
        stream fails, or is destroyed, sending raises trio.BrokenResourceError with the stream's error as its cause.
        """
        from ._to_trio import writable_to_trio

        return writable_to_trio(self)

    @staticmethod
    def from_web(stream: WritableStream, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Writable:
        """A Writable that writes to a WritableStream, which is locked by it, and aborted when it is destroyed.

        Options: high_water_mark, decode_strings (True), object_mode (False), signal.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. Node: stream.Writable.fromWeb
        """
        from ._web_adapters_from import writable_from_web

        return writable_from_web(stream, options, **keywords)

    fromWeb = node_name(from_web)

    @staticmethod
    def to_web(stream: Writable) -> WritableStream:
        """A WritableStream that writes to a Writable, and waits for `drain` when that is full.

        Raises ERR_INVALID_ARG_TYPE. Node: stream.Writable.toWeb
        """
        from ._web_adapters_to import writable_to_web

        return writable_to_web(stream)

    toWeb = node_name(to_web)

    # --- hooks ---

    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> object:
        """Hook: write a chunk, then call `callback(error)`, with None if it went well.

        `encoding` is that of a string, "buffer" for bytes, and in object mode whatever was given. Node: writable._write
        """
        writev = self._writev
        if writev is None:
            raise ERR_METHOD_NOT_IMPLEMENTED("_write()")
        return writev([BufferedWrite(chunk, encoding, noop)], callback)

    _writev: Callable[[list[BufferedWrite], Callback], object] | None = None

    # --- writing ---

    def end(
        self: W,
        chunk: Any = None,
        encoding: str | Callback | None = None,
        callback: Callback | None = None,
    ) -> W:
        """Write a last chunk, if one is given, and end the stream. `finish` follows when everything was written.

        `callback` is called when the stream has finished, or with the error that kept it from that.

        Node: writable.end
        """
        if callable(chunk):
            chunk, encoding, callback = None, None, chunk
        elif callable(encoding):
            encoding, callback = None, encoding
        self._writable_state.end(chunk, encoding, tolerant(callback) if callable(callback) else None)
        return self

    def cork(self) -> None:
        """Keep writes in the buffer until uncork() was called as often, then write them together.

        Node: writable.cork
        """
        self._writable_state.cork()

    def uncork(self) -> None:
        """Undo one cork(). Node: writable.uncork"""
        self._writable_state.uncork()

    def set_default_encoding(self: W, encoding: str) -> W:
        """The encoding of strings written without one. Raises ERR_UNKNOWN_ENCODING.

        Node: writable.setDefaultEncoding
        """
        self._writable_state.set_default_encoding(encoding)
        return self

    setDefaultEncoding = node_name(set_default_encoding)

    def destroy(self: W, error: BaseException | None = None, callback: Callable[[Failure], object] | None = None) -> W:
        """As Stream.destroy; writes that wait are told that they will not happen."""
        state = self._writable_state
        if not self._life.destroyed and (state.buffered or state.on_finish):
            next_tick(state.fail_buffered)
        super().destroy(error, callback)
        return self

    def pipe(self, *_args: object, **_keywords: object) -> None:
        """A Writable cannot be piped from: emits ERR_STREAM_CANNOT_PIPE. Node: writable.pipe"""
        self._life.fail(ERR_STREAM_CANNOT_PIPE())

    # --- what a Duplex answers differently ---

    @property
    def _other_side_has_ended(self) -> bool:
        """Whether the stream can be destroyed when this side has finished."""
        return True

    # --- state ---

    @property
    def writable(self) -> bool:
        """Whether write() may still be called. Node: writable.writable"""
        state = self._writable_state
        return state.enabled and not state.ending and not state.life.flags & IS_DONE_FOR and not state.ended

    @writable.setter
    def writable(self, value: bool) -> None:
        self._writable_state.enable(value)

    @property
    def writable_aborted(self) -> bool:
        """Whether it was destroyed or failed before `finish`. Node: writable.writableAborted"""
        state, life = self._writable_state, self._life
        return state.enabled and (life.destroyed or life.errored is not None) and not state.finished

    writableAborted: bool = node_alias("writable_aborted")

    @property
    def writable_finished(self) -> bool:
        """Whether everything was written; True right before `finish`. Node: writable.writableFinished"""
        return self._writable_state.finished

    writableFinished: bool = node_alias("writable_finished")

    @property
    def writable_ended(self) -> bool:
        """Whether end() was called. Node: writable.writableEnded"""
        return self._writable_state.ending

    writableEnded: bool = node_alias("writable_ended")

    @property
    def writable_need_drain(self) -> bool:
        """Whether the stream is full and will emit `drain`. Node: writable.writableNeedDrain"""
        state = self._writable_state
        return state.need_drain and not self._life.destroyed and not state.ending

    writableNeedDrain: bool = node_alias("writable_need_drain")

    @property
    def writable_high_water_mark(self) -> int:
        """From how much on write() returns False. Node: writable.writableHighWaterMark"""
        return self._writable_state.high_water_mark

    writableHighWaterMark: int = node_alias("writable_high_water_mark")

    @property
    def writable_object_mode(self) -> bool:
        """Whether chunks are objects. Node: writable.writableObjectMode"""
        return self._writable_state.object_mode

    writableObjectMode: bool = node_alias("writable_object_mode")

    @property
    def writable_corked(self) -> int:
        """How often uncork() must be called. Node: writable.writableCorked"""
        return self._writable_state.corked

    writableCorked: int = node_alias("writable_corked")

    @property
    def writable_length(self) -> int:
        """How much is buffered or under way. Node: writable.writableLength"""
        return self._writable_state.length

    writableLength: int = node_alias("writable_length")

    @property
    def writable_buffer(self) -> list[BufferedWrite]:
        """The writes that wait. Node: writable.writableBuffer"""
        return list(self._writable_state.buffered)

    writableBuffer: list[BufferedWrite] = node_alias("writable_buffer")

    def __repr__(self) -> str:
        return shown(self, lambda: f"{self._writable_summary()}{self._life.summary()}")

    def _writable_summary(self) -> str:
        state = self._writable_state
        how = "finished" if state.finished else "ending" if state.ending else "full" if state.need_drain else "open"
        corked = f" corked={state.corked}" if state.corked else ""
        return f"writable {how} {state.length}/{state.high_water_mark}{corked}"
