"""Plays scripts: what a client or a server of HTTP does, step by step, as a table says, and every event that follows from
it. The twin of script.mjs; the tables are beside the scenarios.
"""

from __future__ import annotations

import json
import re
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

import trio

import nodehttp
from compliance import _peers
from compliance._peers import listening, rounds
from compliance._trace import Scenario, Scenarios, Trace, show
from nodehttp._information import Information
from nodestream import Duplex, Readable, Writable, events, finished, pipeline, process
from nodestream._hooks import noop
from nodestream.abort import AbortController
from nodestream.events import EventEmitter
from nodestream.loop import Promise, current_loop, next_tick
from nodestream.timers import set_immediate, set_interval

HERE = Path(__file__).parent

Step = Sequence[Any]
Script = dict[str, Any]


def _read(path: str) -> dict[str, Any]:
    table: dict[str, Any] = json.loads((HERE / path).read_text(encoding="utf-8"))
    return table


EVENTS = _read("script.json")

INFORMATION = (
    "statusCode",
    "statusMessage",
    "httpVersion",
    "httpVersionMajor",
    "httpVersionMinor",
    "headers",
    "rawHeaders",
)


def masked(text: str) -> str:
    """What differs from run to run, taken out."""
    text = re.sub(r"Date: [^\\\r]*", "Date: <DATE>", text)
    return re.sub(r"(127\.0\.0\.1|localhost|::1):\d+", r"\1:<PORT>", text)


def scripted(table: str) -> Scenarios:
    """The scenarios of a table: each of `scripts`; of `products` each pair of a phase and an act; and of `tables` each
    phase of each kind, with one act after the other.
    """
    content = _read(f"scenarios/{table}.json")
    scenarios = Scenarios()
    for name, script in content.get("scripts", {}).items():
        scenarios.add(name, _scenario(script))
    for group, product in content.get("products", {}).items():
        common = {key: value for key, value in product.items() if key not in ("phases", "acts")}
        for phase, before in product["phases"].items():
            for act, steps in product["acts"].items():
                scenarios.add(f"{group}_{phase}_{act}", _scenario(_with_act({**common, **before}, steps)))
    for each in content.get("tables", []):
        acts = {name: content["acts"][name] for name in each["acts"]}
        for kind, make in each["kinds"].items():
            for phase in each["phases"]:
                before, after = each.get("before", []), each.get("after", [])
                steps = [*before, *content["phases"][phase], ["act"], ["state"], *after]
                scenarios.add(f"{kind}_{phase}", _all_acts({"side": "hand", "make": make, "steps": steps}, acts))
    return scenarios


def _scenario(script: Script) -> Scenario:
    async def scenario(t: Trace) -> None:
        await Stage(t, script).play()

    return scenario


def _all_acts(script: Script, acts: dict[str, list[Step]]) -> Scenario:
    async def scenario(t: Trace) -> None:
        for act, steps in acts.items():
            t(f"--- {act}")
            await Stage(t, _with_act(script, steps)).play()

    return scenario


def _with_act(value: Any, steps: Sequence[Step]) -> Any:
    """A script in which each step ["act"] is replaced by the steps of the act."""
    if isinstance(value, list):
        result: list[Any] = []
        for item in value:
            if isinstance(item, list) and item[:1] == ["act"]:
                result.extend(steps)
            else:
                result.append(_with_act(item, steps))
        return result
    if isinstance(value, dict):
        return {key: _with_act(item, steps) for key, item in value.items()}
    return value


class Peer(_peers.Peer):
    """A raw end of a connection, which reads only when it is told to."""

    async def read(self, text: str | None = None) -> None:
        """Read until the text is there; without one, until the end."""
        await self.until(lambda: text is not None and text in self.text)


class HandSocket(Duplex):
    """A Duplex that keeps what is written to it; a full one takes no more until it is released."""

    def __init__(self, stage: Stage, *, is_full: bool) -> None:
        super().__init__({"highWaterMark": 2} if is_full else {})
        self._stage = stage
        self._is_full = is_full
        self._waiting: list[Callable[[], object]] = []
        self.text = ""

    def _read(self, size: int) -> None:
        pass

    def _write(self, chunk: Any, encoding: str | None, callback: Callable[..., object]) -> None:
        self.text += chunk.decode("latin-1")
        if self._is_full:
            self._waiting.append(callback)
        else:
            callback()

    def _writev(self, entries: list[Any], callback: Callable[..., object]) -> None:
        self._write(b"".join(entry.chunk for entry in entries), None, callback)

    def release(self) -> None:
        """Take what is waiting."""
        while self._waiting:
            self._waiting.pop(0)()

    def set_timeout(self, *args: Any) -> None:
        self._stage.write("socket.setTimeout", *filter(_is_shown, args))

    def set_no_delay(self, *args: Any) -> None:
        self._stage.write("socket.setNoDelay", *args)

    def set_keep_alive(self, *args: Any) -> None:
        self._stage.write("socket.setKeepAlive", *args)


def _is_shown(value: object) -> bool:
    return not callable(value)


class Stage:
    """Where one script is played."""

    def __init__(self, t: Trace, script: Script) -> None:
        self._t = t
        self._side: str = script["side"]
        self._script: Script = {"on": {}, "deaf": [], "steps": [], **script}
        self._names: dict[int, str] = {}
        self._things: dict[str, Any] = {}
        self._counts: dict[str, int] = {}
        self._waited: dict[str, int] = {}
        self._changed: Promise[None] = Promise()
        self._over = False
        self._peers = 0
        self._port = 0
        self._listener: trio.socket.SocketType | None = None

    def write(self, label: str, *values: object) -> None:
        """One line of the trace."""
        if not self._over:
            self._t(masked(label + "".join(f" {self._shown(value)}" for value in values)))

    def _shown(self, value: object) -> str:
        if isinstance(value, Information):
            return show({name: getattr(value, name) for name in INFORMATION})
        return self._names.get(id(value)) or show(value)

    # --- the cast ---

    def _add(self, kind: str, thing: Any) -> None:
        """Give a thing a name, and write down its events."""
        if id(thing) in self._names:
            return
        name, number = kind, 2
        while name in self._things:
            name, number = f"{kind}{number}", number + 1
        self._things[name] = self._things[f"last_{kind}"] = thing
        self._names[id(thing)] = name
        listened = dict.fromkeys(EVENTS[self._side].get(kind, []))
        for key in self._script["on"]:
            owner, _, event = key.partition(" ")
            if owner == name:
                listened[event] = None
        for event in listened:
            if f"{name} {event}" not in self._script["deaf"]:
                self._listen(name, thing, event)

    def _listen(self, name: str, thing: Any, event: str) -> None:
        steps: Sequence[Step] = self._script["on"].get(f"{name} {event}", [])

        def happen(args: Sequence[Any]) -> None:
            self._join(event, args)
            self._happened(f"{name} {event}", args)

        async def perform_later() -> None:
            self._perform(steps[1:])

        def listen_async(*args: Any) -> Awaitable[None]:
            happen(args)  # at once, as in JavaScript
            return perform_later()

        def listen(*args: Any) -> None:
            happen(args)
            self._perform(steps)

        thing.on(event, listen_async if steps and steps[0] == ["async"] else listen)

    def _join(self, event: str, args: Sequence[Any]) -> None:
        """Those that an event brings on stage."""
        for kind, arg in zip(EVENTS["joining"].get(event, []), args, strict=False):
            if self._side in kind and isinstance(arg, EventEmitter):
                self._add(kind[self._side], arg)

    def _happened(self, label: str, args: Sequence[Any]) -> None:
        shown = [arg for arg in args if arg is not None]
        self.write(label, *(shown[:1] if label.endswith((" free", " unpipe")) else shown))  # the rest is of no interest
        self._count_event(label)

    def _count_event(self, label: str) -> None:
        self._counts[label] = self._counts.get(label, 0) + 1
        changed, self._changed = self._changed, Promise()
        changed.resolve(None)

    # --- steps ---

    async def play(self) -> None:
        """Play the script, wait until nothing more happens, and clear the stage."""
        events.capture_rejections = self._script.get("captures", False)
        # It is the worker that writes it down.
        process.on("uncaughtException", lambda *_: self._count_event("uncaught"))
        await {"hand": self._begin_by_hand, "server": self._begin_server, "client": self._begin_client}[self._side]()
        awake = set_interval(noop, 1000)  # a raw peer does not keep the loop alive
        for step in self._script["steps"]:
            await self._step(*step)
        await rounds(1 if self._side == "hand" else 8)
        awake.close()
        events.capture_rejections = False
        self._over = True
        await self._clear()

    async def _clear(self) -> None:
        things = list(self._things.values())
        for thing in things:
            if isinstance(thing, (Peer, Duplex)):
                thing.destroy()
        for thing in things:
            if isinstance(thing, (nodehttp.Agent, nodehttp.ClientRequest)):
                thing.destroy()
        if self._listener is not None:
            self._listener.close()
        server = self._things.get("server")
        if server is not None:
            closed: Promise[None] = Promise()
            server.close(lambda *_: closed.resolve(None))
            server.close_all_connections()
            await closed

    async def _step(self, verb: str, *args: Any) -> None:
        if verb == "until":
            await self._until(args[0])
        elif verb == "rounds":
            await rounds(*args)
        elif verb == "accept":
            await self._accept()
        elif verb == "connect":
            await self._connect()
        elif verb.startswith("peer"):
            await self._peer(verb, args)
        else:
            self._perform([[verb, *args]])

    async def _peer(self, verb: str, args: Sequence[Any]) -> None:
        name, _, method = verb.partition(".")
        peer = self._things[name]
        if method == "text":
            self.write(f"{name}.text", peer.text)
            return
        result = getattr(peer, method)(*map(self._value, args))
        if isinstance(result, Awaitable):
            await result

    async def _until(self, label: str) -> None:
        """Wait until an event has happened once more than was waited for, and let what follows from it happen."""
        count = self._waited[label] = self._waited.get(label, 0) + 1
        while self._counts.get(label, 0) < count:
            await self._changed
        await rounds(4)

    def _perform(self, steps: Sequence[Step]) -> None:
        """The steps that do not wait."""
        for verb, *args in steps:
            if verb == "throw":
                raise Exception(args[0])
            action = _VERBS.get(verb)
            if action is None:
                self._call(verb, args)
            else:
                action(self, *args)

    async def _iterate(self, name: str, count: int, options: dict[str, Any] | None = None) -> None:
        """Read with a loop that is left after some chunks."""
        thing = self._things[name]
        try:
            async for chunk in thing.iterator(options) if options else thing:
                self._happened(f"{name} chunk", [chunk])
                count -= 1
                if not count:
                    break
            self._happened(f"{name} left", [])
        except Exception as error:
            self._happened(f"{name} loop failed", [error])

    async def _settle(self, label: str, promise: Awaitable[Any]) -> None:
        """What a promise comes to."""
        try:
            result = await promise
            self._happened(label, [] if result is None else result)
        except Exception as error:
            self._happened(f"{label} rejected", [error])

    def _web(self, label: str, path: str, *args: Any) -> None:
        name, _, method = path.partition(".")
        current_loop().spawn(self._settle(label, getattr(self._things[name], method)(*map(self._value, args))), None)

    def _later(self, *steps: Step) -> None:
        set_immediate(self._perform, steps)

    def _tick(self, *steps: Step) -> None:
        next_tick(self._perform, steps)

    def _get(self, *paths: str) -> None:
        self.write(" ".join(paths), *map(self._property, paths))

    def _set(self, name: str, attribute: str, value: Any) -> None:
        setattr(self._things[name], attribute, self._value(value))

    def _count(self, name: str, *events: str) -> None:
        self.write(f"{name} listeners", *[self._things[name].listener_count(event) for event in events])

    def _listen_later(self, name: str, event: str) -> None:
        self._listen(name, self._things[name], event)

    def _state(self, name: str = "msg") -> None:
        """Every property that says how a message stands."""
        properties = EVENTS["received" if isinstance(self._things[name], nodehttp.IncomingMessage) else "sent"]
        shown = [f"{key}={self._shown(self._property(f'{name}.{key}'))}" for key in properties]
        self.write(f"{name} {' '.join(shown)}")

    def _property(self, path: str) -> Any:
        name, *keys = path.split(".")
        value = self._things.get(name)
        for key in keys:
            value = getattr(value, key, None)
        return value

    def _call(self, path: str, args: Sequence[Any]) -> None:
        owner, _, method = path.rpartition(".")
        thing = self._property(owner)
        try:
            self.write(path, getattr(thing, method)(*map(self._value, args)))
        except Exception as error:
            self.write(f"{path} throws", error)

    def _value(self, given: Any) -> Any:
        """An argument that JSON cannot hold: {"$error": message} and the like."""
        if isinstance(given, list):
            return [self._value(item) for item in given]
        if not isinstance(given, dict):
            return given
        for key, make in _VALUES.items():
            if key in given:
                return make(self, given[key])
        return {key: self._value(item) for key, item in given.items()}

    def _callback(self, label: str) -> Callable[..., None]:
        return lambda *args: self._happened(label, args)

    def _signal(self, name: str) -> Any:
        return self._things.setdefault(name, AbortController()).signal

    def _agent(self, options: dict[str, Any]) -> Any:
        if "agent" not in self._things:
            self._add("agent", nodehttp.Agent(self._value(options)))
        return self._things["agent"]

    # --- a message made by hand, on a socket that is none ---

    async def _begin_by_hand(self) -> None:
        await rounds(1)
        make = self._script["make"]
        options = self._value(make.get("options", {}))
        socket = HandSocket(self, is_full=make.get("full", False))
        self._add("socket", socket)
        if make["kind"] == "request":
            given = {"method": "POST", **options, "createConnection": lambda *_: socket}
            self._add("msg", nodehttp.request(given))
        elif make["kind"] == "response":
            facts = {"method": "GET", "httpVersionMajor": 1, "httpVersionMinor": 1, "headers": {}, **options}
            self._add("msg", nodehttp.ServerResponse(facts))
        else:
            self._add("msg", nodehttp.OutgoingMessage())
        self._things["msg"].send_date = False

    # --- a server of ours, and raw clients ---

    async def _begin_server(self) -> None:
        server = nodehttp.create_server(self._value(self._script.get("options", {})))
        self._add("server", server)
        self._port = await listening(server)
        if not self._script.get("alone"):
            await self._connect()

    async def _connect(self) -> None:
        connection = trio.socket.socket()
        await connection.connect(("127.0.0.1", self._port))
        self._add("peer", Peer(connection))
        self._peers += 1
        while self._counts.get("server connection", 0) < self._peers:
            await self._changed
        await rounds()

    # --- a client of ours, and a raw server ---

    async def _begin_client(self) -> None:
        self._listener = trio.socket.socket()
        await self._listener.bind(("127.0.0.1", 0))
        self._listener.listen()
        self._port = self._listener.getsockname()[1]

    async def _accept(self) -> None:
        if self._listener is not None:
            connection, _ = await self._listener.accept()
            self._add("peer", Peer(connection))
            await rounds()

    def _request(self, options: dict[str, Any] | None = None) -> None:
        given = {"host": "127.0.0.1", "port": self._port, **(options or {})}
        self._add("req", nodehttp.request(given))


def _failing(message: str) -> Callable[..., None]:
    def fail(*_: object) -> None:
        raise Exception(message)

    return fail


def _lookup(message: str) -> Callable[..., None]:
    def look_up(host: str, options: object, callback: Callable[..., None]) -> None:
        set_immediate(callback, Exception(message))

    return look_up


def _source(stage: Stage) -> None:
    stage._add("source", Readable(read=lambda self, size: None))


def _sink(stage: Stage) -> None:
    def write(_sink: object, chunk: bytes, _encoding: str, callback: Callable[..., object]) -> None:
        stage._happened("sink chunk", [chunk])
        callback()

    stage._add("sink", Writable(write=write))


def _reader(stage: Stage, name: str) -> None:
    stream: Any = Readable.to_web(stage._things[name], {"strategy": {"highWaterMark": 0}})
    stage._things["reader"] = stream.get_reader()


def _writer(stage: Stage, name: str) -> None:
    stream: Any = Writable.to_web(stage._things[name])
    stage._things["writer"] = stream.get_writer()


def _pipeline(stage: Stage, label: str, *names: str) -> None:
    try:
        pipeline(*[stage._things[name] for name in names], lambda error=None: stage._happened(label, [error]))
    except Exception as error:
        stage.write(f"{label} throws", error)


def _finished(stage: Stage, label: str, name: str, options: dict[str, Any] | None = None) -> None:
    finished(stage._things[name], options or {}, lambda error=None: stage._happened(label, [error]))


_VERBS: dict[str, Callable[..., None]] = {
    "source": _source,
    "sink": _sink,
    "pipeline": _pipeline,
    "finished": _finished,
    "iterate": lambda stage, *args: current_loop().spawn(stage._iterate(*args), None),
    "reader": _reader,
    "writer": _writer,
    "web": Stage._web,
    "later": Stage._later,
    "tick": Stage._tick,
    "get": Stage._get,
    "state": Stage._state,
    "set": Stage._set,
    "counts": Stage._count,
    "listen": Stage._listen_later,
    "request": lambda stage, options=None: stage._request(stage._value(options)),
}

_VALUES: dict[str, Callable[[Stage, Any], Any]] = {
    "$error": lambda _stage, message: Exception(message),
    "$callback": Stage._callback,
    "$bytes": lambda _stage, text: text.encode("latin-1"),
    "$times": lambda _stage, given: given[1] * given[0],
    "$joined": lambda stage, parts: "".join(map(stage._value, parts)),
    "$thing": lambda stage, name: stage._things[name],
    "$signal": Stage._signal,
    "$agent": Stage._agent,
    "$map": lambda _stage, given: given,
    "$returning": lambda _stage, result: lambda *_: result,
    "$failing": lambda _stage, message: _failing(message),
    "$lookup": lambda _stage, message: _lookup(message),
}
