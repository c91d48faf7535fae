"""Encodings: strings to bytes, and bytes to strings piece by piece."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nodestream import Readable, open_loop, run
from nodestream._encoding import canonical, encode, is_encoding, string_decoder, to_text
from nodestream.errors import ERR_UNKNOWN_ENCODING

from .support import collected

TEXT = "aß€😀\u0000z"
NAMES = ["utf8", "utf16le", "latin1", "ascii", "base64", "base64url", "hex"]


@pytest.mark.parametrize("encoding", NAMES)
def test_a_decoder_gives_the_same_text_however_the_bytes_are_cut(encoding: str) -> None:
    data = TEXT.encode("utf-16-le" if encoding == "utf16le" else "utf-8")
    whole = to_text(data, encoding)
    for first in range(len(data) + 1):
        for second in range(first, len(data) + 1):
            decoder = string_decoder(encoding)
            pieces = [decoder.write(data[:first]), decoder.write(data[first:second]), decoder.write(data[second:])]
            assert "".join(pieces) + decoder.end() == whole


@given(st.text())
def test_utf8_and_utf16_give_back_any_text(text: str) -> None:
    for encoding in ("utf8", "utf16le"):
        assert to_text(encode(text, encoding), encoding) == text


@given(st.binary())
def test_base64_and_hex_give_back_any_bytes(data: bytes) -> None:
    for encoding in ("base64", "base64url", "hex", "latin1"):
        assert encode(to_text(data, encoding), encoding) == data


@given(st.text(), st.sampled_from(NAMES))
def test_encoding_never_fails(text: str, encoding: str) -> None:
    assert isinstance(encode(text, encoding), bytes)


@given(st.binary(), st.sampled_from(NAMES))
def test_decoding_never_fails(data: bytes, encoding: str) -> None:
    assert isinstance(to_text(data, encoding), str)


@pytest.mark.parametrize(
    ("text", "encoding", "expected"),
    [
        ("é", "utf8", b"\xc3\xa9"),
        ("\ud83d\ude00", "utf8", b"\xf0\x9f\x98\x80"),  # two halves are one character
        ("\ud83d", "utf8", b"\xef\xbf\xbd"),
        ("😀", "utf16le", b"\x3d\xd8\x00\xde"),
        ("é", "latin1", b"\xe9"),
        ("Ā€", "latin1", b"\x00\xac"),  # the low byte of each code unit
        ("é", "ascii", b"\xe9"),
        ("00fFg1", "hex", b"\x00\xff"),
        ("abc", "hex", b"\xab"),
        ("", "hex", b""),
        ("YWJj", "base64", b"abc"),
        ("YWI", "base64", b"ab"),
        ("YW Jj\n", "base64", b"abc"),
        ("_-8=", "base64", b"\xff\xef"),
        ("/+8", "base64url", b"\xff\xef"),
        ("00\u013161", "hex", b"\x00\x16"),  # of characters beyond latin1 the low byte counts
        ("\u014161", "base64", b"\x03\xad"),
        ("YW\u20ac", "base64", b"a"),
        ("\U0001f60061", "base64", b""),
        ("YQ==YQ==", "base64", b"a"),
        ("a", "base64", b""),
    ],
)
def test_a_string_becomes_the_bytes_that_node_makes_of_it(text: str, encoding: str, expected: bytes) -> None:
    assert encode(text, encoding) == expected


def test_an_encoding_that_is_no_string_counts_as_not_given() -> None:
    encoding: Any
    for encoding in (None, 5, True, {}, ["x"]):
        assert encode("é", encoding) == "é".encode()


@pytest.mark.parametrize(
    ("pieces", "expected"),
    [
        (["e2", "82", "ac"], ["", "", "€", ""]),
        (["e2", "41"], ["", "\ufffdA", ""]),
        (["e282", "e282", "ac"], ["", "\ufffd", "€", ""]),
        (["e0", "80", "80"], ["", "", "\ufffd\ufffd\ufffd", ""]),  # though no character begins with e0 80
        (["c0", "61"], ["", "\ufffda", ""]),
        (["ff", "f8"], ["\ufffd", "\ufffd", ""]),
        (["61f09f98"], ["a", "\ufffd"]),
        (["f0", "", "9f9880"], ["", "", "😀", ""]),
        (["80808080"], ["\ufffd\ufffd\ufffd\ufffd", ""]),
    ],
)
def test_a_broken_utf8_sequence_comes_out_where_node_cuts_it(pieces: list[str], expected: list[str]) -> None:
    decoder = string_decoder("utf8")
    assert [*(decoder.write(bytes.fromhex(piece)) for piece in pieces), decoder.end()] == expected


@pytest.mark.parametrize(
    ("data", "encoding", "expected"),
    [
        (b"\xff\xc3", "utf8", "\ufffd\ufffd"),
        (b"\xe2\x82", "utf8", "\ufffd"),
        (b"\xe9", "latin1", "é"),
        (b"\xe9", "ascii", "i"),
        (b"\x00\xff", "hex", "00ff"),
        (b"\xff\xef", "base64", "/+8="),
        (b"\xff\xef", "base64url", "_-8"),
        (b"a\x00b", "utf16le", "a"),
        (b"\x3d\xd8", "utf16le", "\ud83d"),
    ],
)
def test_bytes_become_the_text_that_node_makes_of_them(data: bytes, encoding: str, expected: str) -> None:
    assert to_text(data, encoding) == expected


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("UTF8", "utf8"),
        ("utf-8", "utf8"),
        ("ucs2", "utf16le"),
        ("UCS-2", "utf16le"),
        ("utf-16le", "utf16le"),
        ("binary", "latin1"),
        ("LATIN1", "latin1"),
        ("Base64URL", "base64url"),
    ],
)
def test_a_name_is_known_in_any_case_and_by_its_second_name(name: str, found: str) -> None:
    assert is_encoding(name)
    assert canonical(name) == found


@pytest.mark.parametrize("name", ["", "utf-7", "utf_8", None, 5, "buffer"])
def test_an_unknown_encoding_is_refused(name: Any) -> None:
    assert not is_encoding(name)
    with pytest.raises(ERR_UNKNOWN_ENCODING):
        canonical(name)


# --- on a stream ---


@pytest.mark.parametrize("size", [1, 2, 3, 5])
@pytest.mark.parametrize("encoding", ["utf8", "utf16le", "base64", "hex"])
def test_a_stream_gives_whole_characters_however_they_arrive(encoding: str, size: int) -> None:
    data = (TEXT * 3).encode("utf-16-le" if encoding == "utf16le" else "utf-8")
    pieces = [data[start : start + size] for start in range(0, len(data), size)]

    def main() -> None:
        stream = Readable(read=lambda self, size: self.push(pieces.pop(0) if pieces else None))
        assert stream.set_encoding(encoding) is stream
        chunks.append(collected(stream))

    chunks: list[list[str]] = []
    run(main)
    assert "".join(chunks[0]) == to_text(data, encoding)
    assert all(chunks[0])


async def test_what_is_buffered_is_decoded_when_the_encoding_is_set() -> None:
    async with open_loop():
        stream = Readable(read=lambda self, size: None)
        stream.push(b"\xe2\x82")
        stream.set_encoding("utf8")
        assert stream.readable_length == 0
        stream.push(b"\xac!")
        assert (stream.readable_encoding, stream.readable_buffer, stream.readable_length) == ("utf8", ["€!"], 2)
        stream.destroy()


async def test_the_encoding_option_is_the_same_as_set_encoding() -> None:
    async with open_loop():
        stream = Readable(read=lambda self, size: None, encoding="UCS2")
        assert stream.readable_encoding == "UCS2"
        stream.push("é", "latin1")
        stream.push("\x20")
        assert stream.read() == "\u20e9"
        stream.destroy()


async def test_half_a_character_at_the_end_is_not_lost() -> None:
    async with open_loop():
        stream = Readable(read=lambda self, size: None, encoding="utf8")
        chunks = collected(stream)
        stream.push(b"a\xe2\x82")
        stream.push(None)
    assert chunks == ["a", "\ufffd"]


async def test_an_unknown_encoding_of_a_stream_is_refused() -> None:
    async with open_loop():
        stream = Readable(read=lambda self, size: None)
        with pytest.raises(ERR_UNKNOWN_ENCODING, match="Unknown encoding: bogus"):
            stream.set_encoding("bogus")
        with pytest.raises(ERR_UNKNOWN_ENCODING):
            Readable(encoding="bogus")
        with pytest.raises(ERR_UNKNOWN_ENCODING):
            stream.push("x", "bogus")
        stream.destroy()
