"""One stream of a registry: its queue, who waits for it, and all transitions of its state.

The rules:

1. A stream is *open*, then *closed*, *errored* or *deleted*. A closed one can still become errored, as long as chunks
   of it are queued, and any can be deleted.
2. It is *full* when its queue has reached one of its two marks. A pull that waits makes room, whatever the marks are.
3. While a pull waits, nothing is queued: what is pushed is handed to the pull that has waited longest.
4. Whoever waits for room goes on when the queue has gone down to half of both marks: a producer in another thread is
   woken once for several chunks.
5. An error, and deleting, drop what is queued. The end comes after it.
6. All of it happens under the channel's lock, and so does telling those who wait. To tell them is only to schedule
   something: it never runs their code.
7. A waiter that leaves gives back the chunk that it was handed but has not taken: it becomes the first one again.
"""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass
from typing import Any, Literal

from ._registry_waiters import Outcome, Waiter
from .errors import ERR_STREAM_DELETED, ERR_STREAM_PUSH_AFTER_EOF, ERR_UNHANDLED_ERROR

State = Literal["open", "closed", "errored", "deleted"]


@dataclass(frozen=True)
class StreamState:
    """What `StreamRegistry.get` saw of a stream.

    Attributes:
        id: its number.
        state: "open", "closed" (chunks may still be queued), "errored".
        chunks: how many are queued.
        bytes: how many are queued; of strings, characters.
        pulls: how many wait for a chunk.
        producers: how many wait for room.
        error: what it has failed with.
    """

    id: int
    state: State
    chunks: int
    bytes: int
    pulls: int
    producers: int
    error: BaseException | None


class Channel:
    """The state of one stream.

    Args:
        mark: the number of bytes at which it is full.
        most: the number of chunks at which it is full.
    """

    __slots__ = ("_bytes", "_error", "_lock", "_mark", "_most", "_producers", "_pulls", "_queue", "_state")

    def __init__(self, mark: int, most: int) -> None:
        self._mark = mark
        self._most = most
        # Reentrant, as the garbage collector may run a finalizer that deletes this stream while the lock is held.
        self._lock = threading.RLock()
        self._queue: deque[Any] = deque()
        self._bytes = 0
        self._pulls: deque[Waiter] = deque()
        self._producers: deque[Waiter] = deque()
        self._state: State = "open"
        self._error: BaseException | None = None

    # --- questions ---

    @property
    def is_full(self) -> bool:
        """Whether a producer should wait."""
        return not self._pulls and (self._bytes >= self._mark or len(self._queue) >= self._most)

    @property
    def _has_drained(self) -> bool:
        """Whether producers that wait should go on."""
        if self._pulls:
            return True
        is_low = self._bytes <= self._mark // 2 and len(self._queue) <= self._most // 2
        return is_low and not self.is_full

    def snapshot(self, id: int) -> StreamState | None:
        """How it is now; None if it was deleted."""
        with self._lock:
            if self._state == "deleted":
                return None
            counts = (len(self._queue), self._bytes, len(self._pulls), len(self._producers))
            return StreamState(id, self._state, *counts, self._error)

    # --- what a producer does ---

    def push(self, chunk: Any) -> bool:
        """Take a chunk; whether there is room for more. Raises what `check_open` does."""
        with self._lock:
            self.check_open()
            if not self._hand_on((None, chunk)):
                self._queue.append(chunk)
                self._bytes += size_of(chunk)
            return not self.is_full

    def check_open(self) -> None:
        """Raise the reason why no more chunks are taken, if there is one."""
        refusal = self._refusal()
        if refusal is not None:
            raise refusal

    def _refusal(self) -> BaseException | None:
        return ERR_STREAM_PUSH_AFTER_EOF() if self._state == "closed" else self._failure()

    def join_for_room(self, waiter: Waiter) -> bool:
        """Let `waiter` wait for room. True: it need not, and has its outcome."""
        with self._lock:
            if self._state == "open" and self.is_full:
                self._producers.append(waiter)
                return False
            waiter.outcome = (self._refusal(), None)
            return True

    def leave_for_room(self, waiter: Waiter) -> None:
        """`waiter` waits for room no more."""
        with self._lock:
            if waiter in self._producers:
                self._producers.remove(waiter)

    def close(self) -> None:
        """There are no more chunks. No effect unless it is open."""
        with self._lock:
            if self._state == "open":
                self._state = "closed"
                self._tell_all()

    def fail(self, error: Any) -> None:
        """Let it fail. No effect when it has failed, or is over: closed, with nothing left in the queue."""
        with self._lock:
            if self._state == "open" or (self._state == "closed" and self._queue):
                self._stop("errored", error)

    def delete(self) -> None:
        """Nobody wants it any more."""
        with self._lock:
            if self._state != "deleted":
                self._stop("deleted", None)

    def _stop(self, state: State, error: Any) -> None:
        self._state = state
        self._error = error if error is None or isinstance(error, BaseException) else ERR_UNHANDLED_ERROR(error)
        self._queue.clear()
        self._bytes = 0
        self._tell_all()

    def _failure(self) -> BaseException | None:
        return ERR_STREAM_DELETED() if self._state == "deleted" else self._error

    # --- what a consumer does ---

    def join(self, waiter: Waiter) -> bool:
        """Let `waiter` have the next chunk. True: it has its outcome at once."""
        with self._lock:
            if self._queue:
                chunk = self._queue.popleft()
                self._bytes -= size_of(chunk)
                waiter.outcome = (None, chunk)
            elif self._state == "open":
                self._pulls.append(waiter)
            else:
                waiter.outcome = (self._failure(), None)
            if self._producers and self._has_drained:
                self._tell_producers()
            return waiter.outcome is not None

    def leave(self, waiter: Waiter) -> None:
        """`waiter` wants no chunk any more, and gives back the one that it may have been handed."""
        with self._lock:
            outcome, waiter.outcome = waiter.outcome, None
            if outcome is None:
                if waiter in self._pulls:
                    self._pulls.remove(waiter)
            elif outcome[1] is not None and self._state in ("open", "closed") and not self._hand_on(outcome):
                self._queue.appendleft(outcome[1])
                self._bytes += size_of(outcome[1])

    # --- telling those who wait ---

    def _hand_on(self, outcome: Outcome) -> bool:
        """Give it to the pull that has waited longest; False if none waits."""
        while self._pulls:
            waiter = self._pulls.popleft()
            waiter.outcome = outcome
            if waiter.wake():
                return True
            waiter.outcome = None  # its event loop is gone
        return False

    def _tell_all(self) -> None:
        """It is not open any more."""
        while self._pulls:
            self._hand_on((self._failure(), None))
        self._tell_producers()

    def _tell_producers(self) -> None:
        while self._producers:
            waiter = self._producers.popleft()
            waiter.outcome = (self._refusal(), None)
            waiter.wake()


def size_of(chunk: Any) -> int:
    """What a chunk counts for: bytes, or characters; other objects have no size."""
    return len(chunk) if isinstance(chunk, (bytes, str)) else 0
