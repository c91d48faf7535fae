"""The body of a response that comes over a connection.

Its content codings are undone when it is read. Who passes it on can have it as it came.
"""

from __future__ import annotations

from ._body import Body, unusable
from ._body_chunks import Chunks
from ._received import Decoded, Reading, Received


class NetworkBody(Body):
    """What an exchange receives.

    Args:
        received: what comes.
        codings: the Content-Encoding header, if there is one.
    """

    __slots__ = ("_reading", "codings")

    def __init__(self, received: Received, codings: str | None) -> None:
        reading = self._reading = Reading(received)
        super().__init__(lambda: Decoded(reading, codings) if codings else reading)
        self.codings = codings

    def encoded_chunks(self) -> Chunks:
        """Read it as it comes. Raises a TypeError if it is not untouched."""
        if not self.untouched:
            raise unusable()
        self._taken = True
        return self._reading
