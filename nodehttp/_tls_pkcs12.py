"""PKCS#12 (.pfx, .p12): a private key with its certificates in one file. RFC 7292

`ssl` does not read it, the package `cryptography` does.
"""

from __future__ import annotations

from typing import NamedTuple

from nodestream.errors import NodeError

from ._tls_needed import needed
from ._tls_options import Secret


class Bundle(NamedTuple):
    """What a file holds, as PEM: the key, the certificate for it, and the others."""

    key: bytes
    certificate: bytes
    others: tuple[bytes, ...]


def opened(bundle: Secret) -> Bundle:
    """Raises NodeError "mac verify failure" for a wrong passphrase, "not enough data" for what is no such file,
    ERR_CRYPTO_OPERATION_FAILED if the key or its certificate is missing, and ModuleNotFoundError without the package.
    """
    pkcs12 = needed("cryptography.hazmat.primitives.serialization.pkcs12", "The option pfx")
    serialization = needed("cryptography.hazmat.primitives.serialization", "The option pfx")
    try:
        key, certificate, others = pkcs12.load_key_and_certificates(bundle.data, bundle.passphrase)
    except ValueError as error:
        raise NodeError("mac verify failure" if "password" in str(error) else "not enough data") from None
    for part, name in ((key, "private key"), (certificate, "certificate")):
        if part is None:
            raise NodeError(f"Unable to load {name} from PFX data", "ERR_CRYPTO_OPERATION_FAILED")
    pem = serialization.Encoding.PEM
    return Bundle(
        key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()),
        certificate.public_bytes(pem),
        tuple(other.public_bytes(pem) for other in others),
    )
