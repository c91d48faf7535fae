"""Values as they cross between the two languages.

Strings, numbers, booleans and null are themselves in JSON; everything else is an array that begins with a tag:

    ["u"]                         undefined
    ["n", text], ["i", text]      a number that JSON does not have; a BigInt
    ["b", base64]                 bytes: a Buffer
    ["o", [[key, value] ...], bare]  a mapping: a plain object, without a prototype if bare
    ["r", n]                      the plain object that this one is inside of, n steps up
    ["l", id, is a list, bare, [[key, value] ...]]  a dict or list of Python that may be changed in place
    ["a", [value ...]]            a sequence: an array; ["s", ...] a set: a Set
    ["S", text], ["y", id, text]  a symbol that both sides know by its name; another one, of JavaScript
    ["w", id, base64]             bytes of JavaScript that were written to: they come home with what is in them
    ["h", id]                     an object of JavaScript that comes home, or that JavaScript constructed
    ["p", id, class]              an object of Python, for which JavaScript has a facade
    ["f", id, name, length, {}]   a function of Python, and its public attributes
    ["c", class]                  a class of Python
    ["P", id, kind]               something to await in Python: a promise; kind: of which kind its bytes are
    ["I", id, is async, [name ...]]  an iterator of Python, and its properties
    ["x", id, {...}]              an exception of Python: an Error

and, from JavaScript only, with the number of the original:

    ["O", id, [[key, value] ...]], ["A", id, [value ...]]     a plain object, an array
    ["B", id, base64]                                         a Buffer: bytes, and the Buffer again if they come home
    ["V", id, base64]                                         bytes that are no Buffer: a typed array, a DataView
    ["F", id, name, is a constructor]                         a function
    ["E", id, class, constructor]                             an Error
    ["U", text]                                               a URL
    ["J", id, class, kinds]       any other object; kinds are letters: a async iterable, i iterable, m map, t thenable,
                                  p promise, e event target, b abort signal, r record
"""

from __future__ import annotations

import base64
import math
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any, TypeVar
from urllib.parse import SplitResult, urlsplit
from weakref import WeakValueDictionary

from compliance.node_suite.bridge import _proxies as proxies
from compliance.node_suite.bridge._buffers import KINDS_OF_BYTES, Buffers
from compliance.node_suite.bridge._calling import UNLIMITED, limits
from compliance.node_suite.bridge._channel import Channel, JavaScriptRaised
from compliance.node_suite.bridge._errors import describe_error
from compliance.node_suite.bridge._live import LIVE_MEMBERS, Container, contents, is_container
from compliance.node_suite.bridge._nothing import (
    BARE_OBJECTS,
    GIVEN_UNDEFINED,
    UNDEFINED,
    is_step,
    is_undefined,
)
from compliance.node_suite.bridge._nothing_values import Nothing
from compliance.node_suite.bridge._reflection import Classes, public_attributes
from nodehttp._options import Options
from nodestream.events import Symbol, capture_rejection_symbol, error_monitor
from nodestream.loop import Promise

C = TypeVar("C", bound=proxies.Owned)

SHARED_SYMBOLS = {"events.errorMonitor": error_monitor, "nodejs.rejection": capture_rejection_symbol}
LARGEST_NUMBER = 2**53 - 1


class Sent:
    """An object of Python that JavaScript knows by number: how often it was sent, until it is released."""

    __slots__ = ("count", "value")

    def __init__(self, value: Any) -> None:
        self.value = value
        self.count = 0


class Values:
    """Encodes and decodes; keeps what the other side refers to, and one proxy for each object of the other side."""

    def __init__(self, channel: Channel, classes: Classes) -> None:
        self._channel = channel
        self._classes = classes
        self.released: list[tuple[int, int]] = []
        self._released_before: list[tuple[int, int]] = []
        self.before_request: Callable[[], object] = lambda: None
        self.when_awaited: Callable[[int, Awaitable[Any]], object] = lambda number, awaitable: None
        self._proxies: WeakValueDictionary[int, Any] = WeakValueDictionary()
        self._proxy_classes: dict[tuple[str, str], type] = {}
        self._pending: dict[int, proxies.JSPromise] = {}
        self._symbols: dict[int, Symbol] = {}
        self._constructed: dict[int, Any] = {}  # what JavaScript constructed, by its number there
        self._references: dict[int, list[Any]] = {}  # how an object is sent, by its id()
        self._owned: dict[int, Sent] = {}
        self._functions: dict[Any, int] = {}
        self._live: dict[int, int] = {}  # numbers of containers that may be changed in place, by their id()
        self._above: list[int] = []  # mappings that are being encoded, each inside the one before: their id()
        self._buffers = Buffers()
        self._last_number = 0
        channel.take_released = self._take_released
        channel.forget = self._forget

    # --- what the other side knows ---

    def link(self, js_id: int, made: Any) -> None:
        """`made` is the Python side of an object that JavaScript constructed."""
        self._constructed[js_id] = made
        self._references[id(made)] = ["h", js_id]

    def owned(self, number: int) -> Any:
        """The object of Python with this number."""
        return self._owned[number].value

    def _number(self, value: Any) -> int:
        self._last_number += 1
        self._owned[self._last_number] = Sent(value)
        return self._last_number

    def _take_released(self) -> list[tuple[int, int]]:
        """What can be sent as released: not what was let go since the last message, for this one may still name it."""
        released, self._released_before, self.released = self._released_before, self.released, []
        return released

    def _forget(self, released: list[tuple[int, int]]) -> None:
        for number, count in released:
            entry = self._owned[number]
            entry.count -= count
            if entry.count == 0:
                del self._owned[number]
                self._functions.pop(_function_key(entry.value), None)

    def forget_awaited(self, number: int) -> None:
        """JavaScript's promise was settled."""
        del self._owned[number]

    def settle(self, js_id: int, succeeded: bool, value: Any) -> None:
        """A promise of JavaScript's was settled."""
        self._pending.pop(js_id).settle(succeeded, value)

    def shared(self, data: Any) -> Any:
        """JavaScript's bytes as memory that may be written to; anything else as it is."""
        if isinstance(data, proxies.View):
            memory = proxies.Memory(data)
            memory._adopt(self, data.js_id)
            memory.__dict__["original"] = data
            return memory
        js_id = self._buffers.take(data)
        return data if js_id is None else self._received(proxies.Memory(data), js_id)

    # --- asking JavaScript ---

    def ask(self, operation: str, js_id: int, *args: Any) -> Any:
        """Ask for something about one of JavaScript's objects; a list among `args` holds arguments of a call."""
        return self.decode(self._request(operation, js_id, *map(self.encode, args)))

    def call_function(self, function: Any, this: Any, args: Sequence[Any], *, is_hook: bool = False) -> Any:
        """Call one of JavaScript's functions. What a hook returns is nobody's business."""
        nothing = function.nothing_among(args)
        encoded = [self.encode(argument, nothing) for argument in args]
        result = self._request("apply", function.js_id, self.encode(this, UNDEFINED), encoded, is_hook)
        return self.decode(result)

    def call_method(self, target: Any, name: str, args: Sequence[Any]) -> Any:
        """Call a method that JavaScript gave to an object, by its name there."""
        nothing = UNDEFINED if name in GIVEN_UNDEFINED else None
        encoded = [self.encode(argument, nothing) for argument in args]
        return self.decode(self._request("invoke", self.encode(target), name, encoded, name.startswith("_")))

    def get_property(self, target: Any, name: str) -> Any:
        """The value of a property that JavaScript gave to an object."""
        return self.decode(self._request("read", self.encode(target), name))

    def set_property(self, target: Any, name: str, value: Any) -> None:
        """Assign to such a property."""
        self._request("write", self.encode(target), name, self.encode(value))

    def tell(self, operation: str, *encoded: Any) -> None:
        """Tell JavaScript something, in encoded values."""
        self._request(operation, *encoded)

    def _request(self, *payload: Any) -> Any:
        self.before_request()
        try:
            return self._channel.request(*payload)
        except JavaScriptRaised as raised:
            error = self.decode(raised.payload)
        raise error if isinstance(error, BaseException) else proxies.JSThrown(error)

    # --- encoding ---

    def encode_member(self, value: Any, name: str, target: Any, *, returns_nothing: bool = False) -> Any:
        """What a property or method of `target` of this name (in Node's spelling) holds or returns."""
        if value is None:
            return UNDEFINED if returns_nothing or is_undefined(name, target) else None
        if name in LIVE_MEMBERS and is_container(value):
            return self._encode_live(value, is_bare=name in BARE_OBJECTS)
        encoded = self.encode(value)
        if name in BARE_OBJECTS and isinstance(value, Mapping):
            return [*encoded, True]
        kind = KINDS_OF_BYTES.get(proxies.camel_case(name)) if isinstance(value, Promise) else None
        return encoded if kind is None else [*encoded, kind]

    def _encode_live(self, container: Container, *, is_bare: bool = False) -> Any:
        key = id(container)
        if key not in self._live:
            self._live[key] = self._number(container)
        return ["l", self._live[key], isinstance(container, list), is_bare, self.encode_contents(container)]

    def encode_contents(self, container: Container) -> list[Any]:
        """What is in a container that may be changed in place: so may be the containers in it."""
        return [[key, self.encode_item(value)] for key, value in contents(container)]

    def encode_item(self, value: Any) -> Any:
        """A value in such a container."""
        return self._encode_live(value) if is_container(value) else self.encode(value)

    def encode(self, value: Any, nothing: Any = None) -> Any:
        """A value for JavaScript; `nothing` is what a None is."""
        kind = type(value)
        if value is None:
            return nothing
        if kind is str or kind is bool:
            return value
        if kind is int or kind is float:
            return _number_to_json(value)
        if kind is bytes:
            return self._buffers.reference(value) or ["b", base64.b64encode(value).decode()]
        reference = self._references.get(id(value))
        if reference is not None:
            if not isinstance(value, BaseException):
                self._classes.note_attributes(value)
            return reference
        if isinstance(value, proxies.Memory):
            return ["w", value.js_id, base64.b64encode(value).decode()]
        if isinstance(value, proxies.Owned):
            return ["h", value.js_id]
        if isinstance(value, (bytes, bytearray, memoryview)):
            return ["b", base64.b64encode(value).decode()]
        if isinstance(value, Nothing):
            return value.encoded
        return self._encode_other(value)

    def _encode_other(self, value: Any) -> Any:
        if isinstance(value, (str, int, float)):
            return self.encode(_as_plain(value))
        if isinstance(value, type):
            return ["c", self._classes.number_of(value)]
        if hasattr(value, "_asdict"):
            return self._encode_record({proxies.camel_case(name): item for name, item in value._asdict().items()})
        if isinstance(value, Options):  # which are found under either spelling
            value = {proxies.camel_case(name): item for name, item in value.items()}
        if isinstance(value, Mapping):
            return self._encode_mapping(value)
        if isinstance(value, BaseException):
            return self._encode_error(value)
        if isinstance(value, Symbol):
            return self._encode_symbol(value)
        if isinstance(value, Sequence | AbstractSet):
            return ["a" if isinstance(value, Sequence) else "s", [self.encode(item) for item in value]]
        return self._encode_object(value)

    def _encode_mapping(self, mapping: Mapping[Any, Any]) -> list[Any]:
        above = self._above
        if id(mapping) in above:
            return ["r", len(above) - 1 - above.index(id(mapping))]
        above.append(id(mapping))
        try:
            return ["o", [[self.encode(key), self.encode(item)] for key, item in mapping.items()]]
        finally:
            above.pop()

    def _encode_record(self, record: dict[str, Any]) -> list[Any]:
        nothing = None if is_step(record) else UNDEFINED
        return ["o", [[name, self.encode(item, nothing)] for name, item in record.items()]]

    def _encode_object(self, value: Any) -> list[Any]:
        if isinstance(value, Awaitable):
            number = self._number(value)
            self.when_awaited(number, value)
            return ["P", number]
        if hasattr(value, "__anext__") or isinstance(value, Iterator):
            return ["I", self._number(value), hasattr(value, "__anext__"), public_attributes(type(value))]
        if callable(value):
            return self._encode_function(value)
        reference = self._references[id(value)] = ["p", self._number(value), self._classes.number_of(type(value))]
        self._classes.note_attributes(value)
        return reference

    def _encode_function(self, function: Callable[..., Any]) -> list[Any]:
        key = _function_key(function)
        number = self._functions.get(key)
        if number is None:
            number = self._functions[key] = self._number(function)
        self._owned[number].count += 1
        name = getattr(function, "__name__", "")
        length = limits(function)[1]
        return ["f", number, name, 0 if length == UNLIMITED else length, self._attributes(function)]

    def _attributes(self, function: Any) -> dict[str, Any]:
        """Public attributes of a callable object: the `listener` of what `once` made."""
        if isinstance(function, (FunctionType, MethodType, BuiltinFunctionType)):
            return {}
        slots = getattr(type(function), "__slots__", ())
        return {"listener": self.encode(function.listener)} if "listener" in slots else {}

    def _encode_symbol(self, symbol: Symbol) -> list[Any]:
        for js_id, known in self._symbols.items():
            if known is symbol:
                return ["h", js_id]
        return ["S", symbol.description]

    def _encode_error(self, error: BaseException) -> Any:
        if isinstance(error, proxies.JSThrown):
            return self.encode(error.value)
        number = self._number(error)
        self._references[id(error)] = ["x", number]
        described = describe_error(error)
        described["properties"] = [[name, self.encode(value)] for name, value in described["properties"].items()]
        return ["x", number, described]

    # --- decoding ---

    def decode(self, value: Any) -> Any:
        """A value from JavaScript."""
        if type(value) is not list:
            return value
        return getattr(self, f"_decode_{_DECODERS[value[0]]}")(*value[1:])

    def decode_all(self, values: list[Any]) -> list[Any]:
        """Several."""
        return [self.decode(value) for value in values]

    def _decode_undefined(self) -> None:
        return None

    def _decode_missing(self) -> proxies.Missing:
        return proxies.MISSING

    def _decode_number(self, text: str) -> float:
        return float(text)

    def _decode_bigint(self, text: str) -> int:
        return int(text)

    def _decode_buffer(self, js_id: int, text: str) -> bytes:
        data = base64.b64decode(text)
        self.released += [(forgotten, 1) for forgotten in self._buffers.keep(js_id, data)]
        return data

    def _decode_view(self, js_id: int, text: str) -> proxies.View:
        return self._received(proxies.View(base64.b64decode(text)), js_id)

    def _decode_url(self, text: str) -> SplitResult:
        return urlsplit(text)

    def _decode_shared_symbol(self, description: str) -> Symbol:
        return SHARED_SYMBOLS[description]

    def _decode_symbol(self, js_id: int, description: str) -> Symbol:
        return self._symbols.setdefault(js_id, Symbol(description))

    def _decode_constructed(self, js_id: int) -> Any:
        return self._constructed[js_id]

    def _decode_owned(self, number: int, *_: Any) -> Any:
        return self.owned(number)

    def _decode_class(self, number: int) -> type:
        return self._classes.by_number(number)

    def _decode_plain(self, js_id: int, entries: list[Any]) -> proxies.Plain:
        return self._received(proxies.Plain((key, self.decode(item)) for key, item in entries), js_id)

    def _decode_array(self, js_id: int, items: list[Any]) -> proxies.Array:
        return self._received(proxies.Array(map(self.decode, items)), js_id)

    def _received(self, copy: C, js_id: int) -> C:
        """A copy remembers its original; there is a new one each time."""
        copy._adopt(self, js_id)
        copy._note_received()
        return copy

    def _decode_function(self, js_id: int, name: str, is_constructor: bool) -> Any:
        function = self._proxy(js_id, proxies.JSClass if is_constructor else proxies.JSFunction)
        function.__dict__["__name__"] = name
        return function

    def _decode_error(self, js_id: int, class_name: str, constructor: str) -> Any:
        base = {"TypeError": proxies.JSTypeError, "RangeError": proxies.JSRangeError}.get(constructor, proxies.JSError)
        return self._proxy(js_id, self._proxy_class(class_name, constructor, (base,)))

    def _decode_object(self, js_id: int, class_name: str, kinds: str) -> Any:
        bases = tuple(base for letter, base in _KINDS if letter in kinds) or (proxies.JSObject,)
        proxy = self._proxy(js_id, self._proxy_class(class_name, kinds, bases))
        if "p" in kinds and "_outcome" not in proxy.__dict__:
            proxy._outcome = Promise()
            self._pending[js_id] = proxy  # who awaits it keeps the outcome only
            self._request("then", js_id)
        return proxy

    def _proxy(self, js_id: int, proxy_class: Any) -> Any:
        proxy = self._proxies.get(js_id)
        if proxy is None:
            proxy = proxy_class.__new__(proxy_class)
            proxy._adopt(self, js_id)
            self._proxies[js_id] = proxy
        proxy._note_received()
        return proxy

    def _proxy_class(self, name: str, kinds: str, bases: tuple[type, ...]) -> type:
        found = self._proxy_classes.get((name, kinds))
        if found is None:
            found = self._proxy_classes[name, kinds] = type(name or "Object", bases, {})
        return found


_KINDS: list[tuple[str, type]] = [
    ("p", proxies.JSPromise),
    ("b", proxies.AbortSignal),
    ("e", proxies.EventTarget),
    ("a", proxies.AsyncIterable),
    ("m", proxies.Entries),
    ("i", proxies.Iterable),
    ("t", proxies.Thenable),
    ("r", proxies.Record),
]

_DECODERS = {
    "u": "undefined",
    "m": "missing",
    "n": "number",
    "i": "bigint",
    "B": "buffer",
    "V": "view",
    "U": "url",
    "S": "shared_symbol",
    "y": "symbol",
    "h": "constructed",
    "p": "owned",
    "f": "owned",
    "c": "class",
    "O": "plain",
    "A": "array",
    "F": "function",
    "E": "error",
    "J": "object",
}


def _function_key(function: Any) -> Any:
    """Bound methods are made anew each time: they are the same function if object and method are."""
    if isinstance(function, MethodType):
        return id(function.__self__), function.__func__
    return id(function)


def _number_to_json(value: float) -> Any:
    if isinstance(value, int):
        return value if abs(value) <= LARGEST_NUMBER else ["i", str(value)]
    if math.isfinite(value) and (value or math.copysign(1, value) > 0):
        return value
    return ["n", "-0" if value == 0 else "NaN" if value != value else "Infinity" if value > 0 else "-Infinity"]


def _as_plain(value: Any) -> Any:
    """The value of an enumeration's member, or of another subclass of a simple type."""
    return next(base(value) for base in (str, int, float) if isinstance(value, base))
