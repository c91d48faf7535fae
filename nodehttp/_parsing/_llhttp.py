"""The engine on llhttp, the parser of Node itself, through the package httptools.

llhttp is given exactly one head; what it accepts, strict as it is by default, is what Node accepts. A parser is made
for each head: that costs less than to keep one and to know its state, and there is nothing to be called back for.

httptools does not tell where an error is, nor about trailers and the extensions of chunks, and has no limits. The
grammars do, and read what llhttp refuses.
"""

from __future__ import annotations

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser, HttpResponseParser


def accepts_request(head: bytes) -> bool:
    """See `Accepts`."""
    try:
        HttpRequestParser(None).feed_data(head)
    except HttpParserUpgrade:
        return True  # HTTP ends with this head
    except HttpParserError:
        return False
    return True


def accepts_response(head: bytes) -> bool:
    """See `Accepts`."""
    try:
        HttpResponseParser(None).feed_data(head)
    except HttpParserUpgrade:
        return True  # HTTP ends with this head
    except HttpParserError:
        return False
    return True
