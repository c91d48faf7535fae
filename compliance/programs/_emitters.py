"""The strategy of the family `emitters`: operations on one or two EventEmitters, also from within listeners.

A program is JSON:

    emitters: the options of each.
    functions: what each listener does: {"does": a list of operations, "ends": "returns", "throws" or "rejects"}.
    steps: a list of operations, each in a turn of its own, so that what is rejected has settled before the next.

An operation is [name, emitter, argument, ...]. An event is a string; "@s" is a symbol, "@monitor" is errorMonitor. A
function is its number; "none" is no function. A value that is emitted is as in JSON; ["error", text] is an exception.

Restrictions: `error` is not emitted with null, which a message shows as one of JavaScript's two. After an exception
that nobody catches nothing is compared, as the rest of the tick queue then runs at another time in Node (see
DIFFERENCES.md). Rejections that nobody handles are gathered for each step: here a coroutine starts after the turn that
made it.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from ._tape import Tape

Json = Any

EVENTS = (*("x",) * 8, *("error",) * 3, "y", "y", "@s", "newListener", "removeListener", "@monitor", "data", "")
VALUES: tuple[Json, ...] = (1, "text", None, ["error", "emitted"], True, {"a": 1}, [1, "b"], ["error", "emitted"])
ADDING = ("on", "once", "prepend_listener", "prepend_once_listener", "add_listener")
ASKING = ("listener_count", "listeners", "raw_listeners")
OPERATIONS = (
    *ADDING,
    *ADDING,
    *("off", "remove_listener", "off", "emit", "emit", "emit", "emit", "emit", "remove_all", "set_max_listeners"),
    *("listener_count", "count_function", "listeners", "raw_listeners", "call_raw", "event_names", "max_listeners"),
)
MAXIMA: tuple[Json, ...] = (1, 2, 0, 3, -1, "5", 1.5)


def _operation(data: bytes, emitters: int, functions: int) -> Json:
    tape = Tape(data)
    name = tape.pick(OPERATIONS)
    number = tape.number(emitters)
    event = tape.pick(EVENTS)
    if name in ADDING or name in ("off", "remove_listener", "count_function"):
        function = "none" if tape.chance(30) else tape.number(functions)
        return [name, number, event, function]
    if name == "emit":
        values = [tape.pick(VALUES) for _ in range(tape.number(4))]
        if event == "error" and values[:1] == [None]:
            values[0] = "text"
        return [name, number, event, values]
    if name == "remove_all":
        return [name, number, *([] if tape.chance(4) else [event])]
    if name == "set_max_listeners":
        return [name, number, tape.pick(MAXIMA)]
    if name == "call_raw":
        return [name, number, event, tape.number(2)]
    return [name, number, event] if name in ASKING else [name, number]


def _decode(drawn: tuple[bytes, list[tuple[bytes, list[bytes]]], list[bytes]]) -> Json:
    head, functions, steps = drawn
    tape = Tape(head)
    emitters: list[Json] = [{"captureRejections": True} if tape.chance(2) else {} for _ in range(1 + tape.number(2))]
    made = []
    for ending, does in functions:
        ends = Tape(ending).pick(("returns", "returns", "returns", "throws", "rejects", "rejects"))
        made.append({"does": [_operation(data, len(emitters), len(functions)) for data in does], "ends": ends})
    return {
        "emitters": emitters,
        "functions": made,
        "steps": [_operation(data, len(emitters), len(functions)) for data in steps],
    }


def programs() -> st.SearchStrategy[Json]:
    """Programs of one or two emitters, one to four listeners and 1 to 25 operations."""
    operation = st.binary(min_size=8, max_size=8)
    function = st.tuples(st.binary(min_size=1, max_size=1), st.lists(operation, max_size=3))
    functions = st.lists(function, min_size=1, max_size=4)
    return st.tuples(st.binary(min_size=3, max_size=3), functions, st.lists(operation, min_size=1, max_size=25)).map(
        _decode
    )


def covered(program: Json, trace: list[str]) -> Iterator[str]:
    """What a program makes use of, and what happened."""
    yield from (f"option {name}" for options in program["emitters"] for name in options)
    yield from (f"listener {function['ends']}" for function in program["functions"])
    for operation in program["steps"]:
        yield f"operation {operation[0]}"
    for line in trace:
        label = line.partition(" ")[0]
        if label in ("called", "warning", "uncaught", "unhandled"):
            yield f"seen {label}"
        elif " throws" in line:
            yield f"seen {label} throws"
