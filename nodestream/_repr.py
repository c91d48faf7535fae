"""`repr()` of a stream: its state on one line. It never fails, for it is looked at when something else has."""

from __future__ import annotations

from collections.abc import Callable

_MOST = 60


def shown(thing: object, tell: Callable[[], str]) -> str:
    """`<Class text>` with the text that `tell()` gives; of a thing half made, only the class."""
    try:
        text = tell()
    except Exception:
        text = "whose state cannot be told"
    return f"<{type(thing).__name__} {text}>"


def shortened(text: str) -> str:
    """The beginning of a long text, a URL for instance."""
    return text if len(text) <= _MOST else f"{text[: _MOST - 3]}..."
