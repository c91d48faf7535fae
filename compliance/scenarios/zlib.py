# mypy: disable-error-code="func-returns-value"
# ruff: noqa: PLW0108
"""The streams of zlib. What is only a table is in zlib.json, for both sides."""

import gzip as stdlib_gzip
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

from compliance._trace import Scenarios, Trace
from nodestream import zlib
from nodestream.timers import set_immediate, set_timeout

scenarios = Scenarios()

table = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf8"))
gzip = bytes.fromhex(table["samples"]["gzip"])


def value(shown: Any) -> Any:
    """JSON has neither bytes nor all numbers."""
    if not isinstance(shown, dict):
        return shown
    if "hex" in shown:
        return bytes.fromhex(shown["hex"])
    if "number" in shown:
        return float(shown["number"])
    return {name: value(item) for name, item in shown.items()}


def watch(t: Trace, s: Any) -> Any:
    t.events(s, "", "data")
    s.on("error", lambda error: t("errno", getattr(error, "errno", None)))
    s.on("close", lambda: t("closed", s.bytes_written, s._closed, s.destroyed))
    return s


def after(s: Any, event: str, then: Callable[[], object]) -> None:
    s.once(event, lambda *_: set_immediate(then))


def running(kind: str, options: Any, chunks: list[str], end: bool, gap: bool) -> Callable[[Trace], None]:
    def scenario(t: Trace) -> None:
        s = watch(t, getattr(zlib, kind)(value(options)))
        rest = [bytes.fromhex(chunk) for chunk in chunks]

        def written(error: Any = None) -> None:
            t("cb", error)
            if gap and error is None:
                go_on()

        def go_on() -> None:
            if rest:
                s.write(rest.pop(0), written)
            elif end:
                s.end(t.callback("end cb"))

        for _ in range(1 if gap else len(chunks) + 1):
            go_on()

    return scenario


for name, run in table["runs"].items():
    scenarios.add(name, running(**run))


@scenarios
def options(t: Trace) -> None:
    for kind, given in table["options"]:
        shown = json.dumps(given, separators=(",", ":"), ensure_ascii=False).replace('"', "")
        t.call(
            f"{kind} {shown}",
            lambda kind=kind, given=given: getattr(zlib, kind)(value(given)).readable_high_water_mark,
        )


def pairs(items: Any) -> list[str]:
    return sorted(f"{name}={'Infinity' if number == math.inf else number}" for name, number in items)


@scenarios
def constants(t: Trace) -> None:
    t("constants", pairs(zlib.constants.items()))
    t("codes", pairs(zlib.codes.items()))
    t("module", zlib.Z_BEST_SPEED, zlib.Z_DATA_ERROR)


@scenarios
def crc32(t: Trace) -> None:
    good: list[list[Any]] = [["abc"], ["abc", 7], [""], ["\u00e9"], [b"abc"], [b"\0\0", 0], ["abc", 2**32 - 1]]
    for args in good:
        t("crc32", zlib.crc32(*args))
    bad: list[list[Any]] = [[5], [[1]], ["abc", "x"], ["abc", -1], ["abc", 2**32], ["abc", 1.5]]
    for args in bad:
        t.call("crc32", zlib.crc32, *args)


@scenarios
def properties(t: Trace) -> None:
    s = zlib.create_gzip({"encoding": "utf8", "objectMode": True, "info": True})
    t("modes", s.readable_object_mode, s.writable_object_mode, s.readable_encoding)
    t("marks", s.readable_high_water_mark, s.writable_high_water_mark)
    t("own", s._closed, s.bytes_written, s._level, s._strategy)
    t("readable object mode", zlib.create_gzip(readable_object_mode=True).readable_object_mode)


@scenarios
def flush_calls_back(t: Trace) -> None:
    s = watch(t, zlib.create_gzip())
    s.flush(t.callback("flushed"))
    t("sync")


@scenarios
def flush_twice(t: Trace) -> None:
    s = watch(t, zlib.create_deflate())
    s.write("abc")
    s.flush(lambda: (t("flushed"), s.flush(lambda: (t("flushed again"), s.end("def")))))


@scenarios
def flush_kinds(t: Trace) -> None:
    for kind in ("x", -1, 6, math.inf):
        t.call("zlib", lambda kind=kind: zlib.create_deflate().flush(kind))
    for kind in ("x", 4, 3.5):
        t.call("brotli", lambda kind=kind: zlib.create_brotli_compress().flush(kind))
    for kind in ("x", 3, 2.5):
        t.call("zstd", lambda kind=kind: zlib.create_zstd_compress().flush(kind))


@scenarios
def flush_then_write(t: Trace) -> None:
    s = watch(t, zlib.create_deflate())
    s.write("abc", t.callback("written"))
    s.flush(zlib.constants.Z_FINISH, lambda: (t("flushed"), s.write("def", t.callback("written"))))


@scenarios
def flush_after_end(t: Trace) -> None:
    s = watch(t, zlib.create_deflate())
    s.end("abc")
    s.flush(t.callback("flushed"))
    after(s, "close", lambda: (s.flush(t.callback("flushed")), t("sync")))


@scenarios
def flush_after_close(t: Trace) -> None:
    s = watch(t, zlib.create_deflate())
    s.close()
    s.flush(t.callback("flushed"))


@scenarios
def flush_of_a_decompressor(t: Trace) -> None:
    s = watch(t, zlib.create_gunzip())
    s.write(gzip[:15])
    s.flush(zlib.constants.Z_SYNC_FLUSH, t.callback("flushed"))
    s.flush(zlib.constants.Z_FINISH, t.callback("flushed"))


@scenarios
def brotli_flush(t: Trace) -> None:
    s = watch(t, zlib.create_brotli_compress())
    s.write("abc")

    def flushed() -> None:
        t("flushed")
        s.flush(zlib.constants.BROTLI_OPERATION_FINISH, lambda: (t("finished"), s.write("x")))

    s.flush(flushed)


@scenarios
def zstd_flush(t: Trace) -> None:
    s = watch(t, zlib.create_zstd_compress())
    s.write("abc")

    def flushed() -> None:
        t("flushed")
        s.flush(zlib.constants.ZSTD_e_end, lambda: (t("ended"), s.end("def")))

    s.flush(flushed)


@scenarios
def zstd_ends_twice(t: Trace) -> None:
    s = watch(t, zlib.create_zstd_compress())
    s.write("abc")
    s.flush(zlib.constants.ZSTD_e_end, lambda: s.end())


@scenarios
def params(t: Trace) -> None:
    wrong: list[list[Any]] = [[10, 0], [0, 9], ["x", 0], [1, "x"]]
    for args in wrong:
        t.call("params", lambda args=args: zlib.create_deflate().params(args[0], args[1], lambda: None))
    s = watch(t, zlib.create_deflate())
    s.params(-1, 0, t.callback("nothing to do"))
    s.params(0, 0, lambda error: (t("changed", error, s._level, s._strategy), s.end("abc")))
    t("sync", s._level)


@scenarios
def params_of_a_decompressor(t: Trace) -> None:
    s = watch(t, zlib.create_gunzip())
    s.params(1, 1, t.callback("changed"))
    t("zstd", hasattr(zlib.create_zstd_compress(), "params"))


@scenarios
def params_after_end(t: Trace) -> None:
    s = watch(t, zlib.create_gzip())
    s.end()
    s.params(1, 1, t.callback("changed"))


@scenarios
def reset_before_write(t: Trace) -> None:
    s = watch(t, zlib.create_deflate())
    t.call("reset", lambda: s.reset())
    s.end("abc")


@scenarios
def reset_while_writing(t: Trace) -> None:
    s = watch(t, zlib.create_deflate())
    s.write("")
    t.call("reset", lambda: s.reset())
    s.end("abc")


@scenarios
def reset_in_the_middle(t: Trace) -> None:
    s = watch(t, zlib.create_gunzip())
    s.write(gzip[:15], lambda: (t.call("reset", lambda: s.reset()), s.end(gzip)))


@scenarios
def close_calls_back(t: Trace) -> None:
    s = watch(t, zlib.create_gzip())
    s.close(t.callback("closed 1"))
    t("sync", s._closed, s.destroyed)
    s.close(t.callback("closed 2"))
    after(s, "close", lambda: s.close(t.callback("closed 3")))


@scenarios
def close_after_end(t: Trace) -> None:
    s = watch(t, zlib.create_deflate_raw())
    s.end("abc")
    after(s, "close", lambda: s.close(t.callback("closed 1")))


@scenarios
def close_after_write(t: Trace) -> None:
    s = watch(t, zlib.create_gzip())
    s.write("abc", t.callback("written 1"))
    s.write("def", t.callback("written 2"))
    s.close(t.callback("closed 1"))
    t("sync")


@scenarios
def close_in_data(t: Trace) -> None:
    s = watch(t, zlib.create_gunzip())
    s.on("data", lambda: s.close())
    s.end(gzip, t.callback("end cb"))


@scenarios
def close_after_an_error(t: Trace) -> None:
    s = watch(t, zlib.create_gunzip())
    s.on("error", lambda: s.close(t.callback("closed 1")))
    s.write("this is not gzip")


@scenarios
def destroy_in_data(t: Trace) -> None:
    s = watch(t, zlib.create_gunzip())
    s.on("data", lambda: s.destroy())
    s.write(gzip, t.callback("written"))


@scenarios
def destroy_after_write(t: Trace) -> None:
    s = watch(t, zlib.create_gzip())
    s.write("abc", t.callback("written"))
    s.destroy(Exception("boom"))


@scenarios
def write_after_end(t: Trace) -> None:
    s = watch(t, zlib.create_gzip())
    s.end("abc")
    s.write("x", t.callback("written"))


@scenarios
def write_after_close(t: Trace) -> None:
    s = watch(t, zlib.create_gzip())
    s.close()
    s.write("x", t.callback("written"))


@scenarios
def write_behind_the_end_of_the_data(t: Trace) -> None:
    s = watch(t, zlib.create_gunzip())
    s.write(gzip + b"\0\0", lambda: s.write(gzip, t.callback("written")))


@scenarios
def write_what_is_no_bytes(t: Trace) -> None:
    chunks: list[Any] = [5, None, {}, []]
    for chunk in chunks:
        t.call("write", lambda given: zlib.create_gzip().write(given), chunk)
    s = watch(t, zlib.create_deflate_raw(level=0))
    s.end("00ff", "hex")


@scenarios
def corked_writes(t: Trace) -> None:
    s = watch(t, zlib.create_deflate_raw(level=0))
    s.cork()
    s.write("ab", t.callback("written 1"))
    s.write("cd", t.callback("written 2"))
    s.uncork()
    s.flush(lambda: s.end())


@scenarios
def backpressure(t: Trace) -> None:
    s = zlib.create_gunzip(high_water_mark=2000, chunk_size=1000)
    t.on(s, "", "end", "finish", "drain", "close")
    t("write", s.write(stdlib_gzip.compress(bytes(10000)), t.callback("written")))
    s.end()

    def full() -> None:
        t("held", s.readable_length, s.writable_length)
        t("read", len(s.read(500)))
        set_timeout(full_again, 50)

    def full_again() -> None:
        t("held", s.readable_length, s.writable_length)
        s.on("data", lambda chunk: t("data", len(chunk)))

    s.once("readable", lambda: set_timeout(full, 50))


@scenarios
def an_encoding(t: Trace) -> None:
    s = watch(t, zlib.create_gunzip())
    s.set_encoding("utf8")
    s.end(stdlib_gzip.compress("\u00e4\u00f6\u00fc".encode()))


@scenarios
def auto_destroy_false(t: Trace) -> None:
    s = watch(t, zlib.create_gunzip(auto_destroy=False))
    s.on("end", lambda: set_immediate(lambda: (t("at end", s.destroyed, s._closed), s.destroy())))
    s.end(gzip)


@scenarios
def auto_destroy_false_and_an_error(t: Trace) -> None:
    s = watch(t, zlib.create_gunzip(auto_destroy=False, emit_close=False))
    s.on("error", lambda: set_immediate(lambda: t("later", s.destroyed, s._closed)))
    s.end("xxxx")
