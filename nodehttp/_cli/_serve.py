"""The static file server: `nodehttp serve`."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import trio

import nodehttp
from nodestream.fs import create_read_stream
from nodestream.promises import pipeline

from ._access_log import Record
from ._answers import TEXT, refuse, send_page, send_text
from ._conditions import entity_tag, failed_condition, http_date, range_applies
from ._content_types import content_type
from ._failures import described
from ._files import Entry, Found, Listing, OpenFile, find
from ._output import say
from ._pages import directory_page
from ._paths import RefusedPath, RequestPath, parsed_path
from ._ranges import ByteRange, UnsatisfiableRange, requested_range
from ._receive import Upload

IDLE_TIMEOUT = 120_000
"""Milliseconds after which a connection is cut on which nothing moves."""
PIECE = 256 * 1024
"""Bytes that are read from a file at once: each read is a trip to a thread, which costs more than the reading."""


def create_file_server(root: str, *, uploads: bool = False) -> Any:
    """A server of the files under `root`; with `uploads`, PUT and POST write there."""
    files = FileServer(os.path.realpath(root), uploads)
    # A large upload may take as long as it takes: it is the silence that is bounded.
    server = nodehttp.create_server({"request_timeout": 0, "headers_timeout": 60_000})
    server.timeout = IDLE_TIMEOUT
    server.http_allow_half_open = True  # who has sent a request and then ended still gets the answer
    server.on("request", files.answer)
    server.on("checkContinue", files.answer_expecting)
    return server


class FileServer:
    """Answers requests with what is in one directory."""

    def __init__(self, root: str, uploads: bool) -> None:
        self._root = root
        self._uploads = uploads
        self._methods = ["GET", "HEAD", "OPTIONS", *(["PUT", "POST"] if uploads else [])]

    async def answer(self, request: Any, response: Any) -> None:
        """Answer a request; the listener of `request`."""
        await self._answer(request, response, lambda: None)

    async def answer_expecting(self, request: Any, response: Any) -> None:
        """Answer a request whose body is only sent if it is wanted; the listener of `checkContinue`."""
        await self._answer(request, response, response.write_continue)

    async def _answer(self, request: Any, response: Any, invite: Callable[[], object]) -> None:
        record = Record(request, response)
        try:
            await self._dispatch(request, response, record, invite)
        except RefusedPath as refusal:
            refuse(request, response, record, refusal.status, str(refusal))
        except Exception as error:
            if response.destroyed or request.destroyed:
                return  # the client has gone; the log says so
            say(f"nodehttp: {request.method} failed: {described(error)}")
            refuse(request, response, record, 500, "The server could not do this.")

    async def _dispatch(self, request: Any, response: Any, record: Record, invite: Callable[[], object]) -> None:
        method = request.method
        if method not in self._methods:
            response.set_header("Allow", ", ".join(self._methods))
            raise RefusedPath(405, f"{method} is not allowed here.")
        if method == "OPTIONS":
            response.write_head(204, {"Allow": ", ".join(self._methods)}).end()
            return
        path = parsed_path(request.url)
        if method in ("GET", "HEAD"):
            found = await trio.to_thread.run_sync(find, self._root, path)
            await self._send(request, response, record, path, found)
        else:
            await self._receive(request, response, record, path, invite)

    async def _send(self, request: Any, response: Any, record: Record, path: RequestPath, found: Found) -> None:
        if isinstance(found, OpenFile):
            await _Sending(request, response, record, found).run()
        elif isinstance(found, Listing):
            self._send_listing(response, record, path, found.entries)
        else:
            location = path._replace(is_directory=True).href + path.query
            response.set_header("Location", location)
            send_text(response, record, 301, f"{location}\n".encode())

    def _send_listing(self, response: Any, record: Record, path: RequestPath, entries: list[Entry]) -> None:
        send_page(response, record, 200, directory_page(path.names, entries, uploads=self._uploads))

    async def _receive(
        self, request: Any, response: Any, record: Record, path: RequestPath, invite: Callable[[], object]
    ) -> None:
        _check_upload(request.headers)
        upload = await trio.to_thread.run_sync(Upload, self._root, path, request.headers)
        record.measure = lambda: upload.size
        try:
            invite()
            await upload.write(request)
            await trio.to_thread.run_sync(upload.commit)
        finally:
            with trio.CancelScope(shield=True):
                await trio.to_thread.run_sync(upload.close)
        status, done = (200, "Replaced") if upload.replaces else (201, "Created")
        response.write_head(status, {"Content-Type": TEXT, "Location": path.href})
        response.end(f"{done} {path.href} ({upload.size} bytes)\n")


class _Sending:
    """A file on its way to a client. The descriptor is closed at the end, whatever happens."""

    def __init__(self, request: Any, response: Any, record: Record, file: OpenFile) -> None:
        self._request = request
        self._response = response
        self._record = record
        self._file = file
        self._tag = entity_tag(file.status)

    async def run(self) -> None:
        part = self._answer_head()
        if part is None:
            os.close(self._file.descriptor)
            return
        stream = create_read_stream(
            None, fd=self._file.descriptor, start=part.first, end=part.last, high_water_mark=PIECE
        )
        self._record.measure = lambda: stream.bytes_read

        def check() -> None:
            if stream.bytes_read != part.length:
                self._response.destroy()  # the file has become shorter: the client must not wait for the rest

        stream.once("end", check)
        await pipeline(stream, self._response)

    def _answer_head(self) -> ByteRange | None:
        """Send the head; the part of the file that is the body, or None if it is answered already."""
        response, status = self._response, self._file.status
        response.set_header("ETag", self._tag)
        response.set_header("Last-Modified", http_date(status.st_mtime))
        response.set_header("Cache-Control", "no-cache")
        response.set_header("Accept-Ranges", "bytes")
        try:
            return self._start()
        except RefusedPath as refusal:
            refuse(self._request, response, self._record, refusal.status, str(refusal))
            return None

    def _start(self) -> ByteRange | None:
        request, response, size = self._request, self._response, self._file.status.st_size
        failed = failed_condition(request.method, request.headers, self._tag, self._file.status.st_mtime)
        if failed == 304:
            response.write_head(304).end()
            return None
        if failed is not None:
            raise RefusedPath(failed, "The file is not as the request expects it to be.")
        part = self._requested_part()
        wanted = part or ByteRange(0, size - 1)
        response.set_header("Content-Type", content_type(self._file.name))
        response.set_header("Content-Length", str(wanted.length))
        response.set_header("X-Content-Type-Options", "nosniff")
        if part is not None:
            response.set_header("Content-Range", f"bytes {part.first}-{part.last}/{size}")
        response.write_head(200 if part is None else 206)
        if request.method == "HEAD" or wanted.length == 0:
            response.end()
            return None
        return wanted

    def _requested_part(self) -> ByteRange | None:
        headers, status = self._request.headers, self._file.status
        if self._request.method != "GET" or not range_applies(headers.get("if-range"), self._tag, status.st_mtime):
            return None
        try:
            return requested_range(headers.get("range"), status.st_size)
        except UnsatisfiableRange:
            self._response.set_header("Content-Range", f"bytes */{status.st_size}")
            raise RefusedPath(416, f"The file has {status.st_size} bytes.") from None


def _check_upload(headers: dict[str, Any]) -> None:
    if "content-range" in headers:
        raise RefusedPath(400, "A part of a file cannot be uploaded.")
    # A page of some other site may send us a simple POST without asking; its browser says where it comes from.
    if headers.get("sec-fetch-site", "none") not in ("none", "same-origin"):
        raise RefusedPath(403, "Another site may not upload here.")
