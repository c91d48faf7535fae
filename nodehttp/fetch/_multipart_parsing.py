"""The parts of multipart/form-data, one after the other, as streams.

The rules:

1. The source is read only when somebody wants something: the next part, or bytes of the part that is open. So a part
   that nobody reads stops the source.
2. There is one open part. Asking for the next one destroys it, if it was not read to its end.
3. Who drops the iterator, or closes it, wants nothing more: the open part is destroyed, the source is left.
4. An error is the error of the open part, and of whoever asks for the next part. The source is left.

Standard: Fetch, section 5.3 (multipart/form-data parsing)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from nodestream._hooks import noop
from nodestream._readable import Readable
from nodestream.errors import ERR_FORM_TOO_LARGE, ERR_INVALID_STATE
from nodestream.loop import Promise, current_loop

from ._body_chunks import Chunks
from ._form_limits import FormLimits
from ._headers import Headers
from ._multipart_cutting import SLICE_SIZE, Event, PartCutter, PartEnd
from ._multipart_head import PartHead


class PartEvents:
    """The events of a form, and where its bytes come from. One that is said to be too long is not even begun."""

    def __init__(self, chunks: Chunks, length: int, cutter: PartCutter, limits: FormLimits) -> None:
        self._chunks = chunks
        self._cutter = cutter
        self._limits = limits
        self._rest = memoryview(b"")
        self._total = 0
        self._failure: Exception | None = None
        if length > limits.max_total_size:
            self._failure = ERR_FORM_TOO_LARGE(limits.max_total_size)

    def take(self) -> Event | None:
        """The next event, or None if more must be read first."""
        events = self._cutter.events
        return events.popleft() if events else None

    async def read(self) -> bool:
        """Read on, which may or may not give events; False at the end.

        Raises a FormError, and what the source raises.
        """
        if self._failure is not None:
            raise self._failure
        if not self._rest:
            try:
                chunk = await anext(aiter(self._chunks))
            except StopAsyncIteration:
                self._cutter.finish()
                return False
            self._total += len(chunk)
            if self._total > self._limits.max_total_size:
                raise ERR_FORM_TOO_LARGE(self._limits.max_total_size)
            self._rest = memoryview(chunk)
        data, self._rest = self._rest[:SLICE_SIZE], self._rest[SLICE_SIZE:]
        try:
            self._cutter.feed(bytes(data))
        except Exception as error:
            self._failure = error  # what came before it comes first
        return True

    async def next_head(self) -> PartHead | None:
        """Await the next part, whatever is left of this one; None at the end. Raises as `read`."""
        while True:
            event = self.take()
            if isinstance(event, PartHead):
                return event
            if event is None and not await self.read():
                return None

    async def next_piece(self) -> bytes | None:
        """Await the next bytes of this part; None when it is complete. Raises as `read`."""
        while True:
            event = self.take()
            if isinstance(event, bytes):
                return event
            if event is not None or not await self.read():
                return None

    async def leave(self) -> None:
        """Nobody wants more."""
        await self._chunks.aclose()


class FormPart(Readable):
    """A part of a form: a stream of its bytes.

    Attributes:
        name: the name of the field.
        filename: the name of the file, which may be empty; None for a field that is no file.
        type: the MIME type; "text/plain" if the sender says nothing.
        headers: all headers of the part.

    A part that was not read to its end when the next one is asked for is destroyed; reading it raises
    ERR_STREAM_PREMATURE_CLOSE then.

    Events: those of a Readable. `error`: a FormError; what the source of the form fails with (ECONNRESET when a client
    is gone).
    """

    def __init__(self, parts: OpenParts, head: PartHead) -> None:
        super().__init__()
        self._parts = parts
        self.name = head.name
        self.filename = head.filename
        self.type = head.type
        self.headers: Headers = head.headers

    def _read(self, _size: int) -> None:
        self._parts.part_wants()

    def _destroy(self, error: Any, callback: Callable[..., object]) -> None:
        self._parts.part_is_gone(self)
        callback(error)


class OpenParts:
    """What the iterator and the open part share."""

    def __init__(self, events: PartEvents) -> None:
        self.loop = current_loop()
        self._events = events
        self._part: FormPart | None = None
        self._part_wants = False
        self._next: Promise[FormPart | None] | None = None  # somebody asks for the next part
        self._is_reading = False
        self._stop_reading: Callable[[], None] = noop
        self._failure: BaseException | None = None
        self._is_over = False

    # --- what is wanted ---

    def next_part(self) -> Promise[FormPart | None]:
        """A promise of the next part, None at the end. Raises ERR_INVALID_STATE while one is waited for."""
        if self._next is not None:
            raise ERR_INVALID_STATE("The next part is being waited for")
        promise = self._next = Promise()
        if self._failure is not None:
            failure, self._failure = self._failure, None
            self._answer_with_error(failure)
        elif self._is_over:
            self._answer(None)
        else:
            if self._part is not None:
                self._part.destroy()
            self._advance()
        return promise

    def part_wants(self) -> None:
        """The open part has room."""
        self._part_wants = True
        self._advance()

    def part_is_gone(self, part: FormPart) -> None:
        """Nobody wants more of a part."""
        if part is self._part:
            self._part = None
            self._part_wants = False

    def leave(self) -> None:
        """Nobody wants anything more. May be called again."""
        if not self._is_over:
            self._is_over = True
            self._leave_source()
            if self._part is not None:
                self._part.destroy()
            self._answer(None)

    # --- what comes ---

    def _advance(self) -> None:
        """Hand over what there is as far as it is wanted, and read on if more is."""
        while self._part_wants or self._next is not None:
            event = self._events.take()
            if event is None:
                if not self._is_reading and not self._is_over:
                    self._is_reading = True
                    self._stop_reading = self.loop.spawn_stoppable(self._events.read(), self._has_read)
                return
            self._hand_over(event)

    def _hand_over(self, event: Event) -> None:
        if isinstance(event, PartHead):
            self._part = FormPart(self, event)
            self._answer(self._part)
        elif isinstance(event, PartEnd):
            part, self._part, self._part_wants = self._part, None, False
            if part is not None:
                part.push(None)
        elif self._part is not None:
            part = self._part
            wants = part.push(event)
            if part is self._part:  # nobody has destroyed it meanwhile
                self._part_wants = wants

    def _has_read(self, error: BaseException | None, is_more: bool | None) -> None:
        self._is_reading = False
        if self._is_over:
            self._leave_source()
        elif error is not None:
            self._fail(error)
        elif is_more:
            self._advance()
        else:
            self._is_over = True
            self._answer(None)

    def _fail(self, error: BaseException) -> None:
        self._is_over = True
        self._leave_source()
        if self._next is not None:
            self._answer_with_error(error)
            return
        self._failure = error  # of whoever asks for the next part
        if self._part is not None:
            self._part.destroy(error)

    def _answer(self, part: FormPart | None) -> None:
        asking, self._next = self._next, None
        if asking is not None:
            asking.resolve(part)

    def _answer_with_error(self, error: BaseException) -> None:
        asking, self._next = self._next, None
        if asking is not None:
            asking.reject(error)

    def _leave_source(self) -> None:
        """An iterator can only be closed when it is not running: what it waits for is stopped first."""
        if self._is_reading:
            self._stop_reading()
        else:
            self.loop.spawn(self._events.leave(), noop)


class FormParts:
    """The parts of a form, one after the other: an async iterator of FormPart.

    Raises a FormError, and what the source of the form fails with; ERR_INVALID_STATE for a part that is asked for while
    another one is waited for.

    Leaving the loop early (`break`, `return`, an exception, a cancel) destroys the open part, and leaves the source:
    when the iterator is dropped, or by `await parts.aclose()`.
    """

    __slots__ = ("_parts",)

    def __init__(self, parts: OpenParts) -> None:
        self._parts = parts

    def __aiter__(self) -> FormParts:
        return self

    async def __anext__(self) -> FormPart:
        asked = self._parts.next_part()
        try:
            part = await asked
        except BaseException:
            self._parts.leave()
            raise
        if part is None:
            raise StopAsyncIteration
        return part

    async def aclose(self) -> None:
        """Leave the loop. May be called again."""
        self._parts.leave()

    def __del__(self) -> None:
        # The last reference may be dropped, or found by the collector, in any thread.
        self._parts.loop.call_from_finalizer(self._parts.leave)
