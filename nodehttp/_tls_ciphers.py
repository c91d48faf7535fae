"""Cipher suites: which there are, and what one is called. And algorithms that compress certificates.

OpenSSL has names of its own for suites up to TLS 1.2 ("ECDHE-RSA-AES128-GCM-SHA256"); the standard's name of that is
"TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256". Those of TLS 1.3 have one name ("TLS_AES_128_GCM_SHA256").
"""

from __future__ import annotations

import re
import ssl
from functools import lru_cache

_SUITE = re.compile(
    r"(?:(?P<key>[A-Z-]+?)-)??"  # how keys are agreed upon, and whose signature it takes
    r"(?P<cipher>AES|CAMELLIA|ARIA|CHACHA20-POLY1305|NULL)-?(?P<bits>\d*)"
    r"(?:-(?P<mode>GCM|CCM8?|CBC))?(?:-(?P<hash>SHA\d*|MD5))?"
)
_KEYS = {"": "RSA", "ECDHE": "ECDHE_RSA", "ADH": "DH_anon", "AECDH": "ECDH_anon"}
_SUITES = frozenset(
    {
        "TLS_AES_128_CCM_8_SHA256",
        "TLS_AES_128_CCM_SHA256",
        "TLS_AES_128_GCM_SHA256",
        "TLS_AES_256_GCM_SHA384",
        "TLS_CHACHA20_POLY1305_SHA256",
    }
)
_SRP = {"SRP": "SRP_SHA", "SRP-RSA": "SRP_SHA_RSA", "SRP-DSS": "SRP_SHA_DSS"}


@lru_cache
def standard_name(name: str) -> str:
    """The IANA name of a suite that OpenSSL calls `name`."""
    suite = _SUITE.fullmatch(name)
    if suite is None:
        return name
    key = suite["key"] or ""
    parts = [_KEYS.get(key) or _SRP.get(key) or key.replace("-", "_"), "WITH", suite["cipher"].replace("-", "_")]
    if suite["bits"]:
        parts += [suite["bits"], {None: "CBC", "CCM8": "CCM_8"}.get(suite["mode"], suite["mode"])]
    if suite["hash"] or suite["cipher"] == "CHACHA20-POLY1305":
        parts.append(suite["hash"] or "SHA256")
    return "_".join(["TLS", *parts])


def cipher_description(cipher: tuple[str, str, int] | None) -> dict[str, str] | None:
    """The suite of a connection, by what `ssl.SSLObject.cipher()` says of it; None before there is one.

    `name` is OpenSSL's, `standardName` the standard's, `version` the oldest protocol that has it.

    Node: tlsSocket.getCipher
    """
    if cipher is None:
        return None
    name, version, _ = cipher
    return {"name": name, "standardName": standard_name(name), "version": version}


def is_suite(name: str) -> bool:
    """Whether it is one of TLS 1.3 (RFC 8446 appendix B.4)."""
    return name in _SUITES


@lru_cache(1)
def _all_ciphers() -> tuple[str, ...]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.set_ciphers("DEFAULT")
    return tuple(sorted(cipher["name"].lower() for cipher in context.get_ciphers()))


def get_ciphers() -> list[str]:
    """The suites that there are, in lower case. Node: tls.getCiphers"""
    return list(_all_ciphers())


def get_certificate_compression_algorithms() -> list[str]:
    """How certificates may be compressed (RFC 8879): in no way, for `ssl` has none.

    Node: tls.getCertificateCompressionAlgorithms
    """
    return []
