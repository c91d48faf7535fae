"""The one error that a parser reports."""

from __future__ import annotations

from nodestream.errors import NodeError


class ParseError(NodeError):
    """The peer's bytes are not HTTP as Node reads it.

    `code` is one of the `HPE_*` codes, `reason` says what was wrong (the message is `Parse Error: <reason>`),
    `bytes_parsed` is the offset, in the piece of input it was found in, at which parsing stopped, and `raw_packet`
    is that piece of input: None if it has ended.

    Node: the errors of 'clientError' (server) and of a ClientRequest's 'error' (client)
    """

    def __init__(self, code: str, reason: str, bytes_parsed: int = 0, raw_packet: bytes | None = None) -> None:
        super().__init__(f"Parse Error: {reason}", code)
        self.reason = reason
        self.bytes_parsed = bytes_parsed
        self.raw_packet = raw_packet

    def again(self, raw_packet: bytes) -> ParseError:
        """The same error about another piece of input."""
        return ParseError(self.code, self.reason, self.bytes_parsed, raw_packet)


def unexpected_end() -> ParseError:
    """The input ended in the middle of a message. Node leaves its reason out of this one message."""
    error = ParseError("HPE_INVALID_EOF_STATE", "Invalid EOF state")
    error.message = "Parse Error"
    error.args = (error.message,)
    return error
