"""Arguments that JSON cannot hold. The twin of values.mjs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nodehttp
from nodestream.abort import AbortController
from nodestream.timers import set_immediate

from ._stage import Stage


def value_of(stage: Stage, given: Any) -> Any:
    """What an argument stands for: {"$error": message} for an error, and the like."""
    if isinstance(given, list):
        return [value_of(stage, item) for item in given]
    if not isinstance(given, dict):
        return given
    for key, make in _MAKERS.items():
        if key in given:
            return make(stage, given[key])
    return {key: value_of(stage, item) for key, item in given.items()}


def _callback(stage: Stage, label: str) -> Callable[..., None]:
    return lambda *args: stage.happened(label, *args)


def _signal(stage: Stage, name: str) -> Any:
    return stage.things.setdefault(name, AbortController()).signal


def _agent(stage: Stage, options: dict[str, Any]) -> Any:
    """The agent of this script; it is made when it is first named."""
    if "agent" not in stage.things:
        stage.add("agent", nodehttp.Agent(value_of(stage, options)))
    return stage.things["agent"]


def _failing(_stage: Stage, message: str) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise Exception(message)

    return fail


def _lookup(_stage: Stage, message: str) -> Callable[..., None]:
    """A lookup that does not find the name."""

    def look_up(_host: str, _options: object, callback: Callable[..., None]) -> None:
        set_immediate(callback, Exception(message))

    return look_up


_MAKERS: dict[str, Callable[[Stage, Any], Any]] = {
    "$error": lambda _stage, message: Exception(message),
    "$callback": _callback,
    "$bytes": lambda _stage, text: text.encode("latin-1"),
    "$times": lambda _stage, given: given[1] * given[0],
    "$joined": lambda stage, parts: "".join(value_of(stage, part) for part in parts),
    "$thing": lambda stage, name: stage.things[name],
    "$port": lambda stage, _: stage.things["port"],
    "$signal": _signal,
    "$agent": _agent,
    "$map": lambda _stage, given: given,
    "$returning": lambda _stage, result: lambda *_: result,
    "$failing": _failing,
    "$lookup": _lookup,
}
