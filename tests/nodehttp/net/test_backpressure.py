"""Neither side can make the other hold more than its water marks."""

from __future__ import annotations

import pytest

from nodehttp import net
from nodestream.loop import open_loop

from .support import Trace, emitted, flushed, listening, pair, turns

MEGABYTE = 1 << 20


async def test_write_says_false_while_the_peer_does_not_read_and_drains_when_it_does() -> None:
    async with open_loop():
        client, theirs = await pair()
        chunk = bytes(range(256)) * 256
        written = 0
        while client.write(chunk):
            written += len(chunk)
            assert written < 64 * MEGABYTE
        written += len(chunk)
        assert client.writable_need_drain
        assert 0 < client.writable_length <= client.writable_high_water_mark + len(chunk)
        received = bytearray()
        theirs.on("data", received.extend)
        await emitted(client, "drain")
        assert client.writable_length == 0
        client.end()
        await emitted(theirs, "close")
        assert received == chunk * (written // len(chunk))


async def test_a_socket_that_nobody_reads_holds_one_high_water_mark() -> None:
    async with open_loop():
        client, theirs = await pair({"allow_half_open": True})
        client.write(bytes(MEGABYTE))
        await flushed(theirs, lambda: theirs.readable_length > 0)
        await turns(5)
        assert 0 < theirs.readable_length <= 65536
        assert theirs.bytes_read == theirs.readable_length
        theirs.resume()
        await flushed(theirs, lambda: theirs.bytes_read == MEGABYTE)
        client.destroy()
        theirs.destroy()


async def test_a_paused_socket_makes_the_peer_wait() -> None:
    async with open_loop():
        client, theirs = await pair()
        theirs.on("data", lambda _: theirs.pause())
        sent = 0
        while client.write(bytes(65536)):
            sent += 65536
            await turns()
            assert sent < 64 * MEGABYTE
        await turns(5)
        held = theirs.bytes_read
        await turns(20)
        assert theirs.bytes_read == held <= 4 * 65536
        client.destroy()
        theirs.destroy()


async def test_pause_on_connect_receives_nothing_before_resume() -> None:
    async with open_loop():
        got = []
        connections: list[net.Socket] = []
        async with net.create_server({"pauseOnConnect": True}, connections.append) as server:
            client = net.connect(await listening(server), "127.0.0.1")
            client.write("hi")
            await flushed(client, lambda: bool(connections))
            theirs = connections[0]
            assert (theirs.is_paused(), theirs.readable_flowing) == (True, False)
            await turns(10)
            theirs.on("data", got.append)
            await turns(5)
            assert (theirs.bytes_read, theirs.readable_length, got) == (0, 0, [])
            theirs.resume()
            await flushed(theirs, lambda: got == [b"hi"])
            client.destroy()
            theirs.destroy()


async def test_piping_a_socket_into_itself_echoes_everything() -> None:
    async with open_loop(), net.create_server(lambda connection: connection.pipe(connection)) as server:
        client = net.connect(await listening(server), "127.0.0.1")
        received = bytearray()
        client.on("data", received.extend)
        sent = bytes(range(256)) * (16 * MEGABYTE // 256)
        client.end(sent)
        await emitted(client, "close")
        assert received == sent


async def test_many_buffered_writes_leave_in_order() -> None:
    async with open_loop():
        client, theirs = await pair()
        client.cork()
        pieces = [b"%d," % number * 50 for number in range(5000)]
        for piece in pieces:
            client.write(piece)
        client.end()
        received = bytearray()
        theirs.on("data", received.extend)
        await emitted(theirs, "close")
        assert received == b"".join(pieces)


@pytest.mark.parametrize("size", [1, 3, 200_000, 9_000_000])
async def test_pieces_are_one_chunk_for_the_stream_and_arrive_joined(size: int) -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()
        received = bytearray()
        theirs.on("data", received.extend)
        body = bytes(size)
        has_room = client._write_pieces([b"%x\r\n" % size, body, b"\r\n"], trace.logger("written"))
        assert has_room is (client.writable_length == 0)
        client._write_pieces([b"0\r\n", b"\r\n"], trace.logger("written"))
        client.end()
        await emitted(theirs, "close")
        assert trace == ["written None"] * 2
        assert received == b"%x\r\n%b\r\n0\r\n\r\n" % (size, body)
        assert client.bytes_written == len(received)


async def test_pieces_wait_like_any_chunk() -> None:
    async with open_loop():
        client, theirs = await pair()
        client.cork()
        client._write_pieces([b"a", b"b"])
        client.write("c")
        client._write_pieces([b"d", b"e"])
        assert (client.writable_length, client.bytes_written) == (5, 5)
        client.uncork()
        client.end()
        theirs.set_encoding("utf8")
        got = []
        theirs.on("data", got.append)
        await emitted(theirs, "close")
        assert "".join(got) == "abcde"


async def test_strings_are_counted_in_characters_while_they_wait_and_in_bytes_when_sent() -> None:
    async with open_loop(), net.create_server(lambda connection: connection.resume().end()) as server:
        client = net.connect(await listening(server), "127.0.0.1")
        client.resume()
        client.write("é")
        assert (client.writable_length, client.bytes_written) == (1, 2)
        client.write("éé", "latin1")
        assert (client.writable_length, client.bytes_written) == (3, 4)
        await emitted(client, "close")


# --- a parser past the stream ---


async def test_a_consumer_gets_the_bytes_past_the_stream() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()
        theirs._consume(trace.logger("bytes"), trace.logger("the end"))
        trace.follow(theirs, "S", "data", "end")
        client.write("one")
        await trace.until("bytes")
        assert (theirs.bytes_read, theirs.readable_length) == (3, 0)
        client.end("two")
        await emitted(theirs, "close")
    assert trace == ["bytes b'one'", "bytes b'two'", "the end", "S:end"]


async def test_a_consumer_that_stops_receiving_makes_the_peer_wait() -> None:
    async with open_loop():
        client, theirs = await pair()
        total = 0

        def take(data: bytes) -> None:
            nonlocal total
            total += len(data)
            theirs._stop_receiving()

        theirs._consume(take, lambda: None)
        client.end(bytes(8 * MEGABYTE))
        await flushed(theirs, lambda: total > 0)
        await turns(5)
        assert total <= 65536
        while total < 8 * MEGABYTE:
            before = total
            theirs._start_receiving()
            await flushed(theirs, lambda before=before: total > before)
        theirs._start_receiving()
        await emitted(theirs, "close")
        assert client.writable_finished


async def test_what_the_stream_holds_already_goes_to_the_consumer() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()
        client.write("early")
        await flushed(theirs, lambda: theirs.readable_length == 5)
        theirs._consume(trace.logger("bytes"), trace.logger("the end"))
        client.end("late")
        theirs.resume()
        await emitted(theirs, "close")
    assert trace == ["bytes b'early'", "bytes b'late'", "the end"]


async def test_a_consumer_can_give_the_bytes_back() -> None:
    trace = Trace()
    async with open_loop():
        client, theirs = await pair()

        def upgrade(data: bytes) -> None:
            trace.log(f"head {data[:4]!r}")
            theirs._stop_receiving()
            theirs._unconsume(data[4:])
            theirs.on("data", trace.logger("data"))

        theirs._consume(upgrade, trace.logger("the end"))
        client.write("headrest")
        await trace.until("data")
        client.end("more")
        await emitted(theirs, "close")
    assert trace == ["head b'head'", "data b'rest'", "data b'more'"]
