"""Random programs: sequences of stream operations that Node and this library both run, traces compared.

A program is JSON:

    kind: which streams there are: readable, writable, transform, duplex, pipe (a Readable and a Writable), or via (the
        same with a Transform between them).
    readable, writable, via: how each of them behaves. Its `options`; the outcome of its `construct`, `destroy` and
        `final` hooks, or null; `reads`, a list of [when, chunks to push], after which it `ends` or gives nothing more;
        `writes`, a list of outcomes; `transforms`, a list of [outcome, chunks to push, value of the callback].
    steps: a list of [when the next step comes, [operation, argument, ...]].
    reactions: a list of [event, n, [operation, argument, ...]]: what to do when the event comes for the nth time.

An outcome is [when, what]: when a hook calls back ("sync", "tick" or "immediate") and what it says then ("ok", "error",
"throw", "twice", "never"). A chunk is ["bytes", hex], ["value", anything] or ["null"].
"""

from __future__ import annotations

import hashlib
import json
import queue
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from compliance._node import node_binary
from compliance._runner import AreaResult, show_difference
from compliance._side import HERE, Worker

FAILURES = HERE / "failures"
DEFAULT_EXAMPLES = 300
DEFAULT_SEED = 24

Json = Any
Strategy = st.SearchStrategy[Any]


# --- what programs are made of ---


def _mostly(value: Any, *rare: Any) -> Strategy:
    return st.sampled_from([value] * (3 * len(rare)) + list(rare))


def _options(**strategies: Strategy) -> Strategy:
    """A mapping with some of the options."""
    return st.fixed_dictionaries({}, optional=strategies)


when = st.sampled_from(["sync", "sync", "tick", "immediate"])
# An exception is thrown where the stream has called the hook: later it would not be the stream's business.
outcome = st.one_of(st.tuples(when, _mostly("ok", "error", "twice", "never")).map(list), st.just(["sync", "throw"]))
maybe_outcome = st.one_of(st.none(), st.none(), outcome)

byte_chunk = st.one_of(
    st.sampled_from(["61", "6263", "6162636465", "c3a9", "e2", "82ac", "ff", ""]).map(lambda text: ["bytes", text]),
    st.sampled_from(["s", "string", "\u00e9\u20ac", ""]).map(lambda text: ["value", text]),
)
object_chunk = st.sampled_from([0, 1, "", "text", False, True, [], {"a": 1}]).map(lambda value: ["value", value])
rare_chunk = st.sampled_from([["null"], ["value", 5], ["null"]])


def _chunk(objects: bool) -> Strategy:
    usual = st.one_of(object_chunk, byte_chunk) if objects else byte_chunk
    return st.one_of(usual, usual, usual, usual, rare_chunk)


high_water_mark = st.sampled_from([0, 1, 2, 3, 5, 16, 65536])
encoding = st.sampled_from(["utf8", "hex", "base64", "latin1", "utf16le", "ascii", "base64url"])
flag = st.booleans()

life_options = {"autoDestroy": _mostly(True, False), "emitClose": _mostly(True, False)}
readable_options = {"highWaterMark": high_water_mark, "encoding": encoding, **life_options}
writable_options = {"highWaterMark": high_water_mark, "decodeStrings": flag, **life_options}
duplex_options = {
    "allowHalfOpen": flag,
    "highWaterMark": high_water_mark,
    "readableHighWaterMark": high_water_mark,
    "writableHighWaterMark": high_water_mark,
    "encoding": encoding,
    "decodeStrings": flag,
    **life_options,
}


def _side(objects: bool, options: dict[str, Strategy], **parts: Strategy) -> Strategy:
    if objects:  # what decoding does to an object is no rule that anybody relies on
        options = {name: strategy for name, strategy in options.items() if name != "encoding"}
    with_mode = _options(**options).map(lambda given: {**given, "objectMode": True} if objects else given)
    return st.fixed_dictionaries({"options": with_mode, "construct": maybe_outcome, "destroy": maybe_outcome, **parts})


def _readable_parts(objects: bool) -> dict[str, Strategy]:
    chunk = st.one_of(*[_chunk(objects)] * 6, st.just(["destroy"]))
    pushes = st.lists(chunk, min_size=1, max_size=3)
    throwing = pushes.map(lambda chunks: ["sync", [*chunks, ["throw"]]])
    read = st.one_of(*[st.tuples(when, pushes).map(list)] * 6, throwing)
    return {"reads": st.lists(read, max_size=4), "ends": flag}


def _writable_parts() -> dict[str, Strategy]:
    return {"writes": st.lists(outcome, max_size=4), "writev": flag, "final": maybe_outcome}


def _transform_parts(objects: bool) -> dict[str, Strategy]:
    todo = st.tuples(outcome, st.lists(_chunk(objects), max_size=2), st.one_of(st.none(), _chunk(objects))).map(list)
    return {"transforms": st.lists(todo, max_size=4), "flush": st.one_of(st.none(), todo)}


def _readable_ops(objects: bool) -> list[Strategy]:
    size = st.sampled_from([None, None, 0, 1, 2, 3, 7])
    ops = [
        st.tuples(st.just("push"), _chunk(objects)),
        st.tuples(st.just("unshift"), _chunk(objects)),
        st.tuples(st.just("read"), size),
        st.tuples(st.just("on_readable_reading"), st.sampled_from([None, None, 1, 2])),
        st.tuples(st.just("remove_all"), st.sampled_from(["data", "readable"])),
        st.tuples(st.just("destroy_r"), st.sampled_from([None, "destroyed r"])),
        st.tuples(st.just("finished_r"), _options(error=flag, readable=flag)),
        *[
            st.tuples(st.just(op))
            for op in ("on_data", "on_data", "off_data", "on_readable", "off_readable", "pause", "resume", "is_paused")
        ],
    ]
    return ops if objects else [*ops, st.tuples(st.just("set_encoding"), encoding)]


def _writable_ops(objects: bool) -> list[Strategy]:
    write = st.tuples(st.just("write"), _chunk(objects), st.sampled_from(["cb1", "cb2", "cb3"]))
    return [
        write,
        write,
        write,
        st.tuples(st.just("end"), st.one_of(st.none(), _chunk(objects)), st.sampled_from([None, "end cb"])),
        st.tuples(st.just("destroy_w"), st.sampled_from([None, "destroyed w"])),
        st.tuples(st.just("finished_w"), _options(error=flag, writable=flag)),
        st.tuples(st.just("cork")),
        st.tuples(st.just("uncork")),
    ]


PIPE_OPS = [
    st.tuples(st.just("pipe"), _mostly(True, False)),
    st.tuples(st.just("pipe"), _mostly(True, False)),
    st.tuples(st.just("unpipe"), flag),
    st.tuples(st.just("pipeline")),
]
VIA_OPS = [
    *PIPE_OPS,
    st.tuples(st.just("pipe_via"), _mostly(True, False)),
    st.tuples(st.just("destroy_via"), st.sampled_from([None, "destroyed t"])),
]
LIFE_EVENTS = ["error", "close"]
READABLE_EVENTS = ["data", "readable", "end", "pause", "resume", *LIFE_EVENTS]
WRITABLE_EVENTS = ["drain", "prefinish", "finish", "pipe", "unpipe", *LIFE_EVENTS]


def _program(kind: str, sides: dict[str, Strategy], ops: list[Strategy], events: list[str]) -> Strategy:
    step = st.one_of(ops).map(list)
    reaction = st.tuples(st.sampled_from(events), st.sampled_from([1, 1, 2]), step).map(list)
    return st.fixed_dictionaries(
        {
            "kind": st.just(kind),
            **sides,
            "steps": st.lists(st.tuples(when, step).map(list), min_size=1, max_size=9),
            "reactions": st.lists(reaction, max_size=2),
        }
    )


def _named(events: list[str], prefix: str) -> list[str]:
    return [event if event in ("data", "readable") else prefix + event for event in events]


def _programs_of(kind: str, objects: bool) -> Strategy:
    readable = _side(objects, readable_options, **_readable_parts(objects))
    writable = _side(objects, writable_options, **_writable_parts())
    transform = _side(objects, duplex_options, **_transform_parts(objects))
    r_ops, w_ops = _readable_ops(objects), _writable_ops(objects)
    r_events, w_events = _named(READABLE_EVENTS, "r."), _named(WRITABLE_EVENTS, "w.")
    match kind:
        case "readable":
            return _program(kind, {"readable": readable}, r_ops, r_events)
        case "writable":
            return _program(kind, {"writable": writable}, w_ops, w_events)
        case "transform":
            return _program(kind, {"writable": transform}, r_ops + w_ops, READABLE_EVENTS + WRITABLE_EVENTS)
        case "duplex":
            sides = {
                "readable": _side(objects, duplex_options, **_readable_parts(objects)),
                "writable": _side(objects, {}, **_writable_parts()),
            }
            return _program(kind, sides, r_ops + w_ops, READABLE_EVENTS + WRITABLE_EVENTS)
        case "pipe":
            sides = {"readable": readable, "writable": writable}
            return _program(kind, sides, r_ops + w_ops + PIPE_OPS * 3, r_events + w_events)
        case _:
            sides = {"readable": readable, "writable": writable, "via": transform}
            ops = r_ops + w_ops + VIA_OPS * 3
            return _program(kind, sides, ops, r_events + w_events + _named(WRITABLE_EVENTS, "t."))


KINDS = ("readable", "writable", "transform", "duplex", "pipe", "via")


def programs(kind: str) -> Strategy:
    """Programs of one kind, in byte mode or object mode."""
    return st.booleans().flatmap(lambda objects: _programs_of(kind, objects))


# --- running them ---


class NodePrograms:
    """Node, running one program after the other; to be used as a context manager."""

    def __init__(self) -> None:
        self._worker: Worker | None = None

    def __enter__(self) -> NodePrograms:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._worker is not None:
            self._worker.__exit__(None, None, None)
            self._worker = None

    def run(self, program: Json) -> list[str]:
        """The trace of one program. Raises RuntimeError when Node dies of it."""
        if self._worker is None:
            self._worker = Worker([node_binary(), "--no-warnings", str(HERE / "programs.mjs")])
        worker = self._worker
        worker.send(program)
        try:
            trace = worker.next_message(20)
        except queue.Empty:
            trace = None
        if trace is None:
            complaint = worker.complaint()
            self.__exit__(None, None, None)
            raise RuntimeError(f"Node does not end this program: {json.dumps(program)}\n{complaint}")
        return trace


class Differs(Exception):
    """A program whose two traces differ."""

    def __init__(self, program: Json, expected: list[str], got: list[str]) -> None:
        super().__init__("the traces differ")
        self.program = program
        self.difference = show_difference(expected, got)


def check_program(node: NodePrograms, program: Json) -> None:
    """Run one program on both sides. Raises Differs."""
    from compliance._interpreter import run_program

    expected = node.run(program)
    got = run_program(json.loads(json.dumps(program)))
    if expected != got:
        raise Differs(program, expected, got)


def run_programs(
    select: Callable[[str], bool], examples: int = DEFAULT_EXAMPLES, number: int = DEFAULT_SEED
) -> Iterator[AreaResult]:
    """Run random programs of every kind; one result for all of them."""
    result = AreaResult(f"programs (seed {number})")
    chosen = [kind for kind in KINDS if select(kind)]
    with NodePrograms() as node, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for kind in chosen:
            try:
                _search(node, kind, max(examples // len(chosen), 1), number)
            except Differs as found:
                path = _store(kind, found)
                result.failed[kind] = f"{path}\n{found.difference}"
            else:
                result.passed.append(kind)
    yield result


def _search(node: NodePrograms, kind: str, examples: int, number: int) -> None:
    """Look for a program that differs, and make it small. Raises Differs."""

    @seed(number)
    @settings(
        max_examples=examples,
        database=None,
        deadline=None,
        phases=(Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
    )
    @given(programs(kind))
    def check(program: Json) -> None:
        check_program(node, program)

    check()


def _store(kind: str, found: Differs) -> Path:
    """Keep a program that differs; `python -m compliance programs --program FILE` runs it again."""
    text = json.dumps(found.program, indent=1)
    FAILURES.mkdir(exist_ok=True)
    path = FAILURES / f"{kind}-{hashlib.sha256(text.encode()).hexdigest()[:8]}.json"
    path.write_text(text + "\n", encoding="utf-8")
    return path.relative_to(HERE.parent)


def run_stored(path: Path) -> Iterator[AreaResult]:
    """Run one stored program again."""
    result = AreaResult("programs")
    with NodePrograms() as node:
        try:
            check_program(node, json.loads(path.read_text(encoding="utf-8")))
        except Differs as found:
            result.failed[path.stem] = found.difference
        else:
            result.passed.append(path.stem)
    yield result
