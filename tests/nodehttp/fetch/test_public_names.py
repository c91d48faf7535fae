"""Every name that fetch and its classes have in Node is here too, in both spellings. Node itself is asked for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodehttp import fetch
from nodehttp.fetch import Blob, File, Request, Response
from tests import public_names

OTHERWISE = {"[Symbol.iterator]": "__iter__"}
"""What has another name because Node's cannot be one here."""

NO_NAME = {
    "[Symbol.toStringTag]": "repr() names the class",
    "[nodejs.util.inspect.custom]": "repr()",
    "attribute": "a slip of Node's, in which a key of a property's description has become a property of Request",
}
"""What has no counterpart, and why."""

NODES_OWN = ("[messaging_", "[nodejs.")
"""How names begin that Node keeps for itself: symbols that are not exported."""

NODE = public_names.names_in_node("fetch")
CLASSES: dict[str, Any] = {name: getattr(fetch, name) for name in NODE["classes"]}
CALLS: dict[str, Callable[..., object]] = {
    "Request": lambda **options: Request("http://a/", **options),
    "Response": lambda **options: Response("", **options),
    "Response.json": lambda **options: Response.json({}, **options),
    "Blob": lambda **options: Blob([], **options),
    "File": lambda **options: File([], "a", **options),
}
"""Calls that take options."""


def _is_wanted(name: str) -> bool:
    return name not in NO_NAME and not name.startswith(NODES_OWN)


@pytest.mark.parametrize(("_module", "name"), public_names.exports(NODE, _is_wanted, {}))
def test_what_node_exports_is_there_in_both_spellings(_module: str, name: str) -> None:
    public_names.check_export(fetch, name, {})


@pytest.mark.parametrize(("cls", "name"), public_names.statics(NODE, CLASSES, _is_wanted))
def test_a_class_has_each_static_name_of_nodes(cls: type, name: str) -> None:
    public_names.check_static(cls, name, {})


@pytest.mark.parametrize(("call", "name"), public_names.options(NODE))
async def test_an_option_may_be_a_keyword_in_both_spellings(call: str, name: str) -> None:
    await public_names.check_option(CALLS[call], name)


@pytest.mark.parametrize(("cls", "name", "kind"), public_names.members(NODE, CLASSES, _is_wanted))
def test_an_instance_has_each_name_of_nodes_as_one_attribute(cls: Any, name: str, kind: str) -> None:
    public_names.check_member(cls, name, kind, OTHERWISE)


def test_each_reason_is_about_a_name_that_node_has() -> None:
    assert {*OTHERWISE, *NO_NAME} <= public_names.all_names(NODE)
