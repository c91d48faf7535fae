"""The demonstration: `nodehttp demo [FILE]`.

A file goes through a proxy to a server and back again, and what comes back must be what went. The server and the proxy
are processes of their own, so that their memory can be measured: however large the file, it must stay small.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import time
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple, TypeVar

import trio

import nodehttp
from nodestream import Readable, Writable
from nodestream.errors import NodeError
from nodestream.events import once
from nodestream.fs import create_read_stream
from nodestream.promises import pipeline

from ._children import Child
from ._failures import CommandError, described
from ._memory import MemoryMeter
from ._output import show
from ._shutdown import Shutdown
from ._units import MIB, size_text
from ._upload import PIECE, Sending

T = TypeVar("T")

DEFAULT_SIZE = 256 * MIB
MEMORY_ALLOWED = 24 * MIB
"""How much more than at rest the server and the proxy may take."""


class Memory(NamedTuple):
    """What a process took, in bytes."""

    at_rest: int
    peak: int

    @property
    def more(self) -> int:
        return self.peak - self.at_rest


class Measurement(NamedTuple):
    """What the demonstration found out; times in seconds, memory in bytes."""

    size: int
    sent: str
    received: str
    upload_time: float
    download_time: float
    memory: dict[str, Memory]

    @property
    def is_same(self) -> bool:
        return self.sent == self.received

    @property
    def is_small(self) -> bool:
        return all(memory.more <= MEMORY_ALLOWED for memory in self.memory.values())


async def demonstrate(file: str | None, say: Callable[[str], object] = show) -> int:
    """Run it and `say` what came of it, line by line; the command's exit status. Raises CommandError."""
    with trio.CancelScope() as scope, Shutdown(scope.cancel, scope.cancel):
        with tempfile.TemporaryDirectory(prefix="nodehttp-demo-") as directory:
            try:
                measurement = await _run(Path(directory), file, say)
            except (NodeError, OSError) as error:
                raise CommandError(f"the demonstration failed: {described(error)}") from error
        for line in report(measurement):
            say(line)
        return 0 if measurement.is_same and measurement.is_small else 1
    say("interrupted")
    return 0


async def _run(directory: Path, file: str | None, say: Callable[[str], object]) -> Measurement:
    shared = directory / "shared"
    shared.mkdir()
    source = _given(file) if file is not None else await _made(directory / "random", say)
    with ExitStack() as stack:

        def start(*arguments: str) -> Child:
            return stack.enter_context(Child(directory / f"{arguments[0]}.log", *arguments))

        server = await trio.to_thread.run_sync(start, "serve", str(shared), "--port", "0", "--upload")
        proxy = await trio.to_thread.run_sync(start, "proxy", server.url, "--port", "0")
        return await _measure(source, server, proxy, say)


def _given(file: str) -> Path:
    path = Path(file)
    try:
        with path.open("rb") as readable:
            readable.read(1)
    except (OSError, ValueError) as error:
        raise CommandError(f"cannot read {file}: {described(error)}") from None
    return path


async def _made(path: Path, say: Callable[[str], object]) -> Path:
    say(f"making {size_text(DEFAULT_SIZE)} of random data ...")
    await trio.to_thread.run_sync(_write_random, path)
    return path


def _write_random(path: Path) -> None:
    with path.open("wb") as file:
        for _ in range(DEFAULT_SIZE // MIB):
            file.write(os.urandom(MIB))


async def _measure(source: Path, server: Child, proxy: Child, say: Callable[[str], object]) -> Measurement:
    await _upload(Readable.from_([b"warm-up"]), proxy.url + "warm-up")
    await _download(proxy.url + "warm-up")
    memory = {"server": MemoryMeter(server.pid), "proxy": MemoryMeter(proxy.pid)}
    size = source.stat().st_size
    say(f"uploading {size_text(size)} through {proxy.url} (proxy) to {server.url} (server) ...")
    upload_time, _ = await _timed(_upload(create_read_stream(source, high_water_mark=PIECE), proxy.url + "file"))
    say("downloading it through the proxy ...")
    download_time, received = await _timed(_download(proxy.url + "file"))
    usage = {name: Memory(meter.at_rest, meter.peak) for name, meter in memory.items()}
    return Measurement(size, await _digest(source), received, upload_time, download_time, usage)


async def _timed(work: Awaitable[T]) -> tuple[float, T]:
    began = time.perf_counter()
    result = await work
    return time.perf_counter() - began, result


async def _upload(source: Readable, url: str) -> None:
    sending = Sending(source, url, "PUT")
    try:
        response = await sending.response()
        text = b"".join([chunk async for chunk in response])
        await sending.sent()
        if response.status_code not in (200, 201):
            raise CommandError(f"the upload was refused: {text.decode(errors='replace').strip()}")
    finally:
        sending.close()


async def _download(url: str) -> str:
    """What `url` holds, as a SHA-256."""
    digest = hashlib.sha256()

    def write(_self: Writable, chunk: bytes, _encoding: object, callback: Callable[[], object]) -> None:
        digest.update(chunk)
        callback()

    request = nodehttp.get(url)
    try:
        [response] = await once(request, "response")
        if response.status_code != 200:
            raise CommandError(f"the download was refused: {response.status_code} {response.status_message}")
        await pipeline(response, Writable(write=write))
    finally:
        request.destroy()
    return digest.hexdigest()


async def _digest(path: Path) -> str:
    def read() -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    return await trio.to_thread.run_sync(read)


def report(found: Measurement) -> list[str]:
    """The table, and what is to be thought of it."""
    lines = ["", f"{'':<10}{'MB/s':>10}{'seconds':>12}"]
    for label, seconds in (("upload", found.upload_time), ("download", found.download_time)):
        lines.append(f"{label:<10}{found.size / max(seconds, 1e-9) / 1e6:>10.1f}{seconds:>12.2f}")
    lines += ["", f"{'memory':<10}{'at rest':>10}{'peak':>12}{'more':>12}"]
    for name, memory in found.memory.items():
        texts = (size_text(memory.at_rest), size_text(memory.peak), size_text(memory.more))
        lines.append(f"{name:<10}{texts[0]:>10}{texts[1]:>12}{texts[2]:>12}")
    allowed = f"{MEMORY_ALLOWED // MIB} MiB"
    return [
        *lines,
        "",
        f"SHA-256   {found.sent}",
        "content   the same" if found.is_same else f"content   DIFFERENT: {found.received} came back",
        f"memory    within {allowed} of rest" if found.is_small else f"memory    MORE than {allowed} above rest",
    ]
