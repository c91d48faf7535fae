"""Processes with a time limit, each in a process group of its own, of which nothing stays behind.

A group is killed while its leader has not been waited for: as long as that is so, the system gives its number to nobody
else. A process that leaves its group (`detached: true`) is not found; no test of these areas starts one.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO


class Stopped(Exception):
    """No more processes are started."""


class ProcessGroups:
    """Runs processes, from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._leaders: set[int] = set()  # not waited for yet
        self._stopped = False

    def run(
        self, command: Sequence[str], limit: float, *, cwd: Path, env: Mapping[str, str], output: IO[bytes]
    ) -> int | None:
        """Run `command` with both its outputs going to `output`, then kill what is left of its group.

        Returns its exit status (negative: the signal that ended it), or None if it was killed after `limit` seconds.
        Raises Stopped after `stop()`.
        """
        popen = self._start(command, cwd, env, output)
        expired = threading.Event()
        timer = threading.Timer(limit, self._expire, (popen.pid, expired))
        timer.start()
        try:
            os.waitid(os.P_PID, popen.pid, os.WEXITED | os.WNOWAIT)
        finally:
            timer.cancel()
            self._kill_for_good(popen.pid)
        status = popen.wait()
        return None if expired.is_set() and status == -signal.SIGKILL else status

    def stop(self) -> None:
        """Kill all groups and let no more begin."""
        with self._lock:
            self._stopped = True
            for leader in self._leaders:
                _kill_group(leader)

    def _start(
        self, command: Sequence[str], cwd: Path, env: Mapping[str, str], output: IO[bytes]
    ) -> subprocess.Popen[bytes]:
        with self._lock:
            if self._stopped:
                raise Stopped
            popen = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=cwd,
                env=env,
                start_new_session=True,
            )
            self._leaders.add(popen.pid)
            return popen

    def _expire(self, leader: int, expired: threading.Event) -> None:
        with self._lock:
            if leader in self._leaders:
                expired.set()
                _kill_group(leader)

    def _kill_for_good(self, leader: int) -> None:
        with self._lock:
            _kill_group(leader)
            self._leaders.discard(leader)


def _kill_group(leader: int) -> None:
    # There is nobody left in it, or (macOS says "not permitted") only the dead leader.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
