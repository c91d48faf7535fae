"""Every name that node:stream/web has is in nodestream.web, in both spellings. Node itself is asked for the names."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from nodestream import open_loop, web
from nodestream.web import ReadableStream, TransformStream, WritableStream
from tests import public_names

OTHERWISE = {"from": "from_", "[Symbol.asyncIterator]": "__aiter__"}
"""What has another name because Node's cannot be one here."""

NO_NAME = {
    "[Symbol.toStringTag]": "repr() names the class",
    "[nodejs.util.inspect.custom]": "repr()",
}
"""What has no counterpart, and why."""

NODES_OWN = ("[k", "[messaging_", "[nodejs.")
"""How names begin that Node keeps for itself: symbols that are not exported."""

NODE = public_names.names_in_node("web")
CLASSES: dict[str, Any] = {name: getattr(web, name) for name in NODE["classes"]}


def _empty(**options: Any) -> ReadableStream:
    return ReadableStream(start=lambda controller: controller.close(), **options)


def _read(**options: Any) -> object:
    return _empty(type="bytes").get_reader(mode="byob").read(bytearray(3), **options)


CALLS: dict[str, Callable[..., object]] = {
    "ReadableStream": ReadableStream,
    "ReadableStream of bytes": lambda **options: ReadableStream(**{"type": "bytes", **options}),
    "WritableStream": WritableStream,
    "TransformStream": TransformStream,
    "TextDecoderStream": lambda **options: web.TextDecoderStream("utf-8", **options),
    "CountQueuingStrategy": lambda **options: web.CountQueuingStrategy({"highWaterMark": 1}, **options),
    "ByteLengthQueuingStrategy": lambda **options: web.ByteLengthQueuingStrategy({"highWaterMark": 1}, **options),
    "getReader": lambda **options: ReadableStream().get_reader(**options),
    "values": lambda **options: ReadableStream().values(**options),
    "pipeTo": lambda **options: _empty().pipe_to(WritableStream(), **options),
    "pipeThrough": lambda **options: _empty().pipe_through(TransformStream(), **options),
    "read": _read,
}
"""Calls that take options."""


def _is_wanted(name: str) -> bool:
    return name not in NO_NAME and not name.startswith(NODES_OWN)


@pytest.mark.parametrize(("_module", "name"), public_names.exports(NODE, _is_wanted, {}))
def test_what_node_exports_is_there(_module: str, name: str) -> None:
    public_names.check_export(web, name, OTHERWISE)


@pytest.mark.parametrize(("cls", "name"), public_names.statics(NODE, CLASSES, _is_wanted))
def test_a_class_has_each_static_name_of_nodes(cls: type, name: str) -> None:
    public_names.check_static(cls, name, OTHERWISE)


@pytest.mark.parametrize(("cls", "name", "kind"), public_names.members(NODE, CLASSES, _is_wanted))
def test_an_instance_has_each_name_of_nodes_as_one_attribute(cls: Any, name: str, kind: str) -> None:
    public_names.check_member(cls, name, kind, OTHERWISE)


@pytest.mark.parametrize(("call", "name"), public_names.options(NODE))
async def test_an_option_may_be_a_keyword_in_both_spellings(call: str, name: str) -> None:
    async with open_loop():
        await public_names.check_option(CALLS[call], name)


def test_each_reason_is_about_a_name_that_node_has() -> None:
    assert {*OTHERWISE, *NO_NAME} <= public_names.all_names(NODE)
