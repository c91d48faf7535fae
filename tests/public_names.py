"""Holding the names that Node has against ours. Node itself is asked for them; a test says which of them are its own.

Names of Node's that begin with an underscore are not documented. Among the members of a class they are held
against ours all the same where a test asks for them: a stream's hooks are such names.
"""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

import compliance
from compliance._node import node_binary
from nodestream._names import node_names_of
from nodestream._options import snake_case
from nodestream.loop import Promise

Wanted = Callable[[str], bool]


def names_in_node(group: str) -> Any:
    """The names of a group, as compliance/public_names.mjs writes them down."""
    script = Path(compliance.__file__).parent / "public_names.mjs"
    asked = subprocess.run([node_binary(), str(script), group], check=True, capture_output=True, timeout=60)
    return json.loads(asked.stdout)


def all_names(node: Any) -> set[str]:
    """Every name that Node has in a group."""
    found = {name for names in (*node["modules"].values(), *node["instances"].values()) for name in names}
    for cls in node["classes"].values():
        found |= {*cls["statics"], *cls["members"]}
    return found


def _pairs(node: Any, part: str, is_wanted: Wanted) -> list[tuple[str, str]]:
    return [(cls, name) for cls, found in node["classes"].items() for name in found[part] if is_wanted(name)]


def exports(node: Any, is_wanted: Wanted, without: Mapping[tuple[str, str], str]) -> list[Any]:
    """What the modules export, as parameters (module, name)."""
    pairs = [(module, name) for module, names in node["modules"].items() for name in names]
    return [
        pytest.param(module, name, id=f"{module}.{name}")
        for module, name in pairs
        if is_wanted(name) and (module, name) not in without and not name.startswith("_")
    ]


def statics(node: Any, classes: Mapping[str, Any], is_wanted: Wanted) -> list[Any]:
    """The static members of the classes, as parameters (class, name)."""
    return [
        pytest.param(classes[cls], name, id=f"{cls}.{name}")
        for cls, name in _pairs(node, "statics", is_wanted)
        if not name.startswith("_")
    ]


def members(node: Any, classes: Mapping[str, Any], is_wanted: Wanted) -> list[Any]:
    """The members of the prototypes, as parameters (class, name, kind)."""
    return [
        pytest.param(classes[cls], name, node["classes"][cls]["members"][name], id=f"{cls}.{name}")
        for cls, name in _pairs(node, "members", is_wanted)
    ]


def own_properties(node: Any, classes: Mapping[str, Any], is_wanted: Wanted) -> list[Any]:
    """What the instances have of their own, as parameters (name of the class, name)."""
    return [
        pytest.param(cls, name, id=f"{cls}.{name}")
        for cls, names in node["instances"].items()
        for name in names
        if is_wanted(name) and not name.startswith(("_", "["))
    ]


def options(node: Any) -> list[Any]:
    """What calls look for among their options, as parameters (name of the call, name of the option)."""
    return [pytest.param(call, name, id=f"{call}.{name}") for call, names in node["options"].items() for name in names]


def check_export(module: Any, name: str, otherwise: Mapping[str, str]) -> None:
    """A module has the name in both spellings."""
    python = otherwise.get(name, snake_case(name) if name[0].islower() else name)
    assert getattr(module, name) is getattr(module, python)


def check_static(cls: type, name: str, otherwise: Mapping[str, str]) -> None:
    """A class has the name in both spellings."""
    python = otherwise.get(name, name if name.isupper() else snake_case(name))
    assert getattr(cls, otherwise.get(name, name)) == getattr(cls, python)


def check_member(cls: Any, name: str, kind: str, otherwise: Mapping[str, str]) -> None:
    """The instances of a class have the name as one attribute, which can be set if Node's can."""
    node = otherwise.get(name, name)
    python = otherwise.get(name, snake_case(name))
    assert node == python or node_names_of(cls).get(node) == python
    found = next(vars(base)[python] for base in cls.__mro__ if python in vars(base))
    if kind in ("read-only", "settable"):
        assert isinstance(found, property)
        assert (found.fset is not None) == (kind == "settable")
    elif kind == "method":
        assert callable(getattr(cls, python))


async def check_option(call: Callable[..., object], name: str) -> None:
    """A call takes the option as a keyword in both spellings, and no other one; a promise that it gives is awaited."""

    async def done(spelling: str) -> None:
        made = call(**{spelling: None})
        if isinstance(made, Promise):
            await made

    for spelling in {name, snake_case(name)}:
        await done(spelling)
    with pytest.raises(TypeError, match=f"unexpected keyword argument 'not_{name}'"):
        await done(f"not_{name}")


def check_own(instance: Any, name: str) -> None:
    """An instance has the name in both spellings."""
    python = snake_case(name)
    assert name == python or node_names_of(type(instance)).get(name) == python
    getattr(instance, python)
