"""`EventEmitterAsyncResource`: an emitter whose listeners see the context variables of the place where it was made.

Node follows asynchronous work by numbers and by its AsyncLocalStorage; Python's counterpart of that is
`contextvars.Context`. The resource holds a copy of the context that was current when the emitter was made, and runs
listeners in it. Each run gets a copy of its own: what a listener sets does not stay, as in Node.

Node: events.EventEmitterAsyncResource, async_hooks.AsyncResource
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from contextvars import ContextVar, copy_context
from typing import Any, TypeVar

from ._event_emitter import EventEmitter, EventName
from ._names import NodeNames, node_alias, node_name
from ._options import normalized
from .errors import ERR_INVALID_ARG_TYPE, ERR_INVALID_ASYNC_ID

T = TypeVar("T")

_MAIN = 1
"""The number of what runs outside any resource."""

_numbers = itertools.count(_MAIN + 1)
_running: ContextVar[int] = ContextVar("nodestream_async_id", default=_MAIN)
_OPTIONS = ("name", "trigger_async_id", "require_manual_destroy", "capture_rejections")


class AsyncResource(NodeNames):
    """Something that runs functions later, in the context in which it was made itself.

    Attributes:
        type: what kind of thing it is.
        event_emitter: the emitter that it belongs to.

    Node: async_hooks.AsyncResource
    """

    def __init__(self, kind: str, event_emitter: EventEmitterAsyncResource, trigger_async_id: int | None) -> None:
        self.type = kind
        self.event_emitter = event_emitter
        self._async_id = next(_numbers)
        self._trigger_async_id = _running.get() if trigger_async_id is None else trigger_async_id
        self._context = copy_context()
        self._context.run(_running.set, self._async_id)

    eventEmitter: EventEmitterAsyncResource = node_alias("event_emitter")

    @property
    def async_id(self) -> int:
        """The number of this resource. Node: asyncResource.asyncId"""
        return self._async_id

    asyncId: int = node_alias("async_id")

    @property
    def trigger_async_id(self) -> int:
        """The number of the resource that made this one; 1 if it was none. Node: asyncResource.triggerAsyncId"""
        return self._trigger_async_id

    triggerAsyncId: int = node_alias("trigger_async_id")

    def run_in_async_scope(self, function: Callable[..., T], /, *args: Any) -> T:
        """Call a function in the context of the resource. Node: asyncResource.runInAsyncScope"""
        return self._context.copy().run(function, *args)

    runInAsyncScope = node_name(run_in_async_scope)

    def emit_destroy(self: R) -> R:
        """Say that nothing will run any more; Python has no hooks that could hear of it.

        Node: asyncResource.emitDestroy
        """
        return self

    emitDestroy = node_name(emit_destroy)


R = TypeVar("R", bound=AsyncResource)


class EventEmitterAsyncResource(EventEmitter):
    """An emitter whose listeners run in the context in which it was made, whoever emits.

    Options, or the name alone:
        name: what kind of thing it is. The class's own name by default, in a subclass; else it must be given.
        trigger_async_id: the number of the resource that it belongs to; that of the one that runs now by default.
        require_manual_destroy: accepted for Node's sake; nothing is destroyed by itself here.
        capture_rejections: as for an EventEmitter.

    Raises ERR_INVALID_ARG_TYPE, ERR_INVALID_ASYNC_ID. Node: events.EventEmitterAsyncResource
    """

    def __init__(self, options: Mapping[str, Any] | str | None = None, **keywords: Any) -> None:
        own = type(self) is EventEmitterAsyncResource
        given = {"name": options} if isinstance(options, str) else options
        chosen = normalized(_OPTIONS, given, keywords, type(self).__name__)
        name: Any = chosen.get("name", None if own else type(self).__name__)
        if own and not isinstance(name, str):
            raise ERR_INVALID_ARG_TYPE("options.name", "of type string", name)
        super().__init__(capture_rejections=chosen.get("capture_rejections"))
        trigger = chosen.get("trigger_async_id")
        if trigger is not None and (not isinstance(trigger, int) or isinstance(trigger, bool) or trigger < -1):
            raise ERR_INVALID_ASYNC_ID("triggerAsyncId", trigger)
        self._async_resource = AsyncResource(name, self, trigger)

    def emit(self, event: EventName, /, *args: Any) -> bool:
        """As `EventEmitter.emit`, in the context of the resource. Node: eventEmitterAsyncResource.emit"""
        return self._async_resource.run_in_async_scope(super().emit, event, *args)

    @property
    def async_resource(self) -> AsyncResource:
        """The resource, which other functions can be run in. Node: eventEmitterAsyncResource.asyncResource"""
        return self._async_resource

    asyncResource: AsyncResource = node_alias("async_resource")

    @property
    def async_id(self) -> int:
        """The number of the resource. Node: eventEmitterAsyncResource.asyncId"""
        return self._async_resource.async_id

    asyncId: int = node_alias("async_id")

    @property
    def trigger_async_id(self) -> int:
        """The number of the resource that made it. Node: eventEmitterAsyncResource.triggerAsyncId"""
        return self._async_resource.trigger_async_id

    triggerAsyncId: int = node_alias("trigger_async_id")

    def emit_destroy(self) -> None:
        """Say that nothing will be emitted any more; what is emitted still arrives.

        Node: eventEmitterAsyncResource.emitDestroy
        """
        self._async_resource.emit_destroy()

    emitDestroy = node_name(emit_destroy)
