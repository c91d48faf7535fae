"""The operators of a Readable: what an array can do, chunk by chunk.

Two kinds: those that give a new stream (`map`, `filter`, `flat_map`, `take`, `drop`, `compose`), and those that give a
promise to await (`for_each`, `to_array`, `some`, `every`, `find`, `reduce`). Both read the stream to its end, or
destroy it when they need no more of it.

A function is called with a chunk and, if it takes a second argument, with `{"signal": signal}`. It may be `async def`;
what it returns may be awaitable. Of such calls up to `concurrency` run at once, and their results come in the order of
the chunks. When a new stream is destroyed, or a promise is settled early, calls that still run are cancelled.

This file says which operators there are. How functions are called is in `_operator_map.py`, what else is done with
chunks in `_operator_work.py`, what streams and promises come of it in `_operator_stream.py`.

Node: the operators of stream.Readable
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any

from . import _operator_work as work
from ._names import NodeNames, node_name
from ._operator_arguments import Pace, check_function, item_count, pace, signal_option
from ._operator_map import NOTHING, Keep, mapped
from ._signals import abort_error

if TYPE_CHECKING:
    from ._duplex import Duplex
    from ._readable import Readable
    from ._readable_iterator import ReadableIterator
    from .loop import Promise

Options = Mapping[str, Any] | None
Function = Callable[..., Any]


def _result(_chunk: Any, result: Any) -> Any:
    return result


def _chunk_if(chunk: Any, result: Any) -> Any:
    return chunk if result else NOTHING


def _chunk_if_not(chunk: Any, result: Any) -> Any:
    return NOTHING if result else chunk


def _nothing(_chunk: Any, _result: Any) -> Any:
    return NOTHING


class Operators(NodeNames):
    """The methods. What they need of the stream is that it can be iterated."""

    if TYPE_CHECKING:

        def __aiter__(self) -> ReadableIterator: ...

        def destroy(self, error: BaseException | None = None) -> Any: ...

    # --- those that give a stream ---

    def map(self, fn: Function, options: Options = None, /, **keywords: Any) -> Readable:
        """A stream of what `fn(chunk)` returns.

        Args:
            fn: called with a chunk, and with `{"signal": signal}` if it takes a second argument; may be `async def`.

        Options:
            concurrency: how many calls may run at once (1); results come in the order of the chunks all the same.
            high_water_mark: how many results, besides, may wait until they are taken (concurrency - 1).
            signal: an AbortSignal; when it is aborted, no further call begins, and the next result is an AbortError.

        What `fn` raises is the new stream's error. Destroying the new stream destroys this one, if it was being read,
        and cancels the calls that run.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: readable.map
        """
        return self._mapped_stream("map", _result, fn, options, keywords)

    def filter(self, fn: Function, options: Options = None, /, **keywords: Any) -> Readable:
        """A stream of the chunks for which `fn(chunk)` is true.

        Arguments, options, errors: as of `map`. Node: readable.filter
        """
        return self._mapped_stream("filter", _chunk_if, fn, options, keywords)

    def flat_map(self, fn: Function, options: Options = None, /, **keywords: Any) -> Readable:
        """A stream of the items of each iterable (a stream, a list, an async generator ...) that `fn(chunk)` returns.

        Arguments, options, errors: as of `map`. Node: readable.flatMap
        """
        function, its_pace = _checked("flat_map", fn, options, keywords)
        return self._stream_of(lambda chunks: work.flattened(mapped(chunks, function, _result, its_pace)))

    flatMap = node_name(flat_map)

    def take(self, limit: float, options: Options = None, /, **keywords: Any) -> Readable:
        """A stream of the first `limit` chunks; then this one is destroyed.

        Options: signal. Raises ERR_OUT_OF_RANGE for less than 0. Node: readable.take
        """
        signal, count = signal_option(options, keywords, "take"), item_count(limit)
        return self._stream_of(lambda chunks: work.taken(chunks, count, signal))

    def drop(self, limit: float, options: Options = None, /, **keywords: Any) -> Readable:
        """A stream of all but the first `limit` chunks.

        Options: signal. Raises ERR_OUT_OF_RANGE for less than 0. Node: readable.drop
        """
        signal, count = signal_option(options, keywords, "drop"), item_count(limit)
        return self._stream_of(lambda chunks: work.dropped(chunks, count, signal))

    def compose(self, stream: Any, options: Options = None, /, **keywords: Any) -> Duplex:
        """`nodestream.compose(self, stream)`: what comes out when this stream is piped through `stream`, which may be a
        function too.

        Options: signal: an AbortSignal; when it is aborted, the new stream is destroyed.

        Node: readable.compose
        """
        from ._compose import compose_with_signal

        signal = signal_option(options, keywords, "compose")
        return compose_with_signal(signal, self, stream)

    # --- those that give a promise ---

    def for_each(self, fn: Function, options: Options = None, /, **keywords: Any) -> Promise[None]:
        """Call `fn(chunk)` for each chunk. Await the end; raises what `fn` raises, or this stream's error.

        Arguments, options, errors: as of `map`; the errors come out of the promise. Node: readable.forEach
        """

        def for_each(chunks: AsyncIterator[Any]) -> Coroutine[Any, Any, None]:
            return work.exhausted(_mapped("for_each", chunks, _nothing, fn, options, keywords))

        return self._promise_of(for_each)

    forEach = node_name(for_each)

    def to_array(self, options: Options = None, /, **keywords: Any) -> Promise[list[Any]]:
        """Await a list of all chunks.

        Options: signal: an AbortSignal; when it is aborted, the next chunk is an AbortError. Node: readable.toArray
        """
        return self._promise_of(lambda chunks: work.gathered(chunks, signal_option(options, keywords, "to_array")))

    toArray = node_name(to_array)

    def some(self, fn: Function, options: Options = None, /, **keywords: Any) -> Promise[bool]:
        """Await whether `fn(chunk)` is true for any chunk; at the first one, this stream is destroyed.

        Options: as of `for_each`. Node: readable.some
        """
        return self._promise_of(
            lambda chunks: work.is_any(_mapped("some", chunks, _chunk_if, fn, options, keywords)),
        )

    def every(self, fn: Function, options: Options = None, /, **keywords: Any) -> Promise[bool]:
        """Await whether `fn(chunk)` is true for all chunks; at the first for which it is not, this stream is destroyed.

        Options: as of `for_each`. Node: readable.every
        """
        return self._promise_of(
            lambda chunks: work.is_none(_mapped("every", chunks, _chunk_if_not, fn, options, keywords)),
        )

    def find(self, fn: Function, options: Options = None, /, **keywords: Any) -> Promise[Any]:
        """Await the first chunk for which `fn(chunk)` is true, None if there is none; then this stream is destroyed.

        Options: as of `for_each`. Node: readable.find
        """
        return self._promise_of(
            lambda chunks: work.first(_mapped("find", chunks, _chunk_if, fn, options, keywords), None),
        )

    def reduce(self, fn: Function, initial: Any = NOTHING, options: Options = None, /, **keywords: Any) -> Promise[Any]:
        """Await the last value of `value = fn(value, chunk)`, which is called for one chunk after the other.

        `value` is `initial` at first; if that is left out, the first chunk. The calls never overlap.

        Options: signal. Raises ERR_MISSING_ARGS if there is neither a chunk nor `initial`. Node: readable.reduce
        """

        def reduce(chunks: AsyncIterator[Any]) -> Coroutine[Any, Any, Any]:
            check_function(fn, "reducer")
            signal = signal_option(options, keywords, "reduce")
            if signal is not None and signal.aborted:
                self.destroy(abort_error(signal))  # the chunks end with that error
            return work.reduced(chunks, fn, initial, signal)

        return self._promise_of(reduce)

    # --- how ---

    def _mapped_stream(self, name: str, keep: Keep, fn: Any, options: Options, keywords: dict[str, Any]) -> Readable:
        function, its_pace = _checked(name, fn, options, keywords)
        return self._stream_of(lambda chunks: mapped(chunks, function, keep, its_pace))

    def _stream_of(self, operator: Callable[[ReadableIterator], AsyncIterator[Any]]) -> Readable:
        from ._operator_stream import OperatorStream

        return OperatorStream(self, operator)

    def _promise_of(self, operator: Callable[[ReadableIterator], Coroutine[Any, Any, Any]]) -> Promise[Any]:
        from ._operator_stream import promised

        return promised(self, operator)


def _checked(name: str, fn: Any, options: Options, keywords: dict[str, Any]) -> tuple[Function, Pace]:
    check_function(fn)
    return fn, pace(options, keywords, name)


def _mapped(
    name: str, chunks: AsyncIterator[Any], keep: Keep, fn: Any, options: Options, keywords: dict[str, Any]
) -> AsyncIterator[Any]:
    function, its_pace = _checked(name, fn, options, keywords)
    return mapped(chunks, function, keep, its_pace)
