"""Programs of other makers, as peers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import trio

from compliance._node import node_binary

PEERS = Path(__file__).parent / "peers"
NodeClient = Callable[[str, int], Awaitable[Any]]


@pytest.fixture
def node_client() -> NodeClient:
    """`await node_client(task, port)`: what Node's client saw."""

    async def run(task: str, port: int) -> Any:
        with trio.fail_after(60):
            done = await trio.run_process(
                [str(node_binary()), str(PEERS / "client.cjs"), task, str(port)], capture_stdout=True
            )
        return json.loads(done.stdout)

    return run


@pytest.fixture
def node_server() -> Iterator[int]:
    """The port of Node's server."""
    with subprocess.Popen(
        [str(node_binary()), str(PEERS / "server.cjs")], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        yield int(process.stdout.readline())
        process.kill()  # at times Node does not come back from its own exit
