"""Opening what a request names, never outside of the served directory. Everything here blocks: call it in a thread.

A path is first resolved, links and all, and must then be inside of the root. What is opened is the resolved path, name
by name and following no link, so that a link which is put there in between is an error and no way out.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, NamedTuple

from ._paths import RefusedPath, RequestPath, is_servable

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

INDEX = "index.html"

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK  # a FIFO that nobody writes to must not hold us up
_REFUSALS = {
    errno.ENOENT: (404, "There is nothing of this name."),
    errno.ENOTDIR: (404, "There is nothing of this name."),
    errno.ENAMETOOLONG: (404, "There is nothing of this name."),
    errno.ELOOP: (403, "The link leads nowhere."),
    errno.EACCES: (403, "This may not be read."),
    errno.EPERM: (403, "This may not be read."),
}


class OpenFile(NamedTuple):
    """A regular file, open for reading; whoever gets it closes the descriptor."""

    descriptor: int
    status: os.stat_result
    name: str


class Entry(NamedTuple):
    """One line of a directory."""

    name: str
    is_directory: bool
    size: int
    modified: float


class Listing(NamedTuple):
    """A directory without an index page."""

    entries: list[Entry]


class WithoutSlash(NamedTuple):
    """A directory, asked for by a path that does not end with a slash."""


Found = OpenFile | Listing | WithoutSlash


@contextmanager
def refusing() -> Iterator[None]:
    """Turn an error of the file system that a client can cause into a RefusedPath."""
    try:
        yield
    except OSError as error:
        if error.errno not in _REFUSALS:
            raise
        raise RefusedPath(*_REFUSALS[error.errno]) from error


def find(root: str, path: RequestPath) -> Found:
    """What `path` names under `root` (a resolved path). Raises RefusedPath, OSError."""
    with refusing():
        real = resolved(root, path.names)
        if not stat.S_ISDIR(os.stat(real).st_mode):
            return _file(root, real, path)
        if not path.is_directory:
            return WithoutSlash()
        with suppress(FileNotFoundError):
            index = resolved(root, (*path.names, INDEX))
            if stat.S_ISREG(os.stat(index).st_mode):
                return _open(root, index)
        return Listing(_entries(root, real))


def resolved(root: str, names: Sequence[str]) -> str:
    """The path without links. Raises RefusedPath if it is outside of `root`, OSError if it is not there."""
    real = os.path.realpath(os.path.join(root, *names), strict=True)
    if not _is_inside(root, real):
        raise RefusedPath(403, "The link leads out of the served directory.")
    return real


def _is_inside(root: str, real: str) -> bool:
    return real == root or real.startswith(os.path.join(root, ""))


def _file(root: str, real: str, path: RequestPath) -> OpenFile:
    if path.is_directory:
        raise RefusedPath(404, "There is no directory of this name.")
    return _open(root, real)


def _open(root: str, real: str) -> OpenFile:
    directory = open_directory(root, os.path.dirname(real))
    try:
        descriptor = os.open(os.path.basename(real), _FILE, dir_fd=directory)
    finally:
        os.close(directory)
    status = os.fstat(descriptor)
    if not stat.S_ISREG(status.st_mode):
        os.close(descriptor)
        raise RefusedPath(403, "This is no file.")
    return OpenFile(descriptor, status, os.path.basename(real))


def open_directory(root: str, real: str) -> int:
    """A descriptor of the directory `real` (resolved, inside of `root`), reached without following a link."""
    directory = os.open(root, _DIRECTORY)
    for name in os.path.relpath(real, root).split(os.sep):
        try:
            inner = os.open(name, _DIRECTORY, dir_fd=directory)
        finally:
            os.close(directory)
        directory = inner
    return directory


def _entries(root: str, real: str) -> list[Entry]:
    """Directories first, then files, by name. What could not be asked for is left out."""
    directory = open_directory(root, real)
    try:
        with os.scandir(directory) as scan:
            found = [_entry(root, real, entry) for entry in scan if is_servable(entry.name)]
    finally:
        os.close(directory)
    entries = [entry for entry in found if entry is not None]
    return sorted(entries, key=lambda entry: (not entry.is_directory, entry.name.casefold(), entry.name))


def _entry(root: str, parent: str, entry: os.DirEntry[str]) -> Entry | None:
    try:
        if entry.is_symlink() and not _is_inside(root, os.path.realpath(os.path.join(parent, entry.name))):
            return None
        status = entry.stat()
    except OSError:
        return None
    kind = status.st_mode
    if not (stat.S_ISDIR(kind) or stat.S_ISREG(kind)):
        return None
    return Entry(entry.name, stat.S_ISDIR(kind), status.st_size, status.st_mtime)
