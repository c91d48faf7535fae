"""Listeners that are added and taken away several at a time are as if each had been given to `on()` by itself."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from nodestream import Duplex, PassThrough
from nodestream._together import Change, add_listener, add_listeners, remove_listener, remove_listeners
from nodestream.loop import run

EVENTS = ("data", "end", "close", "drain", "error", "newListener", "removeListener")


class Listeners:
    """Methods that can be told apart, and compared, as those of the library."""

    def on_data(self, _data: bytes) -> None: ...

    def on_other(self, *_: object) -> None: ...

    def pairs(self) -> tuple[tuple[str, Callable[..., object]], ...]:
        return (("data", self.on_data), ("end", self.on_other), ("close", self.on_other), ("drain", self.on_other))


def add_each(stream: Any, *pairs: Any) -> None:
    for event, listener in pairs:
        stream.on(event, listener)


def remove_each(stream: Any, *pairs: Any) -> None:
    for event, listener in pairs:
        stream.remove_listener(event, listener)


def others(*_: object) -> None: ...


def nothing_else(_stream: Any) -> None: ...


def others_before(stream: Any) -> None:
    for event, _ in Listeners().pairs():
        stream.on(event, others)


def ten_before(stream: Any) -> None:
    for _ in range(10):
        stream.on("close", others)


def no_maximum(stream: Any) -> None:
    stream.set_max_listeners(0)
    ten_before(stream)


def paused_before(stream: Any) -> None:
    stream.pause()


def readable_before(stream: Any) -> None:
    stream.on("readable", others)


def somebody_watches(stream: Any) -> None:
    stream.seen = []
    stream.on("newListener", lambda event, listener: stream.seen.append(("new", event)))
    stream.on("removeListener", lambda event, listener: stream.seen.append(("removed", event)))


def methods_of_its_own(stream: Any) -> None:
    stream.seen = []
    on, remove = stream.on, stream.remove_listener

    def noted_on(event: str, listener: Any) -> Any:
        stream.seen.append(("on", event))
        return on(event, listener)

    def noted_remove(event: str, listener: Any) -> Any:
        stream.seen.append(("remove", event))
        return remove(event, listener)

    stream.on, stream.remove_listener = noted_on, noted_remove


def what_is_seen(stream: Any, mine: Listeners) -> Any:
    names = {mine.on_data: "data", mine.on_other: "other", others: "others"}
    table = {event: [names.get(each, "?") for each in stream.listeners(event)] for event in EVENTS}
    return table, stream.event_names(), stream.readable_flowing, getattr(stream, "seen", None)


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
            stream = Duplex(read=lambda *_: None)
            mine = Listeners()
            before(stream)
            for _ in range(1 + twice):
                add(stream, *mine.pairs())
            states.append(what_is_seen(stream, mine))
            if later:
                add_each(stream, ("close", others), ("data", others))
            remove(stream, *reversed(mine.pairs()))
            states.append(what_is_seen(stream, mine))

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            run(main)
        return states, [str(each.message) for each in caught]

    assert seen_with(add_listeners, remove_listeners) == seen_with(add_each, remove_each)


@pytest.mark.parametrize("before", [nothing_else, others_before, ten_before, no_maximum, paused_before])
@pytest.mark.parametrize(
    "between",
    [nothing_else, others_before, ten_before, paused_before, readable_before, somebody_watches, methods_of_its_own],
)
def test_a_change_that_is_made_again_is_as_if_each_were_added_and_removed_by_itself(
    before: Callable[[Any], None], between: Callable[[Any], None]
) -> None:
    def seen_with(change: Callable[[Listeners], tuple[Callable[[Any], None], Callable[[Any], None]]]) -> Any:
        states: list[Any] = []

        def main() -> None:
            stream = Duplex(read=lambda *_: None)
            stream.on("end", others)
            mine = Listeners()
            add, remove = change(mine)
            before(stream)
            for turn in range(6):
                if turn == 3:
                    between(stream)
                add(stream)
                states.append(what_is_seen(stream, mine))
                if turn == 4:
                    stream.remove_listener("end", mine.on_other).set_max_listeners(1)
                remove(stream)
                states.append(what_is_seen(stream, mine))

        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            run(main)
        return states, [str(each.message) for each in caught]

    def by_change(mine: Listeners) -> tuple[Callable[[Any], None], Callable[[Any], None]]:
        return Change(add=mine.pairs()).make, Change(remove=mine.pairs()).make

    def by_each(mine: Listeners) -> tuple[Callable[[Any], None], Callable[[Any], None]]:
        return (lambda stream: add_each(stream, *mine.pairs())), (lambda stream: remove_each(stream, *mine.pairs()))

    assert seen_with(by_change) == seen_with(by_each)


@pytest.mark.parametrize("before", [nothing_else, others_before, ten_before, somebody_watches, methods_of_its_own])
@pytest.mark.parametrize("others_there", [False, True])
def test_one_that_comes_and_goes_is_as_if_it_were_added_and_removed_by_itself(
    before: Callable[[Any], None], others_there: bool
) -> None:
    def seen_with(add: Callable[..., None], remove: Callable[..., None]) -> Any:
        stream = Duplex(read=lambda *_: None)
        mine = Listeners()
        states: list[Any] = []
        before(stream)
        if others_there:
            stream.on("end", others)
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            for step in (add, add, remove, remove, remove, add):
                step(stream, "close", mine.on_other)
                states.append(what_is_seen(stream, mine))
        return states, [str(each.message) for each in caught]

    def add(stream: Any, event: str, listener: Any) -> None:
        stream.on(event, listener)

    def remove(stream: Any, event: str, listener: Any) -> None:
        stream.remove_listener(event, listener)

    assert seen_with(add_listener, remove_listener) == seen_with(add, remove)


def test_a_warning_is_due_when_there_are_many() -> None:
    def main() -> None:
        stream = Duplex(read=lambda *_: None)
        ten_before(stream)
        add_listeners(stream, ("close", others))

    with pytest.warns(Warning, match="11 close listeners added"):
        run(main)


def test_what_is_not_there_can_be_removed() -> None:
    stream = Duplex(read=lambda *_: None)
    remove_listeners(stream, *Listeners().pairs())
    assert stream.listeners("data") == []


def test_what_once_added_can_be_removed() -> None:
    stream = Duplex(read=lambda *_: None)
    mine = Listeners()
    stream.on("end", others).once("close", mine.on_other)
    remove_listeners(stream, ("close", mine.on_other))
    assert stream.event_names() == ["end"]


@pytest.mark.parametrize("with_error_listener", [False, True])
def test_the_listeners_of_a_pipe_are_where_on_and_once_put_them(with_error_listener: bool) -> None:
    def tables(before: Callable[[Any], None]) -> Any:
        found: list[Any] = []

        def look(*streams: Any) -> None:
            found.append(
                [
                    {name: [_shown(each) for each in stream.raw_listeners(name)] for name in stream.event_names()}
                    for stream in streams
                ]
            )

        def main() -> None:
            source, dest = PassThrough(), PassThrough()
            if with_error_listener:
                dest.on("error", others)
            before(dest)
            source.pipe(dest)
            look(source, dest)
            dest.resume()
            dest.on("close", lambda: look(source, dest))
            source.end("a")

        run(main)
        return found

    def with_a_method_of_its_own(dest: Any) -> None:
        dest.once = partial(dest.once)

    assert tables(nothing_else) == tables(with_a_method_of_its_own)


def _shown(listener: Any) -> tuple[str, str]:
    return type(listener).__name__, getattr(getattr(listener, "listener", listener), "__name__", "")
