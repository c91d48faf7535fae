"""Programs of other makers, as peers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import trio
import trustme

from compliance._node import node_binary
from tests.integration.curl import Curl, program
from tests.integration.identity import Identity, identity_of

PEERS = Path(__file__).parent / "peers"
NodeClient = Callable[..., Awaitable[Any]]


@pytest.fixture
def node_client() -> NodeClient:
    """`await node_client(task, port)`: what Node's client saw. With a file of a certificate to trust, it is https."""

    async def run(task: str, port: int, *trusted: Path) -> Any:
        command = [node_binary(), str(PEERS / "client.cjs"), task, str(port), *map(str, trusted)]
        with trio.fail_after(180):
            done = await trio.run_process(command, capture_stdout=True)
        return json.loads(done.stdout)

    return run


@contextmanager
def node_serving(*key_and_certificate: Path) -> Iterator[int]:
    """The port of Node's server; with the files of a key and a certificate, it is https."""
    with subprocess.Popen(
        [node_binary(), str(PEERS / "server.cjs"), *map(str, key_and_certificate)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None and process.stdin is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.kill()  # at times Node does not come back from its own exit


@pytest.fixture
def node_server() -> Iterator[int]:
    """The port of Node's server."""
    with node_serving() as port:
        yield port


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def identity(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> Identity:
    """Of 127.0.0.1 and localhost."""
    return identity_of(authority.issue_cert("127.0.0.1", "localhost"), authority, tmp_path_factory.mktemp("identity"))


@pytest.fixture
def run() -> Curl:
    """Runs curl."""
    return Curl(program())
