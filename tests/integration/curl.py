"""curl, as a client that we did not write."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

LIMIT = 20
"""Seconds that curl may take."""

ALWAYS = (
    *("--silent", "--show-error", "--verbose", "--noproxy", "*"),
    *("--write-out", "%{stderr}made %{num_connects}, uploaded %{size_upload}\\n"),
)


def program() -> str:
    found = shutil.which("curl")
    if found is None:
        pytest.fail("these tests need the program curl: install it (`apt-get install curl`) and run them again")
    return found


class Curl:
    """Runs curl and gives what it wrote to standard output.

    Attributes:
        said: what it told of its doings, both heads among it.
        connections: how many connections it made for each URL.
        uploaded: how many bytes of bodies it sent.
    """

    def __init__(self, program: str) -> None:
        self._program = program
        self.said = ""
        self.connections: list[int] = []
        self.uploaded = 0

    def __call__(self, *arguments: str, stdin: bytes = b"", status: int = 0) -> bytes:
        result = subprocess.run(
            [self._program, *ALWAYS, *arguments],
            input=stdin,
            capture_output=True,
            timeout=LIMIT,
            check=False,
        )
        self.said = result.stderr.decode("latin-1")
        assert result.returncode == status, self.said
        reports = re.findall(r"made (\d+), uploaded (\d+)", self.said)
        self.connections = [int(made) for made, _ in reports]
        self.uploaded = sum(int(size) for _, size in reports)
        return result.stdout
