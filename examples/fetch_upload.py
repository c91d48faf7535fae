"""Upload files as a form, or standard input as it comes.

    python examples/fetch_upload.py URL FILE ...
    tail -f log | python examples/fetch_upload.py URL

No file is read before its turn to be sent has come, and then piece by piece.
"""

import sys
from pathlib import Path

import trio

import nodehttp
from nodehttp.fetch import FormData, fetch
from nodestream.fs import open_as_blob


async def form_of(paths):
    form = FormData()
    form.append("count", len(paths))
    for path in paths:
        form.append("file", await open_as_blob(path), Path(path).name)
    return form


async def lines():
    while line := await trio.to_thread.run_sync(sys.stdin.buffer.readline, abandon_on_cancel=True):
        yield line


async def main(url, *paths):
    # The type of a form, with its boundary, is set by fetch. Only a body that is a stream needs `duplex`.
    body = {"body": await form_of(paths)} if paths else {"body": lines(), "duplex": "half"}
    response = await fetch(url, method="POST", **body)
    print(response.status, await response.text())


if __name__ == "__main__":
    if len(sys.argv) == 1:
        sys.exit("usage: fetch_upload.py URL [FILE ...]")
    try:
        nodehttp.run(main, *sys.argv[1:])
    except Exception as error:
        sys.exit(f"the upload failed: {error.__cause__ or error}")
