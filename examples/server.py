"""A small server, in Python. Beside it: server.js."""

import os

import nodehttp as http


def on_request(req, res):
    path = req.url.split("?")[0]
    if path == "/":
        res.set_header("Content-Type", "text/plain; charset=utf-8")
        res.end("Hello from a stream.\n")
    elif path == "/echo" and req.method == "POST":
        res.write_head(200, {"Content-Type": req.headers.get("content-type", "application/octet-stream")})
        req.pipe(res)
    elif path == "/length":
        length = 0

        @req.on("data")
        def count(chunk):
            nonlocal length
            length += len(chunk)

        req.on("end", lambda: res.end(f"{length}\n"))
    else:
        res.write_head(404)
        res.end("Not found.\n")


server = http.create_server(on_request)
server.listen(
    int(os.environ.get("PORT", "3000")),
    "127.0.0.1",
    lambda: print(f"http://127.0.0.1:{server.address()['port']}/", flush=True),
)
http.run()
