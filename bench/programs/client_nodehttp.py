"""client_nodehttp.py PORT get CONNECTIONS MILLISECONDS | PORT upload BYTES"""

import sys

from timing import Timing, Watch

import nodehttp as http
from nodestream import Readable
from nodestream.consumers import text
from nodestream.events import once

port, work, *given = sys.argv[1:]


def get(connections, milliseconds):
    agent = http.Agent(keep_alive=True, max_sockets=connections)
    timing = Timing(milliseconds / 1000)
    busy = connections

    def ask():
        nonlocal busy
        if timing.goes_on():
            http.get({"host": "127.0.0.1", "port": port, "path": "/", "agent": agent}, answered)
            return
        busy -= 1
        if busy == 0:
            timing.tell()
            agent.destroy()

    def answered(res):
        body = ""

        def on_data(chunk):
            nonlocal body
            body += chunk

        def on_end():
            if body != "Hello, World!":
                raise ValueError(f"a wrong answer: {body}")
            timing.count += 1
            ask()

        res.set_encoding("utf8")
        res.on("data", on_data)
        res.on("end", on_end)

    for _ in range(connections):
        ask()


async def upload(size):
    await send(size // 8)
    watch = Watch()
    await send(size)
    watch.tell(size)


async def send(size):
    chunk = b"x" * 65536
    left = size // len(chunk)

    def read(stream, _):
        nonlocal left
        left -= 1
        stream.push(chunk if left >= 0 else None)

    req = http.request(host="127.0.0.1", port=port, path="/", method="POST")
    Readable(read=read).pipe(req)
    (res,) = await once(req, "response")
    told = await text(res)
    if int(told) != size:
        raise ValueError(f"a wrong answer: {told}")


http.run({"get": get, "upload": upload}[work], *map(int, given))
