"""How messages say that they are streams of records."""

from __future__ import annotations

CONTENT_TYPE = "application/x-ndjson"
_TYPES = frozenset({CONTENT_TYPE, "application/octet-stream"})


def is_record_type(content_type: str | None) -> bool:
    """Whether a Content-Type is one of records; a message without one is taken at its word."""
    return (content_type or CONTENT_TYPE).partition(";")[0].strip().lower() in _TYPES
