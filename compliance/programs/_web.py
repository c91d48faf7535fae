"""The strategy of the family `web`: up to four web streams, piped, teed, read, written, and between them and Node's.

A program is JSON:

    streams: one to four of
        {"kind": "readable", "type": null or "bytes", "allocate", "strategy", "start", "pull", "cancel", "ends"},
        {"kind": "writable", "strategy", "start", "write", "close", "abort"},
        {"kind": "transform", "strategy", "readableStrategy", "start", "transform", "flush", "cancel"},
        {"kind": "from", "items"}, a ReadableStream of a list,
        {"kind": "node", "type", "mark", "objects", "bytes", "chunks", "outcomes"}, one of Node's made a web stream.
    pipes: null, or how well programs with pipes compare. Microtasks decide how early a pipe takes what a `pull` gives,
        so calls of `pull` are not compared. "to what fails": in Node a pipe reads on for a while then, so only what
        was written is compared.
    steps: a list of [when the next step comes, operation].
    reactions: a list of [label, n, operation]: what to do when a hook, event or promise comes for the nth time.

A hook is null, or [when, actions, how it ends], or a list of these, one for each call. `when`: "plain" does the actions
at once and returns no promise; the others return one. An action is [what is done with the controller, argument]. It
ends "ok", by an "error", or "never". A strategy is {"mark", "size"}.

An operation is [name, argument, ...]. Streams, readers, writers and iterators are meant by number, counted in the
order in which they came to be; a number too large begins again. A pipe goes from an earlier stream to a later one only:
chunks could go in a circle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from ._tape import Tape

Json = Any

WHEN = ("sync", "microtask", "tick", "immediate")
WHEN_PIPED = ("plain", "plain", "immediate")
"""Of hooks where there are pipes: how many microtasks a pipe takes is Node's own."""

GAPS = ("immediate", "immediate", "immediate", "sync")
MARKS = (None, 0, 1, 2, 3, 8)
TEXTS = ("a", "bc", "def", "ghij")
VALUES = (1, True, "a", "", "bc", None)
REASONS = (None, "reason", 7)

READING = (
    *("get_reader", "read", "read", "read", "read", "read", "cancel_reader", "release_reader", "closed", "cancel"),
    *("tee", "pipe_to", "pipe_to", "pipe_to", "pipe_through", "pipe_through", "values", "next", "next", "return"),
    *("source", "source", "read"),
)
WRITING = (
    *("get_writer", "write", "write", "write", "write", "close_writer", "abort_writer", "ready", "release_writer"),
    *("abort", "close", "sink", "transformer", "signal", "write"),
)
ADAPTING = (
    *("readable_from_web", "writable_from_web", "duplex_from_web", "node_write", "node_end", "node_destroy"),
    *("node_pause", "node_resume", "node_write"),
)
NEEDS = {
    "readables": ("get_reader", "cancel", "tee", "values", "readable_from_web"),
    "writables": ("get_writer", "abort", "close", "writable_from_web"),
    "readers": ("read", "cancel_reader", "release_reader", "closed"),
    "writers": ("write", "close_writer", "abort_writer", "ready", "release_writer"),
    "iterators": ("next", "return"),
    "sources": ("source",),
    "sinks": ("sink",),
    "transforms": ("transformer",),
    "nodes": ("node_write", "node_end", "node_destroy", "node_pause", "node_resume"),
}
"""What each operation is about."""

INSTEAD = {
    "readables": "signal",
    "writables": "read",
    "readers": "get_reader",
    "writers": "get_writer",
    "iterators": "values",
    "sources": "read",
    "sinks": "write",
    "transforms": "write",
    "nodes": "readable_from_web",
}
"""What is done while there is nothing that it could be about."""

MAKES = {"get_reader": "readers", "get_writer": "writers", "values": "iterators"}
LONG = ("next", "return", "pipe_to", "pipe_through", "close", "close_writer")
"""What takes a number of microtasks that is Node's own: nothing else is done in the same turn."""

KINDS = ("readable", "writable", "transform", "readable", "writable", "transform", "readable", "from", "node")


class _Drawing:
    """One program being drawn."""

    def __init__(self, head: bytes) -> None:
        tape = Tape(head)
        self.adapts = tape.chance(3)
        self.bytes = tape.chance(3)
        self.reacts = tape.chance(2)
        self.pipes = not tape.chance(3)
        self.fails = not self.pipes or tape.chance(3)
        self.there: dict[str, list[int]] = {name: [] for name in NEEDS}
        """What operations can be about: of each, the number of the stream that it belongs to."""

    # --- streams ---

    def stream(self, data: bytes, number: int) -> Json:
        tape = Tape(data)
        kind = _turned(KINDS, tape, 4 * number)
        if kind == "node" and not self.adapts:
            kind = "readable"
        spec = {"kind": kind, **getattr(self, f"_{kind}")(tape)}
        made = {
            "readable": ("readables", "sources"),
            "writable": ("writables", "sinks"),
            "transform": ("readables", "writables", "transforms"),
            "from": ("readables",),
            "Readable": ("readables", "nodes"),
            "Writable": ("writables", "nodes"),
            "Transform": ("readables", "writables", "nodes"),
        }
        for name in made[spec["type"] if kind == "node" else kind]:
            self.there[name].append(number)
        return spec

    def chunk(self, tape: Tape, *, octets: bool = False) -> Json:
        if octets or self.bytes:
            return ["bytes", tape.pick(TEXTS).encode().hex()]
        return ["value", tape.pick(VALUES[:-1] if self.adapts else VALUES)]  # streams of Node's take no null

    def strategy(self, tape: Tape, *, sized: bool = True) -> Json:
        size = tape.pick(("length", "length", "length", "negative", "throws") if self.fails else ("length",))
        return {"mark": tape.pick(MARKS), "size": size if sized and tape.chance(3) else None}

    def hook(self, tape: Tape, actions: list[Json] | None = None, *, writes: bool = False) -> Json:
        what = tape.pick(("ok",) * 8 + ("error", "error", "never"))
        if writes and what == "error" and not self.fails:
            what = "ok"
        if what == "error" and actions and self.pipes:
            what = "ok"  # whether the pipe has got what was enqueued, depends on microtasks
        return [tape.pick(WHEN_PIPED if self.pipes else ("plain", "plain", *WHEN)), actions or [], what]

    def optional(self, tape: Tape) -> Json:
        return self.hook(tape) if tape.chance(2) else None

    def pulled(self, tape: Tape, *, octets: bool) -> list[Json]:
        choices = ["enqueue"] * 8 + ["nothing", "nothing", "close", "error"]
        if octets:
            choices += ["respond"] * 4 + ["respond_view"] * 2
        actions = []
        for _ in range(1 + tape.chance(4)):
            name = tape.pick(choices)
            if name == "enqueue":
                actions.append([name, self.chunk(tape, octets=octets)])
            elif name == "error":
                actions.append([name, "error of pull"])
            elif name.startswith("respond"):
                actions.append([name, tape.number(4)])
            elif name == "close":
                actions += [["close"], *([["respond", 0]] if octets else [])]
        return actions

    def _readable(self, tape: Tape) -> Json:
        octets = self.bytes and tape.chance(2)
        count = tape.number(4)
        return {
            "type": "bytes" if octets else None,
            "allocate": tape.pick((None, None, 1, 3)) if octets else None,
            "strategy": self.strategy(tape, sized=not octets),
            "start": self.optional(tape) if tape.chance(3) else None,
            "pull": [self.hook(tape, self.pulled(tape, octets=octets)) for _ in range(count)] or None,
            "cancel": self.optional(tape),
            "ends": tape.chance(2),
        }

    def _writable(self, tape: Tape) -> Json:
        return {
            "strategy": self.strategy(tape),
            "start": self.optional(tape) if tape.chance(3) else None,
            "write": [self.hook(tape, self._failing(tape), writes=True) for _ in range(tape.number(4))] or None,
            "close": self.optional(tape),
            "abort": self.optional(tape),
        }

    def _failing(self, tape: Tape) -> list[Json]:
        return [["error", "error of a controller"]] if self.fails and tape.chance(12) else []

    def _transform(self, tape: Tape) -> Json:
        return {
            "strategy": self.strategy(tape),
            "readableStrategy": self.strategy(tape),
            "start": self.optional(tape) if tape.chance(3) else None,
            "transform": [self.hook(tape, self.transformed(tape), writes=True) for _ in range(tape.number(4))] or None,
            "flush": self.hook(tape, self.transformed(tape, flush=True)) if tape.chance(2) else None,
            "cancel": self.optional(tape),
        }

    def transformed(self, tape: Tape, *, flush: bool = False) -> list[Json]:
        name = tape.pick(("pass", "pass", "pass", "enqueue", "both", "nothing", "terminate", "error"))
        if name in ("terminate", "error") and not self.fails:
            name = "pass"
        if name in ("pass", "both") and flush:
            name = "enqueue"
        match name:
            case "enqueue":
                return [["enqueue", self.chunk(tape)]]
            case "both":
                return [["pass"], ["enqueue", self.chunk(tape)]]
            case "error":
                return [["error", "error of a controller"]]
            case "nothing":
                return []
        return [[name]]

    def _from(self, tape: Tape) -> Json:
        return {"items": [self.chunk(tape) for _ in range(tape.number(4))]}

    def _node(self, tape: Tape) -> Json:
        count = tape.number(4)
        objects = not self.bytes
        return {
            "type": tape.pick(("Readable", "Writable", "Transform")),
            "mark": tape.pick((1, 2, 3, 16)),
            "objects": objects,
            "bytes": not objects and tape.chance(2),
            "chunks": [self.node_chunk(tape) for _ in range(count)],
            "outcomes": [self._outcome(tape) for _ in range(tape.number(4))],
        }

    def _outcome(self, tape: Tape) -> Json:
        return [tape.pick(WHEN), "error" if self.fails and tape.chance(6) else "ok"]

    def node_chunk(self, tape: Tape) -> Json:
        """One that a stream of Node's takes."""
        return ["bytes", tape.pick(TEXTS).encode().hex()] if self.bytes else ["value", tape.pick((1, True, "a", "bc"))]

    # --- operations ---

    def operation(self, tape: Tape, position: int) -> Json:
        groups = [*READING, *WRITING, *WRITING, *(ADAPTING if self.adapts else ())]
        name = _turned(groups, tape, 11 * position)
        if name in ("pipe_to", "pipe_through", "duplex_from_web"):
            two = self.two(tape, name)
            if two is not None:
                return [name, *two, self.node_options(tape) if name == "duplex_from_web" else self.pipe_options(tape)]
            name = "read"
        if name == "signal":
            return [name, tape.pick(REASONS)]
        need = _need_of(name)
        while not self.there[need]:
            name = INSTEAD[need]
            if name == "signal":
                return [name, tape.pick(REASONS)]
            need = _need_of(name)
        number = tape.number(len(self.there[need]))
        self.made(name, self.there[need][number])
        return [name, number, *self.arguments(name, tape)]

    def two(self, tape: Tape, name: str) -> tuple[int, int] | None:
        """A stream to read from, and a later one to write to."""
        destinations = self.there["transforms" if name == "pipe_through" else "writables"]
        pairs = [
            (start, to)
            for start, source in enumerate(self.there["readables"])
            for to, destination in enumerate(destinations)
            if source < destination or name == "duplex_from_web"
        ]
        if not pairs or not (self.pipes or name == "duplex_from_web"):
            return None
        if name == "duplex_from_web":
            self.made(name, 0)
        return tape.pick(pairs)

    def made(self, name: str, number: int) -> None:
        """What there is after an operation."""
        if name in MAKES:
            self.there[MAKES[name]].append(number)
        elif name == "tee":
            self.there["readables"] += [number, number]
        elif name.endswith("from_web"):
            self.there["nodes"].append(number)

    def arguments(self, name: str, tape: Tape) -> list[Json]:
        """Of an operation, besides what it is about."""
        match name:
            case "get_reader":
                return [self.bytes and tape.chance(2)]
            case "read":
                size = 1 + tape.number(4)
                return [size, 1 + tape.number(size) if tape.chance(4) else None]
            case "cancel_reader" | "cancel" | "abort_writer" | "abort":
                return [tape.pick(REASONS)]
            case "values":
                return [tape.chance(2)]
            case "source" | "transformer":
                end = "close" if name == "source" else "terminate"
                return [tape.pick((["enqueue", self.chunk(tape)], [end], ["error", "from outside"]))]
            case "sink":
                return ["from outside"]
            case "write":
                return [self.chunk(tape)]
            case "readable_from_web" | "writable_from_web":
                return [self.node_options(tape)]
            case "node_write":
                return [self.node_chunk(tape)]
            case "node_destroy":
                return [None if tape.chance(2) else "destroyed"]
        return []

    def pipe_options(self, tape: Tape) -> Json:
        names = ("preventClose", "preventAbort", "preventCancel", "signal")
        return {name: True for name in names if tape.chance(6)}

    def node_options(self, tape: Tape) -> Json:
        return {"objectMode": not self.bytes, "highWaterMark": tape.pick((1, 2, 3, 16))}

    def step(self, data: bytes, position: int) -> Json:
        tape = Tape(data)
        gap, operation = tape.pick(GAPS), self.operation(tape, position)
        return ["immediate" if operation[0] in LONG else gap, operation]

    def reaction(self, data: bytes, position: int) -> Json:
        tape = Tape(data)
        subject = _turned(("p", "w", "t", "r", "p", "n", "f", "d"), tape, position)
        number = tape.number(8 if subject == "p" else 4)
        events = {
            "r": ("cancel" if self.pipes else "pull", "cancel", "closed0.resolves", "closed0.rejects"),
            "w": ("write", "write", "close", "abort", "closed0.resolves", "closed0.rejects"),
            "t": ("transform", "transform", "flush", "cancel"),
            "p": ("resolves", "resolves", "rejects"),
            "n": ("end", "finish", "error", "close", "write"),
            "f": ("data", "end", "finish", "drain", "error", "close"),
            "d": ("data", "end", "finish", "drain", "close"),
        }
        label = f"{subject}{number}.{tape.pick(events[subject])}"
        nth, operation = 1 + tape.number(2), self.operation(tape, position)
        return [label, nth, ["signal", None] if operation[0] in ("next", "return") else operation]


def _turned(choices: Sequence[str], tape: Tape, by: int) -> str:
    """One of them; which one is the simplest choice is another each time."""
    return choices[(tape.number(len(choices)) + by) % len(choices)]


def _need_of(name: str) -> str:
    return next(need for need, names in NEEDS.items() if name in names)


def _decode(drawn: tuple[bytes, list[bytes], list[bytes], list[bytes]]) -> Json:
    head, streams, steps, reactions = drawn
    drawing = _Drawing(head)
    return {
        "pipes": ("to what fails" if drawing.fails else "exact") if drawing.pipes else None,
        "streams": [drawing.stream(data, number) for number, data in enumerate(streams)],
        "steps": [drawing.step(data, position) for position, data in enumerate(steps)],
        "reactions": [drawing.reaction(data, position) for position, data in enumerate(reactions)]
        if drawing.reacts
        else [],
    }


def _blobs(size: int, most: int, least: int = 0) -> st.SearchStrategy[list[bytes]]:
    return st.lists(st.binary(min_size=size, max_size=size), min_size=least, max_size=most)


def programs() -> st.SearchStrategy[Json]:
    """Programs of one to four streams and 1 to 40 operations."""
    steps = st.one_of(_blobs(10, 10, least=1), _blobs(10, 40, least=9))
    return st.tuples(st.binary(min_size=6, max_size=6), _blobs(64, 4, least=1), steps, _blobs(12, 4)).map(_decode)


def covered(program: Json, trace: list[str]) -> Iterator[str]:
    """What a program makes use of, what its operations came to, and what happened."""
    yield f"pipes {program['pipes'] or 'none'}"
    for spec in program["streams"]:
        yield f"stream {spec['kind']}" + (f": {spec['type']}" if spec.get("type") else "")
    for line in trace:
        label, _, rest = line.partition(" ")
        if label in ("state", "pipes"):
            continue
        if "." in label:
            yield f"seen {re.sub('[0-9]', '', label.partition('.')[2])}"
        elif label in KINDS:
            yield f"stream {label}: raises"
        elif rest.startswith(("->", "throws")):
            yield f"operation {label}"
            if rest.startswith("throws"):
                yield f"operation {label}: raises"
            elif rest in ('-> "nothing"', '-> "backwards"', '-> "over"', '-> "none"'):
                yield f"operation {label}: not done"
        else:
            yield f"action {rest.partition(' ')[0]}" + (": raises" if " throws" in line else "")


def comparable(node: list[str], ours: list[str]) -> tuple[list[str], list[str]]:
    """Both traces, where what happens between two steps is told stream by stream and promise by promise.

    They end before the step in which Node fails of itself, by an assertion or a function that it has dropped, or a
    stream of `Duplex.fromWeb` fails: see "`write()` to a writer" and "A Duplex of two web streams" in DIFFERENCES.md.
    """
    if node[:1] == ['pipes "to what fails"']:
        return _essence(node), _essence(ours)
    if node[:1] == ['pipes "exact"']:
        node, ours = _without_pulls(node), _without_pulls(ours)
    end = next((number for number, line in enumerate(node) if _is_apart(line)), None)
    if end is not None:
        steps = sum(line.startswith("state") for line in node[:end])
        node, ours = _first_steps(node, steps), _first_steps(ours, steps)
    return _sorted(node), _sorted(ours)


def _essence(trace: list[str]) -> list[str]:
    """What was written."""
    return [line for line in trace if line.startswith("w") and line.partition(" ")[0].endswith(".write")]


def _without_pulls(trace: list[str]) -> list[str]:
    return [line for line in trace if not line.partition(" ")[0].endswith(".pull")]


def _is_apart(line: str) -> bool:
    is_failure_of_node = "[ERR_INTERNAL_ASSERTION]" in line or "[kState]" in line
    return is_failure_of_node or (line.startswith("d") and line.partition(" ")[0].endswith(".error"))


def _first_steps(trace: list[str], steps: int) -> list[str]:
    """What came before the state after so many steps."""
    states = [number for number, line in enumerate(trace) if line.startswith("state")]
    return trace[: states[steps - 1]] if steps <= len(states) else trace


def _sorted(trace: list[str]) -> list[str]:
    told: list[str] = []
    between: list[str] = []
    for line in [*trace, "state"]:
        if line.startswith("state"):
            told += [*sorted(between, key=_subject), line]
            between = []
        else:
            between.append(line)
    return told[:-1]


def _subject(line: str) -> str:
    label = line.partition(" ")[0]
    return label.rpartition(".")[0] if label.endswith((".resolves", ".rejects")) else label.partition(".")[0]
