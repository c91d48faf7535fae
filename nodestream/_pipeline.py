"""`pipeline(source, ..., destination, callback)`: pipe, and let no stream outlive the others' failure.

Node: stream.pipeline
"""

from __future__ import annotations

from collections.abc import AsyncIterable, Awaitable, Callable, Iterable, Mapping
from types import AsyncGeneratorType
from typing import Any

from . import _predicates as ask
from . import _web_kinds as web
from ._arity import tolerant
from ._destroyer import destroy
from ._duplex_from import BODY, duplex_from, is_function
from ._finished import watch
from ._hooks import noop
from ._leaving import Step, consumed, source_of
from ._operator_arguments import with_signal
from ._options import normalized
from ._pump import async_items, pump, pump_to_web
from ._signals import abort_error, check_signal, on_abort
from ._transform import PassThrough
from .abort import AbortController
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

READABLE = "an instance of Readable, Iterable, AsyncIterable, ReadableStream, or TransformStream"


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
            destroy(self._stream, error if error is not None else ERR_STREAM_DESTROYED("pipe"))


class Pipeline:
    """One run: counts the ends that must come, keeps the first error, and then calls back once."""

    def __init__(self, callback: Callback, signal: Any = None) -> None:
        self._callback: Callback | None = callback
        self._signal = signal
        self._forget_signal: Callback = noop
        self._operation = AbortController()  # for functions, to know that nobody wants what they do any more
        self._value: tuple[Any, ...] = ()  # with what an async function at the end returned
        self._error: Any = None
        self._pending = 0
        self._destroyers: list[_Destroyer] = []
        self._stops: list[Callable[[], None]] = []
        self._generators: list[Any] = []
        self._last_clean_up: list[Callable[[], object]] = []

    def run(self, parts: list[Any], *, end: bool) -> Any:
        """Connect all; returns the last stream. What is connected before a part is refused stays so, as in Node."""
        if self._signal is not None:
            self._obey(self._signal)
        last = len(parts) - 1
        current: Any = None
        for index, part in enumerate(parts):
            is_last = index == last
            end_it = end or not is_last
            if ask.is_stream(part):
                if not is_last:
                    _refuse_closed(parts[index + 1])
                self._take(part, reading=not is_last, writing=index > 0, end=end)
            elif index and not is_function(part) and not web.is_web_stream(part):
                raise ERR_INVALID_ARG_TYPE("body", BODY, part)
            source = web.reading_end(current)
            if index == 0:
                current = self._source(part)
            elif not is_function(part):
                self._join(source, part, end=end_it, is_last=is_last)
                current = part
            elif is_last:
                current = self._give_to(part, source, end=end_it)
            else:
                current = self._called_transform(part, source, index)
        if self._signal is not None and self._signal.aborted:
            next_tick(self._abort)
        return current

    def _obey(self, signal: Any) -> None:
        if signal.aborted:
            current_loop().queue_microtask(self._abort)
        else:
            self._forget_signal = on_abort(signal, self._abort)

    def _abort(self) -> None:
        self._conclude(abort_error(self._signal), final=False)

    def _join(self, source: Any, dest: Any, *, end: bool, is_last: bool) -> None:
        """Let everything out of a stream or an iterable flow into a stream."""
        if web.is_web_stream(dest):
            self._join_web(source, dest, end=end)
        elif ask.is_readable_side(source):
            self._connect(source, dest, end=end, is_last=is_last)
        else:
            self._pump(source, dest, end=end)

    def _join_web(self, source: Any, dest: Any, *, end: bool) -> None:
        """Let everything out of a stream or an iterable flow into a web stream."""
        if not _is_iterable(source) and not ask.is_readable_side(source):
            raise ERR_INVALID_ARG_TYPE("val", READABLE, source)
        self._pending += 1
        writer = web.writing_end(dest).get_writer()
        self._spawn(pump_to_web(source, writer, end=end), lambda error, _: self._finish(error))

    def _pump(self, items: Any, dest: Any, *, end: bool) -> None:
        self._pending += 1
        self._spawn(pump(items, dest, end=end), lambda error, _: self._finish(error))

    def _spawn(self, awaitable: Awaitable[Any], done: Callback) -> None:
        """Run a function's part as a task, which is cancelled if it does not end when the pipeline fails."""
        self._stops.append(current_loop().spawn_stoppable(awaitable, done))

    def _give_to(self, function: Callback, source: Any, *, end: bool) -> PassThrough:
        """The last part is a function: what comes of it can be read from the stream that the pipeline returns."""
        reads_from, result = self._call(function, source)
        output = PassThrough(object_mode=True)
        if isinstance(result, Awaitable):
            self._pending += 1
            consuming = consumed(result, reads_from)
            self._spawn(consuming, lambda error, value: self._settle_value(output, error, value, end=end))
        elif isinstance(result, AsyncIterable):
            self._pump(Step(self._generated(result), reads_from), output, end=end)
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
        if error is not None and not _is_provisional(error):
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
        source.pipe(dest, {"end": False})  # a mapping: the source may be anybody's stream
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
        if error is not None and (self._error is None or _is_provisional(self._error)):
            self._error = error
        if self._error is None and not final:
            return
        destroyers, self._destroyers = self._destroyers, []
        for each in destroyers:
            each.destroy(self._error)
        self._forget_signal()
        self._operation.abort()
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

    def _source(self, part: Any) -> Any:
        """What the first part gives: a stream, or an iterable."""
        if is_function(part):
            result = with_signal(part, 0, self._operation.signal)()
            if not _is_iterable(result):
                raise ERR_INVALID_RETURN_VALUE("Iterable, AsyncIterable or Stream", "source", result)
            return self._generated(result)
        if ask.is_readable_side(part) or web.is_web_transform(part):
            return part
        if _is_iterable(part) and not isinstance(part, Mapping):
            return part
        return duplex_from(part)

    def _call(self, function: Callback, source: Any) -> tuple[AsyncIterable[Any], Any]:
        """Let a function read from what comes before it; gives what it reads from, and what it returned."""
        reads_from = source_of(async_items(source))
        return reads_from, with_signal(function, 1, self._operation.signal)(reads_from)

    def _called_transform(self, function: Callback, source: Any, index: int) -> Any:
        reads_from, result = self._call(function, source)
        if not isinstance(result, AsyncIterable):
            raise ERR_INVALID_RETURN_VALUE("AsyncIterable", f"transform[{index - 1}]", result)
        return Step(self._generated(result), reads_from)

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


def _is_provisional(error: Any) -> bool:
    """Whether it only says that something else went wrong: a later error says what."""
    return _is_premature_close(error) or isinstance(error, AbortError) or getattr(error, "name", None) == "AbortError"


def _refuse_closed(part: Any) -> None:
    if getattr(part, "closed", False) or getattr(part, "destroyed", False):
        raise ERR_STREAM_UNABLE_TO_PIPE


def _is_iterable(part: Any) -> bool:
    return isinstance(part, (Iterable, AsyncIterable))


def pipeline(*streams: Any, **options: Any) -> Any:
    """Pipe each stream into the next; `callback(error)`, the last argument, is called when all is over.

    If a stream fails or closes too early, all are destroyed, and the callback gets the first error; None if all went
    well.

    Any part may be a function instead. The first one returns an iterable. The others get an async iterable over what
    comes before; those in the middle return an async iterable (most are async generators), the last one may return an
    awaitable as well: the callback then gets its value too, `callback(error, value)`. A function that takes one
    argument more is given `{"signal": signal}`: an AbortSignal that is aborted when the pipeline is over.

    The first part may also be an iterable, or anything else that `Duplex.from_` takes.

    Options (keywords):
        end: False leaves the last stream open when the source has ended (True).
        signal: an AbortSignal; when it is aborted, all streams are destroyed, and the callback gets an AbortError.

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
    given = normalized(("end", "signal"), None, options, "pipeline")
    if len(streams) == 1 and isinstance(streams[0], (list, tuple)):
        streams = list(streams[0])
    if len(streams) < 2:
        raise ERR_MISSING_ARGS("streams")
    check_signal(given.get("signal"), "options.signal")
    return Pipeline(callback, given.get("signal")).run(streams, end=given.get("end", True) is not False)
