"""How the receiver of a message will know where its body ends, if the user's own headers do not say it.

Node: the end of OutgoingMessage's _storeHeader
"""

from __future__ import annotations

from enum import Enum, auto


class Framing(Enum):
    """What is to be added to the head, if anything."""

    NO_BODY = auto()
    """Nothing: this message has no body (RFC 9110 section 6.4.1)."""
    LENGTH = auto()
    """`Content-Length`: the whole body is known."""
    CHUNKED = auto()
    """`Transfer-Encoding: chunked`."""
    UNTIL_CLOSE = auto()
    """Nothing: the body ends when the connection does, so it cannot be kept."""


def framing_of(
    *,
    has_body: bool,
    peer_reads_chunks: bool,
    length_known: bool,
    announces_trailers: bool,
    length_removed: bool,
    chunked_removed: bool,
) -> Framing:
    """The first rule that applies decides. `*_removed`: the user took that header away with `remove_header()`.

    `length_known`: the body was given whole, to `end()`, before the head was made. `announces_trailers`: there is a
    `Trailer` header, and only a chunked body has trailers.
    """
    if not has_body:
        return Framing.NO_BODY
    if not peer_reads_chunks:
        return Framing.UNTIL_CLOSE
    if length_known and not announces_trailers and not length_removed:
        return Framing.LENGTH
    if not chunked_removed:
        return Framing.CHUNKED
    return Framing.UNTIL_CLOSE
