"""A peer's certificate as Node shows it: a mapping with Node's keys, made of the certificate's DER.

RFC 5280 section 4.1; RFC 3279 section 2.3 (RSA and EC keys)

Node: tlsSocket.getPeerCertificate, "Certificate object"
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

from . import _tls_der as der
from ._tls_names import alternative_names, distinguished_name, information_access
from ._tls_x509 import AUTHORITY_INFORMATION_ACCESS, SUBJECT_ALTERNATIVE_NAME, Certificate, chain_of, moment

_RSA = "1.2.840.113549.1.1.1"
_EC = "1.2.840.10045.2.1"

_CURVES: dict[str, tuple[str, str | None, int]] = {
    "1.2.840.10045.3.1.1": ("prime192v1", "P-192", 192),
    "1.2.840.10045.3.1.7": ("prime256v1", "P-256", 256),
    "1.3.132.0.10": ("secp256k1", None, 256),
    "1.3.132.0.33": ("secp224r1", "P-224", 224),
    "1.3.132.0.34": ("secp384r1", "P-384", 384),
    "1.3.132.0.35": ("secp521r1", "P-521", 521),
    "1.3.36.3.3.2.8.1.1.7": ("brainpoolP256r1", None, 256),
    "1.3.36.3.3.2.8.1.1.11": ("brainpoolP384r1", None, 384),
    "1.3.36.3.3.2.8.1.1.13": ("brainpoolP512r1", None, 512),
}
"""Of an elliptic curve: OpenSSL's name, NIST's, and the bits of its order."""

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def peer_certificate(data: bytes, chain: Iterable[bytes] = (), *, detailed: bool = False) -> dict[str, Any]:
    """The certificate `data` (DER), under Node's keys: `subject`, `subjectaltname`, `fingerprint256`, `raw`, ...

    With `detailed`, the key `issuerCertificate` has that of the issuer, if it is in `chain` (DER) or its own issuer:
    then it is the mapping itself.

    Raises ValueError for what is no certificate.
    """
    if not detailed:
        return _shown(Certificate(data))
    certificates = chain_of(data, chain)
    shown = [_shown(certificate) for certificate in certificates]
    for subject, issuer in pairwise(shown):
        subject["issuerCertificate"] = issuer
    if certificates[-1].is_its_own_issuer:
        shown[-1]["issuerCertificate"] = shown[-1]
    return shown[0]


def _shown(certificate: Certificate) -> dict[str, Any]:
    access = certificate.extensions.get(AUTHORITY_INFORMATION_ACCESS)
    alternatives = certificate.extensions.get(SUBJECT_ALTERNATIVE_NAME)
    key = _shown_key(certificate.key)
    return {
        "subject": distinguished_name(der.value(certificate.subject)),
        "issuer": distinguished_name(der.value(certificate.issuer)),
        "subjectaltname": None if alternatives is None else alternative_names(alternatives),
        "infoAccess": None if access is None else information_access(access),
        "ca": certificate.is_authority,
        "modulus": key.get("modulus"),
        "exponent": key.get("exponent"),
        "pubkey": key.get("pubkey"),
        "bits": key.get("bits"),
        "valid_from": _shown_time(certificate.not_before),
        "valid_to": _shown_time(certificate.not_after),
        "fingerprint": _fingerprint("sha1", certificate.data),
        "fingerprint256": _fingerprint("sha256", certificate.data),
        "fingerprint512": _fingerprint("sha512", certificate.data),
        "ext_key_usage": certificate.purposes,
        "serialNumber": _hex(certificate.serial.integer()),
        "raw": certificate.data,
        "asn1Curve": key.get("asn1Curve"),
        "nistCurve": key.get("nistCurve"),
    }


def _shown_key(key: der.Value) -> dict[str, Any]:
    """What Node shows of a public key; nothing of one that is neither RSA nor on an elliptic curve."""
    algorithm, bits = key.expect(der.SEQUENCE).pair()
    kind, *parameters = algorithm.expect(der.SEQUENCE).parts()
    if kind.oid() == _RSA:
        modulus, exponent = (number.integer() for number in der.value(bits.bits()).expect(der.SEQUENCE).pair())
        return {
            "modulus": _hex(modulus),
            "exponent": f"0x{exponent:x}",
            "pubkey": key.whole,
            "bits": modulus.bit_length(),
        }
    if kind.oid() == _EC and parameters:
        curve = parameters[0].oid() if parameters[0].tag == der.OBJECT_IDENTIFIER else ""
        asn1_curve, nist_curve, size = _CURVES.get(curve, (None, None, None))
        return {"pubkey": bits.bits(), "bits": size, "asn1Curve": asn1_curve, "nistCurve": nist_curve}
    return {}


def _shown_time(time: der.Value) -> str:
    """A time as OpenSSL shows it: "Jan  1 00:00:00 2000 GMT"."""
    try:
        when = moment(time)
    except ValueError:
        return "Bad time value"
    return f"{_MONTHS[when.month - 1]} {when.day:2} {when:%H:%M:%S} {when.year} GMT"


def _hex(number: int) -> str:
    """A number in hexadecimal digits, two for each byte."""
    digits = f"{abs(number):X}"
    return ("-" if number < 0 else "") + digits.rjust(len(digits) + len(digits) % 2, "0")


def _fingerprint(algorithm: str, data: bytes) -> str:
    return hashlib.new(algorithm, data, usedforsecurity=False).digest().hex(":").upper()
