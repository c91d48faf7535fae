"""Every name that Node's events and streams have is here too, in both spellings. Node itself is asked for the names."""

from __future__ import annotations

from typing import Any

import pytest

import nodestream
from nodestream import abort, consumers, events, promises
from tests import public_names

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


NODE = public_names.names_in_node("streams")
CLASSES: dict[str, Any] = {
    name: next(getattr(module, name) for module in (events, abort, nodestream) if hasattr(module, name))
    for name in NODE["classes"]
}


def _is_wanted(name: str) -> bool:
    return name not in NO_NAME and not name.startswith(NODES_OWN)


# EventEmitter and Stream are the modules themselves, as far as static members go.
STATICS = [
    each
    for each in public_names.statics(NODE, CLASSES, _is_wanted)
    if each.values[0] not in (events.EventEmitter, nodestream.Stream)
]


@pytest.mark.parametrize(("module", "name"), public_names.exports(NODE, _is_wanted, NO_MODULE_NAME))
def test_a_module_has_each_name_of_nodes_in_both_spellings(module: str, name: str) -> None:
    public_names.check_export(MODULES[module], name, OTHERWISE)


@pytest.mark.parametrize(("cls", "name"), STATICS)
def test_a_class_has_each_static_name_of_nodes_in_both_spellings(cls: type, name: str) -> None:
    public_names.check_static(cls, name, OTHERWISE)


@pytest.mark.parametrize(("cls", "name", "kind"), public_names.members(NODE, CLASSES, _is_wanted))
def test_an_instance_has_each_name_of_nodes_as_one_attribute(cls: Any, name: str, kind: str) -> None:
    public_names.check_member(cls, name, kind, OTHERWISE)


def test_what_is_said_to_have_no_counterpart_has_none() -> None:
    for cls in CLASSES.values():
        for name in NO_NAME:
            assert not hasattr(cls, name)
    for module, name in NO_MODULE_NAME:
        assert not hasattr(MODULES[module], name)


def test_each_reason_is_about_a_name_that_node_has() -> None:
    assert set(NO_NAME) | {name for _, name in NO_MODULE_NAME} <= public_names.all_names(NODE)
