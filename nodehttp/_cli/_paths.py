"""From the target of a request to the names of a path: nothing that leads out of a directory comes through.

A name that begins with a dot is hidden: it is not listed, not served and not written, so that `.git`, `.env` and the
temporary files of uploads stay private. `.well-known` (RFC 8615) is the exception.
"""

from __future__ import annotations

import os
import re
from typing import NamedTuple
from urllib.parse import quote_from_bytes, unquote_to_bytes

_BAD_ESCAPE = re.compile("%(?![0-9A-Fa-f]{2})")
_ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


class RefusedPath(Exception):
    """The request may not have what its path names. `status` is the answer's."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class RequestPath(NamedTuple):
    """The path of a request: the decoded names, whether it ends with a slash, and its query (with `?`, or empty)."""

    names: tuple[str, ...]
    is_directory: bool
    query: str

    @property
    def href(self) -> str:
        """The path as a URL path again. It never begins with two slashes, which would name another host."""
        joined = "/".join(quoted(name) for name in self.names)
        return f"/{joined}/" if self.is_directory and self.names else f"/{joined}"


def quoted(name: str) -> str:
    """A file's name as one segment of a URL path."""
    return quote_from_bytes(os.fsencode(name), safe="")


def is_hidden(name: str) -> bool:
    """Whether the name is neither listed nor served nor written."""
    return name.startswith(".") and name != ".well-known"


def is_servable(name: str) -> bool:
    """Whether a file of this name can be asked for."""
    return not is_hidden(name) and "\\" not in name


def path_and_query(target: str) -> tuple[str, str]:
    """The path and the query (with `?`) of a request target in origin form or absolute form. Raises RefusedPath."""
    path, mark, query = _ORIGIN.sub("", target, count=1).partition("?")
    if not path.startswith("/") and path != "":
        raise RefusedPath(400, "The path does not begin with a slash.")
    return path or "/", mark + query


def parsed_path(target: str) -> RequestPath:
    """The path that a request's target names. Raises RefusedPath.

    Escapes are decoded once. Empty segments and `.` are left out; `..` is refused in any spelling.
    """
    path, query = path_and_query(target)
    if _BAD_ESCAPE.search(path):
        raise RefusedPath(400, "The path has a bad percent-encoding.")
    # Segments are taken apart before they are decoded: an encoded slash is part of a name, and no file has such a name.
    segments = [_decoded(segment) for segment in path.split("/")]
    names = tuple(name for name in segments if name not in ("", "."))
    for name in names:
        _check(name)
    return RequestPath(names, segments[-1] in ("", "."), query)


def _decoded(segment: str) -> str:
    return os.fsdecode(unquote_to_bytes(segment.encode("latin-1", "replace")))


def _check(name: str) -> None:
    if "\0" in name:
        raise RefusedPath(400, "The path has a NUL.")
    if name == "..":
        raise RefusedPath(403, "The path leads upwards.")
    if "/" in name or "\\" in name or is_hidden(name):
        raise RefusedPath(404, "There is nothing of this name.")
