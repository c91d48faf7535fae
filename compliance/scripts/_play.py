"""Playing a script. The twin of play.mjs."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from compliance._peers import rounds
from compliance._trace import Trace
from nodestream import events, process
from nodestream._hooks import noop
from nodestream.timers import set_interval

from ._sides import BEGIN, LAST_ROUNDS, accept, clear, connect
from ._stage import Script, Stage
from ._values import value_of
from ._verbs import perform


async def play(t: Trace, script: Script) -> None:
    """Play a script, wait until nothing more happens, and clear the stage."""
    stage = Stage(t, script, perform)
    events.capture_rejections = script.get("captures", False)

    def uncaught(*_: object) -> None:
        stage.count("uncaught")  # it is the worker that writes it down

    process.on("uncaughtException", uncaught)
    awake = set_interval(noop, 1000)  # a raw peer does not keep the loop alive
    await BEGIN[stage.side](stage)
    for step in script["steps"]:
        await _take(stage, *step)
    await rounds(LAST_ROUNDS[stage.side])
    awake.close()
    events.capture_rejections = False
    stage.over = True
    await clear(stage)
    process.off("uncaughtException", uncaught)


async def _take(stage: Stage, verb: str, *args: Any) -> None:
    """A step of those that may wait."""
    if verb == "until":
        await stage.until(args[0])
    elif verb == "rounds":
        await rounds(args[0])
    elif verb == "accept":
        await accept(stage)
    elif verb == "connect":
        await connect(stage)
    elif verb.startswith("peer"):
        await _tell_peer(stage, verb, *args)
    else:
        perform(stage, [[verb, *args]])


async def _tell_peer(stage: Stage, verb: str, *args: Any) -> None:
    name, _, method = verb.partition(".")
    peer = stage.things[name]
    if method == "text":
        stage.write(verb, peer.text)
        return
    result = getattr(peer, method)(*[value_of(stage, arg) for arg in args])
    if isinstance(result, Awaitable):
        await result
    await rounds(1)  # what was under way on our side is done before the next step
