"""What a request looks like on the wire, byte for byte as Node 24.19 sends it.

Part: ClientRequest.

Shown here: chunked request bodies by themselves, Content-Length, the head that goes out with the first
write, `flush_headers()`, Expect: 100-continue, trailers, request(url, options, callback) in all its forms.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlparse, urlsplit

import pytest

from nodehttp._agent import Agent
from nodehttp._client import ClientRequest, get, request
from tests.nodehttp.client.support import Scripted, in_loop, scripted_agent

HOST = "127.0.0.1:8080"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"

Make = Callable[..., ClientRequest]


def sent(make: Make, *says: bytes, **agent_options: Any) -> str:
    """What `make(host=..., port=..., agent=...)` sends on its socket, and again after each thing that the peer says."""
    agent_options.setdefault("keep_alive", True)
    agent, sockets = scripted_agent(**agent_options)

    def play() -> None:
        made = make(host="127.0.0.1", port=8080, agent=agent)
        made.on("error", lambda _: None)
        for piece in says:
            made.on("socket", lambda socket, piece=piece: socket.say(piece))

    in_loop(play)
    return sockets[0].sent.decode("latin1").replace(HOST, "{host}")


def writing(
    *pieces: Any, method: str = "POST", then: Callable[[ClientRequest], object] | None = None, **o: Any
) -> Make:
    """A request whose body is written in pieces; a callable piece is called with the request."""

    def make(**options: Any) -> ClientRequest:
        made = request(method=method, **o, **options)
        for piece in pieces:
            if callable(piece):
                piece(made)
            else:
                made.write(piece)
        return made.end()

    return make


def ending(body: Any = None, *args: Any, method: str = "POST", **o: Any) -> Make:
    """A request whose body is given to end()."""
    return lambda **options: request(method=method, **{**options, **o}).end(body, *args)


def head(first: str, *lines: str) -> str:
    return "".join(f"{line}\r\n" for line in (first, *lines)) + "\r\n"


ALIVE = "Connection: keep-alive"
CHUNKED = "Transfer-Encoding: chunked"
H = "Host: {host}"
POST = "POST / HTTP/1.1"
GET = "GET / HTTP/1.1"

CASES: dict[str, tuple[Make, str]] = {
    "a GET": (get, head(GET, H, ALIVE)),
    "a POST written in pieces is chunked": (
        writing("a", "b"),
        head(POST, H, ALIVE, CHUNKED) + "1\r\na\r\n1\r\nb\r\n0\r\n\r\n",
    ),
    "a POST that only ends has a Content-Length": (
        ending("hello"),
        head(POST, H, ALIVE, "Content-Length: 5") + "hello",
    ),
    **{
        f"an empty {method} has a Content-Length of 0": (
            ending(method=method),
            head(f"{method} / HTTP/1.1", H, ALIVE, "Content-Length: 0"),
        )
        for method in ("POST", "PUT", "PATCH", "QUERY", "PROPFIND")
    },
    **{
        f"an empty {method} is not framed": (ending(method=method), head(f"{method} / HTTP/1.1", H, ALIVE))
        for method in ("HEAD", "DELETE", "OPTIONS", "TRACE")
    },
    **{
        f"the body of a {method} is sent as it is": (
            ending("x", method=method),
            head(f"{method} / HTTP/1.1", H, ALIVE) + "x",
        )
        for method in ("HEAD", "DELETE", "OPTIONS", "GET")
    },
    "the body of a GET written in pieces is sent as it is": (
        writing("x", "y", method="GET"),
        head(GET, H, ALIVE) + "xy",
    ),
    "a DELETE is chunked when its headers say so": (
        writing("a", method="DELETE", headers={"Transfer-Encoding": "chunked"}),
        head("DELETE / HTTP/1.1", CHUNKED, H, ALIVE) + "1\r\na\r\n0\r\n\r\n",
    ),
    "a Content-Length header frames what is written": (
        writing("a", "b", headers={"Content-Length": 2}),
        head(POST, "Content-Length: 2", H, ALIVE) + "ab",
    ),
    "flush_headers() makes the body chunked": (
        writing(ClientRequest.flush_headers, "x"),
        head(POST, H, ALIVE, CHUNKED) + "1\r\nx\r\n0\r\n\r\n",
    ),
    "without a Content-Length header the body is chunked": (
        lambda **o: _removing("content-length", "POST", **o).end("x"),
        head(POST, H, ALIVE, CHUNKED) + "1\r\nx\r\n0\r\n\r\n",
    ),
    "without a Transfer-Encoding header the body is sent as it is": (
        lambda **o: _written(_removing("transfer-encoding", "POST", **o), "x"),
        head(POST, H, ALIVE) + "x",
    ),
    "without a Connection header": (
        lambda **o: _removing("connection", "GET", **o).end(),
        head(GET, H),
    ),
    "headers keep their order and case, in front of our own": (
        ending(method="GET", headers={"X-Foo": 1, "content-TYPE": "t/p", "accept": "*/*"}),
        head(GET, "X-Foo: 1", "content-TYPE: t/p", "accept: */*", H, ALIVE),
    ),
    "a list of values is one line each, but Cookie is joined": (
        ending(method="GET", headers={"X-A": ["1", "2"], "Cookie": ["a=1", "b=2"], "Set-Cookie": ["c", "d"]}),
        head(GET, "X-A: 1", "X-A: 2", "Cookie: a=1; b=2", "Set-Cookie: c", "Set-Cookie: d", H, ALIVE),
    ),
    "a flat list of headers is sent as it is": (
        ending(method="GET", headers=["Host", "h", "X-A", "1", "x-a", "2"]),
        head(GET, "Host: h", "X-A: 1", "x-a: 2", ALIVE),
    ),
    "pairs of headers are sent as they are": (
        ending(method="GET", headers=[("Host", "h"), ("X-A", ["1", "2"])]),
        head(GET, "Host: h", "X-A: 1", "X-A: 2", ALIVE),
    ),
    "a flat list leaves the length of a body unknown": (
        ending("body", headers=["Host", "h"]),
        head(POST, "Host: h", ALIVE, CHUNKED) + "4\r\nbody\r\n0\r\n\r\n",
    ),
    "set_host=False": (ending(method="GET", set_host=False), head(GET, ALIVE)),
    "set_default_headers=False": (ending(method="GET", set_default_headers=False), head(GET)),
    "set_default_headers=False, set_host=True": (
        ending(method="GET", set_default_headers=False, set_host=True),
        head(GET, H),
    ),
    "set_default_headers=False with a body": (ending("x", set_default_headers=False), head(POST) + "x"),
    "a Connection header of one's own": (
        ending(method="GET", headers={"Connection": "close"}),
        head(GET, "Connection: close", H),
    ),
    "trailers": (
        writing("a", lambda made: made.add_trailers({"X-T": "v"}), headers={"Trailer": "X-T"}),
        head(POST, "Trailer: X-T", H, ALIVE, CHUNKED) + "1\r\na\r\n0\r\nX-T: v\r\n\r\n",
    ),
    "an upgrade": (
        ending(method="GET", headers={"Connection": "Upgrade", "Upgrade": "websocket"}),
        head(GET, "Connection: Upgrade", "Upgrade: websocket", H),
    ),
    "a CONNECT": (ending(method="CONNECT", path="ex:1"), head("CONNECT ex:1 HTTP/1.1", H, ALIVE)),
    "auth": (
        ending(method="GET", auth="u:p\xe9"),
        head(GET, H, "Authorization: Basic dTpww6k=", ALIVE),
    ),
    "auth beside an Authorization header": (
        ending(method="GET", auth="u:p", headers={"authorization": "x"}),
        head(GET, "authorization: x", H, ALIVE),
    ),
    "the usual port is not in the Host header": (
        ending(method="GET", default_port=8080),
        head(GET, "Host: 127.0.0.1", ALIVE),
    ),
    "the usual port as a string is not in the Host header": (
        ending(method="GET", default_port=8080, port="8080"),
        head(GET, "Host: 127.0.0.1", ALIVE),
    ),
    "an IPv6 address in the Host header": (
        ending(method="GET", host="::1"),
        head(GET, "Host: [::1]:8080", ALIVE),
    ),
    "a latin1 path": (ending(method="GET", path="/\xe9"), head("GET /\xe9 HTTP/1.1", H, ALIVE)),
    "a latin1 header": (ending(method="GET", headers={"X-E": "\xe9"}), head(GET, "X-E: \xe9", H, ALIVE)),
    "a latin1 header beside a body of bytes": (
        ending(b"x", headers={"X-E": "\xe9"}),
        head(POST, "X-E: \xe9", H, ALIVE, "Content-Length: 1") + "x",
    ),
    "a latin1 header beside a body of text goes out in its encoding": (
        ending("x", path="/\xe9"),
        head("POST /\xc3\xa9 HTTP/1.1", H, ALIVE, "Content-Length: 1") + "x",
    ),
    "a latin1 header that is flushed goes out as UTF-8": (
        writing(ClientRequest.flush_headers, headers={"X-E": "\xe9"}),
        head(POST, "X-E: \xc3\xa9", H, ALIVE, CHUNKED) + "0\r\n\r\n",
    ),
    "a method in lower case": (ending(method="post"), head(POST, H, ALIVE, "Content-Length: 0")),
    "unique_headers": (
        ending(method="GET", unique_headers=["x-a"], headers={"X-A": ["1", "2"]}),
        head(GET, "X-A: 1; 2", H, ALIVE),
    ),
    "unique_headers do not concern a list of headers": (
        ending(method="GET", unique_headers=["x-a"], headers=["X-A", ["1", "2"]]),
        head(GET, "X-A: 1", "X-A: 2", ALIVE),
    ),
    "values that are no strings": (
        ending(method="GET", headers={"b": True, "c": 1.5, "d": ["x"], "e": "", "f": 2.0}),
        head(GET, "b: true", "c: 1.5", "d: x", "e: ", "f: 2", H, ALIVE),
    ),
    "a Host header of one's own": (
        ending(method="GET", headers={"HOST": "other"}),
        head(GET, "HOST: other", ALIVE),
    ),
    "an empty Host header counts as none": (ending(method="GET", headers={"host": ""}), head(GET, H, ALIVE)),
    "empty pieces are no chunks": (
        writing("", "a", ""),
        head(POST, H, ALIVE, CHUNKED) + "1\r\na\r\n0\r\n\r\n",
    ),
    "corked pieces are one chunk": (
        writing("0", ClientRequest.cork, "a", "b", ClientRequest.uncork),
        head(POST, H, ALIVE, CHUNKED) + "1\r\n0\r\n2\r\nab\r\n0\r\n\r\n",
    ),
    "a body in another encoding": (ending("6869", "hex"), head(POST, H, ALIVE, "Content-Length: 2") + "hi"),
    "a body of text is UTF-8": (ending("\xe9"), head(POST, H, ALIVE, "Content-Length: 2") + "\xc3\xa9"),
    "a Keep-Alive header of one's own": (
        ending(method="GET", headers={"Keep-Alive": "timeout=9"}),
        head(GET, "Keep-Alive: timeout=9", H, ALIVE),
    ),
    "an empty path": (ending(method="GET", path=""), head(GET, H, ALIVE)),
    "a path that is only a query": (ending(method="GET", path="?x"), head("GET ?x HTTP/1.1", H, ALIVE)),
}


def _removing(name: str, method: str, **options: Any) -> ClientRequest:
    made = request(method=method, **options)
    made.remove_header(name)
    return made


def _written(made: ClientRequest, *pieces: str) -> ClientRequest:
    for piece in pieces:
        made.write(piece)
    return made.end()


@pytest.mark.parametrize("name", CASES)
def test_a_request_is_sent_as_by_node(name: str) -> None:
    make, expected = CASES[name]
    assert sent(make) == expected


def test_a_body_waits_for_100_continue_and_the_head_does_not() -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    expected = head(POST, "Expect: 100-continue", "Content-Length: 2", "Host: 127.0.0.1", ALIVE)
    seen: list[bytes] = []

    def play() -> None:
        made = request(
            agent=agent, host="127.0.0.1", method="POST", headers={"Expect": "100-continue", "Content-Length": 2}
        )
        made.on("continue", lambda: (seen.append(sockets[0].sent), made.end("hi")))
        made.on("socket", lambda socket: socket.say(CONTINUE))

    in_loop(play)
    assert seen == [expected.encode()]
    assert sockets[0].sent == expected.encode() + b"hi"


def test_the_head_of_a_request_that_expects_goes_out_as_utf8() -> None:
    made = sent(ending(headers={"X-E": "\xe9", "expect": "100-continue"}))
    assert made == head(POST, "X-E: \xc3\xa9", "expect: 100-continue", H, ALIVE, CHUNKED) + "0\r\n\r\n"


@pytest.mark.parametrize(
    ("agent_options", "connection"),
    [({}, "close"), ({"keep_alive": True}, "keep-alive"), ({"max_sockets": 1}, "keep-alive")],
)
def test_the_connection_is_kept_if_the_agent_can_use_it_again(agent_options: Any, connection: str) -> None:
    agent, sockets = scripted_agent(**agent_options)
    in_loop(lambda: get(host="h", port=1, agent=agent))
    assert sockets[0].sent.decode() == head(GET, "Host: h:1", f"Connection: {connection}")


def over(made: Callable[..., ClientRequest]) -> str:
    """What is sent by a request that has a socket of its own: `made(create_connection=...)`."""
    socket = Scripted()
    in_loop(lambda: made(create_connection=lambda _options, _callback: socket))
    return socket.sent.decode()


def test_a_connection_header_of_ones_own_counts_also_for_an_agent_that_keeps_nothing() -> None:
    assert sent(ending(method="GET", headers={"Connection": "keep-alive"}), keep_alive=False) == head(
        GET, "Connection: keep-alive", H
    )


def test_without_an_agent_the_connection_is_not_kept_and_port_80_is_shown() -> None:
    assert over(lambda **o: get(host="ex.com", **o)) == head(GET, "Host: ex.com:80", "Connection: close")
    assert over(lambda **o: get(host="::1", port=8080, **o)) == head(GET, "Host: [::1]:8080", "Connection: close")
    assert over(lambda **o: request(method="POST", host="h", headers=["a", "b"], **o).end("x")) == (
        head(POST, "a: b", ALIVE, CHUNKED) + "1\r\nx\r\n0\r\n\r\n"
    )


def test_agent_false_means_an_agent_of_its_own_that_keeps_nothing() -> None:
    seen: list[ClientRequest] = []
    in_loop(lambda: seen.append(request(host="127.0.0.1", port=1, agent=False).on("error", lambda _: None).end()))
    assert type(seen[0].agent) is Agent
    assert seen[0].agent.keep_alive is False
    assert seen[0]._head == head(GET, "Host: 127.0.0.1:1", "Connection: close")


URL = "http://u:p%40@127.0.0.1:8080/p?q#f"
OF_URL = head("GET /p?q HTTP/1.1", H, "Authorization: Basic dTpwQA==", ALIVE)


def _listener(*_: object) -> None: ...


FORMS: dict[str, Callable[[Agent], ClientRequest]] = {
    "url, mapping, callback": lambda agent: get(URL, {"agent": agent}, _listener),
    "url, mapping": lambda agent: get(URL, {"agent": agent}),
    "url, callback, keyword": lambda agent: get(URL, _listener, agent=agent),
    "url, keyword": lambda agent: get(URL, agent=agent),
    "parsed url, keyword": lambda agent: get(urlparse(URL), agent=agent),
    "split url, mapping, callback": lambda agent: get(urlsplit(URL), {"agent": agent}, _listener),
    "mapping, callback": lambda agent: get(
        {"host": "127.0.0.1", "port": 8080, "path": "/p?q", "auth": "u:p@", "agent": agent}, _listener
    ),
    "mapping in Node's spelling": lambda agent: get(
        {"hostname": "127.0.0.1", "defaultPort": 1, "port": "8080", "path": "/p?q", "auth": "u:p@", "agent": agent}
    ),
    "keywords": lambda agent: get(host="127.0.0.1", port=8080, path="/p?q", auth="u:p@", agent=agent),
    "keywords and callback": lambda agent: get(
        callback=_listener, host="127.0.0.1", port=8080, path="/p?q", auth="u:p@", agent=agent
    ),
    "a mapping overrides the url": lambda agent: get(
        "http://other:1/x", {"hostname": "127.0.0.1", "port": 8080, "path": "/p?q", "auth": "u:p@", "agent": agent}
    ),
    "a keyword overrides both": lambda agent: get(
        "http://u:p%40@127.0.0.1/p", {"path": "/x", "agent": agent}, path="/p?q", port=8080
    ),
    "what is None was not given": lambda agent: get(URL, {"path": None, "agent": agent}, port=None, headers=None),
}


@pytest.mark.parametrize("form", FORMS)
def test_arguments_come_in_nodes_mixture_and_as_keywords(form: str) -> None:
    agent, sockets = scripted_agent(keep_alive=True)
    made = in_loop(lambda: FORMS[form](agent))
    assert sockets[0].sent.decode().replace(HOST, "{host}") == OF_URL
    assert made.listener_count("response") == ("callback" in form)


def test_the_callback_is_called_with_the_response_once() -> None:
    agent, _ = scripted_agent()
    seen: list[int | None] = []

    def play() -> None:
        made = get("http://h/", {"agent": agent}, lambda res: seen.append(res.status_code))
        made.on("socket", lambda socket: socket.say(b"HTTP/1.1 204 No Content\r\n\r\n"))

    in_loop(play)
    assert seen == [204]


def test_the_head_and_the_first_piece_leave_in_one_write_in_the_turn_of_the_caller() -> None:
    agent, sockets = scripted_agent(keep_alive=True)

    def play() -> None:
        made = request(host="h", port=1, agent=agent, method="POST")
        made.on("socket", lambda _: (made.write("a"), made.write("b")))
        made.on("prefinish", lambda: None)

    in_loop(play)
    assert sockets[0].writes == [
        head(POST, "Host: h:1", ALIVE, CHUNKED).encode() + b"1\r\na\r\n1\r\nb\r\n",
    ]


def test_nothing_is_sent_before_the_first_write() -> None:
    agent, sockets = scripted_agent()
    in_loop(lambda: request(host="h", agent=agent, method="POST"))
    assert sockets[0].writes == []


def test_both_spellings_of_every_option_mean_the_same() -> None:
    node = {"setHost": False, "defaultPort": 8080, "uniqueHeaders": ["x-a"], "headers": {"X-A": ["1", "2"]}}
    ours = {"set_host": False, "default_port": 8080, "unique_headers": ["x-a"], "headers": {"X-A": ["1", "2"]}}
    assert sent(lambda **o: get(node, **o)) == sent(lambda **o: get(ours, **o)) == head(GET, "X-A: 1; 2", ALIVE)
    assert sent(lambda **o: get(**node, **o)) == head(GET, "X-A: 1; 2", ALIVE)
