"""TransformStream and its controller."""

from __future__ import annotations

from typing import Any

import pytest

from nodestream import run
from nodestream.errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ARG_VALUE_RANGE, ERR_INVALID_STATE
from nodestream.web import ReadableStream, TransformStream, WritableStream

from .support import Holder, a_round, all_of, stream_of, unhandled_in


def fails(*_: Any) -> None:
    raise ValueError("boom")


@pytest.mark.parametrize(
    ("args", "error"),
    [
        ((5,), ERR_INVALID_ARG_TYPE),
        (({"transform": 5},), ERR_INVALID_ARG_TYPE),
        (({"readableType": "bytes"},), ERR_INVALID_ARG_VALUE_RANGE),
        (({"writableType": "bytes"},), ERR_INVALID_ARG_VALUE_RANGE),
    ],
)
def test_what_cannot_be_is_refused(args: Any, error: type[Exception]) -> None:
    with pytest.raises(error):
        TransformStream(*args)


def test_chunks_go_through_as_they_are_without_a_transformer() -> None:
    async def main() -> Any:
        return await all_of(stream_of(1, 2).pipe_through(TransformStream()))

    assert run(main) == [1, 2]


def test_a_transformer_may_give_any_number_of_chunks_also_at_the_end() -> None:
    async def transform(chunk: Any, controller: Any) -> None:
        await a_round()
        for _ in range(chunk):
            controller.enqueue(chunk)

    async def main() -> Any:
        transformer = {"transform": transform, "flush": lambda controller: controller.enqueue("end")}
        return await all_of(stream_of(0, 1, 2).pipe_through(TransformStream(transformer)))

    assert run(main) == [1, 2, 2, "end"]


def test_nothing_is_transformed_before_somebody_reads() -> None:
    chunks: list[Any] = []

    async def main() -> None:
        stream = TransformStream(transform=lambda chunk, c: (chunks.append(chunk), c.enqueue(chunk)))
        writer = stream.writable.get_writer()
        writer.write(1)
        await a_round()
        assert chunks == []
        assert not writer.ready.settled
        assert (await stream.readable.get_reader().read()).value == 1
        await writer.ready

    run(main)


def test_strategies_are_those_of_the_two_sides() -> None:
    transformer = Holder()
    stream = TransformStream(transformer, {"high_water_mark": 5}, {"high_water_mark": 7})
    assert stream.writable.get_writer().desired_size == 5
    assert transformer.controller.desiredSize == 7


def test_a_failing_transform_fails_both_sides() -> None:
    async def main() -> None:
        stream = TransformStream(transform=fails)
        writer, reader = stream.writable.get_writer(), stream.readable.get_reader()
        for promise in (reader.read(), writer.write(1), writer.closed):
            with pytest.raises(ValueError, match="boom"):
                await promise

    run(main)


def test_an_error_of_the_controller_fails_both_sides() -> None:
    async def main() -> None:
        transformer = Holder()
        stream = TransformStream(transformer)
        transformer.controller.error(ValueError("boom"))
        for promise in (stream.readable.get_reader().read(), stream.writable.get_writer().write(1)):
            with pytest.raises(ValueError, match="boom"):
                await promise

    run(main)


def test_terminating_closes_one_side_and_fails_the_other() -> None:
    async def main() -> None:
        transformer = Holder()
        stream = TransformStream(transformer)
        transformer.controller.terminate()
        with pytest.raises(ERR_INVALID_STATE, match="Unable to enqueue"):
            transformer.controller.enqueue(1)
        assert (await stream.readable.get_reader().read()).done
        with pytest.raises(ERR_INVALID_STATE, match="TransformStream has been terminated"):
            await stream.writable.get_writer().closed

    run(main)


def test_a_size_that_fails_fails_both_sides() -> None:
    def size(_: Any) -> None:
        raise ValueError("boom") from KeyError("why")

    async def main() -> None:
        transformer = Holder()
        stream = TransformStream(transformer, None, {"size": size, "high_water_mark": 1})
        with pytest.raises(ValueError, match="boom") as caught:
            transformer.controller.enqueue(1)
        assert repr(caught.value.__cause__) == "KeyError('why')"
        with pytest.raises(ValueError, match="boom"):
            await stream.writable.get_writer().closed

    run(main)


@pytest.mark.parametrize("end", [lambda s: s.readable.cancel("why"), lambda s: s.writable.abort("why")])
def test_giving_up_either_side_cancels_the_transformer(end: Any) -> None:
    reasons: list[Any] = []

    async def main() -> None:
        stream = TransformStream(cancel=reasons.append)
        await end(stream)
        assert stream.writable.get_writer().desired_size is None

    run(main)
    assert reasons == ["why"]


def test_the_failure_of_flush_reaches_both_sides() -> None:
    async def main() -> None:
        stream = TransformStream(flush=fails)
        for promise in (stream.writable.get_writer().close(), stream.readable.get_reader().read()):
            with pytest.raises(ValueError, match="boom"):
                await promise

    run(main)


def test_failures_that_nobody_asks_for_are_no_unhandled_rejections() -> None:
    async def failing(*_: Any) -> None:
        raise ValueError("boom")

    async def main() -> None:
        for name in ("start", "flush", "cancel"):
            stream = TransformStream({name: failing})
            ReadableStream.from_([1]).pipe_through(stream).tee()
        ReadableStream(start=failing).tee()
        ReadableStream(pull=failing, type="bytes").tee()
        WritableStream(start=failing)

    assert unhandled_in(main) == []
