"""Standard output and standard error. A command goes on though nobody reads what it says."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import TextIO


def say(line: str) -> None:
    """Write a line for people, to standard error."""
    _write(sys.stderr, line + "\n")


def show(line: str) -> None:
    """Write a line to standard output, at once."""
    _write(sys.stdout, line + "\n")


def show_bytes(content: bytes) -> None:
    """Write bytes to standard output as they are, at once."""
    try:
        sys.stdout.buffer.write(content)
        sys.stdout.flush()
    except OSError:
        _give_up(sys.stdout)


def _write(stream: TextIO, text: str) -> None:
    try:
        stream.write(text)
        stream.flush()
    except OSError:
        _give_up(stream)


def _give_up(stream: TextIO) -> None:
    """Nobody reads it any more: let the rest go nowhere, also what the interpreter flushes at its end."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)
