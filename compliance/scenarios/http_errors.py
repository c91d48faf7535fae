# mypy: disable-error-code="func-returns-value"
"""What the HTTP interface refuses, and in which words."""

import re
from collections.abc import Callable
from typing import Any

import nodehttp
from compliance._peers import event, exchange
from compliance._trace import Scenarios, Trace
from nodehttp import net
from nodestream.loop import Promise

scenarios = Scenarios()
Body = Callable[[Trace, Any, Any], object]


def within(name: str, **more: Any) -> Callable[[Body], Body]:
    """Something done inside a request listener; then the response is ended."""

    def add(body: Body) -> Body:
        async def scenario(t: Trace) -> None:
            def handler(req: Any, res: Any) -> None:
                body(t, res, req)
                if not res.writable_ended and not res.destroyed:
                    res.end()

            await exchange(t, handler, **more)

        scenarios.add(name, scenario)
        return body

    return add


def quiet(function: Callable[..., object], *args: Any) -> Callable[[], None]:
    """A call without its result."""

    def call() -> None:
        function(*args)

    return call


@within("headers_after_they_were_sent")
def _headers_sent(t: Trace, res: Any, req: Any) -> None:
    res.write_head(200, {"A": "1"})
    res.write("x")
    t.call("set", quiet(res.set_header, "A", "1"))
    t.call("append", quiet(res.append_header, "A", "1"))
    t.call("remove", quiet(res.remove_header, "A"))
    t.call("writeHead", quiet(res.write_head, 200))
    t.call("setHeaders", quiet(res.set_headers, {"a": "b"}))
    t.call("writeContinue", quiet(res.write_continue))
    t.call("writeEarlyHints", quiet(res.write_early_hints, {"link": "</s>; rel=preload"}))
    t.call("writeInformation", quiet(res.write_information, 110))
    t("get", res.get_header("A"), res.has_header("a"), res.headers_sent)
    t.call("flushHeaders", quiet(res.flush_headers))
    t.call("addTrailers", quiet(res.add_trailers, {"T": "v"}))


@within("status_codes")
def _status_codes(t: Trace, res: Any, req: Any) -> None:
    for code in (99, 1000, "abc", None, -1):
        t.call("writeHead", quiet(res.write_head, code))
    for code in (99, 200, 101):
        t.call("writeInformation", quiet(res.write_information, code))
    res.status_code = 99
    t.call("end", quiet(res.end))
    res.status_code = 200


@within("status_messages")
def _status_messages(t: Trace, res: Any, req: Any) -> None:
    for text in ("a\r\nb", "\u20ac", "a\x00", "fine \u00e9"):
        t.call("writeHead", quiet(res.write_head, 200, text))


@within("header_names")
def _header_names(t: Trace, res: Any, req: Any) -> None:
    for name in ("", "a b", "a:", "\u00e9", "a\r\n", 5, None, "("):
        t.call("setHeader", quiet(res.set_header, name, "x"))
        t.call("appendHeader", quiet(res.append_header, name, "x"))
    for name in (5, None):
        t.call("getHeader", res.get_header, name)
        t.call("hasHeader", res.has_header, name)
        t.call("removeHeader", quiet(res.remove_header, name))


@within("header_values")
def _header_values(t: Trace, res: Any, req: Any) -> None:
    def set_and_get(value: Any) -> None:
        res.set_header("a", value)
        t("get", res.get_header("a"))

    t.call("undefined", quiet(res.set_header, "a", None))
    t.call("append undefined", quiet(res.append_header, "a", None))
    for value in ("a\r\nb", "a\nb", "\x00", "\u20ac", "\x7f", "\x01"):
        t.call("setHeader", quiet(res.set_header, "a", value))
    t.call("array", quiet(res.set_header, "a", ["fine", "a\nb"]))
    fine: list[Any] = ["tab\t", "\u00e9", "", " a ", 5, True, 1.5, ["x", 5]]
    for value in fine:
        t.call("setHeader", set_and_get, value)


@within("header_values_in_write_head")
def _write_head_values(t: Trace, res: Any, req: Any) -> None:
    t.call("value", quiet(res.write_head, 200, {"a": "a\nb"}))


@within("odd_arrays_of_headers")
def _odd_arrays(t: Trace, res: Any, req: Any) -> None:
    t.call("odd", quiet(res.write_head, 200, ["a"]))


@within("trailers")
def _trailers(t: Trace, res: Any, req: Any) -> None:
    t.call("name", quiet(res.add_trailers, {"a b": "x"}))
    t.call("value", quiet(res.add_trailers, {"a": "a\nb"}))


@within("trailer_header_without_chunks")
def _trailer_header(t: Trace, res: Any, req: Any) -> None:
    res.set_header("Trailer", "X")
    res.set_header("Content-Length", "1")
    t.call("end", quiet(res.end, "x"))
    res.remove_header("Trailer")


@within("chunks")
def _chunks(t: Trace, res: Any, req: Any) -> None:
    chunks: list[Any] = [None, 5, {}, True]
    for chunk in chunks:
        t.call("write", res.write, chunk)
    for chunk in chunks[1:]:
        t.call("end", quiet(res.end, chunk))


@within("write_after_end")
def _write_after_end(t: Trace, res: Any, req: Any) -> None:
    res.on("error", t.callback("error"))
    res.end("x")
    t("write", res.write("y", t.callback("cb")))
    res.end(t.callback("end cb"))
    res.end("z", t.callback("end z cb"))


@within("pipe_from_a_response")
def _pipe(t: Trace, res: Any, req: Any) -> None:
    res.on("error", t.callback("error"))
    t.call("pipe", quiet(res.pipe, res))


@within("strict_content_length")
def _strict(t: Trace, res: Any, req: Any) -> None:
    res.strict_content_length = True
    res.set_header("Content-Length", 2)
    t.call("end", quiet(res.end, "x"))
    res.destroy()


@within("strict_content_length_of_writes")
def _strict_writes(t: Trace, res: Any, req: Any) -> None:
    res.strict_content_length = True
    res.set_header("Content-Length", 3)
    t.call("write", res.write, "ab")
    t.call("write", res.write, "cd")
    t.call("end", quiet(res.end, "c"))
    res.destroy()


@within("body_not_allowed", options={"rejectNonStandardBodyWrites": True})
def _body_not_allowed(t: Trace, res: Any, req: Any) -> None:
    res.status_code = 304
    t.call("write", res.write, "x")
    t.call("end", quiet(res.end, "x"))


@within("early_hints")
def _early_hints(t: Trace, res: Any, req: Any) -> None:
    links: list[Any] = ["bad", 5, ["bad"], "</s>; rel=preload"]
    for link in links:
        t.call("link", quiet(res.write_early_hints, {"link": link}))
    t.call("no object", quiet(res.write_early_hints, "x"))


@within("set_headers")
def _set_headers(t: Trace, res: Any, req: Any) -> None:
    t.call("map", quiet(res.set_headers, {"A": "1", "b": ["2", "3"]}))
    t("headers", res.get_headers(), res.get_header_names(), res.get_raw_header_names())
    t.call("array", quiet(res.set_headers, ["a", "b"]))
    t.call("number", quiet(res.set_headers, 5))


@within("request_socket_encoding")
def _socket_encoding(t: Trace, res: Any, req: Any) -> None:
    t.call("setEncoding", quiet(req.socket.set_encoding, "utf8"))


@scenarios
def request_options(t: Trace) -> None:
    def bad(label: str, options: dict[str, Any]) -> None:
        t.call(label, quiet(lambda: nodehttp.request(options).on("error", lambda _: None).destroy()))

    bad("method", {"method": 5})
    bad("method token", {"method": "A B"})
    bad("path", {"path": "/a b"})
    bad("path euro", {"path": "/\u20ac"})
    bad("protocol", {"protocol": "https:"})
    bad("host", {"host": 5})
    bad("hostname", {"hostname": 5})
    bad("agent", {"agent": 5})
    bad("timeout", {"timeout": "x"})
    bad("header name", {"headers": {"a b": "c"}})
    bad("header value", {"headers": {"a": "a\nb"}})
    bad("header undefined", {"headers": {"a": None}})
    bad("odd headers", {"headers": ["a"]})
    bad("insecureHTTPParser", {"insecureHTTPParser": 5})
    bad("joinDuplicateHeaders", {"joinDuplicateHeaders": 5})
    bad("httpValidation", {"httpValidation": "x"})
    bad("both validations", {"httpValidation": "strict", "insecureHTTPParser": True})
    bad("maxHeaderSize", {"maxHeaderSize": "x"})
    bad("maxHeaderSize negative", {"maxHeaderSize": -1})
    t.call("url", quiet(nodehttp.request, "nonsense"))
    t.call("https url", quiet(nodehttp.request, "https://a/"))


@scenarios
def server_options(t: Trace) -> None:
    def bad(label: str, options: Any) -> None:
        t.call(label, quiet(nodehttp.create_server, options))

    bad("not an object", 5)
    bad("requestTimeout", {"requestTimeout": -1})
    bad("requestTimeout text", {"requestTimeout": "x"})
    bad("headersTimeout", {"headersTimeout": 2, "requestTimeout": 1})
    bad("headersTimeout text", {"headersTimeout": "x"})
    bad("keepAliveTimeout", {"keepAliveTimeout": -1})
    bad("keepAliveTimeoutBuffer", {"keepAliveTimeoutBuffer": -1})
    bad("connectionsCheckingInterval", {"connectionsCheckingInterval": -1})
    bad("maxHeaderSize", {"maxHeaderSize": -1})
    bad("insecureHTTPParser", {"insecureHTTPParser": 1})
    bad("requireHostHeader", {"requireHostHeader": 1})
    bad("joinDuplicateHeaders", {"joinDuplicateHeaders": 1})
    bad("rejectNonStandardBodyWrites", {"rejectNonStandardBodyWrites": 1})
    bad("shouldUpgradeCallback", {"shouldUpgradeCallback": 1})
    bad("httpValidation", {"httpValidation": "x"})
    bad("highWaterMark", {"highWaterMark": -1})


@scenarios
def agent_options(t: Trace) -> None:
    def bad(label: str, options: dict[str, Any]) -> None:
        t.call(label, quiet(nodehttp.Agent, options))

    bad("scheduling", {"scheduling": "x"})
    bad("maxTotalSockets", {"maxTotalSockets": 0})
    bad("maxTotalSockets text", {"maxTotalSockets": "x"})
    options = {"host": "h", "port": 1, "localAddress": "l", "family": 4, "socketPath": "/s"}
    t("name", nodehttp.Agent().get_name(), nodehttp.Agent().get_name(options))


@scenarios
async def servers_that_cannot_listen(t: Trace) -> None:
    for server in (nodehttp.create_server(), net.create_server()):
        server.on("error", lambda error: t("error", error.code, error.syscall, error.address, _masked(error.message)))
        t.call("listen", quiet(server.listen, 0))
        t.call("again", quiet(server.listen, 0))
        await event(server, "listening")
        t.call("listening", quiet(server.listen, 0))
        other = nodehttp.create_server()
        other.on("error", lambda error: t("other", error.code, _masked(error.message)))
        address: Any = server.address()
        other.listen(address["port"], "::")
        await event(other, "error")
        t("not listening", other.listening, other.address())
        other.listen(0, "203.0.113.7")
        await event(other, "error")
        await _closed(t, server, "closed")
        await _closed(t, server, "closed again")


def _masked(message: str) -> str:
    return re.sub(r":\d+$", ":<PORT>", message)


async def _closed(t: Trace, server: net.Server, label: str) -> None:
    closed: Promise[None] = Promise()

    def on_close(error: Exception | None = None) -> None:
        t(label, error)
        closed.resolve(None)

    server.close(on_close)
    await closed


@scenarios
def validation_functions(t: Trace) -> None:
    name: Any
    for name in ("fine", "", "a b", 5):
        t.call("name", nodehttp.validate_header_name, name)
    t.call("label", nodehttp.validate_header_name, "a b", "Label")
    for value in ("fine", "a\nb", None, "\u20ac"):
        t.call("value", nodehttp.validate_header_value, "x", value)
