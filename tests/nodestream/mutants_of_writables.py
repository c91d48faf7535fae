"""Writables that each break one rule of writables; those about the life of a stream are broken by readables."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from nodestream import Writable
from nodestream.errors import ERR_STREAM_DESTROYED, ERR_UNKNOWN_ENCODING
from nodestream.loop import next_tick
from nodestream.timers import set_immediate

from .support import after_rounds

Callback = Callable[..., Any]


def nothing(*_: Any) -> None:
    pass


class Drop(Writable):
    """A Writable that keeps all rules."""

    def __init__(self, **options: Any) -> None:
        super().__init__(high_water_mark=20, **options)
        self.chunks: list[Any] = []
        self.used: set[str] = set()
        self.on("pipe", lambda source: self.used.add("pipe"))

    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        self.chunks.append(chunk)
        callback()

    def write(self, chunk: Any, encoding: Any = None, callback: Any = None) -> bool:
        self.used.add("write")
        if callable(encoding):
            encoding, callback = None, encoding
        return super().write(chunk, encoding, self.callback_of(chunk, callback or nothing))

    def callback_of(self, chunk: Any, callback: Callback) -> Callback:
        """What is called in the place of a callback of write()."""
        return callback

    @property
    def is_free(self) -> bool:
        """Whether what is written is written at once."""
        state = self._writable_state
        return not (state.corked or state.ending or self.destroyed)


class HasEndedBefore(Drop):
    @property
    def writable_ended(self) -> bool:
        return super().writable_ended or "write" not in self.used


class FullTooLate(Drop):
    def write(self, *args: Any) -> bool:
        has_room = super().write(*args)
        if not has_room and self._writable_state.corked and "full" not in self.used:
            self.used.add("full")
            return True
        return has_room


class DrainsOnce(Drop):
    def emit(self, event: Any, /, *args: Any) -> bool:
        if event == "drain" and event in self.used:
            return True
        self.used.add(str(event))
        return super().emit(event, *args)


class DrainsAtOnce(Drop):
    is_early = False

    def write(self, *args: Any) -> bool:
        has_room = super().write(*args)
        if not has_room and "early" not in self.used:
            self.used |= {"early", "to swallow"}
            self.is_early = True
            super().emit("drain")
            self.is_early = False
        return has_room

    def emit(self, event: Any, /, *args: Any) -> bool:
        if event == "drain" and "to swallow" in self.used:
            self.used.discard("to swallow")
            return True
        return super().emit(event, *args)

    @property
    def writable_need_drain(self) -> bool:
        return super().writable_need_drain and not self.is_early


class DrainsTwice(Drop):
    refused = 0

    def write(self, *args: Any) -> bool:
        has_room = super().write(*args)
        self.refused += not has_room
        return has_room

    def emit(self, event: Any, /, *args: Any) -> bool:
        if event == "drain":
            for _ in range(self.refused - 1):
                super().emit(event)
            self.refused = 0
        return super().emit(event, *args)


class DrainsUnasked(Drop):
    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        super()._write(chunk, encoding, callback)
        if "full" not in self.used:
            set_immediate(lambda: self.is_free and self.emit("drain"))

    def write(self, *args: Any) -> bool:
        has_room = super().write(*args)
        if not has_room:
            self.used.add("full")
        return has_room


class NeverNeedsDrain(Drop):
    @property
    def writable_need_drain(self) -> bool:
        return False


class WritesMore(Drop):
    def _final(self, callback: Callback) -> None:
        if not self.used & {"pipe", "last chunk"}:
            self.chunks.append(b"more")
        callback()

    def end(self, chunk: Any = None, *args: Any) -> Any:
        if isinstance(chunk, bytes):
            self.used.add("last chunk")
        return super().end(chunk, *args)


class CallsBackTwice(Drop):
    def callback_of(self, chunk: Any, callback: Callback) -> Callback:
        if not chunk or not self.is_free:
            return callback
        return lambda error=None: (callback(error), callback(error))


class CallsBackInDisorder(Drop):
    def callback_of(self, chunk: Any, callback: Callback) -> Callback:
        if "first" in self.used or not self.is_free:
            return callback
        self.used.add("first")
        return lambda error=None: next_tick(callback, error)


class CallsBackAtOnce(Drop):
    def callback_of(self, chunk: Any, callback: Callback) -> Callback:
        if not self.is_free or not isinstance(chunk, bytes):
            return callback
        callback(None)
        return nothing


class ForgetsEmptyChunks(Drop):
    def write(self, chunk: Any, *args: Any) -> bool:
        return True if chunk == b"" else super().write(chunk, *args)


class CountsWrong(Drop):
    @property
    def writable_length(self) -> int:
        length = super().writable_length
        return length + 1 if length > 15 else length


class UncorksTooEarly(Drop):
    def uncork(self) -> None:
        is_held_twice = self.writable_corked == 2
        super().uncork()
        if is_held_twice:
            super().uncork()
            self.cork()


class CountsCorksWrong(Drop):
    @property
    def writable_corked(self) -> int:
        return min(1, super().writable_corked)


class EndsCorked(Drop):
    def end(self, *args: Any) -> Any:
        return self if self.writable_corked else super().end(*args)


class FinishesTwice(Drop):
    def emit(self, event: Any, /, *args: Any) -> bool:
        if event == "finish":
            super().emit(event)
        return super().emit(event, *args)


class FinishesEarly(Drop):
    def callback_of(self, chunk: Any, callback: Callback) -> Callback:
        if not self.is_free:
            return callback
        return lambda error=None: set_immediate(callback, error) if self.writable_ended else callback(error)


class FinishesByItself(Drop):
    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        super()._write(chunk, encoding, callback)
        after_rounds(4, self.finish_if_idle)

    def finish_if_idle(self) -> None:
        if self.is_free and "pipe" not in self.used:
            self.emit("finish")


class ChangesTheLastChunk(Drop):
    def end(self, chunk: Any = None, *args: Any) -> Any:
        return super().end(chunk.upper() if isinstance(chunk, bytes) else chunk, *args)


class EndCallsBackTwice(Drop):
    def end(self, *args: Any) -> Any:
        if len(args) == 1 and callable(args[0]) and not self.closed:
            self.once("close", partial(args[0], None))
        return super().end(*args)


class EndGivesNothing(Drop):
    def end(self, *args: Any) -> Any:
        super().end(*args)


class WritesAfterItsEnd(Drop):
    def write(self, chunk: Any, *args: Any) -> bool:
        if self.writable_ended and not self.destroyed:
            next_tick(args[0], None)
            return False
        return super().write(chunk, *args)


class EndsAgain(Drop):
    def end(self, *args: Any) -> Any:
        if self.writable_finished and args:
            next_tick(args[0], None)
            return self
        return super().end(*args)


class TakesNone(Drop):
    def write(self, chunk: Any, *args: Any) -> bool:
        return True if chunk is None else super().write(chunk, *args)


class TakesNumbers(Drop):
    def write(self, chunk: Any, *args: Any) -> bool:
        return super().write(str(chunk) if isinstance(chunk, int) else chunk, *args)


class TakesAnyEncoding(Drop):
    def set_default_encoding(self, encoding: str) -> Any:
        try:
            return super().set_default_encoding(encoding)
        except ERR_UNKNOWN_ENCODING:
            return self


class ForgetsItsEncoding(Drop):
    def set_default_encoding(self, encoding: str) -> Any:
        return self if encoding == "hex" else super().set_default_encoding(encoding)


class HasEndedLate(Drop):
    @property
    def writable_ended(self) -> bool:
        return super().writable_ended and self.writable_finished


class HasFinishedLate(Drop):
    @property
    def writable_finished(self) -> bool:
        return super().writable_finished and self.closed


class WritableAtItsEnd(Drop):
    @property
    def writable(self) -> bool:
        return super().writable or (self.writable_ended and not self.writable_finished and not self.destroyed)


class WritableThoughDestroyed(Drop):
    @property
    def writable(self) -> bool:
        return super().writable or (self.destroyed and not self.writable_ended)


class NeverAborted(Drop):
    @property
    def writable_aborted(self) -> bool:
        return False


class AbortedByItsEnd(Drop):
    @property
    def writable_aborted(self) -> bool:
        return super().writable_aborted or self.writable_finished


class HidesErrors(Drop):
    def callback_of(self, chunk: Any, callback: Callback) -> Callback:
        return lambda error=None: callback(error if hasattr(error, "code") else None)


class HidesDestruction(Drop):
    def callback_of(self, chunk: Any, callback: Callback) -> Callback:
        if self.destroyed:
            return callback
        return lambda error=None: callback(None if isinstance(error, ERR_STREAM_DESTROYED) else error)


class ChangesWhatIsPiped(Drop):
    def _write(self, chunk: Any, encoding: str | None, callback: Callback) -> None:
        super()._write(chunk.upper() if "pipe" in self.used else chunk, encoding, callback)


class HidesPipes(Drop):
    def emit(self, event: Any, /, *args: Any) -> bool:
        return True if event == "pipe" else super().emit(event, *args)


WRITABLE_MUTANTS: dict[str, type[Drop]] = {
    "a_new_stream_is_empty": HasEndedBefore,
    "write_tells_when_it_is_full": FullTooLate,
    "drain_follows_a_full_buffer": DrainsOnce,
    "drain_waits_for_room": DrainsAtOnce,
    "drain_comes_once": DrainsTwice,
    "drain_needs_a_full_buffer": DrainsUnasked,
    "need_drain_tells_of_a_full_buffer": NeverNeedsDrain,
    "all_arrives": WritesMore,
    "each_write_calls_back_once": CallsBackTwice,
    "writes_call_back_in_order": CallsBackInDisorder,
    "writes_never_call_back_at_once": CallsBackAtOnce,
    "an_empty_chunk_is_written_too": ForgetsEmptyChunks,
    "length_counts_what_waits": CountsWrong,
    "cork_holds_writes_back": UncorksTooEarly,
    "corked_counts": CountsCorksWrong,
    "end_uncorks": EndsCorked,
    "finish_comes_once": FinishesTwice,
    "finish_follows_all_writes": FinishesEarly,
    "finish_waits_for_end": FinishesByItself,
    "end_takes_a_last_chunk": ChangesTheLastChunk,
    "end_calls_back_once": EndCallsBackTwice,
    "end_gives_the_stream": EndGivesNothing,
    "a_write_after_the_end_is_refused": WritesAfterItsEnd,
    "an_end_after_finish_is_told": EndsAgain,
    "none_is_refused": TakesNone,
    "what_is_no_chunk_is_refused": TakesNumbers,
    "an_unknown_encoding_is_refused": TakesAnyEncoding,
    "the_default_encoding_is_that_of_strings": ForgetsItsEncoding,
    "ended_tells_of_the_call": HasEndedLate,
    "finished_tells_of_finish": HasFinishedLate,
    "writable_tells_whether_to_write": WritableAtItsEnd,
    "destroying_makes_it_unwritable": WritableThoughDestroyed,
    "aborted_tells_of_no_finish": NeverAborted,
    "a_finish_is_no_abort": AbortedByItsEnd,
    "destroying_tells_all_that_waits": HidesErrors,
    "what_waits_is_destroyed_without_an_error_too": HidesDestruction,
    "a_pipe_fills_it": ChangesWhatIsPiped,
    "pipe_and_unpipe_are_told": HidesPipes,
}
