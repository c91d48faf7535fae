"""Reading a file that the kernel has in memory, wholly or in part: nobody can tell it from reading in a thread."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from nodestream import fs
from nodestream._file_cached import CachedReads
from nodestream._file_work import File
from nodestream.loop import next_tick, run
from nodestream.timers import set_immediate

PIECE = 65536
CONTENT = bytes(range(256)) * (PIECE * 4 // 256) + b"the end"
Preadv = Callable[..., int]


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "file"
    file.write_bytes(CONTENT)
    return str(file)


def pieces_of(path: str, **options: Any) -> list[bytes]:
    pieces: list[bytes] = []
    run(lambda: fs.create_read_stream(path, **options).on("data", pieces.append) and None)
    return pieces


def with_preadv(monkeypatch: pytest.MonkeyPatch, replacement: Callable[[Preadv], Preadv]) -> None:
    if not hasattr(os, "RWF_NOWAIT"):
        pytest.skip("this system cannot read without waiting")
    monkeypatch.setattr(os, "preadv", replacement(os.preadv))


@pytest.mark.parametrize("options", [{}, {"start": 5}, {"start": 5, "end": 3 * PIECE}, {"high_water_mark": 1000}])
def test_pieces_are_as_long_as_a_thread_would_read_them(path: str, options: dict[str, Any]) -> None:
    size = options.get("high_water_mark", PIECE)
    expected = CONTENT[options.get("start", 0) : options.get("end", len(CONTENT)) + 1]
    assert pieces_of(path, **options) == [expected[at : at + size] for at in range(0, len(expected), size)]


def test_what_the_kernel_has_in_memory_needs_no_thread(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_preadv(monkeypatch, lambda preadv: preadv)
    trace: list[str] = []
    work = File.run

    def noted(file: File, syscall: str, *args: Any, **rest: Any) -> None:
        trace.append(syscall)
        work(file, syscall, *args, **rest)

    monkeypatch.setattr(File, "run", noted)
    run(lambda: fs.create_read_stream(path).on("data", lambda _: trace.append("data")) and None)
    assert trace == ["open", "read", "data", "data", "data", "data", "read", "data", "read", "close"]


def test_a_thread_reads_what_the_kernel_does_not_have(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def partly(preadv: Preadv) -> Preadv:
        return lambda fd, buffers, *rest: preadv(fd, [buffers[0][:100]], *rest)

    with_preadv(monkeypatch, partly)
    for options in ({}, {"start": 0}):
        assert [len(piece) for piece in pieces_of(path, **options)] == [PIECE] * 4 + [7]
        assert b"".join(pieces_of(path, **options)) == CONTENT


@pytest.mark.parametrize("code", [errno.EAGAIN, errno.EOPNOTSUPP])
def test_a_file_that_cannot_be_read_without_waiting_is_read_in_threads(
    path: str, code: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def refuse(*_: Any) -> int:
        asked.append(code)
        raise OSError(code, os.strerror(code))

    with_preadv(monkeypatch, lambda _: refuse)
    assert b"".join(pieces_of(path)) == CONTENT
    assert len(asked) == (1 if code == errno.EOPNOTSUPP else 5)


def test_a_failure_behind_what_was_read_is_met_by_the_next_read(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with_preadv(monkeypatch, lambda preadv: lambda fd, buffers, *rest: preadv(fd, [buffers[0][:100]], *rest))
    read, reads = os.read, []

    def failing(fd: int, size: int) -> bytes:
        reads.append(size)
        if len(reads) > 1:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return read(fd, size)

    monkeypatch.setattr(os, "read", failing)
    seen: list[Any] = []

    def main() -> None:
        stream = fs.create_read_stream(path, high_water_mark=1000)
        stream.on("data", lambda piece: seen.append(len(piece)))
        stream.on("error", lambda error: seen.append(error.code))
        stream.on("data", lambda _: len(seen) == 2 and monkeypatch.setattr(CachedReads, "read", lambda *_: b""))

    run(main)
    assert seen == [1000, 100, "EIO"]


def test_immediates_come_before_the_next_piece(path: str) -> None:
    trace: list[str] = []

    def on_data(_: bytes) -> None:
        trace.append("data")
        set_immediate(trace.append, "immediate")
        next_tick(trace.append, "tick")

    run(lambda: fs.create_read_stream(path, end=3 * PIECE - 1).on("data", on_data) and None)
    assert trace == ["data", "tick", "immediate"] * 3


def test_a_stream_that_is_destroyed_gives_no_more(path: str) -> None:
    trace: list[str] = []

    def main() -> None:
        stream = fs.create_read_stream(path)
        stream.on("data", lambda _: (trace.append("data"), len(trace) == 2 and next_tick(next_tick, stream.destroy)))
        stream.on("close", lambda: trace.append("close"))

    run(main)
    assert trace == ["data", "data", "close"]


def test_a_pipe_is_not_waited_for_to_fill_a_piece(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    pieces: list[bytes] = []

    def on_data(piece: bytes) -> None:
        pieces.append(piece)
        if len(pieces) == 3:
            os.close(writing)
        else:
            os.write(writing, b"more")

    os.write(writing, b"some")
    run(lambda: fs.create_read_stream(None, fd=reading).on("data", on_data) and None)
    assert pieces == [b"some", b"more", b"more"]
