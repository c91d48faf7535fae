"""A certificate is shown as Node shows it, and what is none does no harm."""

from __future__ import annotations

from typing import Any

import pytest
import trustme
from hypothesis import given
from hypothesis import strategies as st

from nodehttp._tls_certificate import peer_certificate
from nodehttp._tls_pem import certificates
from tests.nodehttp.tls.certificates import ACCESS, ALTERNATIVES, FULL_NAME, PURPOSES, Made, make
from tests.nodehttp.tls.support import ask_node

SCRIPT = """
const { X509Certificate } = require('node:crypto');
answer(input.map((pem) => new X509Certificate(pem).toLegacyObject()));
"""

WHOLE = make(FULL_NAME, key="rsa", authority=True, extensions=[ALTERNATIVES, ACCESS, PURPOSES], serial=0xABC)


def all_kinds() -> dict[str, bytes]:
    """By trustme, and by hand."""
    made: dict[str, Made] = {
        "everything": WHOLE,
        "a name beyond ASCII": make("münchen 漢字"),
        "a short key": make("a", key="short_rsa"),
        **{curve: make("a", key=curve) for curve in ("p256", "p384", "p521", "ed25519")},
    }
    kinds = {name: each.pem for name, each in made.items()}
    for kind in trustme.KeyType:
        authority = trustme.CA(key_type=kind)
        leaf = authority.issue_cert("*.example", "10.0.0.1", "::1", common_name="x", key_type=kind)
        kinds[f"trustme {kind.name} authority"] = authority.cert_pem.bytes()
        kinds[f"trustme {kind.name}"] = leaf.cert_chain_pems[0].bytes()
    return kinds


KINDS = all_kinds()


@pytest.fixture(scope="module")
def from_node() -> dict[str, Any]:
    return dict(zip(KINDS, ask_node(SCRIPT, list(KINDS.values())), strict=True))


@pytest.mark.parametrize("name", KINDS)
def test_a_certificate_is_shown_as_in_node(name: str, from_node: dict[str, Any]) -> None:
    shown = peer_certificate(certificates(KINDS[name])[0])
    assert shown.keys() == from_node[name].keys() | {"raw"}
    assert shown == from_node[name]


def test_the_issuers_are_found_up_to_the_root() -> None:
    authority = trustme.CA()
    between = authority.create_child_ca()
    leaf, *sent = (certificates(pem.bytes())[0] for pem in between.issue_cert("a").cert_chain_pems)
    root = certificates(authority.cert_pem.bytes())[0]
    shown = peer_certificate(leaf, [root, *sent, leaf], detailed=True)
    issuer = shown["issuerCertificate"]
    assert issuer["raw"] == certificates(between.cert_pem.bytes())[0]
    assert issuer["issuerCertificate"]["raw"] == root
    assert issuer["issuerCertificate"]["issuerCertificate"] is issuer["issuerCertificate"]
    assert "issuerCertificate" not in peer_certificate(leaf, [root, *sent])


def test_an_issuer_that_is_not_there_is_left_out() -> None:
    leaf = certificates(trustme.CA().issue_cert("a").cert_chain_pems[0].bytes())[0]
    assert "issuerCertificate" not in peer_certificate(leaf, [WHOLE.der], detailed=True)


def test_two_that_issue_each_other_are_shown_once_each() -> None:
    one = make("one", authority=True)
    two = make("two", one, authority=True)
    again = make("one", two, authority=True)
    shown = peer_certificate(again.der, [two.der, again.der], detailed=True)
    assert "issuerCertificate" not in shown["issuerCertificate"]


@given(st.integers(0, len(WHOLE.der) - 1))
def test_a_certificate_that_is_cut_off_is_none(end: int) -> None:
    with pytest.raises(ValueError):
        peer_certificate(WHOLE.der[:end])


@given(st.data())
def test_a_changed_certificate_never_does_harm(data: st.DataObject) -> None:
    changed = bytearray(WHOLE.der)
    for _ in range(data.draw(st.integers(1, 4))):
        changed[data.draw(st.integers(0, len(changed) - 1))] = data.draw(st.integers(0, 255))
    try:
        shown = peer_certificate(bytes(changed), [WHOLE.der], detailed=True)
    except ValueError:
        return
    assert shown["raw"] == changed


@given(st.binary(max_size=100))
def test_garbage_is_no_certificate(data: bytes) -> None:
    with pytest.raises(ValueError):
        peer_certificate(data)
