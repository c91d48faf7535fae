"""client_aiohttp.py PORT get CONNECTIONS MILLISECONDS | PORT upload BYTES"""

import asyncio
import sys

from aiohttp import ClientSession, TCPConnector
from timing import Timing, Watch

port, work, *given = sys.argv[1:]
URL = f"http://127.0.0.1:{port}/"


async def get(connections, milliseconds):
    async with ClientSession(connector=TCPConnector(limit=connections)) as session:
        timing = Timing(milliseconds / 1000)

        async def ask():
            while timing.goes_on():
                async with session.get(URL) as response:
                    body = await response.text()
                if body != "Hello, World!":
                    raise ValueError(f"a wrong answer: {body}")
                timing.count += 1

        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(ask())
        timing.tell()


async def upload(size):
    async with ClientSession() as session:
        await send(session, size // 8)
        watch = Watch()
        await send(session, size)
        watch.tell(size)


async def send(session, size):
    chunk = b"x" * 65536

    async def body():
        for _ in range(size // len(chunk)):
            yield chunk

    async with session.post(URL, data=body()) as response:
        told = await response.text()
    if int(told) != size:
        raise ValueError(f"a wrong answer: {told}")


asyncio.run({"get": get, "upload": upload}[work](*map(int, given)))
