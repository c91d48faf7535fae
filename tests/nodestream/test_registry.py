"""The rules of a StreamRegistry that do not need a second thread or an event loop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodestream import errors
from nodestream.registry import StreamRegistry, StreamState

PULL_NOTHING = 0
"""A time limit for a pull that finds nothing."""


@pytest.fixture
def registry() -> StreamRegistry:
    return StreamRegistry()


def pulled(registry: StreamRegistry, id: int) -> list[Any]:
    """All chunks up to the end."""
    return list(iter(lambda: registry.pull_blocking(id, PULL_NOTHING), None))


# --- ids ---


def test_ids_count_up_and_are_never_used_again(registry: StreamRegistry) -> None:
    assert [registry.create(), registry.create()] == [1, 2]
    registry.delete(2)
    registry.clear()
    assert registry.create() == 3


def test_it_is_a_collection_of_ids(registry: StreamRegistry) -> None:
    first, second = registry.create(), registry.create()
    assert (list(registry), len(registry), second in registry, 3 in registry) == ([first, second], 2, True, False)
    for id in registry:
        registry.delete(id)
    assert list(registry) == []


def test_repr_tells_what_is_queued(registry: StreamRegistry) -> None:
    for chunk in ("ab", b"cde"):
        registry.push(registry.create(), chunk)
    assert repr(registry) == "<StreamRegistry 2 streams, 2 chunks, 5 bytes>"


def test_a_context_manager_deletes_all_streams() -> None:
    with StreamRegistry() as registry:
        id = registry.create()
    assert len(registry) == 0
    with pytest.raises(errors.ERR_STREAM_DELETED):
        registry.push(id, b"x")


USES: list[Callable[[StreamRegistry, Any], object]] = [
    lambda registry, id: registry.push(id, b"x"),
    lambda registry, id: registry.push(id, b""),
    lambda registry, id: registry.push(id, None),
    lambda registry, id: registry.pull_blocking(id),
    lambda registry, id: registry.pull(id).send(None),
    lambda registry, id: registry.wait_for_room(id),
    lambda registry, id: registry.room(id).send(None),
    lambda registry, id: registry.is_queue_full(id),
    lambda registry, id: registry.readable(id),
    lambda registry, id: registry.readable_stream(id),
]
every_use = pytest.mark.parametrize("use", USES)


@every_use
def test_a_stream_that_was_deleted_cannot_be_used(
    registry: StreamRegistry, use: Callable[[StreamRegistry, Any], object]
) -> None:
    id = registry.create()
    assert registry.delete(id) is True
    with pytest.raises(errors.ERR_STREAM_DELETED, match=r"^Stream deleted$"):
        use(registry, id)


@pytest.mark.parametrize("id", [0, 2, -1, "1", None])
@pytest.mark.parametrize(
    "use", [*USES, lambda registry, id: registry.close(id), lambda registry, id: registry.error(id, OSError())]
)
def test_an_id_that_there_never_was_is_refused(
    registry: StreamRegistry, use: Callable[[StreamRegistry, Any], object], id: Any
) -> None:
    registry.create()
    with pytest.raises(errors.ERR_INVALID_ARG_VALUE, match="argument 'id' is invalid"):
        use(registry, id)


def test_what_ends_a_stream_has_no_effect_on_one_that_was_deleted(registry: StreamRegistry) -> None:
    id = registry.create()
    registry.delete(id)
    registry.close(id)
    registry.error(id, OSError())
    assert (registry.delete(id), registry.get(id), registry.get(99), registry.delete(99)) == (False, None, None, False)


# --- the queue ---


def test_chunks_come_out_once_and_in_order(registry: StreamRegistry) -> None:
    id, other = registry.create(), registry.create()
    for number in range(5):
        registry.push(id, b"%d" % number)
        registry.push(other, number)
    registry.close(id)
    registry.close(other)
    assert pulled(registry, id) == [b"0", b"1", b"2", b"3", b"4"]
    assert pulled(registry, other) == [0, 1, 2, 3, 4]


def test_push_says_false_when_the_chunks_reach_their_mark_and_takes_each(registry: StreamRegistry) -> None:
    id = registry.create()
    assert [registry.push(id, b"x") for _ in range(18)] == [True] * 15 + [False] * 3
    assert registry.is_queue_full(id)
    assert [registry.pull_blocking(id) for _ in range(18)] == [b"x"] * 18
    assert not registry.is_queue_full(id)


def test_push_says_false_when_the_bytes_reach_their_mark(registry: StreamRegistry) -> None:
    id = registry.create()
    assert registry.push(id, bytes(65535)) is True
    assert registry.push(id, b"x") is False
    assert registry.push(id, b"y") is False
    assert registry.pull_blocking(id) == bytes(65535)
    assert registry.push(id, b"z") is True


@pytest.mark.parametrize("options", [{"highWaterMark": 3, "maxChunks": 2}, {"high_water_mark": 3, "max_chunks": 2}])
def test_the_marks_are_options_of_the_registry_and_of_each_stream(options: dict[str, int]) -> None:
    registry = StreamRegistry(options)
    assert registry.push(registry.create(), b"abc") is False
    registry = StreamRegistry()
    assert registry.push(registry.create(**options), b"abc") is False
    registry = StreamRegistry(options)
    id = registry.create(high_water_mark=100)
    assert [registry.push(id, b"abc"), registry.push(id, b"abc")] == [True, False]


def test_marks_that_are_no_whole_numbers_are_refused() -> None:
    for name in ("highWaterMark", "maxChunks"):
        for value in (-1, 1.5, "1", True):
            with pytest.raises(errors.ERR_INVALID_ARG_VALUE, match=f"'options.{name}'"):
                StreamRegistry({name: value})
            with pytest.raises(errors.ERR_INVALID_ARG_VALUE, match=f"'options.{name}'"):
                StreamRegistry().create({name: value})
    with pytest.raises(TypeError, match="unexpected keyword argument 'mark'"):
        StreamRegistry(mark=1)


def test_strings_count_their_characters_and_other_objects_nothing(registry: StreamRegistry) -> None:
    id = registry.create(high_water_mark=5)
    assert registry.push(id, {"any": "thing"}) is True
    assert registry.push(id, "äöüß") is True
    assert registry.push(id, "x") is False


def test_bytes_that_may_change_are_copied(registry: StreamRegistry) -> None:
    id = registry.create()
    chunk = bytearray(b"before")
    registry.push(id, chunk)
    registry.push(id, memoryview(chunk)[:3])
    chunk[:] = b"after!"
    assert [registry.pull_blocking(id), registry.pull_blocking(id)] == [b"before", b"bef"]


def test_an_empty_chunk_is_none(registry: StreamRegistry) -> None:
    id = registry.create(max_chunks=1)
    assert [registry.push(id, empty) for empty in (b"", "", bytearray(), memoryview(b""))] == [True] * 4
    registry.push(id, [])
    assert registry.push(id, b"") is False
    assert (registry.pull_blocking(id), registry.get(id).chunks) == ([], 0)  # type: ignore[union-attr]


# --- the end ---


@pytest.mark.parametrize("close", [StreamRegistry.close, lambda registry, id: registry.push(id, None)])
def test_what_is_queued_comes_before_the_end_and_the_end_each_time(
    registry: StreamRegistry, close: Callable[[StreamRegistry, int], object]
) -> None:
    id = registry.create()
    registry.push(id, b"x")
    close(registry, id)
    registry.close(id)
    assert [registry.pull_blocking(id) for _ in range(3)] == [b"x", None, None]
    assert id in registry


@pytest.mark.parametrize("chunk", [b"x", b"", None])
def test_a_push_after_the_end_is_refused(registry: StreamRegistry, chunk: Any) -> None:
    id = registry.create()
    registry.close(id)
    with pytest.raises(errors.ERR_STREAM_PUSH_AFTER_EOF):
        registry.push(id, chunk)
    with pytest.raises(errors.ERR_STREAM_PUSH_AFTER_EOF):
        registry.wait_for_room(id)


def test_an_error_drops_what_is_queued_and_is_raised_each_time(registry: StreamRegistry) -> None:
    id = registry.create()
    registry.push(id, b"x")
    failure = OSError("broken")
    registry.error(id, failure)
    registry.error(id, ValueError("later"))
    registry.close(id)
    for _ in range(2):
        with pytest.raises(OSError, match="broken") as raised:
            registry.pull_blocking(id)
        assert raised.value is failure
    for use in (lambda: registry.push(id, b"x"), lambda: registry.wait_for_room(id)):
        with pytest.raises(OSError, match="broken"):
            use()


def test_a_closed_stream_can_fail_as_long_as_chunks_are_queued(registry: StreamRegistry) -> None:
    queued, over = registry.create(), registry.create()
    registry.push(queued, b"x")
    for id in (queued, over):
        registry.close(id)
        registry.error(id, OSError("too late?"))
    with pytest.raises(OSError, match="too late"):
        registry.pull_blocking(queued)
    assert registry.pull_blocking(over) is None


def test_an_error_may_be_any_exception_or_any_value(registry: StreamRegistry) -> None:
    id, other = registry.create(), registry.create()
    registry.error(id, KeyboardInterrupt())
    registry.error(other, {"code": 5})
    with pytest.raises(KeyboardInterrupt):
        registry.pull_blocking(id)
    with pytest.raises(errors.ERR_UNHANDLED_ERROR) as raised:
        registry.pull_blocking(other)
    assert raised.value.context == {"code": 5}


# --- what can be seen ---


def test_get_tells_the_state_of_a_stream(registry: StreamRegistry) -> None:
    id = registry.create()
    registry.push(id, b"abc")
    assert registry.get(id) == StreamState(id, "open", 1, 3, 0, 0, None)
    registry.close(id)
    assert registry.get(id) == StreamState(id, "closed", 1, 3, 0, 0, None)
    failure = OSError()
    registry.error(id, failure)
    assert registry.get(id) == StreamState(id, "errored", 0, 0, 0, 0, failure)


def test_node_spellings_are_there() -> None:
    for name in ("isQueueFull", "waitForRoom", "pullBlocking", "readableStream"):
        assert callable(getattr(StreamRegistry, name))
