"""EventEmitterAsyncResource: listeners run in the context in which the emitter was made."""

from __future__ import annotations

from contextvars import ContextVar
from typing import Any

import pytest

from nodestream import run
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ASYNC_ID
from nodestream.events import EventEmitter, EventEmitterAsyncResource

where: ContextVar[str] = ContextVar("where", default="nowhere")


def made_in(place: str) -> EventEmitterAsyncResource:
    token = where.set(place)
    emitter = EventEmitterAsyncResource("Made")
    where.reset(token)
    return emitter


def test_listeners_run_in_the_context_of_the_making() -> None:
    emitter, seen = made_in("there"), []
    emitter.on("x", lambda value: seen.append((where.get(), value)))
    where.set("here")
    assert emitter.emit("x", 1) is True
    assert emitter.emit("y") is False
    assert (seen, where.get()) == ([("there", 1)], "here")


def test_an_async_listener_runs_there_too() -> None:
    emitter, seen = made_in("there"), []

    async def listener() -> None:
        seen.append(where.get())

    emitter.on("x", listener)
    run(emitter.emit, "x")
    assert seen == ["there"]


def test_what_a_listener_sets_does_not_stay_and_emitting_may_nest() -> None:
    emitter, seen = made_in("there"), []

    def outer() -> None:
        where.set("changed")
        emitter.emit("inner")

    emitter.on("outer", outer).on("inner", lambda: seen.append(where.get()))
    emitter.emit("outer")
    emitter.emit("inner")
    assert seen == ["there", "there"]


def test_what_is_raised_comes_out() -> None:
    with pytest.raises(ZeroDivisionError):
        made_in("there").emit("error", ZeroDivisionError())


def test_each_has_a_number_and_that_of_what_made_it() -> None:
    first = EventEmitterAsyncResource(name="First")
    made: list[EventEmitterAsyncResource] = []
    first.on("x", lambda: made.append(EventEmitterAsyncResource(name="Second")))
    first.emit("x")
    assert first.trigger_async_id == first.triggerAsyncId == 1
    assert made[0].trigger_async_id == first.async_id == first.asyncId
    assert made[0].async_id > first.async_id
    assert EventEmitterAsyncResource({"name": "Third", "triggerAsyncId": 7}).trigger_async_id == 7


def test_other_functions_can_be_run_in_the_resource() -> None:
    emitter = made_in("there")
    resource = emitter.async_resource
    assert emitter.asyncResource is resource
    assert resource.run_in_async_scope(where.get) == resource.runInAsyncScope(where.get) == "there"
    assert (resource.type, resource.event_emitter, resource.async_id) == ("Made", emitter, emitter.async_id)
    assert resource.trigger_async_id == emitter.trigger_async_id


def test_it_goes_on_after_its_end_was_told() -> None:
    emitter, seen = made_in("there"), []
    emitter.on("x", lambda: seen.append("x"))
    assert emitter.emit_destroy() is None  # type: ignore[func-returns-value]
    emitter.emitDestroy()
    assert emitter.async_resource.emit_destroy() is emitter.async_resource
    emitter.emit("x")
    assert seen == ["x"]


def test_a_subclass_is_called_by_its_own_name_unless_it_says_otherwise() -> None:
    class Queue(EventEmitterAsyncResource):
        pass

    assert Queue().async_resource.type == "Queue"
    assert Queue(name="Other").async_resource.type == "Other"
    assert isinstance(Queue(), EventEmitter)


@pytest.mark.parametrize("options", [None, {}, {"name": 5}])
def test_without_a_name_it_is_refused(options: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_TYPE, match=r'The "options\.name" property must be of type string\. Received'):
        EventEmitterAsyncResource(options)


@pytest.mark.parametrize(("number", "shown"), [(-5, "-5"), ("x", "x"), (1.5, "1.5")])
def test_a_number_that_can_be_no_resource_is_refused(number: Any, shown: str) -> None:
    with pytest.raises(ERR_INVALID_ASYNC_ID, match=f"^Invalid triggerAsyncId value: {shown}$"):
        EventEmitterAsyncResource(name="Made", trigger_async_id=number)


def test_options_are_those_of_node_and_no_others() -> None:
    assert EventEmitterAsyncResource(name="Made", requireManualDestroy=True).async_id
    assert EventEmitterAsyncResource({"name": "Made", "captureRejections": True})._capture_rejections is True
    with pytest.raises(ERR_INVALID_ARG_TYPE, match="captureRejections"):
        EventEmitterAsyncResource({"name": "Made", "captureRejections": 5})
    with pytest.raises(TypeError, match="unexpected keyword"):
        EventEmitterAsyncResource(name="Made", other=1)
