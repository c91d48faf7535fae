"""Parts of HTTP messages, good and bad, chosen by a `Tape`; and what may happen to a message on its way.

Text is one character for each byte. Zero is always the ordinary choice.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from compliance.programs._tape import Tape

CRLF = "\r\n"

LINE_ENDS = ("\n", "\r", "\r\r\n", "\n\r", " \r\n", "\t\r\n", "\r\n ", "\0\r\n", "\r\n\r\n", "")
"""What stands where a line should end, besides CRLF."""

NAMES = (
    *("X-A", "x-a", "X-B", "Cookie", "Set-Cookie", "Accept", "Content-Type", "From", "TE", "Trailer", "Date", "Via"),
    *("Origin", "Expires", "1", "Keep-Alive", "Age", "If-Match", "ETag", "User-Agent", "Warning", "Content-Encoding"),
)
ODD_NAMES = (
    *("X A", "X\0A", "X\xe9", "X\x7f", "", " X", "\tX", "X ", "X\t", "X:", "(X)", "X\rA", "X\nA", "\xefX", '"X"'),
    *("Content-Length ", "Transfer-Encoding ", "Connection ", "Upgrade ", "Host ", "X-A\r\n", "@", "constructor"),
    *("Content-Lengt", "Content-Length\t", "Transfer-Encodin", "Connection-", "Proxy-Connection ", "Content-Lengthy"),
)
VALUES = ("1", "a", "text/plain", "a, b", "", "  a  ", "\ta\t", "a b", "chunked", "keep-alive", "\xe9", "a;b=c", '"q"')
ODD_VALUES = (
    *("a\0b", "\0", "a\x01", "\x7f", "a\rb", "a\nb", "a\r\n b", "a\r\n\tb", "a\r\n", "\r\n a", "a\x0bb", "\x1f"),
    *("\x80", "a\r", "\n", "\r", "a\n b", "\r\n \r\n b", "a\r\n b\r\n c", "\x08", "\xff\xfe", "a \r\n b \t"),
)

CONNECTIONS = (
    *("close", "keep-alive", "upgrade", "Upgrade", "Close", "KEEP-ALIVE", "close, keep-alive", "keep-alive, close"),
    *("upgrade, close", "keep-alive, Upgrade", "x", "x, close", "close, x", "", ",", "close,", ",close", " close "),
    *("closed", "close x", "xclose", "keep-alive\t", "close;q=1", "Te, close", "upgrade,", "keep-alivex,close"),
)
ODD_CONNECTIONS = (
    *("close\r\n , keep-alive", "x\r\n close", "clo\r\n se", "\r\n close", "upgrade\r\n x", "keep-alive\r\n\tclose"),
    *("close\0", "clo\x01se", "close\x7f", "close, \0", "\x01close"),
)
LENGTHS = (
    *("3", "0", "5", "03", " 3", "3 ", "3\t", "+3", "-3", "3 3", "3,3", "3, 3", "0x3", "", " ", "1_0", "\xb2", "3\0"),
    *("a", "18446744073709551615", "18446744073709551616", "99999999999999999999999", "3.0", "1e1", "3;", "\r\n 3"),
    *("3\r\n 3", "00000000000000000000000000000003", "2", "9007199254740993", "3\r\n ", "3\r\n\t", "3\n"),
)
CODINGS = (
    *("chunked", "Chunked", "CHUNKED", "gzip, chunked", "chunked, gzip", "gzip", "identity", "chunked, chunked"),
    *("chunked,", ",chunked", "chunked ", " chunked", "chunked;q=1", "xchunked", "chunkedx", "", " ", "chunk ed"),
    *("\0", "chunked\t", "chunked, identity", "identity, chunked", "chunked\r\n ", "\r\n chunked"),
    *("gzip\r\n , chunked", "gzip,chunked", "gzip,\tchunked", "gzip ,chunked", "chunke", "chunked, \0"),
    *("deflate, gzip;q=1, chunked", "chu\r\n nked"),
)
SIZES = (
    *("+3", "-3", "0x3", "3 ", " 3", "3\t", "", "g", "3g", "3_0", "FFFFFFFFFFFFFFFF", "10000000000000000", "3\0"),
    "\xb2",
)
EXTENSIONS = (
    *(";a", ";a=b", ';a="b"', ";a=b;c=d", ";", ";;", ";=", ";a=", ';a="', ';a="\\"b"', ";a b", "; a", ";a\t", ";a\0"),
    *(" ;a", ';a="b"c', ';a="b";c', ';a="\x7f"', ';a="\\\x01"', ";a=\xe9", ";\xe9", ';a="\xe9"', ";a=b ", ";a=b,c"),
    *(';"a"', ";a\rb", ';a="b\nc"', ';a="\\\xe9"', ";a;\r", ";a=b;", ';a="b" ', ';="b"', ";a=b\n;c"),
)


class Careful(Tape):
    """Choices for a message with nothing wrong in it: what is to happen once in a while does not happen."""

    def chance(self, one_in: int) -> bool:
        """Never true."""
        self.number(one_in)
        return False


class Sparing(Tape):
    """Choices for a message with hardly more than one thing wrong in it."""

    def chance(self, one_in: int) -> bool:
        """True once in four times as many times."""
        return super().chance(4 * one_in)


def long_text(tape: Tape) -> str:
    """Some text, of a length around which there may be a limit."""
    return "x" * tape.pick((1, 50, 100, 110, 280, 300, 8_000, 16_300, 16_383, 16_384, 20_000))


def field(tape: Tape) -> str:
    """A field without a meaning for the framing, with its line end; once in a while one that is wrong."""
    name = tape.pick(NAMES)
    value = tape.pick(VALUES)
    if tape.chance(6):
        name = tape.pick(ODD_NAMES)
    if tape.chance(6):
        value = tape.pick(ODD_VALUES)
    if tape.chance(12):
        value = long_text(tape)
    between = tape.pick((" :", " : ", "", ";")) if tape.chance(24) else tape.pick((": ", ": ", ": ", ":", ":  ", ":\t"))
    return name + between + value + line_end(tape)


def line_end(tape: Tape) -> str:
    """The end of a line, seldom another than CRLF."""
    return tape.pick(LINE_ENDS) if tape.chance(24) else CRLF


def framing_field(tape: Tape) -> str:
    """A field that says how long the body is, in one of the ways that need thought."""
    name = tape.pick(("Content-Length", "Transfer-Encoding", "content-length", "TRANSFER-ENCODING"))
    values = LENGTHS if name.lower() == "content-length" else CODINGS
    return f"{name}: {tape.pick(values)}{line_end(tape)}"


def connection_field(tape: Tape) -> str:
    """What is to become of the connection."""
    name = tape.pick(("Connection", "Connection", "connection", "Proxy-Connection"))
    value = tape.pick(ODD_CONNECTIONS) if tape.chance(6) else tape.pick(CONNECTIONS)
    return f"{name}: {value}{line_end(tape)}"


def chunk(tape: Tape) -> str:
    """One chunk of a chunked body; once in a while one that is wrong."""
    data = tape.pick(("abc", "a", "hello world, hello", "\r\n", "0\r\n\r\n", "x" * 300, "\0\xff"))
    size = tape.pick(("{:x}", "{:X}", "0{:x}", "00000000000000000000{:x}")).format(len(data))
    if tape.chance(10):
        size = tape.pick(SIZES)
    if tape.chance(5):
        size += tape.pick(EXTENSIONS)
    elif tape.chance(12):
        size += ";" + long_text(tape)
    if tape.chance(16):
        data += tape.pick(("x", "\r", " ", "\n"))
    return size + line_end(tape) + data + line_end(tape)


def last_chunk(tape: Tape, trailers: Iterable[str]) -> str:
    """The end of a chunked body."""
    size = tape.pick(("0;a", "0 ", "", "0;a=b", "-0")) if tape.chance(12) else tape.pick(("0", "0", "0", "00000"))
    return size + line_end(tape) + "".join(trailers) + line_end(tape)


def trailer(tape: Tape) -> str:
    """A field behind a chunked body."""
    if tape.chance(8):
        return framing_field(tape)
    return connection_field(tape) if tape.chance(16) else field(tape)


def place(tape: Tape, length: int) -> int:
    """A place in something of that length."""
    return (tape.number(256) * 256 + tape.number(256)) % (length + 1)


ODD_BYTES = '\0\x01\t\n\x0b\x0c\r "(),/:;<=>?@[\\]{}\x7f\x80\xa0\xff0aA\xe9'


def mutated(tape: Tape, text: str) -> str:
    """The text with one accident in it."""
    at = place(tape, len(text))
    kind = tape.pick(("replace", "insert", "delete", "double", "truncate", "swap", "line"))
    size = 1 + tape.number(8)
    if kind == "replace":
        return text[:at] + tape.pick(ODD_BYTES) + text[at + 1 :]
    if kind == "insert":
        return text[:at] + tape.pick(ODD_BYTES) + text[at:]
    if kind == "delete":
        return text[:at] + text[at + size :]
    if kind == "double":
        return text[: at + size] + text[at:]
    if kind == "truncate":
        return text[:at]
    if kind == "swap":
        return text[:at] + text[at + size : at + 2 * size] + text[at : at + size] + text[at + 2 * size :]
    end = text.find(CRLF, at)
    return text if end < 0 else text[:end] + tape.pick(LINE_ENDS) + text[end + 2 :]


def cut(text: str, tapes: Iterable[bytes]) -> list[str]:
    """The text in pieces, none of them empty."""
    places = sorted({place(Tape(data), len(text)) for data in tapes} | {0, len(text)})
    return [text[start:end] for start, end in pairwise(places)]


def bytewise(text: str, most: int) -> list[str]:
    """The text byte by byte, as far as the first `most` of them."""
    return [piece for piece in (*text[:most], text[most:]) if piece]
