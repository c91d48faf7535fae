"""The rules that decide how a body's end is told: every combination of what they depend on."""

from __future__ import annotations

from itertools import product

import pytest

from nodehttp._framing import Framing, framing_of

CONDITIONS = (
    "has_body",
    "peer_reads_chunks",
    "length_known",
    "announces_trailers",
    "length_removed",
    "chunked_removed",
)
TYPICAL = {
    "has_body": True,
    "peer_reads_chunks": True,
    "length_known": False,
    "announces_trailers": False,
    "length_removed": False,
    "chunked_removed": False,
}


@pytest.mark.parametrize(
    ("framing", "change"),
    [
        (Framing.CHUNKED, {}),
        (Framing.LENGTH, {"length_known": True}),
        (Framing.CHUNKED, {"length_known": True, "announces_trailers": True}),
        (Framing.CHUNKED, {"length_known": True, "length_removed": True}),
        (Framing.UNTIL_CLOSE, {"chunked_removed": True}),
        (Framing.LENGTH, {"length_known": True, "chunked_removed": True}),
        (Framing.UNTIL_CLOSE, {"peer_reads_chunks": False}),
        (Framing.UNTIL_CLOSE, {"peer_reads_chunks": False, "length_known": True}),
        (Framing.NO_BODY, {"has_body": False, "length_known": True}),
    ],
)
def test_a_typical_case(framing: Framing, change: dict[str, bool]) -> None:
    assert framing_of(**{**TYPICAL, **change}) is framing


def test_a_body_that_only_the_end_of_the_connection_ends_is_the_last_resort() -> None:
    for values in product((False, True), repeat=len(CONDITIONS)):
        conditions = dict(zip(CONDITIONS, values, strict=True))
        framing = framing_of(**conditions)
        if not conditions["has_body"]:
            assert framing is Framing.NO_BODY
        elif framing is Framing.UNTIL_CLOSE:
            assert not conditions["peer_reads_chunks"] or conditions["chunked_removed"]
        else:
            assert conditions["peer_reads_chunks"]
