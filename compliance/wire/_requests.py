"""The family `requests`: what one connection brings to a server.

A case is JSON:

    options: those of the server, as in Node.
    settings: attributes that the server is given.
    listeners: for `upgrade`, `connect`, `clientError`, `checkContinue`, `checkExpectation` and `dropRequest`, what the
        listener does ("tell" only writes down that it was called); what is missing has no listener.
    handlers: for each request, and again from the beginning, `{"body", "answer", "when", "close", "errors"}`: what is
        done with its body; what is answered, and when; whether the answer closes the connection; whether the request
        has an `error` listener.
    transport: what the connection is: "sync", "tick", "immediate" or "slow" for a Duplex in the same process whose
        writes call back so, or "socket".
    pieces: the bytes, as text, each of which arrives as one read.
    end: whether behind them the peer waits ("open"), ends its side ("fin") or breaks the connection off ("gone").
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

from compliance.programs._tape import Tape

from . import _messages
from ._messages import CRLF

Json = Any

METHODS = ("GET", "GET", "POST", "POST", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "CONNECT", "M-SEARCH", "QUERY")
ODD_METHODS = (
    *("get", "GETX", "GE", "", "G", "BLAH", "PRI", "DESCRIBE", "SOURCE", "PLAY", "GET\0", "\xe9", "GET\t", " GET"),
    *("M-", "PO", "POSTPOST", "MKCOL", "SUBSCRIBE", "UNLINK", "ANNOUNCE", "HTTP/1.1", "\x16\x03\x01", "GET_PARAMETER"),
    *("\r\nGET", "\nGET"),
)
TARGETS = ("/", "/a", "/a/b?c=d&e", "*", "http://h/x?y", "/%41", "//", "/?")
ODD_TARGETS = (
    *("", "/\xe9", "/a b", "a", "/#f", "/\x7f", "/\t", "/\0", "http://", "http://u:p@h:1/", "http:/h", "?a", "#"),
    *("/\x01", "a:1", "http://h", "HTTP://H/", "http://a@@b/", "h:1/", "[::1]:1", "/?\xe9#\xe9", "/\x0c", "http://h?x"),
    *("://h", "/a\rb", "/a\nb", "h1ttp://h/", "h", "/|", '/"', "/<>", "\\", "http://[::1]/", "http://h:x/", "/?a?b"),
    *("/#a#b", "/ ", "a@b:1", "@", "-"),
)
VERSIONS = (*("HTTP/1.1",) * 10, "HTTP/1.0", "HTTP/1.0")
ODD_VERSIONS = (
    *("HTTP/0.9", "HTTP/2.0", "HTTP/1.2", "HTTP/3.0", "HTTP/11", "HTTP/1", "HTTP/1.", "HTTP/.1", "HTTP/1.10"),
    *("http/1.1", "", "HTTX/1.1", "RTSP/1.0", "ICE/1.0", "HTTP/a.1", "HTTP/1.a", "HTTP /1.1", "HTTP/1.1 "),
    *(" HTTP/1.1", "HTTP/1.1x", "HTTP"),
)
HOSTS = (*("Host: a\r\n",) * 6, "host:a\r\n", "Host: \r\n", "HOST: a b\r\n")
ODD_HOSTS = ("", "Host: a\r\nHost: b\r\n", "Host : a\r\n", "Host:\r\n a\r\n", "X-Host: a\r\n", "Host\r\n", "Host")
EXPECTATIONS = ("100-continue", "100-Continue", "foo", "100-continue, foo", "", "100-continu", "x100-continue")
PROTOCOLS = ("websocket", "h2c", "x, y", "", " ")

OPTIONS: tuple[Json, ...] = (
    *({},) * 8,
    {"insecureHTTPParser": True},
    {"insecureHTTPParser": True},
    {"httpValidation": "relaxed"},
    {"httpValidation": "insecure"},
    {"requireHostHeader": False},
    {"maxHeaderSize": 120},
    {"maxHeaderSize": 300},
    {"joinDuplicateHeaders": True},
    {"keepAliveTimeout": 0},
    {"optimizeEmptyRequests": True},
    {"shouldUpgrade": True},
    {"shouldUpgrade": False},
)
SETTINGS: tuple[Json, ...] = (
    *({},) * 8,
    {"maxHeadersCount": 3},
    {"maxHeadersCount": 0},
    {"maxRequestsPerSocket": 1},
    {"maxRequestsPerSocket": 2},
    {"httpAllowHalfOpen": True},
)
LISTENERS: dict[str, tuple[str, ...]] = {
    "clientError": ("", "", "destroy", "answer", "tell", "destroy"),
    "upgrade": ("", "", "end", "tell", "echo"),
    "connect": ("", "end", "tell", "echo"),
    "checkContinue": ("", "", "go on", "refuse", "handle"),
    "checkExpectation": ("", "", "handle", "refuse"),
    "dropRequest": ("", "tell"),
}
BODIES = ("read", "read", "ignore", "resume", "pause", "late", "destroy", "readable")
ANSWERS = (
    *("end", "end", "empty", "chunks", "length", "head", "trailers", "204", "304", "flush", "continue", "break"),
    "echo",
)
WHEN = ("now", "now", "end", "tick", "immediate", "late", "never")
TAPES = (_messages.Careful, _messages.Careful, _messages.Sparing, _messages.Sparing, Tape)
BYTEWISE = 120
"""So many bytes may come one by one."""
ORDINARY_UPGRADE = "an ordinary upgrade"
"""The line of a trace that says so."""
TRANSPORTS = ("sync", "sync", "tick", "immediate", "sync", "socket", "slow")


def _request_line(tape: Tape) -> str:
    method = tape.pick(METHODS)
    target = "a:1" if method == "CONNECT" else tape.pick(TARGETS)
    version = tape.pick(VERSIONS)
    if tape.chance(20):
        method = tape.pick(ODD_METHODS)
    if tape.chance(16):
        target = tape.pick(ODD_TARGETS)
    if tape.chance(30):
        target = "/" + _messages.long_text(tape)
    if tape.chance(16):
        version = tape.pick(ODD_VERSIONS)
    blank = tape.pick(("  ", "\t", "")) if tape.chance(40) else " "
    before = tape.pick((CRLF, "\n", "\r", " ", "\r\n\r\n")) if tape.chance(20) else ""
    return before + method + blank + target + (blank + version if version else "") + _messages.line_end(tape)


def _fields(tape: Tape, drawn: list[bytes]) -> list[str]:
    fields = [tape.pick(ODD_HOSTS) if tape.chance(8) else tape.pick(HOSTS)]
    fields += [_messages.field(type(tape)(data)) for data in drawn]
    which = tape.pick((*("none",) * 8, "connection", "connection", "expect", "upgrade", "protocol"))
    if which == "connection":
        fields.append(_messages.connection_field(tape))
    elif which == "expect":
        fields.append(f"Expect: {tape.pick(EXPECTATIONS)}{_messages.line_end(tape)}")
    elif which != "none":
        protocol = "\r\n x" if tape.chance(6) else tape.pick(PROTOCOLS)
        fields.append(f"Upgrade: {protocol}{_messages.line_end(tape)}")
    if which == "upgrade":
        fields.append(f"Connection: upgrade{_messages.line_end(tape)}")
    return fields


def _framing(tape: Tape, chunks: list[bytes], trailers: list[bytes]) -> tuple[list[str], str]:
    """The framing fields, and the body, of which one may not fit the other."""
    kind = tape.pick(("none", "none", "length", "length", "chunked", "chunked"))
    if tape.chance(4):
        kind = "odd"
    body = ""
    if kind == "length":
        body = "x" * (tape.number(256) * 300 if tape.number(32) == 31 else tape.number(12))
    elif kind == "chunked" or (kind == "odd" and tape.chance(2)):
        body = "".join(_messages.chunk(type(tape)(data)) for data in chunks)
        body += _messages.last_chunk(tape, [_messages.trailer(type(tape)(data)) for data in trailers])
    elif kind == "odd":
        body = tape.pick(("abc", "", "abcde", "3\r\nabc\r\n0\r\n\r\n"))
    if kind == "length":
        fields = [f"Content-Length: {len(body)}{_messages.line_end(tape)}"]
    elif kind == "chunked":
        fields = [f"Transfer-Encoding: chunked{_messages.line_end(tape)}"]
    else:
        fields = [_messages.framing_field(tape) for _ in range(1 + tape.number(2))] if kind == "odd" else []
    return fields, body


def _request(drawn: tuple[bytes, list[bytes], list[bytes], list[bytes]]) -> str:
    data, plain, chunks, trailers = drawn
    tape = TAPES[data[0] % len(TAPES)](data[1:])
    line = _request_line(tape)
    framing, body = _framing(tape, chunks, trailers)
    fields = _fields(tape, plain)
    at = tape.number(len(fields) + 1)
    fields[at:at] = framing
    if tape.number(16) == 15:
        fields += ["X-Many: 1\r\n"] * 40
    return line + "".join(fields) + _messages.line_end(tape) + body


def _handler(data: bytes) -> Json:
    tape = Tape(data)
    return {
        "body": tape.pick(BODIES),
        "answer": tape.pick(ANSWERS),
        "when": tape.pick(WHEN),
        "close": tape.chance(10),
        "errors": tape.chance(2),
    }


def _decode(drawn: Any) -> Json:
    head, handlers, requests, accidents, cuts = drawn
    tape = Tape(head)
    options = {**tape.pick(OPTIONS), **(tape.pick(OPTIONS) if tape.chance(4) else {})}
    if "insecureHTTPParser" in options:
        options.pop("httpValidation", None)
    listeners = {name: tape.pick(choices) for name, choices in LISTENERS.items()}
    transport = tape.pick(TRANSPORTS)
    if transport == "slow" and listeners["clientError"] == "answer":
        listeners["clientError"] = "destroy"  # Node leaves a connection paused that is ended while it is backed up
    text = "".join(map(_request, requests))
    for data in accidents if tape.chance(4) else ():
        text = _messages.mutated(Tape(data), text)
    if options.get("httpValidation") == "relaxed":
        text = text.replace("\0", "\1")  # at a NUL in a value Node's parser would go round for ever
    return {
        "options": options,
        "settings": tape.pick(SETTINGS),
        "listeners": {name: does for name, does in listeners.items() if does},
        "handlers": [_handler(data) for data in handlers],
        "transport": transport,
        "pieces": _messages.bytewise(text, BYTEWISE) if tape.chance(20) else _messages.cut(text, cuts),
        "end": tape.pick(("open", "fin", "open", "fin", "fin" if transport == "socket" else "gone")),
    }


def programs() -> st.SearchStrategy[Json]:
    """Cases of one to five requests."""
    request = st.tuples(
        st.binary(min_size=40, max_size=40),
        st.lists(st.binary(min_size=8, max_size=8), max_size=4),
        st.lists(st.binary(min_size=12, max_size=12), max_size=3),
        st.lists(st.binary(min_size=8, max_size=8), max_size=2),
    )
    return st.tuples(
        st.binary(min_size=14, max_size=14),
        st.lists(st.binary(min_size=5, max_size=5), min_size=1, max_size=3),
        st.lists(request, min_size=1, max_size=5),
        st.lists(st.binary(min_size=5, max_size=5), max_size=2),
        st.lists(st.binary(min_size=2, max_size=2), min_size=2, max_size=6),
    ).map(_decode)


def covered(program: Json, trace: list[str]) -> Iterator[str]:
    """What a case makes use of, and what came of it."""
    yield f"transport {program['transport']}"
    yield from (f"option {name}" for name in (*program["options"], *program["settings"]))
    yield from (f"listener {name}: {does}" for name, does in program["listeners"].items())
    for handler in program["handlers"]:
        yield from (f"handler {name}: {handler[name]}" for name in ("body", "answer", "when"))
    count = len(program["pieces"])
    yield f"pieces {count if count < 8 else 'many'}"
    counts = Counter(line.split(" ", 2)[0].lstrip("0123456789.") for line in trace)
    yield f"requests {sum(counts[event] for event in ('request', 'checkContinue', 'checkExpectation'))}"
    for line in trace:
        if line.startswith(("clientError", "error")):
            yield f"refused {line.partition('[')[2].partition(']')[0] or line}"
        elif line.startswith('connection "'):
            yield f"connection {line[12:-1]}"


def comparable(node: list[str], ours: list[str]) -> tuple[list[str], list[str]]:
    """What is compared of the traces: all up to an upgrade that is treated as an ordinary request.

    Node loses what came behind that. Of a slow connection the order is not compared: it depends on how many writes a
    message takes, and here they are fewer.
    """
    end = node.index(ORDINARY_UPGRADE) if ORDINARY_UPGRADE in node else None
    if node[:1] != ["slow"]:
        return node[:end], ours[:end]
    return (sorted(node), sorted(ours)) if end is None else ([], [])
