"""What connections do that are not told otherwise: whether and how long they try each address of a name.

Node: net.setDefaultAutoSelectFamily, net.setDefaultAutoSelectFamilyAttemptTimeout
"""

from __future__ import annotations

from typing import Any

from ._net_checks import LARGEST_INT32, checked_flag, checked_integer

SHORTEST_ATTEMPT = 10
"""Milliseconds that an attempt gets at least."""


class _Defaults:
    auto_select_family = True
    attempt_timeout = 250


_defaults = _Defaults()


def get_default_auto_select_family() -> bool:
    """Whether the addresses of a name are tried in turn (True). Node: net.getDefaultAutoSelectFamily"""
    return _defaults.auto_select_family


def set_default_auto_select_family(value: bool) -> None:
    """From now on, try the addresses of a name in turn, or only the first.

    Raises ERR_INVALID_ARG_TYPE. Node: net.setDefaultAutoSelectFamily
    """
    _defaults.auto_select_family = checked_flag(value, "value")


def get_default_auto_select_family_attempt_timeout() -> int:
    """Milliseconds that each address but the last gets (250). Node: net.getDefaultAutoSelectFamilyAttemptTimeout"""
    return _defaults.attempt_timeout


def set_default_auto_select_family_attempt_timeout(value: int) -> None:
    """From now on, give each address but the last `value` milliseconds; less than 10 count as 10.

    Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE. Node: net.setDefaultAutoSelectFamilyAttemptTimeout
    """
    _defaults.attempt_timeout = checked_attempt_timeout(value, "value")


def checked_attempt_timeout(value: Any, name: str) -> int:
    """A whole number of milliseconds, not less than the shortest. Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE."""
    return max(SHORTEST_ATTEMPT, checked_integer(value, name, 1, LARGEST_INT32))
