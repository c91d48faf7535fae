"""The upload command: `nodehttp upload FILE URL`."""

from __future__ import annotations

import os
import stat
from typing import Any
from urllib.parse import urlsplit

import nodehttp
from nodestream import Readable
from nodestream.errors import NodeError
from nodestream.fs import create_read_stream
from nodestream.loop import Promise, current_loop
from nodestream.promises import finished
from nodestream.timers import clear_timeout, set_timeout

from ._failures import CommandError, described
from ._output import say, show_bytes
from ._progress import ProgressBar
from ._shutdown import GRACE, Shutdown

CONTINUE_TIMEOUT = 1000
"""Milliseconds to wait for `100 Continue` before the body is sent anyway, as RFC 9110 section 10.1.1 wants it."""

PIECE = 256 * 1024
"""Bytes that are read at once."""

_STDIN = 0


async def upload(file: str, url: str, method: str, grace: float = GRACE) -> int:
    """Send a file, or standard input for `-`, and print the answer; the command's exit status. Raises CommandError."""
    descriptor, size = _open(file)
    source = _standard_input() if file == "-" else create_read_stream(None, fd=descriptor, high_water_mark=PIECE)
    with ProgressBar("standard input" if file == "-" else os.path.basename(file), size) as bar:
        source.on("data", bar.count)
        source.pause()
        sending = Sending(source, url, method)
        with Shutdown(_say_what_happens, sending.give_up, grace):
            try:
                response = await sending.response()
                await _print_answer(response)
                await sending.sent()
            except (NodeError, OSError) as error:
                raise CommandError(sending.explain(error, file, url)) from error
            finally:
                sending.close()
    return 0 if 200 <= response.status_code < 300 else 1


def _say_what_happens() -> None:
    say("nodehttp: interrupted; the upload has 10 seconds to finish (once more to stop it now)")


def _open(file: str) -> tuple[int, int | None]:
    """A descriptor, and the size if it is known. Raises CommandError."""
    if file == "-":
        return _STDIN, _size_of(os.fstat(_STDIN))
    try:
        descriptor = os.open(file, os.O_RDONLY)
    except (OSError, ValueError) as error:
        raise CommandError(f"cannot read {file}: {described(error)}") from None
    status = os.fstat(descriptor)
    if stat.S_ISDIR(status.st_mode):
        os.close(descriptor)
        raise CommandError(f"cannot read {file}: is a directory")
    return descriptor, _size_of(status)


def _size_of(status: os.stat_result) -> int | None:
    return status.st_size if stat.S_ISREG(status.st_mode) else None


def _standard_input() -> Readable:
    """Standard input as a stream. A read that never ends does not keep the program from ending."""

    def read(stream: Readable, _size: int) -> None:
        def done(error: BaseException | None, chunk: bytes | None) -> None:
            stream.destroy(error) if error is not None else stream.push(chunk or None)

        current_loop().run_in_thread(os.read, _STDIN, PIECE, done=done, abandon=True)

    return Readable(read=read)


class Sending:
    """A stream on its way to a server, in chunks. It is sent when the server wants it, and stopped when it does not."""

    def __init__(self, source: Any, url: str, method: str) -> None:
        self._source = source
        self._answered: Promise[Any] = Promise()
        self._invited: Promise[None] = Promise()
        self._under_way = False
        self._given_up = False
        self._request = request = nodehttp.request(
            url, method=method, headers={"Transfer-Encoding": "chunked", "Expect": "100-continue"}
        )
        request.on("response", self._on_response)
        request.on("error", self._on_error)
        request.on("continue", lambda: self._invited.resolve(None))
        source.on("error", request.destroy)

    async def response(self) -> Any:
        """The server's answer, which may come before everything is sent."""
        timer = set_timeout(self._invited.resolve, CONTINUE_TIMEOUT, None)
        await self._invited
        clear_timeout(timer)
        if not self._answered.settled:
            self._under_way = True
            self._source.pipe(self._request)
        return await self._answered

    async def sent(self) -> None:
        """Wait until the stream is sent, unless the server answered that it does not want it."""
        if self._under_way and not self._request.writable_finished:
            await finished(self._request, readable=False)

    def close(self) -> None:
        """Let go of everything; may be called again."""
        self._source.destroy()
        self._request.destroy()

    def give_up(self) -> None:
        """There is no more time; whoever waits gets an error."""
        self._given_up = True
        self.close()
        self._on_error(ConnectionAbortedError("interrupted"))

    def explain(self, error: BaseException, file: str, url: str) -> str:
        """What went wrong, for the user."""
        if self._given_up:
            return "interrupted; the upload is not complete"
        if self._source.errored is not None:
            return f"cannot read {file}: {described(error)}"
        return f"cannot upload to {urlsplit(url).netloc}: {described(error)}"

    def _on_response(self, response: Any) -> None:
        if response.status_code >= 300:
            self._under_way = False
            self._source.unpipe(self._request)
        self._answered.resolve(response)
        self._invited.resolve(None)

    def _on_error(self, error: BaseException) -> None:
        self._answered.reject(error)
        self._invited.resolve(None)


async def _print_answer(response: Any) -> None:
    """The status line and the body, on standard output."""
    last = b"\n"
    show_bytes(f"{response.status_code} {response.status_message}\n".encode("latin-1"))
    async for chunk in response:
        show_bytes(chunk)
        last = chunk[-1:]
    if last != b"\n":
        show_bytes(b"\n")
