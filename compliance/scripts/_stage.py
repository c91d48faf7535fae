"""Where a script is played: who is there, what has happened, and what is written down of it. The twin of stage.mjs."""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from compliance._peers import rounds
from compliance._trace import Trace, show
from nodehttp._information import Information
from nodestream.events import EventEmitter
from nodestream.loop import Promise

Step = Sequence[Any]
Script = dict[str, Any]

LISTENED: dict[str, Any] = json.loads((Path(__file__).parent / "listened.json").read_text(encoding="utf-8"))

_ONE_ARGUMENT = (" free", " unpipe")
"""Of these events what comes second is of no interest."""


def masked(text: str) -> str:
    """What differs from run to run, taken out."""
    text = re.sub(r"Date: [^\\\r]*", "Date: <DATE>", text)
    return re.sub(r"(127\.0\.0\.1|localhost|::1):\d+", r"\1:<PORT>", text)


class Stage:
    """Where one script is played.

    Attributes:
        script: what is played; `side` is the side under test.
        things: all that have a name.
        over: whether what happens now belongs to nobody.
    """

    def __init__(self, t: Trace, script: Script, perform: Callable[[Stage, Sequence[Step]], None]) -> None:
        self.script: Script = {"on": {}, "deaf": [], **script}
        self.side: str = script["side"]
        self.things: dict[str, Any] = {}
        self.over = False
        self._t = t
        self._perform = perform
        self._names: dict[int, str] = {}
        self._counts: dict[str, int] = {}
        self._waited: dict[str, int] = {}
        self._changed: Promise[None] = Promise()

    def write(self, label: str, *values: object) -> None:
        """Write a line of the trace."""
        if not self.over:
            self._t(masked(label + "".join(f" {self.shown(value)}" for value in values)))

    def shown(self, value: object) -> str:
        """The name of a thing that has one; else the value itself."""
        if isinstance(value, Information):
            return show({name: getattr(value, name) for name in LISTENED["information"]})
        return self._names.get(id(value)) or show(value)

    # --- who is there ---

    def add(self, kind: str, thing: Any) -> None:
        """Give a thing a name, and listen to its events."""
        if id(thing) in self._names:
            return
        name, number = kind, 2
        while name in self.things:
            name, number = f"{kind}{number}", number + 1
        self.things[name] = self.things[f"last_{kind}"] = thing
        self._names[id(thing)] = name
        own = [key.partition(" ")[2] for key in self.script["on"] if key.partition(" ")[0] == name]
        for event in dict.fromkeys([*LISTENED[self.side].get(kind, []), *own]):
            if f"{name} {event}" not in self.script["deaf"]:
                self.listen(name, event)

    def listen(self, name: str, event: str) -> None:
        """Write down an event when it comes, and do what the script says."""
        steps: Sequence[Step] = self.script["on"].get(f"{name} {event}", [])
        is_async = bool(steps) and steps[0] == ["async"]

        async def perform_async() -> None:
            self._perform(self, steps[1:])

        def listener(*args: Any) -> Awaitable[None] | None:
            self._join(event, args)
            self.happened(f"{name} {event}", *args)
            if is_async:
                return perform_async()  # what comes before is done at once, as in JavaScript
            self._perform(self, steps)
            return None

        self.things[name].on(event, listener)

    def _join(self, event: str, args: Sequence[Any]) -> None:
        """Add those that an event brings on stage."""
        for kinds, arg in zip(LISTENED["joining"].get(event, []), args, strict=False):
            if self.side in kinds and isinstance(arg, EventEmitter):
                self.add(kinds[self.side], arg)

    def property(self, path: str) -> Any:
        """What a path like "req.socket.timeout" leads to; None if there is nothing."""
        name, *keys = path.split(".")
        value = self.things.get(name)
        for key in keys:
            value = getattr(value, key, None)
        return value

    # --- what has happened ---

    def happened(self, label: str, *args: Any) -> None:
        """Write down an event or a callback, and let those go on who wait for it."""
        given = [arg for arg in args if arg is not None]
        self.write(label, *(given[:1] if label.endswith(_ONE_ARGUMENT) else given))
        self.count(label)

    def count(self, label: str) -> None:
        """Let those go on who wait for this."""
        self._counts[label] = self._counts.get(label, 0) + 1
        changed, self._changed = self._changed, Promise()
        changed.resolve(None)

    async def until(self, label: str) -> None:
        """Wait until it has happened once more than was waited for, and let what follows from it happen."""
        wanted = self._waited[label] = self._waited.get(label, 0) + 1
        while self._counts.get(label, 0) < wanted:
            await self._changed
        await rounds(4)
