"""One line on standard error for each request."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from ._output import say
from ._units import printable


class Record:
    """A request that is being answered; when its response is over, its line is written.

    Attributes:
        size: how many bytes of a body were sent, or received if the request brought one.
        measure: tells the size instead, when it is not known before the end.
    """

    __slots__ = ("_began", "_client", "_request", "_response", "measure", "size")

    def __init__(self, request: Any, response: Any) -> None:
        self.size = 0
        self.measure: Callable[[], int] | None = None
        self._began = time.perf_counter()
        self._client = request.socket.remote_address or "-"
        self._request = request
        self._response = response
        response.on("close", self._write)

    def count(self, chunk: bytes) -> None:
        """A piece of a body went by."""
        self.size += len(chunk)

    def _write(self, *_: object) -> None:
        response = self._response
        whole = response.writable_finished
        status = str(response.status_code) if response.headers_sent else "-"
        size = self.size if self.measure is None else self.measure()
        write_line(self._client, self._request, status, size, self._began, "" if whole else " (cut short)")


def write_line(client: str, request: Any, status: str, size: int, began: float, remark: str = "") -> None:
    """Write one line; `began` is a time of time.perf_counter()."""
    milliseconds = (time.perf_counter() - began) * 1000
    moment = time.strftime("%Y-%m-%dT%H:%M:%S%z")
    what = f"{printable(request.method)} {printable(request.url)}"
    say(f"{moment} {client} {what} {status} {size} {milliseconds:.1f}ms{remark}")
