"""The three ways to run the event loop: `python examples/three_ways_in.py script|main|trio`."""

import sys

import trio

import nodehttp as http
from nodestream.events import once


def greet(req, res):
    res.end("hello\n")


def ask(port, then):
    http.get(f"http://127.0.0.1:{port}/", lambda res: res.on("data", lambda chunk: then(chunk.decode())))


def as_a_script():
    """As in Node: schedule something, then let the loop run until nothing is left."""
    server = http.create_server(greet)
    server.listen(0, "127.0.0.1", lambda: ask(server.address()["port"], lambda text: (print(text), server.close())))
    http.run()


async def main():
    """`run(main)`: the loop runs at least as long as `main`, which may be async or not."""
    async with http.create_server(greet) as server:
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        [res] = await once(http.get(f"http://127.0.0.1:{server.address()['port']}/"), "response")
        async for chunk in res:
            print(chunk.decode())


async def in_a_trio_program():
    """`open_loop()`: the block is a nursery; a trio program goes on around it and inside it."""
    with trio.fail_after(10):
        async with http.open_loop():
            await main()


if __name__ == "__main__":
    way = sys.argv[1] if len(sys.argv) > 1 else "script"
    if way == "script":
        as_a_script()
    elif way == "main":
        http.run(main)
    else:
        trio.run(in_a_trio_program)
