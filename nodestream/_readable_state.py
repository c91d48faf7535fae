"""The readable side of a stream: its flags, and every transition between them.

The rules:

1. `flowing` is None until somebody decides (a `data` listener, `pipe()`, `resume()`, `pause()`), then True or False.
   While there are `readable` listeners the stream does not flow: they read.
2. `reading` is True from the call of `_read` until the next `push`. `_read` is called when there is room
   (`length < high_water_mark`) and no call is outstanding.
3. A chunk that arrives while the stream flows, with nothing buffered and not in the middle of `_read`, is emitted
   as `data` at once; any other is buffered.
4. `readable` is emitted from a tick, once for each time that the buffer was seen empty (`need_readable`).
5. After each chunk a tick reads ahead until the buffer is full.
6. `end` is emitted once, from a tick, when the source has ended (`ended`) and all was read.
7. A stream that does not end in an error is destroyed after `end`, if its writable side has finished too.

`push()` and `next_chunk()` are written for the way that nearly all chunks take. `push()` hands what is out of the
ordinary to `ReadableState.push`, which asks every question by its name; both have the same outcome.

The flags about failure and destruction are in `_lifecycle.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from . import _encoding
from ._chunks import NO_CHUNKS, ChunkList
from ._event_loop import next_tick_together
from ._hooks import settle
from ._lifecycle import CLOSE_EMITTED, HAS_TOLD, IS_DONE_FOR, MAY_NOT_CALL, Failure, Lifecycle
from ._options import high_water_mark
from ._state_names import ReadableNames
from .errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_OUT_OF_RANGE,
    ERR_STREAM_PUSH_AFTER_EOF,
    ERR_STREAM_UNSHIFT_AFTER_END_EVENT,
)
from .loop import current_loop, next_tick

if TYPE_CHECKING:
    from ._readable import Readable

LARGEST_READ = 1 << 30
_CHUNK_TYPES = "of type string or an instance of Buffer, TypedArray, or DataView"


_INTEGER = re.compile(r"\s*[+-]?\d+")


def _whole_number(size: Any) -> int | None:
    """A size that is no integer, as JavaScript's parseInt takes it: what is no number at all counts as not given."""
    found = None if isinstance(size, bool) else _INTEGER.match(str(size))
    return None if found is None else int(found.group())


class ReadableState(ReadableNames):
    """The flags of a readable side, and the only code that writes them."""

    __slots__ = (
        "awaiting_drain",
        "buffer",
        "data_emitted",
        "data_listening",
        "decoder",
        "default_encoding",
        "emitted_readable",
        "enabled",
        "encoding",
        "end_emitted",
        "ended",
        "flowing",
        "high_water_mark",
        "length",
        "life",
        "need_readable",
        "object_mode",
        "paused",
        "pipes",
        "readable_listening",
        "reading",
        "reading_more",
        "resume_scheduled",
        "several_pipes",
        "stream",
        "sync",
        "takes_anything",
    )

    def __init__(self, stream: Readable, life: Lifecycle, options: dict[str, Any], side: str | None) -> None:
        self.stream = stream
        self.life = life
        self.object_mode = bool(options.get("object_mode") or (side and options.get("readable_object_mode")))
        self.high_water_mark = high_water_mark(options, side, self.object_mode)
        self.default_encoding = "utf8"
        if "default_encoding" in options:
            self.default_encoding = _encoding.usual_name(options["default_encoding"])
            if not _encoding.is_encoding(self.default_encoding):
                _encoding.canonical(self.default_encoding)
        self.enabled = True
        self.buffer = NO_CHUNKS
        self.length = 0
        self.pipes: list[Any] = []
        self.awaiting_drain: set[Any] | None = None
        self.several_pipes = False
        self.flowing: bool | None = None
        self.paused = False
        self.ended = False
        self.end_emitted = False
        self.reading = False
        self.reading_more = False
        self.sync = True
        self.need_readable = False
        self.emitted_readable = False
        self.readable_listening = False
        self.resume_scheduled = False
        self.data_emitted = False
        self.data_listening = False
        self.takes_anything = self.object_mode  # and does not decode: push() need not look at a chunk
        self.encoding: str | None = None
        self.decoder: _encoding.StringDecoder | None = None
        encoding = options.get("encoding")
        if encoding:
            self.decode_as(encoding)
            self.encoding = encoding

    def enable(self, value: bool) -> None:
        """Let `readable` tell that there is a readable side, or that there is none."""
        self.enabled = bool(value)

    def set_flowing(self, value: bool | None) -> None:
        """For those who know better than rule 1."""
        self.flowing = value

    def disable(self) -> None:
        """There is no readable side: it counts as ended."""
        self.enabled = False
        self.ended = self.end_emitted = True

    def catch_up(
        self,
        chunk: bytes | None,
        *,
        flows: bool,
        will_resume: bool,
        is_listened_to: bool,
        has_read: bool,
        reading: bool,
        reads_ahead: bool,
        has_ended: bool,
        says_readable: bool,
        end_emitted: bool,
    ) -> None:
        """All this was so before there was this state, of which nobody knew that it was missing.

        Args:
            chunk: the one that came: it is buffered, or was emitted, if it is empty.
            flows, will_resume: whether it flows, and whether the tick in which that begins is yet to come.
            is_listened_to: whether a `data` listener was added.
            has_read, reading: whether `_read` was called, and whether no chunk has come since. Before that there is no
                reading ahead.
            reads_ahead: whether the tick that reads ahead is yet to come.
            has_ended, says_readable: whether the source has, and whether `readable` is yet to be emitted for that.
            end_emitted: whether `end` was.
        """
        if chunk is not None:
            self.length = len(chunk)
            self.data_emitted = not chunk
            if chunk:
                self._own_buffer().append(chunk)
        self.flowing = flows or None
        self.resume_scheduled = will_resume
        self.data_listening = is_listened_to
        self.sync = not has_read
        self.reading_more = reads_ahead or not has_read
        self.reading = reading
        self.need_readable = has_read and not has_ended
        self.ended = has_ended
        self.emitted_readable = says_readable
        self.end_emitted = end_emitted

    def revive(self) -> None:
        """Begin again after the stream was destroyed; for a socket that connects anew."""
        self.ended = self.end_emitted = not self.enabled
        self.reading = False

    def decode_as(self, encoding: str) -> None:
        """From now on the stream holds strings; what it holds already is decoded."""
        self.decoder = _encoding.string_decoder(encoding)
        self.takes_anything = False
        self.encoding = self.decoder.encoding
        text = "".join(_encoding.decode(self.decoder, chunk) for chunk in self.buffer.to_list())
        self.buffer.clear()
        if text:
            self._own_buffer().append(text)
        self.length = len(self.buffer) if self.object_mode else len(text)

    # --- questions ---

    @property
    def can_push_more(self) -> bool:
        """Whether push() should tell its caller to go on."""
        return not self.ended and (self.length < self.high_water_mark or self.length == 0)

    @property
    def is_done_for(self) -> bool:
        """Whether nothing that arrives can be delivered any more."""
        return self.life.is_done_for

    @property
    def may_call_read(self) -> bool:
        """Whether `_read` may be called now."""
        return not (self.reading or self.ended or self.life.flags & MAY_NOT_CALL)

    @property
    def is_emitted_at_once(self) -> bool:
        """Whether a chunk that arrives now goes straight to the `data` listeners (rule 3)."""
        return not (self.sync or self.length or not self.flowing or not self.data_listening)

    # --- chunks arrive ---

    def push(self, chunk: Any, encoding: str | None) -> bool:
        """A chunk for the end of the buffer; None ends the stream. See Readable.push."""
        if chunk is None:
            return self._end_of_source()
        if not self.object_mode:
            chunk = self._as_chunk(chunk, encoding, to_front=False)
            if chunk is None:
                return False
            if not chunk:
                self.reading = False
                self.read_ahead()
                return self.can_push_more
        if self.ended:
            self.life.fail(ERR_STREAM_PUSH_AFTER_EOF())
            return False
        if self.is_done_for:
            return False
        self.reading = False
        if self.decoder is not None and (encoding is None if self.object_mode else isinstance(chunk, bytes)):
            chunk = _encoding.decode(self.decoder, chunk)
            if not self.object_mode and not chunk:
                self.read_ahead()
                return self.can_push_more
        return self._add(chunk)

    def unshift(self, chunk: Any, encoding: str | None) -> bool:
        """A chunk for the front of the buffer. See Readable.unshift."""
        if chunk is None:
            return self._end_of_source()
        if not self.object_mode:
            chunk = self._as_chunk(chunk, encoding, to_front=True)
            if chunk is None:
                return False
            if not chunk:
                return self.can_push_more
        if self.end_emitted:
            self.life.fail(ERR_STREAM_UNSHIFT_AFTER_END_EVENT())
            return False
        if self.is_done_for:
            return False
        return self._add(chunk, to_front=True)

    def _add(self, chunk: Any, *, to_front: bool = False) -> bool:
        """Emit the chunk at once (rule 3), or buffer it. Whether there is room for more."""
        if self.is_emitted_at_once:
            self.awaiting_drain = None
            self.data_emitted = True
            self.stream.emit("data", chunk)
        else:
            self.length += 1 if self.object_mode else len(chunk)
            buffer = self._own_buffer()
            if to_front:
                buffer.prepend(chunk)
            else:
                buffer.append(chunk)
            if self.need_readable:
                self.schedule_readable()
        return self.chunk_added()

    def chunk_added(self) -> bool:
        """What follows on that."""
        if not self.reading_more:
            self.read_ahead()
        return self.can_push_more

    def _own_buffer(self) -> ChunkList:
        if self.buffer is NO_CHUNKS:
            self.buffer = ChunkList()
        return self.buffer

    def _as_chunk(self, chunk: Any, encoding: str | None, *, to_front: bool) -> Any:
        """The chunk as the buffer holds it: bytes, or a string if it is in the stream's own encoding already."""
        if type(chunk) is bytes:
            return chunk
        if isinstance(chunk, str):
            encoding = encoding or self.default_encoding
            if self.encoding is None:
                return _encoding.encode(chunk, encoding)
            if encoding == self.encoding:
                return chunk
            data = _encoding.encode(chunk, encoding)
            return _encoding.to_text(data, self.encoding) if to_front else data
        if isinstance(chunk, (bytes, bytearray, memoryview)):
            return bytes(chunk)
        self.life.fail(ERR_INVALID_ARG_TYPE("chunk", _CHUNK_TYPES, chunk))
        return None

    def _end_of_source(self) -> bool:
        self.reading = False
        if self.ended:
            return False
        if self.decoder is not None:
            rest = self.decoder.end()
            if rest:
                self._own_buffer().append(rest)
                self.length += 1 if self.object_mode else len(rest)
        self.ended = True
        if self.sync:
            # In the middle of _read: let it return first.
            self.schedule_readable()
        else:
            self.need_readable = False
            self.emitted_readable = True
            self.emit_readable()
        return False

    # --- chunks leave ---

    def next_chunk(self) -> Any:
        """Take what comes next out of the buffer, and ask for more where there is room. See Readable.read.

        That is the first chunk if the stream flows or is in object mode, else everything.
        """
        self.emitted_readable = False
        length = self.length
        if length:
            count = 1 if self.object_mode else (len(self.buffer[0]) - self.buffer.offset if self.flowing else length)
            wants_more = self.need_readable or length - count < self.high_water_mark
        elif self.ended:
            self._schedule_end()
            return None
        else:
            count = 1 if self.object_mode else 0
            wants_more = True
        if wants_more and not (self.reading or self.ended or (self.life.flags and self.life.flags & MAY_NOT_CALL)):
            self.reading = self.sync = True
            if not length:
                self.need_readable = True
            try:
                result = self.stream._read(self.high_water_mark)
                if result is not None:
                    settle(result, self._read_settled)
            except Exception as exc:
                self.life.fail(exc)
            self.sync = False
            length = self.length
            if length and not self.reading and not self.object_mode:
                count = len(self.buffer[0]) - self.buffer.offset if self.flowing else length
        if not length or not count:
            # `_read` will bring something later, or has itself read what there was.
            return self._take_nothing()
        chunk = self.buffer.popleft() if self.object_mode else self._take_bytes(count)
        self.length = length = length - count
        self.awaiting_drain = None
        if not length:
            if self.ended:
                self._schedule_end()
            else:
                self.need_readable = True
        if not self.life.flags or not self.life.flags & HAS_TOLD:
            self.data_emitted = True
            self.stream.emit("data", chunk)
        return chunk

    def _take_nothing(self) -> None:
        if self.length <= self.high_water_mark:
            self.need_readable = True
        if self.length == 0 and self.ended:
            self._schedule_end()

    def read(self, size: int) -> Any:
        """Take `size` out of the buffer, and ask for more where there is room. See Readable.read."""
        if size == 0:
            self.ask_for_more()
            return None
        self._raise_mark_for(size)
        self.emitted_readable = False
        count = self._readable_now(size)
        if count == 0 and self.ended:
            if self.length == 0:
                self._schedule_end()
            return None
        wants_more = self.need_readable or self.length == 0 or self.length - count < self.high_water_mark
        if wants_more and self.may_call_read:
            self._call_read()
            if not self.reading:
                count = self._readable_now(size)
        return self._take(count, size)

    def ask_for_more(self) -> None:
        """Take nothing, but let `_read` bring more where there is room; tell of it if there is enough."""
        length = self.length
        if self.ended:
            if length == 0:
                self._schedule_end()
            elif self.need_readable:
                self.schedule_readable()
        elif self.need_readable and length >= (self.high_water_mark or 1):
            self.schedule_readable()  # there is enough: it need not wait for another `_read`
        else:
            if (
                (self.need_readable or length < self.high_water_mark or not length)
                and not self.reading
                and not (self.life.flags and self.life.flags & MAY_NOT_CALL)
            ):
                self._call_read()
            if self.length <= self.high_water_mark:
                self.need_readable = True

    def _take(self, count: int, wanted: int) -> Any:
        if self.length == 0:
            count = 0  # `_read` itself has read what there was
        if count > 0:
            chunk = self.buffer.shift() if self.object_mode else self._take_bytes(count)
            self.length -= count
            self.awaiting_drain = None
        else:
            chunk = None
            if self.length <= self.high_water_mark:
                self.need_readable = True
        if self.length == 0:
            if not self.ended:
                self.need_readable = True
            elif wanted != count:
                self._schedule_end()
        if count > 0 and not self.life.flags & HAS_TOLD:
            self.data_emitted = True
            self.stream.emit("data", chunk)
        return chunk

    def _take_bytes(self, count: int) -> Any:
        buffer = self.buffer
        if not buffer.offset and len(buffer[0]) == count and self.decoder is None:
            return buffer.popleft()
        if count < self.length:
            return self.buffer.take(count, as_text=self.decoder is not None)
        return self.buffer.take_all() if self.decoder is None else self.buffer.take_all_text()

    def _raise_mark_for(self, size: int) -> None:
        """A read of more than fits raises the mark to the next power of two."""
        if size > self.high_water_mark:
            if size > LARGEST_READ:
                raise ERR_OUT_OF_RANGE("size", "<= 1GiB", size)
            self.high_water_mark = 1 << (size - 1).bit_length()

    def _readable_now(self, size: int) -> int:
        """How much of the buffer a read of `size` takes; in object mode one thing, even if that is yet to come."""
        if size <= 0 or (self.length == 0 and (self.ended or not self.object_mode)):
            return 0
        if self.object_mode:
            return 1
        if size <= self.length:
            return size
        return self.length if self.ended else 0

    def _call_read(self) -> None:
        self.reading = True
        self.sync = True
        if self.length == 0:
            self.need_readable = True
        try:
            result = self.stream._read(self.high_water_mark)
            if result is not None:
                settle(result, self._read_settled)
        except Exception as exc:
            self.life.fail(exc)
        self.sync = False

    def _read_settled(self, error: Failure, _value: object) -> None:
        """An async `_read` has ended."""
        if error is not None:
            self.life.fail(error)

    def read_ahead(self) -> None:
        """Fill the buffer from a tick (rule 5)."""
        if not self.reading_more and not self.reading and self.life.constructed:
            self.reading_more = True
            next_tick(self.read_ahead_now)

    def hold_read_ahead(self, held: bool) -> None:
        """While it is held, only a reader's own read() asks the source for chunks."""
        self.reading_more = held

    def read_ahead_now(self) -> None:
        """The tick that read_ahead() asked for."""
        read: Callable[..., Any] = self.stream.read
        is_own = getattr(read, "__func__", None) is _READ
        while not self.reading and not self.ended:
            length = self.length
            if length >= self.high_water_mark and not (self.flowing and not length):
                break
            if not is_own:
                read(0)
            elif length or self.life.flags:
                self.ask_for_more()
            else:
                # What `ask_for_more` comes to.
                self._call_read()
                if self.length <= self.high_water_mark:
                    self.need_readable = True
            if self.length == length:
                break  # it had nothing to give
        self.reading_more = False

    def read_ahead_when_constructed(self) -> None:
        """The stream is constructed: serve a read that came before."""
        if self.need_readable:
            self.read_ahead()

    def is_not_sync(self) -> None:
        """A Transform's chunks come from its writable side, not from within `_read`."""
        self.sync = False

    # --- `readable` ---

    def schedule_readable(self) -> None:
        """Emit `readable` from a tick (rule 4)."""
        self.need_readable = False
        if not self.emitted_readable:
            self.emitted_readable = True
            next_tick(self.emit_readable)

    def emit_readable(self) -> None:
        """The tick that schedule_readable() asked for."""
        if (self.length or self.ended) and not self.life.flags & IS_DONE_FOR:
            self.stream.emit("readable")
            self.emitted_readable = False
        self._go_on()

    def readable_emitted(self) -> None:
        """What follows on that."""
        self.emitted_readable = False
        self._go_on()

    def _go_on(self) -> None:
        if not self.flowing and not self.ended and self.length <= self.high_water_mark:
            self.need_readable = True
        self._flow()

    def readable_listener_added(self) -> None:
        """The first `readable` listener stops the flow."""
        if self.end_emitted or self.readable_listening:
            return
        self.readable_listening = self.need_readable = True
        self.flowing = False
        self.emitted_readable = False
        if self.length:
            self.schedule_readable()
        elif not self.reading:
            next_tick(self.stream.read, 0)

    def data_listener_added(self) -> None:
        """A `data` listener lets the stream flow, unless somebody paused it."""
        self.data_listening = True
        if "readable" in self.stream._listeners:
            self.readable_listening = True
        if self.flowing is not False:
            self.stream.resume()

    def data_listener_removed(self) -> None:
        """Without `data` listeners chunks are buffered. (Taking them all away at once lets the stream flow on.)"""
        self.data_listening = "data" in self.stream._listeners

    def update_readable_listening(self) -> None:
        """In a tick after a `readable` listener was removed: perhaps the stream flows again."""
        self.readable_listening = "readable" in self.stream._listeners
        if self.resume_scheduled and not self.paused:
            self.flowing = True
        elif self.data_listening:
            self.stream.resume()
        elif not self.readable_listening:
            self.flowing = None

    # --- flowing ---

    def resume(self) -> None:
        """Flow, beginning in a tick. See Readable.resume."""
        if not self.flowing:
            self.flowing = not self.readable_listening
            if not self.resume_scheduled:
                self.resume_scheduled = True
                next_tick(self.begin_to_flow)
        self.paused = False

    def begin_to_flow(self) -> None:
        """The tick that resume() asked for."""
        if not self.reading:
            self.stream.read(0)
        self.resume_scheduled = False
        self.stream.emit("resume")
        self.flow_on()

    def flow_on(self) -> None:
        """Emit what there is, and ask for more."""
        self._flow()
        if self.flowing and not self.reading:
            self.stream.read(0)

    def pause(self) -> None:
        """Stop flowing. See Readable.pause."""
        if self.flowing is not False:
            self.flowing = False
            self.stream.emit("pause")
        self.paused = True

    def _flow(self) -> None:
        if not self.flowing:
            return
        read: Callable[[], Any] = self.stream.read
        if getattr(read, "__func__", None) is _READ:
            read = self.next_chunk
        while read() is not None and self.flowing:
            pass

    # --- the end ---

    def _schedule_end(self) -> None:
        if not self.end_emitted:
            self.ended = True
            next_tick_together(self.emit_end)

    def emit_end(self, times: int = 1) -> None:
        """The tick in which all was read of a source that has ended; more than one if it was noticed several times.

        The others of `times` mean something if a listener revives the stream.
        """
        life = self.life
        if self.end_emitted or self.length or life.errored is not None or life.flags & CLOSE_EMITTED:
            return
        self.end_emitted = True
        try:
            self.stream.emit("end")
        finally:
            if times > 1 and not self.end_emitted:
                current_loop().next_tick_first(self.emit_end, times - 1)
        self.end_was_emitted()

    def end_was_emitted(self) -> None:
        """What follows on that (rule 7)."""
        life, stream = self.life, self.stream
        if stream._ends_both_sides:
            next_tick(stream._end_writable)
        elif life.auto_destroy and stream._other_side_is_done:
            stream.destroy()

    # --- pipes ---

    def add_pipe(self, dest: Any) -> None:
        """`dest` is being piped to."""
        if len(self.pipes) == 1:
            self.several_pipes = True
        self.pipes.append(dest)

    def take_pipes(self) -> list[Any]:
        """Forget all pipes, and tell which there were."""
        taken, self.pipes = self.pipes, []
        return taken

    def remove_pipe(self, dest: Any) -> bool:
        """Forget one; False if there is none."""
        for index, pipe in enumerate(self.pipes):
            if pipe is dest:
                del self.pipes[index]
                return True
        return False

    def await_drain_of(self, dest: Any) -> None:
        """`dest` is full: the flow stops until it, and all others that are full, have drained."""
        if len(self.pipes) > 1:
            if any(pipe is dest for pipe in self.pipes):
                if self.awaiting_drain is None:
                    self.awaiting_drain = set()
                self.awaiting_drain.add(dest)
        elif self.pipes and self.pipes[0] is dest:
            self.awaiting_drain = {dest}
            self.several_pipes = False

    @property
    def may_await_drain(self) -> bool:
        """Whether a pipe that goes may be what the flow waits for; in doubt, if there were several."""
        return bool(self.awaiting_drain) or self.several_pipes

    def drained(self, dest: Any) -> bool:
        """`dest` has room again. Whether all have."""
        if self.awaiting_drain is not None:
            self.awaiting_drain.discard(dest)
        return not self.awaiting_drain


class ReadableWays:
    """The two methods of a Readable that every chunk goes through."""

    _readable_state: ReadableState

    def push(self, chunk: Any = b"", encoding: str | None = None) -> bool:
        """Hand a chunk from the source to the stream; None says that there are no more.

        Args:
            chunk: bytes-like, or a string in `encoding`; in object mode any object. A bytearray is copied.
                An empty one, or none at all, only says that the source is ready to be asked again.

        Returns whether there is room for more: False says to wait for the next `_read`.

        An error (a wrong type, a push after the end) destroys the stream. Node: readable.push
        """
        state = self._readable_state
        if (
            chunk is None
            or state.ended
            or state.life.flags
            or not (state.takes_anything or (type(chunk) is bytes and chunk and state.decoder is None))
        ):
            return state.push(chunk, encoding)
        state.reading = False
        if state.flowing and not state.length and not state.sync and state.data_listening:
            state.awaiting_drain = None
            state.data_emitted = True
            self.emit("data", chunk)  # type: ignore[attr-defined]
        else:
            state.length += 1 if state.object_mode else len(chunk)
            if state.buffer is NO_CHUNKS:
                state.buffer = ChunkList()
            state.buffer.append(chunk)
            if state.need_readable:
                state.schedule_readable()
        if not state.reading_more and not state.reading:
            state.reading_more = True
            next_tick(state.read_ahead_now)
        length = state.length
        if length and length >= state.high_water_mark:
            return False
        return not state.ended

    def read(self, size: int | None = None) -> Any:
        """Take `size` bytes (or characters; in object mode one object) out of the buffer, or all of it.

        Returns None if there are fewer; what is left at the end is given though it is less.

        Raises ERR_OUT_OF_RANGE for more than 1 GiB. Node: readable.read
        """
        if size is not None and type(size) is not int:
            size = _whole_number(size)
        return self._readable_state.next_chunk() if size is None else self._readable_state.read(size)


_READ = ReadableWays.read
"""The library's own, where a subclass or a user may have put another in its place."""
