"""Every member that Node documents is there, under both spellings."""

from __future__ import annotations

import pytest

from nodehttp._constants import METHODS, STATUS_CODES
from nodehttp._incoming import IncomingMessage
from nodehttp._outgoing import OutgoingMessage
from nodehttp._response import ServerResponse
from nodehttp._server import Server
from nodestream._names import node_names_of
from nodestream._options import snake_case
from nodestream.loop import run

OUTGOING = """
    addTrailers appendHeader chunkedEncoding closed connection cork destroy destroyed end errored finished flushHeaders
    getHeader getHeaderNames getHeaders getRawHeaderNames hasHeader headersSent maxRequestsOnConnectionReached pipe
    removeHeader sendDate setHeader setHeaders setTimeout shouldKeepAlive socket strictContentLength uncork
    useChunkedEncodingByDefault writable writableCorked writableEnded writableFinished writableHighWaterMark
    writableLength writableNeedDrain writableObjectMode write
"""
RESPONSE = """
    assignSocket detachSocket req statusCode statusMessage writeContinue writeEarlyHints writeHead writeHeader
    writeInformation writeProcessing
"""
INCOMING = """
    aborted complete connection destroy headers headersDistinct httpVersion httpVersionMajor httpVersionMinor
    joinDuplicateHeaders method pause pipe rawHeaders rawTrailers readableEnded resume setTimeout socket statusCode
    statusMessage trailers trailersDistinct upgrade url
"""
SERVER = """
    address allowHalfOpen close closeAllConnections closeIdleConnections connectionsCheckingInterval getConnections
    headersTimeout httpAllowHalfOpen joinDuplicateHeaders keepAliveTimeout keepAliveTimeoutBuffer listen listening
    maxConnections maxHeaderSize maxHeadersCount maxRequestsPerSocket ref rejectNonStandardBodyWrites requestTimeout
    requireHostHeader setTimeout shouldUpgradeCallback timeout unref
"""


@pytest.mark.parametrize(
    ("make", "names"),
    [
        (OutgoingMessage, OUTGOING),
        (lambda: ServerResponse(IncomingMessage()), OUTGOING + RESPONSE),
        (IncomingMessage, INCOMING),
        (Server, SERVER),
    ],
    ids=["OutgoingMessage", "ServerResponse", "IncomingMessage", "Server"],
)
def test_every_member_has_both_spellings(make: type, names: str) -> None:
    def main() -> None:
        message = make()
        for name in names.split():
            snake = "socket" if name == "connection" else snake_case(name)
            assert hasattr(message, name), name
            assert hasattr(message, snake), snake
            if snake != name:
                assert node_names_of(type(message))[name] == snake

    run(main)


def test_the_words_of_http_are_nodes() -> None:
    assert len(METHODS) == 35
    assert sorted(METHODS) == METHODS
    assert len(STATUS_CODES) == 63
    assert (STATUS_CODES[200], STATUS_CODES[413], STATUS_CODES[418]) == ("OK", "Payload Too Large", "I'm a Teapot")
