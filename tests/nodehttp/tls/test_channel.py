"""What is encrypted when, over a channel that is scripted.

Part: nodehttp/_tls_channel.py, nodehttp/_tls_engine.py
"""

from __future__ import annotations

import _ssl
import ctypes
import random
import ssl
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import trustme

from nodehttp._tls_channel import MOST_UNSENT, STEP, TlsChannel
from nodehttp._tls_client_hello import ClientHello
from nodehttp._tls_engine import RECORD, Engine
from nodestream.loop import EventLoop, current_loop, open_loop
from nodestream.timers import set_immediate

from ..net.support import flushed, turns
from .support import uncaught


class Wire:
    """A channel that keeps what is written; `hold` lets writes wait until `release()`."""

    is_tcp = True
    owner: Any = None

    def __init__(self, loop: EventLoop) -> None:
        self._loop = loop
        self.reading = False
        self.sent = bytearray()
        self.writes: list[int] = []
        self.hold = False
        self.failure: BaseException | None = None
        self.waiting: list[Callable[..., object]] = []
        self.did: list[str] = []
        self.on_shutdown: Callable[[], object] = lambda: None

    @property
    def unsent(self) -> int:
        return len(self.waiting)

    def start_reading(self) -> None:
        self.reading = True

    def stop_reading(self) -> None:
        self.reading = False

    def write(self, pieces: Sequence[bytes], callback: Callable[..., object]) -> None:
        assert not self.waiting, "there is one write at a time"
        data = b"".join(pieces)
        self.sent += data
        self.writes.append(len(data))
        if self.hold:
            self.waiting.append(callback)
        else:
            callback(self.failure)

    def release(self) -> None:
        self.waiting.pop()(None)

    def shutdown(self, callback: Callable[..., object]) -> None:
        self.did.append("shutdown")
        self.on_shutdown()
        self._loop.complete_later(callback, None)

    def take(self) -> bytes:
        data = bytes(self.sent)
        self.sent.clear()
        return data


class Owner:
    """Notes what the channel tells it. A server begins with `engine`."""

    def __init__(self) -> None:
        self.told: list[str] = []
        self.data = bytearray()
        self.sizes: list[int] = []
        self.engine: Callable[[], Engine] | None = None
        self.hello: ClientHello | None = None
        self.channel: TlsChannel | None = None
        self.accepts = True
        self.on_done: Callable[[], object] = lambda: None
        self.on_data: Callable[[], object] = lambda: None

    def _received(self, data: bytes) -> None:
        self.data += data
        self.sizes.append(len(data))
        self.on_data()

    def _note_received(self, size: int) -> None:
        raise NotImplementedError

    def pause(self) -> None:
        raise NotImplementedError

    def _receive_ended(self) -> None:
        self.told.append("end")

    def _receive_failed(self, error: OSError) -> None:
        self.told.append(f"failed {error}")

    def _choose_engine(self, hello: ClientHello | None) -> None:
        self.told.append("hello" if hello is not None else "no hello")
        self.hello = hello
        if self.engine is not None and self.channel is not None:
            self.channel.begin(self.engine())

    def _accepts_peer(self) -> bool:
        self.told.append("judged")
        return self.accepts

    def _handshake_done(self) -> None:
        self.told.append("done")
        self.on_done()

    def _handshake_cut(self) -> None:
        self.told.append("cut")

    def _tls_failed(self, error: ssl.SSLError) -> None:
        self.told.append(f"tls {error.reason}")

    def _records_read(self) -> None:
        pass


class Side:
    """A channel with its owner and its wire."""

    def __init__(self, loop: EventLoop) -> None:
        self.wire = Wire(loop)
        self.owner = Owner()
        self.closed: list[bool] = []
        self.channel = self.owner.channel = TlsChannel(loop, self.wire, self.owner, self.closed.append)


class Pair:
    """A client and a server, and the bytes between them."""

    def __init__(self, version: ssl.TLSVersion = ssl.TLSVersion.TLSv1_3) -> None:
        loop = current_loop()
        authority = trustme.CA()
        server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("localhost").configure_cert(server_context)
        client_context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        authority.configure_trust(client_context)
        server_context.maximum_version = version
        self.client, self.server = Side(loop), Side(loop)
        self.server.owner.engine = lambda: Engine(server_context, server_side=True)
        self.client_engine = Engine(client_context, server_side=False, server_name="localhost")

    def begin(self) -> None:
        self.server.channel.await_hello()
        self.client.channel.begin(self.client_engine)

    async def move(
        self, cut: Callable[[bytes], Sequence[bytes]] = lambda data: [data], *, in_turns: bool = False
    ) -> None:
        """Take bytes to the other side until there are none; each piece in a turn, if a listener may raise."""
        while self.client.wire.sent or self.server.wire.sent:
            for here, there in ((self.client, self.server), (self.server, self.client)):
                for piece in cut(here.wire.take()):
                    if piece and in_turns:
                        set_immediate(there.channel._received, piece)
                    elif piece:
                        there.channel._received(piece)
            await turns(1 + in_turns)

    async def connected(self) -> Pair:
        self.begin()
        await self.move()
        assert self.client.channel.secure
        assert self.server.channel.secure
        return self


def raising(error: BaseException) -> Callable[[], object]:
    def listener() -> None:
        raise error

    return listener


def each_byte(data: bytes) -> list[bytes]:
    return [data[at : at + 1] for at in range(len(data))]


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
async def test_a_handshake_byte_by_byte(version: ssl.TLSVersion) -> None:
    async with open_loop():
        pair = Pair(version)
        pair.begin()
        await pair.move(each_byte)
        assert pair.client.owner.told == ["judged", "done"]
        assert pair.server.owner.told == ["hello", "judged", "done"]
        assert pair.server.owner.hello is not None
        assert pair.server.owner.hello.server_name == "localhost"


async def test_below_is_read_for_the_handshake_and_afterwards_for_the_owner() -> None:
    async with open_loop():
        pair = await Pair().connected()
        for side in (pair.client, pair.server):
            assert not side.wire.reading
            side.channel.start_reading()
            assert side.wire.reading
            side.channel.stop_reading()
            assert not side.wire.reading


async def test_a_server_reads_no_more_while_its_engine_is_being_chosen() -> None:
    async with open_loop():
        pair = Pair()
        make, pair.server.owner.engine = pair.server.owner.engine, None
        pair.begin()
        assert pair.server.wire.reading
        await pair.move()
        assert not pair.server.wire.reading
        assert make is not None
        pair.server.channel.begin(make())
        await pair.move()
        assert pair.server.channel.secure


async def test_a_write_waits_for_the_handshake() -> None:
    async with open_loop():
        pair = Pair()
        done: list[Any] = []
        pair.server.channel.start_reading()
        pair.begin()
        pair.client.channel.write([b"before ", b"anything"], done.append)
        assert done == []
        await pair.move()
        assert done == [None]
        assert pair.server.owner.data == b"before anything"
        assert pair.server.owner.sizes == [15], "small pieces share a record"


async def test_each_record_is_a_turn_of_its_own() -> None:
    async with open_loop() as loop:
        pair = await Pair().connected()
        pair.server.channel.start_reading()
        ticks: list[int] = []
        pair.server.owner.on_data = lambda: loop.next_tick(lambda: ticks.append(len(pair.server.owner.sizes)))
        pair.client.channel.write([bytes(3 * RECORD)], lambda _: None)
        data = pair.client.wire.take()
        loop.turn(pair.server.channel._received, data)
        assert pair.server.owner.sizes == [RECORD] * 3
        assert ticks == [1, 2, 3]


async def test_a_large_write_is_encrypted_in_steps() -> None:
    async with open_loop():
        pair = await Pair().connected()
        done: list[Any] = []
        before = len(pair.client.wire.writes)
        pair.client.wire.hold = True
        pair.client.channel.write([bytes(3 * STEP)], done.append)
        for step in (1, 2, 3):
            assert len(pair.client.wire.writes) == before + step
            assert done == []
            pair.client.wire.release()
        assert done == [None]
        assert all(size < STEP * 1.1 for size in pair.client.wire.writes[before:])


async def test_a_large_write_that_goes_at_once_takes_no_recursion() -> None:
    async with open_loop():
        pair = await Pair().connected()
        done: list[Any] = []
        pair.client.channel.write([bytes(1000)] * 5000, done.append)
        await flushed(pair.client.channel, lambda: done == [None])
        pair.client.channel.write([bytes(30 * STEP)], done.append)
        await flushed(pair.client.channel, lambda: done == [None, None])
        assert len(pair.client.wire.sent) > 30 * STEP


async def test_what_comes_while_the_owner_does_not_read_stays_encrypted() -> None:
    async with open_loop():
        pair = await Pair().connected()
        channel, owner = pair.server.channel, pair.server.owner
        channel.start_reading()
        owner.on_data = channel.stop_reading
        pair.client.channel.write([bytes(3 * RECORD)], lambda _: None)
        await pair.move()
        assert owner.sizes == [RECORD]
        channel.start_reading()
        assert owner.sizes == [RECORD], "nothing comes in the stack of start_reading()"
        await turns()
        assert owner.sizes == [RECORD] * 2


async def test_the_end_waits_for_the_write_and_says_goodbye_before() -> None:
    async with open_loop():
        pair = await Pair().connected()
        ended: list[Any] = []
        pair.server.channel.start_reading()
        pair.client.wire.hold = True
        pair.client.channel.write([b"last"], lambda _: None)
        pair.client.channel.shutdown(ended.append)
        assert pair.client.wire.did == []
        pair.client.wire.release()
        assert pair.client.wire.did == []
        pair.client.wire.release()
        assert pair.client.wire.did == ["shutdown"]
        await turns(2)
        assert ended == [None]
        await pair.move()
        assert pair.server.owner.data == b"last"
        assert pair.server.owner.told[-1] == "end"


async def test_an_end_said_while_receiving_comes_behind_the_goodbye() -> None:
    async with open_loop():
        pair = await Pair(ssl.TLSVersion.TLSv1_2).connected()
        client, server = pair.client, pair.server
        sent: list[int] = []
        client.owner.on_data = lambda: client.channel.shutdown(lambda _: None)
        client.wire.on_shutdown = lambda: sent.append(len(client.wire.sent))
        client.channel.start_reading()
        server.channel.write([b"and now?"], lambda _: None)
        await pair.move()
        assert sent == [GOODBYE]


async def test_after_its_own_end_a_side_still_receives() -> None:
    async with open_loop():
        pair = await Pair().connected()
        pair.client.channel.start_reading()
        pair.server.channel.write([b"already under way, "], lambda _: None)
        under_way = pair.server.wire.take()
        pair.client.channel.shutdown(lambda _: None)
        pair.client.channel._received(under_way)
        pair.server.channel.start_reading()
        await pair.move()
        assert pair.server.owner.told[-1] == "end"
        pair.server.channel.write([b"and after it"], lambda _: None)
        pair.server.channel.shutdown(lambda _: None)
        await pair.move()
        assert pair.client.owner.data == b"already under way, and after it"
        assert pair.client.owner.told[-1] == "end"


async def test_a_shutdown_before_the_handshake_waits_for_it() -> None:
    async with open_loop():
        pair = Pair()
        pair.begin()
        pair.client.channel.shutdown(lambda _: None)
        assert pair.client.wire.did == []
        pair.server.channel.start_reading()
        await pair.move()
        assert pair.client.wire.did == ["shutdown"]
        assert pair.server.owner.told == ["hello", "judged", "done", "end"]


async def test_an_end_without_goodbye_is_an_end() -> None:
    async with open_loop():
        pair = await Pair().connected()
        pair.server.channel.start_reading()
        pair.client.channel.write([b"cut"], lambda _: None)
        await pair.move()
        pair.server.channel._receive_ended()
        assert pair.server.owner.data == b"cut"
        assert pair.server.owner.told[-1] == "end"
        assert not pair.server.wire.reading


async def test_an_end_that_nobody_reads_is_told_when_somebody_does() -> None:
    async with open_loop():
        pair = await Pair().connected()
        pair.client.channel.write([b"held"], lambda _: None)
        await pair.move()
        pair.server.channel._receive_ended()
        assert pair.server.owner.told == ["hello", "judged", "done"]
        pair.server.channel.start_reading()
        await turns()
        assert pair.server.owner.data == b"held"
        assert pair.server.owner.told[-1] == "end"


async def test_an_end_within_the_handshake() -> None:
    async with open_loop():
        pair = Pair()
        pair.begin()
        pair.client.channel._receive_ended()
        pair.server.channel._receive_ended()
        assert pair.client.owner.told == ["cut"]
        assert pair.server.owner.told == ["cut"]


async def test_garbage_instead_of_a_hello_is_left_to_the_engine() -> None:
    async with open_loop():
        pair = Pair()
        pair.begin()
        pair.server.channel._received(b"GET / HTTP/1.1\r\n\r\n")
        assert pair.server.owner.told == ["no hello", "tls HTTP_REQUEST"]


async def test_garbage_after_the_handshake() -> None:
    async with open_loop():
        pair = await Pair().connected()
        pair.server.channel.start_reading()
        seed = random.randrange(1 << 32)
        pair.server.channel._received(random.Random(seed).randbytes(100))
        assert pair.server.owner.told[-1].startswith("tls "), f"seed {seed}"


async def test_closing_fails_the_write_that_waits() -> None:
    async with open_loop():
        pair = Pair()
        errors: list[Any] = []
        pair.begin()
        pair.client.channel.write([b"never"], errors.append)
        pair.client.channel.close(reset=True)
        assert pair.client.closed == [True]
        await turns(2)
        assert [error.code for error in errors] == ["ECANCELED"]


async def test_a_write_that_fails_below_fails_above() -> None:
    async with open_loop():
        pair = await Pair().connected()
        failure = OSError("gone")
        pair.client.wire.failure = failure
        errors: list[Any] = []
        pair.client.channel.write([bytes(2 * STEP)], errors.append)
        await turns()
        assert errors == [failure]


async def test_nothing_is_sent_to_a_peer_that_is_not_accepted() -> None:
    async with open_loop():
        pair = Pair()
        pair.client.owner.accepts = False
        pair.client.channel.start_reading()
        pair.server.channel.start_reading()
        pair.begin()
        done: list[Any] = []
        pair.client.channel.write([b"secret"], done.append)
        await pair.move()
        pair.server.channel.write([b"answer"], lambda _: None)
        await pair.move()
        pair.client.channel._encrypt()
        await pair.move()
        assert pair.client.owner.told == ["judged"]
        assert (pair.client.owner.data, pair.server.owner.data, done) == (b"", b"", [])


async def test_a_listener_that_raises_when_the_handshake_is_done_holds_nothing_up() -> None:
    async with open_loop():
        with uncaught() as errors:
            pair = Pair()
            failure = RuntimeError("of the listener")
            for side in (pair.client, pair.server):
                side.owner.on_done = raising(failure)
                side.channel.start_reading()
            pair.begin()
            done: list[Any] = []
            pair.client.channel.write([b"goes all the same"], done.append)
            await pair.move(in_turns=True)
            assert errors == [failure] * 2
            assert (pair.server.owner.data, done) == (b"goes all the same", [None])


async def test_a_listener_that_raises_at_data_loses_nothing_that_comes_behind() -> None:
    async with open_loop():
        with uncaught() as errors:
            pair = await Pair().connected()
            failure = RuntimeError("of the listener")
            pair.server.owner.on_data = raising(failure)
            pair.server.channel.start_reading()
            pair.client.channel.write([bytes(3 * RECORD)], lambda _: None)
            pair.client.channel.shutdown(lambda _: None)
            await turns(2)
            await pair.move(in_turns=True)
            await turns(4)
            assert errors == [failure] * 3
            assert pair.server.owner.sizes == [RECORD] * 3
            assert pair.server.owner.told[-1] == "end"


async def test_an_error_of_ssl_in_a_listener_is_the_listeners() -> None:
    async with open_loop():
        with uncaught() as errors:
            pair = await Pair().connected()
            failure = ssl.SSLError(1, "of another connection")
            pair.server.owner.on_data = raising(failure)
            pair.server.channel.start_reading()
            pair.client.channel.write([b"x"], lambda _: None)
            await pair.move(in_turns=True)
            assert errors == [failure]
            assert pair.server.owner.told[-1] == "done"


async def test_the_hello_is_shown_once_whatever_the_owner_wants_meanwhile() -> None:
    async with open_loop():
        pair = Pair()
        pair.server.owner.engine = None
        pair.begin()
        await pair.move()
        channel, wire = pair.server.channel, pair.server.wire
        channel.start_reading()
        assert not wire.reading
        channel._received(b"of a stream that does not stop at once")
        channel.stop_reading()
        channel.start_reading()
        assert not wire.reading
        assert pair.server.owner.told == ["hello"]


async def test_a_peer_that_asks_and_never_reads_is_read_no_more() -> None:
    async with open_loop():
        pair = await Pair().connected()
        wire, channel = pair.server.wire, pair.server.channel
        channel.start_reading()
        wire.hold = True
        channel.write([b"never taken"], lambda _: None)
        asked = 0
        while wire.reading:
            assert asked < 10_000, "it is read without end"
            request_new_keys(pair.client_engine)
            channel._received(pair.client_engine.outgoing())
            asked += 1
        assert channel.unsent < 2 * MOST_UNSENT
        wire.release()
        assert wire.reading
        wire.release()


def request_new_keys(engine: Engine) -> None:
    """As SSL_key_update() of OpenSSL, which Python has no name for (RFC 8446 section 4.6.3)."""
    native: Any = engine._ssl._sslobj  # type: ignore[attr-defined]
    pointer = ctypes.c_void_p.from_address(id(native) + AFTER_HEADER_AND_SOCKET)
    function = ctypes.CDLL(_ssl.__file__).SSL_key_update
    function.argtypes = [ctypes.c_void_p, ctypes.c_int]
    assert function(pointer, 1) == 1
    engine.write(b"x")


GOODBYE = 31
"""Bytes of an encrypted alert in TLS 1.2."""

AFTER_HEADER_AND_SOCKET = 3 * ctypes.sizeof(ctypes.c_void_p)
"""Where Python's object for a connection has OpenSSL's."""
