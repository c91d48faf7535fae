"""Every test of JSON is run with each library that there is, and with none; and none depends on a machine's speed."""

from __future__ import annotations

import pytest

from nodehttp.records import _json, _processing

LIBRARIES = (_json._orjson, _json._msgspec, _json._json)


@pytest.fixture(params=LIBRARIES, ids=lambda make: make.__name__.lstrip("_"))
def library(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> _json.Library:
    """The library in use."""
    made: _json.Library = request.param()
    monkeypatch.setattr(_json, "library", made)
    return made


@pytest.fixture(autouse=True)
def _nothing_takes_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """A batch is not left half done because the machine is busy."""
    monkeypatch.setattr(_processing, "monotonic", lambda: 0.0)
