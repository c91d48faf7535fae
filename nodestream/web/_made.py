"""Classes that users see and cannot make. Standard: interfaces without a constructor"""

from __future__ import annotations

from typing import Any, TypeVar

from .._names import NodeNames
from ..errors import ERR_ILLEGAL_CONSTRUCTOR

M = TypeVar("M", bound="MadeByStream")


class MadeByStream(NodeNames):
    """An object that only a stream makes. Raises ERR_ILLEGAL_CONSTRUCTOR."""

    def __init__(self, *_: Any) -> None:
        raise ERR_ILLEGAL_CONSTRUCTOR

    @classmethod
    def _make(cls: type[M], *args: Any) -> M:
        """What the constructor does for a stream."""
        made = cls.__new__(cls)
        made._begin(*args)
        return made

    def _begin(self, *args: Any) -> None:
        """Set its attributes."""
