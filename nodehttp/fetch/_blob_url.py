"""`blob:` URLs: names under which a program keeps blobs, until it revokes them.

Standard: File API, section 8. Node: URL.createObjectURL, URL.revokeObjectURL, buffer.resolveObjectURL
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from nodestream._blob import Blob
from nodestream._js_string import js_string
from nodestream.errors import ERR_INVALID_ARG_TYPE

_PREFIX = "blob:nodedata:"

_store: dict[str, Blob] = {}
"""The blobs by what follows the prefix. A blob stays until it is revoked, as in Node."""


def create_object_url(blob: Blob) -> str:
    """A URL for `fetch`, of this program only. The blob is kept until that is revoked.

    Raises ERR_INVALID_ARG_TYPE for what is no Blob. Node: URL.createObjectURL
    """
    if not isinstance(blob, Blob):
        raise ERR_INVALID_ARG_TYPE("obj", "an instance of Blob", blob)
    name = str(uuid4())
    _store[name] = blob
    return _PREFIX + name


def revoke_object_url(url: Any) -> None:
    """Forget the blob of a URL; nothing happens if it has none. Node: URL.revokeObjectURL"""
    _store.pop(_name(js_string(url)), None)


def resolve_object_url(url: Any) -> Blob | None:
    """The blob of a URL, None if it has none. Node: buffer.resolveObjectURL"""
    return _store.get(_name(js_string(url)))


def _name(url: str) -> str:
    return url.partition("#")[0].removeprefix(_PREFIX) if url.startswith(_PREFIX) else ""


createObjectURL = create_object_url
revokeObjectURL = revoke_object_url
resolveObjectURL = resolve_object_url
