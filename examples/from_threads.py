"""Answers whose bodies are made outside of the event loop: `python examples/from_threads.py`.

/rows?count=N    a query of SQLite, which blocks: a generator that runs in a thread
/ticks?count=N   an asyncio program, in a thread too
/open            how many bodies are being made

A body is made no faster than the client takes it, and no longer than the client stays.
"""

import asyncio
import os
import sqlite3
import sys
import threading
from contextlib import suppress
from urllib.parse import parse_qs

import nodehttp as http
from nodestream import pipeline
from nodestream.registry import StreamRegistry

QUERY = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT ?) SELECT i, i * i FROM n"

registry = StreamRegistry()
elsewhere = asyncio.new_event_loop()


def rows(count):
    database = sqlite3.connect(":memory:")
    try:
        cursor = database.execute(QUERY, (count,))
        while some := cursor.fetchmany(1000):
            yield "".join(f"{number},{square}\n" for number, square in some)
    finally:
        database.close()  # also when the client has gone


async def tick(id, count):
    try:
        for number in range(count):
            if not registry.push(id, f"tick {number}\n"):
                await registry.room(id)
            await asyncio.sleep(0.01)
    except Exception as error:  # it has no effect if the reason is that the client has gone
        registry.error(id, error)
    else:
        registry.close(id)


def on_request(req, res):
    path, _, query = req.url.partition("?")
    count = parse_qs(query).get("count", ["10"])[0]
    if path == "/open":
        res.end(f"{len(registry)}\n")
        return
    if path not in ("/rows", "/ticks") or not (count.isascii() and count.isdigit() and len(count) < 19):
        res.write_head(404).end("There is nothing here.\n")
        return
    if path == "/rows":
        id = registry.produce(rows(int(count)))
    else:
        id = registry.create()
        asyncio.run_coroutine_threadsafe(tick(id, int(count)), elsewhere)
    res.set_header("Content-Type", "text/plain; charset=utf-8")
    pipeline(registry.readable(id), res, lambda error: error and print(f"a client has gone: {error}"))


if __name__ == "__main__":
    threading.Thread(target=elsewhere.run_forever, daemon=True).start()
    server = http.create_server(on_request)
    server.on("error", lambda error: sys.exit(f"the server cannot listen: {error}"))
    server.listen(
        int(os.environ.get("PORT", "3000")),
        "127.0.0.1",
        lambda: print(f"http://127.0.0.1:{server.address()['port']}/", flush=True),
    )
    with suppress(KeyboardInterrupt):
        http.run()
