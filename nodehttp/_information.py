"""What a client's `information` event tells.

Node: the argument of ClientRequest's 'information' event
"""

from __future__ import annotations

from typing import Any

from nodestream._names import NodeNames, node_alias

from ._incoming import IncomingMessage


class Information(NodeNames):
    """The head of a 1xx response, which has no body and is no stream.

    Attributes: `status_code`, `status_message`, `http_version`, `http_version_major`, `http_version_minor`, `headers`,
    `raw_headers`, as those of an IncomingMessage.
    """

    __slots__ = (
        "headers",
        "http_version",
        "http_version_major",
        "http_version_minor",
        "raw_headers",
        "status_code",
        "status_message",
    )

    statusCode: int = node_alias("status_code")
    statusMessage: str = node_alias("status_message")
    httpVersion: str = node_alias("http_version")
    httpVersionMajor: int = node_alias("http_version_major")
    httpVersionMinor: int = node_alias("http_version_minor")
    rawHeaders: list[str] = node_alias("raw_headers")

    def __init__(self, head: IncomingMessage) -> None:
        self.status_code = head.status_code
        self.status_message = head.status_message
        self.http_version = head.http_version
        self.http_version_major = head.http_version_major
        self.http_version_minor = head.http_version_minor
        self.headers: dict[str, Any] = head.headers
        self.raw_headers = head.raw_headers

    def __repr__(self) -> str:
        return f"<Information {self.status_code} {self.status_message!r}>"
