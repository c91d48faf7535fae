"""Running examples, and asking those that are servers."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlsplit

EXAMPLES = Path(__file__).parents[2] / "examples"
PEERS = Path(__file__).parent / "peers"

Start = Callable[..., str]
Answer = tuple[int, str, list[tuple[str, str]], bytes]


def ask(url: str, method: str, path: str, body: bytes | Iterable[bytes] | None = None, **headers: str) -> Answer:
    """What a server answers, the date apart."""
    with closing(http.client.HTTPConnection(urlsplit(url).netloc, timeout=10)) as connection:
        connection.request(method, path, body, headers)
        response = connection.getresponse()
        content = response.read()
        kept = [(name, value) for name, value in response.getheaders() if name.lower() != "date"]
        return response.status, response.reason, kept, content


def output_of(name: str, *arguments: str) -> tuple[str, str]:
    """Run an example that ends by itself: what it prints, and what it complains about."""
    command = [sys.executable, str(EXAMPLES / name), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    return result.stdout, result.stderr


def failure_of(name: str, *arguments: str | Path, status: int = 1, **environment: str) -> str:
    """Run an example that cannot run: what it complains about, and nothing else."""
    command = [sys.executable, str(EXAMPLES / name), *map(str, arguments)]
    result = subprocess.run(
        command, capture_output=True, text=True, timeout=20, check=False, env={**os.environ, **environment}
    )
    assert (result.returncode, result.stdout) == (status, ""), result.stderr
    assert "Traceback" not in result.stderr
    return result.stderr


@contextmanager
def target_that_answers(answer: bytes) -> Iterator[str]:
    """The URL of a server that gives this answer to one connection after the other, and ends each."""

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return  # closed
            with connection:
                connection.recv(65536)
                connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        finally:
            listener.shutdown(socket.SHUT_RDWR)
            thread.join()
