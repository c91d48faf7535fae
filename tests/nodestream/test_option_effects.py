"""Each option of a stream's constructor: its default, and what it does, on every class that has it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodestream import Duplex, PassThrough, Readable, Transform, Writable, open_loop, run
from nodestream.abort import AbortController, AbortSignal
from nodestream.errors import ERR_METHOD_NOT_IMPLEMENTED, AbortError

from .support import collected, rounds

READABLES: list[type[Any]] = [Readable, Duplex, Transform, PassThrough]
WRITABLES: list[type[Any]] = [Writable, Duplex, Transform, PassThrough]
DUPLEXES: list[type[Any]] = [Duplex, Transform, PassThrough]
ALL: list[type[Any]] = [Readable, *WRITABLES]


def of(classes: list[type[Any]]) -> Any:
    return pytest.mark.parametrize("cls", classes, ids=lambda cls: cls.__name__)


def quiet(cls: type[Any], *args: Any, **options: Any) -> Any:
    """A stream of this class, with hooks that do nothing where it would need some."""
    hooks: dict[str, Any] = {}
    if cls in (Readable, Duplex):
        hooks["read"] = lambda self, size: None
    if cls in (Writable, Duplex):
        hooks["write"] = lambda self, chunk, encoding, callback: callback()
    if cls is Transform:
        hooks["transform"] = lambda self, chunk, encoding, callback: callback(None, chunk)
    return cls({**hooks, **options}, *args)


# --- marks and modes ---


@pytest.mark.parametrize(
    ("options", "readable", "writable"),
    [
        ({}, 65536, 65536),
        ({"high_water_mark": 5}, 5, 5),
        ({"high_water_mark": 0}, 0, 0),
        ({"readable_high_water_mark": 5}, 5, 65536),
        ({"writable_high_water_mark": 5}, 65536, 5),
        ({"readable_high_water_mark": 5, "writable_high_water_mark": 6}, 5, 6),
        ({"high_water_mark": 7, "readable_high_water_mark": 5, "writable_high_water_mark": 6}, 7, 7),
        ({"object_mode": True}, 16, 16),
        ({"readable_object_mode": True}, 16, 65536),
        ({"writable_object_mode": True}, 65536, 16),
        ({"readable_object_mode": True, "high_water_mark": 3}, 3, 3),
        ({"object_mode": True, "writable_high_water_mark": 3}, 16, 3),
    ],
    ids=str,
)
@of(DUPLEXES)
def test_marks_and_modes_of_the_two_sides(
    cls: type[Any], options: dict[str, Any], readable: int, writable: int
) -> None:
    stream = cls(options)
    assert (stream.readable_high_water_mark, stream.writable_high_water_mark) == (readable, writable)
    assert stream.readable_object_mode is bool(options.get("object_mode") or options.get("readable_object_mode"))
    assert stream.writable_object_mode is bool(options.get("object_mode") or options.get("writable_object_mode"))


@of([Readable, Writable])
def test_a_side_alone_knows_no_marks_of_a_side(cls: type[Any]) -> None:
    stream = cls({"readableHighWaterMark": 5, "writableHighWaterMark": 5})
    mark = stream.readable_high_water_mark if cls is Readable else stream.writable_high_water_mark
    assert mark == 65536


@of(READABLES)
def test_a_mark_says_when_push_wants_no_more(cls: type[Any]) -> None:
    def main() -> None:
        stream = quiet(cls, high_water_mark=3)
        assert [stream.push(b"ab"), stream.push(b"c")] == [True, False]

    run(main)


@of(WRITABLES)
def test_a_mark_says_when_write_wants_no_more(cls: type[Any]) -> None:
    def main() -> None:
        stream = quiet(cls, writable_high_water_mark=3) if cls is not Writable else quiet(cls, high_water_mark=3)
        stream.cork()
        assert [stream.write("ab"), stream.write("c")] == [True, False]

    run(main)


@of(READABLES)
def test_object_mode_counts_chunks_of_any_kind_when_reading(cls: type[Any]) -> None:
    def main() -> None:
        stream = quiet(cls, object_mode=True)
        stream.push({"a": 1})
        stream.push(0)
        assert (stream.readable_length, stream.read(), stream.read()) == (2, {"a": 1}, 0)

    run(main)


@of(WRITABLES)
def test_object_mode_counts_chunks_of_any_kind_when_writing(cls: type[Any]) -> None:
    def main() -> None:
        stream = quiet(cls, object_mode=True)
        stream.cork()
        stream.write({"a": 1})
        stream.write(0)
        assert stream.writable_length == 2

    run(main)


# --- encodings ---


@of(READABLES)
def test_encoding_makes_strings_of_what_is_read(cls: type[Any]) -> None:
    def main() -> None:
        assert quiet(cls).readable_encoding is None
        stream = quiet(cls, encoding="hex")
        stream.push(b"ab")
        assert (stream.readable_encoding, stream.read()) == ("hex", "6162")

    run(main)


@of(READABLES)
def test_default_encoding_is_that_of_strings_that_are_pushed(cls: type[Any]) -> None:
    def main() -> None:
        for options, expected in (({}, b"6162"), ({"default_encoding": "hex"}, b"ab")):
            stream = quiet(cls, **options)
            stream.push("6162")
            assert stream.read() == expected

    run(main)


@pytest.mark.parametrize("cls", [Writable, Duplex], ids=lambda cls: cls.__name__)
@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (b"6162", "buffer")),
        ({"default_encoding": "hex"}, (b"ab", "buffer")),
        ({"decode_strings": True}, (b"6162", "buffer")),
        ({"decode_strings": False}, ("6162", "utf8")),
        ({"decode_strings": False, "default_encoding": "hex"}, ("6162", "hex")),
    ],
    ids=str,
)
def test_strings_that_are_written_are_decoded_unless_told_otherwise(
    cls: type[Any], options: dict[str, Any], expected: tuple[Any, str]
) -> None:
    written: list[Any] = []

    def write(self: Any, chunk: Any, encoding: str, callback: Callable[[], object]) -> None:
        written.append((chunk, encoding))
        callback()

    run(lambda: cls({**options, "write": write}).write("6162"))
    assert written == [expected]


@pytest.mark.parametrize("cls", [Transform], ids=["Transform"])
@pytest.mark.parametrize(("decode", "expected"), [(True, (b"a", "buffer")), (False, ("a", "utf8"))])
def test_a_transform_gets_strings_if_they_are_not_decoded(cls: type[Any], decode: bool, expected: Any) -> None:
    seen: list[Any] = []

    def transform(self: Any, chunk: Any, encoding: str, callback: Callable[[], object]) -> None:
        seen.append((chunk, encoding))
        callback()

    run(lambda: cls(decode_strings=decode, transform=transform).write("a"))
    assert seen == [expected]


# --- life ---


@of(ALL)
@pytest.mark.parametrize(
    ("options", "closes"), [({}, True), ({"emit_close": True}, True), ({"emit_close": False}, False)]
)
def test_emit_close_tells_of_the_end(cls: type[Any], options: dict[str, Any], closes: bool) -> None:
    seen: list[str] = []

    def main() -> None:
        stream = quiet(cls, **options)
        stream.on("close", lambda: seen.append("close"))
        stream.destroy()

    run(main)
    assert seen == ["close"] * closes


@of(ALL)
@pytest.mark.parametrize(("options", "destroyed"), [({}, True), ({"auto_destroy": False}, False)])
async def test_auto_destroy_follows_the_end(cls: type[Any], options: dict[str, Any], destroyed: bool) -> None:
    async with open_loop():
        stream = quiet(cls, **options)
        if cls is not Readable:
            stream.end()
        if cls is not Writable:
            stream.resume()
            if cls in (Readable, Duplex):
                stream.push(None)
        await rounds(6)
        assert (stream.destroyed, stream.closed) == (destroyed, destroyed)


@of(ALL)
async def test_auto_destroy_follows_an_error(cls: type[Any]) -> None:
    async with open_loop():
        for auto in (True, False):
            seen: list[Any] = []
            stream = quiet(cls, auto_destroy=auto, construct=lambda self, callback: callback(ValueError("no")))
            stream.on("error", seen.append)
            await rounds(6)
            assert [str(error) for error in seen] == ["no"]
            assert isinstance(stream.errored, ValueError)


@of(ALL)
async def test_a_signal_destroys_the_stream(cls: type[Any]) -> None:
    async with open_loop():
        controller = AbortController()
        for signal in (controller.signal, AbortSignal.abort()):
            seen: list[Any] = []
            stream = quiet(cls, signal=signal)
            stream.on("error", seen.append)
            controller.abort()
            await rounds(3)
            assert stream.destroyed
            assert [type(error) for error in seen] == [AbortError]


@of(ALL)
@pytest.mark.parametrize(("options", "where"), [({"capture_rejections": True}, "error"), ({}, "unhandledRejection")])
def test_capture_rejections_destroys_the_stream_with_the_error(
    cls: type[Any], options: dict[str, Any], where: str
) -> None:
    seen: list[Any] = []

    async def failing() -> None:
        raise ValueError("no")

    def main() -> None:
        stream = quiet(cls, **options)
        stream.on("x", failing)
        stream.on("error", lambda error: seen.append(("error", str(error), stream.destroyed)))
        stream.emit("x")

    if where == "error":
        run(main)
        assert seen == [("error", "no", True)]
    else:
        with pytest.raises(ValueError, match="no"):
            run(main)
        assert seen == []


# --- sides ---


@of(DUPLEXES)
async def test_a_side_can_be_left_out(cls: type[Any]) -> None:
    async with open_loop():
        whole = quiet(cls)
        assert (whole.readable, whole.writable) == (True, True)
        for name, other in (("readable", "writable"), ("writable", "readable")):
            stream = quiet(cls, **{name: False})
            assert (getattr(stream, name), getattr(stream, other)) == (False, True)
            assert getattr(stream, f"{name}_ended") is True
            stream.destroy()
        whole.destroy()


@of(DUPLEXES)
async def test_allow_half_open_false_ends_the_writable_side_with_the_readable(cls: type[Any]) -> None:
    async with open_loop():
        for allow, ended in ((True, False), (False, True)):
            stream = quiet(cls, allow_half_open=allow)
            assert stream.allow_half_open is allow
            stream.resume()
            stream.push(None)
            await rounds(4)
            assert stream.writable_ended is ended
            stream.destroy()
        assert quiet(cls).allow_half_open is True


# --- hooks ---


def calls_of(make: Callable[[dict[str, Any]], Any], use: Callable[[Any], object]) -> list[str]:
    """Which hooks are called, in order, when they are given to `make` by name."""
    called: list[str] = []

    def hook(name: str) -> Callable[..., None]:
        def call(self: Any, *args: Any) -> None:
            called.append(name)
            if name == "destroy":
                args[1](args[0])
            elif name == "read":
                self.push(None)
            else:
                args[-1]()

        return call

    names = ("construct", "read", "write", "writev", "final", "transform", "flush", "destroy")

    def main() -> None:
        use(make({name: hook(name) for name in names}))

    run(main)
    return called


READ = ("construct", "read", "destroy")
WRITE = ("construct", "write", "writev", "final", "destroy")
TRANSFORM = ("construct", "transform", "flush", "final", "destroy")
USES = [
    (Readable, READ, lambda stream: stream.resume(), ["construct", "read", "destroy"]),
    (Writable, WRITE, lambda stream: stream.end("a"), ["construct", "write", "final", "destroy"]),
    (
        Duplex,
        (*WRITE, "read"),
        lambda stream: stream.resume().end("a"),
        ["construct", "write", "final", "read", "destroy"],
    ),
    (
        Transform,
        TRANSFORM,
        lambda stream: stream.resume().end("a"),
        ["construct", "transform", "final", "flush", "destroy"],
    ),
]


@pytest.mark.parametrize(("cls", "names", "use", "expected"), USES, ids=lambda value: getattr(value, "__name__", None))
@pytest.mark.parametrize("way", ["options", "methods"])
def test_a_hook_is_an_option_or_a_method(
    cls: type[Any], names: tuple[str, ...], use: Callable[[Any], object], expected: list[str], way: str
) -> None:
    def make(hooks: dict[str, Any]) -> Any:
        hooks = {name: hooks[name] for name in names}
        if way == "options":
            return cls(hooks)
        return type("Sub", (cls,), {f"_{name}": hook for name, hook in hooks.items()})()

    assert calls_of(make, use) == expected


def test_an_option_comes_before_the_method() -> None:
    class Loud(Writable):
        def _write(self, chunk: Any, encoding: Any, callback: Any) -> None:
            raise AssertionError

    written: list[Any] = []
    run(lambda: Loud(write=lambda self, chunk, encoding, callback: written.append(chunk)).write("a"))
    assert written == [b"a"]


def test_writev_gets_what_was_corked_and_the_encodings() -> None:
    written: list[Any] = []

    def writev(self: Any, chunks: list[Any], callback: Callable[[], object]) -> None:
        written.append([(entry.chunk, entry.encoding) for entry in chunks])
        callback()

    def main() -> None:
        stream = Writable(writev=writev, decode_strings=False)
        stream.cork()
        stream.write("a")
        stream.write("b", "latin1")
        stream.write(b"c")
        stream.uncork()

    run(main)
    assert written == [[("a", "utf8"), ("b", "latin1"), (b"c", "buffer")]]


def test_a_hook_that_is_missing_is_told_of() -> None:
    with pytest.raises(ERR_METHOD_NOT_IMPLEMENTED, match=r"^The _read\(\) method is not implemented$"):
        run(lambda: Readable().resume())
    with pytest.raises(ERR_METHOD_NOT_IMPLEMENTED, match=r"^The _write\(\) method is not implemented$"):
        run(lambda: Writable().write("a"))
    with pytest.raises(ERR_METHOD_NOT_IMPLEMENTED, match=r"^The _transform\(\) method is not implemented$"):
        run(lambda: Transform().write("a"))


def test_a_pass_through_needs_no_hook() -> None:
    chunks: list[Any] = []

    def main() -> None:
        stream = PassThrough()
        chunks.append(collected(stream))
        stream.end("a")

    run(main)
    assert chunks == [[b"a"]]
