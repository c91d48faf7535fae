"""Compress files, each into one of its own: `python examples/gzip_files.py FILE ...`; with `-d`, decompress them."""

import sys
from pathlib import Path

from nodestream import run
from nodestream.errors import NodeError
from nodestream.events import once
from nodestream.fs import create_read_stream, create_write_stream
from nodestream.promises import pipeline
from nodestream.zlib import create_gunzip, create_gzip

LARGEST = 1 << 30  # what is gunzipped may be of a stranger's making


async def convert(path, target, transform):
    output = create_write_stream(target, flags="wx")
    try:
        await pipeline(create_read_stream(path), transform, output)
    except NodeError as error:
        if not output.closed:
            await once(output, "close")
        if error.code != "EEXIST":
            Path(target).unlink(missing_ok=True)  # it is not whole
        sys.exit(f"{path}: {error}")
    print(f"{target}: {transform.bytes_written} to {output.bytes_written} bytes")


async def main(*arguments):
    for path in arguments:
        if "-d" not in arguments:
            await convert(path, path + ".gz", create_gzip(level=9))
        elif path.endswith(".gz"):
            await convert(path, path.removesuffix(".gz"), create_gunzip(max_output_length=LARGEST))
        elif path != "-d":
            sys.exit(f"{path}: its name does not end in .gz")


if __name__ == "__main__":
    if sys.argv[1:] in ([], ["-d"]):
        sys.exit("usage: gzip_files.py [-d] FILE ...")
    run(main, *sys.argv[1:])
