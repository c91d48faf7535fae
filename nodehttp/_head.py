"""The text of a head: the headers that were set, then those that follow from them.

The order is Node's: the start line, the user's headers as they were given, Date, Connection and Keep-Alive, then
Content-Length or Transfer-Encoding.

Node: OutgoingMessage's _storeHeader
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from nodestream import _encoding
from nodestream.errors import ERR_HTTP_TRAILER_INVALID

from ._date import date_line
from ._framing import Framing, framing_of
from ._headers import (
    CHUNKED,
    HeaderStore,
    header_text,
    is_list,
    pairs_of,
    valid_lower_name,
    validate_header_value,
    word,
)

if TYPE_CHECKING:
    from ._outgoing import OutgoingMessage

_CLOSE = word("close")


class HeadBuilder:
    """A head in the making: its lines, and what the user's own headers say."""

    __slots__ = (
        "expect",
        "keep_alive",
        "length",
        "lines",
        "message",
        "names_connection",
        "names_date",
        "trailer",
        "transfer_encoding",
    )

    def __init__(self, message: OutgoingMessage, start_line: str) -> None:
        self.message = message
        self.lines = [start_line]
        self.names_connection = False
        self.names_date = False
        self.length = False
        self.transfer_encoding = False
        self.expect = False
        self.trailer = False
        self.keep_alive = False

    # --- the user's headers ---

    def add_stored(self, headers: HeaderStore) -> None:
        """Add headers that were checked when they were set."""
        append = self.lines.append
        for lower, (name, value) in headers.fields():
            if type(value) is str:
                beginning, note = _known(name)
                if beginning:
                    append(f"{beginning}{value}\r\n")
                    if note is not None:
                        note(self, value)
                    continue
            else:  # a list may have been changed since it was set
                validate_header_value(name, value, accepts=self.message._accepts_value)
            self._add(lower, name, value, validate=False)

    def add_given(self, headers: Any) -> None:
        """Add headers in any form, as `write_head` takes them; raises for what cannot be sent."""
        append, accepts = self.lines.append, self.message._accepts_value
        for name, value in pairs_of(headers):
            if type(value) is str and type(name) is str:
                beginning, note = _known(name)
                # Printable ASCII is a value to whoever decides.
                if beginning and ((value.isascii() and value.isprintable()) or accepts(value)):
                    append(f"{beginning}{value}\r\n")
                    if note is not None:
                        note(self, value)
                    continue
            self._add(valid_lower_name(name), name, value, validate=True)

    def _add(self, lower: str, name: str, value: Any, *, validate: bool) -> None:
        if lower == "content-disposition" and self.message._body_length:
            value = self._disposition(value)
        if is_list(value):
            unique = self.message._unique_headers
            joined = (lower == "cookie" and len(value) > 1) or (unique is not None and lower in unique)
            if not joined:
                for item in value:
                    self._add_line(lower, name, item, validate)
                return
            value = "; ".join(header_text(item) for item in value)
        self._add_line(lower, name, value, validate)

    def _add_line(self, lower: str, name: str, value: Any, validate: bool) -> None:
        if validate:
            validate_header_value(name, value, accepts=self.message._accepts_value)
        text = header_text(value)
        self.lines.append(f"{name}: {text}\r\n")
        note = NOTES.get(lower)
        if note is not None:
            note(self, text)

    def _disposition(self, value: Any) -> Any:
        """Node passes this one header through a latin1 buffer and back through UTF-8 when the body's length is known.

        Not if a character comes out of which latin1 would make a control character: U+010A would end the line.
        """
        if is_list(value):
            return [self._disposition(item) for item in value]
        text = header_text(value)
        passed = text.encode("latin-1", "replace").decode("utf-8", "replace")
        sent = _encoding.encode(passed, "latin1").decode("latin-1")
        return passed if self.message._accepts_value(sent) else text

    # --- what they say ---

    def _note_connection(self, value: str) -> None:
        self.names_connection = True
        state = self.message._state
        if state.removed:
            state.removed -= {"connection"}
        if _CLOSE.search(value):
            state.last = True
        else:
            self.message.should_keep_alive = True

    def _note_transfer_encoding(self, value: str) -> None:
        self.transfer_encoding = True
        state = self.message._state
        if state.removed:
            state.removed -= {"transfer-encoding"}
        if CHUNKED.search(value):
            self.message.chunked_encoding = True

    def _note_content_length(self, value: str) -> None:
        self.length = True
        state = self.message._state
        if state.removed:
            state.removed -= {"content-length"}
        self.message._content_length = value

    def _note_date(self, _value: str) -> None:
        self.names_date = True

    def _note_expect(self, _value: str) -> None:
        self.expect = True

    def _note_trailer(self, _value: str) -> None:
        self.trailer = True

    def _note_keep_alive(self, _value: str) -> None:
        self.keep_alive = True

    # --- the headers that follow ---

    def complete(self) -> str:
        """Add what is missing, and give the text. Raises ERR_HTTP_TRAILER_INVALID."""
        message = self.message
        lines = self.lines
        if message.send_date and not self.names_date:
            lines.append(date_line())
        if message.chunked_encoding and message._forbids_chunks:
            # The user asked for chunks where there is no body: the peer may take us at our word, so it ends here.
            message.chunked_encoding = False
            message.should_keep_alive = False
        self._add_connection()
        if not (self.length or self.transfer_encoding):
            self._add_framing()
        if self.trailer and not message.chunked_encoding:
            raise ERR_HTTP_TRAILER_INVALID
        lines.append("\r\n")
        return "".join(lines)

    def _add_connection(self) -> None:
        message = self.message
        state = message._state
        if "connection" in state.removed:
            state.last = not message.should_keep_alive
            return
        if self.names_connection:
            return
        peer_knows_the_end = self.length or message.use_chunked_encoding_by_default or message._has_agent
        if not (message.should_keep_alive and peer_knows_the_end):
            state.last = True
            self.lines.append("Connection: close\r\n")
        elif message.max_requests_on_connection_reached:
            self.lines.append("Connection: close\r\n")
        elif message._keep_alive_timeout and not self.keep_alive:
            self.lines.append(keep_alive_lines(message._keep_alive_timeout, message._max_requests_per_socket))
        else:
            self.lines.append("Connection: keep-alive\r\n")

    def _add_framing(self) -> None:
        message = self.message
        state = message._state
        framing = framing_of(
            has_body=state.has_body,
            peer_reads_chunks=message.use_chunked_encoding_by_default,
            length_known=message._content_length is not None,
            announces_trailers=self.trailer,
            length_removed="content-length" in state.removed,
            chunked_removed="transfer-encoding" in state.removed,
        )
        if framing is Framing.LENGTH:
            self.lines.append(f"Content-Length: {message._content_length}\r\n")
        elif framing is Framing.CHUNKED:
            self.lines.append("Transfer-Encoding: chunked\r\n")
            message.chunked_encoding = True
        elif framing is Framing.NO_BODY:
            message.chunked_encoding = False
        elif framing is Framing.UNTIL_CLOSE:
            state.last = True


@lru_cache(maxsize=1024)
def _known(name: str) -> tuple[str, Note | None]:
    """What a field of that name begins with, and what its value has to be told to; "" if there is more to it.

    A program sends the same names again and again. Raises ERR_INVALID_HTTP_TOKEN.
    """
    lower = valid_lower_name(name)
    return ("" if lower == "content-disposition" else f"{name}: "), NOTES.get(lower)


@lru_cache(maxsize=64)
def keep_alive_lines(timeout: float, most: float | None) -> str:
    """What tells the peer that the connection stays: for how many milliseconds, and for at most how many requests."""
    limit = f", max={int(most)}" if most and most > 0 else ""
    return f"Connection: keep-alive\r\nKeep-Alive: timeout={int(timeout // 1000)}{limit}\r\n"


Note = Callable[[HeadBuilder, str], None]
NOTES: dict[str, Note] = {
    "connection": HeadBuilder._note_connection,
    "content-length": HeadBuilder._note_content_length,
    "transfer-encoding": HeadBuilder._note_transfer_encoding,
    "date": HeadBuilder._note_date,
    "expect": HeadBuilder._note_expect,
    "trailer": HeadBuilder._note_trailer,
    "keep-alive": HeadBuilder._note_keep_alive,
}
