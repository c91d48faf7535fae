# mypy: disable-error-code="func-returns-value"
"""What a client sends: every row of the table of requests, byte by byte."""

from collections.abc import Callable
from typing import Any

import nodehttp
from compliance._peers import ask
from compliance._trace import Scenarios, Trace
from nodehttp import net

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
case(
    "delete_chunked",
    make({"method": "DELETE", "headers": {"Transfer-Encoding": "chunked"}}, lambda req: (req.write("a"), req.end())),
)
case("own_content_length", post({"headers": {"Content-Length": 2}}, lambda req: (req.write("a"), req.end("b"))))
case("flush_headers", post({}, lambda req: (req.flush_headers(), req.end("x"))))
case("without_content_length", post({}, lambda req: (req.remove_header("content-length"), req.end("x"))))
case("auth_in_the_url", lambda port: nodehttp.get(f"http://u:p%40@{HOST}:{port}/p"))
case("auth_option", make({"auth": "u:p"}))
case("headers_keep_case_and_order", make({"headers": {"X-Foo": "1", "content-TYPE": "t/p", "accept": "*/*"}}))
case(
    "header_arrays",
    make({"headers": {"X-A": ["1", "2"], "Cookie": ["a=1", "b=2"], "Set-Cookie": ["c", "d"]}}),
)
case("flat_array_of_headers", make({"headers": ["Host", "h", "X-A", "1", "x-a", "2"]}))
case("flat_array_post", post({"headers": ["Host", "h"]}, lambda req: req.end("body")))
case("no_host", make({"setHost": False}))
case("no_default_headers", make({"setDefaultHeaders": False}))
case("no_default_headers_post", post({"setDefaultHeaders": False}, end_x))
case("own_host", make({"headers": {"HOST": "other"}}))
case("remove_connection", make({}, lambda req: (req.remove_header("connection"), req.end())))
case(
    "remove_transfer_encoding",
    post({}, lambda req: (req.remove_header("transfer-encoding"), req.write("x"), req.end())),
)
case("connection_close", make({"headers": {"Connection": "close"}}), reply=CLOSING)
case("agent_false", make({"agent": False}))
case("new_agent", make(lambda: {"agent": nodehttp.Agent()}))
case("agent_with_max_sockets", make(lambda: {"agent": nodehttp.Agent(max_sockets=1)}))
case("agent_keep_alive", make(lambda: {"agent": nodehttp.Agent(keep_alive=True)}))
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
