"""What holds for every test: nothing of the event loop, of `process` or of the file table outlives it."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator

import pytest

from nodestream import _event_loop
from nodestream._loop_scope import thread as _thread
from nodestream._loop_waits import WaitPolls
from nodestream.events import EventEmitter
from nodestream.process import process


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--portable`: the event loop does without epoll, as on a system that has none."""
    parser.addoption("--portable", action="store_true", help="run the event loop as where there is no epoll")


def pytest_configure(config: pytest.Config) -> None:
    """Make every loop of this test run of the kind that was asked for."""
    if config.getoption("--portable"):
        _event_loop.new_polls = WaitPolls


def _open_files() -> int:
    """How many files this process has open; 0 where the system does not tell."""
    try:
        return len(os.listdir("/proc/self/fd"))
    except OSError:
        return 0


def _process_listeners() -> dict[object, int]:
    return {name: process.listener_count(name) for name in process.event_names()}


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    """Fails a test that leaves a loop running, a handle in the pending loop, listeners on `process`, or a file open."""
    _thread.pending = None
    listeners, files, maximum = _process_listeners(), _open_files(), EventEmitter.default_max_listeners
    yield
    pending, _thread.pending = _thread.pending, None
    running, _thread.loop = _thread.loop, None
    assert running is None, "a loop is still the current one"
    assert pending is None or not pending._handles, "the pending loop holds something open"
    assert _process_listeners() == listeners, "listeners were left on process"
    assert EventEmitter.default_max_listeners == maximum
    if _open_files() > files:
        gc.collect()
        assert _open_files() <= files, "a file was left open"
