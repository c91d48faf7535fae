"""The body of a response that comes over a connection.

Its content codings are undone when it is read. Who passes it on can have it as it came.
"""

from __future__ import annotations

from nodestream.web import ReadableStream

from ._body import Body, unusable
from ._body_chunks import Chunks
from ._received import Decoded, Reading


class NetworkBody(Body):
    """What an exchange receives.

    Args:
        reading: what comes.
        codings: the Content-Encoding header, if there is one that can be undone.
        stream: what it is read from, if it was made already.
    """

    __slots__ = ("_reading", "codings")

    def __init__(self, reading: Reading, codings: str | None, stream: ReadableStream | None = None) -> None:
        self._reading = reading
        super().__init__(lambda: reading if codings is None else Decoded(reading, codings))
        self._stream = stream
        self.codings = codings

    def _twin(self, stream: ReadableStream | None = None) -> NetworkBody:
        return NetworkBody(self._reading, self.codings, stream)

    def encoded_chunks(self) -> Chunks:
        """Read it as it comes. Raises a TypeError if it is not untouched."""
        if not self.untouched:
            raise unusable()
        self._taken = True
        return self._reading
