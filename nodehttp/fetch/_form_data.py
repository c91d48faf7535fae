"""`FormData`: the fields of a form, and its files.

Standard: XMLHttpRequest, section 4. Node: FormData
"""

from __future__ import annotations

from typing import Any

from nodestream._blob import Blob
from nodestream._js_string import usv_string
from nodestream.errors import NodeTypeError, inspect

from ._file import File
from ._pairs import Pairs

Value = str | File


class FormData(Pairs[Value]):
    """The fields of a form, in the order in which they were added. A value is a string or a File.

    In Python's way: `for name, value in form`, `name in form`, `form[name]` (the first value; KeyError without one),
    `dict(form)`, `len(form)`.

    Node: FormData
    """

    __slots__ = ("_entries",)

    def __init__(self) -> None:
        self._entries: list[tuple[str, Value]] = []

    def append(self, name: str, value: Any, filename: str | None = None) -> None:
        """Add a value.

        Args:
            value: a Blob, which becomes a File called "blob" if it has no name; anything else counts as the string that
                it is shown as.
            filename: what the file is to be called; only for a Blob.

        Raises a TypeError for a `filename` of what is no Blob. Node: formData.append
        """
        self._entries.append(_entry(name, value, filename, "append"))

    def set(self, name: str, value: Any, filename: str | None = None) -> None:
        """Let a value be the only one of its name. Arguments and errors as those of `append`. Node: formData.set"""
        self._set(*_entry(name, value, filename, "set"))

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}: {inspect(value)}" for name, value in self._entries)
        return f"FormData {{ {shown} }}" if shown else "FormData {}"


def _entry(name: Any, value: Any, filename: Any, method: str) -> tuple[str, Value]:
    """HTML, section 4.10.21.4: create an entry."""
    if isinstance(value, Blob):
        if filename is not None or not isinstance(value, File):
            value = File._of_blob(value, "blob" if filename is None else filename)
        return usv_string(name), value
    if filename is not None:
        shown = f'"{value}"' if isinstance(value, str) else inspect(value)
        raise NodeTypeError(f'FormData.{method}: Expected value ("{shown}") to be an instance of Blob.')
    return usv_string(name), usv_string(value)
