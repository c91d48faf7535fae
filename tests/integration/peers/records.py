"""Processes of streams of records, whose memory and speed the tests look at. `records.mjs` is the same in Node.

records.py serve KIND [LOG [PORT]]   prints its port; KIND is "plain" or "async"; notes each record in the file LOG
records.py client URL COUNT          prints "ready", waits for a line, sends COUNT records, prints what came of it
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterator
from typing import Any

import trio

import nodehttp
from nodehttp.records import RecordClient, handler
from nodestream.events import once

TEXT = "Whoever reads this has read about a hundred bytes by now, which is what a record of this kind needs, it seems."


def people(count: int) -> Iterator[dict[str, Any]]:
    """So many records of about 200 bytes."""
    for number in range(count):
        yield {"id": number, "name": f"person {number}", "tags": ["one", "two"], "weight": number / 7, "text": TEXT}


def scored(person: dict[str, Any]) -> dict[str, Any]:
    """What the server does to each."""
    person["score"] = person["id"] % 1000
    return person


async def scored_in_time(person: dict[str, Any]) -> dict[str, Any]:
    """The same, after others have run."""
    await trio.lowlevel.checkpoint()
    return scored(person)


async def run_server(kind: str, log: str = "", port: str = "0") -> None:
    """Serve until the process is killed."""
    process: Any = {"plain": scored, "async": scored_in_time}[kind]
    if log:
        file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        todo = process

        def process(person: dict[str, Any]) -> dict[str, Any]:
            os.write(file, b"%d\n" % person["id"])
            return todo(person)  # type: ignore[no-any-return]

    server = nodehttp.create_server(handler(process, workers=10, compression=False, ordered=bool(log)))
    server.listen(int(port), "127.0.0.1")
    await once(server, "listening")
    print(server.address()["port"], flush=True)


async def send(url: str, count: int) -> dict[str, Any]:
    """Send so many records, and see that each has come back once."""
    seen = bytearray(count)
    total = 0
    begun = time.perf_counter()
    stream = RecordClient(url, compression=False).stream("people", people(count))
    async for person in stream:
        seen[person["id"]] += 1
        total += person["score"]
    seconds = time.perf_counter() - begun
    return {"seconds": seconds, "once": seen.count(1), "total": total, "bytes": stream.bytes_received}


async def run_client(url: str, count: str) -> None:
    """Once with little, to be warm; then as often as there are lines to read."""
    await send(url, 2000)
    print("ready", flush=True)
    while await trio.to_thread.run_sync(sys.stdin.readline, abandon_on_cancel=True):
        print(json.dumps(await send(url, int(count))), flush=True)


if __name__ == "__main__":
    command, *arguments = sys.argv[1:]
    nodehttp.run({"serve": run_server, "client": run_client}[command], *arguments)
