"""Web streams as the rest of the library sees them. `nodestream.web` is not imported here, but when one is made.

A ReadableStream, WritableStream or TransformStream says itself what it is. The other names here ask them for what they
know, or have them do something.

Node: the web streams among the arguments of node:stream's functions
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ._hooks import noop
from ._signals import abort_error, on_abort
from .loop import Promise, next_tick

Callback = Callable[..., object]


def kind_of(stream: Any) -> str | None:
    """ "readable", "writable" or "transform"; None for what is no web stream."""
    return getattr(type(stream), "_web_kind", None)


def is_web_readable(stream: Any) -> bool:
    """Whether it is a ReadableStream."""
    return kind_of(stream) == "readable"


def is_web_writable(stream: Any) -> bool:
    """Whether it is a WritableStream."""
    return kind_of(stream) == "writable"


def is_web_transform(stream: Any) -> bool:
    """Whether it is a TransformStream, or one of those that are made of two such sides, as a CompressionStream."""
    return kind_of(stream) == "transform"


def is_web_stream(stream: Any) -> bool:
    """Whether it is any of these."""
    return kind_of(stream) is not None


def side_of(pair: Any, name: str) -> Any:
    """The "readable" or "writable" of a pair, which is a mapping or an object; None if it has none."""
    return pair.get(name) if isinstance(pair, Mapping) else getattr(pair, name, None)


def is_web_pair(pair: Any) -> bool:
    """Whether it has a ReadableStream and a WritableStream, as a TransformStream has."""
    return is_web_readable(side_of(pair, "readable")) and is_web_writable(side_of(pair, "writable"))


def reading_end(stream: Any) -> Any:
    """Where one reads from it: a TransformStream has a side for that."""
    return stream.readable if is_web_transform(stream) else stream


def writing_end(stream: Any) -> Any:
    """Where one writes to it: a TransformStream has a side for that."""
    return stream.writable if is_web_transform(stream) else stream


def state_of(stream: Any) -> str | None:
    """The state of a ReadableStream or WritableStream."""
    return getattr(stream, "_state", None)


def is_disturbed(stream: Any) -> bool:
    """Whether a ReadableStream was read from or cancelled."""
    return bool(getattr(stream, "_disturbed", False))


def has_end(stream: Any) -> bool:
    """Whether it can be waited for."""
    return kind_of(stream) in ("readable", "writable")


def fail(stream: Any, error: Any) -> None:
    """Let it fail, as its source or sink could."""
    stream._controller.error(error)


def watch_web(stream: Any, callback: Callback, signal: Any = None) -> Callable[[], None]:
    """Call `callback(error)` in a tick once a ReadableStream or WritableStream is closed or has failed.

    An AbortError if `signal` is aborted before. Returns a function that does nothing: there are no listeners.
    """
    over: Promise[None] = stream._over
    is_told = False
    forget: Callback = noop

    def tell(*args: Any) -> None:
        nonlocal is_told
        if not is_told:
            is_told = True
            forget()
            callback(*args)

    def aborted() -> None:
        tell(abort_error(signal))

    if signal is not None and signal.aborted:
        next_tick(aborted)
    elif signal is not None:
        forget = on_abort(signal, aborted)
    over.when_settled(lambda _: next_tick(tell, None), lambda error: next_tick(tell, error))
    return lambda: None
