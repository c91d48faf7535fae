"""JSON as JavaScript reads and writes it, as far as Python's own does that in another way.

Node: JSON.parse, JSON.stringify
"""

from __future__ import annotations

import json
import re
from typing import Any

_SURROGATE = re.compile("[\ud800-\udfff]")


def parse_json(text: str) -> Any:
    """What a text means as JSON. Raises ValueError if it is none, or nested deeper than Python can follow."""
    try:
        return json.loads(text, parse_constant=_refuse)
    except RecursionError:
        raise ValueError("JSON is nested too deeply") from None


def _refuse(constant: str) -> None:
    """NaN, Infinity and -Infinity, which Python would take."""
    raise ValueError(f"{constant} is not valid JSON")


def json_text(value: Any) -> str:
    """A value as JSON, without blanks; only what UTF-8 cannot say is escaped that need not be.

    Raises TypeError or ValueError for what JSON cannot say.
    """
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    except RecursionError:
        raise ValueError("the value is nested too deeply") from None
    return _SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
