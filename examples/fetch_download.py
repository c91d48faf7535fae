"""Download a file, and show how far it is: `python examples/fetch_download.py URL FILE [SECONDS]`.

What comes goes to the disk as it comes, decompressed if need be. When it is not all there after so many seconds (300),
nothing is left of it.
"""

import sys
from contextlib import suppress
from pathlib import Path

import nodehttp
from nodehttp.fetch import fetch
from nodestream.abort import AbortSignal
from nodestream.fs import create_write_stream
from nodestream.promises import finished, pipeline


class Progress:
    """Shows how many bytes have gone through, and which share that is if the length is known."""

    def __init__(self, headers):
        # With a content coding, Content-Length counts the bytes before they are decompressed.
        self.total = 0 if "content-encoding" in headers else int(headers.get("content-length") or 0)

    async def __call__(self, chunks):
        received = 0
        try:
            async for chunk in chunks:
                received += len(chunk)
                share = f", {received * 100 // self.total} %" if self.total else ""
                print(f"\r{received} bytes{share}", end="", file=sys.stderr)
                yield chunk
        finally:
            print(file=sys.stderr)


async def main(url, path, seconds="300"):
    response = await fetch(url, signal=AbortSignal.timeout(float(seconds) * 1000))
    if not response.ok or response.body is None:
        sys.exit(f"the server answered {response.status} {response.status_text}")
    partial = Path(f"{path}.part")
    output = create_write_stream(partial)
    try:
        await pipeline(response.body, Progress(response.headers), output)
        partial.rename(path)
    finally:
        with suppress(Exception):
            await finished(output)  # a file that is still being opened cannot be removed
        partial.unlink(missing_ok=True)
    print(f"{path}: {output.bytes_written} bytes")


if __name__ == "__main__":
    if len(sys.argv) not in (3, 4):
        sys.exit("usage: fetch_download.py URL FILE [SECONDS]")
    try:
        nodehttp.run(main, *sys.argv[1:])
    except Exception as error:
        sys.exit(f"the download failed: {getattr(error, 'cause', None) or error}")
