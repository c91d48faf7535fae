"""Other commands of ours, each in a process of its own."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from types import TracebackType

from ._failures import CommandError

_END_TIMEOUT = 15


class Child:
    """`with Child(log, "serve", ...) as child`: a server command that has said where it listens (`child.url`).

    Its log goes to the file `log`. At the end it gets a SIGTERM. Blocks until the URL is there.
    """

    def __init__(self, log: Path, *arguments: str) -> None:
        self._log = log
        self._arguments = arguments
        self.url = ""

    def __enter__(self) -> Child:
        with self._log.open("wb") as log:
            # A session of its own: Ctrl-C is for us, and we end it in order.
            self._process = subprocess.Popen(
                [sys.executable, "-m", "nodehttp", *self._arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=log,
                start_new_session=True,
            )
        stdout = self._process.stdout
        self.url = stdout.readline().decode().strip() if stdout is not None else ""
        if not self.url:
            self._end()
            raise CommandError(f"`nodehttp {self._arguments[0]}` did not start: {self._last_line()}")
        return self

    @property
    def pid(self) -> int:
        return self._process.pid

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._end()

    def _end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_END_TIMEOUT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()

    def _last_line(self) -> str:
        lines = self._log.read_text(errors="replace").strip().splitlines()
        return lines[-1] if lines else f"exit status {self._process.returncode}"
