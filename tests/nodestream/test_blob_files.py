"""Blobs of files."""

from __future__ import annotations

import gc
import os
from pathlib import Path
from typing import Any

import pytest

from nodestream import run
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, DOMException, NodeTypeError
from nodestream.fs import open_as_blob, openAsBlob
from nodestream.timers import set_timeout
from nodestream.web import Blob


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file of eleven bytes."""
    path = tmp_path / "file"
    path.write_bytes(b"hello world")
    return path


async def chunks_of(blob: Blob) -> list[bytes]:
    return [chunk async for chunk in blob.stream()]


async def failure_of(awaitable: Any) -> tuple[str, str]:
    with pytest.raises(DOMException) as raised:
        await awaitable
    return raised.value.name, raised.value.message


UNREADABLE = ("NotReadableError", "The blob could not be read")


def test_a_file_is_read_when_it_is_wanted(path: Path) -> None:
    async def main() -> None:
        blob = await open_as_blob(path)
        assert (blob.size, blob.type) == (11, "")
        assert await blob.text() == "hello world"
        assert await blob.array_buffer() == await blob.bytes() == b"hello world"
        assert await chunks_of(blob) == [b"hello world"]
        assert [chunk async for chunk in blob.text_stream()] == ["hello world"]
        assert (await openAsBlob(str(path), {"type": "TEXT/Plain"})).type == "TEXT/Plain"
        assert (await open_as_blob(path, type="a/b\r\nX: y")).type == ""

    run(main)


def test_slices_and_other_blobs_share_the_file(path: Path) -> None:
    async def main() -> None:
        blob = await open_as_blob(path)
        piece = blob.slice(2, 7)
        assert (piece.size, await piece.text(), await piece.slice(-2).text()) == (5, "llo w", " w")
        mixed = Blob(["<", blob, piece.slice(1), b">"])
        assert await mixed.text() == "<hello worldlo w>"
        assert await mixed.slice(6, 14).text() == " worldlo"
        assert await chunks_of(mixed) == [b"<", b"hello world", b"lo w", b">"]
        assert await chunks_of(mixed.slice(11, 13)) == [b"d", b"l"]

    run(main)


def test_a_large_file_comes_in_chunks(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(150_000))

    async def main() -> None:
        blob = await open_as_blob(tmp_path / "large")
        assert [len(chunk) for chunk in await chunks_of(blob)] == [65536, 65536, 18928]
        assert [len(chunk) for chunk in await chunks_of(blob.slice(1, 70_000))] == [65536, 4463]
        reader = blob.stream().get_reader(mode="byob")
        assert len((await reader.read(bytearray(70_000), min=70_000)).value) == 70_000
        await reader.cancel()

    run(main)


def append(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"!")


def replace(path: Path) -> None:
    status = path.stat()
    path.write_bytes(b"HELLO WORLD")
    os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns + 1))


@pytest.mark.parametrize("change", [append, replace, Path.unlink])
def test_a_file_that_was_changed_cannot_be_read(path: Path, change: Any) -> None:
    async def main() -> None:
        blob = await open_as_blob(path)
        change(path)
        for wanted in (blob, blob.slice(1, 3), Blob(["<", blob])):
            assert await failure_of(wanted.text()) == UNREADABLE
            assert await failure_of(wanted.array_buffer()) == UNREADABLE
            assert await failure_of(chunks_of(wanted)) == UNREADABLE

    run(main)


def test_a_file_that_is_put_back_can_be_read(path: Path) -> None:
    async def main() -> None:
        blob = await open_as_blob(path)
        path.rename(path.with_name("other"))
        assert await failure_of(blob.text()) == UNREADABLE
        path.with_name("other").rename(path)
        path.chmod(0o600)
        assert await blob.text() == "hello world"

    run(main)


def test_a_file_that_is_changed_while_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(150_000))

    async def main() -> None:
        blob = await open_as_blob(path)
        reader = blob.stream().get_reader()
        assert len((await reader.read()).value) == 65536
        append(path)
        assert await failure_of(reader.read()) == UNREADABLE

    run(main)


def test_an_empty_file(path: Path) -> None:
    path.write_bytes(b"")

    async def main() -> None:
        blob = await open_as_blob(path)
        assert (blob.size, await blob.text(), await chunks_of(blob)) == (0, "", [])
        assert await chunks_of(Blob(["a", blob, blob, "b"])) == [b"a", b"b"]
        assert (await blob.stream().get_reader(mode="byob").read(bytearray(1))).done
        append(path)
        assert await failure_of(blob.text()) == UNREADABLE

    run(main)


def test_what_cannot_be_opened(tmp_path: Path) -> None:
    async def main() -> None:
        with pytest.raises(NodeTypeError, match="Unable to open file as blob") as raised:
            await open_as_blob(tmp_path / "missing")
        assert raised.value.code == "ERR_INVALID_ARG_VALUE"
        assert getattr(raised.value.__cause__, "code", None) == "ENOENT"
        assert await failure_of((await open_as_blob(tmp_path)).text()) == UNREADABLE
        os.mkfifo(tmp_path / "pipe")
        assert await (await open_as_blob(tmp_path / "pipe")).slice(0, 1).text() == ""

    run(main)


def test_its_arguments() -> None:
    wrong: Any = 5
    with pytest.raises(ERR_INVALID_ARG_TYPE, match="path"):
        open_as_blob(wrong)
    with pytest.raises(ERR_INVALID_ARG_VALUE, match="null bytes"):
        open_as_blob("a\0b")
    with pytest.raises(ERR_INVALID_ARG_TYPE, match="options"):
        open_as_blob("x", wrong)
    with pytest.raises(ERR_INVALID_ARG_TYPE, match=r"options\.type"):
        open_as_blob("x", type=wrong)


def open_files_below(folder: Path) -> list[str]:
    names = [f"/proc/self/fd/{fd}" for fd in os.listdir("/proc/self/fd")]
    targets = [os.readlink(name) for name in names if os.path.lexists(name)]
    return [target for target in targets if target.startswith(str(folder))]


@pytest.mark.parametrize("way", ["read", "cancelled", "dropped", "failed"])
def test_nothing_stays_open(tmp_path: Path, way: str) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(150_000))

    async def begin() -> None:
        stream = (await open_as_blob(path)).stream()
        reader = stream.get_reader()
        await reader.read()
        assert open_files_below(tmp_path) == [str(path)]
        if way == "read":
            assert len((await reader.read()).value) == 65536
            assert len((await reader.read()).value) == 18928
        elif way == "cancelled":
            await reader.cancel()
        elif way == "failed":
            append(path)
            await failure_of(reader.read())

    async def main() -> None:
        await begin()
        gc.collect()

    def check() -> None:
        assert open_files_below(tmp_path) == []

    async def then() -> None:
        await main()
        set_timeout(check, 0)

    run(then)
    check()


def test_what_is_open_when_the_loop_ends_is_closed_when_it_is_dropped(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(bytes(150_000))
    kept: list[Any] = []

    async def main() -> None:
        reader = (await open_as_blob(path)).stream().get_reader()
        await reader.read()
        kept.append(reader)

    run(main)
    assert open_files_below(tmp_path) == [str(path)]
    kept.clear()
    gc.collect()
    assert open_files_below(tmp_path) == []
