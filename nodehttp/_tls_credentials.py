"""Keys with their certificates, and revocation lists: checked, and loaded into a context of `ssl`."""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from nodestream.errors import NodeError

from ._tls_errors import openssl_error, tls_error
from ._tls_options import Secret
from ._tls_pem import certificates, file_of, is_encrypted, may_be_private_key, pem_of

_OTHER_KEY = "KEY_VALUES_MISMATCH"
_OTHER_KIND_OF_KEY = ("KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")


class Identity(NamedTuple):
    """A chain of certificates (PEM) and the key of its first."""

    chain: bytes
    key: Secret

    def load(self, context: ssl.SSLContext) -> None:
        """Raises ssl.SSLError, and ValueError for a passphrase that is too long."""
        with file_of(self.chain + b"\n" + self.key.data) as path:
            context.load_cert_chain(path, password=self.key.passphrase or b"")  # else ssl asks on the terminal


def identities(scratch: ssl.SSLContext, chains: Sequence[bytes], keys: Sequence[Secret]) -> tuple[Identity, ...]:
    """The certificates that there are keys for; the others mean nothing.

    Raises what certificates and keys that cannot be read raise, and ERR_OSSL_X509_KEY_VALUES_MISMATCH.
    """
    read = [b"".join(map(pem_of, certificates(chain))) for chain in chains]
    for key in keys:
        if not may_be_private_key(key.data):
            raise _unreadable(key)
    found = (_identity(scratch, chain, keys) for chain in read)
    return tuple(identity for identity in found if identity is not None)


def _identity(scratch: ssl.SSLContext, chain: bytes, keys: Iterable[Secret]) -> Identity | None:
    mismatch: ssl.SSLError | None = None
    for key in keys:
        identity = Identity(chain, key)
        try:
            identity.load(scratch)
        except ssl.SSLError as error:
            if error.reason == _OTHER_KEY:
                mismatch = error
            elif error.reason is None:
                raise _unreadable(key) from None
            elif error.reason not in _OTHER_KIND_OF_KEY:
                raise tls_error(error) from None
        except ValueError:
            raise _unreadable(key) from None
        else:
            return identity
    if mismatch is not None:
        raise openssl_error("X509", "key values mismatch", 0x05800074)
    return None


def _unreadable(key: Secret) -> NodeError:
    if is_encrypted(key.data):
        return openssl_error("PROV", "bad decrypt", 0x1C800064)
    return openssl_error("OSSL_DECODER", "unsupported", 0x1E08010C)


def check_revocation_lists(lists: Iterable[bytes]) -> None:
    """Raises ERR_CRYPTO_OPERATION_FAILED."""
    for each in lists:
        revoke(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), [each])


def revoke(context: ssl.SSLContext, lists: Iterable[bytes]) -> None:
    """Have `context` look up every certificate of a chain."""
    for each in lists:
        try:
            with file_of(each) as path:
                context.load_verify_locations(cafile=path)
        except ssl.SSLError:
            raise NodeError("Failed to parse CRL", "ERR_CRYPTO_OPERATION_FAILED") from None
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
