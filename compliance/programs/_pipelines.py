"""The strategy of the family `pipelines`: streams, iterables and functions in a row, one of which may fail.

A program is JSON:

    objects: whether the streams are in object mode.
    chunks: what goes in.
    parts: two to five of ["stream", class, when its hooks call back, high water mark], ["iterable", "list" or
        "generator" or "async generator"], ["map"] (an async generator function), ["sink"] (an async function, which
        returns what it got), ["generator sink"].
    options: of the pipeline; `promise`: whether it is the one of stream/promises.
    finished: the parts, all of them streams, that `finished()` watches.
    trouble: null, or what goes wrong: ["fails", part, at which chunk], ["stops", part, at which chunk] (a function
        returns early), ["destroy", part, message or null, after how many rounds of the loop], ["abort", rounds].

There is one trouble at most, for which of two comes first may depend on a count of microtasks, and so does what a
stream gets before it fails, which is compared only when all goes well. With functions or iterables among the parts,
the trouble is theirs, or a stream's own, not one that comes at some time from outside (or, of a Duplex at either
end, from its other side). What is got is
counted by its length: chunks that are there together may come to a function as one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from ._streams import HIGH_WATER_MARKS, WHEN
from ._tape import Tape

Json = Any

BYTE_CHUNKS = ("a", "bc", "def", "ghijklm", "n")
OBJECT_CHUNKS = (1, "a", True, 2, "bc")


def _stream(tape: Tape, classes: tuple[str, ...]) -> Json:
    return ["stream", tape.pick(classes), tape.pick(WHEN), tape.pick(HIGH_WATER_MARKS)]


def _source(tape: Tape) -> Json:
    if tape.chance(3):
        return ["iterable", tape.pick(("list", "generator", "async generator"))]
    return _stream(tape, ("Readable", "Readable", "Duplex"))


def _middle(tape: Tape) -> Json:
    return ["map"] if tape.chance(3) else _stream(tape, ("PassThrough", "Transform"))


def _last(tape: Tape) -> Json:
    if tape.chance(3):
        return [tape.pick(("sink", "sink", "generator sink"))]
    return _stream(tape, ("Writable", "Writable", "PassThrough", "Duplex"))


def _trouble(tape: Tape, parts: list[Json]) -> Json:
    kind = tape.pick((None, "fails", "destroy", "abort", "stops", "fails", "destroy"))
    streams = [number for number, part in enumerate(parts) if part[0] == "stream"]
    if kind in ("destroy", "abort") and len(streams) < len(parts):
        kind = "fails"
    functions = [number for number, part in enumerate(parts) if part[0] in ("map", "sink")]
    match kind:
        case "fails" if parts[-1][:2] != ["stream", "Duplex"] or len(streams) == len(parts):
            return ["fails", tape.number(len(parts)), tape.number(4)]
        case "stops" if functions:
            return ["stops", tape.pick(functions), tape.number(4)]
        case "destroy" if streams:
            return ["destroy", tape.pick(streams), None if tape.chance(2) else "destroyed", tape.number(5)]
        case "abort":
            return ["abort", tape.number(5)]
    return None


def _decode(drawn: tuple[bytes, list[bytes]]) -> Json:
    tape = Tape(drawn[0])
    objects = tape.chance(3)
    chunks = [tape.pick(OBJECT_CHUNKS if objects else BYTE_CHUNKS) for _ in range(tape.number(7))]
    parts = [_source(tape), *(_middle(Tape(data)) for data in drawn[1]), _last(tape)]
    options: dict[str, Json] = {"end": False} if tape.chance(6) else {}
    promise = bool(options) or tape.chance(2)
    trouble = None if options else _trouble(tape, parts)
    if trouble is not None and trouble[0] == "abort":
        promise = True
    watched = [number for number, part in enumerate(parts) if part[0] == "stream" and tape.chance(2)]
    return {
        "objects": objects,
        "chunks": chunks,
        "parts": parts,
        "options": options,
        "promise": promise,
        "finished": watched,
        "trouble": trouble,
    }


def programs() -> st.SearchStrategy[Json]:
    """Pipelines of two to five parts."""
    return st.tuples(st.binary(min_size=40, max_size=40), st.lists(st.binary(min_size=4, max_size=4), max_size=3)).map(
        _decode
    )


def covered(program: Json, trace: list[str]) -> Iterator[str]:
    """What a program makes use of, and how it came out."""
    for part in program["parts"]:
        yield f"part {part[0]}: {part[1]}" if len(part) > 1 else f"part {part[0]}"
    yield f"trouble {program['trouble'][0] if program['trouble'] else 'none'}"
    if program["options"]:
        yield "option end: False"
    if program["promise"]:
        yield "option promise"
    for line in trace:
        label, _, rest = line.partition(" ")
        if label in ("pipeline", "finished"):
            yield f"outcome {label}: {rest.partition(':')[0].lstrip('0123456789 ')[:40]}"
