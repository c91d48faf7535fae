"""Names of cipher suites are those of OpenSSL and of the standard, as Node has them."""

from __future__ import annotations

import pytest

from nodehttp._tls_ciphers import (
    cipher_description,
    get_certificate_compression_algorithms,
    get_ciphers,
    is_suite,
    standard_name,
)
from tests.nodehttp.tls.support import ask_node

NAMES = {
    "TLS_AES_256_GCM_SHA384": "TLS_AES_256_GCM_SHA384",
    "ECDHE-RSA-AES128-GCM-SHA256": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    "ECDHE-ECDSA-CHACHA20-POLY1305": "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-AES256-CCM8": "TLS_ECDHE_ECDSA_WITH_AES_256_CCM_8",
    "DHE-RSA-AES256-CCM": "TLS_DHE_RSA_WITH_AES_256_CCM",
    "ECDHE-RSA-AES256-SHA384": "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    "ECDHE-ARIA128-GCM-SHA256": "TLS_ECDHE_RSA_WITH_ARIA_128_GCM_SHA256",
    "DHE-RSA-CAMELLIA128-SHA256": "TLS_DHE_RSA_WITH_CAMELLIA_128_CBC_SHA256",
    "AES128-SHA": "TLS_RSA_WITH_AES_128_CBC_SHA",
    "NULL-MD5": "TLS_RSA_WITH_NULL_MD5",
    "ADH-AES128-SHA256": "TLS_DH_anon_WITH_AES_128_CBC_SHA256",
    "AECDH-NULL-SHA": "TLS_ECDH_anon_WITH_NULL_SHA",
    "RSA-PSK-AES256-GCM-SHA384": "TLS_RSA_PSK_WITH_AES_256_GCM_SHA384",
    "PSK-AES128-CBC-SHA": "TLS_PSK_WITH_AES_128_CBC_SHA",
    "SRP-RSA-AES-256-CBC-SHA": "TLS_SRP_SHA_RSA_WITH_AES_256_CBC_SHA",
    "SOMETHING-NEW": "SOMETHING-NEW",
}


@pytest.mark.parametrize("name", NAMES)
def test_a_suite_has_its_standard_name(name: str) -> None:
    assert standard_name(name) == NAMES[name]


def test_a_connection_without_a_suite_has_no_description() -> None:
    assert cipher_description(None) is None


def test_a_description_says_what_node_says() -> None:
    assert cipher_description(("ECDHE-RSA-AES128-SHA", "TLSv1.0", 128)) == {
        "name": "ECDHE-RSA-AES128-SHA",
        "standardName": "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        "version": "TLSv1.0",
    }


def test_the_list_of_suites_is_a_new_one_each_time() -> None:
    get_ciphers().clear()
    assert "tls_aes_128_gcm_sha256" in get_ciphers()


def test_the_suites_are_those_of_node() -> None:
    """But for two of TLS 1.3 that Python's ssl cannot turn on; OpenSSL may be built without PSK and SRP."""
    missing = set(ask_node("answer(require('node:tls').getCiphers())")) - set(get_ciphers())
    rest = {name for name in missing if "psk" not in name and "srp" not in name}
    assert rest == {"tls_aes_128_ccm_sha256", "tls_aes_128_ccm_8_sha256"}
    assert get_ciphers() == sorted(get_ciphers())


def test_certificates_are_compressed_in_no_way() -> None:
    assert get_certificate_compression_algorithms() == []


@pytest.mark.parametrize(
    ("name", "is_one"), [("TLS_AES_128_CCM_SHA256", True), ("TLS_FOO", False), ("!TLS_AES_128_GCM_SHA256", False)]
)
def test_a_suite_of_tls_1_3_is_known(name: str, is_one: bool) -> None:
    assert is_suite(name) is is_one
