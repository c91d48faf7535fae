"""When something is to happen: now, in a tick, or in an immediate."""

from __future__ import annotations

from collections.abc import Callable

from nodestream.loop import next_tick
from nodestream.timers import set_immediate

LATER: dict[str, Callable[[Callable[[], object]], object]] = {
    "sync": lambda f: f(),
    "tick": next_tick,
    "immediate": set_immediate,
}
