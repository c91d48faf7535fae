"""Responses that come from no server: of `data:` and `blob:` URLs.

Fetch standard, section 4.2 (scheme fetch)
"""

from __future__ import annotations

import re

from nodestream._blob import Blob

from ._blob_url import resolve_object_url
from ._body_init import body_of_bytes, extract_body
from ._data_url import parse_data_url
from ._headers import Pair
from ._href import without_fragment
from ._network_errors import fetch_failed
from ._request import Request
from ._response import Response

_RANGE = re.compile(r"bytes[\t ]*=[\t ]*([0-9]*)[\t ]*-[\t ]*([0-9]*)")

_REASONS = {
    "about": "about scheme is not supported",
    "file": "not implemented... yet...",
}


def local_response(request: Request) -> Response:
    """The response to a request whose URL is neither http: nor https:.

    Raises the TypeError of a failed fetch if there is none.
    """
    url = without_fragment(request.url)
    scheme = url.partition(":")[0]
    if scheme == "data":
        return _of_data(request, url)
    if scheme == "blob":
        return _of_blob(request, url)
    raise fetch_failed(_REASONS.get(scheme, "unknown scheme"))


def _of_data(request: Request, url: str) -> Response:
    found = parse_data_url(url)
    if found is None:
        raise fetch_failed("failed to fetch the data URL")
    body = None if request.method == "HEAD" else body_of_bytes(found.body)
    pairs = [("content-type", str(found.mime))]
    return Response._of_network(
        kind="basic", status=200, status_text="OK", header_pairs=pairs, body=body, url_list=[request.url]
    )


def _of_blob(request: Request, url: str) -> Response:
    blob = resolve_object_url(url)
    if request.method != "GET" or blob is None:
        raise fetch_failed("invalid method")
    pairs = [("content-length", str(blob.size)), ("content-type", blob.type)]
    status, reason = 200, "OK"
    wanted = request.headers.get("range")
    if wanted is not None:
        start, end = _range(wanted, blob.size)
        status, reason = 206, "Partial Content"
        pairs = _of_part(blob, start, end)
        blob = blob.slice(start, end, blob.type)
    return Response._of_network(
        kind="basic",
        status=status,
        status_text=reason,
        header_pairs=pairs,
        body=extract_body(blob)[0],
        url_list=[request.url],
    )


def _of_part(blob: Blob, start: int, end: int) -> list[Pair]:
    return [
        ("content-length", str(end - start)),
        ("content-type", blob.type),
        ("content-range", f"bytes {start}-{end - 1}/{blob.size}"),
    ]


def _range(text: str, size: int) -> tuple[int, int]:
    """Section 2.2.2: parse a single range header value; the part from `start` to before `end`."""
    found = _RANGE.fullmatch(text)
    first, last = found.groups() if found is not None else ("", "")
    if not first and not last:
        raise fetch_failed("failed to fetch the data URL")
    if not first:
        return max(size - int(last), 0), size
    start, end = int(first), min(int(last) + 1, size) if last else size
    if start >= size or end <= start:
        raise fetch_failed("Range start is greater than the blob's size.")
    return start, end
