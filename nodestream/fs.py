"""File streams, and files as blobs. What is below a stream is in `_file_work.py`, below a blob in `_blob_pieces.py`.

Node: node:fs (createReadStream, createWriteStream, openAsBlob)
"""

from __future__ import annotations

import math
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

from ._blob import Blob, is_type
from ._blob_pieces import FileSlice, NamedFile
from ._encoding import is_encoding
from ._file_work import File, write_all
from ._finished import watch
from ._lifecycle import Failure
from ._names import node_alias
from ._options import LARGEST_INTEGER, normalized
from ._readable import READABLE_OPTIONS, Readable
from ._stream import Stream
from ._writable import WRITABLE_OPTIONS, Writable
from ._writable_state import BufferedWrite
from .errors import (
    ERR_INVALID_ARG_TYPE,
    ERR_INVALID_ARG_VALUE,
    ERR_OUT_OF_RANGE,
    ERR_STREAM_DESTROYED,
    NodeTypeError,
    file_error,
)
from .loop import Promise, current_loop, next_tick

__all__ = [
    "ReadStream",
    "WriteStream",
    "createReadStream",
    "createWriteStream",
    "create_read_stream",
    "create_write_stream",
    "openAsBlob",
    "open_as_blob",
]

Callback = Callable[..., object]
PathLike = str | bytes | os.PathLike[str] | os.PathLike[bytes]

_FILE_OPTIONS = frozenset({"flags", "mode", "fd", "start", "auto_close"})
_READ_OPTIONS = (READABLE_OPTIONS | _FILE_OPTIONS | {"end"}) - {"object_mode", "read", "construct", "destroy"}
_WRITE_OPTIONS = (WRITABLE_OPTIONS | _FILE_OPTIONS | {"encoding", "flush"}) - {
    "object_mode",
    "write",
    "writev",
    "final",
    "construct",
    "destroy",
}

_FLAGS = {
    "r": os.O_RDONLY,
    "r+": os.O_RDWR,
    "w": os.O_WRONLY | os.O_CREAT | os.O_TRUNC,
    "w+": os.O_RDWR | os.O_CREAT | os.O_TRUNC,
    "wx": os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_EXCL,
    "wx+": os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_EXCL,
    "a": os.O_WRONLY | os.O_CREAT | os.O_APPEND,
    "a+": os.O_RDWR | os.O_CREAT | os.O_APPEND,
    "ax": os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_EXCL,
    "ax+": os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_EXCL,
    "rs": os.O_RDONLY | os.O_SYNC,
    "rs+": os.O_RDWR | os.O_SYNC,
    "as": os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_SYNC,
    "as+": os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_SYNC,
}


class _FileStream(Stream):
    """What both kinds of file streams do: open the file, and close it when they are destroyed.

    Attributes:
        path: as it was given.
        flags, mode: how it is opened.
        pending: whether it has not been opened yet.
        fd: the file descriptor, None before it is opened and after it is closed.
    """

    path: PathLike | None
    flags: str | int
    mode: int | str
    _file: File
    _opened = False
    _path_text: str
    _failure_in_destruction: Failure = None  # of the operation that was under way when the stream was destroyed

    def _begin_file(self, path: PathLike | None, options: dict[str, Any], flags: str) -> None:
        self.path = path
        self.flags = options.pop("flags", flags)
        self.mode = options.pop("mode", 0o666)
        self._file = File()
        fd = options.pop("fd", None)
        if fd is not None:
            self._file.adopt(_checked_fd(fd), close=options.get("auto_close", True))
            self._opened = True
        else:
            self._path_text = _checked_path(path)

    @property
    def fd(self) -> int | None:
        """The file descriptor, or None."""
        return self._file.fd

    @property
    def pending(self) -> bool:
        """Whether the file is not open. Node: readStream.pending, writeStream.pending"""
        return self._file.fd is None

    def _construct(self, callback: Callback) -> None:
        if self._opened:
            callback()
            return

        def opened(error: Failure) -> None:
            callback(error)
            if error is None:
                self.emit("open", self.fd)
                self.emit("ready")

        self._file.open(self._path_text, _open_flags(self.flags), _open_mode(self.mode), opened)

    def _destroy(self, error: Failure, callback: Callback) -> None:
        def closed(problem: Failure = None) -> None:
            callback(problem or error or self._failure_in_destruction)

        self._file.close(closed)


class ReadStream(_FileStream, Readable):
    """Reads a file. Made by `create_read_stream()`.

    Attributes: `path`, `bytes_read`, `pending`, `fd`, `start`, `end`.

    Events: those of a Readable, `open(fd)` and `ready`.

    Node: fs.ReadStream
    """

    def __init__(
        self, path: PathLike | None, options: Mapping[str, Any] | str | None = None, /, **keywords: Any
    ) -> None:
        given = normalized(_READ_OPTIONS, _as_mapping(options), keywords, "create_read_stream")
        _check_encoding(given.get("encoding"))
        self.start: int | None = _checked_position(given.pop("start", None), "start")
        end = _checked_position(given.pop("end", None), "end")
        self.end: float = math.inf if end is None else end
        if self.start is not None and self.start > self.end:
            raise ERR_OUT_OF_RANGE("start", f'<= "end" (here: {end})', self.start)
        self.bytes_read = 0
        self._begin_file(path, given, "r")
        given.setdefault("auto_destroy", given.pop("auto_close", True))
        Readable.__init__(self, given)

    bytes_read: int
    bytesRead: int = node_alias("bytes_read")

    def _read(self, size: int) -> None:
        size = int(min(self.end - (self.start or 0) - self.bytes_read + 1, size))
        if size <= 0:
            self.push(None)
            return
        self._file.read(size, None if self.start is None else self.start + self.bytes_read, self._on_read)

    def _on_read(self, error: Failure, chunk: Any) -> None:
        if self.destroyed:
            self._failure_in_destruction = error
        elif error is not None:
            self._life.fail(error)
        elif chunk:
            self.bytes_read += len(chunk)
            self.push(chunk)
        else:
            self.push(None)

    def close(self, callback: Callback | None = None) -> None:
        """Destroy the stream; `callback(error)` is called when it is closed. Node: readStream.close"""
        if callback is not None:
            watch(self, callback)
        self.destroy()


class WriteStream(_FileStream, Writable):
    """Writes a file. Made by `create_write_stream()`.

    Attributes: `path`, `bytes_written`, `pending`, `fd`, `start`.

    Events: those of a Writable, `open(fd)` and `ready`.

    Node: fs.WriteStream
    """

    def __init__(
        self, path: PathLike | None, options: Mapping[str, Any] | str | None = None, /, **keywords: Any
    ) -> None:
        given = normalized(_WRITE_OPTIONS, _as_mapping(options), keywords, "create_write_stream")
        self.start: int | None = _checked_position(given.pop("start", None), "start")
        self.bytes_written = 0
        self._flush = _checked_flush(given.pop("flush", False))
        encoding = given.pop("encoding", None)
        _check_encoding(encoding)
        self._begin_file(path, given, "w")
        given.setdefault("auto_destroy", given.pop("auto_close", True))
        Writable.__init__(self, given)
        if encoding is not None:
            self.set_default_encoding(encoding)

    bytes_written: int
    bytesWritten: int = node_alias("bytes_written")

    def _write(self, chunk: Any, _encoding: str | None, callback: Callback) -> None:
        self._write_buffers([chunk], callback)

    def _writev(self, entries: list[BufferedWrite], callback: Callback) -> None:
        self._write_buffers([entry.chunk for entry in entries], callback)

    def _write_buffers(self, buffers: list[bytes], callback: Callback) -> None:
        position = None if self.start is None else self.start + self.bytes_written

        def written(error: Failure, length: Any) -> None:
            if self.destroyed:
                error = self._failure_in_destruction = error or ERR_STREAM_DESTROYED("write")
            elif error is None:
                self.bytes_written += length
            callback(error)

        self._file.run("write", write_all, self.fd, buffers, position, done=written)

    def _final(self, callback: Callback) -> None:
        if self._flush:
            self._file.run("fsync", os.fsync, self.fd, done=lambda error, _: callback(error))
        else:
            callback()

    def close(self, callback: Callback | None = None) -> None:
        """End the stream; `callback` is called when it is closed. Node: writeStream.close"""
        if callback is not None:
            if self.closed:
                next_tick(callback, None)
                return
            self.once("close", callback)
        if not self._life.auto_destroy:
            self.once("finish", self.destroy)
        self.end()


# --- arguments ---


def _as_mapping(options: Mapping[str, Any] | str | None) -> Mapping[str, Any] | None:
    if isinstance(options, str):
        return {"encoding": options}
    if options is not None and not isinstance(options, Mapping):
        raise ERR_INVALID_ARG_TYPE("options", "one of type string or object", options)
    return options


def _check_encoding(encoding: Any) -> None:
    if encoding is not None and not is_encoding(encoding):
        raise ERR_INVALID_ARG_VALUE("encoding", encoding, "is invalid encoding")


def _checked_path(path: Any) -> str:
    if not isinstance(path, (str, bytes, os.PathLike)):
        raise ERR_INVALID_ARG_TYPE("path", "of type string or an instance of Buffer or URL", path)
    text = os.fsdecode(path)
    if "\0" in text:
        raise ERR_INVALID_ARG_VALUE("path", text, "must be a string, Uint8Array, or URL without null bytes")
    return text


def _checked_position(value: Any, name: str) -> int | None:
    if value is None or (name == "end" and value == math.inf):
        return None
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        raise ERR_INVALID_ARG_TYPE(name, "of type number", value)
    if not math.isfinite(value) or value % 1:
        raise ERR_OUT_OF_RANGE(name, "an integer", value)
    if not 0 <= value <= LARGEST_INTEGER:
        raise ERR_OUT_OF_RANGE(name, f">= 0 && <= {LARGEST_INTEGER}", value)
    return int(value)


def _checked_fd(fd: Any) -> int:
    if not isinstance(fd, (int, float)) or isinstance(fd, bool):
        raise ERR_INVALID_ARG_TYPE("options.fd", "of type number or an instance of FileHandle", fd)
    if not math.isfinite(fd) or fd % 1:
        raise ERR_OUT_OF_RANGE("fd", "an integer", fd)
    if not 0 <= fd <= 2**31 - 1:
        raise ERR_OUT_OF_RANGE("fd", ">= 0 && <= 2147483647", fd)
    return int(fd)


def _checked_flush(flush: Any) -> bool:
    if not isinstance(flush, bool):
        raise ERR_INVALID_ARG_TYPE("options.flush", "of type boolean", flush)
    return flush


def _open_flags(flags: str | int) -> int:
    if isinstance(flags, int):
        return flags
    if flags not in _FLAGS:
        raise ERR_INVALID_ARG_VALUE("flags", flags)
    return _FLAGS[flags]


def _open_mode(mode: int | str) -> int:
    if isinstance(mode, str):
        if not re.fullmatch("[0-7]+", mode):
            raise ERR_INVALID_ARG_VALUE("mode", mode, "must be a 32-bit unsigned integer or an octal string")
        mode = int(mode, 8)
    if not isinstance(mode, int) or isinstance(mode, bool):
        raise ERR_INVALID_ARG_TYPE("mode", "of type number", mode)
    if not 0 <= mode < 2**32:
        raise ERR_OUT_OF_RANGE("mode", f">= 0 && <= {2**32 - 1}", mode)
    return mode


def create_read_stream(
    path: PathLike | None, options: Mapping[str, Any] | str | None = None, /, **keywords: Any
) -> ReadStream:
    """A Readable of a file's bytes.

    Options (keywords, or one mapping; a string is the encoding):
        start, end: the first and the last byte to read, both included.
        high_water_mark: how much is read at a time (65536 bytes).
        encoding: chunks are strings.
        flags, mode: how the file is opened ("r", 0o666).
        fd: an open file to read instead; `path` may be None then. It is closed at the end.
        auto_close: close the file at the end or at an error (True).
        emit_close: emit `close` (True).

    A file that cannot be opened is an `error`: ENOENT and the like. Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.

    Node: fs.createReadStream
    """
    return ReadStream(path, options, **keywords)


def create_write_stream(
    path: PathLike | None, options: Mapping[str, Any] | str | None = None, /, **keywords: Any
) -> WriteStream:
    """A Writable into a file.

    Options (keywords, or one mapping; a string is the encoding):
        flags: how the file is opened: "w" (empty it, make it if need be), "a" (append), "wx" (it must not be there),
            "r+" (keep what is there, and change it from `start` on).
        mode: the permissions of a file that is made (0o666, less the umask).
        start: where to begin to write, in bytes.
        encoding: of strings ("utf8").
        high_water_mark: from how much on `write()` returns False (65536 bytes).
        flush: let the file reach the disk before it is closed (False).
        fd, auto_close, emit_close: as for `create_read_stream`.

    A file that cannot be opened or written is an `error`: ENOENT, ENOSPC and the like.

    Node: fs.createWriteStream
    """
    return WriteStream(path, options, **keywords)


def open_as_blob(path: PathLike, options: Mapping[str, Any] | None = None, /, **keywords: Any) -> Promise[Blob]:
    """Await a Blob of a file's bytes, which are read when they are wanted.

    Its size is that of the file now. When the file has changed since, reading it raises a DOMException called
    "NotReadableError".

    Options: type: a MIME type, which is kept as it is; "" if it has other characters than printable ASCII ("").

    Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE; the promise fails with ERR_INVALID_ARG_VALUE if there is no such
    file, and the system's error as its cause.

    Node: fs.openAsBlob
    """
    text = _checked_path(path)
    kind = normalized(("type",), options, keywords, "open_as_blob").get("type", "")
    if not isinstance(kind, str):
        raise ERR_INVALID_ARG_TYPE("options.type", "of type string", kind)
    promise: Promise[Blob] = Promise()

    def opened(error: Failure, file: Any) -> None:
        if error is None:
            promise.resolve(Blob._of([FileSlice(file, 0, file.size)], kind if is_type(kind) else ""))
        else:
            refusal = NodeTypeError("Unable to open file as blob", "ERR_INVALID_ARG_VALUE")
            refusal.__cause__ = file_error(error, "stat", text) if isinstance(error, OSError) else error
            promise.reject(refusal)

    current_loop().run_in_thread(NamedFile, text, done=opened)
    return promise


createReadStream = create_read_stream
createWriteStream = create_write_stream
openAsBlob = open_as_blob
