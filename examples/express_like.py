"""An Express-like program: a router, JSON bodies, files up and down, server-sent events, a proxy.

Beside it, line for line: express_like.mjs.
"""

import json
import os
import re

import nodehttp as http
from nodestream.events import once
from nodestream.fs import create_read_stream, create_write_stream
from nodestream.promises import pipeline

PORT = int(os.environ.get("PORT", "3000"))
FILES = os.environ.get("FILES", ".")
UPSTREAM = os.environ.get("UPSTREAM", "http://127.0.0.1:8080")
LONGEST = 100_000
KNOWN = {"ENOENT": (404, "There is no such file."), "ECONNREFUSED": (502, "The upstream is not there.")}


class HttpError(Exception):
    def __init__(self, status, message):
        super().__init__(message)
        self.status = status


class App:
    def __init__(self):
        self.middleware = []
        self.routes = []

    def use(self, handler):
        self.middleware.append(handler)
        return handler

    def route(self, method, path):  # `:name` is one part of a path, `*` all the rest
        pattern = re.sub(r":(\w+)", r"(?P<\1>[\\w-][\\w.-]*)", path.replace("*", ".*"))

        def add(handler):
            self.routes.append((method, re.compile(pattern, re.ASCII), handler))
            return handler

        return add

    async def handle(self, req, res):
        try:
            for handler in self.middleware:
                handler(req, res)
            path = req.url.split("?")[0]
            for method, pattern, handler in self.routes:
                match = pattern.fullmatch(path)
                if match and method in ("ALL", req.method):
                    return await handler(req, res, **match.groupdict())
            raise HttpError(404, f"There is nothing to {req.method} at {path}.")
        except Exception as error:
            if res.headers_sent:
                return res.destroy(error)
            req.resume()  # lets go by what a handler has left of the body
            other = (getattr(error, "status", 500), str(error))
            status, message = KNOWN.get(getattr(error, "code", None), other)
            send_json(res, status, {"error": message})


def to_json(value):
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def send_json(res, status, value):
    res.write_head(status, {"Content-Type": "application/json"})
    res.end(f"{to_json(value)}\n")


async def read_json(req):
    text = ""
    async for chunk in req.set_encoding("utf8").iterator(destroy_on_return=False):
        text += chunk
        if len(text) > LONGEST:
            raise HttpError(413, "The body is too long.")
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        raise HttpError(400, "The body is not JSON.") from None


app = App()
notes = {}
listeners = set()
counts = {"requests": 0, "events": 0, "notes": 0}


def tell(event, data):
    counts["events"] += 1
    for res in listeners:
        res.write(f"id: {counts['events']}\nevent: {event}\ndata: {to_json(data)}\n\n")


@app.use
def count(req, res):
    counts["requests"] += 1
    res.set_header("X-Request", counts["requests"])


@app.route("GET", "/")
async def hello(req, res):
    res.end("Hello from a router.\n")


@app.route("POST", "/notes")
async def add(req, res):
    body = await read_json(req)
    title = body.get("title") if isinstance(body, dict) else None
    if not isinstance(title, str):
        raise HttpError(422, "A note has a title.")
    counts["notes"] += 1
    note = {"id": counts["notes"], "title": title}
    notes[str(note["id"])] = note
    tell("added", note)
    res.set_header("Location", f"/notes/{note['id']}")
    send_json(res, 201, note)


@app.route("GET", "/notes/:id")
async def show(req, res, id):
    if id not in notes:
        raise HttpError(404, f"There is no note {id}.")
    send_json(res, 200, notes[id])


@app.route("DELETE", "/notes/:id")
async def remove(req, res, id):
    if notes.pop(id, None) is None:
        raise HttpError(404, f"There is no note {id}.")
    tell("removed", id)
    res.write_head(204).end()


@app.route("GET", "/events")
async def listen(req, res):
    res.write_head(200, {"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
    res.write("retry: 1000\n\n")
    listeners.add(res)
    res.on("close", lambda: listeners.discard(res))


@app.route("GET", "/files/:name")
async def download(req, res, name):
    file = create_read_stream(f"{FILES}/{name}")
    await once(file, "open")
    res.write_head(200, {"Content-Type": "application/octet-stream"})
    await pipeline(file, res)


@app.route("PUT", "/files/:name")
async def upload(req, res, name):
    file = create_write_stream(f"{FILES}/{name}")
    await pipeline(req, file)
    send_json(res, 201, {"name": name, "length": file.bytes_written})


def forwarded(headers):  # trailers are not forwarded, and so their announcement is not
    return {name: value for name, value in headers.items() if name != "trailer"}


@app.route("ALL", "/proxy/*")
async def proxy(req, res):
    path = req.url[len("/proxy") :]
    upstream = http.request(UPSTREAM, method=req.method, path=path, headers=forwarded(req.headers))
    res.on("close", upstream.destroy)
    req.pipe(upstream)
    [incoming] = await once(upstream, "response")
    res.write_head(incoming.status_code, forwarded(incoming.headers))
    await pipeline(incoming, res)


server = http.create_server(app.handle)
server.listen(PORT, "127.0.0.1", lambda: print(f"http://127.0.0.1:{server.address()['port']}/", flush=True))
http.run()
