"""`Stream`: the base of every stream, and by itself the old-style one: an emitter of `data` with `pipe()`.

An old-style stream is not slowed down but by `pause()`, if it has that, and does not know what `readable` is. Anything
with `on`, `write` and `end` can be piped to.

Node: stream.Stream
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ._foreign import call_if_there, has_no_listener, prepend_listener
from ._options import normalized
from .events import EventEmitter


class Stream(EventEmitter):
    """The base of every stream.

    Options: those of EventEmitter.

    By itself an old-style stream: whoever makes one emits `data(chunk)`, `end` and `close`.

    Node: stream.Stream
    """

    def pipe(self, dest: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Any:
        """Write every chunk to `dest`; at the end, end it, unless `end=False`. Returns `dest`.

        A source that closes before its end destroys `dest`. An error of either undoes the pipe.

        Node: stream.Stream, readable.pipe
        """
        given = normalized(("end",), options, keywords, "pipe")
        _LegacyPipe(self, dest).connect(end=given.get("end", True) is not False)
        return dest


class _LegacyPipe:
    """The listeners of one pipe of an old-style stream."""

    __slots__ = ("_dest", "_has_ended", "_source")

    def __init__(self, source: Stream, dest: Any) -> None:
        self._source = source
        self._dest = dest
        self._has_ended = False

    def connect(self, *, end: bool) -> None:
        """Begin."""
        source, dest = self._source, self._dest
        source.on("data", self._on_data)
        dest.on("drain", self._on_drain)
        if end:
            source.on("end", self._on_end)
            source.on("close", self._on_close)
        prepend_listener(source, "error", self._on_source_error)
        prepend_listener(dest, "error", self._on_dest_error)
        for emitter, event in self._last_events():
            emitter.on(event, self._clean_up)
        dest.emit("pipe", source)

    def _last_events(self) -> list[tuple[Any, str]]:
        """After any of these nothing is piped any more."""
        return [(self._source, "end"), (self._source, "close"), (self._dest, "close")]

    def _on_data(self, chunk: Any = None) -> None:
        dest = self._dest
        if getattr(dest, "writable", False) and dest.write(chunk) is False:
            call_if_there(self._source, "pause")

    def _on_drain(self, *_: object) -> None:
        if getattr(self._source, "readable", False):
            call_if_there(self._source, "resume")

    def _on_end(self, *_: object) -> None:
        if not self._has_ended:
            self._has_ended = True
            self._dest.end()

    def _on_close(self, *_: object) -> None:
        if not self._has_ended:
            self._has_ended = True
            call_if_there(self._dest, "destroy")

    def _on_source_error(self, error: Any = None) -> None:
        self._failed(self._source, error)

    def _on_dest_error(self, error: Any = None) -> None:
        self._failed(self._dest, error)

    def _failed(self, emitter: Any, error: Any) -> None:
        """Undo the pipe; an error that nobody else listens for is not swallowed by that."""
        self._clean_up()
        if has_no_listener(emitter, "error"):
            emitter.emit("error", error)

    def _clean_up(self, *_: object) -> None:
        source, dest = self._source, self._dest
        source.remove_listener("data", self._on_data)
        dest.remove_listener("drain", self._on_drain)
        source.remove_listener("end", self._on_end)
        source.remove_listener("close", self._on_close)
        source.remove_listener("error", self._on_source_error)
        dest.remove_listener("error", self._on_dest_error)
        for emitter, event in self._last_events():
            emitter.remove_listener(event, self._clean_up)
