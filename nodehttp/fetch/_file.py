"""`File`: a Blob with a name and a date.

Standard: File API, section 4. Node: buffer.File
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Any

from nodestream._blob import Blob, checked_type
from nodestream._blob_pieces import GONE, FileSlice, Piece
from nodestream._js_string import usv_string
from nodestream._names import node_alias
from nodestream._options import normalized
from nodestream.errors import inspect

_OPTIONS = ("type", "endings", "last_modified")


class File(Blob):
    """Bytes that do not change, with a type, a name and a date.

    Args:
        parts: as those of a Blob.
        name: the name of the file, any string.
    Options:
        type, endings: as those of a Blob.
        last_modified: when the file was changed, in milliseconds since 1970 (now).

    Raises as Blob does.

    Node: buffer.File
    """

    _name: str
    _last_modified: float

    def __init__(
        self, parts: Iterable[Any], name: str, options: Mapping[str, Any] | None = None, /, **keywords: Any
    ) -> None:
        self._check_arguments(parts, options)
        given = normalized(_OPTIONS, options, keywords, "File")
        last_modified = given.pop("last_modified", None)
        super().__init__(parts, given)
        self._name = usv_string(name)
        self._last_modified = _now() if last_modified is None else _number(last_modified)

    @classmethod
    def _of_blob(cls, blob: Blob, name: str) -> File:
        """A File of the bytes of a Blob, with its type, and its date if it has one."""
        file = cls.__new__(cls)
        file._share(blob)
        file._type = checked_type(blob.type)
        file._name = usv_string(name)
        file._last_modified = blob._last_modified if isinstance(blob, File) else _now()
        return file

    @classmethod
    def _received(cls, pieces: list[Piece], name: str, kind: str) -> File:
        """A File that somebody has sent; `kind` is the type as it was sent."""
        file = cls.__new__(cls)
        file._share(Blob._of(pieces, checked_type(kind)))
        file._name = name
        file._last_modified = _now()
        return file

    @property
    def name(self) -> str:
        """The name that was given. Node: file.name"""
        return self._name

    @property
    def last_modified(self) -> float:
        """When the file was changed, in milliseconds since 1970. Node: file.lastModified"""
        return self._last_modified

    lastModified: float = node_alias("last_modified")

    def close(self) -> None:
        """Let go of the bytes: reading them raises a NotReadableError from now on. Not in Node.

        A file that was received may be in a temporary file, which is closed when nobody has it any more. That need not
        be waited for: it is closed too when this object is dropped.
        """
        self._pieces = [FileSlice(GONE, 0, self.size)]

    def __repr__(self) -> str:
        shown = f"size: {self.size}, type: {inspect(self._type)}, name: {inspect(self._name)}"
        return f"{type(self).__name__} {{ {shown}, lastModified: {inspect(self._last_modified)} }}"


def _now() -> int:
    return time.time_ns() // 1_000_000


def _number(value: Any) -> float:
    """A date as Node keeps it: what is no number is 0."""
    if isinstance(value, bool):
        return int(value)
    try:
        number = value if isinstance(value, int) else float(value)
    except (TypeError, ValueError):
        return 0
    return 0 if number != number else number
