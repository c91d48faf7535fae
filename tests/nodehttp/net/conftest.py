"""Every test of net leaves no file open."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest


def open_files() -> int:
    return len(os.listdir("/proc/self/fd"))


@pytest.fixture(autouse=True)
def _no_file_is_left_open() -> Iterator[None]:
    gc.collect()
    before = open_files()
    yield
    gc.collect()
    assert open_files() <= before
