"""`Readable.from_` of a Python file object.

The rules:

1. A binary file is a stream of bytes, in pieces of the high water mark, whatever lines it has: a file without a newline
   must not come as one chunk, nor one with many as many. What `read1()` gives is not waited for to become more.
2. A text file is a stream of objects, its lines, as for every Python program.
3. A file is read in a worker thread, one read at a time. One that is in memory (`io.BytesIO`) is read at once.
4. The stream takes the file over: it closes it at its end, when it is destroyed, and when the loop ends.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import Any

from ._lifecycle import Failure
from ._readable import Readable
from .loop import Handle, current_loop, next_tick

Callback = Callable[..., object]


def file_behind(thing: Any) -> Any:
    """The file that `thing` is, or wraps as those of `trio.open_file` and `tempfile` do; None if it is none."""
    for file in (thing, getattr(thing, "wrapped", None), getattr(thing, "file", None)):
        if isinstance(file, io.IOBase) and not isinstance(file, io.StringIO):
            return (
                thing if file is getattr(thing, "file", None) else file
            )  # a temporary file removes itself when closed
    return None


def is_text(file: Any) -> bool:
    """Whether its lines are strings."""
    return isinstance(file, io.TextIOBase) or isinstance(getattr(file, "file", None), io.TextIOBase)


class FileReadable(Readable):
    """Reads a file object."""

    def __init__(self, file: Any, options: dict[str, Any]) -> None:
        super().__init__(options)
        self._file = file
        self._loop = current_loop()
        self._is_reading = False
        self._when_idle: Callback | None = None
        self._handle = Handle(self._loop, file.close)
        self._handle.unref()

    def _read(self, size: int) -> None:
        self._is_reading = True
        self._run(self._get, size or 1, done=self._got)

    def _get(self, size: int) -> Any:
        """In a thread: the next piece, empty at the end."""
        if is_text(self._file):
            return self._file.readline()
        read = getattr(self._file, "read1", self._file.read)
        return read(size)

    def _got(self, error: Failure, piece: Any) -> None:
        self._is_reading = False
        waiting, self._when_idle = self._when_idle, None
        if waiting is not None:
            waiting()
        elif error is not None:
            self.destroy(error)
        elif piece is not None:
            self.push(piece or None)

    def _run(self, function: Callback, *args: Any, done: Callback) -> None:
        """Call `function(*args)` where it may take long, then `done(error, value)`."""
        if not isinstance(self._file, io.BytesIO):
            self._loop.run_in_thread(function, *args, done=done)
            return
        try:
            value, error = function(*args), None
        except Exception as exc:
            value, error = None, exc
        done(error, value)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        def closed(problem: Failure, _value: object) -> None:
            self._handle.close()
            next_tick(callback, problem if error is None else error)

        if self._is_reading:
            self._when_idle = lambda: self._run(self._file.close, done=closed)
        else:
            self._run(self._file.close, done=closed)
