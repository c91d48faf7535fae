"""`onread`: receiving into the caller's own buffer."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodehttp import net
from nodestream import errors
from nodestream.loop import open_loop
from nodestream.timers import set_immediate

from .support import Trace, emitted, listening

MESSAGE = "hello world"


async def received(onread: dict[str, Any], setup: Callable[[net.Socket], object] = lambda _: None) -> net.Socket:
    """A client that was sent the message, closed."""
    async with open_loop(), net.create_server(lambda connection: connection.end(MESSAGE)) as server:
        client = net.connect(port=await listening(server), host="127.0.0.1", onread=onread)
        client.on("data", lambda _: pytest.fail("nothing goes through the stream"))
        setup(client)
        await emitted(client, "close")
    return client


async def test_what_is_received_is_put_into_the_buffer() -> None:
    buffer = bytearray(8)
    pieces: list[tuple[bool, bytes]] = []

    def read(size: int, given: bytearray) -> None:
        pieces.append((given is buffer, bytes(given[:size])))

    client = await received({"buffer": buffer, "callback": read})
    assert pieces == [(True, b"hello wo"), (True, b"rld")]
    assert client.bytes_read == len(MESSAGE)
    assert client.readable_ended


async def test_a_function_gives_the_buffer_for_each_read() -> None:
    buffers: list[bytearray] = []
    pieces: list[bytes] = []

    def buffer() -> bytearray | None:
        buffers.append(bytearray(4))
        return buffers[-1] if len(buffers) != 2 else None

    def read(size: int, given: bytearray) -> None:
        pieces.append(bytes(given[:size]))

    await received({"buffer": buffer, "callback": read})
    assert pieces == [b"hell", b"o wo", b"rld"]
    assert len(buffers) == 4
    assert (buffers[0][:4], buffers[2][:3]) == (b"o wo", b"rld"), "what is no buffer leaves the last one in use"


async def test_of_bytes_only_the_length_counts() -> None:
    pieces: list[bytes] = []
    given_buffer = bytes(8)

    def read(size: int, given: bytearray) -> None:
        pieces.append(bytes(given[:size]))

    await received({"buffer": given_buffer, "callback": read})
    assert pieces == [b"hello wo", b"rld"]
    assert given_buffer == bytes(8)


@pytest.mark.parametrize("how", ["false", "pause"])
async def test_a_callback_may_pause_the_socket(how: str) -> None:
    trace = Trace()

    def go_on(client: net.Socket) -> None:
        trace.log("resume")
        client.resume()

    def setup(client: net.Socket) -> None:
        clients.append(client)

    def read(size: int, given: bytearray) -> bool:
        trace.log(bytes(given[:size]).decode())
        if how == "pause":
            clients[0].pause()
        set_immediate(go_on, clients[0])
        return how != "false"

    clients: list[net.Socket] = []
    await received({"buffer": bytearray(6), "callback": read}, setup)
    assert trace == ["hello ", "resume", "world", "resume"]


async def test_a_broken_connection_is_an_error() -> None:
    async with open_loop(), net.create_server() as server:
        server.on("connection", lambda connection: connection.once("data", lambda _: connection.reset_and_destroy()))
        onread = {"buffer": bytearray(6), "callback": lambda *_: None}
        client = net.connect(port=await listening(server), host="127.0.0.1", onread=onread)
        client.write("x")
        (error,) = await emitted(client, "error")
        assert error.message == "read ECONNRESET"


@pytest.mark.parametrize(
    ("onread", "message"),
    [
        (5, 'The "options.onread" property must be of type object.'),
        ({"buffer": bytearray(1)}, 'The "options.onread.callback" property must be of type function.'),
        ({"buffer": "x", "callback": print}, 'The "options.onread.buffer" property must be a buffer with room'),
        ({"buffer": bytearray(), "callback": print}, 'The "options.onread.buffer" property must be a buffer with room'),
    ],
)
def test_a_wrong_option_raises(onread: Any, message: str) -> None:
    with pytest.raises(errors.ERR_INVALID_ARG_TYPE) as caught:
        net.Socket(onread=onread)
    assert message in caught.value.message
