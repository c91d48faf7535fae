"""Validators and conditional requests, RFC 9110 sections 8.8 and 13."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from email.utils import formatdate, parsedate_to_datetime
from typing import Any

_TAG = re.compile(r'[ \t]*(W/)?("[\x21\x23-\x7e\x80-\xff]*")[ \t]*(?:,|$)')


def entity_tag(status: os.stat_result) -> str:
    """A strong ETag: it changes when the file's time or length does."""
    return f'"{status.st_mtime_ns:x}-{status.st_size:x}"'


def http_date(seconds: float) -> str:
    """A time as HTTP writes it."""
    return formatdate(int(seconds), usegmt=True)


def parsed_date(text: str | None) -> int | None:
    """Seconds since 1970, None if it is no date."""
    try:
        return None if text is None else int(parsedate_to_datetime(text).timestamp())
    except (TypeError, ValueError, OverflowError):
        return None


def _matches(header: str, tag: str, *, weak: bool) -> bool:
    """Whether a list of entity tags, or `*`, has this (strong) one. Section 8.8.3.2"""
    if header.strip() == "*":
        return True
    position = 0
    while match := _TAG.match(header, position):
        if match[2] == tag and (weak or not match[1]):
            return True
        position = match.end()
    return False


def failed_condition(method: str, headers: Mapping[str, Any], tag: str | None, modified: float) -> int | None:
    """The status that the preconditions ask for, 304 or 412; None if the request is to be done. Section 13.2.2

    `tag` is None when there is no such file yet; `modified` is its time in seconds.
    """
    seconds = int(modified)
    reads = method in ("GET", "HEAD")
    if (wanted := headers.get("if-match")) is not None:
        if tag is None or not _matches(wanted, tag, weak=False):
            return 412
    elif (since := parsed_date(headers.get("if-unmodified-since"))) is not None and tag is not None and seconds > since:
        return 412
    if (known := headers.get("if-none-match")) is not None:
        if tag is not None and _matches(known, tag, weak=True):
            return 304 if reads else 412
    elif reads and (since := parsed_date(headers.get("if-modified-since"))) is not None and seconds <= since:
        return 304
    return None


def range_applies(if_range: str | None, tag: str, modified: float) -> bool:
    """Whether the file is still the one of which the client has a part. Section 13.1.5"""
    if if_range is None:
        return True
    validator = if_range.strip()
    if validator.startswith(('"', "W/")):
        return validator == tag
    return parsed_date(validator) == int(modified)
