"""File streams: events and codes as Node's, one file descriptor that is closed exactly once."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import trio

from nodestream import errors, fs
from nodestream.loop import Promise, next_tick, open_loop, run
from nodestream.timers import set_immediate

CONTENT = bytes(range(256)) * 1000
DESTROYED = "ERR_STREAM_DESTROYED: Cannot call write after a stream was destroyed"
EVENTS = ["open", "ready", "resume", "end", "drain", "prefinish", "finish", "error", "close"]


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "file"
    path.write_bytes(CONTENT)
    return str(path)


def shown(value: Any) -> str:
    if isinstance(value, BaseException):
        return f"{getattr(value, 'code', type(value).__name__)}: {value}"
    return repr(value)


def logger(trace: list[str], name: str) -> Callable[..., None]:
    return lambda *args: trace.append(" ".join([name, *map(shown, args)]))


def follow(stream: Any, trace: list[str]) -> Any:
    for event in EVENTS:
        log = logger(trace, event)
        stream.on(event, (lambda _fd, log=log: log()) if event == "open" else log)
    return stream


async def emitted(stream: Any, event: str) -> tuple[Any, ...]:
    promise: Promise[tuple[Any, ...]] = Promise()
    stream.once(event, lambda *args: promise.resolve(args))
    with trio.fail_after(20):
        return await promise


async def content_of(stream: fs.ReadStream) -> bytes:
    chunks: list[bytes] = []
    stream.on("data", chunks.append)
    await emitted(stream, "close")
    return b"".join(chunks)


# --- reading ---


async def test_a_file_is_read_in_chunks_of_the_high_water_mark(file: str) -> None:
    trace: list[str] = []
    async with open_loop():
        stream = follow(fs.create_read_stream(file), trace)
        assert (stream.path, stream.bytes_read, stream.pending, stream.fd) == (file, 0, True, None)
        assert (stream.flags, stream.mode, stream.readable_high_water_mark) == ("r", 0o666, 65536)
        sizes: list[int] = []
        stream.on("data", lambda data: sizes.append(len(data)))
        next_tick(trace.append, "tick")
        await emitted(stream, "ready")
        assert (stream.pending, isinstance(stream.fd, int)) == (False, True)
        await emitted(stream, "close")
        assert (stream.bytes_read, stream.pending, stream.fd, stream.destroyed) == (256000, True, None, True)
    assert sizes == [65536, 65536, 65536, 59392]
    assert trace == ["resume", "tick", "open", "ready", "end", "close"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, CONTENT),
        ({"start": 3, "end": 6}, CONTENT[3:7]),
        ({"end": 0}, CONTENT[:1]),
        ({"start": 255_998}, CONTENT[-2:]),
        ({"start": 10**9}, b""),
        ({"start": 0, "end": 10**9, "highWaterMark": 1000}, CONTENT),
        ({"start": 70_000, "end": 200_000}, CONTENT[70_000:200_001]),
    ],
)
async def test_a_range_includes_both_its_ends(file: str, options: dict[str, Any], expected: bytes) -> None:
    async with open_loop():
        stream = fs.create_read_stream(file, options)
        assert await content_of(stream) == expected
        assert stream.bytes_read == len(expected)


async def test_an_encoding_gives_strings_whose_characters_are_whole(tmp_path: Path) -> None:
    path = tmp_path / "text"
    path.write_text("äöü" * 10, encoding="utf8")
    async with open_loop():
        for stream in (fs.create_read_stream(path, "utf8"), fs.createReadStream(path, encoding="utf8")):
            assert isinstance(stream, fs.ReadStream)
        chunks: list[str] = []
        stream = fs.create_read_stream(path, {"encoding": "utf8", "highWaterMark": 5})
        stream.on("data", chunks.append)
        await emitted(stream, "close")
    assert "".join(chunks) == "äöü" * 10


async def test_nothing_is_read_before_somebody_asks(file: str) -> None:
    async with open_loop():
        stream = fs.create_read_stream(file)
        await emitted(stream, "ready")
        assert (stream.bytes_read, stream.readable_length) == (0, 0)
        stream.destroy()


async def test_a_paused_stream_reads_no_more_than_its_mark(file: str) -> None:
    async with open_loop():
        stream = fs.create_read_stream(file, high_water_mark=1000)
        stream.once("data", lambda _: stream.pause())
        await emitted(stream, "pause")
        for _ in range(50):
            done: Promise[None] = Promise()
            set_immediate(done.resolve, None)
            await done
        assert stream.bytes_read <= 3000
        assert len(await content_of(stream.resume())) == len(CONTENT) - 1000


async def test_a_file_can_be_piped_into_another(file: str, tmp_path: Path) -> None:
    async with open_loop():
        source, target = fs.create_read_stream(file), fs.create_write_stream(tmp_path / "copy")
        source.pipe(target)
        await emitted(target, "close")
        assert target.bytes_written == len(CONTENT)
    assert (tmp_path / "copy").read_bytes() == CONTENT


async def test_async_for_reads_and_closes(file: str) -> None:
    async with open_loop():
        stream = fs.create_read_stream(file)
        assert b"".join([chunk async for chunk in stream]) == CONTENT
        assert stream.destroyed
        stream = fs.create_read_stream(file)
        async for _ in stream:
            break
        assert stream.destroyed
        if not stream.closed:
            await emitted(stream, "close")
        assert stream.fd is None


# --- errors ---


async def test_a_file_that_is_not_there_is_enoent() -> None:
    trace: list[str] = []
    async with open_loop():
        failures: list[Any] = []
        stream = follow(fs.create_read_stream("nope"), trace)
        stream.on("error", failures.append)
        await emitted(stream, "close")
        (error,) = failures
        assert isinstance(error, errors.NodeSystemError)
        assert (error.errno, error.syscall, error.path) == (-errno.ENOENT, "open", "nope")
    assert trace == ["error ENOENT: ENOENT: no such file or directory, open 'nope'", "close"]


async def test_writes_to_a_file_that_cannot_be_opened_fail_before_the_error() -> None:
    trace: list[str] = []
    async with open_loop():
        stream = follow(fs.create_write_stream("/nope/x"), trace)
        stream.write("a", logger(trace, "written"))
        stream.end(logger(trace, "ended"))
        await emitted(stream, "close")
    failure = "ENOENT: ENOENT: no such file or directory, open '/nope/x'"
    assert trace == [f"written {failure}", f"ended {failure}", f"error {failure}", "close"]


async def test_a_folder_is_eisdir(tmp_path: Path) -> None:
    async with open_loop():
        (error,) = await emitted(fs.create_read_stream(tmp_path).resume(), "error")
        assert (str(error), error.syscall) == ("EISDIR: illegal operation on a directory, read", "read")
        (error,) = await emitted(fs.create_write_stream(tmp_path), "error")
        assert str(error) == f"EISDIR: illegal operation on a directory, open '{tmp_path}'"


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("file", {"flags": "wx"}, "EEXIST: file already exists, open '{}'"),
        ("file/x", {}, "ENOTDIR: not a directory, open '{}'"),
        ("file", {"flags": "zz"}, "The argument 'flags' is invalid. Received 'zz'"),
        (
            "file",
            {"mode": "zz"},
            "The argument 'mode' must be a 32-bit unsigned integer or an octal string. Received 'zz'",
        ),
        ("file", {"mode": -1}, 'The value of "mode" is out of range. It must be >= 0 && <= 4294967295. Received -1'),
        ("file", {"mode": True}, 'The "mode" argument must be of type number. Received type boolean (true)'),
    ],
)
async def test_what_is_wrong_with_opening_is_an_error_event(
    file: str, name: str, options: dict[str, Any], message: str
) -> None:
    path = os.path.join(os.path.dirname(file), name)
    async with open_loop():
        (error,) = await emitted(fs.create_write_stream(path, options), "error")
        assert str(error) == message.format(path)


async def test_a_file_opened_the_wrong_way_round_is_ebadf(file: str) -> None:
    trace: list[str] = []
    async with open_loop():
        stream = fs.create_write_stream(file, flags="r")
        stream.write("q", logger(trace, "written"))
        (error,) = await emitted(stream, "error")
        assert (str(error), error.syscall, error.path) == ("EBADF: bad file descriptor, write", "write", None)
        (error,) = await emitted(fs.create_read_stream(file, flags="w").resume(), "error")
        assert str(error) == "EBADF: bad file descriptor, read"
    assert trace == ["written EBADF: EBADF: bad file descriptor, write"]


async def test_a_descriptor_that_is_gone_is_an_error_of_close(file: str) -> None:
    trace: list[str] = []
    async with open_loop():
        stream = follow(fs.create_read_stream(file), trace)
        stream.on("open", os.close)
        stream.resume()
        await emitted(stream, "close")
        (error,) = await emitted(fs.create_read_stream("", fd=10**6).resume(), "error")
        assert str(error) == "EBADF: bad file descriptor, close"
    assert trace == ["resume", "open", "ready", "error EBADF: EBADF: bad file descriptor, close", "close"]


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        (
            [None],
            errors.ERR_INVALID_ARG_TYPE,
            'The "path" argument must be of type string or an instance of Buffer or URL. Received undefined',
        ),
        (
            [5],
            errors.ERR_INVALID_ARG_TYPE,
            'The "path" argument must be of type string or an instance of Buffer or URL. Received type number (5)',
        ),
        (
            ["a\0b"],
            errors.ERR_INVALID_ARG_VALUE,
            "The argument 'path' must be a string, Uint8Array, or URL without null bytes. Received 'a\\x00b'",
        ),
        (
            ["x", {"start": "a"}],
            errors.ERR_INVALID_ARG_TYPE,
            "The \"start\" argument must be of type number. Received type string ('a')",
        ),
        (
            ["x", {"start": -1}],
            errors.ERR_OUT_OF_RANGE,
            'The value of "start" is out of range. It must be >= 0 && <= 9007199254740991. Received -1',
        ),
        (
            ["x", {"start": 1.5}],
            errors.ERR_OUT_OF_RANGE,
            'The value of "start" is out of range. It must be an integer. Received 1.5',
        ),
        (
            ["x", {"start": float("inf")}],
            errors.ERR_OUT_OF_RANGE,
            'The value of "start" is out of range. It must be an integer. Received Infinity',
        ),
        (
            ["x", {"end": float("nan")}],
            errors.ERR_OUT_OF_RANGE,
            'The value of "end" is out of range. It must be an integer. Received NaN',
        ),
        (
            ["x", {"start": 5, "end": 2}],
            errors.ERR_OUT_OF_RANGE,
            'The value of "start" is out of range. It must be <= "end" (here: 2). Received 5',
        ),
        (["x", "bogus"], errors.ERR_INVALID_ARG_VALUE, "The argument 'encoding' is invalid encoding. Received 'bogus'"),
        (
            ["x", {"encoding": 5}],
            errors.ERR_INVALID_ARG_VALUE,
            "The argument 'encoding' is invalid encoding. Received 5",
        ),
        (
            ["x", 5],
            errors.ERR_INVALID_ARG_TYPE,
            'The "options" argument must be one of type string or object. Received type number (5)',
        ),
        (
            ["x", {"fd": "a"}],
            errors.ERR_INVALID_ARG_TYPE,
            'The "options.fd" property must be of type number or an instance of FileHandle. '
            "Received type string ('a')",
        ),
        (
            ["x", {"fd": -1}],
            errors.ERR_OUT_OF_RANGE,
            'The value of "fd" is out of range. It must be >= 0 && <= 2147483647. Received -1',
        ),
        (
            ["x", {"fd": 1.5}],
            errors.ERR_OUT_OF_RANGE,
            'The value of "fd" is out of range. It must be an integer. Received 1.5',
        ),
    ],
)
def test_wrong_arguments_raise(arguments: list[Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as caught:
        fs.create_read_stream(*arguments)
    assert str(caught.value) == message


def test_writing_has_its_own_options(file: str) -> None:
    with pytest.raises(errors.ERR_INVALID_ARG_TYPE) as caught:
        fs.create_write_stream(file, flush=5)
    assert str(caught.value) == 'The "options.flush" property must be of type boolean. Received type number (5)'
    with pytest.raises(TypeError, match="'end'"):
        fs.create_write_stream(file, end=5)
    with pytest.raises(errors.ERR_INVALID_ARG_VALUE):
        fs.create_write_stream(file, {"encoding": "bogus"})
    with pytest.raises(errors.ERR_OUT_OF_RANGE):
        fs.create_write_stream(file, start=-1)


# --- destroying and closing ---


async def test_destroying_before_the_file_is_open_waits_for_that(file: str) -> None:
    trace: list[str] = []
    async with open_loop():
        stream = follow(fs.create_read_stream(file), trace)
        stream.destroy()
        await emitted(stream, "close")
        assert stream.fd is None
    assert trace == ["open", "ready", "close"]


async def test_destroying_waits_for_the_read_under_way(file: str) -> None:
    trace: list[str] = []
    async with open_loop():
        stream = follow(fs.create_read_stream(file), trace)

        def destroys() -> None:
            stream.destroy(ValueError("boo"))
            trace.append(f"still open: {stream.fd is not None}")

        stream.once("data", lambda _: set_immediate(destroys))
        await emitted(stream, "close")
    assert trace == ["resume", "open", "ready", "still open: True", "error ValueError: boo", "close"]


async def test_destroying_fails_the_write_under_way_and_all_behind_it(tmp_path: Path) -> None:
    for error in (None, ValueError("boo")):
        trace: list[str] = []
        async with open_loop():
            stream = follow(fs.create_write_stream(tmp_path / "x"), trace)
            await emitted(stream, "ready")
            stream.write("a", logger(trace, "a"))
            stream.write("b", logger(trace, "b"))
            stream.destroy(error)
            await emitted(stream, "close")
            assert stream.bytes_written == 0
        reason = DESTROYED if error is None else "ValueError: boo"
        assert trace == ["open", "ready", f"a {DESTROYED}", f"b {reason}", f"error {reason}", "close"]


async def test_closing_a_read_stream_is_premature(file: str) -> None:
    trace: list[str] = []
    async with open_loop():
        stream = follow(fs.create_read_stream(file), trace)
        stream.close(logger(trace, "callback"))
        await emitted(stream, "close")
        stream.close(logger(trace, "again"))
        await trio.testing.wait_all_tasks_blocked()
    premature = "ERR_STREAM_PREMATURE_CLOSE: Premature close"
    assert trace == ["open", "ready", "close", f"callback {premature}", f"again {premature}"]


async def test_closing_a_write_stream_ends_it(tmp_path: Path) -> None:
    trace: list[str] = []
    async with open_loop():
        stream = follow(fs.create_write_stream(tmp_path / "x"), trace)
        stream.write("abc", logger(trace, "written"))
        stream.close(logger(trace, "callback"))
        await emitted(stream, "close")
        stream.close(logger(trace, "again"))
    assert trace == ["open", "ready", "written None", "prefinish", "finish", "close", "callback", "again None"]
    assert (tmp_path / "x").read_text() == "abc"


async def test_without_auto_close_the_file_stays_open_until_it_is_closed(file: str) -> None:
    trace: list[str] = []
    async with open_loop():
        stream = follow(fs.create_read_stream(file, {"autoClose": False}), trace)
        stream.resume()
        await emitted(stream, "end")
        await trio.testing.wait_all_tasks_blocked()
        assert (stream.destroyed, stream.fd is not None) == (False, True)
        stream.close(logger(trace, "callback"))
        await emitted(stream, "close")
        stream = follow(fs.create_write_stream(file, auto_close=False), trace)
        stream.end("x")
        await emitted(stream, "finish")
        await trio.testing.wait_all_tasks_blocked()
        assert (stream.destroyed, stream.fd is not None) == (False, True)
        stream.destroy()
        await emitted(stream, "close")
    assert trace[:6] == ["resume", "open", "ready", "end", "callback None", "close"]
    assert trace[6:] == ["open", "ready", "prefinish", "finish", "close"]


async def test_without_emit_close_the_file_is_closed_quietly(file: str) -> None:
    trace: list[str] = []
    async with open_loop():
        stream = follow(fs.create_read_stream(file, emit_close=False), trace)
        stream.resume()
    assert (stream.destroyed, stream.closed, stream.fd) == (True, True, None)
    assert trace == ["resume", "open", "ready", "end"]


def test_an_open_file_does_not_keep_the_loop_running_and_is_closed_with_it(file: str) -> None:
    stream = fs.create_read_stream(file)
    run()
    assert stream.fd is None
    assert stream.bytes_read == 0


async def test_cancelling_the_block_closes_the_files(file: str, tmp_path: Path) -> None:
    with trio.CancelScope() as scope:
        async with open_loop():
            reading, writing = fs.create_read_stream(file), fs.create_write_stream(tmp_path / "x")
            await emitted(writing, "ready")
            reading.on("data", lambda _: None)
            writing.write(CONTENT)
            scope.cancel()
    assert (reading.fd, writing.fd) == (None, None)


# --- writing ---


async def test_a_file_is_written_in_order_and_callbacks_follow(tmp_path: Path) -> None:
    trace: list[str] = []
    path = tmp_path / "x"
    async with open_loop():
        stream = follow(fs.create_write_stream(path), trace)
        assert (stream.path, stream.bytes_written, stream.pending, stream.fd) == (path, 0, True, None)
        assert (stream.flags, stream.mode, stream.writable_high_water_mark) == ("w", 0o666, 65536)
        assert stream.write("abc", logger(trace, "first")) is True
        stream.write(b"def", logger(trace, "second"))
        stream.end("g", logger(trace, "end"))
        assert stream.bytes_written == 0
        await emitted(stream, "close")
        assert (stream.bytes_written, stream.pending, stream.fd) == (7, True, None)
    assert path.read_text() == "abcdefg"
    assert trace == ["open", "ready", "first None", "second None", "prefinish", "end None", "finish", "close"]


async def test_writes_beyond_the_mark_wait_for_drain(tmp_path: Path) -> None:
    trace: list[str] = []
    async with open_loop():
        stream = follow(fs.create_write_stream(tmp_path / "x", "latin1"), trace)
        assert stream.write("x" * 65535) is True
        assert stream.write("é") is False
        await emitted(stream, "drain")
        assert (stream.bytes_written, stream.writable_length) == (65536, 0)
        stream.end()
    assert trace == ["open", "ready", "drain", "prefinish", "finish", "close"]
    assert (tmp_path / "x").read_bytes() == b"x" * 65535 + b"\xe9"


async def test_many_buffered_writes_are_written_in_few_operations(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[int] = []
    real = os.writev

    def counting(fd: int, buffers: list[bytes]) -> int:
        calls.append(len(buffers))
        return real(fd, buffers)

    monkeypatch.setattr(os, "writev", counting)
    async with open_loop():
        stream = fs.create_write_stream(tmp_path / "x")
        for number in range(3000):
            stream.write(b"%d\n" % number)
        stream.end()
    assert (tmp_path / "x").read_bytes() == b"".join(b"%d\n" % number for number in range(3000))
    assert calls == [1024, 1024, 952]


@pytest.mark.parametrize("start", [None, 2])
async def test_a_write_that_the_system_takes_in_part_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, start: int | None
) -> None:
    real_writev, real_pwritev = os.writev, os.pwritev
    monkeypatch.setattr(os, "writev", lambda fd, buffers: real_writev(fd, [b"".join(buffers)[:3]]))
    monkeypatch.setattr(os, "pwritev", lambda fd, buffers, at: real_pwritev(fd, [b"".join(buffers)[:3]], at))
    async with open_loop():
        stream = fs.create_write_stream(tmp_path / "x", {"start": start})
        stream.cork()
        stream.write("0123")
        stream.write("4567")
        stream.uncork()
        await emitted(stream, "ready")
        stream.end("89")
        await emitted(stream, "close")
        assert stream.bytes_written == 10
    assert (tmp_path / "x").read_bytes() == b"\0" * (start or 0) + b"0123456789"


async def test_a_full_disk_is_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "writev", full)
    async with open_loop():
        stream = fs.create_write_stream(tmp_path / "x")
        stream.write("a")
        (error,) = await emitted(stream, "error")
        assert str(error) == "ENOSPC: no space left on device, write"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, "XY"),
        ({"flags": "a"}, "abcdefXY"),
        ({"flags": "r+", "start": 2}, "abXYef"),
        ({"start": 2}, "\0\0XY"),
        ({"flags": "a", "start": 1}, "abcdefXY"),
        ({"flags": os.O_WRONLY}, "XYcdef"),
    ],
)
async def test_flags_and_start_say_where_it_is_written(tmp_path: Path, options: dict[str, Any], expected: str) -> None:
    path = tmp_path / "x"
    path.write_text("abcdef")
    async with open_loop():
        fs.create_write_stream(path, options).end("XY")
    assert path.read_text() == expected


@pytest.mark.parametrize("mode", [0o640, "640"])
async def test_a_new_file_gets_the_mode(tmp_path: Path, mode: int | str) -> None:
    before = os.umask(0)
    try:
        async with open_loop():
            fs.create_write_stream(tmp_path / "x", mode=mode).end()
    finally:
        os.umask(before)
    assert (tmp_path / "x").stat().st_mode & 0o777 == 0o640


async def test_flush_reaches_the_disk_before_finish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trace: list[str] = []
    monkeypatch.setattr(os, "fsync", lambda _fd: trace.append("fsync"))
    async with open_loop():
        stream = follow(fs.create_write_stream(tmp_path / "x", flush=True), trace)
        stream.end("x")
    assert trace == ["open", "ready", "fsync", "prefinish", "finish", "close"]


# --- a descriptor that is open already ---


async def test_a_given_descriptor_is_used_and_closed(file: str) -> None:
    trace: list[str] = []
    async with open_loop():
        stream = follow(fs.create_read_stream(None, {"fd": os.open(file, os.O_RDONLY), "start": 5, "end": 9}), trace)
        assert (stream.pending, stream.path) == (False, None)
        assert await content_of(stream) == CONTENT[5:10]
    assert trace == ["resume", "end", "close"]


async def test_a_given_descriptor_is_left_open_if_told_so(file: str) -> None:
    fd = os.open(file, os.O_RDONLY)
    async with open_loop():
        stream = fs.create_read_stream("", fd=fd, auto_close=False, end=2)
        chunks: list[bytes] = []
        stream.on("data", chunks.append)
        await emitted(stream, "end")
    assert chunks == [CONTENT[:3]]
    assert os.read(fd, 1) == CONTENT[3:4]
    os.close(fd)
