"""The state machine that every engine shares: pieces of bytes in, callbacks out.

An engine is a function (`ReadHead`) that reads a head which is there in one piece and plain, and declines any other.
What it declines, the grammar of `_start_line` and `_fields` reads, refuses what Node refuses, and tells why. No engine
sees a body: counting a body's bytes is a few lines, and a piece of input that is all body is handed on as it is.

The states. Each is a method that consumes input or makes a callback, and returns False when it needs more input:

    _start -> [_head] -> [_scan]   -> _headers_done
    _headers_done -> _fixed_body | _chunk_size | _eof_body | _complete | _upgraded
    _chunk_size <-> _chunk_data    (with _scan for what is not plain)
    _chunk_size -> _scan (trailers) -> _complete
    _complete -> _start | _closed
    _upgraded -> _hand_over -> _dead
    any of them -> _refused

State and position are always set before a callback is made, since a callback may pause or close the parser, feed it, or
raise. A state may go straight on to the next after a callback that left it and did not pause. So `_start` takes a whole
message that is there and plain in one step; where a callback does more than listen, the other states go on from there.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from . import _chunked, _fields, _start_line
from ._cursor import Cursor, Steps, run
from ._errors import ParseError, unexpected_end
from ._interface import BodyRule, Head, ParserCallbacks
from ._message import Body, Limits, Message
from ._plain import CHUNKED, ReadHead

_LINE_ENDS = re.compile(rb"[\r\n]*+")
_NO_LINE_END = b"\x0e"
"""What is as large as this is not empty, and does not begin with a line end."""

_NORMAL = BodyRule.NORMAL  # a look at an Enum takes long

T = TypeVar("T")
State = Callable[["Machine"], bool]
Grammar = tuple[Cursor, Steps[Any], Callable[["Machine", Any], None]]
"""What it reads through, itself, and who gets its result and sets the next state."""


class Machine:
    """A `Parser` (see `_interface`) of requests or of responses."""

    __slots__ = (
        "_callbacks",
        "_data",
        "_ended",
        "_grammar",
        "_keeps_alive",
        "_limits",
        "_message",
        "_paused",
        "_pos",
        "_queue",
        "_read_head",
        "_refusal",
        "_remaining",
        "_rule",
        "_running",
        "_state",
    )

    def __init__(self, callbacks: ParserCallbacks, limits: Limits, read_head: ReadHead) -> None:
        self._callbacks = callbacks
        self._limits = limits
        self._read_head = read_head
        self._message: Message | None = None  # None: nothing is known of it but _keeps_alive and _remaining
        self._keeps_alive = True
        self._state: State = Machine._start
        self._data = b""  # the piece of input at hand, read up to _pos
        self._pos = 0
        self._queue: deque[bytes] | None = None  # what was fed meanwhile
        self._paused = False
        self._running = False
        self._ended = False  # finish() was called
        self._rule = _NORMAL  # the answer to on_headers, until it is obeyed
        self._remaining = 0  # body bytes still to come, of the message or of the chunk; or CHUNKED
        self._refusal: ParseError | None = None
        self._grammar: Grammar | None = None  # that waits for input

    # --- the interface ---

    @property
    def unfinished_fields(self) -> int:
        return 0 if self._message is None else len(self._message.fields) // 2

    @property
    def is_at_rest(self) -> bool:
        return self._state is _START and not (self._data or self._paused or self._running)

    def feed(self, data: bytes, /) -> None:
        if self._state is _START and not (self._data or self._paused) and data >= _NO_LINE_END:
            # Between messages nothing is queued while no data is at hand, no callback is running, and the input has not
            # ended. So this is `_run`, straight to the state that there is.
            self._data = data
            self._running = True
            try:
                goes_on = self._whole(data, 0)
            finally:
                self._running = False
            if goes_on or self._queue or self._ended:
                self._run()
            else:
                self._data = b""
                self._pos = 0
            return
        if self._ended or self._state is _DEAD or not data:
            return
        if self._paused or self._running or self._pos < len(self._data):
            if self._queue is None:
                self._queue = deque()
            self._queue.append(data)
        else:
            self._data = data
            self._pos = 0
        self._run()

    def pause(self) -> None:
        self._paused = True

    def resume(self) -> None:
        self._paused = False
        self._run()

    def finish(self) -> None:
        self._ended = True
        self._run()

    def close(self) -> None:
        self._state = _DEAD
        self._data = b""
        self._pos = 0
        self._queue = self._grammar = None

    # --- the loop ---

    def _run(self) -> None:
        if self._running:
            return
        self._running = True
        try:
            while not self._paused:
                if not self._state(self) and not self._next_piece():
                    break
        finally:
            self._running = False

    def _next_piece(self) -> bool:
        """The input at hand is used up: take the next piece, or come to the end; says whether to go on."""
        self._data = b""
        self._pos = 0
        if self._queue:
            self._data = self._queue.popleft()
            return True
        if self._ended:
            self._at_end()
        return False

    def _at_end(self) -> None:
        state = self._state
        if state is Machine._eof_body:
            self._state = _DEAD
            self._callbacks.on_message_complete([])
        elif state in _ENDS_WELL:
            self._state = _DEAD
        else:
            self._fail(unexpected_end())

    def _fail(self, error: ParseError) -> None:
        error.raw_packet = self._data or None  # at the end there is none
        error.__traceback__ = None  # it is reported, not raised; and a traceback would keep this parser alive
        self.close()
        self._state = Machine._refused
        self._refusal = error.again(b"")
        self._callbacks.on_error(error)

    def _refused(self) -> bool:
        """Whatever comes after an error is refused with that error."""
        data, self._data = self._data, b""
        if data and self._refusal is not None:
            self._callbacks.on_error(self._refusal.again(data))
        return False

    def _dead(self) -> bool:
        return False

    # --- between messages ---

    def _start(self) -> bool:
        """Blank lines before a message are skipped: RFC 9112 section 2.2."""
        data, pos = self._data, self._pos
        if pos < len(data) and data[pos] <= 0x0D:
            match = _LINE_ENDS.match(data, pos)
            self._pos = pos = match.end() if match else pos
        return pos < len(data) and self._whole(data, pos)

    def _whole(self, data: bytes, pos: int) -> bool:
        """A message from its first byte on; to its end, if it is there and nothing comes between."""
        plain = self._read_head(self._limits, data, pos)
        callbacks = self._callbacks
        self._state = _HEAD
        callbacks.on_message_begin()
        if self._state is not _HEAD or self._paused:
            return True
        if plain is None:
            self._begin_head_scan()
            return True
        head, end, size, message = plain
        self._message = message
        self._pos = end
        keeps_alive = self._keeps_alive = head.keep_alive
        self._remaining = size
        self._state = _HEADERS_DONE
        rule = callbacks.on_headers(head)
        if message is not None or rule is not _NORMAL or self._state is not _HEADERS_DONE or self._paused:
            self._rule = rule
            return True
        if size:
            if size == CHUNKED:
                self._state = _CHUNK_SIZE
                return self._chunk_size()
            body_end = end + size
            if body_end > len(data):
                return self._headers_done()
            self._pos = body_end
            self._state = _COMPLETE
            callbacks.on_body(data[end:body_end])
            if self._state is not _COMPLETE or self._paused:
                return True
            end = body_end
        self._state = _START if keeps_alive or self._limits.insecure else _CLOSED
        callbacks.on_message_complete([])
        return end < len(data)

    def _closed(self) -> bool:
        """The last message was to be the last."""
        match = _LINE_ENDS.match(self._data, self._pos)
        self._pos = match.end() if match else self._pos
        if self._pos == len(self._data):
            return False
        self._fail(ParseError("HPE_CLOSED_CONNECTION", "Data after `Connection: close`", self._pos + 1))
        return False

    # --- heads ---

    def _head(self) -> bool:
        """A head that has been read, but not told, since a callback came between: it is read again."""
        plain = self._read_head(self._limits, self._data, self._pos)
        if plain is None:
            self._begin_head_scan()
        else:
            head, self._pos, self._remaining, self._message = plain
            self._tell_head(head)
        return True

    def _begin_head_scan(self) -> None:
        self._message = Message(self._limits)
        self._begin_scan(_request_head if self._limits.request else _response_head, Machine._head_scanned)

    def _head_scanned(self, _: None) -> None:
        self._tell_head(self._known_message.head())

    def _tell_head(self, head: Head) -> None:
        self._keeps_alive = head.keep_alive
        self._state = _HEADERS_DONE
        self._rule = self._callbacks.on_headers(head)

    def _headers_done(self) -> bool:
        rule, self._rule = self._rule, _NORMAL  # which stands, too, if the callback raises
        message = self._message
        if message is not None:
            self._expect(message, message.body(rule))
        elif rule is BodyRule.UPGRADE:
            self._state = Machine._upgraded
        elif rule is BodyRule.NO_BODY or not self._remaining:
            self._state = _COMPLETE
        else:
            self._state = _CHUNK_SIZE if self._remaining == CHUNKED else Machine._fixed_body
        return True

    def _expect(self, message: Message, body: Body) -> None:
        if body is Body.LENGTH:
            self._remaining = message.content_length or 0
            self._state = Machine._fixed_body
        elif body is Body.UNKNOWN:
            reason = "Request has invalid `Transfer-Encoding`"
            self._fail(ParseError("HPE_INVALID_TRANSFER_ENCODING", reason, self._pos))
        else:
            self._state = _AFTER_HEAD[body]

    # --- grammars that wait for input ---

    @property
    def _known_message(self) -> Message:
        """The message that a grammar reads. Of one in chunks nothing else may be known: then it is a usual one."""
        message = self._message
        if message is None:
            message = self._message = Message.in_chunks(self._limits)
        return message

    def _begin_scan(self, grammar: Callable[[Cursor, Message], Steps[T]], then: Callable[[Machine, T], None]) -> None:
        cursor = Cursor()
        self._grammar = (cursor, grammar(cursor, self._known_message), then)
        self._state = Machine._scan

    def _scan(self) -> bool:
        if self._grammar is None or self._pos == len(self._data):
            return False
        cursor, steps, then = self._grammar
        cursor.feed(self._data, self._pos)
        try:
            done, result = run(steps)
        except ParseError as error:
            self._fail(error)
            return False
        self._pos = cursor.pos
        if done:
            self._grammar = None
            then(self, result)
        return done

    # --- bodies ---

    def _fixed_body(self) -> bool:
        chunk = self._take(self._remaining)
        if not chunk:
            return False
        self._remaining -= len(chunk)
        if not self._remaining:
            self._state = Machine._complete
        self._callbacks.on_body(chunk)
        return True

    def _eof_body(self) -> bool:
        chunk = self._take(len(self._data))
        if not chunk:
            return False
        self._callbacks.on_body(chunk)
        return True

    def _chunk_size(self) -> bool:
        """A chunk's size line; and its data too, chunk after chunk, as long as they are there whole."""
        while True:
            data, pos = self._data, self._pos
            match = _chunked.PLAIN_SIZE_LINE.match(data, pos)
            if match is None:
                break
            size, begin = int(match.group(1), 16), match.end()
            end = begin + size
            if not size or not data.startswith(b"\r\n", end):
                self._pos = begin
                self._take_chunk_size(size)
                return self._chunk_data() if size else True
            self._pos = end + 2
            self._callbacks.on_body(data[begin:end])
            if self._state is not _CHUNK_SIZE or self._paused:
                return True
        if pos < len(data):
            self._begin_scan(_chunked.size_line, Machine._take_chunk_size)
        return pos < len(data)

    def _take_chunk_size(self, size: int) -> None:
        if size:
            self._remaining = size
            self._state = _CHUNK_DATA
        elif self._data.startswith(b"\r\n", self._pos):
            self._pos += 2
            self._state = _COMPLETE
        else:
            self._begin_scan(_fields.field_lines, Machine._trailers_scanned)

    def _trailers_scanned(self, _: None) -> None:
        self._state = Machine._complete

    def _chunk_data(self) -> bool:
        data, pos = self._data, self._pos
        end = pos + self._remaining
        size = len(data)
        if pos == size:
            return False
        if size < end:
            self._remaining = end - size
            self._pos = size
            self._callbacks.on_body(data[pos:])
            return self._state is not _CHUNK_DATA or self._paused  # all of the input was body
        if data.startswith(b"\r\n", end):
            self._pos = end + 2
            self._state = _CHUNK_SIZE
            self._callbacks.on_body(data[pos:end])
            return True if self._state is not _CHUNK_SIZE or self._paused else self._chunk_size()
        self._pos = end
        self._begin_scan(_chunked.data_end, Machine._chunk_ended)
        self._callbacks.on_body(data[pos:end])
        return True

    def _chunk_ended(self, _: None) -> None:
        self._state = _CHUNK_SIZE

    def _take(self, size: int) -> bytes:
        """Up to `size` bytes of the input at hand; all of it is handed on uncopied."""
        data, pos = self._data, self._pos
        if pos == 0 and len(data) <= size:
            self._pos = len(data)
            return data
        chunk = data[pos : pos + size]
        self._pos = pos + len(chunk)
        return chunk

    # --- the end of a message ---

    def _complete(self) -> bool:
        message = self._message
        trailers: list[str] = []
        if message is not None:
            self._keeps_alive = message.keep_alive  # trailers and the rule for the body may have changed it
            trailers = message.take_fields() if message.fields else []
            self._message = None
        self._state = _START if self._keeps_alive or self._limits.insecure else _CLOSED
        self._callbacks.on_message_complete(trailers)
        return True

    def _upgraded(self) -> bool:
        self._state = Machine._hand_over
        self._callbacks.on_message_complete([])
        return True

    def _hand_over(self) -> bool:
        rest = b"".join((self._data[self._pos :], *(self._queue or ())))
        self.close()
        self._callbacks.on_upgrade(rest)
        return False


_CHUNK_DATA: State = Machine._chunk_data
_START: State = Machine._start
_HEAD: State = Machine._head
_HEADERS_DONE: State = Machine._headers_done
_CHUNK_SIZE: State = Machine._chunk_size
_COMPLETE: State = Machine._complete
_CLOSED: State = Machine._closed
_DEAD: State = Machine._dead
_ENDS_WELL: tuple[State, ...] = (_START, _CLOSED, Machine._refused, _DEAD)
"""Where the peer may stop sending, besides in a body that lasts until then."""
_AFTER_HEAD: dict[Body, State] = {
    Body.NONE: _COMPLETE,
    Body.CHUNKED: _CHUNK_SIZE,
    Body.UNTIL_EOF: Machine._eof_body,
    Body.UPGRADE: Machine._upgraded,
}


def _request_head(cursor: Cursor, message: Message) -> Steps[None]:
    yield from _start_line.request_line(cursor, message)
    yield from _fields.header_section(cursor, message)


def _response_head(cursor: Cursor, message: Message) -> Steps[None]:
    yield from _start_line.status_line(cursor, message)
    yield from _fields.header_section(cursor, message)
