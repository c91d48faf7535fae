"""What the operators of streams are given: checked and counted as in Node."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import FunctionType, MethodType
from typing import Any, NamedTuple

from ._arity import positional_limit, tolerant
from ._options import LARGEST_INTEGER, check_object, normalized
from ._signals import abort_error, check_signal
from .abort import AbortSignal
from .errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE

Function = Callable[..., Any]


class Pace(NamedTuple):
    """How an operator calls its function: for up to `concurrency` items at once, while fewer than `limit` results wait
    (or are waited for) to be taken. `signal` stops it, if there is one.
    """

    concurrency: int
    limit: int
    signal: Any

    @property
    def is_one_by_one(self) -> bool:
        """Whether an item is asked for only when everything of those before it was taken."""
        return self.limit == 1

    def check(self) -> None:
        """Raise an AbortError if the signal was aborted."""
        check_not_aborted(self.signal)


def check_not_aborted(signal: Any) -> None:
    """Raise an AbortError if `signal` was aborted."""
    if signal is not None and signal.aborted:
        raise abort_error(signal)


def pace(options: Mapping[str, Any] | None, keywords: Mapping[str, Any], where: str) -> Pace:
    """The options `concurrency`, `high_water_mark` and `signal`."""
    check_object(options)
    given = normalized(("concurrency", "high_water_mark", "signal"), options, keywords, where)
    check_signal(given.get("signal"), "options.signal")
    concurrency = _to_number(given.get("concurrency", 1))
    mark = _to_number(given.get("high_water_mark", concurrency - 1))
    concurrency = _integer("options.concurrency", concurrency, 1)
    return Pace(concurrency, concurrency + _integer("options.highWaterMark", mark, 0), given.get("signal"))


def signal_option(options: Mapping[str, Any] | None, keywords: Mapping[str, Any], where: str) -> Any:
    """The option `signal`, where there is no other."""
    check_object(options)
    signal = normalized(("signal",), options, keywords, where).get("signal")
    check_signal(signal, "options.signal")
    return signal


def check_function(function: Any, name: str = "fn") -> None:
    """Raise ERR_INVALID_ARG_TYPE for what cannot be called."""
    if not callable(function):
        raise ERR_INVALID_ARG_TYPE(name, "of type function", function)


def with_signal(function: Function, count: int, signal: Any) -> Function:
    """`function`, to be called with `count` arguments; `{"signal": signal}` is added if it takes one more."""
    if not _takes_options(function, count):
        return tolerant(function, count)
    options = {"signal": AbortSignal.any([]) if signal is None else signal}
    return lambda *args: function(*args, options)


def _takes_options(function: Any, count: int) -> bool:
    """Whether it is written in Python and takes more arguments than `count`. Classes and what is written in C take what
    they are made for: `map(str)` is not `str(item, options)`.
    """
    if isinstance(function, type):
        return False
    if not isinstance(function, (FunctionType, MethodType)):
        function = getattr(function, "__call__", None)  # noqa: B004 - whether it is a method written in Python
        if not isinstance(function, MethodType):
            return False
    return positional_limit(function) > count


def item_count(number: Any) -> float:
    """How many items to take or to drop: what is no number counts as 0. Raises ERR_OUT_OF_RANGE below 0."""
    count = _to_number(number)
    if math.isnan(count):
        return 0
    if count < 0:
        raise ERR_OUT_OF_RANGE("number", ">= 0", count)
    return count


def _integer(name: str, number: float, least: int) -> int:
    if not math.isfinite(number):
        raise ERR_OUT_OF_RANGE(name, "an integer", number)
    integer = math.floor(number)
    if not least <= integer <= LARGEST_INTEGER:
        raise ERR_OUT_OF_RANGE(name, f">= {least} && <= {LARGEST_INTEGER}", integer)
    return integer


def _to_number(value: Any) -> float:
    """As JavaScript's Number(); an object may have `valueOf()`."""
    value_of = getattr(value, "valueOf", None)
    if callable(value_of):
        value = value_of()
    try:
        return float((value.strip() or 0) if isinstance(value, str) else value)
    except (TypeError, ValueError, OverflowError):
        return math.nan
