"""`Recorder`: what a stream does, written down in order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from .events import EventEmitter, EventName
from .loop import Promise

EVENTS = ("data", "end", "pause", "resume", "drain", "prefinish", "finish", "pipe", "unpipe", "error", "close")
"""What is recorded. Not `readable`: listening to it changes how a stream works."""

_STATE = (
    "readable",
    "readable_aborted",
    "readable_did_read",
    "readable_ended",
    "readable_flowing",
    "readable_length",
    "writable",
    "writable_aborted",
    "writable_ended",
    "writable_finished",
    "writable_length",
    "writable_need_drain",
    "closed",
    "destroyed",
    "errored",
)
_NOT_THERE = object()
_LONGEST = 60  # characters of an argument in a trace


def state_of(stream: Any) -> dict[str, Any]:
    """The public properties of a stream that tell its state, those that it has."""
    found = {name: getattr(stream, name, _NOT_THERE) for name in _STATE}
    return {name: value for name, value in found.items() if value is not _NOT_THERE}


class Entry(NamedTuple):
    """One thing that happened: an event, or a call that was noted. `state` is what the stream said of itself then."""

    name: str
    args: tuple[Any, ...]
    state: dict[str, Any]

    def __str__(self) -> str:
        return " ".join([self.name, *map(_shown, self.args)])


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 3]}..."


class Recorder:
    """Writes down the events of `stream`, from now on, without reading it: a `data` listener of its own starts no flow.

    An `error` that is recorded is no uncaught one.

    Args:
        stream: what is listened to.
        events: which events; by default all that streams have, apart from `readable`, which cannot be listened to
            without an effect.

    Attributes:
        entries: an `Entry` for each event, with the stream's state at that moment.
    """

    def __init__(self, stream: EventEmitter, *events: EventName) -> None:
        self.stream = stream
        self.entries: list[Entry] = []
        self._counts: Counter[str] = Counter()
        self._waiting: list[tuple[Callable[[], bool], Promise[None]]] = []
        self._listeners: list[tuple[EventName, Callable[..., None]]] = []
        for event in events or EVENTS:
            listener = self._listener(str(event))
            EventEmitter.add_listener(stream, event, listener)  # not Readable.on, which lets the stream flow
            self._listeners.append((event, listener))

    def _listener(self, name: str) -> Callable[..., None]:
        return lambda *args: self.note(name, *args)

    def note(self, name: str, *args: Any) -> None:
        """Write down something else that happens in between."""
        self.entries.append(Entry(name, args, state_of(self.stream)))
        self._counts[name] += 1
        for waiting in [each for each in self._waiting if each[0]()]:
            self._waiting.remove(waiting)
            waiting[1].resolve(None)

    @property
    def names(self) -> list[str]:
        """The names of all entries."""
        return [entry.name for entry in self.entries]

    def of(self, *names: str) -> list[Entry]:
        """The entries with one of these names."""
        return [entry for entry in self.entries if entry.name in names]

    def count(self, *names: str) -> int:
        """How many entries have one of these names."""
        return sum(self._counts[name] for name in names)

    def chunks(self) -> list[Any]:
        """The chunks that `data` gave."""
        return [entry.args[0] for entry in self.of("data")]

    async def until(self, *names: str, count: int = 1) -> None:
        """Wait until there are `count` entries with one of these names."""
        await self.until_true(lambda: self.count(*names) >= count)

    async def until_true(self, condition: Callable[[], bool]) -> None:
        """Wait for an entry after which `condition()` is true, unless it is so already."""
        if not condition():
            promise: Promise[None] = Promise()
            self._waiting.append((condition, promise))
            await promise

    def stop(self) -> None:
        """Listen no longer."""
        for event, listener in self._listeners:
            EventEmitter.remove_listener(self.stream, event, listener)
        self._listeners.clear()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __str__(self) -> str:
        return "\n".join(map(str, self.entries))

    def __repr__(self) -> str:
        return f"<Recorder of {self.stream!r}: {' '.join(self.names)}>"
