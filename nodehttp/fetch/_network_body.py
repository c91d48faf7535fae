"""The body of a response that comes over a connection.

Its content codings are undone when it is read. Who passes it on can have it as it came.
"""

from __future__ import annotations

from ._body import Body, unusable
from ._body_chunks import Chunks, ItemChunks
from ._network import Exchange


class NetworkBody(Body):
    """What an exchange receives.

    Args:
        exchange: its response has come.
        codings: the Content-Encoding header, if there is one.
    """

    __slots__ = ("_exchange", "codings")

    def __init__(self, exchange: Exchange, codings: str | None) -> None:
        super().__init__(lambda: ItemChunks(exchange.body(codings)))
        self._exchange = exchange
        self.codings = codings

    def encoded_chunks(self) -> Chunks:
        """Read it as it comes. Raises a TypeError if it is unusable."""
        if self.unusable or self._stream is not None:
            raise unusable()
        self._taken = True
        return ItemChunks(self._exchange.body(None))
