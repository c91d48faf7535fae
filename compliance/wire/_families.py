"""The families of exchanges."""

from __future__ import annotations

from pathlib import Path

from compliance.programs._family import Family, corpus

from . import _request_interpreter, _requests, _response_interpreter, _responses

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
    Family(
        "responses",
        _HERE / "responses.mjs",
        _responses.programs,
        _response_interpreter.begin,
        _responses.covered,
        _responses.comparable,
    ),
)
FAMILIES = WIRE.families
