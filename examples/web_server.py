"""A server of the web's kind: `python examples/web_server.py`, and open what it prints.

It is a function from a Request to a Response. The page is form_upload.html. What is uploaded is hashed and not kept.
`UPSTREAM=http://... python examples/web_server.py` passes on what is asked for below /upstream/.
"""

import hashlib
import logging
import os
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit

import trio

import nodehttp
from nodehttp.fetch import Response, fetch
from nodehttp.web import serve
from nodestream.consumers import text
from nodestream.errors import FormError
from nodestream.fs import open_as_blob

PAGE = Path(__file__).with_name("form_upload.html")
UPSTREAM = os.environ.get("UPSTREAM", "http://127.0.0.1:8080")
LARGEST = 1 << 30


async def receive(request):
    """The fields and files of a form, each as it comes: of a file only one piece is in memory."""
    fields, files = {}, []
    async for part in request.parts(max_file_size=LARGEST):
        if part.filename is None:
            fields[part.name] = await text(part)
            continue
        sha256, size = hashlib.sha256(), 0
        async for chunk in part:
            sha256.update(chunk)
            size += len(chunk)
        files.append({"name": part.filename, "type": part.type, "size": size, "sha256": sha256.hexdigest()})
    return {"fields": fields, "files": files}


async def ticks(count):
    """What is sent as it is made; when the client goes, it is closed."""
    for n in range(1, count + 1):
        yield f"tick {n} of {count}\n"
        await trio.sleep(0.2)


async def forward(url, request):
    """What another server answers, as it comes; given up when the client goes."""
    try:
        return await fetch(url, signal=request.signal)
    except TypeError as error:
        return Response(f"The upstream does not answer: {error.cause}\n", status=502)


async def handler(request):
    url = urlsplit(request.url)
    match request.method, url.path.split("/")[1:]:
        case "GET", [""]:
            return Response(await open_as_blob(PAGE, type="text/html; charset=utf-8"))
        case "POST", ["upload"]:
            return Response.json(await receive(request))
        case "GET", ["ticks"]:
            return Response(ticks(5), headers={"Content-Type": "text/plain"})
        case "GET", ["upstream", *path]:
            return await forward(f"{UPSTREAM}/{'/'.join(path)}?{url.query}", request)
    return Response.json({"error": "There is nothing here."}, status=404)


def on_error(error):
    if isinstance(error, FormError):
        return Response.json({"error": str(error)}, status=error.status)
    logging.error("a handler failed", exc_info=error)
    return Response.json({"error": "This did not work."}, status=500)


if __name__ == "__main__":
    server = serve(handler, port=int(os.environ.get("PORT", "3000")), host="127.0.0.1", on_error=on_error)
    server.on("error", lambda error: sys.exit(f"the server cannot listen: {error}"))
    server.on("listening", lambda: print(f"http://127.0.0.1:{server.address()['port']}/", flush=True))
    with suppress(KeyboardInterrupt):
        nodehttp.run()
