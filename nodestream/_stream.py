"""What every stream that reads or writes has, whichever sides it has: a life.

Node: stream.destroy, stream.destroyed
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from typing import Any, TypeVar

from . import _predicates as ask
from ._add_abort_signal import add_abort_signal
from ._arity import tolerant
from ._dispose import Disposable
from ._hooks import install
from ._legacy import Stream as Stream
from ._lifecycle import DESTROYED, Failure, Lifecycle
from ._names import node_name

S = TypeVar("S", bound="LivingStream")

LIFE_HOOKS = ("construct", "destroy")
LIFE_OPTIONS = frozenset({"auto_destroy", "emit_close", "construct", "destroy", "capture_rejections", "signal"})


class LivingStream(Disposable, Stream):
    """The base of Readable, Writable and Duplex.

    Events: `error(error)`, at most once; `close`, last of all.
    """

    _life: Lifecycle

    def _begin_life(self, options: dict[str, Any], hooks: tuple[str, ...]) -> Lifecycle:
        """Set up what both sides share, and make the hooks among the options methods."""
        Stream.__init__(self, capture_rejections=options.get("capture_rejections"))
        self._life = Lifecycle(
            self,
            auto_destroy="auto_destroy" not in options or options["auto_destroy"] is not False,
            emit_close="emit_close" not in options or options["emit_close"] is not False,
        )
        if options:
            install(self, options, hooks)
            install(self, options, LIFE_HOOKS)
        return self._life

    def _live(self, options: dict[str, Any], *when_constructed: Callable[[], None]) -> None:
        """The sides are set up: listen to a signal that was given, and construct the stream, if it has that hook."""
        signal = options.get("signal")
        if signal is not None:
            add_abort_signal(signal, self)
        if hasattr(self, "_construct"):
            for then in when_constructed:
                self._life.construct(then)

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

    def undestroy(self) -> None:
        """Make a stream that was destroyed as it was when it was new. Node: readable._undestroy"""
        self._life.revive()
        for state in (ask.readable_state(self), ask.writable_state(self)):
            if state is not None:
                state.revive()

    _undestroy = node_name(undestroy)

    def capture_rejection(self, error: Exception, _event: object, *_args: object) -> None:
        """An async listener failed, and `capture_rejections` is set: the stream is destroyed with its error."""
        self.destroy(error)

    @property
    def destroyed(self) -> bool:
        """Whether destroy() was called. May be set by those who do without it.

        A subclass may ask before it has called the constructor here; what it sets then is not kept.

        Node: stream.destroyed
        """
        try:
            return self._life.flags & DESTROYED != 0
        except AttributeError:
            return False

    @destroyed.setter
    def destroyed(self, value: bool) -> None:
        with suppress(AttributeError):
            self._life.set_destroyed(value)

    @property
    def closed(self) -> bool:
        """Whether the stream has let go of all it held. Node: stream.closed"""
        return self._life.closed

    @property
    def errored(self) -> Failure:
        """The error that the stream was destroyed with, or None. Node: stream.errored"""
        return self._life.errored
