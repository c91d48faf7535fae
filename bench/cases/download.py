"""A file that is sent: `create_read_stream(path).pipe(res)`."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from bench._case import Case, Measuring, Program, Settings
from bench._load import Bodies, bodies, write_pattern
from bench._processes import MIB, started
from bench.cases._bodies import MEASURES, measuring


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    folder = tempfile.TemporaryDirectory(prefix="nodehttp-bench-")  # removed when the bench ends
    Path(folder.name, "bytes").mkdir()
    return folder


def _file(size: int) -> str:
    """The path, as clients ask for it, of a file that has this many bytes of the pattern."""
    path = f"/bytes/{size}"
    file = Path(_folder().name + path)
    if not file.exists():
        write_pattern(file, size)
    return path


@contextmanager
def _opened(program: Program, settings: Settings) -> Iterator[Measuring]:
    with started(program, _folder().name) as server:

        def send(size: int) -> Bodies:
            return bodies(server.port, _file(size), expect=size)

        yield measuring(server, send, settings.pick(1024, 64) * MIB)


DOWNLOAD = Case(
    name="download",
    title="download of a file of 1 GiB, `create_read_stream(path).pipe(res)`",
    measures=MEASURES,
    programs={
        "node": "node_server.mjs download",
        "h11": "nodehttp_server.py download",
        "llhttp": "nodehttp_server.py download",
        "aiohttp": "aiohttp_server.py download",
        "c": "respond",
    },
    opened=_opened,
)
CASES = (DOWNLOAD,)
