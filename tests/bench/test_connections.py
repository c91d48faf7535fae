"""The generator that holds many connections counts what was answered, and tells what went wrong."""

from __future__ import annotations

import os
import resource
import shutil
from collections.abc import Iterator

import pytest

from bench._case import Failed, Program
from bench._peers import PEERS
from bench._processes import LOAD_CORE, SUBJECT_CORE, Running, started
from bench.cases._connections import SPARE_DESCRIPTORS, allow, connections

pytestmark = [
    pytest.mark.skipif(shutil.which("cc") is None, reason="there is no C compiler"),
    pytest.mark.skipif(
        not {SUBJECT_CORE, LOAD_CORE} <= os.sched_getaffinity(0), reason="the bench needs two cores, number 0 and 1"
    ),
]


@pytest.fixture
def server() -> Iterator[Running]:
    with started(Program(PEERS["h11"], "nodehttp_server.py", ("hello",))) as running:
        yield running


@pytest.fixture
def restored() -> Iterator[tuple[int, int]]:
    """The limits of descriptors; they are as before afterwards."""
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    yield limits
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


def test_each_connection_that_is_opened_has_one_answer(server: Running) -> None:
    with connections(server) as load:
        assert load.open(5).requests == 5
        assert load.open(8).requests == 3
        assert load.open(8).requests == 0


def test_requests_are_sent_for_a_while(server: Running) -> None:
    with connections(server) as load:
        load.open(3)
        sent = load.send(0.05, 2)
    assert sent.requests > 0
    assert sent.seconds >= 0.05


def test_a_server_that_goes_away_is_told(server: Running) -> None:
    with connections(server) as load:
        load.open(1)
        server.process.kill()
        with pytest.raises(Failed, match="a connection ended"):
            load.send(1, 1)


def test_the_limit_of_descriptors_is_raised(restored: tuple[int, int]) -> None:
    _, most = restored
    resource.setrlimit(resource.RLIMIT_NOFILE, (256, most))
    allow(100)
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == 100 + SPARE_DESCRIPTORS


def test_more_than_the_limit_of_descriptors_is_refused(restored: tuple[int, int]) -> None:
    _, most = restored
    with pytest.raises(Failed, match=r"descriptors, and \d+ are allowed"):
        allow(most)
