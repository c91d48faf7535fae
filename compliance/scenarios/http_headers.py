# mypy: disable-error-code="func-returns-value"
"""How headers that come more than once are merged."""

from collections.abc import Callable, Mapping
from typing import Any

from compliance._peers import exchange
from compliance._trace import Scenarios, Trace

scenarios = Scenarios()

NAMES = [
    "age",
    "authorization",
    "content-type",
    "etag",
    "expires",
    "from",
    "if-modified-since",
    "if-unmodified-since",
    "last-modified",
    "location",
    "max-forwards",
    "proxy-authorization",
    "referer",
    "retry-after",
    "server",
    "user-agent",
    "set-cookie",
    "cookie",
    "connection",
    "date",
    "upgrade",
    "vary",
    "origin",
    "keep-alive",
    "content-disposition",
    "content-encoding",
    "range",
    "if-range",
    "x-own",
    "accept",
    "via",
    "warning",
    "link",
    "cache-control",
    "constructor",
    "if-none-match",
    "if-match",
    "te",
    "trailer",
    "dnt",
    "sec-websocket-protocol",
    "access-control-allow-origin",
    "allow",
]


def request(*lines: str) -> str:
    """A request with these header lines."""
    return "\r\n".join(["GET / HTTP/1.1", "Host: a", *lines, "", ""])


def shown(headers: Mapping[str, Any]) -> list[Any]:
    """Headers in order."""
    return [[name, value] for name, value in headers.items()]


def show(t: Trace) -> Callable[[Any, Any], None]:
    """A request listener that writes down all there is about headers."""

    def handler(req: Any, res: Any) -> None:
        def on_end() -> None:
            t("trailers", shown(req.trailers), shown(req.trailers_distinct), req.raw_trailers)
            res.end()

        t("headers", shown(req.headers))
        t("distinct", shown(req.headers_distinct))
        t("raw", req.raw_headers)
        req.resume()
        req.on("end", on_end)

    return handler


def given(name: str, requests: str, **options: Any) -> None:
    """Add a scenario: a server that gets this request."""

    async def scenario(t: Trace) -> None:
        await exchange(t, show(t), requests=requests, options=options)

    scenarios.add(name, scenario)


for header in NAMES:
    both = request(f"{header}: 1", f"{header.upper()}: 2")
    given(f"twice_{header}", both)
    given(f"joined_{header}", both, joinDuplicateHeaders=True)

given("two_hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n")
given("one_set_cookie", request("Set-Cookie: a=1"))
given("case_and_space", request("X-MiXed:   a b \t ", "EMPTY:", "x-latin: \xe9\xff"))
given("proto", request("__proto__: a", "x: y"))
given(
    "three_times",
    request(
        "x: 1",
        "X: 2",
        "x: 3",
        "set-cookie: 1",
        "set-cookie: 2",
        "set-cookie: 3",
        "cookie: 1",
        "cookie: 2",
        "cookie: 3",
    ),
)
given(
    "trailers",
    "\r\n".join(
        [
            "POST / HTTP/1.1",
            "Host: a",
            "Transfer-Encoding: chunked",
            "",
            "1",
            "x",
            "0",
            "X-T: 1",
            "x-t: 2",
            "ETag: 1",
            "etag: 2",
            "Set-Cookie: a",
            "",
            "",
        ]
    ),
)
