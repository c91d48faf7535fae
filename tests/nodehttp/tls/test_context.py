"""What the contexts of `ssl` do that a secure context makes of its options."""

from __future__ import annotations

import gc
import os
import ssl
import stat
import sys
import weakref
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from nodehttp._tls_context import KEPT, create_secure_context
from nodehttp._tls_errors import TLSError
from nodehttp._tls_lenient import lenient_context
from nodehttp._tls_pem import file_of
from tests.nodehttp.tls.certificates import Made, make
from tests.nodehttp.tls.support import Pair

AUTHORITY = make("authority", authority=True)
BETWEEN = make("between", AUTHORITY, key="p384", authority=True)
RSA = make("rsa", AUTHORITY, key="rsa")
EC = make("ec", AUTHORITY, key="p521")
DEEP = make("deep", BETWEEN)


def client(**options: Any) -> ssl.SSLContext:
    return create_secure_context({"ca": AUTHORITY.pem, **options}).ssl_context(server=False, verify=True)


def server(identity: Made = RSA, **options: Any) -> ssl.SSLContext:
    own = {"key": identity.key, "cert": identity.pem, **options}
    return create_secure_context(own).ssl_context(server=True, verify=True)


def spoken(pair: Pair) -> tuple[str | None, str]:
    """The version and the suite of a connection."""
    assert pair.errors == [None, None]
    cipher = pair.client.cipher()
    assert cipher is not None
    return pair.client.version(), cipher[0]


def subject_of(pair: Pair) -> bytes | None:
    assert pair.errors == [None, None]
    return pair.client.getpeercert(binary_form=True)


# --- versions and algorithms ---


def test_the_default_is_tls_1_2_and_1_3() -> None:
    context = client()
    assert (context.minimum_version, context.maximum_version) == (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3)


@pytest.mark.parametrize(
    ("options", "version"),
    [
        ({}, "TLSv1.3"),
        ({"maxVersion": "TLSv1.2"}, "TLSv1.2"),
        ({"secureProtocol": "TLSv1_2_method"}, "TLSv1.2"),
        ({"secureProtocol": "SSLv23_method"}, "TLSv1.2"),
        ({"secureProtocol": "TLS_method"}, "TLSv1.3"),
        ({"secureOptions": int(ssl.OP_NO_TLSv1_3)}, "TLSv1.2"),
        ({"ciphers": "TLS_AES_128_GCM_SHA256"}, "TLSv1.3"),
        ({"minVersion": "TLSv1", "maxVersion": "TLSv1.1", "ciphers": "ALL@SECLEVEL=0"}, "TLSv1.1"),
    ],
)
def test_the_newest_version_that_options_allow_is_spoken(options: dict[str, Any], version: str) -> None:
    everything: dict[str, Any] = {"minVersion": "TLSv1", "ciphers": "TLS_AES_128_GCM_SHA256:ALL@SECLEVEL=0"}
    assert spoken(Pair(client(**everything), server(**options)))[0] == version
    assert spoken(Pair(client(**options), server(**everything)))[0] == version


def test_suites_of_tls_1_3_alone_leave_out_older_versions() -> None:
    pair = Pair(client(ciphers="TLS_AES_128_GCM_SHA256"), server(maxVersion="TLSv1.2"))
    assert pair.errors[0] is not None


@pytest.mark.parametrize("side", [0, 1])
def test_suites_of_tls_1_3_alone_are_none_for_tls_1_2(side: int) -> None:
    options: list[dict[str, Any]] = [{}, {}]
    options[side] = {"ciphers": "TLS_AES_128_GCM_SHA256", "maxVersion": "TLSv1.2"}
    pair = Pair(client(**options[0]), server(**options[1]))
    assert all(pair.errors)


SUITES = ("ECDHE-RSA-AES256-GCM-SHA384", "ECDHE-RSA-AES128-GCM-SHA256")


@pytest.mark.parametrize(("honored", "suite"), [(True, SUITES[0]), (False, SUITES[1])])
def test_the_order_of_suites_is_the_servers_if_it_is_honored(honored: bool, suite: str) -> None:
    of_client = client(ciphers=":".join(reversed(SUITES)), maxVersion="TLSv1.2")
    assert spoken(Pair(of_client, server(ciphers=":".join(SUITES), honorCipherOrder=honored)))[1] == suite


@pytest.mark.parametrize(("curve", "agrees"), [("P-256", True), ("secp521r1", False), ("X25519:P-521", True)])
def test_a_curve_is_used_and_several_are_left_to_openssl(curve: str, agrees: bool) -> None:
    pair = Pair(client(ecdhCurve="prime256v1"), server(ecdhCurve=curve))
    assert (pair.errors == [None, None]) is agrees


# The group ffdhe2048 of RFC 7919 appendix A.1.
FFDHE_2048 = """\
-----BEGIN DH PARAMETERS-----
MIIBCAKCAQEA//////////+t+FRYortKmq/cViAnPTzx2LnFg84tNpWp4TZBFGQz
+8yTnc4kmz75fS/jY2MMddj2gbICrsRhetPfHtXV/WVhJDP1H18GbtCFY2VVPe0a
87VXE15/V8k1mE8McODmi3fipona8+/och3xWKE2rec1MKzKT0g6eXq8CrGCsyT7
YdEIqUuyyOP7uWrat2DX9GgdT0Kj3jlN9K5W7edjcrsZCwenyO4KbXCeAvzhzffi
7MA0BM0oNC9hkXL+nOmFg/+OTxIy7vKBg8P+OxtMb61zO7X8vC7CIAXFjvGDfRaD
ssbzSibBsu/6iGtCOGEoXJf//////////wIBAg==
-----END DH PARAMETERS-----
"""


def test_parameters_for_diffie_hellman_are_used() -> None:
    suite: dict[str, Any] = {"ciphers": "DHE-RSA-AES128-GCM-SHA256", "maxVersion": "TLSv1.2"}
    assert Pair(client(**suite), server(**suite)).errors[0] is not None
    assert spoken(Pair(client(**suite), server(**suite, dhparam=FFDHE_2048))) == ("TLSv1.2", suite["ciphers"])


@pytest.mark.parametrize(
    ("offered", "supported", "chosen"),
    [((b"a", b"b"), (b"b", b"c"), "b"), ((b"a",), (b"b",), None), ((), (b"b",), None), ((b"a",), (), None)],
)
def test_protocols_are_negotiated(offered: tuple[bytes, ...], supported: tuple[bytes, ...], chosen: str | None) -> None:
    of_client = create_secure_context(ca=AUTHORITY.pem).ssl_context(server=False, verify=True, alpn=offered)
    own = create_secure_context(key=RSA.key, cert=RSA.pem)
    pair = Pair(of_client, own.ssl_context(server=True, verify=True, alpn=supported))
    assert pair.errors == [None, None]
    assert pair.client.selected_alpn_protocol() == pair.server.selected_alpn_protocol() == chosen


# --- certificates and keys ---


@pytest.mark.parametrize(
    ("suite", "identity"), [("ECDHE-RSA-AES128-GCM-SHA256", RSA), ("ECDHE-ECDSA-AES128-GCM-SHA256", EC)]
)
@pytest.mark.parametrize("crossed", [False, True])
def test_of_two_certificates_the_one_for_the_suite_is_sent(suite: str, identity: Made, crossed: bool) -> None:
    keys = [EC.key, RSA.key] if crossed else [RSA.key, EC.key]
    both = server(key=keys, cert=[RSA.pem, EC.pem])
    assert subject_of(Pair(client(ciphers=suite, maxVersion="TLSv1.2"), both)) == identity.der


def test_what_is_between_is_sent_with_the_certificate() -> None:
    assert subject_of(Pair(client(), server(cert=DEEP.pem + BETWEEN.pem, key=DEEP.key))) == DEEP.der


def test_what_is_between_may_be_among_the_authorities() -> None:
    assert subject_of(Pair(client(), server(DEEP, ca=[BETWEEN.pem]))) == DEEP.der


def test_a_key_and_its_chain_may_be_in_one_text() -> None:
    text = BETWEEN.pem + DEEP.key + DEEP.pem
    own = server(key=text, cert=DEEP.pem + text)
    pair = Pair(client(), own)
    assert subject_of(pair) == DEEP.der
    native: Any = pair.client._sslobj  # type: ignore[attr-defined]
    sent = [certificate.public_bytes(2) for certificate in native.get_unverified_chain()]
    assert sent == [DEEP.der, BETWEEN.der, DEEP.der]


def bundle(identity: Made, *others: Made) -> bytes:
    certificates = [other.certificate for other in others]
    protection = serialization.BestAvailableEncryption(b"secret")
    return pkcs12.serialize_key_and_certificates(
        b"x", identity.private_key, identity.certificate, certificates, protection
    )


def test_a_bundle_has_the_key_the_certificate_and_what_is_between() -> None:
    own = create_secure_context(pfx=bundle(DEEP, BETWEEN), passphrase="secret")
    assert subject_of(Pair(client(), own.ssl_context(server=True, verify=True))) == DEEP.der


def test_the_authorities_of_a_bundle_are_trusted_besides_the_others() -> None:
    own = create_secure_context(pfx=[{"buf": bundle(DEEP, AUTHORITY), "passphrase": "secret"}], ca=BETWEEN.pem)
    assert own.trusted() == (BETWEEN.der, AUTHORITY.der)
    assert subject_of(Pair(own.ssl_context(server=False, verify=True), server())) == RSA.der


def test_a_key_that_is_too_short_for_openssl_is_refused() -> None:
    short = make("short", key="short_rsa")
    with pytest.raises(TLSError) as raised:
        create_secure_context(key=short.key, cert=short.pem)
    assert raised.value.code == "ERR_SSL_EE_KEY_TOO_SMALL"
    create_secure_context(key=short.key, cert=short.pem, ciphers="ALL@SECLEVEL=0")


def test_a_server_without_a_certificate_refuses_every_client() -> None:
    context = create_secure_context(key=EC.key, cert=RSA.pem)
    pair = Pair(client(), context.ssl_context(server=True, verify=True))
    assert repr(context) == "<SecureContext TLSv1.2 to TLSv1.3, 0 certificates>"
    assert pair.errors[1] is not None


def test_a_key_is_shown_nowhere() -> None:
    context = create_secure_context(key=RSA.key, cert=RSA.pem, passphrase="secret")
    assert "PRIVATE" not in repr(vars(context))
    assert "secret" not in repr(vars(context))


def test_ticket_keys_are_as_given_or_random() -> None:
    given = bytes(range(48))
    assert create_secure_context(ticketKeys=given).ticket_keys == given
    one, two = create_secure_context(), create_secure_context()
    assert len(one.ticket_keys) == 48
    assert one.ticket_keys != two.ticket_keys


def test_a_context_with_other_ticket_keys_resumes_no_session() -> None:
    secure = create_secure_context(key=RSA.key, cert=RSA.pem)
    other = secure.renewed(bytes(48))
    first = Pair(client(), secure.ssl_context(server=True, verify=True))
    for context, resumed in ((secure, True), (other, False)):
        pair = Pair(client(), context.ssl_context(server=True, verify=True), session=first.client.session)
        assert pair.errors == [None, None]
        assert pair.client.session_reused is resumed
    assert other.ticket_keys == bytes(48)
    assert secure.ticket_keys != bytes(48)


# --- files ---


def test_only_this_user_may_read_the_file_of_a_key_and_it_is_gone_afterwards() -> None:
    with file_of(b"secret") as path:
        assert Path(path).read_bytes() == b"secret"
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
        assert path.startswith("/proc/self/fd/")
        held = os.stat(path).st_ino
    assert held not in {os.stat(f"/proc/self/fd/{name}").st_ino for name in open_descriptors()}


def open_descriptors() -> list[str]:
    return [name for name in os.listdir("/proc/self/fd") if os.path.exists(f"/proc/self/fd/{name}")]


@pytest.mark.parametrize("reason", [AttributeError, OSError])
def test_without_files_in_memory_it_is_one_that_only_this_user_may_read(
    reason: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: Any) -> int:
        raise reason

    monkeypatch.setattr(os, "memfd_create", refused)
    with file_of(b"secret") as path:
        assert Path(path).read_bytes() == b"secret"
        assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    assert not os.path.exists(path)
    fresh = make("fresh", AUTHORITY)
    assert subject_of(Pair(client(), server(fresh))) == fresh.der


# --- which contexts are shared ---


def test_clients_with_equal_options_share_a_context_so_that_sessions_are_resumed() -> None:
    of_server = server()
    first = Pair(client(), of_server)
    second = Pair(client(), of_server, session=first.client.session)
    assert second.client.session_reused


def test_a_session_of_a_server_means_nothing_to_another_with_equal_options() -> None:
    first = Pair(client(), server())
    second = Pair(client(), server(), session=first.client.session)
    assert second.errors == [None, None]
    assert not second.client.session_reused


DIFFERENT: list[dict[str, Any]] = [
    {},
    {"ca": BETWEEN.pem},
    {"key": RSA.key, "cert": RSA.pem},
    {"key": EC.key, "cert": EC.pem},
    {"maxVersion": "TLSv1.2"},
    {"ciphers": "AES128-SHA"},
    {"sessionIdContext": "a"},
    {"allowPartialTrustChain": True},
]


def test_clients_with_different_options_share_nothing() -> None:
    contexts = [client(**options) for options in DIFFERENT]
    assert len({id(context) for context in contexts}) == len(DIFFERENT)
    assert [client(**options) for options in DIFFERENT] == contexts


def test_each_way_to_use_a_secure_context_has_its_own() -> None:
    secure = create_secure_context(key=RSA.key, cert=RSA.pem, ca=AUTHORITY.pem)
    ways: list[dict[str, Any]] = [
        {"server": False, "verify": True},
        {"server": False, "verify": False},
        {"server": False, "verify": True, "alpn": (b"a",)},
        {"server": True, "verify": True},
        {"server": True, "verify": True, "request_cert": True},
        {"server": True, "verify": False, "request_cert": True},
    ]
    contexts = [secure.ssl_context(**way) for way in ways]
    assert len({id(context) for context in contexts}) == len(ways)
    assert [secure.ssl_context(**way) for way in ways] == contexts
    modes = [ssl.CERT_REQUIRED, ssl.CERT_NONE, ssl.CERT_REQUIRED, ssl.CERT_NONE, ssl.CERT_REQUIRED, ssl.CERT_OPTIONAL]
    assert [context.verify_mode for context in contexts] == modes
    assert not any(context.check_hostname for context in contexts)


# --- packages that are not there ---


def test_ever_other_protocols_do_not_fill_the_memory() -> None:
    context = create_secure_context(key=RSA.key, cert=RSA.pem)
    first = weakref.ref(context.ssl_context(server=True, verify=True, alpn=(b"first",)))
    lenient = weakref.ref(lenient_context(context, b"first"))
    for number in range(KEPT):
        protocol = b"%d" % number
        made = context.ssl_context(server=True, verify=True, alpn=(protocol,))
        assert context.ssl_context(server=True, verify=True, alpn=(protocol,)) is made
        assert lenient_context(context, protocol) is lenient_context(context, protocol)
    gc.collect()
    assert first() is None
    assert lenient() is None


def test_a_bundle_without_cryptography_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "cryptography.hazmat.primitives.serialization.pkcs12", None)
    with pytest.raises(ModuleNotFoundError, match=r"pfx needs the package cryptography: pip install nodehttp\[tls\]"):
        create_secure_context(pfx=b"another bundle")
