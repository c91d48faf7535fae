"""Lists of protocols become what goes on the wire, as Node makes it."""

from __future__ import annotations

from typing import Any

import pytest

from nodehttp._tls_alpn import alpn_protocols, convert_alpn_protocols
from nodestream.errors import ERR_INVALID_ARG_VALUE
from tests.nodehttp.tls.support import ask_node, described

GIVEN: list[Any] = [
    ["a", "h2"],
    [],
    [""],
    ["ä"],
    [b"\x01\x02"],
    b"\x01a\x02h2",
    b"",
    "x",
    5,
    True,
    {},
    ["a" * 255],
    ["a", "a" * 256],
    ["ä" * 128],
]

SCRIPT = """
const tls = require('node:tls');
answer(input.map((given) => {
  const out = {};
  try { tls.convertALPNProtocols(given, out); return out; } catch (e) { return error(e); }
}));
"""


def outcome(given: Any) -> dict[str, Any] | None:
    out: dict[str, Any] = {}
    try:
        convert_alpn_protocols(given, out)
    except ValueError as error:
        return described(error)
    return out


def test_protocols_are_written_as_in_node() -> None:
    # Node makes no Buffers of Buffers in a list.
    given = [each for each in GIVEN if each != [b"\x01\x02"]]
    assert [outcome(each) for each in given] == ask_node(SCRIPT, given)


@pytest.mark.parametrize(
    ("given", "names"),
    [
        (["a", "h2"], (b"a", b"h2")),
        (("a", b"b"), (b"a", b"b")),
        (b"\x01a\x02h2", (b"a", b"h2")),
        (bytearray(b"\x01a"), (b"a",)),
        (None, ()),
        ("x", ()),
    ],
)
def test_protocols_are_read_in_each_form(given: Any, names: tuple[bytes, ...]) -> None:
    assert alpn_protocols(given) == names


@pytest.mark.parametrize("given", [[""], ["a", ""], ["ä"], b"\x00", b"\x01a\x09h2", b"\x01"])
def test_a_list_that_cannot_be_sent_is_refused(given: Any) -> None:
    with pytest.raises(ERR_INVALID_ARG_VALUE, match=r"The property 'options\.ALPNProtocols' is invalid"):
        alpn_protocols(given)
