"""`Duplex`: a Readable and a Writable in one, with one life.

Node: stream.Duplex
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import trio

from ._names import node_alias, node_name
from ._options import normalized
from ._readable import READABLE_OPTIONS, Readable
from ._repr import shown
from ._writable import WRITABLE_OPTIONS, Writable
from .events import EventName

Source = trio.abc.ReceiveStream | trio.abc.ReceiveChannel[Any]
Destination = trio.abc.SendStream | trio.abc.SendChannel[Any]

DUPLEX_OPTIONS = (
    READABLE_OPTIONS
    | WRITABLE_OPTIONS
    | {
        "allow_half_open",
        "readable",
        "writable",
        "readable_object_mode",
        "writable_object_mode",
        "readable_high_water_mark",
        "writable_high_water_mark",
    }
)


class Duplex(Readable, Writable):
    """A stream that can be read and written, the two sides independent of each other.

    Options: those of Readable and of Writable, and
        readable_object_mode, writable_object_mode, readable_high_water_mark, writable_high_water_mark: for one side;
            `object_mode` and `high_water_mark` are for both.
        allow_half_open: False ends the writable side when the readable side ends (True).
        readable, writable: False if the stream has no such side.

    Node: stream.Duplex
    """

    _event_order: ClassVar[tuple[EventName, ...]] = (
        "close",
        "error",
        "prefinish",
        "finish",
        "drain",
        "data",
        "end",
        "readable",
    )

    allow_half_open: bool
    allowHalfOpen: bool = node_alias("allow_half_open")

    def __init__(self, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        given = normalized(DUPLEX_OPTIONS, options, keywords, type(self).__name__)
        self._begin_both(given, ("read", "write", "writev", "final"))

    def _begin_both(self, options: dict[str, Any], hooks: tuple[str, ...]) -> None:
        self.allow_half_open = options.get("allow_half_open") is not False
        life = self._begin_life(options, hooks)
        self._begin_reading(life, options, "readable")
        self._begin_writing(life, options, "writable")
        if options.get("readable") is False:
            self._readable_state.disable()
        if options.get("writable") is False:
            self._writable_state.disable()
        self._live(
            options, self._readable_state.read_ahead_when_constructed, self._writable_state.flush_when_constructed
        )

    @staticmethod
    def from_(body: Any) -> Duplex:  # type: ignore[override]
        """A Duplex of `body`, which may be

        a stream, or a mapping with the streams `readable` and `writable`, or what this function takes in their places;
        a string, bytes, an iterable or async iterable: what is read;
        an awaitable: what it gives is read;
        a function: it is called with an async iterable over what is written, and with `{"signal": signal}` if it takes
            that. An (async) generator function yields what is read; a coroutine function only takes what is written.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_RETURN_VALUE. Node: stream.Duplex.from
        """
        from ._duplex_from import duplex_from

        return duplex_from(body)

    locals()["from"] = from_

    @staticmethod
    def from_web(pair: Any, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Duplex:
        """A Duplex of a ReadableStream and a WritableStream: the `readable` and `writable` of an object or mapping.

        Options: high_water_mark, encoding, object_mode (False), decode_strings (True), allow_half_open (False), signal.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. Node: stream.Duplex.fromWeb
        """
        from ._web_adapters_from import duplex_from_web

        return duplex_from_web(pair, options, **keywords)

    fromWeb = node_name(from_web)

    @staticmethod
    def to_web(stream: Duplex, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> dict[str, Any]:  # type: ignore[override]
        """The two sides of a Duplex as web streams: a mapping with `readable` and `writable`.

        Options: readable_type: "bytes" for a stream of bytes.

        Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE. Node: stream.Duplex.toWeb
        """
        from ._web_adapters_to import duplex_to_web

        return duplex_to_web(stream, options, **keywords)

    toWeb = node_name(to_web)  # type: ignore[assignment]

    @staticmethod
    def from_trio(  # type: ignore[override]
        stream: trio.abc.Stream | tuple[Destination, Source],
        options: Mapping[str, Any] | None = None,
        /,
        **keywords: Any,
    ) -> Duplex:
        """A Duplex of a trio stream, or of a pair: what to send to, and what to receive from.

        As for Readable.from_trio and Writable.from_trio; `end()` sends an EOF if the stream can be closed by half. One
        that cannot, as trio.SSLStream, is closed when its readable side has ended too.

        Raises ERR_INVALID_ARG_TYPE.
        """
        from ._from_trio import duplex_from_trio

        return duplex_from_trio(stream, options, **keywords)

    def to_trio(self) -> trio.abc.HalfCloseableStream:
        """The stream as a trio.abc.HalfCloseableStream; `Readable.to_trio(duplex)` is one side of it.

        Closing it ends the writable side, waits until that has finished, and destroys the stream; at once if there is
        something that nobody has received. Errors are those of Readable.to_trio and Writable.to_trio.

        Raises ERR_INVALID_ARG_VALUE if it does not carry bytes.
        """
        from ._to_trio import duplex_to_trio

        return duplex_to_trio(self)

    pipe = Readable.pipe  # type: ignore[assignment]

    @property
    def _ends_both_sides(self) -> bool:
        return self.allow_half_open is False and self.writable

    @property
    def _other_side_is_done(self) -> bool:
        state = self._writable_state
        return state.finished or not state.enabled

    @property
    def _other_side_has_ended(self) -> bool:
        state = self._readable_state
        return state.end_emitted or not state.enabled

    def _end_writable(self) -> None:
        if self.writable and not self.writable_ended and not self.destroyed:
            self.end()

    def __repr__(self) -> str:
        return shown(self, self._summary)

    def _summary(self) -> str:
        return f"{self._readable_summary()}, {self._writable_summary()}{self._life.summary()}"
