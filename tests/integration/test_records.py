"""Streams of records between real processes, ours and Node's: nothing is lost, nothing is held, and it is quick enough.

RECORDS_COUNT says how many records go through, 50,000 by default. RECORDS_KILLS says how often the server is killed, 12
times by default, at moments that RECORDS_SEED chooses.
"""

from __future__ import annotations

import json
import os
import random
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import pytest
import trio

from compliance._node import node_binary
from nodehttp._cli._memory import MemoryMeter
from nodehttp.records import RecordClient, RecordError
from nodestream import open_loop
from tests.integration.peers.records import people
from tests.integration.processes import ROOT, let_go, process, said

COUNT = int(os.environ.get("RECORDS_COUNT", "50000"))
KILLS = int(os.environ.get("RECORDS_KILLS", "12"))
SEED = int(os.environ.get("RECORDS_SEED", str(random.randrange(1_000_000))))

MIB = 1024 * 1024
MOST = 24 * MIB
"""What a process may take beyond what it took at rest."""

LEAST_RATIO = 0.5
"""Of our throughput to Node's."""

OURS = (sys.executable, "-m", "tests.integration.peers.records")
NODE = (node_binary(), str(Path(__file__).parent / "peers" / "records.mjs"))


def sent_through(
    server_command: tuple[str, ...], client_command: tuple[str, ...], **environment: str
) -> tuple[float, dict[str, float]]:
    """Send all records from a client to a server and back: seconds, and how many bytes each took beyond rest."""
    with ExitStack() as stack:
        server = stack.enter_context(process(*server_command, **environment))
        url = f"http://127.0.0.1:{said(server)}"
        client = stack.enter_context(process(*client_command, "client", url, str(COUNT), **environment))
        assert said(client) == "ready"
        meters = {"client": MemoryMeter(client.pid), "server": MemoryMeter(server.pid)}
        let_go(client)
        outcome = json.loads(said(client))
        assert outcome["once"] == COUNT
        assert outcome["total"] == sum(number % 1000 for number in range(COUNT))
        return outcome["seconds"], {name: meter.peak - meter.at_rest for name, meter in meters.items()}


@pytest.mark.parametrize("kind", ["plain", "async"])
def test_nothing_is_lost_or_held_and_it_is_at_least_half_as_quick_as_node(kind: str) -> None:
    ours, grown = sent_through((*OURS, "serve", kind), OURS)
    theirs, _ = sent_through((*NODE, "serve"), NODE)
    joined, _ = sent_through((*NODE, "serve"), NODE, JOINED="65536")  # which is better than what one usually writes
    print(f"{COUNT} records, {kind}: {ours:.2f} s; Node {theirs:.2f} s, ratio {theirs / ours:.2f}")
    print(f"Node, joined by hand: {joined:.2f} s, ratio {joined / ours:.2f}; bytes beyond rest: {grown}")
    assert max(grown.values()) <= MOST
    assert theirs / ours >= LEAST_RATIO


def test_node_fetch_uses_our_endpoint() -> None:
    with process(*OURS, "serve", "async") as server:
        url = f"http://127.0.0.1:{said(server)}"
        done = subprocess.run(
            [*NODE, "fetch", url, str(COUNT)], capture_output=True, text=True, check=True, timeout=300
        )
    outcome = json.loads(done.stdout)
    assert (outcome["status"], outcome["once"]) == (200, COUNT)
    assert outcome["total"] == sum(number % 1000 for number in range(COUNT))


def test_our_client_uses_a_server_of_node() -> None:
    _, grown = sent_through((*NODE, "serve"), OURS)
    assert grown["client"] <= MOST


# --- a server that is killed ---


def free_port(chance: random.Random) -> int:
    """A port that no client is given: one that tries to connect where nobody listens could meet itself there."""
    while True:
        port = chance.randrange(20_000, 30_000)
        with socket.socket() as trial, suppress(OSError):
            trial.bind(("127.0.0.1", port))
            return port


class Lives:
    """A server that is killed at random moments, and each time started again at the same port.

    Attributes:
        port: where it listens.
        over: whether it will not be killed any more.
    """

    def __init__(self, folder: Path, chance: random.Random) -> None:
        self._folder = folder
        self._chance = chance
        self._logs: list[Path] = []
        self.port = free_port(chance)
        self.over = False

    @property
    def processed(self) -> list[list[int]]:
        """The records that each life has begun to process, in order."""
        return [[*map(int, log.read_bytes().split())] for log in self._logs]

    async def start(self) -> trio.Process:
        """Begin a life."""
        log = self._folder / str(len(self._logs))
        log.touch()
        self._logs.append(log)
        command = [*OURS, "serve", "plain", str(log), str(self.port)]
        running = await trio.lowlevel.open_process(command, cwd=ROOT, stdout=subprocess.PIPE)
        assert running.stdout is not None
        await running.stdout.receive_some()  # it listens
        return running

    async def kill(self, running: trio.Process, longest: float) -> None:
        """End a life at a random moment of so many seconds."""
        await trio.sleep(self._chance.uniform(0, longest))
        running.kill()
        await running.wait()
        assert running.stdout is not None
        await running.stdout.aclose()

    async def live(self, running: trio.Process, times: int) -> trio.Process:
        """Be killed so many times; gives the process that is left."""
        for _ in range(times):
            await self.kill(running, 0.3)
            running = await self.start()
        self.over = True
        return running


@pytest.mark.parametrize("can_be_read_again", [True, False])
async def test_the_account_is_right_when_the_server_is_killed(tmp_path: Path, can_be_read_again: bool) -> None:
    print(f"RECORDS_SEED={SEED}")
    chance = random.Random(SEED)
    async with open_loop():
        for round_ in range(max(1, KILLS // 4)):
            folder = tmp_path / str(round_)
            folder.mkdir()
            lives = Lives(folder, chance)
            running = await lives.start()
            client = RecordClient(f"http://127.0.0.1:{lives.port}", compression=False, retry={"delay": 0})
            stream = client.stream("people", (lambda: people(10**9)) if can_be_read_again else people(10**9))
            got: list[int] = []
            async with trio.open_nursery() as nursery:
                nursery.start_soon(lives.kill, running, 0.3)
                with pytest.raises(RecordError) as caught:
                    async for person in stream:
                        got.append(person["id"])
            check_account(caught.value, got, lives.processed[0])


def check_account(error: RecordError, got: list[int], processed: list[int]) -> None:
    """What the caller is told about a stream that could not be resumed, beside what has happened."""
    first, *others = error.attempts
    assert got == [*range(error.records_received)]
    assert processed == [*range(len(processed))]
    assert first.records_received == error.records_received <= len(processed) <= first.records_sent
    assert error.may_have_been_processed or not processed
    if got:
        assert not others  # it would be processed twice
    else:
        assert [attempt.records_sent for attempt in others] == [0] * len(others)


async def test_the_account_is_right_when_a_stream_is_resumed(tmp_path: Path) -> None:
    print(f"RECORDS_SEED={SEED}")
    lives = Lives(tmp_path, random.Random(SEED))
    sent_last: list[int] = []

    def from_(number: int) -> Iterator[dict[str, Any]]:
        """Records until the server is not killed any more, and a thousand then."""
        sent_last.clear()
        left = 1000
        while left:
            left -= lives.over
            sent_last.append(number)
            yield {"id": number}
            number += 1

    async with open_loop():
        running = await lives.start()
        retry = {"attempts": 10_000, "delay": 10, "max_delay": 50}
        client = RecordClient(f"http://127.0.0.1:{lives.port}", compression=False, retry=retry)
        stream = client.stream("people", from_(0), resume=from_)
        count = 0
        async with trio.open_nursery() as nursery:
            left: list[trio.Process] = []

            async def live() -> None:
                left.append(await lives.live(running, max(1, KILLS // 2)))

            nursery.start_soon(live)
            async for person in stream:
                assert person["id"] == count  # none is lost, and none comes twice
                count += 1
        await lives.kill(left[0], 0)
    assert count == sent_last[-1] + 1
    attempts = [(attempt.records_sent, attempt.records_received) for attempt in stream.attempts]
    check_resumed([*attempts, (len(sent_last), count - sent_last[0])], lives.processed)


def check_resumed(attempts: list[tuple[int, int]], lives: list[list[int]]) -> None:
    """Each life of the server has processed what one attempt may have sent to it, and at least what came back."""
    begun = [records for records in lives if records]
    start = 0
    for sent, received in attempts:
        if begun and sent and begun[0][0] == start and received <= len(begun[0]) <= sent:
            records = begun.pop(0)
            assert records == [*range(start, start + len(records))]
        else:
            assert received == 0  # this attempt has met a server that was dead or dying
        start += received
    assert begun == []
