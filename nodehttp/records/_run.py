"""What a stream of a client is at: an attempt, or the wait before the next one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from nodestream.loop import Promise
from nodestream.timers import clear_timeout, set_timeout

from .. import https
from .._client import ClientRequest, request
from . import _compression as compression
from ._config import RecordConfig
from ._errors import RecordAbortError
from ._exchange import Exchange
from ._input import Input


class Target:
    """A server, and what it is known to take.

    Args:
        base_url: what the paths of endpoints are added to.
        agent: whose sockets are used; None for the global agent.
        compresses: whether records are to be sent encoded if they can be.

    Attributes:
        coding: how records are sent; None for not encoded.
    """

    def __init__(self, base_url: str, agent: Any, *, compresses: bool) -> None:
        self._base_url = base_url
        self._agent = agent
        self._compresses = compresses
        self.coding: str | None = None

    def make_request(self, endpoint: str, headers: dict[str, Any]) -> ClientRequest:
        """A request to an endpoint. Raises what its options deserve."""
        make = https.request if self._base_url.startswith("https:") else request
        url = f"{self._base_url}/{endpoint.removeprefix('/')}"
        return make(url, method="POST", headers=headers, agent=self._agent)

    def learn(self, accept_encoding: str | None) -> None:
        """The server has told how it wants to be sent records."""
        self.coding = compression.chosen(accept_encoding) if self._compresses else None


class Run:
    """The attempts of one stream, one after the other.

    Attributes:
        config: see RecordConfig.
    """

    def __init__(
        self, target: Target, endpoint: str, headers: Mapping[str, Any], records: Input, config: RecordConfig
    ) -> None:
        self.config = config
        self._target = target
        self._endpoint = endpoint
        self._headers = headers
        self._input = records
        self._exchange: Exchange | None = None
        self._pause: Promise[None] | None = None
        self._records_sent = 0  # in attempts that are over
        self._bytes_sent = 0
        self._bytes_received = 0

    # --- how far it got ---

    @property
    def records_sent_now(self) -> int:
        """How many records were sent in this attempt."""
        return 0 if self._exchange is None else self._exchange.sending.records

    @property
    def records_sent(self) -> int:
        """How many records were sent in all attempts."""
        return self._records_sent + self.records_sent_now

    @property
    def bytes_sent(self) -> int:
        """How many bytes they were."""
        return self._bytes_sent + (0 if self._exchange is None else self._exchange.sending.bytes)

    @property
    def bytes_received(self) -> int:
        """How many bytes of results have come."""
        return self._bytes_received + (0 if self._exchange is None else self._exchange.bytes_received)

    # --- attempts ---

    @property
    def is_under_way(self) -> bool:
        """Whether there is an attempt."""
        return self._exchange is not None

    @property
    def can_begin_again(self) -> bool:
        """Whether all that was sent can be sent again."""
        return self._input.can_begin_again

    def begin(self) -> None:
        """Let an attempt begin. Raises what the options of the request deserve, and ERR_RECORDS_CALLER_FAILED."""
        make_request = partial(self._target.make_request, self._endpoint)
        reading = self._input.begin()
        self._exchange = Exchange(make_request, self._headers, self._target.coding, reading, self.config)

    async def next(self) -> bytes | None:
        """The next bytes of results; None at the end. Raises a RecordError. There must be an attempt."""
        exchange: Exchange = self._exchange  # type: ignore[assignment]
        chunk = await exchange.next()
        self._target.learn(exchange.accept_encoding)
        return chunk

    def end_attempt(self) -> None:
        """It is over; what was counted in it stays."""
        exchange = self._exchange
        if exchange is not None:
            exchange.close()
            self._records_sent += exchange.sending.records
            self._bytes_sent += exchange.sending.bytes
            self._bytes_received += exchange.bytes_received
            self._exchange = None

    async def wait(self, delay: float) -> None:
        """Wait so many milliseconds, or until it is stopped."""
        pause = self._pause = Promise()
        timer = set_timeout(pause.resolve, delay, None)
        try:
            await pause
        finally:
            clear_timeout(timer)

    def change_input(self, records: Input) -> None:
        """Send these from now on."""
        self._input.close()
        self._input = records

    def stop(self, signal: Any) -> None:
        """A signal was aborted: whoever waits is not to wait any longer."""
        if self._exchange is not None:
            self._exchange.fail(RecordAbortError(signal.reason))
        if self._pause is not None:
            self._pause.resolve(None)

    def close(self) -> None:
        """Nobody wants more."""
        self.end_attempt()
        self._input.close()
