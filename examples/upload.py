"""Upload a file in chunks: `python examples/upload.py FILE URL`."""

import sys

import nodehttp as http
from nodehttp import https
from nodestream.consumers import text
from nodestream.errors import NodeError
from nodestream.events import once
from nodestream.fs import create_read_stream
from nodestream.promises import pipeline


async def main(path, url):
    req = (https if url.startswith("https:") else http).request(url, method="POST")
    answers = []
    req.on("response", answers.append)  # it may come before all is sent
    await pipeline(create_read_stream(path), req)
    [res] = answers or await once(req, "response")
    print(res.status_code, await text(res))


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: upload.py FILE URL")
    try:
        http.run(main, *sys.argv[1:])
    except NodeError as error:
        sys.exit(f"the upload failed: {error}")
