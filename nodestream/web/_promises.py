"""What the standard does with promises.

A *promise* is a `nodestream.loop.Promise`. An algorithm of a user (`pull`, `write`, ...) may return one, any other
awaitable, which then runs as a task, or a plain value.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from ..errors import ERR_UNHANDLED_ERROR
from ..loop import Promise, current_loop

T = TypeVar("T")


def resolved_with(value: T) -> Promise[T]:
    """The standard's "a promise resolved with", for what is no promise itself."""
    promise: Promise[T] = Promise()
    promise.resolve(value)
    return promise


def rejected_with(error: Any, *, handled: bool = False) -> Promise[Any]:
    """The standard's "a promise rejected with"; `handled` sets its [[PromiseIsHandled]]."""
    promise: Promise[Any] = Promise()
    if handled:
        promise.mark_as_handled()
    promise.reject(error)
    return promise


def handled_promise() -> Promise[Any]:
    """A new promise whose rejection is nobody's trouble."""
    promise: Promise[Any] = Promise()
    promise.mark_as_handled()
    return promise


def promise_of(value: Any) -> Promise[Any]:
    """The standard's "a promise resolved with", for whatever an algorithm of a user returned."""
    if isinstance(value, Promise):
        return value
    if not isinstance(value, Awaitable):
        return resolved_with(value)
    promise: Promise[Any] = Promise()

    def settle(error: BaseException | None, result: Any) -> None:
        if error is None:
            promise.resolve(result)
        else:
            promise.reject(error)

    current_loop().spawn(value, settle)
    return promise


def attempt(algorithm: Callable[..., Any], *args: Any) -> Promise[Any]:
    """Call an algorithm of a user: a promise of what comes of it, also if it raises."""
    try:
        return promise_of(algorithm(*args))
    except Exception as error:
        return rejected_with(error)


def transformed(
    promise: Promise[Any], resolved: Callable[[Any], Any] | None, rejected: Callable[[Any], Any] | None = None
) -> Promise[Any]:
    """The standard's "reacting to": a promise of what the reaction returns; without a reaction, of what it was."""
    derived: Promise[Any] = Promise()

    def react(reaction: Callable[[Any], Any], value: Any) -> None:
        try:
            result = reaction(value)
        except Exception as error:
            derived.reject(error)
        else:
            settle_with(derived, result)

    promise.when_settled(
        derived.resolve if resolved is None else lambda value: react(resolved, value),
        derived.reject if rejected is None else lambda error: react(rejected, error),
    )
    return derived


def settle_with(promise: Promise[Any], value: Any) -> None:
    """Resolve `promise` with a value, or let it become what another promise becomes."""
    if isinstance(value, Promise):
        # As in JavaScript, the other promise is asked in a microtask of its own.
        current_loop().queue_microtask(value.when_settled, promise.resolve, promise.reject)
    else:
        promise.resolve(value)


def wait_for_all(promises: list[Promise[Any]]) -> Promise[None]:
    """The standard's "getting a promise to wait for all": fails as soon as one fails, with its error."""
    together: Promise[None] = Promise()
    pending = len(promises)

    def one_is_done(_value: Any) -> None:
        nonlocal pending
        pending -= 1
        if pending == 0:
            together.resolve(None)

    if not promises:
        together.resolve(None)
    for promise in promises:
        promise.when_settled(one_is_done, together.reject)
    return together


def exception_of(error: Any) -> BaseException:
    """What is raised for an error; in a stream any value may be one."""
    return error if isinstance(error, BaseException) else ERR_UNHANDLED_ERROR(error)
