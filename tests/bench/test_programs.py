"""The programs that the bench runs to their end do their work. One whose peer is not installed is left out."""

from __future__ import annotations

import os

import pytest

from bench._case import Case, Program
from bench._peers import PEERS
from bench._processes import LOAD_CORE, SUBJECT_CORE, run, started
from bench.cases import client, in_process
from bench.cases._timed import timed

SECONDS = 60.0
SIZE = 1 << 20
SERVER = "nodehttp_server.py"

pytestmark = pytest.mark.skipif(
    not {SUBJECT_CORE, LOAD_CORE} <= os.sched_getaffinity(0), reason="the bench needs two cores, number 0 and 1"
)


def program(case: Case, name: str) -> Program:
    """The program of a peer in a case."""
    if missing := PEERS[name].missing():
        pytest.skip(f"not installed: {', '.join(missing)}")
    file, *arguments = case.programs[name].split()
    return Program(PEERS[name], file, tuple(arguments))


@pytest.mark.parametrize(
    ("case", "name"),
    [pytest.param(case, name, id=f"{case.name}-{name}") for case in in_process.CASES for name in case.programs],
)
def test_streams_and_events_tell_how_often_they_did_their_work(case: Case, name: str) -> None:
    told = timed(run(program(case, name), 0.01, seconds=SECONDS))
    assert told.count > 0
    assert told.seconds > 0


@pytest.mark.parametrize("name", client.REQUESTS.programs)
def test_a_client_tells_how_many_answers_it_got(name: str) -> None:
    with started(Program(PEERS["h11"], SERVER, ("hello",)), core=LOAD_CORE) as server:
        told = timed(run(program(client.REQUESTS, name), server.port, "get", 4, 10, seconds=SECONDS))
    assert told.count > 0


@pytest.mark.parametrize("name", client.UPLOAD.programs)
def test_a_client_tells_how_much_it_uploaded(name: str) -> None:
    with started(Program(PEERS["h11"], SERVER, ("post",)), core=LOAD_CORE) as server:
        told = timed(run(program(client.UPLOAD, name), server.port, "upload", SIZE, seconds=SECONDS))
    assert told.count == SIZE
