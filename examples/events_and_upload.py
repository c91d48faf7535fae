"""A page with server-sent events and an upload: `python examples/events_and_upload.py`, and open what it prints.

What is uploaded is counted and hashed, and not kept. Everyone who has the page open sees how far it is. The page itself
is events_and_upload.html.
"""

import hashlib
import json
import os
import sys
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qs

import nodehttp as http
from nodestream.errors import NodeError
from nodestream.fs import create_read_stream
from nodestream.timers import set_interval

PAGE = Path(__file__).with_suffix(".html")
watchers = set()


def tell(event, **data):
    """Send an event to every page. One that does not read goes without progress; for the rest it has to come back."""
    for res in list(watchers):
        if not res.writable_need_drain:
            res.write(f"event: {event}\ndata: {json.dumps(data)}\n\n")
        elif event != "progress":
            watchers.remove(res)
            res.destroy()


def watch(res):
    def gone():
        watchers.discard(res)
        tell("watching", count=len(watchers))

    res.write_head(200, {"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    res.write("retry: 500\n\n")  # milliseconds until a page that was cut off comes back
    watchers.add(res)
    res.on("close", gone)
    tell("watching", count=len(watchers))


async def receive(req, res, id, name):
    total = int(req.headers.get("content-length", "0"))
    sha256, received, percent = hashlib.sha256(), 0, 0
    tell("begun", id=id, name=name, total=total)
    try:
        async for chunk in req:
            sha256.update(chunk)
            received += len(chunk)
            if total and received * 100 // total > percent:
                percent = received * 100 // total
                tell("progress", id=id, received=received, total=total)
    except NodeError as error:  # the browser has gone, or cancelled
        tell("broken", id=id, name=name, received=received, why=str(error))
        return
    told = {"id": id, "name": name, "received": received, "sha256": sha256.hexdigest()}
    tell("done", **told)
    res.write_head(201, {"Content-Type": "application/json"}).end(json.dumps(told))


async def on_request(req, res):
    path, _, rest = req.url.partition("?")
    query = {name: values[0] for name, values in parse_qs(rest).items()}
    if (req.method, path) == ("GET", "/"):
        res.write_head(200, {"Content-Type": "text/html; charset=utf-8", "Content-Length": PAGE.stat().st_size})
        create_read_stream(PAGE).pipe(res)
    elif (req.method, path) == ("GET", "/events"):
        watch(res)
    elif (req.method, path) == ("PUT", "/upload"):
        await receive(req, res, query.get("id"), query.get("name"))
    else:
        res.write_head(404, {"Content-Type": "text/plain"}).end("There is nothing here.\n")


server = http.create_server({"requestTimeout": 0}, on_request)  # an upload may take as long as it takes
server.on("error", lambda error: sys.exit(f"the server cannot listen: {error}"))
server.listen(
    int(os.environ.get("PORT", "3000")),
    "127.0.0.1",
    lambda: print(f"http://127.0.0.1:{server.address()['port']}/", flush=True),
)
set_interval(lambda: tell("alive"), 15_000).unref()
with suppress(KeyboardInterrupt):
    http.run()
