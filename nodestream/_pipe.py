"""`readable.pipe(dest)`: every chunk to `dest`, at the pace of `dest`.

One `Pipe` stands for one connection; it listens to both ends, and takes all its listeners away when either end is done.

Node: readable.pipe
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from ._event_emitter import Once
from ._foreign import has_no_listener, prepend_listener
from ._hooks import noop
from ._together import add_listeners, is_plain_in_all, remove_listener, remove_listeners
from .loop import next_tick

if TYPE_CHECKING:
    from ._readable import Readable

W = TypeVar("W")


class UnpipeInfo:
    """Second argument of `unpipe`; `has_unpiped` says whether the pipe has taken its listeners away."""

    __slots__ = ("has_unpiped",)

    def __init__(self) -> None:
        self.has_unpiped = False


class Pipe:
    """The listeners of one pipe."""

    __slots__ = ("_at_close", "_at_end", "_at_finish", "_cleaned_up", "_dest", "_source", "_waits_for_drain")

    def __init__(self, source: Readable, dest: Any, *, end: bool) -> None:
        self._source = source
        self._dest = dest
        # These three are called once: each goes by itself.
        self._at_end: Callable[..., object] = self._on_end if end else self._unpipe
        self._at_close: Callable[..., object] = self._on_close
        self._at_finish: Callable[..., object] = self._on_finish
        self._cleaned_up = False
        self._waits_for_drain = False

    def connect(self) -> None:
        """Begin."""
        source, dest = self._source, self._dest
        state = source._readable_state
        if not state.end_emitted and is_plain_in_all(source) and is_plain_in_all(dest):
            self._listen_together()
        else:
            self._listen()
        dest.emit("pipe", source)
        if getattr(dest, "writable_need_drain", False) is True:
            self._pause()
        elif not state.flowing:
            source.resume()

    def _listen(self) -> None:
        source, dest = self._source, self._dest
        if source._readable_state.end_emitted:
            next_tick(self._at_end)
        else:
            source.once("end", self._at_end)
        dest.on("unpipe", self._on_unpipe)
        source.on("data", self._on_data)
        prepend_listener(dest, "error", self._on_error)
        dest.once("close", self._at_close)
        dest.once("finish", self._at_finish)

    def _listen_together(self) -> None:
        """As `_listen`, where nobody can see in which order the two are listened to."""
        source, dest = self._source, self._dest
        # What `once` makes is kept: whether it is still there is seen at a glance.
        end = self._at_end = Once(source, "end", self._at_end)
        close = self._at_close = Once(dest, "close", self._on_close)
        finish = self._at_finish = Once(dest, "finish", self._on_finish)
        add_listeners(source, ("end", end), ("data", self._on_data))
        if has_no_listener(dest, "error"):
            add_listeners(
                dest, ("unpipe", self._on_unpipe), ("error", self._on_error), ("close", close), ("finish", finish)
            )
        else:
            dest.prepend_listener("error", self._on_error)
            add_listeners(dest, ("unpipe", self._on_unpipe), ("close", close), ("finish", finish))

    def _unpipe(self) -> None:
        self._source.unpipe(self._dest)

    def _on_unpipe(self, readable: object, info: UnpipeInfo, *_: object) -> None:
        if readable is self._source and not info.has_unpiped:
            info.has_unpiped = True
            self._clean_up()

    def _on_end(self) -> None:
        self._dest.end()

    def _on_data(self, chunk: Any) -> None:
        try:
            has_room = self._dest.write(chunk)
        except Exception as error:
            # It is the destination that failed, not whoever pushed the chunk.
            self._dest.destroy(error)
            return
        if has_room is False:
            self._pause()

    def _pause(self) -> None:
        if not self._cleaned_up:
            self._source._readable_state.await_drain_of(self._dest)
            self._source.pause()
        if not self._waits_for_drain:
            self._waits_for_drain = True
            self._dest.on("drain", self._on_drain)

    def _on_drain(self, *_: object) -> None:
        source = self._source
        state = source._readable_state
        if state.drained(self._dest) and state.data_listening:
            source.resume()

    def _on_error(self, error: Any, *_: object) -> None:
        dest = self._dest
        self._unpipe()
        dest.remove_listener("error", self._on_error)
        if has_no_listener(dest, "error"):
            life = getattr(dest, "_life", None)
            if life is not None and not life.error_emitted:
                life.fail(error)
            else:
                dest.emit("error", error)

    def _on_close(self) -> None:
        remove_listener(self._dest, "finish", self._at_finish)
        self._unpipe()

    def _on_finish(self) -> None:
        remove_listener(self._dest, "close", self._at_close)
        self._unpipe()

    def _clean_up(self) -> None:
        source, dest = self._source, self._dest
        drain = (("drain", self._on_drain),) if self._waits_for_drain else ()
        remove_listeners(
            dest,
            ("close", self._at_close),
            ("finish", self._at_finish),
            *drain,
            ("error", self._on_error),
            ("unpipe", self._on_unpipe),
        )
        remove_listeners(source, ("end", self._at_end), ("data", self._on_data))
        self._cleaned_up = True
        self._at_end = self._at_close = self._at_finish = noop  # they lead back here: that would be garbage to collect
        if self._waits_for_drain and source._readable_state.may_await_drain and self._will_not_drain():
            # The others must not wait for a drain that only this pipe would have seen.
            self._on_drain()

    def _will_not_drain(self) -> bool:
        state = getattr(self._dest, "_writable_state", None)
        return state is None or state.need_drain


def pipe(source: Readable, dest: W, *, end: bool) -> W:
    """Connect `source` to `dest`."""
    source._readable_state.add_pipe(dest)
    Pipe(source, dest, end=end).connect()
    return dest
