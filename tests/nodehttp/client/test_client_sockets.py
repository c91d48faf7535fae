"""Where a request goes: names, Unix sockets, sockets of one's own; and what is left of it when the loop is cancelled.

Shown here: create_connection, reused_socket, a socket that dies just when it is used again.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import trio

from nodehttp import net
from nodehttp._agent import Agent
from nodehttp._client import get, request
from nodestream.loop import current_loop, open_loop
from tests.nodehttp.client.support import (
    OK,
    Diary,
    Peer,
    RawServer,
    Scripted,
    in_loop,
    play,
    saying,
    silence,
)


def test_a_name_is_looked_up() -> None:
    statuses: list[int | None] = []

    def client(server: RawServer) -> None:
        made = get(f"http://localhost:{server.port}/", agent=False, family=4)
        made.on("response", lambda res: (statuses.append(res.status_code), res.resume()))

    play(saying(OK), client)
    assert statuses == [200]


def test_a_request_over_a_unix_socket_names_its_host_all_the_same(tmp_path: Path) -> None:
    where = str(tmp_path / "s")
    heads: list[bytes] = []

    def begin() -> None:
        agent = Agent(keep_alive=True)

        def converse(socket: Any) -> None:
            socket.on("data", lambda data: (heads.append(data), socket.write(OK)))

        def listening() -> None:
            made = get(socket_path=where, path="/p", agent=agent)
            made.on("close", lambda: current_loop().set_immediate(finish))
            assert made.socketPath == where

        def finish() -> None:
            assert list(agent.free_sockets) == [f"localhost:80::{where}"]
            agent.destroy()
            server.close()

        server = net.create_server(converse).listen(where, listening)

    in_loop(begin)
    assert heads == [b"GET /p HTTP/1.1\r\nHost: localhost\r\nConnection: keep-alive\r\n\r\n"]


def test_a_unix_socket_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    diary = Diary()
    where = str(tmp_path / "none")
    in_loop(lambda: diary.watch(get(socket_path=where, agent=False)))
    assert diary.lines[-2:] == [f"req.error ENOENT connect ENOENT {where}", "req.close"]


def test_a_socket_of_ones_own_may_come_later() -> None:
    diary = Diary()

    def client(server: RawServer) -> None:
        def create_connection(options: Any, callback: Any) -> None:
            socket = net.connect(options["port"], options["host"])
            socket.on("connect", lambda: (diary("connected"), callback(None, socket)))

        diary.watch(get(host="127.0.0.1", port=server.port, create_connection=create_connection))

    assert play(saying(OK), client, diary=diary) == [
        "connected",
        "req.socket",
        "req.prefinish",
        "req.finish",
        "req.response 200",
        "res.data hi",
        "res.end",
        "res.close complete=true",
        "req.close",
    ]


def test_the_create_connection_option_sees_no_path_but_that_of_a_unix_socket() -> None:
    seen: list[Any] = []

    def create_connection(options: Any, _callback: Any) -> Scripted:
        seen.append(options.get("path"))
        return Scripted()

    in_loop(lambda: get(path="/p", create_connection=create_connection))
    in_loop(lambda: get(path="/p", socketPath="/s", createConnection=create_connection))
    assert seen == [None, "/s"]


def test_the_callback_of_create_connection_may_be_used_as_a_listener_of_connect() -> None:
    diary = Diary()

    def client(server: RawServer) -> None:
        def create_connection(options: Any, callback: Any) -> net.Socket:
            return net.connect(options, callback)

        agent = Agent()
        agent.create_connection = create_connection  # type: ignore[method-assign,assignment]
        diary.watch(get(host="127.0.0.1", port=server.port, create_connection=create_connection), "own")
        diary.watch(get(host="127.0.0.1", port=server.port, agent=agent), "agents")

    lines = play(saying(OK), client, diary=diary)
    assert [line for line in lines if "response" in line] == ["own.response 200", "agents.response 200"]
    assert not [line for line in lines if "error" in line]


def test_whoever_listens_to_the_data_of_a_requests_socket_sees_the_bytes_of_the_response() -> None:
    seen: list[bytes] = []
    bodies: list[bytes] = []

    def client(server: RawServer) -> None:
        made = get(host="127.0.0.1", port=server.port, agent=False)
        made.on("socket", lambda socket: socket.on("data", seen.append))
        made.on("response", lambda res: res.on("data", bodies.append))

    play(saying(OK), client)
    assert (seen, bodies) == ([OK], [b"hi"])


def test_a_socket_has_the_listeners_of_its_request_and_none_of_them_when_it_is_free() -> None:
    counted: list[dict[str, int]] = []

    def count(socket: Any) -> None:
        counted.append({name: socket.listener_count(name) for name in ("data", "drain", "error", "end")})

    def client(server: RawServer) -> None:
        agent = Agent(keep_alive=True)

        def free(socket: Any) -> None:
            count(socket)
            agent.destroy()

        made = get(host="127.0.0.1", port=server.port, agent=agent)
        made.on("response", lambda res: res.resume())
        made.on("socket", lambda socket: (count(socket), socket.on("free", lambda: free(socket))))

    play(saying(OK), client)
    assert counted == [
        {"data": 1, "drain": 1, "error": 1, "end": 2},
        {"data": 0, "drain": 0, "error": 1, "end": 1},
    ]


def test_a_socket_that_dies_when_it_is_used_again_says_that_it_was_reused() -> None:
    diary = Diary()

    async def once(peer: Peer) -> None:
        await peer.head()
        await peer.send(OK)
        await peer.head()  # and hangs up

    def client(server: RawServer) -> None:
        agent = Agent(keep_alive=True)

        def again() -> None:
            made = diary.watch(get(port=server.port, host="127.0.0.1", agent=agent), "again")
            made.on("error", lambda _: diary(f"reused={made.reused_socket}"))

        first = get(port=server.port, host="127.0.0.1", agent=agent)
        first.on("close", lambda: current_loop().set_immediate(again))

    lines = play(once, client, diary=diary)
    assert lines[-3:] == ["again.error ECONNRESET socket hang up", "reused=True", "again.close"]


def test_a_reset_of_an_idle_socket_is_told_to_nobody() -> None:
    diary = Diary()
    idle = trio.Event()

    async def once(peer: Peer) -> None:
        await peer.head()
        await peer.send(OK)
        await idle.wait()
        await peer.reset()

    def client(server: RawServer) -> None:
        agent = Agent(keep_alive=True)

        def free(socket: Any) -> None:
            socket.ref()  # or else the loop would end now
            socket.on("error", lambda error: diary(f"error {error}"))
            socket.on("close", lambda had_error: diary(f"close {had_error}"))
            idle.set()

        agent.on("free", free)
        get(port=server.port, host="127.0.0.1", agent=agent)

    assert play(once, client, diary=diary) == ["close False"]


@pytest.mark.parametrize("when", ["connecting", "waiting", "reading"])
def test_a_loop_that_is_cancelled_leaves_no_socket_open(when: str) -> None:
    sockets: list[net.Socket] = []
    closed: list[str] = []

    async def main() -> None:
        async with trio.open_nursery() as nursery:
            listener = (await trio.open_tcp_listeners(0, host="127.0.0.1"))[0]
            converse = silence if when == "waiting" else saying(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhi")
            server = RawServer(converse, nursery, listener)
            with trio.move_on_after(10) as scope:
                async with open_loop():
                    made = get(port=server.port, host="127.0.0.1", agent=Agent(keep_alive=True))
                    made.on("error", lambda _: None)
                    made.on("close", lambda: closed.append("req"))
                    event = {"connecting": "socket", "waiting": "finish", "reading": "response"}[when]
                    made.on("socket", sockets.append)
                    if when == "reading":
                        made.on("response", lambda res: res.on("close", lambda: closed.append("res")))
                    made.on(event, scope.cancel)
            assert scope.cancelled_caught
            nursery.cancel_scope.cancel()

    trio.run(main)
    assert [socket.destroyed for socket in sockets] == [True]
    assert closed == (["req", "res"] if when == "reading" else ["req"])


def test_a_request_in_one_loop_after_another_works() -> None:
    bodies: list[bytes] = []

    def client(server: RawServer) -> None:
        made = request(port=server.port, host="127.0.0.1", method="PUT").end("x")
        made.on("response", lambda res: res.on("data", bodies.append))

    for _ in range(3):
        play(saying(OK), client)  # with the global agent, whose idle socket ends with the loop
    assert bodies == [b"hi"] * 3
