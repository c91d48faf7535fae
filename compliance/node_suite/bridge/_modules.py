"""Which of Node's modules is which of ours."""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable
from types import ModuleType
from typing import Any

PYTHON_MODULES = {
    "events": "nodestream.events",
    "stream": "nodestream",
    "stream/promises": "nodestream.promises",
    "stream/consumers": "nodestream.consumers",
    "stream/web": "nodestream.web",
    "buffer": "nodestream._blob",
    "net": "nodehttp.net",
    "http": "nodehttp",
    "https": "nodehttp.https",
    "tls": "nodehttp.tls",
}

ITSELF = {"stream": "Stream", "events": "EventEmitter"}
"""Modules that are a class, with the other members on it."""

INSIDE = {"stream": {"promises": "stream/promises"}}
"""Members of a module that are modules too."""

PROMISIFIED = {"stream": {"finished": "stream/promises", "pipeline": "stream/promises"}}
"""Functions with a callback, and the module that has the same function to await: what util.promisify makes of it."""

GLOBAL = frozenset({"buffer", "stream/web"})
"""Modules whose members are global too, as far as Node has globals of their names."""

PARTS = {"buffer": frozenset({"Blob"})}
"""Modules that stay Node's own but for some members."""

ALIASES: dict[str, dict[str, str | None]] = {
    "stream": {
        "_stream_readable": "Readable",
        "_stream_writable": "Writable",
        "_stream_duplex": "Duplex",
        "_stream_transform": "Transform",
        "_stream_passthrough": "PassThrough",
    },
    "http": dict.fromkeys(
        ["_http_agent", "_http_client", "_http_common", "_http_incoming", "_http_outgoing", "_http_server"]
    ),
}
"""Old modules: the member of the new one that each is; all of them if None."""

NO_MEMBERS = (ModuleType, type(annotations))
"""What a module may have imported: other modules, and Python's own features."""

_NAME = re.compile("[a-zA-Z][a-zA-Z0-9]*")


def replacements(names: Iterable[str]) -> dict[str, dict[str, Any]]:
    """By name of Node's module: the module here (`source`), the member that it is, whether it has all the `others` too,
    and which modules are inside."""
    found: dict[str, dict[str, Any]] = {}
    for name in names:
        found[name] = _replacement(name, ITSELF.get(name), others=True) | {
            "inside": INSIDE.get(name, {}),
            "promisified": PROMISIFIED.get(name, {}),
            "global": name in GLOBAL,
            "isPart": name in PARTS,
        }
        for alias, member in ALIASES.get(name, {}).items():
            found[alias] = _replacement(name, member, others=member is None)
    return found


def _replacement(source: str, member: str | None, *, others: bool) -> dict[str, Any]:
    found = {"source": source, "itself": member, "others": others}
    return found | {"inside": {}, "promisified": {}, "global": False, "isPart": False}


def python_module(name: str) -> ModuleType:
    """Our module for Node's."""
    return importlib.import_module(PYTHON_MODULES[name])


def members_of(name: str) -> dict[str, Any]:
    """What replaces the members of a module of Node's, by their names."""
    members = public_members(python_module(name))
    return {member: value for member, value in members.items() if member in PARTS.get(name, members)}


def public_members(module: ModuleType) -> dict[str, Any]:
    """What a module exports, by Node's names."""
    found = {}
    listed = getattr(module, "__all__", None) or {*dir(module), *dir(type(module))}
    for name in sorted(listed):
        value = getattr(module, name)
        if _NAME.fullmatch(name) and not isinstance(value, NO_MEMBERS):
            found[name] = value
    return found


def is_assignable(module: ModuleType, name: str) -> bool:
    """Whether a member of a module is looked up each time, and can be assigned."""
    return isinstance(getattr(type(module), name, None), property)


def classes_of(name: str) -> tuple[type, ...]:
    """The classes that one of the modules has."""
    return tuple(member for member in members_of(name).values() if isinstance(member, type))


def exported_classes() -> frozenset[type]:
    """Every class that one of the modules has under its name."""
    return frozenset(member for name in PYTHON_MODULES for member in classes_of(name))
