"""The options of a secure context are taken and refused as in Node, which is asked about each row."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.serialization import pkcs12

from nodehttp._tls_context import create_secure_context
from tests.nodehttp.tls.certificates import KEYS, make, revocation_list
from tests.nodehttp.tls.support import ask_node, described

# Encrypted once and for all: a wrong passphrase must fail in the same way each time.
ENCRYPTED = b"""\
-----BEGIN ENCRYPTED PRIVATE KEY-----
MIHsMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAjvh6f1bcB2TgICCAAw
DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEDSONxvmmr2yYufva/yagBIEgZA2
+p6aJBd7p6eI9n3+mEcWGxtmAlkrXjh3RJyc5ijbS51H+/tJ0Q5mHeomP98VFtyZ
9dgLrMMzK161P5N4yS6kMBDSTMamDDocuLFzL0mOadKjqrELNB+82zO55JO4cTDq
DRPoK2o6V6vHlUX15VHn7n2CR/GhLQv308JyGegsgNu3vRmijsEKG74i7GKEiuo=
-----END ENCRYPTED PRIVATE KEY-----
"""
ENCRYPTED_IN_THE_OLD_WAY = b"""\
-----BEGIN EC PRIVATE KEY-----
Proc-Type: 4,ENCRYPTED
DEK-Info: AES-128-CBC,DB3EC3AE9FABF7DE36E44E406AF95FFE

jPAN4qDyGJi3et4QcBmFYqleumGsBO9Y5+dIz+BqR820vQW+cVUUlhloWSGV09I2
bwsKtfsfVryM1Ohn4xQs+YB25ZRs7Xavf1ZE7J9RIqtyTQ/aL2z1DiHSU/Lv7IHg
roHyS9dD/HCJC1dR4SSf8Tt33LZhjLnomHaUps4+a1k=
-----END EC PRIVATE KEY-----
"""
KEPT = make("kept", key=serialization.load_pem_private_key(ENCRYPTED, b"secret"))

RSA, OTHER_RSA, EC = make("rsa", key="rsa"), make("other", key="other_rsa"), make("ec", key="p256")
AUTHORITY = make("authority", authority=True)
BAD_CERTIFICATE = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"
BAD_KEY = "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n"
CRL = revocation_list(AUTHORITY)


def dh_parameters(bits: int) -> bytes:
    """PKCS#3: a sequence of two numbers."""
    prime = (2**bits - 1).to_bytes(bits // 8 + 1, "big")
    numbers = b"\x02\x82" + len(prime).to_bytes(2, "big") + prime + b"\x02\x01\x02"
    text = base64.encodebytes(b"\x30\x82" + len(numbers).to_bytes(2, "big") + numbers)
    return b"-----BEGIN DH PARAMETERS-----\n" + text + b"-----END DH PARAMETERS-----\n"


def bundle(passphrase: bytes | None) -> bytes:
    protection: Any = serialization.NoEncryption()
    if passphrase is not None:
        protection = serialization.BestAvailableEncryption(passphrase)
    others = [AUTHORITY.certificate]
    return pkcs12.serialize_key_and_certificates(b"x", KEYS["rsa"](), RSA.certificate, others, protection)


CERTIFICATE_ALONE = pkcs12.serialize_key_and_certificates(
    None, None, RSA.certificate, None, serialization.NoEncryption()
)

KEY_ALONE = pkcs12.serialize_key_and_certificates(None, KEYS["rsa"](), None, None, serialization.NoEncryption())

PAIR = {"key": RSA.key, "cert": RSA.pem}

ROWS: dict[str, dict[str, Any]] = {
    "nothing": {},
    # ca
    "ca 5": {"ca": 5},
    "ca [5]": {"ca": [5]},
    "ca {}": {"ca": {}},
    "ca true": {"ca": True},
    "ca false": {"ca": False},
    "ca 0": {"ca": 0},
    "ca empty": {"ca": ""},
    "ca []": {"ca": []},
    "ca garbage": {"ca": "garbage"},
    "ca bad": {"ca": BAD_CERTIFICATE},
    "ca": {"ca": AUTHORITY.pem},
    "ca several": {"ca": [AUTHORITY.pem + RSA.pem, EC.pem.decode()]},
    "ca twice": {"ca": [AUTHORITY.pem, AUTHORITY.pem]},
    # cert
    "cert 5": {"cert": 5},
    "cert [5]": {"cert": [RSA.pem, 5]},
    "cert garbage": {"cert": "garbage"},
    "cert bad": {"cert": BAD_CERTIFICATE},
    "cert no base64": {"cert": BAD_CERTIFICATE.replace("AAAA", "!!!!")},
    "cert a key": {"cert": RSA.key},
    "cert alone": {"cert": RSA.pem},
    "cert false": {"cert": False},
    # key
    "key 5": {"key": 5},
    "key {}": {"key": {"pem": RSA.key}},
    "key [{5}]": {"key": [{"pem": 5}]},
    "key garbage": {"key": "garbage"},
    "key bad": {"key": BAD_KEY},
    "key no base64": {"key": BAD_KEY.replace("AAAA", "!!!!"), "cert": RSA.pem},
    "key bad with cert": {"key": BAD_KEY, "cert": RSA.pem},
    "key a cert": {"key": RSA.pem},
    "key alone": {"key": RSA.key},
    "pair": PAIR,
    "pair as text": {"key": RSA.key.decode(), "cert": RSA.pem.decode()},
    "pair with a chain": {"key": RSA.key, "cert": RSA.pem + AUTHORITY.pem},
    "another key": {"key": OTHER_RSA.key, "cert": RSA.pem},
    "another kind of key": {"key": EC.key, "cert": RSA.pem},
    "two pairs": {"key": [RSA.key, EC.key], "cert": [RSA.pem, EC.pem]},
    "two pairs crossed": {"key": [EC.key, RSA.key], "cert": [RSA.pem, EC.pem]},
    "key as {pem}": {"key": [{"pem": RSA.key}], "cert": RSA.pem},
    # passphrase
    "encrypted": {"key": ENCRYPTED, "cert": KEPT.pem, "passphrase": "secret"},
    "encrypted, no passphrase": {"key": ENCRYPTED, "cert": KEPT.pem},
    "encrypted, empty passphrase": {"key": ENCRYPTED, "cert": KEPT.pem, "passphrase": ""},
    "encrypted, wrong passphrase": {"key": ENCRYPTED, "cert": KEPT.pem, "passphrase": "x"},
    "encrypted, passphrase too long": {"key": ENCRYPTED, "cert": KEPT.pem, "passphrase": "x" * 1025},
    "encrypted, passphrase 5": {"key": ENCRYPTED, "cert": KEPT.pem, "passphrase": 5},
    "encrypted in the old way": {"key": ENCRYPTED_IN_THE_OLD_WAY, "cert": KEPT.pem, "passphrase": "secret"},
    "encrypted in the old way, wrong": {"key": ENCRYPTED_IN_THE_OLD_WAY, "cert": KEPT.pem, "passphrase": "x"},
    "encrypted, own passphrase": {"key": [{"pem": ENCRYPTED, "passphrase": "secret"}], "cert": KEPT.pem},
    "encrypted, common passphrase": {"key": [{"pem": ENCRYPTED}], "cert": KEPT.pem, "passphrase": "secret"},
    "not encrypted, passphrase": {**PAIR, "passphrase": "x"},
    "passphrase 5 for nothing": {"passphrase": 5},
    # pfx
    "pfx": {"pfx": bundle(b"secret"), "passphrase": "secret"},
    "pfx open": {"pfx": bundle(None)},
    "pfx 5": {"pfx": 5},
    "pfx {}": {"pfx": {"buf": bundle(None)}},
    "pfx garbage": {"pfx": "garbage"},
    "pfx no passphrase": {"pfx": bundle(b"secret")},
    "pfx wrong passphrase": {"pfx": bundle(b"secret"), "passphrase": "x"},
    "pfx [{}]": {"pfx": [{"buf": bundle(b"secret"), "passphrase": "secret"}]},
    "pfx with a certificate alone": {"pfx": CERTIFICATE_ALONE},
    "pfx with a key alone": {"pfx": KEY_ALONE},
    "pfx []": {"pfx": [bundle(b"secret")], "passphrase": "secret"},
    # ciphers
    "ciphers 5": {"ciphers": 5},
    "ciphers unknown": {"ciphers": "foo"},
    "ciphers empty": {"ciphers": ""},
    "ciphers :": {"ciphers": ":"},
    "ciphers 1.3": {"ciphers": "TLS_AES_128_GCM_SHA256"},
    "ciphers 1.3 unknown": {"ciphers": "TLS_FOO"},
    "ciphers 1.3 in 1.2": {"ciphers": "TLS_AES_128_GCM_SHA256", "maxVersion": "TLSv1.2"},
    "ciphers both": {"ciphers": "TLS_AES_128_GCM_SHA256:AES128-SHA"},
    "ciphers both, one unknown": {"ciphers": "TLS_AES_128_GCM_SHA256:foo"},
    "ciphers one unknown": {"ciphers": "AES128-SHA:foo"},
    "ciphers without one of 1.3": {"ciphers": "!TLS_AES_128_GCM_SHA256:AES128-SHA"},
    "ciphers security level": {"ciphers": "ALL@SECLEVEL=0"},
    # other algorithms
    "sigalgs 5": {"sigalgs": 5},
    "sigalgs empty": {"sigalgs": ""},
    "ecdhCurve 5": {"ecdhCurve": 5},
    "ecdhCurve unknown": {"ecdhCurve": "foo"},
    "ecdhCurve one unknown": {"ecdhCurve": "P-256:foo"},
    "ecdhCurve P-256": {"ecdhCurve": "P-256"},
    "ecdhCurve prime256v1": {"ecdhCurve": "prime256v1"},
    "ecdhCurve several": {"ecdhCurve": "P-521:X25519"},
    "ecdhCurve auto": {"ecdhCurve": "auto"},
    "ecdhCurve empty": {"ecdhCurve": ""},
    "dhparam 5": {"dhparam": 5},
    "dhparam garbage": {"dhparam": "garbage"},
    "dhparam bad": {"dhparam": "-----BEGIN DH PARAMETERS-----\n!!!!\n-----END DH PARAMETERS-----\n"},
    "dhparam auto": {"dhparam": "auto"},
    "dhparam 2048": {"dhparam": dh_parameters(2048)},
    "dhparam 1024": {"dhparam": dh_parameters(1024)},
    "dhparam 768": {"dhparam": dh_parameters(768)},
    # crl
    "crl 5": {"crl": 5},
    "crl [5]": {"crl": [CRL, 5]},
    "crl false": {"crl": False},
    "crl empty": {"crl": ""},
    "crl garbage": {"crl": "garbage"},
    "crl bad": {"crl": "-----BEGIN X509 CRL-----\nAAAA\n-----END X509 CRL-----\n"},
    "crl": {"crl": CRL},
    "crl several": {"crl": [CRL, CRL]},
    # versions
    "minVersion unknown": {"minVersion": "x"},
    "minVersion 5": {"minVersion": 5},
    "minVersion empty": {"minVersion": ""},
    "minVersion true": {"minVersion": True},
    "maxVersion unknown": {"maxVersion": "TLSv1.4"},
    "maxVersion [5]": {"maxVersion": [5, "a"]},
    "versions in the wrong order": {"minVersion": "TLSv1.3", "maxVersion": "TLSv1.2"},
    "versions that are old": {"minVersion": "TLSv1", "maxVersion": "TLSv1.1"},
    "secureProtocol": {"secureProtocol": "TLSv1_2_method"},
    "secureProtocol with minVersion": {"secureProtocol": "TLSv1_2_method", "minVersion": "TLSv1"},
    "secureProtocol with maxVersion": {"secureProtocol": "x", "maxVersion": "y"},
    "secureProtocol unknown": {"secureProtocol": "foo"},
    "secureProtocol TLSv1_3": {"secureProtocol": "TLSv1_3_method"},
    "secureProtocol half": {"secureProtocol": "TLSv1_2"},
    "secureProtocol twice": {"secureProtocol": "TLS_server_client_method"},
    "secureProtocol 5": {"secureProtocol": 5},
    "secureProtocol SSLv2": {"secureProtocol": "SSLv2_client_method"},
    "secureProtocol SSLv3": {"secureProtocol": "SSLv3_method"},
    "secureProtocol SSLv23": {"secureProtocol": "SSLv23_server_method"},
    "secureProtocol TLS": {"secureProtocol": "TLS_client_method"},
    "secureOptions x": {"secureOptions": "x"},
    "secureOptions 4": {"secureOptions": 4},
    "secureOptions no TLS 1.2": {"secureOptions": 134217728},
    "secureOptions 1.5": {"secureOptions": 1.5},
    "secureOptions large": {"secureOptions": 2**54},
    "honorCipherOrder": {"honorCipherOrder": True},
    "allowPartialTrustChain": {"allowPartialTrustChain": True},
    # sessions
    "sessionIdContext 5": {"sessionIdContext": 5},
    "sessionIdContext": {"sessionIdContext": "abc"},
    "sessionTimeout x": {"sessionTimeout": "x"},
    "sessionTimeout -1": {"sessionTimeout": -1},
    "sessionTimeout 1.5": {"sessionTimeout": 1.5},
    "sessionTimeout large": {"sessionTimeout": 2**31},
    "sessionTimeout": {"sessionTimeout": 5},
    "ticketKeys x": {"ticketKeys": "x"},
    "ticketKeys short": {"ticketKeys": bytes(47)},
    "ticketKeys": {"ticketKeys": bytes(48)},
    # engines, compression
    "privateKeyIdentifier alone": {"privateKeyIdentifier": "x"},
    "privateKeyIdentifier with key": {"privateKeyIdentifier": "x", "privateKeyEngine": "y", "key": RSA.key},
    "privateKeyIdentifier 5": {"privateKeyIdentifier": 5, "privateKeyEngine": "y"},
    "privateKeyEngine 5": {"privateKeyIdentifier": "x", "privateKeyEngine": 5},
    "clientCertEngine 5": {"clientCertEngine": 5},
    "certificateCompression zlib": {"certificateCompression": "zlib"},
    "certificateCompression": {"certificateCompression": ["zlib", "brotli"]},
    "certificateCompression []": {"certificateCompression": []},
    "certificateCompression unknown": {"certificateCompression": ["zlib", "x"]},
    "certificateCompression too many": {"certificateCompression": ["zlib", "brotli", "zstd", "zlib"]},
    # which error comes first
    "a version before ciphers": {"minVersion": "x", "ciphers": 5},
    "ciphers before ca": {"ciphers": 5, "ca": 5},
    "ca before cert": {"ca": 5, "cert": 5},
    "cert before key": {"cert": 5, "key": 5},
    "key before ecdhCurve": {"key": 5, "ecdhCurve": 5},
    "ecdhCurve before dhparam": {"ecdhCurve": 5, "dhparam": 5},
    "dhparam before crl": {"dhparam": 5, "crl": 5},
    "crl before sessionIdContext": {"crl": 5, "sessionIdContext": 5},
    "sessionIdContext before pfx": {"sessionIdContext": 5, "pfx": 5},
    "pfx before ticketKeys": {"pfx": 5, "ticketKeys": 5},
    "ticketKeys before sessionTimeout": {"ticketKeys": 5, "sessionTimeout": "x"},
}  # fmt: skip

SCRIPT = """
const tls = require('node:tls');
answer(input.map((options) => {
  try { tls.createSecureContext(options); return null; } catch (e) { return error(e); }
}));
"""


@pytest.fixture(scope="module")
def from_node() -> dict[str, Any]:
    return dict(zip(ROWS, ask_node(SCRIPT, list(ROWS.values())), strict=True))


def outcome(options: Any) -> dict[str, str] | None:
    try:
        create_secure_context(options)
    except Exception as error:
        return described(error)
    return None


@pytest.mark.parametrize("name", ROWS)
def test_a_row_is_taken_or_refused_as_in_node(name: str, from_node: dict[str, Any]) -> None:
    assert outcome(ROWS[name]) == from_node[name]


@pytest.mark.parametrize("options", ["x", 5, True, []])
def test_what_are_no_options_is_refused_as_in_node(options: Any) -> None:
    assert [outcome(options)] == ask_node(SCRIPT, [options])


@pytest.mark.parametrize("options", [None, "", 0, False])
def test_what_javascript_takes_for_false_is_no_options(options: Any) -> None:
    assert outcome(options) is None


UNAVAILABLE: dict[str, dict[str, str]] = {
    "sigalgs": {"sigalgs": "RSA-PSS+SHA256"},
    "privateKeyIdentifier": {"privateKeyIdentifier": "x", "privateKeyEngine": "y"},
    "clientCertEngine": {"clientCertEngine": "x"},
}


@pytest.mark.parametrize("name", UNAVAILABLE)
def test_what_ssl_cannot_do_is_refused_with_a_clear_word(name: str) -> None:
    assert outcome(UNAVAILABLE[name]) == {
        "kind": "TypeError",
        "code": "ERR_FEATURE_UNAVAILABLE_ON_PLATFORM",
        "message": f"The option {name} is unavailable: Python's ssl has no way to set it",
    }


def test_an_unknown_keyword_is_refused_and_an_unknown_key_is_not() -> None:
    with pytest.raises(TypeError, match="unexpected keyword argument 'nonsense'"):
        create_secure_context(nonsense=1)
    create_secure_context({"nonsense": 1})


@pytest.mark.parametrize("spelling", ["min_version", "minVersion"])
def test_both_spellings_are_taken_in_both_ways(spelling: str) -> None:
    for options, keywords in (({spelling: "TLSv1.3"}, {}), ({}, {spelling: "TLSv1.3"})):
        context = create_secure_context(options, **keywords)
        assert repr(context) == "<SecureContext TLSv1.3 to TLSv1.3, 0 certificates>"
