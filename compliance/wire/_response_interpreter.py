"""The interpreter of the family `responses`. The twin of responses.mjs; _responses.py tells what a case consists of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import nodehttp
from compliance._trace import Trace, show
from nodestream.errors import NodeError

from ._response_wires import WIRES, Wire
from ._transport import after

Json = Any
Script = Iterator[int]
"""It yields how many rounds of the loop are to pass before it goes on."""

PATIENCE = 12
"""Rounds to wait for a request's socket."""

AGENTS: dict[str, Callable[[], Any]] = {
    "none": lambda: None,
    "close": nodehttp.Agent,
    "keep": lambda: nodehttp.Agent(keep_alive=True),
    "one": lambda: nodehttp.Agent(keep_alive=True, max_sockets=1),
    "one_close": lambda: nodehttp.Agent(max_sockets=1),
    "fifo": lambda: nodehttp.Agent(keep_alive=True, scheduling="fifo", max_free_sockets=1),
}

REQUEST_STATE = ("destroyed", "writableEnded", "writableFinished", "aborted", "reusedSocket", "shouldKeepAlive")
RESPONSE_STATE = (
    *("complete", "aborted", "readableEnded", "readableLength", "readableFlowing", "destroyed", "errored"),
)


def _state(message: object, names: tuple[str, ...]) -> str:
    return " ".join(f"{name}={show(getattr(message, name))}" for name in names)


def _flat(fields: dict[str, Any]) -> list[Any]:
    """Names and values. A name that is a number comes first in JavaScript, whatever the order was."""
    return list(chain.from_iterable(sorted(fields.items())))


def _count(table: dict[str, list[Any]]) -> int:
    return sum(map(len, table.values()))


def _head(message: Any) -> tuple[object, ...]:
    version = message.http_version, message.http_version_major, message.http_version_minor
    return message.status_code, message.status_message, *version, message.raw_headers


class Interpreter:
    """The requests of one case, and the other end of their connections."""

    def __init__(self, program: Json, trace: Trace) -> None:
        self.program = program
        self.t = trace
        self.made = 0
        self.requests: dict[int, Any] = {}
        self.sockets: dict[int, Any] = {}  # of the requests
        self.wires: list[Wire] = []
        self.reacted: set[tuple[int, str, str]] = set()
        self.paused: set[int] = set()
        self.agent = self._make_agent()
        self.pace = 1

    def _make_agent(self) -> Any:
        agent = AGENTS[self.program["agent"]]()
        if agent is not None:
            agent.create_connection = lambda *_: self._connect()
            agent.prepend_listener("free", lambda socket: self.t("agent free", self._name_of(socket)))
        return agent

    def _connect(self) -> Any:
        wire = WIRES[self.program["transport"]](self.program)
        self.pace = wire.pace
        self.wires.append(wire)
        if self.program["early"] is not None:
            wire.send(self.program["early"])
        return wire.socket

    def _name_of(self, socket: Any) -> int:
        return next((name for name, wire in enumerate(self.wires) if wire.socket is socket), -1)

    def run(self, script: Script) -> None:
        """Go through a script, round by round."""
        pause = next(script, None)
        if pause is not None:
            after(pause, lambda: self.run(script))

    def script(self) -> Script:
        """What happens in a case."""
        requests, together = self.program["requests"], self.program["together"]
        for number, given in enumerate(requests):
            while self.made < len(requests) and (together or self.made <= number):
                self._do_next(number)
            yield from self._answer(number, given["answer"])
        self._look("open")
        for wire in self.wires:
            if wire.is_open:
                wire.finish()
            yield 2 * self.pace
        self._look("over")
        for wire in self.wires:
            wire.socket.destroy()
            yield 2 * self.pace
        for name, wire in enumerate(self.wires):
            self.t(f"connection {name} got", wire.sent)
            wire.close()

    # --- a request ---

    def _make(self, number: int) -> None:
        t = self.t
        given = self.program["requests"][number]
        make_from = {"createConnection": lambda *_: self._connect()} if self.agent is None else {"agent": self.agent}
        options = {"host": "h", "method": given["method"], "headers": given["headers"], **given["options"], **make_from}
        req = t.call(f"{number} request", nodehttp.request, options)
        if req is None:
            return
        self.requests[number] = req
        self._listen(number, req)
        if given["body"] is not None:
            t.call(f"{number} write", req.write, given["body"], t.callback(f"{number} written"))
        if given["ended"]:
            self._do_end(number)

    def _tell(self, number: int, event: str, *values: object) -> None:
        """Write down an event of a request or of its response, and do what is to be done then."""
        self.t(f"{number}.{event}", *values)
        for when, operation in self.program["requests"][number]["reactions"]:
            key = number, when, operation
            if when != event or key in self.reacted:
                continue
            self.reacted.add(key)
            self.t(f"-> {number} {operation}")
            self._operate(number, operation)

    def _teller(self, number: int, event: str) -> Callable[[], None]:
        return lambda: self._tell(number, event)

    def _listen(self, number: int, req: Any) -> None:
        hears = self.program["requests"][number]["hears"]

        def has_socket(socket: Any) -> None:
            self.sockets[number] = socket
            self._tell(number, "socket", self._name_of(socket), req.reused_socket)

        req.on("socket", has_socket)
        for event in ("prefinish", "finish", "abort", "timeout", "drain", "close"):
            req.on(event, self._teller(number, event))
        req.on("error", lambda error: self._tell(number, "error", error, *_of_parser(error)))
        if "continue" in hears:
            req.on("continue", self._teller(number, "continue"))
        if "information" in hears:
            req.on("information", lambda info: self._tell(number, "information", *_head(info), _flat(info.headers)))
        if "response" in hears:
            req.on("response", lambda res: self._respond(number, res))
        for event in ("upgrade", "connect"):
            if event in hears:
                req.on(event, self._taker(number, event))

    def _respond(self, number: int, res: Any) -> None:
        given = self.program["requests"][number]
        reads = given["reads"]
        if reads == "resume":
            res.resume()
        if reads == "text":
            res.set_encoding("utf8")
        if reads == "later":
            after(1, lambda: self._read(number, res))
        if reads in ("data", "text", "pause", "destroy"):
            self._read(number, res)
        if reads == "readable":
            res.on("readable", lambda: self._read_all(number, res))
        for event in ("aborted", "timeout", "pause", "resume"):
            res.on(event, self._teller(number, f"res {event}"))
        if "res error" in given["hears"]:
            res.on("error", lambda error: self._tell(number, "res error", error))
        res.on("end", lambda: self._tell(number, "res end", res.complete, res.raw_trailers, _flat(res.trailers)))
        res.on("close", lambda: self._tell(number, "res close", res.complete, res.aborted))
        self._tell(number, "response", *_head(res), _flat(res.headers), res.upgrade)

    def _read(self, number: int, res: Any) -> None:
        res.on("data", lambda chunk: self._data(number, res, chunk))

    def _data(self, number: int, res: Any, chunk: bytes | str) -> None:
        reads = self.program["requests"][number]["reads"]
        self._tell(number, "res data", chunk)
        if reads == "destroy":
            res.destroy()
        if reads == "pause" and number not in self.paused:
            self.paused.add(number)
            res.pause()
            after(1, res.resume)

    def _read_all(self, number: int, res: Any) -> None:
        while (chunk := res.read()) is not None:
            self._tell(number, "res data", chunk)

    def _taker(self, number: int, event: str) -> Callable[[Any, Any, bytes], None]:
        def take_over(res: Any, socket: Any, rest: bytes) -> None:
            self.t.on(socket, f"{number}.socket ", "data", "end", "close")
            self._tell(number, event, *_head(res), self._name_of(socket), rest, res.upgrade, res.complete)

        return take_over

    # --- its answer ---

    def _answer(self, number: int, steps: list[Json]) -> Script:
        for _ in range(PATIENCE):
            if not self._may_get_socket(number):
                break
            yield 1
        yield self.pace
        if self._open_wire_of(number) is None:
            self.t(f"{number} has no socket")
            return
        for operation, *arguments in steps:
            self.t(f"-- {number} {operation}", *arguments)
            self._operate(number, operation, *arguments)
            yield self.pace

    def _may_get_socket(self, number: int) -> bool:
        req = self.requests.get(number)
        return req is not None and not req.destroyed and self._open_wire_of(number) is None

    def _open_wire_of(self, number: int) -> Any:
        name = self._name_of(self.sockets.get(number))
        return self.wires[name] if name >= 0 and self.wires[name].is_open else None

    # --- operations ---

    def _operate(self, number: int, operation: str, *arguments: str) -> None:
        getattr(self, f"_do_{operation.replace(' ', '_')}")(number, *arguments)

    def _do_send(self, number: int, text: str) -> None:
        res = self.requests[number].res
        if res is None or not res.complete or res.upgrade:
            self._open_wire_of(number).send(text)  # what comes late spoils a connection here, and is forgotten by Node

    def _do_finish(self, number: int) -> None:
        self._open_wire_of(number).finish()

    def _do_reset(self, number: int) -> None:
        self._open_wire_of(number).reset()

    def _do_write(self, number: int) -> None:
        self.t(f"{number} more", self.requests[number].write("more", self.t.callback(f"{number} written")))

    def _do_end(self, number: int) -> None:
        self.requests[number].end(self.t.callback(f"{number} ended"))
        self.t(f"{number} end")

    def _do_read(self, number: int) -> None:
        self._of_response(number, "resume")

    def _do_destroy(self, number: int) -> None:
        self.requests[number].destroy()

    def _do_fail(self, number: int) -> None:
        self.requests[number].destroy(NodeError("failed", ""))

    def _do_abort(self, number: int) -> None:
        self.requests[number].abort()

    def _do_destroy_response(self, number: int) -> None:
        self._of_response(number, "destroy")

    def _do_fail_response(self, number: int) -> None:
        self._of_response(number, "destroy", NodeError("response failed", ""))

    def _of_response(self, number: int, method: str, *arguments: object) -> None:
        res = self.requests[number].res
        if res is not None:
            getattr(res, method)(*arguments)

    def _do_destroy_socket(self, number: int) -> None:
        if number in self.sockets:
            self.sockets[number].destroy()

    def _do_destroy_agent(self, _number: int) -> None:
        if self.agent is not None:
            self.agent.destroy()

    def _do_next(self, _number: int) -> None:
        if self.made < len(self.program["requests"]):
            self.made += 1
            self._make(self.made - 1)

    # --- what is to be seen ---

    def _look(self, when: str) -> None:
        t = self.t
        for number, req in sorted(self.requests.items()):
            t(f"{when}: request {number} {_state(req, REQUEST_STATE)}")
            if req.res is not None:
                t(f"{when}: response {number} {_state(req.res, RESPONSE_STATE)}", bool(req.res.socket))
        for name, wire in enumerate(self.wires):
            t(f"{when}: connection {name}", wire.ended, wire.socket.destroyed)
        if self.agent is not None:
            tables = self.agent.requests, self.agent.sockets, self.agent.free_sockets
            t(f"{when}: agent", *map(_count, tables), self.agent.total_socket_count)


def _of_parser(error: BaseException) -> tuple[object, object]:
    """What only the errors of a parser have."""
    return getattr(error, "reason", None), getattr(error, "bytes_parsed", None)


def begin(program: Json, trace: Trace) -> None:
    """Begin a case."""
    interpreter = Interpreter(program, trace)
    interpreter.run(interpreter.script())
