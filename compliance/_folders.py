"""Folders that go with a scenario."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

from compliance._trace import Scenarios, Trace

_folders: list[str] = []


def new_folder() -> Path:
    """A new folder; its name begins with "x-"."""
    _folders.append(tempfile.mkdtemp(prefix="x-"))
    return Path(_folders[-1])


def tidying(scenarios: Scenarios) -> Callable[[Callable[[Trace], Awaitable[None]]], None]:
    """A decorator that adds a scenario, with which its folders go."""

    def scenario(function: Callable[[Trace], Awaitable[None]]) -> None:
        async def tidied(t: Trace) -> None:
            await function(t)
            while _folders:
                shutil.rmtree(_folders.pop())

        scenarios.add(function.__name__, tidied)

    return scenario
