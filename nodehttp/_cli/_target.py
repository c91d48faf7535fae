"""Requests to the target of a proxy, on connections that are kept, with bounds on how long it may take."""

from __future__ import annotations

from typing import Any

import nodehttp
from nodestream.errors import NodeError
from nodestream.timers import Timeout, clear_timeout, set_timeout

from ._proxy_headers import Target

CONNECT_TIMEOUT = 10_000
"""Milliseconds that the target has to accept a connection."""
IDLE_TIMEOUT = 120_000
"""Milliseconds after which an exchange is given up in which nothing moves."""


class TargetTimeout(Exception):
    """The target took too long."""


class Upstream:
    """Makes the requests to one target. Times are in milliseconds.

    Attributes:
        agent: has the connections.
    """

    def __init__(self, target: Target, connect_timeout: float, idle_timeout: float) -> None:
        self.target = target
        self.agent = nodehttp.Agent(keep_alive=True)
        self._connect_timeout = connect_timeout
        self._idle_timeout = idle_timeout

    def request(self, method: str, path: str, headers: list[str], *, alone: bool = False) -> Any:
        """A request to the target; it fails with TargetTimeout when that does not accept, or nothing moves any more.

        One that is `alone` has a connection of its own, that no other request will ever use.
        """
        host, port = self.target.host, self.target.port
        agent = False if alone else self.agent
        request = nodehttp.request(host=host, port=port, method=method, path=path, headers=headers, agent=agent)
        _ConnectDeadline(request, self._connect_timeout)
        request.set_timeout(self._idle_timeout, lambda: request.destroy(TargetTimeout("it took too long")))
        return request


class _ConnectDeadline:
    """Destroys a request whose socket does not connect in time."""

    def __init__(self, request: Any, delay: float) -> None:
        self._request = request
        self._delay = delay
        self._timer: Timeout | None = None
        request.once("socket", self._started)
        request.once("close", self._over)

    def _started(self, socket: Any) -> None:
        if socket.connecting:
            self._timer = set_timeout(self._request.destroy, self._delay, TargetTimeout("it does not accept"))
            socket.once("connect", self._over)

    def _over(self, *_: object) -> None:
        clear_timeout(self._timer)


def no_answer() -> NodeError:
    """The error of a target that gave no answer, or none that can be understood."""
    return NodeError("it gave no answer that can be forwarded", "EPROTO")


def status_of(error: BaseException) -> int:
    """The status that tells a client why there is no answer: 504 or 502."""
    late = isinstance(error, TargetTimeout) or getattr(error, "code", None) == "ETIMEDOUT"
    return 504 if late else 502
