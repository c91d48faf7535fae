"""Many connections to one server, held by load/connections.c."""

from __future__ import annotations

import json
import resource
import select
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import IO

from bench._case import Failed
from bench._compiled import compiled
from bench._processes import LOAD_CORE, Running, on_core

SECONDS = 60.0
"""How long the generator may take for what it is told to do."""
QUIET_SECONDS = 0.1
QUIET_WITHIN = 10.0
SPARE_DESCRIPTORS = 200


@dataclass(frozen=True, slots=True)
class Sent:
    """What was sent: requests, each of which was answered, and the seconds that it took."""

    requests: int
    seconds: float


@dataclass(frozen=True, slots=True)
class Connections:
    """Connections to a server. Both methods raise Failed where one of them ends, or an answer is wrong or missing."""

    running: Running
    errors: IO[bytes]

    def open(self, count: int) -> Sent:
        """Open connections until there are so many; each has had one request answered."""
        return self._told(f"open {count}")

    def send(self, seconds: float, at_once: int) -> Sent:
        """Send requests on all connections in turn, `at_once` at a time."""
        return self._told(f"send {seconds * 1000:.0f} {at_once}")

    def _told(self, command: str) -> Sent:
        process = self.running.process
        assert process.stdin is not None and process.stdout is not None
        try:
            process.stdin.write(f"{command}\n".encode())
            process.stdin.flush()
        except BrokenPipeError:
            raise self._failed() from None
        readable, _, _ = select.select([process.stdout], [], [], SECONDS)
        line = process.stdout.readline() if readable else b""
        if not line:
            raise self._failed()
        return Sent(**json.loads(line))

    def _failed(self) -> Failed:
        self.errors.seek(0)
        return Failed(f"its connections failed: {self.errors.read().decode().strip() or 'no answer in time'}")


@contextmanager
def connections(server: Running) -> Iterator[Connections]:
    """Connections to a server, all of which are closed on leaving."""
    with tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(
            on_core(LOAD_CORE, [str(compiled("connections")), str(server.port)]),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
        )
        with process:
            try:
                yield Connections(Running(process, server.port, LOAD_CORE), errors)
            finally:
                process.kill()


def allow(count: int) -> None:
    """Let the servers that are started after this have so many connections. Raises Failed where that is not allowed."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count + SPARE_DESCRIPTORS
    if hard != resource.RLIM_INFINITY and hard < wanted:
        raise Failed(f"it would need {wanted} descriptors, and {hard} are allowed (ulimit -Hn)")
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def settle(server: Running) -> None:
    """Wait until a server has nothing more to do. Raises Failed where that does not come."""
    deadline = time.monotonic() + QUIET_WITHIN
    before = -1.0
    while (used := server.cpu_seconds()) != before:
        if time.monotonic() > deadline:
            raise Failed("it does not come to rest")
        before = used
        time.sleep(QUIET_SECONDS)
