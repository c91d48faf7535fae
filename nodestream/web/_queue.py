"""A queue whose entries have sizes. Standard: queue-with-sizes"""

from __future__ import annotations

import math
from collections import deque
from typing import Any

from ..errors import ERR_INVALID_ARG_VALUE_RANGE


class SizedQueue:
    """Entries in order, each with a size; `total` is the sum of the sizes."""

    __slots__ = ("_entries", "total")

    def __init__(self) -> None:
        self._entries: deque[tuple[Any, float]] = deque()
        self.total: float = 0

    def __len__(self) -> int:
        return len(self._entries)

    def append(self, value: Any, size: float) -> None:
        """EnqueueValueWithSize. Raises ERR_INVALID_ARG_VALUE_RANGE for a size that is none."""
        is_number = isinstance(size, (int, float))
        if not is_number or not math.isfinite(size) or size < 0:
            raise ERR_INVALID_ARG_VALUE_RANGE("size", size)
        self._entries.append((value, size))
        self.total += size

    def pop(self) -> Any:
        """DequeueValue."""
        value, size = self._entries.popleft()
        self.total = max(0, self.total - size)  # it may have become negative by rounding
        return value

    def peek(self) -> Any:
        """PeekQueueValue."""
        return self._entries[0][0]

    def clear(self) -> None:
        """ResetQueue."""
        self._entries.clear()
        self.total = 0
