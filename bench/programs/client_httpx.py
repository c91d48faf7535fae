"""client_httpx.py PORT get CONNECTIONS MILLISECONDS | PORT upload BYTES"""

import asyncio
import sys

import httpx
from timing import Timing, Watch

port, work, *given = sys.argv[1:]
URL = f"http://127.0.0.1:{port}/"


async def get(connections, milliseconds):
    limits = httpx.Limits(max_connections=connections, max_keepalive_connections=connections)
    async with httpx.AsyncClient(limits=limits, timeout=30) as client:
        timing = Timing(milliseconds / 1000)

        async def ask():
            while timing.goes_on():
                body = (await client.get(URL)).text
                if body != "Hello, World!":
                    raise ValueError(f"a wrong answer: {body}")
                timing.count += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(ask())
        timing.tell()


async def upload(size):
    async with httpx.AsyncClient(timeout=30) as client:
        await send(client, size // 8)
        watch = Watch()
        await send(client, size)
        watch.tell(size)


async def send(client, size):
    chunk = b"x" * 65536

    async def body():
        for _ in range(size // len(chunk)):
            yield chunk

    told = (await client.post(URL, content=body())).text
    if int(told) != size:
        raise ValueError(f"a wrong answer: {told}")


asyncio.run({"get": get, "upload": upload}[work](*map(int, given)))
