"""The interpreter of the family `responses`. The twin of responses.mjs; _responses.py tells what a case consists of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

import nodehttp
from compliance._trace import Trace, show

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
}

REQUEST_STATE = ("destroyed", "writableEnded", "writableFinished", "aborted", "reusedSocket", "shouldKeepAlive")
RESPONSE_STATE = ("complete", "aborted", "readableEnded", "readableLength", "destroyed", "errored")


def _state(message: object, names: tuple[str, ...]) -> str:
    return " ".join(f"{name}={show(getattr(message, name))}" for name in names)


def _count(table: dict[str, list[Any]]) -> int:
    return sum(map(len, table.values()))


def _head(message: Any) -> tuple[object, ...]:
    version = message.http_version, message.http_version_major, message.http_version_minor
    return message.status_code, message.status_message, *version, message.raw_headers


def _flat(fields: dict[str, Any]) -> list[Any]:
    """Names and values. A name that is a number comes first in JavaScript, whatever the order was."""
    return list(chain.from_iterable(sorted(fields.items())))


class Interpreter:
    """The requests of one case, and the other end of their connections."""

    def __init__(self, program: Json, trace: Trace) -> None:
        self.program = program
        self.t = trace
        self.requests: dict[int, Any] = {}
        self.sockets: dict[int, Any] = {}  # of the requests
        self.wires: list[Wire] = []
        self.paused: set[Any] = set()
        self.agent = self._make_agent()
        self.pace = 1

    def _make_agent(self) -> Any:
        agent = AGENTS[self.program["agent"]]()
        if agent is not None:
            agent.create_connection = lambda *_: self._connect()
            agent.prepend_listener("free", lambda socket: self.t("agent free", self._name_of(socket)))
        return agent

    def _connect(self) -> Any:
        wire = WIRES[self.program["transport"]]()
        self.pace = wire.pace
        self.wires.append(wire)
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
        if together:
            for number, given in enumerate(requests):
                self._make(number, given)
        for number, given in enumerate(requests):
            if not together:
                self._make(number, given)
            yield from self._answer(number, given["answer"])
        self._tell("open")
        for wire in self.wires:
            if wire.is_open:
                wire.finish()
            yield 2 * self.pace
        self._tell("over")
        for wire in self.wires:
            wire.socket.destroy()
        yield 2 * self.pace
        for name, wire in enumerate(self.wires):
            self.t(f"connection {name} got", wire.sent)
            wire.close()

    # --- a request ---

    def _make(self, number: int, given: Json) -> None:
        t = self.t
        make_from = {"createConnection": lambda *_: self._connect()} if self.agent is None else {"agent": self.agent}
        options = {"host": "h", "method": given["method"], "headers": given["headers"], **given["options"], **make_from}
        t.call(f"{number} request", self._requested, number, options)
        req = self.requests.get(number)
        if req is None:
            return
        self._watch(number, req)
        self._listen(number, req, given["hears"], given["reads"])
        if given["body"] is not None:
            t.call(f"{number} write", req.write, given["body"])
        if given["ended"]:
            t.call(f"{number} end", lambda: req.end() and None)

    def _requested(self, number: int, options: dict[str, Any]) -> Any:
        self.requests[number] = nodehttp.request(options)
        return self.requests[number]

    def _watch(self, number: int, req: Any) -> None:
        t = self.t

        def has_socket(socket: Any) -> None:
            self.sockets[number] = socket
            t(f"{number}.socket", self._name_of(socket), req.reused_socket)

        req.on("socket", has_socket)
        t.on(req, f"{number}.", "finish", "abort", "timeout")
        req.on("close", lambda: t(f"{number}.close"))
        req.on("error", lambda error: t(f"{number}.error", error, *_of_parser(error)))

    def _listen(self, number: int, req: Any, hears: list[str], reads: str) -> None:
        t = self.t
        if "continue" in hears:
            req.on("continue", lambda: t(f"{number}.continue"))
        if "information" in hears:
            req.on("information", lambda info: t(f"{number}.information", *_head(info), _flat(info.headers)))
        if "response" in hears:
            req.on("response", lambda res: self._respond(number, res, reads, "res error" in hears))
        for event in ("upgrade", "connect"):
            if event in hears:
                req.on(event, self._upgrader(number, event))

    def _respond(self, number: int, res: Any, reads: str, hears_error: bool) -> None:
        t = self.t
        label = f"{number}.res "
        t(f"{number}.response", *_head(res))
        t(f"{label}headers", _flat(res.headers), res.upgrade)
        if reads == "resume":
            res.resume()
        if reads in ("data", "pause", "destroy"):
            res.on("data", lambda chunk: self._data(label, res, reads, chunk))
        if reads == "readable":
            res.on("readable", lambda: self._read(label, res))
        t.on(res, label, "aborted", "timeout")
        if hears_error:
            t.on(res, label, "error")
        res.on("end", lambda: t(f"{label}end", res.complete, res.raw_trailers, _flat(res.trailers)))
        res.on("close", lambda: t(f"{label}close", res.complete, res.aborted))

    def _data(self, label: str, res: Any, reads: str, chunk: bytes) -> None:
        self.t(f"{label}data", chunk)
        if reads == "destroy":
            res.destroy()
        if reads == "pause" and res not in self.paused:
            self.paused.add(res)
            res.pause()
            after(self.pace, res.resume)

    def _read(self, label: str, res: Any) -> None:
        while (chunk := res.read()) is not None:
            self.t(f"{label}data", chunk)

    def _upgrader(self, number: int, event: str) -> Callable[[Any, Any, bytes], None]:
        def upgrade(res: Any, socket: Any, head: bytes) -> None:
            self.t(f"{number}.{event}", *_head(res), self._name_of(socket), head)
            self.t(f"{number}.res upgrade", res.upgrade, res.complete)
            self.t.on(socket, f"{number}.socket ", "data", "end", "close")

        return upgrade

    # --- its answer ---

    def _answer(self, number: int, steps: list[Json]) -> Script:
        req = self.requests.get(number)
        for _ in range(PATIENCE):
            if req is None or self._open_wire_of(number) is not None or req.destroyed:
                break
            yield 1
        yield self.pace
        wire = self._open_wire_of(number)
        if wire is None:
            self.t(f"{number} has no socket")
            return
        for name, *arguments in steps:
            self.t(f"-- {number} {name}", *arguments)
            getattr(self, f"_do_{name.replace(' ', '_')}")(wire, req, *arguments)
            yield self.pace

    def _open_wire_of(self, number: int) -> Wire | None:
        name = self._name_of(self.sockets.get(number))
        return self.wires[name] if name >= 0 and self.wires[name].is_open else None

    def _do_send(self, wire: Wire, req: Any, text: str) -> None:
        if req.res is None or not req.res.complete or req.res.upgrade:
            wire.send(text)  # what comes late spoils a connection here, and is forgotten in Node

    def _do_finish(self, wire: Wire, _req: Any) -> None:
        wire.finish()

    def _do_reset(self, wire: Wire, _req: Any) -> None:
        wire.reset()

    def _do_end(self, _wire: Wire, req: Any) -> None:
        req.end()

    def _do_read(self, _wire: Wire, req: Any) -> None:
        if req.res is not None:
            req.res.resume()

    def _do_destroy(self, _wire: Wire, req: Any) -> None:
        req.destroy()

    def _do_abort(self, _wire: Wire, req: Any) -> None:
        req.abort()

    def _do_destroy_response(self, _wire: Wire, req: Any) -> None:
        if req.res is not None:
            req.res.destroy()

    # --- what is to be seen ---

    def _tell(self, when: str) -> None:
        t = self.t
        for number, req in self.requests.items():
            t(f"{when}: request {number} {_state(req, REQUEST_STATE)}")
            if req.res is not None:
                t(f"{when}: response {number} {_state(req.res, RESPONSE_STATE)}")
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
