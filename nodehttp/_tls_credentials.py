"""Keys with their certificates, and revocation lists: checked, and loaded into a context of `ssl`."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from nodestream.errors import NodeError

from ._tls_errors import openssl_error, tls_error
from ._tls_options import Secret
from ._tls_pem import certificates, file_of, first_block, is_encrypted, may_be_private_key, pem_of

_OTHER_KEY = "KEY_VALUES_MISMATCH"
_OTHER_KIND_OF_KEY = ("KEY_TYPE_MISMATCH", "NO_CERTIFICATE_ASSIGNED")


class Identity(NamedTuple):
    """A chain of certificates (PEM) and the key of its first."""

    chain: bytes
    key: Secret

    def load(self, context: ssl.SSLContext) -> None:
        """Raises ssl.SSLError, and ValueError for a passphrase that is too long."""
        passphrase = self.key.passphrase or b""  # with None, ssl asks on the terminal
        with file_of(self.chain) as chain, file_of(self.key.data) as key:
            context.load_cert_chain(chain, key, passphrase)


def identities(
    new_context: Callable[[], ssl.SSLContext], chains: Sequence[bytes], keys: Sequence[Secret]
) -> tuple[Identity, ...]:
    """The certificates that there are keys for; the others mean nothing.

    Each is tried with a context of its own, for OpenSSL takes a key that fits any certificate it has.

    Raises what certificates and keys that cannot be read raise, and ERR_OSSL_X509_KEY_VALUES_MISMATCH.
    """
    read = [b"".join(map(pem_of, certificates(chain))) for chain in chains]
    for key in keys:
        if not may_be_private_key(key.data):
            raise _unreadable(key)
    found = (_identity(new_context(), chain, keys) for chain in read)
    return tuple(identity for identity in found if identity is not None)


def _identity(scratch: ssl.SSLContext, chain: bytes, keys: Iterable[Secret]) -> Identity | None:
    mismatched = False
    for key in keys:
        identity = Identity(chain, key)
        try:
            identity.load(scratch)
        except ssl.SSLError as error:
            if error.reason == _OTHER_KEY:
                mismatched = True
            elif error.reason is None:
                raise _unreadable(key) from None
            elif error.reason not in _OTHER_KIND_OF_KEY:
                raise tls_error(error) from None
        except ValueError:  # a passphrase of more than 1024 bytes
            raise openssl_error("CRYPTO", "interrupted or cancelled", 0x07880109) from None
        else:
            return identity
    if mismatched:
        raise openssl_error("X509", "key values mismatch", 0x05800074)
    return None


def _unreadable(key: Secret) -> NodeError:
    if is_encrypted(key.data):
        return openssl_error("PROV", "bad decrypt", 0x1C800064)
    return openssl_error("OSSL_DECODER", "unsupported", 0x1E08010C)


def revocation_lists(pems: Iterable[bytes]) -> tuple[bytes, ...]:
    """The first list of each text, as PEM. Raises ERR_CRYPTO_OPERATION_FAILED."""
    lists = []
    for pem in pems:
        block = first_block(pem, b"X509 CRL")
        if block is None:
            raise _no_revocation_list()
        revoke(ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), [block])
        lists.append(block)
    return tuple(lists)


def _no_revocation_list() -> NodeError:
    return NodeError("Failed to parse CRL", "ERR_CRYPTO_OPERATION_FAILED")


def revoke(context: ssl.SSLContext, lists: Iterable[bytes]) -> None:
    """Have `context` look up every certificate of a chain in the lists (PEM)."""
    for each in lists:
        try:
            with file_of(each) as path:
                context.load_verify_locations(cafile=path)
        except ssl.SSLError:
            raise _no_revocation_list() from None
    context.verify_flags |= ssl.VERIFY_CRL_CHECK_CHAIN
