"""The interpreter of the family `emitters`. The twin of emitters.mjs; _emitters.py tells what a program consists of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nodestream.process
from compliance._trace import Trace, show
from nodestream.events import EventEmitter, Symbol, error_monitor
from nodestream.timers import set_immediate

Json = Any

MOST_CALLS = 60
"""So often listeners do something else than being called: they may set off each other."""


def value_of(value: Json) -> Any:
    """A value that is emitted."""
    return Exception(value[1]) if isinstance(value, list) and value[0] == "error" else value


class Interpreter:
    """The emitters of one program, and its operations on them."""

    def __init__(self, program: Json, trace: Trace) -> None:
        self.t = trace
        self.calls = 0
        self.unhandled: list[str] = []
        self.symbol = Symbol("s")
        self.emitters = [EventEmitter(options) for options in program["emitters"]]
        self.functions = [self._function(number, spec) for number, spec in enumerate(program["functions"])]

    def run(self, steps: list[Json]) -> None:
        self.perform(steps[0])
        self.t("state", *map(self._state, self.emitters))
        set_immediate(self._go_on, steps[1:])

    def _go_on(self, steps: list[Json]) -> None:
        if self.unhandled:
            self.t("unhandled", sorted(self.unhandled))
            self.unhandled.clear()
        if steps:
            self.run(steps)

    def _function(self, number: int, spec: Json) -> Callable[..., Any]:
        async def failing() -> None:
            raise Exception(f"rejected by f{number}")

        def listener(*args: Any) -> Any:
            self.t("called", f"f{number}", *map(self._shown, args))
            self.calls += 1
            if self.calls > MOST_CALLS:
                return None
            for operation in spec["does"]:
                self.perform(operation)
            if spec["ends"] == "throws":
                raise Exception(f"thrown by f{number}")
            return failing() if spec["ends"] == "rejects" else None

        return listener

    def _event(self, name: str) -> Any:
        return {"@s": self.symbol, "@monitor": error_monitor}.get(name, name)

    def _given(self, number: Json) -> Any:
        return None if number == "none" else self.functions[number]

    # --- what is seen ---

    def _shown(self, value: Any) -> Any:
        """A value in which functions and emitters are their numbers."""
        if isinstance(value, EventEmitter):
            return f"e{self.emitters.index(value)}"
        if callable(value):
            inner = getattr(value, "listener", None)
            return self._name(value) if inner is None else f"once {self._name(inner)}"
        return [self._shown(item) for item in value] if isinstance(value, list) else value

    def _name(self, function: Any) -> str:
        return f"f{self.functions.index(function)}"

    def _state(self, emitter: EventEmitter) -> Json:
        return [[show(name), *self._shown(emitter.raw_listeners(name))] for name in emitter.event_names()]

    # --- operations ---

    def perform(self, operation: Json) -> None:
        name, number, *args = operation
        method = getattr(self, f"op_{name}", None) or self.add_or_remove(name)
        self.t.call(name, lambda: self._shown(method(self.emitters[number], *args)))

    def add_or_remove(self, name: str) -> Callable[..., Any]:
        return lambda emitter, event, number: getattr(emitter, name)(self._event(event), self._given(number))

    def op_emit(self, emitter: EventEmitter, event: str, values: list[Json]) -> bool:
        return emitter.emit(self._event(event), *map(value_of, values))

    def op_remove_all(self, emitter: EventEmitter, *event: str) -> EventEmitter:
        return emitter.remove_all_listeners(*map(self._event, event))

    def op_set_max_listeners(self, emitter: EventEmitter, n: Any) -> EventEmitter:
        return emitter.set_max_listeners(n)

    def op_listener_count(self, emitter: EventEmitter, event: str) -> int:
        return emitter.listener_count(self._event(event))

    def op_count_function(self, emitter: EventEmitter, event: str, number: Json) -> int:
        return emitter.listener_count(self._event(event), self._given(number))

    def op_listeners(self, emitter: EventEmitter, event: str) -> list[Any]:
        return emitter.listeners(self._event(event))

    def op_raw_listeners(self, emitter: EventEmitter, event: str) -> list[Any]:
        return emitter.raw_listeners(self._event(event))

    def op_call_raw(self, emitter: EventEmitter, event: str, index: int) -> Any:
        raw = emitter.raw_listeners(self._event(event))
        result: Any = raw[index]("raw") if index < len(raw) else None
        if result is not None:
            result.close()  # a coroutine that nobody runs
        return result is not None

    def op_event_names(self, emitter: EventEmitter) -> list[Any]:
        return emitter.event_names()

    def op_max_listeners(self, emitter: EventEmitter) -> float:
        return emitter.get_max_listeners()


def begin(program: Json, trace: Trace) -> None:
    """Make the emitters and take the first step."""
    process = nodestream.process
    process.remove_all_listeners("warning")
    process.remove_all_listeners("unhandledRejection")
    process.on("warning", lambda warning: trace("warning", str(warning)))
    process.on("uncaughtException", lambda error, origin: trace.close())
    interpreter = Interpreter(program, trace)
    process.on("unhandledRejection", lambda error, promise: interpreter.unhandled.append(str(error)))
    interpreter.run(program["steps"])
