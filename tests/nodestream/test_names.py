"""Python's spelling and Node's are one attribute, in every public class."""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from collections.abc import Callable, Iterator
from dataclasses import FrozenInstanceError, is_dataclass
from typing import Any

import pytest

import nodehttp
import nodestream
from nodestream import Duplex, EventEmitter, PassThrough, Readable, Transform, Writable, open_loop, run
from nodestream._names import NodeNames, node_alias, node_name, node_names_of
from nodestream._options import snake_case

SYNONYMS = {"client", "connection", "_undestroy"}
"""Second names that Node has for something else than the spelling's sake."""

PYTHON_ONLY = {"listens_to", "capture_rejection", "from_", "from_trio", "to_trio"}
"""Public names that Node has no counterpart of, or spells as something else than a name."""


def _modules() -> Iterator[Any]:
    for package in (nodestream, nodehttp):
        yield package
        for info in pkgutil.walk_packages(package.__path__, package.__name__ + "."):
            if not info.name.endswith("__main__"):
                yield importlib.import_module(info.name)


def _classes_with_names() -> list[type]:
    found = {}
    for module in _modules():
        for value in vars(module).values():
            if inspect.isclass(value) and issubclass(value, NodeNames) and value is not NodeNames:
                found[f"{value.__module__}.{value.__qualname__}"] = value
    return [found[name] for name in sorted(found)]


def _is_frozen(cls: type) -> bool:
    """Whether nothing of its instances can be assigned."""
    return is_dataclass(cls) and bool(cls.__dataclass_params__.frozen)  # type: ignore[attr-defined]


def _id_of(cls: type) -> str:
    return f"{cls.__module__}.{cls.__qualname__}"


CLASSES = _classes_with_names()
every_class = pytest.mark.parametrize("cls", CLASSES, ids=_id_of)


def a_blank(cls: type) -> Any:
    """An instance on which attributes can be set, though nothing else works."""
    return cls.__new__(type(cls.__name__, (cls,), {}))


def the_value(name: str) -> property:
    return property(lambda self: f"my {name}")


def assert_overridden(cls: type) -> None:
    """Whether each pair of names gives one value, that of `the_value`."""
    instance = a_blank(cls)
    for camel, snake in node_names_of(cls).items():
        assert getattr(instance, camel) == getattr(instance, snake) == f"my {snake}", camel


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if _is_frozen(cls)], ids=_id_of)
def test_neither_name_of_what_is_frozen_can_be_assigned(cls: type) -> None:
    instance = cls()
    for camel, snake in node_names_of(cls).items():
        assert getattr(instance, camel) == getattr(instance, snake)
        for name in (camel, snake):
            with pytest.raises(FrozenInstanceError):
                setattr(instance, name, 1)


@pytest.mark.parametrize("cls", [cls for cls in CLASSES if not _is_frozen(cls)], ids=_id_of)
def test_assigning_either_name_of_an_instance_changes_both(cls: type) -> None:
    plain = {camel: snake for camel, snake in node_names_of(cls).items() if not _is_property(cls, snake)}
    for camel, snake in plain.items():
        for first, second in ((camel, snake), (snake, camel)):
            instance, value = a_blank(cls), object()
            setattr(instance, first, value)
            assert getattr(instance, second) is value
            assert getattr(instance, first) is value
            delattr(instance, second)
            assert getattr(instance, first, None) is not value


def _is_property(cls: type, name: str) -> bool:
    return isinstance(inspect.getattr_static(cls, name, None), property)


@every_class
def test_setting_a_property_by_either_name_calls_its_setter(cls: type) -> None:
    for camel, snake in node_names_of(cls).items():
        if _is_property(cls, snake):
            was_set: list[Any] = []
            watched = property(lambda self: None, lambda self, value, was_set=was_set: was_set.append(value))
            instance = a_blank(type("Sub", (cls,), {snake: watched}))
            setattr(instance, camel, 1)
            setattr(instance, snake, 2)
            assert was_set == [1, 2]


@every_class
def test_a_subclass_that_overrides_either_name_overrides_both(cls: type) -> None:
    names = node_names_of(cls)
    assert_overridden(type("Camel", (cls,), {camel: the_value(snake) for camel, snake in names.items()}))
    assert_overridden(type("Snake", (cls,), {snake: the_value(snake) for snake in names.values()}))


@every_class
def test_a_mixin_that_overrides_either_name_overrides_both(cls: type) -> None:
    names = node_names_of(cls)
    camel = type("Camel", (), {camel: the_value(snake) for camel, snake in names.items()})
    assert_overridden(type("Sub", (camel, cls), {}))
    snake = type("Snake", (), {snake: the_value(snake) for snake in names.values()})
    assert_overridden(type("Sub", (snake, cls), {}))


@every_class
def test_both_names_give_the_same_on_the_class(cls: type) -> None:
    for camel, snake in node_names_of(cls).items():
        assert getattr(cls, camel, None) == getattr(cls, snake, None)


@every_class
def test_the_names_correspond(cls: type) -> None:
    for camel, snake in node_names_of(cls).items():
        assert snake_case(camel) == snake or camel in SYNONYMS


@every_class
def test_every_public_attribute_of_two_words_has_a_node_spelling(cls: type) -> None:
    have = set(node_names_of(cls).values())
    for base in cls.__mro__:
        if not base.__module__.startswith(("nodestream", "nodehttp")):
            continue
        for name, value in vars(base).items():
            public = not name.startswith("_") and not inspect.isclass(value)
            if public and "_" in name and name not in PYTHON_ONLY and snake_case(name) == name:
                assert name in have, f"{base.__name__}.{name} has no Node spelling"


class Base(NodeNames):
    instances = 0

    def __init__(self) -> None:
        self.status_code = 200

    statusCode: int = node_alias("status_code")

    def write_head(self, *args: Any) -> list[Any]:
        return ["Base", *args]

    writeHead = node_name(write_head)

    @property
    def raw_headers(self) -> list[str]:
        return ["base"]

    rawHeaders: list[str] = node_alias("raw_headers")

    @staticmethod
    def make_one() -> str:
        return "static"

    makeOne = node_name(make_one)

    @classmethod
    def make_two(cls) -> str:
        return cls.__name__

    makeTwo = node_name(make_two)

    def answer(self) -> list[Any]:
        """What the library's own calls do."""
        return self.write_head("own")


def test_super_calls_go_up_in_either_spelling_over_several_levels() -> None:
    class One(Base):
        def writeHead(self, *args: Any) -> list[Any]:
            return ["One", *super().writeHead(*args)]

    class Two(One):
        def write_head(self, *args: Any) -> list[Any]:
            return ["Two", *super().write_head(*args)]

    class Three(Two):
        def writeHead(self, *args: Any) -> list[Any]:
            return ["Three", *super().write_head(*args)]

    class Four(Three):
        def write_head(self, *args: Any) -> list[Any]:
            return ["Four", *super().writeHead(*args)]

    expected = ["Four", "Three", "Two", "One", "Base", "own"]
    assert Four().answer() == expected
    assert Four().writeHead("own") == Four().write_head("own") == expected
    assert Two().answer() == expected[2:]
    assert One().write_head("own") == expected[3:]


def test_a_mixin_passes_on_to_the_class_behind_it() -> None:
    class Camel:
        def writeHead(self, *args: Any) -> list[Any]:
            return ["Camel", *super().writeHead(*args)]  # type: ignore[misc]

    class Snake:
        def write_head(self, *args: Any) -> list[Any]:
            return ["Snake", *super().write_head(*args)]  # type: ignore[misc]

    class WithCamel(Camel, Base):
        pass

    class WithSnake(Snake, Base):
        pass

    class Both(Snake, WithCamel):
        def writeHead(self, *args: Any) -> list[Any]:
            return ["Both", *super().write_head(*args)]

    assert WithCamel().answer() == WithCamel().writeHead("own") == ["Camel", "Base", "own"]
    assert WithSnake().answer() == WithSnake().writeHead("own") == ["Snake", "Base", "own"]
    assert Both().answer() == Both().writeHead("own") == ["Both", "Snake", "Camel", "Base", "own"]


def test_a_class_that_defines_both_names_keeps_the_one_that_is_nearer() -> None:
    class Sub(Base):
        def write_head(self, *args: Any) -> list[Any]:
            return ["snake", *args]

    class Mixin:
        def writeHead(self, *args: Any) -> list[Any]:
            return ["camel", *args]

    class Behind(Sub, Mixin):
        pass

    class InFront(Mixin, Sub):
        pass

    assert Behind().writeHead() == Behind().write_head() == ["snake"]
    assert InFront().writeHead() == InFront().write_head() == ["camel"]


def test_super_reaches_properties_in_either_spelling() -> None:
    class One(Base):
        @property
        def rawHeaders(self) -> list[str]:
            return ["one", *super().rawHeaders]

    class Two(One):
        @property
        def raw_headers(self) -> list[str]:
            return ["two", *super().rawHeaders, *super().raw_headers]

    assert One().raw_headers == ["one", "base"]
    assert Two().rawHeaders == ["two", "one", "base", "one", "base"]


def test_static_and_class_methods_keep_their_kind() -> None:
    class Sub(Base):
        pass

    assert Sub.makeOne() == Sub().make_one() == "static"
    assert Sub.makeTwo() == Sub().make_two() == "Sub"


def test_a_cached_property_may_override_either_name() -> None:
    class Sub(Base):
        calls = 0

        @functools.cached_property
        def rawHeaders(self) -> list[str]:
            Sub.calls += 1
            return ["sub"]

    sub = Sub()
    assert sub.raw_headers == sub.rawHeaders == sub.raw_headers == ["sub"]


def test_plain_attributes_are_shared() -> None:
    base = Base()
    base.statusCode = 404
    assert base.status_code == 404
    assert vars(base) == {"status_code": 404}


def test_an_unknown_attribute_is_named_as_it_is_in_python() -> None:
    class Empty(NodeNames):
        someThing: int = node_alias("some_thing")

    with pytest.raises(AttributeError, match="some_thing"):
        _ = Empty().someThing
    assert not hasattr(Empty(), "someThing")


# --- the library's own calls go through what was assigned or overridden ---


async def test_pipe_asks_an_overridden_writable_need_drain() -> None:
    class Full(Writable):
        asked = 0

        @property
        def writableNeedDrain(self) -> bool:
            Full.asked += 1
            return True

    async with open_loop():
        source, dest = Readable(read=lambda self, size: None), Full(write=lambda self, chunk, encoding, callback: None)
        source.pipe(dest)
        assert Full.asked
        assert source.isPaused()
        source.destroy()


async def test_pipe_uses_assigned_node_names() -> None:
    seen = []
    async with open_loop():
        source, dest = Readable(read=lambda self, size: None), PassThrough()
        original = dest.prependListener

        def prepend(event: str, listener: Callable[..., Any]) -> Any:
            seen.append(event)
            return original(event, listener)

        dest.prependListener = prepend
        source.pipe(dest)
        source.destroy()
    assert seen == ["error"]


@every_class
def test_on_and_off_are_the_same_functions_as_add_listener_and_remove_listener(cls: type) -> None:
    if issubclass(cls, EventEmitter):
        assert cls.on is cls.add_listener is cls.addListener  # type: ignore[comparison-overlap]
        assert cls.off is cls.remove_listener is cls.removeListener


async def test_finished_takes_its_listeners_away_through_an_override() -> None:
    class Watched(Readable):
        removed: list[Any] = []

        def removeListener(self, event: Any, listener: Any) -> Any:
            Watched.removed.append(event)
            return super().removeListener(event, listener)

    async with open_loop():
        stream = Watched(read=lambda self, size: None)
        nodestream.finished(stream, lambda error: None)()
        assert set(Watched.removed) == {"end", "finish", "error", "close"}
        assert stream.event_names() == []
        stream.destroy()


def test_the_maximum_of_listeners_is_asked_by_its_overridden_name() -> None:
    class Patient(EventEmitter):
        def getMaxListeners(self) -> float:
            return 100

    emitter = Patient()
    for _ in range(50):
        emitter.on("x", lambda: None)
    assert nodestream.events.get_max_listeners(emitter) == 100


def test_the_default_maximum_can_be_set_in_either_spelling_on_a_subclass() -> None:
    class Other(EventEmitter):
        defaultMaxListeners = 3

    assert Other.default_max_listeners == Other().defaultMaxListeners == 3


def test_names_work_on_every_kind_of_stream() -> None:
    def main() -> None:
        for make in (Readable, Writable, Duplex, Transform, PassThrough):
            stream = make(highWaterMark=7)
            for camel, snake in node_names_of(make).items():
                value = getattr(stream, snake)
                assert getattr(stream, camel) == value, camel

    run(main)
