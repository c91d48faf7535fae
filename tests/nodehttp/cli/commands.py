"""The command as a user runs it: `python -m nodehttp ...` in a process of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[3]
LIMIT = 30
"""Seconds that a command may take."""


def environment(*first_on_path: Path) -> dict[str, str]:
    path = os.pathsep.join(str(directory) for directory in (*first_on_path, ROOT))
    return {**os.environ, "PYTHONPATH": path, "PYTHONWARNINGS": "error"}


def until(condition: Callable[[], object]) -> None:
    """Wait for what another process does."""
    deadline = time.monotonic() + LIMIT
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.001)


def run(
    *arguments: str | Path, stdin: bytes = b"", first_on_path: tuple[Path, ...] = ()
) -> subprocess.CompletedProcess[bytes]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "nodehttp", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        timeout=LIMIT,
        check=False,
        env=environment(*first_on_path),
    )


class Server:
    """`with Server("serve", ...) as server`: it listens at `server.url`; it must not end with a traceback."""

    def __init__(self, *arguments: str | Path) -> None:
        self._arguments = [str(argument) for argument in arguments]
        self.url = ""
        self.errors = ""

    def __enter__(self) -> Server:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "nodehttp", *self._arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=environment(),
            text=True,
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().strip()
        return self

    @property
    def address(self) -> tuple[str, int]:
        parts = urlsplit(self.url)
        return parts.hostname or "", parts.port or 0

    def signal(self, number: signal.Signals) -> None:
        self.process.send_signal(number)

    def end(self) -> tuple[int, str]:
        """Its exit status, and what it still wrote to standard output."""
        output, self.errors = self.process.communicate(timeout=LIMIT)
        return self.process.returncode, output

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.returncode is None:
            self.process.terminate()
            try:
                self.end()
            finally:
                self.process.kill()
                self.process.wait()
        assert "Traceback" not in self.errors, self.errors
