"""HTTP messages as trio's streams: `Readable.to_trio(req)`, `Writable.to_trio(res)`."""

from __future__ import annotations

from typing import Any

import trio

import nodehttp
from nodestream import Readable, Writable, open_loop
from nodestream.events import once

BODY = b"x" * 300_000


async def echo(req: Any, res: Any) -> None:
    receive, send = Readable.to_trio(req), Writable.to_trio(res)
    assert isinstance(receive, trio.abc.ReceiveStream)
    assert isinstance(send, trio.abc.SendStream)
    async with send:
        async for data in receive:
            await send.send_all(data)


async def upload(send: trio.abc.SendStream) -> None:
    async with send:
        await send.send_all(BODY)


async def test_a_request_is_echoed_through_trio_streams_on_both_sides() -> None:
    async with open_loop(), nodehttp.create_server(echo) as server:
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        request = nodehttp.request(f"http://127.0.0.1:{server.address()['port']}/", method="POST")
        send = Writable.to_trio(request)
        assert isinstance(send, trio.abc.SendStream)
        answered = once(request, "response")
        got = bytearray()
        async with trio.open_nursery() as nursery:
            nursery.start_soon(upload, send)
            [response] = await answered
            receive = Readable.to_trio(response)
            assert isinstance(receive, trio.abc.ReceiveStream)
            async for data in receive:
                got += data
        assert got == BODY


async def test_a_client_that_goes_away_is_a_broken_resource_for_the_handler() -> None:
    seen: list[BaseException | None] = []

    async def on_request(_req: Any, res: Any) -> None:
        send = Writable.to_trio(res)
        assert isinstance(send, trio.abc.SendStream)
        try:
            while True:
                await send.send_all(BODY)
        except trio.BrokenResourceError as error:
            seen.append(error.__cause__)
        server.close()

    async with open_loop():
        server = nodehttp.create_server(on_request)
        server.listen(0, "127.0.0.1")
        await once(server, "listening")
        [response] = await once(nodehttp.get(f"http://127.0.0.1:{server.address()['port']}/"), "response")
        response.on("error", lambda error: None)
        response.destroy()
    assert len(seen) == 1
