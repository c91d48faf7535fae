"""Every test of this folder runs on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from nodehttp._parsing import _engines


@pytest.fixture(params=["h11", "llhttp"], scope="module", autouse=True)
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """The engine that parsers get by default."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(_engines, "_default_engine", lambda: request.param)
        yield request.param
