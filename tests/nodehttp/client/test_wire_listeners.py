"""Listeners that are added and taken away several at a time are as if each had been given to the socket by itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import Any

import pytest

from nodehttp import net
from nodehttp._wire_listeners import add_listeners, remove_listeners
from nodestream.loop import run

EVENTS = ("data", "end", "close", "drain", "error", "newListener", "removeListener")


class Listeners:
    """Methods that can be told apart, and compared, as those of an exchange."""

    def on_data(self, _data: bytes) -> None: ...

    def on_other(self, *_: object) -> None: ...

    def pairs(self) -> tuple[tuple[str, Callable[..., object]], ...]:
        return (("data", self.on_data), ("end", self.on_other), ("close", self.on_other), ("drain", self.on_other))


def add_each(socket: Any, *pairs: Any) -> None:
    for event, listener in pairs:
        socket.on(event, listener)


def remove_each(socket: Any, *pairs: Any) -> None:
    for event, listener in pairs:
        socket.remove_listener(event, listener)


def others(*_: object) -> None: ...


def nothing_else(_socket: Any) -> None: ...


def others_before(socket: Any) -> None:
    for event, _ in Listeners().pairs():
        socket.on(event, others)


def ten_before(socket: Any) -> None:
    for _ in range(10):
        socket.on("close", others)


def no_maximum(socket: Any) -> None:
    socket.set_max_listeners(0)
    ten_before(socket)


def paused_before(socket: Any) -> None:
    socket.pause()


def readable_before(socket: Any) -> None:
    socket.on("readable", others)


def somebody_watches(socket: Any) -> None:
    socket.seen = []
    socket.on("newListener", lambda event, listener: socket.seen.append(("new", event)))
    socket.on("removeListener", lambda event, listener: socket.seen.append(("removed", event)))


def methods_of_its_own(socket: Any) -> None:
    socket.seen = []
    on, remove = socket.on, socket.remove_listener

    def noted_on(event: str, listener: Any) -> Any:
        socket.seen.append(("on", event))
        return on(event, listener)

    def noted_remove(event: str, listener: Any) -> Any:
        socket.seen.append(("remove", event))
        return remove(event, listener)

    socket.on, socket.remove_listener = noted_on, noted_remove


def what_is_seen(socket: Any, mine: Listeners) -> Any:
    names = {mine.on_data: "data", mine.on_other: "other", others: "others"}
    table = {event: [names.get(each, "?") for each in socket.listeners(event)] for event in EVENTS}
    return table, socket.event_names(), socket.readable_flowing, getattr(socket, "seen", None)


@pytest.mark.parametrize(
    "before",
    [
        nothing_else,
        others_before,
        ten_before,
        no_maximum,
        paused_before,
        readable_before,
        somebody_watches,
        methods_of_its_own,
    ],
)
@pytest.mark.parametrize("twice", [False, True])
@pytest.mark.parametrize("later", [False, True])
def test_it_is_as_if_each_were_added_and_removed_by_itself(
    before: Callable[[Any], None], twice: bool, later: bool
) -> None:
    def seen_with(add: Callable[..., None], remove: Callable[..., None]) -> Any:
        states: list[Any] = []

        def main() -> None:
            socket = net.Socket()
            mine = Listeners()
            before(socket)
            for _ in range(1 + twice):
                add(socket, *mine.pairs())
            states.append(what_is_seen(socket, mine))
            if later:
                add_each(socket, ("close", others), ("data", others))
            remove(socket, *reversed(mine.pairs()))
            states.append(what_is_seen(socket, mine))

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            run(main)
        return states, [str(each.message) for each in caught]

    assert seen_with(add_listeners, remove_listeners) == seen_with(add_each, remove_each)


def test_a_warning_is_due_when_there_are_many() -> None:
    def main() -> None:
        socket = net.Socket()
        ten_before(socket)
        add_listeners(socket, ("close", others))

    with pytest.warns(Warning, match="11 close listeners added"):
        run(main)


def test_what_is_not_there_can_be_removed() -> None:
    socket = net.Socket()
    remove_listeners(socket, *Listeners().pairs())
    assert socket.listeners("data") == []
