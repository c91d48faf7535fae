"""The strategy of the family `streams`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from ._tape import Tape

Json = Any

TYPES = ("Readable", "Writable", "Transform", "Duplex", "PassThrough")
WHEN = ("sync", "tick", "immediate")
ENCODINGS = ("utf8", "hex", "base64", "latin1", "utf16le", "ascii", "base64url")
HIGH_WATER_MARKS = (3, 0, 1, 2, 5, 16, 65536)

BYTE_CHUNKS: tuple[Json, ...] = (
    ["bytes", "61"],
    ["bytes", "6263"],
    ["value", "s"],
    ["bytes", "6162636465"],
    ["value", "string"],
    ["bytes", "c3a9"],
    ["bytes", "e2"],
    ["bytes", "82ac"],
    ["bytes", ""],
    ["value", "\u00e9\u20ac"],
    ["value", ""],
    ["bytes", "ff"],
)
OBJECT_CHUNKS: tuple[Json, ...] = (
    ["value", 1],
    ["value", 0],
    ["value", ""],
    ["value", "text"],
    ["value", False],
    ["value", True],
    ["value", []],
    ["value", {"a": 1}],
    ["bytes", "6263"],
    ["bytes", ""],
)
RARE_CHUNKS: tuple[Json, ...] = (["null"], ["value", 5], ["null"], ["value", {"a": 1}])

LIFE_LABELS = ("error", "close")
READABLE_LABELS = ("data", "readable", "end", "pause", "resume", "_read", "push", *LIFE_LABELS)
WRITABLE_LABELS = ("_write", "cb1", "cb2", "drain", "prefinish", "finish", "pipe", "unpipe", "end cb", *LIFE_LABELS)
TRANSFORM_LABELS = ("_transform", "_flush")


def is_readable(type_: str) -> bool:
    """Whether streams of this class have a readable side."""
    return type_ != "Writable"


def is_writable(type_: str) -> bool:
    """Whether streams of this class have a writable side."""
    return type_ != "Readable"


class _Drawing:
    """One program being drawn: what its streams are decides which operations make sense."""

    def __init__(self, head: bytes) -> None:
        tape = Tape(head)
        self.objects = tape.chance(3)
        self.mixed = tape.chance(8)
        self.types: list[str] = []
        self.whole: list[int] = []
        """Those that can stand in the middle of a chain."""
        self.parts: list[int] = []
        """Those that are composed."""

    # --- chunks ---

    def chunk(self, tape: Tape) -> Json:
        """A chunk; one that has no business in the stream now and then."""
        if tape.chance(16):
            return tape.pick(RARE_CHUNKS)
        if self.objects and not tape.chance(6):
            return tape.pick(OBJECT_CHUNKS)
        return tape.pick(BYTE_CHUNKS)

    def chunks(self, tape: Tape, least: int, most: int) -> list[Json]:
        """A few of them."""
        return [self.chunk(tape) for _ in range(least + tape.number(most - least + 1))]

    # --- streams ---

    def stream(self, parts: tuple[bytes, list[bytes], list[bytes]]) -> Json:
        """One stream: its options, and what its reading and its writing hooks do."""
        head, reads, writes = parts
        tape = Tape(head)
        type_ = tape.pick(TYPES)
        self.types.append(type_)
        options = self._options(tape, type_)
        if type_ not in ("Readable", "Writable") and not {"readable", "writable"} & options.keys():
            self.whole.append(len(self.types) - 1)
        spec: dict[str, Json] = {"type": type_, "options": options}
        spec["construct"] = self._maybe_outcome(tape, 5)
        spec["destroy"] = self._maybe_outcome(tape, 4)
        spec["signal"] = tape.chance(6)
        if type_ in ("Readable", "Duplex"):
            spec["ends"] = not tape.chance(3)
            spec["reads"] = [self._read(Tape(each)) for each in reads]
        if type_ in ("Writable", "Duplex"):
            spec["writev"] = tape.chance(3)
            spec["final"] = self._maybe_outcome(tape, 3)
            spec["writes"] = [outcome(Tape(each)) for each in writes]
        if type_ == "Transform":
            spec["final"] = self._maybe_outcome(tape, 12)
            spec["flush"] = self._transformed(tape) if tape.chance(2) else None
            spec["transforms"] = [self._transformed(Tape(each)) for each in writes]
        return spec

    def _maybe_outcome(self, tape: Tape, one_in: int) -> Json:
        return outcome(tape) if tape.chance(one_in) else None

    def _read(self, tape: Tape) -> Json:
        when = tape.pick(WHEN)
        pushes = self.chunks(tape, 1, 3)
        if when == "sync" and tape.chance(12):
            pushes.append(["throw"])
        elif tape.chance(12):
            pushes.append(["destroy"])
        return [when, pushes]

    def _transformed(self, tape: Tape) -> Json:
        return [outcome(tape), self.chunks(tape, 0, 2), self.chunk(tape) if tape.chance(2) else None]

    def _options(self, tape: Tape, type_: str) -> Json:
        options: dict[str, Json] = {}
        if tape.chance(2):
            options["highWaterMark"] = tape.pick(HIGH_WATER_MARKS)
        if tape.chance(6):
            options["autoDestroy"] = False
        if tape.chance(6):
            options["emitClose"] = False
        if type_ not in ("Readable", "Writable"):
            self._duplex_options(tape, options)
        if is_writable(type_):
            if tape.chance(3):
                options["decodeStrings"] = False
            if tape.chance(8):
                options["defaultEncoding"] = tape.pick(ENCODINGS)
        if self.objects:
            self._object_modes(tape, type_, options)
        elif is_readable(type_) and tape.chance(4):
            options["encoding"] = tape.pick(ENCODINGS)
        return options

    def _duplex_options(self, tape: Tape, options: dict[str, Json]) -> None:
        if tape.chance(3):
            options["allowHalfOpen"] = False
        for name in ("readableHighWaterMark", "writableHighWaterMark"):
            if tape.chance(4):
                options[name] = tape.pick(HIGH_WATER_MARKS)
        for name in ("readable", "writable"):
            if tape.chance(16):
                options[name] = False

    def _object_modes(self, tape: Tape, type_: str, options: dict[str, Json]) -> None:
        which = tape.number(4) if self.mixed else 0
        if which == 0:
            options["objectMode"] = True
        elif type_ not in ("Readable", "Writable") and which == 1:
            options["readableObjectMode"] = True
        elif type_ not in ("Readable", "Writable") and which == 2:
            options["writableObjectMode"] = True

    def composed(self, tape: Tape) -> list[list[int]]:
        """Which streams `compose()` joins: a chain whose first and last part may be one-sided."""
        if len(self.types) < 2 or not tape.chance(8):
            return []
        first = [number for number, type_ in enumerate(self.types) if type_ == "Readable"][:1]
        last = [number for number, type_ in enumerate(self.types) if type_ == "Writable"][:1]
        parts = (first if tape.chance(2) else []) + self.whole + (last if tape.chance(2) else [])
        if len(parts) < 2:
            return []
        self.types.append("Composed")
        self.parts = parts
        return [parts]

    # --- operations ---

    def operation(self, tape: Tape) -> Json:
        """One operation on one of the streams."""
        number = tape.number(len(self.types))
        type_ = self.types[number]
        if is_readable(type_) and is_writable(type_):
            names = OPERATIONS if tape.chance(2) else READABLE_OPERATIONS if tape.chance(2) else WRITABLE_OPERATIONS
        else:
            names = READABLE_OPERATIONS if is_readable(type_) else WRITABLE_OPERATIONS
        name = tape.pick(names)
        if name == "set_encoding" and self.objects:
            name = "is_paused"  # what decoding does to an object is no rule that anybody relies on
        is_iterated = name == "pipeline" and type_ != "Readable" and number not in self.whole
        if name in ("pipe", "forward", "pipeline") and (is_iterated or not self._later(number)):
            name = "resume" if is_readable(type_) else "uncork"
        return [name, number, *self._arguments(name, number, tape)]

    def _arguments(self, name: str, number: int, tape: Tape) -> list[Json]:
        match name:
            case "push" | "unshift":
                return [self.chunk(tape), *([tape.pick(ENCODINGS)] if tape.chance(6) else [])]
            case "write":
                return [self.chunk(tape), tape.pick(("cb1", "cb2", "cb3")), self._maybe_encoding(tape)]
            case "end":
                chunk = self.chunk(tape) if tape.chance(2) else None
                return [chunk, tape.pick((None, "end cb")), self._maybe_encoding(tape)]
            case "read" | "on_readable_reading":
                return [tape.pick((None, None, 1, 2, 3, 7) if name != "read" else (None, 0, 1, 2, 3, 7))]
            case "set_encoding" | "set_default_encoding":
                return [tape.pick(ENCODINGS)]
            case "remove_all":
                return [tape.pick(("data", "readable"))]
            case "pipe":
                return [tape.pick(self._later(number)), not tape.chance(4)]
            case "unpipe":
                return [tape.pick(self._later(number)) if self._later(number) and tape.chance(2) else None]
            case "forward":
                return [tape.pick(self._later(number))]
            case "destroy":
                return [None if tape.chance(2) else "destroyed"]
            case "finished":
                names = [option for option in ("error", "readable", "writable") if tape.chance(4)]
                return [{option: tape.chance(2) for option in names}, tape.chance(5)]
            case "iterate":
                return [tape.pick((None, 1, 2)), not tape.chance(3)]
            case "pipeline":
                return [self._chain(number, tape), {"end": False} if tape.chance(5) else {}, tape.chance(6)]
            case "later":
                return [tape.pick(("tick", "immediate")), self.operation(tape)]
        return []

    def _maybe_encoding(self, tape: Tape) -> str | None:
        return tape.pick(ENCODINGS) if tape.chance(6) else None

    def _later(self, number: int) -> list[int]:
        """The streams to pipe to: later ones only, so that nothing goes in circles."""
        types = self.types
        if types[number] == "Composed":
            return [other for other in range(number) if types[other] == "Writable" and other not in self.parts]
        later = [other for other in range(number + 1, len(types)) if is_writable(types[other])]
        if types[number] != "Readable" or number in self.parts:
            later = [other for other in later if types[other] != "Composed"]
        return later

    def _chain(self, number: int, tape: Tape) -> list[int]:
        chain = [number]
        for other in self._later(number):
            if not tape.chance(3):
                chain.append(other)
                if other not in self.whole:
                    break  # it can only be the last
        return chain

    def reaction(self, data: bytes) -> Json:
        """What to do when something happens."""
        tape = Tape(data)
        number = tape.number(len(self.types))
        type_ = self.types[number]
        labels = [
            *(READABLE_LABELS if is_readable(type_) else ()),
            *(WRITABLE_LABELS if is_writable(type_) else ()),
            *(TRANSFORM_LABELS if type_ == "Transform" else ()),
        ]
        return [f"{number}.{tape.pick(labels)}", 1 + tape.chance(3), self.operation(tape)]

    def step(self, data: bytes) -> Json:
        """One step."""
        tape = Tape(data)
        return [tape.pick(WHEN), self.operation(tape)]


READABLE_OPERATIONS = (
    *("read", "push", "on_data", "resume", "pause", "push", "on_readable_reading", "pipe", "off_data", "on_readable"),
    *("off_readable", "unshift", "unpipe", "remove_all", "is_paused", "set_encoding", "destroy", "finished", "forward"),
    *("clean_up", "abort", "later", "pipeline", "iterate", "pipe", "push", "on_data"),
)
WRITABLE_OPERATIONS = (
    *("write", "end", "write", "cork", "uncork", "write", "destroy", "finished", "set_default_encoding", "write"),
    *("abort", "later", "clean_up", "write", "end"),
)
OPERATIONS = (*READABLE_OPERATIONS, *WRITABLE_OPERATIONS)


def outcome(tape: Tape) -> Json:
    """When and how a hook calls back. It throws only where the stream has called it: that is the stream's business."""
    what = tape.pick(("ok", "ok", "ok", "ok", "ok", "ok", "error", "twice", "never", "throw"))
    return ["sync" if what == "throw" else tape.pick(WHEN), what]


def _decode(drawn: tuple[bytes, list[tuple[bytes, list[bytes], list[bytes]]], list[bytes], list[bytes]]) -> Json:
    head, streams, steps, reactions = drawn
    drawing = _Drawing(head)
    program = {"streams": [drawing.stream(parts) for parts in streams]}
    program["composed"] = drawing.composed(Tape(head[2:]))
    program["steps"] = [drawing.step(data) for data in steps]
    program["reactions"] = [drawing.reaction(data) for data in reactions]
    return program


def _blobs(size: int, most: int, least: int = 0) -> st.SearchStrategy[list[bytes]]:
    return st.lists(st.binary(min_size=size, max_size=size), min_size=least, max_size=most)


def programs() -> st.SearchStrategy[Json]:
    """Programs of one to four streams and 1 to 40 operations."""
    stream = st.tuples(st.binary(min_size=24, max_size=24), _blobs(9, 4), _blobs(9, 4))
    return st.tuples(
        st.binary(min_size=6, max_size=6),
        st.lists(stream, min_size=1, max_size=4),
        st.one_of(_blobs(10, 8, least=1), _blobs(10, 40, least=9)),
        _blobs(10, 4),
    ).map(_decode)


def covered(program: Json, trace: list[str]) -> Iterator[str]:
    """What a program makes use of, what its operations came to, and what happened."""
    for spec in program["streams"]:
        yield f"class {spec['type']}"
        for name, value in spec["options"].items():
            yield f"option {name}: {value}"
        yield from (f"hook {hook}" for hook in ("construct", "destroy", "final", "flush", "writev") if spec.get(hook))
        if spec["signal"]:
            yield "option signal"
    yield from ("class composed" for _ in program["composed"])
    state = ""
    operation = ""
    for line in trace:
        label, _, rest = line.partition(" ")
        if label == "state":
            if operation and rest != state:
                yield f"operation {operation}: with effect"
            state = rest
            operation = ""
        elif label[0].isdigit():
            yield f"seen {label.partition('.')[2]}" if "." in label else "seen listeners"
        elif "." not in label:
            operation = label
            yield f"operation {label}"
            if " throws" in line:
                yield f"operation {label}: raises"


def comparable(node: list[str], ours: list[str]) -> tuple[list[str], list[str]]:
    """Both traces up to the first exception that nobody caught: see "The tick queue" in DIFFERENCES.md.

    An exception inside of Node's streams that is no error of theirs (a TypeError without a code) is left out itself.
    """
    for number, line in enumerate(node):
        if line.startswith("uncaught TypeError: "):
            return node[:number], ours[:number]
        if line.startswith("uncaught"):
            return node[: number + 1], ours[: number + 1]
    return node, ours
