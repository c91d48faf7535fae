"""A form as multipart/form-data: the bytes that are sent, made when their turn comes.

Files are read from where they are, one chunk at a time. The length is known beforehand, because each File knows its
own; a file on disk that has changed since is an error, and never a body of another length.

Standard: HTML, section 4.10.21.8 (multipart form data). Node: the body of a Response that is made of a FormData
"""

from __future__ import annotations

import re
import secrets

from nodestream._blob_pieces import BlobReader
from nodestream._encoding import encode as encode_text

from ._file import File
from ._form_data import FormData

_LINE_END = re.compile(r"\r\n?|\n")
_ESCAPES = str.maketrans({"\n": "%0A", "\r": "%0D", '"': "%22"})

_CHUNK_SIZE = 256 * 1024
"""How much of a file is read at a time."""

_TEXT_SIZE = 64 * 1024
"""From how much on fields and heads of files, which are joined, are a chunk of their own."""


class MultipartBody:
    """A form as it is sent.

    Attributes:
        boundary: the text that stands between the parts; nobody can know it beforehand.
        content_type: the header that says so.
        length: how many bytes it is.
    """

    __slots__ = ("_parts", "boundary", "content_type", "length")

    def __init__(self, form: FormData) -> None:
        self.boundary = f"----formdata-undici-0{secrets.randbelow(10**11):011}"
        self.content_type = f"multipart/form-data; boundary={self.boundary}"
        self._parts: list[bytes | File] = []
        for name, value in form:
            if isinstance(value, File):
                self._parts += (encode_text(self._file_head(name, value)), value, b"\r\n")
            else:
                self._parts.append(encode_text(self._field(name, value)))
        self._parts.append(f"--{self.boundary}--\r\n".encode())
        self.length = sum(part.size if isinstance(part, File) else len(part) for part in self._parts)

    def _field(self, name: str, value: str) -> str:
        return f"{self._begin(name)}\r\n\r\n{_normalized(value)}\r\n"

    def _file_head(self, name: str, file: File) -> str:
        # Node leaves an empty name out: what receives it takes it for no file.
        filename = f'; filename="{file.name.translate(_ESCAPES)}"' if file.name else ""
        return f"{self._begin(name)}{filename}\r\nContent-Type: {file.type or 'application/octet-stream'}\r\n\r\n"

    def _begin(self, name: str) -> str:
        escaped = _normalized(name).translate(_ESCAPES)
        return f'--{self.boundary}\r\nContent-Disposition: form-data; name="{escaped}"'

    def chunks(self) -> MultipartChunks:
        """An async iterator over the bytes; each one begins anew."""
        return MultipartChunks(self._parts)


class MultipartChunks:
    """The bytes of a form. Raises a NotReadableError for a file that has changed."""

    __slots__ = ("_file", "_parts")

    def __init__(self, parts: list[bytes | File]) -> None:
        self._parts = iter(parts)
        self._file: BlobReader | None = None

    def __aiter__(self) -> MultipartChunks:
        return self

    async def __anext__(self) -> bytes:
        if self._file is None:
            text = self._text()
            if text:
                return text
        if self._file is None:
            raise StopAsyncIteration
        try:
            return await anext(self._file)
        except StopAsyncIteration:
            self._file = None
            return await anext(self)

    def _text(self) -> bytes:
        """What comes before the next file; empty at the end, or when a file follows at once."""
        pieces, size = [], 0
        for part in self._parts:
            if isinstance(part, File):
                self._file = BlobReader(part._pieces, _CHUNK_SIZE)
                break
            pieces.append(part)
            size += len(part)
            if size >= _TEXT_SIZE:
                break
        return b"".join(pieces)

    async def aclose(self) -> None:
        """Nobody wants more: close what is open. May be called again, and at the end."""
        self._parts = iter(())
        self._file = None


def _normalized(text: str) -> str:
    """Each line end as CR LF."""
    return _LINE_END.sub("\r\n", text)


def encode(form: FormData) -> MultipartBody:
    """The form as it is now."""
    return MultipartBody(form)
