"""The families of exchanges."""

from __future__ import annotations

from pathlib import Path

from compliance.programs._family import Family, corpus

from . import _request_interpreter, _requests

_HERE = Path(__file__).parent

WIRE = corpus(
    "wire",
    _HERE,
    Family(
        "requests",
        _HERE / "requests.mjs",
        _requests.programs,
        _request_interpreter.begin,
        _requests.covered,
        _requests.comparable,
    ),
)
FAMILIES = WIRE.families
