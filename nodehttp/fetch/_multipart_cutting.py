"""multipart/form-data cut into parts: bytes go in, events come out.

The package python-multipart does the cutting. What it lets pass and the standard does not is refused here:

1. Boundaries where none may be: see `_multipart_boundaries.py`. Bytes of a part with none among them need no cutting.
2. A line feed in a header. Headers have a limit for all of a part's together.
3. A form without its last boundary.

Standard: Fetch, section 5.3 (multipart/form-data parsing); RFC 7578; RFC 2046, section 5.1
"""

from __future__ import annotations

import logging
from collections import deque
from typing import TYPE_CHECKING, Any

from nodestream.errors import (
    ERR_FORM_FIELD_TOO_LARGE,
    ERR_FORM_FILE_TOO_LARGE,
    ERR_FORM_HEADERS_TOO_LARGE,
    ERR_FORM_MALFORMED,
    ERR_FORM_TOO_MANY_PARTS,
)

from ._base64 import Base64Decoder
from ._form_limits import FormLimits
from ._multipart_boundaries import BoundaryFinder
from ._multipart_head import PartHead

if TYPE_CHECKING:
    from python_multipart.exceptions import FormParserError
    from python_multipart.multipart import MultipartParser

SLICE_SIZE = 64 * 1024
"""How many bytes are cut at a time, at most: what comes of them waits in memory."""

_log = logging.getLogger("nodehttp.fetch.multipart")
_log.addHandler(logging.NullHandler())  # what a peer sends is no trouble of ours


class PartEnd:
    """The part that has begun is complete."""

    __slots__ = ()


Event = PartHead | bytes | PartEnd
"""A part begins; bytes of it; it is complete."""


class PartCutter:
    """Cuts one form.

    Attributes:
        events: what has come of the bytes so far, and nobody has taken yet.
    """

    def __init__(self, boundary: str, limits: FormLimits) -> None:
        """Raises ERR_FORM_MALFORMED for a boundary that cannot be, ModuleNotFoundError without python-multipart."""
        self.events: deque[Event] = deque()
        self._limits = limits
        self._boundaries = BoundaryFinder(boundary.encode())
        self._parser, self._refusal = _new_parser(self, boundary.encode(), limits)
        self._has_begun = False
        self._is_over = False
        self._cut = 0  # at how many boundaries
        # Of the part that is cut:
        self._fields: list[tuple[bytes, bytes]] = []
        self._field_name = b""
        self._field_value = b""
        self._header_size = 0
        self._parts = 0
        self._head: PartHead | None = None
        self._decoder: Base64Decoder | None = None
        self._size = 0

    # --- what goes in ---

    def feed(self, data: bytes) -> None:
        """Cut up to SLICE_SIZE bytes. Raises a FormError; the events of what came before it are there."""
        if not self._has_begun:
            data = self._boundaries.begin(data)
            self._has_begun = bool(data)
        if not data or self._is_over:  # what follows the last boundary is let go by
            return
        right = self._boundaries.look(data)
        if self._boundaries.is_clear and self._head is not None:
            self.on_part_data(data, 0, right)
            return
        try:
            self._parser.write(data[:right])
        except self._refusal as error:
            raise ERR_FORM_MALFORMED(str(error)) from None
        if self._boundaries.is_wrong or self._boundaries.found != self._cut:
            raise ERR_FORM_MALFORMED("expected CRLF")

    def finish(self) -> None:
        """There are no more bytes. Raises ERR_FORM_MALFORMED if there should be."""
        if not self._has_begun:
            raise ERR_FORM_MALFORMED("no boundary found in multipart body")
        if not self._is_over:
            raise ERR_FORM_MALFORMED("expected boundary after body")

    # --- what python-multipart calls ---

    def on_part_begin(self) -> None:
        self._cut += 1
        self._parts += 1
        if self._parts > self._limits.max_parts:
            raise ERR_FORM_TOO_MANY_PARTS(self._limits.max_parts)
        self._fields = []
        self._header_size = 0

    def on_header_field(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._field_name += data[start:end]

    def on_header_value(self, data: bytes, start: int, end: int) -> None:
        self._count_header(end - start)
        self._field_value += data[start:end]

    def _count_header(self, size: int) -> None:
        self._header_size += size
        if self._header_size > self._limits.max_part_header_size:
            raise ERR_FORM_HEADERS_TOO_LARGE(self._limits.max_part_header_size)

    def on_header_end(self) -> None:
        if b"\n" in self._field_value:
            raise ERR_FORM_MALFORMED("expected CRLF")
        self._count_header(4)  # the colon, a blank and the end of the line
        self._fields.append((self._field_name, self._field_value.strip(b" \t")))
        self._field_name = self._field_value = b""

    def on_headers_finished(self) -> None:
        self._head = head = PartHead(self._fields)
        self._decoder = Base64Decoder() if head.is_base64 else None
        self._size = 0
        self.events.append(head)

    def on_part_data(self, data: bytes, start: int, end: int) -> None:
        piece = data[start:end]
        self._count(len(piece))
        self._append(piece if self._decoder is None else self._decoder.write(piece))

    def on_part_end(self) -> None:
        if self._decoder is not None:
            self._append(self._decoder.end())
        self._head = None
        self.events.append(PartEnd())

    def on_end(self) -> None:
        self._cut += 1
        self._is_over = True

    def _count(self, size: int) -> None:
        self._size += size
        is_file = self._head is not None and self._head.filename is not None
        limit = self._limits.max_file_size if is_file else self._limits.max_field_size
        if self._size > limit:
            raise ERR_FORM_FILE_TOO_LARGE(limit) if is_file else ERR_FORM_FIELD_TOO_LARGE(limit)

    def _append(self, piece: bytes) -> None:
        if piece:
            self.events.append(piece)


def _new_parser(
    cutter: PartCutter, boundary: bytes, limits: FormLimits
) -> tuple[MultipartParser, type[FormParserError]]:
    """python-multipart's parser, and what it raises."""
    try:
        from python_multipart.exceptions import FormParserError
        from python_multipart.multipart import MultipartParser
    except ModuleNotFoundError as error:
        text = "multipart/form-data needs the package python-multipart: pip install nodehttp[multipart]"
        raise ModuleNotFoundError(text) from error
    callbacks: Any = {
        "on_part_begin": cutter.on_part_begin,
        "on_header_field": cutter.on_header_field,
        "on_header_value": cutter.on_header_value,
        "on_header_end": cutter.on_header_end,
        "on_headers_finished": cutter.on_headers_finished,
        "on_part_data": cutter.on_part_data,
        "on_part_end": cutter.on_part_end,
        "on_end": cutter.on_end,
    }
    # Its own limits are for each header; ours are smaller, and say what is wrong. Where a header is nothing but blanks,
    # which it does not tell of, its limit holds.
    largest: Any = limits.max_part_header_size + SLICE_SIZE
    try:
        parser = MultipartParser(boundary, callbacks, max_header_count=largest, max_header_size=largest)
    except FormParserError as error:
        raise ERR_FORM_MALFORMED(str(error)) from None
    parser.logger = _log
    return parser, FormParserError
