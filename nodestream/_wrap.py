"""`Readable.wrap`: an old-style stream, as the source of a Readable.

Node: stream.Readable.wrap, readable.wrap
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar, overload

from ._destroyer import destroy
from ._options import normalized

if TYPE_CHECKING:
    from ._lifecycle import Failure
    from ._readable import Readable

R = TypeVar("R", bound="Readable")


class Wrap:
    """`wrap` is two things: of a stream, a method that gives it a source; of the class, a function that makes one."""

    @overload
    def __get__(self, instance: None, owner: type) -> Callable[..., Readable]: ...
    @overload
    def __get__(self, instance: R, owner: type) -> Callable[[Any], R]: ...

    def __get__(self, instance: Any, owner: type) -> Any:
        return new_wrapping if instance is None else partial(wrap_into, instance)


def new_wrapping(source: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Readable:
    """A Readable of what `source` emits; it is in object mode if the source is, or does not say.

    The source is destroyed with it. Options: those of Readable. Node: stream.Readable.wrap
    """
    from ._readable import READABLE_OPTIONS, Readable

    def destroy_both(_stream: Readable, error: Failure, callback: Callable[..., object]) -> None:
        destroy(source, error)
        callback(error)

    mode = getattr(source, "readable_object_mode", None)
    if mode is None:
        mode = getattr(source, "object_mode", None)
    given = normalized(READABLE_OPTIONS, options, keywords, "wrap")
    defaults = {"object_mode": True if mode is None else bool(mode)}
    return wrap_into(Readable(defaults | given | {"destroy": destroy_both}), source)


def wrap_into(readable: R, source: Any) -> R:
    """Make `source` the source of `readable`: what it emits is pushed, and it is paused while there is no room.

    Methods that `source` has been given, and a Readable does not have, are the stream's too. Node: readable.wrap
    """
    _Wrapping(readable, source).connect()
    return readable


class _Wrapping:
    """What listens to the source for the stream."""

    __slots__ = ("_is_paused", "_readable", "_source")

    def __init__(self, readable: Readable, source: Any) -> None:
        self._readable = readable
        self._source = source
        self._is_paused = False

    def connect(self) -> None:
        """Begin."""
        source = self._source
        source.on("data", self._on_data)
        source.on("end", self._on_end)
        source.on("error", self._on_error)
        source.on("close", self._on_close)
        source.on("destroy", self._on_close)
        readable: Any = self._readable
        readable._read = self._read
        for name, method in getattr(source, "__dict__", {}).items():
            if not name.startswith("_") and callable(method) and not hasattr(readable, name):
                setattr(readable, name, method)

    def _read(self, _size: int) -> None:
        if self._is_paused and callable(getattr(self._source, "resume", None)):
            self._is_paused = False
            self._source.resume()

    def _on_data(self, chunk: Any = None) -> None:
        if not self._readable.push(chunk) and callable(getattr(self._source, "pause", None)):
            self._is_paused = True
            self._source.pause()

    def _on_end(self, *_: object) -> None:
        self._readable.push(None)

    def _on_error(self, error: Any = None) -> None:
        self._readable._life.fail(error)

    def _on_close(self, *_: object) -> None:
        self._readable.destroy()
