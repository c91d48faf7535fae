"""`pipeline(source, ..., destination, callback)`: pipe, and let no stream outlive the others' failure.

Node: stream.pipeline
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from types import AsyncGeneratorType
from typing import Any

from . import _predicates as ask
from ._arity import tolerant
from ._destroyer import destroyer
from ._finished import watch
from ._pump import async_items, pump
from ._transform import PassThrough
from .errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_RETURN_VALUE,
    ERR_MISSING_ARGS,
    ERR_STREAM_DESTROYED,
    ERR_STREAM_PREMATURE_CLOSE,
    ERR_STREAM_UNABLE_TO_PIPE,
    AbortError,
)
from .loop import current_loop, next_tick

Callback = Callable[..., object]

_BODY = (
    "of type function or an instance of Blob, ReadableStream, WritableStream, Stream, Iterable, AsyncIterable, or "
    "Promise or { readable, writable } pair"
)


class _Destroyer:
    """Destroys one stream of a pipeline when the pipeline fails, unless the stream is done by then."""

    __slots__ = ("_finished", "_stream", "stop")

    def __init__(self, stream: Any, *, reading: bool, writing: bool) -> None:
        self._stream = stream
        self._finished = False
        stream.on("close", self._on_close)
        self.stop = watch(stream, self._on_finished, readable=reading, writable=writing)

    def _on_close(self) -> None:
        self._finished = True

    def _on_finished(self, error: Any = None) -> None:
        self._finished = error is None

    def destroy(self, error: Any) -> None:
        if not self._finished:
            self._finished = True
            destroyer(self._stream, error if error is not None else ERR_STREAM_DESTROYED("pipe"))


class Pipeline:
    """One run: counts the ends that must come, keeps the first error, and then calls back once."""

    def __init__(self, callback: Callback) -> None:
        self._callback: Callback | None = callback
        self._value: tuple[Any, ...] = ()  # with what an async function at the end returned
        self._error: Any = None
        self._pending = 0
        self._destroyers: list[_Destroyer] = []
        self._stops: list[Callable[[], None]] = []
        self._generators: list[Any] = []
        self._last_clean_up: list[Callable[[], object]] = []

    def run(self, parts: list[Any], *, end: bool) -> Any:
        """Connect all; returns the last stream. What is connected before a part is refused stays so, as in Node."""
        last = len(parts) - 1
        current: Any = None
        for index, part in enumerate(parts):
            is_last = index == last
            end_it = end or not is_last
            if not is_last:
                _refuse_closed(parts[index + 1])
            if ask.is_stream(part):
                self._take(part, reading=not is_last, writing=index > 0, end=end)
            elif not _is_function(part) and (index or not _is_iterable(part)):
                raise ERR_INVALID_ARG_TYPE("body", _BODY, part)
            if index == 0:
                current = self._generated(_called_source(part)) if _is_function(part) else part
            elif not _is_function(part):
                self._join(current, part, end=end_it, is_last=is_last)
                current = part
            elif is_last:
                current = self._give_to(part, current, end=end_it)
            else:
                current = self._generated(_called_transform(part, current, index))
        return current

    def _join(self, source: Any, dest: Any, *, end: bool, is_last: bool) -> None:
        """Let everything out of a stream or an iterable flow into a stream."""
        if ask.is_stream(source):
            self._connect(source, dest, end=end, is_last=is_last)
        else:
            self._pump(source, dest, end=end)

    def _pump(self, items: Any, dest: Any, *, end: bool) -> None:
        self._pending += 1
        self._spawn(pump(items, dest, end=end), lambda error, _: self._finish(error))

    def _spawn(self, awaitable: Awaitable[Any], done: Callback) -> None:
        """Run a function's part as a task, which is cancelled if it does not end when the pipeline fails."""
        self._stops.append(current_loop().spawn_stoppable(awaitable, done))

    def _give_to(self, function: Callback, source: Any, *, end: bool) -> PassThrough:
        """The last part is a function: what comes of it can be read from the stream that the pipeline returns."""
        result = function(async_items(source))
        output = PassThrough(object_mode=True)
        if isinstance(result, Awaitable):
            self._pending += 1
            self._spawn(result, lambda error, value: self._settle_value(output, error, value, end=end))
        elif _is_iterable(result):
            self._pump(result, output, end=end)
        else:
            raise ERR_INVALID_RETURN_VALUE("AsyncIterable or Promise", "destination", result)
        self._take(output, reading=False, writing=True, end=True)
        return output

    def _settle_value(self, output: PassThrough, error: Any, value: Any, *, end: bool) -> None:
        if error is not None:
            output.destroy(error)
        else:
            self._value = (value,)
            if value is not None:
                output.write(value)
            if end:
                output.end()
        next_tick(self._finish, error)

    def _take(self, stream: Any, *, reading: bool, writing: bool, end: bool) -> None:
        outlives = not reading and ask.is_readable(stream)  # a Duplex at the end: its readable side goes on
        if reading or end:
            destroyer_ = _Destroyer(stream, reading=reading, writing=writing)
            self._destroyers.append(destroyer_)
            if outlives:
                self._last_clean_up.append(destroyer_.stop)
        stream.on("error", self._on_late_error)
        if outlives:
            self._last_clean_up.append(lambda: stream.remove_listener("error", self._on_late_error))

    def _on_late_error(self, error: Any = None) -> None:
        """A stream fails after its part is done: it must not be an uncaught error."""
        if error is not None and not (isinstance(error, AbortError) or _is_premature_close(error)):
            self._fail(error)

    def _connect(self, source: Any, dest: Any, *, end: bool, is_last: bool) -> None:
        self._pending += 2
        ended = False

        def on_close() -> None:
            if not ended:
                self._fail(ERR_STREAM_PREMATURE_CLOSE())

        def end_dest() -> None:
            nonlocal ended
            ended = True
            dest.end()

        dest.on("close", on_close)
        source.pipe(dest, end=False)
        if not end:
            self._finish()
        elif ask.is_readable_finished(source, strict=True):
            next_tick(end_dest)
        else:
            source.once("end", end_dest)
        watch(source, lambda error=None: self._source_done(source, error), readable=True, writable=False)
        stop = watch(dest, self._finish, readable=False, writable=True)
        if is_last and ask.is_readable(dest):
            self._last_clean_up.append(stop)

    def _source_done(self, source: Any, error: Any) -> None:
        state = ask.readable_state(source)
        if (
            _is_premature_close(error)
            and state is not None
            and state.ended
            and state.life.errored is None
            and not state.life.error_emitted
        ):
            # It closed with everything in its buffer, which is still being read.
            source.once("end", self._finish)
            source.once("error", self._finish)
        else:
            self._finish(error)

    def _finish(self, error: Any = None) -> None:
        """One of the ends that were waited for."""
        self._pending -= 1
        self._conclude(error, final=self._pending == 0)

    def _fail(self, error: Any) -> None:
        """Something went wrong that was not waited for."""
        self._conclude(error, final=False)

    def _conclude(self, error: Any, *, final: bool) -> None:
        if error is not None and (self._error is None or _is_premature_close(self._error)):
            self._error = error
        if self._error is None and not final:
            return
        destroyers, self._destroyers = self._destroyers, []
        for each in destroyers:
            each.destroy(self._error)
        if self._error is not None and self._stops:
            # Most end by themselves, by the failure of what they read from or write to.
            current_loop().set_immediate(self._stop_all)
        if final:
            if self._error is None:
                for clean_up in self._last_clean_up:
                    clean_up()
            left = [generator for generator in self._generators if generator.ag_frame is not None]
            if left:
                current_loop().spawn(_close_all(left), self._generators_closed)
            else:
                self._call_back()

    def _generated(self, items: Any) -> Any:
        """Note what a function returned, for it may have to be closed."""
        if isinstance(items, AsyncGeneratorType):
            self._generators.append(items)
            current_loop().adopt(items)
        return items

    def _generators_closed(self, error: Any, _value: object) -> None:
        if self._error is None:
            self._error = error
        self._call_back()

    def _call_back(self) -> None:
        callback, self._callback = self._callback, None
        if callback is not None:
            next_tick(callback, self._error, *self._value)

    def _stop_all(self) -> None:
        stops, self._stops = self._stops, []
        for stop in stops:
            stop()


async def _close_all(generators: list[Any]) -> None:
    """Close generators that nobody has read to their end; leaving an `async for` does not do that in Python."""
    for generator in generators:
        await generator.aclose()


def _is_premature_close(error: Any) -> bool:
    """By its code: several errors in one have the code of the first."""
    return getattr(error, "code", None) == ERR_STREAM_PREMATURE_CLOSE.code


def _refuse_closed(part: Any) -> None:
    if ask.is_stream(part) and (ask.is_closed(part) or ask.is_destroyed(part)):
        raise ERR_STREAM_UNABLE_TO_PIPE


def _is_function(part: Any) -> bool:
    return callable(part) and not ask.is_stream(part) and not _is_iterable(part)


def _is_iterable(part: Any) -> bool:
    return isinstance(part, (Iterable, AsyncIterable))


def _called_source(function: Callback) -> Any:
    result = function()
    if not _is_iterable(result):
        raise ERR_INVALID_RETURN_VALUE("Iterable, AsyncIterable or Stream", "source", result)
    return result


def _called_transform(function: Callback, source: Any, index: int) -> Any:
    result = function(async_items(source))
    if not _is_iterable(result):
        raise ERR_INVALID_RETURN_VALUE("AsyncIterable", f"transform[{index - 1}]", result)
    return result


def pipeline(*streams: Any, **options: Any) -> Any:
    """Pipe each stream into the next; `callback(error)`, the last argument, is called when all is over.

    If a stream fails or closes too early, all are destroyed, and the callback gets the first error; None if all went
    well.

    Any part may be a function instead. The first one returns an iterable. The others get an async iterable over what
    comes before; those in the middle return an iterable (most are async generators), the last one may return an
    awaitable as well: the callback then gets its value too, `callback(error, value)`. The first part may be an
    iterable itself.

    Options (keywords):
        end: False leaves the last stream open when the source has ended (True).

    Returns the last stream; if the last part is a function, a stream of what it returns.

    Raises ERR_INVALID_ARG_TYPE, ERR_MISSING_ARGS, ERR_INVALID_RETURN_VALUE; ERR_STREAM_UNABLE_TO_PIPE for a
    destination that is destroyed already. Awaitable: `nodestream.promises.pipeline`.

    Node: stream.pipeline
    """
    callback = streams[-1] if streams else None
    if not callable(callback) or ask.is_stream(callback):
        raise ERR_INVALID_ARG_TYPE("streams[stream.length - 1]", "of type function", callback)
    return run_pipeline(list(streams[:-1]), tolerant(callback, 2), options)


def run_pipeline(streams: list[Any], callback: Callback, options: Mapping[str, Any]) -> Any:
    """As `pipeline()`, with its arguments apart."""
    unknown = options.keys() - {"end"}
    if unknown:
        raise TypeError(f"pipeline() got an unexpected keyword argument {min(unknown)!r}")
    if len(streams) == 1 and isinstance(streams[0], (list, tuple)):
        streams = list(streams[0])
    if len(streams) < 2:
        raise ERR_MISSING_ARGS("streams")
    return Pipeline(callback).run(streams, end=options.get("end", True) is not False)
