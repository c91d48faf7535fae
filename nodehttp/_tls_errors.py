"""What `ssl` raises, in Node's words.

Node makes its codes of OpenSSL's texts: "no shared cipher" of the library SSL is ERR_SSL_NO_SHARED_CIPHER, "no start
line" of PEM is ERR_OSSL_PEM_NO_START_LINE. A certificate that does not verify has a code without a prefix.

The messages are OpenSSL's own lines, without what differs from build to build: the thread, the function, file and line.

Node: Errors, "OpenSSL errors"
"""

from __future__ import annotations

import errno
import re
import ssl
from collections.abc import Sequence

from nodestream.errors import NodeError, NodeSystemError

from ._tls_complaints import verify_error

_LIBRARIES = {
    "ASN1": "asn1 encoding routines",
    "BIO": "BIO routines",
    "BN": "bignum routines",
    "CRYPTO": "common libcrypto routines",
    "DH": "Diffie-Hellman routines",
    "EC": "elliptic curve routines",
    "EVP": "digital envelope routines",
    "OSSL_DECODER": "DECODER routines",
    "PEM": "PEM routines",
    "PROV": "Provider routines",
    "RSA": "rsa routines",
    "SSL": "SSL routines",
    "X509": "x509 certificate routines",
    "X509V3": "X509 V3 routines",
}

_PREFIXES = {"OSSL_DECODER": "ERR_OSSL_", "PROV": "ERR_OSSL_", "SSL": "ERR_SSL_"}

_PYTHONS_FORM = re.compile(r"(?:\[(?P<library>\w+)(?:: \w+)?\] )?(?P<text>.*?)(?: \(_ssl\.c:\d+\))?", re.DOTALL)


class TLSError(NodeError):
    """What OpenSSL refused: `library` ("SSL routines") and `reason` ("no shared cipher")."""

    library: str
    reason: str


def openssl_error(library: str, reason: str, number: int | None = None) -> TLSError:
    """The error of OpenSSL's `library` ("SSL") with the text `reason`, and with the `number` that it has, if known."""
    prefix = _PREFIXES.get(library, f"ERR_OSSL_{library}_")
    name = _LIBRARIES.get(library, library)
    shown = "" if number is None else f"{number:08X}:"
    error = TLSError(f"error:{shown}{name}::{reason}", prefix + reason.upper().replace(" ", "_"))
    error.library = name
    error.reason = reason
    return error


def tls_error(error: ssl.SSLError, chain: Sequence[bytes] = ()) -> NodeError:
    """The error that Node has for what `ssl` raised.

    `chain` is the peer's certificate with its issuers (DER), as far as they were found, for an error of verification.
    """
    if isinstance(error, ssl.SSLCertVerificationError):
        return verify_error(error.verify_code, error.verify_message, chain)
    library, reason = _library_and_reason(error)
    return openssl_error(library, reason)


def write_error(error: ssl.SSLError) -> NodeSystemError:
    """The EPROTO of a write that waited while the connection failed with `error`."""
    failed = NodeSystemError(f"write EPROTO {tls_error(error)}", "EPROTO")
    failed.errno = -errno.EPROTO
    failed.syscall = "write"
    return failed


def _library_and_reason(error: ssl.SSLError) -> tuple[str, str]:
    if isinstance(error, ssl.SSLEOFError):  # Python has words of its own for it
        return "SSL", "unexpected eof while reading"
    match = _PYTHONS_FORM.fullmatch(str(error.args[-1] if error.args else ""))
    library, reason = match.group("library", "text") if match is not None else (None, "")
    if reason.startswith("sslv3 alert "):  # OpenSSL 3.0; Node's has the newer name
        reason = "ssl/tls alert " + reason.removeprefix("sslv3 alert ")
    return library or "SSL", reason
