"""A message's stream does the same whether its state was asked for at the beginning, later, or never."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from nodehttp._incoming import IncomingMessage
from nodestream._lifecycle import Lifecycle
from nodestream._readable_state import ReadableState
from nodestream.loop import current_loop, next_tick, run
from nodestream.process import process

Step = tuple[Any, ...]

EVENTS = ("data", "end", "readable", "resume", "pause", "close", "error", "aborted")
MARK = 8
PIECES = st.sampled_from((b"a", b"bcd", b"efghijkl", b"", bytearray(b"m")))

IN_A_LISTENER = st.one_of(
    st.sampled_from(
        (
            ("data",),
            ("once_data",),
            ("on_readable",),
            ("put_readable_in_front",),
            ("resume",),
            ("pause",),
            ("read", None),
            ("read", 0),
            ("read", 2),
            ("unshift",),
            ("destroy",),
            ("destroy", ValueError("no")),
            ("decode",),
            ("forget", "data"),
            ("forget", None),
            ("let_go_by",),
            ("tick",),
            ("look",),
            ("look_at_life",),
            ("ask",),
            ("raise",),
            ("own_push",),
            ("own_destroy",),
        )
    ),
    st.tuples(st.just("chunk"), PIECES),
)
STEPS = st.one_of(
    st.sampled_from((("end",), ("ticks",), ("turn",), ("data",), ("resume",), ("let_go_by",), ("own_read",))),
    st.tuples(st.just("chunk"), PIECES),
    st.tuples(st.just("listen"), st.sampled_from(EVENTS), st.lists(IN_A_LISTENER, max_size=2)),
    IN_A_LISTENER,
)


class Socket:
    readable_high_water_mark = MARK
    destroyed = True


class Source:
    def __init__(self, trace: list[Any]) -> None:
        self._trace = trace

    def body_wanted(self) -> None:
        self._trace.append("body wanted")


def slots_of(value: ReadableState | Lifecycle) -> dict[str, str]:
    found = {name: repr(getattr(value, name)) for name in type(value).__slots__}
    del found["stream"]
    if isinstance(value, ReadableState):
        del found["life"], found["decoder"]
        found["buffer"] = repr(value.buffer.to_list())
    return found


class Trial:
    """One message, what is done to it, and what is seen of it."""

    def __init__(self, *, look_first: bool) -> None:
        self.trace: list[Any] = []
        self.message = IncomingMessage(Socket())
        self.message._source = Source(self.trace)
        if look_first:
            self.look()
            self.trace.clear()

    def do(self, step: Step) -> None:
        try:
            self.trace.append((step, getattr(self, step[0])(*step[1:])))
        except ValueError as error:
            self.trace.append((step, repr(error)))

    # --- what comes ---

    def chunk(self, chunk: bytes) -> bool | None:
        return None if self.message.complete else self.message._add_body(chunk)

    def end(self) -> None:
        if not self.message.complete and self.message._end_body([]):
            next_tick(self.message._emit_readable)

    def ticks(self) -> None:
        current_loop().run_ticks()

    # --- what is asked ---

    def listen(self, event: str, steps: list[Step]) -> None:
        left = list(steps)

        def heard(*args: Any) -> None:
            self.trace.append((event, *map(repr, args)))
            while left:
                self.do(left.pop(0))

        self.message.on(event, heard)

    def data(self) -> None:
        self.listen("data", [])

    def once_data(self) -> None:
        self.message.once("data", self.trace.append)

    def on_readable(self) -> None:
        self.listen("readable", [])

    def put_readable_in_front(self) -> None:
        self.message.prepend_listener("readable", lambda: self.trace.append("readable in front"))

    def resume(self) -> None:
        self.message.resume()

    def pause(self) -> None:
        self.message.pause()

    def read(self, size: int | None) -> object:
        return self.message.read(size)

    def unshift(self) -> object:
        return self.message.unshift(b"u")

    def destroy(self, error: BaseException | None = None) -> None:
        self.message.destroy(error)

    def decode(self) -> None:
        self.message.set_encoding("utf8")

    def forget(self, event: str | None) -> None:
        self.message.remove_all_listeners(event)

    def let_go_by(self) -> None:
        if not self.message._consumed:
            self.message._let_go_by()

    def tick(self) -> None:
        next_tick(self.trace.append, "tick")

    def look(self) -> object:
        return slots_of(self.message._readable_state), self.look_at_life()

    def look_at_life(self) -> object:
        return slots_of(self.message._life)

    def ask(self) -> object:
        message = self.message
        return message.destroyed, message.complete, message.aborted, message._consumed

    def own_read(self) -> None:
        self._replace("read")

    def own_push(self) -> None:
        self._replace("push")

    def own_destroy(self) -> None:
        self._replace("_destroy")

    def _replace(self, name: str) -> None:
        own = getattr(self.message, name)

        def replacement(*args: Any) -> Any:
            self.trace.append((name, *map(repr, args[:1])))
            return own(*args)

        setattr(self.message, name, replacement)


def fail() -> None:
    raise LookupError("on purpose")


setattr(Trial, "raise", staticmethod(fail))


def traced(steps: list[Step], *, look_first: bool, look_last: bool) -> list[Any]:
    async def main() -> list[Any]:
        trial = Trial(look_first=look_first)
        turns: list[list[Step]] = [[]]
        for step in steps:
            if step == ("turn",):
                turns.append([])
            else:
                turns[-1].append(step)

        def one_turn(of: list[Step]) -> None:
            for step in of:
                trial.do(step)

        def handled(error: BaseException, *_: object) -> None:
            trial.trace.append(("uncaught", repr(error)))

        process.on("uncaughtException", handled)
        try:
            for each in (*turns, [], []):
                current_loop().turn(one_turn, each)
                trial.trace.append("turn")
            if look_last:
                trial.do(("look",))
        finally:
            process.remove_listener("uncaughtException", handled)
        return trial.trace

    result: list[Any] = run(main)
    return result


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=14))
def test_it_does_the_same_whether_its_state_was_there_or_not(steps: list[Step]) -> None:
    assert traced(steps, look_first=False, look_last=True) == traced(steps, look_first=True, look_last=True)
