"""Forms that are received: as a whole (`read_form`), or part by part (`form_parts`).

Bad input is one FormError, which says what to answer; whatever was opened by then is closed.

Standard: Fetch, section 5.3 (Body mixin, formData)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from nodestream._hooks import noop
from nodestream.errors import ERR_FORM_MALFORMED
from nodestream.loop import Promise, current_loop
from nodestream.web._promises import promise_of, rejected_with

from ._file import File
from ._form_data import FormData
from ._form_limits import FORM, PARTS, FormLimits
from ._form_source import MULTIPART, URLENCODED, chunks_of, length_of, type_of
from ._mime import MimeType
from ._multipart_cutting import PartCutter
from ._multipart_head import PartHead
from ._multipart_parsing import FormPart as FormPart
from ._multipart_parsing import FormParts as FormParts
from ._multipart_parsing import OpenParts, PartEvents
from ._spool import Spool
from ._urlencoded_reading import read_urlencoded


def form_parts(
    source: Any, /, content_type: str | None = None, options: Mapping[str, Any] | None = None, **keywords: Any
) -> FormParts:
    """The parts of a form that is multipart/form-data, one after the other, each a stream of its bytes.

        async for part in form_parts(req):
            if part.filename is None:
                fields[part.name] = await consumers.text(part)
            else:
                await pipeline(part, fs.create_write_stream(new_name()))

    Nothing is held: a part that nobody reads stops the source. A part that was not read to its end is skipped when the
    next one is asked for.

    Args:
        source: a Request or Response, an IncomingMessage; or a ReadableStream, a Readable, or any other iterable or
            async iterable of bytes, whose `content_type` must be given.
    Options (keywords, or one mapping), in bytes; None is no limit:
        max_parts: how many parts there may be (1000).
        max_part_header_size: how large the headers of a part may be, all together (16384).
        max_field_size: how large a part that is no file may be (1048576).
        max_file_size: how large a file may be (None).
        max_total_size: how large the form may be (None).

    Raises ERR_FORM_CONTENT_TYPE, ERR_FORM_MALFORMED without a boundary, ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE; a
    TypeError for a body that was used; ModuleNotFoundError without the package python-multipart. While iterating: a
    FormError (ERR_FORM_MALFORMED, ERR_FORM_TOO_MANY_PARTS, ERR_FORM_HEADERS_TOO_LARGE, ERR_FORM_FIELD_TOO_LARGE,
    ERR_FORM_FILE_TOO_LARGE, ERR_FORM_TOO_LARGE), and what the source fails with.
    """
    limits = PARTS.with_options(options, keywords, "form_parts")
    return FormParts(OpenParts(_events(source, type_of(source, content_type, MULTIPART), limits)))


def read_form(
    source: Any, /, content_type: str | None = None, options: Mapping[str, Any] | None = None, **keywords: Any
) -> Promise[FormData]:
    """Await the form that `source` is: multipart/form-data, or application/x-www-form-urlencoded.

    Files are held in memory, or, from a bound on, in a temporary file without a name. It is closed when nobody has a
    File of the form any more, or all are closed.

    Arguments and errors are those of `form_parts`, but that the promise fails with them. Options that differ:
        max_file_size: how large a file may be (1 GiB).
        max_total_size: how large the form may be (4 GiB).
        spool_size: how many bytes of files are held in memory, all together (262144).

    Node: response.formData
    """
    try:
        limits = FORM.with_options(options, keywords, "read_form")
        mime = type_of(source, content_type, MULTIPART, URLENCODED)
        if mime.essence == URLENCODED:
            return promise_of(read_urlencoded(chunks_of(source), length_of(source), limits))
        return promise_of(_multipart(_events(source, mime, limits), Spool(limits.spool_size)))
    except Exception as error:
        return rejected_with(error)


def _events(source: Any, mime: MimeType, limits: FormLimits) -> PartEvents:
    boundary = mime.parameters.get("boundary")
    if not boundary:
        raise ERR_FORM_MALFORMED("missing boundary in content-type header")
    cutter = PartCutter(boundary, limits)
    return PartEvents(chunks_of(source), length_of(source), cutter, limits)


async def _multipart(events: PartEvents, spool: Spool) -> FormData:
    try:
        return await _form_of(events, spool)
    except BaseException:
        spool.discard()
        current_loop().spawn(events.leave(), noop)
        raise


async def _form_of(events: PartEvents, spool: Spool) -> FormData:
    form = FormData()
    while (head := await events.next_head()) is not None:
        value = await _text(events) if head.filename is None else await _file(events, head, head.filename, spool)
        form._entries.append((head.name, value))
    return form


async def _text(events: PartEvents) -> str:
    pieces = []
    while (piece := await events.next_piece()) is not None:
        pieces.append(piece)
    return b"".join(pieces).decode("utf-8", "replace")


async def _file(events: PartEvents, head: PartHead, filename: str, spool: Spool) -> File:
    while (piece := await events.next_piece()) is not None:
        if spool.add(piece):
            await spool.flush()
    return File._received(await spool.finish(), filename, head.type)
