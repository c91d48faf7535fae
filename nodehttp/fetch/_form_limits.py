"""How much a form that is received may be."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from nodestream._options import normalized
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE

_GIB = 1024**3


@dataclass(frozen=True, slots=True)
class FormLimits:
    """The limits, in bytes but for the first one.

    Attributes:
        max_parts: how many fields and files.
        max_part_header_size: of the headers of one part, all together.
        max_field_size: of one field that is no file; in an urlencoded form with its name, as they are written.
        max_file_size: of one file.
        max_total_size: of the whole form, as it is written.
        spool_size: of the files that are held in memory, all together; the rest is in a temporary file.
    """

    max_parts: float = 1000
    max_part_header_size: float = 16 * 1024
    max_field_size: float = 1024**2
    max_file_size: float = _GIB
    max_total_size: float = 4 * _GIB
    spool_size: float = 256 * 1024

    def with_options(self, options: Mapping[str, Any] | None, keywords: Mapping[str, Any], where: str) -> FormLimits:
        """The limits that the options of the function `where` say; None is no limit.

        Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
        """
        given = normalized(_KNOWN[where], _lifted(options), _lifted(keywords) or {}, where)
        for name, value in given.items():
            if not isinstance(value, (int, float)) or isinstance(value, bool):
                raise ERR_INVALID_ARG_TYPE(name, "of type number", value)
            if not value >= 0:
                raise ERR_OUT_OF_RANGE(name, ">= 0", value)
        return replace(self, **given)


_NAMES = frozenset(field.name for field in fields(FormLimits))
_KNOWN = {"read_form": _NAMES, "form_parts": _NAMES - {"spool_size"}}

FORM = FormLimits()
"""Of a form that is read as a whole."""

PARTS = FormLimits(max_file_size=math.inf, max_total_size=math.inf)
"""Of a form whose parts are read one by one, and held by nobody."""


def _lifted(options: Mapping[str, Any] | None) -> Mapping[str, Any] | None:
    if not isinstance(options, Mapping):
        return options
    return {name: math.inf if value is None else value for name, value in options.items()}
