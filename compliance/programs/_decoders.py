"""The strategy of the family `decoders`: strings and bytes of every encoding, cut anywhere.

A program is JSON:

    side: "readable" or "writable".
    options: those of the constructor.
    flows: whether a Readable has a `data` listener from the beginning, or only at the end.
    plain: whether no character is outside the Basic Multilingual Plane and nothing is decoded as utf16le. Python's
        strings hold whole characters, where JavaScript counts UTF-16 units. So in a program that is not plain nothing
        is counted, and the text is compared as a whole, not by chunks; nor does anything that would part a surrogate
        pair, which Node hands out by halves, come between two chunks.
    steps: a list of operations: ["push", chunk, encoding], ["unshift", chunk, encoding], ["set_encoding", name],
        ["read", size]; ["write", chunk, encoding], ["end", chunk, encoding], ["set_default_encoding", name]. A chunk is
        ["bytes", hex] or ["text", string]; an encoding that is null is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from nodestream._encoding import canonical

from ._tape import Tape

Json = Any

NAMES = (
    *(
        "utf8",
        "utf-8",
        "UTF8",
        "Utf-8",
        "utf16le",
        "UTF-16LE",
        "utf-16le",
        "ucs2",
        "UCS-2",
        "ucs-2",
        "latin1",
        "LATIN1",
    ),
    *("binary", "Binary", "ascii", "ASCII", "base64", "Base64", "base64url", "BASE64URL", "hex", "HEX"),
)
UNKNOWN = ("bogus", "utf_8", "utf-16", "utf16", "latin-1", "us-ascii", "base-64", "buffer", " utf8", "")

PLAIN_BYTES = tuple(
    bytes.fromhex(text)
    for text in (
        *("61", "62", "c3a9", "e282ac", "c3", "e2", "82", "ac", "ff", "00", "efbbbf", "c0af", "eda080", "ed", "a0"),
        *("80", "e0", "e080", "f8", "fe", "c1", "0a", "7f", "c2", "ef", "bf", "bd"),
    )
)
ALL_BYTES = (
    *PLAIN_BYTES,
    *(bytes.fromhex(text) for text in ("f09f9880", "f0", "9f", "98", "f4", "90", "3dd8", "00de", "d8", "de", "f5")),
)
PLAIN_TEXTS = (
    *("a", "", "é", "€", "Ā", "6162", "616", "6", "61zz62", "zz", "6 1", "6G61", "YWJj", "YWI", "YWI=", "YQ==", "Y"),
    *(
        "YQ==YQ==",
        "Y Q",
        "Y*Q=",
        "_-8=",
        "/+8",
        "=YQ",
        "YQ=a",
        "YW\u20ac",
        "\u014161",
        "\n",
        "\x00",
        "\ufeff",
        "~\x7f\x80",
    ),
)
ALL_TEXTS = (*PLAIN_TEXTS, "😀", "\ud83d", "\ude00", "a\ud83db", "😀61")


class _Drawing:
    """One program being drawn."""

    def __init__(self, head: bytes) -> None:
        self.tape = tape = Tape(head)
        self.side = tape.pick(("readable", "readable", "writable"))
        self.plain = tape.chance(2)
        self.options: dict[str, Any] = {}
        if self.side == "readable" and not tape.chance(4):
            self.options["encoding"] = self.name(tape)
        if tape.chance(3):
            self.options["defaultEncoding"] = self.name(tape)
        if self.side == "writable" and tape.chance(3):
            self.options["decodeStrings"] = False
        self.flows = tape.chance(2)

    def name(self, tape: Tape) -> str:
        if tape.chance(24):
            return tape.pick(UNKNOWN)
        name = tape.pick(NAMES)
        return "latin1" if self.plain and canonical(name) == "utf16le" else name

    def chunk(self, tape: Tape) -> Json:
        if tape.chance(3):
            return ["text", tape.pick(PLAIN_TEXTS if self.plain else ALL_TEXTS)]
        pieces = [tape.pick(PLAIN_BYTES if self.plain else ALL_BYTES) for _ in range(1 + tape.number(4))]
        whole = b"".join(pieces)
        return ["bytes", whole[tape.number(len(whole)) :].hex()]

    def step(self, data: bytes) -> Json:
        tape = Tape(data)
        if self.side == "writable":
            name = tape.pick(("write", "write", "write", "write", "write", "set_default_encoding", "end"))
        else:
            name = tape.pick(("push",) * 8 + (("unshift", "set_encoding", "read", "read") if self.plain else ()))
        if name in ("set_encoding", "set_default_encoding"):
            return [name, self.name(tape)]
        if name == "read":
            return [name, tape.pick((1, 2, 3, None))]
        chunk = self.chunk(tape)
        return [name, chunk, self.name(tape) if tape.chance(2) else None]


def _decode(drawn: tuple[bytes, list[bytes]]) -> Json:
    head, steps = drawn
    drawing = _Drawing(head)
    return {
        "side": drawing.side,
        "plain": drawing.plain,
        "options": drawing.options,
        "flows": drawing.flows,
        "steps": [drawing.step(data) for data in steps],
    }


def programs() -> st.SearchStrategy[Json]:
    """Programs of one stream and 1 to 12 operations."""
    step = st.binary(min_size=12, max_size=12)
    return st.tuples(st.binary(min_size=10, max_size=10), st.lists(step, min_size=1, max_size=12)).map(_decode)


def covered(program: Json, trace: list[str]) -> Iterator[str]:
    """What a program makes use of, and what happened."""
    yield f"side {program['side']}: {'plain' if program['plain'] else 'any character'}"
    yield from (f"option {name}: {value}" for name, value in program["options"].items())
    for step in program["steps"]:
        yield f"operation {step[0]}" + (f" of {step[1][0]}" if isinstance(step[1], list) else "")
        if isinstance(step[-1], str):
            yield f"encoding {step[-1]}"
    for line in trace:
        if " throws" in line:
            yield "seen " + line.partition(":")[0]
        elif not line.startswith(("data", "_write")):
            continue
        else:
            yield "seen " + line.partition(" ")[0]
