"""Streams as trio's streams and channels: what `to_trio()` of a Readable, a Writable and a Duplex gives.

Each keeps the contract of its interface in `trio.abc`, and takes the stream over.
"""

from __future__ import annotations

from typing import Any

import trio

from . import _predicates as ask
from ._trio_sides import NOTHING_MORE, Receiving, Sending
from .errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE


def readable_to_trio(stream: Any) -> ReceiveStream | ReceiveChannel:
    """See Readable.to_trio."""
    if not ask.is_readable_side(stream):
        raise ERR_INVALID_ARG_TYPE("readable", "an instance of Readable", stream)
    return ReceiveChannel(stream) if _gives_objects(stream) else ReceiveStream(stream)


def writable_to_trio(stream: Any) -> SendStream | SendChannel:
    """See Writable.to_trio."""
    if not ask.is_writable_side(stream):
        raise ERR_INVALID_ARG_TYPE("writable", "an instance of Writable", stream)
    return SendChannel(stream) if getattr(stream, "writable_object_mode", False) else SendStream(stream)


def duplex_to_trio(stream: Any) -> ByteStream:
    """See Duplex.to_trio."""
    if not ask.is_readable_side(stream) or not ask.is_writable_side(stream):
        raise ERR_INVALID_ARG_TYPE("duplex", "an instance of Duplex", stream)
    if _gives_objects(stream) or getattr(stream, "writable_object_mode", False):
        raise ERR_INVALID_ARG_VALUE("duplex", stream, "must carry bytes; use to_trio() of Readable and of Writable")
    return ByteStream(stream)


def _gives_objects(stream: Any) -> bool:
    """Whether its chunks are not bytes: a stream that decodes gives strings."""
    return bool(getattr(stream, "readable_object_mode", False) or getattr(stream, "readable_encoding", None))


class ReceiveStream(trio.abc.ReceiveStream):
    """The bytes of a Readable."""

    def __init__(self, stream: Any) -> None:
        self._receiving = Receiving(stream)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._receiving.stream!r}>"

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """See trio.abc.ReceiveStream.receive_some. Without `max_bytes`: all that is buffered."""
        return await _received_bytes(self._receiving, max_bytes)

    async def aclose(self) -> None:
        """Leave the stream; it is destroyed unless it has ended. Waits until it is closed."""
        await _left(self._receiving)


class ReceiveChannel(trio.abc.ReceiveChannel[Any]):
    """The chunks of a Readable in object mode, or of one that decodes."""

    def __init__(self, stream: Any) -> None:
        self._receiving = Receiving(stream)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._receiving.stream!r}>"

    async def receive(self) -> Any:
        """See trio.abc.ReceiveChannel.receive. One task at a time."""
        chunk = await self._receiving.take()
        if chunk is NOTHING_MORE:
            raise trio.EndOfChannel
        return chunk

    async def aclose(self) -> None:
        """Leave the stream; it is destroyed unless it has ended. Waits until it is closed."""
        await _left(self._receiving)


class SendStream(trio.abc.SendStream):
    """Writes bytes to a Writable."""

    def __init__(self, stream: Any) -> None:
        self._sending = Sending(stream)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._sending.stream!r}>"

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """See trio.abc.SendStream.send_all. Returns when the stream has taken the data into its buffer.

        Unlike others of its kind it has sent nothing if it is cancelled.
        """
        await _send_bytes(self._sending, data)

    async def wait_send_all_might_not_block(self) -> None:
        """See trio.abc.SendStream.wait_send_all_might_not_block."""
        await self._sending.wait_for_room()

    async def aclose(self) -> None:
        """End the stream, and wait until everything is written and the stream has finished.

        Raises trio.BrokenResourceError if it fails meanwhile. If cancelled, the stream is destroyed.
        """
        await self._sending.finish()


class SendChannel(trio.abc.SendChannel[Any]):
    """Writes objects to a Writable in object mode."""

    def __init__(self, stream: Any) -> None:
        self._sending = Sending(stream)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._sending.stream!r}>"

    async def send(self, value: Any) -> None:
        """See trio.abc.SendChannel.send. One task at a time. Raises ERR_STREAM_NULL_VALUES for None."""
        await self._sending.give(value)

    async def aclose(self) -> None:
        """As SendStream.aclose."""
        await self._sending.finish()


class ByteStream(trio.abc.HalfCloseableStream):
    """Both sides of a Duplex."""

    def __init__(self, stream: Any) -> None:
        self._receiving = Receiving(stream)
        self._sending = Sending(stream)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} of {self._sending.stream!r}>"

    async def receive_some(self, max_bytes: int | None = None) -> bytes:
        """See ReceiveStream.receive_some."""
        return await _received_bytes(self._receiving, max_bytes)

    async def send_all(self, data: bytes | bytearray | memoryview) -> None:
        """See SendStream.send_all."""
        await _send_bytes(self._sending, data)

    async def wait_send_all_might_not_block(self) -> None:
        """See trio.abc.SendStream.wait_send_all_might_not_block."""
        await self._sending.wait_for_room()

    async def send_eof(self) -> None:
        """End the writable side. Does not wait until it has finished."""
        await self._sending.end()

    async def aclose(self) -> None:
        """End the writable side, wait until it has finished, then destroy the stream and wait until it is closed.

        If there is something that nobody has received, or if that comes meanwhile, the peer is told at once, as the
        operating system does it: nothing of its own has an effect any more. If cancelled, the stream is destroyed.

        Raises trio.BrokenResourceError if the stream fails meanwhile.
        """
        receiving, sending = self._receiving, self._sending
        receiving.close()
        sending.stream.on("readable", sending.wake)
        try:
            await sending.finish(unless=receiving.has_more)
        finally:
            sending.stream.remove_listener("readable", sending.wake)
            receiving.leave()
        await receiving.wait_for_close()


async def _received_bytes(receiving: Receiving, max_bytes: int | None) -> bytes:
    if max_bytes is not None:
        if not isinstance(max_bytes, int):
            raise TypeError("max_bytes must be an integer, or None")
        if max_bytes < 1:
            raise ValueError("max_bytes must be greater than zero")
    chunk = await receiving.take(max_bytes)
    return b"" if chunk is NOTHING_MORE else bytes(chunk)


async def _left(receiving: Receiving) -> None:
    receiving.leave()
    await receiving.wait_for_close()


async def _send_bytes(sending: Sending, data: bytes | bytearray | memoryview) -> None:
    if not isinstance(data, (bytes, bytearray, memoryview)):
        raise TypeError(f"data must be bytes-like, not {type(data).__name__}")
    await (sending.give(data) if len(data) else sending.wait_for_room())
