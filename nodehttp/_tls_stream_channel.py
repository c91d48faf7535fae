"""`StreamChannel`: any Duplex as the channel below TLS.

Node: tls.connect with a `socket` that is no net.Socket
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from nodestream._duplex import Duplex
from nodestream._encoding import encode

from ._net_channel import Callback, ChannelOwner
from ._net_kernel import KernelSocket


class StreamChannel:
    """The bytes of `stream`. Whoever destroys the stream closes this.

    Attributes:
        owner: who gets what it receives.
        unsent: bytes of the write under way that the stream has not taken yet.
    """

    __slots__ = ("_stream", "owner", "reading", "unsent")

    owner: ChannelOwner

    is_tcp = False

    def __init__(self, stream: Duplex) -> None:
        self._stream = stream
        self.reading = False
        self.unsent = 0
        stream.pause()
        stream.on("data", self._on_data)
        stream.on("end", self._on_end)

    def _on_data(self, data: Any) -> None:
        self.owner._received(encode(data, "utf8") if isinstance(data, str) else bytes(data))

    def _on_end(self) -> None:
        self.owner._receive_ended()

    def start_reading(self) -> None:
        """Receive."""
        self.reading = True
        self._stream.resume()

    def stop_reading(self) -> None:
        """Let the stream wait."""
        self.reading = False
        self._stream.pause()

    def write(self, pieces: Sequence[bytes], callback: Callback) -> None:
        """Write `pieces`, and call `callback(error)` when the stream has taken them."""
        data = b"".join(pieces)
        self.unsent = len(data)

        def written(error: BaseException | None = None) -> None:
            self.unsent = 0
            callback(error)

        self._stream.write(data, None, written)

    def shutdown(self, callback: Callback) -> None:
        """End the stream, and call `callback(None)` when it has finished; never, if it is destroyed before."""

        def ended(_error: BaseException | None = None) -> None:
            if not self._stream.destroyed:
                callback(None)

        self._stream.end(ended)

    def set_no_delay(self, enable: bool) -> None:
        """A stream has no such thing, nor those that follow."""

    def set_keep_alive(
        self, enable: bool, initial_delay: int, interval: int | None = None, count: int | None = None
    ) -> None:
        """See set_no_delay."""

    def set_type_of_service(self, tos: int) -> None:
        """See set_no_delay."""

    def type_of_service(self) -> int:
        """See set_no_delay."""
        return 0

    def local_address(self) -> Any:
        """None."""

    def peer_address(self) -> Any:
        """None."""

    def detach(self) -> KernelSocket:
        """There is no socket to give away."""
        raise TypeError("a stream has no socket of the kernel")

    def close(self, *, reset: bool = False) -> None:
        """The stream is destroyed by whoever owns it."""
        self._stream.remove_listener("data", self._on_data)
        self._stream.remove_listener("end", self._on_end)
