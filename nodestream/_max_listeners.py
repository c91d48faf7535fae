"""How many listeners of one event are normal, and the warning when there are more.

Node: emitter.setMaxListeners, events.setMaxListeners
"""

from __future__ import annotations

from typing import Any

from .errors import ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE, inspect


class MaxListenersExceededWarning(Warning):
    """Many listeners were added for one event: perhaps a leak.

    Attributes:
        emitter: the emitter; None if it is an event target.
        target: the event target; None if it is an emitter.
        type: the event's name.
        count: how many listeners it has now.
    """

    def __init__(self, message: str, event: Any, count: int, *, emitter: Any = None, target: Any = None) -> None:
        super().__init__(message)
        self.emitter = emitter
        self.target = target
        self.type = event
        self.count = count

    @classmethod
    def of_emitter(cls, emitter: Any, event: Any, count: int, maximum: float) -> MaxListenersExceededWarning:
        """The warning about an EventEmitter."""
        found = f"{count} {_event_text(event)} listeners added to [{type(emitter).__name__}]"
        return cls(_message("EventEmitter", found, maximum, "emitter"), event, count, emitter=emitter)

    @classmethod
    def of_target(cls, target: Any, shown: str, event: str, count: int, maximum: float) -> MaxListenersExceededWarning:
        """The warning about an EventTarget, which is `shown` like this."""
        found = f"{count} {event} listeners added to {shown}"
        return cls(_message("EventTarget", found, maximum, "events"), event, count, target=target)


def _message(kind: str, found: str, maximum: float, where: str) -> str:
    return (
        f"Possible {kind} memory leak detected. {found}. MaxListeners is {inspect(maximum)}. "
        f"Use {where}.setMaxListeners() to increase limit"
    )


def _event_text(event: Any) -> str:
    if isinstance(event, str):
        return event
    return "null" if event is None else inspect(event)


def checked_maximum(name: str, n: Any) -> float:
    """`n` if it can be a maximum; `name` is the function or property that it was given to.

    Raises ERR_INVALID_ARG_TYPE, ERR_OUT_OF_RANGE.
    """
    if not isinstance(n, (int, float)) or isinstance(n, bool):
        raise ERR_INVALID_ARG_TYPE(name, "of type number", n)
    if not n >= 0:
        raise ERR_OUT_OF_RANGE(name, ">= 0", n)
    return n
