"""Upload a file in chunks: `python examples/upload.py FILE URL`."""

import sys

import nodehttp as http
from nodestream.fs import create_read_stream
from nodestream.promises import pipeline


async def main(path, url):
    req = http.request(url, method="POST")

    @req.on("response")
    async def answer(res):
        body = b"".join([chunk async for chunk in res])
        print(res.status_code, body.decode())

    await pipeline(create_read_stream(path), req)


http.run(main, *sys.argv[1:])
