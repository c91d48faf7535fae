# mypy: disable-error-code="func-returns-value"
"""What a client sends: every row of the table of requests, byte by byte."""

from collections.abc import Callable
from typing import Any

import trio

import nodehttp
from compliance._peers import OK, Peer, ask, mask, rounds
from compliance._trace import Scenarios, Trace
from nodehttp import net
from nodestream.loop import Promise

scenarios = Scenarios()

HOST = "127.0.0.1"
UPGRADED = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n"
CLOSING = "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"

Make = Callable[[int], Any]
Body = Callable[[Any], Any]


def case(name: str, make: Make, **more: Any) -> None:
    """Add a scenario: what makes the request, and what else is particular."""

    async def scenario(t: Trace) -> None:
        await ask(t, make, **more)

    scenarios.add(name, scenario)


def make(options: dict[str, Any] | Callable[[], dict[str, Any]], body: Body = lambda req: req.end()) -> Make:
    """A request with some options, and what is done with it."""

    def request(port: int) -> Any:
        own = options() if callable(options) else options
        req = nodehttp.request({"host": HOST, "port": port, **own})
        body(req)
        return req

    return request


def post(options: dict[str, Any], body: Body = lambda req: req.end()) -> Make:
    """A POST."""
    return make({"method": "POST", **options}, body)


def end_x(req: Any) -> None:
    req.end("x")


def elsewhere(options: dict[str, Any]) -> Make:
    """A request to another host and port, over a connection to the scenario's server."""

    def request(port: int) -> Any:
        def connect(*_: object) -> net.Socket:
            return net.connect(port=port, host=HOST)

        return nodehttp.get({**options, "createConnection": connect})

    return request


def plain_agent(port: int) -> nodehttp.Agent:
    """An agent that keeps its sockets, for servers on that port."""
    return nodehttp.Agent(keep_alive=True, default_port=port)


def _has_asked(peer: Peer, number: int) -> Callable[[], bool]:
    """Whether the whole head of the request of that number has come."""
    return lambda: f"/{number} " in peer.text and peer.text.endswith("\r\n\r\n")


async def one_after_the_other(t: Trace, options: dict[str, Any]) -> None:
    """Two requests; what each connection got, and whether the second request came over the first one's."""
    agent = nodehttp.Agent(options)
    listener = trio.socket.socket()
    await listener.bind(("127.0.0.1", 0))
    listener.listen()
    port = listener.getsockname()[1]
    peers: list[Peer] = []
    for number in range(2):
        req: Any = nodehttp.get({"host": HOST, "port": port, "agent": agent, "path": f"/{number}"})
        req.on("response", lambda res: res.resume())
        req.on("socket", lambda socket, req=req: t("socket", req.reused_socket))
        closed: Promise[None] = Promise()
        req.on("close", lambda closed=closed: closed.resolve(None))
        if number == 0 or not options.get("keepAlive"):
            connection, _ = await listener.accept()
            peers.append(Peer(connection))
        peer = peers[-1]
        await peer.until(_has_asked(peer, number))
        await peer.send(OK)
        await closed
        await rounds()
    agent.destroy()
    for peer in peers:
        await peer.end()
        peer.destroy()
        t("bytes", mask(peer.text, port))
    listener.close()


@scenarios
async def a_kept_socket_serves_the_next_request(t: Trace) -> None:
    await one_after_the_other(t, {"keepAlive": True})


@scenarios
async def a_socket_that_is_not_kept_serves_one_request(t: Trace) -> None:
    await one_after_the_other(t, {"keepAlive": False})


case("get", make({}))
case("get_function", lambda port: nodehttp.get({"host": HOST, "port": port, "path": "/p?q"}))
case("url_as_text", lambda port: nodehttp.get(f"http://{HOST}:{port}/a/b?c=d#e"))
case(
    "url_and_options",
    lambda port: nodehttp.request(f"http://{HOST}:{port}/a", {"method": "put", "headers": {"A": "1"}}).end("x"),
)
case("post_in_pieces", post({}, lambda req: (req.write("a"), req.write("b"), req.end())))
case("post_at_once", post({}, lambda req: req.end("hello")))
case("post_nothing", post({}))
case("put_nothing", make({"method": "PUT"}))
case("patch_nothing", make({"method": "PATCH"}))
case("head", make({"method": "HEAD"}))
case("delete", make({"method": "DELETE"}))
case("options", make({"method": "OPTIONS"}))
case("trace", make({"method": "TRACE"}))
case("delete_with_a_body", make({"method": "DELETE"}, end_x))
case("get_with_a_body", make({}, end_x))
case("head_with_a_body", make({"method": "HEAD"}, end_x))
case("options_with_a_body", make({"method": "OPTIONS"}, end_x))
case("trace_with_a_body", make({"method": "TRACE"}, end_x))
case("get_in_pieces", make({}, lambda req: (req.write("a"), req.write("b"), req.end())))
case("get_with_content_length", make({"headers": {"Content-Length": "1"}}, end_x))
case("delete_with_content_length_0", make({"method": "DELETE", "headers": {"Content-Length": 0}}))
case("query", make({"method": "QUERY"}, end_x))
case("method_of_no_name", make({"method": ""}))
case(
    "delete_chunked",
    make({"method": "DELETE", "headers": {"Transfer-Encoding": "chunked"}}, lambda req: (req.write("a"), req.end())),
)
case("own_content_length", post({"headers": {"Content-Length": 2}}, lambda req: (req.write("a"), req.end("b"))))
case("flush_headers", post({}, lambda req: (req.flush_headers(), req.end("x"))))
case("without_content_length", post({}, lambda req: (req.remove_header("content-length"), req.end("x"))))
case("auth_in_the_url", lambda port: nodehttp.get(f"http://u:p%40@{HOST}:{port}/p"))
case("auth_option", make({"auth": "u:p"}))
case("auth_that_is_not_ascii", make({"auth": "\u00fc:\u20ac"}))
case("auth_without_a_password", make({"auth": "u"}))
case("auth_beside_an_own_header", make({"auth": "u:p", "headers": {"authorization": "own"}}))
case("auth_without_default_headers", make({"auth": "u:p", "setDefaultHeaders": False}))
case("headers_keep_case_and_order", make({"headers": {"X-Foo": "1", "content-TYPE": "t/p", "accept": "*/*"}}))
case(
    "header_arrays",
    make({"headers": {"X-A": ["1", "2"], "Cookie": ["a=1", "b=2"], "Set-Cookie": ["c", "d"]}}),
)
case("flat_array_of_headers", make({"headers": ["Host", "h", "X-A", "1", "x-a", "2"]}))
case("flat_array_post", post({"headers": ["Host", "h"]}, lambda req: req.end("body")))
case("pairs_of_headers", make({"headers": [["Host", "h"], ["X-A", "1"], ["x-a", "2"], ["X-B", ["3", "4"]]]}))
case("pairs_of_headers_post", post({"headers": [["Host", "h"], ["Content-Length", "1"]]}, end_x))
case("flat_array_that_is_empty", make({"headers": []}))
case("flat_array_that_closes", make({"headers": ["Host", "h", "Connection", "close"]}), reply=CLOSING)
case("flat_array_and_auth", make({"headers": ["Host", "h"], "auth": "u:p"}))
case("flat_array_chunked", post({"headers": ["Transfer-Encoding", "chunked"]}, end_x))
case("header_values_of_other_types", make({"headers": {"X-N": 5, "X-T": True, "X-Z": 0, "X-F": 1.5}}))
case("header_value_that_is_empty", make({"headers": {"X-Empty": ""}}))
case("cookie_of_one", make({"headers": {"Cookie": ["a=1"]}}))
case("cookies_sent_as_lines", make({"headers": ["Cookie", "a=1", "Cookie", "b=2"]}))
case("unique_headers", make({"uniqueHeaders": ["x-a", "X-B"], "headers": {"X-A": ["1", "2"], "x-b": ["3", "4"]}}))
case("no_host", make({"setHost": False}))
case("no_host_but_an_own_one", make({"setHost": False, "headers": {"Host": "own"}}))
case("no_default_headers_but_host", make({"setDefaultHeaders": False, "setHost": True}))
case("no_default_headers_and_own_ones", make({"setDefaultHeaders": False, "headers": {"X-A": "1", "Connection": "x"}}))
case(
    "no_default_headers_chunked",
    post({"setDefaultHeaders": False, "headers": {"Transfer-Encoding": "chunked"}}, end_x),
)
case(
    "no_default_headers_with_a_length",
    post({"setDefaultHeaders": False, "headers": {"Content-Length": 1}}, end_x),
)
case("no_default_headers", make({"setDefaultHeaders": False}))
case("no_default_headers_post", post({"setDefaultHeaders": False}, end_x))
case("own_host", make({"headers": {"HOST": "other"}}))
case("own_host_that_is_empty", make({"headers": {"Host": ""}}))
case("hostname_comes_before_host", make({"hostname": HOST, "host": "nowhere.invalid"}))
case("port_as_text", lambda port: nodehttp.get({"host": HOST, "port": str(port)}))
case("port_of_the_agent", lambda port: nodehttp.get({"host": HOST, "port": port, "agent": plain_agent(port)}))
case("default_port_that_is_the_port", lambda port: nodehttp.get({"host": HOST, "port": port, "defaultPort": port}))
case("another_host", elsewhere({"host": "ex.com"}))
case("an_ipv6_address", elsewhere({"host": "::1", "port": 8080}))
case("an_ipv6_address_in_brackets", elsewhere({"host": "[::1]", "port": 8080}))
case("an_ipv6_address_and_the_default_port", elsewhere({"host": "::1", "defaultPort": 80}))
case("another_host_and_the_default_port", elsewhere({"host": "ex.com", "defaultPort": 80}))
case("path_and_query", make({"path": "/a?b=c&d=%20#e"}))
case("path_of_a_proxy_request", make({"path": "http://ex.com/"}))
case("path_that_is_latin1", make({"path": "/\u00e9"}))
case("path_that_is_a_star", make({"method": "OPTIONS", "path": "*"}))
case("path_set_later", make({}, lambda req: (setattr(req, "path", "/later"), req.end())))
case("method_set_later", make({}, lambda req: (setattr(req, "method", "PURGE"), req.end())))
case("relaxed_header_values", make({"httpValidation": "relaxed", "headers": {"X-C": "a\u0001b\u007f"}}))
case("insecure_header_values", make({"httpValidation": "insecure", "headers": {"X-C": "a\u0001b"}}))
case("insecure_parser_and_header_values", make({"insecureHTTPParser": True, "headers": {"X-C": "a\u0001b"}}))
case("remove_connection", make({}, lambda req: (req.remove_header("connection"), req.end())))
case(
    "remove_transfer_encoding",
    post({}, lambda req: (req.remove_header("transfer-encoding"), req.write("x"), req.end())),
)
case("remove_host", make({}, lambda req: (req.remove_header("host"), req.end())))
case(
    "set_many_headers",
    make({}, lambda req: (req.set_headers({"X-A": "1", "X-B": ["2", "3"]}), req.append_header("X-A", "4"), req.end())),
)
case(
    "without_chunks_by_default",
    post({}, lambda req: (setattr(req, "use_chunked_encoding_by_default", False), req.write("a"), req.end())),
)
case("not_to_be_kept_alive", make({}, lambda req: (setattr(req, "should_keep_alive", False), req.end())))
case("with_a_date", make({}, lambda req: (setattr(req, "send_date", True), req.end())))
case("own_transfer_encoding", post({"headers": {"Transfer-Encoding": "chunked"}}, end_x))
case("another_transfer_encoding", post({"headers": {"Transfer-Encoding": "gzip"}}, end_x))
case("own_transfer_encoding_and_nothing", post({"headers": {"Transfer-Encoding": "chunked"}}))
case("own_keep_alive", make({"headers": {"Keep-Alive": "timeout=9", "Connection": "keep-alive"}}))
case("connection_close", make({"headers": {"Connection": "close"}}), reply=CLOSING)
case("agent_false", make({"agent": False}))
case("new_agent", make(lambda: {"agent": nodehttp.Agent()}))
case("agent_with_max_sockets", make(lambda: {"agent": nodehttp.Agent(max_sockets=1)}))
case("agent_keep_alive", make(lambda: {"agent": nodehttp.Agent(keep_alive=True)}))
case("agent_that_does_not_keep", make(lambda: {"agent": nodehttp.Agent(keep_alive=False)}))
case("create_connection", make({"createConnection": lambda options, *_: net.connect(options)}))
case(
    "expect_continue",
    post(
        {"headers": {"Expect": "100-continue", "Content-Length": 2}},
        lambda req: req.on("continue", lambda: req.end("hi")),
    ),
    interim="HTTP/1.1 100 Continue\r\n\r\n",
)
case(
    "trailers",
    post({"headers": {"Trailer": "X-T"}}, lambda req: (req.write("a"), req.add_trailers({"X-T": "v"}), req.end())),
)
case(
    "several_trailers",
    post(
        {"headers": {"Trailer": "X-T, X-U"}},
        lambda req: (req.write("a"), req.add_trailers([["X-T", "v"], ["X-U", "w"]]), req.end("b")),
    ),
)
case("expect_without_a_body", post({"headers": {"Expect": "100-continue"}}))
case(
    "flushed_before_the_body",
    post({}, lambda req: (req.flush_headers(), req.flush_headers(), req.write("a"), req.end())),
)
case("flushed_get", make({}, lambda req: (req.flush_headers(), req.end())))
case(
    "upgrade",
    make(
        {"headers": {"Connection": "Upgrade", "Upgrade": "websocket"}},
        lambda req: (req.on("upgrade", lambda res, socket, head: socket.destroy()), req.end()),
    ),
    reply=UPGRADED,
)
case(
    "connect",
    make(
        {"method": "CONNECT", "path": "ex:1"},
        lambda req: (req.on("connect", lambda res, socket, head: socket.destroy()), req.end()),
    ),
)
case("default_port_of_another_agent", make({"defaultPort": 81}))
case("latin1_header", make({"headers": {"X-E": "\u00e9"}}))
case("latin1_header_with_text", post({"headers": {"X-E": "\u00e9"}}, end_x))
case("text_of_two_bytes", post({}, lambda req: req.end("\u00e9")))
case("encodings", post({}, lambda req: (req.write("6162", "hex"), req.end("YQ==", "base64"))))
case("corked", post({}, lambda req: (req.cork(), req.write("a"), req.write("b"), req.uncork(), req.end())))
case("lower_case_method", make({"method": "put"}))
case(
    "set_header_later",
    make({}, lambda req: (req.set_header("X-A", "1"), req.set_header("Host", "other"), req.end())),
)
case(
    "own_connection_and_length",
    post({"headers": {"connection": "keep-alive", "content-length": "1"}}, end_x),
)
case("a_response_that_closes", make({}), reply=CLOSING)
case(
    "an_interim_response",
    make({}),
    reply="HTTP/1.1 103 Early Hints\r\nlink: x\r\n\r\nHTTP/1.1 204 No Content\r\n\r\n",
)
