"""Examples as programs of their own."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.examples.support import Start


@contextmanager
def programs() -> Iterator[Start]:
    """Gives what starts a server program on a free port and returns the URL that it prints first; all are ended."""
    processes = []

    def begin(*command: str | Path, **environment: str) -> str:
        process = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, "PORT": "0", **environment},
            stdout=subprocess.PIPE,
            text=True,
        )
        processes.append(process)
        assert process.stdout is not None
        return process.stdout.readline().strip()

    try:
        yield begin
    finally:
        for process in processes:
            process.kill()
            process.communicate(timeout=10)


@pytest.fixture
def start() -> Iterator[Start]:
    with programs() as begin:
        yield begin


@pytest.fixture(scope="module")
def start_for_all() -> Iterator[Start]:
    """`start` for what the tests of a file share."""
    with programs() as begin:
        yield begin
