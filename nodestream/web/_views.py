"""Memory that is handed over to a stream of bytes, and what of it is filled.

The rules, for Python has no way to take memory away from its owner, as JavaScript detaches an ArrayBuffer:

1. Who calls `read(view)` hands over the memory: a bytearray, or a writable memoryview. It must not be touched until the
   stream gives it back. The same holds for who has filled the view of a request, and says so.
2. What comes back is a memoryview over the same memory, of the same item format, as long as it is filled.
3. Bytes that are enqueued are copied, unless they are `bytes`, which nobody can change. A reader without views gets
   `bytes`.
4. A request's view is the part of the memory that is not filled yet; a view that replaces it begins at the same byte.
"""

from __future__ import annotations

import ctypes
from typing import Any

from ..errors import ERR_INVALID_ARG_TYPE

BUFFER = "an instance of Buffer, TypedArray, or DataView"


def is_bytes_like(value: Any) -> bool:
    """Whether it holds bytes."""
    return isinstance(value, (bytes, bytearray, memoryview))


def writable_view(view: Any) -> memoryview:
    """A view that can be filled. Raises ERR_INVALID_ARG_TYPE for what is none."""
    if not isinstance(view, (bytearray, memoryview)):
        raise ERR_INVALID_ARG_TYPE("view", BUFFER, view)
    made = memoryview(view)
    if made.readonly or not made.c_contiguous:
        raise ERR_INVALID_ARG_TYPE("view", "a writable, contiguous memoryview or bytearray", view)
    return made


def as_octets(view: memoryview) -> memoryview:
    """The same memory, byte by byte."""
    return view if view.format == "B" and view.ndim == 1 else view.cast("B")


def begins_at(view: memoryview, expected: memoryview) -> bool:
    """Whether both begin at the same byte of memory; neither is empty."""
    return _address(view) == _address(expected)


def _address(view: memoryview) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(as_octets(view)))


class PullInto:
    """Memory that is being filled. Standard: pull-into descriptor

    `reader` says who waits for it: "default", "byob", or "none" once that reader is released. `filled` counts bytes,
    `minimum` is how many there must be before the view is given back.
    """

    __slots__ = ("_format", "element_size", "filled", "minimum", "octets", "reader")

    def __init__(self, view: memoryview, minimum: int, reader: str) -> None:
        self.octets = as_octets(view)
        self._format = view.format
        self.element_size = view.itemsize
        self.minimum = minimum * view.itemsize
        self.filled = 0
        self.reader = reader

    @property
    def length(self) -> int:
        """The length of the memory in bytes."""
        return len(self.octets)

    @property
    def rest(self) -> memoryview:
        """What is not filled."""
        return self.octets[self.filled :]

    def view(self) -> memoryview:
        """What is filled, in the format of the view that was handed over. Standard: ConvertPullIntoDescriptor"""
        octets = self.octets[: self.filled]
        return octets if self._format == "B" else octets.cast(self._format)  # type: ignore[call-overload]
