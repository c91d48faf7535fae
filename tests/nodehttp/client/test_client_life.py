"""The end of requests and responses: `finished()`, errors once, timeouts, signals, limits on what a server may send.

Part: Lifecycle. Shown here: lifecycle (destroy at every stage, with and without a socket, `finished()` on request and
response, nothing after `close`), `timeout`, bounded informational responses, limits of the parser.
"""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from nodehttp import _client_connection
from nodehttp._agent import Agent
from nodehttp._client import ClientRequest, get, request
from nodehttp._incoming import IncomingMessage
from nodestream._finished import finished
from nodestream.errors import NodeError
from nodestream.loop import current_loop
from tests.nodehttp.client.support import (
    OK,
    SHORT,
    Conversation,
    Diary,
    Peer,
    RawServer,
    Scripted,
    in_loop,
    play,
    saying,
    saying_and_ending,
    scripted_agent,
    silence,
    told,
)

# --- finished(), as Node's calls back ---


def later(act: Callable[[], object]) -> Callable[..., object]:
    return lambda *_: current_loop().set_immediate(act)


def on_response(act: Callable[[ClientRequest, IncomingMessage], object]) -> Callable[[ClientRequest], object]:
    return lambda made: made.on("response", lambda res: act(made, res))


BOO = RuntimeError("boo")
FINISHED: dict[str, tuple[Conversation, Callable[[ClientRequest], object], str]] = {
    "all is well": (
        saying(OK),
        lambda made: None,
        "req.finish, res.end, finished(res) None, res.close, finished(req) None, req.close",
    ),
    "the server hangs up": (
        saying_and_ending(b""),
        lambda made: None,
        "req.finish, finished(req) ECONNRESET socket hang up, req.error socket hang up, req.close",
    ),
    "the response is cut short": (
        saying_and_ending(SHORT),
        lambda made: None,
        "req.finish, res.aborted, finished(req) None, req.close, finished(res) ECONNRESET aborted, res.close",
    ),
    "destroy()": (
        silence,
        lambda made: made.destroy(),
        "finished(req) ECONNRESET socket hang up, req.error socket hang up, req.close",
    ),
    "destroy(error)": (
        silence,
        lambda made: made.destroy(BOO),
        "finished(req)  boo, req.error boo, req.close",
    ),
    "abort()": (
        silence,
        lambda made: made.abort(),
        "finished(req) ERR_STREAM_PREMATURE_CLOSE Premature close, req.close",
    ),
    "destroy() while the server thinks": (
        silence,
        lambda made: made.on("finish", later(made.destroy)),
        "req.finish, finished(req) ECONNRESET socket hang up, req.error socket hang up, req.close",
    ),
    "abort() while the server thinks": (
        silence,
        lambda made: made.on("finish", later(made.abort)),
        "req.finish, finished(req) None, req.error socket hang up, req.close",
    ),
    "the response is destroyed": (
        saying(SHORT),
        on_response(lambda made, res: res.destroy()),
        "req.finish, res.aborted, finished(res) ERR_STREAM_PREMATURE_CLOSE Premature close, res.close, "
        "finished(req) None, req.close",
    ),
    "the response is destroyed with an error": (
        saying(SHORT),
        on_response(lambda made, res: res.destroy(BOO)),
        "req.finish, res.aborted, finished(req)  boo, req.error boo, finished(res)  boo, res.close, req.close",
    ),
    "the request is destroyed by its response": (
        saying(SHORT),
        on_response(lambda made, res: made.destroy()),
        "req.finish, res.aborted, finished(req) None, req.close, finished(res) ECONNRESET aborted, res.close",
    ),
}


@pytest.mark.parametrize("name", FINISHED)
def test_finished_calls_back_as_in_node(name: str) -> None:
    server, act, expected = FINISHED[name]
    diary = Diary()

    def watch_response(res: IncomingMessage) -> None:
        finished(res, lambda error: diary(f"finished(res) {error and told(error)}"))
        for event in ("end", "close", "aborted"):
            res.on(event, diary.noting(f"res.{event}"))
        res.resume()

    def client(it: RawServer) -> None:
        made = get(port=it.port, host="127.0.0.1", agent=False)
        finished(made, lambda error: diary(f"finished(req) {error and told(error)}"))
        made.on("error", lambda error: diary(f"req.error {error}"))
        for event in ("finish", "close"):
            made.on(event, diary.noting(f"req.{event}"))
        made.on("response", watch_response)
        act(made)

    assert ", ".join(play(server, client, diary=diary)) == expected


def test_finished_reports_a_request_that_was_never_ended() -> None:
    diary = Diary()

    def client(it: RawServer) -> None:
        made = request(port=it.port, host="127.0.0.1", agent=False, method="POST")
        finished(made, lambda error: diary(told(error)))
        made.write("x")

    assert play(saying(OK), client, diary=diary) == ["ERR_STREAM_PREMATURE_CLOSE Premature close"]


# --- state ---


def test_a_request_tells_where_it_stands() -> None:
    agent, _ = scripted_agent()
    seen: list[Any] = []

    def begin() -> None:
        made = request(agent=agent, host="h", path="/p")
        seen.append((made.method, made.host, made.path, made.protocol, made.socket, made.res, made.destroyed))
        seen.append(repr(made))
        made.on("close", lambda: seen.append((made.destroyed, made.closed, made.errored)))
        made.on("error", lambda _: None)
        made.destroy(BOO)

    in_loop(begin)
    assert seen == [
        ("GET", "h", "/p", "http:", None, None, False),
        "<ClientRequest GET http://h/p no head yet, open>",
        (True, True, None),
    ]


def test_a_destroyed_request_writes_nothing_and_destroying_it_again_does_nothing() -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    diary = Diary()

    def begin() -> None:
        made = diary.watch(get(agent=agent))
        assert made.destroy() is made
        made.on("close", lambda: made.destroy(BOO))

    in_loop(begin)
    assert diary.lines == ["req.error ECONNRESET socket hang up", "req.close"]
    assert sockets[0].sent == b""


def test_an_error_that_nobody_hears_comes_out_of_the_loop() -> None:
    agent, _ = scripted_agent()
    with pytest.raises(NodeError, match="socket hang up"):
        in_loop(lambda: get(agent=agent).destroy())


def test_only_the_first_error_is_told() -> None:
    agent, _ = scripted_agent()
    diary = Diary()

    def begin() -> None:
        made = diary.watch(get(agent=agent))
        made.on("socket", lambda socket: (socket.say(b"garbage"), socket.destroy(BOO)))

    in_loop(begin)
    assert [line[:30] for line in diary.lines if "error" in line] == ["req.error HPE_INVALID_CONSTANT"]
    assert diary.lines[-1] == "req.close"


# --- a signal ---


class Signal(SimpleNamespace):
    """What a request needs of an AbortSignal."""

    def __init__(self, *, aborted: bool = False) -> None:
        super().__init__(aborted=aborted, reason=RuntimeError("why"), listeners=[])

    def add_event_listener(self, event: str, listener: Callable[..., object]) -> None:
        self.listeners.append((event, listener))

    def remove_event_listener(self, event: str, listener: Callable[..., object]) -> None:
        self.listeners.remove((event, listener))

    def abort(self, *_: object) -> None:
        self.aborted = True
        for _event, listener in list(self.listeners):
            listener()


@pytest.mark.parametrize("when", ["before", "at once", "on socket"])
def test_a_signal_destroys_the_request(when: str) -> None:
    agent, _ = scripted_agent()
    diary = Diary()
    signal = Signal(aborted=when == "before")
    causes: list[Any] = []

    def begin() -> None:
        made = diary.watch(get(agent=agent, signal=signal))
        made.on("error", lambda error: causes.append(error.__cause__))
        if when == "at once":
            signal.abort()
        made.on("socket", signal.abort)

    in_loop(begin)
    assert diary.lines[-2:] == ["req.error ABORT_ERR The operation was aborted", "req.close"]
    assert causes == [signal.reason]
    assert signal.listeners == []


def test_a_signal_is_left_alone_when_the_request_is_over() -> None:
    agent, _ = scripted_agent()
    signal = Signal()

    def begin() -> None:
        made = get(agent=agent, signal=signal)
        made.on("socket", lambda socket: socket.say(OK))

    in_loop(begin)
    assert signal.listeners == []


def test_what_is_no_signal_is_refused() -> None:
    with pytest.raises(NodeError, match='The "signal" argument must be an instance of AbortSignal'):
        request(signal=5)


# --- timeouts ---


def test_set_timeout_calls_its_callback_once_and_nothing_else_follows() -> None:
    diary = Diary()

    def client(it: RawServer) -> None:
        made = get(port=it.port, host="127.0.0.1", agent=False)
        assert made.set_timeout(20, lambda: diary("callback")) is made
        diary.watch(made)
        made.on("timeout", later(lambda: made.destroy(RuntimeError("slow"))))

    lines = play(silence, client, diary=diary)
    assert lines[3:] == ["callback", "req.timeout", "req.error  slow", "req.close"]


def test_a_timeout_is_told_to_the_response_without_an_argument() -> None:
    agent, sockets = scripted_agent()
    told: list[Any] = []

    def begin() -> None:
        made = get(agent=agent)
        made.on("socket", lambda socket: socket.say(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nab"))
        made.on("response", lambda res: res.on("timeout", lambda *args: told.append(args)))
        made.on("response", lambda _: sockets[0].emit("timeout"))

    in_loop(begin)
    assert told == [()]


def test_set_timeout_reaches_the_socket_whenever_it_is_called() -> None:
    agent, sockets = scripted_agent()

    def begin() -> None:
        made = request(agent=agent).setTimeout(5)
        made.on("socket", lambda _: (made.set_timeout(6), made.clear_timeout(), made.setTimeout(7)))

    in_loop(begin)
    assert sockets[0].calls == [("set_timeout", 5), ("set_timeout", 6), ("set_timeout", 0), ("set_timeout", 7)]
    assert sockets[0].listener_count("timeout") == 2  # the agent's, and one of the request


def test_set_timeout_after_the_response_has_ended_does_nothing() -> None:
    agent, sockets = scripted_agent(keep_alive=True)

    def begin() -> None:
        made = get(agent=agent)
        made.on("socket", lambda socket: socket.say(OK))
        made.on("close", lambda: made.set_timeout(9))

    in_loop(begin)
    assert ("set_timeout", 9) not in sockets[0].calls


def test_options_of_the_socket_wait_for_it() -> None:
    agent, sockets = scripted_agent()

    def begin() -> None:
        made = request(agent=agent)
        made.set_no_delay(True)
        made.setSocketKeepAlive(True, 5)

    in_loop(begin)
    assert sockets[0].calls == [("set_no_delay", True), ("set_keep_alive", True, 5)]


# --- what a server may send ---


def errors_of(*answers: bytes, **options: Any) -> list[str]:
    """The errors of a GET that is answered so, and what information it got."""
    agent, _ = scripted_agent(keep_alive=True)
    diary = Diary()

    def begin() -> None:
        made = diary.watch(get(agent=agent, host="h", **options))

        def answer(socket: Scripted) -> None:
            for each in answers:
                socket.say(each)

        made.on("socket", answer)

    in_loop(begin)
    return [line for line in diary.lines if "error" in line or "response" in line]


def test_informational_responses_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_client_connection, "MOST_INFORMATIONAL", 3)
    hint = b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"
    assert errors_of(hint * 3, OK) == ["req.response 200"]
    assert errors_of(hint * 4, OK) == ["req.error HPE_USER Parse Error: Too many informational responses"]


def test_the_head_of_a_response_is_bounded() -> None:
    big = b"HTTP/1.1 200 OK\r\nX: " + b"a" * 20000 + b"\r\n\r\n"
    overflow = ["req.error HPE_HEADER_OVERFLOW Parse Error: Header overflow"]
    assert errors_of(big) == overflow
    assert errors_of(big, max_header_size=30000) == ["req.response 200"]
    assert errors_of(b"HTTP/1.1 200 OK\r\nX: aaaaaaaaaaaaa\r\n\r\n", max_header_size=10) == overflow


def test_headers_of_a_response_beyond_the_count_are_dropped() -> None:
    agent, _ = scripted_agent()
    seen: list[int] = []

    def begin() -> None:
        made = get(agent=agent)
        made.max_headers_count = 3
        made.on("response", lambda res: seen.append(len(res.headers)))
        lines = b"".join(b"X-%d: 1\r\n" % number for number in range(10))
        made.on("socket", lambda socket: socket.say(b"HTTP/1.1 204 OK\r\n" + lines + b"\r\n"))

    in_loop(begin)
    assert seen == [3]


def test_the_parser_is_as_forgiving_as_it_is_told() -> None:
    control = b"HTTP/1.1 204 OK\r\nX: a\x01b\r\n\r\n"
    bare = b"HTTP/1.1 204 OK\nX: a\n\n"
    refused = "req.error HPE_INVALID_HEADER_TOKEN Parse Error: Invalid header value char"
    assert errors_of(control) == [refused]
    assert errors_of(control, http_validation="strict") == [refused]
    assert errors_of(control, http_validation="relaxed") == ["req.response 204"]
    assert errors_of(bare)[0].startswith("req.error HPE_CR_EXPECTED")
    assert errors_of(bare, http_validation="relaxed")[0].startswith("req.error HPE_CR_EXPECTED")
    assert errors_of(bare, insecure_http_parser=True) == ["req.response 204"]
    assert errors_of(bare, http_validation="insecure") == ["req.response 204"]


@pytest.mark.parametrize(("join", "expected"), [(None, "1"), (False, "1"), (True, "1, 2")])
def test_duplicate_headers_are_joined_when_asked_for(join: bool | None, expected: str) -> None:
    agent, _ = scripted_agent()
    seen: list[str] = []

    def begin() -> None:
        made = get(agent=agent, join_duplicate_headers=join)
        made.on("response", lambda res: seen.append(res.headers["etag"]))
        made.on("socket", lambda socket: socket.say(b"HTTP/1.1 204 OK\r\nETag: 1\r\nETag: 2\r\n\r\n"))

    in_loop(begin)
    assert seen == [expected]


def test_a_response_tells_its_head() -> None:
    agent, _ = scripted_agent()
    seen: list[IncomingMessage] = []

    def begin() -> None:
        made = get(agent=agent)
        made.on("response", lambda res: (seen.append(res), res.resume()))
        made.on("socket", lambda socket: socket.say(b"HTTP/1.0 404 Gone Away\r\nX-A: 1\r\nx-a: 2\r\n\r\nbody"))
        made.on("socket", lambda socket: socket.hang_up())

    in_loop(begin)
    (res,) = seen
    assert (res.status_code, res.status_message, res.http_version) == (404, "Gone Away", "1.0")
    assert (res.raw_headers, res.headers) == (["X-A", "1", "x-a", "2"], {"x-a": "1, 2"})
    assert (res.method, res.url, res.upgrade, res.complete, res.req.res) == (None, "", False, True, res)


def test_information_tells_a_head_in_both_spellings() -> None:
    agent, _ = scripted_agent()
    seen: list[Any] = []

    def begin() -> None:
        made = get(agent=agent)
        made.on("information", seen.append)
        made.on("socket", lambda socket: socket.say(b"HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n" + OK))

    in_loop(begin)
    (info,) = seen
    assert (info.status_code, info.statusMessage, info.httpVersion) == (103, "Early Hints", "1.1")
    assert (info.headers, info.rawHeaders) == ({"link": "x"}, ["Link", "x"])
    assert repr(info) == "<Information 103 'Early Hints'>"


def test_a_reset_after_a_complete_response_that_was_read_is_no_error() -> None:
    diary = Diary()

    async def converse(peer: Peer) -> None:
        await peer.head()
        await peer.send(OK.replace(b"OK\r\n", b"OK\r\nConnection: close\r\n"))
        await diary.until("res.end")
        await peer.reset()

    def client(it: RawServer) -> None:
        diary.watch(get(port=it.port, host="127.0.0.1", agent=Agent(keep_alive=True)))

    assert [line for line in play(converse, client, diary=diary) if "error" in line] == []
