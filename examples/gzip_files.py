"""Compress files, each into one of its own: `python examples/gzip_files.py FILE ...`; with `-d`, decompress them."""

import sys

from nodestream import run
from nodestream.fs import create_read_stream, create_write_stream
from nodestream.promises import pipeline
from nodestream.zlib import create_gunzip, create_gzip

LARGEST = 1 << 30  # what is gunzipped may be of a stranger's making


async def main(*arguments):
    decompress = "-d" in arguments
    for path in arguments:
        if path != "-d":
            target = path.removesuffix(".gz") if decompress else path + ".gz"
            transform = create_gunzip(max_output_length=LARGEST) if decompress else create_gzip(level=9)
            output = create_write_stream(target, flags="wx")
            await pipeline(create_read_stream(path), transform, output)
            print(f"{target}: {transform.bytes_written} to {output.bytes_written} bytes")


run(main, *sys.argv[1:])
