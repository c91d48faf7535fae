"""Which engine parses: what a program asks for, else what NODEHTTP_PARSER says, else llhttp if httptools is there.

parser="h11"       h11, which is always there
parser="llhttp"    Node's own parser, of the package httptools
"""

from __future__ import annotations

import os
import re
from functools import cache, partial
from typing import Any, get_args

from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE

from . import _h11
from ._interface import Engine, Kind
from ._plain import ReadHead, read_request, read_response

VARIABLE = "NODEHTTP_PARSER"

_ENGINES: tuple[Engine, ...] = get_args(Engine)
_OLDEST_HTTPTOOLS = (0, 9)
"""With llhttp 9.4.3, as Node 24.19 has it; the one in 0.8 accepts what that refuses."""


def chosen_engine(asked: Any, name: str = "options.parser") -> Engine:
    """The engine that `asked` names; None leaves the choice to NODEHTTP_PARSER, which is read once.

    Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE, and ModuleNotFoundError if that engine is not installed.
    """
    if asked is None:
        return _default_engine()
    if not isinstance(asked, str):
        raise ERR_INVALID_ARG_TYPE(name, "of type string", asked)
    for engine in _ENGINES:
        if asked == engine:
            if engine == "llhttp":
                _need_httptools(f"{name} {engine!r}")
            return engine
    raise ERR_INVALID_ARG_VALUE(name, asked, f"must be one of: {', '.join(map(repr, _ENGINES))}")


@cache
def _default_engine() -> Engine:
    asked = os.environ.get(VARIABLE)
    if asked:
        return chosen_engine(asked, VARIABLE)
    return "h11" if _complaint_about_httptools() else "llhttp"


@cache
def _complaint_about_httptools() -> str | None:
    """Why it cannot be used."""
    try:
        from httptools import __version__
    except ModuleNotFoundError:
        return "needs the package httptools: pip install nodehttp[llhttp]"
    version = re.match(r"(\d+)\.(\d+)", __version__)
    if version is None or tuple(map(int, version.groups())) < _OLDEST_HTTPTOOLS:
        return "needs httptools 0.9 or later: pip install --upgrade nodehttp[llhttp]"
    return None


def _need_httptools(what: str) -> None:
    complaint = _complaint_about_httptools()
    if complaint:
        raise ModuleNotFoundError(f"{what} {complaint}")


@cache
def head_reader(engine: Engine, kind: Kind) -> ReadHead:
    """What reads plain heads with that engine."""
    if engine == "h11":
        judge: Any = _h11
    else:
        from . import _llhttp as judge
    if kind == "request":
        return partial(read_request, judge.accepts_request)
    return partial(read_response, judge.accepts_response)
