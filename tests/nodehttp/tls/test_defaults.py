"""The defaults of the module may be assigned, and hold for contexts that are made afterwards, as in Node."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from nodehttp import tls
from nodehttp._tls_defaults import Defaults
from tests.nodehttp.tls.support import ask_node, described

NAMES = ("DEFAULT_CIPHERS", "DEFAULT_ECDH_CURVE", "DEFAULT_MAX_VERSION", "DEFAULT_MIN_VERSION")

ASSIGNED: list[tuple[str, Any, dict[str, Any]]] = [
    ("DEFAULT_MIN_VERSION", "x", {}),
    ("DEFAULT_MIN_VERSION", "x", {"minVersion": "TLSv1.2"}),
    ("DEFAULT_MIN_VERSION", "TLSv1.3", {}),
    ("DEFAULT_MIN_VERSION", "x", {"secureProtocol": "TLSv1_2_method"}),
    ("DEFAULT_MAX_VERSION", "TLSv1.4", {}),
    ("DEFAULT_MAX_VERSION", "TLSv1.2", {}),
    ("DEFAULT_CIPHERS", 5, {}),
    ("DEFAULT_CIPHERS", "foo", {}),
    ("DEFAULT_CIPHERS", "foo", {"ciphers": "AES128-SHA"}),
    ("DEFAULT_CIPHERS", "", {}),
    ("DEFAULT_CIPHERS", "AES128-SHA", {"ciphers": ""}),
    ("DEFAULT_ECDH_CURVE", 5, {}),
    ("DEFAULT_ECDH_CURVE", "foo", {}),
    ("DEFAULT_ECDH_CURVE", "", {}),
    ("DEFAULT_ECDH_CURVE", "P-256", {}),
]

SCRIPT = """
const tls = require('node:tls');
answer(input.map(([name, value, options]) => {
  const before = tls[name];
  try { tls[name] = value; tls.createSecureContext(options); return null; }
  catch (e) { return error(e); } finally { tls[name] = before; }
}));
"""


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = {name: getattr(tls, name) for name in NAMES}
    yield
    for name, value in before.items():
        setattr(tls, name, value)


def test_the_defaults_are_those_of_node() -> None:
    script = f"const tls = require('node:tls'); answer({list(NAMES)}.map((name) => tls[name]))"
    assert [getattr(tls, name) for name in NAMES] == ask_node(script)


@pytest.fixture(scope="module")
def from_node() -> list[Any]:
    return list(ask_node(SCRIPT, ASSIGNED))


@pytest.mark.parametrize("index", range(len(ASSIGNED)), ids=lambda index: "{}={!r} {}".format(*ASSIGNED[index]))
def test_what_is_assigned_is_checked_when_a_context_is_made(index: int, from_node: list[Any]) -> None:
    name, value, options = ASSIGNED[index]
    setattr(tls, name, value)
    outcome = None
    try:
        tls.create_secure_context(options)
    except Exception as error:
        outcome = described(error)
    assert outcome == from_node[index]


def test_a_context_that_there_is_does_not_change() -> None:
    before = tls.create_secure_context()
    tls.DEFAULT_MAX_VERSION = "TLSv1.2"
    assert before.versions == ("TLSv1.2", "TLSv1.3")
    assert tls.create_secure_context().versions == ("TLSv1.2", "TLSv1.2")
    assert Defaults().max_version == "TLSv1.3"
