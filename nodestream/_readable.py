"""`Readable`: a source of chunks.

This is the public face; what happens when is in `_readable_state.py`, with `push()` and `read()`.

Node: stream.Readable
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

import trio

from ._event_emitter import NOT_GIVEN
from ._lifecycle import Lifecycle
from ._names import node_alias, node_name
from ._operators import Operators
from ._options import normalized
from ._pipe import UnpipeInfo, pipe
from ._readable_iterator import ReadableIterator
from ._readable_state import ReadableState, ReadableWays
from ._repr import shown
from ._stream import LIFE_OPTIONS, LivingStream
from ._wrap import Wrap
from .errors import ERR_METHOD_NOT_IMPLEMENTED
from .events import EventName
from .loop import next_tick

if TYPE_CHECKING:
    from .web import ReadableStream

R = TypeVar("R", bound="Readable")
W = TypeVar("W")

READABLE_OPTIONS = LIFE_OPTIONS | {"high_water_mark", "object_mode", "encoding", "default_encoding", "read"}


class Readable(ReadableWays, LivingStream, Operators):
    """A source of chunks: bytes, strings if an encoding is set, or in object mode any objects but None.

    Options (keywords, or one mapping, in either spelling):
        high_water_mark: how much the stream reads ahead: bytes (65536), or objects in object mode (16).
        object_mode: chunks are objects, and `read(n)` gives one of them.
        encoding: chunks are strings, decoded from this encoding.
        default_encoding: the encoding of strings given to `push()` ("utf8").
        auto_destroy: destroy the stream after `end` or an error (True).
        emit_close: emit `close` (True).
        signal: an AbortSignal; when it is aborted, the stream is destroyed with an AbortError.
        read, destroy, construct: hooks, called as methods: the stream is their first argument.

    A subclass implements `_read(size)`, which calls `push()` sooner or later, and may implement `_destroy(error,
    callback)` and `_construct(callback)`. A hook may be `async def`; its callback is then called with its outcome.

    Events: `data(chunk)`, `readable`, `end`, `pause`, `resume`, `error(error)`, `close`.

    Node: stream.Readable
    """

    _event_order: ClassVar[tuple[EventName, ...]] = ("close", "error", "data", "end", "readable")

    _readable_state: ReadableState

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        given = normalized(READABLE_OPTIONS, options, keywords, type(self).__name__)
        life = self._begin_life(given, ("read",))
        self._begin_reading(life, given, None)
        self._live(given, self._readable_state.read_ahead_when_constructed)

    def _begin_reading(self, life: Lifecycle, options: dict[str, Any], side: str | None) -> None:
        self._readable_state = ReadableState(self, life, options, side)

    @staticmethod
    def from_(
        iterable: Iterable[Any] | AsyncIterable[Any], options: Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> Readable:
        """A Readable of what an iterable or async iterable yields, one item at a time; object mode unless told not to.

        A string or bytes is one chunk. A binary file is a stream of bytes, not of lines; a text file is one of lines.
        Files are read in a worker thread. When the stream is destroyed, a generator or file is closed.

        Raises ERR_INVALID_ARG_TYPE if it cannot be iterated.

        Node: stream.Readable.from
        """
        from ._sources import readable_from

        return readable_from(iterable, options, **keywords)

    # `Readable.from` cannot be written in Python, but getattr(Readable, "from") finds it.
    locals()["from"] = from_

    @staticmethod
    def from_trio(
        source: trio.abc.ReceiveStream | trio.abc.ReceiveChannel[Any],
        options: Mapping[str, Any] | None = None,
        /,
        **keywords: Any,
    ) -> Readable:
        """A Readable of what a trio stream or channel receives. A channel's objects are chunks in object mode.

        The stream takes it over, and closes it when it is destroyed. An exception that receiving raises is the stream's
        error; if somebody else closes `source`, that is ERR_STREAM_PREMATURE_CLOSE. Options: those of a Readable, hooks
        apart.

        Raises ERR_INVALID_ARG_TYPE.
        """
        from ._from_trio import readable_from_trio

        return readable_from_trio(source, options, **keywords)

    def to_trio(self) -> trio.abc.ReceiveStream | trio.abc.ReceiveChannel[Any]:
        """The stream as a trio.abc.ReceiveStream; in object mode, and if it decodes, as a trio.abc.ReceiveChannel.

        Closing it early destroys the stream. If the stream fails, or is destroyed before its end, receiving raises
        trio.BrokenResourceError with the stream's error as its cause.
        """
        from ._to_trio import readable_to_trio

        return readable_to_trio(self)

    @staticmethod
    def from_web(stream: ReadableStream, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Readable:
        """A Readable of what a ReadableStream gives, which is locked by it, and cancelled when it is destroyed.

        Options: high_water_mark, encoding, object_mode (False), signal.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. Node: stream.Readable.fromWeb
        """
        from ._web_adapters_from import readable_from_web

        return readable_from_web(stream, options, **keywords)

    fromWeb = node_name(from_web)

    @staticmethod
    def to_web(stream: Readable, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> ReadableStream:
        """A ReadableStream of what a Readable emits; it is paused while there is no room.

        Options: strategy, which has the mark of the stream if it is not given; type: "bytes" for a stream of bytes.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. Node: stream.Readable.toWeb
        """
        from ._web_adapters_to import readable_to_web

        return readable_to_web(stream, options, **keywords)

    toWeb = node_name(to_web)

    # --- hooks ---

    def _read(self, size: int) -> object:
        """Hook: get about `size` bytes from the source and `push()` them, now or later. Node: readable._read"""
        raise ERR_METHOD_NOT_IMPLEMENTED("_read()")

    def unshift(self, chunk: Any, encoding: str | None = None) -> bool:
        """Put a chunk back, in front of what is buffered. Node: readable.unshift"""
        return self._readable_state.unshift(chunk, encoding)

    # --- reading ---

    def set_encoding(self: R, encoding: str | None = None) -> R:
        """From now on chunks are strings, decoded from `encoding` ("utf8"): characters split over chunks are whole.

        Raises ERR_UNKNOWN_ENCODING. Node: readable.setEncoding
        """
        self._readable_state.decode_as("utf8" if encoding in (None, "") else encoding)
        return self

    setEncoding = node_name(set_encoding)

    def pause(self: R) -> R:
        """Stop `data` events; chunks stay in the buffer. Node: readable.pause"""
        self._readable_state.pause()
        return self

    def resume(self: R) -> R:
        """Let `data` events flow, beginning in a tick. Does nothing while there are `readable` listeners.

        Node: readable.resume
        """
        self._readable_state.resume()
        return self

    def is_paused(self) -> bool:
        """Whether pause() stopped it. Node: readable.isPaused"""
        state = self._readable_state
        return state.paused or state.flowing is False

    isPaused = node_name(is_paused)

    def pipe(self, dest: W, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> W:
        """Write every chunk to `dest`, and end it at the end unless `end=False`; wait whenever `dest` is full.

        An error does not end or destroy the other stream: use `pipeline()` for that. Returns `dest`.

        Node: readable.pipe
        """
        given = normalized(("end",), options, keywords, "pipe")
        return pipe(self, dest, end=given.get("end", True) is not False)

    def unpipe(self: R, dest: Any = None) -> R:
        """Undo `pipe()`; without `dest`, every one. Node: readable.unpipe"""
        state = self._readable_state
        if not state.pipes:
            return self
        if dest is None:
            dests = state.take_pipes()
            self.pause()
            for each in dests:
                each.emit("unpipe", self, UnpipeInfo())
        elif state.remove_pipe(dest):
            if not state.pipes:
                self.pause()
            dest.emit("unpipe", self, UnpipeInfo())
        return self

    wrap = Wrap()

    def __aiter__(self) -> ReadableIterator:
        return ReadableIterator(self)

    def iterator(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> ReadableIterator:
        """An async iterator over the chunks; leaving it early destroys the stream unless `destroy_on_return=False`.

        Node: readable.iterator
        """
        given = normalized(("destroy_on_return",), options, keywords, "iterator")
        return ReadableIterator(self, destroy_on_return=given.get("destroy_on_return", True) is not False)

    # --- listeners ---

    def on(self, event: EventName, listener: Callable[..., Any] = NOT_GIVEN, /) -> Any:
        """As EventEmitter.on; a `data` listener lets the stream flow, a `readable` listener lets it wait for read()."""
        result = super().on(event, listener)
        if listener is not NOT_GIVEN:
            if event == "data":
                self._data_listener_added()
            elif event == "readable":
                self._readable_state.readable_listener_added()
        return result

    add_listener = on  # type: ignore[assignment]

    def _data_listener_added(self) -> None:
        self._readable_state.data_listener_added()

    def remove_listener(self: R, event: EventName, listener: Callable[..., Any], /) -> R:  # type: ignore[override]
        """As EventEmitter.remove_listener; without `readable` listeners the stream may flow again."""
        super().remove_listener(event, listener)
        if event == "readable":
            next_tick(self._readable_state.update_readable_listening)
        elif event == "data":
            self._readable_state.data_listener_removed()
        return self

    off = remove_listener
    _plain_methods = (on, remove_listener)

    def remove_all_listeners(self: R, event: EventName | None = None, /) -> R:  # type: ignore[override]
        """As EventEmitter.remove_all_listeners."""
        super().remove_all_listeners(event)
        if event is None or event == "readable":
            next_tick(self._readable_state.update_readable_listening)
        return self

    # --- what a Duplex answers differently ---

    @property
    def _ends_both_sides(self) -> bool:
        """Whether `end` of this side must end the other."""
        return False

    @property
    def _other_side_is_done(self) -> bool:
        """Whether the stream can be destroyed when this side has ended."""
        return True

    def _end_writable(self) -> None:
        """End the other side."""

    # --- state ---

    @property
    def readable(self) -> bool:
        """Whether read() may still give something. Node: readable.readable"""
        state, life = self._readable_state, self._life
        return state.enabled and not life.destroyed and not life.error_emitted and not state.end_emitted

    @readable.setter
    def readable(self, value: bool) -> None:
        self._readable_state.enable(value)

    @property
    def readable_did_read(self) -> bool:
        """Whether any chunk has left the stream. Node: readable.readableDidRead"""
        return self._readable_state.data_emitted

    readableDidRead: bool = node_alias("readable_did_read")

    @property
    def readable_aborted(self) -> bool:
        """Whether it was destroyed or failed before `end`. Node: readable.readableAborted"""
        state, life = self._readable_state, self._life
        return state.enabled and (life.destroyed or life.errored is not None) and not state.end_emitted

    readableAborted: bool = node_alias("readable_aborted")

    @property
    def readable_high_water_mark(self) -> int:
        """How much is read ahead. Node: readable.readableHighWaterMark"""
        return self._readable_state.high_water_mark

    readableHighWaterMark: int = node_alias("readable_high_water_mark")

    @property
    def readable_buffer(self) -> list[Any]:
        """The chunks that are buffered. Node: readable.readableBuffer"""
        return self._readable_state.buffer.to_list()

    readableBuffer: list[Any] = node_alias("readable_buffer")

    @property
    def readable_flowing(self) -> bool | None:
        """None before anybody asked for chunks, then whether they flow. Node: readable.readableFlowing"""
        return self._readable_state.flowing

    @readable_flowing.setter
    def readable_flowing(self, value: bool | None) -> None:
        self._readable_state.set_flowing(value)

    readableFlowing: bool | None = node_alias("readable_flowing")

    @property
    def readable_length(self) -> int:
        """How much is buffered. Node: readable.readableLength"""
        return self._readable_state.length

    readableLength: int = node_alias("readable_length")

    @property
    def readable_object_mode(self) -> bool:
        """Whether chunks are objects. Node: readable.readableObjectMode"""
        return self._readable_state.object_mode

    readableObjectMode: bool = node_alias("readable_object_mode")

    @property
    def readable_encoding(self) -> str | None:
        """The encoding that chunks are decoded from, or None. Node: readable.readableEncoding"""
        return self._readable_state.encoding

    readableEncoding: str | None = node_alias("readable_encoding")

    @property
    def readable_ended(self) -> bool:
        """Whether `end` was emitted. Node: readable.readableEnded"""
        return self._readable_state.end_emitted

    readableEnded: bool = node_alias("readable_ended")

    def __repr__(self) -> str:
        return shown(self, lambda: f"{self._readable_summary()}{self._life.summary()}")

    def _readable_summary(self) -> str:
        state = self._readable_state
        how = {None: "idle", True: "flowing", False: "paused"}[state.flowing]
        if state.end_emitted or state.ended:
            how = "ended" if state.end_emitted else "ending"
        pipes = f" pipes={len(state.pipes)}" if state.pipes else ""
        return f"readable {how} {state.length}/{state.high_water_mark}{pipes}"
