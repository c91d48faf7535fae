"""nodehttp_server.py HANDLER [PORT OF THE UPSTREAM | FOLDER]"""

import os
import sys

import nodehttp as http
from nodestream.fs import create_read_stream

handler, *given = sys.argv[1:]


def hello(req, res):
    res.write_head(200, {"Content-Type": "text/plain"})
    res.end("Hello, World!")


def post(req, res):
    length = 0

    def on_data(chunk):
        nonlocal length
        length += len(chunk)

    def on_end():
        res.write_head(200, {"Content-Type": "text/plain"})
        res.end(str(length))

    req.on("data", on_data)
    req.on("end", on_end)


def echo(req, res):
    res.write_head(200, {"Content-Type": "application/octet-stream"})
    req.pipe(res)


def proxy(req, res):
    def answer(incoming):
        res.write_head(incoming.status_code, incoming.headers)
        incoming.on("error", res.destroy)
        incoming.pipe(res)

    upstream = http.request(
        host="127.0.0.1", port=given[0], method=req.method, path=req.url, headers=req.headers, callback=answer
    )
    upstream.on("error", res.destroy)
    res.on("close", upstream.destroy)
    req.pipe(upstream)


def download(req, res):
    path = given[0] + req.url
    res.write_head(200, {"Content-Type": "application/octet-stream", "Content-Length": os.stat(path).st_size})
    create_read_stream(path).pipe(res)


handlers = {"hello": hello, "post": post, "echo": echo, "proxy": proxy, "download": download}
server = http.create_server({"keep_alive_timeout": 120_000}, handlers[handler])
server.listen(0, "127.0.0.1", lambda: print(server.address()["port"], flush=True))
http.run()
