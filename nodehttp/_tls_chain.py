"""Whether a chain of certificates would verify, when `ssl` was told not to mind.

With `reject_unauthorized: False` a handshake succeeds with any certificate, and Node still tells whether it was a good
one (`authorized`, `authorizationError`). `ssl` does not; the package `pyopenssl` can verify a chain that is there, but
for what the certificates may be used for.

RFC 5280 sections 4.2.1.3 (key usage) and 4.2.1.12 (extended key usage), as OpenSSL reads them.

Node: tlsSocket.authorizationError
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple

from nodestream.errors import NodeError

from ._tls_complaints import INVALID_PURPOSE, REJECTED, verify_error
from ._tls_context import SecureContext
from ._tls_needed import needed
from ._tls_x509 import Certificate, chain_of

_FEATURE = "rejectUnauthorized false"

_DIGITAL_SIGNATURE = 0x80
_KEY_ENCIPHERMENT = 0x20
_KEY_AGREEMENT = 0x08


class Purpose(NamedTuple):
    """What a certificate is to be for: one of the object identifiers, and one of the bits of key usage."""

    extended: frozenset[str]
    usage: int


SERVERS = Purpose(
    frozenset({"1.3.6.1.5.5.7.3.1", "2.16.840.1.113730.4.1", "1.3.6.1.4.1.311.10.3.3"}),
    _DIGITAL_SIGNATURE | _KEY_ENCIPHERMENT | _KEY_AGREEMENT,
)
CLIENTS = Purpose(frozenset({"1.3.6.1.5.5.7.3.2"}), _DIGITAL_SIGNATURE | _KEY_AGREEMENT)


def verify_error_of_chain(
    context: SecureContext, leaf: bytes, chain: Sequence[bytes] = (), *, server: bool = False
) -> NodeError | None:
    """The error of a peer's certificate `leaf` that came with `chain` (all DER), None if it verifies.

    `server` tells that this side is the server, so that the peer is a client. Raises ModuleNotFoundError without the
    package.
    """
    crypto = needed("OpenSSL.crypto", _FEATURE)
    trusted = context.trusted()
    own = _read(crypto, [leaf])
    if not own:
        return verify_error(REJECTED)
    store = _store(trusted, context.revocation_lists, context.trusts_partial_chains)
    try:
        verified = crypto.X509StoreContext(store, *own, _read(crypto, chain)).get_verified_chain()
    except crypto.X509StoreContextError as error:
        number, _, text = error.errors
        return verify_error(number, text, [each.data for each in chain_of(leaf, [*chain, *trusted])])
    found = [Certificate(crypto.dump_certificate(crypto.FILETYPE_ASN1, each)) for each in verified]
    if not _is_for(CLIENTS if server else SERVERS, found):
        return verify_error(INVALID_PURPOSE, chain=[each.data for each in found])
    return None


@lru_cache(8)
def _store(trusted: tuple[bytes, ...], revocation_lists: tuple[bytes, ...], trusts_partial_chains: bool) -> Any:
    """What OpenSSL verifies by. Making it of the system's certificates takes longer than verifying."""
    crypto = needed("OpenSSL.crypto", _FEATURE)
    x509 = needed("cryptography.x509", _FEATURE)
    store = crypto.X509Store()
    flags = crypto.X509StoreFlags
    for certificate in _read(crypto, trusted):
        store.add_cert(certificate)
    for each in revocation_lists:
        store.add_crl(x509.load_pem_x509_crl(each))
        store.set_flags(flags.CRL_CHECK | flags.CRL_CHECK_ALL)
    if trusts_partial_chains:
        store.set_flags(flags.PARTIAL_CHAIN)
    return store


def _read(crypto: Any, certificates: Sequence[bytes]) -> list[Any]:
    """As the package has them, without those that it cannot read."""
    found = []
    for each in certificates:
        with suppress(crypto.Error, ValueError):
            found.append(crypto.load_certificate(crypto.FILETYPE_ASN1, each))
    return found


def _is_for(purpose: Purpose, chain: list[Certificate]) -> bool:
    """Whether certificates may be used so. One that says nothing may be used for anything."""
    for certificate in chain:
        extended = certificate.purposes
        if extended is not None and not purpose.extended.intersection(extended):
            return False
    usage = chain[0].key_usage
    return usage is None or bool(usage & purpose.usage)
