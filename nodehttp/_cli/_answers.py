"""Short answers: a text, a page, an error as whoever asked would like to read it."""

from __future__ import annotations

from typing import Any

from ._access_log import Record
from ._page_parts import POLICY
from ._pages import error_page

TEXT = "text/plain; charset=utf-8"
_HTML = "text/html; charset=utf-8"


def send_text(response: Any, record: Record, status: int, content: bytes, kind: str = TEXT) -> None:
    """Send a whole body."""
    response.status_code = status
    response.set_header("Content-Type", kind)
    response.set_header("Content-Length", str(len(content)))
    response.set_header("X-Content-Type-Options", "nosniff")
    response.set_header("Cache-Control", "no-cache")
    if response.req.method != "HEAD":
        record.size = len(content)
    response.end(content)


def send_page(response: Any, record: Record, status: int, content: bytes) -> None:
    """Send a page, with the policy that keeps it harmless."""
    response.set_header("Content-Security-Policy", POLICY)
    send_text(response, record, status, content, _HTML)


def refuse(request: Any, response: Any, record: Record, status: int, reason: str) -> None:
    """Send an error: as a page to a browser, as one line to a program. What has begun already is cut instead."""
    if response.headers_sent:
        response.destroy()
    elif "text/html" in request.headers.get("accept", ""):
        send_page(response, record, status, error_page(status, reason))
    else:
        send_text(response, record, status, f"{reason}\n".encode())
