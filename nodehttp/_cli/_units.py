"""Numbers and texts as a person reads them."""

from __future__ import annotations

MIB = 1024 * 1024


def size_text(size: float) -> str:
    """A number of bytes: `0 B`, `999 B`, `1.5 KiB`, `256 MiB`."""
    if size < 1023.5:
        return f"{size:.0f} B"
    units = iter(("KiB", "MiB", "GiB", "TiB", "PiB"))
    unit = ""
    while size >= 1023.5 and unit != "PiB":
        size /= 1024
        unit = next(units)
    return f"{size:.1f} {unit}" if size < 99.95 else f"{size:.0f} {unit}"


def rate_text(size: float, seconds: float) -> str:
    """Bytes in a time, in MB/s: millions of bytes a second."""
    return f"{size / max(seconds, 1e-9) / 1e6:.1f} MB/s"


def printable(text: str) -> str:
    """The text on one line: what a terminal could take for a command, and spaces, are escaped."""
    if text.isascii() and text.isprintable() and " " not in text and "\\" not in text:
        return text
    return "".join(_escaped(character) for character in text)


def _escaped(character: str) -> str:
    if character == "\\":
        return "\\\\"
    if character.isprintable() and character != " ":
        return character
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{{{code:x}}}"
