"""One response that is a stream of records.

1. The head leaves with the first results, or at the end. What fails before there are any is told with a status and one
   line that has an `error`; what fails later breaks the connection off, after the results so far.
2. A client that goes away stops the processing.
3. The clock runs while it is the client that is waited for.
4. A failure that is not the client's is logged, once.
"""

from __future__ import annotations

import logging
from typing import Any

from nodestream.errors import ZlibError
from nodestream.loop import next_tick
from nodestream.timers import Timeout, clear_timeout, set_timeout

from .._response import ServerResponse
from . import _compression as compression
from ._batches import encode_batch
from ._config import RecordConfig
from ._content_type import CONTENT_TYPE
from ._errors import ERR_RECORDS_TIMEOUT, RecordError
from ._outlet import Outlet
from ._processing import Batches, Process, Processing

logger = logging.getLogger("nodehttp")


class Answer:
    """Sends what `begin` is told to, or `fail`, as `outgoing`."""

    def __init__(self, outgoing: ServerResponse, config: RecordConfig) -> None:
        self._outgoing = outgoing
        self._config = config
        self._outlet = Outlet(self._open, config, self.move)
        self._encoder: Any = None
        self._is_broken = False
        self._processing: Processing | None = None
        self._timer: Timeout | None = None

    def begin(self, process: Process, batches: Batches) -> None:
        """Answer with the results of records; not if the client has gone already."""
        if self._outgoing.destroyed:
            batches.close()
            return
        self._processing = Processing(process, batches, self._outlet, self._config, self._done)
        if self._config.timeout:
            self._timer = set_timeout(self._on_silence, self._config.timeout)
        self._outgoing.once("close", self._let_go)
        self._processing.begin()

    def move(self) -> None:
        """The client has sent or taken something."""
        if self._timer is not None:
            self._timer.refresh()

    def fail(self, error: Exception) -> None:
        """It cannot be finished."""
        self._stop_timer()
        if self._outgoing.destroyed:
            return
        if not _is_the_clients(error):
            logger.error("records could not be processed", exc_info=error)
        if self._outlet.flush() or self._outgoing.headers_sent:
            self._break_off()
        else:
            self._refuse(error)

    # --- sending ---

    def _open(self) -> Any:
        """Set the headers, and give what records are written to."""
        outgoing = self._outgoing
        if outgoing.headers_sent:
            return outgoing
        if not outgoing.has_header("content-type"):
            outgoing.set_header("Content-Type", CONTENT_TYPE)
        coding = self._chosen_coding()
        if coding is None:
            return outgoing
        outgoing.set_header("Content-Encoding", coding)
        self._encoder = compression.encoder(coding)
        self._encoder.once("end", self._on_encoded)
        self._encoder.pipe(outgoing, end=False)
        return self._encoder

    def _chosen_coding(self) -> str | None:
        outgoing = self._outgoing
        if not self._config.compression or outgoing.has_header("content-encoding"):
            return None
        outgoing.set_header("Accept-Encoding", compression.accepted())
        outgoing.append_header("Vary", "Accept-Encoding")
        if outgoing.req.method == "HEAD":
            return None
        return compression.chosen(outgoing.req.headers.get("accept-encoding"))

    def _on_encoded(self) -> None:
        """All that was written has been handed to the response."""
        if self._is_broken:
            self._break_off_now()
        else:
            self._outgoing.end()

    def _done(self, error: Exception | None) -> None:
        self._stop_timer()
        if error is None:
            self._outlet.end()
        else:
            self.fail(error)

    # --- failing ---

    def _refuse(self, error: Exception) -> None:
        """Say why, instead of results."""
        status, code, message = 500, "ERR_RECORDS_PROCESSING", "Internal Server Error"
        if _is_the_clients(error):
            status, code, message = getattr(error, "status", 400), getattr(error, "code", code), str(error)
        line = encode_batch([{"error": {"code": code, "message": message}}])
        self._outgoing.write_head(status, {"Content-Type": CONTENT_TYPE, "Content-Length": len(line)})
        self._outgoing.end(line)

    def _break_off(self) -> None:
        """Let the client know that this is not all: what has been written leaves, without what ends a body."""
        self._is_broken = True
        if self._encoder is not None:
            self._encoder.end()
        else:
            self._break_off_now()

    def _break_off_now(self) -> None:
        outgoing = self._outgoing
        socket = outgoing.socket
        if socket is None:  # it is another response's turn
            outgoing.once("socket", lambda: next_tick(self._break_off_now))
        elif outgoing.chunked_encoding:
            socket.set_timeout(self._config.timeout)  # of a client that does not read
            socket.destroy_soon()
        else:
            socket.reset_and_destroy()  # to HTTP/1.0 every other end is the end of the body

    def _on_silence(self) -> None:
        if self._processing is None or not self._processing.waits_for_client:
            self.move()
            return
        self._processing.stop()
        self.fail(ERR_RECORDS_TIMEOUT(self._config.timeout))

    def _stop_timer(self) -> None:
        clear_timeout(self._timer)
        self._timer = None

    def _let_go(self) -> None:
        """The response is over, sent in full or not."""
        self._stop_timer()
        self._outlet.close()
        if self._processing is not None:
            self._processing.stop()
        if self._encoder is not None:
            self._encoder.destroy()


def _is_the_clients(error: Exception) -> bool:
    """Whether the client has sent what cannot be processed."""
    return isinstance(error, ZlibError) or (isinstance(error, RecordError) and error.status < 500)
