"""Each error of streams and emitters: its class, code and message, and how it is delivered."""

from collections.abc import Callable, Iterator
from typing import Any

from compliance._peers import rounds
from compliance._trace import Scenarios, Trace
from nodestream import (
    Duplex,
    EventEmitter,
    PassThrough,
    Readable,
    Transform,
    Writable,
    add_abort_signal,
    compose,
    events,
    finished,
    pipeline,
    promises,
)
from nodestream.abort import AbortController, AbortSignal
from nodestream.loop import current_loop, next_tick
from nodestream.timers import set_immediate

scenarios = Scenarios()


def r(**options: Any) -> Any:
    return Readable({"read": lambda self, size: None, **options})


def w(**options: Any) -> Any:
    return Writable({"write": lambda self, chunk, encoding, callback: callback(), **options})


def ended() -> Any:
    return w().end()


def dead(stream: Any) -> Any:
    return stream.destroy()


def twice(callback: Callable[[], object]) -> None:
    """What a hook must not do."""
    callback()
    callback()


def raises(message: str) -> Any:
    raise Exception(message)


class Case:
    """One case: what it watches is written down under its name."""

    def __init__(self, t: Trace, name: str) -> None:
        self.t = t
        self.name = name

    def watch(self, stream: Any) -> Any:
        stream.on("error", lambda error: self.t(f"{self.name} error", error))
        return stream.on("close", lambda: self.t(f"{self.name} close"))

    def callback(self, label: str) -> Callable[..., None]:
        return lambda error=None, *values: self.t(f"{self.name} {label}", error)

    def promise(self, awaitable: Any) -> None:
        def settled(error: BaseException | None, _: object) -> None:
            self.t(f"{self.name} fulfilled") if error is None else self.t(f"{self.name} rejected", error)

        current_loop().spawn(awaitable, settled)


Cases = dict[str, Callable[[Case], Any]]


def scenario(name: str, cases: Cases) -> None:
    """A scenario of these cases, one after the other; between them everything settles."""

    async def run(t: Trace) -> None:
        for case_name, case in cases.items():
            try:
                t(case_name, case(Case(t, case_name)) is False)
            except Exception as error:
                t(f"{case_name} throws", error)
            await rounds(6)

    scenarios.add(name, run)


def after(stream: Any, *calls: Callable[[Any], Any]) -> Any:
    """Call these with the stream; the result of the last."""
    result = None
    for call in calls:
        result = call(stream)
    return result


def failing(source: list[Any]) -> Iterator[Any]:
    yield from source
    raise Exception("no")


async def rejecting() -> Any:
    raise Exception("no")


def destroy(s: Any) -> None:
    s.destroy()


def end(s: Any) -> None:
    s.end()


def end_push(s: Any) -> None:
    s.push(None)


def nothing(call: Callable[[Case], Any]) -> Callable[[Case], Any]:
    """A case whose result does not matter."""

    def case(c: Case) -> None:
        call(c)

    return case


scenario(
    "writing",
    {
        "write_after_end": lambda c: after(c.watch(w()), end, lambda s: s.write("a", c.callback("cb"))),
        "end_with_chunk_after_end": lambda c: after(c.watch(w()), end, lambda s: s.end("a", c.callback("cb"))),
        "end_after_end": lambda c: after(c.watch(w()), end, lambda s: s.end(c.callback("cb"))),
        "end_after_finish": lambda c: after(
            c.watch(w(auto_destroy=False)),
            end,
            lambda s: s.on("finish", lambda: set_immediate(lambda: s.end(c.callback("cb")))),
        ),
        "write_when_destroyed": lambda c: after(c.watch(w()), destroy, lambda s: s.write("a", c.callback("cb"))),
        "end_when_destroyed": lambda c: after(c.watch(w()), destroy, lambda s: s.end(c.callback("cb"))),
        "end_with_chunk_when_destroyed": lambda c: after(c.watch(w()), destroy, lambda s: s.end("a", c.callback("cb"))),
        "buffered_when_destroyed": lambda c: after(
            c.watch(w(write=lambda self, chunk, encoding, done: None)),
            lambda s: s.write("a", c.callback("a")),
            lambda s: s.write("b", c.callback("b")),
            lambda s: s.end(c.callback("end")),
            destroy,
        ),
        "buffered_when_destroyed_with_error": lambda c: after(
            c.watch(w(write=lambda self, chunk, encoding, done: set_immediate(done) and None)),
            lambda s: s.write("a", c.callback("a")),
            lambda s: s.write("b", c.callback("b")),
            lambda s: s.end(c.callback("end")),
            lambda s: s.destroy(Exception("mine")),
        ),
        "write_null": lambda c: c.watch(w()).write(None),
        "write_null_object": lambda c: c.watch(w(object_mode=True)).write(None),
        "write_unknown_encoding": lambda c: c.watch(w()).write("a", "bogus"),
        "no_write": lambda c: c.watch(Writable()).write("a", c.callback("cb")),
        "no_write_corked": lambda c: after(
            c.watch(Writable()),
            lambda s: s.cork(),
            lambda s: s.write("a", c.callback("cb")),
            lambda s: next_tick(s.destroy),
        ),
        "write_twice": lambda c: c.watch(w(write=lambda self, chunk, encoding, done: twice(done))).write("a"),
        "writev_twice": lambda c: after(
            c.watch(w(writev=lambda self, chunks, done: twice(done))),
            lambda s: s.cork(),
            lambda s: s.write("a"),
            lambda s: s.write("b"),
            lambda s: s.uncork(),
        ),
        "final_twice": lambda c: after(c.watch(w(final=lambda self, done: twice(done))), end),
        "construct_twice": nothing(lambda c: c.watch(w(construct=lambda self, done: twice(done)))),
        "construct_fails": nothing(
            lambda c: c.watch(w(construct=lambda self, done: done(Exception("no")))).write("a", c.callback("cb"))
        ),
        "final_fails": lambda c: c.watch(w(final=lambda self, done: done(Exception("no")))).end(c.callback("cb")),
        "final_throws": lambda c: c.watch(w(final=lambda self, done: raises("no"))).end(c.callback("cb")),
        "destroy_fails": lambda c: c.watch(w(destroy=lambda self, error, done: done(Exception("no")))).destroy(),
        "write_fails": lambda c: c.watch(w(write=lambda self, chunk, encoding, done: done(Exception("no")))).write(
            "a", c.callback("cb")
        ),
        "write_throws": lambda c: c.watch(w(write=lambda self, chunk, encoding, done: raises("no"))).write("a"),
        "pipe_from_writable": lambda c: c.watch(w()).pipe(w()),
    },
)

scenario(
    "reading",
    {
        "no_read": lambda c: c.watch(Readable()).resume(),
        "read_throws": lambda c: c.watch(r(read=lambda self, size: raises("no"))).resume(),
        "push_after_end": lambda c: after(c.watch(r()), end_push, lambda s: s.push("a")),
        "push_null_after_end": lambda c: after(c.watch(r()), end_push, lambda s: s.push(None)),
        "unshift_after_end": lambda c: after(
            c.watch(r(auto_destroy=False)), end_push, lambda s: s.on("end", lambda: s.unshift("a")).resume()
        ),
        "push_number": lambda c: c.watch(r()).push(5),
        "push_object": lambda c: c.watch(r()).push({}),
        "push_when_destroyed": lambda c: after(c.watch(r()), destroy, lambda s: s.push("a")),
        "push_unknown_encoding": lambda c: c.watch(r()).push("a", "bogus"),
        "set_unknown_encoding": lambda c: c.watch(r()).set_encoding("bogus"),
        "option_unknown_encoding": lambda c: r(encoding="bogus"),
        "read_too_much": lambda c: c.watch(r()).read(2**31),
        "read_most": lambda c: c.watch(r()).read(2**30),
        "construct_fails": lambda c: c.watch(r(construct=lambda self, done: done(Exception("no")))).resume(),
        "construct_twice": lambda c: c.watch(r(construct=lambda self, done: twice(done))).resume(),
        "from_null": lambda c: c.watch(Readable.from_([1, None, 2])).resume(),
        "from_failing": lambda c: c.watch(Readable.from_(failing([1]))).resume(),
        "from_rejecting": lambda c: c.watch(Readable.from_([1, rejecting()])).resume(),
        "destroyed_with_error_twice": lambda c: c.watch(r()).destroy(Exception("first")).destroy(Exception("second")),
    },
)

scenario(
    "transforming",
    {
        "no_transform": lambda c: c.watch(Transform()).write("a"),
        "transform_twice": lambda c: c.watch(
            Transform(transform=lambda self, chunk, encoding, done: twice(done))
        ).write("a"),
        "transform_fails": lambda c: c.watch(
            Transform(transform=lambda self, chunk, encoding, done: done(Exception("no")))
        ).write("a", c.callback("cb")),
        "transform_throws": lambda c: c.watch(
            Transform(transform=lambda self, chunk, encoding, done: raises("no"))
        ).write("a"),
        "flush_fails": lambda c: c.watch(PassThrough(flush=lambda self, done: done(Exception("no")))).resume().end(),
        "flush_twice": lambda c: c.watch(PassThrough(flush=lambda self, done: twice(done))).resume().end(),
        "push_after_end": lambda c: after(c.watch(PassThrough()), end_push, lambda s: s.write("a")),
    },
)

scenario(
    "ending",
    {
        "finished_destroyed": lambda c: after(r(), lambda s: finished(s, c.callback("cb")), destroy),
        "finished_destroyed_before": lambda c: finished(dead(r()), c.callback("cb")),
        "finished_writable_destroyed": lambda c: finished(dead(w()), c.callback("cb")),
        "finished_failed": lambda c: after(
            c.watch(w()), lambda s: finished(s, c.callback("cb")), lambda s: s.destroy(Exception("mine"))
        ),
        "finished_aborted": lambda c: finished(r(), {"signal": AbortSignal.abort()}, c.callback("cb")),
        "finished_aborted_for_a_reason": lambda c: finished(
            r(), {"signal": AbortSignal.abort(Exception("why"))}, c.callback("cb")
        ),
        "promise_destroyed": lambda c: c.promise(promises.finished(dead(r()))),
        "iterated_when_destroyed": lambda c: c.promise(aiter(dead(r())).__anext__()),
        "iterated_when_destroyed_early": lambda c: after(
            r(), lambda s: c.promise(aiter(s).__anext__()), lambda s: next_tick(s.destroy)
        ),
        "collected_when_destroyed": lambda c: c.promise(dead(r()).to_array()),
        "aborted": lambda c: after(
            AbortController(), lambda made: add_abort_signal(made.signal, c.watch(r())), lambda made: made.abort()
        ),
        "aborted_before": lambda c: add_abort_signal(AbortSignal.abort("why"), c.watch(w())),
        "option_signal": lambda c: c.watch(r(signal=AbortSignal.abort())),
    },
)

p: Any = pipeline
d: Any = Duplex

scenario(
    "pipelines",
    {
        "no_callback": lambda c: p(r(), w()),
        "nothing": lambda c: p(),
        "one": lambda c: p(r(), c.callback("cb")),
        "empty": lambda c: p([], c.callback("cb")),
        "bad_first": lambda c: p(5, w(), c.callback("cb")),
        "bad_source": lambda c: p(lambda: 5, w(), c.callback("cb")),
        "bad_transform": lambda c: p(r(), lambda source: None, w(), c.callback("cb")),
        "into_destroyed": lambda c: p(c.watch(r()), dead(w()), c.callback("cb")),
        "into_ended": lambda c: p(c.watch(Readable.from_(["a"])), ended(), c.callback("cb")),
        "from_destroyed": lambda c: p(dead(r()), c.watch(w()), c.callback("cb")),
        "promise_from_destroyed": lambda c: c.promise(promises.pipeline(dead(r()), c.watch(w()))),
        "aborted": lambda c: c.promise(promises.pipeline(c.watch(r()), c.watch(w()), {"signal": AbortSignal.abort()})),
        "compose_nothing": lambda c: compose(),
        "compose_number": lambda c: compose(5),
        "from_number": lambda c: d.from_(5),
        "from_function": lambda c: d.from_(lambda: 5),
        "from_nothing": lambda c: d.from_(None),
    },
)

scenario(
    "operators",
    {
        "reduce_nothing": lambda c: c.promise(Readable.from_([]).reduce(lambda a, b: a + b)),
        "take_negative": lambda c: Readable.from_([1]).take(-1),
        "drop_negative": lambda c: Readable.from_([1]).drop(-1),
        "take_no_number": lambda c: r().take("x"),
        "concurrency": lambda c: Readable.from_([1]).map(lambda x: x, {"concurrency": 0}),
        "concurrency_of_promise": lambda c: c.promise(Readable.from_([1]).for_each(lambda x: x, {"concurrency": 0})),
        "aborted": lambda c: c.promise(Readable.from_([1]).to_array({"signal": AbortSignal.abort()})),
        "map_fails": lambda c: c.promise(Readable.from_([1]).map(lambda x: raises("no")).to_array()),
    },
)


def emitter(*calls: Callable[[Any], Any]) -> None:
    after(EventEmitter(), *calls)


scenario(
    "emitters",
    {
        "unhandled": lambda c: emitter(lambda e: e.emit("error", Exception("mine"))),
        "unhandled_nothing": lambda c: emitter(lambda e: e.emit("error")),
        "unhandled_string": lambda c: emitter(lambda e: e.emit("error", "boo")),
        "unhandled_object": lambda c: emitter(lambda e: e.emit("error", {"a": 1})),
        "unhandled_array": lambda c: emitter(lambda e: e.emit("error", [1, "x", {"b": True}])),
        "unhandled_long": lambda c: emitter(lambda e: e.emit("error", "x" * 200)),
        "rejected_error": lambda c: emitter(
            lambda e: c.promise(events.once(e, "x")), lambda e: e.emit("error", Exception("mine"))
        ),
        "rejected_string": lambda c: emitter(
            lambda e: c.promise(events.once(e, "x")), lambda e: e.emit("error", TypeError("boo"))
        ),
        "once_aborted": lambda c: c.promise(events.once(EventEmitter(), "x", {"signal": AbortSignal.abort("why")})),
        "on_aborted": lambda c: events.on(EventEmitter(), "x", {"signal": AbortSignal.abort()}),
        "on_failing": lambda c: emitter(
            lambda e: c.promise(events.on(e, "x").__anext__()), lambda e: e.emit("error", Exception("mine"))
        ),
    },
)
