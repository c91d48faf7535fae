"""PEM: what is in it, and giving it to `ssl`, which reads nothing but files. RFC 7468

The file is one in memory. Where there are none it is one that only this user may read, and is gone when it was loaded:
private keys are among what is given.
"""

from __future__ import annotations

import binascii
import os
import re
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from . import _tls_der as der
from ._tls_errors import TLSError, openssl_error

_BLOCK = re.compile(rb"-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\r?\n(.*?)-----END \1-----", re.DOTALL)
_CERTIFICATE_LABELS = (b"CERTIFICATE", b"X509 CERTIFICATE", b"TRUSTED CERTIFICATE")
_ONLY_THIS_USER = 0o600


def blocks(pem: bytes, *labels: bytes) -> Iterator[bytes]:
    """What the blocks with one of the labels hold. Raises ERR_OSSL_PEM_BAD_BASE64_DECODE."""
    for label, text in _BLOCK.findall(pem):
        if label in labels:
            yield _decoded(text)


def first_block(pem: bytes, label: bytes) -> bytes | None:
    """The first block with the label, as PEM; None if there is none."""
    found = next((match for match in _BLOCK.finditer(pem) if match[1] == label), None)
    return None if found is None else found[0] + b"\n"


def _decoded(text: bytes) -> bytes:
    try:
        return binascii.a2b_base64(b"".join(text.split()), strict_mode=True)
    except binascii.Error:
        raise openssl_error("PEM", "bad base64 decode", 0x04800064) from None


def certificates(pem: bytes) -> list[bytes]:
    """The certificates of a chain, as DER; there is at least one.

    Raises ERR_OSSL_PEM_NO_START_LINE, ERR_OSSL_PEM_BAD_BASE64_DECODE, ERR_OSSL_ASN1_WRONG_TAG.
    """
    found = [_first_value(each) for each in blocks(pem, *_CERTIFICATE_LABELS)]
    if not found:
        raise openssl_error("PEM", "no start line", 0x0480006C)
    return found


def trusted_certificates(pem: bytes) -> list[bytes]:
    """The certificates that can be read, as DER, up to the first that cannot."""
    found = []
    with suppress(TLSError):
        for each in blocks(pem, *_CERTIFICATE_LABELS):
            found.append(_first_value(each))
    return found


def _first_value(data: bytes) -> bytes:
    """A certificate without what a TRUSTED CERTIFICATE has behind it."""
    try:
        return next(der.values(data)).expect(der.SEQUENCE).whole
    except (der.NotDer, StopIteration):
        raise openssl_error("ASN1", "wrong tag", 0x068000A8) from None


def is_encrypted(key: bytes) -> bool:
    """Whether a private key takes a passphrase."""
    return b"ENCRYPTED" in key


def may_be_private_key(pem: bytes) -> bool:
    """Whether there is a block that looks like one."""
    for label, text in _BLOCK.findall(pem):
        if label.endswith(b"PRIVATE KEY"):
            return is_encrypted(pem) or _is_sequence(text)
    return False


def _is_sequence(text: bytes) -> bool:
    try:
        return next(der.values(_decoded(text))).tag == der.SEQUENCE
    except (der.NotDer, StopIteration, TLSError):
        return False


def pem_of(certificate: bytes) -> bytes:
    """A certificate as PEM."""
    return ssl.DER_cert_to_PEM_cert(certificate).encode()


@contextmanager
def file_of(data: bytes) -> Iterator[str]:
    """The path of a file with `data`, for as long as the block lasts."""
    try:
        descriptor = os.memfd_create("tls", os.MFD_CLOEXEC)
    except (AttributeError, OSError):
        with _temporary_file(data) as path:
            yield path
        return
    with open(descriptor, "wb") as file:
        os.fchmod(descriptor, _ONLY_THIS_USER)
        file.write(data)
        file.flush()
        yield f"/proc/self/fd/{descriptor}"


@contextmanager
def _temporary_file(data: bytes) -> Iterator[str]:
    with tempfile.NamedTemporaryFile() as file:  # mode 0600
        file.write(data)
        file.flush()
        yield file.name
