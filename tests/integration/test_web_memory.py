"""Whatever goes through `fetch` and `serve`, none of it is held: real processes, and how much memory each takes.

WEB_MEMORY_MIB says how many MiB go through, 256 by default.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest

from nodehttp._cli._memory import MemoryMeter

MIB = 1024 * 1024
SIZE = int(os.environ.get("WEB_MEMORY_MIB", "256")) * MIB
MOST = 16 * MIB
"""What a process may take beyond what it took at rest."""

ROOT = Path(__file__).parents[2]
COMMAND = (sys.executable, "-m", "tests.integration.peers.web")
TASKS = {
    "upload": ("upload", ""),
    "download": ("download", ""),
    "forwarding": ("download", "/forward"),
    "a form, part by part": ("form", "/form"),
    "a form with files": ("form", "/files"),
}


@contextmanager
def process(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    """A process of the program, which is killed at the end."""
    with subprocess.Popen(
        [*COMMAND, *arguments], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as running:
        try:
            yield running
        finally:
            running.kill()


def said(running: subprocess.Popen[str]) -> str:
    """The next line that it prints."""
    assert running.stdout is not None
    return running.stdout.readline().strip()


@pytest.mark.parametrize("task", TASKS)
def test_no_process_holds_what_goes_through(task: str) -> None:
    kind, path = TASKS[task]
    with ExitStack() as stack:
        origin = stack.enter_context(process("serve"))
        origin_url = f"http://127.0.0.1:{said(origin)}"
        server = stack.enter_context(process("serve", origin_url))
        url = f"http://127.0.0.1:{said(server)}{path}"
        client = stack.enter_context(process(kind, url, str(SIZE)))
        assert said(client) == "ready"
        meters = {"client": MemoryMeter(client.pid), "server": MemoryMeter(server.pid)}
        assert client.stdin is not None
        client.stdin.write("go\n")
        client.stdin.flush()
        assert said(client) == str(SIZE)
        grown = {name: (meter.peak - meter.at_rest) / MIB for name, meter in meters.items()}
    print(f"{task}: MiB beyond rest: {grown}")
    assert max(grown.values()) * MIB <= MOST
