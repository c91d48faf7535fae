# mypy: disable-error-code="func-returns-value"
"""Encodings: of what is read (set_encoding) and of what is pushed and written."""

from collections.abc import Iterable
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import Readable, Writable

scenarios = Scenarios()

EURO = "\u20ac\U0001f600\u00e9".encode()


def open_(**options: Any) -> Readable:
    """A stream that waits to be pushed into."""
    return Readable(read=lambda self, size: None, **options)


def sink(t: Trace) -> Writable:
    """A stream that writes down the bytes it gets."""
    return Writable(write=lambda self, chunk, encoding, callback: (t("_write", chunk), callback()))


def bytewise(t: Trace, encoding: str, data: Iterable[int]) -> None:
    """Push one byte at a time into a stream with an encoding."""
    r = open_(encoding=encoding)
    r.on("data", t.callback(encoding))
    r.on("end", t.callback(f"{encoding} end"))
    for byte in data:
        r.push(bytes([byte]))
    r.push(None)


@scenarios
def set_encoding_makes_strings(t: Trace) -> None:
    r = t.events(open_(), "", "data")
    t("returns", r.set_encoding("utf8") is r, r.readable_encoding)
    r.push("a\u00e9".encode())
    r.push(None)


@scenarios
def characters_split_over_chunks_come_out_whole(t: Trace) -> None:
    encodings = "utf8 utf-8 UTF8 utf16le ucs2 latin1 binary ascii hex base64 base64url"
    for encoding in encodings.split():
        bytewise(t, encoding, EURO)


@scenarios
def utf16_surrogates_split(t: Trace) -> None:
    bytewise(t, "utf16le", "a\U0001f600b".encode("utf-16-le"))


@scenarios
def broken_utf8(t: Trace) -> None:
    for text in ["ff", "e2", "e282", "e28241", "f09f98", "c0af", "eda080", "61e2", "f8888080", "e2e282ac"]:
        bytewise(t, "utf8", bytes.fromhex(text))


@scenarios
def incomplete_at_the_end(t: Trace) -> None:
    bytewise(t, "utf8", [0x61, 0xE2, 0x82])
    bytewise(t, "utf16le", [0x61, 0x00, 0x62])
    bytewise(t, "base64", [0x61, 0x62])
    bytewise(t, "utf16le", [0x3D, 0xD8])


@scenarios
def a_byte_order_mark_stays(t: Trace) -> None:
    bytewise(t, "utf8", [0xEF, 0xBB, 0xBF, 0x61])


@scenarios
def what_is_buffered_already_is_decoded(t: Trace) -> None:
    r = t.events(open_(), "", "data")
    r.push(b"ab")
    r.push(b"\xe2")
    r.set_encoding("utf8")
    t("length", r.readable_length, r.readable_buffer)
    r.push(b"\x82\xac")
    r.push(None)


@scenarios
def read_counts_characters(t: Trace) -> None:
    r = open_()
    r.set_encoding("utf8")
    r.push("a\u20acb\U0001f600".encode())
    t("read", r.readable_length, r.read(2), r.read(2), r.read())


@scenarios
def strings_of_the_same_encoding_stay(t: Trace) -> None:
    r = t.events(open_(encoding="utf8"), "", "data")
    r.push("\u20ac", "utf8")
    r.push("6162", "hex")
    r.push(None)


@scenarios
def hex_and_base64_of_strings(t: Trace) -> None:
    r = t.events(open_(encoding="hex"), "", "data")
    r.push("ab")
    r.push(None)


@scenarios
def unshift_with_an_encoding(t: Trace) -> None:
    r = open_(encoding="utf8")
    r.push("b")
    r.unshift("a")
    r.unshift(b"0")
    t("read", r.readable_length, r.read())


@scenarios
def unknown_encodings(t: Trace) -> None:
    number: Any = 5
    t.call("option", lambda: open_(encoding="bogus"))
    t.call("method", lambda: open_().set_encoding("bogus"))
    t.call("number", lambda: open_().set_encoding(number))
    r = t.events(open_())
    t.call("push", lambda: r.push("a", "bogus"))


@scenarios
def set_encoding_without_name_is_utf8(t: Trace) -> None:
    r = t.events(open_(), "", "data")
    set_encoding: Any = r.set_encoding
    set_encoding()
    t("encoding", r.readable_encoding)
    r.push(EURO)
    r.push(None)


@scenarios
def default_encoding_of_push(t: Trace) -> None:
    r = t.events(open_(default_encoding="hex"), "", "data")
    r.push("6162")
    r.push("a", "utf8")
    r.push(None)


@scenarios
def bad_hex_and_base64(t: Trace) -> None:
    w = sink(t)
    for text in ("6", "616", "61zz", "zz", ""):
        w.write(text, "hex")
    for text in ("YQ", "YQ==", "Y Q = =", "YW-_", "YW+/", "Y*Q", "Y"):
        w.write(text, "base64")


@scenarios
def lone_surrogates(t: Trace) -> None:
    w = sink(t)
    w.write("\ud83d")
    w.write("\ude00")
    w.write("a\ud83db")
    w.write("\ud83d", "utf16le")


@scenarios
def non_latin_characters_as_latin1(t: Trace) -> None:
    w = sink(t)
    w.write("\u20ac\u0100", "latin1")
    w.write("\u20ac\u00e9", "ascii")
    w.write("\U0001f600", "latin1")
