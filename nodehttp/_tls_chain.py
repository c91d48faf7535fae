"""Whether a chain of certificates would verify, when `ssl` was told not to mind.

With `reject_unauthorized: False` a handshake succeeds with any certificate, and Node still tells whether it was a good
one (`authorized`, `authorizationError`). `ssl` does not; the package `pyopenssl` can verify a chain that is there.

Node: tlsSocket.authorizationError
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from nodestream.errors import NodeError

from ._tls_complaints import INVALID_PURPOSE, verify_error
from ._tls_context import SecureContext
from ._tls_needed import needed
from ._tls_x509 import Certificate, chain_of

_SERVER_PURPOSE = "1.3.6.1.5.5.7.3.1"
_CLIENT_PURPOSE = "1.3.6.1.5.5.7.3.2"
_ANY_PURPOSE = "2.5.29.37.0"


def verify_error_of_chain(
    context: SecureContext, leaf: bytes, chain: Sequence[bytes] = (), *, server: bool = False
) -> NodeError | None:
    """The error of a peer's certificate `leaf` that came with `chain` (all DER), None if it verifies.

    `server` tells that this side is the server, so that the peer is a client. Raises ModuleNotFoundError without the
    package.
    """
    crypto = needed("OpenSSL.crypto", "rejectUnauthorized false")
    trusted = tuple(context.trusted())
    store = _store(trusted, context.revocation_lists, context.trusts_partial_chains)
    asked = crypto.X509StoreContext(store, _read(crypto, leaf), [_read(crypto, each) for each in chain])
    try:
        asked.verify_certificate()
    except crypto.X509StoreContextError as error:
        number, _, text = error.errors
        return verify_error(number, text, [each.data for each in chain_of(leaf, [*chain, *trusted])])
    if not _is_for(_CLIENT_PURPOSE if server else _SERVER_PURPOSE, leaf):
        return verify_error(INVALID_PURPOSE, chain=[leaf])
    return None


@lru_cache(8)
def _store(trusted: tuple[bytes, ...], revocation_lists: tuple[bytes, ...], trusts_partial_chains: bool) -> Any:
    """What OpenSSL verifies by. Making it of the system's certificates takes longer than verifying."""
    crypto = needed("OpenSSL.crypto", "rejectUnauthorized false")
    x509 = needed("cryptography.x509", "rejectUnauthorized false")
    store = crypto.X509Store()
    flags = crypto.X509StoreFlags
    for certificate in trusted:
        store.add_cert(_read(crypto, certificate))
    for each in revocation_lists:
        store.add_crl(x509.load_pem_x509_crl(each))
        store.set_flags(flags.CRL_CHECK | flags.CRL_CHECK_ALL)
    if trusts_partial_chains:
        store.set_flags(flags.PARTIAL_CHAIN)
    return store


def _read(crypto: Any, certificate: bytes) -> Any:
    return crypto.load_certificate(crypto.FILETYPE_ASN1, certificate)


def _is_for(purpose: str, leaf: bytes) -> bool:
    """Whether a certificate may be used so; one that says nothing may be used for anything."""
    purposes = Certificate(leaf).purposes
    return purposes is None or purpose in purposes or _ANY_PURPOSE in purposes
