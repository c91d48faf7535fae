"""What is wrong with a certificate, in Node's codes.

OpenSSL goes through its checks in one order: it builds the chain, looks at what the certificates are for, at revocation
lists, and then, from the top of the chain down, at signatures and times. In Python it stops at its first complaint;
Node lets it go on and tells of the last. So a self-signed certificate that has expired has expired.

Node: tls, "X509 certificate error codes"
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from nodestream.errors import NodeError

from ._tls_x509 import moment, readable

COMPLAINTS: Mapping[int, tuple[str, str]] = {
    2: ("UNABLE_TO_GET_ISSUER_CERT", "unable to get issuer certificate"),
    3: ("UNABLE_TO_GET_CRL", "unable to get certificate CRL"),
    4: ("UNABLE_TO_DECRYPT_CERT_SIGNATURE", "unable to decrypt certificate's signature"),
    5: ("UNABLE_TO_DECRYPT_CRL_SIGNATURE", "unable to decrypt CRL's signature"),
    6: ("UNABLE_TO_DECODE_ISSUER_PUBLIC_KEY", "unable to decode issuer public key"),
    7: ("CERT_SIGNATURE_FAILURE", "certificate signature failure"),
    8: ("CRL_SIGNATURE_FAILURE", "CRL signature failure"),
    9: ("CERT_NOT_YET_VALID", "certificate is not yet valid"),
    10: ("CERT_HAS_EXPIRED", "certificate has expired"),
    11: ("CRL_NOT_YET_VALID", "CRL is not yet valid"),
    12: ("CRL_HAS_EXPIRED", "CRL has expired"),
    13: ("ERROR_IN_CERT_NOT_BEFORE_FIELD", "format error in certificate's notBefore field"),
    14: ("ERROR_IN_CERT_NOT_AFTER_FIELD", "format error in certificate's notAfter field"),
    15: ("ERROR_IN_CRL_LAST_UPDATE_FIELD", "format error in CRL's lastUpdate field"),
    16: ("ERROR_IN_CRL_NEXT_UPDATE_FIELD", "format error in CRL's nextUpdate field"),
    17: ("OUT_OF_MEM", "out of memory"),
    18: ("DEPTH_ZERO_SELF_SIGNED_CERT", "self-signed certificate"),
    19: ("SELF_SIGNED_CERT_IN_CHAIN", "self-signed certificate in certificate chain"),
    20: ("UNABLE_TO_GET_ISSUER_CERT_LOCALLY", "unable to get local issuer certificate"),
    21: ("UNABLE_TO_VERIFY_LEAF_SIGNATURE", "unable to verify the first certificate"),
    22: ("CERT_CHAIN_TOO_LONG", "certificate chain too long"),
    23: ("CERT_REVOKED", "certificate revoked"),
    25: ("PATH_LENGTH_EXCEEDED", "path length constraint exceeded"),
    26: ("INVALID_PURPOSE", "unsuitable certificate purpose"),
    27: ("CERT_UNTRUSTED", "certificate not trusted"),
    28: ("CERT_REJECTED", "certificate rejected"),
    62: ("HOSTNAME_MISMATCH", "hostname mismatch"),
    79: ("INVALID_CA", "invalid CA certificate"),
}
"""Node's code and OpenSSL's text, by OpenSSL's number."""

INVALID_PURPOSE = 26
REJECTED = 28

_UNSPECIFIED = "UNSPECIFIED"
_SIGNATURE_FAILURE = 7
_NOT_YET_VALID = 9
_EXPIRED = 10
_NO_ISSUER = 20
_ALONE = 21
_INVALID_CA = 79

_LAST_CHECKS = frozenset({_SIGNATURE_FAILURE, _NOT_YET_VALID, _EXPIRED, 13, 14})
"""Complaints of the last round, over signatures and times."""


def verify_error(number: int, text: str = "", chain: Sequence[bytes] = ()) -> NodeError:
    """The error for OpenSSL's first complaint about the certificates of `chain` (DER, the peer's own first).

    `text` is for a number that Node has no code for.
    """
    code, text = COMPLAINTS.get(_last_complaint(number, list(chain)), (_UNSPECIFIED, text))
    return NodeError(text, code)


def _last_complaint(number: int, chain: list[bytes]) -> int:
    if number in _LAST_CHECKS:
        return number
    if number == _INVALID_CA:
        number = INVALID_PURPOSE  # what is no authority may not be used as one
    elif number == _NO_ISSUER and len(chain) == 1:
        number = _ALONE
    elif number == _NO_ISSUER:
        del chain[-1:]  # nobody vouches for it, so its times do not count
    now = datetime.now(UTC)
    for certificate in readable(reversed(chain)):
        with suppress(ValueError):  # of a time that is none
            if now < moment(certificate.not_before):
                number = _NOT_YET_VALID
            elif now > moment(certificate.not_after):
                number = _EXPIRED
    return number
