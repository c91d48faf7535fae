"""Whether a body is what its hash says.

Subresource Integrity, section 3.3
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

_METADATA = re.compile(r"(sha256|sha384|sha512)-([A-Za-z0-9+/_-]+={0,2})(?:\?[\x21-\x7e]*)?")
_STRENGTH = ("sha256", "sha384", "sha512")


def matches(body: bytes, metadata: str) -> bool:
    """Whether `body` has one of the hashes in `metadata`, of the strongest kind that is named there.

    Metadata in which no hash is understood matches anything.
    """
    hashes = [found.groups() for item in metadata.split() if (found := _METADATA.fullmatch(item))]
    if not hashes:
        return True
    strongest = max((kind for kind, _ in hashes), key=_STRENGTH.index)
    digest = hashlib.new(strongest, body).digest()
    return any(kind == strongest and _decoded(value) == digest for kind, value in hashes)


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value.replace("-", "+").replace("_", "/").rstrip("=") + "==")
    except binascii.Error:
        return b""
