"""How full a stream may be: queuing strategies.

Standard: section 7, Queuing strategies
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

from .._arity import tolerant
from .._names import NodeNames, node_alias
from .._options import normalized
from ..errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE_RANGE, ERR_MISSING_OPTION
from ._members import check_object, member

Size = Callable[[Any], Any]


def high_water_mark_of(strategy: Any, default: float) -> float:
    """ExtractHighWaterMark. Raises ERR_INVALID_ARG_VALUE_RANGE."""
    mark = member(strategy, "high_water_mark")
    if mark is None:
        return default
    if not isinstance(mark, (int, float)) or math.isnan(mark) or mark < 0:
        raise ERR_INVALID_ARG_VALUE_RANGE("strategy.highWaterMark", mark)
    return mark


def size_of(strategy: Any) -> Size | None:
    """ExtractSizeAlgorithm; None if each chunk counts as one. Raises ERR_INVALID_ARG_TYPE."""
    check_object(strategy, "strategy")
    size = member(strategy, "size")
    if size is not None and not callable(size):
        raise ERR_INVALID_ARG_TYPE("strategy.size", "of type function", size)
    return None if size is None else tolerant(size, 1)


class _Strategy(NodeNames):
    def __init__(self, init: Mapping[str, Any] | None = None, /, **keywords: Any) -> None:
        high_water_mark = normalized(("high_water_mark",), None, keywords, type(self).__name__).get("high_water_mark")
        if high_water_mark is None:
            if init is None or isinstance(init, (str, bytes, int, float)):
                raise ERR_INVALID_ARG_TYPE("init", "of type object", init)
            high_water_mark = member(init, "high_water_mark")
            if high_water_mark is None:
                raise ERR_MISSING_OPTION("init.highWaterMark")
        self._high_water_mark = _number(high_water_mark)

    @property
    def high_water_mark(self) -> float:
        """How much a stream holds before it says that it is full. Node: strategy.highWaterMark"""
        return self._high_water_mark

    highWaterMark: float = node_alias("high_water_mark")

    def __repr__(self) -> str:
        return f"{type(self).__name__} {{ highWaterMark: {self._high_water_mark} }}"


def _number(value: Any) -> float:
    """As JavaScript's Number(): what is no number is NaN. Whether it makes sense, the stream decides that gets it."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return math.nan
    return int(number) if number.is_integer() else number


class ByteLengthQueuingStrategy(_Strategy):
    """Chunks count by their length in bytes.

    Args: `high_water_mark` in bytes, as a keyword or in a mapping. Raises ERR_INVALID_ARG_TYPE, ERR_MISSING_OPTION.

    Node: ByteLengthQueuingStrategy
    """

    @property
    def size(self) -> Size:
        """A function that gives the length of a chunk in bytes; None for what has none. Node: strategy.size"""
        return _byte_length


class CountQueuingStrategy(_Strategy):
    """Every chunk counts as one.

    Args: `high_water_mark` in chunks, as a keyword or in a mapping. Raises ERR_INVALID_ARG_TYPE, ERR_MISSING_OPTION.

    Node: CountQueuingStrategy
    """

    @property
    def size(self) -> Callable[..., Any]:
        """A function that gives 1. Node: strategy.size"""
        return _one


def _byte_length(chunk: Any) -> int | None:
    if isinstance(chunk, (bytes, bytearray)):
        return len(chunk)
    return chunk.nbytes if isinstance(chunk, memoryview) else getattr(chunk, "byte_length", None)


def _one() -> int:
    return 1


_byte_length.__name__ = _one.__name__ = "size"
