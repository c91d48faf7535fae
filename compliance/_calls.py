"""Calls functions of http and net with values of every kind, as a table beside the scenarios says.

A row of the table says what is called (`on`), with which `steps`, in which "$" stands for the value; which properties
of the result are `shown`; and the values that are left out (`but`), because each language takes them its own way.

The twin of calls.mjs.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import nodehttp
from compliance._peers import rounds
from compliance._trace import Scenario, Scenarios, Trace, show
from compliance._wrong_values import VALUES
from nodehttp import net
from nodestream import Duplex
from nodestream.events import EventEmitter

HERE = Path(__file__).parent


class SocketLike(Duplex):
    """A socket without a network."""

    def _read(self, size: int) -> None:
        pass

    def _write(self, chunk: Any, encoding: str | None, callback: Callable[..., object]) -> None:
        callback()

    def set_timeout(self, *args: object) -> None:
        pass

    def set_no_delay(self, *args: object) -> None:
        pass

    def set_keep_alive(self, *args: object) -> None:
        pass


def _response() -> nodehttp.ServerResponse:
    return nodehttp.ServerResponse({"method": "GET", "httpVersionMajor": 1, "httpVersionMinor": 1, "headers": {}})


def _response_with_a_socket() -> nodehttp.ServerResponse:
    response = _response()
    response.assign_socket(SocketLike())
    return response


MAKERS: dict[str, Callable[[], Any]] = {
    "http": lambda: nodehttp,
    "net": lambda: net,
    "outgoing": nodehttp.OutgoingMessage,
    "response": _response,
    "response_with_a_socket": _response_with_a_socket,
    "request": lambda: nodehttp.request({"method": "POST", "createConnection": lambda *_: SocketLike()}),
    "incoming": lambda: nodehttp.IncomingMessage(SocketLike()),
    "agent": nodehttp.Agent,
    "http_server": nodehttp.create_server,
    "net_server": net.create_server,
    "socket": net.Socket,
    "block_list": net.BlockList,
}
"""What methods are called on, made anew for each call."""


def called(table: str) -> Scenarios:
    """Scenarios of a table: for each row, with each of the values but those that it leaves out."""
    rows = json.loads((HERE / "scenarios" / f"{table}.json").read_text(encoding="utf-8"))["rows"]
    scenarios = Scenarios()
    for name, row in rows.items():
        scenarios.add(name, _scenario(**row))
    return scenarios


def _scenario(on: str, steps: Sequence[Sequence[Any]], shown: Sequence[str] = (), but: Sequence[str] = ()) -> Scenario:
    async def scenario(t: Trace) -> None:
        for label, value in VALUES.items():
            if label not in but:
                await _attempt(t, label, MAKERS[on](), steps, shown, value)

    return scenario


async def _attempt(
    t: Trace, label: str, target: Any, steps: Sequence[Sequence[Any]], shown: Sequence[str], value: Any
) -> None:
    is_made = isinstance(target, EventEmitter)
    if is_made:
        target.on("error", lambda error: t(f"{label} error", _comparable(error, label)))
    result = None
    try:
        for step, *args in steps:
            result = _take(target, step, [_filled(t, label, arg, value) for arg in args])
        t(label, *_described(result, target, shown))
    except Exception as error:
        t(f"{label} throws", _comparable(error, label))
    if not is_made and isinstance(result, EventEmitter):
        result.on("error", lambda _: None)
    await rounds(2)
    for each in (target, result):
        _tidy(each)
    await rounds(2)


def _comparable(error: Exception, label: str) -> str:
    """An error as text, without what its message shows of a value that looks another way in each language. Those of the
    language itself have no code.
    """
    if not getattr(error, "code", None):
        return "an error of the language"
    text = show(error)
    return text.partition(" Received ")[0] if label in ("a function", "an emitter") else text


def _take(target: Any, step: str, args: Sequence[Any]) -> Any:
    if step == "set":
        setattr(target, *args)
        return None
    if step == "new":
        return getattr(target, args[0])(*args[1:])
    return getattr(target, step)(*args)


def _filled(t: Trace, label: str, arg: Any, value: Any) -> Any:
    """The value in place of "$". "$callback" is a function that tells of its call, "$connect" one that connects."""
    if arg == "$":
        return value
    if arg == "$connect":
        return lambda *_: SocketLike()
    if arg == "$callback":
        return lambda *args: t(f"{label} callback", *args[:1])
    if isinstance(arg, list):
        return [_filled(t, label, item, value) for item in arg]
    if isinstance(arg, dict):
        return {key: _filled(t, label, item, value) for key, item in arg.items()}
    return arg


def _described(result: Any, target: Any, shown: Sequence[str]) -> list[Any]:
    """The properties that are to be shown of what came of it; a plain value shows itself."""
    made = target if _plain(result) is not _THING else result
    if shown:
        return [_plain(getattr(made, name)) for name in shown]
    return [_plain(result)]


_THING = "a thing"
_PLAIN = (type(None), bool, int, float, str, list)


def _plain(value: Any) -> Any:
    return value if isinstance(value, _PLAIN) or type(value).__name__ == "Symbol" else _THING


def _tidy(thing: Any) -> None:
    if isinstance(thing, net.Server):
        thing.close(lambda *_: None)
    elif isinstance(thing, EventEmitter) and hasattr(thing, "destroy"):
        thing.destroy()
