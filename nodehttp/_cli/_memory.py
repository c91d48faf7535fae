"""How much memory another process takes."""

from __future__ import annotations

import re
import subprocess
from contextlib import suppress
from pathlib import Path

_KIB = 1024


class MemoryMeter:
    """The resident memory of the process `pid`, in bytes: `at_rest` when the meter was made, and its peak since then.

    On Linux the kernel keeps the peak itself. Elsewhere it is the largest value that `sample()` has seen.
    """

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._process = Path(f"/proc/{pid}")
        self._largest = 0
        with suppress(OSError):
            # 5: forget the peak so far. Where this is not allowed, the peak of the start counts as well.
            (self._process / "clear_refs").write_text("5")
        self.at_rest = self._now()

    def sample(self) -> None:
        """Look now."""
        self._largest = max(self._largest, self._now())

    @property
    def peak(self) -> int:
        """The most that it took since the beginning."""
        self.sample()
        return max(self._status("VmHWM") or self._largest, self.at_rest)

    def _now(self) -> int:
        return self._status("VmRSS") or self._asked()

    def _status(self, name: str) -> int | None:
        try:
            match = re.search(rf"^{name}:\s+(\d+) kB", (self._process / "status").read_text(), re.MULTILINE)
        except OSError:
            return None
        return int(match[1]) * _KIB if match else None

    def _asked(self) -> int:
        """Where there is no /proc: what `ps` says."""
        answer = subprocess.run(["ps", "-o", "rss=", "-p", str(self._pid)], capture_output=True, text=True, check=False)
        return int(answer.stdout.strip() or 0) * _KIB
