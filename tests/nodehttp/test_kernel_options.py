"""What servers and agents tell the kernel about connections: to send at once, and to probe those that are idle."""

from __future__ import annotations

import socket as kernel
from typing import Any

import pytest

import nodehttp
from nodestream.loop import run


def told(socket: Any) -> tuple[bool, bool, int]:
    """Whether small pieces are sent at once, whether it is probed, and after how many seconds if it is."""
    sock = socket._channel._sock
    probed = bool(sock.getsockopt(kernel.SOL_SOCKET, kernel.SO_KEEPALIVE))
    delay = sock.getsockopt(kernel.IPPROTO_TCP, kernel.TCP_KEEPIDLE) if probed else 0
    return bool(sock.getsockopt(kernel.IPPROTO_TCP, kernel.TCP_NODELAY)), probed, delay


def told_by(server_options: dict[str, Any], request: dict[str, Any]) -> tuple[Any, Any]:
    """What the two ends of a request's connection were told, when the response comes."""
    found: list[Any] = []
    agent = request.get("agent") or nodehttp.Agent()

    def main() -> None:
        server: Any = nodehttp.create_server(
            server_options, lambda req, res: (found.append(told(req.socket)), res.end())
        )

        def on_response(res: Any) -> None:
            found.append(told(res.socket))
            res.resume()
            res.on("close", agent.destroy)
            server.close()

        def on_listening() -> None:
            nodehttp.get({"port": server.address()["port"], "host": "127.0.0.1", **request}, on_response)

        server.listen(0, "127.0.0.1", on_listening)

    run(main)
    return found[0], found[1]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (True, False, 0)),
        ({"noDelay": False}, (False, False, 0)),
        ({"keepAlive": True, "keepAliveInitialDelay": 7000}, (True, True, 7)),
    ],
)
def test_a_server_tells_the_kernel_of_each_connection(
    options: dict[str, Any], expected: tuple[bool, bool, int]
) -> None:
    assert told_by(options, {"agent": False})[0] == expected


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({}, (True, False, 0)),
        ({"noDelay": False}, (False, False, 0)),
        ({"keepAlive": True}, (True, True, 1)),
        ({"keepAlive": True, "keepAliveMsecs": 9000}, (True, True, 9)),
    ],
)
def test_an_agent_tells_the_kernel_of_each_connection(
    options: dict[str, Any], expected: tuple[bool, bool, int]
) -> None:
    assert told_by({}, {"agent": nodehttp.Agent(options)})[1] == expected


def test_a_request_can_tell_the_kernel_itself() -> None:
    found: list[Any] = []

    def main() -> None:
        server: Any = nodehttp.create_server(lambda req, res: res.end())

        def on_response(res: Any) -> None:
            found.append(told(res.socket))
            res.resume()
            server.close()

        def on_listening() -> None:
            options = {"port": server.address()["port"], "host": "127.0.0.1", "agent": False}
            req = nodehttp.get(options, on_response)
            req.set_no_delay(False)
            req.set_socket_keep_alive(True, 5000)

        server.listen(0, "127.0.0.1", on_listening)

    run(main)
    assert found == [(False, True, 5)]
