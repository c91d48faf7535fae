"""Data that goes to the real Node, or comes from it: the same bytes come out on the other side."""

from __future__ import annotations

import json
import subprocess
from typing import Any

import pytest

from compliance._node import node_binary
from nodestream import zlib
from nodestream.loop import open_loop

from .test_zlib import NOISE, PAIRS, TEXT, cut, make, through

Case = tuple[str, dict[str, Any]]

C = zlib.constants
DATA = TEXT[:30_000] + NOISE[:30_000] + bytes(100_000)

# Reads a JSON line [class, options, length] and that many bytes; writes what comes out, and its length before it.
SCRIPT = """
const zlib = require('node:zlib');
const input = require('node:fs').readFileSync(0);
let at = 0;
(async () => {
  while (at < input.length) {
    const end = input.indexOf(10, at);
    const [kind, options, length] = JSON.parse(input.subarray(at, end));
    at = end + 1 + length;
    const stream = new zlib[kind](options);
    stream.end(input.subarray(end + 1, at));
    const output = Buffer.concat(await stream.toArray());
    process.stdout.write(`${output.length}\\n`);
    process.stdout.write(output);
  }
})();
"""

OPTIONS: list[Case] = [
    *((there, {}) for there, _ in PAIRS),
    *((kind, {"level": level}) for kind in ("Gzip", "Deflate") for level in (0, 1, 9)),
    *(("DeflateRaw", {"strategy": strategy, "memLevel": 9}) for strategy in range(5)),
    *(("Deflate", {"windowBits": bits}) for bits in (8, 9, 12)),
    *(
        ("BrotliCompress", {"params": {C.BROTLI_PARAM_QUALITY: quality, C.BROTLI_PARAM_LGWIN: 16}})
        for quality in (0, 5)
    ),
    ("BrotliCompress", {"params": {C.BROTLI_PARAM_MODE: 1, C.BROTLI_PARAM_LGBLOCK: 17, C.BROTLI_PARAM_QUALITY: 4}}),
    *(("ZstdCompress", {"params": {C.ZSTD_c_compressionLevel: level}}) for level in (-5, 1, 9, 19)),
    ("ZstdCompress", {"params": {C.ZSTD_c_checksumFlag: 1, C.ZSTD_c_contentSizeFlag: 0, C.ZSTD_c_windowLog: 17}}),
    ("ZstdCompress", {"params": {C.ZSTD_c_enableLongDistanceMatching: 1, C.ZSTD_c_strategy: 2}}),
    ("ZstdCompress", {"pledgedSrcSize": len(DATA)}),
]


def in_node(*jobs: tuple[str, dict[str, Any], bytes]) -> list[bytes]:
    """What Node's streams make of the data given to them."""
    given = b"".join(json.dumps([kind, options, len(data)]).encode() + b"\n" + data for kind, options, data in jobs)
    output = subprocess.run(
        [node_binary(), "--no-warnings", "-e", SCRIPT], input=given, capture_output=True, timeout=60, check=True
    ).stdout
    results = []
    while output:
        length, _, output = output.partition(b"\n")
        results.append(output[: int(length)])
        output = output[int(length) :]
    return results


def shown(case: Case) -> str:
    return f"{case[0]}-{json.dumps(case[1])}"


@pytest.fixture(scope="module")
def from_node() -> dict[str, bytes]:
    """What Node's compressors make of DATA."""
    results = in_node(*((kind, options, DATA) for kind, options in OPTIONS))
    return dict(zip(map(shown, OPTIONS), results, strict=True))


@pytest.mark.parametrize("case", OPTIONS, ids=shown)
async def test_what_node_compressed_is_decompressed(case: Case, from_node: dict[str, bytes]) -> None:
    compressed = from_node[shown(case)]
    async with open_loop():
        for there, back in PAIRS:
            if there == case[0]:
                for size in (len(compressed), 10_000, 177):
                    assert await through(make(back), *cut(compressed, size)) == DATA


async def test_node_decompresses_what_was_compressed_here() -> None:
    jobs = []
    async with open_loop():
        for kind, options in OPTIONS:
            compressed = await through(make(kind, options), *cut(DATA, 50_000))
            jobs += [(back, {}, compressed) for there, back in PAIRS if there == kind]
    for (back, _, _), result in zip(jobs, in_node(*jobs), strict=True):
        assert result == DATA, back


async def test_node_reads_a_stream_whose_level_changed_and_that_was_flushed() -> None:
    jobs = []
    async with open_loop():
        for there, back in PAIRS:
            stream = make(there)
            pieces: list[bytes] = []
            stream.on("data", pieces.append)
            for number, piece in enumerate(cut(DATA, 40_000)):
                stream.write(piece)
                stream.flush()
                if isinstance(stream, zlib.Deflate):
                    stream.params(number % 10, number % 5)
            await through(stream)
            jobs.append((back, {}, b"".join(pieces)))
    assert all(result == DATA for result in in_node(*jobs))


async def test_members_and_frames_one_after_the_other_are_read_alike() -> None:
    async with open_loop():
        for there, back in (("Gzip", "Gunzip"), ("Gzip", "Unzip"), ("ZstdCompress", "ZstdDecompress")):
            both = await through(make(there), TEXT) + await through(make(there), NOISE)
            assert [await through(make(back), both)] == in_node((back, {}, both))
