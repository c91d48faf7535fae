"""The state of a message that is sent: its flags, and the questions that are asked of them.

The rules:

1. Headers can be changed until the head is made (the message's `_head` is its text). It is made by `write_head`, by the
   first `write` or `flush_headers`, or by `end`; it leaves with the first piece of the body, in one write.
2. What is sent before the message has a socket, or before it is its turn on it, waits in `waiting`, in order.
3. While corked, once the head has left, the chunks of a chunked body are collected, and leave as one.
4. `write()` returns False when the socket (or the queue, as long as there is no socket) holds a high water mark
   or more; then `drain` comes once, when that has gone.
5. `ended` is set by `end()`. `finish` comes when everything was handed to the kernel. `closed` is set when `close` is
   emitted, which is the owner's business: a connection closes a response after it has finished, or when it breaks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

Callback = Callable[..., object]
Pieces = bytes | Sequence[bytes]
"""What leaves in one write: one buffer, or several."""


OWN_HEADERS = frozenset({"connection", "content-length", "transfer-encoding"})
"""Headers that a message adds by itself, in lower case; one that the user removes is not added."""

NOTHING_REMOVED: frozenset[str] = frozenset()

# What all messages have collected that have not collected anything: they stay empty.
NO_CHUNKS: list[bytes] = []
NO_CALLBACKS: list[Callback] = []


def size_of(data: Pieces) -> int:
    """How many bytes they are."""
    return len(data) if type(data) is bytes else sum(map(len, data))  # type: ignore[arg-type]


class OutgoingState:
    """The flags of one message. They are written by OutgoingMessage, its subclasses, and what belongs to them:
    OutgoingHeaders, HeadBuilder, and the connection (it sets `last`, `destroyed` and `high_water_mark`)."""

    # What every message uses has a slot. What few use has a default on the class, and is kept in a dictionary.
    __slots__ = (
        "__dict__",
        "closed",
        "corked",
        "destroyed",
        "ended",
        "has_body",
        "head_sent",
        "high_water_mark",
        "last",
        "need_drain",
        "removed",
        "waiting",
    )

    body_size: int = 0
    """Counted only under strict_content_length."""
    trailers: str = ""
    chunks: list[bytes] = NO_CHUNKS
    chunks_size: int = 0
    chunks_callbacks: list[Callback] = NO_CALLBACKS
    waiting_size: int = 0
    errored: BaseException | None = None

    def __init__(self, high_water_mark: int) -> None:
        self.high_water_mark = high_water_mark
        # The head:
        self.head_sent = False
        self.has_body = True
        self.last = False  # the connection ends with this message
        self.removed = NOTHING_REMOVED  # of the headers in OWN_HEADERS
        # The body:
        self.corked = 0
        self.waiting: list[tuple[Pieces, Callback | None]] = []
        self.need_drain = False
        # Its life:
        self.ended = False
        self.destroyed = False
        self.closed = False

    # --- questions ---

    @property
    def waits_for_drain(self) -> bool:
        """Whether a `drain` is due once there is room."""
        return self.need_drain and not self.ended and not self.destroyed

    @property
    def collects_chunks(self) -> bool:
        """Whether a chunk is kept back to leave as one with those that follow (rule 3)."""
        return self.corked > 0 and self.head_sent

    @property
    def queue_has_room(self) -> bool:
        """What write() returns while there is no socket."""
        return self.waiting_size < self.high_water_mark

    # --- collecting ---

    def collect(self, chunk: bytes, callback: Callback | None) -> None:
        """Keep a chunk back (rule 3)."""
        if self.chunks is NO_CHUNKS:
            self.chunks, self.chunks_callbacks = [], []
        self.chunks.append(chunk)
        self.chunks_size += len(chunk)
        if callback is not None:
            self.chunks_callbacks.append(callback)

    def take_collected(self) -> tuple[list[bytes], int, list[Callback]]:
        """The chunks that were kept back, how many bytes they are, and who waits for them."""
        collected = self.chunks, self.chunks_size, self.chunks_callbacks
        self.chunks, self.chunks_size, self.chunks_callbacks = NO_CHUNKS, 0, NO_CALLBACKS
        return collected

    def summary(self) -> str:
        """For the repr of a message."""
        body = "ended" if self.ended else "open"
        life = " closed" if self.closed else " destroyed" if self.destroyed else ""
        return f"{body}{life}"
