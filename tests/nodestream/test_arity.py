"""A function may take fewer arguments than it is given, as in JavaScript."""

from __future__ import annotations

import functools
from typing import Any

import pytest

from nodestream import EventEmitter, Readable, Writable, finished, pipeline, run
from nodestream._arity import ANY, lenient, positional_limit, tolerant
from nodestream.errors import ERR_STREAM_PREMATURE_CLOSE

from .support import Sink, a_source


class Example:
    def method(self, a: Any) -> None: ...

    @staticmethod
    def static(a: Any, b: Any) -> None: ...

    @classmethod
    def of_class(cls, a: Any) -> None: ...

    def __call__(self) -> None: ...


@pytest.mark.parametrize(
    ("function", "limit"),
    [
        (lambda: None, 0),
        (lambda a, b=1: None, 2),
        (lambda a, *rest: None, ANY),
        (lambda a, *, b=1, **rest: None, 1),
        (Example().method, 1),
        (Example.static, 2),
        (Example.of_class, 1),
        (Example(), ANY),
        (Example, ANY),
        (print, ANY),
        ([].append, ANY),
        (functools.partial(print), ANY),
    ],
)
def test_what_a_function_takes_is_seen(function: Any, limit: int) -> None:
    assert positional_limit(function) == limit


def test_a_function_that_takes_enough_is_called_as_it_is() -> None:
    def enough(error: Any) -> None: ...

    assert tolerant(enough) is enough
    assert tolerant(enough, 2) is not enough
    assert tolerant(print, 2) is print


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda *given: given, (1, 2)),
        (lambda a: (a,), (1,)),
        (Example(), None),
        (functools.partial(lambda a, b: (a, b), 0), (0, 1)),
        (functools.partial(lambda a, b: (a, b), b=0), (1, 0)),
        (functools.partial(lambda a, b, c: (a, b, c), 0), (0, 1, 2)),
        ((0, 1, 1, 1).count, 3),
        (max, 2),
    ],
)
def test_whatever_can_be_called_gets_what_it_takes(function: Any, expected: Any) -> None:
    assert lenient(function, 2)(1, 2) == expected


def test_listeners_may_leave_out_arguments_and_are_found_again() -> None:
    trace: list[Any] = []

    def none() -> None:
        trace.append("none")

    def one(first: Any) -> None:
        trace.append(first)

    emitter = EventEmitter()
    for add in (emitter.on, emitter.once, emitter.prepend_listener, emitter.prepend_once_listener):
        add("x", none)
        add("x", one)
    emitter.emit("x", 1, 2, 3)
    assert sorted(map(str, trace)) == ["1"] * 4 + ["none"] * 4
    assert emitter.listeners("x") == [one, none, none, one]
    assert emitter.raw_listeners("x") == [one, none, none, one]
    assert emitter.listener_count("x", none) == 2
    for listener in (none, one, none, one):
        emitter.off("x", listener)
    assert emitter.event_names() == []


def test_new_listener_tells_the_function_that_was_given() -> None:
    seen: list[Any] = []
    emitter = EventEmitter().on("newListener", lambda event, listener: seen.append(listener))

    def none() -> None: ...

    emitter.on("x", none).once("x", none)
    assert seen == [none, none]


def test_callbacks_of_streams_may_leave_out_the_error() -> None:
    trace: list[str] = []

    def main() -> None:
        sink = Sink()
        sink.write(b"a", lambda: trace.append("write"))
        sink.end(lambda: trace.append("end"))
        finished(sink, lambda: trace.append("finished"))
        sink.on("close", lambda: trace.append("close"))
        Readable(read=lambda self, size: None).destroy(None, lambda: trace.append("destroy"))
        pipeline(a_source([b"a"]), Sink(), lambda: trace.append("pipeline"))

    run(main)
    assert sorted(trace) == ["close", "destroy", "end", "finished", "pipeline", "write"]


def test_a_callback_that_takes_one_argument_exactly_may_be_builtin() -> None:
    seen: list[Any] = []

    def main() -> None:
        Sink().end(seen.append)
        pipeline(a_source([b"a"]), Sink(), seen.append)
        finished(Readable(read=lambda self, size: None).destroy(), seen.append)

    run(main)
    assert [type(value) for value in seen if value is not None] == [ERR_STREAM_PREMATURE_CLOSE]
    assert len(seen) == 3


def test_hooks_take_what_they_are_given() -> None:
    with pytest.raises(TypeError):
        run(lambda: Writable(write=lambda self: None).write(b"x"))
