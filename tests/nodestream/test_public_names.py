"""Every name that Node's events and streams have is here too, in both spellings. Node itself is asked for the names."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

import compliance
import nodestream
from compliance._node import node_binary
from nodestream import abort, consumers, events, promises
from nodestream._names import node_names_of
from nodestream._options import snake_case

MODULES = {"events": events, "stream": nodestream, "promises": promises, "consumers": consumers}

OTHERWISE = {
    "from": "from_",
    "[Symbol.asyncIterator]": "__aiter__",
    "[Symbol.asyncDispose]": "__aexit__",
}
"""What has another name because Node's cannot be one here."""

NO_NAME = {
    "[Symbol.toStringTag]": "repr() names the class",
    "[Symbol.hasInstance]": "isinstance() needs none: a Duplex is a Writable",
    "[nodejs.util.inspect.custom]": "repr()",
    "[nodejs.rejection]": "a class that wants another than the usual way defines capture_rejection",
    "_eventsCount": "internal: how many keys `_events` has",
    "_maxListeners": "internal: `get_max_listeners()` tells it",
    "init": "internal: what the constructor of JavaScript's function classes calls",
    "usingDomains": "internal: domains are not there, and deprecated in Node",
}
"""What has no counterpart, and why."""

NO_MODULE_NAME = {
    ("events", "kMaxEventTargetListeners"): "internal: a symbol",
    ("events", "kMaxEventTargetListenersWarned"): "internal: a symbol",
}

NODES_OWN = (
    *("[k", "[messaging_", "[nodejs.event_target]", "[nodejs.internal."),
    *("ReadableState", "WritableState"),
)
"""How names begin that Node keeps for itself: symbols that are not exported, and the classes of a stream's state."""


def _ask_node() -> Any:
    script = Path(compliance.__file__).parent / "public_names.mjs"
    asked = subprocess.run([node_binary(), str(script)], check=True, capture_output=True, timeout=60)
    return json.loads(asked.stdout)


NODE = _ask_node()
CLASSES: dict[str, Any] = {
    name: next(getattr(module, name) for module in (events, abort, nodestream) if hasattr(module, name))
    for name in NODE["classes"]
}
WEB = {"fromWeb": nodestream.Readable, "toWeb": nodestream.Readable, "blob": consumers}
WITHOUT_WEB = {name for name, owner in WEB.items() if not hasattr(owner, name)}
"""What belongs to the web's streams and blobs, as long as those are not there."""


def _wanted(names: Any) -> list[str]:
    return [
        name for name in names if name not in NO_NAME and not name.startswith(NODES_OWN) and name not in WITHOUT_WEB
    ]


MEMBERS = [
    pytest.param(CLASSES[cls], name, found["members"][name], id=f"{cls}.{name}")
    for cls, found in NODE["classes"].items()
    for name in _wanted(found["members"])
]
# Functions and static methods that begin with an underscore are Node's own; methods of that kind are hooks.
STATICS = [
    pytest.param(CLASSES[cls], name, id=f"{cls}.{name}")
    for cls, found in NODE["classes"].items()
    if cls not in ("EventEmitter", "Stream")  # they are the modules themselves
    for name in _wanted(found["statics"])
    if not name.startswith("_")
]
EXPORTS = [
    pytest.param(module, name, id=f"{module}.{name}")
    for module, names in NODE["modules"].items()
    for name in _wanted(names)
    if (module, name) not in NO_MODULE_NAME and not name.startswith("_")
]


@pytest.mark.parametrize(("module", "name"), EXPORTS)
def test_a_module_has_each_name_of_nodes_in_both_spellings(module: str, name: str) -> None:
    ours = MODULES[module]
    assert getattr(ours, name) is getattr(ours, snake_case(name) if name[0].islower() else name)


@pytest.mark.parametrize(("cls", "name"), STATICS)
def test_a_class_has_each_static_name_of_nodes_in_both_spellings(cls: type, name: str) -> None:
    python = OTHERWISE.get(name, name if name.isupper() else snake_case(name))
    assert getattr(cls, OTHERWISE.get(name, name)) == getattr(cls, python)


@pytest.mark.parametrize(("cls", "name", "kind"), MEMBERS)
def test_an_instance_has_each_name_of_nodes_as_one_attribute(cls: Any, name: str, kind: str) -> None:
    node = OTHERWISE.get(name, name)
    python = OTHERWISE.get(name, snake_case(name))
    assert node == python or node_names_of(cls).get(node) == python
    found = next(vars(base)[python] for base in cls.__mro__ if python in vars(base))
    if kind in ("read-only", "settable"):
        assert isinstance(found, property)
        assert (found.fset is not None) == (kind == "settable")
    elif kind == "method":
        assert callable(getattr(cls, python))


def test_what_is_said_to_have_no_counterpart_has_none() -> None:
    for cls in CLASSES.values():
        for name in NO_NAME:
            assert not hasattr(cls, name)
    for module, name in NO_MODULE_NAME:
        assert not hasattr(MODULES[module], name)


def test_each_reason_is_about_a_name_that_node_has() -> None:
    asked = {name for names in NODE["modules"].values() for name in names}
    for found in NODE["classes"].values():
        asked |= {*found["statics"], *found["members"]}
    assert set(NO_NAME) | {name for _, name in NO_MODULE_NAME} <= asked
