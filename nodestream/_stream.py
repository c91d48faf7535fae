"""`Stream`: what every stream has, whichever sides it has.

Node: stream.Stream, node:stream's destroy
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from ._arity import tolerant
from ._hooks import install
from ._lifecycle import Failure, Lifecycle
from .events import EventEmitter

S = TypeVar("S", bound="Stream")

LIFE_OPTIONS = frozenset({"auto_destroy", "emit_close", "construct", "destroy", "capture_rejections"})


class Stream(EventEmitter):
    """The base of every stream.

    Events: `error(error)`, at most once; `close`, last of all.

    Node: stream.Stream
    """

    _life: Lifecycle

    def _begin_life(self, options: dict[str, Any], hooks: tuple[str, ...]) -> Lifecycle:
        """Set up what both sides share, and make the hooks among the options methods."""
        EventEmitter.__init__(self, capture_rejections=options.get("capture_rejections"))
        self._life = Lifecycle(
            self,
            auto_destroy=options.get("auto_destroy") is not False,
            emit_close=options.get("emit_close") is not False,
        )
        install(self, options, (*hooks, "construct", "destroy"))
        return self._life

    def destroy(self: S, error: BaseException | None = None, callback: Callable[[Failure], object] | None = None) -> S:
        """Destroy the stream: what is buffered is lost, `error` (if given) and `close` are emitted in a later tick.

        `callback(error)` is called with the outcome of `_destroy`. Calling this again has no effect.

        Node: readable.destroy, writable.destroy
        """
        self._life.destroy(error, None if callback is None else tolerant(callback))
        return self

    def _destroy(self, error: Failure, callback: Callable[..., object]) -> object:
        """Hook: let go of what the stream holds, then call `callback(error)`. Node: readable._destroy"""
        return callback(error)

    def capture_rejection(self, error: Exception, _event: object, *_args: object) -> None:
        """An async listener failed, and `capture_rejections` is set: the stream is destroyed with its error."""
        self.destroy(error)

    @property
    def destroyed(self) -> bool:
        """Whether destroy() was called. Node: stream.destroyed"""
        return self._life.destroyed

    @property
    def closed(self) -> bool:
        """Whether the stream has let go of all it held. Node: stream.closed"""
        return self._life.closed

    @property
    def errored(self) -> Failure:
        """The error that the stream was destroyed with, or None. Node: stream.errored"""
        return self._life.errored

    async def __aenter__(self: S) -> S:
        return self

    async def __aexit__(self, kind: object, error: BaseException | None, traceback: object) -> None:
        """Leaving `async with` destroys the stream, unless it has ended, and waits until it is closed.

        Raises the error that the stream fails with, unless the body fails with another one.

        Node: stream[Symbol.asyncDispose]
        """
        from ._dispose import dispose

        try:
            await dispose(self)
        except Exception:
            if error is None:
                raise
