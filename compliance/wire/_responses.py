"""The strategy of the family `responses`: a client's requests, and the bytes that a scripted server answers with.

A case is JSON:

    transport: "duplex" (a Duplex with the methods that an agent calls), "bare" (a Duplex without them), or "socket".
    agent: "none" (the request has a socket of its own), "close" (an agent that keeps nothing), "keep" (one that keeps
        sockets), "one" (one that keeps a single socket), "one_close" (one with a single socket that it does not keep),
        or "fifo" (one that keeps the sockets, but one of them idle at most).
    writes: when a Duplex has taken what is written to it: "sync", "tick" or "immediate".
    early: null, or what each connection that is a Duplex brings from the beginning.
    mark: the high water mark of the responses, in bytes; null for the default.
    half_open: whether a connection stays open for sending when the server has ended it. No kept socket is: Node would
        use it again.
    together: whether all requests are made at the beginning, or each after the one before was answered. Connections of
        the kernel are not made at once, nor destroyed: then their events have no certain order.
    requests: one to three of

        method, headers, options: of the request.
        body: null, or what is written before the request is ended: a string. `ended`: whether it is ended at once.
        hears: the events that somebody listens for: those of "response", "information", "continue", "upgrade",
            "connect", "res error".
        reads: what is done with the response: "data", "text" (with an encoding), "later" (one round of the loop later),
            "readable", "resume", "pause" (after the first chunk, for one round), "destroy" (after it) or "never".
        answer: the steps of the server and of the client when the request has its socket. The server's: ["send", text],
            ["finish"] (it ends the connection), ["reset"] (it breaks it off). The client's: `OPERATIONS`.
        reactions: a list of [event, one of `OPERATIONS`]: what to do when it comes for the first time.

After its last step a connection stays open, until everything has been looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

from hypothesis import strategies as st

from compliance.programs._tape import Tape

from ._messages import cut, mutated
from ._response_bytes import answer

Json = Any

TRANSPORTS = ("duplex", "duplex", "duplex", "bare", "socket")
AGENTS = ("none", "close", "keep", "keep", "one", "one", "one_close", "fifo")
WRITES = ("sync", "sync", "tick", "immediate")
EARLY = (None,) * 12 + (
    *("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "HTTP/1.1 100 Continue\r\n\r\n", "HTTP/1.1 200 OK\r\n"),
    "garbage",
)
MARKS = (None, None, None, 1, 4, 16)
KEEPING = ("keep", "one", "fifo")
SINGLE = ("one", "one_close")
METHODS = ("GET",) * 6 + ("HEAD", "HEAD", "POST", "POST", "POST", "CONNECT", "PUT", "DELETE", "OPTIONS")
READS = ("data", "data", "data", "text", "later", "resume", "readable", "pause", "destroy", "never")
HEARS = ("response", "information", "continue", "upgrade", "connect", "res error")
OPTIONS: tuple[dict[str, Any], ...] = (
    *({},) * 8,
    {"insecureHTTPParser": True},
    {"insecureHTTPParser": True},
    {"insecureHTTPParser": False},
    {"httpValidation": "relaxed"},
    {"httpValidation": "insecure"},
    {"httpValidation": "strict"},
    {"maxHeaderSize": 60},
    {"maxHeaderSize": 20},
    {"maxHeaderSize": 0},
    {"joinDuplicateHeaders": True},
    {"joinDuplicateHeaders": True, "insecureHTTPParser": True},
)
REQUEST_HEADERS: tuple[dict[str, str], ...] = (
    *({},) * 7,
    {"Connection": "Upgrade", "Upgrade": "other"},
    {"Connection": "close"},
    {"Expect": "100-continue"},
)
_EVENT = re.compile(r"\d\.((?:res )?[a-z]+)(?: Error \[(\w+)\])?")
_NO_PROTOCOL = re.compile(r"\d\.response 101 ")
OPERATIONS_ON_ONE = (
    *("read", "end", "destroy", "abort", "destroy response", "write", "fail", "fail response", "destroy socket"),
)
OPERATIONS = (*OPERATIONS_ON_ONE, "next", "destroy agent")
"""What a client does: with its response (`read` resumes it), its request (`fail` destroys it with an error), its
socket, its agent; `next` makes the next request."""
EVENTS = (
    *("response", "res data", "res end", "res close", "finish", "close", "socket", "error", "information", "continue"),
    *("res aborted", "res error", "upgrade", "connect", "abort", "res resume", "prefinish"),
)


def _hears(tape: Tape) -> list[str]:
    missing = tape.number(256)
    if missing < 128:
        return list(HEARS)
    return [event for bit, event in enumerate(HEARS) if not missing & 1 << bit]


def _steps(tape: Tape, operations: Sequence[str], pieces: list[str], *, ended: bool) -> list[Json]:
    steps: list[Json] = [["send", piece] for piece in pieces]
    if not ended and not tape.chance(4):
        steps.insert(tape.number(len(steps) + 1), ["end"])
    if tape.chance(4):
        steps.insert(tape.number(len(steps) + 1), [tape.pick(operations)])
    if tape.chance(8):
        steps.insert(tape.number(len(steps) + 1), ["finish" if tape.chance(2) else "reset"])
    last = tape.pick((None, None, "finish", "finish", "reset"))
    if last is not None:
        steps.append([last])
    if tape.chance(6):
        steps.insert(tape.number(len(steps) + 1), ["read"])
    return steps


def _reactions(tape: Tape, operations: Sequence[str]) -> list[Json]:
    return [[tape.pick(EVENTS), tape.pick(operations)] for _ in range((0, 0, 0, 0, 1, 2)[tape.number(6)])]


def _text(data: bytes, mutations: list[bytes]) -> str:
    text = answer(data)
    for mutation in mutations:
        if any(mutation[:2]):  # the first two say where: at the very beginning would be by far the most frequent
            text = mutated(Tape(mutation), text)
    return text


def _pieces(tape: Tape, text: str, places: list[bytes]) -> list[str]:
    """The text cut in places; seldom at each line end, or everywhere."""
    if tape.chance(8):
        return [line for line in re.split(r"(?<=\r\n)", text) if line]
    if tape.chance(16) and len(text) < 120:
        return list(text)
    return cut(text, places)


def _request(drawn: tuple[bytes, bytes, list[bytes], list[bytes]], operations: Sequence[str]) -> Json:
    data, message, mutations, places = drawn
    tape = Tape(data)
    if tape.chance(2):
        mutations = []
    options = tape.pick(OPTIONS)
    method = tape.pick(METHODS)
    ended = not tape.chance(5)
    body = tape.pick((None, "", "body")) if method in ("POST", "PUT") or tape.chance(16) or not ended else None
    hears = _hears(tape)
    text = _text(message, mutations)
    if "response" not in hears:
        text = text.replace(" 101", " 103")  # see _up_to_another_protocol, which could not tell
    if options.get("httpValidation") == "relaxed":
        text = text.replace("\0", "\1")  # in a value, Node's parser would not return from it
    return {
        "method": method,
        "headers": tape.pick(REQUEST_HEADERS),
        "options": options,
        "body": body,
        "ended": ended,
        "hears": hears,
        "reads": tape.pick(READS),
        "answer": _steps(tape, operations, _pieces(tape, text, places), ended=ended),
        "reactions": _reactions(tape, operations),
    }


def _decode(drawn: tuple[bytes, list[Any]]) -> Json:
    head, requests = drawn
    tape = Tape(head)
    transport = tape.pick(TRANSPORTS)
    agent = tape.pick(AGENTS)
    ordered = transport != "socket" or agent in SINGLE
    return {
        "transport": "duplex" if transport == "bare" and agent in KEEPING else transport,
        "agent": agent,
        "writes": tape.pick(WRITES),
        "early": tape.pick(EARLY) if transport != "socket" else None,
        "mark": tape.pick(MARKS),
        "half_open": tape.chance(5) and agent not in KEEPING,
        "together": ordered and not tape.chance(3),
        "requests": [_request(request, OPERATIONS if ordered else OPERATIONS_ON_ONE) for request in requests],
    }


def programs() -> st.SearchStrategy[Json]:
    """Cases of one to three requests, each with up to two mutations of its answer."""
    mutations = st.lists(st.binary(min_size=5, max_size=5), max_size=2)
    places = st.lists(st.binary(min_size=2, max_size=2), max_size=3)
    request = st.tuples(st.binary(min_size=28, max_size=28), st.binary(min_size=60, max_size=60), mutations, places)
    return st.tuples(st.binary(min_size=7, max_size=7), st.lists(request, min_size=1, max_size=3)).map(_decode)


def comparable(node: list[str], ours: list[str]) -> tuple[list[str], list[str]]:
    """Both traces as far as they are to be the same."""
    return _up_to_another_protocol(_without_repetitions(node)), _up_to_another_protocol(ours)


def _without_repetitions(lines: list[str]) -> list[str]:
    """Node emits `error` or `close` of a request a second time, when it fails in another way, too."""
    seen: set[str] = set()
    once: list[str] = []
    for line in lines:
        event = line.partition(" ")[0]
        ends_it = event.endswith((".error", ".close")) and "ERR_STREAM_WRITE_AFTER_END" not in line
        if not (ends_it and event in seen):
            once.append(line)
        if ends_it:
            seen.add(event)
    return once


def _up_to_another_protocol(lines: list[str]) -> list[str]:
    """Up to a 101 that names no protocol: whether its socket is used again depends here on what comes behind it."""
    end = next((at for at, line in enumerate(lines) if _NO_PROTOCOL.match(line)), len(lines))
    return lines[: end + 1]


def covered(program: Json, trace: list[str]) -> Iterator[str]:
    """What a case makes use of, and what happened."""
    yield f"transport {program['transport']}"
    yield f"agent {program['agent']}"
    yield f"writes {program['writes']}"
    yield f"connection may be half open: {program['half_open']}"
    for request in program["requests"]:
        yield f"method {request['method']}"
        yield f"reads {request['reads']}"
        yield from (f"option {name}: {value}" for name, value in request["options"].items())
        yield from (f"step {step[0]}" for step in request["answer"])
        yield from (f"reaction {operation}" for _, operation in request["reactions"])
        yield from (f"deaf to {event}" for event in HEARS if event not in request["hears"])
    for line in trace:
        if match := _EVENT.match(line):
            event, code = match.groups()
            yield f"seen {event}" + (f": {code}" if code else "")
