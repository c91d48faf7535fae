"""What Node's readable and writable states are known by, where it is not what ours are called, or belongs to the life.

Programs look at `stream._readableState` and `stream._writableState` though nobody says they may. These are names to
read only: each says what is there already.

Node: ReadableState, WritableState
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ._hooks import noop
from ._lifecycle import Failure, Lifecycle

if TYPE_CHECKING:
    from ._chunks import ChunkList


class LifeNames:
    """What both states say of the stream's life."""

    __slots__ = ()

    life: Lifecycle

    @property
    def constructed(self) -> bool:
        """Whether the stream has been constructed."""
        return self.life.constructed

    @property
    def destroyed(self) -> bool:
        """Whether it was destroyed."""
        return self.life.destroyed

    @property
    def closed(self) -> bool:
        """Whether it has let go of what it held."""
        return self.life.closed

    @property
    def close_emitted(self) -> bool:
        """Whether `close` was emitted, or would have been."""
        return self.life.close_emitted

    @property
    def errored(self) -> Failure:
        """The first error there was, or None."""
        return self.life.errored

    @property
    def error_emitted(self) -> bool:
        """Whether `error` was emitted."""
        return self.life.error_emitted

    @property
    def auto_destroy(self) -> bool:
        """Whether it destroys itself when it is done."""
        return self.life.auto_destroy

    @property
    def emit_close(self) -> bool:
        """Whether it emits `close`."""
        return self.life.emit_close


class ReadableNames(LifeNames):
    """What Node's ReadableState says besides."""

    __slots__ = ()

    awaiting_drain: set[Any] | None
    buffer: ChunkList
    pipes: list[Any]

    @property
    def pipes_count(self) -> int:
        """How many destinations there are."""
        return len(self.pipes)

    @property
    def multi_await_drain(self) -> bool:
        """Whether several destinations may be waited for."""
        return len(self.pipes) > 1

    @property
    def await_drain_writers(self) -> Any:
        """What is waited for: of several destinations a set; of one this or None."""
        awaiting = self.awaiting_drain or set()
        return awaiting if self.multi_await_drain else next(iter(awaiting), None)

    @property
    def buffer_index(self) -> int:
        """Where in `buffer` the chunks begin."""
        return 0


class WritableNames(LifeNames):
    """What Node's WritableState says besides."""

    __slots__ = ()

    buffered: Any
    current_callback: Callable[..., object]
    current_length: int
    on_write: Callable[..., object]
    pending_callbacks: int
    writing: bool

    @property
    def pendingcb(self) -> int:
        """How many callbacks have not been called."""
        return self.pending_callbacks

    @property
    def writelen(self) -> int:
        """How much is under way."""
        return self.current_length if self.writing else 0

    @property
    def writecb(self) -> Callable[..., object]:
        """The callback of the write that is under way."""
        return self.current_callback if self.writing else noop

    @property
    def onwrite(self) -> Callable[..., object]:
        """What `_write` calls back."""
        return self.on_write

    @property
    def buffered_index(self) -> int:
        """Where in `buffered` the writes begin."""
        return 0

    @property
    def buffered_request_count(self) -> int:
        """How many writes wait."""
        return len(self.buffered)

    @property
    def all_buffers(self) -> bool:
        """Whether all writes that wait are bytes."""
        return all(entry.encoding == "buffer" for entry in self.buffered)

    @property
    def all_noop(self) -> bool:
        """Whether none of the writes that wait has a callback."""
        return all(entry.callback is noop for entry in self.buffered)

    def get_buffer(self) -> list[Any]:
        """The writes that wait."""
        return list(self.buffered)
