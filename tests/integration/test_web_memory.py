"""Whatever goes through `fetch` and `serve`, none of it is held: real processes, and how much memory each takes.

WEB_MEMORY_MIB says how many MiB go through, 256 by default.
"""

from __future__ import annotations

import os
import sys
from contextlib import ExitStack

import pytest

from nodehttp._cli._memory import MemoryMeter
from tests.integration.processes import let_go, process, said

MIB = 1024 * 1024
SIZE = int(os.environ.get("WEB_MEMORY_MIB", "256")) * MIB
MOST = 16 * MIB
"""What a process may take beyond what it took at rest."""

COMMAND = (sys.executable, "-m", "tests.integration.peers.web")
TASKS = {
    "upload": ("upload", ""),
    "download": ("download", ""),
    "forwarding": ("download", "/forward"),
    "a form, part by part": ("form", "/form"),
    "a form with files": ("form", "/files"),
}


@pytest.mark.parametrize("task", TASKS)
def test_no_process_holds_what_goes_through(task: str) -> None:
    kind, path = TASKS[task]
    with ExitStack() as stack:
        origin = stack.enter_context(process(*COMMAND, "serve"))
        origin_url = f"http://127.0.0.1:{said(origin)}"
        server = stack.enter_context(process(*COMMAND, "serve", origin_url))
        url = f"http://127.0.0.1:{said(server)}{path}"
        client = stack.enter_context(process(*COMMAND, kind, url, str(SIZE)))
        assert said(client) == "ready"
        meters = {"client": MemoryMeter(client.pid), "server": MemoryMeter(server.pid)}
        let_go(client)
        assert said(client) == str(SIZE)
        grown = {name: (meter.peak - meter.at_rest) / MIB for name, meter in meters.items()}
    print(f"{task}: MiB beyond rest: {grown}")
    assert max(grown.values()) * MIB <= MOST
