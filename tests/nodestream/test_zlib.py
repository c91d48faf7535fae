"""Compression streams: what goes in comes out, within bounds, whatever the pieces, and broken data is an error."""

from __future__ import annotations

import gc
import gzip as stdlib_gzip
import importlib
import math
import pickle
import random
import sys
import weakref
import zlib as stdlib_zlib
from collections.abc import Callable
from typing import Any

import pytest
import trio

from nodestream import PassThrough, Readable, Writable, errors, zlib
from nodestream._options import snake_case
from nodestream._writable_state import Pieces
from nodestream._zlib_zstd_blocks import BlockFinder
from nodestream._zlib_zstd_library import library
from nodestream.loop import Promise, open_loop, run
from nodestream.promises import finished, pipeline
from nodestream.timers import set_immediate

from .support import a_round, a_source, collected, rounds

PAIRS = [
    ("Gzip", "Gunzip"),
    ("Deflate", "Inflate"),
    ("DeflateRaw", "InflateRaw"),
    ("Gzip", "Unzip"),
    ("Deflate", "Unzip"),
    ("BrotliCompress", "BrotliDecompress"),
    ("ZstdCompress", "ZstdDecompress"),
]
KINDS = sorted({kind for pair in PAIRS for kind in pair})
WORDS = random.Random(1).choices([b"stream", b"of", b"water", b"and", b"of", b"bytes", b"\0\xff"], k=20_000)
TEXT = b" ".join(WORDS)
NOISE = random.Random(2).randbytes(100_000)
GZIP = stdlib_gzip.compress(b"abc", mtime=0)


def make(kind: str, *args: Any, **options: Any) -> Any:
    return getattr(zlib, kind)(*args, **options)


def cut(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


async def through(stream: Any, *chunks: bytes) -> bytes:
    """What comes out of a stream; raises what it fails with."""
    taken: list[bytes] = []
    sink = Writable(write=lambda self, chunk, encoding, callback: (taken.append(chunk), callback())[1])
    with trio.fail_after(30):
        await pipeline(a_source(list(chunks)), stream, sink)
    return b"".join(taken)


async def written(stream: Any, chunk: bytes) -> Any:
    """Wait until a chunk was worked on; gives the error of its callback."""
    promise: Promise[Any] = Promise()
    stream.write(chunk, promise.resolve)
    with trio.fail_after(30):
        return await promise


async def flushed(stream: Any, *kind: int) -> None:
    promise: Promise[Any] = Promise()
    stream.flush(*kind, lambda error=None: promise.resolve(error))
    with trio.fail_after(30):
        await promise


async def emitted(stream: Any, event: str) -> Any:
    promise: Promise[Any] = Promise()
    stream.once(event, lambda *args: promise.resolve(args[0] if args else None))
    with trio.fail_after(30):
        return await promise


# --- there and back ---


@pytest.mark.parametrize(
    "data", [b"", b"a", TEXT, NOISE, bytes(300_000)], ids=["none", "one", "text", "noise", "zeros"]
)
@pytest.mark.parametrize(("there", "back"), PAIRS)
async def test_what_is_compressed_comes_back(there: str, back: str, data: bytes) -> None:
    async with open_loop():
        compressed = await through(make(there), *cut(data, 7000))
        assert await through(make(back), compressed) == data
        assert await through(make(back), *cut(compressed, 999)) == data


@pytest.mark.parametrize(("there", "back"), PAIRS)
async def test_a_stream_takes_and_gives_single_bytes(there: str, back: str) -> None:
    async with open_loop():
        compressed = await through(make(there), *cut(TEXT[:300], 1))
        assert await through(make(back, chunk_size=64), *cut(compressed, 1)) == TEXT[:300]


@pytest.mark.parametrize("options", [{"chunk_size": 64}, {"high_water_mark": 1}, {"chunkSize": 100_000}])
@pytest.mark.parametrize(("there", "back"), PAIRS)
async def test_no_chunk_is_larger_than_asked_for(there: str, back: str, options: dict[str, Any]) -> None:
    largest = options.get("chunkSize") or options.get("chunk_size", 16384)
    async with open_loop():
        for kind, data in ((there, NOISE[:30_000]), (back, await through(make(there), NOISE[:30_000]))):
            stream = make(kind, options)
            sizes: list[int] = []
            stream.on("data", lambda chunk, sizes=sizes: sizes.append(len(chunk)))
            await through(stream, data)
            assert max(sizes) <= largest


@pytest.mark.parametrize("level", range(-1, 10))
@pytest.mark.parametrize("kind", ["Gzip", "Deflate", "DeflateRaw"])
async def test_frames_are_as_the_standard_library_reads_and_writes_them(kind: str, level: int) -> None:
    bits = {"Gzip": 31, "Deflate": 15, "DeflateRaw": -15}[kind]
    compressor = stdlib_zlib.compressobj(level, wbits=bits)
    expected = b"".join(compressor.compress(piece) for piece in cut(TEXT, 16384)) + compressor.flush()
    async with open_loop():
        assert await through(make(kind, level=level), TEXT) == expected


@pytest.mark.parametrize("options", [{"window_bits": 9}, {"windowBits": 8}, {"mem_level": 1}, {"strategy": 3}])
@pytest.mark.parametrize("kind", ["Deflate", "DeflateRaw"])
async def test_options_reach_the_library(kind: str, options: dict[str, Any]) -> None:
    async with open_loop():
        compressed = await through(make(kind, options), TEXT)
        assert compressed != await through(make(kind), TEXT)
        assert stdlib_zlib.decompress(compressed, 15 if kind == "Deflate" else -15) == TEXT


@pytest.mark.parametrize("window_bits", [0, 15])
async def test_a_decompressor_takes_the_window_from_the_data(window_bits: int) -> None:
    async with open_loop():
        for there, back in (("Gzip", "Gunzip"), ("Deflate", "Inflate"), ("Gzip", "Unzip")):
            compressed = await through(make(there, window_bits=10), TEXT)
            assert await through(make(back, window_bits=window_bits), compressed) == TEXT


async def test_a_small_window_does_not_take_the_data_of_a_large_one() -> None:
    async with open_loop():
        with pytest.raises(errors.ZlibError, match="invalid window size"):
            await through(zlib.create_inflate(window_bits=9), stdlib_zlib.compress(TEXT))


@pytest.mark.parametrize(("kind", "back"), [("Deflate", "Inflate"), ("DeflateRaw", "InflateRaw"), ("Deflate", "Unzip")])
async def test_a_dictionary_makes_the_data_smaller_and_is_needed_again(kind: str, back: str) -> None:
    async with open_loop():
        compressed = await through(make(kind, dictionary=TEXT[:1000]), TEXT[:500])
        assert len(compressed) < len(await through(make(kind), TEXT[:500])) / 2
        for given in (TEXT[:1000], bytearray(TEXT[:1000]), memoryview(TEXT[:1000])):
            assert await through(make(back, dictionary=given), *cut(compressed, 3)) == TEXT[:500]


async def test_a_dictionary_that_is_missing_or_wrong_is_an_error() -> None:
    async with open_loop():
        compressed = await through(zlib.create_deflate(dictionary=b"abcdef"), b"abcdef")
        for options, message in (({}, "Missing dictionary"), ({"dictionary": b"xyz"}, "Bad dictionary")):
            with pytest.raises(errors.ZlibError, match=message) as caught:
                await through(zlib.create_inflate(options), compressed)
            assert (caught.value.code, caught.value.errno) == ("Z_NEED_DICT", 2)
        bare = await through(zlib.create_deflate_raw(dictionary=b"abcdef"), b"abcdefabcdef")
        with pytest.raises(errors.ZlibError, match="invalid distance too far back"):
            await through(zlib.create_inflate_raw(), bare)


async def test_zstd_dictionaries() -> None:
    async with open_loop():
        compressed = await through(zlib.create_zstd_compress(dictionary=TEXT[:1000]), TEXT[:500])
        assert len(compressed) < len(await through(zlib.create_zstd_compress(), TEXT[:500])) / 2
        assert await through(zlib.create_zstd_decompress(dictionary=TEXT[:1000]), compressed) == TEXT[:500]
        with pytest.raises(errors.ZlibError, match="Data corruption detected") as caught:
            await through(zlib.create_zstd_decompress(), compressed)
        assert (caught.value.code, caught.value.errno) == ("ZSTD_error_corruption_detected", 20)


async def test_parameters_of_brotli_and_zstd_are_used() -> None:
    quality, level = zlib.constants.BROTLI_PARAM_QUALITY, zlib.constants.ZSTD_c_compressionLevel
    checksum = zlib.constants.ZSTD_c_checksumFlag
    async with open_loop():
        for make_one, key, low, high in (
            (zlib.create_brotli_compress, quality, 0, 11),
            (zlib.create_zstd_compress, level, 1, 19),
        ):
            fast = await through(make_one(params={key: low}), TEXT)
            small = await through(make_one({"params": {str(key): high}}), TEXT)
            assert len(small) < len(fast)
        bare = await through(zlib.create_zstd_compress(), b"abc")
        assert len(await through(zlib.create_zstd_compress(params={checksum: True}), b"abc")) == len(bare) + 4


@pytest.mark.parametrize("mark", [100, 2, 0])
async def test_a_pledged_size_has_to_be_right(mark: int) -> None:
    async with open_loop():
        with pytest.raises(errors.ZlibError, match="Src size is incorrect") as caught:
            await through(zlib.create_zstd_compress(pledged_src_size=mark), b"abc")
        assert (caught.value.code, caught.value.errno) == ("ZSTD_error_srcSize_wrong", 72)


async def test_a_pledged_size_that_is_right_is_in_the_frame() -> None:
    async with open_loop():
        compressed = await through(zlib.create_zstd_compress(pledged_src_size=3), b"abc")
        assert await through(zlib.create_zstd_decompress(), compressed) == b"abc"
        assert compressed[4:6] == b"\x20\x03"


# --- broken data ---


@pytest.mark.parametrize(("there", "back"), PAIRS)
async def test_truncated_data_is_an_error(there: str, back: str) -> None:
    async with open_loop():
        compressed = await through(make(there), TEXT)
        for length in (1, len(compressed) // 2, len(compressed) - 1):
            with pytest.raises(errors.ZlibError, match=r"^unexpected end of file$") as caught:
                await through(make(back), compressed[:length])
            assert (caught.value.code, caught.value.errno) == ("Z_BUF_ERROR", -5)


@pytest.mark.parametrize(("there", "back"), PAIRS)
async def test_truncated_data_is_taken_with_another_flush_at_the_end(there: str, back: str) -> None:
    async with open_loop():
        compressed = await through(make(there), TEXT)
        finish_flush = 1 if there[0] in "BZ" else zlib.constants.Z_SYNC_FLUSH
        taken = await through(make(back, finish_flush=finish_flush), compressed[: len(compressed) // 2])
        assert TEXT.startswith(taken)


@pytest.mark.parametrize(("there", "back"), PAIRS)
async def test_a_changed_byte_is_an_error_or_changes_what_comes_out_but_never_more(there: str, back: str) -> None:
    async with open_loop():
        compressed = bytearray(await through(make(there), TEXT[:2000]))
        for at in range(0, len(compressed), 7):
            broken = bytearray(compressed)
            broken[at] ^= 0x55
            try:
                await through(make(back), bytes(broken))
            except errors.ZlibError as error:
                assert error.code
                assert error.errno


async def test_an_error_of_the_data_can_be_copied() -> None:
    error = errors.ZlibError("incorrect header check", "Z_DATA_ERROR", -3)
    copy = pickle.loads(pickle.dumps(error))
    assert (copy.code, copy.errno, str(copy)) == ("Z_DATA_ERROR", -3, "incorrect header check")


@pytest.mark.parametrize("kind", ["Gunzip", "Unzip"])
async def test_members_of_gzip_follow_each_other(kind: str) -> None:
    async with open_loop():
        whole = stdlib_gzip.compress(TEXT) + GZIP + stdlib_gzip.compress(NOISE)
        for size in (len(whole), 1000, 91):
            stream = make(kind)
            assert await through(stream, *cut(whole, size)) == TEXT + b"abc" + NOISE
            assert stream.bytes_written == len(whole)


async def test_zeros_behind_a_member_end_the_stream_and_other_garbage_is_an_error() -> None:
    async with open_loop():
        assert await through(zlib.create_gunzip(), GZIP + bytes(10) + GZIP) == b"abc"
        with pytest.raises(errors.ZlibError, match="incorrect header check"):
            await through(zlib.create_gunzip(), GZIP + b"garbage")
        with pytest.raises(errors.ZlibError, match="unknown compression method"):
            await through(zlib.create_gunzip(), GZIP + b"\x1f\x8b\xff\xff")


@pytest.mark.parametrize(("there", "back"), [pair for pair in PAIRS if pair[0] != "BrotliCompress"])
async def test_garbage_behind_the_data_can_be_rejected(there: str, back: str) -> None:
    async with open_loop():
        compressed = await through(make(there), b"abc")
        stream = make(back, reject_garbage_after_end=True)
        seen = collected(stream)
        stream.on("error", lambda error: None)
        error = await written(stream, compressed + compressed)
        assert isinstance(error, errors.ERR_TRAILING_JUNK_AFTER_STREAM_END)
        assert seen == [b"abc"]
        assert stream.errored is error


async def test_garbage_in_a_chunk_of_its_own_ends_a_brotli_stream() -> None:
    async with open_loop():
        compressed = await through(zlib.create_brotli_compress(), b"abc")
        assert await through(zlib.create_brotli_decompress(), compressed, b"garbage") == b"abc"
        with pytest.raises(errors.ERR_TRAILING_JUNK_AFTER_STREAM_END):
            await through(zlib.create_brotli_decompress(reject_garbage_after_end=True), compressed, b"garbage")


async def test_what_is_no_brotli_is_an_error() -> None:
    async with open_loop():
        with pytest.raises(errors.ZlibError, match=r"^Decompression failed$") as caught:
            await through(zlib.create_brotli_decompress(), b"garbage garbage")
        assert (caught.value.code, caught.value.errno) == ("ERR_BROTLI_DECOMPRESSION_FAILED", -1)


async def test_frames_of_zstd_follow_each_other_by_chunks() -> None:
    async with open_loop():
        one, two = [await through(zlib.create_zstd_compress(), data) for data in (TEXT[:40_000], b"abc")]
        skippable = (0x184D2A53).to_bytes(4, "little") + (5).to_bytes(4, "little") + b"12345"
        assert await through(zlib.create_zstd_decompress(), one, skippable, two) == TEXT[:40_000] + b"abc"
        pieces = [piece for frame in (one, skippable, two) for piece in cut(frame, 5)]
        assert await through(zlib.create_zstd_decompress(), *pieces) == TEXT[:40_000] + b"abc"
        assert await through(zlib.create_zstd_decompress(), one + two) == TEXT[:40_000]


async def test_a_window_that_is_too_large_is_refused() -> None:
    large = {zlib.constants.ZSTD_c_windowLog: 22, zlib.constants.ZSTD_c_contentSizeFlag: 0}
    async with open_loop():
        compressed = await through(zlib.create_zstd_compress(params=large), TEXT)
        with pytest.raises(errors.ZlibError, match="Frame requires too much memory") as caught:
            await through(zlib.create_zstd_decompress(params={zlib.constants.ZSTD_d_windowLogMax: 20}), compressed)
        assert caught.value.code == "ZSTD_error_frameParameter_windowTooLarge"


# --- bounds ---


def bomb(kind: str, size: int) -> bytes:
    """Compressed zeros."""
    if kind == "BrotliDecompress":
        return bytes(importlib.import_module("brotli").compress(bytes(size), quality=5))
    if kind == "ZstdDecompress":
        encoder = library("a test").compressors({}, b"")(None)
        return encoder.compress(memoryview(bytes(size))) + encoder.end()
    return stdlib_gzip.compress(bytes(size))


@pytest.mark.parametrize("kind", ["Gunzip", "BrotliDecompress", "ZstdDecompress"])
async def test_a_bomb_makes_no_more_than_is_read(kind: str) -> None:
    async with open_loop():
        stream = make(kind)
        stream.write(bomb(kind, 20_000_000))
        made = 0
        original = stream.push

        def push(chunk: bytes | None) -> bool:
            nonlocal made
            made += len(chunk or b"")
            return bool(original(chunk))

        stream.push = push
        taken = 0
        while taken < 1 << 20:
            chunk = stream.read(16384)
            if chunk is None:
                await emitted(stream, "readable")
            else:
                taken += len(chunk)
        await rounds(20)
        assert taken + 65536 <= made <= taken + 65536 + 16384
        assert stream.readable_length == made - taken
        stream.destroy()


@pytest.mark.parametrize("kind", ["Gunzip", "BrotliDecompress", "ZstdDecompress"])
async def test_nothing_is_made_beyond_the_bound_on_output(kind: str) -> None:
    async with open_loop():
        stream = make(kind, max_output_length=100_000)
        seen = collected(stream)
        with pytest.raises(errors.ERR_BUFFER_TOO_LARGE, match=r"^Cannot create a Buffer larger than 100000 bytes$"):
            await through(stream, bomb(kind, 20_000_000))
        assert 100_000 - 16384 < sum(map(len, seen)) <= 100_000
        assert await through(make(kind, maxOutputLength=100_000), bomb(kind, 100_000)) == bytes(100_000)


async def test_the_write_that_goes_beyond_the_bound_fails() -> None:
    async with open_loop():
        stream = zlib.create_gunzip(max_output_length=2)
        stream.on("error", lambda error: None)
        stream.resume()
        assert isinstance(await written(stream, GZIP), errors.ERR_BUFFER_TOO_LARGE)


async def test_a_large_piece_is_made_in_several_turns() -> None:
    async with open_loop():
        stream = zlib.create_gunzip(chunk_size=5_000_000)
        sizes: list[int] = []
        stream.on("data", lambda chunk: sizes.append(len(chunk)))
        stream.write(bomb("Gunzip", 6_000_000))
        await rounds(10)
        assert sizes == []
        stream.end()
        await finished(stream)
        assert sizes == [5_000_000, 1_000_000]


@pytest.mark.parametrize("kind", ["Gunzip", "BrotliDecompress", "ZstdDecompress"])
async def test_others_have_their_turn_while_a_large_chunk_is_decompressed(kind: str) -> None:
    async with open_loop():
        rounds_gone = 0
        stream = make(kind)

        def count() -> None:
            nonlocal rounds_gone
            rounds_gone += 1
            if not stream.destroyed:
                set_immediate(count)

        set_immediate(count)
        await through(stream, bomb(kind, 4_000_000))
        assert rounds_gone > 4_000_000 // 65536 // 3


@pytest.mark.parametrize(
    ("kind", "options"),
    [("Gzip", {}), ("BrotliCompress", {}), ("ZstdCompress", {"params": {100: 12}})],
)
async def test_a_large_chunk_is_compressed_in_a_thread(kind: str, options: dict[str, Any]) -> None:
    async with open_loop() as loop:
        in_threads = []
        original = loop.run_in_thread

        def run_in_thread(function: Callable[..., Any], *args: Any, **keywords: Any) -> None:
            in_threads.append(function)
            original(function, *args, **keywords)

        loop.run_in_thread = run_in_thread  # type: ignore[method-assign]
        data = bytes(50_000) + NOISE
        compressed = await through(make(kind, options), data)
        assert in_threads
        assert await through(make({**dict(PAIRS), "Gzip": "Gunzip"}[kind]), compressed) == data


async def test_small_chunks_need_no_thread() -> None:
    async with open_loop() as loop:

        def run_in_thread(*args: Any, **keywords: Any) -> None:
            raise AssertionError

        loop.run_in_thread = run_in_thread  # type: ignore[method-assign]
        for kind in ("Gzip", "Deflate", "DeflateRaw", "ZstdCompress"):
            await through(make(kind), *cut(TEXT, 65536))


async def test_a_reader_that_stops_and_goes_on_gets_everything() -> None:
    async with open_loop():
        stream = zlib.create_gunzip(chunk_size=1000, high_water_mark=3000)
        stream.end(stdlib_gzip.compress(TEXT))
        pieces = []
        async for piece in stream:
            pieces.append(piece)
            await a_round()
        assert b"".join(pieces) == TEXT


# --- blocks of zstd ---


@pytest.mark.parametrize("size", [3, 7, 1000, 1 << 20])
@pytest.mark.parametrize(
    "params", [{}, {201: 1}, {200: 0}, {100: 1, 201: 1, 101: 12}], ids=["plain", "checksum", "streamed", "window"]
)
async def test_no_more_than_one_block_is_decompressed_at_a_time(params: dict[int, int], size: int) -> None:
    async with open_loop():
        frame = await through(zlib.create_zstd_compress(params=params), TEXT, bytes(1_000_000), NOISE * 3)
    decompressor = library("a test").decompressors({}, b"")()
    finder, total = BlockFinder(), 0
    for piece in cut(frame, size):
        view = memoryview(piece)
        while view:
            count = finder.next(view)
            output = decompressor.decompress(view[:count])
            assert len(output) <= 128 * 1024
            total += len(output)
            view = view[count:]
    assert decompressor.eof
    assert total == len(TEXT) + 1_000_000 + len(NOISE) * 3


@pytest.mark.parametrize("garbage", [b"garbage garbage", b"\x28\xb5\x2f\xfc12345678", bytes(20)])
def test_what_is_no_frame_is_left_to_the_library(garbage: bytes) -> None:
    finder = BlockFinder()
    assert finder.next(memoryview(garbage)) == len(garbage)
    assert finder.next(memoryview(garbage)) == len(garbage)


# --- flush, params, reset ---


@pytest.mark.parametrize(("there", "back"), PAIRS)
async def test_a_flush_lets_out_what_was_written(there: str, back: str) -> None:
    async with open_loop():
        compressor, decompressor = make(there), make(back)
        seen = collected(compressor)
        result = collected(decompressor)
        compressor.write(b"abc")
        await flushed(compressor)
        await written(decompressor, b"".join(seen))
        assert b"".join(result) == b"abc"
        compressor.destroy()
        decompressor.destroy()


async def test_flushes_and_writes_keep_their_order() -> None:
    async with open_loop():
        compressor, decompressor = zlib.create_gzip(), zlib.create_gunzip()
        events: list[Any] = []
        decompressor.on("data", events.append)
        compressor.pipe(decompressor)
        for chunk in (b"abc", b"def", b"ghi"):
            compressor.write(chunk, lambda error, chunk=chunk: events.append(("written", chunk)))
            compressor.flush(lambda error, chunk=chunk: events.append(("flushed", chunk)))
        compressor.end()
        await finished(decompressor)
    calls = [event for event in events if isinstance(event, tuple)]
    assert calls == [(what, chunk) for chunk in (b"abc", b"def", b"ghi") for what in ("written", "flushed")]
    assert [event for event in events if isinstance(event, bytes)] == [b"abc", b"def", b"ghi"]


async def test_a_flush_waits_for_the_reader_and_does_not_cost_a_drain() -> None:
    async with open_loop():
        stream = zlib.create_gzip(level=0, high_water_mark=16)
        drained = []
        stream.on("drain", lambda: drained.append(True))
        assert stream.write(b"A" * 100_000) is False
        called: list[Any] = []
        stream.flush(called.append)
        await rounds(10)
        assert (called, drained, stream.writable_need_drain) == ([], [], True)
        stream.resume()
        await emitted(stream, "drain")
        await rounds(10)
        assert (called, len(drained)) == ([None], 1)
        stream.destroy()


@pytest.mark.parametrize("kind", [0, 1, 2, 3, 5])
async def test_every_kind_of_flush_leaves_a_stream_that_can_go_on(kind: int) -> None:
    async with open_loop():
        for there, back in PAIRS[:3]:
            stream = make(there)
            seen = collected(stream)
            for piece in cut(TEXT, 9000):
                await written(stream, piece)
                await flushed(stream, kind)
            stream.end()
            await finished(stream)
            assert await through(make(back), b"".join(seen)) == TEXT


@pytest.mark.parametrize(("there", "back"), [("Gzip", "Gunzip"), ("Deflate", "Inflate"), ("DeflateRaw", "InflateRaw")])
async def test_the_level_can_change_in_the_middle(there: str, back: str) -> None:
    async with open_loop():
        stream = make(there, level=9)
        seen = collected(stream)
        stream.write(TEXT)
        stream.params(0, zlib.constants.Z_DEFAULT_STRATEGY, lambda error: seen.append(b""))
        stream.write(TEXT)
        await flushed(stream)
        before, after = b"".join(seen[: seen.index(b"")]), b"".join(seen[seen.index(b"") :])
        assert len(before) < len(TEXT) < len(after) + 10
        stream.params(9, zlib.constants.Z_HUFFMAN_ONLY)
        stream.end(TEXT)
        await finished(stream)
        assert await through(make(back), b"".join(seen)) == TEXT * 3


async def test_params_that_change_nothing_only_call_back() -> None:
    async with open_loop():
        stream = zlib.create_deflate(level=3)
        called: Promise[Any] = Promise()
        stream.params(3, 0, called.resolve)
        stream.params(3, 0)
        with trio.fail_after(5):
            await called
        assert (stream._level, stream.readable_length) == (3, 0)
        stream.destroy()


@pytest.mark.parametrize(("there", "back"), PAIRS)
async def test_a_compressor_that_was_reset_begins_anew(there: str, back: str) -> None:
    async with open_loop():
        stream = make(there)
        seen = collected(stream)
        await written(stream, b"lost")
        seen.clear()
        stream.reset()
        await written(stream, b"abc")
        stream.end()
        await finished(stream)
        assert await through(make(back), b"".join(seen)) == b"abc"


@pytest.mark.parametrize(("there", "back"), PAIRS)
async def test_a_decompressor_that_was_reset_takes_another_stream(there: str, back: str) -> None:
    async with open_loop():
        compressed = await through(make(there), TEXT[:500])
        stream = make(back)
        await written(stream, compressed[:20])
        stream.reset()
        seen = collected(stream)
        stream.read()
        seen.clear()
        await written(stream, compressed)
        assert b"".join(seen).endswith(TEXT[:500])
        stream.destroy()


async def test_a_stream_cannot_be_reset_while_it_works_or_when_it_is_closed() -> None:
    async with open_loop():
        stream = zlib.create_gzip()
        stream.write(b"abc")
        with pytest.raises(errors.NodeError, match=r"^Cannot reset zlib stream while a write is in progress$"):
            stream.reset()
        stream.close()
        with pytest.raises(errors.ERR_STREAM_DESTROYED):
            stream.reset()


# --- the life of a stream ---


async def test_a_write_is_never_done_within_the_call() -> None:
    async with open_loop():
        for kind in KINDS:
            stream = make(kind)
            called: list[Any] = []
            stream.write(b"", called.append)
            assert called == []
            assert stream.bytes_written == 0
            await flushed(stream)
            assert called == [None]
            stream.destroy()


@pytest.mark.parametrize("kind", KINDS)
async def test_a_stream_can_be_destroyed_while_a_thread_works(kind: str) -> None:
    async with open_loop():
        stream = make(kind, **({"params": {}} if "li" in kind else {}))
        events: list[Any] = []
        for event in ("data", "end", "finish", "error", "close"):
            stream.on(event, lambda *args, event=event: events.append(event))
        stream.write(NOISE * 20, lambda error: events.append("written"))
        stream.destroy()
        await emitted(stream, "close")
    assert events == ["close", "written"]
    assert stream._closed


async def test_a_loop_that_is_cancelled_waits_for_the_thread() -> None:
    async with open_loop() as loop:
        stream = zlib.create_brotli_compress()
        stream.write(NOISE)
        await a_round()
        loop._nursery_now().cancel_scope.cancel()
    assert stream.destroyed is False


async def test_nothing_holds_a_stream_that_nobody_uses() -> None:
    async with open_loop():
        references = [weakref.ref(make(kind)) for kind in KINDS]
        gc.collect()
        assert [reference() for reference in references] == [None] * len(KINDS)


def test_an_idle_stream_does_not_keep_the_loop_alive() -> None:
    def main() -> None:
        for kind in KINDS:
            make(kind).write(b"")

    run(main)


async def test_a_stream_that_is_destroyed_is_unpiped() -> None:
    async with open_loop():
        source, stream = PassThrough(), zlib.create_gzip()
        unpiped = []
        stream.on("unpipe", lambda source, _info: unpiped.append(source))
        source.pipe(stream)
        source.write(b"abc")
        await a_round()
        stream.destroy()
        await emitted(stream, "close")
        assert unpiped == [source]
        source.destroy()


async def test_a_pipeline_fails_with_the_error_of_the_data() -> None:
    async with open_loop():
        source = Readable.from_([b"this is ", b"not gzip"])
        with pytest.raises(errors.ZlibError, match="incorrect header check"):
            await pipeline(source, zlib.create_gunzip(), PassThrough())
        assert source.destroyed


async def test_only_bytes_and_strings_can_be_written() -> None:
    async with open_loop():
        stream = zlib.create_gzip(object_mode=True)
        for chunk in (5, {}, []):
            with pytest.raises(errors.ERR_INVALID_ARG_TYPE):
                stream.write(chunk)
        with pytest.raises(errors.ERR_STREAM_NULL_VALUES):
            stream.write(None)
        stream.destroy()


async def test_strings_are_encoded_and_may_be_decoded_again() -> None:
    async with open_loop():
        stream = zlib.create_gzip(default_encoding="latin1")
        seen = collected(stream)
        stream.end("äöü")
        await finished(stream)
        decompressor = zlib.create_gunzip()
        decompressor.set_encoding("latin1")
        text = collected(decompressor)
        decompressor.end(b"".join(seen))
        await finished(decompressor)
        assert "".join(text) == "äöü"


async def test_a_write_after_the_end_or_after_close_is_an_error() -> None:
    async with open_loop():
        for end, kind in (("end", errors.ERR_STREAM_WRITE_AFTER_END), ("close", errors.ERR_STREAM_DESTROYED)):
            stream = zlib.create_gzip()
            stream.on("error", lambda error: None)
            getattr(stream, end)()
            assert isinstance(await written(stream, b"abc"), kind)


async def test_close_calls_back_when_the_stream_is_closed() -> None:
    async with open_loop():
        stream = zlib.create_gzip()
        outcome: Promise[Any] = Promise()
        stream.close(outcome.resolve)
        assert stream._closed
        assert isinstance(await outcome, errors.ERR_STREAM_PREMATURE_CLOSE)
        ended: Promise[Any] = Promise()
        stream = zlib.create_gzip()
        stream.resume().end(b"abc")
        await emitted(stream, "end")
        stream.close(ended.resolve)
        assert await ended is None


async def test_a_flush_of_a_stream_that_has_ended_only_calls_back() -> None:
    async with open_loop():
        stream = zlib.create_gzip()
        stream.resume().end(b"abc")
        stream.flush()
        await flushed(stream)
        assert stream.readable_ended
        await flushed(stream)
        stream.params(1, 1)


async def test_pieces_count_as_one_chunk() -> None:
    async with open_loop():
        stream = zlib.create_gzip()
        seen = collected(stream)
        stream.write(Pieces([b"abc", b"def"]))
        stream.end()
        await finished(stream)
        assert stdlib_gzip.decompress(b"".join(seen)) == b"abcdef"


# --- names and options ---


NUMBERS = [
    ("Gzip", {"chunk_size": 63}, 'The value of "options.chunkSize" is out of range. It must be >= 64. Received 63'),
    ("Gzip", {"flush": 6}, 'The value of "options.flush" is out of range. It must be >= 0 and <= 5. Received 6'),
    ("Gzip", {"level": 10}, 'The value of "options.level" is out of range. It must be >= -1 and <= 9. Received 10'),
    ("Gzip", {"level": math.inf}, 'The value of "options.level" is out of range. It must be a finite number. Received '
     "Infinity"),
    ("Gzip", {"window_bits": 0}, 'The value of "options.windowBits" is out of range. It must be >= 9 and <= 15. '
     "Received 0"),
    ("BrotliCompress", {"finish_flush": 4}, 'The value of "options.finishFlush" is out of range. It must be >= 0 and '
     "<= 3. Received 4"),
    ("ZstdCompress", {"params": {999: 1}}, "999 is not a valid zstd parameter"),
    ("BrotliCompress", {"params": {None: 1}}, "undefined is not a valid Brotli parameter"),
    ("BrotliCompress", {"params": {1: 1, "1": 2}}, "1 is not a valid Brotli parameter"),
]  # fmt: skip


@pytest.mark.parametrize(("kind", "options", "message"), NUMBERS)
def test_a_number_out_of_range_is_refused(kind: str, options: dict[str, Any], message: str) -> None:
    with pytest.raises(errors.NodeRangeError) as caught:
        make(kind, options)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    "options",
    [
        {"chunk_size": "64"},
        {"level": "9"},
        {"strategy": True},
        {"dictionary": "abc"},
        {"dictionary": [1]},
        {"reject_garbage_after_end": 1},
        {"max_output_length": "5"},
    ],
)
def test_an_option_of_the_wrong_type_is_refused(options: dict[str, Any]) -> None:
    with pytest.raises(errors.ERR_INVALID_ARG_TYPE):
        make("Deflate", options)
    with pytest.raises(errors.ERR_INVALID_ARG_TYPE, match=r"options\.params\[key\]"):
        zlib.create_zstd_compress(params={100: "x"})


async def test_a_number_that_is_none_stands_for_the_default() -> None:
    async with open_loop():
        stream = zlib.create_gzip({"level": math.nan, "strategy": None, "chunkSize": math.nan, "windowBits": 9.7})
        assert (stream._level, stream._strategy) == (-1, 0)
        assert stdlib_gzip.decompress(await through(stream, TEXT)) == TEXT


def test_crc32_goes_on_from_a_value() -> None:
    assert zlib.crc32("abcdef") == zlib.crc32(b"def", zlib.crc32(bytearray(b"abc"))) == stdlib_zlib.crc32(b"abcdef")
    assert zlib.crc32("é") == stdlib_zlib.crc32("é".encode())
    wrong: list[tuple[Any, ...]] = [(5,), ("abc", "x"), ("abc", True)]
    for args in wrong:
        with pytest.raises(errors.ERR_INVALID_ARG_TYPE):
            zlib.crc32(*args)
    for value in (-1, 2**32, 1.5):
        with pytest.raises(errors.ERR_OUT_OF_RANGE):
            zlib.crc32("abc", value)


def test_every_class_has_a_function_that_makes_one() -> None:
    def main() -> None:
        for kind in KINDS:
            function = getattr(zlib, f"create_{snake_case(kind)}")
            assert getattr(zlib, f"create{kind}") is function
            assert type(function()) is type(function({"chunkSize": 100}, chunk_size=200)) is getattr(zlib, kind)

    run(main)


async def test_an_unknown_keyword_is_an_error_and_an_unknown_key_is_not() -> None:
    async with open_loop():
        zlib.create_gzip({"transform": lambda: None, "nothing": 1})
        for keywords in ({"transform": lambda: None}, {"nothing": 1}, {"params": {}}):
            with pytest.raises(TypeError, match="unexpected keyword argument"):
                zlib.create_gzip(**keywords)
        with pytest.raises(errors.ERR_INVALID_ARG_TYPE):
            zlib.create_gzip(5)  # type: ignore[arg-type]


async def test_names_of_node_work_on_instances() -> None:
    async with open_loop():
        stream = zlib.createGzip({"windowBits": 9, "memLevel": 9})
        await written(stream, b"abc")
        assert stream.bytesWritten == stream.bytes_written == 3
        stream.bytesWritten = 5
        assert stream.bytes_written == 5
        stream.destroy()


async def test_a_subclass_may_change_how_chunks_are_made() -> None:
    class Doubling(zlib.DeflateRaw):
        def _transform(self, chunk: Any, encoding: str | None, callback: Callable[..., object]) -> None:
            super()._transform(chunk * 2 if isinstance(chunk, bytes) else chunk, encoding, callback)

    async with open_loop():
        stream = Doubling(level=0)
        stream.push(b"x" * 10)
        assert stdlib_zlib.decompress((await through(stream, b"ab"))[10:], -15) == b"abab"


def test_constants_are_read_only() -> None:
    assert zlib.constants["Z_BEST_SPEED"] == zlib.constants.Z_BEST_SPEED == zlib.Z_BEST_SPEED == 1
    assert (zlib.codes["Z_DATA_ERROR"], zlib.codes[-3]) == (-3, "Z_DATA_ERROR")
    with pytest.raises(TypeError):
        zlib.constants.Z_OK = 5
    with pytest.raises(TypeError):
        zlib.constants["Z_OK"] = 5  # type: ignore[index]
    for name in ("Z_NOTHING", "BROTLI_PARAM_MODE"):
        with pytest.raises(AttributeError):
            getattr(zlib, name)
    with pytest.raises(AttributeError):
        _ = zlib.constants.Z_NOTHING
    assert pickle.loads(pickle.dumps(zlib.constants)) == zlib.constants
    assert "Z_OK" in dir(zlib.constants)
    assert repr(zlib.codes).startswith("{'Z_OK': 0,")


@pytest.mark.parametrize(
    ("kind", "package"),
    [
        ("BrotliCompress", "brotli"),
        ("BrotliDecompress", "brotli"),
        ("ZstdCompress", "zstandard"),
        ("ZstdDecompress", "zstandard"),
    ],
)
def test_without_the_package_the_error_says_what_to_install(
    kind: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    monkeypatch.setitem(sys.modules, "compression.zstd", None)
    text = rf"^{kind} needs the package {package}: pip install nodehttp\[zlib\]$"
    with pytest.raises(ModuleNotFoundError, match=text):
        make(kind)


def test_an_old_brotli_cannot_bound_its_output_and_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    class Old:
        class Decompressor:
            """Without `can_accept_more_data`."""

    monkeypatch.setitem(sys.modules, "brotli", Old)
    with pytest.raises(ModuleNotFoundError, match=r"needs brotli 1\.2"):
        zlib.create_brotli_decompress()


@pytest.mark.parametrize(
    ("kind", "options", "message"),
    [
        ("BrotliCompress", {"dictionary": b"abc"}, "The package brotli does not support dictionaries"),
        ("BrotliDecompress", {"dictionary": b"abc"}, "The package brotli does not support dictionaries"),
        ("BrotliCompress", {"params": {6: True}}, "The package brotli does not support large windows"),
        ("BrotliDecompress", {"params": {1: True}}, "The package brotli does not support large windows"),
        ("BrotliDecompress", {"params": {2: 10}}, "Initialization failed"),
        ("BrotliCompress", {"flush": 3}, "The package brotli cannot write metadata"),
        ("ZstdCompress", {"params": {101: 9}}, "Setting parameter failed"),
        ("ZstdCompress", {"params": {50: 1}}, "Setting parameter failed"),
        ("ZstdDecompress", {"params": {100: 9}}, "Setting parameter failed"),
        ("ZstdDecompress", {"params": {1: 9}}, "Setting parameter failed"),
    ],
)
def test_what_a_library_cannot_do_is_refused_when_a_stream_is_made(
    kind: str, options: dict[str, Any], message: str
) -> None:
    with pytest.raises(errors.ERR_ZLIB_INITIALIZATION_FAILED) as caught:
        make(kind, options)
    assert str(caught.value) == message


async def test_a_flush_with_metadata_is_one_with_none() -> None:
    async with open_loop():
        stream = zlib.create_brotli_compress()
        seen = collected(stream)
        stream.write(b"abc")
        await flushed(stream, zlib.constants.BROTLI_OPERATION_EMIT_METADATA)
        stream.end()
        await finished(stream)
        assert await through(zlib.create_brotli_decompress(), b"".join(seen)) == b"abc"


async def test_brotli_moves_its_numbers_into_their_bounds() -> None:
    async with open_loop():
        for params in ({1: 99, 2: 99, 3: 99}, {1: -5, 2: 1, 3: 1}, {0: 9, 3: 0, 1: 1}):
            compressed = await through(zlib.create_brotli_compress(params=params), TEXT[:1000])
            assert await through(zlib.create_brotli_decompress(), compressed) == TEXT[:1000]


async def test_any_number_of_workers_is_taken_for_the_nearest_that_can_be() -> None:
    async with open_loop():
        for number in (-2, 0, 2, 5000):
            compressed = await through(
                zlib.create_zstd_compress(params={zlib.constants.ZSTD_c_nbWorkers: number}), TEXT
            )
            assert await through(zlib.create_zstd_decompress(), compressed) == TEXT


def test_a_pledged_size_is_a_number() -> None:
    with pytest.raises(errors.ERR_INVALID_ARG_TYPE):
        zlib.create_zstd_compress(pledged_src_size="5")
    with pytest.raises(errors.NodeTypeError, match=r"^pledgedSrcSize may not be negative$") as caught:
        zlib.create_zstd_compress(pledged_src_size=-1)
    assert caught.value.code == "ERR_INVALID_ARG_VALUE"
