"""What is known of a stream's state by the names that Node uses."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream import Duplex, PassThrough, Readable, Writable, run
from nodestream.loop import next_tick
from nodestream.timers import set_immediate

from .support import Sink

LIFE = ("constructed", "destroyed", "closed", "close_emitted", "errored", "error_emitted", "auto_destroy", "emit_close")


def life(state: Any) -> tuple[Any, ...]:
    return tuple(getattr(state, name) for name in LIFE)


@pytest.mark.parametrize("cls", [Readable, Writable, Duplex, PassThrough])
def test_the_states_tell_of_the_life(cls: Any) -> None:
    seen: list[Any] = []
    error = ValueError("x")

    def main() -> None:
        stream = cls(construct=lambda self, callback: callback(), auto_destroy=False)
        states = [getattr(stream, name) for name in ("_readable_state", "_writable_state") if hasattr(stream, name)]

        def note() -> None:
            first, *others = map(life, states)
            assert all(other == first for other in others)
            seen.append(first)

        note()
        stream.on("error", lambda error: note())
        stream.on("close", note)
        set_immediate(lambda: (note(), stream.destroy(error), note()))

    run(main)
    assert seen == [
        (False, False, False, False, None, False, False, True),
        (True, False, False, False, None, False, False, True),
        (True, True, True, False, error, False, False, True),
        (True, True, True, False, error, True, False, True),
        (True, True, True, True, error, True, False, True),
    ]


def test_names_are_to_be_read_only() -> None:
    state: Any = Readable()._readable_state
    for name in (*LIFE, "pipes_count", "await_drain_writers", "multi_await_drain"):
        with pytest.raises(AttributeError):
            setattr(state, name, 1)


def test_a_readable_tells_whom_it_waits_for() -> None:
    seen: list[Any] = []

    def main() -> None:
        source, first, second = Readable(read=lambda self, size: None), Sink(at_once=False, high_water_mark=1), Sink()
        state: Any = source._readable_state

        def note() -> None:
            seen.append((state.pipes_count, state.multi_await_drain, state.await_drain_writers))

        source.pipe(first)
        note()
        source.push(b"ab")

        def full() -> None:
            note()
            source.pipe(second)
            seen.append((state.pipes_count, state.multi_await_drain, set(state.await_drain_writers)))
            first.finish_write()
            set_immediate(lambda: (note(), source.unpipe(), note()))

        next_tick(full)
        seen.append(first)

    run(main)
    one, first, full, two, drained, none = seen
    assert one == (1, False, None)
    assert full == (1, False, first)
    assert two == (2, True, {first})
    assert drained == (2, True, set())
    assert none == (0, False, None)


def test_a_writable_tells_what_waits() -> None:
    def main() -> None:
        sink = Sink(at_once=False)
        state: Any = sink._writable_state
        sink.write(b"ab", lambda: None)
        assert (state.writelen, state.pendingcb, state.buffered_request_count) == (2, 1, 0)
        assert state.writecb is state.current_callback
        sink.write(b"c")
        assert (state.buffered_request_count, state.all_buffers, state.all_noop) == (1, True, True)
        sink.write(b"d", lambda: None)
        assert (state.buffered_request_count, state.all_noop, state.pendingcb) == (2, False, 3)
        assert [entry.chunk for entry in state.get_buffer()] == [b"c", b"d"]
        state.get_buffer().clear()
        assert state.buffered_request_count == 2
        state.onwrite()
        assert (state.buffered_request_count, state.writelen) == (1, 1)
        assert state.buffered_index == 0

    run(main)


def test_a_writable_of_strings_does_not_hold_bytes_only() -> None:
    def main() -> None:
        sink = Sink(at_once=False, decode_strings=False)
        state: Any = sink._writable_state
        assert state.writecb() is None
        for chunk in (b"a", b"b"):
            sink.write(chunk)
        assert state.all_buffers
        sink.write("c")
        assert not state.all_buffers

    run(main)


def test_a_readable_tells_where_its_buffer_begins() -> None:
    stream = Readable(read=lambda self, size: None)
    run(lambda: stream.push(b"abc"))
    state: Any = stream._readable_state
    assert (len(state.buffer), state.buffer_index, state.length) == (1, 0, 3)
