"""What belongs to JavaScript, as Python sees it. Each proxy keeps its original alive, and is that original again when
it goes back.

Attributes are JavaScript's properties, in either spelling. A function taken from an object is called with that object
as `this`. Plain objects and arrays are dicts and lists with the values at the time, and remember where they came from.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from compliance.node_suite.bridge._nothing import UNDEFINED
from nodestream.loop import Promise

if TYPE_CHECKING:
    from ._values import Values


def camel_case(name: str) -> str:
    """`high_water_mark` as `highWaterMark`; a name that begins with an underscore keeps it."""
    first, *rest = name.lstrip("_").split("_")
    prefix = name[: len(name) - len(name.lstrip("_"))]
    return prefix + first + "".join(word[:1].upper() + word[1:] for word in rest)


class Owned:
    """Something of JavaScript's. `js_id` is its number there."""

    js_id: int = 0
    _values: Values
    _received = 0

    def _adopt(self, values: Values, js_id: int) -> None:
        self.__dict__.update(_values=values, js_id=js_id, _received=0)

    def _note_received(self) -> None:
        self.__dict__["_received"] += 1

    def __del__(self) -> None:
        if self._received:
            self._values.released.append((self.js_id, self._received))


class Plain(dict[str, Any], Owned):
    """A plain object: its properties by name, as items and as attributes."""

    __hash__ = object.__hash__  # type: ignore[assignment]

    def __str__(self) -> str:
        return str(self._values.ask("string", self.js_id)) if "toString" in self else super().__str__()

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_") or camel_case(name) not in self:
            raise AttributeError(name)
        found = self[camel_case(name)]
        return found.bound_to(self) if isinstance(found, JSFunction) else found


class Array(list[Any], Owned):
    """An array: its items."""

    __hash__ = object.__hash__  # type: ignore[assignment]


class View(bytes, Owned):
    """A typed array, a DataView or an ArrayBuffer: its bytes."""


class Memory(bytearray, Owned):
    """Bytes of JavaScript that are written to here: what is in them is in the original when they come home."""


class JSObject(Owned):
    """Any other object; its class here has the name of its class there."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("_"):
            raise AttributeError(name)
        found = self._values.ask("get", self.js_id, camel_case(name))
        if found is MISSING:
            raise AttributeError(name)
        return found.bound_to(self) if isinstance(found, JSFunction) else found

    def __setattr__(self, name: str, value: Any) -> None:
        if name.startswith("_"):
            self.__dict__[name] = value
        else:
            self._values.ask("set", self.js_id, camel_case(name), value)

    def __str__(self) -> str:
        return str(self._values.ask("string", self.js_id))

    def __repr__(self) -> str:
        return str(self._values.ask("inspect", self.js_id))


class Missing:
    """The type of what stands for a property that is not there."""


MISSING = Missing()


class JSFunction(JSObject):
    """A function. What it is called with as `this`, and which nothing a None is for it (`nothing`, encoded), may differ
    from variant to variant; all are equal.
    """

    _this: Any = None
    _hook = False
    _told_of_failures = False
    nothing: Any = None
    __name__ = ""

    def __call__(self, *args: Any) -> Any:
        if self._hook:  # a hook given as an option gets the stream first, which JavaScript calls `this`
            return self._values.call_function(self, args[0], args[1:], is_hook=True)
        return self._values.call_function(self, self._this, args)

    def bound_to(self, this: Any) -> JSFunction:
        """The same function, called with `this`."""
        return self._variant(_this=this)

    def as_hook(self) -> JSFunction:
        """The same function, called with its first argument as `this`."""
        return self._variant(_hook=True)

    def given(self, nothing: Any) -> JSFunction:
        """The same function, for whose arguments a None is `nothing`."""
        return self._variant(nothing=nothing)

    def told_of_failures(self) -> JSFunction:
        """The same function, for which a None beside an error is undefined."""
        return self._variant(_told_of_failures=True)

    def nothing_among(self, args: Sequence[Any]) -> Any:
        """What a None among these arguments is, encoded."""
        return UNDEFINED if self._told_of_failures and args[0] is not None else self.nothing

    def _variant(self, **attributes: Any) -> JSFunction:
        variant = type(self).__new__(type(self))
        variant.__dict__.update(self.__dict__, **attributes, _received=0, _original=self)
        return variant

    def __eq__(self, other: object) -> bool:
        return isinstance(other, JSFunction) and other.js_id == self.js_id

    def __hash__(self) -> int:
        return hash(self.js_id)


class JSClass(JSFunction):
    """A constructor: calling it makes an instance."""

    def __call__(self, *args: Any) -> Any:
        return self._values.ask("construct", self.js_id, list(args))


class JSError(JSObject, Exception):
    """An Error. Its subclasses are TypeError and ValueError too, where JavaScript's are TypeError and RangeError."""

    def __str__(self) -> str:
        return str(self._values.ask("get", self.js_id, "message"))

    __hash__ = Exception.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class JSTypeError(JSError, TypeError):
    """A TypeError."""


class JSRangeError(JSError, ValueError):
    """A RangeError."""


class JSThrown(Exception):
    """Something thrown that is no Error: `value`."""

    def __init__(self, value: Any) -> None:
        super().__init__(value)
        self.value = value


class JSPromise(JSObject):
    """A promise. It is listened to from the beginning: a rejection that nobody takes is Python's to report then."""

    _outcome: Promise[Any]

    def __await__(self) -> Generator[Any, None, Any]:
        return self._outcome.__await__()

    def settle(self, succeeded: bool, value: Any) -> None:
        """The promise was settled."""
        if succeeded:
            self._outcome.resolve(value)
        else:
            self._outcome.reject(value if isinstance(value, BaseException) else JSThrown(value))


class EventTarget(JSObject):
    """An EventTarget. What only Node's own functions tell of it has the names that emitters have."""

    def listeners(self, event: str) -> Any:
        """The listeners of an event."""
        return self._values.ask("listeners", self.js_id, event)

    def listener_count(self, event: str) -> int:
        """How many there are."""
        return len(self.listeners(event))

    def get_max_listeners(self) -> Any:
        """How many of one event are normal."""
        return self._values.ask("maxListeners", self.js_id)

    def set_max_listeners(self, n: float) -> None:
        """Set that."""
        self._values.ask("setMaxListeners", self.js_id, n)


class AbortSignal(EventTarget):
    """An AbortSignal."""

    def _listen(self, _event: str, listener: Any, *, once: bool) -> Any:
        """Listen for `abort` once, whatever other listeners do to the event."""
        return self._values.ask("addAbortListener", self.js_id, listener)


class Thenable(JSObject):
    """An object with a `then` method."""

    def __await__(self) -> Generator[Any, None, Any]:
        promise = self._values.ask("resolve", self.js_id)
        return promise.__await__()  # type: ignore[no-any-return]


class Record(JSObject, Mapping[str, Any]):
    """An object that is no emitter and no collection: a mapping of its own enumerable properties."""

    def __getitem__(self, name: str) -> Any:
        found = self._values.ask("get", self.js_id, name)
        if found is MISSING:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        return iter(self._values.ask("keys", self.js_id))

    def __len__(self) -> int:
        return len(self._values.ask("keys", self.js_id))

    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class Iterable(JSObject):
    """An object with Symbol.iterator."""

    def __iter__(self) -> SyncIterator:
        return SyncIterator(self._values.ask("iterate", self.js_id, False))


class Entries(Iterable):
    """A Map, or what has its methods `get` and `entries`: Headers, URLSearchParams."""

    def items(self) -> list[Any]:
        """Its pairs of name and value."""
        return list(self)


class AsyncIterable(JSObject):
    """An object with Symbol.asyncIterator."""

    def __aiter__(self) -> AsyncIterator:
        return AsyncIterator(self._values.ask("iterate", self.js_id, True))


class _Iterator:
    """What Python asks of an iterator that may have the methods `return` and `throw`, or not."""

    _PYTHON_NAMES: dict[str, str] = {}

    def __init__(self, iterator: Any) -> None:
        self._iterator = iterator

    def __getattr__(self, name: str) -> Callable[..., Any]:
        theirs = self._PYTHON_NAMES.get(name)
        if theirs is None or not hasattr(self._iterator, theirs):
            raise AttributeError(name)
        method: Callable[..., Any] = getattr(self, f"_{name}")
        return method


class SyncIterator(_Iterator):
    """An iterator of JavaScript's."""

    _PYTHON_NAMES = {"close": "return", "throw": "throw"}

    def __iter__(self) -> SyncIterator:
        return self

    def __next__(self) -> Any:
        done, value = _step(self._iterator.next())
        if done:
            raise StopIteration
        return value

    def _close(self) -> None:
        getattr(self._iterator, "return")()

    def _throw(self, error: BaseException) -> Any:
        done, value = _step(self._iterator.throw(error))
        if done:
            raise StopIteration
        return value


class AsyncIterator(_Iterator):
    """An async iterator of JavaScript's."""

    _PYTHON_NAMES = {"aclose": "return", "athrow": "throw"}

    def __aiter__(self) -> AsyncIterator:
        return self

    async def __anext__(self) -> Any:
        done, value = _step(await self._iterator.next())
        if done:
            raise StopAsyncIteration
        return value

    async def _aclose(self) -> None:
        await getattr(self._iterator, "return")()

    async def _athrow(self, error: BaseException) -> Any:
        done, value = _step(await self._iterator.throw(error))
        if done:
            raise StopAsyncIteration
        return value


def _step(result: Any) -> tuple[bool, Any]:
    if isinstance(result, Plain):
        return bool(result.get("done")), result.get("value")
    return bool(result.done), result.value
