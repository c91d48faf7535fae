"""The interpreter of the family `requests`. The twin of requests.mjs; _requests.py tells what a case consists of."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import nodehttp
from compliance._peers import mask
from compliance._trace import Trace
from nodestream.loop import next_tick
from nodestream.timers import set_immediate

from ._transport import InnerEnd, OuterEnd, after

Json = Any
Tell = Callable[..., Any]

MOST = 400
"""Characters of a value that are shown."""


def short(value: str) -> str:
    """A long value, cut."""
    return f"{value[:MOST]}... {len(value)}" if len(value) > MOST else value


def short_bytes(data: bytes) -> str:
    """Bytes as text, cut."""
    return short(data.decode("latin-1"))


class Exchange:
    """One connection of one server, and what happens on it."""

    def __init__(self, program: Json, trace: Trace) -> None:
        self.program = program
        self.t = trace
        self.count = 0
        self.errors = 0
        self.peer: Any = None
        self.socket: Any = None
        options = dict(program["options"])
        always = options.pop("shouldUpgrade", None)
        options["shouldUpgradeCallback"] = lambda req: self._is_taken_up(always)
        self.server: Any = nodehttp.create_server(options, lambda req, res: self.handle("request", req, res))
        for name, value in program["settings"].items():
            setattr(self.server, name, value)
        for event, does in program["listeners"].items():
            self.server.on(event, self._listener(event, does))
        self.server.on("connection", self.connection)

    def _listener(self, event: str, does: str) -> Callable[..., object]:
        method = getattr(self, f"on_{event}")
        return lambda *args: method(does, *args)

    def _is_taken_up(self, always: bool | None) -> bool:
        taken: bool = self.server.listener_count("upgrade") > 0 if always is None else always
        if not taken:
            self.t("an ordinary upgrade")
        return taken

    def begin(self) -> None:
        transport = self.program["transport"]
        if transport == "slow":
            self.t("slow")
        if transport == "socket":
            self.server.listen(0, "127.0.0.1", self._connect)
        else:
            self.peer = InnerEnd(transport)
            self.server.emit("connection", self.peer)

    def _connect(self) -> None:
        self.peer = OuterEnd(self.server.address()["port"])

    def connection(self, socket: Any) -> None:
        self.socket = socket
        socket.on("close", lambda: self.t("connection closes"))
        after(2, lambda: self.send(0))

    # --- what the peer does ---

    def send(self, index: int) -> None:
        pieces = self.program["pieces"]
        if index < len(pieces):
            self.t(f"piece {index}")
            self.peer.send(pieces[index])
            self.peer.settled(self.socket, lambda: self.send(index + 1))
            return
        end = self.program["end"]
        self.t(end)
        if end == "fin":
            self.peer.finish()
        elif end == "gone":
            self.peer.leave()
        self.peer.settled(self.socket, lambda: after(12, self.leave))

    def leave(self) -> None:
        socket, peer = self.socket, self.peer
        self.t("bytes", mask(peer.text))
        self.t("connection", "closed" if socket.destroyed else "ended" if socket.writable_ended else "open")
        length = len(peer.text)
        peer.leave()
        peer.settled(socket, lambda: self._close(length))

    def _close(self, length: int) -> None:
        if len(self.peer.text) > length:
            self.t("more bytes", mask(self.peer.text[length:]))
        self.socket.destroy()
        self.server.close()

    # --- what the server's listeners do ---

    def facts(self, req: Any) -> list[Any]:
        raw = [short(text) for text in req.raw_headers]
        merged = [[name, value if isinstance(value, list) else short(value)] for name, value in req.headers.items()]
        return [req.method, short(req.url), req.http_version, raw, sorted(merged)]

    def handle(self, event: str, req: Any, res: Any) -> None:
        number = self.count
        self.count += 1
        handlers = self.program["handlers"]
        handler = handlers[number % len(handlers)]

        def t(label: str, *values: object) -> None:
            self.t(f"{number}.{label}", *values)

        t(event, *self.facts(req))
        req.on("end", lambda: t("req end", req.raw_trailers, sorted(map(list, req.trailers.items()))))
        req.on("aborted", lambda: t("req aborted"))
        req.on("close", lambda: t("req close", req.complete))
        if handler["errors"]:
            req.on("error", lambda error: t("req error", error))
        res.on("finish", lambda: t("res finish"))
        res.on("close", lambda: t("res close"))
        res.on("error", lambda error: t("res error", error))
        self.take(handler["body"], req, t)
        self.reply(handler, req, res)

    def take(self, body: str, req: Any, t: Tell) -> None:
        def data(chunk: bytes) -> None:
            t("req data", short_bytes(chunk))

        def data_and_pause(chunk: bytes) -> None:
            data(chunk)
            req.pause()
            after(2, req.resume)

        def readable() -> None:
            while (chunk := req.read()) is not None:
                data(chunk)

        if body == "read":
            req.on("data", data)
        elif body == "resume":
            req.resume()
        elif body == "late":
            after(4, lambda: req.on("data", data))
        elif body == "destroy":
            req.destroy()
        elif body == "pause":
            req.on("data", data_and_pause)
        elif body == "readable":
            req.on("readable", readable)

    def reply(self, handler: Json, req: Any, res: Any) -> None:
        method = getattr(self, f"answer_{handler['answer']}")

        def answer() -> None:
            self.t.call("answer", method, res, req, handler["close"])

        match handler["when"]:
            case "now":
                answer()
            case "end":
                req.on("end", answer)
            case "tick":
                next_tick(answer)
            case "immediate":
                set_immediate(answer)
            case "late":
                after(5, answer)

    def _headed(self, res: Any, close: bool) -> Any:
        if close:
            res.set_header("Connection", "close")
        return res

    def answer_end(self, res: Any, req: Any, close: bool) -> None:
        self._headed(res, close).end(f"to {req.method}")

    def answer_empty(self, res: Any, req: Any, close: bool) -> None:
        self._headed(res, close).end()

    def answer_head(self, res: Any, req: Any, close: bool) -> None:
        self._headed(res, close).write_head(201, "Done", {"X-A": "1"}).end("x")

    def answer_204(self, res: Any, req: Any, close: bool) -> None:
        self._status(res, 204, close)

    def answer_304(self, res: Any, req: Any, close: bool) -> None:
        self._status(res, 304, close)

    def _status(self, res: Any, code: int, close: bool) -> None:
        self._headed(res, close).status_code = code
        res.end("x")

    def answer_chunks(self, res: Any, req: Any, close: bool) -> None:
        self._headed(res, close).write("a")
        set_immediate(lambda: (res.write("b"), res.end()))

    def answer_length(self, res: Any, req: Any, close: bool) -> None:
        self._headed(res, close).set_header("Content-Length", 3)
        res.write("ab")
        res.end("c")

    def answer_trailers(self, res: Any, req: Any, close: bool) -> None:
        self._headed(res, close).write("a")
        res.add_trailers({"X-T": "v"})
        res.end()

    def answer_flush(self, res: Any, req: Any, close: bool) -> None:
        self._headed(res, close).flush_headers()
        set_immediate(lambda: res.end("x"))

    def answer_continue(self, res: Any, req: Any, close: bool) -> None:
        self._headed(res, close).write_continue()
        res.end("x")

    def answer_break(self, res: Any, req: Any, close: bool) -> None:
        self._headed(res, close).write("a")
        set_immediate(lambda: res.destroy() if res.socket else res.end())  # in its turn only: see DIFFERENCES.md

    def answer_echo(self, res: Any, req: Any, close: bool) -> None:
        req.pipe(self._headed(res, close))

    def on_clientError(self, does: str, error: Any, socket: Any) -> None:
        # Where the error was, counted from a packet that it was not in, would be a number without a meaning.
        place = None if self.errors else getattr(error, "bytes_parsed", None)
        self.errors += 1
        packet = getattr(error, "raw_packet", None)
        self.t("clientError", error, place, None if packet is None else len(packet), socket.writable)
        if does == "destroy":
            socket.destroy(error)
        elif does == "answer":
            socket.end("HTTP/1.1 400 Bad Request\r\n\r\n")

    def on_upgrade(self, does: str, req: Any, socket: Any, head: bytes) -> None:
        self._taken("upgrade", does, req, socket, head)

    def on_connect(self, does: str, req: Any, socket: Any, head: bytes) -> None:
        self._taken("connect", does, req, socket, head)

    def _taken(self, event: str, does: str, req: Any, socket: Any, head: bytes) -> None:
        self.t(event, *self.facts(req), short_bytes(head))
        if does == "end":
            socket.end("HTTP/1.1 200 Taken\r\n\r\n")
        if does != "echo":
            return
        socket.write(head)
        socket.on("data", lambda data: (self.t("taken data", short_bytes(data)), socket.write(data)))
        socket.on("end", lambda: (self.t("taken end"), socket.end()))
        socket.on("error", lambda error: self.t("taken error", error))

    def on_checkContinue(self, does: str, req: Any, res: Any) -> None:
        if does == "refuse":
            self._refuse("checkContinue", req, res)
        elif does == "go on":
            self.t("checkContinue")
            res.write_continue()
            self.server.emit("request", req, res)
        else:
            self.handle("checkContinue", req, res)

    def on_checkExpectation(self, does: str, req: Any, res: Any) -> None:
        if does == "refuse":
            self._refuse("checkExpectation", req, res)
        else:
            self.handle("checkExpectation", req, res)

    def _refuse(self, event: str, req: Any, res: Any) -> None:
        self.t(event, *self.facts(req))
        res.write_head(417)
        res.end()

    def on_dropRequest(self, does: str, req: Any, socket: Any) -> None:
        self.t("dropRequest", *self.facts(req))


def begin(program: Json, trace: Trace) -> None:
    """Make the server and its connection."""
    Exchange(program, trace).begin()
