"""The interpreter of the family `pipelines`: the twin of pipelines.mjs."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from typing import Any

from compliance._trace import Trace, show
from nodestream import Duplex, PassThrough, Readable, Transform, Writable, finished, pipeline, promises
from nodestream.abort import AbortController
from nodestream.loop import current_loop
from nodestream.timers import set_immediate

from ._later import LATER

Json = Any
STATE = ("destroyed", "closed", "errored", "readable_ended", "writable_finished")
ROUNDS = 150
"""So many rounds of the loop a pipeline is waited for."""

ROUNDS_AFTERWARDS = 20


class Interpreter:
    """One pipeline."""

    def __init__(self, program: Json, trace: Trace) -> None:
        self.program = program
        self.t = trace
        self.trouble: list[Json] = program["trouble"] or [None]
        self.received: dict[int, list[Any]] = {}
        self.parts = [self.make(number, part) for number, part in enumerate(program["parts"])]
        self.rounds = 0
        self.is_over = False
        self.outcomes: dict[int, Any] = {}
        self.is_exact = program["trouble"] is None or all(part[0] == "stream" for part in program["parts"])
        """Whether how far each part had come by then is the same each time."""

    # --- parts ---

    def make(self, number: int, part: Json) -> Any:
        """A part of the pipeline."""
        match part[0]:
            case "stream":
                return self.stream(number, *part[1:])
            case "iterable":
                return self.iterable(number, part[1])
            case "map" | "generator sink":
                return lambda source: self.map(number, source)
        return lambda source: self.sink(number, source)

    def troubled(self, number: int, kind: str, count: int) -> bool:
        """Whether the trouble happens here, when `count` chunks or more have come."""
        return self.trouble[:2] == [kind, number] and count >= self.trouble[2]

    def check(self, number: int, count: int) -> None:
        """Fail if it is time to."""
        if self.troubled(number, "fails", count):
            raise Exception(f"error of part {number}")

    def iterable(self, number: int, kind: str) -> Any:
        def generate() -> Iterator[Any]:
            for count, chunk in enumerate(self.program["chunks"]):
                self.check(number, count)
                yield chunk

        async def generate_async() -> AsyncIterator[Any]:
            for chunk in generate():
                yield chunk

        if kind == "list":
            return list(self.program["chunks"])
        return generate() if kind == "generator" else generate_async()

    async def map(self, number: int, source: Any) -> AsyncIterator[Any]:
        count = 0
        async for chunk in source:
            count += _length(chunk)
            self.check(number, count - 1)
            if self.troubled(number, "stops", count - 1):
                return
            yield chunk

    async def sink(self, number: int, source: Any) -> Any:
        count = 0
        got = self.received[number] = []
        async for chunk in source:
            count += _length(chunk)
            self.check(number, count - 1)
            if self.troubled(number, "stops", count - 1):
                break
            got.append(chunk)
        return count

    def stream(self, number: int, type_: str, when: str, mark: int) -> Any:
        """A stream whose hooks call back as told, and fail at some chunk."""
        chunks = list(self.program["chunks"])
        counts = {"read": 0, "write": 0}
        got = self.received[number] = []

        def failure(hook: str, length: int) -> Exception | None:
            counts[hook] += length
            fails = self.troubled(number, "fails", counts[hook] - 1)
            return Exception(f"error of part {number}") if fails else None

        def read(stream: Any, size: int) -> None:
            error = failure("read", 1)

            def give() -> None:
                if error is not None:
                    stream.destroy(error)
                else:
                    stream.push(chunks.pop(0) if chunks else None)

            LATER[when](give)

        def write(stream: Any, chunk: Any, encoding: Any, callback: Callable[..., object]) -> None:
            error = failure("write", _length(chunk))
            got.append(chunk)
            LATER[when](lambda: callback(error))

        def transform(stream: Any, chunk: Any, encoding: Any, callback: Callable[..., object]) -> None:
            error = failure("write", _length(chunk))
            LATER[when](lambda: callback(error, chunk))

        options: dict[str, Any] = {"highWaterMark": mark, "objectMode": self.program["objects"]}
        match type_:
            case "Readable":
                return Readable({**options, "read": read})
            case "Writable":
                return Writable({**options, "write": write})
            case "Transform":
                return Transform({**options, "transform": transform})
            case "Duplex":
                return Duplex({**options, "read": read, "write": write})
        return PassThrough(options)

    # --- running ---

    def run(self) -> None:
        """Begin, and watch."""
        for number in self.program["finished"]:
            finished(self.parts[number], lambda *values, number=number: self.watched(number, *values))
        options: dict[str, Any] = dict(self.program["options"])
        controller = AbortController()
        if self.trouble[0] == "abort":
            options["signal"] = controller.signal
        try:
            if self.program["promise"]:
                promise = promises.pipeline(*self.parts, **options)
                current_loop().spawn(self.settled(promise), None)
            else:
                pipeline(*self.parts, self.over)
        except Exception as error:
            self.t("throws", error)
        if hasattr(self.parts[-1], "resume"):
            self.parts[-1].resume()
        self.plan(controller)
        self.wait()

    def watched(self, number: int, error: Any = None) -> None:
        """A part has finished."""
        self.outcomes[number] = error

    def plan(self, controller: AbortController) -> None:
        """Let the trouble come after some rounds."""
        match self.trouble:
            case ["destroy", number, message, rounds]:
                error = Exception(message) if message else None
                self.after(rounds, lambda: self.parts[number].destroy(error))
            case ["abort", rounds]:
                self.after(rounds, controller.abort)

    def after(self, rounds: int, action: Callable[[], object]) -> None:
        """Do it after some rounds of the loop."""
        if rounds == 0:
            action()
        else:
            set_immediate(lambda: self.after(rounds - 1, action))

    async def settled(self, promise: Any) -> None:
        try:
            self.over(None, await promise)
        except Exception as error:
            self.over(error)

    def over(self, error: Any = None, value: Any = None) -> None:
        """The pipeline has called back."""
        if self.is_exact or self.trouble[0] != "stops":
            self.t("pipeline", error, value)
        else:
            self.t("pipeline calls back")  # with an error, if what comes before had not ended yet
        self.is_over = True
        self.rounds = ROUNDS - ROUNDS_AFTERWARDS

    def wait(self) -> None:
        """Look at everything in the end."""
        self.rounds += 1
        if self.rounds < ROUNDS:
            set_immediate(self.wait)
            return
        for number, part in enumerate(self.parts):
            kind = self.program["parts"][number][:2]
            if kind[0] == "stream" and (self.is_exact or kind[1] != "Duplex"):  # of which one side may be done
                names = STATE if self.is_exact else STATE[:2]
                self.t(f"part {number} {' '.join(show(getattr(part, name, None)) for name in names)}")
        if self.is_exact:
            for number in self.program["finished"]:
                self.t(f"finished {number}", self.outcomes.get(number, "never"))
        if self.is_over and self.trouble == [None]:
            for number, got in self.received.items():
                joined = got if self.program["objects"] else b"".join(map(_bytes, got))
                self.t(f"received {number}", joined)


def _length(chunk: Any) -> int:
    return len(chunk) if isinstance(chunk, (bytes, str)) else 1


def _bytes(chunk: Any) -> bytes:
    return chunk.encode() if isinstance(chunk, str) else chunk


def begin(program: Json, trace: Trace) -> None:
    """Make the parts, and begin."""
    Interpreter(program, trace).run()
