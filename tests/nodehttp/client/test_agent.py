"""`Agent`: which sockets requests get, and what becomes of them.

Shown here: an Agent that keeps connections alive (global agent: keep_alive, lifo, timeout 5000), a
socket that died idle is not reused, max_sockets, scheduling, the server's Keep-Alive hint, get_name, create_connection.
"""

from __future__ import annotations

import gc
import weakref
from typing import Any

import pytest

from nodehttp._agent import Agent, global_agent
from nodehttp._client import ClientRequest, get, request
from nodestream.loop import current_loop, next_tick
from nodestream.timers import set_timeout
from tests.nodehttp.client.support import (
    OK,
    Diary,
    Peer,
    RawServer,
    Scripted,
    in_loop,
    play,
    saying,
    scripted_agent,
)


def answered(agent: Agent, answer: bytes = OK, **options: Any) -> ClientRequest:
    """A GET whose Scripted socket answers at once."""
    made = get(agent=agent, **{"host": "h", "port": 1, **options})
    made.on("error", lambda _: None)
    made.on("socket", lambda socket: socket.say(answer))
    return made


def tables(agent: Agent) -> tuple[int, int, int]:
    """How many requests wait, sockets are busy, and are idle."""
    busy, idle, waiting = (sum(map(len, t.values())) for t in (agent.sockets, agent.free_sockets, agent.requests))
    return waiting, busy, idle


def kept_after(answer: bytes, **options: Any) -> tuple[Scripted, bool]:
    """The socket of a request that got `answer`, and whether it was kept."""
    agent, sockets = scripted_agent(keep_alive=True, **options)
    seen: list[bool] = []

    def look() -> None:
        seen.append(tables(agent) == (0, 0, 1))
        assert agent.total_socket_count == seen[-1]

    def begin() -> None:
        answered(agent, answer).on("close", lambda: current_loop().set_immediate(look))

    in_loop(begin)
    return sockets[0], seen[0]


# --- options and names ---


def test_the_defaults_are_nodes() -> None:
    agent = Agent()
    assert (agent.keep_alive, agent.scheduling, agent.protocol, agent.default_port) == (False, "lifo", "http:", 80)
    assert (agent.max_sockets, agent.max_total_sockets, agent.max_free_sockets) == (float("inf"), float("inf"), 256)
    assert (agent.keep_alive_msecs, agent.agent_keep_alive_timeout_buffer) == (1000, 1000)
    assert dict(agent.options) == {"no_delay": True}


def test_the_global_agent_keeps_sockets_for_five_seconds() -> None:
    agent = global_agent.agent
    assert (agent.keep_alive, agent.scheduling, agent.options["timeout"]) == (True, "lifo", 5000)


def test_the_global_agent_can_be_replaced() -> None:
    before = global_agent.agent
    agent, sockets = scripted_agent()
    global_agent.agent = agent
    try:
        in_loop(lambda: get(host="h"))
    finally:
        global_agent.agent = before
    assert len(sockets) == 1


def test_options_that_make_no_sense_fall_back_as_in_node() -> None:
    agent = Agent(
        {"maxSockets": 0, "maxFreeSockets": 0, "keepAliveMsecs": 0, "scheduling": "", "agentKeepAliveTimeoutBuffer": -1}
    )
    assert (agent.max_sockets, agent.max_free_sockets, agent.keep_alive_msecs) == (float("inf"), 256, 1000)
    assert (agent.scheduling, agent.agent_keep_alive_timeout_buffer) == ("lifo", 1000)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        (None, "localhost::"),
        ({}, "localhost::"),
        ({"host": "h"}, "h::"),
        ({"host": "h", "port": 1}, "h:1:"),
        ({"host": "h", "port": "1", "localAddress": "l"}, "h:1:l"),
        ({"family": 4}, "localhost:::4"),
        ({"family": 6, "port": 2}, "localhost:2::6"),
        ({"family": 0}, "localhost::"),
        ({"socketPath": "/s"}, "localhost:::/s"),
        ({"host": "h", "port": 1, "local_address": "l", "family": 4, "socket_path": "/s"}, "h:1:l:4:/s"),
    ],
)
def test_a_name_is_made_as_in_node(options: dict[str, Any] | None, name: str) -> None:
    assert Agent().get_name(options) == Agent().getName(**(options or {})) == name


def test_a_request_has_a_name_too() -> None:
    made = in_loop(lambda: request(agent=scripted_agent()[0], host="h", port=1, socket_path="/s"))
    assert Agent().get_name(made) == "h:::/s"


def test_a_socket_that_was_put_into_the_tables_by_hand_is_used() -> None:
    agent, opened = scripted_agent(keep_alive=True)
    socket = Scripted()
    bodies: list[bytes] = []

    def begin() -> None:
        agent.free_sockets["h:1:"] = [socket]
        made = answered(agent)
        made.on("response", lambda res: res.on("data", bodies.append))
        made.on("close", lambda: current_loop().set_immediate(lambda: bodies.append(b"%d" % len(agent.free_sockets))))
        assert made.reused_socket

    in_loop(begin)
    assert (opened, bodies) == ([], [b"hi", b"0"])


def test_each_socket_that_a_request_is_given_serves_it() -> None:
    agent, opened = scripted_agent()

    def begin() -> None:
        made = get(agent=agent)
        made.on_socket(Scripted())
        made.on("socket", lambda socket: seen.append(socket is opened[0]))
        opened[0].say(OK)
        made.on("response", lambda res: seen.append(res.status_code))

    seen: list[Any] = []
    in_loop(begin)
    assert seen == [True, False, 200]


def test_requests_are_grouped_by_name() -> None:
    agent, _ = scripted_agent(max_sockets=1)
    seen: list[Any] = []

    def begin() -> None:
        for port in (1, 1, 2):
            get(agent=agent, host="h", port=port)
        seen.append((list(agent.sockets), list(agent.requests), list(agent.freeSockets), agent.totalSocketCount))

    in_loop(begin)
    assert seen == [(["h:1:", "h:2:"], ["h:1:"], [], 2)]


# --- opening ---


def test_a_socket_is_opened_with_the_options_of_request_and_agent() -> None:
    agent = Agent(keep_alive=True, keep_alive_msecs=7, timeout=99, local_address="127.0.0.2")
    seen: list[Any] = []
    agent.createConnection = lambda options, _callback: seen.append(options) or Scripted()
    in_loop(lambda: get("http://h:1/path?query", agent=agent, headers={"Host": "name:5"}))
    (options,) = seen
    assert (options["host"], options["port"], options.get("path")) == ("h", 1, None)
    assert (options["noDelay"], options["keep_alive"], options["keepAliveInitialDelay"]) == (True, True, 7)
    assert (options["timeout"], options["localAddress"], options["servername"]) == (99, "127.0.0.2", "name")


@pytest.mark.parametrize(
    ("host", "header", "name"),
    [
        ("h", None, "h"),
        ("h", "name", "name"),
        ("h", "name:1", "name"),
        ("127.0.0.1", None, ""),
        ("::1", None, ""),
        ("h", "[::1]:1", ""),
        ("h", "[name]:1", "name"),
        ("h", "[name", "[name"),
    ],
)
def test_the_server_name_comes_from_the_host_header(host: str, header: str | None, name: str) -> None:
    agent = Agent()
    seen: list[Any] = []
    agent.create_connection = lambda options, _callback: seen.append(options) or Scripted()
    in_loop(lambda: get(agent=agent, host=host, port=1, headers={"Host": header} if header else {}))
    assert seen[0]["servername"] == name


def test_an_option_that_the_library_does_not_know_is_passed_along() -> None:
    agent = Agent({"myOption": 1})
    seen: list[Any] = []
    agent.create_connection = lambda options, _callback: seen.append(options) or Scripted()
    in_loop(lambda: get({"agent": agent, "otherOption": 2}))
    assert (seen[0]["myOption"], seen[0]["otherOption"]) == (1, 2)


def test_create_connection_may_be_overridden_in_either_spelling_and_call_back_later() -> None:
    class Later(Agent):
        def createConnection(self, options: Any, callback: Any) -> None:
            socket = Scripted()
            next_tick(callback, None, socket)
            next_tick(callback, None, Scripted())  # the first counts
            self.opened = socket

    agent = Later()
    in_loop(lambda: answered(agent))
    assert agent.opened.sent.startswith(b"GET / HTTP/1.1\r\n")


def test_an_error_of_create_connection_is_the_requests() -> None:
    agent = Agent()
    agent.create_connection = lambda _options, callback: callback(RuntimeError("no"))
    diary = Diary()
    in_loop(lambda: diary.watch(get(agent=agent)))
    assert diary.lines == ["req.error  no", "req.close"]
    assert tables(agent) == (0, 0, 0)


@pytest.mark.parametrize("throws", [True, False])
def test_an_error_of_the_create_connection_option_is_the_requests(throws: bool) -> None:
    diary = Diary()

    def create_connection(_options: Any, callback: Any) -> None:
        if throws:
            raise RuntimeError("no")
        callback(RuntimeError("no"))

    in_loop(lambda: diary.watch(get(create_connection=create_connection)))
    assert diary.lines == ["req.error  no"]


def test_add_request_takes_host_and_port_too() -> None:
    agent, sockets = scripted_agent()

    class Forwarding:
        def add_request(self, request: ClientRequest, options: Any) -> None:
            agent.addRequest(request, options["host"], options["port"], None)

    in_loop(lambda: get(agent=Forwarding(), host="h", port=5))
    assert len(sockets) == 1


# --- keeping ---


def test_a_kept_socket_is_probed_and_does_not_keep_the_loop_alive_until_it_is_used_again() -> None:
    agent, sockets = scripted_agent(keep_alive=True)

    def second() -> None:
        made = answered(agent)
        assert made.reused_socket
        assert made.reusedSocket

    in_loop(lambda: answered(agent).on("close", lambda: current_loop().set_immediate(second)))
    (socket,) = sockets
    keeping = [("set_keep_alive", True, 1000), ("unref",)]
    assert socket.calls == [*keeping, ("ref",), *keeping]
    assert socket.sent.count(b"GET / HTTP/1.1\r\n") == 2


def test_each_request_on_a_kept_socket_is_received_by_rules_of_its_own() -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    long = OK.replace(b"\r\n\r\n", b"\r\nX: " + b"x" * 2000 + b"\r\n\r\n")
    lenient = OK.replace(b"\r\n\r\n", b"\r\nX: \x01\r\n\r\n")
    seen: list[Any] = []
    turns: list[dict[str, Any]] = [
        {"answer": long},
        {"answer": long, "max_header_size": 4000},
        {"answer": lenient, "insecure_http_parser": True},
        {"answer": OK, "parser": "h11"},
        {"answer": long},
        {"answer": long, "max_header_size": 1000},
    ]

    def ask() -> None:
        if turns:
            made = answered(agent, **turns.pop(0))
            made.on("response", lambda res: seen.append(res.resume().status_code))
            made.on("error", lambda error: seen.append(error.code))
            made.on("close", lambda: current_loop().set_immediate(ask))

    in_loop(ask)
    assert seen == [200, 200, 200, 200, 200, "HPE_HEADER_OVERFLOW"]
    assert len(sockets) == 1


def test_a_response_that_comes_with_the_beginning_of_another_leaves_nothing_for_the_next_request() -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    seen: list[str] = []

    def ask() -> None:
        made = answered(agent, OK + OK[:20] if not seen else OK)
        made.on("response", lambda res: res.on("data", lambda data: seen.append(data.decode())))
        made.on("close", lambda: current_loop().set_immediate(ask) if len(seen) < 2 else None)

    in_loop(ask)
    assert seen == ["hi", "hi"]
    assert len(sockets) == 1


ALIVE = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n{}\r\nhi"


@pytest.mark.parametrize(
    ("hint", "agent_timeout", "kept", "timeout"),
    [
        ("", None, True, 0),
        ("", 5000, True, 5000),
        ("Keep-Alive: timeout=3\r\n", 5000, True, 2000),
        ("Keep-Alive: timeout=3, max=5\r\n", 5000, True, 2000),
        ("Keep-Alive: timeout=9\r\n", 5000, True, 5000),
        ("Keep-Alive: timeout=3\r\n", None, True, 0),
        ("Keep-Alive: timeout=1\r\n", 5000, False, 5000),
        ("Keep-Alive: timeout=1\r\n", None, False, 0),
        ("Keep-Alive: timeout=0\r\n", None, False, 0),
        ("Keep-Alive: max=5, timeout=1\r\n", None, True, 0),
        ("Keep-Alive: timeout=x\r\n", None, True, 0),
        ("Keep-Alive: timeout=-1\r\n", None, True, 0),
        ("Keep-Alive: timeout=\xb2\r\n", None, True, 0),
        (f"Keep-Alive: timeout={'9' * 5000}\r\n", 5000, True, 5000),
    ],
)
def test_the_servers_hint_shortens_the_time_that_a_socket_is_kept(
    hint: str, agent_timeout: float | None, kept: bool, timeout: float
) -> None:
    socket, was_kept = kept_after(ALIVE.format(hint).encode("latin1"), timeout=agent_timeout)
    assert was_kept == kept
    assert socket.destroyed != kept
    assert socket.timeout == timeout


def test_the_buffer_before_the_servers_hint_can_be_set() -> None:
    answer = ALIVE.format("Keep-Alive: timeout=3\r\n").encode()
    assert kept_after(answer, timeout=9000, agent_keep_alive_timeout_buffer=500)[0].timeout == 2500
    assert kept_after(answer, timeout=9000, agent_keep_alive_timeout_buffer=3000)[1] is False


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nhi",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi",
    ],
)
def test_a_socket_that_the_server_closes_is_not_kept(answer: bytes) -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    in_loop(lambda: answered(agent, answer))
    assert sockets[0].destroyed
    assert tables(agent) == (0, 0, 0)


def test_a_hook_can_refuse_to_keep_a_socket() -> None:
    class Picky(Agent):
        def keep_socket_alive(self, socket: Any) -> bool:
            super().keep_socket_alive(socket)
            return False

    socket = Scripted()
    agent = Picky(keep_alive=True)
    agent.create_connection = lambda *_: socket
    in_loop(lambda: answered(agent))
    assert socket.destroyed


def test_the_reuse_hook_sees_the_socket_and_the_request() -> None:
    seen: list[Any] = []

    class Watching(Agent):
        def reuseSocket(self, socket: Any, request: Any) -> None:
            seen.append((socket, request.reused_socket))
            super().reuseSocket(socket, request)

    socket = Scripted()
    agent = Watching(keep_alive=True)
    agent.create_connection = lambda *_: socket
    in_loop(lambda: answered(agent).on("close", lambda: current_loop().set_immediate(answered, agent)))
    assert seen == [(socket, False)]


def test_a_socket_is_idle_no_more_though_the_reuse_hook_does_not_call_the_default() -> None:
    codes: list[int] = []
    socket = Scripted()
    agent = Agent(keep_alive=True)
    agent.create_connection = lambda *_: socket  # type: ignore[method-assign,assignment,misc]
    agent.reuse_socket = lambda *_: None  # type: ignore[method-assign]

    def again() -> None:
        made = get(agent=agent, host="h", port=1, callback=lambda res: codes.append(res.status_code))
        made.on("socket", lambda socket: (socket.emit("timeout"), socket.say(OK), None)[2])

    in_loop(lambda: answered(agent).on("close", lambda: current_loop().set_immediate(again)))
    assert codes == [200]


IDLE_ENDS = {
    "bytes that nobody asked for": lambda socket: socket.say(b"HTTP/1.1 200 OK\r\n\r\n"),
    "its end": lambda socket: socket.hang_up(),
    "an error": lambda socket: socket.destroy(RuntimeError("gone")),
    "a timeout": lambda socket: socket.emit("timeout"),
    "destroy()": lambda socket: socket.destroy(),
}


@pytest.mark.parametrize("what", IDLE_ENDS)
def test_an_idle_socket_dies_of(what: str) -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    reused: list[bool] = []

    def spoil() -> None:
        assert tables(agent) == (0, 0, 1)
        IDLE_ENDS[what](sockets[0])
        current_loop().set_immediate(again)

    def again() -> None:
        assert sockets[0].destroyed
        assert tables(agent) == (0, 0, 0)
        made = answered(agent)
        reused.append(made.reused_socket)

    in_loop(lambda: answered(agent).on("close", lambda: current_loop().set_immediate(spoil)))
    assert reused == [False]
    assert len(sockets) == 2


def test_a_socket_with_bytes_left_over_is_not_kept() -> None:
    agent, sockets = scripted_agent(keep_alive=True)

    def begin() -> None:
        made = answered(agent)
        made.on("response", lambda res: res.on("end", lambda: sockets[0].say(b"more")).resume())

    in_loop(begin)
    assert sockets[0].destroyed


def test_bytes_that_come_after_the_response_and_before_the_end_of_the_request_spoil_the_socket() -> None:
    agent, sockets = scripted_agent(keep_alive=True)

    def begin() -> None:
        made = request(agent=agent, host="h", method="POST")
        made.write("a")
        made.on("socket", lambda socket: socket.say(OK))

        def more() -> None:
            sockets[0].say(b"HTTP/1.1 200 OK\r\n")
            made.end()

        made.on("response", lambda res: res.on("end", lambda: current_loop().set_immediate(more)).resume())

    in_loop(begin)
    assert sockets[0].destroyed


def test_a_timeout_of_a_busy_socket_leaves_it_alone() -> None:
    agent, sockets = scripted_agent(keep_alive=True, timeout=5000)
    diary = Diary()

    def begin() -> None:
        made = diary.watch(get(agent=agent, host="h"))
        made.on("socket", lambda socket: socket.emit("timeout"))

    in_loop(begin)
    assert "req.timeout" in diary.lines
    assert not sockets[0].destroyed


def test_a_timeout_of_a_request_does_not_stay_on_its_socket() -> None:
    agent, sockets = scripted_agent(keep_alive=True)

    def begin() -> None:
        made = answered(agent, timeout=77)
        made.on("timeout", lambda: None)

    in_loop(begin)
    (socket,) = sockets
    assert socket.calls[:2] == [("set_timeout", 77), ("set_timeout", 0)]
    assert socket.timeout == 0


# --- limits and life ---


def test_destroy_destroys_all_sockets_and_leaves_the_tables_empty() -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    diary = Diary()

    def begin() -> None:
        diary.watch(get(agent=agent, host="busy"))
        answered(agent).on("close", lambda: current_loop().set_immediate(agent.destroy))

    in_loop(begin)
    assert [socket.destroyed for socket in sockets] == [True, True]
    assert diary.lines[-2:] == ["req.error ECONNRESET socket hang up", "req.close"]
    assert tables(agent) == (0, 0, 0)
    assert agent.total_socket_count == 0


def test_thousands_of_requests_on_one_socket_leave_no_listener_and_no_request_behind() -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    alive: list[weakref.ref[ClientRequest]] = []
    counts: list[int] = []

    def one(left: int) -> None:
        made = answered(agent)
        alive.append(weakref.ref(made))
        made.on("response", lambda res: res.resume())
        made.on("close", lambda: current_loop().set_immediate(after, left))

    def after(left: int) -> None:
        (socket,) = sockets
        counts.append(sum(socket.listener_count(event) for event in socket.event_names()))
        if left:
            one(left - 1)

    in_loop(lambda: one(2000))
    assert len(sockets) == 1
    assert len(set(counts)) == 1
    gc.collect()
    assert sum(ref() is not None for ref in alive) <= 1


def test_each_event_loop_has_sockets_of_its_own() -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    for _ in range(2):
        in_loop(lambda: answered(agent))
    assert len(sockets) == 2


def test_a_server_that_closes_idle_connections_is_connected_to_anew() -> None:
    async def once_each(peer: Peer) -> None:
        await peer.head()
        await peer.send(OK)

    reused: list[bool] = []
    agent = Agent(keep_alive=True)

    def client(server: RawServer) -> None:
        waiting = set_timeout(lambda: None, 10_000)  # an idle socket does not keep the loop alive
        made = get(port=server.port, host="127.0.0.1", agent=agent)

        def socket_closed(_had_error: bool) -> None:
            waiting.close()
            if len(reused) < 3:
                client(server)

        made.on("socket", lambda socket: socket.on("close", socket_closed))
        made.on("close", lambda: reused.append(made.reused_socket))

    play(once_each, client)
    assert reused == [False] * 3


def test_hundreds_of_requests_share_a_few_sockets() -> None:
    agent = Agent(keep_alive=True, max_sockets=5)
    most: list[int] = []
    bodies: list[bytes] = []
    servers: list[RawServer] = []

    def client(server: RawServer) -> None:
        servers.append(server)
        for _ in range(300):
            made = get(port=server.port, host="127.0.0.1", agent=agent)
            made.on("response", lambda res: res.on("data", bodies.append))
            made.on("close", closed)

    def closed() -> None:
        most.append(agent.total_socket_count)
        if len(most) == 300:
            current_loop().set_immediate(agent.destroy)

    play(saying(OK), client)
    assert bodies == [b"hi"] * 300
    assert max(most) == 5
    assert len(servers[0].peers) == 5


def test_a_repr_says_how_many_there_are() -> None:
    agent, _ = scripted_agent(max_sockets=1)
    seen: list[str] = []

    def begin() -> None:
        get(agent=agent), get(agent=agent)
        seen.append(repr(agent))

    in_loop(begin)
    assert seen == ["<Agent 1 busy, 0 idle sockets, 1 requests waiting>"]


def test_a_socket_that_was_handed_over_does_not_keep_the_request_alive() -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    alive: list[weakref.ref[ClientRequest]] = []

    def begin() -> None:
        made = answered(agent, b"HTTP/1.1 101 X\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n")
        made.on("upgrade", lambda _response, socket, _rest: socket.write(b"x"))
        alive.append(weakref.ref(made))

    in_loop(begin)
    gc.collect()
    assert not sockets[0].destroyed
    assert alive[0]() is None
