"""Readables that each break one rule."""

from __future__ import annotations

from typing import Any

from nodestream import Readable
from nodestream.errors import AbortError
from nodestream.loop import next_tick

from .support import after_rounds

PIECES = [b"one ", b"two ", "thr\u00e9e".encode()]
CONTENT = b"".join(PIECES)


class Source(Readable):
    """A Readable that keeps all rules."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.rest = list(PIECES)

    def _read(self, size: int) -> None:
        self.push(self.rest.pop(0) if self.rest else None)


class WasReadBefore(Source):
    @property
    def readable_did_read(self) -> bool:
        return super().readable_did_read or self.readable_flowing is None


class FlowsByItself(Source):
    def __init__(self) -> None:
        super().__init__()
        after_rounds(2, self.flow_if_nobody_does)

    def flow_if_nobody_does(self) -> None:
        if self.readable_flowing is None and not self.readable_did_read:
            self.resume()


class PushesAllAtOnce(Source):
    def __init__(self) -> None:
        super().__init__(high_water_mark=2)

    def _read(self, size: int) -> None:
        for piece in [*self.rest, None]:
            self.push(piece)


class Watched(Source):
    """Knows how it is read."""

    def __init__(self) -> None:
        super().__init__()
        self.used: set[str] = set()
        self.reads = 0

    def pause(self) -> Any:
        self.used.add("pause")
        return super().pause()

    def pipe(self, *args: Any, **options: Any) -> Any:
        self.used.add("pipe")
        return super().pipe(*args, **options)

    def unshift(self, *args: Any) -> bool:
        self.used.add("unshift")
        return super().unshift(*args)

    def set_encoding(self, *args: Any) -> Any:
        self.used.add("set_encoding")
        return super().set_encoding(*args)

    def iterator(self, *args: Any, **options: Any) -> Any:
        self.used.add("iterator")
        return super().iterator(*args, **options)

    def __aiter__(self) -> Any:
        self.used.add("async for")
        return super().__aiter__()


class FlowsWrong(Watched):
    def emit(self, event: Any, /, *args: Any) -> bool:
        if event == "data" and args[0] == PIECES[-1] and self.readable_flowing and not self.used:
            args = (args[0].upper(),)
        return super().emit(event, *args)


class ReadsWrong(Watched):
    def read(self, size: int | None = None) -> Any:
        chunk = super().read(size)
        if size is None and self.readable_flowing is False and not self.used and chunk:
            self.reads += 1
            return chunk.upper() if self.reads == 2 else chunk
        return chunk


class IteratesWrong(Watched):
    def read(self, size: int | None = None) -> Any:
        chunk = super().read(size)
        return chunk.upper() if chunk and "async for" in self.used else chunk


class PipesMore(Source):
    def pipe(self, dest: Any, *args: Any, **options: Any) -> Any:
        dest.write(b"more")
        return super().pipe(dest, *args, **options)


class UnpipeEnds(Source):
    def unpipe(self, dest: Any = None) -> Any:
        super().unpipe(dest)
        dest.end()
        return self


class KnowsOneEncoding(Source):
    def set_encoding(self, encoding: str | None = None) -> Any:
        return super().set_encoding("latin1")


class ReadsNothing(Source):
    def read(self, size: int | None = None) -> Any:
        chunk = super().read(size)
        return b"" if chunk is None and self.readable_ended and self.readable_flowing is False else chunk


class ReadsMore(Source):
    def read(self, size: int | None = None) -> Any:
        return super().read(size + 1 if size else size)


class PutsBackSomethingElse(Source):
    def unshift(self, chunk: Any, encoding: str | None = None) -> bool:
        return super().unshift(chunk.upper())


class PausesLate(Watched):
    def pause(self) -> Any:
        is_first = "pause" not in self.used
        super().pause()
        if is_first and "pipe" not in self.used:
            self.read()
        return self


class ResumesWrong(Watched):
    def emit(self, event: Any, /, *args: Any) -> bool:
        if event == "data" and self.used == {"pause"}:
            args = (args[0].upper(),)
        return super().emit(event, *args)


class PauseGivesNothing(Source):
    def pause(self) -> Any:
        super().pause()


class EndsTwice(Source):
    def emit(self, event: Any, /, *args: Any) -> bool:
        if event == "end":
            super().emit(event)
        return super().emit(event, *args)


class GivesAfterTheEnd(Watched):
    def emit(self, event: Any, /, *args: Any) -> bool:
        result = super().emit(event, *args)
        if event == "end" and not self.used:
            super().emit("data", b"")
        return result


class EndsUnread(Source):
    def on(self, event: Any, *args: Any) -> Any:
        if event == "readable":
            after_rounds(3, self.end_if_unread)
        return super().on(event, *args)

    def end_if_unread(self) -> None:
        if not self.readable_did_read:
            self.emit("end")


class CountsWrong(Source):
    @property
    def readable_length(self) -> int:
        return super().readable_length + 1


class HasEndedLate(Source):
    @property
    def readable_ended(self) -> bool:
        return super().readable_ended and self.destroyed


class DidReadLate(Source):
    @property
    def readable_did_read(self) -> bool:
        return super().readable_did_read and self.readable_ended


class FlowsWhilePaused(Source):
    @property
    def readable_flowing(self) -> bool | None:
        return None if super().readable_flowing is None else True


class NeverAborted(Source):
    @property
    def readable_aborted(self) -> bool:
        return False


class AbortedByItsEnd(Source):
    @property
    def readable_aborted(self) -> bool:
        return super().readable_aborted or self.readable_ended


class ReadableAtItsEnd(Source):
    @property
    def readable(self) -> bool:
        return super().readable or (self.readable_ended and not self.destroyed)


class ReadableThoughDestroyed(Source):
    @property
    def readable(self) -> bool:
        return super().readable or (self.destroyed and not self.readable_ended)


class TakesPushesAlways(Source):
    def push(self, chunk: Any, encoding: str | None = None) -> bool:
        return super().push(chunk, encoding) or self.destroyed


class SurvivesAsyncFor(Source):
    def __aiter__(self) -> Any:
        return self.iterator(destroy_on_return=False)


class DiesWithItsIterator(Source):
    def iterator(self, *args: Any, **options: Any) -> Any:
        return super().iterator()


# --- life ---


class ClosesTwice(Source):
    def emit(self, event: Any, /, *args: Any) -> bool:
        if event == "close" and self.readable_ended:
            super().emit(event)
        return super().emit(event, *args)


class SpeaksAfterClose(Source):
    def emit(self, event: Any, /, *args: Any) -> bool:
        result = super().emit(event, *args)
        if event == "close" and self.readable_ended:
            super().emit("prefinish")
        return result


class NeverClosed(Source):
    @property
    def closed(self) -> bool:
        return super().closed and not self.readable_ended


class DestroyedLate(Source):
    has_closed = False

    def emit(self, event: Any, /, *args: Any) -> bool:
        self.has_closed = self.has_closed or event == "close"
        return super().emit(event, *args)

    @property
    def destroyed(self) -> bool:
        return super().destroyed and self.has_closed


class GivesWhenDestroyed(Source):
    def destroy(self, *args: Any) -> Any:
        if not self.readable_did_read:
            self.read()
        return super().destroy(*args)


class FailsWhenDestroyed(Source):
    def destroy(self, error: Any = None, *args: Any) -> Any:
        if self.readable_did_read and not self.readable_ended and error is None:
            error = ValueError("destroyed")
        return super().destroy(error, *args)


class EndsWhenDestroyed(Source):
    def destroy(self, *args: Any) -> Any:
        if self.readable_flowing and not self.readable_did_read:
            next_tick(self.emit, "end")
        return super().destroy(*args)


class ClosesAgain(Source):
    def destroy(self, *args: Any) -> Any:
        if self.closed and self.readable_ended:
            self.emit("close")
        return super().destroy(*args)


class FailsAgain(Source):
    def destroy(self, error: Any = None, *args: Any) -> Any:
        if self.destroyed and error is not None and not self.readable_ended:
            self.emit("error", error)
        return super().destroy(error, *args)


class DestroyGivesNothing(Source):
    def destroy(self, *args: Any) -> Any:
        super().destroy(*args)


class FailsAtOnce(Source):
    def destroy(self, error: Any = None, *args: Any) -> Any:
        if error is not None and not isinstance(error, AbortError) and not (self.readable_did_read or self.destroyed):
            self.emit("error", error)
        return super().destroy(error, *args)


class FailsTwice(Source):
    def emit(self, event: Any, /, *args: Any) -> bool:
        if event == "error" and self.readable_did_read:
            super().emit(event, *args)
        return super().emit(event, *args)


class FailsAfterClose(Source):
    held: tuple[Any, ...] | None = None

    def emit(self, event: Any, /, *args: Any) -> bool:
        if event == "error" and not self.readable_did_read:
            self.held = args
            return True
        result = super().emit(event, *args)
        if event == "close" and self.held is not None:
            super().emit("error", *self.held)
        return result


class ForgetsItsError(Source):
    @property
    def errored(self) -> Any:
        return None if self.readable_did_read else super().errored


class OutlivesAsyncWith(Source):
    async def __aexit__(self, *exc_info: object) -> None:
        pass


class ErroredByItsEnd(Watched):
    @property
    def errored(self) -> Any:
        return ValueError("ended") if self.readable_ended and not self.used else super().errored


class ErroredByDestroy(Source):
    @property
    def errored(self) -> Any:
        error = super().errored
        return ValueError("destroyed") if error is None and self.destroyed and not self.readable_did_read else error


class SwallowsAborts(Source):
    def destroy(self, error: Any = None, *args: Any) -> Any:
        is_of_a_signal = isinstance(error, AbortError) and error.cause is not None
        return super().destroy(None if is_of_a_signal else error, *args)


READABLE_MUTANTS: dict[str, type[Source]] = {
    "a_new_stream_is_untouched": WasReadBefore,
    "nothing_flows_unasked": FlowsByItself,
    "the_buffer_is_bounded": PushesAllAtOnce,
    "data_gives_all": FlowsWrong,
    "readable_gives_all": ReadsWrong,
    "async_for_gives_all": IteratesWrong,
    "pipe_gives_all": PipesMore,
    "unpipe_leaves_the_destination": UnpipeEnds,
    "an_encoding_gives_text": KnowsOneEncoding,
    "read_gives_none_when_empty": ReadsNothing,
    "read_gives_what_is_asked_for": ReadsMore,
    "unshift_comes_first": PutsBackSomethingElse,
    "pause_stops_data": PausesLate,
    "resume_loses_nothing": ResumesWrong,
    "pause_and_resume_give_the_stream": PauseGivesNothing,
    "end_comes_once": EndsTwice,
    "no_data_follows_end": GivesAfterTheEnd,
    "end_waits_for_the_reader": EndsUnread,
    "length_is_that_of_the_buffer": CountsWrong,
    "ended_tells_of_end": HasEndedLate,
    "did_read_tells_of_data": DidReadLate,
    "flowing_tells_of_the_flow": FlowsWhilePaused,
    "aborted_tells_of_an_early_end": NeverAborted,
    "an_end_is_no_abort": AbortedByItsEnd,
    "readable_tells_whether_to_read": ReadableAtItsEnd,
    "destroying_makes_it_unreadable": ReadableThoughDestroyed,
    "destroying_stops_pushes": TakesPushesAlways,
    "leaving_async_for_destroys": SurvivesAsyncFor,
    "an_iterator_may_leave_it_open": DiesWithItsIterator,
    "close_comes_once": ClosesTwice,
    "close_comes_last": SpeaksAfterClose,
    "closed_tells_of_close": NeverClosed,
    "destroyed_tells_of_destruction": DestroyedLate,
    "destroying_a_new_stream_closes_it": GivesWhenDestroyed,
    "destroying_in_the_middle_closes_it": FailsWhenDestroyed,
    "destroying_is_no_end": EndsWhenDestroyed,
    "destroying_what_is_closed_does_nothing": ClosesAgain,
    "destroying_twice_is_once": FailsAgain,
    "destroy_gives_the_stream": DestroyGivesNothing,
    "events_of_destruction_wait_for_a_tick": FailsAtOnce,
    "error_comes_once": FailsTwice,
    "error_comes_before_close": FailsAfterClose,
    "errored_tells_of_the_error": ForgetsItsError,
    "async_with_closes": OutlivesAsyncWith,
    "finished_calls_back_once": ErroredByItsEnd,
    "finished_tells_of_a_premature_close": ErroredByDestroy,
    "a_signal_destroys": SwallowsAborts,
}
