"""A progress bar for bytes: tqdm's, if it is installed."""

from __future__ import annotations

import sys
import time
from importlib import import_module
from types import TracebackType
from typing import Any, Protocol

from ._units import rate_text, size_text


class Progress(Protocol):
    """Counts bytes and shows it."""

    def update(self, size: int) -> object: ...

    def close(self) -> object: ...


class _Summary:
    """Without tqdm: one line at the end."""

    def __init__(self, label: str, total: int | None) -> None:
        self._label = label
        self._total = total
        self._size = 0
        self._began = time.perf_counter()

    def update(self, size: int) -> None:
        self._size += size

    def close(self) -> None:
        seconds = time.perf_counter() - self._began
        size = size_text(self._size)
        if self._total is not None and self._size != self._total:
            size += f" of {size_text(self._total)}"
        text = f"{self._label}: {size} in {seconds:.1f} s, {rate_text(self._size, seconds)}"
        print(text, file=sys.stderr, flush=True)


def _bar(label: str, total: int | None) -> Progress:
    try:
        tqdm = import_module("tqdm").tqdm
    except ImportError:
        return _Summary(label, total)
    tqdm.monitor_interval = 0  # no thread beside the event loop
    bar: Progress = tqdm(
        desc=label,
        total=total,
        unit="B",
        unit_scale=True,
        unit_divisor=1024,
        file=sys.stderr,
        mininterval=0.1 if sys.stderr.isatty() else 1.0,
        dynamic_ncols=True,
    )
    return bar


class ProgressBar:
    """`with ProgressBar(label, total) as bar: bar.count(chunk)`; `total` is None if nobody knows.

    Nothing is shown before the first bytes: what fails at once leaves its one line and no empty bar.
    """

    def __init__(self, label: str, total: int | None) -> None:
        self._label = label
        self._total = total
        self._bar: Progress | None = None

    def __enter__(self) -> ProgressBar:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._bar is not None:
            self._bar.close()

    def count(self, chunk: Any) -> None:
        """So many bytes more; a listener of `data`."""
        if self._bar is None:
            self._bar = _bar(self._label, self._total)
        self._bar.update(len(chunk))
