"""A form that is application/x-www-form-urlencoded, read as it comes: every field has a bound.

Standard: Fetch, section 5.3 (Body mixin, formData); URL, section 5.1
"""

from __future__ import annotations

from nodestream._hooks import noop
from nodestream.errors import ERR_FORM_FIELD_TOO_LARGE, ERR_FORM_TOO_LARGE, ERR_FORM_TOO_MANY_PARTS
from nodestream.loop import current_loop

from ._body_chunks import Chunks
from ._form_data import FormData
from ._form_limits import FormLimits
from ._urlencoded import parse


async def read_urlencoded(chunks: Chunks, length: int, limits: FormLimits) -> FormData:
    """The form; `length` is how long it is said to be. Raises a FormError, and what the source raises."""
    fields = _Fields(limits, length)
    try:
        fields.check_total()
        async for chunk in chunks:
            fields.add(chunk)
    except BaseException:
        current_loop().spawn(chunks.aclose(), noop)
        raise
    return fields.finish()


class _Fields:
    """The fields of a form that comes in pieces."""

    def __init__(self, limits: FormLimits, length: int) -> None:
        self._limits = limits
        self._form = FormData()
        self._rest = bytearray()
        self._length = length
        self._total = 0

    def check_total(self) -> None:
        """Raises ERR_FORM_TOO_LARGE."""
        if max(self._total, self._length) > self._limits.max_total_size:
            raise ERR_FORM_TOO_LARGE(self._limits.max_total_size)

    def add(self, chunk: bytes) -> None:
        """Take in a piece. Raises a FormError."""
        is_first = not self._total
        self._total += len(chunk)
        self.check_total()
        if is_first:
            chunk = chunk.removeprefix(b"?")  # as Node does
        complete, separator, rest = chunk.rpartition(b"&")
        if separator:
            self._take(bytes(self._rest) + complete)
            self._rest.clear()
        self._rest += rest
        self._check(self._rest)

    def finish(self) -> FormData:
        """There are no more. Raises a FormError."""
        self._take(bytes(self._rest))
        return self._form

    def _take(self, data: bytes) -> None:
        for sequence in data.split(b"&"):
            self._check(sequence)
        self._form._entries += parse(data)
        if len(self._form) > self._limits.max_parts:
            raise ERR_FORM_TOO_MANY_PARTS(self._limits.max_parts)

    def _check(self, sequence: bytes | bytearray) -> None:
        if len(sequence) > self._limits.max_field_size:
            raise ERR_FORM_FIELD_TOO_LARGE(self._limits.max_field_size)
