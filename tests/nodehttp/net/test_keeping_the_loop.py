"""What of a socket keeps the loop running."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from trio.testing import MockClock

from nodehttp import net
from nodestream import process
from nodestream.loop import run
from nodestream.timers import set_timeout

from .support import Trace

MUCH = 30_000_000
"""Bytes that no kernel takes at once."""


def lasts(connected: Callable[[net.Socket, net.Socket], object]) -> bool:
    """Whether a connection whose two ends were treated so keeps the loop running."""
    trace = Trace()
    ends: list[net.Socket] = []

    def ready(socket: net.Socket) -> None:
        ends.append(socket)
        if len(ends) == 2:
            client, theirs = sorted(ends, key=lambda end: end.server is not None)
            server.close()
            connected(client, theirs)
            set_timeout(still_there, 1000).unref()

    def still_there() -> None:
        trace.log("still there")
        for end in ends:
            end.destroy()

    def listening() -> None:
        address: Any = server.address()
        client = net.connect(address["port"], "127.0.0.1")
        client.on("ready", lambda: ready(client))

    server = net.create_server(ready)
    server.listen(0, "127.0.0.1", listening)
    run(clock=MockClock(autojump_threshold=0.01))
    return trace == ["still there"]


@pytest.mark.parametrize(
    ("treatment", "expected"),
    [
        (lambda client, theirs: theirs.unref(), True),
        (lambda client, theirs: (theirs.unref(), client.unref()), False),
        (lambda client, theirs: (theirs.unref(), client.unref(), client.ref()), True),
        (lambda client, theirs: (theirs.unref(), client.pause(), client._stop_receiving()), False),
        (lambda client, theirs: (theirs.unref(), theirs.pause(), client.unref(), client.write(bytes(MUCH))), True),
        (lambda client, theirs: (theirs.end(), client.resume(), client.end("unread")), False),
    ],
    ids=["read", "unreferenced", "referenced again", "not read", "a write waits", "an end that nobody reads"],
)
def test_a_connection_keeps_the_loop_while_it_is_read_or_a_write_waits(
    treatment: Callable[[net.Socket, net.Socket], object], expected: bool
) -> None:
    assert lasts(treatment) is expected


def test_a_connection_that_pauses_before_it_is_made_does_not_keep_the_loop() -> None:
    trace = Trace()

    def connected() -> None:
        server.close()
        set_timeout(trace.log, 1000, "still there").unref()

    def listening() -> None:
        address: Any = server.address()
        net.connect(address["port"], "127.0.0.1", connected).pause()

    server = net.create_server(lambda theirs: (theirs.unref(), None)[1])
    server.listen(0, "127.0.0.1", listening)
    run(clock=MockClock(autojump_threshold=0.01))
    assert trace == []


def test_a_connection_whose_listener_raises_does_not_keep_the_loop() -> None:
    trace = Trace()

    def fail() -> None:
        server.close()
        set_timeout(trace.log, 1000, "still there").unref()
        raise RuntimeError("of the listener")

    def listening() -> None:
        address: Any = server.address()
        net.connect(address["port"], "127.0.0.1", fail)

    def note(error: BaseException, _origin: str) -> None:
        errors.append(str(error))

    errors: list[str] = []
    process.on("uncaughtException", note)
    server = net.create_server(lambda theirs: (theirs.unref(), None)[1])
    server.listen(0, "127.0.0.1", listening)
    run(clock=MockClock(autojump_threshold=0.01))
    process.remove_listener("uncaughtException", note)
    assert errors == ["of the listener"]
    assert trace == []


def test_a_paused_server_side_connection_does_not_keep_the_loop() -> None:
    trace = Trace()

    def accepted(_theirs: net.Socket) -> None:
        server.close()
        set_timeout(trace.log, 1000, "still there").unref()

    def listening() -> None:
        address: Any = server.address()
        net.connect(address["port"], "127.0.0.1").unref()

    server = net.create_server({"pause_on_connect": True}, accepted)
    server.listen(0, "127.0.0.1", listening)
    run(clock=MockClock(autojump_threshold=0.01))
    assert trace == []


def test_a_lookup_option_that_never_answers_does_not_keep_the_loop() -> None:
    asked: list[str] = []
    client = net.connect({"port": 1, "host": "x.test", "lookup": lambda host, *_: asked.append(host)})
    closed: list[bool] = []
    client.on("close", closed.append)
    run()
    assert (asked, closed) == (["x.test"], [False])


def test_a_connection_that_is_being_made_keeps_the_loop_though_unreferenced() -> None:
    trace = Trace()

    def listening() -> None:
        address: Any = server.address()
        client = net.connect(address["port"], "127.0.0.1").unref()
        client.on("connect", lambda: (trace.log("connected"), server.close()))

    server = net.create_server(lambda theirs: (theirs.unref(), None)[1])
    server.listen(0, "127.0.0.1", listening)
    server.unref()
    run()
    assert trace == ["connected"]
