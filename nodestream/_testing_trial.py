"""A trial: one fresh stream that one rule is tried on, in an event loop of its own.

The loop is the rule's own, so an exception that a callback lets out is this rule's finding, and nothing that the stream
leaves open outlives the rule.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from contextlib import AsyncExitStack
from typing import Any, NoReturn

import trio

from . import _predicates as ask
from ._hooks import noop
from ._testing_recorder import Recorder
from ._testing_rules import ContractViolation, Rule
from .loop import Promise, open_loop
from .timers import set_immediate

Make = Callable[[], Any]

QUIET_ROUNDS = 6
"""How often the loop goes round before what has not happened is taken not to happen."""

PATIENCE = 10_000
"""Milliseconds that a rule may take."""

LONGEST_SEEN = 200  # characters of content in a message


async def quiet(rounds: int = QUIET_ROUNDS) -> None:
    """Let the loop go round some times."""
    promise: Promise[None] = Promise()

    def go_round(left: int) -> None:
        if left:
            set_immediate(go_round, left - 1)
        else:
            promise.resolve(None)

    go_round(rounds)
    await promise


def joined(chunks: Sequence[Any], *, as_objects: bool) -> Any:
    """What chunks amount to, wherever they were cut: bytes, a string, or in object mode a list."""
    chunks = list(chunks)
    if as_objects:
        return chunks
    if chunks and all(isinstance(chunk, str) for chunk in chunks):
        return "".join(chunks)
    return b"".join(chunk.encode() if isinstance(chunk, str) else bytes(chunk) for chunk in chunks)


def short(value: Any) -> str:
    """A value on a line of a message."""
    text = repr(value)
    return text if len(text) <= LONGEST_SEEN else f"{text[:LONGEST_SEEN]}... ({len(value)} long)"


class Trial:
    """What a rule works with: the stream, what it does, and what it should do.

    Attributes:
        stream: the stream that is tried.
        peer: the other end of it: where what `stream` gives is written, or what `stream` takes comes out. Often that is
            the stream itself; None if it is not in our hands.
        seen: the recorder of `stream`.
        chunks: what is written, by a rule that writes.
        expected: what comes out; None if nobody knows.
        received: gives what has arrived behind a Writable; None if nobody knows.
        taken: the chunks that `take()` has read.
    """

    def __init__(self, rule: Rule, stream: Any, peer: Any, subject: Subject, *, writes: bool) -> None:
        self.rule = rule
        self.stream = stream
        self.peer = peer
        self.seen = Recorder(stream)
        self.writes = writes
        self.chunks = subject.chunks
        self.expected = subject.expected
        self.received = subject.received
        self.taken: list[Any] = []
        self.waits_for = ""
        self._subject = subject
        self._written = 0

    # --- findings ---

    def violated(self, expected: str, seen: object) -> NoReturn:
        """The rule is broken."""
        raise ContractViolation(self.rule, expected, seen, self.seen)

    def require(self, condition: bool, expected: str, seen: object) -> None:
        """The rule is broken unless `condition`."""
        if not condition:
            self.violated(expected, seen)

    def same(self, what: str, seen: Any, expected: Any) -> None:
        """The rule is broken unless two values are equal."""
        self.require(seen == expected, f"{what}: {short(expected)}", short(seen))

    def once(self, event: str) -> None:
        """The rule is broken unless an event has come once."""
        self.require(self.seen.count(event) == 1, f"`{event}` once", f"{self.seen.count(event)} times")

    def never(self, *events: str) -> None:
        """The rule is broken if one of these events has come."""
        found = self.seen.of(*events)
        self.require(not found, f"no {' and no '.join(f'`{event}`' for event in events)}", ", ".join(map(str, found)))

    def tells(self, name: str, expected: Any) -> None:
        """The rule is broken unless a property has this value now."""
        self.same(name, getattr(self.stream, name), expected)

    def told(self, event: str, name: str, expected: Any) -> None:
        """The rule is broken unless a property had this value at each `event`; of `data`, before the first `end`."""
        entries = self.seen.entries
        if event == "data":
            entries = entries[: (*self.seen.names, "end").index("end")]
        for entry in (each for each in entries if each.name == event):
            self.same(f"{name} at `{event}`", entry.state.get(name), expected)

    # --- waiting ---

    async def until(self, *events: str, count: int = 1) -> None:
        """Wait for events of the stream; that they do not come in time breaks the rule."""
        self.waits_for = " or ".join(f"`{event}`" for event in events)
        await self.seen.until(*events, count=count)

    async def over(self) -> None:
        """Wait until the stream has ended in whatever way, and for what comes right after."""
        await self.until("finish" if self.writes else "end", "error", "close")
        await quiet()

    async def gone(self) -> None:
        """Wait until the stream has closed, and for what should not come after."""
        await self.until("close")
        await quiet()

    # --- what the stream is ---

    @property
    def holds_objects(self) -> bool:
        """Whether its chunks are objects, on the side that is tried."""
        return bool(getattr(self.stream, "writable_object_mode" if self.writes else "readable_object_mode", False))

    def content(self, chunks: Sequence[Any]) -> Any:
        """What chunks amount to: objects only if objects are expected."""
        return joined(chunks, as_objects=self.holds_objects and not isinstance(self.expected, (bytes, str)))

    def is_all(self, how: str, chunks: Sequence[Any]) -> None:
        """The rule is broken unless chunks amount to what is expected."""
        self.same(f"what {how} gives", self.content(chunks), self.expected)

    # --- using it ---

    def begin(self) -> None:
        """Let the other side, and the other end, do their part."""
        if self.peer is not None and self.peer is not self.stream:
            self.peer.on("error", noop)
        if self.writes:
            self._begin_taking()
        else:
            self._begin_feeding()

    def _begin_taking(self) -> None:
        """What is written has to be read at the other end, and the stream's readable side must end with it."""
        for each in {id(each): each for each in (self.stream, self.peer) if each is not None}.values():
            if ask.is_readable_side(each, strict=True):
                each.resume()
        if self.peer is not None and self.peer is not self.stream:
            self.stream.once("finish", self.peer.end)

    def _begin_feeding(self) -> None:
        """Something to read has to be written at the other end, and the stream's writable side must end with it."""
        if self.peer is not None:
            feed(self.peer, self.chunks)
        if self.peer is not self.stream:
            if self.peer is not None:
                self.peer.resume()
            if ask.is_writable_side(self.stream) and not self.stream.writable_ended:
                self.stream.end()

    def call(self, name: str, *args: Any) -> Any:
        """Call a method of the stream, and note that in the trace."""
        self.seen.note(f"-> {name}()", *args)
        return getattr(self.stream, name)(*args)

    def flow(self) -> None:
        """Read by a `data` listener."""
        self.seen.note("-> on('data')")
        self.stream.on("data", noop)

    def take(self) -> None:
        """Read by a `readable` listener, all that there is each time."""

        def on_readable() -> None:
            self.seen.note("readable")
            while chunk := self.take_one():
                self.taken.append(chunk[0])

        self.seen.note("-> on('readable')")
        self.stream.on("readable", on_readable)

    def take_one(self, size: int | None = None) -> tuple[Any] | None:
        """What read() gives. Nothing, or a chunk with nothing in it, is None."""
        chunk = self.stream.read(size)
        is_empty = chunk is None or (not self.holds_objects and len(chunk) == 0)
        return None if is_empty else (chunk,)

    def write(self, chunk: Any) -> bool:
        """Write a chunk; its callback is noted as `written`, with the number of the write, from 1, and the error."""
        self._written += 1
        number = self._written
        self.seen.note(f"-> write() {number}", chunk)
        result = self.stream.write(chunk, lambda error=None: self.seen.note("written", number, error))
        self.seen.note("write() gave", result)
        return bool(result)

    def write_all(self) -> None:
        """Write all chunks, whether there is room or not."""
        for chunk in self.chunks:
            self.write(chunk)

    def end(self) -> None:
        """End it; the callback is noted as `ended`."""
        self.seen.note("-> end()")
        self.stream.end(lambda error=None: self.seen.note("ended", error))

    def start(self) -> None:
        """Use it as it is meant to be used."""
        if self.writes:
            self.write_all()
            self.end()
        else:
            self.flow()

    async def midway(self, name: str, *args: Any) -> None:
        """Use it, and call a method of it as soon as something has been written or read."""
        if self.writes:
            self.write(self.chunks[0])
            self.call(name, *args)
        else:
            self.stream.once("data", lambda _: self.call(name, *args))
            await self.until("data", "end", "error", "close")

    async def another(self, chunks: Sequence[Any]) -> Any:
        """What comes out of one more stream of the kind when `chunks` are written into it."""
        async with AsyncExitStack() as stack:
            made = await open_in(stack, self._subject.make)
            source, stream = made if isinstance(made, tuple) else (made, made)
            recorder = Recorder(stream)
            stream.resume()
            feed(source, chunks)
            self.waits_for = "`end` of another stream of the kind"
            await recorder.until("end", "error", "close")
            stream.destroy()
            return self.content(recorder.chunks())

    async def leave(self) -> None:
        """The rule is done: let go of the stream."""
        for each in (self.stream, self.peer):
            if each is not None and not each.destroyed:
                each.destroy()
        await quiet(2)


def feed(stream: Any, chunks: Sequence[Any]) -> None:
    """Write all chunks as there is room, and end the stream."""
    rest = list(chunks)

    def go_on() -> None:
        while rest and not stream.destroyed:
            if not stream.write(rest.pop(0)) and rest:
                stream.once("drain", go_on)
                return
        if not stream.destroyed:
            stream.end()

    go_on()


async def open_in(stack: AsyncExitStack, make: Make) -> Any:
    """What `make` gives: a stream, or a pair of them; awaited, or entered, if need be."""
    made = make()
    if isinstance(made, Awaitable):
        made = await made
    if isinstance(made, tuple) or ask.is_stream(made):
        return made
    return await stack.enter_async_context(made)


class Subject:
    """The kind of stream that is checked: how to make one, and what is known of what goes in and comes out."""

    def __init__(
        self,
        make: Make,
        *,
        chunks: Sequence[Any] = (),
        expected: Any = None,
        received: Callable[[Any], Any] | None = None,
        is_fed: bool = False,
        patience: float = PATIENCE,
    ) -> None:
        self.make = make
        self.chunks = list(chunks)
        self.expected = expected
        self.received = received
        self.is_fed = is_fed
        self.patience = patience

    def trial(self, rule: Rule, made: Any, *, writes: bool) -> Trial:
        """A trial of what `make` gave."""
        if isinstance(made, tuple):
            source, end = made
            return Trial(rule, source if writes else end, end if writes else source, self, writes=writes)
        peer = made if self.is_fed else None
        return Trial(rule, made, peer, self, writes=writes)

    async def try_rule(self, rule: Rule, *, writes: bool = False, begin: bool = True) -> None:
        """Try a rule on a fresh stream. Raises ContractViolation.

        Args:
            writes: whether the rule is about the writable side.
            begin: whether the other side and the other end do their part, or leave that to the rule.
        """
        trial: Trial | None = None
        done = False
        try:
            with trio.move_on_after(self.patience / 1000) as scope:
                async with open_loop(), AsyncExitStack() as stack:
                    made = await open_in(stack, self.make)
                    trial = self.trial(rule, made, writes=writes)
                    if begin:
                        trial.begin()
                    await rule.check(trial)
                    await trial.leave()
                    await stack.aclose()
                    done = True
                    scope.cancel()  # whatever the stream has left open
        except ContractViolation:
            raise
        except Exception as error:
            if trial is None:
                raise  # the stream could not be made: that is no rule's finding
            raise ContractViolation(rule, "no exception", repr(error), trial.seen) from error
        if trial is None:
            raise TimeoutError(f"make() took longer than {self.patience} ms")
        if not done:
            trial.violated(trial.waits_for or "an end", f"nothing more in {self.patience} ms")
