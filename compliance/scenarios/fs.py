# mypy: disable-error-code="func-returns-value"
# ruff: noqa: PLW0108
"""File streams."""

import os
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from compliance._peers import event
from compliance._trace import Scenarios, Trace
from nodestream import fs, promises

scenarios = Scenarios()

File = Callable[[str], str]
Watch = Callable[..., Any]
Body = Callable[[Trace, File, Watch], Awaitable[None]]


def text(name: str) -> str:
    """What is in a file."""
    return Path(name).read_text(encoding="latin-1")


def in_folder(body: Body) -> Body:
    """Something done in a folder of its own, with a file "ten" of ten bytes in it."""

    async def scenario(t: Trace) -> None:
        with tempfile.TemporaryDirectory() as folder:

            def watch(stream: Any, prefix: str = "") -> Any:
                def on_error(error: Any) -> None:
                    details = [getattr(error, name, None) or None for name in ("code", "syscall", "errno")]
                    t(f"{prefix}error", *details, str(error).replace(folder, "."))

                stream.on("open", lambda fd: t(f"{prefix}open", isinstance(fd, int)))
                stream.on("error", on_error)
                return t.on(stream, prefix, "ready", "end", "drain", "prefinish", "finish", "close")

            Path(folder, "ten").write_bytes(b"0123456789")
            await body(t, lambda name: os.path.join(folder, name), watch)

    scenarios.add(getattr(body, "__name__", ""), scenario)
    return body


def reading(name: str, options: Any) -> None:
    """Add a scenario that reads the file."""

    async def body(t: Trace, file: File, watch: Watch) -> None:
        r = watch(fs.create_read_stream(file("ten"), options))
        r.on("data", t.callback("data"))
        await event(r, "close")
        t("read", r.bytes_read)

    body.__name__ = name
    in_folder(body)


reading("read_all", {})
reading("read_in_small_pieces", {"highWaterMark": 4})
reading("read_a_range", {"start": 2, "end": 5})
reading("read_from", {"start": 7})
reading("read_to", {"end": 0})
reading("read_beyond", {"start": 20})
reading("read_as_text", "utf8")
reading("read_with_an_encoding", {"encoding": "hex", "highWaterMark": 3})


@in_folder
async def states_of_a_read_stream(t: Trace, file: File, watch: Watch) -> None:
    r = watch(fs.create_read_stream(file("ten")))
    own = r.flags, r.mode, r.start, r.end, r.bytes_read, r.readable_high_water_mark
    t("new", r.pending, r.fd, r.path == file("ten"), *own)
    r.on("ready", lambda: t("ready", r.pending, "number" if isinstance(r.fd, int) else "other"))
    r.resume()
    await event(r, "close")
    t.state(r)
    t("closed", r.fd, r.bytes_read)


@in_folder
async def nothing_there(t: Trace, file: File, watch: Watch) -> None:
    await event(watch(fs.create_read_stream(file("none"))), "close")


@in_folder
async def a_folder(t: Trace, file: File, watch: Watch) -> None:
    await event(watch(fs.create_read_stream(os.path.dirname(file("x")))).resume(), "close")


@in_folder
async def destroyed_before_it_is_open(t: Trace, file: File, watch: Watch) -> None:
    r = watch(fs.create_read_stream(file("ten")))
    r.destroy()
    await event(r, "close")


@in_folder
async def destroyed_in_the_middle(t: Trace, file: File, watch: Watch) -> None:
    r = watch(fs.create_read_stream(file("ten"), {"highWaterMark": 2}))
    r.once("data", lambda chunk: (t("data", chunk), r.destroy(Exception("boom"))))
    await event(r, "close")


@in_folder
async def write_all(t: Trace, file: File, watch: Watch) -> None:
    w = watch(fs.create_write_stream(file("new")))
    t("new", w.pending, w.fd, w.flags, w.mode, w.bytes_written, w.writable_high_water_mark)
    t("write", w.write("a", t.callback("a")), w.write(b"b", t.callback("b")))
    w.end("\u00e9", t.callback("end"))
    await event(w, "close")
    t("written", w.bytes_written, text(file("new")))
    t.state(w)


@in_folder
async def write_encodings(t: Trace, file: File, watch: Watch) -> None:
    w = watch(fs.create_write_stream(file("new"), "latin1"))
    w.write("\u00e9")
    w.end("6162", "hex")
    await event(w, "close")
    t("written", text(file("new")))


@in_folder
async def write_over(t: Trace, file: File, watch: Watch) -> None:
    w = watch(fs.create_write_stream(file("ten")))
    w.end("new")
    await event(w, "close")
    t("written", text(file("ten")))


@in_folder
async def append(t: Trace, file: File, watch: Watch) -> None:
    w = watch(fs.create_write_stream(file("ten"), {"flags": "a"}))
    w.end("new")
    await event(w, "close")
    t("written", text(file("ten")))


@in_folder
async def write_in_the_middle(t: Trace, file: File, watch: Watch) -> None:
    w = watch(fs.create_write_stream(file("ten"), {"flags": "r+", "start": 3}))
    w.write("ab")
    w.end("c")
    await event(w, "close")
    t("written", text(file("ten")))


@in_folder
async def only_a_new_file(t: Trace, file: File, watch: Watch) -> None:
    w = watch(fs.create_write_stream(file("ten"), {"flags": "wx"}))
    w.write("x", lambda error: t("cb", error.code))
    await event(w, "close")


@in_folder
async def nowhere(t: Trace, file: File, watch: Watch) -> None:
    w = watch(fs.create_write_stream(file("no/where")))
    w.end("x", lambda error: t("end", error.code))
    await event(w, "close")


@in_folder
async def backpressure(t: Trace, file: File, watch: Watch) -> None:
    w = watch(fs.create_write_stream(file("new"), {"highWaterMark": 2}))
    t("write", w.write("abc"), w.write("def"))
    w.on("drain", lambda: w.end())
    await event(w, "close")
    t("written", text(file("new")))


@in_folder
async def copy(t: Trace, file: File, watch: Watch) -> None:
    await promises.pipeline(
        fs.create_read_stream(file("ten"), {"highWaterMark": 3}),
        fs.create_write_stream(file("copy"), {"highWaterMark": 2}),
    )
    t("copied", text(file("copy")))


@in_folder
async def iterate(t: Trace, file: File, watch: Watch) -> None:
    async for chunk in fs.create_read_stream(file("ten"), {"highWaterMark": 6}):
        t("chunk", chunk)


@in_folder
async def close_with_a_callback(t: Trace, file: File, watch: Watch) -> None:
    r = watch(fs.create_read_stream(file("ten")))
    r.on("ready", lambda: r.close(lambda error=None: t("closed", error)))
    await event(r, "close")
    w = watch(fs.create_write_stream(file("new")), "w ")
    w.write("x")
    w.close(lambda error=None: t("w closed", error))
    await event(w, "close")
    t("written", text(file("new")))


@scenarios
def bad_options(t: Trace) -> None:
    read: Any = fs.create_read_stream
    write: Any = fs.create_write_stream
    t.call("start", lambda: (read("x", {"start": "a"}), None)[1])
    t.call("end", lambda: (read("x", {"end": "a"}), None)[1])
    t.call("order", lambda: (read("x", {"start": 2, "end": 1}), None)[1])
    t.call("negative", lambda: (read("x", {"start": -1}), None)[1])
    t.call("path", lambda: (read(5), None)[1])
    t.call("write start", lambda: (write("x", {"start": "a"}), None)[1])
    t.call("flags", lambda: (read("x", {"flags": "bogus"}), None)[1])
