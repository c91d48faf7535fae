"""Making a context of `ssl` that speaks the versions and uses the algorithms that options name."""

from __future__ import annotations

import ssl
import warnings

from nodestream.errors import NodeError, NodeTypeError

from . import _tls_der as der
from ._tls_ciphers import is_suite
from ._tls_errors import openssl_error
from ._tls_options import VERSIONS, ContextOptions
from ._tls_pem import blocks, file_of

_ALL_FLAGS = 2**32 - 1
_LEAST_DH_BITS = 1024

_NONE = "PSK"
"""Suites that take a key which no context has: `ssl` has no way to say that there are none."""

_CURVE_NAMES = {"P-256": "prime256v1", "P-384": "secp384r1", "P-521": "secp521r1"}
"""NIST's names of curves, as OpenSSL has them."""


def configured(protocol: int, options: ContextOptions) -> ssl.SSLContext:
    """A context that neither has a certificate nor verifies one.

    Raises ERR_SSL_NO_CIPHER_MATCH, and ERR_CRYPTO_OPERATION_FAILED for a curve or parameters that OpenSSL refuses.
    """
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.options |= ssl.OP_NO_RENEGOTIATION
    _set_versions_and_flags(context, options)
    _set_ciphers(context, options)
    _set_curves(context, options.curves)
    if options.dh_parameters is not None:
        _set_dh_parameters(context, options.dh_parameters)
    return context


def _set_versions_and_flags(context: ssl.SSLContext, options: ContextOptions) -> None:
    oldest, newest = (VERSIONS[version] for version in options.versions)
    with warnings.catch_warnings():  # old versions are deprecated; whoever names one knows
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = oldest
        context.maximum_version = newest
        if not options.honors_cipher_order:
            context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
        context.options |= options.flags & _ALL_FLAGS


def _set_ciphers(context: ssl.SSLContext, options: ContextOptions) -> None:
    """`ssl` always has all suites of TLS 1.3: their names are only checked."""
    mismatch = openssl_error("SSL", "no cipher match", 0x0A0000B9)
    if not all(map(is_suite, options.suites)):
        raise mismatch
    if not options.ciphers and options.versions[1] == "TLSv1.3":
        return  # then no other version is spoken
    try:
        context.set_ciphers(options.ciphers or _NONE)
    except ssl.SSLError:
        raise mismatch from None


def _set_curves(context: ssl.SSLContext, curves: tuple[str, ...]) -> None:
    """`ssl` takes one; of several, all are left to OpenSSL's choice."""
    for curve in curves:
        scratch = context if len(curves) == 1 else ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        try:
            scratch.set_ecdh_curve(_CURVE_NAMES.get(curve, curve))
        except ValueError:
            raise NodeError("Failed to set ECDH curve", "ERR_CRYPTO_OPERATION_FAILED") from None


def _set_dh_parameters(context: ssl.SSLContext, parameters: bytes) -> None:
    """What is no PEM of parameters is ignored, as in Node."""
    prime = _dh_prime(parameters)
    if prime is None:
        return
    if prime.bit_length() < _LEAST_DH_BITS:
        raise NodeTypeError("DH parameter is less than 1024 bits", "ERR_INVALID_ARG_VALUE")
    try:
        with file_of(parameters) as path:
            context.load_dh_params(path)
    except ssl.SSLError:
        raise NodeError("Error setting temp DH parameter", "ERR_CRYPTO_OPERATION_FAILED") from None


def _dh_prime(parameters: bytes) -> int | None:
    try:
        for block in blocks(parameters, b"DH PARAMETERS", b"X9.42 DH PARAMETERS"):
            return next(der.value(block).expect(der.SEQUENCE).parts()).integer()
    except (der.NotDer, NodeError, StopIteration):
        return None
    return None
