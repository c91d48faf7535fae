"""What a list of names and values offers: iterators that see it change, and the ways of a mapping.

Standard: Web IDL, section 3.7.9 (iterable declarations)
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Generic, TypeVar

from nodestream._arity import tolerant
from nodestream._js_string import usv_string
from nodestream._names import NodeNames, node_name

V = TypeVar("V")
T = TypeVar("T")


class PairIterator(Generic[T]):
    """Goes through a list by index, so that what is added or removed meanwhile counts."""

    __slots__ = ("_index", "_pairs", "_shape")

    def __init__(self, pairs: list[Any], shape: Callable[[Any], T]) -> None:
        self._pairs: list[Any] | None = pairs
        self._shape = shape
        self._index = 0

    def __iter__(self) -> PairIterator[T]:
        return self

    def __next__(self) -> T:
        pairs = self._pairs
        if pairs is None or self._index >= len(pairs):
            self._pairs = None
            raise StopIteration
        self._index += 1
        return self._shape(pairs[self._index - 1])


class Pairs(NodeNames, Generic[V]):
    """Names and values, in the order in which they were added; a name may be there more than once.

    In Python's way: `for name, value in pairs`, `name in pairs`, `pairs[name]` (the first value; KeyError without one),
    `len(pairs)`.
    """

    _entries: list[tuple[str, V]]

    def delete(self, name: str) -> None:
        """Remove every value of a name."""
        name = usv_string(name)
        self._entries[:] = [entry for entry in self._entries if entry[0] != name]

    def get(self, name: str) -> V | None:
        """The first value of a name, None without one."""
        name = usv_string(name)
        return next((value for known, value in self._entries if known == name), None)

    def get_all(self, name: str) -> list[V]:
        """All values of a name."""
        name = usv_string(name)
        return [value for known, value in self._entries if known == name]

    getAll = node_name(get_all)

    def has(self, name: str) -> bool:
        """Whether a name has a value."""
        name = usv_string(name)
        return any(known == name for known, _ in self._entries)

    def _set(self, name: str, value: V) -> None:
        """Let `value` be the only one of a name: it takes the place of the first, or the last place."""
        places = [index for index, entry in enumerate(self._entries) if entry[0] == name]
        if not places:
            self._entries.append((name, value))
            return
        self._entries[places[0]] = (name, value)
        for index in reversed(places[1:]):
            del self._entries[index]

    def entries(self) -> PairIterator[tuple[str, V]]:
        """An iterator over `(name, value)`."""
        return PairIterator(self._entries, _itself)

    def keys(self) -> PairIterator[str]:
        """An iterator over the names."""
        return PairIterator(self._entries, _first)

    def values(self) -> PairIterator[V]:
        """An iterator over the values."""
        return PairIterator(self._entries, _second)

    def for_each(self, callback: Callable[..., object]) -> None:
        """Call `callback(value, name, self)` for each."""
        call = tolerant(callback, 3)
        for name, value in self.entries():
            call(value, name, self)

    forEach = node_name(for_each)

    def __iter__(self) -> Iterator[tuple[str, V]]:
        return self.entries()

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.has(name)

    def __getitem__(self, name: str) -> V:
        values = self.get_all(name)
        if not values:
            raise KeyError(name)
        return values[0]

    def __len__(self) -> int:
        return len(self._entries)


def _itself(pair: Any) -> Any:
    return pair


def _first(pair: Any) -> Any:
    return pair[0]


def _second(pair: Any) -> Any:
    return pair[1]
